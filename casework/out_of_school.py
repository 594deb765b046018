"""The pages of one enquiry and of one child's home education: facts, steps, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework import termly_categories as categories
from casework.models import EducationEnquiry, HomeEducation
from schools.models import School


@dataclass(frozen=True)
class Page:
    """What a page shows: a summary list, a timeline, and links to what the member may do now."""

    title: str
    facts: Sequence[dict[str, Any]]
    steps: Sequence[dict[str, Any]]
    ways: Sequence[tuple[str, str]]


def enquiry_page(one: EducationEnquiry, member: Membership) -> Page:
    """An enquiry as its page shows it. One query, for the steps; for a school’s own people one more."""
    steps = [
        {
            "title": f"{step.get_side_display()} asked {step.whom}",
            "at": step.asked_on,
            "when": f"{step.asked_on:%-d %B %Y}",
            "by": step.by.name,
            "text": f"{step.asked}\n{'Answer: ' + step.answer if step.answer else 'No answer yet.'}",
        }
        for step in one.steps.select_related("by__user")
    ]
    ways = [
        ("Write what was asked", "add_enquiry_step", Permission.TRACKING_KEEP),
        ("Say that the child is missing education", "record_missing", Permission.OUT_OF_SCHOOL_KEEP),
        ("End the enquiry", "end_enquiry", Permission.OUT_OF_SCHOOL_KEEP),
    ]
    return Page("Enquiry into missing education", _enquiry_facts(one, member), steps, _open_ways(one, ways, member))


def _enquiry_facts(one: EducationEnquiry, member: Membership) -> list[dict[str, Any]]:
    school = _school_shown(one, member)
    facts = {
        "Why": one.why,
        "Begun": f"{one.begun_on:%-d %B %Y}, {one.begun_by.name}",
        "Who enquires": f"The authority and {school} together" if one.is_joint else "One side; not joint",
        "Missing education": "Not found to be missing",
    }
    if one.is_missing:
        since = f"{one.missing_from_on:%-d %B %Y}" if one.missing_from_on else "not known"
        facts["Missing education"] = f"Yes, counted from {one.found_missing_on:%-d %B %Y}"
        facts["Without education since"] = since
        facts["Main reason"] = categories.label_of(categories.MISSING_REASONS, one.primary_reason)
    if one.ended_on:
        facts["Ended"] = f"{one.ended_on:%-d %B %Y}"
        facts["Outcome"] = f"{one.get_outcome_display()}. {one.outcome_words}"
    return [{"key": key, "value": value} for key, value in facts.items()]


def _school_shown(one: EducationEnquiry, member: Membership) -> str:
    """The school's name; a school's own people are not told which other school enquires."""
    if one.school is None:
        return "the school"
    is_told = not member.is_of_a_school or School.objects.of_or_before(member).filter(pk=one.school_id).exists()
    return one.school.name if is_told else "another school"


def home_page(one: HomeEducation, member: Membership) -> Page:
    """A child's home education as its page shows it. One query, for the steps."""
    steps = [
        {
            "title": step.get_kind_display(),
            "at": step.happened_on,
            "when": f"{step.happened_on:%-d %B %Y}",
            "by": step.by.name,
            "text": step.words,
        }
        for step in one.steps.select_related("by__user")
    ]
    ways = [("Say that it has ended", "end_home_education", Permission.OUT_OF_SCHOOL_KEEP)]
    facts = {
        "Educated at home from": f"{one.from_on:%-d %B %Y}",
        "Main reason": categories.label_of(categories.HOME_REASONS, one.primary_reason),
        "School before": categories.label_of(categories.SCHOOLS_BEFORE, one.school_before),
        "What the parents said": one.words or "Nothing is written down",
    }
    if one.ended_on:
        facts["Ended"] = f"{one.ended_on:%-d %B %Y}"
        facts["What came after"] = f"{one.get_ended_display()}. {one.ended_words}"
    rows = [{"key": key, "value": value} for key, value in facts.items()]
    return Page(
        "Home education", rows, steps, [*_step_way(one, member), *_open_ways(one, ways, member), *_after(one, member)]
    )


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
