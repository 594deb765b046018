"""What pupils' and schools' pages show of statutory returns and of how complete registers are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from schools.models import Enrolment, Pupil, School, StatutoryReturn
from schools.returning import return_words
from schools.standing import reminders

Stage = StatutoryReturn.Stage


def returns_of_pupils(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's returns with where they stand, and for their school the way to begin one by hand."""
    template = "schools/panels/returns_of_pupil.html"
    if not member.may(Permission.RETURN_SEE):
        return Panel("Statutory returns", template)
    keys = [pupil.pk for pupil in pupils]
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    seen = StatutoryReturn.objects.visible_to(member).filter(pupil__in=keys).select_related("school", "enrolment")
    for one in seen.order_by("-arose_on", "-first_on"):
        found[one.pupil_id].append({
            "one": one, "tag": return_words.stage_tag(one, on=member.on), "why": return_words.why_due(one),
        })  # fmt: skip
    for key in _may_begin(keys, member):
        found[key].append({"begin": reverse("begin_return", args=[key])})
    return Panel("Statutory returns", template, dict(found))


def _may_begin(keys: Sequence[uuid.UUID], member: Membership) -> list[uuid.UUID]:
    if not member.may(Permission.RETURN_MAKE):
        return []
    theirs = Enrolment.objects.on_roll(member.on).filter(pupil__in=keys, school__in=School.objects.of(member))
    return list(theirs.values_list("pupil", flat=True).distinct())


def returns_of_schools(schools: Sequence[School], member: Membership) -> Panel:
    """How many returns of each school wait, are overdue and have arrived."""
    template = "schools/panels/returns_of_school.html"
    if not member.may(Permission.RETURN_SEE):
        return Panel("Statutory returns", template)
    overdue = Q(stage=Stage.DRAFT, deadline_on__lt=member.on)
    seen = StatutoryReturn.objects.visible_to(member).filter(school__in=schools).order_by()
    counted = seen.values("school", "school__urn").annotate(
        drafts=Count("pk", filter=Q(stage=Stage.DRAFT)),
        overdue=Count("pk", filter=overdue),
        sent=Count("pk", filter=Q(stage=Stage.SENT)),
        acknowledged=Count("pk", filter=Q(stage=Stage.ACKNOWLEDGED)),
    )
    by_pk = {row["school"]: [{**row, "urn": row["school__urn"], "own": member.is_of_a_school}] for row in counted}
    return Panel("Statutory returns", template, by_pk)


def coverage_of_schools(schools: Sequence[School], member: Membership) -> Panel:
    """How fresh and complete each school's register is."""
    found = reminders.lines(schools, on=member.on)
    by_pk = {line.school.pk: [line] for line in found if line.coverage}
    return Panel("How complete the register is", "schools/panels/coverage.html", by_pk)
