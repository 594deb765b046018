"""Two people at one thing in two windows: neither loses a word unseen, and nothing is agreed to that was not read."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from attendance_portal.models import Membership
from casework import actions as of_cases
from casework.actions import plans
from casework.models import Case, Plan
from tests.casework.plans import REVIEW_ON, WORDS, answered, written
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def day(name: str, on: dt.date) -> dict[str, int]:
    """A date as its three boxes are posted."""
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def began(answer: HttpResponse, name: str = "began") -> str:
    """What a page says of the words with which it was opened."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found
    return html.unescape(found[1])


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return of_cases.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


def test_of_two_who_write_neither_loses_a_word_unseen(cast: Cast, case: Case, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        plan = written(case, cast.officer)
    where, client, other = reverse("edit_plan", args=[plan.pk]), signed_in(cast.officer), signed_in(cast.lead)
    typed = {"needs": WORDS["needs"], "change_for_child": WORDS["change_for_child"], "target_percent": "90"}
    typed |= {**day("review_on", REVIEW_ON), "began": began(client.get(where))}
    client.post(where, typed | {"needs": "A calm start, and a bus pass."})
    other.post(where, typed | {"target_percent": "92.5"})
    with in_scope(cast.eastshire):
        plan.refresh_from_db()
        assert (plan.needs, str(plan.target_percent)) == ("A calm start, and a bus pass.", "92.5")
    answer = other.post(where, typed | {"needs": "A friend."})
    assert "A calm start, and a bus pass." in answer.content.decode() and "A friend." in answer.content.decode()
    with in_scope(cast.eastshire):
        plan.refresh_from_db()
        assert plan.needs == "A calm start, and a bus pass."
    other.post(where, typed | {"needs": "A calm start, a bus pass, a friend.", "began": began(answer)})
    with in_scope(cast.eastshire):
        plan.refresh_from_db()
        assert plan.needs == "A calm start, a bus pass, a friend."


def test_barriers_ticked_by_another_meanwhile_stay(cast: Cast, case: Case, signed_in: SignedIn) -> None:
    where, client = f"/cases/{case.pk}/barriers/", signed_in(cast.officer)
    with in_scope(cast.eastshire):
        of_cases.change_barriers(case, barriers=["housing"], on=ON, by=cast.officer)
    old = began(client.get(where))
    client.post(where, {"out_of_school": ["housing", "money"], "began": old})
    client.post(where, {"in_school": ["bullying"], "began": old})
    with in_scope(cast.eastshire):
        standing = case.barriers.filter(ended_on=None).values_list("barrier", flat=True)
        assert set(standing) == {"money", "bullying"}


@pytest.mark.parametrize(
    "sent",
    ["[" * 100_000, "{", "7", '{"out_of_school": 7}', '{"out_of_school": [["housing"], {}, 1]}', '{"other_words": {}}'],
)
def test_where_the_page_cannot_have_begun_so_what_is_ticked_is_taken(
    cast: Cast, case: Case, signed_in: SignedIn, sent: str
) -> None:
    answer = signed_in(cast.officer).post(f"/cases/{case.pk}/barriers/", {"out_of_school": ["money"], "began": sent})
    assert answer.status_code == 302
    with in_scope(cast.eastshire):
        assert set(case.barriers.values_list("barrier", flat=True)) == {"money"}


def test_what_was_not_read_is_neither_approved_nor_agreed(cast: Cast, case: Case, signed_in: SignedIn) -> None:
    """Taken back, changed, put forward and answered anew while the page was open."""
    with in_scope(cast.eastshire):
        plan = answered(written(case, cast.officer), cast.officer)
    leader, officer = signed_in(cast.team_leader), signed_in(cast.officer)
    approve, page = reverse("approve_plan", args=[plan.pk]), reverse("plan_page", args=[plan.pk])
    read = began(leader.get(approve), "read")
    assert began(officer.get(page), "read") == read
    with in_scope(cast.eastshire):
        plans.take_plan_back(plan, on=ON, by=cast.officer)
        plans.edit_plan(plan, **WORDS | {"needs": "Something else."}, by=cast.officer)
        answered(plan, cast.officer)
    assert "read it again" in leader.post(approve, {"answer": "approve", "read": read}).content.decode()
    told = officer.post(reverse("agree_plan", args=[plan.pk]), {"read": read}, follow=True).content.decode()
    assert "Read it again first." in told
    with in_scope(cast.eastshire):
        assert Plan.objects.get().is_waiting
    leader.post(approve, {"answer": "approve", "read": began(leader.get(approve), "read")})
    with in_scope(cast.eastshire):
        assert Plan.objects.get().is_agreed
