"""The demonstration's hand-overs: one each way that waits, one accepted, and nothing where there is nobody."""

from __future__ import annotations

import pytest

from attendance_portal.front.seeded_hand_overs import hand_children_over
from attendance_portal.models import AuditEvent, Membership, Message
from schools.models import HandOver, HandOverAnswer
from tests.cast import ON, Cast, in_scope, make_pupil

pytestmark = pytest.mark.django_db


def test_one_waits_each_way_and_one_was_accepted(cast: Cast) -> None:
    with in_scope(cast.westshire):
        for number, forename in enumerate(("Ada", "Bea", "Cal", "Dot"), 50):
            make_pupil(cast.fen, number, "Young", forename, "7")
    hand_children_over(cast.eastshire, cast.westshire, on=ON)
    with in_scope(cast.eastshire):
        assert [one.stage for one in HandOver.objects.with_stage()] == ["offered"]
        received = HandOver.received.with_stage().order_by("offered_at")
        assert [one.stage for one in received] == ["accepted", "offered"]
        assert HandOverAnswer.objects.exclude(pupil=None).get().answered_by == cast.officer
        assert AuditEvent.objects.filter(what="hear_of_hand_over").count() == 1
        assert not Message.objects.filter(sent_at=None).exists()


def test_where_there_is_no_officer_and_no_child_nothing_is_handed_over(cast: Cast) -> None:
    Membership.objects.filter(role="officer").update(role="auditor")
    hand_children_over(cast.eastshire, cast.westshire, on=ON)
    for authority in (cast.eastshire, cast.westshire):
        with in_scope(authority):
            assert not HandOver.objects.exists() and not HandOver.received.exists()
