"""Part-time timetables and plans for children who are ill: recorded, put off, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.actions.moving import UNSEEN, take_turns_to_open, write_if_open
from casework.models import HealthPlan, PartTimeTimetable, TimetablePutOff
from schools.models import Pupil, School
from schools.stored.same_child import records_of

_HAS_TIMETABLE = "This child has a part-time timetable at this school already. Change or end that one."
_UNTIL_THEN_ALREADY = "It is agreed until that day already. If a parent has agreed to it since, say that instead."
_HAS_HEALTH_PLAN = "This child has a health plan already. End that one first."
_ENDED_MEANWHILE = (
    "The school has ended this plan meanwhile. Record what the authority arranges, or that nothing has to be arranged."
)
_SAID_ALREADY = "It is recorded for that day already that nothing has to be arranged."
_FOR_THE_AUTHORITY = (
    "Whether education has to be arranged is for the authority to decide (Education Act 1996, section 19). Record what "
    "the school does: the authority looks into it."
)


def refuse_second(model: type[Any], pupil: Pupil, refusal: str, *, on: dt.date, by: Membership, **like: Any) -> None:
    """Refuse what would be a second one of the child's that runs, by another record of theirs; one that this member
    does not see is not told of.

    Of one record the database keeps it; of linked ones whoever begins one takes turns with whoever else does.
    """
    take_turns_to_open(pupil.pk)
    runs = model.objects.running().filter(pupil__in=records_of(pupil), **like)
    if runs.exists():
        by.on = on
        raise Refused(refusal if runs.filter(pupil__in=Pupil.objects.visible_to(by)).exists() else UNSEEN)


def end_running(model: type[Any], one: Any, *, ended_on: dt.date, began_on: dt.date, **changes: Any) -> None:
    """End one record that runs. Refused where it ended meanwhile, or would end before it began."""
    if ended_on < began_on:
        raise Refused("It cannot end before it began.")
    found = model.objects.running().filter(pk=one.pk)
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
    timetable: PartTimeTimetable,
    *,
    until_on: dt.date,
    review_on: dt.date | None,
    why: str,
    agreed_with_parent_on: dt.date | None = None,
    on: dt.date,
    by: Membership,
) -> None:
    """Agree another last day for a timetable that runs. Refused where it has ended.

    What was agreed before stays to be read, with what was said: a court asks what was agreed when. A parent who agreed
    to the day of before has not agreed to this one; where the day stays and only the review moves, they have.
    """
    if until_on < timetable.from_on:
        raise Refused("The last day must be on or after the first.")
    held = PartTimeTimetable.objects.select_for_update().running().filter(pk=timetable.pk).first()
    if held is None:
        raise Refused("This part-time timetable has ended already.")
    if held.until_on == until_on:
        if held.review_on == review_on:
            raise Refused(_UNTIL_THEN_ALREADY)
        agreed_with_parent_on = agreed_with_parent_on or held.parent_agreed_on
    TimetablePutOff.objects.create(
        timetable=held, until_before_on=held.until_on, until_on=until_on, why=why,
        agreed_with_parent_on=agreed_with_parent_on, recorded_on=on, by=by,
    )  # fmt: skip
    PartTimeTimetable.objects.filter(pk=held.pk).update(until_on=until_on, review_on=review_on)
    timetable.until_on, timetable.review_on = until_on, review_on
    _told("put_off_end", timetable, f"The part-time timetable goes on until {until_on:%-d %B %Y}. {why}", on=on, by=by)


def record_parents_agreement(
    timetable: PartTimeTimetable, *, agreed_with_parent_on: dt.date, on: dt.date, by: Membership
) -> None:
    """A parent has agreed to the timetable as it is, on a day that was not known when that was recorded. Once.

    To its latest last day: where that was put off, beside the putting off, which nobody changes.
    """
    held = _lock_standing(timetable)
    if held.parent_agreed_on:
        raise Refused("It is recorded already that a parent agreed.")
    if held.put_offs.exists():
        TimetablePutOff.objects.create(
            timetable=held, until_before_on=held.until_on, until_on=held.until_on,
            agreed_with_parent_on=agreed_with_parent_on, recorded_on=on, by=by,
        )  # fmt: skip
    else:
        PartTimeTimetable.objects.filter(pk=held.pk).update(agreed_with_parent_on=agreed_with_parent_on)
        timetable.agreed_with_parent_on = agreed_with_parent_on
    words = f"A parent agreed to the part-time timetable on {agreed_with_parent_on:%-d %B %Y}."
    _told("record_parents_agreement", timetable, words, on=on, by=by)


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
    """Record what is arranged for a child who is ill, or that nothing has to be; the latter ends as it begins.

    The duty is the authority's (EA 1996 s.19): of a school's own people only what the school itself does is taken, and
    it answers for the authority once that has looked into it (`look_into_health_plan`).
    """
    if by.is_of_a_school and provision != HealthPlan.Provision.SCHOOL:
        raise Refused(_FOR_THE_AUTHORITY)
    refuse_second(HealthPlan, pupil, _HAS_HEALTH_PLAN, on=on, by=by)
    ends: dict[str, Any] = {}
    if provision == HealthPlan.Provision.NOT_NEEDED:
        _refuse_twice(pupil, begun_on)
        ends = {"ended_on": begun_on, "ended_by": by}
    if not by.is_of_a_school:
        ends |= {"looked_into_on": on, "looked_into_by": by}
    with once("health_plan_once", refusal=_HAS_HEALTH_PLAN):
        plan: HealthPlan = HealthPlan.objects.create(
            pupil=pupil, provision=provision, begun_on=begun_on, words=words, review_on=review_on,
            recorded_on=on, recorded_by=by, **ends,
        )  # fmt: skip
    told = f"{HealthPlan.Provision(provision).label}, from {begun_on:%-d %B %Y}. {words}"
    _told("record_health_plan", plan, told, on=on, by=by)
    return plan


def _refuse_twice(pupil: Pupil, begun_on: dt.date) -> None:
    """A form that is sent twice is one decision: that nothing has to be arranged ends as it begins, so none runs."""
    same = HealthPlan.objects.standing().filter(
        pupil=pupil, provision=HealthPlan.Provision.NOT_NEEDED, begun_on=begun_on
    )
    if same.exists():
        raise Refused(_SAID_ALREADY)


def look_into_health_plan(plan: HealthPlan, *, words: str, on: dt.date, by: Membership) -> None:
    """The authority finds that what a school does for the child is enough for now, and says why. Once, while it runs.

    Of what has ended meanwhile nothing is enough: the child is on the list until something is arranged, or nothing is.
    """
    if by.is_of_a_school:
        raise Refused(_FOR_THE_AUTHORITY)
    found = HealthPlan.objects.running().filter(pk=plan.pk, looked_into_on=None)
    is_first = found.update(looked_into_on=on, looked_into_by=by, looked_into_words=words) == 1
    plan.refresh_from_db()
    if not is_first:
        raise Refused(_ENDED_MEANWHILE if plan.ended_on else "The authority has looked into this already.")
    _told("look_into_health_plan", plan, f"The authority looked into what the school does. {words}", on=on, by=by)


def end_health_plan(plan: HealthPlan, *, ended_on: dt.date, how_ended: str, on: dt.date, by: Membership) -> None:
    """Say when the plan ended, and how. What the authority arranges, the authority ends."""
    if by.is_of_a_school and plan.provision == HealthPlan.Provision.AUTHORITY:
        raise Refused("The authority arranges this, so the attendance team ends it. Tell them what has changed.")
    end_running(HealthPlan, plan, ended_on=ended_on, began_on=plan.begun_on, ended_by=by, how_ended=how_ended)
    _told("end_health_plan", plan, f"The health plan ended on {ended_on:%-d %B %Y}. {how_ended}", on=on, by=by)


def void_part_time(timetable: PartTimeTimetable, *, why: str, on: dt.date, by: Membership) -> None:
    """Say that this timetable never was: it stays to be read, and counts nowhere any more.

    Also of one that was called off before its first day: there is no last day on which it was followed.
    """
    _void(timetable, why, on=on, by=by)
    words = f"The part-time timetable from {timetable.from_on:%-d %B %Y} was recorded in error. {why}"
    _told("void_part_time", timetable, words, on=on, by=by)


def void_health_plan(plan: HealthPlan, *, why: str, on: dt.date, by: Membership) -> None:
    """Say that this was never arranged, or never found: it stays to be read, and answers for no illness."""
    _void(plan, why, on=on, by=by)
    words = f"The health plan from {plan.begun_on:%-d %B %Y} was recorded in error. {why}"
    _told("void_health_plan", plan, words, on=on, by=by)


def _void(one: Any, why: str, *, on: dt.date, by: Membership) -> None:
    held = _lock_standing(one)
    if by.is_of_a_school and not held.recorded_by.is_of_a_school:
        raise Refused("The authority recorded this, so the attendance team puts it right. Tell them what is wrong.")
    held.in_error_on, held.in_error_by, held.in_error_why = on, by, why
    held.save(update_fields=["in_error_on", "in_error_by", "in_error_why"])
    one.refresh_from_db()


def _lock_standing(one: Any) -> Any:
    """The row as it is now, which nobody else changes until this transaction ends."""
    held = type(one).objects.select_for_update(of=("self",)).get(pk=one.pk)
    if held.in_error_on:
        raise Refused("This is marked as recorded in error already.")
    return held


def _told(what: str, one: Any, words: str, *, on: dt.date, by: Membership) -> None:
    source = "Part-time timetable" if isinstance(one, PartTimeTimetable) else "Health plan"
    write_if_open(one.pupil_id, words.strip(), on=on, by=by, source=source)
    record(what, by=by, words=words.strip(), subject=one, pupils=[one.pupil_id])
