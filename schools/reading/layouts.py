"""The two layouts, long and wide, brought to one form: half-days of pupils with the text of each cell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schools.reading.cells import MarkReading, read_day_cell, read_mark
from schools.reading.date_order import column_readings, headings_in_other_order, span_of
from schools.reading.dates import DateReading, Heading, in_range, plain, read_session
from schools.reading.headers import Header
from schools.reading.problems import LISTED_PER_KIND, Problem, ProblemLog
from schools.reading.table import Table
from schools.register.codes import BOOK_OPENS_ON

NOT_READ: Final = -1
ENOUGH_TO_TELL: Final = 10
"""Rows from which a column without one readable value means that the columns are mixed up."""

Ints = npt.NDArray[Any]


@dataclass(slots=True)
class HalfDays:
    """Half-days as the file gives them, one element each; `row` counts rows of the table from 0.

    `day` points into `days`, `text` into `texts` and `readings`, `heading` into `headings`. A cell for a
    whole day appears twice, with session 0 and 1.
    """

    row: Ints
    day: Ints
    session: Ints
    text: Ints
    heading: Ints
    days: list[dt.date]
    texts: list[str]
    readings: list[MarkReading]
    whole_day: npt.NDArray[np.bool_]
    """For each text, whether it stands in a cell for a whole day."""
    headings: list[str]

    def only(self, kept: npt.NDArray[np.bool_]) -> HalfDays:
        """These half-days, with the same vocabularies."""
        return replace(
            self,
            row=self.row[kept],
            day=self.day[kept],
            session=self.session[kept],
            text=self.text[kept],
            heading=self.heading[kept],
        )


def read_long(table: Table, header: Header, log: ProblemLog, on: dt.date) -> HalfDays:
    """One half-day for each row with a date and a session; rows without are told in `log`."""
    at = header.fields
    dates, marks = table.columns[at["date"]], table.columns[at["mark"]]
    readings = column_readings(dates, header, on)
    days, day_of = _days_of(readings)
    day = day_of[dates.codes]
    session = _sessions(table, header, readings)
    _tell_column(table, header, log, name="date", read=day)
    if "session" in at:
        _tell_column(table, header, log, name="session", read=session)
    sound = (day >= 0) & (session >= 0)
    texts = [read_mark(value) for value in marks.values]
    _tell_no_marks(table, header, texts, log)
    rows = np.arange(table.rows, dtype=np.int32)
    cells = HalfDays(
        rows,
        day,
        session,
        marks.codes,
        np.broadcast_to(np.int32(0), table.rows),
        days,
        marks.values,
        texts,
        np.zeros(len(texts), bool),
        [header.cells[at["mark"]]],
    )
    return cells if sound.all() else cells.only(sound)


def _days_of(readings: list[DateReading]) -> tuple[list[dt.date], npt.NDArray[np.int32]]:
    """The distinct days in order, and for each reading which of them it is."""
    found = [reading.day if reading.day and reading.day >= BOOK_OPENS_ON else None for reading in readings]
    days = sorted({day for day in found if day})
    place = {day: at for at, day in enumerate(days)}
    return days, np.array([place[day] if day else NOT_READ for day in found], np.int32)


def has_times(header: Header, table: Table, on: dt.date) -> bool:
    """Whether the date column tells the session by a time of day (any but midnight)."""
    return any(reading.hour for reading in column_readings(table.columns[header.fields["date"]], header, on))


def _sessions(table: Table, header: Header, dates: list[DateReading]) -> npt.NDArray[np.int8]:
    at = header.fields.get("session")
    if at is None:
        by_time = [NOT_READ if r.hour is None else int(r.hour >= 12) for r in dates]
        return np.array(by_time, np.int8)[table.columns[header.fields["date"]].codes]
    column = table.columns[at]
    read = [read_session(value) for value in column.values]
    return np.array([NOT_READ if s is None else s for s in read], np.int8)[column.codes]


_HOLDS: Final = {"date": "dates", "session": "sessions (AM or PM)"}


def _tell_column(table: Table, header: Header, log: ProblemLog, *, name: str, read: Ints) -> None:
    """Tell each row whose cell was not read; or, where none of many was, that the columns are mixed up."""
    rows = np.flatnonzero(read < 0)
    if not len(rows):
        return
    column, heading = table.columns[header.fields[name]], header.cells[header.fields[name]]

    def told(row: int, kind: str, details: tuple[tuple[str, str], ...] = ()) -> Problem:
        return Problem(kind, int(table.lines[row]), heading, column.values[column.codes[row]], details)

    if len(rows) == table.rows >= ENOUGH_TO_TELL:
        log.add(told(int(rows[0]), "columns-mixed-up", (("what", _HOLDS[name]),)))
        return
    kind = f"bad-{name}"
    log.add_all(kind, (told(row, kind) for row in rows[:LISTED_PER_KIND].tolist()), len(rows))


def _tell_no_marks(table: Table, header: Header, readings: list[MarkReading], log: ProblemLog) -> None:
    if table.rows < ENOUGH_TO_TELL or not all(reading.fault for reading in readings):
        return
    at = header.fields["mark"]
    value = table.columns[at].values[table.columns[at].codes[0]]
    what = (("what", "attendance codes"),)
    log.add(Problem("columns-mixed-up", int(table.lines[0]), header.cells[at], value, what))


def read_wide(table: Table, header: Header, log: ProblemLog, *, on: dt.date, file_name: str) -> HalfDays | None:
    """A half-day for each cell under the heading of a day (two where the heading names no session).

    None, with the problem in `log`, where the headings' dates cannot be trusted or have no year.
    """
    stopping = _untrusted(header, on, file_name)
    if stopping:
        log.add(stopping)
        return None
    span = span_of(header, on, file_name)
    resolved = {at: _resolve(heading, span) for at, heading in header.days.items()}
    for at, wrong in resolved.items():
        if isinstance(wrong, str):
            _tell_heading(table, header, at, wrong, log)
    sound = {at: day for at, day in resolved.items() if isinstance(day, dt.date)}
    days = sorted(set(sound.values()))
    place = {day: n for n, day in enumerate(days)}
    return _gather(table, header, [(at, place[day]) for at, day in sound.items()], days)


def _untrusted(header: Header, on: dt.date, file_name: str) -> Problem | None:
    problem = headings_in_other_order(header)
    if problem:
        return problem
    without = [h for h in header.days.values() if h.short]
    if without and span_of(header, on, file_name) is None:
        return Problem("year-missing", header.line, without[0].text, without[0].text)
    return None


def _resolve(heading: Heading, span: tuple[dt.date, dt.date] | None) -> dt.date | str:
    """The day of a heading, or what is wrong with it."""
    day = heading.reading.day
    if heading.short and span:
        day = in_range(*heading.short, span)
    if day is None or day < BOOK_OPENS_ON:
        outside = heading.short and span
        return "it is not a day of the period above the headings" if outside else "it is not a date"
    if heading.weekday is not None and heading.weekday != day.weekday():
        return "its weekday is not that of its date"
    return day


def _tell_heading(table: Table, header: Header, at: int, why: str, log: ProblemLog) -> None:
    column = table.columns[at]
    filled = np.array([bool(plain(value)) for value in column.values], bool)[column.codes]
    times = max(int(filled.sum()), 1)
    log.add(Problem("bad-heading", header.line, header.cells[at], header.cells[at], (("why", why),), times))


def _gather(table: Table, header: Header, columns: list[tuple[int, int]], days: list[dt.date]) -> HalfDays:
    """The cells row by row, as one vocabulary of texts (one in a day cell apart from one in a session's)."""
    vocabulary: dict[tuple[bool, str], int] = {}
    text = np.empty((table.rows, len(columns)), np.int32)
    for n, (at, _) in enumerate(columns):
        whole = header.days[at].session is None
        column = table.columns[at]
        numbers = [vocabulary.setdefault((whole, value), len(vocabulary)) for value in column.values]
        text[:, n] = np.array(numbers, np.int32)[column.codes]
    halves = [(n, half) for n, (at, _) in enumerate(columns) for half in _halves(header.days[at])]
    order = np.array([n for n, _ in halves], np.int32)
    session = np.array([half for _, half in halves], np.int8)
    day = np.array([place for _, place in columns], np.int32)[order]
    readings = [read_day_cell(value) if whole else read_mark(value) for whole, value in vocabulary]
    return HalfDays(
        np.repeat(np.arange(table.rows, dtype=np.int32), len(halves)),
        np.tile(day, table.rows),
        np.tile(session, table.rows),
        text[:, order].ravel(),
        np.tile(order, table.rows),
        days,
        [value for _, value in vocabulary],
        readings,
        np.array([whole for whole, _ in vocabulary], bool),
        [header.cells[at] for at, _ in columns],
    )


def _halves(heading: Heading) -> tuple[int, ...]:
    return (0, 1) if heading.session is None else (heading.session,)
