"""The shell of every page and the gallery of its components, also as a browser and axe see them."""

from __future__ import annotations

import json
import mimetypes
import re
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, expect, sync_playwright

from attendance_portal.context import navigation, portal
from attendance_portal.roles import Permission
from tests.attendance_portal import gallery
from tests.chromium import start_chromium

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
)
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Pages(BaseHTTPRequestHandler):
    """Serves the gallery with the portal's policy, and answers saves as the meeting page would."""

    saves: list[dict[str, list[str]]] = []
    answers: list[Any] = []
    pages: dict[str, str] = {}
    background: list[str | None] = []

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            kind = "text/javascript" if path.endswith(".js") else mimetypes.guess_type(path)[0]
            self.answer(Path(str(found)).read_bytes() if found else b"", kind or "text/plain", 200 if found else 404)
        elif path.endswith(".json"):
            self.background.append(self.headers["X-Background"])
            self.answer(self.pages[path].encode(), "application/json")
        else:
            self.answer(self.pages[path].encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.saves.append(multipart(body))
        answer = self.answers.pop(0) if self.answers else {"fields": {}, "saved_at": "2025-11-03T10:32:00"}
        self.answer(json.dumps(answer).encode(), "application/json", 200 if answer else 503)


def multipart(body: str) -> dict[str, list[str]]:
    """The fields of a form sent as multipart, without files."""
    read: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n--', body, flags=re.S):
        read.setdefault(name, []).append(value)
    return read


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield start_chromium(playwright)


@pytest.fixture
def site() -> Iterator[str]:
    Pages.saves, Pages.answers, Pages.background = [], [], []
    wrong = gallery.MinuteForm({"held_in": "online", "review_on_day": "31", "review_on_month": "x"})
    Pages.pages = {
        "/": keyed(gallery.gallery()),
        "/wrong/": gallery.gallery(wrong),
        "/signed-out/": signed_out(),
    }
    server = ThreadingHTTPServer(("localhost", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def keyed(html: str) -> str:
    return html.replace('data-draft-key=""', f'data-draft-key="{KEY}"')


def signed_out() -> str:
    return render_to_string("404.html", request=RequestFactory().get("/"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("path", ["/", "/wrong/", "/signed-out/"])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_screen(
    browser: Browser, site: str, path: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    page.goto(site + path)
    page.wait_for_selector(".govuk-frontend-supported")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_policy_refuses_nothing_a_page_needs_and_no_font_is_fetched(page: Page, site: str) -> None:
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.goto(site + "/")
    page.wait_for_selector(".govuk-frontend-supported")
    page.wait_for_timeout(300)
    assert said == []
    assert page.evaluate("[...document.fonts].every(font => font.status === 'unloaded')")


def test_no_style_and_no_script_stands_in_a_page() -> None:
    html = gallery.gallery()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html)
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []


def test_without_scripts_everything_is_there(browser: Browser, site: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(site + "/")
    assert page.get_by_role("link", name="Meetings", exact=True).is_visible()
    assert page.get_by_role("button", name="Save the minutes").is_visible()
    assert page.get_by_label("Link to join").is_visible()
    page.get_by_label("In person").check()
    assert not page.get_by_label("Link to join").is_visible()
    page.close()


def test_typing_is_saved_with_what_it_began_from(page: Page, site: str) -> None:
    page.goto(site + "/")
    page.get_by_label("What was said").fill("Attendance is much better.")
    page.get_by_text("Saved 10:32").wait_for()
    (save,) = Pages.saves
    assert save["changed"] == ["said"]
    assert save["said"] == ["Attendance is much better."]
    assert save["began__said"] == ["Attendance is better since half term."]
    assert "held_in" not in save


def test_a_clearing_of_the_last_tick_is_saved_too(page: Page, site: str) -> None:
    page.goto(site + "/")
    page.get_by_label("Health").check()
    page.get_by_text("Saved 10:32").wait_for()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_label("Health").uncheck()
    page.get_by_text("Saved 10:32").wait_for()
    first, second = Pages.saves
    assert (first["barriers"], second["changed"], second["began__barriers"]) == (
        ["health"],
        ["barriers"],
        ["health"],
    )
    assert "barriers" not in second


def test_what_another_typed_comes_in_without_moving_the_caret(page: Page, site: str) -> None:
    merged = "Jo: the bus is late. Attendance is good."
    Pages.answers = [{"fields": {"said": {"value": merged, "began": merged, "note": "Jo Bird typed here too."}}}]
    page.goto(site + "/")
    box = page.get_by_label("What was said")
    box.fill("Attendance is good.")
    page.get_by_text("Jo Bird typed here too.").wait_for()
    assert box.input_value() == merged
    assert box.evaluate("box => box.selectionStart") == len(merged)
    box.press_sequentially(" Yes.")
    page.get_by_text("Saved 10:32").wait_for()
    assert Pages.saves[-1]["began__said"] == [merged]


def test_typing_that_could_not_be_saved_is_tried_again_and_survives_a_reload(page: Page, site: str) -> None:
    Pages.answers = [None, None]
    page.goto(site + "/")
    page.get_by_label("What was said").fill("A secret sentence.")
    page.get_by_text("Not saved – trying again").wait_for()
    kept = page.evaluate("Object.values(localStorage).join()")
    assert kept and "secret" not in kept
    page.evaluate("navigator.sendBeacon = () => false")
    page.reload()
    page.get_by_text("Saved 10:32").wait_for()
    assert page.get_by_label("What was said").input_value() == "A secret sentence."
    assert Pages.saves[-1]["said"] == ["A secret sentence."]
    assert page.evaluate("localStorage.length") == 0


def test_a_page_without_a_person_forgets_what_was_kept(page: Page, site: str) -> None:
    page.goto(site + "/")
    page.evaluate("localStorage.setItem('portal-draft:/minute/', 'x')")
    page.goto(site + "/signed-out/")
    page.wait_for_timeout(500)
    assert page.evaluate("localStorage.length") == 0


def test_what_others_change_is_looked_for_in_the_background(page: Page, site: str) -> None:
    theirs = {"value": "From Jo.", "began": "From Jo.", "note": ""}
    Pages.pages["/others.json"] = json.dumps({"fields": {"said": theirs}})
    polled = 'data-autosave="/minute/" data-poll="/others.json" data-poll-seconds="1"'
    Pages.pages["/"] = Pages.pages["/"].replace('data-autosave="/minute/"', polled)
    page.goto(site + "/")
    expect(page.get_by_label("What was said")).to_have_value("From Jo.")
    assert Pages.background[0] == "1"
    assert Pages.saves == []


def test_the_warning_comes_before_the_session_ends(page: Page, site: str) -> None:
    Pages.pages["/"] = Pages.pages["/"].replace('data-idle-seconds="1800"', 'data-idle-seconds="100"')
    page.goto(site + "/")
    page.get_by_role("dialog").wait_for()
    page.get_by_role("button", name="Stay signed in").click()
    assert not page.get_by_role("dialog").is_visible()


def test_the_navigation_shows_what_a_role_may_open_and_where_one_is() -> None:
    addresses = {"home": "/", "schools": "/schools/"}
    entries = navigation(frozenset({Permission.HOME_SEE, Permission.SCHOOL_SEE}), "/schools/12/", addresses.get)
    assert [(entry["text"], entry["current"]) for entry in entries] == [("Home", False), ("Schools", True)]
    addresses["uploads"] = "/uploads/"
    both = frozenset({Permission.SCHOOL_SEE, Permission.REGISTER_UPLOAD})
    for path, current in (("/schools/12/uploads/", "Uploads"), ("/uploads/7/", "Uploads"), ("/schools/12/", "Schools")):
        entries = navigation(both, path, addresses.get)
        assert [entry["text"] for entry in entries if entry["current"]] == [current], path
    assert [
        entry["current"] for entry in navigation({Permission.SCHOOL_SEE}, "/schools/12/uploads/", addresses.get)
    ] == [True], "who may not open it stands where the page begins"
    assert navigation(frozenset(), "/", addresses.get) == []
    (home,) = navigation(frozenset({Permission.HOME_SEE}), "/", addresses.get)
    assert home["current"]


def test_a_page_without_a_member_has_no_navigation_and_no_search() -> None:
    request = RequestFactory().get("/")
    assert portal(request)["navigation"] == []
    html = render_to_string("404.html", request=request)
    assert "Find a child" not in html
    assert "data-draft-key" not in html
    assert "Page not found – Attendance portal" in html


def test_text_of_an_email_is_not_escaped_as_html() -> None:
    text = render_to_string("emails/base.txt", {"person": "Finn O'Dowd"})
    assert text.startswith("Hello Finn O'Dowd,")
