"""The demonstration's integrations: who sends marks and who reads by the API. Nobody holds their tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from attendance_portal.integrations import approve_integration
from attendance_portal.models import Membership, Scope
from attendance_portal.roles import Role
from schools.api.integrations import make_for_schools
from schools.models import School

TRUST_SCHOOLS = 3


def make_integrations(people: Iterable[Membership], schools: Mapping[str, School], *, at: dt.datetime) -> None:
    """A trust's data hub and the council's warehouse, where an administrator is there to make them.

    The warehouse reads children: a team leader approves it, where there is one.
    """
    by_role = {member.role: member for member in people}
    admin, leader = by_role.get(Role.ADMIN), by_role.get(Role.TEAM_LEADER)
    if admin is None:
        return
    until = at.date() + dt.timedelta(days=300)
    hub = list(schools.values())[:TRUST_SCHOOLS]
    make_for_schools(
        name="Data hub of the Hilltop Trust",
        scopes=[Scope.MARKS_WRITE],
        schools=hub,
        every_school=False,
        expires_on=until,
        by=admin,
        at=at,
    )
    reads = [scope for scope in Scope if scope != Scope.MARKS_WRITE]
    warehouse, _ = make_for_schools(
        name="Council data warehouse", scopes=reads, schools=[], every_school=True, expires_on=until, by=admin, at=at
    )
    if leader:
        approve_integration(warehouse, by=leader, at=at)
