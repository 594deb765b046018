"""School weeks: Monday to Sunday weeks with at least one open half-day, and totals by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import monday_of
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import WIDTH, Bytes, Columns, Flags, columns_used
from schools.register.measures import Groups, chunks, enrolled_flags

WEEKS: Final = 54  # the most calendar weeks that any academic year touches
RECENT_SCHOOL_WEEKS: Final = 6  # "their last six school weeks": the portal's own measure of risk (design)


@cache
def _week_numbers(year: int) -> bytes:
    offset, used = date(year, 8, 1).weekday(), columns_used(year)
    column = np.minimum(np.arange(WIDTH), used - 1)
    return ((column // 2 + offset) // 7).astype(np.int16).tobytes()


def week_numbers(year: int) -> Columns:
    """The calendar week of each column, 0 for the one that holds 1 August. int16[WIDTH], read-only."""
    return np.frombuffer(_week_numbers(year), dtype=np.int16)


def monday(year: int, week: int) -> date:
    """The Monday of a calendar week of the academic year."""
    return monday_of(date(year, 8, 1)) + timedelta(weeks=week)


def week_of(year: int, on: date) -> int:
    """The calendar week of a day in the academic year."""
    return (monday_of(on) - monday(year, 0)).days // 7


def sum_by_week(ones: Bytes, year: int) -> Bytes:
    """Sums of ones over each calendar week, uint8[n, WEEKS]; at most fourteen in a week."""
    numbers = week_numbers(year)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    found = np.zeros((len(ones), WEEKS), np.uint8)
    found[:, : len(starts)] = np.add.reduceat(ones, starts, axis=1, dtype=np.uint8)
    return found


def school_weeks(open: Flags, year: int, *, last_column: int = WIDTH - 1) -> Flags:
    """Which calendar weeks are school weeks up to a column, bool[groups, WEEKS].

    A school week is any week with at least one session (guidance wording, repeated by a Hampshire school).
    """
    counted = open.view(np.uint8).copy()
    counted[:, last_column + 1 :] = 0
    counted[:, columns_used(year) :] = 0
    weeks: Flags = sum_by_week(counted, year) > 0
    return weeks


def first_column_of_week(year: int, week: int) -> int:
    return int(np.searchsorted(week_numbers(year), week))


def window_of_last_weeks(
    open: Flags, year: int, *, weeks: int = RECENT_SCHOOL_WEEKS, last_column: int = WIDTH - 1
) -> Columns:
    """The first column of each group's last so many school weeks up to a column, int16[groups].

    0 where the year has had fewer: the window is then the year so far.
    """
    in_school = school_weeks(open, year, last_column=last_column)
    still_to_come = np.cumsum(in_school[:, ::-1], axis=1)[:, ::-1]
    held = in_school & (still_to_come == weeks)
    first_columns = np.searchsorted(week_numbers(year), np.arange(WEEKS)).astype(np.int16)
    return np.where(held.any(axis=1), first_columns[held.argmax(axis=1)], 0).astype(np.int16)


@dataclass(frozen=True)
class WeeklyTotals:
    """Half-days of each enrolment in each calendar week, uint8[n, WEEKS] each."""

    possible: Bytes
    attended: Bytes
    authorised: Bytes
    unauthorised: Bytes


def _ones(flags: Bytes, bit: int) -> Bytes:
    found: Bytes = (flags >> np.uint8(bit.bit_length() - 1)) & np.uint8(1)
    return found


def weekly_totals(
    marks: Bytes, year: int, *, admitted: Columns, left: Columns, last_column: int = WIDTH - 1
) -> WeeklyTotals:
    """Totals by calendar week up to a column, for the trend; Mondays are given by `monday(year, week)`."""
    n = len(marks)
    bits = (ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG)
    found = {bit: np.zeros((n, WEEKS), np.uint8) for bit in bits}
    for rows in chunks(n):
        flags, _, _ = enrolled_flags(marks[rows], year, admitted[rows], left[rows], last_column=last_column)
        for bit, by_week in found.items():
            by_week[rows] = sum_by_week(_ones(flags, bit), year)
    attended, authorised, unauthorised = found.values()
    return WeeklyTotals(attended + authorised + unauthorised, attended, authorised, unauthorised)


def recent_windows(open: Flags, year: int, group: Groups, *, last_column: int) -> npt.NDArray[np.int16]:
    """First column of each enrolment's last six school weeks, for `totals(first_column=...)`."""
    return window_of_last_weeks(open, year, last_column=last_column)[group]
