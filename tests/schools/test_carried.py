"""A roll that was taken over within the year: figures at the school that followed go on with the marks of before."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.front.overview import school_lines, whole
from attendance_portal.models import Membership
from schools.banding import band_schools
from schools.changes.corrections import correct_mark
from schools.directory.carrying import carry_rolls
from schools.models import (
    BandMove,
    Enrolment,
    EnrolmentChange,
    Pupil,
    Register,
    RegisterCoverage,
    School,
    Standing,
    StatutoryReturn,
    Succession,
    TermDates,
)
from schools.standing.figures import as_held, figures_of
from schools.standing.summaries import this_term_and_last, weekly_attendance
from schools.stored.registers import counted_once, load_marks, load_roll
from schools.stored.takeovers import takeovers
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT, AUTUMN, autumn, store_autumn, store_marks, store_summer
from tests.schools.takeovers import OPENED, PRESENT, WEEK, converted, of_all, sent, standing, take_over
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def hilltop(cast: Cast) -> School:
    return converted(cast)


class TestFigures:
    def test_a_persistently_absent_child_stays_so_and_the_ten_weeks_go_on(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            amy = standing(hilltop, cast.pupil)
            assert (amy.possible, amy.attended, amy.unauthorised, amy.missing) == (50, 30, 20, 0)
            assert (amy.persistent, amy.severe, amy.band, amy.ten_week_unauthorised) == (True, False, 4, 20)
            assert (amy.six_week_possible, amy.six_week_missed, amy.is_on_roll) == (50, 20, True)
            ill = [standing(hilltop, one) for one in cast.pupils[1:]]
            assert [(one.possible, one.illness) for one in ill] == [(50, 3), (50, 10), (50, 4), (50, 0)]

    def test_nobody_is_told_anew_of_a_category_that_went_on(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            assert not BandMove.objects.filter(school=hilltop).exists()

    def test_the_list_the_school_page_and_the_childs_page_say_the_same(
        self, cast: Cast, hilltop: School, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        assert "Abbott" in words_of(officer, "/schools/999050/pupils/?absence=persistent")
        page = words_of(officer, "/schools/999050/")
        assert "7 Sep" in page and "12 Oct" in page
        assert "count their marks of both schools" in page
        child = words_of(officer, f"/pupils/{cast.pupil.pk}/")
        assert "and those of Hill Academy, which it took over" in child
        assert "These sessions count at Hilltop Academy now" in child
        assert "All together: attendance 60.0%, 20 of 50 possible sessions missed." in child
        assert "The official figures count 1 enrolment, 1 of them persistently absent." in child
        assert "20 unauthorised sessions in the last 10 school weeks: the 10 at which" in child

    @pytest.mark.parametrize(
        ("kind", "linked_on", "both"),
        [
            ("converted", dt.date(2025, 9, 1), True),  # the academic year before
            ("merged", dt.date(2026, 10, 12), True),
            ("converted", dt.date(2025, 7, 31), False),
            ("converted", None, False),
            ("split", dt.date(2026, 10, 12), False),
        ],
    )
    def test_only_of_a_school_taken_over_whole_this_year_or_last_both_schools_count(
        self, cast: Cast, hilltop: School, signed_in: SignedIn, *, kind: str, linked_on: dt.date | None, both: bool
    ) -> None:
        with in_scope(cast.eastshire):
            Succession.objects.filter(successor=hilltop).update(kind=kind, linked_on=linked_on)
        page = words_of(signed_in(cast.officer), "/schools/999050/").partition("Before and after")[2]
        assert "Hill Academy (URN 999001) came before this school" in page
        assert ("count their marks of both schools" in page) is both
        assert ("in the weeks and terms above" in page) is both

    def test_the_terms_and_weeks_of_the_schools_page_count_each_child_and_session_once(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            roll = counted_once(load_roll([hilltop.pk, cast.hill.pk], 2026))
            now, _ = this_term_and_last(hilltop, roll, as_at=WEEK[-1], before=[cast.hill.pk])
            assert (now.pupils, now.possible, now.attended, now.persistent) == (5, 250, 213, 2)
            assert sum(possible for _, _, possible in weekly_attendance(roll, as_at=WEEK[-1])) == 250

    def test_marks_stay_where_they_were_given(self, cast: Cast, hilltop: School, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            [own] = Register.objects.filter(school=hilltop, enrolment__pupil=cast.pupil)
            assert np.count_nonzero(np.frombuffer(bytes(own.marks), np.uint8)) == 10
            assert load_marks([hilltop.pk], 2026, np.array([own.enrolment_id])).astype(bool).sum() == 10
            assert load_roll([hilltop.pk], 2026).marks.astype(bool).sum() == 250
        file = signed_in(cast.officer).get(f"/pupils/{cast.pupil.pk}/marks.csv").content.decode()
        assert f"Hill Academy,{AUTUMN[0]},AM,O" in file and f"Hilltop Academy,{AUTUMN[0]}" not in file

    def test_the_old_schools_own_figures_stay_as_they_were_on_its_last_day(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            amy = standing(cast.hill, cast.pupil)
            assert (amy.possible, amy.unauthorised, amy.as_at) == (40, 20, AUTUMN[-1])

    def test_what_is_put_right_at_the_old_school_is_counted_at_the_new_one_at_once(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            there = Enrolment.objects.get(school=cast.hill, pupil=cast.pupil)
            correct_mark(there, day=AUTUMN[0], half=0, mark="I", reason="A note came", by=cast.lead, at=AT, on=ON)
            amy = standing(hilltop, cast.pupil)
            assert (amy.unauthorised, amy.illness, amy.ten_week_unauthorised) == (19, 1, 19)

    def test_an_admission_that_the_new_schools_file_states_as_ever_changes_nothing(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(school=hilltop).update(admission_on=dt.date(2024, 9, 2))
            band_schools([hilltop.pk], on=ON)
            assert standing(hilltop, cast.pupil).possible == 50
            assert not StatutoryReturn.objects.filter(kind__in=["new-pupil", "deletion"]).exists()

    def test_a_child_who_left_before_and_one_who_joined_after_have_their_own_part_alone(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            eve = cast.pupils[4]
            Enrolment.objects.filter(school=cast.hill, pupil=eve).update(leaving_on=AUTUMN[9], destination="Elsewhere")
            band_schools([cast.hill.pk], on=ON)
            assert (standing(cast.hill, eve).possible, standing(hilltop, eve).possible) == (20, 10)


class TestTheYearBefore:
    def test_ten_weeks_that_reach_into_the_summer_count_the_old_schools_summer(self, cast: Cast) -> None:
        """Six school weeks in the summer and four of the autumn: Amy missed 6 sessions in June and 4 in September."""
        store_summer(cast)
        with in_scope(cast.eastshire):
            school = take_over(cast, cast.hill, "999050", dt.date(2026, 9, 1))
            carry_rolls(on=ON, by=None)
            marks = of_all(cast, dict.fromkeys(AUTUMN, "/\\"))
            sent(cast, school, marks | {cast.pupil: {**marks[cast.pupil], AUTUMN[0]: "OO", AUTUMN[1]: "OO"}})
            amy = standing(school, cast.pupil)
            assert (amy.possible, amy.unauthorised, amy.ten_week_unauthorised) == (40, 4, 10)

    def test_so_they_do_in_the_autumn_after_a_takeover_in_may(self, cast: Cast) -> None:
        """Converted on 15 June 2026: half of the summer is Hill's, half Hilltop's."""
        summer = school_days(dt.date(2026, 6, 1), 30)
        with in_scope(cast.eastshire):
            store_marks(
                cast, cast.hill, of_all(cast, {day: "OO" if day in summer[:3] else "/\\" for day in summer[:10]})
            )
            school = take_over(cast, cast.hill, "999050", dt.date(2026, 6, 15))
            carry_rolls(on=dt.date(2026, 6, 20), by=None)
            sent(cast, school, of_all(cast, dict.fromkeys([*summer[10:], *AUTUMN], "/\\")))
            amy = standing(school, cast.pupil)
            assert (amy.possible, amy.unauthorised, amy.ten_week_unauthorised) == (40, 0, 6)
            assert figures_of([school.pk], 2025).totals.unauthorised.tolist() == [6] * 5


class TestAsKnown:
    CARRIED = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)

    def test_before_the_takeover_was_known_the_figures_are_those_that_stood(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            Enrolment.every.filter(school=cast.hill).update(known_at=AT)
            Enrolment.every.filter(school=hilltop).update(known_at=self.CARRIED)
            EnrolmentChange.objects.update(made_at=self.CARRIED)
            [then, now] = [
                as_held(hilltop.pk, on=self.CARRIED.date(), known_on=day) for day in (ON, self.CARRIED.date())
            ]
            assert then and then.totals.possible.tolist() == [10] * 5
            assert now and now.totals.possible.tolist() == [50] * 5
            assert sorted(now.ten_week_unauthorised.tolist()) == [0, 0, 0, 0, 20]

    def test_a_correction_that_came_later_at_the_old_school_is_not_known_yet(self, cast: Cast, hilltop: School) -> None:
        later = self.CARRIED + dt.timedelta(days=2)
        with in_scope(cast.eastshire):
            Enrolment.every.update(known_at=AT)
            EnrolmentChange.objects.update(made_at=AT)
            there = Enrolment.objects.get(school=cast.hill, pupil=cast.pupil)
            correct_mark(
                there, day=AUTUMN[0], half=0, mark="I", reason="A note", by=cast.lead, at=later, on=later.date()
            )
            found = as_held(hilltop.pk, on=later.date(), known_on=self.CARRIED.date())
            assert found and found.totals.unauthorised.max() == 20
            assert standing(hilltop, cast.pupil).unauthorised == 19

    def test_a_school_of_which_only_carried_marks_are_known_has_no_data_yet(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            Enrolment.every.update(known_at=AT - dt.timedelta(days=9))
            EnrolmentChange.objects.update(made_at=AT - dt.timedelta(days=9))
            assert as_held(hilltop.pk, on=ON, known_on=ON - dt.timedelta(days=3)) is None

    def test_of_a_day_before_the_takeover_nothing_is_carried(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            found = figures_of([hilltop.pk], 2026, as_at=AUTUMN[9])
            assert not found.totals.possible.any() and not found.on_roll.any()


class TestCoverage:
    def test_what_the_old_school_lacks_is_not_the_new_ones_gap(self, cast: Cast) -> None:
        marks = autumn(cast)
        del marks[cast.pupils[3]][AUTUMN[5]]
        marks[cast.pupils[2]] |= {AUTUMN[0]: "NN"}
        with in_scope(cast.eastshire):
            store_marks(cast, cast.hill, marks)
            before = RegisterCoverage.objects.get(school=cast.hill)
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, school, dict.fromkeys(cast.pupils[:4], PRESENT))
            old, new = (RegisterCoverage.objects.get(school=one) for one in (cast.hill, school))
            assert (old.missing, old.old_unknown, old.expected) == (before.missing, before.old_unknown, before.expected)
            assert (new.expected, new.missing, new.old_unknown, new.pupils) == (40, 0, 0, 5)
            assert new.never_sent_pupils == 1  # the only child of year 11, of whom Hilltop sent nothing

    def test_nor_are_the_codes_n_of_its_last_july(self, cast: Cast) -> None:
        july = dict(zip(school_days(dt.date(2026, 7, 13), 5), ["NN", *["/\\"] * 4], strict=True))
        with in_scope(cast.eastshire):
            sent(cast, cast.hill, dict.fromkeys(cast.pupils, july))
            store_marks(cast, cast.hill, autumn(cast))
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, school, dict.fromkeys(cast.pupils, PRESENT))
            old, new = (RegisterCoverage.objects.get(school=one) for one in (cast.hill, school))
            assert (old.old_unknown, new.old_unknown) == (10, 0)

    def test_the_old_schools_days_are_judged_by_its_own_calendar(self, cast: Cast, hilltop: School) -> None:
        """By the terms that the new school entered it began on its first day; the old one's weeks stay school weeks."""
        with in_scope(cast.eastshire):
            TermDates.objects.create(
                school=hilltop, year=2026, term="autumn", first_on=OPENED, last_on=dt.date(2026, 12, 18)
            )
            TermDates.objects.create(
                school=hilltop, year=2025, term="summer", first_on=dt.date(2026, 4, 13), last_on=dt.date(2026, 7, 17)
            )
            band_schools([hilltop.pk], on=ON)
            assert standing(hilltop, cast.pupil).ten_week_unauthorised == 20


class TestMergers:
    """Hill's five were merged into Vale on 12 October; Vale, with two children of its own in year 7, stayed open."""

    @pytest.fixture
    def merged(self, cast: Cast) -> School:
        marks = autumn(cast)
        own = dict.fromkeys(AUTUMN[1:], "/\\")  # Vale began a day after Hill
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(school__in=[cast.hill, cast.vale]).update(year_group="7")
            store_marks(cast, cast.hill, marks)
            sent(cast, cast.vale, dict.fromkeys(cast.vale_pupils, own))
            School.objects.filter(pk=cast.hill.pk).update(closed_on=OPENED - dt.timedelta(days=1), status="closed")
            Succession.objects.create(predecessor=cast.hill, successor=cast.vale, kind="merged", linked_on=OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, cast.vale, dict.fromkeys([*cast.pupils, *cast.vale_pupils], PRESENT))
        return cast.vale

    def test_each_part_of_a_year_group_has_the_open_days_of_where_it_was(self, cast: Cast, merged: School) -> None:
        with in_scope(cast.eastshire):
            found = {one.pupil: (one.possible, one.missing) for one in Standing.objects.filter(school=merged)}
            assert found == dict.fromkeys(cast.pupils, (50, 0)) | dict.fromkeys(cast.vale_pupils, (48, 0))

    def test_a_child_who_was_at_both_has_each_session_from_where_it_counts(self, cast: Cast) -> None:
        """Amy's second day is D at Hill, for she was at Vale then, and absent there: 20 of 50 sessions as ever."""
        marks = autumn(cast)
        marks[cast.pupil][AUTUMN[1]] = "DD"
        with in_scope(cast.eastshire):
            store_marks(cast, cast.hill, marks)
            School.objects.filter(pk=cast.vale.pk).update(opened_on=dt.date(1975, 9, 1))
            cast.vale.refresh_from_db()
            at_vale = {cast.pupil: {AUTUMN[1]: "OO"}, cast.vale_pupils[0]: dict.fromkeys(AUTUMN, "/\\")}
            sent(cast, cast.vale, at_vale)
            School.objects.filter(pk=cast.hill.pk).update(closed_on=OPENED - dt.timedelta(days=1), status="closed")
            Succession.objects.create(predecessor=cast.hill, successor=cast.vale, kind="merged", linked_on=OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, cast.vale, of_all(cast))
            amy = standing(cast.vale, cast.pupil)
            assert (amy.possible, amy.unauthorised) == (50, 20)
            # Vale's system sends its own marks of then again: they are no repetition of Hill's, and stay.
            again = sent(cast, cast.vale, {**at_vale, cast.pupil: {AUTUMN[1]: "OI"}})
            assert not again.problems.filter(kind="told-by-earlier-school").exists()
            amy.refresh_from_db()
            assert (amy.possible, amy.unauthorised, amy.illness) == (50, 19, 1)

    def test_from_the_first_day_on_the_year_group_is_one(self, cast: Cast, merged: School) -> None:
        """On the Monday of the week after, only Hill's five have marks: two more of the seven are missing."""
        monday = WEEK[-1] + dt.timedelta(days=3)
        with in_scope(cast.eastshire):
            sent(cast, merged, of_all(cast, dict.fromkeys([monday], "/\\")))
            found = {one.pupil: one.missing for one in Standing.objects.filter(school=merged)}
            assert found == dict.fromkeys(cast.pupils, 0) | dict.fromkeys(cast.vale_pupils, 2)

    def test_by_calendar_too(self, cast: Cast, merged: School) -> None:
        last = dt.date(2026, 12, 18)
        with in_scope(cast.eastshire):
            for school, first in ((merged, AUTUMN[1]), (cast.hill, AUTUMN[0])):
                TermDates.objects.create(school=school, year=2026, term="autumn", first_on=first, last_on=last)
            band_schools([merged.pk], on=ON)
            found = {one.pupil: one.missing for one in Standing.objects.filter(school=merged)}
            # By the terms the week before the takeover, 5 to 9 October, was open, and Vale has no marks of it.
            assert found == dict.fromkeys(cast.pupils, 0) | dict.fromkeys(cast.vale_pupils, 10)


class TestLeavingOnTheLastSchoolDay:
    """Hill's own system had everybody leave on Friday 9 October; it closed on Sunday 11 and was merged into Vale."""

    FRIDAY = dt.date(2026, 10, 9)

    @pytest.fixture
    def merged(self, cast: Cast) -> School:
        with in_scope(cast.eastshire):
            store_marks(cast, cast.hill, autumn(cast))
            sent(cast, cast.vale, dict.fromkeys(cast.vale_pupils, dict.fromkeys(AUTUMN, "/\\")))
            School.objects.filter(pk=cast.hill.pk).update(closed_on=OPENED - dt.timedelta(days=1), status="closed")
            Succession.objects.create(predecessor=cast.hill, successor=cast.vale, kind="merged", linked_on=OPENED)
            Enrolment.objects.filter(school=cast.hill).update(leaving_on=self.FRIDAY)
            assert carry_rolls(on=ON, by=None) == []
        return cast.vale

    def kinds(self, pupil: Pupil) -> set[str]:
        return {one.kind for one in StatutoryReturn.objects.filter(pupil=pupil, kind__in=["new-pupil", "deletion"])}

    def test_who_is_at_the_new_school_from_its_first_day_goes_on_there(self, cast: Cast, merged: School) -> None:
        with in_scope(cast.eastshire):
            sent(cast, merged, dict.fromkeys([*cast.pupils, *cast.vale_pupils], PRESENT))
            amy = standing(merged, cast.pupil)
            assert (amy.possible, amy.unauthorised, amy.ten_week_unauthorised) == (50, 20, 20)
            assert all(not self.kinds(one) for one in cast.pupils)
            assert whole(school_lines(cast.manager)).figures.possible == 50 * 6  # Ella is 16

    def test_who_is_not_there_left_in_fact(self, cast: Cast, merged: School) -> None:
        with in_scope(cast.eastshire):
            sent(cast, merged, dict.fromkeys([*cast.pupils[1:], *cast.vale_pupils], PRESENT))
            band_schools([cast.hill.pk, merged.pk], on=ON)
            assert [self.kinds(one) for one in cast.pupils] == [{"deletion"}, set(), set(), set(), set()]

    def test_who_was_admitted_there_before_its_first_day_or_long_after_moved(self, cast: Cast, merged: School) -> None:
        ben, cat = cast.pupils[1:3]
        with in_scope(cast.eastshire):
            for pupil, left, came in (
                (ben, dt.date(2026, 10, 7), dt.date(2026, 10, 8)),
                (cat, self.FRIDAY, dt.date(2026, 10, 14)),
            ):
                Enrolment.objects.filter(school=cast.hill, pupil=pupil).update(leaving_on=left)
                Enrolment.objects.create(school=merged, pupil=pupil, year_group="7", admission_on=came)
            told = {ben: PRESENT, cat: dict.fromkeys(WEEK[2:], "/\\"), cast.pupil: PRESENT}
            sent(cast, merged, told | dict.fromkeys(cast.vale_pupils, PRESENT))
            band_schools([cast.hill.pk, merged.pk], on=ON)
            assert standing(merged, ben).attended == 10 and standing(merged, cat).possible == 6
            assert [self.kinds(one) for one in (cast.pupil, ben, cat)] == [set()] + [{"deletion", "new-pupil"}] * 2

    def test_who_left_and_came_back_in_the_last_fortnight_goes_on_from_the_later_stay(
        self, cast: Cast, merged: School
    ) -> None:
        with in_scope(cast.eastshire):
            Enrolment.objects.create(
                school=cast.hill, pupil=cast.pupil, admission_on=dt.date(2025, 9, 1), leaving_on=dt.date(2026, 9, 30)
            )
            sent(cast, merged, dict.fromkeys([*cast.pupils, *cast.vale_pupils], PRESENT))
            assert standing(merged, cast.pupil).possible == 50

    @pytest.mark.parametrize(
        ("closed_on", "ended_from"),
        [
            (dt.date(2026, 10, 11), dt.date(2026, 9, 27)),
            (dt.date(2026, 8, 31), dt.date(2026, 7, 18)),
            (dt.date(2026, 12, 31), dt.date(2026, 12, 17)),
        ],
    )
    def test_the_last_days_are_a_fortnight_without_august(
        self, cast: Cast, closed_on: dt.date, ended_from: dt.date
    ) -> None:
        with in_scope(cast.eastshire):
            take_over(cast, cast.hill, "999050", closed_on + dt.timedelta(days=1))
            [one] = takeovers(ON + dt.timedelta(days=60))
            assert (one.last_on, one.ended_from) == (closed_on, ended_from)


class TestChains:
    def test_two_takeovers_in_a_year_count_the_marks_of_all_three_schools(self, cast: Cast, hilltop: School) -> None:
        second = dt.date(2026, 10, 19)
        with in_scope(cast.eastshire):
            third = take_over(cast, hilltop, "999051", second)
            carry_rolls(on=ON, by=None)
            sent(cast, third, of_all(cast, dict.fromkeys(school_days(second, 5), "/\\")))
            amy = standing(third, cast.pupil)
            assert (amy.possible, amy.attended, amy.ten_week_unauthorised) == (60, 40, 20)
            assert whole(school_lines(cast.manager)).figures.possible == 240
            assert figures_of([third.pk], 2026).roll.own_from.tolist() == [2 * (second - dt.date(2026, 8, 1)).days] * 5

    def test_both_told_of_at_once_a_roll_goes_on_over_the_school_between(self, cast: Cast) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            second = take_over(cast, cast.hill, "999050", OPENED)
            third = take_over(cast, second, "999051", dt.date(2026, 10, 19))
            assert len(carry_rolls(on=ON, by=None)) == 2
            sent(cast, third, of_all(cast, dict.fromkeys(school_days(dt.date(2026, 10, 19), 5), "/\\")))
            assert standing(third, cast.pupil).possible == 50


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_converted_or_not_the_figures_are_the_same(cast: Cast, seed: int) -> None:
    """The same marks at Hill and then Hilltop, and at Vale throughout: whatever they are, every figure is the same."""
    chance = random.Random(seed)
    days = [*school_days(dt.date(2026, 9, 7), 35), *school_days(dt.date(2026, 11, 2), 10)]
    opened = days[chance.randrange(5, 40)]
    pairs = ["/\\", "/\\", "/\\", "OO", "II", "/O", "GG", "XX", "L\\", "M\\"]
    children = list(zip(cast.pupils, cast.vale_pupils, strict=False))
    with in_scope(cast.eastshire):
        for ours, theirs in children:
            Pupil.objects.filter(pk=theirs.pk).update(date_of_birth=ours.date_of_birth)
            theirs.refresh_from_db()
            Enrolment.objects.filter(pupil=theirs).update(year_group=ours.enrolments.get().year_group)
        told = [{day: chance.choice(pairs) for day in days} for _ in children]
        before, after, throughout = {}, {}, {}
        for (ours, theirs), mine in zip(children, told, strict=True):
            before[ours] = {day: pair for day, pair in mine.items() if day < opened}
            after[ours] = {day: pair for day, pair in mine.items() if day >= opened}
            throughout[theirs] = mine
        store_marks(cast, cast.hill, before)
        school = take_over(cast, cast.hill, "999050", opened)
        carry_rolls(on=ON, by=None)
        sent(cast, school, after)
        sent(cast, cast.vale, throughout)
        of_one = ("possible", "attended", "authorised", "unauthorised", "missing", "late", "illness", "band",
                  "persistent", "severe", "at_risk", "six_week_possible", "six_week_missed",
                  "ten_week_unauthorised", "headroom", "is_on_roll", "as_at")  # fmt: skip
        for ours, theirs in children:
            [here], [there] = (
                Standing.objects.filter(school=one, pupil=pupil).values(*of_one)
                for one, pupil in ((school, ours), (cast.vale, theirs))
            )
            assert here == there


def test_without_a_takeover_a_roll_costs_no_query_more(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store_autumn(cast)  # the two set how the server joins; those that answer columns are not counted
    with in_scope(cast.eastshire), django_assert_num_queries(2):
        assert not load_roll([cast.hill.pk], 2026).carried
