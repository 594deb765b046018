"""Hill Academy closed on 11 October 2026 and Hilltop Academy opened on the 12th: for the tests of what goes on there.

Of Hill's 20 days (40 sessions) Amy missed the first ten without leave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from schools.directory.carrying import carry_rolls
from schools.models import (
    Pupil,
    School,
    Standing,
    Succession,
    Upload,
)
from schools.models.places import Phase
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT, store_autumn

Days = Mapping[dt.date, str]

OPENED = dt.date(2026, 10, 12)
WEEK = school_days(OPENED, 5)
PRESENT = dict.fromkeys(WEEK, "/\\")


def take_over(cast: Cast, before: School, urn: str, opened: dt.date) -> School:
    """Another school takes `before` over whole on a day."""
    school: School = School.objects.create(
        urn=urn, laestab=f"999{urn[2:]}", name=f"{before.name.split()[0]}top Academy", phase=Phase.SECONDARY
    )
    School.objects.filter(pk=before.pk).update(closed_on=opened - dt.timedelta(days=1), status="closed")
    before.refresh_from_db()
    Succession.objects.create(predecessor=before, successor=school, kind="converted", linked_on=opened)
    return school


def sent(cast: Cast, school: School, marks: Mapping[Pupil, Days], at: dt.datetime = AT) -> Upload:
    """A file of a school with these marks, stored: without its numbers of the pupils."""
    lines = ["UPN,Surname,Forename,DOB,Year,Date,Session,Mark"]
    for pupil, days in marks.items():
        told = f"{pupil.upn},{pupil.surname},{pupil.forename},{pupil.date_of_birth:%d/%m/%Y}"
        group = pupil.enrolments.order_by("pk")[0].year_group
        for day, pair in days.items():
            lines += [
                f"{told},{group},{day:%d/%m/%Y},{half},{mark}" for half, mark in zip(("AM", "PM"), pair, strict=True)
            ]
    content = "\r\n".join([*lines, ""]).encode()
    upload: Upload = uploads.receive_upload(school, [content], file_name="register.csv", by=cast.admin, at=at)
    uploads.read_upload(upload, on=ON)
    assert upload.stage == Upload.Stage.READ, list(upload.problems.values_list("message", flat=True))
    uploads.store_upload(uploads.accept_upload(upload, by=cast.admin, at=at), on=ON)
    return upload


def of_all(cast: Cast, days: Days = PRESENT) -> dict[Pupil, Days]:
    return dict.fromkeys(cast.pupils, days)


def standing(school: School, pupil: Pupil) -> Standing:
    found: Standing = Standing.objects.get(school=school, pupil=pupil)
    return found


def converted(cast: Cast) -> School:
    """Hilltop Academy: the roll was carried over, and its first week has come: all present."""
    store_autumn(cast)
    with in_scope(cast.eastshire):
        school = take_over(cast, cast.hill, "999050", OPENED)
        carry_rolls(on=ON, by=None)
        sent(cast, school, of_all(cast))
    return school
