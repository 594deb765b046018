"""Sight of a child that comes with work on the child's case, and ends with it (architecture section 1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.models import Membership
from casework.models import Case
from schools.children.restrictions import BROKE
from schools.models import PupilAccess

HOLDS = "Holds the child's case"
LEADS = "Leads the child's case"
ASKED = "Was asked to lead the child's case"
INVITED = "Was invited to work on the child's case"
OF_THE_CASE = (HOLDS, LEADS, ASKED, INVITED)


def grant(case: Case, to: Membership, *, reason: str, on: dt.date, by: Membership) -> None:
    """Let `to` see the child from this day, once per reason.

    Where the record is restricted and `by` does not hold it, the grant waits, as all others do, until the restriction
    is lifted: nobody gives sight of what is kept from them.
    """
    grants = PupilAccess.objects.standing(on).filter(pupil=case.pupil_id)
    if not grants.filter(membership=to, reason=reason).exists():
        waits = case.pupil.is_restricted and not _holds(case, by, on=on)
        PupilAccess.objects.create(pupil_id=case.pupil_id, membership=to, reason=reason, from_on=on, is_withheld=waits)


def _holds(case: Case, by: Membership, *, on: dt.date) -> bool:
    """Whether `by` is of the few who see the restricted record; for having broken the glass is not enough."""
    sight = PupilAccess.objects.on(on).filter(pupil=case.pupil_id, membership=by).exclude(reason=BROKE)
    return bool(sight.exists())


def grant_holder(case: Case, *, on: dt.date) -> None:
    """Whoever holds a case sees the child for as long as they do, whatever becomes of their school or their cohort.

    No restricted record is opened by it: of one that they do not hold themselves, the grant waits. Whoever reads every
    school needs none.
    """
    if not case.holder.reads_every_school:
        grant(case, case.holder, reason=HOLDS, on=on, by=case.holder)


def end(case: Case, of: Membership | None, *, reason: str, on: dt.date) -> None:
    """End at once what leading (or being asked, …) gave; grants with other reasons stay."""
    if of is not None:
        _end(case, on=on, membership=of, reason=reason)


def end_all(case: Case, *, on: dt.date) -> None:
    """End at once what any work on this case gave to anybody."""
    _end(case, on=on, reason__in=OF_THE_CASE)


def _end(case: Case, *, on: dt.date, **which: Any) -> None:
    held = PupilAccess.objects.filter(pupil=case.pupil_id, until_on=None, **which)
    held.update(until_on=on - dt.timedelta(days=1))
