"""Passkeys in a real browser, under the site's policy that allows no inline script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.cast import PASSWORD, Cast, make_cast
from tests.chromium import start_chromium
from tests.conftest import Site

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def people(own_database: str) -> Cast:
    return make_cast()


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """A page of Chromium with a device that answers for passkeys; a breach of the policy fails the test."""
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        page = browser.new_page(base_url=site.address.replace("127.0.0.1", "localhost"))
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        yield page
        browser.close()
    assert not [text for text in told if "Content Security Policy" in text]


def no_barriers(page: Page) -> None:
    # To read styles ahead, axe would write some into the page, which our policy refuses.
    found = Axe().run(page, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def test_a_passkey_is_added_and_then_stands_for_password_and_code(people: Cast, page: Page) -> None:
    page.goto("/account/login/")
    no_barriers(page)
    page.get_by_label("Email address").fill(people.officer.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/account/2fa/webauthn/add/")
    no_barriers(page)
    page.get_by_label("Name", exact=True).fill("Work laptop")
    page.get_by_label("Let it replace my password too (a passkey)").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    no_barriers(page)
    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/account/login/?next=/your-account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(page.get_by_role("main")).to_contain_text("officer@eastshire.example")
    no_barriers(page)


def test_a_passkey_is_the_second_step_after_the_password(people: Cast, page: Page) -> None:
    page.goto("/account/login/?next=/account/2fa/webauthn/add/")
    page.get_by_label("Email address").fill(people.officer.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Security key")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/account/login/?next=/your-account/")
    page.get_by_label("Email address").fill(people.officer.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step of signing in")
    no_barriers(page)
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
