"""Two people do something about the records of one child at one moment, each in a transaction of their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from schools.children.record_links import judge_records
from schools.children.restrictions import lift_restriction, restrict_record
from schools.handing.offering import offer_hand_over
from schools.handing.receiving import accept_hand_over
from schools.models import Enrolment, HandOver, Pupil
from schools.returning.returns import begin_return
from schools.stored.registers import hold_registers
from schools.stored.turns import hold_linked_records, hold_new_pupils
from tests.casework.test_leading_at_one_moment import Act, at_one_moment
from tests.cast import ON, Cast, in_scope, make_cast
from tests.schools.hand_overs import AT, LATER

NOTHING = SimpleNamespace(objects=SimpleNamespace(get=lambda: None))  # each reads what it is about by itself


@pytest.fixture
def cast(own_database: str) -> Cast:
    return make_cast()


def read_again(pupil: Pupil) -> Pupil:
    found: Pupil = Pupil.objects.get(pk=pupil.pk)
    return found


def restrict(place: int) -> Act:
    def act(_: Any, cast: Cast) -> None:
        leader = cast.team_leader
        pupil = read_again(cast.pupils[place])
        restrict_record(pupil, kind="adoption", reason="Placed", holders=[leader], by=leader, on=ON)

    return act


def link(_: Any, cast: Cast) -> None:
    amy, ben = map(read_again, cast.pupils[:2])
    judge_records(amy, ben, verdict="same", evidence="", reason="One child", by=cast.team_leader, at=AT)


def restricted_of(cast: Cast) -> list[bool]:
    with in_scope(cast.eastshire):
        return [read_again(pupil).is_restricted for pupil in cast.pupils[:2]]


def lift(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        lift_restriction(read_again(cast.pupil), reason="Ended", by=cast.team_leader, on=ON)


def test_a_child_is_restricted_as_a_whole_and_once_whoever_links_or_restricts_meanwhile(cast: Cast) -> None:
    first, second = at_one_moment(cast, restrict(0), link, of=NOTHING)
    assert first == "" and second.startswith("One of these records is restricted.")
    assert restricted_of(cast) == [True, False]
    lift(cast)
    assert at_one_moment(cast, link, restrict(0), of=NOTHING) == ("", "")
    assert restricted_of(cast) == [True, True]
    lift(cast)
    first, second = at_one_moment(cast, restrict(0), restrict(1), of=NOTHING)
    assert first == "" and second.startswith("This record is restricted already.")


def accept_as(place: int) -> Act:
    """Eastshire accepts Westshire's child of that place as its own of the same place."""

    def act(_: Any, cast: Cast) -> None:
        one = HandOver.received.get(pupil=cast.fen_pupils[place].pk)
        accept_hand_over(one, pupil=read_again(cast.pupils[place]), by=cast.team_leader, at=LATER)

    return act


def begin(_: Any, cast: Cast) -> None:
    enrolment = Enrolment.objects.get(pupil=cast.pupil)
    begin_return(enrolment, kind="attendance", reason="Mondays only", by=cast.lead, at=AT, on=ON)


def test_what_is_accepted_or_begun_waits_its_turn_and_keeps_no_row_while_it_waits(cast: Cast) -> None:
    with in_scope(cast.westshire):
        for pupil in cast.fen_pupils[:2]:
            offer_hand_over(pupil, to=cast.eastshire, reason="dual", by=cast.stranger, at=AT)

    def nobody_keeps_a_row() -> None:
        with in_scope(cast.eastshire):
            assert len(Pupil.objects.select_for_update(no_key=True, nowait=True)) == Pupil.objects.count()

    for place, turn in enumerate((hold_linked_records, hold_new_pupils)):
        acts = (lambda *_, turn=turn: turn(), accept_as(place))
        assert at_one_moment(cast, *acts, of=NOTHING, meanwhile=nobody_keeps_a_row) == ("", "")
    assert at_one_moment(cast, lambda *_: hold_registers([cast.hill.pk]), begin, of=NOTHING) == ("", "")
