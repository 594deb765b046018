"""Putting a pupil on a meeting's list by hand, or taking one off, always with the reason."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import Enrolment, Pupil
from tsm.actions.history import make_move
from tsm.models import ListChange, Meeting


def add_to_list(meeting: Meeting, pupil: Pupil, *, reason: str, by: Membership, at: dt.datetime) -> ListChange:
    """Ask for a pupil to be discussed. Refused when the pupil is not on the school's roll that day."""
    on_roll = Enrolment.objects.filter(school=meeting.school_id, pupil=pupil).on_roll(timezone.localdate(at))
    if not on_roll.exists():
        raise Refused("This pupil is not on the school's roll, so cannot be put on its list.")
    return _change(meeting, pupil, ListChange.Kind.ADDED, reason, by=by, at=at)


def drop_from_list(meeting: Meeting, pupil: Pupil, *, reason: str, by: Membership, at: dt.datetime) -> ListChange:
    """Take a pupil off the agenda. They stay on the list, last, with the reason."""
    return _change(meeting, pupil, ListChange.Kind.DROPPED, reason, by=by, at=at)


def follow_the_rule_again(meeting: Meeting, pupil: Pupil, *, by: Membership, at: dt.datetime) -> None:
    """Undo what was changed by hand for this pupil: the list is again as the guidance draws it."""
    make_move(meeting, "change_list")
    ListChange.objects.filter(meeting=meeting, pupil=pupil).delete()
    words = "Undid a change of the meeting's list."
    record("follow_the_rule_again", by=by, words=words, subject=meeting, pupils=[pupil.pk])


def _change(meeting: Meeting, pupil: Pupil, kind: str, reason: str, *, by: Membership, at: dt.datetime) -> ListChange:
    make_move(meeting, "change_list")
    change: ListChange = ListChange.objects.create(
        meeting=meeting, pupil=pupil, kind=kind, reason=reason, made_at=at, made_by=by
    )
    what = "add_to_list" if kind == ListChange.Kind.ADDED else "drop_from_list"
    words = f"{ListChange.Kind(kind).label} on the meeting's list: {reason}"
    record(what, by=by, words=words, subject=meeting, pupils=[pupil.pk])
    return change
