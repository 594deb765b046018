"""One school's gaps in full: missing marks by year group and class, classes never sent, and codes N to settle."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from attendance_portal.models import Membership
from schools.models import Enrolment, Pupil, School, Standing
from schools.register import gaps
from schools.register.marks import day_of, half_of
from schools.standing.figures import Window, marks_before, unknown_of_before, worked_out
from schools.standing.summaries import year_group_order, year_group_words
from schools.standing.year_before import Rows

Sessions = defaultdict[int, list[tuple[dt.date, int]]]
GROUP_HEADINGS: Final = ["Year group or class", "On roll", "Pupils with a mark missing", "Sessions without a mark"]
HEADINGS: Final = ["UPN", "Surname", "Forename", "Year group", "Class", "Date", "Session"]


@dataclass(frozen=True)
class Gap:
    """A year group or a class: how many are on roll, how many lack a mark, how many sessions are without one."""

    name: str
    pupils: int
    lacking: int
    missing: int


def gaps_of(school: School) -> tuple[list[Gap], list[Gap]]:
    """By year group, and by registration group, each with a last row for those who left; two queries.

    The sessions add up to what the register lacks (`coverage`): a mark of before the leaving day is due all the same.
    """
    here = Standing.objects.on_roll().filter(school=school)
    rows = (
        here.order_by()
        .values("year_group", "enrolment__reg_group")
        .annotate(
            pupils=Count("pk"),
            lacking=Count("pk", filter=Q(missing__gt=0)),
            total=Sum("missing"),
        )
    )
    found = sorted(rows, key=lambda row: (year_group_order(row["year_group"]), row["enrolment__reg_group"]))
    by_year = _together(found, lambda row: year_group_words(row["year_group"]))
    by_class = _together((row for row in found if row["enrolment__reg_group"]), lambda row: row["enrolment__reg_group"])
    left = _left(school, here)
    return by_year + left, by_class + left if by_class else []


def _left(school: School, here: QuerySet[Standing]) -> list[Gap]:
    """The one row of those who are not on the roll any more, if any of them lacks a mark."""
    gone = Standing.objects.filter(school=school, missing__gt=0).exclude(pk__in=here.values("pk"))
    found = gone.aggregate(lacking=Count("pk"), total=Sum("missing"))
    return [Gap("Leavers of this year", 0, found["lacking"], found["total"])] if found["lacking"] else []


def _together(rows: Iterable[Mapping[str, Any]], name: Any) -> list[Gap]:
    sums: dict[str, list[int]] = {}
    for row in rows:
        counts = sums.setdefault(name(row), [0, 0, 0])
        for at, value in enumerate((row["pupils"], row["lacking"], row["total"] or 0)):
            counts[at] += value
    return [Gap(group, *counts) for group, counts in sums.items()]


@dataclass(frozen=True)
class Unknown:
    """A child with sessions still coded N after five school days."""

    pupil: Pupil
    enrolment: Enrolment
    sessions: Sequence[tuple[dt.date, int]]


def old_unknowns(school: School, member: Membership, *, year: int) -> list[Unknown]:
    """The children this member may see with codes N that have stood too long, judged as the banding does.

    Of the year before as well, while the last ten school weeks reach into it.
    """
    figures, windows = worked_out([school.pk], year)
    previous = marks_before(figures.roll, windows)
    found: Sessions = defaultdict(list)
    for window in windows:
        _put(found, window, year - 1, *unknown_of_before(window, previous))
        unauthorised = figures.totals.unauthorised[window.rows]
        rows, columns = gaps.old_unknown_at(
            window.roll.marks, window.own_flags, unauthorised, window.open, window.roll.group
        )
        _put(found, window, year, rows, columns)
    seen = Pupil.objects.visible_to(member)
    enrolments = Enrolment.objects.filter(pk__in=found, pupil__in=seen).select_related("pupil")
    unknown = [Unknown(one.pupil, one, found[one.pk]) for one in enrolments]
    return sorted(unknown, key=lambda one: one.pupil.sort_key)


def _put(found: Sessions, window: Window, year: int, rows: Rows, columns: Rows) -> None:
    """Add the day and the half of these sessions of a year to those of their enrolments."""
    for row, column in zip(window.roll.enrolments[rows].tolist(), columns.tolist(), strict=True):
        found[row].append((day_of(year, column), half_of(column)))


def file_rows(unknown: Iterable[Unknown]) -> list[list[Any]]:
    """Rows under `HEADINGS`, one a session."""
    return [
        [
            one.pupil.upn, one.pupil.surname, one.pupil.forename, year_group_words(one.enrolment.year_group),
            one.enrolment.reg_group, day, "PM" if half else "AM",
        ]
        for one in unknown
        for day, half in one.sessions
    ]  # fmt: skip


def group_rows(*groups: Iterable[Gap]) -> list[list[Any]]:
    """Rows under `GROUP_HEADINGS`, one a year group or class."""
    return [[one.name, one.pupils, one.lacking, one.missing] for rows in groups for one in rows]
