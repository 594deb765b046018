"""A child's parents and carers: family, add_carer, change_carer, end_carer, and siblings through them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Carer, CarerLink, Pupil
from tests.cast import Cast, in_scope
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def add(client: Client, pupil: Pupil, who: object = "new", **typed: str) -> HttpResponse:
    told = {"name": "Alice Abbott", "relationship": "Mother", "telephone": "01632 960001", "address": "1 Hill Road"}
    return client.post(f"/pupils/{pupil.pk}/family/add/", {"who": str(who), **told, "lives_with": "yes", **typed})


def carer_of(cast: Cast) -> Carer:
    with in_scope(cast.eastshire):
        found: Carer = Carer.objects.get()
        return found


def test_a_parent_is_a_person_with_responsibility_home_and_contact(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    assert add(client, cast.pupil, parental_responsibility="yes").status_code == 302
    page = words_of(client, f"/pupils/{cast.pupil.pk}/family/")
    assert "Alice Abbott Mother Yes Yes 01632 960001 1 Hill Road" in page
    page = words_of(client, f"/pupils/{cast.pupil.pk}/")
    assert "Alice Abbott , Mother" in page and "has parental responsibility; lives with the child" in page
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="add_carer").pupil_ids == [cast.pupil.pk]


def test_what_is_not_known_is_not_said_to_be_no(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    add(client, cast.pupil, lives_with="", parental_responsibility="")
    assert "Alice Abbott Mother Not known Not known" in words_of(client, f"/pupils/{cast.pupil.pk}/family/")


def test_a_carer_held_of_another_child_makes_siblings_whom_one_may_see(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk__in=[cast.pupils[1].pk, cast.vale_pupils[0].pk]).update(surname="Abbott")
    officer = signed_in(cast.officer)
    add(officer, cast.pupil)
    carer = carer_of(cast)
    for other in (cast.pupils[1], cast.vale_pupils[0]):
        form = words_of(officer, f"/pupils/{other.pk}/family/add/")
        assert "Alice Abbott, carer of Amy Abbott" in form
        assert add(officer, other, carer.pk, name="").status_code == 302
    assert carer_of(cast).telephone == "01632 960001"
    page = words_of(officer, f"/pupils/{cast.pupil.pk}/")
    assert "Ben Abbott" in page and "Finn Abbott" in page
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/family/")
    assert "Ben Abbott" in page and "Finn" not in page


def test_a_restricted_sibling_is_simply_not_there_nor_is_where_they_live(cast: Cast, signed_in: SignedIn) -> None:
    add(signed_in(cast.lead), cast.pupil)
    carer = carer_of(cast)
    with in_scope(cast.eastshire):
        CarerLink.objects.create(pupil=cast.pupils[1], carer=carer, relationship="Mother", lives_with=True)
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(is_restricted=True)
    client = signed_in(cast.lead)
    for address in ("", "family/", f"family/{carer.pk}/", "family/?format=csv"):
        page = client.get(f"/pupils/{cast.pupil.pk}/{address}").content.decode()
        assert "Alice Abbott" in page
        assert not [word for word in ("Ben", "1 Hill Road", "01632 960001") if word in page]
    typed = {"name": "Alice Abbott", "relationship": "Aunt", "address": "2 Vale Road"}
    client.post(f"/pupils/{cast.pupil.pk}/family/{carer.pk}/", typed)
    assert carer_of(cast).address == "1 Hill Road"


def test_another_parent_of_a_sibling_is_not_on_this_childs_page(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    add(client, cast.pupil)
    with in_scope(cast.eastshire):
        father = Carer.objects.create(name="Bob Brown", address="9 Far Lane")
        CarerLink.objects.create(pupil=cast.pupils[1], carer=carer_of_name("Alice Abbott"), relationship="Mother")
        CarerLink.objects.create(pupil=cast.pupils[1], carer=father, relationship="Father")
    page = words_of(client, f"/pupils/{cast.pupil.pk}/family/")
    assert "Ben Brown" in page and "Bob Brown" not in page and "9 Far Lane" not in page


def carer_of_name(name: str) -> Carer:
    found: Carer = Carer.objects.get(name=name)
    return found


def test_who_must_not_be_told_where_the_child_is_stands_out(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    assert "Say why they must not be told" in add(client, cast.pupil, must_not_know="on").content.decode()
    add(client, cast.pupil, must_not_know="on", must_not_know_why="Court order of May", lives_with="no")
    for address in ("", "family/"):
        page = words_of(client, f"/pupils/{cast.pupil.pk}/{address}")
        assert "Must not be told where the child is" in page
    assert "Court order of May" in words_of(client, f"/pupils/{cast.pupil.pk}/family/")


def test_a_change_of_the_person_holds_for_every_child_of_theirs(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    add(client, cast.pupil)
    carer = carer_of(cast)
    with in_scope(cast.eastshire):
        CarerLink.objects.create(pupil=cast.pupils[1], carer=carer, relationship="Mother")
    typed = {"name": "Alice Brown", "relationship": "Foster carer", "telephone": "01632 960002"}
    assert client.post(f"/pupils/{cast.pupil.pk}/family/{carer.pk}/", typed).status_code == 302
    assert "Alice Brown Foster carer" in words_of(client, f"/pupils/{cast.pupil.pk}/family/")
    assert "Alice Brown Mother" in words_of(client, f"/pupils/{cast.pupils[1].pk}/family/")
    with in_scope(cast.eastshire):
        assert set(AuditEvent.objects.get(what="change_carer").pupil_ids) == {cast.pupil.pk, cast.pupils[1].pk}


def test_a_person_taken_off_is_no_carer_and_makes_no_sibling_and_can_be_put_back(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.lead)
    add(client, cast.pupil)
    carer = carer_of(cast)
    with in_scope(cast.eastshire):
        CarerLink.objects.create(pupil=cast.pupils[1], carer=carer, relationship="Mother")
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(surname="Abbott")
    address = f"/pupils/{cast.pupil.pk}/family/{carer.pk}/end/"
    assert "Say why" in client.post(address, {"reason": " "}).content.decode()
    assert client.post(address, {"reason": "Another child's mother"}).status_code == 302
    page = words_of(client, f"/pupils/{cast.pupil.pk}/family/")
    assert "Alice Abbott" not in page and "Ben Abbott" not in page
    assert client.get(address).status_code == 404
    assert add(client, cast.pupil, carer.pk).status_code == 302
    assert "Ben Abbott" in words_of(client, f"/pupils/{cast.pupil.pk}/family/")


def test_the_family_is_a_file(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    add(client, cast.pupil)
    lines = client.get(f"/pupils/{cast.pupil.pk}/family/?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Name,Relationship,Parental responsibility")
    assert lines[1] == "Alice Abbott,Mother,,true,,01632 960001,1 Hill Road,false,"


@pytest.mark.parametrize("page", ["family/", "family/add/", "family/{carer}/", "family/{carer}/end/"])
def test_who_may_not_change_families_is_turned_away(cast: Cast, signed_in: SignedIn, page: str) -> None:
    add(signed_in(cast.lead), cast.pupil)
    address = f"/pupils/{cast.pupil.pk}/{page.format(carer=carer_of(cast).pk)}"
    assert Client().get(address).status_code == 302
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(address).status_code == 404
    for member in (cast.office, cast.legal, cast.manager, cast.practitioner):
        assert signed_in(member).get(address).status_code == 403


def test_the_page_asks_the_database_as_often_however_large_the_family(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    for name in ("Alice", "Bea", "Cleo"):
        add(client, cast.pupil, name=name)
        with django_assert_max_num_queries(18):
            client.get(f"/pupils/{cast.pupil.pk}/family/")
