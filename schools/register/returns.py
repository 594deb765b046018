"""Which absences, joiners and leavers oblige a school to make a return, each once per episode (SI 2024/208 reg 13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.law import Confidence, DatedRule, Strength
from schools.register.codes import (
    ATTENDED_FLAG,
    AUTHORISED_FLAG,
    ILLNESS_FLAG,
    NEW_CODES_BEGAN_ON,
    UNAUTHORISED_FLAG,
)
from schools.register.marks import NOT_STATED, WIDTH, Bytes, Columns, Flags, columns_used
from schools.register.measures import Groups
from schools.register.runs import ATTENDANCE_RETURN, SICKNESS_RETURN, DaysRule

Places = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.int32]
_POSSIBLE: Final = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG


@dataclass(frozen=True, kw_only=True)
class SendWithin(DatedRule):
    """Days after the day a return becomes due, itself not counted, at whose end it must have been sent."""

    days: int


@dataclass(frozen=True, kw_only=True)
class NotNeeded(DatedRule):
    """A joiner or leaver of whom no return is needed unless the authority asks. `from_month`, `from_day`: when the
    final year is finished; 0 where the rule is about the first day of the school year."""

    from_month: int = 0
    from_day: int = 0


@dataclass(frozen=True, kw_only=True)
class EntryByMark(DatedRule):
    """When a child's first mark stands for an entry in the admission register: at most so many begin on its day."""

    most_on_a_day: int


NEW_PUPIL_RETURN: Final = SendWithin(
    days=5, in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source="New pupil return: by the end of the fifth day after the day of entry in the admission register; SI "
    "2024/208 reg 13(1) to (3). Calendar days, the stricter reading: design, and an authority may count school days",
)  # fmt: skip
DELETION_RETURN: Final = SendWithin(
    days=0, in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.SECONDARY,
    source="Deletion return: as soon as the ground is met and no later than the deletion; SI 2024/208 reg 13(4), "
    "timing as in DfE's guidance on children missing education before 2024, republished",
)  # fmt: skip
ATTENDANCE_INTERVAL: Final = SendWithin(
    days=5, in_force_from=date(2010, 8, 1), strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Attendance return: SI 2024/208 reg 13, at intervals agreed with the authority (Stockport, Norfolk); five "
    "days are the portal's, until the authority sets its own",
)  # fmt: skip
SICKNESS_INTERVAL: Final = SendWithin(
    days=5, in_force_from=date(2010, 8, 1), strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Sickness return: when the belief is formed (Hertfordshire on SI 2024/208 reg 13); five days are what the "
    "portal waits before it calls a return late",
)  # fmt: skip
FURTHER_SICKNESS: Final = DaysRule(
    days=15, in_force_from=date(2010, 8, 1), strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="One return per continuous period of sickness in a school year (Hertfordshire, Lincolnshire on SI 2024/208 "
    "reg 13): after the year's first return, a later period needs its own once it alone reaches 15 school days: design",
)  # fmt: skip
FIRST_DAY_JOINERS: Final = NotNeeded(
    in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source="No new pupil return for those who join the youngest class on the first day of the school year, unless the "
    "authority asks; SI 2024/208 reg 13(3). Entered by their year group's first open day: design",
)  # fmt: skip
AUGUST: Final = 31
"""Days of a year before the school year begins: who leaves in them finished the year before."""
LATE_REGISTERS: Final = SendWithin(
    days=183, in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Registers of the year before that arrive or are corrected late: what became due in the half year before "
    "is drafted still, SI 2024/208 reg 13; older ground is history that a school's first files bring with them: design",
)  # fmt: skip
ENTERED_BY_MARK: Final = EntryByMark(
    most_on_a_day=4, in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="New pupil return where no day of admission is stated: until it is, admission is the first real mark. It is "
    "an entry of the year where there was no mark in the year before, half of the year group had begun on an earlier "
    "day, and no more than four of it begin on the same day: else a file began that day, not the children. Design",
)  # fmt: skip
FINAL_YEAR_LEAVERS: Final = NotNeeded(
    from_month=7, from_day=1, in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.SECONDARY,
    source="No deletion return for those who have finished the school's final year, unless the authority asks; DfE's "
    "guidance before 2024, republished. Finished from 1 July, year 11 and over from the last Friday in June: design",
)  # fmt: skip


@dataclass(frozen=True)
class Episodes:
    """Episodes that make a return due, one value each.

    row: the register row; first, reached, last: columns of its first session, of the one on which it became due, and of
    its latest so far (first is negative in the year before); added_up: due by a total, not by this stretch alone.
    """

    row: Places
    first: Numbers
    reached: Numbers
    last: Numbers
    added_up: Flags

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Tails:
    """Unauthorised sessions in a row at the end of the year before: how many, and the column of the first, as seen
    from this year (negative). int32[n] each."""

    length: Numbers
    first: Numbers


@dataclass(frozen=True)
class Stretches:
    """Unbroken stretches of sessions: `columns` of all sessions one after the other; each stretch's row, place of its
    first session among them, length, and whether no possible session of the year came before."""

    columns: Numbers
    row: Places
    start: Places
    length: Places
    is_opening: Flags

    def column(self, which: Places | Flags, place: Places) -> Numbers:
        found: Numbers = self.columns[self.start[which] + place]
        return found


def stretches_of(flags: Bytes, bit: int) -> Stretches:
    """The unbroken stretches of possible sessions with any of these flags, in the order of rows and columns."""
    adds = (flags & np.uint8(bit)) != 0
    breaks = ((flags & np.uint8(_POSSIBLE)) != 0) & ~adds
    rows, columns = np.nonzero(adds)
    broken = np.cumsum(breaks, axis=1, dtype=np.int16)[rows, columns]
    starts = np.flatnonzero(np.diff(rows * (WIDTH + 1) + broken, prepend=-1))
    length = np.diff(np.append(starts, len(rows)))
    return Stretches(columns.astype(np.int32), rows[starts], starts, length, broken[starts] == 0)


def begins_unauthorised(flags: Bytes, rows: Places) -> Places:
    """Those of the rows whose first possible session of the year is unauthorised: their episode may be last year's."""
    possible = (flags[rows] & np.uint8(_POSSIBLE)) != 0
    first = possible.argmax(axis=1)
    at_first = flags[rows, first]
    found: Places = rows[(at_first & np.uint8(UNAUTHORISED_FLAG)) != 0]
    return found


def tails(flags: Bytes, year: int) -> Tails:
    """The stretch of unauthorised sessions with which a year ends; `year` is that year. Flags as for the episodes."""
    n = len(flags)
    found = Tails(np.zeros(n, np.int32), np.zeros(n, np.int32))
    stretches = stretches_of(flags, UNAUTHORISED_FLAG)
    possible = (flags & np.uint8(_POSSIBLE)) != 0
    latest = WIDTH - 1 - possible[:, ::-1].argmax(axis=1)
    ends = stretches.column(np.ones(len(stretches.row), np.bool_), stretches.length - 1)
    closing = ends == latest[stretches.row]
    rows = stretches.row[closing]
    found.length[rows] = stretches.length[closing]
    found.first[rows] = stretches.columns[stretches.start[closing]] - columns_used(year)
    return found


def attendance_episodes(flags: Bytes, before: Tails) -> Episodes:
    """Continuous periods of ten school days (20 possible sessions) of unauthorised absence, each once.

    flags uint8[n, WIDTH] are zero outside each row's enrolment and compulsory school age. Weekends, holidays and other
    not-possible sessions neither add to a period nor break it; any attended or authorised session breaks it. A period
    that had reached ten days in the year before is that year's. (domain.md 1.5; SI 2024/208 reg 13.)
    """
    long = ATTENDANCE_RETURN.half_days
    found = stretches_of(flags, UNAUTHORISED_FLAG)
    carried = np.where(found.is_opening, before.length[found.row], 0)
    due = np.flatnonzero((carried < long) & (carried + found.length >= long))
    begun = found.columns[found.start[due]]
    return Episodes(
        row=found.row[due],
        first=np.where(carried[due] > 0, before.first[found.row[due]], begun).astype(np.int32),
        reached=found.column(due, long - carried[due] - 1),
        last=found.column(due, found.length[due] - 1),
        added_up=np.zeros(len(due), np.bool_),
    )


def sickness_episodes(flags: Bytes) -> Episodes:
    """Continuous periods of sickness that make a return due: 15 school days (30 sessions) of code I.

    The one in which the year's sessions add up to 30, and any that holds 30 by itself; a period that does both at
    different sessions is given twice, `added_up` first. Flags as for `attendance_episodes`. Only I feeds it, not M or
    C2; any other possible session ends a continuous period. (domain.md 1.5; SI 2024/208 reg 13.)
    """
    found = stretches_of(flags, ILLNESS_FLAG)
    by_total, place = _by_total(found, SICKNESS_RETURN.half_days)
    long = FURTHER_SICKNESS.half_days
    alone = np.flatnonzero(found.length >= long)
    together = place + 1 < long
    alone = alone[~np.isin(alone, by_total[~together])]
    which = np.concatenate([by_total, alone])
    at = np.concatenate([place, np.full(len(alone), long - 1, place.dtype)])
    added_up = np.concatenate([together, np.zeros(len(alone), np.bool_)])
    order = np.lexsort((found.column(which, at), found.row[which]))
    which, at = which[order], at[order]
    return Episodes(
        row=found.row[which],
        first=found.columns[found.start[which]],
        reached=found.column(which, at),
        last=found.column(which, found.length[which] - 1),
        added_up=added_up[order],
    )


def _by_total(found: Stretches, long: int) -> tuple[Places, Places]:
    """The stretch in which each row's sessions reach `long`, and the place in it of the session that did."""
    firsts = np.flatnonzero(np.diff(found.row, prepend=-1))
    begins = found.start[firsts]
    held = np.diff(np.append(begins, len(found.columns)))
    reached = begins[held >= long] + long - 1
    stretch = np.searchsorted(found.start, reached, side="right") - 1
    return stretch, reached - found.start[stretch]


def entered_by_mark(first: Columns, asked: Flags, group: Groups) -> Flags:
    """Of rows without a stated admission (`asked`) those whose first mark is their entry: `ENTERED_BY_MARK`. bool[n].

    first int16[n]: the column of the first real mark, 0 where there was one in the year before, WIDTH where there is
    none; of the other rows of the same groups too.
    """
    days = (first // 2).astype(np.int64)
    held = np.flatnonzero(first < WIDTH)
    order = held[np.lexsort((days[held], group[held]))]
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    half = starts + (np.diff(np.append(starts, len(order))) - 1) // 2
    begun = np.full(int(group.max(initial=-1)) + 1, WIDTH, np.int64)
    begun[group[order[starts]]] = days[order[half]]
    _, together, count = np.unique(group * WIDTH + days, return_inverse=True, return_counts=True)
    few = count[together] <= ENTERED_BY_MARK.most_on_a_day
    found: Flags = asked & (first > 0) & (first < WIDTH) & (days > begun[group]) & few
    return found


def joiners(
    entered: Columns, group: Groups, *, youngest: Flags, first_open: Columns, last_column: Columns, asked: Flags
) -> Places:
    """Rows entered in the admission register in the year, of whom a new pupil return is due (reg 13(1) to (3)).

    youngest bool[groups]: the school's youngest class, whose joiners of the first day need none unless the authority
    had asked before they were entered (asked bool[WIDTH]: by the column of the day of entry); first_open
    int16[groups]: its first open half-day, WIDTH where it has had none yet.
    entered int16[n]: the column of the day of entry, NOT_STATED where it was before the year or is not known; those
    entered after `last_column` (int16[n]) are no joiners of the year so far.
    """
    in_the_year = (entered != NOT_STATED) & (entered <= last_column)
    on_first_day = youngest[group] & (entered <= first_open[group] | 1)
    was_asked = asked[np.clip(entered, 0, WIDTH - 1)]
    found: Places = np.flatnonzero(in_the_year & (was_asked | ~on_first_day))
    return found


def leavers(
    left_on: Numbers,
    group: Groups,
    *,
    year_begins: int,
    year_ends: int,
    finished_on: Numbers,
    finished_before: Flags,
    asked: Flags,
    is_finished: bool = False,
) -> Places:
    """Rows deleted, or to be deleted, from the admission register in the year, of whom a deletion return is due.

    is_finished: the other leavers of the year instead, who have finished the final year and of whom none is needed.

    left_on int32[n]: the day as a number, any number before `year_begins` where none is stated; `year_ends` is the
    first day of the next year, whose leavers are that year's; finished_on
    int32[groups]: from which day on a leaver has finished the school's final year, a later day than any where the
    year group is not the final one. Leavers in August finished the year before: finished_before bool[groups], whether
    the year group was the final one then. asked bool[WIDTH]: by the column of the day of leaving, whether the authority
    asked for those too: none of that day counts as finished.
    """
    finished = (left_on >= finished_on[group]) | ((left_on < year_begins + AUGUST) & finished_before[group])
    of_the_year = (left_on >= year_begins) & (left_on < year_ends)
    finished &= ~asked[2 * (np.clip(left_on, year_begins, year_ends - 1) - year_begins)]
    found: Places = np.flatnonzero(of_the_year & (finished == is_finished))
    return found


def finished_from(year: int, year_group: str) -> date:
    """From which day on a leaver of the final year group has finished it: `FINAL_YEAR_LEAVERS`."""
    if year_group.isdecimal() and int(year_group) >= 11:
        last_of_june = date(year + 1, 6, 30)
        return last_of_june - timedelta(days=(last_of_june.weekday() - 4) % 7)
    return date(year + 1, FINAL_YEAR_LEAVERS.from_month, FINAL_YEAR_LEAVERS.from_day)


def new_pupil_deadline(entered_on: date, *, is_school_day: Callable[[date], bool] | None = None) -> date:
    """The end of the fifth day after the day of entry: calendar days, or school days where the authority says so.

    is_school_day: which days those are at the school; None for calendar days.
    """
    if is_school_day is None:
        return entered_on + timedelta(days=NEW_PUPIL_RETURN.days)
    day, left = entered_on, NEW_PUPIL_RETURN.days
    while left:
        day += timedelta(days=1)
        left -= is_school_day(day)
    return day


def latest_sickness(flags: Bytes) -> int | None:
    """The first column of the latest continuous period of sickness in one row of flags, None where there is none."""
    found = stretches_of(flags, ILLNESS_FLAG)
    return int(found.columns[found.start[-1]]) if len(found.start) else None
