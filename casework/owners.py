"""Who may be given an action of a child's plan, and who may say what became of it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Permission, Role
from casework.models import Case, PlanAction
from casework.people import may_lead, may_write
from schools.models import PupilAccess


def may_own(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may lead the case and see the child already: a partner only once asked, invited or leading."""
    seeing = PupilAccess.objects.on(on).filter(pupil=case.pupil_id).values("membership")
    return may_lead(case, on=on).filter(~Q(role=Role.PRACTITIONER) | Q(pk__in=seeing))


def of_theirs(member: Membership) -> Q:
    """Plan actions that are this member's to do, or those of somebody they cover who is away on the day they ask."""
    on = member.on
    away = Q(owner__away_from__lte=on) & (Q(owner__away_until=None) | Q(owner__away_until__gte=on))
    return Q(owner=member) | Q(owner__covered_by=member) & away


def may_settle(action: PlanAction, member: Membership) -> bool:
    """Whoever writes in the case, the owner, and whoever covers the owner; never a role that only reads cases."""
    owner = action.owner
    if not member.may(Permission.CASE_LEAD):
        return False
    if may_write(action.plan.case, member) or action.owner_id == member.pk:
        return True
    return owner is not None and owner.covered_by_id == member.pk and owner.is_away(member.on)
