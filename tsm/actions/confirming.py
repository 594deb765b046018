"""Both sides' word that the minutes are right; at the second the text freezes and the cases are brought up to date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework.actions import Minuted, take_turns_to_update, update_case_from_minutes
from tsm.actions.history import make_move, tell_history
from tsm.invitations import tell, term_words
from tsm.minutes import GROUP_WORDS, minutes_of
from tsm.models import Confirmation, Discussion, Meeting, Side

_BOTH = {Side.SCHOOL.value, Side.AUTHORITY.value}


def side_of(member: Membership) -> str:
    """The side for which this member speaks."""
    return Side.SCHOOL.value if member.is_of_a_school else Side.AUTHORITY.value


def confirm_minutes(meeting: Meeting, *, by: Membership, at: dt.datetime) -> None:
    """Confirm for one's side. The second side's word freezes the text and opens or updates the children's cases."""
    make_move(meeting, "confirm_minutes")
    side = side_of(by)
    if meeting.confirmations.exclude(side=side).filter(by__user=by.user).exists():
        raise Refused("You have confirmed these minutes for the other side. Somebody else must confirm for this one.")
    _, is_new = Confirmation.objects.get_or_create(meeting=meeting, side=side, defaults={"by": by, "at": at})
    if not is_new:
        raise Refused("Your side has confirmed these minutes already.")
    words = f"Confirmed for the {Side(side).label.lower()}."
    tell_history(meeting, "confirm_minutes", words, by=by, at=at)
    if set(meeting.confirmations.values_list("side", flat=True)) >= _BOTH:
        _freeze(meeting, by=by, at=at)


def _freeze(meeting: Meeting, *, by: Membership, at: dt.datetime) -> None:
    meeting.refresh_from_db()  # what was typed through other copies of the row belongs to the text
    make_move(meeting, "freeze_minutes", frozen_minutes=minutes_of(meeting))
    _update_cases(meeting, by=by, on=timezone.localdate(at))
    words = "Both sides have confirmed the minutes. They can be read and downloaded as PDF in the portal."
    tell(meeting, subject="Minutes confirmed", words=words, at=at, calendar="", page="minutes_page")


def _update_cases(meeting: Meeting, *, by: Membership, on: dt.date) -> None:
    discussed = list(
        Discussion.objects.filter(meeting=meeting, was_discussed=True)
        .select_related("pupil", "lead_practitioner__user")
        .order_by("position")
    )
    take_turns_to_update(discussion.pupil_id for discussion in discussed)
    present = frozenset(meeting.attendees.exclude(membership=None).values_list("membership_id", flat=True))
    for discussion in discussed:
        minuted = _minuted(meeting, discussion, present)
        source = f"Targeting Support Meeting, {term_words(meeting)}"
        case = update_case_from_minutes(discussion.pupil, minuted, on=on, by=by, source=source)
        Discussion.objects.filter(pk=discussion.pk).update(case=case)


def _minuted(meeting: Meeting, discussion: Discussion, present: frozenset[Any]) -> Minuted:
    return Minuted(
        reason=f"{GROUP_WORDS[discussion.group]}: discussed at the Targeting Support Meeting.",
        words=discussion.said,
        holder=meeting.officer,
        barriers=tuple(discussion.barriers),
        lead=discussion.lead_practitioner,
        lead_name=discussion.lead_name,
        lead_agency=discussion.lead_agency,
        review_on=discussion.review_on,
        other_meeting=discussion.other_meeting,
        present=present,
    )


def reopen_minutes(meeting: Meeting, *, reason: str, by: Membership, at: dt.datetime) -> None:
    """Open the minutes again to put them right, before both have confirmed. Both sides then confirm anew."""
    make_move(meeting, "reopen_minutes", ended_at=None)
    Confirmation.objects.filter(meeting=meeting).delete()
    tell_history(meeting, "reopen_minutes", f"Opened again: {reason}", by=by, at=at)
    # The reason is about what was said of children, so it is read in the portal and not in the e-mail.
    words = "The minutes were opened again to put something right. Why is said on the meeting's page."
    tell(meeting, subject="Minutes opened again", words=words, at=at, calendar="", page="minutes_page")
