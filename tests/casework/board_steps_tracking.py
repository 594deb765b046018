"""Steps of a walk in casework: referrals, timetables, illness, enquiries, home education."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

from casework import models
from casework.actions import out_of_school, referrals, tracking
from tests.casework.board_facts import Followed, HealthPlan, Key, Referral, Span, Timetable
from tests.casework.board_steps_casework import kin, known
from tests.casework.board_walk import DAY, Walk, step

T = TypeVar("T", bound=Span)

# --- Referrals --------------------------------------------------------------------------------------------------


@step("withdraw_a_referral")
def refer_a_child(walk: Walk) -> bool:
    waiting = {one.record for one in walk.facts.referrals if one.waits} | set(walk.facts.restricted)
    record = walk.one(set(walk.pupils) - waiting)
    if record:
        by = walk.cast.officer
        made = referrals.refer_child(walk.of(record), service=walk.service, reason="Damp.", on=walk.on, by=by)
        walk.facts.referrals.append(Referral(made.pk, record, walk.on))
        walk.did("refer_child")
    return record is not None


@step("withdraw_a_referral")
def refer_another(walk: Walk) -> bool:
    return refer_a_child(walk)


def referral(walk: Walk) -> tuple[Referral, models.Referral] | None:
    old = [one for one in walk.facts.referrals if one.waits and (walk.on - one.made_on).days >= 5]
    one = walk.one(old, lambda one: (walk.on - one.made_on).days >= 7)
    return (one, models.Referral.objects.get(pk=one.key)) if one else None


@step("refer_a_child")
def accept_a_referral(walk: Walk) -> bool:
    """It joins the open case, or begins one."""
    found = referral(walk)
    if found:
        row = referrals.accept_referral(found[1], answer="We come.", on=walk.on, by=walk.cast.practitioner)
        known(walk, row)
        found[0].waits = False
        walk.did("accept_referral")
    return found is not None


@step("refer_a_child")
def decline_a_referral(walk: Walk) -> bool:
    found = referral(walk)
    if found:
        referrals.decline_referral(found[1], answer="Full.", on=walk.on, by=walk.cast.practitioner)
        found[0].waits = False
        walk.did("decline_referral")
    return found is not None


@step("refer_a_child")
def withdraw_a_referral(walk: Walk) -> bool:
    found = referral(walk)
    if found:
        referrals.withdraw_referral(found[1], reason="Not needed.", on=walk.on, by=walk.cast.officer)
        found[0].waits = False
        walk.did("withdraw_referral")
    return found is not None


# --- Timetables and illness -------------------------------------------------------------------------------------


@step("end_a_timetable")
def record_a_timetable(walk: Walk) -> bool:
    running = [one for one in walk.facts.timetables if one.ended_on is None]
    busy = {(key, one.school) for one in running for key in kin(walk, [one.record])}
    free = [one for one in walk.facts.stays if one.holds(walk.on) and (one.record, one.school) not in busy]
    stay = walk.one(free, lambda one: one.record in walk.found_by("part-time-not-recorded"))
    if stay is None:
        return False
    first, last = walk.day(40), walk.day(3, 3)
    last = max(first, last)
    told = {"from_on": first, "until_on": last, "sessions_a_week": 6, "reason": "Step by step."}
    school = walk.schools[stay.school]
    made = tracking.record_part_time(walk.of(stay.record), school=school, **told, **walk.by(stay.record))
    walk.facts.timetables.append(Timetable(made.pk, stay.record, first, school=stay.school, until_on=last))
    walk.did("record_part_time")
    return True


@step("end_a_timetable")
def record_another_timetable(walk: Walk) -> bool:
    return record_a_timetable(walk)


def timetable(walk: Walk) -> tuple[Timetable, models.PartTimeTimetable] | None:
    running = [one for one in walk.facts.timetables if one.ended_on is None]
    one = walk.one(running, lambda one: one.until_on < walk.on)
    return (one, models.PartTimeTimetable.objects.get(pk=one.key)) if one else None


@step("record_a_timetable")
def put_its_end_off(walk: Walk) -> bool:
    found = timetable(walk)
    if found:
        one, row = found
        until_on = max(walk.day(0, 3), one.begun_on)
        one.until_on = until_on + DAY * (until_on == one.until_on)  # another day than it has
        tracking.put_off_end(row, until_on=one.until_on, review_on=None, why="", **walk.by(one.record))
        walk.did("put_off_end")
    return found is not None


@step("record_a_timetable")
def end_a_timetable(walk: Walk) -> bool:
    found = timetable(walk)
    if found:
        one, row = found
        one.ended_on = max(walk.day(25), one.begun_on)
        tracking.end_part_time(row, ended_on=one.ended_on, how_ended="Full time.", **walk.by(one.record))
        walk.did("end_part_time")
    return found is not None


@step()
def record_a_health_plan(walk: Walk, *, of_a_school: bool = False) -> bool:
    """Some are looked into and need nothing; some begin later. A school's waits for the authority."""
    busy = kin(walk, (one.record for one in walk.facts.health_plans if one.ended_on is None))
    record = walk.one(set(walk.pupils) - busy, lambda key: key in walk.found_by("illness-no-plan"))
    if record is None:
        return False
    provision, begun_on = walk.chance.choice(["school", "authority", "not-needed"]), walk.day(30, 2)
    by = walk.by(record)
    if of_a_school:
        provision, by = "school", by | {"by": walk.cast.lead}
    made = tracking.record_health_plan(walk.of(record), provision=provision, begun_on=begun_on, words="Lessons.", **by)
    ended_on = begun_on if provision == "not-needed" else None
    walk.facts.health_plans.append(HealthPlan(made.pk, record, begun_on, ended_on, looked_into=not of_a_school))
    walk.did("record_health_plan")
    return True


@step()
def record_a_schools_health_plan(walk: Walk) -> bool:
    return record_a_health_plan(walk, of_a_school=True)


@step("record_a_schools_health_plan")
def look_into_a_schools_health_plan(walk: Walk) -> bool:
    one = walk.one([one for one in walk.facts.health_plans if not one.looked_into and one.ended_on is None])
    if one:
        row = models.HealthPlan.objects.get(pk=one.key)
        tracking.look_into_health_plan(row, words="Ten hours a week.", **walk.by(one.record))
        one.looked_into = True
        walk.did("look_into_health_plan")
    return one is not None


def running(walk: Walk, spans: Sequence[T]) -> T | None:
    return walk.one([one for one in spans if one.ended_on is None and one.begun_on <= walk.on])


@step("record_a_health_plan")
def end_a_health_plan(walk: Walk, *, of_a_school: bool = False) -> bool:
    plans = [one for one in walk.facts.health_plans if one.ended_on is None and one.begun_on <= walk.on]
    rows = models.HealthPlan.objects.in_bulk([one.key for one in plans])
    one = walk.one([one for one in plans if not of_a_school or rows[one.key].provision == "school"])
    if one:
        one.ended_on, one.ended_by_a_school = max(walk.day(30), one.begun_on), of_a_school
        by = walk.by(one.record) | ({"by": walk.cast.lead} if of_a_school else {})
        tracking.end_health_plan(rows[one.key], ended_on=one.ended_on, how_ended="Well.", **by)
        walk.did("end_health_plan")
    return one is not None


@step("record_a_health_plan")
def end_what_a_school_did(walk: Walk) -> bool:
    return end_a_health_plan(walk, of_a_school=True)


@step("record_a_health_plan")
def void_a_health_plan(walk: Walk) -> bool:
    """It was of another child: nothing was arranged, and nothing looked into."""
    one = walk.one(walk.facts.health_plans)
    if one:
        row = models.HealthPlan.objects.get(pk=one.key)
        tracking.void_health_plan(row, why="Another child.", **walk.by(one.record))
        walk.facts.health_plans.remove(one)
        walk.did("void_health_plan")
    return one is not None


@step("record_a_timetable")
def void_a_timetable(walk: Walk) -> bool:
    one = walk.one(walk.facts.timetables)
    if one:
        row = models.PartTimeTimetable.objects.get(pk=one.key)
        tracking.void_part_time(row, why="Another child.", **walk.by(one.record))
        walk.facts.timetables.remove(one)
        walk.did("void_part_time")
    return one is not None


# --- Possibly missing education ---------------------------------------------------------------------------------

MISSING = ("missing-left", "missing-run", "missing-severe")


@step("end_an_enquiry")
def begin_an_enquiry(walk: Walk) -> bool:
    busy = kin(walk, (one.record for one in walk.facts.enquiries if one.ended_on is None))
    wanted = walk.found_by(walk.chance.choice(MISSING))
    record = walk.one(set(walk.pupils) - busy, lambda key: key in wanted)
    if record:
        enquire(walk, record, walk.chance.choice([walk.day(12), walk.on - 100 * DAY]))
    return record is not None


def enquire(walk: Walk, record: Key, begun_on: dt.date) -> Followed:
    made = out_of_school.begin_enquiry(walk.of(record), why="Not seen.", begun_on=begun_on, **walk.by(record))
    walk.facts.enquiries.append(Followed(made.pk, record, begun_on))
    walk.did("begin_enquiry")
    return walk.facts.enquiries[-1]


@step("end_an_enquiry")
def begin_another_enquiry(walk: Walk) -> bool:
    return begin_an_enquiry(walk)


@step("begin_an_enquiry")
def end_an_enquiry(walk: Walk) -> bool:
    one = running(walk, walk.facts.enquiries)
    if one:
        find(walk, one, walk.chance.choice(["on-roll", "place", "home", "abroad", "not-found"]))
    return one is not None


def find(walk: Walk, one: Followed, by: str) -> None:
    one.ended_on, one.by = walk.on, by
    row = models.EducationEnquiry.objects.get(pk=one.key)
    told = {"outcome": by, "ended_on": walk.on, "outcome_words": "Seen."}
    out_of_school.end_enquiry(row, **told, **walk.by(one.record))
    walk.did("end_enquiry")


@step()
def record_home_education(walk: Walk) -> bool:
    busy = kin(walk, (one.record for one in walk.facts.home if one.ended_on is None))
    record = walk.one(set(walk.pupils) - busy, lambda key: key in walk.found_by("missing-left"))
    if record:
        ended = [one.ended_on for one in walk.facts.home if one.ended_on and record in kin(walk, [one.record])]
        from_on = max([walk.day(3, 2), *ended])  # it begins again on the day on which it ended at the earliest
        keep_at_home(walk, record, from_on)
    return record is not None


def keep_at_home(walk: Walk, record: Key, from_on: dt.date) -> Followed:
    told = {"primary_reason": "lifestyle", "school_before": "academy"}
    made = out_of_school.record_home_education(walk.of(record), from_on=from_on, **told, **walk.by(record))
    walk.facts.home.append(Followed(made.pk, record, from_on))
    walk.did("record_home_education")
    return walk.facts.home[-1]


@step("record_home_education")
def void_home_education(walk: Walk) -> bool:
    """It was another child: this one was never educated at home."""
    one = walk.one(walk.facts.home)
    if one:
        row = models.HomeEducation.objects.get(pk=one.key)
        out_of_school.void_home_education(row, why="Another child.", **walk.by(one.record))
        walk.facts.home.remove(one)
        walk.did("void_home_education")
    return one is not None


@step("record_home_education")
def end_home_education(walk: Walk) -> bool:
    """Mostly it was found not to be suitable: the child may be missing education now."""
    one = running(walk, walk.facts.home)
    if one:
        home_ends(walk, one, walk.chance.choice(["unsuitable", "school", "abroad"]))
    return one is not None


def home_ends(walk: Walk, one: Followed, by: str) -> None:
    one.ended_on, one.by = walk.on, by
    row = models.HomeEducation.objects.get(pk=one.key)
    told = {"ended": by, "ended_on": walk.on, "ended_words": "Nothing was taught."}
    out_of_school.end_home_education(row, **told, **walk.by(one.record))
    walk.did("end_home_education")


@step("leave_for_nowhere")
def half_ends(walk: Walk) -> bool:
    """Of a leaver home education is recorded and found not to be suitable, then an enquiry finds it again."""
    at_home = kin(walk, (one.record for one in walk.facts.home if one.ended_on is None))
    record = walk.one(walk.found_by("missing-left") - at_home - set(walk.facts.restricted))
    if record:
        home_ends(walk, keep_at_home(walk, record, walk.on), "unsuitable")
        find(walk, enquire(walk, record, walk.on), "home")
    return record is not None
