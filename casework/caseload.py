"""Who has how many cases: what a team leader looks at before giving cases to somebody."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from attendance_portal.charts import Chart, people_bars
from attendance_portal.models import Membership
from casework.models import Case
from casework.people import may_hold
from casework.queues import open_cases
from casework.reviews import due_by


@dataclass(frozen=True)
class Load:
    """One person's open cases: how many they hold and lead, and of how many of those they hold a review is overdue."""

    person: Membership
    holds: int
    overdue: int
    leads: int
    on: dt.date

    @property
    def away(self) -> str:
        """That they are away that day, in words; empty while they are there."""
        if not self.person.is_away(self.on):
            return ""
        until = self.person.away_until
        return f"Away until {until:%-d %B %Y}" if until else "Away"


def caseload(member: Membership) -> list[Load]:
    """Everyone who may hold cases, and whoever holds or leads one that this member may see; by name. Three queries."""
    cases, on = open_cases(member).order_by(), member.on
    counted = cases.values_list("holder").annotate(n=Count("pk"), late=_overdue(on))
    held = {holder: (holds, late) for holder, holds, late in counted}
    led = dict(cases.exclude(lead_practitioner=None).values_list("lead_practitioner").annotate(n=Count("pk")))
    return [
        Load(person, *held.get(person.pk, (0, 0)), leads=led.get(person.pk, 0), on=on)
        for person in _people([*held, *led])
    ]


def _overdue(on: dt.date) -> Count:
    return Count("pk", filter=due_by(on - dt.timedelta(days=1), on=on))


def _people(keys: Iterable[Any]) -> QuerySet[Membership]:
    able = may_hold().order_by().values("pk")
    people = Membership.objects.filter(Q(pk__in=list(keys)) | Q(pk__in=able)).select_related("user")
    return people.order_by("user__name", "pk")


def caseload_chart(loads: Iterable[Load]) -> Chart:
    """A bar for each person: the cases they hold, most first."""
    bars = sorted(((load.person.name, load.holds) for load in loads), key=lambda bar: -bar[1])
    return people_bars("caseload", "Open cases held, by person", bars, headers=("Person", "Cases held"))


def cases_of(member: Membership, keys: Iterable[str]) -> list[Case]:
    """The open cases of these keys that the member may see, by the child's name; what is no key is left out."""
    known = [key for key in map(_key, keys) if key]
    seen = open_cases(member).filter(pk__in=known).select_related("pupil", "holder__user")
    return list(seen.order_by("pupil__sort_key", "pk"))


def _key(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None
