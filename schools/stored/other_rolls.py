"""Telling a school that a child on its roll was put on another school's too: it may be a move nobody told it of."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from attendance_portal.tenancy import current_authority_id
from schools.models import BandMove, Pupil, School, SchoolMembership

# The child's other enrolments that stand on the day and were marked this school year: a school that ended a child's
# marks with the year, and stated no leaving day, claims nothing. Each is noted once a day as something that changed.
_NOTE = """
    INSERT INTO schools_bandmove
        (authority_id, enrolment_id, pupil_id, school_id, kind, as_at, from_band, to_band, seen_at)
    SELECT e.authority_id, e.id, e.pupil_id, e.school_id, %(kind)s, %(on)s, s.band, s.band, now()
    FROM schools_enrolment e
    LEFT JOIN schools_standing s ON s.enrolment_id = e.id AND s.authority_id = e.authority_id
    WHERE e.authority_id = %(authority)s AND e.pupil_id = ANY(%(pupils)s) AND e.school_id <> %(school)s
      AND e.made_in_error_at IS NULL
      AND (e.leaving_on IS NULL OR e.leaving_on >= %(on)s)
      AND EXISTS (SELECT FROM schools_register r WHERE r.authority_id = e.authority_id AND r.enrolment_id = e.id
                  AND r.year = %(year)s)
      AND NOT EXISTS (SELECT FROM schools_bandmove m WHERE m.authority_id = e.authority_id AND m.enrolment_id = e.id
                      AND m.kind = %(kind)s AND m.as_at = %(on)s)
    RETURNING school_id, pupil_id
"""


def tell_other_schools(school: School, pupils: Collection[uuid.UUID], *, on: dt.date) -> None:
    """These children came onto the roll of `school`: the leads and named officers of the other schools whose rolls
    they are on hear of it, at home among what changed and by a message that names no child."""
    if not pupils:
        return
    told: dict[str, Any] = {"authority": current_authority_id(), "school": school.pk, "pupils": list(pupils)}
    told |= {"on": on, "year": year_of(on), "kind": BandMove.Kind.ELSEWHERE}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, told)
        noted = cursor.fetchall()
    open_ones = set(Pupil.objects.filter(pk__in=pupils, is_restricted=False).values_list("pk", flat=True))
    counts = Counter(school_id for school_id, pupil in noted if pupil in open_ones)
    for other in School.objects.filter(pk__in=counts):
        for person in _who_answers_for(other, on):
            _write_to(person, other, counts[other.pk])


def _who_answers_for(school: School, on: dt.date) -> list[Membership]:
    """The school's leads and its named officer, or whoever covers for them."""
    capacity = SchoolMembership.Capacity
    named = Q(capacity__in=[capacity.NAMED_OFFICER, capacity.COVER])
    leads = Q(capacity=capacity.STAFF, membership__role=Role.SCHOOL_LEAD)
    rows = SchoolMembership.objects.on(on).filter(named | leads, school=school).values("membership")
    return list(Membership.objects.working().with_people().filter(pk__in=rows).order_by("pk"))


def _write_to(person: Membership, school: School, count: int) -> None:
    children = "A child" if count == 1 else f"{count} children"
    body = (
        f"Hello {person.name},\n\n{children} on the roll of {school} came onto the roll of another school too. It may "
        "be dual registration, or a move: then the leaving date at the old school is to be put right.\n\nSign in to "
        f"see who:\n\n{settings.PORTAL_ADDRESS}{reverse('changes')}\n\nAttendance portal, {person.authority}\n"
    )
    subject = f"On another school's roll too: {school}"
    messages.write(to_name=person.name, to_email=person.user.email, subject=subject, body=body)
