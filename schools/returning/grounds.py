"""The grounds for returns in some schools' registers: episodes, joiners and leavers found in the figures' windows."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import compulsory_school_age_ends_on, compulsory_school_age_starts_on
from schools.models import ReturnPolicy, StatutoryReturn
from schools.register import returns
from schools.register.codes import MARKS, NUMBERS
from schools.register.marks import (
    NOT_STATED,
    WIDTH,
    admission_column,
    day_of,
    last_column_on,
    leaving_column,
    look_up,
)
from schools.register.measures import clip, first_real_columns
from schools.register.returns import Episodes, Tails
from schools.register.runs import ATTENDANCE_RETURN, SICKNESS_RETURN
from schools.returning.edges import NO_EDGES, Edges, edges_in, groups_of, stated_in_year
from schools.returning.social_workers import who_had_one
from schools.standing.figures import Figures, Window, at_once
from schools.stored import bulk
from schools.stored.bulk import NO_DAY
from schools.stored.carried import marks_of
from schools.stored.takeovers import carried_over

Kind = StatutoryReturn.Kind
Rows = npt.NDArray[np.intp]
Keys = npt.NDArray[np.int64]
NEVER: Final = 2**30  # a day number later than any
KINDS: Final = tuple(Kind)
_ABSENCES: Final = (Kind.ATTENDANCE, Kind.SICKNESS)
_FAR: Final = 512
PAIR: Final = 21


@dataclass(frozen=True)
class Ground:
    """That a return is due: of which enrolment, for which episode, from when, and the register row it rests on.

    `first` and `reached` are columns of `year` (first may be negative); marks uint8[WIDTH]; earlier: the row of the
    year before where the episode began there. `added_up`: by the year's total, so that any sickness return of the year
    made before stands for it. `counted_from`: the first column of the year that counts, by age and enrolment.
    `finished`: a deletion of which the law needs no return, see `Due`.
    """

    kind: str
    enrolment: int
    school: int
    pupil: uuid.UUID
    year: int
    first_on: dt.date
    arose_on: dt.date
    last_on: dt.date
    first: int = 0
    reached: int = 0
    counted_from: int = 0
    added_up: bool = False
    finished: bool = False
    marks: Any = None
    earlier: Any = None

    def evidence(self) -> list[list[Any]]:
        """The sessions it rests on, [day, half, code] each; nothing for joiners and leavers."""
        wanted = {Kind.ATTENDANCE: _UNAUTHORISED, Kind.SICKNESS: _ILL}.get(Kind(self.kind))
        if wanted is None:
            return []
        begins = self.counted_from if self.kind == Kind.SICKNESS and self.added_up else max(self.first, 0)
        found = _sessions(self.year, self.marks, begins, self.reached, wanted)
        if self.first < 0:
            width = 2 * (dt.date(self.year, 8, 1) - dt.date(self.year - 1, 8, 1)).days
            found = _sessions(self.year - 1, self.earlier, width + self.first, WIDTH - 1, wanted) + found
        return found


_UNAUTHORISED: Final = np.isin(np.arange(256), [NUMBERS[code] for code in "GNOU"])
_ILL: Final = np.arange(256) == NUMBERS["I"]


def _sessions(year: int, marks: Any, first: int, last: int, wanted: npt.NDArray[np.bool_]) -> list[list[Any]]:
    columns = (first + np.flatnonzero(wanted[marks[first : last + 1]])).tolist()
    return [[day_of(year, c).isoformat(), c % 2, MARKS[int(marks[c])]] for c in columns]


@dataclass(frozen=True)
class Due:
    """Grounds of one kind in one window, a value each: rows of its roll, columns of the first session, of that on which
    a return became due, and of the latest (`first` may be negative), and whether by the year's total.

    finished: deletions of children who have finished the final year. No return of them is needed, but a child's social
    worker is told of any deletion first (domain.md 7), so a draft is there for those who have one.
    """

    kind: str
    window: Window
    row: Rows
    first: npt.NDArray[np.int32]
    reached: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    added_up: npt.NDArray[np.bool_]
    before: _Before | None = None
    finished: bool = False

    @property
    def keys(self) -> Keys:
        """Enrolment, kind, first day and day it became due of each, see `keys_of`."""
        kind = np.full(len(self.row), KINDS.index(Kind(self.kind)))
        days = self.first // 2, self.reached // 2
        return keys_of(self.window.roll.enrolments[self.row], kind, *days, self.finished)

    def without(self, enrolments: npt.NDArray[np.int64]) -> Due:
        """Those of all but these enrolments."""
        return self._where(~np.isin(self.window.roll.enrolments[self.row], enrolments))

    def _where(self, kept: npt.NDArray[np.bool_]) -> Due:
        columns = ("row", "first", "reached", "last", "added_up")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})

    def of_its_own_school(self) -> Due:
        """Those without the episodes that are the return of a school before: that became due there by its own marks.

        What became due before the takeover only with marks that this school sent is this school's to make. Two queries
        where anything became due before a takeover, else none.
        """
        early = np.flatnonzero(self.reached < self.window.roll.own_from[self.row])
        if not len(early):
            return self
        told = _told_before(self, np.unique(self.row[early]))
        theirs = [
            at
            for at in early.tolist()
            for first, last in told[int(self.row[at])]
            if self.added_up[at] or (first <= self.last[at] and self.first[at] <= last)
        ]
        episode = self.row * _FAR * 4 + self.first
        return self._where(~np.isin(episode, episode[theirs]))

    def with_a_social_worker(self, on: dt.date) -> Due:
        """Those of children who had a social worker on the day they left, or have one today if that is to come."""
        if not len(self.row):
            return self
        roll = self.window.roll
        pupils = [uuid.UUID(bytes=bytes(key)) for key in roll.pupils[self.row]]
        days = [min(on, day_of(roll.year, column)) for column in self.reached.tolist()]
        return self._where(np.array(who_had_one(list(zip(pupils, days, strict=True)))))

    def grounds(self, chosen: npt.NDArray[np.bool_]) -> Iterator[Ground]:
        """Those for which `chosen` is true, in full."""
        for at in np.flatnonzero(chosen).tolist():
            yield self._ground(at)

    def _ground(self, at: int) -> Ground:
        roll, row, first, reached = self.window.roll, int(self.row[at]), int(self.first[at]), int(self.reached[at])
        return Ground(
            kind=self.kind, enrolment=int(roll.enrolments[row]), school=int(roll.schools[row]),
            pupil=uuid.UUID(bytes=bytes(roll.pupils[row])), year=roll.year,
            first_on=day_of(roll.year, first), arose_on=day_of(roll.year, reached),
            last_on=day_of(roll.year, int(self.last[at])), first=first, reached=reached,
            counted_from=max(int(self.window.of_age[0][row]), 0), added_up=bool(self.added_up[at]),
            finished=self.finished, marks=roll.marks[row],
            earlier=self.before.row_of(int(roll.enrolments[row])) if self.before and first < 0 else None,
        )  # fmt: skip


def keys_of(enrolments: Any, kinds: Any, first: Any, arose: Any, finished: Any = False) -> Keys:
    """One number for each enrolment, kind (its place in `KINDS`), first day, day it became due and `finished`. int64[n]

    Days are those since 1 August, from -511 to 510; any beyond are as one. Of two keys, `key >> PAIR` is the same
    where enrolment and kind are.
    """
    pair = np.asarray(enrolments, np.int64) * len(KINDS) + kinds
    days = [np.clip(np.asarray(day, np.int64), -_FAR, _FAR - 1) + _FAR for day in (first, arose)]
    found: Keys = ((pair * (2 * _FAR) + days[0]) * (2 * _FAR) + days[1]) * 2 + np.asarray(finished, np.int64)
    return found


def due_in(figures: Figures, windows: Sequence[Window], *, on: dt.date, edges: Edges = NO_EDGES) -> list[Due]:
    """Every ground for a return in the year of these figures, up to each school's latest data (joiners: up to `on`).

    edges: the youngest and oldest classes of schools that have no mark of the year yet.
    """
    edges = edges_in(figures, windows, edges)
    openings = [_openings(window, figures.totals.unauthorised[window.rows]) for window in windows]
    before = _years_before(windows, openings)
    first_day, final_year = _asked_for_all(figures.roll.year)
    carried = np.array(sorted(carried_over(np.unique(figures.roll.schools).tolist(), on)), np.int64)

    def due(given: tuple[Window, Rows]) -> tuple[Due, ...]:
        window, rows = given
        unauthorised, illness = figures.totals.unauthorised[window.rows], figures.totals.illness[window.rows]
        absent = _attendance(window, unauthorised, rows, before), _sickness(window, illness)
        others = _joiners(window, first_day, on, edges), *_leavers(window, final_year, edges)
        return *absent, *(due.without(carried) for due in others)

    found = [one for each in at_once(due, list(zip(windows, openings, strict=True))) for one in each]
    found = [one.of_its_own_school() if one.kind in _ABSENCES else one for one in found]
    return [one.with_a_social_worker(on) if one.finished else one for one in found]


# --- Absences -----------------------------------------------------------------------------------------------


def _openings(window: Window, unauthorised: npt.NDArray[np.int32]) -> Rows:
    """Rows whose year begins with an unauthorised session: their episode may have begun in the year before."""
    return returns.begins_unauthorised(window.flags, np.flatnonzero(unauthorised > 0))


@dataclass(frozen=True)
class _Before:
    """The year before of some enrolments (sorted ids): flags as for episodes, and the marks themselves."""

    enrolments: npt.NDArray[np.int64]
    marks: npt.NDArray[np.uint8]
    tails: Tails

    def places(self, enrolments: npt.NDArray[np.int64]) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """Where these stand here, and which of them do."""
        if not len(self.enrolments):
            return np.zeros(len(enrolments), np.intp), np.zeros(len(enrolments), np.bool_)
        at = np.minimum(np.searchsorted(self.enrolments, enrolments), len(self.enrolments) - 1)
        return at, self.enrolments[at] == enrolments

    def tails_of(self, enrolments: npt.NDArray[np.int64]) -> Tails:
        """The unauthorised sessions with which their year ended; none of those who do not stand here."""
        at, held = self.places(enrolments)
        if not held.any():
            return Tails(np.zeros(len(enrolments), np.int32), np.zeros(len(enrolments), np.int32))
        return Tails(np.where(held, self.tails.length[at], 0), np.where(held, self.tails.first[at], 0))

    def row_of(self, enrolment: int) -> npt.NDArray[np.uint8]:
        """The marks of one of them."""
        found: npt.NDArray[np.uint8] = self.marks[np.searchsorted(self.enrolments, enrolment)]
        return found


def _years_before(windows: Sequence[Window], openings: Sequence[Rows]) -> _Before:
    """The marks of the year before of those enrolments alone: few, whatever the size of the schools."""
    year = windows[0].roll.year - 1
    parts = [window.roll.part(rows) for window, rows in zip(windows, openings, strict=True)]
    ids, admission, born = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("enrolments", "admission_on", "born_on")
    )
    order = np.argsort(ids)
    ids = ids[order]
    marks = marks_of(ids, year)
    windows[0].roll.carried.put_marks(year, ids, marks)
    flags = look_up(marks, year, "flags")
    begins = int(bulk.dates([dt.date(year, 8, 1)])[0])
    admitted = np.clip(2 * (admission[order].astype(np.int64) - begins), 0, WIDTH).astype(np.int16)
    lower, upper = _ages(born[order].tolist(), year)
    clip(flags, np.maximum(admitted, lower), upper)
    return _Before(ids, marks, returns.tails(flags, year))


def _ages(born: list[int], year: int) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """First and last column of compulsory school age in a year; the whole of it where the birthday is not known."""
    known = [None if number == NO_DAY else bulk.day(number) for number in born]
    lower = [-1 if day is None else admission_column(year, compulsory_school_age_starts_on(day)) for day in known]
    upper = [WIDTH - 1 if day is None else leaving_column(year, compulsory_school_age_ends_on(day)) for day in known]
    return np.array(lower, np.int16), np.array(upper, np.int16)


def _of_age(window: Window, rows: Rows) -> npt.NDArray[np.uint8]:
    """The flags of some rows while of compulsory school age."""
    flags = window.flags[rows]
    begins, ends = window.of_age
    clip(flags, begins[rows], ends[rows])
    return flags


def _attendance(window: Window, unauthorised: npt.NDArray[np.int32], openings: Rows, before: _Before) -> Due:
    many = unauthorised >= ATTENDANCE_RETURN.half_days
    at, held = before.places(window.roll.enrolments)
    tail = np.zeros(len(window.roll), np.int32)
    first = np.zeros(len(window.roll), np.int32)
    opening = openings[held[openings]]
    tail[opening], first[opening] = before.tails.length[at[opening]], before.tails.first[at[opening]]
    rows = np.flatnonzero(many | (unauthorised + tail >= ATTENDANCE_RETURN.half_days) & (tail > 0))
    found = returns.attendance_episodes(_of_age(window, rows), Tails(tail[rows], first[rows]))
    return replace(_due(window, rows, found, Kind.ATTENDANCE), before=before)


def _sickness(window: Window, illness: npt.NDArray[np.int32]) -> Due:
    rows = np.flatnonzero(illness >= SICKNESS_RETURN.half_days)
    return _due(window, rows, returns.sickness_episodes(_of_age(window, rows)), Kind.SICKNESS)


def _due(window: Window, rows: Rows, found: Episodes, kind: str) -> Due:
    return Due(kind, window, rows[found.row], found.first, found.reached, found.last, found.added_up)


Spans = Mapping[int, list[tuple[int, int]]]


def _told_before(due: Due, rows: Rows) -> Spans:
    """The absences of which the schools before have a return to make, or made one, by row: first and last column each.

    rows: those of children who were carried over. Two queries: the marks of before, and returns that were not drafted
    from marks or are past a draft (a draft follows its marks, and they are looked at), but for those that were begun by
    hand and set aside.
    """
    roll = due.window.roll
    rows = rows[np.argsort(roll.enrolments[rows])]
    marks = np.zeros((len(rows), WIDTH), np.uint8)
    roll.carried.put_marks(roll.year, roll.enrolments[rows], marks)
    flags = look_up(marks, roll.year, "flags")
    begins, ends = due.window.of_age
    clip(flags, begins[rows], np.minimum(ends[rows], roll.own_from[rows] - 1).astype(np.int16))
    if due.before is None:
        found = returns.sickness_episodes(flags)
    else:
        found = returns.attendance_episodes(flags, due.before.tails_of(roll.enrolments[rows]))
    told = _returns_before(due, rows)
    for row, first, last in zip(rows[found.row].tolist(), found.first.tolist(), found.last.tolist(), strict=True):
        told[row].append((first, last))
    return told


def _returns_before(due: Due, rows: Rows) -> defaultdict[int, list[tuple[int, int]]]:
    """As `_told_before`, of the returns of the schools before that stay whatever their marks say now."""
    roll = due.window.roll
    row_of = {uuid.UUID(bytes=bytes(roll.pupils[row])): row for row in rows.tolist()}
    made = StatutoryReturn.objects.filter(
        kind=due.kind, year=roll.year, school__in=np.unique(roll.carried.schools).tolist(), pupil__in=row_of
    ).exclude(stage=StatutoryReturn.Stage.WITHDRAWN)
    settled = made.exclude(stage=StatutoryReturn.Stage.DRAFT, is_by_hand=False)
    settled = settled.exclude(stage=StatutoryReturn.Stage.SET_ASIDE, is_by_hand=True)
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    begins = dt.date(roll.year, 8, 1)
    for pupil, first_on, arose_on in settled.values_list("pupil", "first_on", "arose_on"):
        found[row_of[pupil]].append((2 * (first_on - begins).days, 2 * (arose_on - begins).days + 1))
    return found


# --- Joiners and leavers ------------------------------------------------------------------------------------


def _asked_for_all(year: int) -> npt.NDArray[np.bool_]:
    """Whether the authority asked for the joiners of the first day too, by the column of the day of entry; and for who
    has finished the final year, by that of the day of leaving. bool[2, WIDTH]

    A request is about names that are entered after it was made (SI 2024/208 reg 13(3)); we read it so of leavers too,
    so that what became due before a choice of the authority stays as it was asked then.
    """
    found = np.zeros((2, WIDTH), np.bool_)
    asks = ReturnPolicy.objects.order_by("from_on", "pk")
    for from_on, *asked in asks.values_list("from_on", "asks_for_first_day_joiners", "asks_for_final_year"):
        found[:, admission_column(year, from_on) :] = np.array(asked)[:, None]
    return found


def _on_days(window: Window, rows: Rows, columns: npt.NDArray[np.integer[Any]], kind: str) -> Due:
    """Of joiners and leavers: all that counts is one day."""
    days = columns.astype(np.int32)
    return Due(kind, window, rows, days, days, days, np.zeros(len(rows), np.bool_))


def _joiners(window: Window, asked: npt.NDArray[np.bool_], on: dt.date, edges: Edges) -> Due:
    roll, entered = window.roll, _entered(window)
    first_open = np.where(window.open.any(axis=1), window.open.argmax(axis=1), WIDTH).astype(np.int16)
    rows = returns.joiners(
        entered,
        roll.group,
        youngest=groups_of(roll, edges.youngest),
        first_open=first_open,
        last_column=np.full(len(roll), last_column_on(roll.year, on), np.int16),
        asked=asked,
    )
    return _on_days(window, rows, entered[rows], Kind.NEW_PUPIL)


def _entered(window: Window) -> npt.NDArray[np.int16]:
    """The column of the day of entry of each enrolment that was entered in the year, NOT_STATED of all others.

    Where no day is stated it is that of the first mark, if that is an entry at all (`returns.ENTERED_BY_MARK`).
    """
    roll, first, stated = window.roll, window.lower.copy(), stated_in_year(window)
    asked = (roll.admitted == NOT_STATED) & (first > 0) & (first < WIDTH)
    if not asked.any():
        return np.where(stated, roll.admitted, np.int16(NOT_STATED)).astype(np.int16)
    group = roll.whole_groups[roll.group]
    fellows = np.flatnonzero((roll.admitted != NOT_STATED) & np.isin(group, group[asked]))
    first[fellows] = first_real_columns(window.flags[fellows])
    by_mark = returns.entered_by_mark(first, asked, group)
    return np.select([stated, by_mark], [roll.admitted, first & ~1], NOT_STATED).astype(np.int16)


def _leavers(window: Window, asked: npt.NDArray[np.bool_], edges: Edges) -> tuple[Due, Due]:
    """Those of whom a return is due; and those who have finished the final year, of whom none is."""
    roll = window.roll
    final, final_before = groups_of(roll, edges.oldest), groups_of(roll, edges.oldest_before)
    days = [returns.finished_from(roll.year, name) for _, name in roll.groups]
    finished = np.where(final, bulk.dates(list(days)), NEVER).astype(np.int32)
    begins, ends = bulk.dates([dt.date(roll.year, 8, 1), dt.date(roll.year + 1, 8, 1)]).tolist()

    def due(is_finished: bool) -> Due:
        rows = returns.leavers(
            roll.leaving_on, roll.group, year_begins=begins, year_ends=ends, finished_on=finished,
            finished_before=final_before, asked=asked, is_finished=is_finished,
        )  # fmt: skip
        found = _on_days(window, rows, 2 * (roll.leaving_on[rows] - begins), Kind.DELETION)
        return replace(found, finished=is_finished)

    return due(False), due(True)
