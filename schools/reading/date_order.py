"""Which way round a file writes its dates: what its own dates prove, and where nothing but a person can tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from schools.reading.dates import NO_DATE, DateReading, Heading, in_range, in_words, read_date, stated_range
from schools.reading.headers import Header
from schools.reading.problems import Problem
from schools.reading.table import Column, Table

_DATES: Final = ("date", "born_on", "admitted_on", "left_on")
_AUGUST: Final = 8
_AS_DENSE: Final = 2
"""How many times as dense the days must lie in one order as in the other to tell which it is."""

Span = tuple[dt.date, dt.date]


def column_readings(column: Column, header: Header, on: dt.date) -> list[DateReading]:
    """The date in each distinct value of a column, in the order that the school said or with the day first."""
    return [_sound(read_date(value, on=on, month_first=header.month_first)) for value in column.values]


def _sound(reading: DateReading) -> DateReading:
    """Nothing, where the weekday that is written is not that of the date."""
    wrong = reading.day and reading.weekday is not None and reading.weekday != reading.day.weekday()
    return NO_DATE if wrong else reading


def span_of(header: Header, on: dt.date, file_name: str) -> Span | None:
    """The first and last day that the rows above the headings, or the file's name, state."""
    return stated_range([*header.titles, file_name], on=on, month_first=header.month_first)


# --- Dates of the other order ------------------------------------------------------------------------------------


def columns_in_other_order(table: Table, header: Header, on: dt.date) -> Iterator[Problem]:
    """The problem of each date column that is one only in the other order: 13 or more in its wrong place alone."""
    for name in _DATES:
        at = header.fields.get(name)
        if at is None:
            continue
        column = table.columns[at]
        value = _contradicting(column_readings(column, header, on), column.values)
        if value is not None:
            row = int(table.lines[int(np.argmax(column.codes == column.values.index(value)))])
            yield Problem(_kind(header), row, header.cells[at], value)


def headings_in_other_order(header: Header) -> Problem | None:
    """The same of headings that are days."""
    headings = list(header.days.values())
    text = _contradicting([_order_of(heading) for heading in headings], [heading.text for heading in headings])
    return None if text is None else Problem(_kind(header), header.line, text, text)


def _contradicting(readings: Sequence[DateReading], texts: Sequence[str]) -> str | None:
    if any(reading.proves for reading in readings):
        return None
    return next((text for reading, text in zip(readings, texts, strict=True) if reading.contradicts), None)


def _kind(header: Header) -> str:
    return "day-first-date" if header.month_first else "month-first-date"


def _order_of(heading: Heading) -> DateReading:
    """A heading's reading, with what a date without a year says of the order."""
    if heading.short is None:
        return heading.reading
    day, month = heading.short
    return DateReading(contradicts=month > 12 >= day, proves=day > 12)


# --- Dates of either order ---------------------------------------------------------------------------------------


def either_way(table: Table, header: Header, *, on: dt.date, file_name: str) -> Problem | None:
    """The problem that the days of the marks may be read in both orders, and that nothing in the file tells which.

    Where one date of any column has 13 or more in its first place, the day comes first in all. Else the day comes
    first where only so all days can have been school days, or where so they lie at least twice as dense: a week's
    days read with the month first lie a month apart. Nothing where the school said it.
    """
    if header.date_order or header.is_summary:
        return None
    columns = [
        column_readings(table.columns[at], header, on) for name in _DATES if (at := header.fields.get(name)) is not None
    ]
    headings = [] if header.is_long else list(header.days.values())
    if any(one.proves for readings in columns for one in readings) or any(_order_of(one).proves for one in headings):
        return None
    both = _both_of_column(table, header, on) if header.is_long else _both_of_headings(header, on, file_name)
    doubtful = [(text, day, other) for text, day, other in both if day != other]
    if not doubtful or _is_day_first({day for _, day, _ in both}, {other for _, _, other in both}, on):
        return None
    text, day, other = doubtful[0]
    details = (("day", in_words(day)), ("other", in_words(other)))
    return Problem("dates-either-way", *_place(table, header, text), text, details)


Both = list[tuple[str, dt.date, dt.date]]
"""Each date as it stands, the day it is with the day first, and the day it is with the month first."""


def _both_of_column(table: Table, header: Header, on: dt.date) -> Both:
    column = table.columns[header.fields["date"]]
    used = np.unique(column.codes).tolist()
    readings = column_readings(column, header, on)
    return [(column.values[at], day, readings[at].other or day) for at in used if (day := readings[at].day)]


def _both_of_headings(header: Header, on: dt.date, file_name: str) -> Both:
    span = span_of(header, on, file_name)
    found = ((heading.text, *_days_of(heading, span)) for heading in header.days.values())
    return [(text, day, other) for text, day, other in found if day and other]


def _days_of(heading: Heading, span: Span | None) -> tuple[dt.date | None, dt.date | None]:
    """The day of a heading in both orders; the same twice where its weekday or its period tells the order."""
    day, other = heading.reading.day, heading.reading.other
    if heading.short and span:
        day, other = in_range(*heading.short, span), in_range(*heading.short[::-1], span)
    if other is None or heading.weekday not in (None, other.weekday()):
        return day, day
    return day, other


def _is_day_first(days: set[dt.date], others: set[dt.date], on: dt.date) -> bool:
    sound, others_sound = _may_be_school_days(days, on), _may_be_school_days(others, on)
    if sound != others_sound:
        return sound
    return _density(days) >= _AS_DENSE * _density(others)


def _may_be_school_days(days: Iterable[dt.date], on: dt.date) -> bool:
    """None at a weekend, in August or still to come."""
    return all(day <= on and day.weekday() < 5 and day.month != _AUGUST for day in days)


def _density(days: set[dt.date]) -> float:
    return len(days) / ((max(days) - min(days)).days + 1)


def _place(table: Table, header: Header, text: str) -> tuple[int, str]:
    """The row and the heading of a date that was found among the marks' days."""
    if not header.is_long:
        return header.line, text
    at = header.fields["date"]
    column = table.columns[at]
    return int(table.lines[int(np.argmax(column.codes == column.values.index(text)))]), header.cells[at]
