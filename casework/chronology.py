"""What casework tells in a child's chronology: the lines of its cases, referrals, and education in and out of school.

Each function is named in `settings.CHRONOLOGY`; all are for those who may see cases, of children they may see.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import Q
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
)
from schools.models import Pupil

Told = dict[uuid.UUID, list[Happening]]
# Sources of lines that repeat in an open case what the record itself tells here, whether or not a case is open.
_TOLD_BY_ITS_RECORD: Final = ("Referral", "Missing education", "Home education")
# Who found it is told by the line alone.
_FOUND: Final = "The child is missing education"
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
    lines = lines.exclude(Q(source__in=_TOLD_BY_ITS_RECORD) & ~Q(words__startswith=_FOUND))
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
    """Part-time timetables and what is arranged for children who are ill, from and to. Two queries."""
    told = [(one.pupil_id, each) for one in _tracked(PartTimeTimetable, pupils, member) for each in _part_time(one)]
    told += [(one.pupil_id, each) for one in _tracked(HealthPlan, pupils, member) for each in _of_health(one)]
    return _by_pupil(told)


def _tracked(model: type[Any], pupils: Sequence[Pupil], member: Membership, *people: str) -> Iterable[Any]:
    if not member.may(Permission.CASE_SEE):
        return ()
    found = model.objects.visible_to(member).filter(pupil__in=pupils).order_by("pk")
    return list(found.select_related(*(people or ("recorded_by__user",)), "ended_by__user"))


def _part_time(one: PartTimeTimetable) -> Iterable[Happening]:
    source, href = "Part-time timetable", reverse("pupil_page", args=[one.pupil_id]) + _ON_THE_PAGE
    agreed = f" Agreed with a parent on {one.agreed_with_parent_on:%-d %B %Y}." if one.agreed_with_parent_on else ""
    words = f"{one.sessions_a_week} sessions a week, until {one.until_on:%-d %B %Y}. {one.reason}{agreed}"
    by = one.recorded_by.name
    yield Happening(one.from_on, "Part-time timetable begins", Kind.EDUCATION, source, words, by, href)
    if one.ended_on and one.ended_by:
        title, by = "Part-time timetable ends", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.how_ended, by, href)


def _of_health(one: HealthPlan) -> Iterable[Happening]:
    source, href = "Health plan", reverse("pupil_page", args=[one.pupil_id]) + _ON_THE_PAGE
    words = f"{one.get_provision_display()}. {one.words}"
    yield Happening(one.begun_on, "Health plan begins", Kind.EDUCATION, source, words, one.recorded_by.name, href)
    if one.ended_on and one.ended_by:
        by = one.ended_by.name
        yield Happening(one.ended_on, "Health plan ends", Kind.EDUCATION, source, one.how_ended, by, href)


def enquiries(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Enquiries into whether the child is missing education, what was asked, and what came of it. Two queries."""
    found = list(_tracked(EducationEnquiry, pupils, member, "begun_by__user"))
    told = [(one.pupil_id, each) for one in found for each in _of_enquiry(one)]
    steps = EnquiryStep.objects.filter(enquiry__in=found).select_related("by__user", "enquiry").order_by("pk")
    told += [(step.enquiry.pupil_id, _of_enquiry_step(step)) for step in steps]
    return _by_pupil(told)


def _of_enquiry(one: EducationEnquiry) -> Iterable[Happening]:
    source, href = "Missing education", reverse("enquiry_page", args=[one.pk])
    title = "Enquiry into the child’s education begun" + (", by school and authority together" if one.is_joint else "")
    yield Happening(one.begun_on, title, Kind.EDUCATION, source, one.why, one.begun_by.name, href)
    if one.found_missing_on:
        since = f"{one.missing_from_on:%-d %B %Y}" if one.missing_from_on else "a day that is not known"
        words = f"Missing education since {since}."
        yield Happening(one.found_missing_on, "Found to be missing education", Kind.EDUCATION, source, words, href=href)
    if one.ended_on and one.ended_by:
        title, by = f"Enquiry ended: {one.get_outcome_display()}", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.outcome_words, by, href)


def _of_enquiry_step(step: EnquiryStep) -> Happening:
    title, href = f"{step.get_side_display()} asked {step.whom}", reverse("enquiry_page", args=[step.enquiry_id])
    words = f"{step.asked}\nAnswer: {step.answer}" if step.answer else step.asked
    return Happening(step.asked_on, title, Kind.EDUCATION, "Missing education", words, step.by.name, href)


def home_education(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Education at home, from and to, and what the authority did about it. Two queries."""
    found = list(_tracked(HomeEducation, pupils, member))
    told = [(one.pupil_id, each) for one in found for each in _of_home(one)]
    steps = HomeEducationStep.objects.filter(home_education__in=found).select_related("by__user", "home_education")
    told += [(step.home_education.pupil_id, _of_home_step(step)) for step in steps.order_by("pk")]
    return _by_pupil(told)


def _of_home(one: HomeEducation) -> Iterable[Happening]:
    source, href = "Home education", reverse("home_education_page", args=[one.pk])
    yield Happening(
        one.from_on, "Educated at home from here on", Kind.EDUCATION, source, one.words, one.recorded_by.name, href
    )
    if one.ended_on and one.ended_by:
        title, by = f"Home education ended: {one.get_ended_display()}", one.ended_by.name
        yield Happening(one.ended_on, title, Kind.EDUCATION, source, one.ended_words, by, href)


def _of_home_step(step: HomeEducationStep) -> Happening:
    title, href = step.get_kind_display(), reverse("home_education_page", args=[step.home_education_id])
    return Happening(step.happened_on, title, Kind.EDUCATION, "Home education", step.words, step.by.name, href)
