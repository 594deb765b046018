"""Where a school's calendar and its register say different things, in spans of days that one answer settles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from attendance_portal.days import Window
from schools.models import CalendarSettlement, School
from schools.register.calendars import disagreement
from schools.register.codes import NUMBERS
from schools.register.marks import AM, PM, WIDTH, Flags, day_of, look_up
from schools.register.measures import clip, enrolled_from, has_real_mark
from schools.stored.registers import Roll, last_columns, load_roll
from schools.stored.school_days import Calendars

CLOSURE = NUMBERS["#"]


@dataclass(frozen=True)
class Found:
    """Days on which calendar and register differ: for every year group (""), or for one; half as in an entry."""

    found: str
    days: Window
    half: str
    year_group: str

    @property
    def key(self) -> str:
        """How a form names it."""
        first, last = self.days
        return f"{self.found} {first} {last} {self.half or 'day'} {self.year_group or 'all'}"


def differences_of(school: School, year: int, calendars: Calendars) -> list[Found]:
    """Up to the school's latest data, in order of days. Three queries."""
    roll = load_roll([school.pk], year)
    roll = replace(roll, groups=list(dict.fromkeys(roll.groups)), group=roll.whole_groups[roll.group])
    calendar = calendars.rows(roll.groups, year) if len(roll) else None
    last = last_columns(roll).get(school.pk, -1)
    if calendar is None or last < 0:
        return []
    flags = look_up(roll.marks, year, "flags")
    lower = enrolled_from(flags, roll.admitted)
    lower = np.where(has_real_mark(flags), np.maximum(lower, roll.own_from), np.int16(WIDTH)).astype(np.int16)
    upper = np.minimum(roll.left, last).astype(np.int16)
    clip(flags, lower, upper)
    marks = roll.marks.copy()
    clip(marks, lower, upper)
    told = disagreement(calendar, flags, marks == CLOSURE, lower=lower, upper=upper, group=roll.group)
    kinds = CalendarSettlement.Found
    both = [(kinds.OPEN_NOT_MARKED, told.open_not_marked), (kinds.CLOSED_BUT_MARKED, told.closed_but_marked)]
    found = [one for kind, where in both for one in _spans(kind.value, where, roll, lower <= upper)]
    return sorted(found, key=lambda one: (one.days, one.year_group, one.found))


def _spans(kind: str, where: Flags, roll: Roll, counted: Flags) -> Iterator[Found]:
    """One span for every year group where all differ alike, else one for each."""
    here = np.unique(roll.group[counted])
    for half_days, year_group in _alike(where, here, roll):
        days = half_days.reshape(-1, 2)
        both: Flags = days[:, AM] & days[:, PM]
        for half, which in (
            ("", both),
            ("am", days[:, AM] & ~days[:, PM]),
            ("pm", days[:, PM] & ~days[:, AM]),
        ):
            for first, last in _runs(which, roll.year):
                yield Found(kind, Window(first, last), half, year_group)


def _alike(where: Flags, here: np.ndarray, roll: Roll) -> Iterator[tuple[Flags, str]]:
    together: Flags = where[here].all(axis=0)
    yield together, ""
    for group in here.tolist():
        yield where[group] & ~together, roll.groups[group][1]


def _runs(days: np.ndarray, year: int) -> Iterator[tuple[dt.date, dt.date]]:
    """Runs of weekdays, which no weekend between two of them parts, and runs of the days of a weekend."""
    first = last = None
    for at in np.flatnonzero(days).tolist():
        day = day_of(year, 2 * at)
        if first is None or last is None:
            first = day
        elif not _goes_on(last, day):
            yield first, last
            first = day
        last = day
    if first and last:
        yield first, last


def _goes_on(last: dt.date, day: dt.date) -> bool:
    are_alike = (last.weekday() > 4) == (day.weekday() > 4)
    return are_alike and (day - last).days <= (3 if last.weekday() == 4 else 1)


def promised(found: Found, settled: list[CalendarSettlement]) -> CalendarSettlement | None:
    """The latest word that the register will be corrected for these days, where it was given."""
    for one in settled:
        is_same = (one.found, one.year_group) == (found.found, found.year_group)
        if is_same and one.first_on <= found.days.last and found.days.first <= one.last_on:
            return one if one.choice == CalendarSettlement.Choice.REGISTER else None
    return None
