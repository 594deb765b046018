"""Small registers for tests: marks by day and half-day, or by counts of codes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypedDict

import numpy as np

from schools.register import marks as m
from schools.register.measures import Totals, open_columns, totals

Cells = dict[tuple[date, int], str]


def matrix(*pupils: Cells) -> m.Bytes:
    """One row for each pupil's marks by (day, half)."""
    found = m.empty(len(pupils))
    for row, cells in enumerate(pupils):
        for (day, half), mark in cells.items():
            found[row, m.column_of(day, half)] = m.number_of(mark)
    return found


def counted(codes: dict[str, int], begins: date) -> Cells:
    """So many of each code, two a day on weekdays from a day on."""
    cells: Cells = {}
    day, half = begins, 0
    for mark, times in codes.items():
        for _ in range(times):
            while day.weekday() > 4:
                day += timedelta(days=1)
            cells[day, half] = mark
            day, half = (day, 1) if half == 0 else (day + timedelta(days=1), 0)
    return cells


def span(first: date, last: date, mark: str) -> Cells:
    """The same code on both halves of every weekday of a span."""
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {(day, half): mark for day in every if day.weekday() < 5 for half in (0, 1)}


class Enrolled(TypedDict):
    admitted: m.Columns
    left: m.Columns


def whole_year(n: int) -> Enrolled:
    return {"admitted": np.zeros(n, np.int16), "left": np.full(n, m.WIDTH - 1, np.int16)}


def totals_of(year: int, *pupils: Cells, **window: int) -> Totals:
    """Totals of pupils of one year group who are on roll all year."""
    marks, group = matrix(*pupils), np.zeros(len(pupils), np.int32)
    enrolled = whole_year(len(pupils))
    opened = open_columns(marks, year, **enrolled, group=group, groups=1)
    return totals(marks, year, **enrolled, open=opened, group=group, **window)


def totals_of_counts(year: int, codes: dict[str, int]) -> Totals:
    return totals_of(year, counted(codes, date(year, 9, 1)))
