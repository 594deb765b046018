"""Adding a school."""

from __future__ import annotations

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import School


def add_school(
    *,
    urn: str,
    name: str,
    phase: str,
    laestab: str = "",
    email: str = "",
    area: str = "",
    by: Membership | None,
) -> School:
    """Add a school to the authority whose scope is open. Refuses a URN that is there already."""
    held = School.objects.filter(urn=urn).first()
    if held is not None:
        raise Refused(f"The school with URN {urn} is there already: {held.name}.")
    school: School = School.objects.create(urn=urn, name=name, phase=phase, laestab=laestab, email=email, area=area)
    record("add_school", by=by, words=f"{name} (URN {urn}) was added.", subject=school)
    return school
