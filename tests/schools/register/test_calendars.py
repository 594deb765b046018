"""Calendars as rows: terms, half terms, bank holidays and exceptions; what is not known; and where marks differ."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attendance_portal.days import TERMS, Term, Window, year_window
from schools.register import calendars, weeks
from schools.register import marks as m
from schools.register.calendars import CLOSED, NOT_KNOWN, OPEN, Difference, TermDays, terms_row, with_differences
from schools.register.codes import NUMBERS
from schools.register.measures import open_columns
from tests.schools.register.oracle import Cell, every_half, open_halves
from tests.schools.register.registers import matrix, span, whole_year
from tests.schools.register.test_oracle import GROUPS, random_school, register_year

SHEFFIELD = json.loads((Path(__file__).parents[2] / "data/calendars/sheffield_term_dates.json").read_text())
YEARS: list[dict[str, Any]] = SHEFFIELD["academic_years"]


def sheffield_terms(told: dict[str, Any]) -> dict[Term, TermDays]:
    """Terms from the council's list of holidays: three long ones end a term, the others halve one."""
    one = timedelta(days=1)
    spans = [(date.fromisoformat(h["start"]), date.fromisoformat(h["end"])) for h in told["school_holidays"]]
    _, autumn_half, christmas, spring_half, easter, summer_half, _ = spans
    first, last = (date.fromisoformat(told[name]) for name in ("first_school_day", "last_school_day"))
    edges = ((first, christmas[0] - one), (christmas[1] + one, easter[0] - one), (easter[1] + one, last))
    halves = (autumn_half, spring_half, summer_half)
    return {term: TermDays(Window(*days), Window(*half)) for term, days, half in zip(TERMS, edges, halves, strict=True)}


@pytest.mark.parametrize("told", YEARS, ids=[told["name"] for told in YEARS])
def test_sheffields_terms_and_bank_holidays_give_the_195_days_it_counts(told: dict[str, Any]) -> None:
    year = int(told["name"][:4])
    row = terms_row(year, sheffield_terms(told), [date.fromisoformat(day) for day in told["bank_holidays"]])
    assert (row == OPEN).sum() == 2 * told["school_days"] == 390
    assert (row[: m.columns_used(year)] != NOT_KNOWN).all()


def test_around_a_term_that_is_not_known_nothing_is_known() -> None:
    autumn = TermDays(Window(date(2025, 9, 1), date(2025, 12, 19)))
    row = terms_row(2025, {Term.AUTUMN: autumn})
    assert row[m.column_of(date(2025, 8, 29), 0)] == CLOSED
    assert row[m.column_of(date(2025, 9, 1), 0)] == OPEN
    assert row[m.column_of(date(2025, 9, 6), 0)] == CLOSED
    assert row[m.column_of(date(2025, 12, 20), 0)] == NOT_KNOWN
    assert row[m.column_of(date(2026, 4, 3), 0)] == NOT_KNOWN


def test_a_bank_holiday_closes_no_day_of_which_nothing_is_known() -> None:
    row = terms_row(2025, {}, [date(2025, 12, 25)])
    assert (row == NOT_KNOWN).all()


def test_the_later_exception_counts_and_a_half_day_is_its_own() -> None:
    day = date(2025, 9, 1)
    row = terms_row(2025, {Term.AUTUMN: TermDays(Window(day, date(2025, 12, 19)))})
    closed = Difference(Window(day, day), is_open=False)
    afternoon = Difference(Window(day, day), is_open=True, half=1)
    found = with_differences(row, 2025, [closed, afternoon])
    assert found[m.column_of(day, 0)] == CLOSED and found[m.column_of(day, 1)] == OPEN
    assert (with_differences(row, 2025, [afternoon, closed])[m.column_of(day, 0) :][:2] == CLOSED).all()
    assert row[m.column_of(day, 0)] == OPEN  # the row given is left as it was


def test_an_exception_that_reaches_beyond_the_year_is_cut_off_at_its_edges() -> None:
    row = np.full(m.WIDTH, NOT_KNOWN, np.int8)
    found = with_differences(row, 2025, [Difference(Window(date(2025, 7, 1), date(2025, 8, 1)), is_open=False)])
    assert (found == CLOSED).sum() == 2
    before = with_differences(row, 2025, [Difference(Window(date(2025, 7, 1), date(2025, 7, 2)), is_open=False)])
    assert (before == NOT_KNOWN).all()


def test_sessions_to_come_are_counted_after_the_day_and_only_where_all_of_them_are_known() -> None:
    told = YEARS[0]
    terms = sheffield_terms(told)
    holidays = [date.fromisoformat(day) for day in told["bank_holidays"]]
    autumn_alone = terms_row(2025, {Term.AUTUMN: terms[Term.AUTUMN]}, holidays)
    rows = np.stack([terms_row(2025, terms, holidays), autumn_alone])
    friday_before_last = m.column_of(date(2026, 7, 17), 1)
    assert calendars.open_after(rows, 2025, friday_before_last).tolist() == [2, NOT_KNOWN]
    assert calendars.open_after(rows, 2025, m.column_of(date(2026, 7, 31), 1)).tolist() == [0, 0]
    assert calendars.open_after(rows, 2025, m.column_of(date(2025, 8, 31), 1))[0] == 390


# --- Against plain loops --------------------------------------------------------------------------------------


def by_hand(year: int, terms: dict[Term, TermDays], off: list[date], exceptions: list[Difference]) -> dict[Cell, int]:
    """The year's half-days one by one, in the words of the rule."""
    found: dict[Cell, int] = {}
    for day, half in every_half(year):
        inside = [one for one in terms.values() if one.days.first <= day <= one.days.last]
        before = [term for term in TERMS if term in terms and terms[term].days.last < day]
        after = [term for term in TERMS if term in terms and day < terms[term].days.first]
        if inside:
            [one] = inside
            in_half_term = one.half_term is not None and one.half_term.first <= day <= one.half_term.last
            state = CLOSED if in_half_term or day.weekday() > 4 or day in off else OPEN
        elif not before and after:
            state = CLOSED if after[0] == Term.AUTUMN else NOT_KNOWN
        elif before and not after:
            state = CLOSED if before[-1] == Term.SUMMER else NOT_KNOWN
        else:
            gap = before and after and TERMS.index(after[0]) == TERMS.index(before[-1]) + 1
            state = CLOSED if gap else NOT_KNOWN
        for one_off in exceptions:
            if one_off.days.first <= day <= one_off.days.last and one_off.half in (None, half):
                span = (one_off.days.last - one_off.days.first).days + 1
                has_weekday = any((one_off.days.first + timedelta(days=n)).weekday() < 5 for n in range(span))
                if one_off.is_open and has_weekday and day.weekday() > 4:
                    continue
                state = OPEN if one_off.is_open else CLOSED
        found[day, half] = state
    return found


def some_terms(rng: random.Random, year: int) -> dict[Term, TermDays]:
    first = year_window(year).first
    found = {}
    for term, start in zip(TERMS, (20, 160, 265), strict=True):
        if rng.random() < 0.25:
            continue
        begins = first + timedelta(days=start + rng.randint(0, 20))
        ends = begins + timedelta(days=rng.randint(30, 75))
        half = begins + timedelta(days=rng.randint(5, 20))
        week = Window(half, half + timedelta(days=rng.randint(0, 7)))
        found[term] = TermDays(Window(begins, ends), rng.choice((None, week)))
    return found


def some_exceptions(rng: random.Random, year: int) -> list[Difference]:
    found = []
    for _ in range(rng.randint(0, 12)):
        begins = year_window(year).first + timedelta(days=rng.randint(-5, 368))
        ends = begins + timedelta(days=rng.choice((0, 0, 1, 5, 40)))
        found.append(Difference(Window(begins, ends), rng.random() < 0.4, rng.choice((None, None, 0, 1))))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_rows_agree_with_the_rule_worked_day_by_day(seed: int) -> None:
    rng = random.Random(seed)
    year = rng.choice((2023, 2024, 2025, 2027))
    terms, exceptions = some_terms(rng, year), some_exceptions(rng, year)
    off = [year_window(year).first + timedelta(days=rng.randint(0, 364)) for _ in range(8)]
    found = with_differences(terms_row(year, terms, off), year, exceptions)
    expected = by_hand(year, terms, off, exceptions)
    assert {cell: int(found[m.column_of(*cell)]) for cell in expected} == expected


@pytest.mark.parametrize("seed", range(5))
def test_where_a_calendar_knows_it_says_what_is_open_and_else_the_marks_do(seed: int) -> None:
    year, rng = 2025, random.Random(seed)
    pupils = random_school(seed, year)
    known = register_year(pupils, year, len(pupils))
    row = with_differences(terms_row(year, some_terms(rng, year)), year, some_exceptions(rng, year))
    calendar = np.tile(row, (GROUPS, 1))
    found = open_columns(
        known.marks, year, admitted=known.admitted, left=known.left, group=known.group, groups=GROUPS, calendar=calendar
    )
    assert (found == calendars.as_the_calendar_says(known.open, calendar)).all()
    for group in range(GROUPS):
        by_marks = open_halves(pupils, group, year)
        for cell in every_half(year):
            state = int(row[m.column_of(*cell)])
            expected = state == OPEN if state != NOT_KNOWN else cell in by_marks
            assert found[group, m.column_of(*cell)] == expected


def test_without_any_calendar_the_marks_alone_say_what_is_open() -> None:
    is_open = np.array([[True, False]])
    assert calendars.as_the_calendar_says(is_open, None) is is_open


def test_a_week_the_calendar_closes_is_no_school_week_though_a_few_have_marks() -> None:
    pupil = span(date(2025, 9, 1), date(2025, 9, 26), "/")
    row = terms_row(2025, {Term.AUTUMN: TermDays(Window(date(2025, 9, 8), date(2025, 12, 19)))})
    found = open_columns(matrix(pupil), 2025, **whole_year(1), group=np.zeros(1, np.int32), groups=1,
                         calendar=row[None, :])  # fmt: skip
    held = weeks.school_weeks(found, 2025, last_column=m.column_of(date(2025, 9, 26), 1))
    assert held.sum() == 3


# --- Where calendar and marks differ ----------------------------------------------------------------------------


def _compared(*pupils: dict[Cell, str], calendar: calendars.Calendar) -> calendars.Disagreement:
    found = matrix(*pupils)
    n = len(pupils)
    return calendars.disagreement(
        calendar[None, :],
        m.look_up(found, 2025, "flags"),
        found == NUMBERS["#"],
        lower=np.zeros(n, np.int16),
        upper=np.full(n, m.WIDTH - 1, np.int16),
        group=np.zeros(n, np.int32),
    )


def test_half_of_the_group_with_a_closure_on_an_open_day_is_a_difference_and_fewer_are_not() -> None:
    row = terms_row(2025, {Term.AUTUMN: TermDays(Window(date(2025, 9, 1), date(2025, 12, 19)))})
    closed = span(date(2025, 9, 1), date(2025, 9, 1), "#")
    present = span(date(2025, 9, 1), date(2025, 9, 1), "/")
    half = _compared(closed, present, calendar=row)
    assert np.flatnonzero(half.open_not_marked[0]).tolist() == [62, 63]
    third = _compared(closed, present, present, calendar=row)
    assert not third.open_not_marked.any() and not third.closed_but_marked.any()


def test_marks_of_half_the_group_on_a_closed_day_are_a_difference_and_y_codes_are_not() -> None:
    row = terms_row(2025, {Term.AUTUMN: TermDays(Window(date(2025, 9, 8), date(2025, 12, 19)))})
    present = span(date(2025, 9, 2), date(2025, 9, 2), "/")
    shut = span(date(2025, 9, 3), date(2025, 9, 3), "Y3")
    found = _compared(present | shut, {}, calendar=row)
    assert np.flatnonzero(found.closed_but_marked[0]).tolist() == [64, 65]
