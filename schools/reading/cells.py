"""One cell of a register: which mark it holds, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schools.reading.dates import AM, plain
from schools.register.codes import NO_MARK, NUMBERS

PRESENT_AM: Final = NUMBERS["/"]
PRESENT_PM: Final = NUMBERS["\\"]
_BLANK = re.compile(r"[-–—.\s]*")
_SUB_CODE = re.compile(r"([A-Z][0-9]?)_[A-Z0-9]{1,4}")
_MIXED_UP = frozenset({"0", "1", "CI", "CL", "JI", "JL", "YI", "YL"})
_LOCAL = frozenset("789")
_TWO_CHARACTERS = tuple(mark for mark in NUMBERS if len(mark) == 2)
_TOKENS = re.compile("(?:" + "|".join(re.escape(mark) for mark in (*_TWO_CHARACTERS, *NUMBERS, "-", ".")) + ")+")


@dataclass(frozen=True, slots=True)
class MarkReading:
    """The numbers of the marks in a cell (0 is no mark), or the kind of problem it has."""

    am: int = NO_MARK
    pm: int = NO_MARK
    fault: str | None = None


NOTHING = MarkReading()


def read_mark(text: str) -> MarkReading:
    """The one mark of a cell for one session, the same in `am` and `pm`.

    A two-character code is looked for before a one-character one; `/` and `\\` are both "present", and which
    of them is stored follows the session. A sub-code (`I_F`) is its code; `\\\\` is a damaged `\\`.
    """
    mark = tidy(text)
    if _BLANK.fullmatch(mark):
        return NOTHING
    if sub_code := _SUB_CODE.fullmatch(mark):
        mark = sub_code[1]
    number = NUMBERS.get(mark)
    if number is None:
        return MarkReading(fault=_fault(mark))
    return MarkReading(in_session(number, AM), in_session(number, 1 - AM))


def read_day_cell(text: str) -> MarkReading:
    """The two marks of a cell for a whole day, morning first.

    It is split only where both characters are one-character codes (or no mark) and together are no code;
    anything else is a fault. So `CI` and `CL`, which would be a mistyped `C1` as one mark, are two marks here.
    """
    mark = "".join(tidy(text, whole_day=True).split())
    if _BLANK.fullmatch(mark):
        return NOTHING
    if len(mark) == 2 and mark not in NUMBERS:
        return _split(mark)
    if len(mark) == 1:
        return MarkReading(fault="one-mark-in-a-day-cell" if mark in NUMBERS else _fault(mark))
    known = _TOKENS.fullmatch(mark) or _SUB_CODE.fullmatch(mark)
    return MarkReading(fault="two-marks-in-a-day-cell" if known else _fault(mark))


def _split(mark: str) -> MarkReading:
    first, second = read_mark(mark[0]), read_mark(mark[1])
    fault = first.fault or second.fault
    return MarkReading(fault=fault) if fault else MarkReading(first.am, second.pm)


def tidy(text: str, *, whole_day: bool = False) -> str:
    """The text of a cell without what does not matter in it: spaces at its ends, case, a doubled `\\`."""
    mark = plain(text)
    if not mark.isascii():
        return mark
    if not whole_day or len(mark) > 2:
        mark = re.sub(r"\\\\+", r"\\", mark)
    return mark.upper()


def in_session(number: int, session: int) -> int:
    """The number of a mark as it is stored in a session: "present" is the one of that half-day."""
    if number in (PRESENT_AM, PRESENT_PM):
        return PRESENT_AM if session == AM else PRESENT_PM
    return number


def _fault(mark: str) -> str:
    if mark in _MIXED_UP:
        return "letter-or-digit"
    return "local-code" if mark in _LOCAL else "unknown-code"
