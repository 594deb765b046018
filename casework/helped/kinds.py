"""Kinds of support whose beginning the portal knows, and who had support when.

Every kind is a part of a case: a referral that is accepted opens one or joins the open one, a plan and a contract are
of a case. So who had an open case had support, and nobody else did.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from casework.models import Case, Referral

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


KINDS: Final = (
    Kind("case", "A case", "a case was opened", _opened),
    Kind("referral", "A referral to a service", "a service accepted a referral", _accepted_referrals),
)
CASE: Final = KINDS[0]


def stretches(first: dt.date, last: dt.date) -> list[tuple[uuid.UUID, dt.date, dt.date]]:
    """Records of children with a case open at some time of these days, and when: closed ones to their last day."""
    rows = Case.objects.filter(opened_on__lte=last).values_list("pupil", "opened_on", "closed_on")
    return [(pupil, opened, closed or last) for pupil, opened, closed in rows if not closed or closed >= first]
