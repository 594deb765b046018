"""A child's year as a calendar of marks, each with its code, its meaning and what it counts as."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.days import monday_of
from attendance_portal.law import NoRuleInForce
from schools.children.childs_year import ChildsYear, is_open_on
from schools.register.codes import (
    APPROVED_ACTIVITY,
    ATTENDING,
    AUTHORISED,
    CODE_BOOK,
    NOT_POSSIBLE,
    NUMBERS,
    UNAUTHORISED,
    class_of,
    meaning,
)

COUNTS_AS: Final = {
    ATTENDING: "Attending",
    AUTHORISED: "Authorised absence",
    UNAUTHORISED: "Unauthorised absence",
    NOT_POSSIBLE: "Not a possible session",
}
NOT_COUNTED: Final = "Not counted"
_CSS: Final = {AUTHORISED: "authorised", UNAUTHORISED: "unauthorised", NOT_POSSIBLE: "not-possible"}
_KEY_ORDER: Final = ("present", "activity", "authorised", "unauthorised", "not-possible", "closed", "missing")
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Mark:
    """A mark as it is shown."""

    code: str
    css: str
    meaning: str


MISSING: Final = Mark("–", "missing", "No mark, though the year group had school")


def meaning_of(code: str, on: dt.date) -> str:
    """The meaning on that day; of a code that was withdrawn before, the last it had."""
    try:
        return meaning(code, on)
    except NoRuleInForce:
        rows = [row for row in CODE_BOOK if row.mark == code and row.in_force_from <= on]
        return f"{rows[-1].meaning} (no longer in use)" if rows else "Not in use on that day"


def counts_as(code: str, on: dt.date) -> str:
    return COUNTS_AS.get(class_of(NUMBERS[code], on), NOT_COUNTED)


def mark_of(code: str, on: dt.date) -> Mark:
    kind = class_of(NUMBERS[code], on)
    css = _CSS.get(kind, "closed")
    if kind == ATTENDING:
        css = "activity" if code in APPROVED_ACTIVITY else "present"
    return Mark(code, css, meaning_of(code, on))


@dataclass(frozen=True)
class Calendar:
    """Months for `parts/calendar.html`, with the key of the marks that occur."""

    months: list[dict[str, Any]]
    key: list[Mark]
    weekdays: tuple[str, ...]


def calendar_of(one: ChildsYear, histories: Mapping[dt.date, str]) -> Calendar:
    """From the first month with a mark to the as-at day. A weekend is shown only where it has a mark.

    histories: the address of the history of its marks, for days that have one.
    """
    marks = {(day, half): mark_of(code, day) for day, half, code in one.held()}
    if not marks or one.as_at is None:
        return Calendar([], [], ())
    width = 7 if any(day.weekday() > 4 for day, _ in marks) else 5
    first, last = min(day for day, _ in marks), one.as_at
    days = {}
    for day in _days(first.replace(day=1), last):
        days[day] = _day(day, _half(one, marks, day, 0), _half(one, marks, day, 1)) | {"href": histories.get(day, "")}
    shown = {mark for day in days.values() for mark in (day["am"], day["pm"]) if mark}
    months = [_month(year, month, days, width) for year, month in sorted({(d.year, d.month) for d in days})]
    key = sorted(shown, key=lambda mark: (_KEY_ORDER.index(mark.css), mark.code))
    return Calendar(months, key, _WEEKDAYS if width == 7 else ())


def _days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))


def _half(one: ChildsYear, marks: dict[tuple[dt.date, int], Mark], day: dt.date, half: int) -> Mark | None:
    mark = marks.get((day, half))
    if mark is None and is_open_on(one, day, half):
        return MISSING
    return mark


def _day(day: dt.date, am: Mark | None, pm: Mark | None) -> dict[str, Any]:
    return {"number": day.day, "words": f"{day:%A %-d %B}", "am": am, "pm": pm}


def _month(year: int, month: int, days: dict[dt.date, dict[str, Any]], width: int) -> dict[str, Any]:
    inside = [day for day in days if (day.year, day.month) == (year, month)]
    mondays = sorted({monday_of(day) for day in inside})
    weeks = []
    for start in mondays:
        week = [start + dt.timedelta(days=n) for n in range(width)]
        shown = [days.get(day) if day.month == month else None for day in week]
        if any(shown):
            weeks.append(shown)
    return {"name": f"{dt.date(year, month, 1):%B %Y}", "weeks": weeks}
