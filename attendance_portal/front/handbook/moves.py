"""`docs/moves.md`: the stages of uploads, returns, hand-overs, cases and meetings, and what moves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attendance_portal.front.handbook.markdown import code, page, table
from casework import moves as of_cases
from casework import plan_moves as of_plans
from casework.models import Referral
from schools import moves as of_uploads
from tsm import moves as of_meetings

_HEADINGS = ("What is done", "From", "To", "What is said otherwise")
_CASE_MOVES = {"close_case": of_cases.CLOSE, "reopen_case": of_cases.REOPEN, "every other change": of_cases.CHANGE}
_CASE_STAGES = {of_cases.OPEN: "Open", of_cases.CLOSED: "Closed"}
_LEAD_MOVES = {
    "ask_to_lead": of_cases.ASK,
    "accept_lead": of_cases.ACCEPT,
    "decline_lead": of_cases.DECLINE,
    "take_back_asking": of_cases.TAKE_BACK,
    "record_lead_without_account": of_cases.LEAD,
    "close_case": of_cases.LEAD,
}
_LEAD_STAGES = {of_cases.NOBODY_ASKED: "Nobody is asked", of_cases.ASKED: "Somebody is asked"}
_INVITATION_MOVES = {"end_invitation": of_cases.END_INVITATION, "close_case": of_cases.END_INVITATION}
_INVITATION_STAGES = {of_cases.INVITED: "Invited", of_cases.ENDED: "Ended"}

_REFERRAL_MOVES = {
    "accept_referral": of_cases.ACCEPT_REFERRAL,
    "decline_referral": of_cases.DECLINE_REFERRAL,
    "withdraw_referral": of_cases.WITHDRAW_REFERRAL,
}


def moves() -> str:
    """The document: one table for each thing that has stages."""
    uploads, meetings = dict(of_uploads.Stage.choices), dict(of_meetings.Stage.choices)
    returned, handed = dict(of_uploads.Returned.choices), dict(of_uploads.Handed.choices)
    again = " or ".join(f"“{meetings[stage]}”" for stage in of_meetings.MAY_BE_ARRANGED_AGAIN)
    return page(
        "Stages and moves",
        "What is done (the name of the action), from which stages, to which. Anything that follows from dates, such "
        "as overdue or late, is no stage.",
        "## An uploaded file",
        f"{code('schools/moves.py')}. Reading and storing are the service's own; the rest is a person's.",
        table(_HEADINGS[:3], (_row(n, m.before, m.after, uploads) for n, m in of_uploads.MOVES.items())),
        "## A statutory return",
        f"{code('schools/moves.py')}. Drafting, withdrawing and drafting again are the service's own; the rest is a "
        "person's.",
        table(_HEADINGS[:3], (_row(n, m.before, m.after, returned) for n, m in of_uploads.RETURN_MOVES.items())),
        "## A hand-over of a child to another authority",
        f"{code('schools/moves.py')}. Offering, withdrawing and ending are the sender's; accepting, declining and "
        "giving back the other authority's.",
        table(_HEADINGS[:3], (_row(n, m.before, m.after, handed) for n, m in of_uploads.HAND_OVER_MOVES.items())),
        "## A case",
        f"{code('casework/moves.py')}.",
        table(_HEADINGS, (_told(n, m, _CASE_STAGES) for n, m in _CASE_MOVES.items())),
        "## The lead of a case",
        f"{code('casework/moves.py')}. Whoever leads goes on until the person asked accepts: then they lead, and "
        "nobody else does. Two who act at one moment do so one after the other: the second meets what the first left.",
        table(_HEADINGS, (_told(n, m, _LEAD_STAGES) for n, m in _LEAD_MOVES.items())),
        "## An invitation to a case",
        f"{code('casework/moves.py')}. It stands until it is ended, the case closes, or whoever is invited comes to "
        "lead or leaves the service. Opening the case again brings none back.",
        table(_HEADINGS, (_told(n, m, _INVITATION_STAGES) for n, m in _INVITATION_MOVES.items())),
        "## A plan of a case",
        f"{code('casework/plan_moves.py')}. Approving and sending back are a team leader's; `settle_plan_action` is "
        "doing an action, giving it up and taking it up again. The version before is replaced by the one agreed next.",
        table(_HEADINGS, (_told(n, m, of_plans.PLAN_STAGES) for n, m in of_plans.PLAN_MOVES.items())),
        "## An attendance contract",
        f"{code('casework/plan_moves.py')}. Whether it is accepted is the parent's or carer's to say.",
        table(_HEADINGS, (_told(n, m, of_plans.CONTRACT_STAGES) for n, m in of_plans.CONTRACT_MOVES.items())),
        "## A referral to a service",
        f"{code('casework/moves.py')}. Made by `refer_child`; accepting and declining are the service's, withdrawing "
        "is the referrer's. A referral is not yet a case: accepted, it is of the open case, or begins one.",
        table(_HEADINGS, (_told(n, m, dict(Referral.Stage.choices)) for n, m in _REFERRAL_MOVES.items())),
        "## A targeting support meeting",
        f"{code('tsm/moves.py')}. A meeting that stands at {again} may be arranged again: as a new one, which names "
        "the one it replaces.",
        table(_HEADINGS, (_told(n, m, meetings) for n, m in of_meetings.MOVES.items())),
    )


def _told(name: str, move: of_cases.Move | of_meetings.Move, labels: dict[str, str]) -> Sequence[str]:
    return (*_row(name, move.before, (move.after,), labels), move.refusal)


def _row(name: str, before: Iterable[str], after: Iterable[str], labels: dict[str, str]) -> Sequence[str]:
    told = code(name) if "_" in name else name
    return told, _stages(before, labels) or "(nothing)", _stages(after, labels)


def _stages(stages: Iterable[str], labels: dict[str, str]) -> str:
    return " or ".join(str(labels[stage]) for stage in stages)
