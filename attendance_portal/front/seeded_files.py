"""Files that wait for somebody in the demonstration: one whose columns nobody explained yet, with a code of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attendance_portal.models import Membership
from schools.models import Enrolment, School
from schools.sending import uploads

HEADINGS = "Kid ref,Family,Given,Born,When,Half,Entry"
PUPILS = 4


def leave_a_file_to_explain(school: School, *, by: Membership, at: dt.datetime) -> None:
    """A school's office sent a report of yesterday under headings of its own, with `7` where its system has it."""
    day = _school_day_before(at.date())
    stays = Enrolment.objects.on_roll(at.date()).filter(school=school).select_related("pupil").order_by("pk")[:PUPILS]
    rows = [_row(stay, day, half) for stay in stays for half in ("AM", "PM")]
    content = "\r\n".join([HEADINGS, *rows, ""]).encode()
    upload = uploads.receive_upload(school, [content], file_name="Own report of absence.csv", by=by, at=at)
    uploads.read_upload(upload, on=at.date())


def long_file(stays: Iterable[Enrolment], days: Iterable[dt.date], mark: str) -> bytes:
    """A register with a row a mark: the same one for each of these children and days."""
    days = list(days)
    rows = [
        f"{stay.pupil.upn or ''},{stay.local_id},{stay.pupil.surname},{stay.pupil.forename},"
        f"{stay.pupil.date_of_birth:%d/%m/%Y},{stay.year_group},{day:%d/%m/%Y},{half},{mark}"
        for stay in stays
        for day in days
        for half in ("AM", "PM")
    ]
    return "\r\n".join(["UPN,Adno,Surname,Forename,DOB,Year,Date,Session,Mark", *rows, ""]).encode()


def _school_day_before(day: dt.date) -> dt.date:
    before = day - dt.timedelta(days=1)
    return before if before.weekday() < 5 else _school_day_before(before)


def _row(stay: Enrolment, day: dt.date, half: str) -> str:
    pupil = stay.pupil
    cells = (stay.local_id, pupil.surname, pupil.forename, f"{pupil.date_of_birth:%d/%m/%Y}", f"{day:%d/%m/%Y}", half)
    return ",".join([*cells, "7" if half == "PM" else "I"])
