"""Another day for a review: of a case with the plan that counts, and of a plan that waits to be agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions import plans
from casework.models import Case, Plan, PlanAgreement
from casework.models.reviews import TO_CLOSE
from casework.reviews import due_on
from tests.casework.plans import REVIEW_ON, agreed, answered, written
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]
LATER = dt.date(2026, 12, 7)
DAY = dt.timedelta(days=1)


def typed(on: dt.date) -> dict[str, int]:
    """The review date as its three boxes are posted."""
    return {"review_on_day": on.day, "review_on_month": on.month, "review_on_year": on.year}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


class TestOfTheCase:
    def test_the_plan_that_counts_moves_with_the_case_and_what_was_agreed_stays(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            Plan.objects.update(review_on=ON - 9 * DAY)
        officer, where = signed_in(cast.officer), f"/cases/{case.pk}/"
        form = officer.get(f"{where}review-date/").context["form"]
        assert form.initial["review_on"] == ON - 9 * DAY, "the day that the page names"
        officer.post(f"{where}review-date/", typed(dt.date(2026, 12, 15)))
        page = officer.get(where).content.decode()
        assert "The next review is on 15 December 2026." in page and "verdue" not in page
        moved = "The plan was to be reviewed on 11 November 2026, and is now reviewed on this day too."
        assert f"Review on 15 December 2026. {moved}" in page
        assert "The day has moved since: the next review is on" in officer.get(f"/plans/{plan.pk}/").content.decode()
        with in_scope(cast.eastshire):
            plan.refresh_from_db()
            assert (plan.review_on, plan.agreed_review_on) == (dt.date(2026, 12, 15), REVIEW_ON)

    def test_a_case_with_a_plan_to_review_keeps_a_day(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        where = f"/cases/{case.pk}/review-date/"
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
        answer = signed_in(cast.officer).post(where, {"review_on_day": ""})
        page = answer.content.decode()
        assert answer.status_code == 409 and "The agreed plan is to be reviewed on 15 January 2027." in page
        assert f'href="/plans/{plan.pk}/"' in page
        with in_scope(cast.eastshire):
            plans.end_plan(plan, outcome="It helped.", on=ON, by=cast.officer)
            actions.change_review_date(case, review_on=None, on=ON, by=cast.officer)
            assert Case.objects.get().review_on is None

    def test_a_closed_case_is_to_be_reviewed_on_no_day(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            held_on = ON - TO_CLOSE - DAY
            Case.objects.update(opened_on=held_on)
            case.refresh_from_db()
            held = {"held_on": held_on, "outcome": "close", "words": "Back in school.", "next_review_on": None}
            actions.hold_review(case, **held, by=cast.officer)
            days = Case.objects.annotate(day=due_on(ON)).values_list("day", flat=True)
            assert list(days) == [ON - DAY]
            actions.close_case(case, outcome="improved", reason="Back.", what_worked="", on=ON, by=cast.officer)
            assert list(days.all()) == [None]


class TestOfAPlanThatWaits:
    def test_one_past_its_day_gets_another_and_keeps_what_was_said(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            plan = answered(written(case, cast.officer), cast.officer)
            Plan.objects.update(review_on=ON - DAY)
        officer, where = signed_in(cast.officer), reverse("plan_page", args=[plan.pk])
        way = reverse("change_review_of_plan", args=[plan.pk])
        for page in (officer.get(where), officer.post(reverse("agree_plan", args=[plan.pk]))):
            assert "he review date" in page.content.decode() and f'href="{way}"' in page.content.decode()
        assert "must be on or after" in officer.post(way, typed(ON - DAY)).content.decode()
        assert officer.post(way, typed(LATER))["Location"] == where
        line = "Review of version 1 of the plan on 7 December 2026, in place of 19 November 2026. The answers stand."
        with in_scope(cast.eastshire):
            assert case.entries.filter(words=line, source="Plan", by=cast.officer).exists()
            assert PlanAgreement.objects.filter(plan=plan, ended_on=None).count() == 3
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="change_review_of_plan").count() == 1
        assert officer.post(way, typed(LATER))["Location"] == where
        with in_scope(cast.eastshire):
            assert case.entries.filter(words__contains="in place of").count() == 1, "the same day again is no change"
        assert officer.post(reverse("agree_plan", args=[plan.pk])).status_code == 302
        assert officer.get(way).status_code == 409, "agreed, its day moves with the case"
        with in_scope(cast.eastshire):
            held = Plan.objects.current().get()
            assert (held.review_on, held.agreed_review_on) == (LATER, LATER)

    def test_it_moves_to_no_day_that_has_passed(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            plan = answered(written(case, cast.officer), cast.officer)
            with pytest.raises(Refused, match="has passed"):
                plans.change_review_of_plan(plan, review_on=ON - DAY, on=ON, by=cast.officer)
