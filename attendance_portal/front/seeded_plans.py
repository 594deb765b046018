"""Plans of the demonstration that were agreed in the past: the figures beside them are those of their own day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from attendance_portal.days import year_of
from casework import targets
from casework.models import Plan
from schools.banding import standings_of
from schools.models import Enrolment, Standing
from schools.standing.figures import worked_out


def freeze_as_agreed(on: dt.date) -> None:
    """Freeze beside each plan that was agreed before `on` what stood then: the action freezes what stands now.

    In life both are the same day. Here all of the registers came before the first plan was agreed.
    """
    agreed = Plan.objects.filter(agreed_on__lt=on)
    days = {day for day in agreed.values_list("agreed_on", flat=True) if day is not None}
    for day in sorted(days):
        plans = list(agreed.filter(agreed_on=day).select_related("case"))
        stood = _standings(plans, day)
        for plan in plans:
            plan.arithmetic = targets.kept(targets.years_of(stood.get(plan.case.pupil_id, [])))
        Plan.objects.bulk_update(plans, ["arithmetic"])


def _standings(plans: Sequence[Plan], day: dt.date) -> dict[object, list[Standing]]:
    """The standings of these plans' children on that day, by child."""
    pupils = {plan.case.pupil_id for plan in plans}
    schools = Enrolment.objects.filter(pupil__in=pupils).order_by("school").values_list("school", flat=True).distinct()
    figures, _ = worked_out(list(schools), year_of(day), as_at=day)
    found: dict[object, list[Standing]] = {}
    for one in standings_of(figures):
        if one.pupil_id in pupils and one.is_on_roll and one.possible:
            found.setdefault(one.pupil_id, []).append(one)
    return found
