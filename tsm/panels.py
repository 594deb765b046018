"""What pupils', schools' and home pages show of meetings and agreed actions."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from schools.models import Pupil, School
from tsm.agreed import about, pupils_seen, seen_actions
from tsm.minutes import GROUP_WORDS
from tsm.models import AgreedAction, Discussion, Meeting

LATEST = 3


def actions_for(members: Sequence[Membership]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Undone actions of each member, soonest due first: action, about (as they may know it), is_late."""
    by_owner: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for member in members:
        held = list(seen_actions(member).undone().agreed().filter(owner=member))
        seen = pupils_seen(held, member)
        by_owner[member.pk] = [
            {"action": a, "about": about(a, seen), "is_late": bool(a.due_on and a.due_on < member.on)} for a in held
        ]
    return by_owner


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's discussions at meetings that have ended, latest first, with the actions agreed."""
    if not member.may(Permission.MEETING_SEE):
        return Panel("Targeting Support Meetings", "tsm/panels/pupil.html")
    keys = [pupil.pk for pupil in pupils]
    ended = [Meeting.Stage.TO_CONFIRM, Meeting.Stage.CONFIRMED]
    discussions = (
        Discussion.objects.visible_to(member)
        .filter(pupil__in=keys, meeting__stage__in=ended, was_discussed=True)
        .select_related("meeting__school")
        .order_by("-meeting__starts_at")
    )
    actions: dict[Any, list[AgreedAction]] = defaultdict(list)
    for action in seen_actions(member).agreed().filter(pupil__in=keys):
        actions[action.meeting_id, action.pupil_id].append(action)
    by_pk: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for discussion in discussions:
        key = (discussion.meeting_id, discussion.pupil_id)
        row = {"discussion": discussion, "group": GROUP_WORDS[discussion.group], "actions": actions[key]}
        by_pk[discussion.pupil_id].append(row)
    return Panel("Targeting Support Meetings", "tsm/panels/pupil.html", dict(by_pk))


def school_panel(schools: Sequence[School], member: Membership) -> Panel:
    """Each school's meetings, latest first: what is arranged, and the last that were held."""
    by_pk: dict[Any, list[Meeting]] = defaultdict(list)
    if member.may(Permission.MEETING_SEE):
        seen = Meeting.objects.visible_to(member).standing().filter(school__in=[school.pk for school in schools])
        for meeting in seen.select_related("officer__user").order_by("-starts_at"):
            by_pk[meeting.school_id].append(meeting)
    return Panel(
        "Targeting Support Meetings", "tsm/panels/school.html", {pk: rows[:LATEST] for pk, rows in by_pk.items()}
    )
