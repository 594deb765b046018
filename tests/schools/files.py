"""Register files made for tests: the long layout, from a plain description of who had which marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from schools.models import Pupil

HEADINGS = "UPN,Adm No,Surname,Forename,DOB,Year,Reg,Date,Session,Mark"


def school_days(first: dt.date, days: int) -> list[dt.date]:
    """So many weekdays from `first` on."""
    found = (first + dt.timedelta(days=n) for n in range(days * 2 + 7))
    return [day for day in found if day.weekday() < 5][:days]


def long_file(marks: Mapping[Pupil, Mapping[dt.date, str]]) -> bytes:
    """The long layout. A day's marks are one string of two single-character codes, such as "/\\" or "I-"."""
    lines = [HEADINGS]
    for pupil, days in marks.items():
        for day, pair in days.items():
            lines += [line(pupil, day, half, mark) for half, mark in zip(("AM", "PM"), pair, strict=True)]
    return ("\r\n".join(lines) + "\r\n").encode()


def line(pupil: Pupil, day: dt.date, half: str, mark: str) -> str:
    enrolment = pupil.enrolments.get()
    return ",".join(
        [
            pupil.upn or "",
            enrolment.local_id,
            pupil.surname,
            pupil.forename,
            f"{pupil.date_of_birth:%d/%m/%Y}",
            enrolment.year_group,
            enrolment.reg_group,
            f"{day:%d/%m/%Y}",
            half,
            mark,
        ]
    )


def all_present(pupils: Iterable[Pupil], days: Iterable[dt.date]) -> dict[Pupil, dict[dt.date, str]]:
    days = list(days)
    return {pupil: dict.fromkeys(days, "/\\") for pupil in pupils}
