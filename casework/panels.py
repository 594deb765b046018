"""What a pupil's page and the home page show of cases."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from casework.models import Case
from casework.presenters import barrier_words, own_cases, with_people
from schools.models import Pupil


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's cases, the open one first; nothing for those who may not see cases."""
    by_pk: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    if member.may(Permission.CASE_SEE):
        seen = Case.objects.visible_to(member).filter(pupil__in=[pupil.pk for pupil in pupils])
        for case in with_people(seen).order_by("-stage", "-opened_on"):
            by_pk[case.pupil_id].append({"case": case, "barriers": barrier_words(case)})
    return Panel("Casework", "casework/panels/pupil.html", dict(by_pk))


def asked_to_lead(member: Membership) -> QuerySet[Case]:
    """Cases this member is asked to lead and has not answered, for the home page."""
    return with_people(Case.objects.visible_to(member).open().filter(proposed_lead=member))


def reviews_due(member: Membership, *, on: dt.date) -> QuerySet[Case]:
    """The member's own open cases whose review date has come, the longest waiting first, for the home page."""
    return with_people(own_cases(member).filter(review_on__lte=on)).order_by("review_on")
