"""A school's year of open and closed days as it is shown: months with the state of every day, and rows of a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.days import monday_of, year_window
from schools.models import CalendarEntry
from schools.register.calendars import CLOSED, NOT_KNOWN, OPEN, Calendar
from schools.register.marks import AM, PM, column_of
from schools.stored.bank_holidays import bank_holidays
from schools.stored.school_days import Calendars, Terms


@dataclass(frozen=True)
class State:
    """How a day is shown: a short word in its cell, a colour, and what it means."""

    word: str
    css: str
    meaning: str


OPEN_DAY: Final = State("Open", "present", "Open")
UNKNOWN: Final = State("?", "missing", "Not known: no term dates entered")
HOLIDAY: Final = State("–", "closed", "Holiday")
HALF_TERM: Final = State("–", "closed", "Half term")
WEEKEND: Final = State("–", "closed", "Weekend")
BANK: Final = State("Bank", "not-possible", "Bank holiday")
INSET: Final = State("INSET", "activity", "INSET day: closed to pupils")
SHUT: Final = State("Closed", "authorised", "Planned closure")
SUDDEN: Final = State("Shut", "unauthorised", "Unplanned closure")
MORNING: Final = State("Half", "activity", "Open in the morning only")
AFTERNOON: Final = State("Half", "activity", "Open in the afternoon only")
KEY: Final = (OPEN_DAY, INSET, SHUT, SUDDEN, BANK, HOLIDAY, MORNING, UNKNOWN)
_BY_KIND: Final = {"inset": INSET, "closed": SHUT, "unplanned": SUDDEN}


@dataclass(frozen=True)
class SchoolYear:
    """One year group's year (or, with "", what every year group has): its row of half-days and why."""

    year: int
    row: Calendar
    terms: Terms
    entries: Sequence[CalendarEntry]

    def halves(self, day: dt.date) -> tuple[int, int]:
        return int(self.row[column_of(day, AM)]), int(self.row[column_of(day, PM)])

    def why(self, day: dt.date) -> CalendarEntry | None:
        """The entry that decided about the day, the latest of those that touch it."""
        touching = [one for one in self.entries if one.first_on <= day <= one.last_on]
        return touching[-1] if touching else None

    def state(self, day: dt.date) -> State:
        """How the day is shown."""
        morning, afternoon = self.halves(day)
        if morning == afternoon == OPEN:
            return OPEN_DAY
        if OPEN in (morning, afternoon):
            return MORNING if morning == OPEN else AFTERNOON
        entry = self.why(day)
        if CLOSED in (morning, afternoon) and entry is not None and entry.kind in _BY_KIND:
            return _BY_KIND[entry.kind]
        if morning == NOT_KNOWN:
            return WEEKEND if day.weekday() > 4 else UNKNOWN
        return self._closed_by_itself(day)

    def _closed_by_itself(self, day: dt.date) -> State:
        if day.weekday() > 4:
            return WEEKEND
        term = next((one for one in self.terms.values() if one.days.holds(day)), None)
        if term is None:
            return HOLIDAY
        if term.half_term and term.half_term.holds(day):
            return HALF_TERM
        return BANK if day in bank_holidays() else HOLIDAY


def school_year(calendars: Calendars, school: int, year_group: str, year: int) -> SchoolYear | None:
    """The year as these calendars know it; None where nothing is known."""
    rows = calendars.rows([(school, year_group)], year)
    if rows is None or (rows[0] == NOT_KNOWN).all():
        return None
    own = [one for one in calendars.entries.get(school, ()) if one.year_group in ("", year_group)]
    in_order = sorted(own, key=lambda one: (bool(one.year_group), one.pk))
    entries = [*sorted(calendars.entries.get(None, ()), key=lambda one: one.pk), *in_order]
    return SchoolYear(year, rows[0], calendars.terms_of(school, year), entries)


def months(shown: SchoolYear, on: dt.date) -> list[dict[str, Any]]:
    """September to July, and August where a day of it is not holiday; Monday to Friday (longer for open weekends)."""
    window = year_window(shown.year)
    days = [window.first + dt.timedelta(days=n) for n in range((window.last - window.first).days + 1)]
    width = 7 if any(day.weekday() > 4 and OPEN in shown.halves(day) for day in days) else 5
    found = []
    for year, month in sorted({(day.year, day.month) for day in days}):
        inside = [day for day in days if (day.year, day.month) == (year, month)]
        if month != 8 or any(shown.state(day) not in (HOLIDAY, WEEKEND, UNKNOWN, BANK) for day in inside):
            found.append(_month(shown, inside, width, on))
    return found


def _month(shown: SchoolYear, days: Sequence[dt.date], width: int, on: dt.date) -> dict[str, Any]:
    weeks = []
    for start in sorted({monday_of(day) for day in days}):
        week = [start + dt.timedelta(days=n) for n in range(width)]
        cells = [_cell(shown, day, on) if day in days else None for day in week]
        if any(cells):
            weeks.append(cells)
    return {"name": f"{days[0]:%B %Y}", "weeks": weeks}


def _cell(shown: SchoolYear, day: dt.date, on: dt.date) -> dict[str, Any]:
    entry = shown.why(day)
    state = shown.state(day)
    reason = entry.reason if entry and state not in (WEEKEND, OPEN_DAY) else ""
    words = f"{day:%A %-d %B}: {state.meaning.lower()}{f' ({reason})' if reason else ''}"
    return {"number": day.day, "state": state, "words": words, "today": day == on}


def counts(shown: SchoolYear) -> dict[str, int]:
    """Days open (half days count half), INSET days and days shut without a plan."""
    window = year_window(shown.year)
    days = [window.first + dt.timedelta(days=n) for n in range((window.last - window.first).days + 1)]
    states = [shown.state(day) for day in days if day.weekday() < 5]
    return {
        "sessions": int((shown.row == OPEN).sum()),
        "inset": states.count(INSET),
        "unplanned": states.count(SUDDEN),
    }


def day_rows(shown: SchoolYear) -> Iterator[list[Any]]:
    """Every weekday of the year for a file: day, weekday, morning, afternoon, state, reason."""
    window, words = year_window(shown.year), {OPEN: "open", CLOSED: "closed", NOT_KNOWN: "not known"}
    for n in range((window.last - window.first).days + 1):
        day = window.first + dt.timedelta(days=n)
        morning, afternoon = shown.halves(day)
        if day.weekday() < 5 or OPEN in (morning, afternoon):
            entry = shown.why(day)
            reason = entry.reason if entry else ""
            yield [day, f"{day:%A}", words[morning], words[afternoon], shown.state(day).meaning, reason]


def term_rows(terms: Terms, own: Terms) -> list[dict[str, Any]]:
    """The terms a school goes by, and whose each is."""
    return [
        {
            "name": f"{term.value.capitalize()} term",
            "first": days.days.first,
            "last": days.days.last,
            "half_term": days.half_term,
            "whose": "the school's own" if term in own else "the authority's",
        }
        for term, days in sorted(terms.items(), key=lambda pair: pair[1].days)
    ]
