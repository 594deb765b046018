"""Every page of the portal in Chromium at two widths: axe, the policy, the console, its width, title and heading.

Each address is visited once at each width, as the account that has most to see on it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import get_resolver, reverse
from django.urls.converters import IntConverter
from playwright.sync_api import Page

from tests.addresses import patterns
from tests.browser.conftest import Demo, People
from tests.browser.things import make_things
from tests.browser.visits import HOMES, NOT_VISITED, ONLY_POSTED, PAGES, Things
from tests.servers import BASE

AXE = Path(BASE) / "node_modules/axe-core/axe.min.js"
WIDTHS = (1280, 375)
# To read styles ahead, axe would write some into the page, which our policy refuses; what passes is not described.
RUN_AXE = """async () => (await axe.run({preload: false, resultTypes: ['violations']})).violations
    .map(violation => violation.id + ': ' + violation.nodes.map(node => node.target).join(' '))"""
WIDEST = "document.documentElement.scrollWidth"


def test_every_address_is_visited_or_left_out_for_a_reason() -> None:
    names = {str(pattern.name) for _, pattern in patterns(get_resolver())}
    listed = set(PAGES) | set(NOT_VISITED)
    assert not names - listed, f"Neither in PAGES nor in NOT_VISITED of this file: {sorted(names - listed)}"
    assert not listed - names, f"No such address: {sorted(listed - names)}"


@pytest.fixture(scope="module")
def things(demo: Demo) -> Things:
    """What there is to see; what the demonstration has none of is made by the portal's own actions.

    Every test with a browser asks for it first, whichever a worker begins with: beside a running Playwright, Django
    refuses the database to this thread.
    """
    with demo.rows():
        return make_things()


def look(page: Page, address: str, said: list[str]) -> list[str]:
    """Open an address, and answer all that is wrong with the page, wide and then narrow."""
    del said[:]
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    answer = page.goto(address)
    page.wait_for_selector(".govuk-frontend-supported")
    wrong = []
    if answer is None or answer.status != 200:
        wrong.append(f"answers with {answer and answer.status}")
    if page.locator("h1").count() != 1:
        wrong.append(f"has {page.locator('h1').count()} headings of the first level")
    page.evaluate(AXE.read_text())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(WIDEST) > width:
            wrong.append(f"is {page.evaluate(WIDEST)} pixels wide at {width}")
        wrong += page.evaluate(RUN_AXE)
    return wrong + said


TITLES: dict[str, str] = {}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_wrong_at_either_width(things: Things, people: People, name: str) -> None:
    visit = PAGES[name]
    page = people.page(visit.by) if visit.by else people.nobody()
    for arguments in (visit.arguments, *visit.also):
        address = reverse(name, kwargs=arguments(things)) + (
            f"?{visit.query.format_map(vars(things))}" if visit.query else ""
        )
        assert look(page, address, people.complaints) == [], address
    TITLES[name] = page.title()
    page.close()


@pytest.mark.parametrize("name", HOMES)
def test_each_roles_home_page_has_nothing_wrong(things: Things, people: People, name: str) -> None:
    page = people.page(name)
    assert look(page, "/", people.complaints) == []
    page.close()


@pytest.mark.parametrize("lost", ["govuk-frontend.min.css", "portal.css"])
def test_gds_transport_is_never_asked_for_even_while_a_stylesheet_is_not_there(
    things: Things, people: People, lost: str
) -> None:
    # It is not ours to use, and GOV.UK Frontend's stylesheet names it: laid out by that alone, a page asks for it.
    page = people.nobody()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(f"**/{lost}", lambda route: route.abort())
    page.goto("/account/login/")
    page.evaluate("document.body.offsetHeight")
    page.wait_for_load_state("networkidle")
    assert any(lost in address for address in asked)
    assert not [address for address in asked if "fonts" in address]
    page.close()


def test_pages_of_our_own_are_told_apart_by_their_titles(things: Things) -> None:
    ours = {name: title for name, title in TITLES.items() if not name.startswith(("account_", "mfa_"))}
    twice = {title: [n for n, t in ours.items() if t == title] for title in ours.values()}
    assert not {title: names for title, names in twice.items() if len(names) > 1}


def test_what_is_left_out_as_an_act_answers_no_get(things: Things, people: People) -> None:
    page = people.page("officer")
    acts = [name for name, why in NOT_VISITED.items() if why == ONLY_POSTED]
    for name in acts:
        (pattern,) = [entry for _, entry in patterns(get_resolver()) if entry.name == name]
        given = {"pk": things.arranged, "pupil": things.listed, "urn": things.school}
        converters = pattern.pattern.converters.items()
        wanted = {key: 1 if isinstance(converter, IntConverter) else given[key] for key, converter in converters}
        assert page.request.get(reverse(name, kwargs=wanted)).status in (403, 405), name
    page.close()
