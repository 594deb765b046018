"""Term dates as a file: one row a term, half term or day that differs. What is written can be read again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from attendance_portal.days import TERMS, Term, Window, year_of
from schools.calendars.calendar_keeping import Differing
from schools.models import CalendarEntry
from schools.reading.dates import read_date
from schools.reading.lists import rows_under
from schools.reading.problems import UnreadableUpload
from schools.register.calendars import TermDays
from schools.stored.school_days import Terms

HEADINGS: Final = ["What", "First day", "Last day", "Half", "Reason"]
_HALVES: Final = {
    "": CalendarEntry.Half.WHOLE, "all day": CalendarEntry.Half.WHOLE, "whole day": CalendarEntry.Half.WHOLE,
    "morning only": CalendarEntry.Half.AM, "morning": CalendarEntry.Half.AM, "am": CalendarEntry.Half.AM,
    "afternoon only": CalendarEntry.Half.PM, "afternoon": CalendarEntry.Half.PM, "pm": CalendarEntry.Half.PM,
}  # fmt: skip
KINDS: Final = {
    "inset day": CalendarEntry.Kind.INSET,
    "planned closure": CalendarEntry.Kind.CLOSED,
    "unplanned closure": CalendarEntry.Kind.UNPLANNED,
    "open": CalendarEntry.Kind.OPEN,
}
MOST_BYTES: Final = 200_000
_CENTURY_ENDS: Final = dt.date(2099, 12, 31)


@dataclass
class TermFile:
    """What a file says, by academic year; `problems` are sentences, and with any of them nothing is to be used."""

    terms: dict[int, dict[Term, TermDays]] = field(default_factory=dict)
    entries: list[Differing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    number: int
    what: str
    days: Window
    half: str
    reason: str


def read_terms(content: bytes) -> TermFile:
    """Read a file of term dates (see HEADINGS; a file may leave out the last two). Dates with the day first."""
    found = TermFile()
    rows = list(_rows(content, found))
    halves: dict[tuple[int, Term], _Row] = {}
    whole: dict[tuple[int, Term], _Row] = {}
    for row in rows:
        match = re.fullmatch(r"(autumn|spring|summer) (half )?term", row.what)
        if match:
            key = (year_of(row.days.first), Term(match[1]))
            _put(halves if match[2] else whole, key, row, found)
            if row.half:
                found.problems.append(f"Row {row.number}: the {row.what} has no half. Leave “Half” empty.")
        elif row.what in KINDS:
            found.entries.append(Differing(KINDS[row.what].value, row.days, row.half, reason=row.reason))
        else:
            known = ", ".join(["autumn term", "autumn half term", *KINDS])
            found.problems.append(f"Row {row.number}: “{row.what}” is not known. Write one of: {known}.")
    for key, row in whole.items():
        half = halves.pop(key, None)
        found.terms.setdefault(key[0], {})[key[1]] = TermDays(row.days, half.days if half else None)
    for (_, term), row in halves.items():
        found.problems.append(f"Row {row.number}: the {term.value} half term has no {term.value} term of that year.")
    if not rows and not found.problems:
        found.problems.append("The file has no rows below its headings.")
    return found


def _put(rows: dict[tuple[int, Term], _Row], key: tuple[int, Term], row: _Row, found: TermFile) -> None:
    if key in rows:
        found.problems.append(
            f"Row {row.number}: the {row.what} of that year stands on row {rows[key].number} already."
        )
    rows[key] = row


def _rows(content: bytes, found: TermFile) -> Iterator[_Row]:
    wanted = {name.casefold() for name in HEADINGS[:3]}
    try:
        told = rows_under(content, lambda cells: wanted <= set(_tidied(cells)), limit=MOST_BYTES)
    except UnreadableUpload as unreadable:
        found.problems.append(unreadable.problem().message)
        return
    if told is None:
        names = ", ".join(f"“{name}”" for name in HEADINGS[:3])
        found.problems.append(f"The file has no row with the headings {names}. They must be: {', '.join(HEADINGS)}.")
        return
    for line, cells in told.rows:
        yield from _row(line, dict(zip(_tidied(told.headings), (cell.strip() for cell in cells), strict=False)), found)


def _tidied(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _row(number: int, told: Mapping[str, str], found: TermFile) -> Iterator[_Row]:
    first, last = (read_day(told.get(name, "")) for name in ("first day", "last day"))
    typed = told.get("first day", ""), told.get("last day", "")
    if first is None or (last is None and typed[1]):
        bad = typed[0] if first is None else typed[1]
        found.problems.append(f"Row {number}: “{bad}” is not a date. Write it as day/month/year, such as 01/09/2026.")
        return
    last = last or first
    if last < first:
        found.problems.append(f"Row {number}: the last day, {typed[1]}, is before the first, {typed[0]}.")
        return
    what = " ".join(told.get("what", "").casefold().replace("-", " ").split())
    what = what.replace("halfterm", "half term")
    half = _HALVES.get(" ".join(told.get("half", "").casefold().split()))
    if half is None:
        words = "“Morning only”, “Afternoon only” or nothing"
        found.problems.append(f"Row {number}: “{told['half']}” is not known as a half of the day. Write {words}.")
        return
    yield _Row(number, what, Window(first, last), half.value, told.get("reason", "")[:200])


def read_day(text: str) -> dt.date | None:
    """A day of this century with the day of the month first, or as 2026-09-01; None for anything else."""
    day = read_date(text, on=_CENTURY_ENDS).day
    return day if day and _CENTURY_ENDS.year - 100 < day.year <= _CENTURY_ENDS.year else None


def rows_of(terms: Terms, entries: Iterable[CalendarEntry]) -> Iterator[list[str]]:
    """Terms and entries as rows of such a file; entries in the order in which they were made, for the later counts."""
    for term in TERMS:
        if term in terms:
            yield [f"{term.value.capitalize()} term", *_written(terms[term].days), "", ""]
            if half := terms[term].half_term:
                yield [f"{term.value.capitalize()} half term", *_written(half), "", ""]
    for one in sorted(entries, key=lambda one: one.pk):
        half_words = one.get_half_display() if one.half else ""
        yield [one.get_kind_display(), *_written(Window(one.first_on, one.last_on)), half_words, one.reason]


def _written(days: Window) -> list[str]:
    return [f"{day:%d/%m/%Y}" for day in days]
