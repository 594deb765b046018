"""Kinds of support whose beginning the portal knows, and who had support when.

Every kind is a part of a case: a referral that is accepted opens one or joins the open one, a plan and a contract are
of a case. So who had an open case had support, and nobody else did.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Min

from casework import plan_moves
from casework.models import AttendanceContract, Case, PastClosing, Plan, Referral

Begun = Sequence[tuple[uuid.UUID, dt.date]]
"""Records of children and the day on which it began."""


@dataclass(frozen=True)
class Kind:
    """A kind of support: `label` heads it, `began` says what happened on its day, `starts` finds them from a day to
    another, both inclusive."""

    code: str
    label: str
    began: str
    starts: Callable[[dt.date, dt.date], Begun]


def _opened(first: dt.date, last: dt.date) -> Begun:
    return list(Case.objects.filter(opened_on__range=(first, last)).values_list("pupil", "opened_on"))


def _accepted_referrals(first: dt.date, last: dt.date) -> Begun:
    accepted = Referral.objects.filter(stage="accepted", answered_on__range=(first, last))
    return [(pupil, day) for pupil, day in accepted.values_list("pupil", "answered_on") if day]


def _led(first: dt.date, last: dt.date) -> Begun:
    led = Case.objects.filter(led_from_on__range=(first, last))
    return [(pupil, day) for pupil, day in led.values_list("pupil", "led_from_on") if day]


def _agreed_plans(first: dt.date, last: dt.date) -> Begun:
    """The first version of each plan: a later one goes on with the same support."""
    agreed = Plan.objects.filter(agreed_on__isnull=False).order_by().values("case", "case__pupil")
    begun = agreed.annotate(first_on=Min("agreed_on")).filter(first_on__range=(first, last))
    return list(begun.values_list("case__pupil", "first_on"))


def _accepted_contracts(first: dt.date, last: dt.date) -> Begun:
    stages = plan_moves.ACCEPTED, plan_moves.ENDED
    accepted = AttendanceContract.objects.filter(stage__in=stages, answered_on__range=(first, last))
    return [(pupil, day) for pupil, day in accepted.values_list("case__pupil", "answered_on") if day]


KINDS: Final = (
    Kind("case", "A case", "a case was opened", _opened),
    Kind("lead", "A lead practitioner", "the lead practitioner of now took the lead", _led),
    Kind("plan", "A plan", "a plan was agreed", _agreed_plans),
    Kind("contract", "An attendance contract", "an attendance contract was accepted", _accepted_contracts),
    Kind("referral", "A referral to a service", "a service accepted a referral", _accepted_referrals),
)


def stretches(first: dt.date, last: dt.date) -> list[tuple[uuid.UUID, dt.date, dt.date]]:
    """Records of children with a case open at some time of these days, and when: closed ones to their last day.

    A case that was opened again has a stretch for each time it was open; in between the child had no case. Two queries.
    """
    breaks: defaultdict[uuid.UUID, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    past = PastClosing.objects.order_by("closed_on", "pk").values_list("case", "closed_on", "reopened_on")
    for case, ended, again in past:
        breaks[case].append((ended, again))
    found = []
    rows = Case.objects.filter(opened_on__lte=last).values_list("pk", "pupil", "opened_on", "closed_on")
    for key, pupil, opened_on, closed_on in rows:
        begun = opened_on
        for ended, again in breaks[key]:
            found.append((pupil, begun, ended))
            begun = again
        found.append((pupil, begun, closed_on or last))
    return [one for one in found if one[1] <= last and one[2] >= first]
