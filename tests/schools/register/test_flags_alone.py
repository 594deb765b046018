"""The night's shorter ways, over marks looked up and cut off once, give what the whole ways give."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from schools.register import codes, measures, runs
from schools.register.codes import NUMBERS
from schools.register.marks import NOT_STATED, WIDTH, column_of, look_up
from schools.register.thresholds import NEVER, RegisterYear, ten_week_totals, unauthorised_from, windows_in_year

ROWS, GROUPS = 60, 3
CODES = np.array([NUMBERS[mark] for mark in ("/", "/", "/", "I", "O", "O", "G", "X", "#", "L", "U")], np.uint8)


def _marks(year: int, rng: np.random.Generator, last: dt.date) -> np.ndarray:
    """Random marks on weekdays from September to a day; some pupils are away for weeks."""
    marks = np.zeros((ROWS, WIDTH), np.uint8)
    day = dt.date(year, 9, 2)
    while day <= last:
        if day.weekday() < 5:
            columns = slice(column_of(day, 0), column_of(day, 1) + 1)
            marks[:, columns] = rng.choice(CODES, (ROWS, 2))
            marks[rng.random(ROWS) < 0.3, columns] = NUMBERS["O"]
        day += dt.timedelta(days=1)
    marks[::5, 100:140][marks[::5, 100:140] > 0] = NUMBERS["I"]
    marks[::7] = 0
    return marks


@pytest.mark.parametrize("year", [2024, 2025])
@pytest.mark.parametrize("last", [(9, 26), (11, 14), (2, 20), (7, 10)], ids=str)
def test_the_shorter_ways_agree_with_the_whole_ones(year: int, last: tuple[int, int]) -> None:
    rng = np.random.default_rng(year + last[0])
    marks = _marks(year, rng, dt.date(year + (last[0] < 8), *last))
    before = _marks(year - 1, rng, dt.date(year, 7, 10))
    group = np.sort(rng.integers(0, GROUPS, ROWS)).astype(np.int32)
    admitted = np.where(rng.random(ROWS) < 0.5, NOT_STATED, rng.integers(0, 200, ROWS)).astype(np.int16)
    left = np.where(rng.random(ROWS) < 0.8, WIDTH - 1, rng.integers(100, 500, ROWS)).astype(np.int16)
    enrolled = {"admitted": admitted, "left": left}
    flags = look_up(marks, year, "flags")
    lower = measures.enrolled_from(flags, admitted)
    measures.clip(flags, lower, left)

    is_open = measures.open_columns(marks, year, **enrolled, group=group, groups=GROUPS)
    assert (measures.open_of_flags(flags, lower, left, group, GROUPS) == is_open).all()

    for first in (None, rng.integers(0, 300, ROWS).astype(np.int16)):
        whole = measures.totals(
            marks, year, **enrolled, open=is_open, group=group, first_column=0 if first is None else first
        )
        short = measures.totals_of_flags(flags, lower=lower, upper=left, open=is_open, group=group, first_column=first)
        for name, values in vars(whole).items():
            assert (vars(short)[name] == values).all(), name
        if first is None:
            returned = runs.absence_runs(marks, year, **enrolled).returned_at
            assert (runs.returns_of_flags(flags, whole.absent) == returned).all()

    window = windows_in_year(is_open, year)[group]
    whole_way = ten_week_totals(
        RegisterYear(year, marks, is_open, group, admitted, left),
        RegisterYear(year - 1, before, is_open, group, admitted, left),
    ).total
    within = window != NEVER
    short_way = unauthorised_from(flags, year, np.maximum(window, lower), left)
    assert (short_way[within] == whole_way[within]).all()
    assert within.all() == (last not in ((9, 26),))


def test_the_latest_return_is_that_of_a_walk_from_session_to_session() -> None:
    rng = np.random.default_rng(7)
    kinds = np.array([0, codes.NOT_POSSIBLE_FLAG, codes.ATTENDED_FLAG, codes.AUTHORISED_FLAG], np.uint8)
    spells = rng.choice(kinds, (400, 60), p=(0.1, 0.1, 0.3, 0.5)).repeat(rng.integers(1, 9, 60), axis=1)
    single = rng.random(spells.shape) < 0.02
    flags = np.where(single, rng.choice(kinds, spells.shape), spells)[:, :240].astype(np.uint8)
    flags[::5, ::6] = codes.ATTENDED_FLAG  # of these no one is away for long
    absent = (flags == codes.AUTHORISED_FLAG).sum(axis=1).astype(np.int32)
    found = runs.returns_of_flags(flags, absent)
    assert found.tolist() == [walked(row) for row in flags.tolist()]
    assert (found == runs.NEVER).any() and len(set(found.tolist())) > 50


def walked(row: list[int]) -> int:
    """The column of the first session attended after the latest five whole days of absence or more."""
    latest, run = runs.NEVER, 0
    for column, flag in enumerate(row):
        if flag == codes.ATTENDED_FLAG:
            latest, run = (column if run >= 10 else latest), 0
        run += flag == codes.AUTHORISED_FLAG
    return latest
