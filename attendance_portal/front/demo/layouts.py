"""The CSV files that schools' systems would export: the same marks in the layouts of different makers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from attendance_portal.front.demo.world import Bytes
from schools.register.codes import MARKS, NUMBERS

AFTERNOON: Final = 1


@dataclass(frozen=True)
class Style:
    """How one school's system writes its file. `columns` pairs a heading with a field of `Row`.

    `layout`: "long" (a row a mark), "session" (a column a session) or "day" (a column a day).
    `day` is the form of a date in headings or cells; `born` that of the other dates.
    """

    layout: str
    columns: tuple[tuple[str, str], ...]
    day: str = "%d/%m/%Y"
    born: str = "%d/%m/%Y"
    sessions: tuple[str, str] = ("AM", "PM")
    year_group: str = "{}"
    titled: bool = False
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    mark_columns: tuple[str, str, str] = ("Date", "Session", "Mark")


@dataclass(frozen=True)
class Row:
    """What stands before the marks of one pupil."""

    upn: str
    local_id: str
    surname: str
    forename: str
    born_on: date
    year_group: int
    reg_group: str
    admission_on: date
    leaving_on: date | None


STYLES: Final = (
    Style(
        "session",
        (
            ("UPN", "upn"),
            ("Adno", "local_id"),
            ("Legal Surname", "surname"),
            ("Legal Forename", "forename"),
            ("DOB", "born_on"),
            ("Year Group", "year_group"),
            ("Reg Group", "reg_group"),
            ("Date of Admission", "admission_on"),
            ("Date of Leaving", "leaving_on"),
        ),
        titled=True,
    ),
    Style(
        "long",
        (
            ("UPN", "upn"),
            ("Student ID", "local_id"),
            ("Last Name", "surname"),
            ("First Name", "forename"),
            ("Date of Birth", "born_on"),
            ("NC Year", "year_group"),
            ("Form", "reg_group"),
        ),
        day="%Y-%m-%d",
        born="%Y-%m-%d",
        encoding="utf-8-sig",
        mark_columns=("Attendance Date", "Session", "Attendance Code"),
    ),
    Style(
        "session",
        (
            ("Unique Pupil Number", "upn"),
            ("Admission Number", "local_id"),
            ("Pupil Name", "name"),
            ("Birth Date", "born_on"),
            ("Year", "year_group"),
            ("Class", "reg_group"),
            ("Start Date", "admission_on"),
            ("End Date", "leaving_on"),
        ),
        day="%d/%m/%y",
        sessions=("am", "pm"),
        year_group="Year {}",
        encoding="cp1252",
    ),
    Style(
        "day",
        (
            ("UPN", "upn"),
            ("Adm No", "local_id"),
            ("Surname", "surname"),
            ("Forename", "forename"),
            ("DoB", "born_on"),
            ("Yr", "year_group"),
            ("Reg", "reg_group"),
            ("Admission Date", "admission_on"),
            ("Leaving Date", "leaving_on"),
        ),
        year_group="Y{}",
        titled=True,
        line_end="\n",
    ),
    Style(
        "session",
        (
            ("UPN", "upn"),
            ("MIS ID", "local_id"),
            ("Surname", "surname"),
            ("Given Name", "forename"),
            ("Date of Birth", "born_on"),
            ("Year Group", "year_group"),
            ("Tutor Group", "reg_group"),
            ("Entry Date", "admission_on"),
            ("Leave Date", "leaving_on"),
        ),
        day="%Y-%m-%d",
        born="%Y-%m-%d",
        encoding="utf-8-sig",
        line_end="\n",
    ),
)
"""Style number 1 is long: its files are large, so few schools have it."""


def write_file(style: Style, title: str, rows: Sequence[Row], days: Sequence[date], marks: Bytes) -> bytes:
    """The bytes of the file; `marks` has a row for each of `rows` and two columns for each of `days`."""
    lines: list[str] = []
    if style.titled and days:
        lines += [_line([title]), _line([_period(days)]), ""]
    body = {"long": _long, "session": _by_session, "day": _by_day}[style.layout]
    lines += body(style, rows, days, marks)
    return (style.line_end.join(lines) + style.line_end).encode(style.encoding)


def _period(days: Sequence[date]) -> str:
    return f"Attendance register from {days[0]:%d/%m/%Y} to {days[-1]:%d/%m/%Y}"


def _by_session(style: Style, rows: Sequence[Row], days: Sequence[date], marks: Bytes) -> Iterable[str]:
    heads = [f"{day.strftime(style.day)} {session}" for day in days for session in style.sessions]
    yield _line([*_headings(style), *heads])
    for row, cells in zip(rows, _texts("")[marks].tolist(), strict=True):
        yield f"{_line(_cells(style, row))},{','.join(cells)}"


def _by_day(style: Style, rows: Sequence[Row], days: Sequence[date], marks: Bytes) -> Iterable[str]:
    yield _line([*_headings(style), *(day.strftime(style.day) for day in days)])
    texts = _texts("-")
    both = texts[marks[:, ::2]] + texts[marks[:, 1::2]]
    both[(marks[:, ::2] == 0) & (marks[:, 1::2] == 0)] = ""
    for row, cells in zip(rows, both.tolist(), strict=True):
        yield f"{_line(_cells(style, row))},{','.join(cells)}"


def _long(style: Style, rows: Sequence[Row], days: Sequence[date], marks: Bytes) -> Iterable[str]:
    yield _line([*_headings(style), *style.mark_columns])
    whens = [f",{day.strftime(style.day)},{session}," for day in days for session in style.sessions]
    texts = _texts("")
    for row, numbers in zip(rows, marks, strict=True):
        start = _line(_cells(style, row))
        given = np.flatnonzero(numbers)
        codes = texts[numbers[given]].tolist()
        yield from [f"{start}{whens[at]}{code}" for at, code in zip(given.tolist(), codes, strict=True)]


def _texts(missing: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    texts = np.full(max(NUMBERS.values()) + 1, missing, dtype=object)
    for number, mark in MARKS.items():
        texts[number] = mark
    return texts


def _headings(style: Style) -> list[str]:
    return [heading for heading, _ in style.columns]


def _cells(style: Style, row: Row) -> list[str]:
    return [_cell(style, row, name) for _, name in style.columns]


def _cell(style: Style, row: Row, name: str) -> str:
    if name == "name":
        return f"{row.surname}, {row.forename}"
    value = getattr(row, name)
    if isinstance(value, date):
        return value.strftime(style.born)
    if name == "year_group":
        return "R" if value == 0 else style.year_group.format(value)
    return value or ""


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(list(cells))
    return buffer.getvalue()
