"""Closing a case with what came of it, and opening it again with all that was."""

from __future__ import annotations

import datetime as dt
from typing import Final

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import moves
from casework.actions import contracts, plans
from casework.actions.leading import everyone_leaves, holder_and_lead_return
from casework.actions.moving import move, refuse_second_case, take_turns_to_open, write
from casework.models import Case, PastClosing

_HAS_OTHER: Final = "This child has another open case. Write in that one."


def close_case(case: Case, *, outcome: str, reason: str, what_worked: str = "", on: dt.date, by: Membership) -> None:
    """Close the case: what came of it (`Case.Outcome`), why, and what worked, kept for others who help this child.

    Whoever saw the child only for working on it no longer does, and nobody is asked or invited any more. The plan and
    the attendance contracts end with it: nobody works by them, and nobody could end them once it is closed.
    """
    everyone_leaves(case, on=on, by=by)
    for part in (plans, contracts):
        part.end_with_case(case, outcome=f"The case closed. {Case.Outcome(outcome).label}: {reason}", on=on, by=by)
    closed = {"closed_on": on, "closed_by": by, "closing_reason": reason}
    move(case, moves.CLOSE, **closed, outcome=outcome, what_worked=what_worked)
    words = f"{Case.Outcome(outcome).label}: {reason}"
    worked = f"\nWhat worked: {what_worked}" if what_worked else ""
    write(case, f"Case closed. {words}{worked}", on=on, by=by)
    record("close_case", by=by, words=f"Closed the case. {words}", subject=case, pupils=[case.pupil_id])


def reopen_case(case: Case, *, reason: str, on: dt.date, by: Membership) -> None:
    """Open a closed case again, with its holder and its lead; how it was closed stays listed. Its plan has ended.

    Nobody is asked or invited again, and no review is due: that is for whoever opens it to decide. In place of a
    holder who has left, or is at no school of the child's any more, they hold it themselves, and such a lead does not
    return.

    Refused while the child has another open one, by whichever record.
    """
    take_turns_to_open(case.pupil_id)
    refuse_second_case(case.pupil, _HAS_OTHER, on=on, by=by, but=case)
    was = Case.objects.select_for_update().get(pk=case.pk)
    if was.closed_on is None or was.closed_by_id is None:
        raise Refused(moves.REOPEN.refusal)
    ended = {"closed_on": None, "closed_by": None, "closing_reason": "", "outcome": "", "what_worked": ""}
    move(case, moves.REOPEN, **ended, review_on=None)
    PastClosing.objects.create(
        case=case, outcome=was.outcome, reason=was.closing_reason, what_worked=was.what_worked,
        closed_on=was.closed_on, closed_by_id=was.closed_by_id,
        reopened_on=on, reopened_by=by, reopened_because=reason,
    )  # fmt: skip
    write(case, f"Case opened again. {reason}", on=on, by=by)
    holder_and_lead_return(case, on=on, by=by)
    record("reopen_case", by=by, words=f"Opened the case again: {reason}", subject=case, pupils=[case.pupil_id])
