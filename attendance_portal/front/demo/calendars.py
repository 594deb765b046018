"""Invented term dates: 190 days of school and five INSET days in each year, for any year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

SCHOOL_DAYS = 190
INSET_DAYS = 5
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class SchoolYear:
    """Every day on which a school's register has a column, and which of them it is closed to pupils."""

    starts_on: date
    days: tuple[date, ...]
    closed: frozenset[date]


def academic_year_of(day: date) -> int:
    """The calendar year in which the school year of `day` begins; a school year begins on 1 August."""
    return day.year if day.month >= 8 else day.year - 1


def easter_sunday(year: int) -> date:
    """Western Easter by the anonymous Gregorian computus (Butcher, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, before = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, before + 1)


def weekdays_in_term(year: int) -> list[date]:
    """The 195 weekdays of terms in the school year that begins in `year`, bank holidays left out."""
    away = _holidays(year)
    day = _monday_on_or_after(date(year, 8, 30))
    day = day if day.month == 9 else date(year, 9, 1)
    days: list[date] = []
    while len(days) < SCHOOL_DAYS + INSET_DAYS:
        if day.weekday() < 5 and not any(first <= day <= last for first, last in away):
            days.append(day)
        day += _DAY
    return days


def school_year(year: int, *, until: date, rng: np.random.Generator) -> SchoolYear:
    """One school's year as far as `until` (inclusive), with INSET days of its own choosing."""
    days = weekdays_in_term(year)
    term_starts = [at for at in range(1, len(days)) if days[at] - days[at - 1] > timedelta(days=4)]
    chosen = {days[0], days[-1], days[1], days[term_starts[1]]}
    others = [days[at] for at in (*term_starts[2:], term_starts[0]) if days[at] not in chosen]
    chosen.add(others[int(rng.integers(len(others)))])
    held = tuple(day for day in days if day <= until)
    return SchoolYear(date(year, 8, 1), held, frozenset(chosen))


def terms(year: int) -> list[tuple[date, date, date, date]]:
    """First and last day of each of the three terms, and of its half-term holiday."""
    days = weekdays_in_term(year)
    autumn_half, christmas, spring_half, easter, _, summer_half = _holidays(year)
    bounds = (
        (days[0], christmas[0], autumn_half),
        (christmas[1] + _DAY, easter[0], spring_half),
        (easter[1] + _DAY, date(year + 1, 8, 1), summer_half),
    )
    found = []
    for first, end, (monday, _sunday) in bounds:
        held = [day for day in days if first <= day < end]
        found.append((held[0], held[-1], monday, monday + 4 * _DAY))
    return found


def autumn_half_term(day: date) -> date:
    """The Monday of the autumn half term of a day's school year."""
    return _holidays(academic_year_of(day))[0][0]


def _holidays(year: int) -> list[tuple[date, date]]:
    christmas = _monday_on_or_before(date(year, 12, 22))
    new_term = _monday_on_or_after(date(year + 1, 1, 3))
    easter = easter_sunday(year + 1)
    before_easter = easter - timedelta(days=6)
    may_day = _monday_on_or_after(date(year + 1, 5, 1))
    spring = _monday_on_or_before(date(year + 1, 5, 31))
    return [
        _week_of(_monday_on_or_after(date(year, 10, 22))),
        (christmas, new_term - _DAY),
        _week_of(_monday_on_or_after(date(year + 1, 2, 12))),
        (before_easter, before_easter + 2 * _WEEK - _DAY),
        (may_day, may_day),
        _week_of(spring),
    ]


def _week_of(monday: date) -> tuple[date, date]:
    return monday, monday + timedelta(days=6)


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _monday_on_or_before(day: date) -> date:
    return day - timedelta(days=day.weekday())
