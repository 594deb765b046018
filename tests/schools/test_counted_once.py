"""A roll that was taken over within the year: every session and every episode is counted, and told, once."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from attendance_portal.front.home.page import home_page
from attendance_portal.front.home.sections import Asker
from attendance_portal.front.known_figures import figures_as_known
from attendance_portal.front.overview import school_lines, whole
from attendance_portal.models import Membership
from schools.banding import band_schools
from schools.changes.acts import acts_of
from schools.changes.as_known import list_of_all_as_known
from schools.changes.undoing import undo_change
from schools.children.carried_years import as_counted, with_years_before
from schools.children.childs_year import childs_years
from schools.directory.carrying import carry_rolls
from schools.lists import Wanted, standings
from schools.models import (
    Enrolment,
    EnrolmentChange,
    Pupil,
    Register,
    School,
    Standing,
    StatutoryReturn,
    Succession,
)
from schools.sending import uploads
from schools.sending.outcomes import take_upload
from schools.stored.carried import carried_on_in
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT, AUTUMN, autumn, store_autumn, store_marks
from tests.schools.takeovers import OPENED, PRESENT, WEEK, Days, converted, of_all, sent, standing, take_over
from tests.schools.test_known_on import BETWEEN, EARLY, LATE, store_at
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def hilltop(cast: Cast) -> School:
    return converted(cast)


class TestCountedOnce:
    """Ella is 16 and in no official figure: four of the five are."""

    def test_the_official_figures_hold_every_session_once(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            lines = {line.school.name: line.figures for line in school_lines(cast.manager)}
            old, new = lines["Hill Academy"], lines["Hilltop Academy"]
            assert (old.official, old.possible, old.persistent, old.pupils) == (0, 0, 0, 0)
            assert (new.official, new.possible, new.persistent, new.pupils) == (4, 200, 2, 5)

    def test_who_left_before_the_last_day_stays_in_the_old_schools_part(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            ben = cast.pupils[1]
            Standing.objects.filter(school=hilltop, pupil=ben).delete()
            Register.objects.filter(school=hilltop, enrolment__pupil=ben).delete()
            Enrolment.objects.filter(school=hilltop, pupil=ben).delete()
            Enrolment.objects.filter(school=cast.hill, pupil=ben).update(leaving_on=AUTUMN[9], destination="Elsewhere")
            band_schools([cast.hill.pk], on=ON)
            found = whole(school_lines(cast.manager)).figures
            assert (found.official, found.possible) == (4, 170)

    def test_until_the_new_school_has_told_of_them_they_count_at_the_old_one(self, cast: Cast) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            found = whole(school_lines(cast.manager)).figures
            assert (found.official, found.possible, found.pupils) == (4, 160, 5)

    def test_until_an_open_school_that_took_them_in_tells_of_a_day_since_they_count_at_the_old_one(
        self, cast: Cast
    ) -> None:
        """Vale has two children of its own, Hill five, of 40 sessions each; Hill merges into Vale, as yet silent."""
        store_autumn(cast)
        with in_scope(cast.eastshire):
            sent(cast, cast.vale, dict.fromkeys(cast.vale_pupils, dict.fromkeys(AUTUMN, "/\\")))
            before = whole(school_lines(cast.manager)).figures
            School.objects.filter(pk=cast.hill.pk).update(closed_on=OPENED - dt.timedelta(days=1), status="closed")
            Succession.objects.create(predecessor=cast.hill, successor=cast.vale, kind="merged", linked_on=OPENED)
            carry_rolls(on=ON, by=None)
            after = whole(school_lines(cast.manager)).figures
            home = home_page(Asker(cast.manager)).figures
        assert (before.official, before.possible) == (after.official, after.possible)
        assert before.persistent == after.persistent > 0
        assert (home.pupils, home.official, home.possible) == (after.pupils, after.official, after.possible)

    def test_a_school_that_went_on_under_its_old_number_is_as_it_was_on_its_last_day(self, cast: Cast) -> None:
        """Hill's marks of 12 to 16 October came before anyone told that it was Hilltop since the 12th."""
        store_autumn(cast)
        with in_scope(cast.eastshire):
            sent(cast, cast.hill, of_all(cast))
            take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            figures = whole(school_lines(cast.manager)).figures
            assert (figures.pupils, figures.official, figures.possible) == (5, 4, 4 * 40)
            amy = standing(cast.hill, cast.pupil)
            assert (amy.is_on_roll, amy.as_at, amy.unauthorised) == (True, AUTUMN[-1], 20)

    def test_over_a_school_between_that_never_told_anything_every_session_is_once(self, cast: Cast) -> None:
        """Hill's 20 days, a week of a school between that sent nothing, then a week at the third: 50 sessions each."""
        store_autumn(cast)
        with in_scope(cast.eastshire):
            second = take_over(cast, cast.hill, "999050", OPENED)
            third = take_over(cast, second, "999051", dt.date(2026, 10, 19))
            carry_rolls(on=ON, by=None)
            sent(cast, third, of_all(cast, dict.fromkeys(school_days(dt.date(2026, 10, 19), 5), "/\\")))
            figures = whole(school_lines(cast.manager)).figures
            assert (figures.pupils, figures.official, figures.possible) == (5, 4, 4 * 50)
            said = StringIO()
            call_command("export_bands", "--authority", "eastshire", stdout=said)
            assert len(said.getvalue().splitlines()) == 1 + 5
            stays = list(Enrolment.objects.filter(pupil=cast.pupil).select_related("school").order_by("pk"))
            years = with_years_before(childs_years(stays, 2026))
            assert [as_counted(one).totals.possible.tolist() for one in years] == [[40], [50]]

    def test_as_known_on_a_day_it_is_the_same(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            Enrolment.every.update(known_at=AT)
            EnrolmentChange.objects.update(made_at=AT)
            schools = [School.objects.get(pk=cast.hill.pk), hilltop]
            known = figures_as_known(schools, ON)
            assert (
                known[hilltop.pk] == whole([one for one in school_lines(cast.manager) if one.school == hilltop]).figures
            )
            assert (known[cast.hill.pk].official, known[cast.hill.pk].pupils) == (0, 0)
            day_before = figures_as_known(schools, ON - dt.timedelta(days=1))
            assert day_before == {}

    def test_the_list_of_all_as_known_is_the_list_of_that_day_in_the_gap_and_after_it(self, cast: Cast) -> None:
        """Hill's register came on the 10th of November, Hilltop's first on the 18th."""
        wanted = [Wanted(), Wanted(absence="persistent"), Wanted(reg_group="7A"), Wanted(roll="all")]
        asked = [(member, one) for member in (cast.officer, cast.lead) for one in [*wanted, Wanted(roll="leavers")]]

        def told(rows: Iterable[Standing]) -> set[tuple[object, ...]]:
            return {(one.pupil_id, one.school_id, one.possible, one.attended, one.band) for one in rows}

        def today() -> list[set[tuple[object, ...]]]:
            return [told(standings(member, one, on=ON, school=None)) for member, one in asked]

        def as_known(day: dt.date) -> list[set[tuple[object, ...]]]:
            return [told(list_of_all_as_known(member, one, day)) for member, one in asked]

        with in_scope(cast.eastshire):
            store_at(cast, autumn(cast), EARLY)
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            Enrolment.every.update(known_at=EARLY)
            EnrolmentChange.objects.update(made_at=EARLY)
            in_the_gap = today()
            sent(cast, school, of_all(cast), at=LATE)
            assert [len(rows) for rows in in_the_gap] == [5, 3, 1, 5, 0] * 2
            assert [len(rows) for rows in today()] == [5, 2, 1, 10, 0, 0, 0, 0, 5, 0]
            assert as_known(BETWEEN) == in_the_gap
            assert as_known(LATE.date()) == today()

    def test_the_home_page_of_the_virtual_school_counts_a_child_once(
        self, cast: Cast, hilltop: School, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.circumstances.create(kind="looked-after", from_on=dt.date(2025, 1, 1), source="Test")
        assert "60.0%" in words_of(signed_in(cast.virtual_school), "/")

    def test_an_undo_of_the_new_schools_first_file_gives_the_old_school_back_what_it_counted(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            [act] = acts_of(hilltop)
            undo_change(hilltop, act.key, reason="The wrong file", by=cast.admin, at=AT, on=ON)
            assert not Standing.objects.filter(school=hilltop).exists()
            lines = {line.school.name: line.figures for line in school_lines(cast.manager)}
            assert (lines["Hill Academy"].official, lines["Hill Academy"].possible) == (4, 160)
            assert lines["Hilltop Academy"].possible == 0

    def test_the_export_of_the_whole_authority_has_every_session_once(self, cast: Cast, hilltop: School) -> None:
        def rows(*more: str) -> list[tuple[str, str]]:
            out = StringIO()
            call_command("export_bands", "--authority", "eastshire", *more, stdout=out)
            told = csv.DictReader(StringIO(out.getvalue()))
            return [(row["urn"], row["possible"]) for row in told]

        assert rows() == [("999050", "50")] * 5
        assert rows("--school", "999001") == [("999001", "40")] * 5
        before_the_takeover = rows("--as-of", str(AUTUMN[9]))
        assert [row for row in before_the_takeover if row[1] != "0"] == [("999001", "20")] * 5

    def test_the_early_warning_is_tried_once_on_each_child(self, cast: Cast, hilltop: School) -> None:
        with in_scope(cast.eastshire):
            assert sorted(carried_on_in(2026)) == sorted(
                Enrolment.objects.filter(school=cast.hill).values_list("pk", flat=True)
            )
            assert carried_on_in(2025) == []


class TestReturns:
    def test_an_absence_that_reached_ten_days_at_the_old_school_is_its_return_alone(
        self, cast: Cast, hilltop: School
    ) -> None:
        with in_scope(cast.eastshire):
            found = StatutoryReturn.objects.filter(pupil=cast.pupil, kind="attendance")
            assert [(one.school, one.first_on) for one in found] == [(cast.hill, AUTUMN[0])]

    def test_one_that_runs_across_is_drafted_once_for_the_school_that_followed(self, cast: Cast) -> None:
        """Six days without leave at Hill, and the first five at Hilltop: the tenth school day is its fourth."""
        with in_scope(cast.eastshire):
            marks = autumn(cast)
            marks[cast.pupil] = {day: "OO" if day in AUTUMN[-6:] else "/\\" for day in AUTUMN}
            store_marks(cast, cast.hill, marks)
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, school, of_all(cast) | {cast.pupil: dict.fromkeys(WEEK, "OO")})
            band_schools([cast.hill.pk, school.pk], on=ON)
            [one] = StatutoryReturn.objects.filter(kind="attendance")
            assert (one.school, one.first_on, one.arose_on) == (school, AUTUMN[-6], WEEK[3])
            assert len(one.facts["marks"]) == 20

    def half_told(self, cast: Cast) -> School:
        """Hilltop, which took Hill over: of Amy's absence Hill has told the last five of its 20 days."""
        marks = autumn(cast)
        marks[cast.pupil] = {day: "OO" if day in AUTUMN[-5:] else "/\\" for day in AUTUMN}
        store_marks(cast, cast.hill, marks)
        school = take_over(cast, cast.hill, "999050", OPENED)
        carry_rolls(on=ON, by=None)
        return school

    def test_one_that_the_old_schools_marks_do_not_reach_is_the_new_schools(self, cast: Cast) -> None:
        """Five days without leave of Hill's, and of the week that it never sent, five in Hilltop's file."""
        late = school_days(dt.date(2026, 10, 5), 5)
        with in_scope(cast.eastshire):
            school = self.half_told(cast)
            rows = of_all(cast, dict.fromkeys([*late, *WEEK], "/\\"))
            rows[cast.pupil] = dict.fromkeys(late, "OO") | PRESENT
            assert not sent(cast, school, rows).problems.exists()
            assert standing(school, cast.pupil).unauthorised == 20
            [one] = StatutoryReturn.objects.filter(kind="attendance")
            assert (one.school, one.first_on, one.arose_on) == (school, AUTUMN[-5], late[-1])
            assert len(one.facts["marks"]) == 20
            # Hill's own file of that week comes after all: then the return is Hill's, and the draft goes.
            sent(cast, cast.hill, {pupil: {day: rows[pupil][day] for day in late} for pupil in cast.pupils})
            band_schools([cast.hill.pk, school.pk], on=ON)
            found = StatutoryReturn.objects.filter(kind="attendance").exclude(stage="withdrawn")
            assert [(one.school, one.first_on) for one in found] == [(cast.hill, AUTUMN[-5])]

    def test_one_of_which_the_old_school_made_a_return_by_hand_is_not_drafted_again(self, cast: Cast) -> None:
        late = school_days(dt.date(2026, 10, 5), 5)
        with in_scope(cast.eastshire):
            school = self.half_told(cast)
            StatutoryReturn.objects.create(
                kind="attendance", school=cast.hill, pupil=cast.pupil, year=2026, stage="sent", is_by_hand=True,
                enrolment=Enrolment.objects.get(school=cast.hill, pupil=cast.pupil),
                first_on=AUTUMN[-5], arose_on=late[-1], deadline_on=OPENED,
            )  # fmt: skip
            sent(cast, school, of_all(cast) | {cast.pupil: dict.fromkeys(late, "OO") | PRESENT})
            assert not StatutoryReturn.objects.filter(kind="attendance", school=school).exists()

    def test_sickness_that_only_the_new_schools_file_brings_to_fifteen_days_is_its_return(self, cast: Cast) -> None:
        """Eleven days of illness of Hill's, and of the week that it never sent, four in Hilltop's file."""
        late = school_days(dt.date(2026, 10, 5), 4)
        with in_scope(cast.eastshire):
            marks = autumn(cast)
            marks[cast.pupil] = {day: "II" if day in AUTUMN[-11:] else "/\\" for day in AUTUMN}
            store_marks(cast, cast.hill, marks)
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            sent(cast, school, of_all(cast) | {cast.pupil: dict.fromkeys(late, "II") | PRESENT})
            [one] = StatutoryReturn.objects.filter(kind="sickness")
            assert (one.school, one.first_on, one.arose_on) == (school, AUTUMN[-11], late[-1])

    def test_sickness_that_the_old_school_has_told_of_is_not_told_again(self, cast: Cast) -> None:
        """Sixteen days of illness at Hill and fifteen at Hilltop without a break: one period, one return."""
        three_weeks = school_days(OPENED, 15)
        with in_scope(cast.eastshire):
            marks = autumn(cast)
            marks[cast.pupil] = dict.fromkeys(AUTUMN[:4], "/\\") | dict.fromkeys(AUTUMN[4:], "II")
            store_marks(cast, cast.hill, marks)
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
            present = dict.fromkeys(three_weeks, "/\\")
            sent(cast, school, of_all(cast, present) | {cast.pupil: dict.fromkeys(three_weeks, "II")})
            [one] = StatutoryReturn.objects.filter(kind="sickness")
            assert one.school == cast.hill and standing(school, cast.pupil).illness == 62


class TestRepeatedMarks:
    @pytest.fixture
    def opened(self, cast: Cast) -> School:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            school = take_over(cast, cast.hill, "999050", OPENED)
            carry_rolls(on=ON, by=None)
        return school

    def whole_autumn(self, cast: Cast) -> dict[Pupil, Days]:
        """As the new school's system has it: Hill's September in it, a mark of Amy's otherwise than Hill has it."""
        marks = {pupil: {**days, **PRESENT} for pupil, days in autumn(cast).items()}
        marks[cast.pupil] |= {AUTUMN[0]: "/\\"}
        return marks

    def test_marks_that_the_earlier_school_holds_are_left_out_with_a_warning(self, cast: Cast, opened: School) -> None:
        with in_scope(cast.eastshire):
            upload = sent(cast, opened, self.whole_autumn(cast))
            [told] = upload.problems.filter(kind="told-by-earlier-school")
            assert told.severity == "warning"
            assert "Left out were 200 marks for 7 September 2026 to 2 October 2026" in told.message
            assert "before this school's first day, 12 October 2026: the register of Hill Academy holds" in told.message
            assert not upload.problems.exclude(pk=told.pk).exists()
            stored = [np.frombuffer(bytes(one.marks), np.uint8) for one in Register.objects.filter(school=opened)]
            assert [int(np.count_nonzero(row)) for row in stored] == [10] * 5
            amy = standing(opened, cast.pupil)
            assert (amy.possible, amy.unauthorised) == (50, 20)

    def test_what_the_earlier_school_does_not_hold_is_kept_as_sent(self, cast: Cast, opened: School) -> None:
        late = school_days(dt.date(2026, 10, 5), 1)[0]
        with in_scope(cast.eastshire):
            assert Enrolment.objects.get(school=opened, pupil=cast.pupil).admission_on == OPENED
            upload = sent(cast, opened, {cast.pupil: {AUTUMN[0]: "OO", late: "OO", **PRESENT}})
            [told] = upload.problems.all()
            assert "Left out were 2 marks for 7 September 2026, before" in told.message
            amy = standing(opened, cast.pupil)
            assert (amy.possible, amy.unauthorised) == (52, 22)

    def test_over_two_takeovers_too(self, cast: Cast, opened: School) -> None:
        """What neither of the two before holds of the week before the first; Hill's 40 sessions, Hilltop's none."""
        late, second = school_days(dt.date(2026, 10, 5), 1)[0], dt.date(2026, 10, 19)
        with in_scope(cast.eastshire):
            third = take_over(cast, opened, "999051", second)
            carry_rolls(on=ON, by=None)
            now = dict.fromkeys(school_days(second, 5), "/\\")
            assert not sent(cast, third, of_all(cast, now) | {cast.pupil: {late: "OO", **now}}).problems.exists()
            amy = standing(third, cast.pupil)
            assert (amy.possible, amy.unauthorised) == (52, 22)

    def test_a_day_before_the_child_was_admitted_at_either_is_left_out(self, cast: Cast, opened: School) -> None:
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(school=cast.hill).update(admission_on=AUTUMN[0])
            [told] = sent(cast, opened, {cast.pupil: {dt.date(2026, 9, 4): "OO", **PRESENT}}).problems.all()
            assert told.kind == "outside-enrolment"
            assert "before the admission on 7 September 2026" in told.message

    def test_a_file_that_begins_with_the_first_day_is_stored_as_ever(self, cast: Cast, opened: School) -> None:
        with in_scope(cast.eastshire):
            assert not sent(cast, opened, of_all(cast)).problems.exists()

    def test_before_anyone_was_carried_over_it_is_the_same(self, cast: Cast) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            school = take_over(cast, cast.hill, "999050", OPENED)
            upload = sent(cast, school, self.whole_autumn(cast))
            assert upload.problems.filter(kind="told-by-earlier-school").exists()
            carry_rolls(on=ON, by=None)
            assert (standing(school, cast.pupil).possible, standing(school, cast.pupil).unauthorised) == (50, 20)

    def test_a_system_that_sends_it_is_not_refused_for_it(self, cast: Cast, opened: School) -> None:
        with in_scope(cast.eastshire):
            lines = ["UPN,Surname,Forename,DOB,Year,Date,Session,Mark"]
            amy = cast.pupil
            told = f"{amy.upn},{amy.surname},{amy.forename},{amy.date_of_birth:%d/%m/%Y},7"
            lines += [f"{told},{day:%d/%m/%Y},AM,/" for day in (AUTUMN[0], WEEK[0])]
            upload = uploads.receive_upload(
                opened, ["\r\n".join([*lines, ""]).encode()], file_name="r.csv", by=cast.admin
            )
            outcome = take_upload(upload, accept_good_rows=False, on=ON, at=AT)
            assert (outcome.accepted, outcome.marks, outcome.changed) == (True, 1, 1)
            assert [one["kind"] for one in outcome.problems if one["kind"] == "told-by-earlier-school"]
