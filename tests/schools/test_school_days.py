"""When a school is open: whose terms and entries count, sessions left, and what figures make of a calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.models import Standing
from schools.register.calendars import CLOSED, NOT_KNOWN, OPEN
from schools.register.marks import column_of
from schools.register.measures import Totals
from schools.standing.figures import as_held
from schools.stored import school_days
from schools.stored.bank_holidays import bank_holidays
from schools.stored.school_days import calendars_of, sessions_left, sessions_left_of, year_group_before
from tests.cast import ON, Cast, in_scope
from tests.schools.calendars import AUTUMN_TERM, make_entry, make_term, make_year
from tests.schools.files import all_present, long_file
from tests.schools.files import school_days as weekdays
from tests.schools.stored import store_autumn
from tests.schools.test_figures import AUTUMN, SUMMER
from tests.schools.test_uploads import store

pytestmark = pytest.mark.django_db
LAST_THURSDAY = dt.date(2027, 7, 15)


def state(cast: Cast, day: dt.date, year_group: str = "7", half: int = 0) -> int:
    rows = calendars_of([cast.hill.pk], [2026]).rows([(cast.hill.pk, year_group)], 2026)
    assert rows is not None
    return int(rows[0, column_of(day, half)])


def test_bank_holidays_come_from_the_list_in_the_package_without_asking_anyone() -> None:
    assert {dt.date(2026, 5, 4), dt.date(2026, 12, 28), dt.date(2027, 5, 3)} <= bank_holidays()
    assert dt.date(2026, 1, 2) not in bank_holidays()  # Scotland's alone


def test_of_a_school_without_terms_or_entries_nothing_is_known(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        assert calendars_of([cast.hill.pk], [2026]).rows([(cast.hill.pk, "7")], 2026) is None
        assert sessions_left(cast.hill, "7", ON) is None


class TestWhoseWordCounts:
    def test_a_schools_own_term_stands_in_the_authoritys_place_for_that_term_alone(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 11)), school=cast.hill)
            assert state(cast, dt.date(2026, 9, 1)) == CLOSED
            assert state(cast, dt.date(2026, 10, 26)) == OPEN  # its own term has no half term
            assert state(cast, dt.date(2027, 2, 16)) == CLOSED
            vale = calendars_of([cast.vale.pk], [2026]).rows([(cast.vale.pk, "3")], 2026)
            assert vale is not None and vale[0, column_of(dt.date(2026, 9, 1), 0)] == OPEN

    def test_a_schools_entry_counts_before_the_authoritys_and_a_year_groups_before_both(self, cast: Cast) -> None:
        day = dt.date(2026, 9, 14)
        with in_scope(cast.eastshire):
            make_year()
            make_entry("open", day, school=cast.hill, year_group="11")
            make_entry("open", day + dt.timedelta(days=1), school=cast.hill)
            make_entry("inset", day, day + dt.timedelta(days=1))
            assert [state(cast, day, group) for group in ("7", "11")] == [CLOSED, OPEN]
            assert state(cast, day + dt.timedelta(days=1)) == OPEN

    def test_an_afternoon_off_leaves_the_morning(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("closed", AUTUMN_TERM[1], school=cast.hill, half="pm")
            assert [state(cast, AUTUMN_TERM[1], half=half) for half in (0, 1)] == [OPEN, CLOSED]

    def test_an_inset_day_is_known_though_the_terms_are_not(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_entry("inset", dt.date(2026, 9, 1), school=cast.hill)
            assert state(cast, dt.date(2026, 9, 1)) == CLOSED
            assert state(cast, dt.date(2026, 9, 2)) == NOT_KNOWN

    def test_another_authority_has_none_of_it(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
        with in_scope(cast.westshire):
            assert calendars_of([cast.fen.pk], [2026]).rows([(cast.fen.pk, "8")], 2026) is None


class TestSessionsLeft:
    def test_are_the_half_days_after_the_day_until_the_year_ends(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
            assert sessions_left(cast.hill, "7", LAST_THURSDAY) == 2 * 3  # Friday, Monday, Tuesday
            assert sessions_left(cast.hill, "7", dt.date(2027, 7, 31)) == 0

    def test_differ_for_a_year_group_on_leave(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("closed", dt.date(2027, 6, 28), dt.date(2027, 7, 31), school=cast.hill, year_group="11")
            asked = [(cast.hill.pk, "7"), (cast.hill.pk, "11"), (cast.vale.pk, "3")]
            with CaptureQueriesContext(
                connection,
            ) as asked_of_the_server:
                assert sessions_left_of(asked, LAST_THURSDAY) == [6, 0, 6]
            assert len(asked_of_the_server) == 2

    def test_are_not_known_while_a_term_to_come_is_not(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_term("autumn", AUTUMN_TERM)
            assert sessions_left(cast.hill, "7", ON) is None

    def test_a_bank_holiday_is_no_session(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            make_year()
            friday, monday = dt.date(2027, 4, 30), dt.date(2027, 5, 3)
            before, after = (sessions_left(cast.hill, "7", day) for day in (friday, monday))
            assert before == after


@pytest.mark.parametrize(("now", "then"), [("8", "7"), ("1", "0"), ("0", "N2"), ("N2", "N1"), ("N1", ""), ("", "")])
def test_the_year_group_of_a_year_earlier(now: str, then: str) -> None:
    assert year_group_before(now) == then


class TestFigures:
    def held(self, cast: Cast) -> dict[str, Any]:
        found = as_held(cast.hill.pk, on=ON)
        assert found is not None
        arrays = {field.name: getattr(found.totals, field.name) for field in fields(Totals)}
        return arrays | {"band": found.band, "ten": found.ten_week_unauthorised, "risk": found.at_risk}

    def test_a_calendar_that_says_what_the_marks_say_changes_no_figure(self, cast: Cast) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            before = self.held(cast)
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 10, 2)))
            after = self.held(cast)
        for name, values in before.items():
            assert np.array_equal(values, after[name]), name

    def test_a_calendar_of_another_school_changes_no_figure(self, cast: Cast) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            before = self.held(cast)
            make_entry("inset", dt.date(2026, 9, 8), school=cast.vale)
            make_year(school=cast.vale)
            after = self.held(cast)
        for name, values in before.items():
            assert np.array_equal(values, after[name]), name

    def test_a_week_never_sent_is_missing_once_the_calendar_says_that_school_was_open(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            days = weekdays(dt.date(2026, 9, 7), 15)
            store(cast, long_file(all_present(cast.pupils, days[:5] + days[10:])))
            assert self.held(cast)["missing"].tolist() == [0] * 5
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 18)))
            assert self.held(cast)["missing"].tolist() == [10] * 5
            make_entry("closed", days[5], days[6], school=cast.hill, year_group="9")
            assert self.held(cast)["missing"].tolist() == [10, 10, 6, 10, 10]

    def test_ten_school_weeks_skip_the_weeks_that_last_years_calendar_closed(self, cast: Cast) -> None:
        """Six unauthorised sessions in June and four in September, and three weeks of marks in between.

        By the marks the June week is the eleventh back; the calendar of year 6, which year 7 then was, closes two
        of the summer's weeks, so that it is within ten.
        """
        with in_scope(cast.eastshire):
            marks = all_present(cast.pupils, SUMMER + AUTUMN)
            marks[cast.pupil] |= dict.fromkeys(SUMMER[:3], "OO") | dict.fromkeys(AUTUMN[10:12], "OO")
            for pupil in cast.pupils:
                marks[pupil] |= dict.fromkeys(weekdays(dt.date(2026, 9, 21), 15), "/\\")
            store(cast, long_file(marks))
            assert Standing.objects.get(pupil=cast.pupil).ten_week_unauthorised == 4
            make_entry("closed", dt.date(2026, 6, 29), dt.date(2026, 7, 12), school=cast.hill, year_group="6")
            assert self.held(cast)["ten"].tolist() == [10, 0, 0, 0, 0]
            make_entry("open", dt.date(2026, 6, 29), dt.date(2026, 7, 12), school=cast.hill, year_group="6")
            assert self.held(cast)["ten"].tolist() == [4, 0, 0, 0, 0]


def test_calendars_of_no_year_ask_nothing(cast: Cast) -> None:
    with in_scope(cast.eastshire), CaptureQueriesContext(connection) as asked:
        assert school_days.calendars_of([cast.hill.pk], []).rows([(cast.hill.pk, "7")], 2026) is None
    assert len(asked) == 0
