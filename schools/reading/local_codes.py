"""Codes of a school's own: which the file holds, and those read as the school said they stand for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schools.reading.cells import in_session, read_mark, tidy
from schools.reading.layouts import HalfDays
from schools.reading.said import SaidCode, marks_said
from schools.register.codes import NO_MARK, NUMBERS

LONGEST_CODE: Final = 8
LISTED_CODES: Final = 40
_FAULTS: Final = frozenset({"local-code", "unknown-code"})
_UNKNOWN: Final = -1

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class CodesRead:
    """How often each said code was used (by its place among those said), and codes that nobody explained yet."""

    used: Mapping[int, int] = field(default_factory=dict)
    unknown: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class _Answer:
    """For each day and half-day of one text: the number its code means (-1: not known), which said code says so
    (-1: none), and whether the cell can be read that day."""

    number: npt.NDArray[np.int16]
    used: npt.NDArray[np.int16]
    is_read: npt.NDArray[np.bool_]


def read_local_codes(
    cells: HalfDays, number: Numbers, fault: npt.NDArray[np.bool_], codes: Sequence[SaidCode]
) -> CodesRead:
    """Give marks to the cells whose code the school explained for their day; changes `number` and `fault` in place.

    A national code is never read otherwise than as itself, and a cell of a whole day only where both its
    characters are understood on that day.
    """
    used: Counter[int] = Counter()
    unknown: Counter[str] = Counter()
    for text, parts in _candidates(cells):
        at = np.flatnonzero((cells.text == text) & fault)
        if not len(at):
            continue
        answer = _answer(parts, cells.days, codes)
        day, session = cells.day[at], cells.session[at]
        found, read = answer.number[day, session], answer.is_read[day]
        number[at[read]] = found[read]
        fault[at[read]] = False
        for place in answer.used[day, session][read].tolist():
            used[place] += place != _UNKNOWN
        for half in session[found == _UNKNOWN].tolist():
            if read_mark(parts[half]).fault in _FAULTS:
                unknown[parts[half]] += 1
    return CodesRead({place: n for place, n in used.items() if n}, tuple(unknown.most_common(LISTED_CODES)))


def _candidates(cells: HalfDays) -> Iterator[tuple[int, tuple[str, str]]]:
    """Each text with a code that is no national one: its number, and the code of the morning and the afternoon."""
    for text, reading in enumerate(cells.readings):
        if reading.fault not in _FAULTS:
            continue
        code = "".join(tidy(cells.texts[text], whole_day=bool(cells.whole_day[text])).split())
        if not cells.whole_day[text] and len(code) <= LONGEST_CODE:
            yield text, (code, code)
        elif cells.whole_day[text] and len(code) == 2:
            yield text, (code[0], code[1])


def _answer(parts: tuple[str, str], days: Sequence[dt.date], codes: Sequence[SaidCode]) -> _Answer:
    number = np.full((len(days), 2), _UNKNOWN, np.int16)
    used = np.full((len(days), 2), _UNKNOWN, np.int16)
    for at, day in enumerate(days):
        for session, code in enumerate(parts):
            number[at, session], used[at, session] = _meaning(code, session, day, codes)
    return _Answer(number, used, (number != _UNKNOWN).all(axis=1))


def _meaning(code: str, session: int, day: dt.date, codes: Sequence[SaidCode]) -> tuple[int, int]:
    """The number that a code means in a session, and which of the said codes says so."""
    reading = read_mark(code)
    if reading.fault is None:
        return (reading.am, reading.pm)[session], _UNKNOWN
    if reading.fault not in _FAULTS:
        return _UNKNOWN, _UNKNOWN
    said = marks_said(codes, code, day)
    if said is None:
        return _UNKNOWN, _UNKNOWN
    mark = NUMBERS[said.mark] if said.mark else NO_MARK
    return in_session(mark, session), codes.index(said)
