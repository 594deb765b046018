"""The history of a mark: mark_history, and the way to it from the calendar on the pupil's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import RegisterChange
from tests.cast import Cast, in_scope
from tests.schools.stored import AUTUMN, store_autumn
from tests.schools.test_change_page import undo
from tests.schools.test_put_right import REASON, enrolment_of, put_right, typed_day
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _corrected(cast: Cast, signed_in: SignedIn) -> None:
    """The first child's first morning was O, was put right to I, and that was undone."""
    store_autumn(cast)
    client, enrolment = signed_in(cast.lead), enrolment_of(cast, cast.pupil)
    put_right(client, cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I", **typed_day("day", AUTUMN[0]))
    with in_scope(cast.eastshire):
        key = RegisterChange.objects.latest("pk").act
    undo(client, key, "The letter was of another day")


def address(cast: Cast, day: str = "2026-09-07") -> str:
    return f"/pupils/{cast.pupil.pk}/marks/{day}/"


def test_each_value_says_when_it_became_known_from_where_and_by_whom(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), address(cast))
    assert "Morning at Hill Academy" in page and "Afternoon at Hill Academy" in page
    absent = "O Absent without authority"
    rows = (f"{absent} I Ill An undo", f"I Ill {absent} One mark put right", f"{absent} no mark reg")
    first, second, third = (page.index(words) for words in rows)
    assert first < second < third
    assert REASON in page and "The letter was of another day" in page
    assert "Undone on 20 November 2026" in page and "Layla Hart" in page
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="see_history", pupil_ids=[cast.pupil.pk]).exists()


def test_the_calendar_leads_to_the_history_of_days_whose_marks_changed(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.lead).get(f"/pupils/{cast.pupil.pk}/").content.decode()
    assert address(cast) in page and "History of the marks of Monday 7 September" in page
    assert address(cast, "2026-09-08") not in page


def test_a_day_without_marks_says_so_and_nonsense_is_not_found(cast: Cast, signed_in: SignedIn) -> None:
    assert "No mark was ever given" in words_of(signed_in(cast.lead), address(cast, "2026-09-06"))
    for day in ("monday", "0001-01-01", "2010-07-31"):
        assert signed_in(cast.lead).get(address(cast, day)).status_code == 404
    assert signed_in(cast.lead).get(address(cast, "9999-12-31")).status_code == 200


def test_the_history_is_a_file_for_those_who_may_take_one(cast: Cast, signed_in: SignedIn) -> None:
    file = signed_in(cast.lead).get(f"{address(cast)}?format=csv").content.decode()
    assert "Hill Academy,Morning," in file and "One mark put right,Layla Hart,O,I," in file
    assert "<h1" in signed_in(cast.auditor).get(f"{address(cast)}?format=csv").content.decode()


def test_who_may_not_see_the_child_finds_nothing(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get(address(cast)).status_code == 302
    for member in (cast.other_lead, cast.stranger, cast.practitioner):
        assert signed_in(member).get(address(cast)).status_code == 404
    assert signed_in(cast.admin).get(address(cast)).status_code == 403
    page = signed_in(cast.auditor).get(address(cast)).content.decode()
    assert "One mark put right" in page and "/changes/" not in page


def test_the_page_asks_the_database_as_often_however_much_changed(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    with django_assert_max_num_queries(20) as asked:
        client.get(address(cast))
    few = len(asked)
    with in_scope(cast.eastshire):
        key = RegisterChange.objects.latest("pk").act
    undo(client, key)
    with django_assert_max_num_queries(few):
        client.get(address(cast))
