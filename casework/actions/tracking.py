"""Part-time timetables and plans for children who are ill: recorded, put off, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.actions.moving import UNSEEN, take_turns_to_open, write_if_open
from casework.models import HealthPlan, PartTimeTimetable
from schools.models import Pupil, School
from schools.stored.same_child import records_of

_HAS_TIMETABLE = "This child has a part-time timetable at this school already. Change or end that one."
_HAS_HEALTH_PLAN = "This child has a health plan already. End that one first."


def refuse_second(
    model: type[models.Model], pupil: Pupil, refusal: str, *, on: dt.date, by: Membership, **like: Any
) -> None:
    """Refuse what would be a second one of the child's that runs, by another record of theirs; one that this member
    does not see is not told of.

    Of one record the database keeps it; of linked ones whoever begins one takes turns with whoever else does.
    """
    take_turns_to_open(pupil.pk)
    runs = model._default_manager.filter(pupil__in=records_of(pupil), ended_on=None, **like)
    if runs.exists():
        by.on = on
        raise Refused(refusal if runs.filter(pupil__in=Pupil.objects.visible_to(by)).exists() else UNSEEN)


def end_running(model: type[models.Model], one: Any, *, ended_on: dt.date, began_on: dt.date, **changes: Any) -> None:
    """End one record that runs. Refused where it ended meanwhile, or would end before it began."""
    if ended_on < began_on:
        raise Refused("It cannot end before it began.")
    found = model._default_manager.filter(pk=one.pk, ended_on=None)
    if found.update(ended_on=ended_on, **changes) != 1:
        raise Refused("This has ended already.")
    one.refresh_from_db()


def record_part_time(
    pupil: Pupil,
    *,
    school: School,
    from_on: dt.date,
    until_on: dt.date,
    sessions_a_week: int,
    reason: str,
    review_on: dt.date | None = None,
    agreed_with_parent_on: dt.date | None = None,
    on: dt.date,
    by: Membership,
) -> PartTimeTimetable:
    """Record a part-time timetable. Refused while one runs at this school: that one is put off or ended first."""
    refuse_second(PartTimeTimetable, pupil, _HAS_TIMETABLE, on=on, by=by, school=school)
    if until_on < from_on:
        raise Refused("The last day must be on or after the first.")
    with once("part_time_once", refusal=_HAS_TIMETABLE):
        made: PartTimeTimetable = PartTimeTimetable.objects.create(
            pupil=pupil, school=school, from_on=from_on, until_on=until_on, sessions_a_week=sessions_a_week,
            reason=reason, review_on=review_on, agreed_with_parent_on=agreed_with_parent_on,
            recorded_on=on, recorded_by=by,
        )  # fmt: skip
    words = f"Part-time timetable from {from_on:%-d %B %Y} to {until_on:%-d %B %Y}, {sessions_a_week} sessions a week."
    _told("record_part_time", made, words, on=on, by=by)
    return made


def put_off_end(
    timetable: PartTimeTimetable, *, until_on: dt.date, review_on: dt.date | None, why: str, on: dt.date, by: Membership
) -> None:
    """Agree another last day for a timetable that runs. Refused where it has ended."""
    if until_on < timetable.from_on:
        raise Refused("The last day must be on or after the first.")
    found = PartTimeTimetable.objects.running().filter(pk=timetable.pk)
    if found.update(until_on=until_on, review_on=review_on) != 1:
        raise Refused("This part-time timetable has ended already.")
    timetable.until_on, timetable.review_on = until_on, review_on
    _told("put_off_end", timetable, f"The part-time timetable goes on until {until_on:%-d %B %Y}. {why}", on=on, by=by)


def end_part_time(
    timetable: PartTimeTimetable, *, ended_on: dt.date, how_ended: str, on: dt.date, by: Membership
) -> None:
    """Say which day was the last of it, and how it ended."""
    end_running(
        PartTimeTimetable, timetable, ended_on=ended_on, began_on=timetable.from_on, ended_by=by, how_ended=how_ended
    )
    words = f"The part-time timetable ended on {ended_on:%-d %B %Y}. {how_ended}"
    _told("end_part_time", timetable, words, on=on, by=by)


def record_health_plan(
    pupil: Pupil,
    *,
    provision: str,
    begun_on: dt.date,
    words: str,
    review_on: dt.date | None = None,
    on: dt.date,
    by: Membership,
) -> HealthPlan:
    """Record what is arranged for a child who is ill, or that nothing has to be; the latter ends as it begins."""
    refuse_second(HealthPlan, pupil, _HAS_HEALTH_PLAN, on=on, by=by)
    ends = {"ended_on": begun_on, "ended_by": by} if provision == HealthPlan.Provision.NOT_NEEDED else {}
    with once("health_plan_once", refusal=_HAS_HEALTH_PLAN):
        plan: HealthPlan = HealthPlan.objects.create(
            pupil=pupil, provision=provision, begun_on=begun_on, words=words, review_on=review_on,
            recorded_on=on, recorded_by=by, **ends,
        )  # fmt: skip
    told = f"{HealthPlan.Provision(provision).label}, from {begun_on:%-d %B %Y}. {words}"
    _told("record_health_plan", plan, told, on=on, by=by)
    return plan


def end_health_plan(plan: HealthPlan, *, ended_on: dt.date, how_ended: str, on: dt.date, by: Membership) -> None:
    """Say when the plan ended, and how."""
    end_running(HealthPlan, plan, ended_on=ended_on, began_on=plan.begun_on, ended_by=by, how_ended=how_ended)
    _told("end_health_plan", plan, f"The health plan ended on {ended_on:%-d %B %Y}. {how_ended}", on=on, by=by)


def _told(what: str, one: Any, words: str, *, on: dt.date, by: Membership) -> None:
    source = "Part-time timetable" if isinstance(one, PartTimeTimetable) else "Health plan"
    write_if_open(one.pupil_id, words.strip(), on=on, by=by, source=source)
    record(what, by=by, words=words.strip(), subject=one, pupils=[one.pupil_id])
