"""How people and their memberships are shown: words and tag colours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from attendance_portal.models import Invitation, Membership, SignInEvent

SIGN_IN_WORDS = {
    "signed in": "Signed in",
    "signed out": "Signed out",
    "refused at sign-in": "Wrong password, or too many attempts",
    "wrong second factor": "Wrong code from the app",
}


@dataclass(frozen=True)
class State:
    """Where a membership stands, as a tag."""

    words: str
    colour: str


def state_of(member: Membership, on: dt.date, *, is_waiting: bool) -> State:
    """The state of a membership on a day, the strongest first."""
    if member.deactivated_at is not None:
        return State("Deactivated", "grey")
    if is_waiting:
        return State("Invited", "blue")
    if member.is_away(on):
        return State("Away", "yellow")
    return State("Working", "green")


def problem_with(invitation: Invitation | None, at: dt.datetime) -> str:
    """Why an invitation's link does not work, in a sentence; empty when it does."""
    if invitation is None:
        return "This link is not complete. Copy the whole link from the e-mail, or ask for a new invitation."
    if invitation.membership.deactivated_at is not None:
        return "This invitation was taken back."
    if invitation.used_at is not None:
        return "This invitation has already been used. If it was you, sign in with your password."
    if invitation.expires_at <= at:
        ended = timezone.localtime(invitation.expires_at)
        return f"This invitation ran out on {ended:%-d %B %Y}, or a newer one was sent after it."
    return ""


def sign_in_words(event: SignInEvent) -> str:
    return SIGN_IN_WORDS.get(event.what, event.what.capitalize())
