"""Columns and days, stored rows, percentages, band policies, and who is at risk."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from schools.register import bands, codes, forecasts, weeks
from schools.register import marks as m
from schools.register.measures import percent_text
from tests.schools.register.registers import span, totals_of


@pytest.mark.parametrize("year", [2023, 2025])
def test_every_half_day_has_its_own_column_and_back(year: int) -> None:
    first = date(year, 8, 1)
    every = [first + timedelta(days=n) for n in range((date(year + 1, 8, 1) - first).days)]
    columns = [m.column_of(day, half) for day in every for half in (m.AM, m.PM)]
    assert columns == list(range(m.columns_used(year)))
    assert [m.day_of(year, c) for c in columns[::2]] == every
    assert m.columns_used(2023) == 732 and m.columns_used(2025) == 730


def test_rows_are_stored_as_their_bytes() -> None:
    marks = m.empty(3)
    marks[1, 5], marks[2, 731] = 19, 38
    assert np.array_equal(m.from_rows(m.to_rows(marks)), marks)
    assert m.from_rows([]).shape == (0, m.WIDTH)
    assert m.mark_at(marks[1], 5) == "I" and m.mark_at(marks[1], 6) == ""


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="732 bytes"):
        m.from_rows([bytes(731)])


def test_the_edges_of_an_enrolment_stay_within_the_year() -> None:
    assert m.admission_column(2025, None) == m.NOT_STATED
    assert m.admission_column(2025, date(2019, 9, 1)) == 0
    assert m.admission_column(2025, date(2025, 8, 2)) == 2
    assert m.admission_column(2025, date(2026, 9, 1)) == m.WIDTH
    assert m.leaving_column(2025, None) == m.WIDTH - 1
    assert m.leaving_column(2025, date(2025, 8, 2)) == 3
    assert m.leaving_column(2025, date(2025, 7, 31)) == -1


def test_looking_up_does_not_change_the_register() -> None:
    marks = m.empty(1)
    marks[0, 100] = m.number_of("O")
    found = m.classes(marks, 2025)
    found[:] = 0
    assert marks[0, 100] == codes.NUMBERS["O"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(314, 358, "87.7"), (1, 2000, "0.1"), (1, 2001, "0.0"), (2, 3, "66.7"), (5, 5, "100.0"), (0, 7, "0.0")],
)
def test_a_percentage_is_rounded_half_up(numerator: int, denominator: int, shown: str) -> None:
    assert percent_text(numerator, denominator) == shown


def policy(first: tuple[int, int], third: tuple[int, int]) -> bands.BandPolicy:
    return bands.BandPolicy(
        as_expected_from=first,
        persistent_from=third,
        in_force_from=date(2025, 9, 1),
        source="Policy of an invented authority",
        strength=bands.LINCOLNSHIRE.strength,
        confidence=bands.LINCOLNSHIRE.confidence,
    )


def test_an_authority_sets_its_own_edges_but_not_the_national_ones() -> None:
    own = policy((93, 100), (3, 4))
    attended, possible = np.array([93, 92, 90, 75, 74, 50], np.int32), np.full(6, 100, np.int32)
    assert bands.bands(attended, possible, own).tolist() == [1, 2, 3, 3, 4, 5]
    assert bands.policy_on([own], date(2025, 9, 1)) is own
    assert bands.policy_on([], date(2025, 9, 1)) is bands.LINCOLNSHIRE


@pytest.mark.parametrize(
    ("first", "third"), [((90, 100), (4, 5)), ((101, 100), (4, 5)), ((19, 20), (1, 2)), ((19, 20), (91, 100))]
)
def test_a_policy_that_would_move_the_national_edges_is_refused(first: tuple[int, int], third: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="band must begin"):
        policy(first, third)


def test_at_risk_next_term_is_low_lately_but_above_for_the_year() -> None:
    steady = span(date(2025, 9, 8), date(2025, 12, 19), "/")
    slipping = steady | span(date(2025, 12, 1), date(2025, 12, 3), "I")
    long_gone = steady | span(date(2025, 9, 8), date(2025, 12, 5), "I")
    year = totals_of(2025, steady, slipping, long_gone)
    first = m.column_of(date(2025, 11, 10), m.AM)
    recent = totals_of(2025, steady, slipping, long_gone, first_column=first)
    found = bands.at_risk_next_term(recent.absent, recent.possible, year.absent, year.possible)
    assert found.tolist() == [False, True, False]


def test_the_window_of_the_last_six_school_weeks_skips_the_holiday() -> None:
    opened = np.zeros((1, m.WIDTH), np.bool_)
    for first, last in ((date(2025, 9, 8), date(2025, 10, 24)), (date(2025, 11, 3), date(2025, 12, 19))):
        opened[0, m.column_of(first, 0) : m.column_of(last, 1) + 1] = True
    last_column = m.last_column_on(2025, date(2025, 11, 12))
    found = weeks.window_of_last_weeks(opened, 2025, last_column=last_column)
    assert m.day_of(2025, int(found[0])) == date(2025, 9, 29)
    early = weeks.window_of_last_weeks(opened, 2025, last_column=m.last_column_on(2025, date(2025, 9, 20)))
    assert early[0] == 0


def test_headroom_of_a_pupil_with_full_attendance() -> None:
    full = np.array([190], np.int32)
    assert forecasts.headroom(full, full).tolist() == [[10, 21, 47, 189]]
    assert forecasts.before_persistent(full, full).tolist() == [21]
    assert forecasts.before_severe(full, full).tolist() == [189]
    assert forecasts.year_end_headroom(full, full, 190).tolist() == [[19, 37, 76, 189]]
