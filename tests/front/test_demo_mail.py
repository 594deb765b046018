"""The demonstration's mail: demo_mail lists it, demo_letter shows one, demo_calendar hands its file out."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from pytest_django import Settings

CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def mail(db: None, settings: Settings, tmp_path: Path) -> Path:
    """A folder with two messages, written as the site writes them."""
    settings.PORTAL_DEMO, settings.PORTAL_VAR = True, tmp_path
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path / "mail"))
    first = EmailMessage(
        "A meeting was arranged", "Dear Layla\n\nOpen http://x.example/meetings/1/", to=["l@hill.example"]
    )
    first.attach("meeting.ics", CALENDAR, "text/calendar")
    backend.send_messages([first, EmailMessage("Tilt — Łódź", "<b>bold</b>", to=['"Zoë" <zoe@vale.example>'])])
    return tmp_path / "mail"


def text(address: str) -> str:
    response = Client().get(address)
    assert response.status_code == 200
    return response.content.decode()


def key_of(subject: str, folder: Path) -> str:
    html = text("/demo/mail/")
    row = html[: html.index(subject)]
    return row[row.rindex("/demo/mail/") :].split("/")[3]


def test_messages_are_listed_with_who_got_them(mail: Path) -> None:
    html = text("/demo/mail/")
    assert "2 messages" in html
    assert "A meeting was arranged" in html
    assert "Tilt — Łódź" in html
    assert "With a calendar file" in html


def test_they_can_be_narrowed_to_a_person(mail: Path) -> None:
    assert "Tilt" not in text("/demo/mail/?to=hill.example")


def test_one_is_shown_with_its_links_and_nothing_in_it_runs(mail: Path) -> None:
    html = text(f"/demo/mail/{key_of('A meeting was arranged', mail)}/")
    assert 'href="http://x.example/meetings/1/"' in html
    assert "BEGIN:VCALENDAR" in html
    assert "<b>bold" not in text(f"/demo/mail/{key_of('Tilt', mail)}/")


def test_its_calendar_file_downloads(mail: Path) -> None:
    response = Client().get(f"/demo/mail/{key_of('A meeting was arranged', mail)}/meeting.ics")
    assert response.content.decode().split() == CALENDAR.split()
    assert "attachment" in response["Content-Disposition"]
    assert Client().get(f"/demo/mail/{key_of('Tilt', mail)}/meeting.ics").status_code == 404


@pytest.mark.parametrize("key", ["..", "..%2f..%2fsecret-key", "nothing", "%00", ".-0"])
def test_no_other_file_can_be_reached(mail: Path, key: str) -> None:
    (mail.parent / "secret-key").write_text("secret")
    assert Client().get(f"/demo/mail/{key}/").status_code in (404, 302)


def test_an_empty_mailbox_says_so(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.PORTAL_DEMO, settings.PORTAL_VAR = True, tmp_path
    assert "No messages" in text("/demo/mail/")


@pytest.mark.parametrize("address", ["/demo/mail/", "/demo/mail/x-0/", "/demo/mail/x-0/meeting.ics"])
def test_outside_the_demonstration_there_is_no_such_page(mail: Path, settings: Settings, address: str) -> None:
    settings.PORTAL_DEMO = False
    assert Client().get(address).status_code == 404
