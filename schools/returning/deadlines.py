"""The last days of returns, by what the authority asked of them when they became due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from schools.models import ReturnPolicy, StatutoryReturn
from schools.register import returns as rules
from schools.returning.grounds import Ground
from schools.stored.school_days import SchoolDays, is_school_day

Kind = StatutoryReturn.Kind


def policy_on(on: dt.date) -> ReturnPolicy:
    """What the authority of the open scope asks of returns on a day; the law alone until it says more."""
    return _policy_among(policies(), on)


def policies() -> list[ReturnPolicy]:
    """All that was ever asked, the latest first. One query."""
    return list(ReturnPolicy.objects.order_by("-from_on", "-pk"))


def _policy_among(policies: Iterable[ReturnPolicy], on: dt.date) -> ReturnPolicy:
    return next((one for one in policies if one.from_on <= on), ReturnPolicy(from_on=on))


def deadline_of(
    kind: str, arose_on: dt.date, policy: ReturnPolicy, is_open: Callable[[dt.date], bool] = is_school_day
) -> dt.date:
    """The last day on which a return that became due on a day is in time; is_open: the school days of its school."""
    if kind == Kind.NEW_PUPIL:
        return rules.new_pupil_deadline(arose_on, is_school_day=is_open if policy.in_school_days else None)
    days = {
        Kind.ATTENDANCE: policy.attendance_days,
        Kind.SICKNESS: rules.SICKNESS_INTERVAL.days,
        Kind.DELETION: rules.DELETION_RETURN.days,
    }
    return arose_on + dt.timedelta(days=days[Kind(kind)])


@dataclass(frozen=True)
class Deadlines:
    """The last days of returns by what the authority asked when they became due, in days of each school's calendar."""

    policies: Sequence[ReturnPolicy]
    school_days: SchoolDays

    def of(self, ground: Ground) -> dt.date:
        policy = _policy_among(self.policies, ground.arose_on)
        return deadline_of(ground.kind, ground.arose_on, policy, partial(self.school_days.is_open, ground.school))
