"""Reviews of a case, closing it with what came of it, and opening it again: hold_review, close_case, reopen_case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions.contracts import accept_contract
from casework.actions.plans import change_plan
from casework.digest import due_of_each
from casework.models import AttendanceContract, Case, PastClosing, Plan, PlanAction, Review
from tests.casework.plans import agreed, offered
from tests.cast import ON, Cast, in_scope

MIGRATION = import_module("casework.migrations.0036_closed_cases_end_plans_and_contracts")
OF_BEFORE = import_module("casework.migrations.0040_reopened_cases_without_reviews_of_before")
SignedIn = Callable[[Membership], Client]
NEXT = dt.date(2027, 1, 8)
DAY = dt.timedelta(days=1)
REVIEW = {
    "outcome": "go-on",
    "words": "Amy came on four mornings.",
    **{"held_on_day": "20", "held_on_month": "11", "held_on_year": "2026"},
    **{"next_review_on_day": "8", "next_review_on_month": "1", "next_review_on_year": "2027"},
}
NO_NEXT = {"next_review_on_day": "", "next_review_on_month": "", "next_review_on_year": ""}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        case = actions.open_case(cast.pupil, reason="Severely absent.", on=ON - 30 * DAY, by=cast.officer)
        actions.change_review_date(case, review_on=ON - 2 * DAY, on=ON - 30 * DAY, by=cast.officer)
    return case


class TestHoldReview:
    def test_it_says_what_came_of_it_and_when_the_next_one_is(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        assert b"2 days overdue" in officer.get(f"/cases/{case.pk}/").content
        assert officer.post(f"/cases/{case.pk}/review/", REVIEW).status_code == 302
        page = officer.get(f"/cases/{case.pk}/").content.decode()
        for words in (
            "Amy came on four mornings.",
            "It is working: go on as agreed",
            "The next review is on 8 January",
        ):
            assert words in page
        with in_scope(cast.eastshire):
            review = Review.objects.get()
            assert (review.due_on, review.held_on, review.held_by) == (ON - 2 * DAY, ON, cast.officer)
            assert Case.objects.get().review_on == NEXT
            assert case.entries.filter(words__startswith="Review held.", happened_on=ON).count() == 1
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="hold_review").count() == 1

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            (NO_NEXT, "Enter the date of the next review"),
            ({"next_review_on_month": "11", "next_review_on_year": "2026"}, "The next review must be after today"),
            ({"held_on_day": "21"}, "The date of the review must be today or in the past"),
            ({"words": ""}, "Enter what was said and agreed"),
        ],
    )
    def test_what_makes_no_sense_is_asked_for_again(
        self, cast: Cast, case: Case, signed_in: SignedIn, typed: dict[str, str], sentence: str
    ) -> None:
        page = signed_in(cast.officer).post(f"/cases/{case.pk}/review/", REVIEW | typed)
        assert sentence in page.content.decode()
        with in_scope(cast.eastshire):
            assert not Review.objects.exists()

    def test_a_case_that_can_close_needs_no_next_review_and_its_plan_is_not_overdue(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        """The plan's day came first: how late it was is kept."""
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            Plan.objects.update(review_on=ON - 19 * DAY)
        officer, where = signed_in(cast.officer), f"/cases/{case.pk}/"
        assert b"19 days overdue" in officer.get(where).content
        officer.post(f"{where}review/", REVIEW | NO_NEXT | {"outcome": "close"})
        page = officer.get(where).content.decode()
        assert "No review date is set." in page and "due 1 November 2026" in page and "verdue" not in page
        assert "verdue" not in officer.get(f"/plans/{plan.pk}/").content.decode()
        with in_scope(cast.eastshire):
            assert Case.objects.get().review_on is None and not Plan.objects.past_review(ON).exists()
            Plan.objects.update(review_on=ON + DAY)  # one agreed since
            assert Plan.objects.past_review(ON + 2 * DAY).exists()

    @pytest.mark.parametrize(("days", "has_plan"), [(14, True), (14, False), (15, True), (15, False)])
    def test_a_case_is_due_where_it_is_still_open_two_weeks_after_it_could_be_closed(
        self, cast: Cast, case: Case, signed_in: SignedIn, days: int, has_plan: bool
    ) -> None:
        """On its page, in the queue, on the home page, in the letter and, where it has a plan, in the list of plans."""
        held_on, is_due = ON - days * DAY, days > 14
        overdue = ("15 days" if has_plan else "1 day") + " overdue"
        with in_scope(cast.eastshire):
            if has_plan:
                agreed(case, cast.officer)
                Plan.objects.update(review_on=held_on)
            told = {"outcome": "close", "words": "Back.", "next_review_on": None, "by": cast.officer}
            actions.hold_review(case, held_on=held_on, **told)
            assert [due["overdue"] for _, due in due_of_each(on=ON)] == ([1] if is_due else [])
        officer = signed_in(cast.officer)
        page = officer.get(f"/cases/{case.pk}/").content.decode()
        said = f"The review on {held_on:%-d %B %Y} said that the case can be closed."
        assert f"{said} {'It is still open.' if is_due else 'No review date is set.'}" in page
        assert (overdue in page) is ("verdue" in page) is is_due
        assert ("Amy Abbott" in officer.get("/queues/?queue=review-overdue").content.decode()) is is_due
        assert ("Review overdue since" in officer.get("/").content.decode()) is is_due
        plans = officer.get("/plans/?show=current").content.decode()
        assert ("Amy Abbott" in plans) is has_plan and (">Overdue<" in plans) is (is_due and has_plan)

    def test_a_case_opened_again_is_not_due_by_a_review_of_before(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            told = {"outcome": "close", "words": "Back.", "next_review_on": None, "by": cast.officer}
            actions.hold_review(case, held_on=ON - 30 * DAY, **told)
            assert [due["overdue"] for _, due in due_of_each(on=ON)] == [1]
            actions.close_case(case, outcome="improved", reason="Back.", on=ON - 20 * DAY, by=cast.officer)
            actions.reopen_case(case, reason="Absent again.", on=ON - 3 * DAY, by=cast.officer)
            assert due_of_each(on=ON) == []

    def test_two_people_write_down_one_review_and_the_second_is_told(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        signed_in(cast.officer).post(f"/cases/{case.pk}/review/", REVIEW)
        second = REVIEW | {"words": "The same.", "next_review_on_day": "15"}
        answer = signed_in(cast.lead).post(f"/cases/{case.pk}/review/", second)
        assert answer.status_code == 200 and b"written down already" in answer.content
        with in_scope(cast.eastshire):
            assert Case.objects.get().review_on == NEXT
            assert Review.objects.count() == 1

    def test_the_plan_that_counts_is_reviewed_with_the_case_and_an_older_version_stays(
        self, cast: Cast, case: Case
    ) -> None:
        with in_scope(cast.eastshire):
            for version, stage in ((1, "replaced"), (2, "agreed")):
                Plan.objects.create(
                    case=case, version=version, stage=stage, needs="x", change_for_child="y", review_on=ON - DAY,
                    drafted_on=ON, drafted_by=cast.officer,
                )  # fmt: skip
            assert Plan.objects.past_review(ON).count() == 1
            actions.hold_review(case, outcome="go-on", words="x", held_on=ON, next_review_on=NEXT, by=cast.officer)
            assert not Plan.objects.past_review(ON).exists()
            assert [one.review_on for one in Plan.objects.order_by("version")] == [ON - DAY, NEXT]

    def test_a_closed_case_is_not_reviewed(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            actions.close_case(case, outcome="improved", reason="Back.", on=ON, by=cast.officer)
            with pytest.raises(Refused, match="closed"):
                actions.hold_review(case, outcome="go-on", words="x", held_on=ON, next_review_on=NEXT, by=cast.officer)

    @pytest.mark.parametrize(
        ("name", "status"),
        [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("manager", 403), ("office", 403)],
    )
    def test_others_do_not_review(self, cast: Cast, case: Case, signed_in: SignedIn, name: str, status: int) -> None:
        client = signed_in(cast.members[name])
        assert client.get(f"/cases/{case.pk}/review/").status_code == status
        assert client.post(f"/cases/{case.pk}/review/", REVIEW).status_code == status

    def test_nobody_reviews_without_signing_in(self, case: Case) -> None:
        assert Client().get(f"/cases/{case.pk}/review/").status_code == 302


class TestClosing:
    def test_outcome_and_what_worked_are_kept_on_the_case(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        officer, where = signed_in(cast.officer), f"/cases/{case.pk}/"
        assert "Choose what came of it" in officer.post(f"{where}close/", {"reason": "Back."}).content.decode()
        worked = {"outcome": "improved", "reason": "Back since June.", "what_worked": "A later start."}
        assert officer.post(f"{where}close/", worked)["Location"] == where
        page = officer.get(where).content.decode()
        for words in ("Attendance has improved. Back since June.", "A later start.", "Held the case"):
            assert words in page
        assert "Hold the review" not in page

    def test_plan_and_contracts_end_with_the_case_and_do_not_come_back_with_it(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            first = agreed(case, cast.officer)
            change_plan(first, on=ON, by=cast.officer)
            accept_contract(offered(case, cast.officer), answered_on=ON, signed_for_maker="x", on=ON, by=cast.officer)
            offered(case, cast.officer, parent_name="Al West")
            actions.close_case(case, outcome="improved", reason="Back since June.", on=ON, by=cast.officer)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)
            assert [one.stage for one in Plan.objects.order_by("version")] == ["ended", "set-aside"]
            came_of_it = "The case closed. Attendance has improved: Back since June."
            assert Plan.objects.get(version=1).outcome == came_of_it
            ended = {("ended", came_of_it, cast.officer.pk)}
            assert set(AttendanceContract.objects.values_list("stage", "outcome", "ended_by")) == ended
            assert not Plan.objects.current().exists() and not PlanAction.objects.to_do().exists()

    def test_what_ran_on_in_a_case_closed_before_is_ended_with_the_day_of_its_closing(
        self, cast: Cast, case: Case
    ) -> None:
        with in_scope(cast.eastshire):
            plan, contract = agreed(case, cast.officer), offered(case, cast.officer)
            closed = {"stage": "closed", "closed_on": ON + DAY, "closed_by": cast.lead, "closing_reason": "Back."}
            MIGRATION.end(apps, "default")
            plan.refresh_from_db()
            assert plan.is_agreed, "of an open case"
            Case.objects.update(**closed)
            MIGRATION.end(apps, "default")
            for one in (plan, contract):
                one.refresh_from_db()
                assert (one.stage, one.ended_on, one.ended_by) == ("ended", ON + DAY, cast.lead)
                assert one.outcome == "The case closed. Back."

    def test_past_closings_stay_listed_after_it_is_opened_again_and_again(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            for n, worked in enumerate(("A mentor.", "A taxi.")):
                day = ON - (9 - n) * DAY
                actions.close_case(
                    case, outcome="improved", reason=f"Reason {n}.", what_worked=worked, on=day, by=cast.officer
                )
                actions.reopen_case(case, reason=f"Absent again {n}.", on=day + DAY, by=cast.lead)
            now = Case.objects.get()
            assert (now.stage, now.outcome, now.what_worked, now.closed_on) == ("open", "", "", None)
            first = PastClosing.objects.earliest("closed_on")
            assert (first.closed_by, first.reopened_by, first.reason) == (cast.officer, cast.lead, "Reason 0.")
        page = signed_in(cast.officer).get(f"/cases/{case.pk}/").content.decode()
        for words in ("Closed before", "A mentor.", "A taxi.", "Reason 1.", "Absent again 0."):
            assert words in page

    def test_a_case_opened_again_has_no_review_of_before(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            actions.close_case(case, outcome="improved", reason="Back.", on=ON - 3 * DAY, by=cast.officer)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)
            assert (Case.objects.get().review_on, case.review_on) == (None, None)
        page = signed_in(cast.officer).get(f"/cases/{case.pk}/").content.decode()
        assert "No review date is set." in page and "verdue" not in page

    @pytest.mark.parametrize(("days", "stays"), [(-1, False), (0, True)])
    def test_nor_has_one_that_was_opened_again_before(self, cast: Cast, case: Case, days: int, stays: bool) -> None:
        with in_scope(cast.eastshire):
            actions.close_case(case, outcome="improved", reason="Back.", on=ON - 3 * DAY, by=cast.officer)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)
            Case.objects.update(review_on=ON + days * DAY)
            OF_BEFORE.clear(apps, "default")
            assert (Case.objects.get().review_on is not None) is stays

    def test_what_is_history_cannot_be_rewritten(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            actions.close_case(case, outcome="moved", reason="To Kent.", on=ON, by=cast.officer)
            actions.reopen_case(case, reason="Back.", on=ON, by=cast.officer)
            actions.hold_review(case, outcome="go-on", words="x", held_on=ON, next_review_on=NEXT, by=cast.officer)
            for rows in (PastClosing.objects.all(), Review.objects.all()):
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows.update(authority=cast.eastshire)
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows._raw_delete(rows.db)
