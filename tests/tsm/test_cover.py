"""A meeting whose officer is away that day: the cover is told, is shown, begins and minutes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import Membership, Message
from attendance_portal.roles import Role
from tests.cast import Cast, in_scope, make_member
from tests.tsm.meetings import AT, STARTS, arranged, stand_at_hill
from tsm.actions import begin_meeting, end_meeting, move_meeting
from tsm.minutes import minutes_of
from tsm.models import Meeting

SignedIn = Callable[[Membership], Client]
DAY = STARTS.date()


@pytest.fixture
def cover(cast: Cast) -> Membership:
    """Bea Cole covers for the officer on the meeting's day alone."""
    member = make_member(cast.eastshire, "bea@eastshire.example", "Bea Cole", Role.OFFICER, "Eastshire service")
    cast.officer.away_from = cast.officer.away_until = DAY
    cast.officer.covered_by = member
    cast.officer.save()
    return member


def told(name: str) -> int:
    return Message.objects.filter(to_email=name, calendar__contains="BEGIN:VEVENT").count()


def test_the_cover_gets_the_invitation_and_every_change(cast: Cast, cover: Membership) -> None:
    with in_scope(cast.eastshire):
        meeting = arranged(cast)
        assert told(cover.user.email) == 1
        assert "Held by Bea Cole, in place of Olive Frost" in Message.objects.get(to_email=cover.user.email).body
        others = {"minutes": 30, "mode": "online", "place": "", "by": cast.team_leader, "at": AT}
        move_meeting(meeting, starts_at=STARTS + dt.timedelta(hours=2), **others)
        assert told(cover.user.email) == 2
        assert told(cast.officer.user.email) == 2


def test_on_another_day_nobody_covers(cast: Cast, cover: Membership) -> None:
    with in_scope(cast.eastshire):
        meeting = arranged(cast, starts_at=STARTS + dt.timedelta(days=1))
        assert meeting.cover is None
        assert told(cover.user.email) == 0
        assert not Meeting.objects.held_by_member(cover).exists()


def test_it_is_among_the_meetings_of_both(cast: Cast, cover: Membership) -> None:
    with in_scope(cast.eastshire):
        meeting = arranged(cast)
        for member in (cast.officer, cover):
            assert list(Meeting.objects.held_by_member(member)) == [meeting]
        assert list(Meeting.objects.held_by_member(cast.team_leader)) == []


def test_an_absence_without_end_is_covered_too(cast: Cast, cover: Membership) -> None:
    cast.officer.away_until = None
    cast.officer.save()
    with in_scope(cast.eastshire):
        meeting = arranged(cast, starts_at=STARTS + dt.timedelta(days=30))
        assert list(Meeting.objects.held_by_member(cover)) == [meeting]


def test_the_meetings_page_says_who_covers_or_that_nobody_does(
    cast: Cast, cover: Membership, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        meeting = arranged(cast)
    page = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/").content.decode()
    assert "Bea Cole, in place of Olive Frost" in page
    assert "Olive Frost is away that day; Bea Cole covers" in page
    cast.officer.covered_by = None
    cast.officer.save()
    page = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/").content.decode()
    assert "away that day and nobody covers" in page


def test_the_cover_begins_and_minutes_it_and_the_minutes_say_so(
    cast: Cast, cover: Membership, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        stand_at_hill(cast)
        meeting = arranged(cast)
    client = signed_in(cover)
    assert client.post(f"/meetings/{meeting.pk}/begin/")["Location"] == f"/meetings/{meeting.pk}/hold/"
    typed = {"successes": "Breakfast club", "began__successes": ""}
    assert client.post(f"/meetings/{meeting.pk}/hold/", typed).status_code == 302
    with in_scope(cast.eastshire):
        held = Meeting.objects.get()
        assert held.attendees.first().name == "Bea Cole"
        assert minutes_of(held)["officer"] == "Bea Cole, in place of Olive Frost"
        end_meeting(held, by=cover, at=STARTS)
    assert f"/meetings/{meeting.pk}/minutes/" in client.get("/").content.decode()


def test_a_lead_who_begins_it_does_not_hold_it(cast: Cast, cover: Membership) -> None:
    cast.officer.covered_by = None
    cast.officer.save()
    with in_scope(cast.eastshire):
        stand_at_hill(cast)
        meeting = arranged(cast)
        begin_meeting(meeting, by=cast.lead, at=STARTS)
        assert meeting.held_by == "Olive Frost"
