"""Where every enrolment of some schools stands on a day: the engine's arrays for a roll."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from django.db.models import Max

from attendance_portal.days import (
    compulsory_school_age_ends_on,
    compulsory_school_age_starts_on,
    counts_in_official_rates,
    year_of,
)
from schools import bulk
from schools.models import Register
from schools.register import bands, forecasts, measures, runs, thresholds, weeks
from schools.register.bands import LINCOLNSHIRE, BandPolicy
from schools.register.marks import NOT_STATED, WIDTH, admission_column, day_of, last_column_on, leaving_column, look_up
from schools.register.measures import Totals
from schools.registers import NO_DAY, Days, Roll, admitted_before, last_columns, load_marks, load_roll

Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Figures:
    """One value per enrolment of `roll`, year to date up to `last_column` (int16[n], -1 where a school has no data).

    band uint8 (0: nothing was possible); returned_on: the column of a return after a long absence, or -1.
    """

    roll: Roll
    last_column: Columns
    totals: Totals
    band: npt.NDArray[np.uint8]
    persistent: Flags
    severe: Flags
    at_risk: Flags
    six_weeks: Totals
    ten_week_unauthorised: Counts
    headroom: Counts
    returned_at: Columns
    on_roll: Flags
    official: Flags


@dataclass(frozen=True)
class _Window:
    """A roll cut off at each school's as-at column; flags are its marks as looked up once for every measure."""

    roll: Roll
    flags: npt.NDArray[np.uint8]
    previous: npt.NDArray[np.uint8]
    last_column: Columns
    admitted: Columns
    left: Columns
    open: Flags


def figures_of(
    school_ids: Sequence[int], year: int, *, as_at: dt.date | None = None, policy: BandPolicy = LINCOLNSHIRE
) -> Figures:
    """Work out the figures of those schools in an academic year, up to `as_at` or each school's latest data.

    The effective day is included. Marks after it are not looked at.
    """
    roll = load_roll(school_ids, year)
    previous = load_marks(school_ids, year - 1, roll.enrolments)
    return figures_of_roll(roll, previous, as_at=as_at, policy=policy)


def figures_of_roll(
    roll: Roll,
    previous: npt.NDArray[np.uint8],
    *,
    as_at: dt.date | None = None,
    policy: BandPolicy = LINCOLNSHIRE,
) -> Figures:
    """The figures of a roll and its enrolments' marks of the year before."""
    window = _window(roll, previous, as_at)
    whole = _totals(window)
    recent = _totals(window, weeks.recent_windows(window.open, roll.year, roll.group, last_column=WIDTH - 1))
    return Figures(
        roll=roll,
        last_column=window.last_column,
        totals=whole,
        band=bands.bands(whole.attended, whole.possible, policy),
        persistent=bands.persistent(whole.absent, whole.possible),
        severe=bands.severe(whole.absent, whole.possible),
        at_risk=bands.at_risk_next_term(recent.absent, recent.possible, whole.absent, whole.possible),
        six_weeks=recent,
        ten_week_unauthorised=_ten_weeks(window),
        headroom=forecasts.headroom(whole.attended, whole.possible, policy),
        returned_at=runs.absence_runs(roll.marks, roll.year, admitted=window.admitted, left=window.left).returned_at,
        on_roll=(roll.left >= window.last_column) & (roll.admitted <= window.last_column),
        official=_by_birthday(roll.born_on, lambda day: (_is_official(day, roll.year),), 1)[:, 0] > 0,
    )


def _window(roll: Roll, previous: npt.NDArray[np.uint8], as_at: dt.date | None) -> _Window:
    admitted = admitted_before(roll, previous)
    flags = look_up(roll.marks, roll.year, "flags")
    open_all = measures.open_columns(
        roll.marks,
        roll.year,
        admitted=_in_any_register(admitted, flags),
        left=roll.left,
        group=roll.group,
        groups=len(roll.groups),
        looked_up=flags,
    )
    last = _last_column_of_schools(roll, as_at, flags)
    until_of_group = np.array([last.get(school, -1) for school, _ in roll.groups], dtype=np.int16)
    until = until_of_group[roll.group]
    return _Window(
        roll=roll,
        flags=flags,
        previous=previous,
        last_column=until,
        admitted=admitted,
        left=np.minimum(roll.left, until).astype(np.int16),
        open=open_all & (np.arange(WIDTH) <= until_of_group[:, None]),
    )


def _in_any_register(admitted: Columns, flags: npt.NDArray[np.uint8]) -> Columns:
    """`admitted`, with WIDTH (never) for those without one real mark in the year.

    Most of them left without anyone stating the day. Counted with the year group they once were in, they would
    outnumber those who attend, and no half-day would be open.
    """
    return np.where(measures.has_real_mark(flags), admitted, np.int16(WIDTH)).astype(np.int16)


def _last_column_of_schools(roll: Roll, as_at: dt.date | None, flags: npt.NDArray[np.uint8]) -> Mapping[int, int]:
    """The as-at column of each school that has data."""
    latest = last_columns(roll, flags)
    if as_at is None:
        return latest
    return {school: last_column_on(roll.year, as_at) for school in latest}


def _totals(window: _Window, first_column: int | Columns = 0) -> Totals:
    return measures.totals(
        window.roll.marks,
        window.roll.year,
        admitted=window.admitted,
        left=window.left,
        open=window.open,
        group=window.roll.group,
        first_column=first_column,
        looked_up=window.flags,
    )


def _ten_weeks(window: _Window) -> Counts:
    """Unauthorised sessions of the last ten school weeks, while of compulsory school age (domain.md 3.3, 5.1)."""
    roll = window.roll
    # Last year's open days are judged from last year's marks of the same enrolments, from each one's first mark.
    admitted, left = np.full(len(roll), NOT_STATED, np.int16), np.full(len(roll), WIDTH - 1, np.int16)
    year = roll.year - 1
    then = look_up(window.previous, year, "flags")
    open_then = measures.open_columns(
        window.previous,
        year,
        admitted=admitted,
        left=left,
        group=roll.group,
        groups=len(roll.groups),
        looked_up=then,
    )
    current = thresholds.RegisterYear(
        roll.year, roll.marks, window.open, roll.group, window.admitted, window.left, window.flags
    )
    previous = thresholds.RegisterYear(year, window.previous, open_then, roll.group, admitted, left, then)
    return thresholds.ten_week_totals(_of_compulsory_age(current, roll), _of_compulsory_age(previous, roll)).total


def _of_compulsory_age(side: thresholds.RegisterYear, roll: Roll) -> thresholds.RegisterYear:
    """One year of a roll, narrowed to the days on which each pupil was of compulsory school age."""
    spans = _by_birthday(roll.born_on, lambda day: _compulsory_columns(day, side.year), 2)
    return replace(
        side,
        admitted=np.maximum(side.admitted, spans[:, 0]).astype(np.int16),
        left=np.minimum(side.left, spans[:, 1]).astype(np.int16),
    )


def _by_birthday(born: Days, answer: Callable[[dt.date | None], tuple[int, ...]], width: int) -> npt.NDArray[np.int16]:
    """What is answered for each birthday, int16[n, width]: there are few birthdays and many pupils."""
    days, which = np.unique(born, return_inverse=True)
    answers = [answer(None if number == NO_DAY else bulk.day(number)) for number in days.tolist()]
    return np.array(answers, np.int16).reshape(len(days), width)[which]


@cache
def _compulsory_columns(born: dt.date | None, year: int) -> tuple[int, int]:
    """First and last column of compulsory school age; the whole year where the birthday is not known."""
    if born is None:
        return -1, WIDTH - 1
    begins, ends = compulsory_school_age_starts_on(born), compulsory_school_age_ends_on(born)
    return admission_column(year, begins), leaving_column(year, ends)


@cache
def _is_official(born: dt.date | None, year: int) -> bool:
    return born is not None and counts_in_official_rates(born, year)


def as_at_day(figures: Figures) -> dt.date | None:
    """The latest as-at day of the schools worked out, or None where none has data."""
    latest = int(figures.last_column.max(initial=-1))
    return day_of(figures.roll.year, latest) if latest >= 0 else None


def as_held(school_id: int, *, on: dt.date, as_at: dt.date | None = None) -> Figures | None:
    """One school's figures in the academic year of its latest data up to `on`; None where it has none."""
    years = Register.objects.filter(school=school_id, year__lte=year_of(on))
    year = years.aggregate(latest=Max("year"))["latest"]
    return None if year is None else figures_of([school_id], year, as_at=as_at)
