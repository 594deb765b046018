"""Restricted records: restricted_records, restrict_record, change_holders, lift_restriction, break_glass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership, Message
from schools.children.record_links import judge_records
from schools.children.restrictions import holders_of
from schools.models import BrokenGlass, Pupil, PupilAccess, Restriction
from tests.cast import ON, SINCE, Cast, in_scope
from tests.schools.stored import AT, store_autumn
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
WHY = "The former name must not be told"

pytestmark = pytest.mark.django_db


def restrict(
    client: Client, pupil: Pupil, *holders: Membership, kind: str = "adoption", reason: str = WHY
) -> HttpResponse:
    typed = {"kind": kind, "reason": reason, "holders": [str(one.pk) for one in holders]}
    return client.post(f"/pupils/{pupil.pk}/restrict/", typed)


def held(cast: Cast, signed_in: SignedIn) -> Pupil:
    """Amy's record, held by the team leader and her school's lead."""
    answer = restrict(signed_in(cast.team_leader), cast.pupil, cast.team_leader, cast.lead)
    assert answer.status_code == 302
    return cast.pupil


def status_for(client: Client, pupil: Pupil) -> int:
    return client.get(f"/pupils/{pupil.pk}/").status_code


def test_a_restricted_child_is_seen_by_the_named_few_in_every_place_and_by_nobody_else(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    pupil = held(cast, signed_in)
    for member in (cast.team_leader, cast.lead):
        page = words_of(signed_in(member), f"/pupils/{pupil.pk}/")
        assert "Seen only by Layla Hart, Tom Leigh." in page
        assert "Abbott, Amy" in words_of(signed_in(member), "/schools/999001/pupils/")
        assert "Amy Abbott" in words_of(signed_in(member), "/find/?q=abbott")
    for member in (cast.office, cast.officer, cast.legal, cast.manager, cast.auditor):
        assert status_for(signed_in(member), pupil) == 404
        assert "Abbott" not in signed_in(member).get("/schools/999001/pupils/").content.decode()
        assert "Amy Abbott" not in signed_in(member).get("/find/?q=abbott").content.decode()
        assert pupil.upn not in signed_in(member).get("/schools/999001/pupils/?format=csv").content.decode()


def test_what_it_is_restricted_for_is_told_to_those_who_may_change_it(cast: Cast, signed_in: SignedIn) -> None:
    pupil = held(cast, signed_in)
    assert f"Adoption, restricted on 20 November 2026: {WHY}" in words_of(
        signed_in(cast.team_leader), f"/pupils/{pupil.pk}/"
    )
    assert "Adoption" not in words_of(signed_in(cast.lead), f"/pupils/{pupil.pk}/")


def test_whoever_is_not_named_loses_sight_at_once_whatever_it_was_given_for(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        PupilAccess.objects.create(
            pupil=cast.pupil, membership=cast.practitioner, reason="Leads the child's case", from_on=SINCE
        )
    pupil = held(cast, signed_in)
    assert status_for(signed_in(cast.practitioner), pupil) == 404


def test_lifting_gives_back_what_was_given_for_something_else(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Leads", from_on=SINCE)
        ended = {"reason": "Led", "from_on": SINCE, "until_on": SINCE}
        PupilAccess.objects.create(pupil=cast.pupils[1], membership=cast.practitioner, **ended)
    client = signed_in(cast.team_leader)
    for pupil in cast.pupils[:2]:
        restrict(client, pupil, cast.team_leader, cast.lead)
        client.post(f"/pupils/{pupil.pk}/restrict/holders/", {"holders": [str(cast.team_leader.pk)], "reason": "Fewer"})
    assert status_for(signed_in(cast.practitioner), cast.pupil) == 404
    for pupil in cast.pupils[:2]:
        client.post(f"/pupils/{pupil.pk}/restrict/lift/", {"reason": "Restricted by mistake"})
    assert [status_for(signed_in(cast.practitioner), pupil) for pupil in cast.pupils[:2]] == [200, 404]


def test_the_administrator_restricts_by_the_whole_upn_and_sees_no_pupil_page(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.admin)
    answer = client.post("/restricted-records/", {"upn": cast.pupil.upn.lower()})
    assert answer.url == f"/pupils/{cast.pupil.pk}/restrict/"
    assert restrict(client, cast.pupil, cast.admin, cast.officer, kind="domestic-abuse").status_code == 302
    page = words_of(client, "/restricted-records/")
    assert "Abbott, Amy" in page and "Domestic abuse" in page and "Adam Dunn, Olive Frost" in page
    assert status_for(client, cast.pupil) == 403
    assert (
        "No record that you may restrict has this UPN"
        in client.post("/restricted-records/", {"upn": cast.fen_pupils[0].upn}).content.decode()
    )


def test_somebody_who_can_lift_it_must_hold_it(cast: Cast, signed_in: SignedIn) -> None:
    answer = restrict(signed_in(cast.team_leader), cast.pupil, cast.lead)
    assert answer.status_code == 200 and "at least one team leader" in answer.content.decode()
    with in_scope(cast.eastshire):
        assert not Pupil.objects.get(pk=cast.pupil.pk).is_restricted and not Restriction.objects.exists()


def test_a_reason_a_kind_and_people_are_asked_for(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.team_leader).post(f"/pupils/{cast.pupil.pk}/restrict/", {"kind": ""}).content.decode()
    for sentence in ("Choose the reason", "Say why", "Choose who may see this record"):
        assert sentence in page
    stranger = restrict(signed_in(cast.team_leader), cast.pupil, cast.team_leader, cast.stranger)
    assert stranger.status_code == 200 and cast.stranger.user.name not in stranger.content.decode()


def test_holders_are_changed_and_the_restriction_lifted_with_the_reason_on_the_trail(
    cast: Cast, signed_in: SignedIn
) -> None:
    pupil, client = held(cast, signed_in), signed_in(cast.team_leader)
    typed = {"holders": [str(cast.team_leader.pk), str(cast.officer.pk)], "reason": "New officer"}
    assert client.post(f"/pupils/{pupil.pk}/restrict/holders/", typed).status_code == 302
    assert status_for(signed_in(cast.officer), pupil) == 200
    assert status_for(signed_in(cast.lead), pupil) == 404
    assert client.post(f"/pupils/{pupil.pk}/restrict/lift/", {"reason": "Order ended"}).status_code == 302
    for member in (cast.lead, cast.office, cast.legal):
        assert status_for(signed_in(member), pupil) == 200
    with in_scope(cast.eastshire):
        row = Restriction.objects.get()
        assert (row.restricted_on, row.lifted_on, row.lifted_by, row.lifted_because) == (
            ON, ON, cast.team_leader, "Order ended",
        )  # fmt: skip
        done = ("restrict_record", "change_holders", "lift_restriction")
        events = AuditEvent.objects.filter(what__in=done).order_by("pk")
        assert [event.what for event in events] == list(done)
        assert all(event.pupil_ids == [pupil.pk] for event in events)


def test_a_team_leader_who_does_not_hold_a_record_can_neither_change_nor_lift_it(
    cast: Cast, signed_in: SignedIn
) -> None:
    restrict(signed_in(cast.admin), cast.pupil, cast.admin, cast.lead)
    client = signed_in(cast.team_leader)
    for page in ("restrict/", "restrict/holders/", "restrict/lift/"):
        assert client.get(f"/pupils/{cast.pupil.pk}/{page}").status_code == 404
    assert "Abbott" not in words_of(client, "/restricted-records/")


def test_an_administrator_names_holders_of_a_record_that_nobody_could_lift_any_more(
    cast: Cast, signed_in: SignedIn
) -> None:
    pupil, admin = held(cast, signed_in), signed_in(cast.admin)
    address, typed = f"/pupils/{pupil.pk}/restrict/holders/", {"upn": pupil.upn}
    assert "No record that you may restrict" in admin.post("/restricted-records/", typed).content.decode()
    assert admin.get(address).status_code == 404
    Membership.objects.filter(pk=cast.team_leader.pk).update(deactivated_at=AT)
    assert admin.post("/restricted-records/", typed).url == address
    assert admin.get(f"/pupils/{pupil.pk}/restrict/lift/").status_code == 404  # first somebody holds it
    named = {"holders": [str(cast.admin.pk), str(cast.lead.pk)], "reason": "Tom Leigh has left"}
    assert admin.post(address, named).status_code == 302
    with in_scope(cast.eastshire):
        assert {one.pk for one in holders_of(pupil, on=ON)} == {cast.admin.pk, cast.lead.pk}
        assert AuditEvent.objects.filter(what="change_holders", pupil_ids=[pupil.pk]).exists()
    assert "Abbott, Amy" in words_of(admin, "/restricted-records/")


def break_it(client: Client, pupil: Pupil, **typed: str) -> HttpResponse:
    return client.post(
        f"/pupils/{pupil.pk}/restricted/", {"upn": pupil.upn, "reason": "The child is here with me", **typed}
    )


def test_the_whole_upn_leads_an_officer_to_the_page_that_says_it_is_restricted(cast: Cast, signed_in: SignedIn) -> None:
    pupil = held(cast, signed_in)
    address = f"/pupils/{pupil.pk}/restricted/"
    assert address in signed_in(cast.officer).get(f"/find/?q={pupil.upn.lower()}").content.decode()
    for member, typed in ((cast.officer, "Abbott"), (cast.officer, pupil.upn[:12]), (cast.legal, pupil.upn)):
        assert address not in signed_in(member).get(f"/find/?q={typed}").content.decode()
    page = signed_in(cast.officer).get(address).content.decode()
    assert "This record is restricted" in page and "Abbott" not in page and pupil.upn not in page


def test_breaking_the_glass_opens_the_record_for_the_day_and_tells_the_holders_at_once(
    cast: Cast, signed_in: SignedIn
) -> None:
    pupil = held(cast, signed_in)
    client = signed_in(cast.officer)
    assert break_it(client, pupil).url == f"/pupils/{pupil.pk}/"
    page = words_of(client, f"/pupils/{pupil.pk}/")
    assert "Olive Frost, Attendance officer, 20 November 2026" in page and "The child is here with me" in page
    with in_scope(cast.eastshire):
        letters = Message.objects.filter(subject="A restricted record that you hold was opened")
        assert {one.to_email for one in letters} == {cast.team_leader.user.email, cast.lead.user.email}
        assert not any(word in one.body for one in letters for word in ("Amy", "Abbott", pupil.upn))
        grant = PupilAccess.objects.get(membership=cast.officer)
        assert (grant.from_on, grant.until_on) == (ON, ON)
        event = AuditEvent.objects.get(what="break_glass")
        assert event.pupil_ids == [pupil.pk] and event.detail["reason"] == "The child is here with me"
        assert Pupil.objects.visible_to(cast.officer).filter(pk=pupil.pk).exists()
        cast.officer.on = ON + dt.timedelta(days=1)
        assert not Pupil.objects.visible_to(cast.officer).filter(pk=pupil.pk).exists()


def test_breaking_the_glass_opens_every_record_that_is_linked_as_this_child(cast: Cast, signed_in: SignedIn) -> None:
    amy, ben = cast.pupils[:2]
    client = signed_in(cast.team_leader)
    restrict(client, amy, cast.team_leader)
    restrict(client, ben, cast.team_leader, cast.lead)
    with in_scope(cast.eastshire):
        judge_records(amy, ben, verdict="same", evidence="", reason="One child", by=cast.team_leader, at=AT)
    assert break_it(signed_in(cast.officer), amy).status_code == 302
    assert [status_for(signed_in(cast.officer), one) for one in (amy, ben)] == [200, 200]
    with in_scope(cast.eastshire):
        letters = Message.objects.filter(subject="A restricted record that you hold was opened")
        assert sorted(one.to_email for one in letters) == sorted([cast.team_leader.user.email, cast.lead.user.email])
        assert set(AuditEvent.objects.get(what="break_glass").pupil_ids) == {amy.pk, ben.pk}
        assert {one.pupil_id for one in BrokenGlass.objects.all()} == {amy.pk, ben.pk}


def test_breaking_the_glass_is_to_see_and_never_to_hold(cast: Cast, signed_in: SignedIn) -> None:
    restrict(signed_in(cast.admin), cast.pupil, cast.admin, cast.lead)
    client = signed_in(cast.team_leader)
    assert break_it(client, cast.pupil).status_code == 302 and status_for(client, cast.pupil) == 200
    assert "/restrict/" not in client.get(f"/pupils/{cast.pupil.pk}/").content.decode()
    mine = {"holders": [str(cast.team_leader.pk)], "reason": "Mine now"}
    for page in ("restrict/", "restrict/holders/", "restrict/lift/"):
        assert client.get(f"/pupils/{cast.pupil.pk}/{page}").status_code == 404
        assert client.post(f"/pupils/{cast.pupil.pk}/{page}", mine).status_code == 404
    assert "Abbott" not in words_of(client, "/restricted-records/")
    with in_scope(cast.eastshire):
        assert Pupil.objects.get(pk=cast.pupil.pk).is_restricted
        assert {one.pk for one in holders_of(cast.pupil, on=ON)} == {cast.admin.pk, cast.lead.pk}


def test_without_the_upn_or_a_reason_the_glass_holds(cast: Cast, signed_in: SignedIn) -> None:
    pupil = held(cast, signed_in)
    page = break_it(signed_in(cast.officer), pupil, upn=cast.pupils[1].upn, reason="").content.decode()
    assert "This is not the UPN of the record" in page and "Say why" in page
    with in_scope(cast.eastshire):
        assert not BrokenGlass.objects.exists() and not Message.objects.exists()


def test_everyone_else_gets_404_or_403_and_nothing_is_admitted(cast: Cast, signed_in: SignedIn) -> None:
    pupil = held(cast, signed_in)
    address = f"/pupils/{pupil.pk}/restricted/"
    assert Client().get(address).status_code == 302
    assert signed_in(cast.stranger).get(address).status_code == 404
    for member in (cast.lead, cast.other_lead, cast.legal, cast.manager, cast.auditor, cast.admin, cast.practitioner):
        assert signed_in(member).get(address).status_code == 403
    assert signed_in(cast.team_leader).get(address).status_code == 404  # who holds the record needs no glass
    assert signed_in(cast.officer).get(f"/pupils/{cast.pupils[1].pk}/restricted/").status_code == 404


@pytest.mark.parametrize("page", ["restrict/", "restrict/holders/", "restrict/lift/"])
def test_who_may_not_restrict_is_turned_away(cast: Cast, signed_in: SignedIn, page: str) -> None:
    address = f"/pupils/{cast.pupil.pk}/{page}"
    assert Client().get(address).status_code == 302
    for member in (cast.lead, cast.other_lead, cast.officer, cast.auditor, cast.practitioner, cast.virtual_school):
        assert signed_in(member).get(address).status_code == 403
    assert signed_in(cast.stranger).get(address).status_code in (403, 404)
    assert signed_in(cast.officer).get("/restricted-records/").status_code == 403


def test_the_list_is_a_file_and_asks_the_database_as_often_however_long_it_is(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.team_leader)
    restrict(client, cast.pupil, cast.team_leader, cast.lead)
    with django_assert_max_num_queries(16):
        client.get("/restricted-records/")
    for pupil in cast.pupils[1:]:
        restrict(client, pupil, cast.team_leader, kind="other")
    with django_assert_max_num_queries(16):
        page = words_of(client, "/restricted-records/")
    assert "5 records" in page
    lines = client.get("/restricted-records/?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Surname,Forename,UPN,Why") and len(lines) == 6
    assert '"Layla Hart, Tom Leigh"' in lines[1]
