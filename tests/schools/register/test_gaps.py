"""Codes N that have stood for more than five school days."""

from __future__ import annotations

from datetime import date

import numpy as np

from schools.register import gaps
from schools.register import marks as m
from schools.register.measures import open_columns
from tests.schools.register.registers import Cells, matrix, span, whole_year

YEAR = 2025
TWO_WEEKS = span(date(2025, 10, 6), date(2025, 10, 17), "/")


def old(*pupils: Cells) -> list[int]:
    """How many are too old, at the end of the marks given; the group's other child is always there."""
    there: Cells = {cell: "/" for pupil in pupils for cell, mark in pupil.items() if mark != "#"}
    marks = matrix(*pupils, there, there)
    n = len(marks)
    group = np.zeros(n, np.int32)
    opened = open_columns(marks, YEAR, **whole_year(n), group=group, groups=1)
    flags = m.look_up(marks, YEAR, "flags")
    return gaps.old_unknown(marks, flags, np.full(n, 9, np.int32), opened, group).tolist()[: len(pupils)]


def test_a_code_is_too_old_on_the_sixth_school_day_after_its_own() -> None:
    on_the_ninth = TWO_WEEKS | {(date(2025, 10, 9), 0): "N"}
    assert old(on_the_ninth) == [1]
    assert old(TWO_WEEKS | {(date(2025, 10, 10), 0): "N"}) == [0]


def test_days_without_school_do_not_make_a_code_older() -> None:
    closed = TWO_WEEKS | span(date(2025, 10, 15), date(2025, 10, 15), "#") | {(date(2025, 10, 9), 0): "N"}
    assert old(closed) == [0]


def test_only_code_n_is_counted_and_each_session_of_it() -> None:
    marks = (
        TWO_WEEKS | span(date(2025, 10, 6), date(2025, 10, 7), "N") | span(date(2025, 10, 8), date(2025, 10, 8), "O")
    )
    assert old(marks, TWO_WEEKS) == [4, 0]


def test_where_there_are_no_days_yet_nothing_is_old() -> None:
    assert gaps.old_from(np.zeros((2, m.WIDTH), np.bool_)).tolist() == [-1, -1]
