"""Two people do something about one meeting at one moment, each in a transaction of their own."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import Settings

from casework import actions
from casework.models import Case
from tests.casework.test_leading_at_one_moment import Act, at_one_moment
from tests.cast import ON, Cast, in_scope, make_cast, open_to_the_cast
from tests.tsm.meetings import AT, STARTS, arranged, ended
from tsm.actions import arrange_again, cancel_meeting, confirm_minutes
from tsm.models import Discussion, Meeting

AFTER = STARTS + dt.timedelta(days=1)


@pytest.fixture
def cast(own_database: str, settings: Settings) -> Cast:
    open_to_the_cast(settings)
    return make_cast()


def again(days: int) -> Act:
    def arrange(meeting: Meeting, cast: Cast) -> None:
        then = {"starts_at": STARTS + dt.timedelta(days=days), "minutes": 30, "mode": "online", "place": "x"}
        arrange_again(meeting, **then, officer=cast.officer, by=cast.officer, at=AT)

    return arrange


def test_of_two_who_arrange_a_meeting_again_on_different_days_the_second_is_told_so(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        cancel_meeting(arranged(cast), reason="Closed.", by=cast.officer, at=AT)
    first, second = at_one_moment(cast, again(1), again(2), Meeting)
    assert first == "" and "arranged again already" in second
    with in_scope(cast.eastshire):
        assert Meeting.objects.exclude(replaces=None).count() == 1


def hold_the_first_case(meeting: Meeting, cast: Cast) -> None:
    assert Case.objects.order_by("pk").select_for_update().first()


def confirm(meeting: Meeting, cast: Cast) -> None:
    confirm_minutes(meeting, by=cast.officer, at=AFTER)


def test_minutes_take_the_cases_by_key_whatever_the_order_in_which_the_children_were_discussed(cast: Cast) -> None:
    """As `allocate_cases` and `hand_on_cases` do: what waits for the first case by key holds none that comes after."""
    with in_scope(cast.eastshire):
        for pupil in cast.pupils[:2]:
            actions.open_case(pupil, reason="Absent.", on=ON, by=cast.officer)
        first, last = Case.objects.order_by("pk")
        confirm_minutes(ended(cast), by=cast.lead, at=AFTER)
        Discussion.objects.update(was_discussed=True)
        Discussion.objects.filter(pupil=first.pupil_id).update(position=99)

    def nobody_holds_the_last() -> None:
        with in_scope(cast.eastshire):
            assert list(Case.objects.filter(pk=last.pk).select_for_update(skip_locked=True)) == [last]

    assert at_one_moment(cast, hold_the_first_case, confirm, Meeting, nobody_holds_the_last) == ("", "")
    with in_scope(cast.eastshire):
        assert Meeting.objects.get().stage == "confirmed"
        assert Case.objects.count() > 2, "who had none has one now"
