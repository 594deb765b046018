"""Who may hold a meeting, own an action or lead a child's case: members of the authority, and of this school."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import PERMISSIONS, Permission, Role
from attendance_portal.tenancy import current_authority
from schools.models import School, SchoolMembership

OFFICER_ROLES = (Role.OFFICER, Role.TEAM_LEADER)
# Roles of the authority and its partners that do things for children; a manager or an auditor reads.
_DOING_ROLES = (*OFFICER_ROLES, Role.LEGAL, Role.VIRTUAL_SCHOOL, Role.PRACTITIONER)


def officers() -> QuerySet[Membership]:
    """Members of the open authority who may hold a meeting."""
    return _working().filter(role__in=OFFICER_ROLES)


def may_be_named(school: School, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may own an action or lead a case agreed with this school: its staff, the authority's, partners."""
    staff = SchoolMembership.objects.on(on).filter(school=school).values("membership")
    return _working().filter(Q(pk__in=staff) | Q(role__in=_DOING_ROLES))


def may_be_lead(school: School, *, on: dt.date) -> QuerySet[Membership]:
    """Of these, who may be named to lead a child's case: those whose role works on cases and does not only read."""
    roles = [role for role, permissions in PERMISSIONS.items() if Permission.CASE_LEAD in permissions]
    return may_be_named(school, on=on).filter(role__in=roles)


def _working() -> QuerySet[Membership]:
    members = Membership.objects.working().filter(authority=current_authority())
    return members.select_related("user").order_by("organisation", "user__name")
