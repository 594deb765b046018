"""The rule board beside an independent oracle, after every kind of write; its pages, and who may open them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import actions as case_actions
from casework import rule_board, rule_rows
from casework.actions import out_of_school, plan_actions, plans, referrals, tracking
from casework.actions.directory import add_service, add_service_member
from casework.models import (
    Case,
    EducationEnquiry,
    HealthPlan,
    HomeEducation,
    PartTimeTimetable,
    Plan,
    PlanAction,
    Referral,
)
from casework.standing_rules import RULES
from schools.changes.corrections import correct_leaving
from schools.children.restrictions import lift_restriction, restrict_record
from schools.handing.receiving import decline_hand_over
from schools.models import Enrolment, Pupil
from schools.sending import uploads
from tests.casework.plans import add, written
from tests.casework.rule_oracle import expected, keys
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.hand_overs import LATER, offered
from tests.schools.stored import AT

SignedIn = Callable[[Membership], Client]
DAYS = school_days(dt.date(2026, 9, 7), 55)
ABOUT_RECORDS = {"plan-past-review", "action-overdue", "referral-unanswered", "part-time-past-end"}
KINDS_OF_MARKS = ("OO", "II", "/\\", "/\\", "CC", "OO", "MM")


def board_of(member: Membership) -> dict[str, set[Any]]:
    """What every rule lists, with its count beside it."""
    found = {}
    for rule in RULES:
        rows = list(rule_board.rows_of(rule, member))
        assert len(rows) == rule_rows.ROWS[rule.code](member).count()
        found[rule.code] = keys(rows, "record" if rule.code in ABOUT_RECORDS else "child")
    return found


def store_with_part_time(cast: Cast, marks: dict[Pupil, dict[dt.date, str]]) -> None:
    """Send, read and store a register of Hill's in which C stands for C2."""
    content = long_file(marks).replace(b",C\r\n", b",C2\r\n")
    upload = uploads.receive_upload(cast.hill, [content], file_name="register.csv", by=cast.lead)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=ON)


def agree_on(day: dt.date, plan: Plan, due_on: dt.date) -> None:
    """One more action, due on a day, and the whole agreed by child, mother and school."""
    by = plan.drafted_by
    add(plan, by, what="Call", due_on=due_on)
    plans.put_plan_forward(plan, on=day, by=by)
    for party, who in (("child", "Amy"), ("parent", "Mary"), ("school", "Layla")):
        plans.record_agreement(plan, party=party, who=who, says="yes", words="", agreed_on=day, on=day, by=by)
    plans.agree_plan(plan, on=day, by=by)


class Walk:
    """A seeded walk through every kind of write that a rule looks at, each by its real action."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance = cast, random.Random(seed)
        self.children = [*cast.pupils, *cast.vale_pupils]
        self.service = add_service(told={"name": "Housing help", "takes_referrals": True}, by=cast.team_leader)
        add_service_member(self.service, person=cast.practitioner, is_duty=True, on=ON, by=cast.team_leader)
        self.steps: list[Callable[[], object]] = [
            self.open_case, self.lead, self.ask, self.close, self.reopen, self.plan, self.agree, self.act, self.replan,
            self.refer, self.answer, self.part_time, self.change_part_time, self.health, self.end_health,
            self.enquire, self.end_enquiry, self.home, self.end_home, self.mark, self.leave, self.restrict,
        ]  # fmt: skip

    def step(self) -> str:
        """One write, or a refusal that changes nothing."""
        doing = self.chance.choice(self.steps)
        try:
            with transaction.atomic():
                doing()
        except (Refused, IndexError):
            return f"{doing.__name__} (refused)"
        return str(doing.__name__)

    @property
    def child(self) -> Pupil:
        return Pupil.objects.get(pk=self.chance.choice(self.children).pk)

    def one(self, rows: Any) -> Any:
        return self.chance.choice(list(rows.order_by("pk")))

    def day(self, before: int = 60, after: int = 10) -> dt.date:
        return ON + dt.timedelta(days=self.chance.randint(-before, after))

    @property
    def by(self) -> dict[str, Any]:
        return {"on": ON, "by": self.cast.officer}

    def open_case(self) -> None:
        case_actions.open_case(self.child, reason="Away.", **self.by)

    def lead(self) -> None:
        case = self.one(Case.objects.open())
        case_actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", **self.by)

    def ask(self) -> None:
        case = self.one(Case.objects.open())
        case_actions.ask_to_lead(case, lead=self.cast.practitioner, **self.by)
        if self.chance.random() < 0.6:
            case_actions.accept_lead(case, on=ON, by=self.cast.practitioner)

    def close(self) -> None:
        case_actions.close_case(
            self.one(Case.objects.open()), outcome=Case.Outcome.values[0], reason="Done.", **self.by
        )

    def reopen(self) -> None:
        case_actions.reopen_case(self.one(Case.objects.filter(stage="closed")), reason="Again.", **self.by)

    def plan(self) -> None:
        written(self.one(Case.objects.open()), self.cast.officer, review_on=self.day(20, 20))

    def agree(self) -> None:
        agree_on(self.day(20, 0), self.one(Plan.objects.under_way()), self.day(20, 20))

    def act(self) -> None:
        plan_actions.do_plan_action(self.one(PlanAction.objects.undone()), outcome="Done.", **self.by)

    def replan(self) -> None:
        new = plans.change_plan(self.one(Plan.objects.current()), **self.by)
        more = {"owner": self.cast.officer, "owner_name": "", "agency": ""}
        plan_actions.add_plan_action(new, what="Call", due_on=self.day(20, 5), **more, by=self.cast.officer)

    def refer(self) -> None:
        made_on = self.day(12, 0)
        referrals.refer_child(self.child, service=self.service, reason="Damp.", on=made_on, by=self.cast.officer)

    def answer(self) -> None:
        asked = self.one(Referral.objects.waiting())
        referrals.decline_referral(asked, answer="Full.", on=ON, by=self.cast.practitioner)

    def part_time(self) -> None:
        child, begins = self.child, self.day(80, 0)
        school = Enrolment.objects.on_roll(ON).filter(pupil=child)[0].school
        tracking.record_part_time(
            child, school=school, from_on=begins, until_on=begins + dt.timedelta(days=self.chance.randint(5, 80)),
            sessions_a_week=6, reason="To come back step by step.", **self.by,
        )  # fmt: skip

    def change_part_time(self) -> None:
        one = self.one(PartTimeTimetable.objects.running())
        if self.chance.random() < 0.5:
            tracking.end_part_time(one, ended_on=self.day(50, 0), how_ended="Back full time.", **self.by)
        else:
            tracking.put_off_end(one, until_on=self.day(10, 30), review_on=None, why="", **self.by)

    def health(self) -> None:
        kind = self.chance.choice(HealthPlan.Provision.values)
        tracking.record_health_plan(self.child, provision=kind, begun_on=self.day(40, 0), words="Lessons.", **self.by)

    def end_health(self) -> None:
        one = self.one(HealthPlan.objects.running())
        tracking.end_health_plan(one, ended_on=self.day(20, 0), how_ended="Well again.", **self.by)

    def enquire(self) -> None:
        out_of_school.begin_enquiry(self.child, why="Not seen.", begun_on=self.day(120, 0), **self.by)

    def end_enquiry(self) -> None:
        one = self.one(EducationEnquiry.objects.running())
        out_of_school.end_enquiry(one, outcome="on-roll", ended_on=ON, outcome_words="Seen.", **self.by)

    def home(self) -> None:
        out_of_school.record_home_education(
            self.child, from_on=self.day(), primary_reason="lifestyle", school_before="academy", **self.by
        )

    def end_home(self) -> None:
        one = self.one(HomeEducation.objects.running())
        out_of_school.end_home_education(one, ended="school", ended_on=ON, ended_words="", **self.by)

    def mark(self) -> None:
        """A new register of Hill for everyone: a few long stretches a child."""
        there = Enrolment.objects.on_roll(ON).filter(school=self.cast.hill).values("pupil")
        children = list(Pupil.objects.filter(pk__in=there).order_by("pk"))
        marks = all_present(children, DAYS)
        for child in children:
            begins = 0
            while begins < len(DAYS):
                length = self.chance.randint(4, 22)
                mark = self.chance.choice(KINDS_OF_MARKS)
                marks[child] |= dict.fromkeys(DAYS[begins : begins + length], mark)
                begins += length
        store_with_part_time(self.cast, marks)

    def leave(self) -> None:
        enrolment = self.one(Enrolment.objects.filter(school=self.cast.hill))
        leaves = None if enrolment.leaving_on else self.day(40, 5)
        where = self.chance.choice(["", "", "Fen School"]) if leaves else ""
        correct_leaving(
            enrolment, leaving_on=leaves, destination=where, reason="Told.", by=self.cast.officer, at=AT, on=ON
        )

    def restrict(self) -> None:
        child, leader = self.child, self.cast.team_leader
        if child.is_restricted:
            lift_restriction(child, reason="Over.", by=leader, on=ON)
        else:
            restrict_record(child, kind="other", holders=[leader], reason="Safety.", by=leader, on=ON)


def begin(walk: Walk) -> list[Callable[[], object]]:
    """Writes after which every rule finds somebody, each by its real action."""
    cast, by, before = walk.cast, walk.by, ON - dt.timedelta(days=3)
    ben, cora, dan, ella = cast.pupils[1:]

    def absences() -> None:
        marks = all_present(cast.pupils, DAYS)
        marks[cast.pupil] |= dict.fromkeys(DAYS[10:], "OO")
        marks[ben] |= dict.fromkeys(DAYS[:15], "II")
        marks[cora] |= dict.fromkeys(DAYS[3:4], "CC")
        store_with_part_time(cast, marks)

    def agreed_long_ago() -> None:
        case = case_actions.open_case(ella, reason="Away.", **by)
        agree_on(ON - dt.timedelta(days=20), written(case, cast.officer, review_on=before), before)

    def referred() -> None:
        on = ON - dt.timedelta(days=7)
        referrals.refer_child(ella, service=walk.service, reason="Damp.", on=on, by=cast.officer)

    def part_time() -> None:
        tracking.record_part_time(
            ella, school=cast.hill, from_on=DAYS[0], until_on=before, sessions_a_week=6, reason="Steps.", **by
        )

    def left() -> None:
        enrolment = Enrolment.objects.get(pupil=dan)
        correct_leaving(enrolment, leaving_on=before, destination="", reason="Told.", by=cast.officer, at=AT, on=ON)

    return [absences, agreed_long_ago, referred, part_time, left]


def test_every_rule_finds_what_an_independent_oracle_finds_after_every_write(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        walk = Walk(cast, seed=4)
        for doing in begin(walk):
            doing()
            assert (board := board_of(cast.officer)) == expected(cast.officer, ON), doing.__name__
        assert [code for code, found in board.items() if not found] == ["illness-together"]  # nobody was at two schools
        for number in range(20):
            did = walk.step()
            assert board_of(cast.officer) == expected(cast.officer, ON), f"after step {number}, {did}"


class TestPages:
    """Amy is severely absent and Ben half so, at Hill; nobody does anything about it yet."""

    @pytest.fixture
    def away(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            marks = all_present(cast.pupils, DAYS)
            marks[cast.pupil] |= dict.fromkeys(DAYS[10:], "OO")
            marks[cast.pupils[1]] |= dict.fromkeys(DAYS[:15], "II")
            marks[cast.pupils[2]] |= dict.fromkeys(DAYS[3:4], "CC")
            store_with_part_time(cast, marks)

    @pytest.mark.usefixtures("away")
    def test_the_day_s_figure_stands_on_the_board_and_on_the_home_page(self, cast: Cast, signed_in: SignedIn) -> None:
        board = signed_in(cast.officer).get("/rule-board/").content.decode()
        assert "<strong>1</strong> of 1 severely absent child " in board
        for member in (cast.officer, cast.team_leader):
            home = signed_in(member).get("/").content.decode()
            assert "No severely absent child without a lead and a plan" in home
            assert "/rule-board/severe-no-lead/" in home and "/rule-board/severe-no-plan/" in home

    @pytest.mark.usefixtures("away")
    def test_each_list_says_since_when_and_leads_to_what_puts_it_right(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        for code, child, says, way in (
            ("severe-no-lead", 0, "Missed 90 of 110 sessions", "open_case"),
            ("missing-severe", 0, "Missed 90 of 110 sessions", "begin_enquiry"),
            ("missing-run", 0, f"{DAYS[10]:%-d %B %Y}", "begin_enquiry"),
            ("illness-no-plan", 1, f"{DAYS[0]:%-d %B %Y}", "record_health_plan"),
            ("part-time-not-recorded", 2, f"{DAYS[3]:%-d %B %Y}", "record_part_time"),
        ):
            address = reverse("rule_list", args=[code])
            page = officer.get(address).content.decode()
            pupil = cast.pupils[child]
            assert str(pupil) in page and says in page and cast.hill.name in page, code
            assert f"{reverse(way, args=[pupil.pk])}?next={address.replace('/', '%2F')}" in page, code
            assert str(pupil) not in officer.get(address + "?school=Vale").content.decode()
            assert pupil.upn in officer.get(address + "?format=csv").content.decode()

    @pytest.mark.usefixtures("away")
    def test_one_click_and_a_form_go_back_to_the_board(self, cast: Cast, signed_in: SignedIn) -> None:
        officer, board = signed_in(cast.officer), "/rule-board/severe-no-lead/"
        answer = officer.post(f"/pupils/{cast.pupil.pk}/case/open/?next={board}", {"reason": "Severely absent."})
        assert answer.headers["Location"] == board
        with in_scope(cast.eastshire):
            case = Case.objects.get()
        assert f"/cases/{case.pk}/lead/?next=" in officer.get(board).content.decode()
        typed = {"who": "name", "lead_name": "Nia Oak", "lead_agency": "Housing"}
        assert officer.post(f"/cases/{case.pk}/lead/?next={board}", typed).headers["Location"] == board
        assert "Amy Abbott" not in officer.get(board).content.decode()
        elsewhere = officer.post(f"/cases/{case.pk}/entry/?next=//evil.example", {"words": "x", **today()})
        assert elsewhere.headers["Location"] == f"/cases/{case.pk}/"

    @pytest.mark.usefixtures("away")
    def test_who_sees_what(self, cast: Cast, signed_in: SignedIn) -> None:
        address = "/rule-board/severe-no-lead/"
        assert Client().get(address).status_code == Client().get("/rule-board/").status_code == 302
        for member in (cast.office, cast.practitioner, cast.legal, cast.admin):
            assert signed_in(member).get(address).status_code == 403
        for member in (cast.lead, cast.manager, cast.auditor):
            assert "Amy Abbott" in signed_in(member).get(address).content.decode()
        for member in (cast.other_lead, cast.stranger):
            assert "Abbott" not in signed_in(member).get(address).content.decode()
            assert "No child whom you may see" in signed_in(member).get("/rule-board/").content.decode()
        assert "Open a case" not in signed_in(cast.manager).get(address).content.decode()
        assert signed_in(cast.officer).get("/rule-board/no-such-rule/").status_code == 404
        with in_scope(cast.eastshire):
            restrict_record(
                cast.pupil, kind="other", holders=[cast.team_leader], reason="Safety.", by=cast.team_leader, on=ON
            )
        assert "Amy Abbott" in signed_in(cast.team_leader).get(address).content.decode()
        assert "Amy Abbott" not in signed_in(cast.officer).get(address).content.decode()

    @pytest.mark.usefixtures("away")
    def test_the_board_and_its_lists_ask_as_often_for_many_children_as_for_one(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        addresses = ["/rule-board/", *(reverse("rule_list", args=[rule.code]) for rule in RULES)]

        def asked() -> list[int]:
            found = []
            for address in addresses:
                with CaptureQueriesContext(connection) as queries:
                    officer.get(address)
                found.append(len(queries))
            return found

        asked()
        before = asked()
        with in_scope(cast.eastshire):
            marks = {child: dict.fromkeys(DAYS[5:], "OO") | dict.fromkeys(DAYS[:1], "CC") for child in cast.pupils}
            store_with_part_time(cast, marks)
            for child in cast.pupils[1:]:
                case_actions.open_case(child, reason="Away.", on=ON, by=cast.officer)
        assert all(now <= then for now, then in zip(asked(), before, strict=True))
        assert before[0] <= 30


def today() -> dict[str, str]:
    """The boxes of a date."""
    return {"happened_on_day": str(ON.day), "happened_on_month": str(ON.month), "happened_on_year": str(ON.year)}


def test_a_hand_over_that_was_declined_tells_nobody_where_a_leaver_is(cast: Cast) -> None:
    child = cast.pupils[3]
    with in_scope(cast.eastshire):
        store_with_part_time(cast, all_present(cast.pupils, DAYS))
        on = ON - dt.timedelta(days=3)
        enrolment = Enrolment.objects.get(pupil=child)
        correct_leaving(enrolment, leaving_on=on, destination="", reason="Told.", by=cast.officer, at=AT, on=ON)
        assert board_of(cast.officer)["missing-left"] == {child.pk}
    one = offered(cast, child)
    with in_scope(cast.eastshire):
        assert board_of(cast.officer)["missing-left"] == set()
    with in_scope(cast.westshire):
        decline_hand_over(one, because="Not here.", by=cast.stranger, at=LATER)
    with in_scope(cast.eastshire):
        assert board_of(cast.officer)["missing-left"] == {child.pk}
