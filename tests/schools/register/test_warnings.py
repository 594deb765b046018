"""The early warning: its rule in whole numbers, and its trial on a year counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from attendance_portal.days import TERMS, Term, Window, term_window
from schools.register import marks as m
from schools.register.warnings import Trial, term_so_far, trials
from tests.schools.register.registers import Cells, counted, matrix, span

YEAR = 2025
AUTUMN = term_window(YEAR, Term.AUTUMN)


def is_warned(cells: Cells, window: Window = AUTUMN) -> bool:
    return bool(term_so_far(m.look_up(matrix(cells), YEAR, "flags"), YEAR, window).is_warned[0])


def missing(spells: int, sessions: int, possible: int) -> Cells:
    """So many sessions missed in so many spells, a session in school between them."""
    codes = [("I", 1), ("/", 1)] * spells + [("I", sessions - spells), ("/", possible - sessions - spells)]
    cells: Cells = {}
    days = sorted(counted({"/": possible}, date(YEAR, 9, 1)))
    place = 0
    for code, times in codes:
        for cell in days[place : place + times]:
            cells[cell] = code
        place += times
    return cells


def test_three_spells_and_a_twentieth_missed_warn() -> None:
    assert is_warned(missing(2, 5, 100) | {})
    assert not is_warned(missing(2, 4, 100))


def test_fewer_spells_do_not_warn_however_much_was_missed() -> None:
    one = counted({"/": 10, "I": 8, "\\": 82}, date(YEAR, 9, 1))
    assert not is_warned(one)


def test_whoever_is_persistently_absent_in_the_term_is_not_warned_of_it() -> None:
    assert is_warned(missing(3, 9, 100)) and not is_warned(missing(3, 10, 100))


def test_a_holiday_does_not_make_two_spells_of_one() -> None:
    ill = span(date(YEAR, 10, 23), date(YEAR, 10, 24), "I") | span(date(YEAR, 10, 27), date(YEAR, 10, 31), "#")
    ill |= span(date(YEAR, 11, 3), date(YEAR, 11, 3), "I")
    flags = m.look_up(matrix(ill), YEAR, "flags")
    assert term_so_far(flags, YEAR, AUTUMN).spells.tolist() == [1]


def test_only_the_terms_own_sessions_count() -> None:
    late = span(date(YEAR + 1, 1, 5), date(YEAR + 1, 1, 9), "I")
    found = term_so_far(m.look_up(matrix(late), YEAR, "flags"), YEAR, AUTUMN)
    assert (found.possible.tolist(), found.missed.tolist()) == ([0], [0])


@pytest.mark.parametrize("ill_in_spring", [True, False])
def test_a_trial_counts_who_was_warned_and_what_became_of_them(ill_in_spring: bool) -> None:
    spring = span(date(YEAR + 1, 1, 5), date(YEAR + 1, 1, 16), "I" if ill_in_spring else "/")
    never = span(date(YEAR, 9, 1), date(YEAR, 11, 3), "/") | span(date(YEAR + 1, 1, 5), date(YEAR + 1, 1, 16), "I")
    left = span(date(YEAR, 9, 1), date(YEAR, 11, 3), "/")
    flags = m.look_up(matrix(missing(3, 6, 100) | spring, never, left), YEAR, "flags")
    after_autumn = trials(flags, YEAR, {term: term_window(YEAR, term) for term in TERMS})[Term.AUTUMN]
    assert after_autumn == Trial(pupils=2, warned=1, warned_rightly=int(ill_in_spring), persistent=1 + ill_in_spring)
    assert after_autumn + Trial(1, 1, 1, 1) == Trial(3, 2, 1 + ill_in_spring, 2 + ill_in_spring)
