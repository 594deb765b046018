"""The trail of events: searched by person, child, kind and day, by the auditor alone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance_portal.audit import MANY, record
from attendance_portal.models import AuditEvent, Membership
from schools.models import Pupil
from tests.cast import Cast, in_scope

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        record("see_pupil", by=cast.lead, words="Looked at Amy.", pupils=[cast.pupils[0]])
        record("see_pupil", by=cast.officer, words="Looked at Ben.", pupils=[cast.pupils[1]])
        record("confirm_minutes", by=cast.officer, words="Confirmed the minutes.")
        yield


def text(client: Client, query: str = "") -> str:
    response = client.get(f"/audit/{query}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.usefixtures("in_eastshire")
class TestSearching:
    @pytest.mark.parametrize(
        ("query", "found", "left_out"),
        [
            ("?who=olive", "Looked at Ben.", "Looked at Amy."),
            ("?pupil=abbott", "Looked at Amy.", "Looked at Ben."),
            ("?what=confirm_minutes", "Confirmed the minutes.", "Looked at Amy."),
            ("?until_on_day=1&until_on_month=1&until_on_year=2020", "Nothing to show", "Looked at Amy."),
            ("?from_on_day=1&from_on_month=1&from_on_year=2020", "Looked at Amy.", "Nothing to show"),
        ],
    )
    def test_by_person_child_kind_and_day(
        self, cast: Cast, signed_in: SignedIn, query: str, found: str, left_out: str
    ) -> None:
        html = text(signed_in(cast.auditor), query)
        assert found in html
        assert left_out not in html

    def test_by_upn_and_by_key(self, cast: Cast, signed_in: SignedIn) -> None:
        for typed in (cast.pupil.upn, cast.pupil.pk):
            html = text(signed_in(cast.auditor), f"?pupil={typed}")
            assert "Looked at Amy." in html
            assert "Looked at Ben." not in html

    def test_a_search_is_an_event_of_its_own(self, cast: Cast, signed_in: SignedIn) -> None:
        text(signed_in(cast.auditor), "?who=olive")
        event = AuditEvent.objects.get(what="see_trail")
        assert event.detail == {"asked": "who=olive"}
        assert event.pupil_ids == [cast.pupils[1].pk]

    def test_many_children_are_listed_once_and_found_in_every_event(self, cast: Cast, signed_in: SignedIn) -> None:
        many = [*(pupil.pk for pupil in cast.pupils), *(uuid.uuid4() for _ in range(MANY))]
        for day in ("Monday", "Tuesday"):
            record("store_upload", by=cast.lead, words=f"Stored the file of {day}.", pupils=reversed(many))
        record("store_upload", by=cast.lead, words="Stored the file of another.", pupils=many[1:])
        first, again, other = AuditEvent.objects.filter(what="store_upload").with_children().order_by("pk")
        assert (again.pupil_ids, again.same_children_as) == ([], first.pk)
        assert set(first.children) == set(again.children) == set(many)
        assert set(other.pupil_ids) == set(many[1:])
        assert set(AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="store_upload")) == {first, again}
        assert AuditEvent.objects.naming_all(many).count() == 2
        html = text(signed_in(cast.auditor), f"?what=store_upload&pupil={cast.pupil.pk}&format=csv")
        assert html.count(str(cast.pupil.pk)) == 2
        assert "another" not in html

    def test_a_day_that_is_none_is_told(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "From must be a real date" in text(
            signed_in(cast.auditor), "?from_on_day=31&from_on_month=2&from_on_year=2026"
        )

    def test_it_downloads(self, cast: Cast, signed_in: SignedIn) -> None:
        csv = text(signed_in(cast.auditor), "?format=csv&what=see_pupil")
        assert "Looked at Amy." in csv
        assert str(cast.pupil.pk) in csv
        assert "Confirmed" not in csv

    def test_a_restricted_child_is_not_named(self, cast: Cast, signed_in: SignedIn) -> None:
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        client = signed_in(cast.auditor)
        html = text(client, "?what=see_pupil")
        assert "Amy Abbott" not in html
        assert "A child whose record you may not see" in html
        assert "Looked at Amy." not in text(client, "?pupil=abbott")

    def test_words_of_an_event_about_a_restricted_child_are_withheld(self, cast: Cast, signed_in: SignedIn) -> None:
        record("find_child", by=cast.officer, words="Searched.", pupils=[cast.pupil], asked="amy abbott")
        record("close_case", by=cast.officer, words="Closed the case: Amy moved away.", pupils=[cast.pupil])
        client = signed_in(cast.auditor)
        assert "amy abbott" in text(client) and "Amy moved away" in text(client)
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        for query in ("", "?format=csv"):
            told = text(client, query)
            assert "amy" not in told.lower() and "Close case" in told

    def test_the_number_of_queries_does_not_grow(
        self, cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in(cast.auditor)
        with django_assert_max_num_queries(20) as few:
            text(client)
        for pupil in cast.pupils * 6:
            record("see_pupil", by=cast.lead, words="Looked.", pupils=[pupil])
        with django_assert_max_num_queries(len(few)):
            text(client)

    def test_nobody_else_may(self, cast: Cast, signed_in: SignedIn, client: Client) -> None:
        for name, member in cast.members.items():
            if name not in ("auditor", "stranger"):
                assert signed_in(member).get("/audit/").status_code == 403
        assert client.get("/audit/").status_code == 302


def test_an_auditor_elsewhere_finds_nothing_of_eastshire(
    cast: Cast, signed_in: SignedIn, in_eastshire_left: None
) -> None:
    Membership.objects.filter(pk=cast.stranger.pk).update(role="auditor")
    for query in ("", f"?pupil={cast.pupil.pk}", "?who=olive", "?format=csv", f"?pupil={cast.pupil.upn}"):
        html = text(signed_in(cast.stranger), query)
        assert "Looked at" not in html.replace("Looked at the trail", "")
        assert "Olive" not in html


@pytest.fixture
def in_eastshire_left(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        record("see_pupil", by=cast.officer, words="Looked at Ben.", pupils=[cast.pupils[1]])


def test_days_are_inclusive(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        record("see_pupil", by=cast.lead, words="Looked at Amy.", pupils=[cast.pupil])
        event = AuditEvent.objects.get(what="see_pupil")
    day: dt.date = timezone.localdate(event.at)
    asked = "&".join(
        f"{name}_on_day={day.day}&{name}_on_month={day.month}&{name}_on_year={day.year}" for name in ("from", "until")
    )
    assert "Looked at Amy." in text(signed_in(cast.auditor), f"?{asked}")
