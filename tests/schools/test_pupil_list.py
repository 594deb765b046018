"""The pupils of a school as a list, and of every school: pupil_list, pupils."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Circumstance, Enrolment, PupilAccess
from tests.cast import SINCE, Cast, in_scope, make_pupil
from tests.schools.files import all_present
from tests.schools.stored import AUTUMN, store_autumn, store_marks

SignedIn = Callable[[Membership], Client]
LIST = "/schools/999001/pupils/"

pytestmark = pytest.mark.django_db


def settle(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Circumstance.objects.create(pupil=cast.pupils[2], kind="young-carer", from_on=SINCE, source="Test")
    store_autumn(cast)


def names(client: Client, query: str = "", address: str = LIST) -> list[str]:
    """The pupils of the page, in its order."""
    answer = client.get(f"{address}{query}")
    assert answer.status_code == 200
    return [str(standing.pupil) for standing in answer.context["standings"]]


def test_all_on_roll_are_listed_the_lowest_attendance_first(cast: Cast, signed_in: SignedIn) -> None:
    assert names(signed_in(cast.lead)) == ["Amy Abbott", "Cora Clarke", "Dan Dean", "Ben Brown", "Ella Evans"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?band=4", ["Cora Clarke"]),
        ("?absence=persistent&sort=name", ["Amy Abbott", "Cora Clarke", "Dan Dean"]),
        ("?absence=severe", ["Amy Abbott"]),
        ("?absence=at-risk", []),
        ("?year_group=11", ["Ella Evans"]),
        ("?reg_group=8A", ["Ben Brown"]),
        ("?cohort=young-carer", ["Cora Clarke"]),
        ("?q=cla", ["Cora Clarke"]),
        ("?q=Cora+cl", ["Cora Clarke"]),
        ("?q=Dean%2C+Dan", ["Dan Dean"]),
        ("?q=d", ["Dan Dean"]),
        ("?q=0002", ["Ben Brown"]),
        ("?q=nobody", []),
        ("?q=%2C", []),
        ("?roll=leavers", []),
        ("?sort=year", ["Amy Abbott", "Ben Brown", "Cora Clarke", "Dan Dean", "Ella Evans"]),
        ("?sort=-year&band=nonsense", ["Ella Evans", "Dan Dean", "Cora Clarke", "Ben Brown", "Amy Abbott"]),
        ("?sort=-unauthorised&page=99", ["Amy Abbott"]),
    ],
)
def test_the_list_filters_sorts_and_searches(cast: Cast, signed_in: SignedIn, query: str, expected: list[str]) -> None:
    assert names(signed_in(cast.lead), query)[: len(expected) or None] == expected


def test_a_child_is_found_by_upn(cast: Cast, signed_in: SignedIn) -> None:
    assert names(signed_in(cast.lead), f"?q={(cast.pupils[3].upn or '').lower()}") == ["Dan Dean"]


def test_leavers_are_listed_when_asked_for(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=AUTUMN[5])
    store_autumn(cast)
    client = signed_in(cast.lead)
    assert "Amy Abbott" not in names(client)
    assert names(client, "?roll=leavers") == ["Amy Abbott"]
    assert len(names(client, "?roll=all")) == 5


def test_the_file_holds_the_whole_list_and_leaves_one_event_with_its_pupils(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(cast.lead).get(f"{LIST}?format=csv&absence=persistent&sort=name")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("UPN,School's number,Surname,Forename")
    expected = f"{cast.pupil.upn},0001,Abbott,Amy,Hill Academy,7,7A,2026-10-02,40,20,0,20,0,50.0,5,true,true,20,"
    assert lines[1] == expected and len(lines) == 4
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="export_pupils")
        assert set(event.pupil_ids) == {cast.pupils[n].pk for n in (0, 2, 3)}


def test_a_page_of_the_list_leaves_one_event_with_the_pupils_on_it(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.officer).get(f"{LIST}?band=5")
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="see_pupils", membership_id=cast.officer.pk)
        assert event.pupil_ids == [cast.pupil.pk]


def test_who_may_not_take_files_away_is_offered_none(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(cast.auditor).get(f"{LIST}?format=csv")
    assert answer["Content-Type"].startswith("text/html") and "Download as CSV" not in answer.content.decode()
    assert "Download as CSV" in signed_in(cast.lead).get(LIST).content.decode()


def test_a_restricted_child_is_in_no_list_but_of_those_who_hold_a_grant(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        cast.pupil.is_restricted = True
        cast.pupil.save()
    for member in (cast.lead, cast.officer, cast.manager):
        assert "Amy Abbott" not in names(signed_in(member))
    file = signed_in(cast.officer).get(f"{LIST}?format=csv").content.decode()
    assert "Abbott" not in file
    with in_scope(cast.eastshire):
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=SINCE)
    assert "Amy Abbott" in names(signed_in(cast.officer))


def test_all_schools_together_hold_what_each_may_see(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.vale, all_present(cast.vale_pupils, AUTUMN))
    everywhere = ["Amy Abbott", "Ben Brown", "Cora Clarke", "Dan Dean", "Ella Evans", "Finn Ford", "Gia Gill"]
    assert names(signed_in(cast.officer), address="/pupils/") == everywhere
    assert names(signed_in(cast.trust_lead), address="/pupils/") == everywhere
    assert names(signed_in(cast.lead), address="/pupils/") == everywhere[:5]
    assert names(signed_in(cast.other_lead), "?q=amy", "/pupils/") == []
    assert names(signed_in(cast.stranger), address="/pupils/") == []
    assert signed_in(cast.admin).get("/pupils/").status_code == 403


def test_who_may_not_see_the_school_finds_no_list(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get(LIST).status_code == 302
    for member in (cast.other_lead, cast.stranger, cast.practitioner, cast.virtual_school):
        assert signed_in(member).get(LIST).status_code == 404
    assert signed_in(cast.admin).get(LIST).status_code == 403


def test_the_list_asks_the_database_as_often_for_five_pupils_as_for_sixty(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    with django_assert_max_num_queries(20) as few:
        client.get(LIST)
    with in_scope(cast.eastshire):
        more = [make_pupil(cast.hill, 100 + n, f"Surname{n}", "Sam", "9") for n in range(55)]
        store_marks(cast, cast.hill, all_present(more, AUTUMN))
    with django_assert_max_num_queries(len(few) + 1):  # the trail looks whether it lists these fifty already
        client.get(LIST)
