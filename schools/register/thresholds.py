"""Ten unauthorised sessions in a rolling ten school weeks, which may span terms and school years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import year_of
from attendance_portal.law import Confidence, DatedRule, Strength
from schools.register.codes import NEW_CODES_BEGAN_ON, UNAUTHORISED_FLAG
from schools.register.marks import WIDTH, Bytes, Columns, Counts, Flags, column_of, columns_used, day_of
from schools.register.measures import Groups, chunks, clip, count_flag, enrolled_flags
from schools.register.weeks import WEEKS, monday, school_weeks, sum_by_week, week_numbers

NEVER: Final = -1


@dataclass(frozen=True, kw_only=True)
class PenaltyThreshold(DatedRule):
    """A penalty notice must be considered at so many unauthorised sessions in so many school weeks."""

    sessions: int
    school_weeks: int


PENALTY_THRESHOLD: Final = PenaltyThreshold(
    sessions=10, school_weeks=10, in_force_from=NEW_CODES_BEGAN_ON,
    source="Working together to improve school attendance (August 2024), chapter 6: national framework for "
    "penalty notices; repeated by Hounslow, Blackpool and Stockton. Earlier absence follows the old law",
    strength=Strength.MUST, confidence=Confidence.SECONDARY,
)  # fmt: skip


@dataclass(frozen=True)
class RegisterYear:
    """One academic year of the same enrolments, row for row: see `measures.totals` for shapes.

    Where law asks for compulsory school age on the day of each session, admitted and left are narrowed to it.
    A group of -1 is a row without a year group in that year. looked_up: see `measures.enrolled_flags`.
    """

    year: int
    marks: Bytes
    open: Flags
    group: Groups
    admitted: Columns
    left: Columns
    looked_up: Bytes | None = None


@dataclass(frozen=True)
class TenWeeks:
    """total: unauthorised sessions in the last ten school weeks up to the as-at column. int32[n].

    reached: column, with the year before first (0 to 2 x WIDTH - 1), on which the count first reached ten;
    NEVER if it did not. int16[n].
    """

    total: Counts
    reached: Columns


def day_reached(year: int, column: int) -> date | None:
    """The day of a `reached` column, where `year` is the later of the two years."""
    if column == NEVER:
        return None
    return day_of(year - 1, column) if column < WIDTH else day_of(year, column - WIDTH)


def _unauthorised(side: RegisterYear, rows: slice, last_column: int) -> Bytes:
    """Zeros and ones, uint8[rows, WIDTH], from the day that the framework began."""
    start = max(column_of(NEW_CODES_BEGAN_ON, 0), 0) if side.year == 2024 else 0
    if side.year < 2024:
        return np.zeros((len(side.marks[rows]), WIDTH), np.uint8)
    flags, _, _ = enrolled_flags(
        side.marks[rows],
        side.year,
        side.admitted[rows],
        side.left[rows],
        first_column=start,
        last_column=last_column,
        looked_up=None if side.looked_up is None else side.looked_up[rows],
    )
    return (flags & np.uint8(UNAUTHORISED_FLAG)) // np.uint8(UNAUTHORISED_FLAG)


def _weeks_apart(year: int) -> int:
    """Calendar weeks from the first week of the year before to the first of this one (they may share one)."""
    return (monday(year, 0) - monday(year - 1, 0)).days // 7


def _side_by_side(earlier: npt.NDArray[np.generic], later: npt.NDArray[np.generic], year: int) -> Bytes:
    """Weekly counts of two years as one run of calendar weeks; the week of 1 August holds days of both."""
    apart = _weeks_apart(year)
    joined = np.zeros((len(later), apart + WEEKS), np.uint8)
    joined[:, :WEEKS] = earlier
    joined[:, apart:] += later.astype(np.uint8)
    return joined


def _window_starts(in_school: Flags, width: int) -> npt.NDArray[np.int16]:
    """For each week, the first week of the window that ends with it: it and the 9 school weeks before.

    int16[pairs, weeks]; 0 where there were fewer.
    """
    before: npt.NDArray[np.int64] = np.cumsum(in_school, axis=1, dtype=np.int64) - in_school
    starts = np.zeros(in_school.shape, np.int16)
    for pair in range(len(in_school)):
        weeks = np.flatnonzero(in_school[pair])
        wanted = before[pair] - (width - 1)
        starts[pair] = np.where(wanted >= 0, np.append(weeks, 0)[np.maximum(wanted, 0)], 0)
    return starts


def _first_reached(
    ones: Bytes, week_of_column: npt.NDArray[np.int16], week: npt.NDArray[np.intp], needed: Counts
) -> Columns:
    """The column of the needed-th unauthorised session within the given week of each row."""
    first = np.searchsorted(week_of_column, week)
    columns = first[:, None] + np.arange(16)  # a week has 14 columns; two may lie unused at the end of a year
    columns = np.minimum(columns, len(week_of_column) - 1)
    here = np.take_along_axis(ones, columns, axis=1) * (week_of_column[columns] == week[:, None])
    return np.take_along_axis(columns, (np.cumsum(here, axis=1) >= needed[:, None]).argmax(axis=1)[:, None], axis=1)[
        :, 0
    ].astype(np.int16)


@dataclass(frozen=True)
class _Calendar:
    """What a chunk of rows needs to know of weeks: columns' weeks, window starts, and the as-at window."""

    week_of_column: npt.NDArray[np.int16]
    starts: npt.NDArray[np.int16]
    last_start: npt.NDArray[np.int16]
    pair: npt.NDArray[np.intp]


def _calendar(previous: RegisterYear, current: RegisterYear, last_column: int) -> _Calendar:
    """The windows of every pair of year groups (last year's, this year's) that occurs."""
    pairs, pair = np.unique(np.stack([previous.group, current.group]), axis=1, return_inverse=True)
    sides = (
        school_weeks(previous.open, previous.year, last_column=columns_used(previous.year) - 1),
        school_weeks(current.open, current.year, last_column=last_column),
    )
    earlier, later = (np.vstack([side, np.zeros((1, WEEKS), bool)])[pairs[i]] for i, side in enumerate(sides))
    in_school = _side_by_side(earlier, later, current.year) > 0
    width = PENALTY_THRESHOLD.school_weeks
    weeks_of_current = week_numbers(current.year) + _weeks_apart(current.year)
    held = in_school & (np.cumsum(in_school[:, ::-1], axis=1)[:, ::-1] == width)
    return _Calendar(
        np.concatenate([week_numbers(previous.year), weeks_of_current]).astype(np.int16),
        _window_starts(in_school, width),
        np.where(held.any(axis=1), held.argmax(axis=1), 0).astype(np.int16),
        pair.reshape(-1),
    )


def _reached_in(upto: Counts, ones: Bytes, calendar: _Calendar, pair: npt.NDArray[np.intp]) -> Columns:
    """The column on which the count first reached ten, NEVER where it did not. upto: running totals by week."""
    need = PENALTY_THRESHOLD.sessions
    before = np.take_along_axis(upto, calendar.starts[pair].astype(np.intp), axis=1)
    is_met = upto[:, 1:] - before >= need
    rows = np.flatnonzero(is_met.any(axis=1))
    week = is_met[rows].argmax(axis=1)
    still_needed = need - (upto[rows, week] - before[rows, week])
    reached = np.full(len(upto), NEVER, np.int16)
    reached[rows] = _first_reached(ones[rows], calendar.week_of_column, week, still_needed)
    return reached


def _ten_weeks_of(ones: Bytes, by_week: Bytes, calendar: _Calendar, pair: npt.NDArray[np.intp]) -> TenWeeks:
    """Totals and first day for rows with any unauthorised session; few have ten in two years to look through."""
    upto = np.zeros((len(by_week), by_week.shape[1] + 1), np.int32)
    np.cumsum(by_week, axis=1, out=upto[:, 1:])
    total = upto[:, -1] - upto[np.arange(len(upto)), calendar.last_start[pair]]
    heavy = np.flatnonzero(upto[:, -1] >= PENALTY_THRESHOLD.sessions)
    reached = np.full(len(by_week), NEVER, np.int16)
    reached[heavy] = _reached_in(upto[heavy], ones[heavy], calendar, pair[heavy])
    return TenWeeks(total, reached)


def ten_week_totals(current: RegisterYear, previous: RegisterYear, *, last_column: int = WIDTH - 1) -> TenWeeks:
    """Rolling unauthorised totals of every enrolment up to a column of the current year.

    For each unauthorised session, that week and the 9 school weeks before it are looked at; the threshold
    is met on the day the count first reaches ten. Any mix of G, N, O, U, consecutive or not. The two years
    must follow each other and hold the same enrolments row for row (rows of zeros where there was none);
    raises ValueError otherwise.
    """
    if previous.year != current.year - 1 or len(previous.marks) != len(current.marks):
        raise ValueError("The two register years must follow each other and have the same rows.")
    calendar = _calendar(previous, current, last_column)
    total = np.zeros(len(current.marks), np.int32)
    reached = np.full(len(current.marks), NEVER, np.int16)
    for rows in chunks(len(current.marks)):
        sides = _unauthorised(previous, rows, WIDTH - 1), _unauthorised(current, rows, last_column)
        some = np.flatnonzero(count_flag(sides[0], 1) + count_flag(sides[1], 1))
        earlier, later = (side[some] for side in sides)
        by_week = _side_by_side(sum_by_week(earlier, previous.year), sum_by_week(later, current.year), current.year)
        found = _ten_weeks_of(np.hstack([earlier, later]), by_week, calendar, calendar.pair[rows][some])
        total[rows.start + some], reached[rows.start + some] = found.total, found.reached
    return TenWeeks(total, reached)


def windows_in_year(open: Flags, year: int) -> Columns:
    """The first column of each group's last ten school weeks; NEVER where these reach into the year before.

    open bool[groups, WIDTH], up to the as-at column. The calendar week of 1 August holds days of both years.
    """
    in_school = school_weeks(open, year)
    to_come = np.cumsum(in_school[:, ::-1], axis=1)[:, ::-1]
    week = (in_school & (to_come == PENALTY_THRESHOLD.school_weeks)).argmax(axis=1)
    first = np.searchsorted(week_numbers(year), week)
    return np.where(week > 0, first, NEVER).astype(np.int16)


def first_of_year_before(open_before: Flags, open: Flags, year: int) -> Columns:
    """The first column, in the year before, of each group's last ten school weeks; WIDTH where none of them is in it.

    open_before, open bool[groups, WIDTH]: of the year before, and of `year` up to the as-at column. int16[groups]
    """
    in_school = _side_by_side(school_weeks(open_before, year - 1), school_weeks(open, year), year) > 0
    to_come = np.cumsum(in_school[:, ::-1], axis=1)[:, ::-1]
    week = (in_school & (to_come == PENALTY_THRESHOLD.school_weeks)).argmax(axis=1)
    first: Columns = np.searchsorted(week_numbers(year - 1), week).astype(np.int16)
    return first


def unauthorised_from(flags: Bytes, year: int, first: Columns, last: Columns) -> Counts:
    """Unauthorised sessions between two columns of each row, from the day that the framework began. int32[n].

    flags are zero outside each row's enrolment, and left as they are.
    """
    if year < year_of(NEW_CODES_BEGAN_ON):
        return np.zeros(len(flags), np.int32)
    if year == year_of(NEW_CODES_BEGAN_ON):
        first = np.maximum(first, np.int16(column_of(NEW_CODES_BEGAN_ON, 0)))
    start = min(max(int(first.min(initial=WIDTH)), 0), WIDTH - 4) // 4 * 4
    within = flags[:, start:].copy()
    clip(within, first - np.int16(start), last - np.int16(start))
    return count_flag(within, UNAUTHORISED_FLAG)


def no_previous_year(current: RegisterYear) -> RegisterYear:
    """A year before without a mark, for a school whose first year this is."""
    n = len(current.marks)
    return RegisterYear(
        year=current.year - 1,
        marks=np.zeros((n, WIDTH), np.uint8),
        open=np.zeros((1, WIDTH), np.bool_),
        group=np.full(n, -1, np.int32),
        admitted=np.zeros(n, np.int16),
        left=np.full(n, WIDTH - 1, np.int16),
    )
