"""Handing a child over between authorities: what each side may do when, what arrives, what each side hears."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from attendance_portal.models import AuditEvent, Message
from attendance_portal.refusals import Refused
from schools import tasks
from schools.children.handed_over import handed_over
from schools.children.record_links import judge_records
from schools.children.restrictions import break_glass, holders_of, lift_restriction, restrict_record
from schools.handing.offering import end_hand_over, may_be_told, withdraw_hand_over
from schools.handing.receiving import (
    accept_hand_over,
    candidates,
    decline_hand_over,
    give_back_hand_over,
    parcels_received,
    parcels_sent,
)
from schools.models import (
    BandMove,
    Circumstance,
    Enrolment,
    FormerUpn,
    HandOver,
    HandOverAnswer,
    HandOverContents,
    Pupil,
    PupilNameKey,
    Register,
    Standing,
)
from schools.moves import HAND_OVER_MOVES, Handed
from schools.stored.names import sort_key
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.hand_overs import AT, LATER, accepted, heard, offered, stage_of, west_leader
from tests.schools.stored import store_autumn, store_summer

pytestmark = pytest.mark.django_db


# --- What is handed over ------------------------------------------------------------------------------------


def test_the_bytes_of_the_registers_arrive_as_they_are_held(cast: Cast) -> None:
    store_summer(cast)
    store_autumn(cast)
    for pupil in cast.pupils:
        one = offered(cast, pupil)
        with in_scope(cast.eastshire):
            held = {row.year: bytes(row.marks) for row in Register.objects.filter(enrolment__pupil=pupil)}
        with in_scope(cast.westshire):
            parcel = parcels_received([one.pk])[one.pk]
        assert {year.year: year.marks for year in parcel.years} == held and set(held) == {2025, 2026}
        assert all(year.stay.laestab == "9994001" and year.stay.school == "Hill Academy" for year in parcel.years)


def test_the_counts_arrive_as_the_school_is_banded_by_them(cast: Cast) -> None:
    store_autumn(cast)
    one = offered(cast)
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        (year,) = parcels_sent([one.pk])[one.pk].years
    # 40 sessions, 20 of them missed without leave (tests/schools/stored.py).
    assert (year.counts["possible"], year.counts["attended"], year.counts["unauthorised"]) == (40, 20, 20)
    assert (standing.possible, standing.attended) == (40, 20) and year.as_at == standing.as_at
    assert int(year.open_half_days().sum()) == 40


def test_who_the_child_is_arrives_with_its_former_upns_and_stays(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        FormerUpn.objects.create(pupil=cast.pupil, upn="T99940012600A", until_on=dt.date(2026, 9, 1))
        Pupil.objects.filter(pk=cast.pupil.pk).update(sex="F")
        cast.pupil.refresh_from_db()
    one = offered(cast, note="Starts after half term.")
    with in_scope(cast.westshire):
        parcel = parcels_received([one.pk])[one.pk]
    assert (parcel.forename, parcel.surname, parcel.upn) == ("Amy", "Abbott", cast.pupil.upn)
    assert (parcel.date_of_birth, parcel.sex, parcel.note) == (cast.pupil.date_of_birth, "F", "Starts after half term.")
    assert parcel.upns == [cast.pupil.upn, "T99940012600A"]
    assert [(stay.school, stay.urn, stay.year_group) for stay in parcel.stays] == [("Hill Academy", "999001", "7")]


def test_it_is_frozen_when_it_is_offered(cast: Cast) -> None:
    one = offered(cast)
    store_autumn(cast)
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(surname="Abbott-Hill")
    with in_scope(cast.westshire):
        parcel = parcels_received([one.pk])[one.pk]
    assert parcel.surname == "Abbott" and parcel.years == ()


def test_circumstances_go_only_where_ticked_and_some_never(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        for kind in ("child-in-need", "sen-support", "youth-justice", "free-school-meals"):
            Circumstance.objects.create(pupil=cast.pupil, kind=kind, from_on=dt.date(2026, 9, 1), source="A list")
        offers = {one.kind: one for one in may_be_told(cast.pupil, cast.officer, on=ON)}
    assert set(offers) == {"child-in-need", "sen-support"}
    first, second = offered(cast, circumstances=[offers["child-in-need"]]), offered(cast, cast.pupils[1])
    with in_scope(cast.westshire):
        parcels = parcels_received([first.pk, second.pk])
        assert [one.kind for one in parcels[first.pk].circumstances] == ["child-in-need"]
        assert parcels[second.pk].circumstances == ()
        accept_hand_over(first, pupil=None, by=cast.stranger, at=LATER)
        assert not Circumstance.objects.exists()


# --- Stages -------------------------------------------------------------------------------------------------

Act = Callable[[Cast, HandOver], Any]
ACTS: dict[str, tuple[str, Act]] = {
    "withdraw_hand_over": (
        "eastshire", lambda cast, one: withdraw_hand_over(one, because="Why", by=cast.officer, at=LATER),
    ),
    "end_hand_over": ("eastshire", lambda cast, one: end_hand_over(one, because="Why", by=cast.officer, at=LATER)),
    "accept_hand_over": ("westshire", lambda cast, one: accept_hand_over(one, pupil=None, by=cast.stranger, at=LATER)),
    "decline_hand_over": (
        "westshire", lambda cast, one: decline_hand_over(one, because="Why", by=cast.stranger, at=LATER),
    ),
    "give_back_hand_over": (
        "westshire", lambda cast, one: give_back_hand_over(one, because="Why", by=cast.stranger, at=LATER),
    ),
}  # fmt: skip
LEADS_TO = {
    Handed.OFFERED: [],
    Handed.ACCEPTED: ["accept_hand_over"],
    Handed.DECLINED: ["decline_hand_over"],
    Handed.WITHDRAWN: ["withdraw_hand_over"],
    Handed.ENDED: ["accept_hand_over", "end_hand_over"],
}


def do(cast: Cast, name: str, one: HandOver) -> None:
    side, act = ACTS[name]
    with in_scope(getattr(cast, side)):
        act(cast, one)


@pytest.mark.parametrize("stage", Handed.values)
@pytest.mark.parametrize("name", ACTS)
def test_each_side_moves_it_from_the_stages_of_the_table_and_no_others(cast: Cast, name: str, stage: str) -> None:
    one = offered(cast)
    for step in LEADS_TO[Handed(stage)]:
        do(cast, step, one)
    assert stage_of(cast, one) == stage_of(cast, one, seen_by="westshire") == stage
    move = HAND_OVER_MOVES[name]
    if stage in move.before:
        do(cast, name, one)
        assert (stage_of(cast, one),) == move.after
    else:
        with pytest.raises(Refused):
            do(cast, name, one)
        assert stage_of(cast, one) == stage


def test_a_child_is_offered_once_while_it_is_open_and_again_afterwards(cast: Cast) -> None:
    one = offered(cast)
    with pytest.raises(Refused, match="already"):
        offered(cast)
    do(cast, "decline_hand_over", one)
    again = offered(cast)
    do(cast, "accept_hand_over", again)
    with pytest.raises(Refused, match="already"):
        offered(cast)
    do(cast, "end_hand_over", again)
    offered(cast)


# --- What becomes of it on the other side -------------------------------------------------------------------


def test_accepted_as_new_it_is_a_record_of_its_own_that_upns_and_names_find(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        FormerUpn.objects.create(pupil=cast.pupil, upn="T99940012600A", until_on=dt.date(2026, 9, 1))
    made = accepted(cast, offered(cast))
    with in_scope(cast.westshire):
        assert made.pk != cast.pupil.pk and made.authority_id == cast.westshire.pk
        assert (made.upn, made.sort_key) == (cast.pupil.upn, sort_key("Abbott", "Amy"))
        assert FormerUpn.objects.get(pupil=made).upn == "T99940012600A"
        assert set(PupilNameKey.objects.filter(pupil=made).values_list("key", flat=True)) == {"abb", "amy"}
        assert HandOverAnswer.objects.get().pupil_id == made.pk


def test_nothing_of_it_becomes_a_register_an_enrolment_or_a_figure_of_the_other_side(cast: Cast) -> None:
    store_autumn(cast)

    def figures() -> dict[str, Any]:
        with in_scope(cast.westshire):
            models = (Register, Enrolment, Standing, BandMove)
            return {model.__name__: sorted(model.objects.values_list("pk", flat=True)) for model in models}

    before = figures()
    accepted(cast, offered(cast))
    assert figures() == before


def test_candidates_are_found_by_upn_former_upn_and_by_birthday_with_the_name(cast: Cast) -> None:
    one = offered(cast)
    with in_scope(cast.westshire):
        parcel = parcels_received([one.pk])[one.pk]
        assert candidates(parcel, cast.stranger) == []
        alike = Pupil.objects.create(
            surname="Abbot", forename="Amy", date_of_birth=cast.pupil.date_of_birth, sort_key="abbot amy"
        )
        PupilNameKey.objects.create(pupil=alike, key="abb")
        (found,) = candidates(parcel, cast.stranger)
        assert (found.pupil, found.evidence) == (alike, "Born on the same day")
        former = cast.fen_pupils[0]
        FormerUpn.objects.create(pupil=former, upn=cast.pupil.upn, until_on=ON)
        told = {each.pupil: each.evidence for each in candidates(parcel, cast.stranger)}
        assert told[former] == "A former UPN is the same"


def test_a_held_record_keeps_what_it_has_and_is_completed(cast: Cast) -> None:
    one = offered(cast)
    with in_scope(cast.westshire):
        mine = cast.fen_pupils[0]
        mine.upn, mine.sex = None, "F"
        mine.save(update_fields=["upn", "sex"])
    accepted(cast, one, mine)
    with in_scope(cast.westshire):
        mine.refresh_from_db()
        assert (mine.upn, mine.surname, mine.sex) == (cast.pupil.upn, "Hughes", "F")


def test_a_new_record_with_a_upn_that_is_held_is_refused_and_nothing_is_written(cast: Cast) -> None:
    one = offered(cast)
    with in_scope(cast.westshire):
        Pupil.objects.filter(pk=cast.fen_pupils[0].pk).update(upn=cast.pupil.upn)
        pupils = Pupil.objects.count()
        with pytest.raises(Refused, match="UPN is held here"):
            accept_hand_over(one, pupil=None, by=cast.stranger, at=LATER)
        assert Pupil.objects.count() == pupils and not HandOverAnswer.objects.exists()
    assert stage_of(cast, one) == Handed.OFFERED


@pytest.mark.parametrize("how", ["end_hand_over", "give_back_hand_over"])
def test_ended_it_can_no_longer_be_read_there_and_the_event_stays(cast: Cast, how: str) -> None:
    one = offered(cast)
    made = accepted(cast, one)
    do(cast, how, one)
    with in_scope(cast.westshire):
        assert parcels_received([one.pk]) == {} and not HandOverContents.received.exists()
        assert HandOver.received.get() == one and HandOverAnswer.objects.get().pupil_id == made.pk
    with in_scope(cast.eastshire):
        assert parcels_sent([one.pk])[one.pk].surname == "Abbott"


TEMPORARY, OTHER = "A99940012600A", "B999400126001"


@pytest.mark.parametrize(
    ("held", "handed", "becomes", "former"),
    [
        (TEMPORARY, OTHER, OTHER, {TEMPORARY}),  # as where a school's file tells the permanent one
        (OTHER, TEMPORARY, OTHER, {TEMPORARY}),
        (OTHER, "C999400126002", OTHER, {"C999400126002"}),
        (TEMPORARY, TEMPORARY, TEMPORARY, set()),
        (None, OTHER, OTHER, set()),
    ],
)
def test_every_upn_that_was_handed_over_finds_the_held_record(
    cast: Cast, held: str | None, handed: str, becomes: str, former: set[str]
) -> None:
    ours = cast.fen_pupils[0]
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn=handed)
        cast.pupil.refresh_from_db()
    with in_scope(cast.westshire):
        Pupil.objects.filter(pk=ours.pk).update(upn=held)
        ours.refresh_from_db()
    accepted(cast, offered(cast), ours)
    with in_scope(cast.westshire):
        assert Pupil.objects.get(pk=ours.pk).upn == becomes
        assert set(FormerUpn.objects.filter(pupil=ours).values_list("upn", flat=True)) == former


def test_a_upn_that_another_child_has_is_not_taken_over(cast: Cast) -> None:
    ours, other = cast.fen_pupils
    with in_scope(cast.westshire):
        Pupil.objects.filter(pk=other.pk).update(upn=cast.pupil.upn)
        before = Pupil.objects.get(pk=ours.pk).upn
    accepted(cast, offered(cast), ours)
    with in_scope(cast.westshire):
        assert Pupil.objects.get(pk=ours.pk).upn == before and not FormerUpn.objects.exists()


# --- Restricted records -------------------------------------------------------------------------------------


def restricted(cast: Cast) -> Pupil:
    with in_scope(cast.eastshire):
        leader = cast.team_leader
        restrict_record(cast.pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)
        cast.pupil.refresh_from_db()
        return cast.pupil


def test_a_restricted_record_is_handed_over_by_who_holds_it_only(cast: Cast) -> None:
    pupil = restricted(cast)
    with in_scope(cast.eastshire):
        break_glass(pupil, reason="I must know", by=cast.officer, on=ON, at=AT)
    with pytest.raises(Refused, match="named to hold it"):
        offered(cast, pupil, by=cast.officer)
    assert offered(cast, pupil, by=cast.team_leader).is_restricted


def test_it_arrives_restricted_and_only_who_may_hold_restricted_records_answers(cast: Cast) -> None:
    one, leader = offered(cast, restricted(cast), by=cast.team_leader), west_leader(cast)
    with in_scope(cast.westshire):
        assert not HandOver.received.received_as_seen_by(cast.stranger).exists()
        assert HandOver.received.received_as_seen_by(leader).exists()
        with pytest.raises(HandOver.DoesNotExist):
            accept_hand_over(one, pupil=None, by=cast.stranger, at=LATER)
    made = accepted(cast, one, by=leader)
    with in_scope(cast.westshire):
        made.refresh_from_db()
        assert made.is_restricted and made.restrictions.get().kind == "adoption"
        assert holders_of(made, on=ON) == [leader]
        assert not Pupil.objects.visible_to(cast.stranger).filter(pk=made.pk).exists()


def test_a_held_record_that_it_is_accepted_as_becomes_restricted_too(cast: Cast) -> None:
    one, leader = offered(cast, restricted(cast), by=cast.team_leader), west_leader(cast)
    accepted(cast, one, cast.fen_pupils[0], by=leader)
    with in_scope(cast.westshire):
        assert Pupil.objects.get(pk=cast.fen_pupils[0].pk).is_restricted


def test_restricted_after_it_was_offered_it_is_closed_to_ordinary_officers(cast: Cast) -> None:
    one, leader = offered(cast), west_leader(cast)
    restricted(cast)
    with in_scope(cast.westshire):
        assert not HandOver.received.received_as_seen_by(cast.stranger).exists()
        with pytest.raises(HandOver.DoesNotExist):
            accept_hand_over(one, pupil=None, by=cast.stranger, at=LATER)
    made = accepted(cast, one, by=leader)
    with in_scope(cast.westshire):
        made.refresh_from_db()
        assert made.is_restricted and made.restrictions.get().kind == "other"


def test_restricted_after_it_was_accepted_the_team_leaders_hear_of_it_once(cast: Cast) -> None:
    store_autumn(cast)
    one, leader = offered(cast), west_leader(cast)
    made = accepted(cast, one)
    heard(cast.westshire)
    restricted(cast)
    assert (heard(cast.westshire), heard(cast.westshire)) == (1, 0)
    with in_scope(cast.westshire):
        (letter,) = Message.objects.filter(subject__contains="restricted a child's record")
        assert letter.to_email == leader.user.email and "Abbott" not in letter.body
        assert AuditEvent.objects.get(what="hear_of_restriction").pupil_ids == [made.pk]
        assert not HandOver.received.received_as_seen_by(cast.stranger).exists()
        assert handed_over([made], cast.stranger) == [] and len(handed_over([made], leader)) == 1
        restrict_record(made, kind="adoption", reason="So there", holders=[leader, cast.stranger], by=leader, on=ON)
        assert len(handed_over([made], cast.stranger)) == 1
        lift_restriction(Pupil.objects.get(pk=made.pk), reason="Ended", by=leader, on=ON)
    assert heard(cast.westshire) == 0


def test_they_hear_of_it_too_where_their_own_restriction_ended_before_and_not_of_what_arrived_restricted(
    cast: Cast,
) -> None:
    leader, mine = west_leader(cast), cast.fen_pupils[0]
    with in_scope(cast.westshire):
        restrict_record(mine, kind="adoption", reason="So there", holders=[leader], by=leader, on=ON)
        lift_restriction(mine, reason="Ended", by=leader, on=ON)
    one = offered(cast)
    accepted(cast, one, mine)
    restricted(cast)
    heard(cast.westshire)
    with in_scope(cast.westshire):
        assert AuditEvent.objects.get(what="hear_of_restriction").subject_id == str(one.pk)
    do(cast, "end_hand_over", one)
    made = accepted(cast, offered(cast, cast.pupil, by=cast.team_leader), mine, by=leader)
    with in_scope(cast.westshire):
        lift_restriction(made, reason="Ended", by=leader, on=ON)
        heard(cast.westshire)
        assert AuditEvent.objects.filter(what="hear_of_restriction").count() == 1


# --- Events and messages ------------------------------------------------------------------------------------


def events(authority: Any) -> Iterator[tuple[str, str]]:
    with in_scope(authority):
        told = AuditEvent.objects.filter(what__contains="hand_over").order_by("pk")
        yield from told.values_list("what", "words")


def test_every_act_is_one_event_on_each_side(cast: Cast) -> None:
    one = offered(cast)
    assert heard(cast.westshire) == 1
    made = accepted(cast, one)
    assert heard(cast.eastshire) == 1
    do(cast, "end_hand_over", one)
    assert heard(cast.westshire) == 1
    assert heard(cast.westshire) == heard(cast.eastshire) == 0
    assert list(events(cast.eastshire)) == [
        ("offer_hand_over", "Offered a child's record to Westshire."),
        ("hear_of_hand_over", "Westshire accepted a child's record that was offered to it."),
        ("end_hand_over", "Ended the hand-over of a child's record to Westshire."),
    ]
    assert list(events(cast.westshire)) == [
        ("hear_of_hand_over", "Eastshire offers to hand over a child's record."),
        ("accept_hand_over", "Accepted a child's record from Eastshire, as a new record."),
        ("hear_of_hand_over", "Eastshire ended the hand-over of a child's record."),
    ]
    with in_scope(cast.westshire):
        assert AuditEvent.objects.get(what="accept_hand_over").pupil_ids == [made.pk]
    with in_scope(cast.eastshire):
        told = AuditEvent.objects.filter(what__contains="hand_over")
        assert all(event.pupil_ids == [cast.pupil.pk] for event in told)


def test_beat_makes_each_authority_hear(cast: Cast) -> None:
    assert "schools.tasks.hear_of_hand_overs" in settings.UNFINISHED
    offered(cast)
    for authority in (cast.eastshire, cast.westshire):
        tasks.hear_of_hand_overs(authority, LATER)
    assert [what for what, _ in events(cast.westshire)] == ["hear_of_hand_over"]


@pytest.mark.parametrize("how", ["decline_hand_over", "withdraw_hand_over"])
def test_the_other_side_hears_of_a_refusal_and_of_a_withdrawal(cast: Cast, how: str) -> None:
    one = offered(cast)
    heard(cast.westshire)
    do(cast, how, one)
    other = cast.eastshire if how == "decline_hand_over" else cast.westshire
    assert heard(other) == 1 and heard(other) == 0
    assert [what for what, _ in events(other)][-1] == "hear_of_hand_over"


def test_given_back_the_sender_hears_of_it(cast: Cast) -> None:
    one = offered(cast)
    accepted(cast, one)
    do(cast, "give_back_hand_over", one)
    assert heard(cast.eastshire) == 1
    assert list(events(cast.eastshire))[-1][1] == "Westshire gave back a child's record that it had accepted."


def test_messages_carry_a_link_and_name_no_child(cast: Cast) -> None:
    cast.westshire.mailbox = "attendance@westshire.example"
    cast.westshire.save()
    one = offered(cast)
    heard(cast.westshire)
    accepted(cast, one)
    heard(cast.eastshire)
    written = []
    for authority in (cast.westshire, cast.eastshire):
        with in_scope(authority):
            written += list(Message.objects.all())
    assert [message.to_email for message in written] == ["attendance@westshire.example", "officer@eastshire.example"]
    for message in written:
        assert f"/hand-overs/{one.pk}/" in message.body
        assert "Abbott" not in message.body + message.subject and (cast.pupil.upn or "") not in message.body


def test_without_a_mailbox_the_team_leaders_are_told(cast: Cast) -> None:
    leader = west_leader(cast)
    offered(cast)
    heard(cast.westshire)
    with in_scope(cast.westshire):
        assert [message.to_email for message in Message.objects.all()] == [leader.user.email]


def test_linked_records_are_handed_over_as_one_child(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        other = make_pupil(cast.vale, 90, "Abbott", "Amy", "7")
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn=TEMPORARY)
        cast.pupil.refresh_from_db()
        judge_records(
            cast.pupil, other, verdict="same", evidence="", reason="The school says so", by=cast.officer, at=AT
        )
        Circumstance.objects.create(pupil=other, kind="child-protection", from_on=ON, source="A list")
        ticked = list(may_be_told(cast.pupil, cast.officer, on=ON))
    one = offered(cast, circumstances=ticked)
    with in_scope(cast.westshire):
        parcel = parcels_received([one.pk])[one.pk]
    assert {stay.school for stay in parcel.stays} == {"Hill Academy", "Vale Primary School"}
    assert parcel.upns == [other.upn, TEMPORARY]
    assert [circumstance.kind for circumstance in parcel.circumstances] == ["child-protection"]
    with pytest.raises(Refused, match="already"):
        offered(cast, other)
