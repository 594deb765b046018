"""The list of a school's pupils: what it can be narrowed, searched, sorted and downloaded by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, NullIf

from attendance_portal.models import Membership
from attendance_portal.tables import Column
from schools.models import Circumstance, Enrolment, PupilNameKey, School, Standing
from schools.register.measures import percent_text
from schools.standing.summaries import year_group_order, year_group_words
from schools.stored.names import KEY_LENGTH, search_parts

COLUMNS: Final = (
    Column("name", "Pupil", ("pupil__sort_key",)),
    Column("year", "Year", ("year_order", "pupil__sort_key")),
    Column("attendance", "Attendance", ("share",), numeric=True),
    Column("band", "Category", ("band", "pupil__sort_key")),
    Column("unauthorised", "Unauthorised", ("unauthorised",), numeric=True),
    Column("ten_weeks", "In ten weeks", ("ten_week_unauthorised",), numeric=True),
    Column("missing", "Missing", ("missing",), numeric=True),
    Column("headroom", "Can still miss", ("headroom",), numeric=True),
)
COLUMNS_OF_ALL: Final = (
    COLUMNS[0],
    Column("school", "School", ("school__name", "pupil__sort_key")),
    *(column for column in COLUMNS[1:] if column.name not in ("ten_weeks", "missing")),
)
ABSENCE: Final = (
    ("persistent", "Persistently absent (missed 10% or more)"),
    ("severe", "Severely absent (missed 50% or more)"),
    ("at-risk", "At risk of persistent absence next term"),
)
ROLL: Final = (("leavers", "Leavers of this year"), ("all", "On roll and leavers"))
_ABSENCE: Final = {"persistent": Q(persistent=True), "severe": Q(severe=True), "at-risk": Q(at_risk=True)}


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing. Without more, those on roll."""

    q: str = ""
    band: str = ""
    absence: str = ""
    year_group: str = ""
    reg_group: str = ""
    cohort: str = ""
    roll: str = ""


def standings(member: Membership, wanted: Wanted, *, on: dt.date, school: School | None) -> QuerySet[Standing]:
    """The standings this member may see, of one school or of all theirs, narrowed as wanted."""
    rows = Standing.objects.visible_to(member).select_related("pupil", "enrolment", "school")
    if school is not None:
        rows = rows.filter(school=school)
    elif member.is_of_a_school:  # one row a child: the school that was before has a list of its own
        rows = rows.filter(school__in=School.objects.of(member))
    if wanted.roll == "leavers":
        rows = rows.filter(is_on_roll=False)
    elif wanted.roll != "all":
        rows = rows.filter(is_on_roll=True) if school else rows.on_roll()
    if wanted.cohort:
        theirs = Circumstance.objects.on(on).filter(kind=wanted.cohort)
        rows = rows.filter(pupil__in=theirs.values("pupil"))
    exact = {"band": wanted.band, "year_group": wanted.year_group, "enrolment__reg_group": wanted.reg_group}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    return _with_order(rows.filter(_ABSENCE.get(wanted.absence, Q()), found_by(wanted.q)))


def _with_order(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """What the columns sort by. Display and category never come from `share`: it is for order alone."""
    known = When(year_group__regex=r"^\d+$", then=Cast("year_group", IntegerField()))
    nursery = When(year_group__startswith="N", then=Value(-1))
    return rows.annotate(
        year_order=Case(known, nursery, default=Value(99), output_field=IntegerField()),
        share=Cast("attended", FloatField()) / NullIf("possible", 0),
    )


def found_by(typed: str, number: str = "enrolment__local_id") -> Q:
    """The children a search finds: every part of the name begins one of theirs, or it is their UPN or number.

    `number`: the way from the row to the school's own number.
    The first letters are compared by equality, which an index serves under row security; the rest narrows that.
    """
    found = Q()
    parts = search_parts(typed)
    for part in parts:
        begins = Q(pupil__sort_key__startswith=part) | Q(pupil__sort_key__contains=f" {part}")
        if len(part) >= KEY_LENGTH:
            keys = PupilNameKey.objects.filter(key=part[:KEY_LENGTH])
            begins &= Q(pupil__in=keys.values("pupil"))
        found &= begins
    word = typed.strip()
    if not parts or not word:
        return Q(pk__in=[]) if word else Q()
    return found | Q(pupil__upn=word.upper()) | Q(**{f"{number}__iexact": word})


def is_wanted(standing: Standing, wanted: Wanted) -> bool:
    """Whether a standing in memory is among those wanted, by what stands in it (`standings` asks the database)."""
    absence = {"persistent": standing.persistent, "severe": standing.severe, "at-risk": standing.at_risk}
    return (
        (wanted.roll == "all" or standing.is_on_roll != (wanted.roll == "leavers"))
        and (not wanted.band or str(standing.band) == wanted.band)
        and (not wanted.year_group or standing.year_group == wanted.year_group)
        and absence.get(wanted.absence, True)
    )


def year_group_choices(school: School | None) -> list[tuple[str, str]]:
    groups = _of(school, Standing).order_by().values_list("year_group", flat=True).distinct()
    return [(group, year_group_words(group)) for group in sorted(groups, key=year_group_order) if group]


def reg_group_choices(school: School | None) -> list[tuple[str, str]]:
    groups = _of(school, Enrolment).order_by().values_list("reg_group", flat=True).distinct()
    return [(group, group) for group in sorted(groups) if group]


def _of(school: School | None, model: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.all() if school is None else model.objects.filter(school=school)
    return rows


HEADINGS: Final = [
    "UPN", "School's number", "Surname", "Forename", "School", "Year group", "Registration group", "Data up to",
    "Possible", "Attended", "Authorised", "Unauthorised", "Missing", "Attendance %", "Category", "Persistent",
    "Severe", "Unauthorised in ten school weeks", "Headroom",
]  # fmt: skip


def file_rows(rows: Iterable[Standing]) -> Iterator[list[Any]]:
    """Rows of the downloaded list, under `HEADINGS`."""
    for one in rows:
        yield [
            one.pupil.upn, one.enrolment.local_id, one.pupil.surname, one.pupil.forename, one.school.name,
            one.year_group, one.enrolment.reg_group, one.as_at, one.possible, one.attended, one.authorised,
            one.unauthorised, one.missing, percent_text(one.attended, one.possible), one.band, one.persistent,
            one.severe, one.ten_week_unauthorised, one.headroom,
        ]  # fmt: skip
