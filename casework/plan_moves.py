"""The stages of a plan and of an attendance contract, and what moves them (architecture section 8).

Touches no database. That a plan is past its review, or a contract past its last day, follows from dates: no stage.
"""

from __future__ import annotations

from typing import Final

from casework.moves import Move

DRAFT, WAITING, AGREED, REPLACED = "draft", "waiting", "agreed", "replaced"
ENDED, SET_ASIDE = "ended", "set-aside"
OFFERED, ACCEPTED, REFUSED = "offered", "accepted", "refused"

PLAN_STAGES: Final = {
    DRAFT: "Being written",
    WAITING: "Waiting to be agreed",
    AGREED: "Agreed",
    REPLACED: "Replaced by a later version",
    ENDED: "Ended",
    SET_ASIDE: "Set aside",
}
CONTRACT_STAGES: Final = {OFFERED: "Offered", ACCEPTED: "Accepted", REFUSED: "Not accepted", ENDED: "Ended"}

_IS_WRITTEN = "This plan is not being written any more. Choose “Change the plan” to make a new version of it."
_WAITS = "This plan does not wait to be agreed any more: somebody else was quicker, or it was taken back."
_IS_AGREED = "This version of the plan is not the one that is agreed now. Look at the case for the plan of today."
_IS_OFFERED = "This contract was answered already."

PLAN_MOVES: Final[dict[str, Move]] = {
    "write_plan": Move((), DRAFT, "A plan is being written already. Go on with that one."),
    "edit_plan": Move((DRAFT,), DRAFT, _IS_WRITTEN),
    "put_plan_forward": Move((DRAFT,), WAITING, _IS_WRITTEN),
    "set_plan_aside": Move((DRAFT,), SET_ASIDE, _IS_WRITTEN),
    "close_case": Move((DRAFT, WAITING), SET_ASIDE, _IS_WRITTEN),
    "take_plan_back": Move((WAITING,), DRAFT, _WAITS),
    "send_plan_back": Move((WAITING,), DRAFT, _WAITS),
    "change_review_of_plan": Move((WAITING,), WAITING, _WAITS),
    "record_agreement": Move((WAITING,), WAITING, _WAITS),
    "agree_plan": Move((WAITING,), AGREED, _WAITS),
    "approve_plan": Move((WAITING,), AGREED, _WAITS),
    "change_plan": Move((AGREED,), AGREED, _IS_AGREED),
    "settle_plan_action": Move((AGREED,), AGREED, _IS_AGREED),
    "end_plan": Move((AGREED,), ENDED, _IS_AGREED),
}
CONTRACT_MOVES: Final[dict[str, Move]] = {
    "offer_contract": Move((), OFFERED, "A contract with this parent or carer is open already."),
    "accept_contract": Move((OFFERED,), ACCEPTED, _IS_OFFERED),
    "refuse_contract": Move((OFFERED,), REFUSED, _IS_OFFERED),
    "withdraw_contract": Move((OFFERED,), ENDED, _IS_OFFERED),
    "end_contract": Move((ACCEPTED,), ENDED, "This contract is not running, or ended already."),
}
