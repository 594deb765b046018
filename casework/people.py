"""Who may lead a child's case, and who may write in it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Permission, Role
from attendance_portal.tenancy import current_authority
from casework.models import Case
from schools.models import Enrolment, SchoolMembership

_LEADING_ROLES = (Role.OFFICER, Role.TEAM_LEADER, Role.VIRTUAL_SCHOOL, Role.PRACTITIONER)


def may_lead(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may be asked to lead: staff of the child's schools, officers, the virtual school, partners."""
    schools = Enrolment.objects.on_roll(on).filter(pupil=case.pupil_id).values("school")
    staff = SchoolMembership.objects.on(on).filter(school__in=schools, membership__role=Role.SCHOOL_LEAD)
    members = Membership.objects.working().filter(authority=current_authority())
    named = Q(role__in=_LEADING_ROLES) | Q(pk__in=staff.values("membership"))
    return members.filter(named).select_related("user").order_by("organisation", "user__name")


def may_write(case: Case, member: Membership) -> bool:
    """Whoever sees the case and may lead cases; a partner only while leading it, not while only asked."""
    if not member.may(Permission.CASE_LEAD):
        return False
    return member.role != Role.PRACTITIONER or case.lead_practitioner_id == member.pk
