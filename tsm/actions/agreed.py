"""What becomes of an agreed action: done with its outcome, no longer needed with the reason, or taken up again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from tsm.models import AgreedAction


def mark_done(action: AgreedAction, *, outcome: str, on: dt.date, by: Membership) -> None:
    """Say that it was done, and what came of it."""
    _settle(action, done_on=on, done_by=by, outcome=outcome)
    _record("mark_done", action, f"Marked an agreed action as done: {outcome}", by=by)


def give_up_action(action: AgreedAction, *, reason: str, on: dt.date, by: Membership) -> None:
    """Say that it is no longer needed, and why."""
    _settle(action, given_up_on=on, given_up_by=by, outcome=reason)
    _record("give_up_action", action, f"An agreed action is no longer needed: {reason}", by=by)


def take_up_again(action: AgreedAction, *, on: dt.date, by: Membership) -> None:
    """Undo either: it is to be done after all. What was said before stays in the audit trail."""
    nothing = {"done_on": None, "done_by": None, "given_up_on": None, "given_up_by": None, "outcome": ""}
    settled = AgreedAction.objects.agreed().filter(pk=action.pk).exclude(done_on=None, given_up_on=None)
    if settled.update(**nothing) != 1:
        raise Refused("This action is still to be done.")
    _record("take_up_again", action, f"Took an agreed action up again on {on:%-d %B %Y}.", by=by)


def _settle(action: AgreedAction, **changes: Any) -> None:
    waiting = AgreedAction.objects.undone().agreed().filter(pk=action.pk)
    if waiting.update(**changes) != 1:
        raise Refused("This action is done or no longer needed already, or its meeting is still under way.")
    action.refresh_from_db(fields=list(changes))


def _record(what: str, action: AgreedAction, words: str, *, by: Membership) -> None:
    record(what, by=by, words=words, subject=action, pupils=[action.pupil_id] if action.pupil_id else [])
