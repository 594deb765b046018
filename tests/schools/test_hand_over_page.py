"""Pages of hand-overs: hand_overs, hand_over_page, hand_over_child, accept_hand_over, decline_hand_over,
withdraw_hand_over, end_hand_over, and what the child's page and the home page show of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.roles import Role
from schools.children.restrictions import break_glass, restrict_record
from schools.models import (
    Circumstance,
    Enrolment,
    FormerUpn,
    HandOver,
    HandOverAnswer,
    Pupil,
    PupilNameKey,
    SchoolMembership,
)
from schools.sending import uploads
from tests.cast import ON, SINCE, Cast, in_scope, make_member
from tests.isolation.rows import another_authority
from tests.schools.files import all_present, long_file, school_days
from tests.schools.hand_overs import AT, accepted, offered, west_leader
from tests.schools.stored import store_autumn
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
pytestmark = pytest.mark.django_db
PAGES = ("/hand-overs/", "/hand-overs/{one}/", "/hand-overs/{one}/accept/", "/hand-overs/{one}/decline/",
         "/hand-overs/{one}/withdraw/", "/hand-overs/{one}/end/", "/pupils/{pupil}/hand-over/")  # fmt: skip


def address(page: str, one: HandOver, cast: Cast) -> str:
    return page.format(one=one.pk, pupil=cast.pupil.pk)


def offer(client: Client, pupil: Pupil, cast: Cast, **typed: object) -> HttpResponse:
    told = {"to": str(cast.westshire.pk), "reason": "moved-home", "note": "", "is_needed": "on", **typed}
    return client.post(f"/pupils/{pupil.pk}/hand-over/", told)


def accept(client: Client, one: HandOver, whose: str = "new") -> HttpResponse:
    return client.post(f"/hand-overs/{one.pk}/accept/", {"whose": whose})


# --- The whole way ------------------------------------------------------------------------------------------


def test_a_child_goes_from_one_authority_to_the_other_and_back_out_of_sight(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    east, west = signed_in(cast.officer), signed_in(cast.stranger)
    page = words_of(east, f"/pupils/{cast.pupil.pk}/hand-over/")
    assert "Hill Academy School year 2026/27 2 October 2026 50.0% 40 20 20" in page and "Westshire" in page
    assert offer(east, cast.pupil, cast, note="Ask for Ms Reed").status_code == 302
    with in_scope(cast.eastshire):
        one = HandOver.objects.get()
    assert "A child from Eastshire" in words_of(west, "/")
    page = words_of(west, f"/hand-overs/{one.pk}/")
    assert "Amy Abbott" in page and "Ask for Ms Reed" in page and "Offered by Eastshire" in page
    answer = accept(west, one)
    with in_scope(cast.westshire):
        made = HandOverAnswer.objects.get().pupil
    assert answer.headers["Location"] == f"/pupils/{made.pk}/"
    page = words_of(west, f"/pupils/{made.pk}/")
    assert "Hill Academy, Eastshire" in page and "as handed over on 20 November 2026" in page
    assert "20 of 40 possible sessions" in page and "Accepted" in page
    assert "A child from Eastshire" not in words_of(west, "/")
    assert "Accepted by Westshire" in words_of(east, f"/hand-overs/{one.pk}/")
    assert east.post(f"/hand-overs/{one.pk}/end/", {"because": "Moved back"}).status_code == 302
    page = words_of(west, f"/pupils/{made.pk}/")
    assert "Hill Academy" not in page and "No register yet" in page and "Ended" in page
    page = words_of(west, f"/hand-overs/{one.pk}/")
    assert "It can no longer be read here" in page and "Ended by Eastshire" in page and "Moved back" in page
    assert "Ask for Ms Reed" not in page
    assert "Ask for Ms Reed" in words_of(east, f"/hand-overs/{one.pk}/")


def test_possible_sessions_of_both_count_for_the_child_and_not_for_the_school(cast: Cast, signed_in: SignedIn) -> None:
    """40 sessions at Hill, 20 missed; then 40 at Fen, none missed. The child: 80 possible, 20 missed, 75%."""
    store_autumn(cast)
    with in_scope(cast.westshire):
        hal = cast.fen_pupils[0]
        store_marks_at_fen(cast)
    west = signed_in(cast.stranger)
    before = words_of(west, "/schools/998001/")
    accepted(cast, offered(cast), hal)
    page = words_of(west, f"/pupils/{hal.pk}/")
    assert "All together: attendance 75.0%, 20 of 80 possible sessions missed." in page
    assert "The official figures count 1 enrolment, 0 of them persistently absent." in page
    assert "What was handed over is not in them." in page
    assert "Hill Academy, Eastshire from 1 September 2025, as handed over on 20 November 2026 50.0% 40 20 20" in page
    assert "Fen School from 1 September 2025 100.0% 40 0 0" in page
    assert words_of(west, "/schools/998001/") == before


def test_the_new_schools_file_finds_the_record_by_its_upn(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    made = accepted(cast, offered(cast))
    told = [
        f"{made.upn},Abbott,Amy,14/03/2014,7,{day:%d/%m/%Y},{half},{mark}"
        for day in school_days(dt.date(2026, 10, 5), 20)
        for half, mark in (("AM", "/"), ("PM", "\\"))
    ]
    with in_scope(cast.westshire):
        store_at_fen(cast, "\r\n".join(["UPN,Surname,Forename,DOB,Year,Date,Session,Mark", *told, ""]).encode())
        assert Enrolment.objects.get(pupil=made).school == cast.fen
        assert Pupil.objects.filter(surname="Abbott").count() == 1
    page = words_of(signed_in(cast.stranger), f"/pupils/{made.pk}/")
    assert "All together: attendance 75.0%, 20 of 80 possible sessions missed." in page


def store_marks_at_fen(cast: Cast) -> None:
    store_at_fen(cast, long_file(all_present(cast.fen_pupils, school_days(dt.date(2026, 10, 5), 20))))


def store_at_fen(cast: Cast, content: bytes) -> None:
    upload = uploads.receive_upload(cast.fen, [content], file_name="register.csv", by=cast.stranger)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.stranger, at=AT), on=ON)


def test_as_known_before_it_was_accepted_it_is_not_there(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    made = accepted(cast, offered(cast))
    west = signed_in(cast.stranger)
    assert "Hill Academy" in words_of(west, f"/pupils/{made.pk}/?known_on=2026-11-20")
    assert "Hill Academy, Eastshire" not in words_of(west, f"/pupils/{made.pk}/?known_on=2026-11-19")


def test_handed_over_twice_a_year_counts_once_as_it_was_told_last(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    first = offered(cast)
    made = accepted(cast, first)
    west = signed_in(cast.stranger)
    assert signed_in(cast.officer).post(f"/hand-overs/{first.pk}/end/", {"because": "Anew"}).status_code == 302
    accepted(cast, offered(cast), made)
    assert words_of(west, f"/pupils/{made.pk}/").count("as handed over on") == 1


def test_the_marks_that_were_handed_over_are_in_the_file_of_marks(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    made = accepted(cast, offered(cast))
    told = signed_in(cast.stranger).get(f"/pupils/{made.pk}/marks.csv?year=2026").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == 40 and {row["School"] for row in rows} == {"Hill Academy, Eastshire"}


def test_a_school_does_not_see_what_was_handed_over(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    accepted(cast, offered(cast), cast.fen_pupils[0])
    with in_scope(cast.westshire):
        lead = make_member(cast.westshire, "l@fen.example", "Fay Low", Role.SCHOOL_LEAD, "Fen")
        SchoolMembership.objects.create(membership=lead, school=cast.fen, capacity="staff", from_on=SINCE)
    page = words_of(signed_in(lead), f"/pupils/{cast.fen_pupils[0].pk}/")
    assert "Hal Hughes" in page and "Hill Academy" not in page and "Eastshire" not in page


# --- Offering -----------------------------------------------------------------------------------------------


def test_the_way_to_offer_stands_on_the_childs_page_for_those_who_may(cast: Cast, signed_in: SignedIn) -> None:
    href = f"/pupils/{cast.pupil.pk}/hand-over/"
    for name, shown in (("officer", True), ("team_leader", True), ("lead", False), ("manager", False)):
        body = signed_in(cast.members[name]).get(f"/pupils/{cast.pupil.pk}/").content.decode()
        assert (href in body) is shown


def test_what_is_missing_is_asked_for(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of_answer(signed_in(cast.officer).post(f"/pupils/{cast.pupil.pk}/hand-over/", {"note": ""}))
    for sentence in ("Choose the authority", "Choose the reason", "Confirm that the other authority needs this record"):
        assert sentence in page
    with in_scope(cast.eastshire):
        assert not HandOver.objects.exists()


def test_only_ticked_circumstances_go(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        kinds = ("child-in-need", "ehc-plan", "youth-justice")
        made = [
            Circumstance.objects.create(pupil=cast.pupil, kind=kind, from_on=dt.date(2026, 9, 1), source="A list")
            for kind in kinds
        ]
    page = words_of(signed_in(cast.officer), f"/pupils/{cast.pupil.pk}/hand-over/")
    assert "Child in need, since 1 September 2026" in page and "youth justice" not in page
    offer(signed_in(cast.officer), cast.pupil, cast, circumstances=[str(made[1].pk)])
    with in_scope(cast.eastshire):
        one = HandOver.objects.get()
    page = words_of(signed_in(cast.stranger), f"/hand-overs/{one.pk}/")
    assert "EHC plan since 1 September 2026" in page and "Child in need" not in page
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="offer_hand_over").detail["circumstances"] == ["ehc-plan"]


def test_a_circumstance_that_never_goes_cannot_be_posted(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        kept = Circumstance.objects.create(
            pupil=cast.pupil, kind="youth-justice", from_on=dt.date(2026, 9, 1), source="A list"
        )
        Circumstance.objects.create(pupil=cast.pupil, kind="ehc-plan", from_on=dt.date(2026, 9, 1), source="A list")
    offer(signed_in(cast.officer), cast.pupil, cast, circumstances=[str(kept.pk)])
    with in_scope(cast.eastshire):
        assert not HandOver.objects.exists()


def test_a_second_offer_to_the_same_authority_is_refused(cast: Cast, signed_in: SignedIn) -> None:
    offered(cast)
    answer = offer(signed_in(cast.officer), cast.pupil, cast)
    assert answer.status_code == 200 and "has been handed over to Westshire already" in answer.content.decode()


def test_after_breaking_the_glass_nothing_can_be_handed_over(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        leader = cast.team_leader
        restrict_record(cast.pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)
        cast.pupil.refresh_from_db()
        break_glass(cast.pupil, reason="I must know", by=cast.officer, on=ON, at=AT)
    assert signed_in(cast.officer).get(f"/pupils/{cast.pupil.pk}/").status_code == 200
    answer = signed_in(cast.officer).get(f"/pupils/{cast.pupil.pk}/hand-over/")
    assert answer.status_code == 409 and "named to hold it" in answer.content.decode()


def test_a_restricted_offer_is_in_the_lists_of_who_may_hold_it_only(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        leader = cast.team_leader
        restrict_record(cast.pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)
        cast.pupil.refresh_from_db()
    one, west_lead = offered(cast, by=cast.team_leader), west_leader(cast)
    for member, sees in ((west_lead, True), (cast.stranger, False), (cast.team_leader, True), (cast.officer, False)):
        client = signed_in(member)
        show = "?show=sent" if member.authority_id == cast.eastshire.pk else ""
        assert ("Abbott" in words_of(client, f"/hand-overs/{show}")) is sees
        assert client.get(f"/hand-overs/{one.pk}/").status_code == (200 if sees else 404)
    assert "A restricted record from Eastshire" in words_of(signed_in(west_lead), "/")
    assert "from Eastshire" not in words_of(signed_in(cast.stranger), "/")


def test_an_offer_restricted_since_is_gone_for_who_could_read_it_before(cast: Cast, signed_in: SignedIn) -> None:
    one, west_lead = offered(cast), west_leader(cast)
    assert "Abbott" in words_of(signed_in(cast.stranger), f"/hand-overs/{one.pk}/")
    with in_scope(cast.eastshire):
        leader = cast.team_leader
        restrict_record(cast.pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)
    assert signed_in(cast.stranger).get(f"/hand-overs/{one.pk}/").status_code == 404
    for page in ("/hand-overs/", "/hand-overs/?format=csv", "/"):
        assert "Abbott" not in signed_in(cast.stranger).get(page).content.decode()
    assert "Abbott" in words_of(signed_in(west_lead), f"/hand-overs/{one.pk}/")


def test_the_page_of_a_child_says_nothing_of_a_hand_over_that_was_restricted_since(
    cast: Cast, signed_in: SignedIn
) -> None:
    one = offered(cast)
    made = accepted(cast, one)
    assert f"/hand-overs/{one.pk}/" in signed_in(cast.stranger).get(f"/pupils/{made.pk}/").content.decode()
    with in_scope(cast.eastshire):
        leader = cast.team_leader
        restrict_record(cast.pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)
    assert f"/hand-overs/{one.pk}/" not in signed_in(cast.stranger).get(f"/pupils/{made.pk}/").content.decode()


# --- Answering ----------------------------------------------------------------------------------------------


def test_records_that_may_be_the_child_are_offered_to_choose_from(cast: Cast, signed_in: SignedIn) -> None:
    one, west = offered(cast), signed_in(cast.stranger)
    with in_scope(cast.westshire):
        FormerUpn.objects.create(pupil=cast.fen_pupils[1], upn=cast.pupil.upn, until_on=ON)
    page = words_of(west, f"/hand-overs/{one.pk}/accept/")
    assert "Isla Irwin" in page and "former UPN is the same" in page and "A new record" in page
    assert accept(west, one, str(cast.fen_pupils[1].pk)).headers["Location"] == f"/pupils/{cast.fen_pupils[1].pk}/"


def test_a_record_that_is_no_candidate_cannot_be_posted(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    assert accept(signed_in(cast.stranger), one, str(cast.fen_pupils[0].pk)).status_code == 200
    assert accept(signed_in(cast.stranger), one, str(cast.pupil.pk)).status_code == 200
    with in_scope(cast.westshire):
        assert not HandOverAnswer.objects.exists()


def test_a_new_record_beside_one_with_the_same_upn_is_not_made(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    with in_scope(cast.westshire):
        Pupil.objects.filter(pk=cast.fen_pupils[0].pk).update(upn=cast.pupil.upn)
    page = words_of_answer(accept(signed_in(cast.stranger), one))
    assert "Hal Hughes has this UPN here: choose that record" in page


def test_twins_are_told_apart_by_who_accepts(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    with in_scope(cast.westshire):
        twin = Pupil.objects.create(
            surname="Abbott", forename="Anna", date_of_birth=cast.pupil.date_of_birth, sort_key="abbott anna"
        )
        PupilNameKey.objects.create(pupil=twin, key="abb")
    page = words_of(signed_in(cast.stranger), f"/hand-overs/{one.pk}/accept/")
    assert "Anna Abbott, no UPN, born 14 March 2014 (born on the same day)" in page
    accept(signed_in(cast.stranger), one)
    with in_scope(cast.westshire):
        assert HandOverAnswer.objects.get().pupil_id != twin.pk and Pupil.objects.filter(surname="Abbott").count() == 2


def test_declined_it_can_no_longer_be_read(cast: Cast, signed_in: SignedIn) -> None:
    one, west = offered(cast), signed_in(cast.stranger)
    assert west.post(f"/hand-overs/{one.pk}/decline/", {"because": ""}).status_code == 200
    assert west.post(f"/hand-overs/{one.pk}/decline/", {"because": "Not known here"}).status_code == 302
    page = words_of(west, f"/hand-overs/{one.pk}/")
    assert "Abbott" not in page and "Declined by Westshire" in page
    assert "Not known here" in words_of(signed_in(cast.officer), f"/hand-overs/{one.pk}/")
    assert west.get(f"/hand-overs/{one.pk}/accept/").status_code == 409


def test_withdrawn_it_can_no_longer_be_accepted(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    east, west = signed_in(cast.officer), signed_in(cast.stranger)
    assert east.post(f"/hand-overs/{one.pk}/withdraw/", {"because": "A mistake"}).status_code == 302
    assert accept(west, one).status_code == 409
    assert "Abbott" not in words_of(west, "/hand-overs/") and "Withdrawn" in words_of(west, "/hand-overs/")
    again = east.post(f"/hand-overs/{one.pk}/withdraw/", {"because": "Sent by mistake"}).content.decode()
    assert "It has been withdrawn. Open it again to see." in again and "Sent by mistake</textarea>" in again


def test_the_addressee_can_give_it_back(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    accepted(cast, one)
    west = signed_in(cast.stranger)
    assert west.post(f"/hand-overs/{one.pk}/end/", {"because": "Another child"}).status_code == 302
    assert "Given back by Westshire" in words_of(signed_in(cast.officer), f"/hand-overs/{one.pk}/")
    assert "It can no longer be read here" in words_of(west, f"/hand-overs/{one.pk}/")


# --- Lists --------------------------------------------------------------------------------------------------


def test_both_sides_list_it_and_download_the_list(cast: Cast, signed_in: SignedIn) -> None:
    offered(cast)
    accepted(cast, offered(cast, cast.pupils[1]))
    for member, show in ((cast.officer, "?show=sent"), (cast.stranger, "?show=received")):
        client = signed_in(member)
        page = words_of(client, f"/hand-overs/{show}")
        assert "2 hand-overs" in page and "Amy Abbott" in page and "Ben Brown" in page
        told = client.get(f"/hand-overs/{show}&format=csv").content.decode("utf-8-sig")
        rows = {row["Child"]: row for row in csv.DictReader(io.StringIO(told))}
        assert {name: row["State"] for name, row in rows.items()} == {"Amy Abbott": "Offered", "Ben Brown": "Accepted"}
        assert rows["Amy Abbott"]["From"] == "Eastshire" and rows["Amy Abbott"]["To"] == "Westshire"
    assert "No hand-overs" in words_of(signed_in(cast.officer), "/hand-overs/")


@pytest.mark.parametrize("show", ["sent", "received"])
@pytest.mark.parametrize("sort", ["other", "-why", "offered", "-state"])
def test_lists_are_sorted_by_their_columns(cast: Cast, signed_in: SignedIn, show: str, sort: str) -> None:
    offered(cast)
    member = cast.officer if show == "sent" else cast.stranger
    assert "Amy Abbott" in words_of(signed_in(member), f"/hand-overs/?show={show}&sort={sort}")


def test_the_list_is_found_from_the_list_of_pupils(cast: Cast, signed_in: SignedIn) -> None:
    assert "/hand-overs/" in signed_in(cast.officer).get("/pupils/").content.decode()
    assert "/hand-overs/" not in signed_in(cast.manager).get("/pupils/").content.decode()


# --- Who may not --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_reaches_the_pages(cast: Cast, signed_in: SignedIn, page: str) -> None:
    third = another_authority()
    with in_scope(third):
        outsider = make_member(third, "officer@third.example", "Theo Out", Role.OFFICER, "Third")
    one = offered(cast)
    asked = address(page, one, cast)
    assert Client().get(asked).status_code == 302
    for member in (cast.lead, cast.office, cast.other_lead, cast.legal, cast.manager, cast.virtual_school):
        assert signed_in(member).get(asked).status_code == 403
    answer = signed_in(outsider).get(asked)
    assert "Abbott" not in answer.content.decode()
    assert answer.status_code == (200 if page == "/hand-overs/" else 404)


@pytest.mark.parametrize(
    ("page", "by"), [("accept", "officer"), ("decline", "officer"), ("withdraw", "stranger"), ("pupil", "stranger")]
)
def test_neither_side_does_what_is_the_others(cast: Cast, signed_in: SignedIn, page: str, by: str) -> None:
    one = offered(cast)
    asked = f"/pupils/{cast.pupil.pk}/hand-over/" if page == "pupil" else f"/hand-overs/{one.pk}/{page}/"
    client = signed_in(cast.members[by])
    assert client.get(asked).status_code == client.post(asked, {"because": "x", "whose": "new"}).status_code == 404


def test_every_look_is_an_event_with_the_children(cast: Cast, signed_in: SignedIn) -> None:
    one = offered(cast)
    signed_in(cast.officer).get("/hand-overs/?show=sent")
    signed_in(cast.officer).get(f"/hand-overs/{one.pk}/")
    signed_in(cast.stranger).get(f"/hand-overs/{one.pk}/")
    with in_scope(cast.eastshire):
        looked = AuditEvent.objects.filter(what__in=("see_hand_overs", "see_hand_over"))
        assert [event.pupil_ids for event in looked] == [[cast.pupil.pk], [cast.pupil.pk]]
    with in_scope(cast.westshire):
        assert AuditEvent.objects.get(what="see_hand_over").subject_id == str(one.pk)


def test_the_lists_ask_as_many_queries_for_many_as_for_one(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    accepted(cast, offered(cast))
    for member, show in ((cast.officer, "sent"), (cast.stranger, "received")):
        client = signed_in(member)
        with django_assert_max_num_queries(20) as few:
            client.get(f"/hand-overs/?show={show}")
        with in_scope(cast.eastshire):
            there = HandOver.objects.count()
        for pupil in cast.pupils[1:3] if there == 1 else cast.pupils[3:]:
            accepted(cast, offered(cast, pupil))
        with django_assert_max_num_queries(len(few)):
            client.get(f"/hand-overs/?show={show}")


def words_of_answer(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())
