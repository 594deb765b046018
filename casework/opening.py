"""The open cases of children, by whichever record they were opened; and the words with which a new reason begins."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from attendance_portal.models import Membership
from casework.models import Case
from schools.models import LinkedRecord, Pupil, StatutoryReturn
from schools.returning.return_words import why_due
from schools.stored.same_child import child_of


def open_cases_of(pupils: Iterable[uuid.UUID]) -> dict[uuid.UUID, Case]:
    """The open case of each of these pupils who has one, by whichever record; that of their own first. One query."""
    asked = set(pupils)
    child = LinkedRecord.objects.filter(record__in=asked).values("child")
    linked = LinkedRecord.objects.filter(child__in=child).values("record")
    same = LinkedRecord.objects.filter(child=OuterRef("child")).values("record")
    open_ones = Case.objects.open().filter(Q(pupil__in=asked) | Q(pupil__in=linked)).annotate(child=child_of())
    open_ones = open_ones.select_related("lead_practitioner__user")
    held = list(open_ones.annotate(records=ArraySubquery(same)).order_by("-opened_on", "-pk"))
    found = {record: case for case in held for record in case.records} | {case.pupil_id: case for case in held}
    return {pupil: case for pupil, case in found.items() if pupil in asked}


def reason_from_return(pupil: Pupil, member: Membership, asked: str) -> str:
    """What the statutory return `asked` for (its key) says of this child; empty where the member may not read it."""
    try:
        key = uuid.UUID(asked)
    except ValueError:
        return ""
    found: StatutoryReturn | None = StatutoryReturn.objects.visible_to(member).filter(pk=key, pupil=pupil).first()
    return f"{found.get_kind_display()}. {why_due(found).rstrip('.')}." if found else ""
