"""Who sees an agreed action, and who may say what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from schools.models import Pupil, School
from tsm.models import AgreedAction, AgreedActionQuerySet


def seen_actions(member: Membership) -> AgreedActionQuerySet:
    """Actions this member may open, with what their pages show."""
    seen: AgreedActionQuerySet = AgreedAction.objects.visible_to(member).select_related(
        "pupil", "owner__user", "meeting__school", "meeting__authority", "done_by__user", "given_up_by__user"
    )
    return seen


def may_settle(action: AgreedAction, member: Membership) -> bool:
    """The owner may, and those who minute the school's meetings: its lead, its officer, a team leader."""
    if action.owner_id == member.pk:
        return True
    return member.may(Permission.MEETING_MINUTE) and (
        School.objects.visible_to(member).filter(pk=action.meeting.school_id).exists()
    )


def pupils_seen(actions: Iterable[AgreedAction], member: Membership) -> set[uuid.UUID]:
    """The children of these actions whom the member may see: an owner may know what to do, yet not the name."""
    asked = [action.pupil_id for action in actions if action.pupil_id]
    return set(Pupil.objects.visible_to(member).filter(pk__in=asked).values_list("pk", flat=True))


def about(action: AgreedAction, seen: set[uuid.UUID]) -> str:
    """Whom the action is about, as this member may know it."""
    if action.pupil_id is None:
        return "Whole school"
    return str(action.pupil) if action.pupil_id in seen else "A child whose record you cannot open"
