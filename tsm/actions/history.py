"""One move of a meeting: its stage changed under a condition, a line of history, an audit event."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from tsm.models import Meeting, MeetingEntry
from tsm.moves import MOVES


def make_move(meeting: Meeting, name: str, **changes: Any) -> None:
    """Move one row that is in a stage the move begins from; Refused otherwise. `meeting` then says the same."""
    move = MOVES[name]
    moved = Meeting.objects.filter(pk=meeting.pk, stage__in=move.before)
    if moved.update(stage=move.after, **changes) != 1:
        raise Refused(move.refusal)
    meeting.refresh_from_db(fields=["stage", *changes])


def tell_history(meeting: Meeting, what: str, words: str, *, by: Membership, at: dt.datetime, **detail: Any) -> None:
    """Append to the meeting's history and leave the audit event; `what` is the action's name."""
    MeetingEntry.objects.create(meeting=meeting, at=at, by=by, what=what, words=words)
    record(what, by=by, words=words, subject=meeting, **detail)
