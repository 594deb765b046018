"""Runs of absence over possible half-days, and the totals that oblige a school to make a return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.law import Confidence, DatedRule, Strength
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, ILLNESS_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import WIDTH, Bytes, Columns, Counts, Flags
from schools.register.measures import chunks, clip, count_any_flag, count_flag, enrolled_flags

NEVER: Final = -1
_POSSIBLE: Final = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG
_ABSENT: Final = AUTHORISED_FLAG | UNAUTHORISED_FLAG
_EVERY_COLUMN: Final = np.arange(WIDTH, dtype=np.int16)


@dataclass(frozen=True, kw_only=True)
class DaysRule(DatedRule):
    """A number of school days; a school day is two half-days."""

    days: int

    @property
    def half_days(self) -> int:
        return 2 * self.days


# Three rules that happen to share figures; they are never to share a constant.
BACK_IN_SCHOOL: Final = DaysRule(
    days=5, in_force_from=date(2010, 8, 1), strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Design of the portal: a full school week missed without a break is long enough for a return to "
    "school to be news, and short enough that an officer hears of it while the welcome can still be planned",
)  # fmt: skip
ATTENDANCE_RETURN: Final = DaysRule(
    days=10, in_force_from=date(2010, 8, 1), strength=Strength.MUST, confidence=Confidence.SECONDARY,
    source="Attendance return: a continuous period of 10 school days coded G, N, O or U; SI 2024/208 reg 13 "
    "as paraphrased by Stockport, Norfolk and Lincolnshire. Not-possible sessions neither "
    "add to a run nor break it: design",
)  # fmt: skip
SICKNESS_RETURN: Final = DaysRule(
    days=15, in_force_from=date(2010, 8, 1), strength=Strength.MUST, confidence=Confidence.SECONDARY,
    source="Sickness return: 15 days of code I in a school year, consecutive or added up; SI 2024/208 reg "
    "13 as paraphrased by Hertfordshire, Lincolnshire and Nottingham. Two sessions a day: design",
)  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """Runs of each enrolment, int16[n] each.

    current, longest: half-days, longest 0 where no run was long; reached_at: column on which the latest
    long run got long; returned_at: column of the first half-day that broke the latest ended long run; NEVER
    where there is none.
    """

    current: Columns
    longest: Columns
    reached_at: Columns
    returned_at: Columns


def _run_lengths(adds: Flags, breaks: Flags) -> npt.NDArray[np.int16]:
    """Length of the run at each column: additions since the last break. int16[n, WIDTH]."""
    added = np.cumsum(adds, axis=1, dtype=np.int16)
    base = np.where(breaks, added, np.int16(0))
    np.maximum.accumulate(base, axis=1, out=base)
    added -= base
    return added


def _last_column(where: Flags, columns: Columns) -> Columns:
    """The last true column of each row, NEVER where there is none."""
    last = where.shape[1] - 1 - where[:, ::-1].argmax(axis=1)
    return np.where(where.any(axis=1), columns[last], NEVER).astype(np.int16)


def _columns_in_use(flags: Bytes) -> Columns:
    """Columns in which any session was possible for anyone: about half of them never are."""
    used = np.bitwise_or.reduce(flags, axis=0) & np.uint8(_POSSIBLE)
    return np.flatnonzero(used).astype(np.int16)


def _long_runs(kept: Bytes, bits: int, columns: Columns, long: int) -> tuple[Columns, Columns, Columns]:
    """Longest run, and the columns where the latest long run got long and where the latest was broken."""
    adds, breaks = (kept & np.uint8(bits)) != 0, (kept & np.uint8(_POSSIBLE & ~bits)) != 0
    length = _run_lengths(adds, breaks)
    before = np.zeros_like(length)
    before[:, 1:] = length[:, :-1]
    longest = length.max(axis=1)
    return (
        np.where(longest >= long, longest, 0).astype(np.int16),
        _last_column(adds & (length == long), columns),
        _last_column(breaks & (before >= long), columns),
    )


def _runs_now(flags: Bytes, bits: int) -> Columns:
    """Half-days added since the last break. `flags` is used up."""
    last_break = _last_column((flags & np.uint8(_POSSIBLE & ~bits)) != 0, _EVERY_COLUMN)
    clip(flags, (last_break + 1).astype(np.int16), np.full(len(flags), WIDTH - 1, np.int16))
    return count_any_flag(flags, bits).astype(np.int16)


def _may_be_long(kept: Bytes, bits: int, long: int) -> Flags:
    """Which rows have a stretch of columns without a break that a long run must hold. bool[n].

    A run of `long` covers at least as many columns, and so every column of some block of half that length.
    """
    size = (long + 1) // 2
    blocks = kept.shape[1] // size
    breaks = (kept[:, : blocks * size] & np.uint8(_POSSIBLE & ~bits)).reshape(len(kept), blocks, size)
    found: Flags = (np.bitwise_or.reduce(breaks, axis=2) == 0).any(axis=1)
    return found


def _runs(
    marks: Bytes,
    year: int,
    *,
    bits: int,
    long: int,
    admitted: Columns,
    left: Columns,
    last_column: int,
    looked_up: Bytes | None = None,
) -> Runs:
    n = len(marks)
    found = Runs(*(np.full(n, start, np.int16) for start in (0, 0, NEVER, NEVER)))
    for rows in chunks(n):
        known = None if looked_up is None else looked_up[rows]
        flags, _, _ = enrolled_flags(
            marks[rows], year, admitted[rows], left[rows], last_column=last_column, looked_up=known
        )
        some = np.flatnonzero(count_any_flag(flags, bits) >= long)
        columns = _columns_in_use(flags)
        kept = flags[np.ix_(some, columns)]
        may_be = _may_be_long(kept, bits, long)
        if may_be.any():
            answers = _long_runs(kept[may_be], bits, columns, long)
            places = rows.start + some[may_be]
            found.longest[places], found.reached_at[places], found.returned_at[places] = answers
        found.current[rows] = _runs_now(flags, bits)
    return found


def absence_runs(
    marks: Bytes,
    year: int,
    *,
    admitted: Columns,
    left: Columns,
    last_column: int = WIDTH - 1,
    looked_up: Bytes | None = None,
) -> Runs:
    """Runs of consecutive missed sessions, for 'back in school'.

    `returned_at` is the first session attended after at least BACK_IN_SCHOOL missed in a row. Weekends,
    holidays and every other not-possible session neither add to a run nor break it.
    looked_up: see `measures.enrolled_flags`.
    """
    return _runs(
        marks,
        year,
        bits=_ABSENT,
        long=BACK_IN_SCHOOL.half_days,
        admitted=admitted,
        left=left,
        last_column=last_column,
        looked_up=looked_up,
    )


def returns_of_flags(flags: Bytes, absent: Counts) -> Columns:
    """`returned_at` of `absence_runs`, from flags that are zero outside each row's enrolment. int16[n].

    absent: how many half-days of each row were missed; who missed fewer than a long run cannot have had one.
    """
    long = BACK_IN_SCHOOL.half_days
    returned = np.full(len(flags), NEVER, np.int16)
    columns = _columns_in_use(flags)
    for some in _some(np.flatnonzero(absent >= long)):
        rows, places = _latest_returns(np.take(flags[some], columns, axis=1), long)
        returned[some[rows]] = columns[places]
    return returned


def _latest_returns(kept: Bytes, long: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows with a long run of absence that ended, and the place of the first session attended after the latest.

    Goes from absence to absence, which are few beside the sessions attended: a run lasts as long as nothing was
    attended between one and the next. Each row's first place is looked at with them: none runs on into the next row.
    """
    width = kept.shape[1]
    missed = (kept & np.uint8(_ABSENT)) != 0
    missed[:, 0] = True
    places = np.flatnonzero(missed)
    rows, columns = np.divmod(places, width)
    flat = kept.reshape(-1)
    is_absence = (flat[places] & np.uint8(_ABSENT)) != 0
    attended = flat & np.uint8(_POSSIBLE & ~_ABSENT)
    is_broken = np.bitwise_or.reduceat(attended, places) != 0
    last = np.flatnonzero(np.append(is_broken[:-1] | (columns[1:] == 0), True))
    length = np.diff(np.cumsum(is_absence)[last], prepend=0)
    ended = last[(length >= long) & is_broken[last]]
    latest = ended[np.append(rows[ended][1:] != rows[ended][:-1], True)] if len(ended) else ended
    return rows[latest], _next_attended(attended, places[latest]) - rows[latest] * width


def _next_attended(attended: Bytes, places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The first place after each of these with a session attended; there is one. Most are the very next."""
    found = places + 1
    waiting = np.flatnonzero(attended[found] == 0)
    while len(waiting):
        found[waiting] += 1
        waiting = waiting[attended[found[waiting]] == 0]
    return found


def _some(places: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    """The places, a chunk at a time."""
    return (places[part] for part in chunks(len(places)))


def unauthorised_runs(
    marks: Bytes, year: int, *, admitted: Columns, left: Columns, last_column: int = WIDTH - 1
) -> Runs:
    """Runs of consecutive unauthorised sessions, for the attendance return (10 school days, 20 sessions).

    `reached_at` is the session on which the latest unbroken episode became one to report; any attended or
    authorised session breaks it.
    """
    bits, long = UNAUTHORISED_FLAG, ATTENDANCE_RETURN.half_days
    return _runs(marks, year, bits=bits, long=long, admitted=admitted, left=left, last_column=last_column)


@dataclass(frozen=True)
class Sickness:
    """Sessions coded I in the year, int32[n], and the column on which they reached 15 days, int16[n]."""

    sessions: npt.NDArray[np.int32]
    reached_at: Columns


def sickness(marks: Bytes, year: int, *, admitted: Columns, left: Columns, last_column: int = WIDTH - 1) -> Sickness:
    """Sessions of illness added up over the school year; only code I feeds the return, not M or C2."""
    sessions = np.zeros(len(marks), np.int32)
    reached = np.full(len(marks), NEVER, np.int16)
    for rows in chunks(len(marks)):
        flags, _, _ = enrolled_flags(marks[rows], year, admitted[rows], left[rows], last_column=last_column)
        sessions[rows] = count_flag(flags, ILLNESS_FLAG)
        due = np.flatnonzero(sessions[rows] >= SICKNESS_RETURN.half_days)
        ill = (flags[due] & np.uint8(ILLNESS_FLAG)) != 0
        sums = np.cumsum(ill, axis=1, dtype=np.int16)
        reached[rows.start + due] = (sums >= SICKNESS_RETURN.half_days).argmax(axis=1)
    return Sickness(sessions, reached)
