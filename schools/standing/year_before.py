"""The year before of who has not had ten school weeks in this one yet: what of it counts still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schools.register import gaps, measures, thresholds
from schools.register.codes import NUMBERS, UNAUTHORISED_FLAG
from schools.register.marks import NOT_STATED, WIDTH, look_up
from schools.register.thresholds import RegisterYear
from schools.standing.birthdays import by_birthday
from schools.stored import bulk
from schools.stored.registers import Roll
from schools.stored.school_days import Calendars, year_group_before

Rows = npt.NDArray[np.intp]
Places = tuple[Rows, Rows]


@dataclass(frozen=True)
class YearBefore:
    """The year before of whole year groups of a roll: their rows there, the marks and flags of each, and the half-days
    on which each of the roll's groups was in school, bool[groups, WIDTH]."""

    year: int
    rows: Rows
    marks: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    open: npt.NDArray[np.bool_]

    def of_age(self, roll: Roll) -> RegisterYear:
        """As the rolling ten school weeks need it: while of compulsory school age (domain.md 3.3)."""
        spans = by_birthday(roll.born_on[self.rows], self.year)
        group = roll.group[self.rows]
        return RegisterYear(self.year, self.marks, self.open, group, spans[:, 1], spans[:, 2], self.flags)


def year_before(roll: Roll, rows: Rows, marks: npt.NDArray[np.uint8], calendars: Calendars) -> YearBefore:
    """Of these rows of the roll, by their marks of the year before, uint8[rows, WIDTH]."""
    # Its open days are judged from its marks of the same enrolments, from each one's first mark, where no calendar of
    # the year group they were then says.
    year, flags = roll.year - 1, look_up(marks, roll.year - 1, "flags")
    groups_then = [(school, year_group_before(name)) for school, name in roll.groups]
    then = calendars.rows(groups_then, year, roll.earlier)
    admitted, left = np.full(len(rows), NOT_STATED, np.int16), np.full(len(rows), WIDTH - 1, np.int16)
    is_open = measures.open_columns(
        marks, year, admitted=admitted, left=left, group=roll.group[rows], groups=len(roll.groups), calendar=then,
        looked_up=flags,
    )  # fmt: skip
    return YearBefore(year, rows, marks, flags, is_open)


def unknown_at(before: YearBefore | None, roll: Roll, is_open: npt.NDArray[np.bool_]) -> Places:
    """Row and column (of the year before) of each session of the last ten school weeks still coded N after five days.

    They count there still. What came from a school before is that school's gap, as in the year. is_open
    bool[groups, WIDTH]: the half-days of this year so far.
    """
    if not before:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    some = np.flatnonzero((before.marks == NUMBERS["N"]).any(axis=1))
    rows = before.rows[some]
    begins = int(bulk.dates([dt.date(before.year, 8, 1)])[0])
    admitted = np.clip(2 * (roll.admission_on[rows].astype(np.int64) - begins), 0, WIDTH).astype(np.int16)
    ten_weeks = thresholds.first_of_year_before(before.open, is_open, roll.year)[roll.group[rows]]
    own = roll.carried.first_columns_of(roll.enrolments[rows], before.year)
    flags = before.flags[some]
    measures.clip(flags, np.maximum.reduce([admitted, ten_weeks, own]), np.full(len(rows), WIDTH - 1, np.int16))
    unauthorised = measures.count_flag(flags, UNAUTHORISED_FLAG)
    at, columns = gaps.old_unknown_at(
        before.marks[some], flags, unauthorised, before.open, roll.group[rows], since=gaps.days_of(is_open)
    )
    return rows[at], columns
