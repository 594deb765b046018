"""What may come of a child's year on the pupil page, and the early warning's trial on last year's data."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from attendance_portal.models import Membership
from casework.targets import year_so_far
from schools import banding
from schools.models import Enrolment, RegisterChange, TermDates, WarningTrial
from schools.standing import early_warning
from schools.stored.school_days import sessions_left
from tests.cast import ON, Cast, in_scope
from tests.schools.calendars import make_term, make_year
from tests.schools.files import all_present, school_days
from tests.schools.stored import store_marks

SignedIn = Callable[[Membership], Client]
DAYS = school_days(dt.date(2026, 9, 7), 20)
LAST_YEAR = school_days(dt.date(2025, 9, 8), 20)
LAST_SPRING = school_days(dt.date(2026, 1, 5), 10)

pytestmark = pytest.mark.django_db


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def three_spells(cast: Cast, days: list[dt.date]) -> dict[object, dict[dt.date, str]]:
    """Amy missed three sessions of forty, in three spells."""
    marks = all_present(cast.pupils, days)
    marks[cast.pupil] |= {days[2]: "I\\", days[6]: "I\\", days[11]: "I\\"}
    return marks


def test_without_term_dates_the_page_says_what_is_needed_to_know(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")
    assert "not known until term dates are entered" in page
    assert "3 of 40 sessions missed this autumn term (7.5%), in 3 spells: may become persistently absent" in page
    assert "It has not been tried on last year" in page


def test_the_page_shows_what_is_left_and_needed_with_its_parts(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
        for term, first, last in (
            ("autumn", dt.date(2026, 9, 7), dt.date(2026, 12, 18)),
            ("spring", dt.date(2027, 1, 4), dt.date(2027, 3, 25)),
            ("summer", dt.date(2027, 4, 12), dt.date(2027, 7, 21)),
        ):
            TermDates.objects.create(year=2026, term=term, first_on=first, last_on=last)
        left = sessions_left(cast.hill, "7", DAYS[-1])
    assert left is not None
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")
    assert f"37 of 40 possible sessions attended up to 2 October 2026, and {left} sessions left" in page
    possible = 40 + left
    needed = -(-95 * possible // 100) - 37
    assert f"95% or more {left - needed} {needed} of {left}" in page
    needed = 90 * possible // 100 + 1 - 37
    assert f"not persistently absent {left - needed} {needed} of {left}" in page


def with_terms(cast: Cast) -> int:
    """Amy's 37 of 40, and the terms of the year; how many sessions are left of it."""
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
        make_year()
        left = sessions_left(cast.hill, "7", DAYS[-1])
    assert left is not None
    return left


def test_any_level_can_be_asked_for(cast: Cast, signed_in: SignedIn) -> None:
    left, address = with_terms(cast), f"/pupils/{cast.pupil.pk}/"
    lead = signed_in(cast.lead)
    for typed, shown, tenths in (("97", "97", 970), ("92.5", "92.5", 925), (" 92.5 % ", "92.5", 925), ("1", "1", 10)):
        needed = max(-(-tenths * (40 + left) // 1000) - 37, 0)
        assert f"{shown}% or more {left - needed} {needed} of {left}" in words_of(lead, f"{address}?target={typed}")
    assert "100% or more – Out of reach" in words_of(lead, f"{address}?target=100")
    assert 'name="year" value="2026"' in lead.get(address).content.decode()


def test_nothing_is_left_after_a_leaving_day_that_is_known(cast: Cast, signed_in: SignedIn) -> None:
    left, leaving = with_terms(cast), dt.date(2026, 12, 11)
    with in_scope(cast.eastshire):
        left -= sessions_left(cast.hill, "7", leaving) or 0
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=leaving)
        assert left == 2 * (15 + 30) and [one.left for one in year_so_far(cast.pupil, ON)] == [left]
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")
    assert f"37 of 40 possible sessions attended up to 2 October 2026, and {left} sessions left" in page


def test_what_is_no_level_is_said_beside_the_box(cast: Cast, signed_in: SignedIn) -> None:
    with_terms(cast)
    lead, address = signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/"
    assert "Enter a percentage" not in words_of(lead, address)
    for typed in ("0", "101", "ninety", "92.55", "-5", "NaN", "Infinity", "1e400", "٩٢x"):
        assert "Enter a percentage above 0 and up to 100" in words_of(lead, f"{address}?target={typed}")


def test_the_rule_is_tried_on_last_year_once_and_its_hit_rate_shown(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        last_year = three_spells(cast, LAST_YEAR)
        for pupil, marks in all_present(cast.pupils, LAST_SPRING).items():
            last_year[pupil] |= marks
        last_year[cast.pupil] |= dict.fromkeys(LAST_SPRING[:2], "OO")
        last_year[cast.pupils[1]] |= dict.fromkeys(LAST_SPRING[:2], "OO")
        store_marks(cast, cast.hill, last_year)
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
    banding.band_authority(cast.eastshire, on=ON, as_at=None)
    with in_scope(cast.eastshire):
        autumn = WarningTrial.objects.get(term="autumn")
        assert (autumn.pupils, autumn.warned, autumn.warned_rightly, autumn.persistent) == (5, 1, 1, 2)
    page = words_of(signed_in(cast.officer), f"/pupils/{cast.pupil.pk}/")
    assert "of 5 children judged, 1 was warned, of whom 1 (100.0%) was persistently absent in the next term" in page
    assert "of the 2 who were, 1 (50.0%) had been warned" in page


def test_the_rule_is_tried_again_only_when_registers_of_last_year_changed(cast: Cast) -> None:
    tomorrow, after = ON + dt.timedelta(days=1), ON + dt.timedelta(days=2)
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, LAST_YEAR))
        early_warning.keep_trials([[cast.hill.pk]], on=tomorrow)
        assert not early_warning.is_to_be_tried(on=after)
        RegisterChange.objects.update(made_at=dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
        assert early_warning.is_to_be_tried(on=after)
        early_warning.keep_trials([[cast.hill.pk]], on=after)
        assert not early_warning.is_to_be_tried(on=after)


def test_the_warning_and_its_trial_go_by_the_terms_that_were_entered(cast: Cast, signed_in: SignedIn) -> None:
    """A term from 21 September on has one spell; before it there were two more."""
    first, last = dt.date(2026, 9, 21), dt.date(2026, 12, 11)
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
        make_term("autumn", (first, last), school=cast.hill)
        begun = (dt.date(2025, 9, 8), dt.date(2025, 9, 12))
        make_term("autumn", begun, school=cast.hill, year=2025)
        make_term("spring", (dt.date(2025, 9, 15), dt.date(2026, 3, 20)), school=cast.hill, year=2025)
        store_marks(cast, cast.hill, three_spells(cast, LAST_YEAR))
        [autumn] = [one for one in early_warning.keep_trials([[cast.hill.pk]], on=ON) if one.term == "autumn"]
        assert (autumn.pupils, autumn.warned) == (4, 0)
    assert "1 of 20 sessions missed this autumn term (5.0%), in 1 spell: no early warning" in words_of(
        signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/"
    )


def test_without_registers_of_last_year_there_is_nothing_to_try(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, three_spells(cast, DAYS))
        assert not early_warning.is_to_be_tried(on=ON)
