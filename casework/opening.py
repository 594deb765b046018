"""From where a case is opened: the words with which its reason begins."""

from __future__ import annotations

import uuid

from attendance_portal.models import Membership
from schools.models import Pupil, StatutoryReturn
from schools.returning.return_words import why_due


def reason_from_return(pupil: Pupil, member: Membership, asked: str) -> str:
    """What the statutory return `asked` for (its key) says of this child; empty where the member may not read it."""
    try:
        key = uuid.UUID(asked)
    except ValueError:
        return ""
    found: StatutoryReturn | None = StatutoryReturn.objects.visible_to(member).filter(pk=key, pupil=pupil).first()
    return f"{found.get_kind_display()}. {why_due(found).rstrip('.')}." if found else ""
