"""Counts in the demonstration: what one school's own system adds up, and what came with a child from elsewhere."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.models import Enrolment, School, SchoolMembership, Standing
from schools.sending import uploads

LONDON = ZoneInfo("Europe/London")
_HEADINGS = (
    "UPN", "Adno", "Possible_marks", "Present_marks", "Approved_ed_activity", "Authorised_absences",
    "Unauthorised_absences", "date",
)  # fmt: skip
_NEWEST = 3
"""How many children of the youngest year came with a transfer file."""


def send_counts(school: School, people: Iterable[Membership], *, on: dt.date) -> None:
    """The office sends its summary report of last week's end and the transfer files of a few children, and confirms."""
    standings = list(Standing.objects.filter(school=school).select_related("pupil", "enrolment").order_by("pk"))
    if not standings:
        return
    theirs = SchoolMembership.objects.filter(school=school, capacity="staff").values_list("membership", flat=True)
    sender = next((member for member in people if member.pk in set(theirs)), None)
    for name, content in (
        (f"Attendance summary {on:%d-%m-%Y}.csv", _summary(standings)),
        (f"{school.laestab}_CTF.xml", _transfers(school, on)),
    ):
        at = dt.datetime.combine(on, dt.time(0, 30), LONDON)
        upload = uploads.receive_upload(school, [content], file_name=name, by=sender, at=at)
        plan = uploads.read_upload(upload, on=on)
        if not plan.stopped:
            uploads.accept_upload(upload, by=sender, at=at)
            uploads.store_upload(upload, on=on, plan=plan)


def _summary(standings: list[Standing]) -> bytes:
    """The SIMS summary report: what the school's system counts, so the same as here."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_HEADINGS)
    for row in standings:
        numbers = (row.possible, row.attended, 0, row.authorised, row.unauthorised)
        rows.writerow([row.pupil.upn, row.enrolment.local_id, *numbers, f"{row.as_at:%d/%m/%Y}"])
    return out.getvalue().encode()


def _transfers(school: School, on: dt.date) -> bytes:
    """A Common Transfer File about the newest children, from a school beyond the authority."""
    newest = Enrolment.objects.filter(school=school, leaving_on=None).select_related("pupil").order_by("-pk")[:_NEWEST]
    pupils = "".join(_transfer(row, year_of(on) - 1) for row in newest)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><CTfile><Header><DocumentName>Common Transfer File</DocumentName>'
        f"<DateTime>{on}T09:00:00</DateTime><DestSchool><LEA>{school.laestab[:3]}</LEA><Estab>{school.laestab[3:]}"
        f"</Estab></DestSchool></Header><CTFpupilData>{pupils}</CTFpupilData></CTfile>"
    ).encode()


def _transfer(row: Enrolment, year: int) -> str:
    child = row.pupil
    names = f"<Surname>{escape(child.surname)}</Surname><Forename>{escape(child.forename)}</Forename>"
    return (
        f"<Pupil><UPN>{child.upn}</UPN>{names}<DOB>{child.date_of_birth}</DOB><Attendance><YearData>"
        f"<Year>{year}</Year><LEA>997</LEA>"
        "<Estab>2104</Estab><SchoolName>Northmoor Primary School</SchoolName><SessionsPossible>378</SessionsPossible>"
        "<SessionsAuthorised>17</SessionsAuthorised><SessionsAttended>352</SessionsAttended><SessionsUnauthorised>9"
        f"</SessionsUnauthorised><AttendSessions><AttendanceStartDate>{year}-09-03</AttendanceStartDate><AttendanceMarks>"
        r"/\/\/\II/\/\##/\/\L\/\OO"
        "</AttendanceMarks></AttendSessions></YearData></Attendance></Pupil>"
    )
