"""Rows of marks: columns and days, bytes and matrices, and what each mark counts as by its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from attendance_portal.days import year_of
from schools.register.codes import MARKS, NUMBERS, Edition, edition_on, editions

WIDTH: Final = 732  # two half-days for each of 366 days; a common year leaves the last two columns unused
AM: Final = 0
PM: Final = 1
NOT_STATED: Final = -1  # admission column of a pupil whose admission day no one has stated

Bytes = npt.NDArray[np.uint8]
Columns = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int32]


class Span(NamedTuple):
    """Columns `first` to `stop` (not included) that fall under one edition of the code book."""

    first: int
    stop: int
    edition: Edition


def column_of(day: date, half: int) -> int:
    """The column of a half-day (AM 0, PM 1) in the row of its own academic year."""
    return 2 * (day - date(year_of(day), 8, 1)).days + half


def day_of(year: int, column: int) -> date:
    return date(year, 8, 1) + timedelta(days=column // 2)


def half_of(column: int) -> int:
    return column % 2


def columns_used(year: int) -> int:
    """730, or 732 where the academic year holds 29 February."""
    return 2 * (date(year + 1, 8, 1) - date(year, 8, 1)).days


def admission_column(year: int, admitted_on: date | None) -> int:
    """First column of an enrolment: NOT_STATED without a day, WIDTH if admitted after the year."""
    if admitted_on is None:
        return NOT_STATED
    return min(max(2 * (admitted_on - date(year, 8, 1)).days, 0), WIDTH)


def leaving_column(year: int, left_on: date | None) -> int:
    """Last column of an enrolment, the leaving day included: -1 if the pupil left before the year."""
    if left_on is None:
        return WIDTH - 1
    return min(max(2 * (left_on - date(year, 8, 1)).days + 1, -1), WIDTH - 1)


def last_column_on(year: int, on: date) -> int:
    """The last column up to and including a day, within the year; -1 if the day is before it."""
    return min(leaving_column(year, on), columns_used(year) - 1)


def empty(n: int) -> Bytes:
    """n rows without a mark, uint8[n, WIDTH]."""
    return np.zeros((n, WIDTH), dtype=np.uint8)


def from_rows(rows: Sequence[bytes | memoryview]) -> Bytes:
    """A matrix uint8[n, WIDTH] of stored rows; raises ValueError where a row is not WIDTH bytes long."""
    if any(len(row) != WIDTH for row in rows):
        raise ValueError(f"A register row is {WIDTH} bytes long.")
    return np.frombuffer(bytearray().join(rows), dtype=np.uint8).reshape(len(rows), WIDTH)


def to_rows(marks: Bytes) -> list[bytes]:
    """The rows of a matrix as they are stored."""
    whole = marks.tobytes()
    return [whole[start : start + WIDTH] for start in range(0, len(whole), WIDTH)]


def mark_at(row: Bytes, column: int) -> str:
    """The mark as written, or '' where there is none."""
    return MARKS.get(int(row[column]), "")


def number_of(mark: str) -> int:
    """The stored number of a mark; raises KeyError for a mark that is not in the code book."""
    return NUMBERS[mark]


@cache
def spans(year: int) -> tuple[Span, ...]:
    """The editions of the code book that a year's columns fall under; two in 2024/25."""
    first_day, found = date(year, 8, 1), []
    for edition in editions():
        if edition.in_force_until and edition.in_force_until < first_day:
            continue
        first = max(2 * (edition.in_force_from - first_day).days, 0)
        stop = WIDTH
        if edition.in_force_until:
            stop = min(2 * (edition.in_force_until - first_day).days + 2, WIDTH)
        if first < WIDTH:
            found.append(Span(first, stop, edition))
    edition_on(first_day)  # a year before the book opens is refused
    return tuple(found)


def _through(table: bytes, marks: Bytes) -> Bytes:
    """Every byte through a 256-byte table: bytes.translate is several times faster than numpy's take."""
    return np.frombuffer(bytearray(np.ascontiguousarray(marks)).translate(table), dtype=np.uint8).reshape(marks.shape)


def look_up(marks: Bytes, year: int, table: Literal["classes", "flags"]) -> Bytes:
    """A writable uint8 array of the same shape, each mark seen through the edition in force on its day."""
    (_, _, edition), *later = spans(year)
    found = _through(getattr(edition, table), marks)
    for first, stop, edition in later:
        found[:, first:stop] = _through(getattr(edition, table), marks[:, first:stop])
    return found


def classes(marks: Bytes, year: int) -> Bytes:
    """What each mark counts as (the class constants of `codes`), uint8[n, WIDTH]."""
    return look_up(marks, year, "classes")
