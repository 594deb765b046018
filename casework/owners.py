"""Who may be given an action of a child's plan, and who may say what became of it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Permission, Role
from attendance_portal.tenancy import current_authority_id
from casework.models import Case, PlanAction
from casework.people import may_lead, may_write
from casework.queues import covered_by
from schools.models import PupilAccess


def may_own(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may lead the case and see the child already: a partner only once asked, invited or leading."""
    seeing = PupilAccess.objects.on(on).filter(pupil=case.pupil_id).values("membership")
    return may_lead(case, on=on).filter(~Q(role=Role.PRACTITIONER) | Q(pk__in=seeing))


def of_theirs(member: Membership) -> Q:
    """Plan actions that are this member's to do, or those of somebody they cover who is away on the day they ask.

    So are those of somebody without an account, a nurse or a parent: the case's lead asks after them, else its holder.
    """
    lead, holder = "plan__case__lead_practitioner", "plan__case__holder"
    working = Membership.objects.working().filter(authority=current_authority_id()).order_by().values("pk")
    answers = _is_or_covers(member, lead) | _is_or_covers(member, holder) & ~Q(**{f"{lead}__in": working})
    return _is_or_covers(member, "owner") | Q(owner=None) & answers


def _is_or_covers(member: Membership, who: str) -> Q:
    return Q(**{who: member}) | covered_by(member, who)


def may_settle(action: PlanAction, member: Membership) -> bool:
    """Whoever writes in the case, the owner, and whoever covers the owner; never a role that only reads cases."""
    owner = action.owner
    if not member.may(Permission.CASE_LEAD):
        return False
    if may_write(action.plan.case, member) or action.owner_id == member.pk:
        return True
    return owner is not None and owner.covered_by_id == member.pk and owner.is_away(member.on)
