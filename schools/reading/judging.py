"""Half-days judged: which marks stand, and for each that does not, the problem that says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import year_of
from schools.reading.dates import in_words
from schools.reading.layouts import HalfDays, Ints
from schools.reading.local_codes import CodesRead, read_local_codes
from schools.reading.problems import LISTED_PER_KIND, Problem, ProblemLog
from schools.reading.pupils import Identities, PupilInFile
from schools.reading.register_file import Marks
from schools.reading.said import SaidCode
from schools.reading.table import Table
from schools.register.codes import MARKS as MARK_OF
from schools.register.codes import NO_MARK, NUMBERS, PLANNED_CLOSURE, code_in_force
from schools.register.marks import column_of

Flags = npt.NDArray[np.bool_]
Details = tuple[tuple[str, str], ...]
_CLOSED: Final = NUMBERS[PLANNED_CLOSURE]
_NOT_ON_ROLL: Final = (NUMBERS["Z"], _CLOSED)
_GRID_LIMIT: Final = 50_000_000


@dataclass(slots=True)
class Judgement:
    """The half-days of one file while they are judged; `number` becomes 0 where a mark is left out."""

    cells: HalfDays
    table: Table
    pupils: list[PupilInFile]
    pupil: Ints
    number: npt.NDArray[np.uint8]
    log: ProblemLog
    on: dt.date

    def half_day(self, at: int) -> str:
        """The half-day of one element in words."""
        half = "morning" if self.cells.session[at] == 0 else "afternoon"
        return f"the {half} of {in_words(self.cells.days[self.cells.day[at]])}"

    def line(self, at: int) -> int:
        """The line of the file an element stands on."""
        return int(self.table.lines[self.cells.row[at]])

    def problem(self, kind: str, at: int, details: Details = (), times: int = 1) -> Problem:
        """A problem of one element, its half-day told."""
        cells = self.cells
        told = (("day", self.half_day(at)), ("pupil", self.pupils[self.pupil[at]].known_as), *details)
        return Problem(kind, self.line(at), cells.headings[cells.heading[at]], cells.texts[cells.text[at]], told, times)

    def leave_out(self, kind: str, where: Ints, details: Callable[[int], Details] = lambda _: ()) -> None:
        """Tell each of these elements and take its mark away."""
        if len(where):
            told = (self.problem(kind, at, details(at)) for at in where[:LISTED_PER_KIND].tolist())
            self.log.add_all(kind, told, len(where))
            self.number[where] = NO_MARK


def judge(
    cells: HalfDays, table: Table, who: Identities, log: ProblemLog, on: dt.date, *, codes: Sequence[SaidCode] = ()
) -> tuple[Marks, int, list[dt.date], CodesRead]:
    """The marks that stand, how many cells were blank, the days that have a mark, and the school's own codes.

    In this order: what the school said of its own codes (`codes`), cells that are no code, marks still to come,
    codes not in force, marks outside a stated enrolment, contradictions and repeats; then what is stored and told.
    """
    cells, pupil = _of_pupils(cells, who)
    faulty, by_session = _tables(cells)
    number = by_session[cells.session, cells.text]
    state = Judgement(cells, table, who.pupils, pupil, number, log, on)
    fault = faulty[cells.text] if faulty.any() else np.zeros(len(number), bool)
    own = read_local_codes(cells, number, fault, codes)
    blank = (number == NO_MARK) & ~fault
    _faults(state, fault)
    _future(state)
    _not_in_force(state)
    _outside_enrolment(state)
    _repeats(state)
    _weekends(state)
    _missing(state, np.flatnonzero(blank))
    used = [day for day, there in zip(cells.days, _days_used(state), strict=True) if there]
    return _marks(state), int(blank.sum()), used, own


def _of_pupils(cells: HalfDays, who: Identities) -> tuple[HalfDays, Ints]:
    """The half-days of rows that name a pupil."""
    pupil = who.of_row[cells.row]
    known = pupil >= 0
    if known.all():
        return cells, pupil
    return cells.only(known), pupil[known]


def _tables(cells: HalfDays) -> tuple[Flags, npt.NDArray[np.uint8]]:
    """For each text whether it is at fault, and the number it means in each session. uint8[2, texts]."""
    faulty = np.array([reading.fault is not None for reading in cells.readings], bool)
    am = [reading.am for reading in cells.readings]
    pm = [reading.pm for reading in cells.readings]
    return faulty, np.array([am, pm], np.uint8).reshape(2, -1)


def _faults(state: Judgement, fault: Flags) -> None:
    """Cells that are no code, by kind; a cell for a whole day is told once."""
    if not fault.any():
        return
    cells = state.cells
    once = fault & ~(cells.whole_day[cells.text] & (cells.session == 1))
    kinds = sorted({reading.fault for reading in cells.readings if reading.fault})
    for kind in kinds:
        of_kind = np.array([reading.fault == kind for reading in cells.readings], bool)
        state.leave_out(kind, np.flatnonzero(once & of_kind[cells.text]))


def _by_day(state: Judgement, test: Callable[[dt.date], bool]) -> Flags:
    """bool[days]"""
    return np.array([test(day) for day in state.cells.days], bool)


def _future(state: Judgement) -> None:
    later = _by_day(state, lambda day: day > state.on)
    if later.any():
        state.leave_out("future-mark", np.flatnonzero(later[state.cells.day] & (state.number > NO_MARK)))


def _not_in_force(state: Judgement) -> None:
    present = np.flatnonzero(np.bincount(state.number, minlength=256)[1:]) + 1
    banned = np.zeros((256, len(state.cells.days)), bool)
    for number in present.tolist():
        banned[number] = [not code_in_force(MARK_OF[number], day) for day in state.cells.days]
    if banned.any():
        state.leave_out("code-not-in-force", np.flatnonzero(banned[state.number, state.cells.day]), _day_only(state))


def _day_only(state: Judgement) -> Callable[[int], Details]:
    return lambda at: (("day", in_words(state.cells.days[state.cells.day[at]])),)


def _enrolment(state: Judgement) -> tuple[Ints, Ints]:
    """First and last day on roll of each pupil as stated, as ordinals; days of all time where not."""
    first = [p.admitted_on.toordinal() if p.admitted_on else 0 for p in state.pupils]
    last = [p.left_on.toordinal() if p.left_on else dt.date.max.toordinal() for p in state.pupils]
    return np.array(first, np.int32), np.array(last, np.int32)


def _ordinals(state: Judgement) -> Ints:
    """Each half-day's day as an ordinal."""
    days = np.array([day.toordinal() for day in state.cells.days], np.int32)
    return days[state.cells.day] if len(days) else np.empty(0, np.int32)


def _outside_enrolment(state: Judgement) -> None:
    """Marks before admission or after leaving, both days inclusive; only where a date was stated."""
    if not any(pupil.admitted_on or pupil.left_on for pupil in state.pupils):
        return
    first, last = _enrolment(state)
    day = _ordinals(state)
    outside = (day < first[state.pupil]) | (day > last[state.pupil])
    outside &= (state.number > NO_MARK) & ~np.isin(state.number, _NOT_ON_ROLL)
    state.leave_out("outside-enrolment", np.flatnonzero(outside), lambda at: (("why", _why_outside(state, at)),))


def _why_outside(state: Judgement, at: int) -> str:
    pupil = state.pupils[state.pupil[at]]
    if pupil.admitted_on and state.cells.days[state.cells.day[at]] < pupil.admitted_on:
        return f"before the admission on {in_words(pupil.admitted_on)}"
    return f"after leaving on {in_words(pupil.left_on)}" if pupil.left_on else "outside the enrolment"


def _keys(state: Judgement) -> npt.NDArray[np.int64]:
    """One number for each pupil and half-day."""
    halves = 2 * len(state.cells.days)
    key: npt.NDArray[np.int64] = state.pupil.astype(np.int64) * halves
    key += 2 * state.cells.day.astype(np.int64)
    key += state.cells.session
    return key


def _repeats(state: Judgement) -> None:
    """Identical repeats count once; different marks for one half-day stop the file."""
    real = np.flatnonzero(state.number > NO_MARK)
    key = _keys(state)
    key = key if len(real) == len(key) else key[real]
    size = len(state.pupils) * 2 * len(state.cells.days)
    if not len(key) or (size <= _GRID_LIMIT and not (np.bincount(key, minlength=1) > 1).any()):
        return
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    new = np.r_[True, sorted_key[1:] != sorted_key[:-1]]
    first = real[order[np.flatnonzero(new)[np.cumsum(new) - 1]]]
    again, before = real[order[~new]], first[~new]
    clash = state.number[again] != state.number[before]
    _tell_clashes(state, again[clash], before[clash])
    _tell_repeats(state, again[~clash], before[~clash])
    state.number[again] = NO_MARK


def _tell_clashes(state: Judgement, again: Ints, before: Ints) -> None:
    order = np.argsort(again)
    pairs = zip(again[order].tolist(), before[order].tolist(), strict=True)
    told = (
        state.problem("contradicting-marks", at, (("other_row", str(state.line(b))), ("other", _text(state, b))))
        for at, b in pairs
    )
    if len(again):
        state.log.add_all("contradicting-marks", told, len(again))


def _text(state: Judgement, at: int) -> str:
    text: str = state.cells.texts[state.cells.text[at]]
    return text


def _tell_repeats(state: Judgement, again: Ints, before: Ints) -> None:
    if len(again):
        n = int(np.argmin(again))
        details = (("other_row", str(state.line(int(before[n])))),)
        state.log.add(state.problem("repeated-mark", int(again[n]), details, len(again)))


def _weekends(state: Judgement) -> None:
    """A mark other than `#` on a Saturday or Sunday is stored, and told."""
    weekend = _by_day(state, lambda day: day.weekday() >= 5)
    if weekend.any():
        marked = (state.number > NO_MARK) & (state.number != _CLOSED)
        where = np.flatnonzero(weekend[state.cells.day] & marked)
        told = (state.problem("weekend-mark", at) for at in where[:LISTED_PER_KIND].tolist())
        state.log.add_all("weekend-mark", told, len(where))


def _missing(state: Judgement, blank: Ints) -> None:
    """Blank half-days of a pupil on roll, when at least half the year group has a mark other than `#`.

    Until an admission is stated it is the first real mark; within the one file that is the first it holds.
    """
    real = np.flatnonzero(state.number > NO_MARK)
    if not len(blank) or not len(real):
        return
    group, sizes = _year_groups(state.pupils)
    halves = 2 * len(state.cells.days)
    half = 2 * state.cells.day.astype(np.int64) + state.cells.session
    marked = real[state.number[real] != _CLOSED]
    counts = np.bincount(group[state.pupil[marked]] * halves + half[marked], minlength=len(sizes) * halves)
    is_open = (2 * counts.reshape(len(sizes), halves) >= sizes[:, None]) & (counts.reshape(len(sizes), halves) > 0)
    candidates = blank[is_open[group[state.pupil[blank]], half[blank]]]
    candidates = candidates[_on_roll(state, candidates, real, half)]
    if len(candidates):
        held = np.isin(_keys(state)[candidates], _keys(state)[real])
        _tell_missing(state, candidates[~held])


def _tell_missing(state: Judgement, where: Ints) -> None:
    if len(where):
        told = (state.problem("missing-mark", at) for at in where[:LISTED_PER_KIND].tolist())
        state.log.add_all("missing-mark", told, len(where))


def _year_groups(pupils: list[PupilInFile]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The number of each pupil's year group, and how many pupils each group has."""
    names = sorted({pupil.year_group or "" for pupil in pupils})
    place = {name: n for n, name in enumerate(names)}
    group = np.array([place[pupil.year_group or ""] for pupil in pupils], np.int64)
    return group, np.bincount(group, minlength=len(names)).astype(np.int64)


def _on_roll(state: Judgement, where: Ints, real: Ints, half: npt.NDArray[np.int64]) -> Flags:
    """Which of these half-days lie within the pupil's enrolment, and not after `on`. bool[where]."""
    first_mark = np.full(len(state.pupils), np.iinfo(np.int64).max)
    np.minimum.at(first_mark, state.pupil[real], half[real])
    stated = np.array([pupil.admitted_on is not None for pupil in state.pupils], bool)
    first, last = _enrolment(state)
    pupil, day = state.pupil[where], _ordinals(state)[where]
    begun = np.where(stated[pupil], day >= first[pupil], half[where] >= first_mark[pupil])
    found: Flags = begun & (day <= last[pupil]) & (day <= state.on.toordinal())
    return found


def _days_used(state: Judgement) -> Flags:
    """Which days have a mark. bool[days]."""
    days = state.cells.day[state.number > NO_MARK]
    return np.bincount(days, minlength=len(state.cells.days)).astype(bool)


def _marks(state: Judgement) -> Marks:
    """The marks that stand, as arrays."""
    cells = state.cells
    years = np.array([year_of(day) for day in cells.days], np.int16)
    columns = np.array([column_of(day, 0) for day in cells.days], np.int16)
    stands = state.number > NO_MARK
    keep: Any = slice(None) if stands.all() else stands
    day = cells.day[keep]
    if not len(day):
        day = np.empty(0, np.int32)
    return Marks(
        pupil=state.pupil[keep].astype(np.int32, copy=False),
        year=years[day],
        column=columns[day] + cells.session[keep].astype(np.int16),
        code=state.number[keep],
        row=state.table.lines[cells.row[keep]],
    )
