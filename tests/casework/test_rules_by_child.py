"""Rules of the board where a child has two records, two schools or a new one: numbers worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import actions, rule_board, rule_rows
from casework.actions import out_of_school, tracking
from casework.models import Case, HealthPlan
from schools.children.record_links import judge_records, take_back
from schools.models import Enrolment, Pupil, School, Standing, StatutoryReturn
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT, store_marks

SignedIn = Callable[[Membership], Client]
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def stand(enrolment: Enrolment, missed: int = 0, possible: int = 100, year: int = 2026, **others: Any) -> Standing:
    """The standing of an enrolment: severe follows from the sessions."""
    counts: dict[str, Any] = dict.fromkeys(
        ("authorised", "missing", "late", "illness", "six_week_possible", "six_week_missed", "ten_week_unauthorised"), 0
    )
    made: Standing = Standing.objects.create(
        **counts | {"is_on_roll": True, "as_at": ON} | others, enrolment=enrolment, pupil=enrolment.pupil,
        school=enrolment.school, year=year, is_in_official_figures=True, possible=possible, attended=possible - missed,
        unauthorised=missed, persistent=10 * missed >= possible, severe=2 * missed >= possible, at_risk=False,
    )  # fmt: skip
    return made


def at(pupil: Pupil) -> Enrolment:
    found: Enrolment = Enrolment.objects.select_related("pupil", "school").get(pupil=pupil)
    return found


def moved(cast: Cast, left_on: dt.date = ON - 30 * DAY) -> tuple[Enrolment, Enrolment]:
    """Amy left Hill Academy and went to Vale the day after: the two enrolments."""
    before = at(cast.pupil)
    before.leaving_on = left_on
    before.save()
    return before, join(cast.pupil, cast.vale, left_on + DAY)


def join(pupil: Pupil, school: School, on: dt.date) -> Enrolment:
    made: Enrolment = Enrolment.objects.create(pupil=pupil, school=school, admission_on=on, year_group="7")
    return made


def link(cast: Cast, one: Pupil, other: Pupil) -> Any:
    return judge_records(one, other, verdict="same", evidence="", reason="The same child", by=cast.officer, at=AT)


def found(code: str, member: Membership) -> list[Any]:
    """The rows of a rule as its list has them; as many as its number says."""
    rule = rule_board.rule_of(code)
    assert rule is not None
    rows = list(rule_board.rows_of(rule, member))
    assert len(rows) == rule_rows.ROWS[code](member).count()
    return rows


def children(code: str, member: Membership) -> list[Any]:
    return [row.pupil_id for row in found(code, member)]


class TestLinkedRecords:
    """Amy is held twice: at Hill Academy, and at Vale under another name."""

    @pytest.fixture
    def amy_twice(self, cast: Cast) -> tuple[Pupil, Pupil]:
        amy, finn = cast.pupil, cast.vale_pupils[0]
        stand(at(amy), missed=60)
        stand(at(finn), missed=30, possible=40)
        return amy, finn

    def test_one_child_is_counted_once_and_has_the_lead_of_either_record(
        self, cast: Cast, amy_twice: tuple[Pupil, Pupil]
    ) -> None:
        amy, finn = amy_twice
        assert rule_board.promise(cast.officer).severe == 2
        made = link(cast, amy, finn)
        assert rule_board.promise(cast.officer).severe == 1
        assert children("severe-no-lead", cast.officer) == [finn.pk]  # 30 of 40 is more than 60 of 100
        case = actions.open_case(amy, reason="Away.", on=ON, by=cast.officer)
        assert [row.case_pk for row in found("severe-no-lead", cast.officer)] == [case.pk]
        actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)
        assert children("severe-no-lead", cast.officer) == []
        assert children("severe-no-plan", cast.officer) == [finn.pk]
        out_of_school.begin_enquiry(amy, why="Not seen.", begun_on=ON, on=ON, by=cast.officer)
        assert children("missing-severe", cast.officer) == []
        take_back(made, reason="Cousins", by=cast.officer, at=AT)
        assert children("severe-no-lead", cast.officer) == [finn.pk]
        assert rule_board.promise(cast.officer).severe == 2

    def test_a_third_record_links_two_and_what_stays_linked_stays_one(
        self, cast: Cast, amy_twice: tuple[Pupil, Pupil]
    ) -> None:
        amy, finn = amy_twice
        link(cast, amy, cast.pupils[1])
        made = link(cast, finn, cast.pupils[1])
        assert rule_board.promise(cast.officer).severe == 1
        take_back(made, reason="Cousins", by=cast.officer, at=AT)
        assert rule_board.promise(cast.officer).severe == 2

    def test_opening_a_case_by_the_other_record_leads_to_the_open_one(
        self, cast: Cast, amy_twice: tuple[Pupil, Pupil], signed_in: SignedIn
    ) -> None:
        amy, finn = amy_twice
        closed = actions.open_case(finn, reason="Before.", on=ON, by=cast.officer)
        actions.close_case(closed, outcome="improved", reason="Well.", on=ON, by=cast.officer)
        case = actions.open_case(amy, reason="Away.", on=ON, by=cast.officer)
        link(cast, amy, finn)
        answer = signed_in(cast.officer).get(f"/pupils/{finn.pk}/case/open/")
        assert answer.headers["Location"] == f"/cases/{case.pk}/"
        unseen = signed_in(cast.other_lead).get(f"/pupils/{finn.pk}/case/open/")
        assert unseen.status_code == 409 and "Ask the attendance team to invite you." in unseen.content.decode()
        assert "another record" not in unseen.content.decode()
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="Ask the attendance team"):
                actions.open_case(finn, reason="Again.", on=ON, by=cast.other_lead)
            with pytest.raises(Refused, match="open case already"):
                actions.open_case(finn, reason="Again.", on=ON, by=cast.officer)
            with pytest.raises(Refused, match="another open case"):
                actions.reopen_case(closed, reason="Again.", on=ON, by=cast.officer)
            by: dict[str, Any] = {"on": ON, "by": cast.officer}
            tracking.record_health_plan(amy, provision="school", begun_on=ON, words="Lessons.", **by)
            for member, told in ((cast.officer, "health plan already"), (cast.other_lead, "Ask the attendance team")):
                with pytest.raises(Refused, match=told):
                    tracking.record_health_plan(finn, provision="school", begun_on=ON, words="x", on=ON, by=member)
            assert Case.objects.open().get().entries.filter(source="Health plan").exists()


class TestOnRollToday:
    def test_a_leaver_is_on_the_board_to_the_last_day_and_not_after(self, cast: Cast) -> None:
        stand(at(cast.pupil), missed=60)
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON)
        assert rule_board.promise(cast.officer).severe == 1
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON - DAY)
        assert rule_board.promise(cast.officer).severe == 0

    def test_last_year_s_figures_count_no_longer_and_the_board_says_who_has_sent_none(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        stand(at(cast.pupil), missed=60, year=2025)
        stand(at(cast.vale_pupils[0]), missed=10)
        assert rule_board.promise(cast.officer).severe == 0
        page = signed_in(cast.officer).get("/rule-board/").content.decode()
        assert "<strong>1</strong> school has sent no register of this year yet" in page

    def test_who_moves_is_still_severely_absent_until_the_year_as_a_whole_is_not(self, cast: Cast) -> None:
        before, now = moved(cast)
        stand(before, missed=60, is_on_roll=False)
        assert children("severe-no-lead", cast.officer) == [cast.pupil.pk]
        assert children("severe-no-lead", cast.lead) == []  # Hill's own people: the child is not theirs any more
        standing = stand(now, missed=10, possible=40)
        assert children("severe-no-lead", cast.officer) == [cast.pupil.pk]  # 70 of 140: just half
        Standing.objects.filter(pk=standing.pk).update(attended=31)
        assert children("severe-no-lead", cast.officer) == []  # 69 of 140

    def test_of_two_schools_the_larger_share_is_shown_not_the_fewer_sessions(self, cast: Cast) -> None:
        stand(at(cast.pupil), missed=10, possible=20)
        stand(join(cast.pupil, cast.vale, ON - 90 * DAY), missed=90, possible=120)
        assert [(row.possible, row.school) for row in found("severe-no-lead", cast.officer)] == [(120, cast.vale)]


class TestPlacesToCome:
    """Amy left Hill Academy for nobody knows where; Vale has a place for her that begins in ten days."""

    @pytest.fixture
    def offered(self, cast: Cast) -> Enrolment:
        before = at(cast.pupil)
        before.leaving_on = ON - 30 * DAY
        before.save()
        due(before, "deletion", before.leaving_on, before.leaving_on)
        stand(before, missed=60, is_on_roll=False)
        return join(cast.pupil, cast.vale, ON + 10 * DAY)

    @pytest.mark.usefixtures("offered")
    def test_it_is_no_roll_before_it_begins(self, cast: Cast) -> None:
        for days in (0, 9, 10):
            cast.officer.on = ON + days * DAY
            amy, nobody = [cast.pupil.pk], list[Any]()
            lost, severe = (amy, nobody) if days < 10 else (nobody, amy)
            assert (children("missing-left", cast.officer), children("severe-no-lead", cast.officer)) == (lost, severe)

    @pytest.mark.usefixtures("offered")
    def test_neither_list_nor_page_says_of_a_missing_child_that_they_are_on_a_roll(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        one = out_of_school.begin_enquiry(cast.pupil, why="Not seen.", begun_on=ON, **by)
        out_of_school.record_missing(
            one, found_missing_on=ON, missing_from_on=None, primary_reason="offered", **by
        )  # fmt: skip
        officer = signed_in(cast.officer)
        assert "No day on a roll" not in officer.get(f"/missing-education/{one.pk}/").content.decode()
        listed = officer.get("/missing-education/").content.decode()
        assert "Amy Abbott" in listed and "on a school’s roll now" not in listed


class TestFilterBySchool:
    def listed(self, cast: Cast, code: str) -> list[str]:
        """Under which schools a rule finds Amy."""
        rule = rule_board.rule_of(code)
        assert rule is not None
        typed = (cast.hill.name, cast.hill.urn, cast.vale.name)
        return [school for school in typed if rule_board.rows_of(rule, cast.officer, school=school).exists()]

    def test_last_summer_s_leavers_are_found_under_the_school_that_is_shown(self, cast: Cast) -> None:
        left, hill = at(cast.pupil), [cast.hill.name, cast.hill.urn]
        left.leaving_on = dt.date(2026, 7, 22)
        left.save()
        due(left, "deletion", left.leaving_on, left.leaving_on)
        assert self.listed(cast, "missing-left") == hill
        began = {"from_on": left.leaving_on, "primary_reason": "lifestyle", "school_before": "academy"}
        ends = {"ended": "unsuitable", "ended_on": ON - DAY}
        out_of_school.record_home_education(cast.pupil, **began, **ends, on=ON, by=cast.officer)
        assert self.listed(cast, "missing-home") == hill

    def test_who_has_moved_is_found_under_either_school_of_the_year(self, cast: Cast) -> None:
        before, _ = moved(cast)
        stand(before, missed=60, is_on_roll=False)
        assert self.listed(cast, "severe-no-lead") == [cast.hill.name, cast.hill.urn, cast.vale.name]

    def test_who_went_to_another_school_years_ago_is_found_under_that_of_now_alone(self, cast: Cast) -> None:
        Enrolment.objects.filter(pupil=cast.pupil).update(admission_on=dt.date(2023, 9, 1))
        moved(cast, left_on=dt.date(2024, 7, 19))
        began = {"from_on": ON - 99 * DAY, "primary_reason": "lifestyle", "school_before": "academy"}
        ends = {"ended": "unsuitable", "ended_on": ON - 40 * DAY}
        out_of_school.record_home_education(cast.pupil, **began, **ends, on=ON, by=cast.officer)
        Enrolment.objects.filter(school=cast.vale, pupil=cast.pupil).update(leaving_on=ON - 50 * DAY)
        assert self.listed(cast, "missing-home") == [cast.vale.name]


class TestLatestRoll:
    """Amy left Hill Academy for nobody knows where, joined Vale, and left that too."""

    @pytest.fixture
    def left_twice(self, cast: Cast) -> Enrolment:
        before, now = moved(cast)
        now.leaving_on = ON - 5 * DAY
        now.save()
        for one in (before, now):
            StatutoryReturn.objects.create(
                kind="deletion", school=one.school, pupil=one.pupil, enrolment=one, year=2026,
                first_on=one.leaving_on, arose_on=one.leaving_on, deadline_on=one.leaving_on,
            )  # fmt: skip
        return now

    def test_the_roll_left_last_decides(self, cast: Cast, left_twice: Enrolment) -> None:
        assert [row.school for row in found("missing-left", cast.officer)] == [cast.vale]
        Enrolment.objects.filter(pk=left_twice.pk).update(destination="Fen School")
        assert children("missing-left", cast.officer) == []
        Enrolment.objects.filter(pk=left_twice.pk).update(destination="")
        Enrolment.objects.filter(school=cast.hill, pupil=cast.pupil).update(destination="Vale")
        assert children("missing-left", cast.officer) == [cast.pupil.pk]

    def test_a_later_roll_that_asks_nothing_itself_leaves_the_earlier_return_standing(
        self, cast: Cast, left_twice: Enrolment
    ) -> None:
        own = StatutoryReturn.objects.filter(enrolment=left_twice)
        own.update(facts={"finished": True})  # drafted only that a social worker is told
        assert [row.school for row in found("missing-left", cast.officer)] == [cast.hill]
        own.delete()
        assert [row.school for row in found("missing-left", cast.officer)] == [cast.hill]
        Enrolment.objects.filter(pk=left_twice.pk).update(destination="Fen School")
        assert children("missing-left", cast.officer) == []

    def test_a_linked_record_on_a_roll_says_where_the_child_is(self, cast: Cast, left_twice: Enrolment) -> None:
        link(cast, cast.pupil, cast.vale_pupils[0])
        assert children("missing-left", cast.officer) == []


def test_whose_home_education_or_enquiry_ended_half_stays_on_the_board(cast: Cast) -> None:
    """Amy left to be educated at home, as an enquiry found; it was not suitable; then she had a place, at no roll."""
    before, (home, enquired) = at(cast.pupil), ("missing-home", "missing-enquired")
    by: dict[str, Any] = {"on": ON, "by": cast.officer}
    Enrolment.objects.filter(pk=before.pk).update(leaving_on=ON - 30 * DAY, destination="Educated at home")
    asked = out_of_school.begin_enquiry(cast.pupil, why="Not seen.", begun_on=ON - 20 * DAY, **by)
    ended: dict[str, Any] = {"ended_on": ON - DAY, "outcome_words": "Told by her aunt.", **by}
    out_of_school.end_enquiry(asked, outcome="home", **ended)
    assert (children(home, cast.officer), children(enquired, cast.officer)) == ([], [cast.pupil.pk])
    assert way_of(enquired, cast.officer) == "Record home education"
    began = {"from_on": ON - DAY, "primary_reason": "lifestyle", "school_before": "academy"}
    at_home = out_of_school.record_home_education(cast.pupil, **began, **by)
    assert (children(home, cast.officer), children(enquired, cast.officer)) == ([], [])
    out_of_school.end_home_education(at_home, ended="unsuitable", ended_on=ON, ended_words="Nothing taught.", **by)
    assert (children(home, cast.officer), children(enquired, cast.officer)) == ([cast.pupil.pk], [])
    assert way_of(home, cast.officer) == "Begin an enquiry"
    again = out_of_school.begin_enquiry(cast.pupil, why="Not taught.", begun_on=ON, **by)
    assert children(home, cast.officer) == []
    out_of_school.end_enquiry(again, outcome="place", **ended | {"ended_on": ON})
    for days, listed in ((13, []), (14, [cast.pupil.pk])):
        cast.officer.on = ON + days * DAY
        assert (children(home, cast.officer), children(enquired, cast.officer)) == ([], listed)
    type(again).objects.filter(pk=again.pk).update(outcome="beyond")
    assert children(enquired, cast.officer) == []


def way_of(code: str, member: Membership) -> str:
    rule = rule_board.rule_of(code)
    assert rule is not None
    (line,) = rule_board.lines(rule, rule_board.rows_of(rule, member), member, back="/")
    return line.way[0]


def due(enrolment: Enrolment, kind: str, first_on: dt.date, arose_on: dt.date) -> None:
    StatutoryReturn.objects.create(
        kind=kind, school=enrolment.school, pupil=enrolment.pupil, enrolment=enrolment, year=2026,
        first_on=first_on, arose_on=arose_on, deadline_on=arose_on,
    )  # fmt: skip


class TestTwoSchools:
    def test_code_c2_needs_a_timetable_of_the_school_that_uses_it(self, cast: Cast) -> None:
        before, now = moved(cast)
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        tracking.record_part_time(
            cast.pupil, school=cast.hill, from_on=ON - 40 * DAY, until_on=ON + 40 * DAY, sessions_a_week=6,
            reason="Steps.", **by,
        )  # fmt: skip
        stand(before, part_time_on=ON - 31 * DAY, is_on_roll=False)
        assert children("part-time-not-recorded", cast.officer) == []
        stand(now, part_time_on=ON - DAY)
        assert [row.school for row in found("part-time-not-recorded", cast.officer)] == [cast.vale]
        tracking.record_part_time(
            cast.pupil,
            school=cast.vale,
            from_on=ON - DAY,
            until_on=ON + 40 * DAY,
            sessions_a_week=6,
            reason="On.",
            **by,
        )
        assert children("part-time-not-recorded", cast.officer) == []

    def test_fifteen_days_of_illness_go_with_the_child_to_the_next_school(self, cast: Cast) -> None:
        before, _ = moved(cast)
        due(before, "sickness", ON - 60 * DAY, ON - 35 * DAY)
        assert children("illness-no-plan", cast.officer) == [cast.pupil.pk]
        assert children("illness-no-plan", cast.lead) == []

    def test_what_a_school_does_counts_once_the_authority_has_looked_into_it(self, cast: Cast) -> None:
        due(at(cast.pupil), "sickness", ON - 60 * DAY, ON - 35 * DAY)
        told: dict[str, Any] = {"begun_on": ON - 30 * DAY, "words": "Lessons by video.", "on": ON, "by": cast.lead}
        for provision in ("authority", "not-needed"):
            with pytest.raises(Refused, match="for the authority to decide"):
                tracking.record_health_plan(cast.pupil, provision=provision, **told)
        plan = tracking.record_health_plan(cast.pupil, provision="school", **told)
        rule = rule_board.rule_of("illness-no-plan")
        assert rule is not None
        for member, way in ((cast.officer, "Look into what the school does"), (cast.lead, "")):
            (line,) = rule_board.lines(rule, rule_board.rows_of(rule, member), member, back="/")
            assert (line.pupil, line.way[0], "not looked into it yet" in line.what) == (cast.pupil, way, True)
        with pytest.raises(Refused, match="for the authority to decide"):
            tracking.look_into_health_plan(plan, words="Enough.", on=ON, by=cast.lead)
        tracking.look_into_health_plan(plan, words="Ten hours a week.", on=ON, by=cast.officer)
        assert children("illness-no-plan", cast.officer) == children("illness-no-plan", cast.lead) == []
        tracking.end_health_plan(plan, ended_on=ON - DAY, how_ended="Too ill for it.", on=ON, by=cast.lead)
        (line,) = rule_board.lines(rule, rule_board.rows_of(rule, cast.officer), cast.officer, back="/")
        assert (line.way[0], f"plan ended on {ON - DAY:%-d %B %Y}" in line.what) == ("Record a health plan", True)
        again = tracking.record_health_plan(cast.pupil, provision="school", **told)
        stale = HealthPlan.objects.get(pk=again.pk)
        tracking.end_health_plan(again, ended_on=ON, how_ended="Too ill again.", on=ON, by=cast.lead)
        with pytest.raises(Refused, match="has ended this plan meanwhile"):
            tracking.look_into_health_plan(stale, words="Enough.", on=ON, by=cast.officer)
        assert children("illness-no-plan", cast.officer) == [cast.pupil.pk]
        HealthPlan.objects.filter(pk=plan.pk).update(provision="authority", ended_on=None, ended_by=None)
        plan.refresh_from_db()
        with pytest.raises(Refused, match="the attendance team ends it"):
            tracking.end_health_plan(plan, ended_on=ON, how_ended="Well.", on=ON, by=cast.lead)

    def test_fifteen_days_of_two_schools_together_are_fifteen(self, cast: Cast) -> None:
        before, now = moved(cast)
        stand(before, illness=16, missed=16, is_on_roll=False)
        standing = stand(now, illness=13, missed=13)
        assert children("illness-together", cast.officer) == []  # 29 sessions: fourteen and a half days
        Standing.objects.filter(pk=standing.pk).update(illness=14)
        assert children("illness-together", cast.officer) == [cast.pupil.pk]
        Standing.objects.filter(pk=standing.pk).update(is_on_roll=False)  # as worked out before the move
        assert children("illness-together", cast.officer) == [cast.pupil.pk]
        assert children("illness-together", cast.other_lead) == []
        plan = tracking.record_health_plan(
            cast.pupil, provision="not-needed", begun_on=ON, words="Well again.", on=ON, by=cast.officer
        )
        assert children("illness-together", cast.officer) == []
        type(plan).objects.all().delete()
        due(before, "sickness", ON - 60 * DAY, ON - 35 * DAY)
        assert children("illness-together", cast.officer) == []  # the return says it
        [row] = found("illness-no-plan", cast.officer)
        assert (row.pupil_id, row.school_name) == (cast.pupil.pk, cast.hill.name)  # whose return it is

    def test_that_nothing_has_to_be_arranged_is_overtaken_after_fifteen_more_days_of_illness(self, cast: Cast) -> None:
        """30 sessions to 25 September, then decided; 14 in October, 16 in November, none of them 15 days in a row."""
        days, amy = school_days(dt.date(2026, 9, 7), 50), cast.pupil
        ill = dict.fromkeys([*days[:15], *days[20:27], *days[30:38]], "II")
        store_marks(cast, cast.hill, {amy: dict.fromkeys(days, "/\\") | ill | {days[37]: "I/"}})
        assert children("illness-no-plan", cast.officer) == [amy.pk]
        plan = tracking.record_health_plan(
            amy, provision="not-needed", begun_on=days[14], words="Back on Monday.", on=ON, by=cast.officer
        )
        assert children("illness-no-plan", cast.officer) == children("illness-no-plan", cast.lead) == []
        store_marks(cast, cast.hill, {amy: {days[37]: "II"}})
        assert children("illness-no-plan", cast.officer) == children("illness-no-plan", cast.lead) == [amy.pk]
        type(plan).objects.filter(pk=plan.pk).update(ended_on=days[20])
        assert children("illness-no-plan", cast.officer) == []
        tracking.void_health_plan(HealthPlan.objects.get(), why="It was Ben.", on=ON, by=cast.officer)
        assert children("illness-no-plan", cast.officer) == [amy.pk]
        HealthPlan.objects.update(in_error_on=None, in_error_by=None)
        link(cast, amy, cast.vale_pupils[0])
        store_marks(cast, cast.vale, {cast.vale_pupils[0]: {days[21]: "II"}})
        assert children("illness-no-plan", cast.officer) == [amy.pk]
        assert children("illness-no-plan", cast.lead) == []  # what was at another school is not told

    def test_two_linked_records_ill_for_fifteen_days_together(self, cast: Cast) -> None:
        stand(at(cast.pupil), illness=20, missed=20)
        stand(at(cast.vale_pupils[0]), illness=10, missed=10)
        assert children("illness-together", cast.officer) == []
        link(cast, cast.pupil, cast.vale_pupils[0])
        assert children("illness-together", cast.officer) == [cast.pupil.pk]

    def test_seen_at_either_school_is_seen(self, cast: Cast) -> None:
        before, now = moved(cast, left_on=ON - 5 * DAY)
        due(before, "attendance", ON - 30 * DAY, ON - 17 * DAY)
        standing = stand(now, missed=8, possible=8)
        assert children("missing-run", cast.officer) == [cast.pupil.pk]
        Standing.objects.filter(pk=standing.pk).update(present_on=ON - DAY)
        assert children("missing-run", cast.officer) == []

    def test_seen_in_the_afternoon_of_the_tenth_day_is_seen(self, cast: Cast) -> None:
        due(at(cast.pupil), "attendance", ON - 14 * DAY, ON - DAY)
        standing = stand(at(cast.pupil), missed=21, possible=22, present_on=ON - 2 * DAY)
        assert children("missing-run", cast.officer) == [cast.pupil.pk]
        Standing.objects.filter(pk=standing.pk).update(present_on=ON - DAY)
        assert children("missing-run", cast.officer) == []
