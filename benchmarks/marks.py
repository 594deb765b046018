"""Invented marks for measuring: as many pupils as wanted in a moment, absent in spells and by the usual codes."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import numpy.typing as npt

from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH, column_of

Bytes = npt.NDArray[np.uint8]

# The share of each code among 256 sessions missed, and among 256 attended, about as in the national figures.
_MISSED: Final = {"I": 134, "O": 58, "G": 16, "M": 14, "C": 10, "U": 8, "N": 8, "E": 4, "R": 2, "T": 2}
_ATTENDED: Final = {"L": 6, "V": 3, "B": 2, "P": 1, "K": 1}
_TERMS: Final = (
    ((9, 2), (10, 24)), ((11, 3), (12, 19)), ((1, 5), (2, 13)), ((2, 23), (3, 27)), ((4, 13), (5, 22)),
    ((6, 1), (7, 28)),
)  # fmt: skip
# C2 is of a few children for weeks on end: of one in fifty all that is missed, 2% of all absence.
_PART_TIME: Final = 0.02


def term_days(year: int) -> list[tuple[dt.date, dt.date]]:
    """The first and last day of each of the year's six half-terms."""
    return [(dt.date(year + (a < 8), a, b), dt.date(year + (c < 8), c, d)) for (a, b), (c, d) in _TERMS]


def school_days(year: int, number: int = 190) -> list[dt.date]:
    """The first so many days of the school year that began in `year`: Mondays to Fridays in six half-terms."""
    found = [first + dt.timedelta(days=at) for first, last in term_days(year) for at in range((last - first).days + 1)]
    return [day for day in found if day.weekday() < 5][:number]


def invented(pupils: int, days: list[dt.date], rng: np.random.Generator) -> Bytes:
    """Rows of marks of one academic year on these days, uint8[pupils, WIDTH]. Half of absence is in whole weeks."""
    rate = np.minimum(rng.gamma(0.9, 0.09, pupils), 0.97)[:, None]
    weeks = np.unique([day.isocalendar()[:2] for day in days], axis=0, return_inverse=True)[1].reshape(-1)
    away = (rng.random((pupils, int(weeks.max()) + 1), np.float32) < 0.4 * rate)[:, weeks]
    away |= rng.random((pupils, len(days)), np.float32) < 0.6 * rate
    missed = np.repeat(away, 2, axis=1)
    chance = np.frombuffer(rng.bytes(missed.size), np.uint8).reshape(missed.shape)
    missed &= chance < 250
    attended = np.where(
        np.arange(missed.shape[1]) % 2 == 0, _drawn(_ATTENDED, "/")[chance], _drawn(_ATTENDED, "\\")[chance]
    )
    marks = np.zeros((pupils, WIDTH), np.uint8)
    codes = np.where(rng.random((pupils, 1)) < _PART_TIME, np.uint8(NUMBERS["C2"]), _drawn(_MISSED, "I")[chance])
    marks[:, _columns(days)] = np.where(missed, codes, attended)
    return marks


def _drawn(shares: dict[str, int], otherwise: str) -> Bytes:
    """The number of a mark for each value of a random byte."""
    numbers = [NUMBERS[mark] for mark, share in shares.items() for _ in range(share)]
    numbers += [NUMBERS[otherwise]] * (256 - len(numbers))
    return np.random.default_rng(1).permutation(np.array(numbers, np.uint8))


def _columns(days: list[dt.date]) -> npt.NDArray[np.intp]:
    return np.array([column_of(day, half) for day in days for half in (0, 1)], np.intp)
