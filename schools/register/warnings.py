"""The early warning of persistent absence next term: a rule of rate and spells, and how it did on a past year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import TERMS, Term, Window
from attendance_portal.law import Confidence, DatedRule, Strength
from schools.register.bands import persistent
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import WIDTH, Bytes, Counts, Flags, last_column_on
from schools.register.measures import chunks, clip, count_any_flag, count_flag
from schools.register.returns import stretches_of

_ABSENT: Final = AUTHORISED_FLAG | UNAUTHORISED_FLAG


@dataclass(frozen=True, kw_only=True)
class WarningRule(DatedRule):
    """Warn where `times` the sessions missed in a term is at least the possible ones, in at least `spells` spells."""

    times: int
    spells: int


EARLY_WARNING: Final = WarningRule(
    times=20, spells=3, in_force_from=date(2010, 8, 1), strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Design of the portal: not persistently absent in the term, but 5% or more missed in three spells or more; "
    "short, repeated absences are what a school can still act on. Its hit rate is shown beside it",
)  # fmt: skip


@dataclass(frozen=True)
class TermSoFar:
    """Possible and missed sessions of each row in a window, and in how many spells they were missed. int32[n]."""

    possible: Counts
    missed: Counts
    spells: Counts

    @property
    def is_persistent(self) -> Flags:
        return persistent(self.missed, self.possible)

    @property
    def is_warned(self) -> Flags:
        """Who is warned: never those who are persistently absent in the term already."""
        much = (self.possible > 0) & (EARLY_WARNING.times * self.missed >= self.possible)
        found: Flags = much & (self.spells >= EARLY_WARNING.spells) & ~self.is_persistent
        return found


def term_so_far(flags: Bytes, year: int, window: Window) -> TermSoFar:
    """The counts of a term, or of the part of it that has been. Flags are zero outside each row's enrolment.

    A spell is an unbroken stretch of missed sessions; days without school do not break one.
    """
    first, last = 2 * (window.first - date(year, 8, 1)).days, last_column_on(year, window.last)
    n = len(flags)
    counts = [np.zeros(n, np.int32) for _ in range(3)]
    for rows in chunks(n):
        part = flags[rows].copy()
        size = len(part)
        clip(part, np.full(size, max(first, 0), np.int16), np.full(size, min(last, WIDTH - 1), np.int16))
        missed = count_any_flag(part, _ABSENT)
        counts[0][rows] = missed + count_flag(part, ATTENDED_FLAG)
        counts[1][rows] = missed
        counts[2][rows] = np.bincount(stretches_of(part, _ABSENT).row, minlength=size)
    return TermSoFar(*counts)


@dataclass(frozen=True)
class Trial:
    """How many were judged after a term, warned, warned rightly, and persistently absent in the next term."""

    pupils: int = 0
    warned: int = 0
    warned_rightly: int = 0
    persistent: int = 0

    def __add__(self, other: Trial) -> Trial:
        return Trial(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def trials(flags: Bytes, year: int, windows: Mapping[Term, Window]) -> dict[Term, Trial]:
    """The rule tried on a whole year: after autumn against spring, after spring against summer, by their windows.

    Judged are those with a possible session in both terms who were not persistently absent in the first.
    """
    terms = {term: term_so_far(flags, year, windows[term]) for term in TERMS}
    return {term: _trial(terms[term], terms[after]) for term, after in pairwise(TERMS)}


def _trial(then: TermSoFar, after: TermSoFar) -> Trial:
    judged = (then.possible > 0) & (after.possible > 0) & ~then.is_persistent
    warned, absent = judged & then.is_warned, judged & after.is_persistent
    return Trial(_count(judged), _count(warned), _count(warned & absent), _count(absent))


def _count(which: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(which))
