"""The pages of schools' systems: systems, set_token, sync_all, sync_school, match_school, school_sync, its CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from attendance_portal.front.demo.wonde_server import TOKEN
from attendance_portal.models import AuditEvent, Membership
from schools.models import Connection, School, SchoolLink, SyncProblem, SyncRun
from schools.register.codes import NUMBERS
from tests.cast import Cast, in_scope
from tests.schools.systems import DAYS, Wonde, serving, system_of, wonde_for
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
CODE = {"id": "A3000000099", "code": "?!"}
LAST = 2 * len(DAYS) - 2

pytestmark = pytest.mark.django_db


@pytest.fixture
def wonde(cast: Cast, settings: Settings) -> Iterator[Wonde]:
    """Hill Academy's system once read, with a mark in it that nobody understands; another school is not known."""
    with in_scope(cast.eastshire):
        hill, unknown = system_of(cast.hill, cast.pupils), system_of(cast.vale, [], number=2)
    hill.codes.append(CODE)
    hill.marks[0, LAST] = 99
    unknown.urn, unknown.laestab, unknown.name = "999777", "9997777", "Riverbank Free School"
    with serving(hill, unknown) as server:
        wonde = wonde_for(cast, server, settings)
        wonde.work()
        yield wonde


# --- systems ------------------------------------------------------------------------------------------------


def test_the_administrator_sees_every_school_its_state_and_what_it_brought(wonde: Wonde, signed_in: SignedIn) -> None:
    page = words_of(signed_in(wonde.cast.admin), "/systems/")
    assert "Working Token entered 20 November 2026" in page and "by Adam Dunn" in page
    assert "Hill Academy URN 999001, Invented MIS Up to date 20 November 2026" in page
    assert "249 half-days changed, 2 marks left out" in page or "249 half-days changed, 1 mark left out" in page
    assert "Riverbank Free School URN 999777, Invented MIS School not settled Never" in page
    assert "Say which school" in page and "Sync now" in page and TOKEN not in page
    assert "Abbott" not in page


def test_before_there_is_a_token_the_page_says_so(cast: Cast, signed_in: SignedIn) -> None:
    assert "No system is connected" in words_of(signed_in(cast.admin), "/systems/")


def test_the_list_downloads_as_csv(wonde: Wonde, signed_in: SignedIn) -> None:
    answer = signed_in(wonde.cast.officer).get("/systems/?format=csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("School,URN,System,State,Last read")
    assert lines[1].startswith("Hill Academy,999001,Invented MIS,Up to date,2026-11-20")


def test_the_list_takes_as_many_queries_for_many_schools_as_for_few(
    wonde: Wonde, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with in_scope(wonde.cast.eastshire):
        connection = Connection.objects.get()
        for number in range(30):
            school = School.objects.create(urn=f"9991{number:02d}", name=f"School {number}", phase="primary")
            link = SchoolLink.objects.create(
                connection=connection, source_id=f"A{number}", name=school.name, school=school, approval="approved"
            )
            SyncRun.objects.create(link=link, state="done", started_at=wonde.clock.at, finished_at=wonde.clock.at)
    client = signed_in(wonde.cast.admin)
    client.get("/systems/")
    with django_assert_max_num_queries(14):
        client.get("/systems/")


def test_a_school_lead_a_manager_and_a_stranger_find_what_they_may(wonde: Wonde, signed_in: SignedIn) -> None:
    cast = wonde.cast
    assert signed_in(cast.lead).get("/systems/").status_code == 403
    assert signed_in(cast.practitioner).get("/systems/").status_code == 403
    manager = words_of(signed_in(cast.manager), "/systems/")
    assert "Hill Academy" in manager and "Sync now" not in manager and "Replace the token" not in manager
    stranger = words_of(signed_in(cast.stranger), "/systems/")
    assert "Hill Academy" not in stranger and "No system is connected" in stranger
    assert Client().get("/systems/").status_code == 302


# --- set_token ----------------------------------------------------------------------------------------------


def test_a_token_is_kept_sealed_and_never_shown_again(wonde: Wonde, signed_in: SignedIn) -> None:
    client, cast = signed_in(wonde.cast.admin), wonde.cast
    answer = client.post("/systems/token/", {"token": " another-secret-token "}, follow=True)
    assert "The token is kept" in answer.content.decode()
    for address in ("/systems/", "/systems/token/"):
        assert "another-secret-token" not in client.get(address).content.decode()
    with in_scope(cast.eastshire):
        connection = Connection.objects.get()
        assert connection.state == "untried" and connection.look_wanted_at is not None
        assert b"another-secret-token" not in bytes(connection.sealed_token)
        event = AuditEvent.objects.filter(what="set_token").latest("pk")
        assert event.words == "Replaced the token for Wonde." and "secret" not in str(event.detail)


@pytest.mark.parametrize("token", ["", "two words", "töken"])
def test_what_is_no_token_is_refused_without_being_repeated(wonde: Wonde, signed_in: SignedIn, token: str) -> None:
    answer = signed_in(wonde.cast.admin).post("/systems/token/", {"token": token})
    page = answer.content.decode()
    assert answer.status_code == 200 and "There is a problem" in page
    assert not token or token not in page
    assert wonde.connection().state == "working"


def test_an_officer_may_not_enter_a_token(wonde: Wonde, signed_in: SignedIn) -> None:
    assert signed_in(wonde.cast.officer).get("/systems/token/").status_code == 403


# --- sync_all, sync_school ----------------------------------------------------------------------------------


def test_sync_now_begins_a_sync_and_the_schools_page_shows_how_far_it_is(wonde: Wonde, signed_in: SignedIn) -> None:
    cast, client = wonde.cast, signed_in(wonde.cast.officer)
    with in_scope(cast.eastshire):
        link = wonde.link()
    answer = client.post(f"/systems/{link.pk}/sync/", follow=True)
    page = answer.content.decode()
    assert "Hill Academy is being brought up to date" in page
    assert 'data-poll="/schools/999001/sync/"' in page, page[page.index("<main") :]
    assert "Attendance codes" in page
    again = client.post(f"/systems/{link.pk}/sync/", follow=True).content.decode()
    assert "This school is being read just now" in again
    wonde.work()
    done = client.get("/schools/999001/sync/").content.decode()
    assert "Up to date" in done and "data-poll" not in done and "asked for by Olive Frost" in done


def test_sync_all_asks_for_every_school_and_without_a_token_says_what_to_do(wonde: Wonde, signed_in: SignedIn) -> None:
    assert (
        "being brought up to date" in signed_in(wonde.cast.admin).post("/systems/sync/", follow=True).content.decode()
    )
    assert wonde.connection().look_wanted_at is not None
    stranger = signed_in(wonde.cast.stranger).post("/systems/sync/", follow=True).content.decode()
    assert "There is no token yet" in stranger


def test_a_stranger_cannot_ask_for_a_school_of_another_authority(wonde: Wonde, signed_in: SignedIn) -> None:
    with in_scope(wonde.cast.eastshire):
        link = wonde.link()
    client = signed_in(wonde.cast.stranger)
    assert client.post(f"/systems/{link.pk}/sync/").status_code == 404
    assert client.get("/schools/999001/sync/").status_code == 404


# --- match_school -------------------------------------------------------------------------------------------


def test_an_unknown_school_is_matched_by_hand_and_read_from_then_on(wonde: Wonde, signed_in: SignedIn) -> None:
    cast, client = wonde.cast, signed_in(wonde.cast.admin)
    with in_scope(cast.eastshire):
        link = SchoolLink.objects.get(name="Riverbank Free School")
    page = words_of(client, f"/systems/{link.pk}/school/")
    assert "Vale Primary School (URN 999002)" in page and "Hill Academy" not in page
    assert "Choose the school" in client.post(f"/systems/{link.pk}/school/", {"school": ""}).content.decode()
    answer = client.post(f"/systems/{link.pk}/school/", {"school": "999002"}, follow=True)
    assert "Riverbank Free School is Vale Primary School." in answer.content.decode()
    with in_scope(cast.eastshire):
        assert SchoolLink.objects.get(pk=link.pk).school == cast.vale


def test_a_school_wrongly_matched_is_matched_again_from_the_list_once_its_marks_are_undone(
    wonde: Wonde, signed_in: SignedIn
) -> None:
    link = wonde_link(wonde)
    address = f"/systems/{link.pk}/school/"
    assert f'href="{address}"' in signed_in(wonde.cast.admin).get("/systems/").content.decode()
    assert f'href="{address}"' not in signed_in(wonde.cast.officer).get("/systems/").content.decode()
    page = words_of(signed_in(wonde.cast.admin), address)
    assert "It is matched to Hill Academy" in page and "no school of the authority is known" not in page
    answer = signed_in(wonde.cast.admin).post(address, {"school": "999002"})
    assert "Undo its syncs on that school" in answer.content.decode()


def wonde_link(wonde: Wonde) -> SchoolLink:
    with in_scope(wonde.cast.eastshire):
        return wonde.link()


def test_where_every_school_is_matched_the_page_says_how_one_is_added(wonde: Wonde, signed_in: SignedIn) -> None:
    with in_scope(wonde.cast.eastshire):
        link = SchoolLink.objects.get(name="Riverbank Free School")
        School.objects.exclude(links__isnull=False).update(closed_on=dt.date(2025, 8, 31))
    page = words_of(signed_in(wonde.cast.admin), f"/systems/{link.pk}/school/")
    assert "Every open school of the authority is matched already" in page and "This is the school" not in page


# --- school_sync, sync_problems_csv -------------------------------------------------------------------------


def test_the_lead_sees_what_to_put_right_with_the_childs_name(wonde: Wonde, signed_in: SignedIn) -> None:
    cast = wonde.cast
    page = words_of(signed_in(cast.lead), "/schools/999001/sync/")
    assert "20 November 2026 Not an attendance code Amy Abbott: ‘?!’ is not an attendance code." in page
    assert "Sync now" not in page
    rows = signed_in(cast.lead).get("/schools/999001/sync/problems.csv").content.decode("utf-8-sig").splitlines()
    assert rows[1].startswith("Not an attendance code,2026-11-20,?!,")
    with in_scope(cast.eastshire):
        seen = AuditEvent.objects.filter(what="see_school_sync").latest("pk")
        assert seen.pupil_ids == [cast.pupil.pk]
    assert signed_in(cast.other_lead).get("/schools/999001/sync/").status_code == 404


def test_a_restricted_childs_name_is_not_shown_to_whoever_may_not_see_the_child(
    wonde: Wonde, signed_in: SignedIn
) -> None:
    with in_scope(wonde.cast.eastshire):
        wonde.cast.pupil.is_restricted = True
        wonde.cast.pupil.save()
    page = words_of(signed_in(wonde.cast.lead), "/schools/999001/sync/")
    assert "Abbott" not in page and "restricted" in page


def test_trouble_is_told_in_words_with_when_it_is_tried_again(wonde: Wonde, signed_in: SignedIn) -> None:
    wonde.clock.at += dt.timedelta(hours=2)
    wonde.ask()
    wonde.server.faults.broken = 1000
    wonde.work()
    page = words_of(signed_in(wonde.cast.officer), "/schools/999001/sync/")
    assert "Tried again later" in page and "Wonde is out of order (503). It is tried again after" in page
    listed = words_of(signed_in(wonde.cast.admin), "/systems/")
    assert "Wonde is out of order (503)" in listed


def test_a_school_without_a_system_is_told_so(cast: Cast, signed_in: SignedIn) -> None:
    assert "Not connected" in words_of(signed_in(cast.office), "/schools/999001/sync/")


def test_the_schools_page_and_its_uploads_lead_to_the_sync(wonde: Wonde, signed_in: SignedIn) -> None:
    client = signed_in(wonde.cast.lead)
    for address in ("/schools/999001/", "/schools/999001/uploads/"):
        assert 'href="/schools/999001/sync/"' in client.get(address).content.decode()
    assert "From the school's own system" in words_of(client, "/schools/999001/")


def test_the_page_of_one_school_keeps_to_its_queries(
    wonde: Wonde, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with in_scope(wonde.cast.eastshire):
        run = SyncRun.objects.get()
        for number in range(60):
            SyncProblem.objects.create(link=run.link, run=run, kind="unknown-code", severity="leaves out the mark",
                                       message=f"Ella Evans: problem {number}", on=DAYS[0])  # fmt: skip
    client = signed_in(wonde.cast.lead)
    client.get("/schools/999001/sync/")
    with django_assert_max_num_queries(20):
        client.get("/schools/999001/sync/")


def test_what_the_system_says_next_takes_the_problem_from_the_list(wonde: Wonde, signed_in: SignedIn) -> None:
    wonde.hill.enter(0, LAST, NUMBERS["I"], wonde.clock.at)
    wonde.clock.at += dt.timedelta(days=1)
    wonde.again()
    assert "Nothing: everything that was read is stored." in words_of(
        signed_in(wonde.cast.lead), "/schools/999001/sync/"
    )
