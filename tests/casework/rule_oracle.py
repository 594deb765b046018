"""What each standing rule must find, in plain Python over whole tables: no join, no query, no line of the board's.

Absence is counted from the marks themselves; that returns follow the marks has tests of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from attendance_portal.days import is_of_compulsory_school_age
from casework.models import (
    Case,
    EducationEnquiry,
    HealthPlan,
    HomeEducation,
    PartTimeTimetable,
    Plan,
    PlanAction,
    Referral,
)
from schools.models import Enrolment, Pupil, PupilAccess, Register, StatutoryReturn
from schools.register.codes import MARKS
from schools.register.marks import day_of

YEAR = 2026
ATTENDED, LEAVE_NOT_GIVEN = set("/\\LKVPWB"), set("GNOU")
AUTHORISED = {"C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"}
POSSIBLE = ATTENDED | LEAVE_NOT_GIVEN | AUTHORISED
Found = set[Any]


@dataclass
class Tables:
    """Every table that a rule may need, read whole."""

    pupils: dict[Any, Any]
    enrolments: list[Any]
    marks: dict[Any, list[tuple[dt.date, str]]]
    cases: list[Any]
    plans: list[Any]
    actions: list[Any]
    referrals: list[Any]
    timetables: list[Any]
    health: list[Any]
    returns: list[Any]
    enquiries: list[Any]
    home: list[Any]
    seen: set[Any]


def read(member: Any) -> Tables:
    """All of it, and whom an officer may see: everyone, but for restricted records without a grant."""
    pupils = {pupil.pk: pupil for pupil in Pupil.objects.all()}
    granted = {one.pupil_id for one in PupilAccess.objects.all() if one.membership_id == member.pk and not one.until_on}
    marks = {row.enrolment_id: _marks(bytes(row.marks)) for row in Register.objects.all() if row.year == YEAR}
    return Tables(
        pupils=pupils,
        enrolments=list(Enrolment.objects.all()),
        marks=marks,
        cases=[case for case in Case.objects.all() if case.stage == "open"],
        plans=list(Plan.objects.all()),
        actions=list(PlanAction.objects.all()),
        referrals=list(Referral.objects.all()),
        timetables=list(PartTimeTimetable.objects.all()),
        health=list(HealthPlan.objects.all()),
        returns=list(StatutoryReturn.objects.all()),
        enquiries=list(EducationEnquiry.objects.all()),
        home=list(HomeEducation.objects.all()),
        seen={pk for pk, pupil in pupils.items() if not pupil.is_restricted or pk in granted},
    )


def _marks(row: bytes) -> list[tuple[dt.date, str]]:
    return [(day_of(YEAR, column), MARKS[number]) for column, number in enumerate(row) if number]


def expected(member: Any, on: dt.date) -> dict[str, Found]:
    """What every rule must find: children for rules about children, records for the others."""
    t = read(member)
    severe = {one.pupil_id for one in _on_roll(t, on) if _is_severe(_of(t, one))} & t.seen
    led = {case.pupil_id for case in t.cases if case.lead_practitioner_id or case.lead_name}
    agreed = {plan.pk: plan for plan in t.plans if plan.stage == "agreed" and _case(t, plan)}
    planned = {_case(t, plan).pupil_id for plan in agreed.values()}
    open_enquiry = {one.pupil_id for one in t.enquiries if one.ended_on is None}
    this_year = {one.pupil_id for one in t.enquiries if one.begun_on >= dt.date(YEAR, 8, 1)}
    return {
        "severe-no-lead": severe - led,
        "severe-no-plan": severe - planned,
        "plan-past-review": {
            pk for pk, plan in agreed.items() if plan.review_on < on and _case(t, plan).pupil_id in t.seen
        },
        "action-overdue": {
            one.pk for one in t.actions
            if one.plan_id in agreed and one.due_on < on and not one.done_on and not one.given_up_on
            and _case(t, agreed[one.plan_id]).pupil_id in t.seen
        },
        "referral-unanswered": {
            one.pk for one in t.referrals
            if one.stage == "sent" and (on - one.made_on).days >= 7 and one.pupil_id in t.seen
        },
        "part-time-past-end": {
            one.pk for one in t.timetables if not one.ended_on and one.until_on < on and one.pupil_id in t.seen
        },
        "part-time-not-recorded": _c2_not_recorded(t, on),
        "illness-no-plan": _ill(t, on),
        "illness-together": set(),  # nobody of the walk has been at two schools
        "missing-severe": severe - open_enquiry - this_year,
        "missing-run": _away(t, on),
        "missing-left": _left(t, on),
    }  # fmt: skip


def _on_roll(t: Tables, on: dt.date) -> Iterator[Any]:
    return (one for one in t.enrolments if one.leaving_on is None or one.leaving_on >= on)


def _of(t: Tables, enrolment: Any) -> list[tuple[dt.date, str]]:
    return t.marks.get(enrolment.pk, [])


def _case(t: Tables, plan: Any) -> Any:
    return next((case for case in t.cases if case.pk == plan.case_id), None)


def _is_severe(marks: list[tuple[dt.date, str]]) -> bool:
    possible = [mark for _, mark in marks if mark in POSSIBLE]
    missed = [mark for mark in possible if mark not in ATTENDED]
    return bool(possible) and 2 * len(missed) >= len(possible)


def _c2_not_recorded(t: Tables, on: dt.date) -> Found:
    found = set()
    for one in _on_roll(t, on):
        days = [day for day, mark in _of(t, one) if mark == "C2"]
        runs = any(
            table.pupil_id == one.pupil_id and table.from_on <= days[-1] <= (table.ended_on or dt.date.max)
            for table in t.timetables if days
        )  # fmt: skip
        if days and not runs and one.pupil_id in t.seen:
            found.add(one.pupil_id)
    return found


def _due(t: Tables, kind: str, on: dt.date) -> Iterator[Any]:
    """Returns of a kind that the marks of this school year gave and still give, of children on roll."""
    there = {one.pk for one in _on_roll(t, on)}
    for one in t.returns:
        stands = one.stage != "withdrawn" and not one.ground_gone_on and one.year == YEAR
        if one.kind == kind and stands and one.enrolment_id in there and one.pupil_id in t.seen:
            yield one


def _ill(t: Tables, on: dt.date) -> Found:
    found = set()
    for one in _due(t, "sickness", on):
        plans = [plan for plan in t.health if plan.pupil_id == one.pupil_id]
        if all(plan.ended_on and plan.ended_on < one.arose_on for plan in plans):
            found.add(one.pupil_id)
    return found


def _away(t: Tables, on: dt.date) -> Found:
    found = set()
    for one in _due(t, "attendance", on):
        attended = [day for day, mark in t.marks.get(one.enrolment_id, []) if mark in ATTENDED]
        if not any(day > one.arose_on for day in attended) and not _asked_about(t, one.pupil_id, one.first_on):
            found.add(one.pupil_id)
    return found


def _left(t: Tables, on: dt.date) -> Found:
    by_pupil: dict[Any, list[Any]] = defaultdict(list)
    for one in t.enrolments:
        by_pupil[one.pupil_id].append(one)
    at_home = {one.pupil_id for one in t.home if not one.ended_on}
    found = set()
    for pk, theirs in by_pupil.items():
        left = [one for one in theirs if one.leaving_on and one.leaving_on < on]
        if len(left) < len(theirs) or pk in at_home:
            continue
        last = max(one.leaving_on for one in left)
        gone = [one for one in left if one.leaving_on == last and not one.destination]
        born = t.pupils[pk].date_of_birth
        if is_of_compulsory_school_age(born, on) and pk in t.seen:
            found |= {pk for one in gone if not _asked_about(t, pk, one.leaving_on)}
    return found


def _asked_about(t: Tables, pupil: Any, since: dt.date) -> bool:
    return any(one.pupil_id == pupil and (not one.ended_on or one.begun_on >= since) for one in t.enquiries)


def keys(rows: Iterable[Any], of: str) -> Found:
    """The children of rows, or the rows themselves."""
    return {row.pupil_id if of == "child" else row.pk for row in rows}
