"""Every write to a case: what a person did, in one transaction, with its line in the history and the audit trail."""

from casework.actions.cases import (
    Minuted,
    add_entry,
    change_barriers,
    change_other_meeting,
    change_review_date,
    open_case,
    update_case_from_minutes,
)
from casework.actions.closing import close_case, reopen_case
from casework.actions.invitations import end_invitation, end_invitations_of, invite, works_on
from casework.actions.leading import (
    accept_lead,
    allocate_cases,
    ask_to_lead,
    decline_lead,
    hand_over_case,
    record_lead_without_account,
    take_back_asking,
)
from casework.actions.leaving import hand_on_cases, hand_on_plan_actions, leave_services
from casework.actions.moving import take_turns_to_update
from casework.actions.reviewing import hold_review

__all__ = [
    "Minuted",
    "accept_lead",
    "add_entry",
    "allocate_cases",
    "ask_to_lead",
    "change_barriers",
    "change_other_meeting",
    "change_review_date",
    "close_case",
    "decline_lead",
    "end_invitation",
    "end_invitations_of",
    "hand_on_cases",
    "hand_on_plan_actions",
    "hand_over_case",
    "hold_review",
    "invite",
    "leave_services",
    "open_case",
    "record_lead_without_account",
    "reopen_case",
    "take_back_asking",
    "take_turns_to_update",
    "update_case_from_minutes",
    "works_on",
]
