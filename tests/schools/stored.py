"""A school with a register, for the tests of pages: five children of Hill Academy, each in a category of their own."""

from __future__ import annotations

import datetime as dt

from schools.models import Pupil, School
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
SUMMER = school_days(dt.date(2026, 6, 1), 30)
AUTUMN = school_days(dt.date(2026, 9, 7), 20)


def store_marks(cast: Cast, school: School, marks: dict[Pupil, dict[dt.date, str]]) -> None:
    """Send, read and store a file of these marks."""
    upload = uploads.receive_upload(school, [long_file(marks)], file_name="register.csv", by=cast.lead)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=ON)


def autumn(cast: Cast) -> dict[Pupil, dict[dt.date, str]]:
    """40 sessions: 20 missed without leave, 3 ill, 10 ill, 4 ill, none missed."""
    marks = all_present(cast.pupils, AUTUMN)
    amy, ben, cora, dan, _ = cast.pupils
    marks[amy] |= dict.fromkeys(AUTUMN[:10], "OO")
    marks[ben] |= {AUTUMN[0]: "II", AUTUMN[1]: "I\\"}
    marks[cora] |= dict.fromkeys(AUTUMN[:5], "II")
    marks[dan] |= dict.fromkeys(AUTUMN[:2], "II")
    return marks


def store_autumn(cast: Cast) -> None:
    """Hill Academy's autumn so far: categories 5, 2, 4, 3 and 1, in the order of `cast.pupils`."""
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, autumn(cast))


def store_summer(cast: Cast) -> None:
    """The term before: everyone present, but for the first child's three days."""
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, SUMMER)
        marks[cast.pupil] |= dict.fromkeys(SUMMER[:3], "OO")
        store_marks(cast, cast.hill, marks)
