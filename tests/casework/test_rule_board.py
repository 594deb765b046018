"""The pages of the rule board, and who may open them; what each rule finds is walked in `test_board_agrees`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_portal.models import Membership
from casework import actions as case_actions
from casework import rule_rows
from casework.models import Case, Plan
from casework.standing_rules import RULES
from schools.changes.corrections import correct_leaving
from schools.children.restrictions import restrict_record
from schools.handing.receiving import decline_hand_over
from schools.models import Enrolment, Pupil
from schools.sending import uploads
from tests.casework.plans import agreed
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.hand_overs import LATER, offered
from tests.schools.stored import AT

SignedIn = Callable[[Membership], Client]
DAYS = school_days(dt.date(2026, 9, 7), 55)


def lost(member: Membership) -> set[Any]:
    """Who left, and nobody knows where to."""
    return {row.pupil_id for row in rule_rows.ROWS["missing-left"](member)}


def store_with_part_time(cast: Cast, marks: dict[Pupil, dict[dt.date, str]]) -> None:
    """Send, read and store a register of Hill's in which C stands for C2."""
    content = long_file(marks).replace(b",C\r\n", b",C2\r\n")
    upload = uploads.receive_upload(cast.hill, [content], file_name="register.csv", by=cast.lead)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=ON)


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
        typed = {"who": "name", "lead_name": "Nia Oak", "lead_agency": "Housing", **today("agreed_on")}
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
        assert before[0] <= 18 + len(RULES)  # one query a rule


def today(name: str = "happened_on") -> dict[str, str]:
    """The boxes of a date."""
    return {f"{name}_day": str(ON.day), f"{name}_month": str(ON.month), f"{name}_year": str(ON.year)}


def test_a_plan_past_its_review_is_put_right_in_one_click(cast: Cast, signed_in: SignedIn) -> None:
    """To where the review is held, from the list and from the plan's own page; holding it moves the plan's day."""
    with in_scope(cast.eastshire):
        case = case_actions.open_case(cast.pupil, reason="Away.", on=ON, by=cast.officer)
        plan = agreed(case, cast.officer)
        Plan.objects.update(review_on=ON - dt.timedelta(days=1))
    officer, where = signed_in(cast.officer), f"/cases/{case.pk}/review/?next="
    board = "/rule-board/plan-past-review/"
    for page in (board, f"/plans/{plan.pk}/"):
        assert where in officer.get(page).content.decode(), page
    typed = {"outcome": "go-on", "words": "Better.", **today("held_on"), **today("next_review_on")}
    answer = officer.post(f"{where}{board}", typed | {"next_review_on_year": "2027"})
    assert answer.headers["Location"] == board
    assert "Amy Abbott" not in officer.get(board).content.decode()


def test_a_hand_over_that_was_declined_tells_nobody_where_a_leaver_is(cast: Cast) -> None:
    child = cast.pupils[3]
    with in_scope(cast.eastshire):
        store_with_part_time(cast, all_present(cast.pupils, DAYS))
        on = ON - dt.timedelta(days=3)
        enrolment = Enrolment.objects.get(pupil=child)
        correct_leaving(enrolment, leaving_on=on, destination="", reason="Told.", by=cast.officer, at=AT, on=ON)
        assert lost(cast.officer) == {child.pk}
    one = offered(cast, child)
    with in_scope(cast.eastshire):
        assert lost(cast.officer) == set()
    with in_scope(cast.westshire):
        decline_hand_over(one, because="Not here.", by=cast.stranger, at=LATER)
    with in_scope(cast.eastshire):
        assert lost(cast.officer) == {child.pk}
