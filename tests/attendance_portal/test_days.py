"""School years, census windows of the terms, and the two tests of age."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from attendance_portal import days
from attendance_portal.days import Term


def test_the_year_turns_on_the_first_of_august() -> None:
    assert days.year_of(date(2025, 7, 31)) == 2024
    assert days.year_of(date(2025, 8, 1)) == 2025


def test_a_year_is_written_with_a_slash() -> None:
    assert days.year_label(2025) == "2025/26"
    assert days.year_label(1999) == "1999/00"


@pytest.mark.parametrize(
    "sunday",
    [
        date(2008, 3, 23), date(2019, 4, 21), date(2022, 4, 17), date(2024, 3, 31),
        date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25),
    ],
)  # fmt: skip
def test_easter_is_found(sunday: date) -> None:
    assert days.easter(sunday.year) == sunday


def test_the_terms_follow_the_census_windows() -> None:
    assert days.term_window(2025, Term.AUTUMN) == (date(2025, 8, 1), date(2025, 12, 31))
    assert days.term_window(2025, Term.SPRING) == (date(2026, 1, 1), date(2026, 4, 5))
    assert days.term_window(2025, Term.SUMMER) == (date(2026, 4, 6), date(2026, 7, 31))
    assert days.term_of(date(2026, 4, 5)) is Term.SPRING
    assert days.term_of(date(2026, 4, 6)) is Term.SUMMER


def test_the_summer_halves_meet_at_the_late_may_bank_holiday() -> None:
    assert days.summer_halves(2025) == (
        (date(2026, 4, 6), date(2026, 5, 24)),
        (date(2026, 5, 25), date(2026, 7, 31)),
    )


def test_the_jubilee_moved_the_bank_holiday() -> None:
    assert days.spring_bank_holiday(2026) == date(2026, 5, 25)
    assert days.spring_bank_holiday(2022) == date(2022, 6, 2)
    assert days.summer_halves(2011)[0].last == date(2012, 6, 3)
    assert days.summer_halves(2021)[0].last == date(2022, 5, 29)


def test_every_day_of_a_year_is_in_exactly_one_term() -> None:
    for year in range(2010, 2040):
        first, last = days.year_window(year)
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            assert sum(days.term_window(year, term).holds(day) for term in Term) == 1


def test_the_term_before_autumn_is_the_summer_of_the_year_before() -> None:
    assert days.previous_term(2025, Term.AUTUMN) == (2024, Term.SUMMER)
    assert days.previous_term(2025, Term.SUMMER) == (2025, Term.SPRING)
    assert days.next_term(2025, Term.SUMMER) == (2026, Term.AUTUMN)
    assert days.next_term(2025, Term.AUTUMN) == (2025, Term.SPRING)


def test_a_week_begins_on_monday() -> None:
    assert days.monday_of(date(2025, 9, 14)) == date(2025, 9, 8)
    assert days.monday_of(date(2025, 9, 8)) == date(2025, 9, 8)


@pytest.mark.parametrize(
    ("born_on", "starts_on"),
    [
        (date(2020, 3, 31), date(2025, 3, 31)),
        (date(2020, 4, 1), date(2025, 8, 31)),
        (date(2020, 8, 31), date(2025, 8, 31)),
        (date(2020, 9, 1), date(2025, 12, 31)),
        (date(2020, 1, 1), date(2025, 3, 31)),
        (date(2020, 2, 29), date(2025, 3, 31)),
    ],
)
def test_compulsory_school_age_starts_on_the_next_prescribed_day(born_on: date, starts_on: date) -> None:
    assert days.compulsory_school_age_starts_on(born_on) == starts_on


@pytest.mark.parametrize(
    ("born_on", "ends_on"),
    [
        (date(2009, 9, 1), date(2026, 6, 26)),
        (date(2010, 8, 31), date(2026, 6, 26)),
        (date(2010, 9, 1), date(2027, 6, 25)),
    ],
)
def test_compulsory_school_age_ends_on_the_last_friday_in_june(born_on: date, ends_on: date) -> None:
    assert days.compulsory_school_age_ends_on(born_on) == ends_on
    assert days.is_of_compulsory_school_age(born_on, ends_on)
    assert not days.is_of_compulsory_school_age(born_on, ends_on + timedelta(days=1))


def test_official_rates_count_ages_five_to_fifteen_on_31_august() -> None:
    assert days.counts_in_official_rates(date(2020, 8, 31), 2025)
    assert not days.counts_in_official_rates(date(2020, 9, 1), 2025)
    assert days.counts_in_official_rates(date(2009, 9, 1), 2025)
    assert not days.counts_in_official_rates(date(2009, 8, 31), 2025)


def test_a_child_born_on_29_february_grows_older_on_1_march_in_a_common_year() -> None:
    assert days.age_on(date(2020, 2, 29), date(2025, 2, 28)) == 4
    assert days.age_on(date(2020, 2, 29), date(2025, 3, 1)) == 5


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [(14, 0, "2pm"), (14, 30, "2:30pm"), (9, 5, "9:05am"), (12, 0, "midday"), (0, 0, "midnight"), (12, 15, "12:15pm")],
)
def test_times_are_written_as_on_gov_uk(hour: int, minute: int, words: str) -> None:
    assert days.time_words(datetime(2026, 11, 24, hour, minute)) == words
    assert days.moment_words(datetime(2026, 11, 24, hour, minute)) == f"24 November 2026 at {words}"
