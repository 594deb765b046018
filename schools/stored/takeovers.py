"""The roll of a school that another took over whole: carried on by the school that followed, counted once.

The old school's enrolments end with its last day, and their marks stay where they are; each child goes on at the new
school from its first day (`schools.directory.carrying`). Nobody has left and nobody has joined, so no return is due of
either (design).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from schools.models import Enrolment, School, Succession
from schools.models.places import TAKEN_OVER_WHOLE


@dataclass(frozen=True)
class Takeover:
    """One school that took another over whole: the old one's last day, and the first of the new one."""

    before: School
    after: School
    last_on: dt.date
    first_on: dt.date


def takeovers(on: dt.date) -> list[Takeover]:
    """Those of the open scope whose day has come; a school that two followed is not among them. One query."""
    links = Succession.objects.filter(kind__in=TAKEN_OVER_WHOLE, predecessor__closed_on__isnull=False)
    told = list(links.filter(linked_on__lte=on).select_related("predecessor", "successor").order_by("linked_on", "pk"))
    whose = [one.predecessor_id for one in told]
    return [
        Takeover(one.predecessor, one.successor, _last_on(one), one.linked_on)
        for one in told
        if one.linked_on is not None and whose.count(one.predecessor_id) == 1 and one.successor.closed_on is None
    ]


def _last_on(link: Succession) -> dt.date:
    """The old school's last day: that of its closing, but never one of the new school's."""
    assert link.linked_on is not None and link.predecessor.closed_on is not None, "asked for by the query"
    return min(link.predecessor.closed_on, link.linked_on - dt.timedelta(days=1))


def carried_over(school_ids: Collection[int], on: dt.date) -> set[int]:
    """Enrolments of these schools that began or ended only because one took the other over. One query if none did."""
    found: set[int] = set()
    for one in takeovers(on):
        if {one.before.pk, one.after.pk} & set(school_ids):
            ended: QuerySet[Enrolment] = Enrolment.objects.filter(school=one.before, leaving_on=one.last_on)
            there = Enrolment.objects.filter(school=one.after).exclude(leaving_on__lt=one.first_on)
            came_along = Q(pupil__in=there.values("pupil")) | Q(destination=str(one.after)[:200])
            found |= set(ended.filter(came_along).values_list("pk", flat=True))
            begun = there.filter(admission_on=one.first_on)
            found |= set(begun.filter(pupil__in=ended.values("pupil")).values_list("pk", flat=True))
    return found
