"""The roll of a school that another took over whole: carried on by the school that followed, counted once.

The old school's enrolments end with its last day, and their marks stay where they are; each child goes on at the new
school from its first day (`schools.directory.carrying`), where figures count the marks of both
(`schools.stored.carried`). Nobody has left and nobody has joined, so no return is due of either (design).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.models import Enrolment, School, Succession
from schools.models.places import TAKEN_OVER_WHOLE

# Many systems write the last school day, before a weekend or holidays, as the day of leaving of a roll that went on.
LAST_DAYS: Final = dt.timedelta(days=14)
_AUGUST: Final = 8


@dataclass(frozen=True)
class Takeover:
    """One school that took another over whole: the old one's last day, and the first of the new one."""

    before: School
    after: School
    last_on: dt.date
    first_on: dt.date

    @property
    def destination(self) -> str:
        """Where those went whose enrolment ended only with the old school."""
        return str(self.after)[:200]

    @property
    def ended_from(self) -> dt.date:
        """From which day on a leaving may mean that the roll ended: the old school's last fortnight, August apart."""
        is_summer = self.last_on.month == _AUGUST
        return (dt.date(self.last_on.year, _AUGUST, 1) if is_summer else self.last_on) - LAST_DAYS


def takeovers(on: dt.date) -> list[Takeover]:
    """Those of the open scope whose day has come, in order; a school that two followed is not among them. One query.

    Of a school that closed again it is told only where another took that one over in its turn.
    """
    found: list[Takeover] = []
    for one in reversed(_of(_links().filter(linked_on__lte=on))):
        if one.after.closed_on is None or one.after.pk in {later.before.pk for later in found}:
            found.insert(0, one)
    return found


def takeovers_between(first_on: dt.date, last_on: dt.date) -> list[Takeover]:
    """Those whose first day lies between two days, in order, whatever became of the new school. One query."""
    return _of(_links().filter(linked_on__range=(first_on, last_on)))


def _links() -> QuerySet[Succession]:
    found: QuerySet[Succession] = Succession.objects.filter(
        kind__in=TAKEN_OVER_WHOLE, predecessor__closed_on__isnull=False
    )
    return found.select_related("predecessor", "successor").order_by("linked_on", "pk")


def _of(links: QuerySet[Succession]) -> list[Takeover]:
    told = list(links)
    whose = [one.predecessor_id for one in told]
    return [
        Takeover(one.predecessor, one.successor, _last_on(one), one.linked_on)
        for one in told
        if one.linked_on is not None and whose.count(one.predecessor_id) == 1
    ]


def _last_on(link: Succession) -> dt.date:
    """The old school's last day: that of its closing, but never one of the new school's."""
    assert link.linked_on is not None and link.predecessor.closed_on is not None, "asked for by the query"
    return min(link.predecessor.closed_on, link.linked_on - dt.timedelta(days=1))


def followers_of(school_ids: Collection[int], first_on: dt.date, last_on: dt.date) -> list[int]:
    """The schools that took any of these over between two days, and those that took these over. One query."""
    found = set(school_ids)
    for one in takeovers_between(first_on, last_on):
        if one.before.pk in found:
            found.add(one.after.pk)
    return sorted(found - set(school_ids))


def leading_to(school_ids: Collection[int], told: Sequence[Takeover]) -> list[Takeover]:
    """Those of the takeovers (in order) that lead to any of these schools, over others too; in order."""
    wanted = set(school_ids)
    found: list[Takeover] = []
    for one in reversed(told):
        if one.after.pk in wanted:
            wanted.add(one.before.pk)
            found.insert(0, one)
    return found


def carried_over(school_ids: Collection[int], on: dt.date) -> set[int]:
    """Enrolments of these schools that began or ended only because one took the other over. One query if none did."""
    found: set[int] = set()
    for one in takeovers(on):
        if {one.before.pk, one.after.pk} & set(school_ids):
            there = Enrolment.objects.filter(school=one.after).exclude(leaving_on__lt=one.first_on)
            on_the_first = Q(admission_on=None) | Q(admission_on__lte=one.first_on)
            ended = _ended(one, there.filter(on_the_first))
            came_along = Q(pupil__in=there.values("pupil")) | Q(destination=one.destination)
            found |= set(ended.filter(came_along).values_list("pk", flat=True))
            told = Q(pupil__in=ended.filter(destination=one.destination).values("pupil"))
            begun = there.filter(told | on_the_first, pupil__in=ended.values("pupil"))
            found |= set(begun.values_list("pk", flat=True))
    return found


def _ended(one: Takeover, from_the_first: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Enrolments of the old school that ended with it; from_the_first: those at the new one on its first day.

    On its last day, or in its last days, of who was at the new school from its first. Who came back to the old one
    once more, or was admitted to the new one in between, left in fact. `carried._PAIRS` asks the same.
    """
    left = OuterRef("leaving_on")
    theirs = from_the_first.filter(pupil=OuterRef("pupil"))
    went_on = theirs.exclude(admission_on__gt=left, admission_on__lt=one.first_on)
    came_back = Enrolment.objects.filter(school=one.before, pupil=OuterRef("pupil"), leaving_on__gt=left)
    early = Q(Exists(went_on), ~Exists(came_back), leaving_on__range=(one.ended_from, one.last_on))
    ended: QuerySet[Enrolment] = Enrolment.objects.filter(early | Q(leaving_on=one.last_on), school=one.before)
    return ended
