"""The demonstration in a browser: seeded once, then a copy of it and a real site for each file of tests."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from attendance_portal.front.demo.accounts import PASSWORD
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from tests.chromium import start_chromium
from tests.conftest import VAR, Site
from tests.servers import TestServer, close_connections, command

MEMBERS = {
    "lead": "lead@hill-academy.example",
    "office": "office@hill-academy.example",
    "officer": "officer@eastshire.example",
    "team_leader": "team-leader@eastshire.example",
    "legal": "legal@eastshire.example",
    "virtual_school": "virtual-school@eastshire.example",
    "manager": "manager@eastshire.example",
    "auditor": "auditor@eastshire.example",
    "admin": "admin@eastshire.example",
    "practitioner": "practitioner@partner.example",
    "stranger": "officer@westshire.example",
}
SEED = ("--schools", "4", "--pupils", "300", "--seed", "2026", "--as-of", "2026-11-20")


@pytest.fixture(scope="session")
def seeded(django_db_setup: str, database_server: TestServer) -> str:
    """The name of a database that holds a small demonstration; nothing is connected to it.

    Seeded once for all workers: what it sealed opens here, as all have the same key.
    """
    var = VAR.parent / "seeded"

    def seed(name: str) -> None:
        var.mkdir(exist_ok=True)
        shutil.copy(VAR / "secret-key", var)
        done = command(database_server.environment(name, VAR) | {"PORTAL_VAR": str(var)}, "seed_demo", *SEED)
        assert done.returncode == 0, done.stderr

    name = database_server.made_once("seeded", seed)
    shutil.copytree(var, VAR, dirs_exist_ok=True)  # its files
    return name


@dataclass
class Demo:
    """A copy of the demonstration, the site that serves it, and its rows."""

    site: Site
    database: str
    server: TestServer
    blocker: DjangoDbBlocker
    back_to: str

    @contextlib.contextmanager
    def rows(self, slug: str = "eastshire") -> Iterator[Authority]:
        """Read and write the rows of an authority of this copy, from the test's own process."""
        with self.blocker.unblock():
            self.server.point_to(self.database)
            try:
                authority = Authority.objects.get(slug=slug)
                with authority_scope(authority):
                    yield authority
            finally:
                self.server.point_to(self.back_to)


@pytest.fixture(scope="module")
def demo(
    seeded: str, django_db_setup: str, database_server: TestServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Demo]:
    """This file's own copy of the demonstration, with its site running."""
    with django_db_blocker.unblock():
        close_connections()
    name = database_server.clone(seeded)
    site = Site(database_server.environment(name, VAR))
    site.start()
    yield Demo(site, name, database_server, django_db_blocker, django_db_setup)
    site.stop()
    database_server.drop(name)


@pytest.fixture(scope="module")
def playwright(demo: Demo) -> Iterator[Playwright]:
    """Started after the copy was made: beside a running Playwright, Django refuses the database to this thread."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    browser = start_chromium(playwright)
    yield browser
    browser.close()


@dataclass
class People:
    """`people.page("lead")`: a page of a person's own, signed in. What the browser complains of is kept."""

    browser: Browser
    demo: Demo
    options: dict[str, Any]

    def __post_init__(self) -> None:
        self.contexts: dict[str, BrowserContext] = {}
        self.complaints: list[str] = []

    def page(self, name: str, **options: Any) -> Page:
        """A new page of this person; `options` are those of a context and only count for the first page."""
        if name not in self.contexts:
            self.contexts[name] = self._context(**{**self.options, **options})
            self._sign_in(name)
        return self._listened(self.contexts[name].new_page())

    def nobody(self, **options: Any) -> Page:
        """A page of someone who has not signed in."""
        if "" not in self.contexts:
            self.contexts[""] = self._context(**{**self.options, **options})
        return self._listened(self.contexts[""].new_page())

    def _context(self, **options: Any) -> BrowserContext:
        context = self.browser.new_context(base_url=self.demo.site.address, locale="en-GB", **options)
        context.set_default_timeout(20_000)
        return context

    def _sign_in(self, name: str) -> None:
        page = self.contexts[name].new_page()
        page.goto("/account/login/")
        page.get_by_label("Email address").fill(MEMBERS[name])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
        page.close()

    def _listened(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(f"{page.url}: {said.text} {said.location.get('url', '')}")
                if said.type == "error"
                else None
            ),
        )
        return page

    def leave(self) -> None:
        for context in self.contexts.values():
            context.close()


@pytest.fixture(scope="module")
def people(chromium: Browser, demo: Demo) -> Iterator[People]:
    """Everyone, with scripts on."""
    everyone = People(chromium, demo, {"viewport": {"width": 1280, "height": 900}})
    yield everyone
    everyone.leave()


@pytest.fixture(scope="module")
def people_without_scripts(chromium: Browser, demo: Demo) -> Iterator[People]:
    """Everyone, with JavaScript switched off."""
    everyone = People(chromium, demo, {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False})
    yield everyone
    everyone.leave()
