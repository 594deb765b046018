"""Two real browsers on one pupil's page: typing saves itself, and each sees what the other typed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from attendance_portal.models import Membership
from tests.cast import Cast, in_scope, make_cast, sign_in
from tests.chromium import start_chromium
from tests.conftest import Site
from tests.tsm.meetings import begun
from tsm.models import AgreedAction, Discussion


class Scene:
    """A meeting under way, its site, and a session of the lead and of the officer."""

    def __init__(self, site: Site) -> None:
        self.cast: Cast = make_cast()
        self.site = site
        with in_scope(self.cast.eastshire):
            self.meeting = begun(self.cast)
        self.sessions = {
            member.pk: sign_in(Client(), member).cookies[settings.SESSION_COOKIE_NAME].value
            for member in (self.cast.lead, self.cast.officer)
        }

    def page(self, browser: Browser, member: Membership, **options: Any) -> Page:
        """The first pupil's page in a browser of this member's own."""
        context = browser.new_context(locale="en-GB", **options)
        session = {"name": settings.SESSION_COOKIE_NAME, "value": self.sessions[member.pk]}
        context.add_cookies([{**session, "url": self.site.address}])
        page = context.new_page()
        page.goto(f"{self.site.address}/meetings/{self.meeting.pk}/hold/1/")
        return page

    def stored(self) -> Discussion:
        with in_scope(self.cast.eastshire):
            return Discussion.objects.get(meeting=self.meeting, position=1)


@pytest.fixture
def scene(site: Site) -> Scene:
    return Scene(site)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Only while this is open runs the browser: Django's rows are read after it."""
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        yield browser
        browser.close()


def test_two_people_type_at_once_and_both_see_both(scene: Scene) -> None:
    with chromium() as browser:
        lead, officer = scene.page(browser, scene.cast.lead), scene.page(browser, scene.cast.officer)
        lead.get_by_label("What was said").press_sequentially("Gran is ill.")
        officer.get_by_label("Housing or homelessness").check()
        officer.get_by_label("What will be done").press_sequentially("Offer a place on the bus")
        for page in (lead, officer):
            expect(page.locator("[data-save-status]")).to_contain_text("Saved")
        expect(officer.get_by_label("What was said")).to_have_value("Gran is ill.")
        expect(lead.get_by_label("Housing or homelessness")).to_be_checked()
    stored = scene.stored()
    assert (stored.said, stored.barriers) == ("Gran is ill.", ["housing"])
    with in_scope(scene.cast.eastshire):
        assert AgreedAction.objects.get().what == "Offer a place on the bus"


def test_a_row_saved_again_and_again_begins_from_what_was_saved(scene: Scene) -> None:
    """What a row began from stands inside its fieldset, not directly in the form."""
    with chromium() as browser:
        page = scene.page(browser, scene.cast.officer)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        status = page.locator("[data-save-status]")
        for words in ("Call", "Call home", "Call home on Monday"):
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.get_by_label("What will be done").fill(words)
            expect(status).to_contain_text("Saved")
        began = page.locator("fieldset input[name^=began__action][name$=what]")
        expect(began).to_have_count(1)
        expect(began).to_have_value("Call home on Monday")
    assert wrong == []
    with in_scope(scene.cast.eastshire):
        assert AgreedAction.objects.get().what == "Call home on Monday"


def test_an_action_that_somebody_else_added_is_told(scene: Scene) -> None:
    with chromium() as browser:
        lead, officer = scene.page(browser, scene.cast.lead), scene.page(browser, scene.cast.officer)
        officer.get_by_label("What will be done").fill("Offer a place on the bus")
        expect(officer.locator("[data-save-status]")).to_contain_text("Saved")
        expect(lead.get_by_text("Olive Frost added an action.")).to_be_visible()
        expect(officer.get_by_text("added an action")).to_be_hidden()
        lead.get_by_role("link", name="Open the page again").click()
        expect(lead.get_by_label("What will be done").first).to_have_value("Offer a place on the bus")


def test_without_scripts_the_button_saves(scene: Scene) -> None:
    with chromium() as browser:
        page = scene.page(browser, scene.cast.officer, java_script_enabled=False)
        page.get_by_label("What was said").fill("Gran is ill.\nMum works nights.")
        page.get_by_label("Yes").first.check()
        page.get_by_role("button", name="Save and go to Ben Brown").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Ben Brown")
    stored = scene.stored()
    assert stored.said == "Gran is ill.\nMum works nights."
    assert stored.joint_action is True
