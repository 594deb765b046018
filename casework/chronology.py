"""What casework tells in a child's chronology: every line of its cases that this member may read."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.urls import reverse

from attendance_portal.chronology import Happening, Kind
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.models import Case, CaseEntry
from schools.models import Pupil


def case_entries(pupils: Sequence[Pupil], member: Membership) -> dict[uuid.UUID, list[Happening]]:
    """Every action on a case writes such a line, so that they are all there is to tell of it. One query."""
    if not member.may(Permission.CASE_SEE):
        return {}
    seen = Case.objects.visible_to(member).filter(pupil__in=pupils)
    lines = CaseEntry.objects.readable_by(member).filter(case__in=seen).select_related("case", "by__user")
    found: defaultdict[uuid.UUID, list[Happening]] = defaultdict(list)
    for line in lines.order_by("happened_on", "pk"):
        found[line.case.pupil_id].append(_of_line(line))
    return dict(found)


def _of_line(line: CaseEntry) -> Happening:
    source = line.source or f"Case opened {line.case.opened_on:%-d %B %Y}"
    by, href = line.by.name if line.by else "", reverse("case_page", args=[line.case_id])
    title = "Written in the case, for named roles alone" if line.restricted_to else "Written in the case"
    return Happening(line.happened_on, title, Kind.CASE, source, line.words, by, href)
