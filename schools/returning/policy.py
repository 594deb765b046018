"""What an authority asks of its schools' returns beyond the law: chosen from a day on, never changed afterwards."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import ReturnPolicy
from schools.returning.deadlines import policy_on

LEAST_DAYS, MOST_DAYS = 1, 30
_ASKED = ("in_school_days", "asks_for_first_day_joiners", "asks_for_final_year", "attendance_days")


def set_policy(
    *, from_on: dt.date, in_school_days: bool, asks_for_first_day_joiners: bool, asks_for_final_year: bool,
    attendance_days: int, by: Membership, at: dt.datetime,
) -> ReturnPolicy:  # fmt: skip
    """Ask this of every school from a day on, today or later, until another choice takes its place.

    Refuses a day that has passed, and a choice that changes nothing. Working together to improve school attendance,
    paragraphs 211 and 219, leaves these to the authority.
    """
    if from_on < by.on:
        raise Refused("Schools cannot be asked for something in days that have passed. Enter today or a later day.")
    asked = (in_school_days, asks_for_first_day_joiners, asks_for_final_year, attendance_days)
    before = policy_on(from_on)
    if tuple(getattr(before, name) for name in _ASKED) == asked:
        raise Refused("This is asked already on that day. Nothing was changed.")
    made: ReturnPolicy = ReturnPolicy.objects.create(
        from_on=from_on, set_at=at, set_by=by, **dict(zip(_ASKED, asked, strict=True))
    )
    told = dict(zip(_ASKED, asked, strict=True))
    words = f"Chose what returns are asked of schools from {from_on:%-d %B %Y} on."
    record("set_policy", by=by, words=words, subject=made, asked=told)
    return made
