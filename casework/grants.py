"""Sight of a child that comes with leading the case, or with being asked to (architecture section 1)."""

from __future__ import annotations

import datetime as dt

from attendance_portal.models import Membership
from casework.models import Case
from schools.models import PupilAccess

LEADS = "Leads the child's case"
ASKED = "Was asked to lead the child's case"


def grant(case: Case, to: Membership, *, reason: str, on: dt.date) -> None:
    """Let `to` see the child from this day, once per reason."""
    held = PupilAccess.objects.on(on).filter(membership=to, pupil=case.pupil_id, reason=reason)
    if not held.exists():
        PupilAccess.objects.create(pupil_id=case.pupil_id, membership=to, reason=reason, from_on=on)


def end(case: Case, of: Membership | None, *, reason: str, on: dt.date) -> None:
    """End at once what leading (or being asked) gave; grants with other reasons stay."""
    if of is not None:
        held = PupilAccess.objects.filter(membership=of, pupil=case.pupil_id, reason=reason, until_on=None)
        held.update(until_on=on - dt.timedelta(days=1))
