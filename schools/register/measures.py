"""Counts of a window of the register for every enrolment, open half-days, and rates of groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from schools.register.codes import (
    ACTIVITY_FLAG,
    ATTENDED_FLAG,
    AUTHORISED_FLAG,
    ILLNESS_FLAG,
    LATE_FLAG,
    NOT_POSSIBLE_FLAG,
    UNAUTHORISED_FLAG,
)
from schools.register.marks import NOT_STATED, WIDTH, Bytes, Columns, Counts, Flags, look_up

Groups = npt.NDArray[np.int32]

# Rows worked on at a time: the working arrays then stay in the processor's cache.
CHUNK: Final = 1024

# A half-day is open for a year group when at least this part of those on roll have a mark (architecture 6 and
# 10, a design rule until a calendar is known): 1 in 2.
OPEN_SHARE: Final = 2

# A mark that shows the school to be open: not a planned closure, not a prospective pupil.
REAL_FLAGS: Final = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG | NOT_POSSIBLE_FLAG
_COLUMNS: Final = np.arange(WIDTH, dtype=np.int16)


@dataclass(frozen=True)
class Totals:
    """Half-days of each enrolment in a window, int32[n] each.

    possible = attended + authorised + unauthorised; late is L and U, late_after_close U alone.
    """

    possible: Counts
    attended: Counts
    authorised: Counts
    unauthorised: Counts
    missing: Counts
    late: Counts
    late_after_close: Counts
    approved_activity: Counts
    illness: Counts
    not_possible: Counts

    @property
    def absent(self) -> Counts:
        return self.authorised + self.unauthorised


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Slices that cover n rows."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def first_real_columns(flags: Bytes) -> Columns:
    """Column of the first mark that is neither blank, # nor Z; WIDTH where there is none. int16[n]."""
    real = (flags & REAL_FLAGS) != 0
    first: Columns = real.argmax(axis=1).astype(np.int16)
    first[~real[np.arange(len(real)), first]] = WIDTH
    return first


def has_real_mark(flags: Bytes) -> Flags:
    """Which rows have any mark that is neither blank, # nor Z. bool[n]."""
    any_of = np.bitwise_or.reduce(np.ascontiguousarray(flags).view(np.uint32), axis=1)
    found: Flags = (any_of & np.uint32(REAL_FLAGS * 0x01010101)) != 0
    return found


def enrolled_from(flags: Bytes, admitted: Columns) -> Columns:
    """The stated admission columns, and the first real mark where none was stated."""
    unstated = np.flatnonzero(admitted == NOT_STATED)
    if not len(unstated):
        return admitted
    found = admitted.copy()
    found[unstated] = first_real_columns(flags[unstated])
    return found


def clip(rows: Bytes, lower: Columns, upper: Columns) -> None:
    """Set to zero, in place, whatever lies outside columns lower to upper (inclusive) of each row."""
    floor, ceiling = int(lower.min(initial=WIDTH)), int(upper.max(initial=-1))
    rows[:, : max(floor, 0)] = 0
    rows[:, max(ceiling + 1, 0) :] = 0
    partly = np.flatnonzero((lower > floor) | (upper < ceiling))
    if len(partly):
        columns = _COLUMNS[: rows.shape[1]]
        within = (lower[partly, None] <= columns) & (upper[partly, None] >= columns)
        rows[partly] *= within.view(np.uint8)


def enrolled_flags(
    marks: Bytes,
    year: int,
    admitted: Columns,
    left: Columns,
    *,
    first_column: int | Columns = 0,
    last_column: int = WIDTH - 1,
    looked_up: Bytes | None = None,
) -> tuple[Bytes, Columns, Columns]:
    """Flags (see `codes`) of the marks inside enrolment and window, zero elsewhere, and each row's edges.

    `looked_up`: the flags of the same marks, where they are known already; they are left as they are.
    """
    flags = look_up(marks, year, "flags") if looked_up is None else looked_up.copy()
    lower = np.maximum(enrolled_from(flags, admitted), np.int16(first_column))
    upper = np.minimum(left, np.int16(last_column))
    clip(flags, lower, upper)
    return flags, lower, upper


def count_flag(flags: Bytes, bit: int) -> Counts:
    """How many half-days of each row have the flag. int32[n].

    Four bytes are added at once: 183 words of 0 or 1 in each byte cannot overflow one.
    """
    words = np.ascontiguousarray(flags).view(np.uint32)
    ones = (words >> np.uint32(bit.bit_length() - 1)) & np.uint32(0x01010101)
    return _sum_words(ones)


def count_any_flag(flags: Bytes, bits: int) -> Counts:
    """How many half-days of each row have one of several flags that exclude each other. int32[n]."""
    single = (1 << place for place in range(8) if bits & (1 << place))
    return sum((count_flag(flags, bit) for bit in single), np.zeros(len(flags), np.int32))


def _sum_words(ones: npt.NDArray[np.uint32]) -> Counts:
    lanes = np.add.reduce(ones, axis=1, dtype=np.uint32)
    counts: Counts = lanes.view(np.uint8).reshape(-1, 4).sum(axis=1, dtype=np.int32)
    return counts


def _count_late_after_close(flags: Bytes) -> Counts:
    """Late and unauthorised at once, the code U."""
    words = flags.view(np.uint32)
    both = (words >> np.uint32(3)) & (words >> np.uint32(2)) & np.uint32(0x01010101)
    return _sum_words(both)


def _count_missing(flags: Bytes, open_rows: Bytes, lower: Columns, upper: Columns) -> Counts:
    """Blank half-days on open days inside the enrolment; `open_rows` is used up."""
    clip(open_rows, lower, upper)
    words = open_rows.view(np.uint32) & ~(flags.view(np.uint32) >> np.uint32(7))
    return _sum_words(words)


def _totals_of_chunk(flags: Bytes, open_rows: Bytes, lower: Columns, upper: Columns) -> tuple[Counts, ...]:
    attended = count_flag(flags, ATTENDED_FLAG)
    authorised = count_flag(flags, AUTHORISED_FLAG)
    unauthorised = count_flag(flags, UNAUTHORISED_FLAG)
    return (
        attended + authorised + unauthorised,
        attended,
        authorised,
        unauthorised,
        _count_missing(flags, open_rows, lower, upper),
        count_flag(flags, LATE_FLAG),
        _count_late_after_close(flags),
        count_flag(flags, ACTIVITY_FLAG),
        count_flag(flags, ILLNESS_FLAG),
        count_flag(flags, NOT_POSSIBLE_FLAG),
    )


def _looked_at(lower: Columns, upper: Columns) -> slice:
    """The columns, whole words of four, outside which every row has been cleared."""
    first = min(max(int(lower.min(initial=WIDTH)), 0), WIDTH - 1) // 4 * 4
    return slice(first, max(int(upper.max(initial=-1)) // 4 * 4 + 4, first + 4))


def _check_groups(group: Groups, groups: int) -> None:
    if len(group) and not 0 <= int(group.min()) <= int(group.max()) < groups:
        raise ValueError("Every row needs a year group; those without one are a group of their own.")


def totals(
    marks: Bytes,
    year: int,
    *,
    admitted: Columns,
    left: Columns,
    open: Flags,
    group: Groups,
    first_column: int | Columns = 0,
    last_column: int = WIDTH - 1,
    looked_up: Bytes | None = None,
) -> Totals:
    """Counts of every enrolment between two columns, both inclusive.

    marks uint8[n, WIDTH]; admitted and left int16[n], the first and last column of the enrolment, admitted
    NOT_STATED where the first real mark is to serve; open bool[groups, WIDTH] and group int[n] say which
    half-days each row's year group was open, for the missing marks. first_column may be one per row.
    Possible half-days are those marked with a code that counts, inside the enrolment and nothing else.
    looked_up: see `enrolled_flags`. Raises ValueError where a row has no year group.
    """
    _check_groups(group, len(open))
    counts = {field.name: np.zeros(len(marks), np.int32) for field in fields(Totals)}
    open_bytes = open.view(np.uint8)
    for rows in chunks(len(marks)):
        first = first_column[rows] if isinstance(first_column, np.ndarray) else first_column
        flags, lower, upper = enrolled_flags(
            marks[rows],
            year,
            admitted[rows],
            left[rows],
            first_column=first,
            last_column=last_column,
            looked_up=None if looked_up is None else looked_up[rows],
        )
        looked_at = _looked_at(lower, upper)
        found = _totals_of_chunk(
            np.ascontiguousarray(flags[:, looked_at]),
            open_bytes[:, looked_at][group[rows]],
            lower - looked_at.start,
            upper - looked_at.start,
        )
        for name, values in zip(counts, found, strict=True):
            counts[name][rows] = values
    return Totals(**counts)


def totals_of_flags(
    flags: Bytes, *, lower: Columns, upper: Columns, open: Flags, group: Groups, first_column: Columns | None = None
) -> Totals:
    """`totals` of flags that are zero outside columns lower to upper of each row; they are left as they are."""
    counts = {field.name: np.zeros(len(flags), np.int32) for field in fields(Totals)}
    open_bytes = open.view(np.uint8)
    for rows in chunks(len(flags)):
        from_column = lower[rows] if first_column is None else np.maximum(lower[rows], first_column[rows])
        looked_at = _looked_at(from_column, upper[rows])
        first, last = from_column - looked_at.start, upper[rows] - looked_at.start
        within = np.ascontiguousarray(flags[rows, looked_at])
        if first_column is not None:
            within = within.copy()
            clip(within, first, last)
        found = _totals_of_chunk(within, open_bytes[:, looked_at][group[rows]], first, last)
        for name, values in zip(counts, found, strict=True):
            counts[name][rows] = values
    return Totals(**counts)


def open_of_flags(flags: Bytes, lower: Columns, upper: Columns, group: Groups, groups: int) -> Flags:
    """`open_columns` of flags that are zero outside columns lower to upper of each row, in the order of groups."""
    real = np.zeros((groups, WIDTH), np.int32)
    steps = np.zeros((groups, WIDTH + 1), np.int32)
    _real_by_group(flags, group, real)
    _on_roll_by_group(lower, upper, group, steps)
    return _mostly_marked(real, steps)


def _real_by_group(flags: Bytes, group: Groups, into: Counts) -> None:
    """Add to int32[groups, WIDTH] how many of each group have a real mark; rows are sorted by group."""
    real = ((flags & REAL_FLAGS) != 0).view(np.uint8)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    for start, stop in pairwise([*starts, len(group)]):
        for block in range(start, stop, 255):  # 255 ones are the most that a byte can hold
            into[group[start]] += np.add.reduce(real[block : min(block + 255, stop)], axis=0, dtype=np.uint8)


def _on_roll_by_group(lower: Columns, upper: Columns, group: Groups, into: Counts) -> None:
    """Add to int32[groups, WIDTH + 1] a step up at each admission and a step down after each leaving."""
    enrolled = lower <= upper
    np.add.at(into, (group[enrolled], lower[enrolled]), 1)
    np.add.at(into, (group[enrolled], upper[enrolled] + 1), -1)


def open_columns(
    marks: Bytes,
    year: int,
    *,
    admitted: Columns,
    left: Columns,
    group: Groups,
    groups: int,
    calendar: npt.NDArray[np.int8] | None = None,
    looked_up: Bytes | None = None,
) -> Flags:
    """Which half-days each year group was open, bool[groups, WIDTH].

    Open = at least half of the group on roll that half-day have a mark other than # (or Z: not yet on roll).
    A calendar, int8[groups, WIDTH], overrides where it knows: 1 open, 0 closed, -1 not known.
    looked_up: see `enrolled_flags`.
    """
    _check_groups(group, groups)
    real = np.zeros((groups, WIDTH), np.int32)
    steps = np.zeros((groups, WIDTH + 1), np.int32)
    in_order = np.argsort(group, kind="stable")
    for chunk in chunks(len(marks)):
        rows = in_order[chunk]
        known = None if looked_up is None else looked_up[rows]
        flags, lower, upper = enrolled_flags(marks[rows], year, admitted[rows], left[rows], looked_up=known)
        _real_by_group(flags, group[rows], real)
        _on_roll_by_group(lower, upper, group[rows], steps)
    is_open = _mostly_marked(real, steps)
    return is_open if calendar is None else np.where(calendar < 0, is_open, calendar == 1)


def _mostly_marked(real: Counts, steps: Counts) -> Flags:
    """Half-days on which at least half of those on roll have a real mark. bool[groups, WIDTH]."""
    on_roll = np.cumsum(steps[:, :WIDTH], axis=1, dtype=np.int32)
    is_open: Flags = (real > 0) & (OPEN_SHARE * real >= on_roll)
    return is_open


def rows_by_group(values: npt.NDArray[np.generic], group: Groups, groups: int) -> npt.NDArray[np.int64]:
    """Sum of whole numbers, or count of trues, in each group. int64[groups]."""
    summed = np.zeros(groups, np.int64)
    np.add.at(summed, group, values.astype(np.int64))
    return summed


def absence_rates(found: Totals, group: Groups, groups: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Numerator and denominator of each group's absence: all absent over all possible half-days.

    Never the mean of pupils' percentages (DfE absence statistics 2016/17).
    """
    return rows_by_group(found.absent, group, groups), rows_by_group(found.possible, group, groups)


def persistence_rates(
    persistent: Flags, possible: Counts, group: Groups, groups: int
) -> tuple[npt.NDArray[np.int64], ...]:
    """Numerator and denominator of each group's rate: enrolments persistently (or severely) absent over
    enrolments with at least one possible half-day (DfE absence methodology)."""
    counted = possible > 0
    return rows_by_group(persistent & counted, group, groups), rows_by_group(counted, group, groups)


def percent_text(numerator: int, denominator: int) -> str:
    """A percentage to one decimal, half up, by whole numbers ('87.7'); '' where nothing was possible.

    For display only: nothing is ever classified by it.
    """
    if denominator == 0:
        return ""
    tenths = (2000 * int(numerator) + int(denominator)) // (2 * int(denominator))
    return f"{tenths // 10}.{tenths % 10}"
