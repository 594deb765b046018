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
from casework.actions.leading import (
    accept_lead,
    ask_to_lead,
    decline_lead,
    hand_over_case,
    record_lead_without_account,
)
from casework.actions.reviewing import hold_review

__all__ = [
    "Minuted",
    "accept_lead",
    "add_entry",
    "ask_to_lead",
    "change_barriers",
    "change_other_meeting",
    "change_review_date",
    "close_case",
    "decline_lead",
    "hand_over_case",
    "hold_review",
    "open_case",
    "record_lead_without_account",
    "reopen_case",
    "update_case_from_minutes",
]
