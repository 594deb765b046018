"""The terms that figures go by: the authority's or school's own dates, else the census windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.days import TERMS, Term, Window, term_of, term_window
from attendance_portal.models import Membership
from schools.stored.terms import HeldTerms, terms_held
from tests.cast import Cast, in_scope
from tests.schools.calendars import make_term, make_year
from tests.schools.stored import store_autumn, store_summer
from tests.schools.test_school_page import words_of


def test_until_dates_are_entered_terms_are_the_census_windows() -> None:
    held = HeldTerms({})
    for n in range(365):
        day = dt.date(2026, 8, 1) + dt.timedelta(days=n)
        assert held.of(day) == term_of(day)
    assert [held.window(2026, term) for term in TERMS] == [term_window(2026, term) for term in TERMS]


def test_a_holiday_belongs_to_the_term_before_it_and_the_days_before_the_first_to_autumn() -> None:
    own = {(2026, Term.AUTUMN): Window(dt.date(2026, 9, 1), dt.date(2026, 12, 18)),
           (2026, Term.SPRING): Window(dt.date(2027, 1, 5), dt.date(2027, 3, 25))}  # fmt: skip
    held = HeldTerms(own)
    days = {dt.date(2026, 8, 5): "autumn", dt.date(2027, 1, 4): "autumn", dt.date(2027, 1, 5): "spring"}
    assert {day: held.of(day) for day in days} == days
    # Easter Sunday of 2027 is 28 March: the summer's census window begins after it.
    assert held.window(2026, Term.SUMMER) == Window(dt.date(2027, 3, 29), dt.date(2027, 7, 31))


@pytest.mark.django_db
def test_a_school_goes_by_its_own_terms_before_the_authoritys(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        make_year()
        make_term("autumn", (dt.date(2026, 9, 10), dt.date(2026, 12, 11)), school=cast.hill)
        hill, vale = (terms_held(school.pk, [2026]).window(2026, Term.AUTUMN) for school in (cast.hill, cast.vale))
        assert hill == Window(dt.date(2026, 9, 10), dt.date(2026, 12, 11))
        assert vale == Window(dt.date(2026, 8, 31), dt.date(2026, 12, 18))


@pytest.mark.django_db
def test_the_school_page_compares_the_terms_that_were_entered(
    cast: Cast, signed_in: Callable[[Membership], Client]
) -> None:
    store_summer(cast)
    store_autumn(cast)
    with in_scope(cast.eastshire):
        make_year()
        make_term("summer", (dt.date(2026, 4, 13), dt.date(2026, 7, 20)), year=2025)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "31 August 2026 to 2 October 2026" in page
    assert "13 April 2026 to 20 July 2026" in page
