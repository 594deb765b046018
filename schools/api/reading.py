"""What a token may read: of its schools alone, and of no child whose record is restricted."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from attendance_portal.days import year_of
from attendance_portal.models import Integration
from schools.models import Enrolment, Pupil, Register, School, Standing
from schools.register.codes import MARKS
from schools.register.marks import day_of

# A row is stamped when its transaction begins and seen when it ends: whoever asks for what changed since their last
# visit is told the changes of these minutes before it once more, rather than never.
OVERLAP: Final = dt.timedelta(minutes=15)


def schools_of(integration: Integration) -> QuerySet[School]:
    """The schools of which a token may speak."""
    schools: QuerySet[School] = School.objects.all()
    return schools if integration.every_school else schools.filter(integrations__integration=integration)


def enrolments_of(integration: Integration) -> QuerySet[Enrolment]:
    """Enrolments at the token's schools; as for a school's own people, not of children who left in earlier years."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(pupil__is_restricted=False)
    if integration.every_school:
        return rows
    of_this_year = Enrolment.objects.of_the_year(integration.on)
    return rows.filter(pk__in=of_this_year.filter(school__in=schools_of(integration)).values("pk"))


def changed_since(asked: dict[str, Any], *names: str) -> Q:
    """Rows of which any of these stamps is as late as is asked for; all where nothing is asked."""
    since: dt.datetime | None = asked.get("changed_since")
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__gte": since - OVERLAP}) if since else Q()
    return found


def pupils_of(integration: Integration, asked: dict[str, Any]) -> QuerySet[Pupil]:
    """Children on the roll of the token's schools, with their enrolments there."""
    theirs = enrolments_of(integration)
    wanted = theirs.filter(**_only(asked, school="school__urn", year_group="year_group"))
    here = wanted.filter(pupil=OuterRef("pk"))
    changed = changed_since(asked, "changed_at")
    rows = Pupil.objects.filter(Exists(here), is_restricted=False)
    if changed:
        of_enrolments = Q(Exists(theirs.filter(changed, pupil=OuterRef("pk"))))
        rows = rows.filter(changed | of_enrolments)
    shown = theirs.select_related("school").order_by("pk")
    return rows.prefetch_related(Prefetch("enrolments", queryset=shown, to_attr="shown"))


def _only(asked: dict[str, Any], **fields: str) -> dict[str, Any]:
    """Filters for what was asked, by the name of each field here."""
    return {field: asked[name] for name, field in fields.items() if asked.get(name) not in (None, "")}


def standings_of(integration: Integration, asked: dict[str, Any]) -> QuerySet[Standing]:
    """Where the enrolments of the token's schools stand, on each school's latest day with data."""
    rows: QuerySet[Standing] = Standing.objects.filter(pupil__is_restricted=False).select_related("pupil", "school")
    if not integration.every_school:
        rows = rows.filter(enrolment__in=enrolments_of(integration))
    filters = _only(asked, school="school__urn", year="year", band="band", year_group="year_group")
    return rows.filter(changed_since(asked, "changed_at"), **filters)


def registers_of(integration: Integration, school: School, asked: dict[str, Any]) -> QuerySet[Register]:
    """The marks of a school's year, a row for each enrolment that has any."""
    year = asked.get("year") or year_of(integration.on)
    rows: QuerySet[Register] = Register.objects.filter(
        school=school, year=year, enrolment__pupil__is_restricted=False, enrolment__made_in_error_at=None
    )
    if not integration.every_school:
        rows = rows.filter(enrolment__in=enrolments_of(integration))
    rows = rows.filter(changed_since(asked, "changed_at"), **_only(asked, year_group="year_group"))
    return rows.select_related("enrolment__pupil")


def compact(register: Register) -> dict[str, Any]:
    """The marks from the first day with one to the last: codes parted by commas, two a day, weekends too.

    No mark at all is an empty text without days.
    """
    marks = np.frombuffer(bytes(register.marks), np.uint8)
    held = np.flatnonzero(marks)
    if not len(held):
        return {"first_on": None, "last_on": None, "marks": ""}
    first, last = held[0] // 2 * 2, held[-1] // 2 * 2 + 2
    codes = (MARKS.get(number, "") for number in marks[first:last].tolist())
    days = (day_of(register.year, int(column)) for column in (first, last - 1))
    return dict(zip(("first_on", "last_on"), days, strict=True)) | {"marks": ",".join(codes)}
