"""Calendars as rows of half-days: open, closed or not known, from terms, bank holidays and the days that differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import TERMS, Term, Window, year_window
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import AM, PM, WIDTH, Bytes, Columns, Flags, columns_used
from schools.register.measures import OPEN_SHARE, Groups

OPEN: Final = 1
CLOSED: Final = 0
NOT_KNOWN: Final = -1

Calendar = npt.NDArray[np.int8]

# Marks that say that school was held; a Y or a D says nothing about the school's doors.
_HELD_FLAGS: Final = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG


@dataclass(frozen=True)
class TermDays:
    """A term's first and last day and its half-term holiday."""

    days: Window
    half_term: Window | None = None


@dataclass(frozen=True)
class Difference:
    """Days that are open or closed whatever the term says; `half` AM or PM, None for both.

    Days that are open are the weekdays of the span: a Saturday or Sunday only where it holds nothing else.
    """

    days: Window
    is_open: bool
    half: int | None = None


def columns_of(year: int, days: Window, half: int | None = None) -> slice:
    """The columns of those days within the academic year; with a half, every second one of them."""
    held = year_window(year)
    first, last = max(days.first, held.first), min(days.last, held.last)
    start, stop = 2 * (first - held.first).days, 2 * (last - held.first).days + 2
    if stop <= start:
        return slice(0, 0)
    return slice(start, stop) if half is None else slice(start + half, stop, 2)


def terms_row(year: int, terms: Mapping[Term, TermDays], bank_holidays: Collection[date] = ()) -> Calendar:
    """An academic year by its terms, int8[WIDTH]: OPEN, CLOSED or NOT_KNOWN.

    Weekdays of a known term are open but for half term and bank holidays; the days between two known terms, before
    a known autumn and after a known summer are closed. Around a term that is not known nothing is known.
    """
    row = np.full(WIDTH, NOT_KNOWN, np.int8)
    for days in _holidays(year, terms):
        row[columns_of(year, days)] = CLOSED
    for term in terms.values():
        row[columns_of(year, term.days)] = OPEN
        if term.half_term:
            row[columns_of(year, term.half_term)] = CLOSED
    never = _weekends(year)
    row[never & (row == OPEN)] = CLOSED
    off = _columns_of_days(year, frozenset(bank_holidays))
    row[off] = np.minimum(row[off], CLOSED)
    row[columns_used(year) :] = NOT_KNOWN
    return row


def _holidays(year: int, terms: Mapping[Term, TermDays]) -> Iterable[Window]:
    """The spans between known terms, before the first and after the last of the year."""
    one, held = timedelta(days=1), year_window(year)
    if Term.AUTUMN in terms:
        yield Window(held.first, terms[Term.AUTUMN].days.first - one)
    for before, after in pairwise(TERMS):
        if before in terms and after in terms:
            yield Window(terms[before].days.last + one, terms[after].days.first - one)
    if Term.SUMMER in terms:
        yield Window(terms[Term.SUMMER].days.last + one, held.last)


@cache
def _weekends(year: int) -> Flags:
    """Which columns are of a Saturday or Sunday, bool[WIDTH]; read-only."""
    weekday = (np.arange(WIDTH) // 2 + date(year, 8, 1).weekday()) % 7
    found: Flags = weekday > 4
    found.flags.writeable = False
    return found


@cache
def _columns_of_days(year: int, days: frozenset[date]) -> Flags:
    """Which columns are of one of these days, bool[WIDTH]; read-only."""
    found: Flags = np.zeros(WIDTH, np.bool_)
    for day in days:
        found[columns_of(year, Window(day, day))] = True
    found.flags.writeable = False
    return found


def with_differences(row: Calendar, year: int, differences: Iterable[Difference]) -> Calendar:
    """A copy of the row with these days put in, the later over the earlier."""
    found = row.copy()
    for one in differences:
        found[_columns_meant(year, one)] = OPEN if one.is_open else CLOSED
    return found


def _columns_meant(year: int, one: Difference) -> Flags:
    """bool[WIDTH]. Whoever says that Friday to Monday is open says nothing of the weekend between."""
    meant: Flags = np.zeros(WIDTH, np.bool_)
    meant[columns_of(year, one.days, one.half)] = True
    weekdays: Flags = meant & ~_weekends(year)
    return weekdays if one.is_open and weekdays.any() else meant


def as_the_calendar_says(is_open: Flags, calendar: Calendar | None) -> Flags:
    """The half-days judged open by the marks, but where the calendar knows, what it says. bool[groups, WIDTH]."""
    return is_open if calendar is None else np.where(calendar == NOT_KNOWN, is_open, calendar == OPEN)


def open_after(calendar: Calendar, year: int, column: int) -> Columns:
    """Open half-days after a column, int16[groups]; NOT_KNOWN where the calendar does not know every day to come.

    calendar int8[groups, WIDTH] of that academic year; the columns a common year leaves unused are not looked at.
    """
    to_come = calendar[:, column + 1 : columns_used(year)]
    opened = (to_come == OPEN).sum(axis=1, dtype=np.int16)
    return np.where((to_come == NOT_KNOWN).any(axis=1), NOT_KNOWN, opened).astype(np.int16)


def closed_after(calendar: Calendar, last: Columns) -> Calendar:
    """A copy, int8[groups, WIDTH], in which nothing is open after a column of each row: of who has left by then."""
    return np.where(np.arange(WIDTH) > last[:, None], np.int8(CLOSED), calendar)


@dataclass(frozen=True)
class Disagreement:
    """Where calendar and marks differ, bool[groups, WIDTH] each.

    open_not_marked: the calendar says open, at least half on roll have #. closed_but_marked: the calendar says
    closed, at least half on roll have a mark of attendance or absence.
    """

    open_not_marked: Flags
    closed_but_marked: Flags


def disagreement(
    calendar: Calendar, flags: Bytes, closures: Flags, *, lower: Columns, upper: Columns, group: Groups
) -> Disagreement:
    """Compare a calendar with the register of its groups.

    flags uint8[n, WIDTH] and closures bool[n, WIDTH] (which marks are #), zero outside columns lower to upper of
    each row; group int[n] points into the calendar's rows.
    """
    groups = len(calendar)
    held, closed = np.zeros((groups, WIDTH), np.int32), np.zeros((groups, WIDTH), np.int32)
    np.add.at(held, group, (flags & _HELD_FLAGS) != 0)
    np.add.at(closed, group, closures)
    steps = np.zeros((groups, WIDTH + 1), np.int32)
    enrolled = lower <= upper
    np.add.at(steps, (group[enrolled], lower[enrolled]), 1)
    np.add.at(steps, (group[enrolled], upper[enrolled] + 1), -1)
    on_roll = np.cumsum(steps[:, :WIDTH], axis=1, dtype=np.int32)
    return Disagreement(
        open_not_marked=(calendar == OPEN) & (closed > 0) & (OPEN_SHARE * closed >= on_roll),
        closed_but_marked=(calendar == CLOSED) & (held > 0) & (OPEN_SHARE * held >= on_roll),
    )


HALVES: Final = {"": None, "am": AM, "pm": PM}
