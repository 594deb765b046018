"""What meetings tell in a child's chronology: where the child was discussed, and what was agreed and done."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils import timezone

from attendance_portal.chronology import Happening, Kind
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.barriers import labels
from schools.models import Pupil
from tsm.agreed import seen_actions
from tsm.minutes import GROUP_WORDS, lead_shown
from tsm.models import AgreedAction, Discussion, Meeting

Told = dict[uuid.UUID, list[Happening]]
# Whom `Meeting.held_by` asks for.
_HOLDERS = ("meeting__officer__user", "meeting__officer__covered_by__user", "meeting__began_by__user")


def discussions(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Meetings that discussed the child and have ended; what was minuted once both sides confirmed. Two queries."""
    if not member.may(Permission.MEETING_SEE):
        return {}
    ended = [Meeting.Stage.TO_CONFIRM, Meeting.Stage.CONFIRMED]
    seen = (
        Discussion.objects.visible_to(member)
        .filter(pupil__in=pupils, meeting__stage__in=ended, was_discussed=True)
        .select_related("meeting__school", "lead_practitioner__user", *_HOLDERS)
        .prefetch_related("meeting__confirmations__by__user")
    )
    found: defaultdict[uuid.UUID, list[Happening]] = defaultdict(list)
    for discussion in seen.order_by("meeting__starts_at", "pk"):
        found[discussion.pupil_id] += _of_discussion(discussion)
    return dict(found)


def _of_discussion(discussion: Discussion) -> Iterable[Happening]:
    meeting = discussion.meeting
    href, source = reverse("minutes_page", args=[meeting.pk]), f"Minutes of {meeting.school}"
    confirmed = meeting.stage == Meeting.Stage.CONFIRMED
    words = _minuted(discussion) if confirmed else f"{_stood(discussion)} The minutes are not confirmed yet."
    yield Happening(
        meeting.held_on, "Discussed at a Targeting Support Meeting", Kind.MEETING, source, words, meeting.held_by, href
    )
    both = sorted(meeting.confirmations.all(), key=lambda one: one.at)
    if confirmed and both:
        by = " and ".join(one.by.name for one in both)
        on = timezone.localdate(both[-1].at)
        yield Happening(on, "Minutes confirmed by both sides", Kind.MEETING, source, by=by, href=href)


def _stood(discussion: Discussion) -> str:
    attendance = discussion.figures.get("attendance", "")
    figure = f", attendance {attendance}" if attendance else ""
    return f"{GROUP_WORDS[discussion.group]} then{figure}."


def _minuted(discussion: Discussion) -> str:
    """What was said of the child, with barriers, lead, route and review where they were agreed."""
    lead, route = lead_shown(discussion), discussion.get_legal_route_display() if discussion.legal_route else ""
    parts = [_stood(discussion), discussion.said.strip()]
    if discussion.barriers:
        parts.append(f"Barriers: {'; '.join(labels(discussion.barriers))}.")
    if lead:
        parts.append(f"Lead practitioner: {lead}.")
    if route:
        parts.append(f"Legal route: {route}.")
    if discussion.review_on:
        parts.append(f"Review on {discussion.review_on:%-d %B %Y}.")
    return "\n".join(part for part in parts if part)


def agreed_actions(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Actions agreed for the child, done or no longer needed, as far as this member may open them. One query."""
    if not (member.may(Permission.MEETING_SEE) or member.may(Permission.ACTION_DO)):
        return {}
    opens = member.may(Permission.ACTION_DO)
    found: defaultdict[uuid.UUID, list[Happening]] = defaultdict(list)
    for action in seen_actions(member).select_related(*_HOLDERS).agreed().filter(pupil__in=pupils):
        if action.pupil_id is None:
            continue  # of the whole school
        found[action.pupil_id] += _of_action(action, reverse("action_page", args=[action.pk]) if opens else "")
    return dict(found)


def _of_action(action: AgreedAction, href: str) -> Iterable[Happening]:
    source = f"Minutes of {action.meeting.school}"
    owner = action.owner_shown or "nobody named"
    due = f", due {action.due_on:%-d %B %Y}" if action.due_on else ""
    words = f"{action.what}\nTo be done by {owner}{due}."
    by = action.meeting.held_by
    yield Happening(action.agreed_on, "Action agreed", Kind.ACTION, source, words, by, href)
    if action.done_on and action.done_by:
        words = f"{action.what}\n{action.outcome}".strip()
        yield Happening(action.done_on, "Action done", Kind.ACTION, source, words, action.done_by.name, href)
    if action.given_up_on and action.given_up_by:
        words, by = f"{action.what}\n{action.outcome}".strip(), action.given_up_by.name
        yield Happening(action.given_up_on, "Action no longer needed", Kind.ACTION, source, words, by, href)
