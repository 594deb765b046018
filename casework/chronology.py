"""What casework tells in a child's chronology: the lines of its cases, referrals, and education in and out of school.

Each function is named in `settings.CHRONOLOGY`; all are for those who may see cases, of children they may see.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db.models import Q, prefetch_related_objects
from django.urls import reverse

from attendance_portal.chronology import Happening, Kind
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.models import (
    Case,
    CaseEntry,
    EducationEnquiry,
    EnquiryStep,
    HealthPlan,
    HomeEducation,
    HomeEducationStep,
    PartTimeTimetable,
    Referral,
    TimetablePutOff,
)
from casework.termly_categories import MISSING_REASONS, label_of
from schools.models import Pupil
from schools.stored.same_child import any_of_the_child

Told = dict[uuid.UUID, list[Happening]]
# Sources of lines that repeat in an open case what the record itself tells here, whether or not a case is open.
_TOLD_BY_ITS_RECORD: Final = ("Referral", "Missing education", "Home education")
# The same, but a timetable is read by the people of its own school alone: where a child has one that this member does
# not read, the line of the case stays, for the case is shared (decision 0019).
_TOLD_TO_ITS_READERS: Final[dict[str, type[Any]]] = {
    "Part-time timetable": PartTimeTimetable,
    "Health plan": HealthPlan,
}
_IF_IN_ERROR: Final = ("", " (recorded in error)")
_ON_THE_PAGE: Final = "#education-in-and-out-of-school"


def _by_pupil(pairs: Iterable[tuple[uuid.UUID, Happening]]) -> Told:
    found: defaultdict[uuid.UUID, list[Happening]] = defaultdict(list)
    for pk, one in pairs:
        found[pk].append(one)
    return dict(found)


def case_entries(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Every action on a case writes a line in it: those that this member may read. One query."""
    if not member.may(Permission.CASE_SEE):
        return {}
    seen = Case.objects.visible_to(member).filter(pupil__in=pupils)
    lines = CaseEntry.objects.readable_by(member).filter(case__in=seen).select_related("case", "by__user")
    lines = lines.exclude(source__in=_TOLD_BY_ITS_RECORD)
    for source, model in _TOLD_TO_ITS_READERS.items():
        unread = model._default_manager.exclude(pk__in=model._default_manager.visible_to(member).values("pk"))
        lines = lines.exclude(Q(source=source) & ~any_of_the_child(unread, "case__pupil"))
    return _by_pupil((line.case.pupil_id, _of_line(line)) for line in lines.order_by("happened_on", "pk"))


def _of_line(line: CaseEntry) -> Happening:
    source = f"Case opened {line.case.opened_on:%-d %B %Y}"
    by, href = line.by.name if line.by else "", reverse("case_page", args=[line.case_id])
    title = line.source or "Written in the case"
    title = f"{title}, for named roles alone" if line.restricted_to else title
    return Happening(line.happened_on, title, Kind.CASE, source, line.words, by, href)


def referrals(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Referrals to services, and what became of them. One query."""
    if not member.may(Permission.CASE_SEE):
        return {}
    made = Referral.objects.filter(pupil__in=Pupil.objects.visible_to(member).filter(pk__in=[one.pk for one in pupils]))
    people = ("service", "made_by__user", "answered_by__user", "withdrawn_by__user")
    found = made.select_related(*people).order_by("made_on", "pk")
    return _by_pupil((one.pupil_id, told) for one in found for told in _of_referral(one))


def _of_referral(one: Referral) -> Iterable[Happening]:
    source, href = "Referral", reverse("pupil_page", args=[one.pupil_id])
    yield Happening(one.made_on, f"Referred to {one.service}", Kind.CASE, source, one.reason, one.made_by.name, href)
    if one.answered_on and one.answered_by:
        title, by = f"Referral to {one.service}: {one.get_stage_display().lower()}", one.answered_by.name
        yield Happening(one.answered_on, title, Kind.CASE, source, one.answer, by, href)
    if one.withdrawn_on and one.withdrawn_by:
        title, by = f"Referral to {one.service}: withdrawn", one.withdrawn_by.name
        yield Happening(one.withdrawn_on, title, Kind.CASE, source, one.withdrawn_why, by, href)


def timetables(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Part-time timetables, each putting off of their end, and what is arranged for children who are ill. Four
    queries at most."""
    people = ("recorded_by__user", "in_error_by__user")
    part_time = _tracked(PartTimeTimetable, pupils, member, *people)
    prefetch_related_objects(part_time, "put_offs__by__user")
    told = [(one.pupil_id, each) for one in part_time for each in _or_in_error(one, _part_time(one))]
    plans = _tracked(HealthPlan, pupils, member, *people, "looked_into_by__user")
    told += [(one.pupil_id, each) for one in plans for each in _or_in_error(one, _of_health(one))]
    return _by_pupil(told)


def _or_in_error(one: PartTimeTimetable | HealthPlan, told: Iterable[Happening]) -> Iterable[Happening]:
    """What is told of a record; of one that never was each part says so, and who said it, when and why."""
    if one.in_error_on is None or one.in_error_by is None:
        yield from told
        return
    parts = list(told)
    yield from (replace(part, title=f"{part.title}{_IF_IN_ERROR[True]}") for part in parts)
    title, by = f"{parts[0].source}: recorded in error", one.in_error_by.name
    yield replace(parts[0], on=one.in_error_on, title=title, words=one.in_error_why, by=by)


def _tracked(model: type[Any], pupils: Sequence[Pupil], member: Membership, *people: str) -> list[Any]:
    if not member.may(Permission.CASE_SEE):
        return []
    found = model.objects.visible_to(member).filter(pupil__in=pupils).order_by("pk")
    return list(found.select_related(*(people or ("recorded_by__user",)), "ended_by__user"))


def _part_time(one: PartTimeTimetable) -> Iterable[Happening]:
    source, href = "Part-time timetable", reverse("pupil_page", args=[one.pupil_id]) + _ON_THE_PAGE
    put_offs = list(one.put_offs.all())
    until_on = put_offs[0].until_before_on if put_offs else one.until_on
    agreed = _agreed(one.agreed_with_parent_on)
    words = f"{one.sessions_a_week} sessions a week, until {until_on:%-d %B %Y}. {one.reason}{agreed}"
    by = one.recorded_by.name
    yield Happening(one.from_on, "Part-time timetable begins", Kind.EDUCATION, source, words, by, href)
    for each in put_offs:
        title, words = _put_off(each)
        yield Happening(each.recorded_on, title, Kind.EDUCATION, source, words, each.by.name, href)
    if one.ended_on and one.ended_by:
        title, by = "Part-time timetable ends", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.how_ended, by, href)


def _put_off(one: TimetablePutOff) -> tuple[str, str]:
    """Another last day; or the same one, to which a parent has agreed since, or of which only the review moved."""
    until, agreed = f"{one.until_on:%-d %B %Y}", _agreed(one.agreed_with_parent_on)
    if one.until_on != one.until_before_on:
        return (
            f"Part-time timetable goes on until {until}",
            f"Agreed before until {one.until_before_on:%-d %B %Y}. {one.why}{agreed}",
        )
    if one.why:
        return f"Part-time timetable stays agreed until {until}", f"{one.why}{agreed}"
    return f"A parent agreed to the part-time timetable until {until}", agreed.strip()


def _agreed(day: dt.date | None) -> str:
    return f" Agreed with a parent on {day:%-d %B %Y}." if day else ""


def _of_health(one: HealthPlan) -> Iterable[Happening]:
    source, href = "Health plan", reverse("pupil_page", args=[one.pupil_id]) + _ON_THE_PAGE
    words = f"{one.get_provision_display()}. {one.words}"
    yield Happening(one.begun_on, "Health plan begins", Kind.EDUCATION, source, words, one.recorded_by.name, href)
    if one.looked_into_on and one.looked_into_by and one.looked_into_words:
        title, by = "The authority looked into the health plan", one.looked_into_by.name
        yield Happening(one.looked_into_on, title, Kind.EDUCATION, source, one.looked_into_words, by, href)
    if one.ended_on and one.ended_by:
        by = one.ended_by.name
        yield Happening(one.ended_on, "Health plan ends", Kind.EDUCATION, source, one.how_ended, by, href)


def enquiries(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Enquiries into whether the child is missing education, what was asked and found, and what came of it. Four
    queries at most."""
    found = _tracked(EducationEnquiry, pupils, member, "begun_by__user")
    prefetch_related_objects(found, "findings__by__user")
    told = [(one.pupil_id, each) for one in found for each in _of_enquiry(one)]
    people = ("by__user", "answered_by__user", "enquiry")
    steps = EnquiryStep.objects.filter(enquiry__in=found).select_related(*people).order_by("pk")
    told += [(step.enquiry.pupil_id, each) for step in steps for each in _of_enquiry_step(step)]
    return _by_pupil(told)


def _of_enquiry(one: EducationEnquiry) -> Iterable[Happening]:
    source, href = "Missing education", reverse("enquiry_page", args=[one.pk])
    title = "Enquiry into the child’s education begun"
    title += ", by school and authority together" if one.is_joint and one.joint_from_on is None else ""
    yield Happening(one.begun_on, title, Kind.EDUCATION, source, one.why, one.begun_by.name, href)
    for found in one.findings.all():
        since = f"{found.missing_from_on:%-d %B %Y}" if found.missing_from_on else "a day that is not known"
        title, words = "Found to be missing education", f"Missing education since {since}."
        words += f" {label_of(MISSING_REASONS, found.primary_reason)}." if found.primary_reason else ""
        by = found.by.name if found.by else ""
        yield Happening(found.found_missing_on, title, Kind.EDUCATION, source, words, by, href)
    if one.ended_on and one.ended_by:
        title, by = f"Enquiry ended: {one.get_outcome_display()}", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.outcome_words, by, href)


def _of_enquiry_step(step: EnquiryStep) -> Iterable[Happening]:
    title, href = f"{step.get_side_display()} asked {step.whom}", reverse("enquiry_page", args=[step.enquiry_id])
    came_at_once = step.answer and step.answered_on is None
    words = f"{step.asked}\nAnswer: {step.answer}" if came_at_once else step.asked
    yield Happening(step.asked_on, title, Kind.EDUCATION, "Missing education", words, step.by.name, href)
    if step.answered_on and step.answered_by:
        title, by = f"{step.whom} answered", step.answered_by.name
        yield Happening(step.answered_on, title, Kind.EDUCATION, "Missing education", step.answer, by, href)


def home_education(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Education at home, from and to, and what the authority did about it. Two queries."""
    found = list(_tracked(HomeEducation, pupils, member, "recorded_by__user", "in_error_by__user"))
    told = [(one.pupil_id, each) for one in found for each in _of_home(one)]
    steps = HomeEducationStep.objects.filter(home_education__in=found).order_by("pk")
    people = ("by__user", "in_error_by__user", "home_education")
    told += [(one.home_education.pupil_id, each) for one in steps.select_related(*people) for each in _of_step(one)]
    return _by_pupil(told)


def _of_home(one: HomeEducation) -> Iterable[Happening]:
    source, href = "Home education", reverse("home_education_page", args=[one.pk])
    in_error = _IF_IN_ERROR[one.in_error_on is not None]
    title = f"Educated at home from here on{in_error}"
    yield Happening(one.from_on, title, Kind.EDUCATION, source, one.words, one.recorded_by.name, href)
    if one.ended_on and one.ended_by:
        title, by = f"Home education ended: {one.get_ended_display()}{in_error}", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.ended_words, by, href)
    if one.in_error_on and one.in_error_by:
        title, by = "Home education: recorded in error", one.in_error_by.name
        yield Happening(one.in_error_on, title, Kind.EDUCATION, source, one.in_error_why, by, href)


def _of_step(step: HomeEducationStep) -> Iterable[Happening]:
    """What was done about home education that never was is told as in error, as the step itself may be."""
    source, href = "Home education", reverse("home_education_page", args=[step.home_education_id])
    what = step.get_kind_display()
    title = what + _IF_IN_ERROR[(step.in_error_on or step.home_education.in_error_on) is not None]
    yield Happening(step.happened_on, title, Kind.EDUCATION, source, step.words, step.by.name, href)
    if step.in_error_on and step.in_error_by:
        title, by = f"{what}: recorded in error", step.in_error_by.name
        yield Happening(step.in_error_on, title, Kind.EDUCATION, source, step.in_error_why, by, href)
