"""Small numbers that are hidden stay hidden, whatever is added up or taken away."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from attendance_portal.front.small_numbers import SMALL, Sum, hidden_cells

Table = dict[tuple[int, int], int]


def crossed(rows: list[list[int]]) -> tuple[dict[object, int], list[Sum]]:
    """A table with its totals by row and column, and what adds up to what."""
    height, width = len(rows), len(rows[0])
    counts: dict[object, int] = {(r, c): rows[r][c] for r in range(height) for c in range(width)}
    sums = []
    for r in range(height):
        counts[r, "all"] = sum(rows[r])
        sums.append(Sum((r, "all"), tuple((r, c) for c in range(width))))
    for c in (*range(width), "all"):
        parts = tuple((r, c) for r in range(height))
        counts["all", c] = sum(counts[part] for part in parts)
        sums.append(Sum(("all", c), parts))
    return counts, sums


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert hidden_cells(*crossed([[10, 0], [20, 30]])) == set()


def test_a_small_count_takes_company_in_its_row_and_its_column() -> None:
    hidden = hidden_cells(*crossed([[3, 40, 50], [60, 70, 80], [90, 95, 99]]))
    assert (0, 0) in hidden
    assert len(hidden) >= 4
    for line in (0, 1, 2):
        assert len([cell for cell in hidden if cell[0] == line]) != 1
        assert len([cell for cell in hidden if cell[1] == line]) != 1


def test_two_small_counts_whose_sum_is_small_take_a_third() -> None:
    counts = {"a": 1, "b": 1, "c": 30, "d": 40, "all": 72}
    assert hidden_cells(counts, [Sum("all", ("a", "b", "c", "d"))]) == {"a", "b", "c"}


def test_a_school_of_three_pupils_is_hidden_whole() -> None:
    hidden = hidden_cells(*crossed([[1, 2], [50, 60], [70, 80]]))
    assert {(0, 0), (0, 1), (0, "all")} <= hidden


def test_a_count_that_is_told_in_two_ways_is_hidden_in_both() -> None:
    counts = {"band 5": 3, "other": 97, "severe": 3, "all": 100}
    hidden = hidden_cells(counts, [Sum("all", ("band 5", "other")), Sum("severe", ("band 5",))])
    assert {"band 5", "severe", "other"} <= hidden


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 40, 300]), min_size=width, max_size=width),
        min_size=1,
        max_size=5,
    )
)


@settings(max_examples=200, deadline=None)
@given(tables)
def test_no_sum_gives_a_small_count_away(rows: list[list[int]]) -> None:
    counts, sums = crossed(rows)
    hidden = hidden_cells(counts, sums)
    assert {cell for cell, count in counts.items() if count in SMALL} <= hidden
    for one in sums:
        parts = [cell for cell in one.parts if cell in hidden]
        if one.total in hidden:
            assert parts
        elif parts:
            assert len(parts) > 1
            assert sum(counts[cell] for cell in parts) > 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=2, max_size=2))
def test_every_small_count_could_be_another_one(rows: list[list[int]]) -> None:
    """Tried out by hand: some other table agrees with everything that is shown, and differs in the small count."""
    counts, sums = crossed(rows)
    hidden = hidden_cells(counts, sums)
    inner = [(r, c) for r in range(2) for c in range(2)]
    could_be = {cell: {counts[cell]} for cell in inner}
    for values in itertools.product(range(14), repeat=4):
        other, _ = crossed([list(values[:2]), list(values[2:])])
        if all(other[cell] == counts[cell] for cell in counts if cell not in hidden):
            for cell in inner:
                could_be[cell].add(other[cell])
    for cell in inner:
        if counts[cell] in SMALL:
            assert len(could_be[cell]) > 1
