"""What an authority asks of returns beyond the law: return_policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from schools.models import ReturnPolicy
from schools.returning.deadlines import deadline_of, policy_on
from schools.returning.policy import set_policy
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import AT
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
ADDRESS = "/returns/asked/"
LATER = dt.date(2027, 1, 4)
TYPED = {
    "from_on_day": "4",
    "from_on_month": "1",
    "from_on_year": "2027",
    "in_school_days": "1",
    "asks_for_final_year": "on",
    "attendance_days": "3",
}

pytestmark = pytest.mark.django_db


def test_before_a_choice_the_law_alone_is_shown(cast: Cast, signed_in: SignedIn) -> None:
    words = words_of(signed_in(cast.officer), ADDRESS)
    assert "the law alone counts" in words and "five calendar days" in words and "5 days" in words
    assert "What is asked of schools" in words_of(signed_in(cast.officer), "/returns/")


def test_a_choice_holds_from_its_day_on_and_says_who_made_it(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.team_leader)
    answer = client.post(ADDRESS, TYPED, follow=True).content.decode()
    assert "This is asked of every school from that day on." in answer and "4 January 2027" in answer
    assert cast.team_leader.name in answer
    with in_scope(cast.eastshire):
        before, after = policy_on(ON), policy_on(LATER)
        assert before.pk is None and before.attendance_days == 5
        assert (after.in_school_days, after.attendance_days) == (True, 3)
        assert (after.asks_for_final_year, after.asks_for_first_day_joiners) == (True, False)
        assert deadline_of("attendance", LATER, after) == LATER + dt.timedelta(days=3)
        assert AuditEvent.objects.get(what="set_policy").membership_id == cast.team_leader.pk
    told = client.get(f"{ADDRESS}?format=csv").content.decode()
    assert "five school days,not asked for,asked for,3 days" in told


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"from_on_year": "2025"}, "Schools cannot be asked for something in days that have passed"),
        ({"from_on_day": ""}, "From which day on? must include a day"),
        ({"attendance_days": "0"}, "Enter a number of days from 1 to 30"),
        ({"attendance_days": "soon"}, "Enter a number of days from 1 to 30"),
    ],
)
def test_what_cannot_be_asked_is_told(cast: Cast, signed_in: SignedIn, typed: dict[str, str], sentence: str) -> None:
    answer = signed_in(cast.officer).post(ADDRESS, {**TYPED, **typed}).content.decode()
    assert sentence in answer
    with in_scope(cast.eastshire):
        assert not ReturnPolicy.objects.exists()


def test_a_choice_that_changes_nothing_is_refused(cast: Cast) -> None:
    law = {"in_school_days": False, "asks_for_first_day_joiners": False, "asks_for_final_year": False}
    with in_scope(cast.eastshire), pytest.raises(Refused, match="asked already"):
        set_policy(from_on=LATER, **law, attendance_days=5, by=cast.officer, at=AT)


def test_another_authority_asks_for_itself(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.officer).post(ADDRESS, TYPED)
    assert "the law alone counts" in words_of(signed_in(cast.stranger), ADDRESS)


def test_schools_and_readers_do_not_choose(cast: Cast, signed_in: SignedIn, client: Client) -> None:
    for member in (cast.lead, cast.office, cast.manager, cast.virtual_school, cast.auditor, cast.admin):
        assert signed_in(member).post(ADDRESS, TYPED).status_code == 403
    assert client.get(ADDRESS).status_code == 302
    assert ADDRESS not in signed_in(cast.lead).get("/returns/").content.decode()


def test_the_page_asks_the_database_as_often_however_many_choices_there_are(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        for n in range(12):
            ReturnPolicy.objects.create(from_on=LATER + dt.timedelta(days=n), attendance_days=n + 1, set_by=cast.lead)
    with django_assert_max_num_queries(14):
        assert client.get(ADDRESS).status_code == 200
