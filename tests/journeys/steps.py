"""What the journeys share: pages as words, forms as people fill them, and the main job's usual beginnings."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from icalendar import Calendar

from attendance_portal.models import AuditEvent, Authority, Membership, Message
from schools.models import Pupil
from tests.cast import Cast, in_scope
from tests.schools.files import long_file

SignedIn = Callable[[Membership], Client]
HILL = "/schools/999001/"
ONLINE = {"mode": "online", "link": "https://call.example/hill"}


def words_of(answer: HttpResponse) -> str:
    """The words of a page, as they are read."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(text).split())


def read(client: Client, address: str) -> str:
    """Open a page that is there, and read it."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return words_of(answer)


def send(client: Client, address: str, **typed: Any) -> str:
    """Post a form that is well filled in, and read the page one is led to."""
    answer = client.post(address, typed, follow=True)
    assert answer.status_code == 200, (address, answer.status_code, words_of(answer)[:600])
    assert answer.redirect_chain, f"{address} found something wrong: {words_of(answer)[-1500:]}"
    return words_of(answer)


def date_of(name: str, day: dt.date) -> dict[str, str]:
    """A day as its three boxes are typed."""
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


def send_file(client: Client, cast: Cast, marks: dict[Pupil, dict[dt.date, str]]) -> str:
    """Send a register file of Hill Academy; answers the address of the page that shows what was understood."""
    with in_scope(cast.eastshire):
        content = long_file(marks)
    answer = client.post(f"{HILL}upload/", {"file": SimpleUploadedFile("register.csv", content)})
    assert answer.status_code == 302, words_of(answer)[:800]
    return str(answer["Location"])


def arrange(
    client: Client, cast: Cast, day: dt.date, *, begins: str = "10:00", at: str = f"{HILL}meetings/arrange/"
) -> str:
    """Arrange a meeting by the form; answers its address."""
    when = {**date_of("held_on", day), "begins": begins, "minutes": "45"}
    answer = client.post(at, {**when, **ONLINE, "officer": str(cast.officer.pk)})
    assert answer.status_code == 302, words_of(answer)
    assert "The meeting is arranged" in read(client, answer["Location"])
    return str(answer["Location"])


def today_is(cast: Cast, day: dt.date) -> None:
    """Let time pass."""
    Authority.objects.filter(pk=cast.eastshire.pk).update(demo_today=day)


def autosave(client: Client, address: str, **typed: str) -> dict[str, Any]:
    """Save as the script does, from empty boxes."""
    data: dict[str, Any] = {"autosave": "1", "changed": list(typed)}
    for name, text in typed.items():
        data |= {name: text, f"began__{name}": ""}
    answer = client.post(address, data)
    assert answer.status_code == 200, answer.content[:400]
    found: dict[str, Any] = answer.json()["fields"]
    return found


def action(what: str, owner: Membership, due_on: dt.date, side: str = "school") -> dict[str, str]:
    """The fields of a new action's row."""
    row = f"action-{uuid.uuid4()}"
    told = {"what": what, "side": side, "owner": str(owner.pk), "due_on": due_on.isoformat()}
    return {f"{row}-{name}": text for name, text in told.items()}


def letters(cast: Cast) -> list[Message]:
    """Every message so far, oldest first."""
    with in_scope(cast.eastshire):
        return list(Message.objects.order_by("pk"))


def methods(messages: list[Message]) -> set[str]:
    """The methods of the calendar files that go with these messages."""
    return {str(Calendar.from_ical(one.calendar)["METHOD"]) for one in messages if one.calendar}


def events_about(cast: Cast, pupil: Pupil) -> list[AuditEvent]:
    """Who looked at a child or changed something, oldest first."""
    with in_scope(cast.eastshire):
        return list(AuditEvent.objects.about_pupil(pupil.pk).order_by("pk"))
