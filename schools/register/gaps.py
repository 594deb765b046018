"""What a register lacks: codes `N` that have stood too long, and who has not one mark."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.law import Confidence, Strength
from schools.register.codes import NUMBERS, UNAUTHORISED_FLAG
from schools.register.marks import WIDTH, Bytes, Columns, Counts, Flags
from schools.register.measures import Groups, chunks
from schools.register.runs import DaysRule

UNKNOWN_REASON: Final = DaysRule(
    days=5, in_force_from=date(2010, 8, 1), strength=Strength.SHOULD, confidence=Confidence.SECONDARY,
    source="Code N is replaced once the reason is known, within 5 school days: Working together to improve school "
    "attendance (August 2024), chapter 8, as in an independent extract of its code table",
)  # fmt: skip
_UNKNOWN: Final = np.uint8(NUMBERS["N"])
_DAYS: Final = WIDTH // 2


def days_of(open: Flags) -> Counts:
    """How many school days each year group has had, of its open half-days bool[groups, WIDTH]. int32[groups]"""
    found: Counts = _school_days(open).sum(axis=1, dtype=np.int32)
    return found


def _school_days(open: Flags) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.any(open.reshape(len(open), _DAYS, 2), axis=2)
    return found


def old_from(open: Flags, since: Counts | None = None) -> Columns:
    """The last column on which a code N is too old at the end of the data, -1 where none is. int16[groups].

    open bool[groups, WIDTH]: each year group's open half-days up to the as-at day. Too old: more than five of the year
    group's school days have come after the day of the mark. since int32[groups]: those that have come after the year.
    """
    days = _school_days(open).astype(np.int32)
    after: Counts = np.cumsum(days[:, ::-1], axis=1)[:, ::-1] - days
    if since is not None:
        after = after + since[:, None]
    too_old: Flags = after > UNKNOWN_REASON.days
    last: Columns = (2 * too_old.sum(axis=1) - 1).astype(np.int16)
    return last


def old_unknown(marks: Bytes, flags: Bytes, unauthorised: Counts, open: Flags, group: Groups) -> Counts:
    """Sessions of each row still coded N after five school days. int32[n]. For the rest see `old_unknown_at`."""
    rows, _ = old_unknown_at(marks, flags, unauthorised, open, group)
    return np.bincount(rows, minlength=len(marks)).astype(np.int32)


def old_unknown_at(
    marks: Bytes, flags: Bytes, unauthorised: Counts, open: Flags, group: Groups, *, since: Counts | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The row and the column of each such session, by row.

    flags are zero outside each enrolment; unauthorised int32[n]: the row's unauthorised sessions (N is one). since:
    see `old_from`.
    """
    last = old_from(open, since)[group]
    some = np.flatnonzero((unauthorised > 0) & (last >= 0))
    columns = np.arange(WIDTH, dtype=np.int16)
    found = [np.zeros((2, 0), np.intp)]
    for part in chunks(len(some)):
        rows = some[part]
        unknown = (marks[rows] == _UNKNOWN) & ((flags[rows] & np.uint8(UNAUTHORISED_FLAG)) != 0)
        at, column = np.nonzero(unknown & (columns <= last[rows, None]))
        found.append(np.stack([rows[at], column]))
    row, column = np.concatenate(found, axis=1)
    return row, column
