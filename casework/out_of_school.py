"""The pages of one enquiry and of one child's home education: facts, steps, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework import termly_categories as categories
from casework.models import EducationEnquiry, EnquiryStep, HomeEducation, HomeEducationStep, MissingFinding
from casework.tracked import enrolments_known
from schools.models import Enrolment, Pupil, School
from schools.stored.same_child import records_of


@dataclass(frozen=True)
class Page:
    """What a page shows: a summary list, a timeline, and links to what the member may do now."""

    title: str
    facts: Sequence[dict[str, Any]]
    steps: Sequence[dict[str, Any]]
    ways: Sequence[tuple[str, str]]


def enquiry_page(one: EducationEnquiry, member: Membership) -> Page:
    """An enquiry as its page shows it. Two queries, for steps and findings; for a school’s own people one more, and of
    a child found to be missing two, for whether they are on a roll."""
    asked = one.steps.select_related("by__user", "answered_by__user")
    steps = [_enquiry_step(one, step, member) for step in asked]
    steps += [_finding(found) for found in one.findings.select_related("by__user")]
    steps.sort(key=lambda event: event["at"], reverse=True)
    missing = "Correct or change what was found" if one.is_missing else "Say that the child is missing education"
    ways = [
        ("Write what was asked", "add_enquiry_step", Permission.TRACKING_KEEP),
        (missing, "record_missing", Permission.OUT_OF_SCHOOL_KEEP),
        ("End the enquiry", "end_enquiry", Permission.OUT_OF_SCHOOL_KEEP),
    ]
    shown = [*_open_ways(one, ways, member), *_after_enquiry(one, member)]
    return Page("Enquiry into missing education", _enquiry_facts(one, member), steps, shown)


def _after_enquiry(one: EducationEnquiry, member: Membership) -> list[tuple[str, str]]:
    """A child found to be educated at home is in neither count until that is recorded. One query, of such a child."""
    if one.outcome != EducationEnquiry.Outcome.HOME or not member.may(Permission.OUT_OF_SCHOOL_KEEP):
        return []
    if HomeEducation.objects.running().filter(pupil__in=records_of(one.pupil)).exists():
        return []
    return [("Record home education", reverse("record_home_education", args=[one.pupil_id]))]


def _enquiry_step(one: EducationEnquiry, step: EnquiryStep, member: Membership) -> dict[str, Any]:
    """What was asked, as an event of the timeline; an answer that came later with its day and who wrote it down."""
    answer = f"Answer: {step.answer}" if step.answer else "No answer yet."
    if step.answered_on and step.answered_by:
        answer = f"Answer of {step.answered_on:%-d %B %Y}, written down by {step.answered_by.name}: {step.answer}"
    may = not step.answer and one.ended_on is None and member.may(Permission.TRACKING_KEEP)
    return {
        "title": f"{step.get_side_display()} asked {step.whom}",
        "at": step.asked_on,
        "when": f"{step.asked_on:%-d %B %Y}",
        "by": step.by.name,
        "text": f"{step.asked}\n{answer}",
        "way": ("Write the answer", reverse("answer_enquiry_step", args=[one.pk, step.pk])) if may else None,
    }


def _finding(found: MissingFinding) -> dict[str, Any]:
    """A finding as an event of the timeline, on the day from which the child counts."""
    since = f"{found.missing_from_on:%-d %B %Y}" if found.missing_from_on else "a day that is not known"
    reason = categories.label_of(categories.MISSING_REASONS, found.primary_reason)
    return {
        "title": "Found to be missing education",
        "at": found.found_missing_on,
        "when": f"{found.found_missing_on:%-d %B %Y}",
        "by": found.by.name if found.by else "",
        "text": f"Missing education since {since}. {reason}. Recorded on {found.recorded_on:%-d %B %Y}.",
    }


def _enquiry_facts(one: EducationEnquiry, member: Membership) -> list[dict[str, Any]]:
    facts = {
        "Why": one.why,
        "Begun": f"{one.begun_on:%-d %B %Y}, {one.begun_by.name}",
        "Who enquires": _who_enquires(one, _school_shown(one, member)),
        "Missing education": "Not found to be missing",
    }
    if one.is_missing:
        since = f"{one.missing_from_on:%-d %B %Y}" if one.missing_from_on else "not known"
        facts["Missing education"] = f"Found to be, from {one.found_missing_on:%-d %B %Y}"
        facts["Without education since"] = since
        facts["Main reason"] = categories.label_of(categories.MISSING_REASONS, one.primary_reason)
        if one.ended_on is None and (schools := on_roll_at(one.pupil, member)):
            facts["On a roll"] = (
                f"{schools}. No day on a roll counts as missing education: if the child is there, end the enquiry"
            )
    if one.ended_on:
        facts["Ended"] = f"{one.ended_on:%-d %B %Y}"
        facts["Outcome"] = f"{one.get_outcome_display()}. {one.outcome_words}"
    return [{"key": key, "value": value} for key, value in facts.items()]


def _who_enquires(one: EducationEnquiry, school: str) -> str:
    if not one.is_joint:
        return f"{one.side_that_began} alone"
    together = f"The authority and {school} together"
    if one.joint_from_on is None:
        return together
    return f"{together}, from {one.joint_from_on:%-d %B %Y}; {one.side_that_began.lower()} began it alone"


def _school_shown(one: EducationEnquiry, member: Membership) -> str:
    """The school's name; a school's own people are not told which other school enquires."""
    if one.school is None:
        return "the school"
    is_told = not member.is_of_a_school or School.objects.of_or_before(member).filter(pk=one.school_id).exists()
    return one.school.name if is_told else "another school"


def home_page(one: HomeEducation, member: Membership) -> Page:
    """A child's home education as its page shows it. Three queries: for the steps, and whether they are on a roll."""
    steps = [_home_step(one, step, member) for step in one.steps.select_related("by__user", "in_error_by__user")]
    ways = [("Say that it has ended", "end_home_education", Permission.OUT_OF_SCHOOL_KEEP)]
    facts = {
        "Educated at home from": f"{one.from_on:%-d %B %Y}",
        "Main reason": categories.label_of(categories.HOME_REASONS, one.primary_reason),
        "School before": categories.label_of(categories.SCHOOLS_BEFORE, one.school_before),
        "What the parents said": one.words or "Nothing is written down",
    }
    if one.ended_on is None and (schools := on_roll_at(one.pupil, member)):
        facts["On a roll"] = (
            f"{schools}. No day on a roll counts as educated at home: if they came back, say that it ended"
        )
    if one.ended_on:
        facts["Ended"] = f"{one.ended_on:%-d %B %Y}"
        facts["What came after"] = f"{one.get_ended_display()}. {one.ended_words}"
    if in_error := _in_error(one):
        facts["Recorded in error"] = in_error
    rows = [{"key": key, "value": value} for key, value in facts.items()]
    shown = [*_step_way(one, member), *_open_ways(one, ways, member), *_after(one, member), *_error_way(one, member)]
    return Page("Home education", rows, steps, [] if in_error else shown)


def on_roll_at(pupil: Pupil, member: Membership) -> str:
    """The schools on whose roll the child is today, by any record, as far as the member may know them."""
    records = Pupil.objects.visible_to(member).filter(pk__in=records_of(pupil))
    there = Enrolment.objects.there(member.on) & enrolments_known(member).filter(pupil__in=records)
    return ", ".join(there.order_by("school__name").values_list("school__name", flat=True).distinct())


def _in_error(one: HomeEducation | HomeEducationStep) -> str:
    """Who said when and why that it never was; empty of what stands."""
    if one.in_error_on is None or one.in_error_by is None:
        return ""
    return f"{one.in_error_on:%-d %B %Y}, {one.in_error_by.name}: {one.in_error_why}"


def _home_step(one: HomeEducation, step: HomeEducationStep, member: Membership) -> dict[str, Any]:
    """What the authority did, as an event of the timeline."""
    title, in_error, way = step.get_kind_display(), _in_error(step), None
    if not (in_error or one.in_error_on) and member.may(Permission.OUT_OF_SCHOOL_KEEP):
        way = ("Say that it was written down in error", reverse("void_home_education_step", args=[one.pk, step.pk]))
    return {
        "title": f"{title} (written down in error)" if in_error else title,
        "at": step.happened_on,
        "when": f"{step.happened_on:%-d %B %Y}",
        "by": step.by.name,
        "text": "\n".join(filter(None, [step.words, in_error and f"Written down in error: {in_error}"])),
        "way": way,
    }


def _error_way(one: HomeEducation, member: Membership) -> list[tuple[str, str]]:
    if not member.may(Permission.OUT_OF_SCHOOL_KEEP):
        return []
    return [("Say that it was recorded in error", reverse("void_home_education", args=[one.pk]))]


def _step_way(one: HomeEducation, member: Membership) -> list[tuple[str, str]]:
    """Notices and orders may follow after it has ended."""
    if not member.may(Permission.OUT_OF_SCHOOL_KEEP):
        return []
    words = "Write what was done" if one.ended_on is None else "Write of a notice or an order"
    return [(words, reverse("add_home_education_step", args=[one.pk]))]


def _open_ways(one: Any, ways: Sequence[tuple[str, str, Permission]], member: Membership) -> list[tuple[str, str]]:
    if one.ended_on is not None:
        return []
    return [(words, reverse(name, args=[one.pk])) for words, name, needed in ways if member.may(needed)]


def _after(one: HomeEducation, member: Membership) -> list[tuple[str, str]]:
    """A child whose home education was found unsuitable counts as missing education (DfE's definition)."""
    if one.ended == HomeEducation.Ended.UNSUITABLE and member.may(Permission.TRACKING_KEEP):
        return [("Begin an enquiry about missing education", reverse("begin_enquiry", args=[one.pupil_id]))]
    return []
