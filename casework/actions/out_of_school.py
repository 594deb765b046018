"""Enquiries about children who may be missing education, and home education: begun, asked about, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.actions.moving import write_if_open
from casework.actions.tracking import end_running
from casework.models import EducationEnquiry, EnquiryStep, HomeEducation, HomeEducationStep
from schools.models import Pupil, School


def begin_enquiry(
    pupil: Pupil,
    *,
    why: str,
    begun_on: dt.date,
    is_joint: bool = False,
    school: School | None = None,
    on: dt.date,
    by: Membership,
) -> EducationEnquiry:
    """Begin to find out whether a child is missing education. Refused while an enquiry is open."""
    with once("enquiry_once", refusal="An enquiry about this child is open already. Write in that one."):
        made: EducationEnquiry = EducationEnquiry.objects.create(
            pupil=pupil, school=school, is_joint=is_joint, begun_on=begun_on, begun_by=by, why=why
        )
    joint = " by the school and the authority together" if is_joint else ""
    _told("begin_enquiry", made, f"Enquiry into the child’s education begun{joint}. {why}", on=on, by=by)
    return made


def add_enquiry_step(
    enquiry: EducationEnquiry,
    *,
    side: str,
    whom: str,
    asked: str,
    asked_on: dt.date,
    answer: str = "",
    on: dt.date,
    by: Membership,
) -> EnquiryStep:
    """Write what was asked of whom, and what they answered. Refused once the enquiry has ended."""
    _lock_running(enquiry)
    step: EnquiryStep = EnquiryStep.objects.create(
        enquiry=enquiry, side=side, whom=whom, asked=asked, asked_on=asked_on, answer=answer, recorded_on=on, by=by
    )
    answered = f" Answer: {answer}" if answer else ""
    words = f"{EnquiryStep.Side(side).label} asked {whom} on {asked_on:%-d %B %Y}: {asked}{answered}"
    _told("add_enquiry_step", enquiry, words, on=on, by=by)
    return step


def record_missing(
    enquiry: EducationEnquiry,
    *,
    found_missing_on: dt.date,
    missing_from_on: dt.date | None,
    primary_reason: str,
    on: dt.date,
    by: Membership,
) -> None:
    """Find that the child is missing education, since when as far as it is known, and for which main reason."""
    if missing_from_on and missing_from_on > found_missing_on:
        raise Refused("The child cannot be missing from a later day than the one on which it was found.")
    found = EducationEnquiry.objects.running().filter(pk=enquiry.pk)
    changes: dict[str, Any] = {
        "is_missing": True,
        "found_missing_on": found_missing_on,
        "missing_from_on": missing_from_on,
        "primary_reason": primary_reason,
    }
    if found.update(**changes) != 1:
        raise Refused("This enquiry has ended already.")
    enquiry.refresh_from_db()
    since = f"since {missing_from_on:%-d %B %Y}" if missing_from_on else "since a day that is not known"
    _told("record_missing", enquiry, f"The child is missing education, {since}.", on=on, by=by)


def end_enquiry(
    enquiry: EducationEnquiry, *, outcome: str, ended_on: dt.date, outcome_words: str, on: dt.date, by: Membership
) -> None:
    """Say what came of the enquiry. A child who was missing is not any more from that day on."""
    end_running(
        EducationEnquiry, enquiry, ended_on=ended_on, began_on=enquiry.begun_on, ended_by=by,
        outcome=outcome, outcome_words=outcome_words,
    )  # fmt: skip
    words = f"Enquiry ended on {ended_on:%-d %B %Y}: {EducationEnquiry.Outcome(outcome).label}. {outcome_words}"
    _told("end_enquiry", enquiry, words, on=on, by=by)


def record_home_education(
    pupil: Pupil,
    *,
    from_on: dt.date,
    primary_reason: str,
    school_before: str,
    words: str = "",
    on: dt.date,
    by: Membership,
) -> HomeEducation:
    """Record that the parents educate the child at home. Refused while that is recorded already."""
    with once("home_education_once", refusal="This child is recorded as educated at home already."):
        made: HomeEducation = HomeEducation.objects.create(
            pupil=pupil, from_on=from_on, primary_reason=primary_reason, school_before=school_before, words=words,
            recorded_on=on, recorded_by=by,
        )  # fmt: skip
    _told("record_home_education", made, f"Educated at home from {from_on:%-d %B %Y}. {words}", on=on, by=by)
    return made


def add_home_education_step(
    home_education: HomeEducation, *, kind: str, happened_on: dt.date, words: str = "", on: dt.date, by: Membership
) -> HomeEducationStep:
    """Write what the authority did: a visit, a decision, a notice, an order. Refused once it has ended."""
    _lock_running(home_education)
    step: HomeEducationStep = HomeEducationStep.objects.create(
        home_education=home_education, kind=kind, happened_on=happened_on, words=words, recorded_on=on, by=by
    )
    told = f"{HomeEducationStep.Kind(kind).label} on {happened_on:%-d %B %Y}. {words}"
    _told("add_home_education_step", home_education, told, on=on, by=by)
    return step


def end_home_education(
    home_education: HomeEducation, *, ended: str, ended_on: dt.date, ended_words: str, on: dt.date, by: Membership
) -> None:
    """Say when the child was last educated at home, and what came after."""
    end_running(
        HomeEducation, home_education, ended_on=ended_on, began_on=home_education.from_on, ended_by=by,
        ended=ended, ended_words=ended_words,
    )  # fmt: skip
    words = f"Home education ended on {ended_on:%-d %B %Y}: {HomeEducation.Ended(ended).label}. {ended_words}"
    _told("end_home_education", home_education, words, on=on, by=by)


def _lock_running(one: Any) -> None:
    """Nothing is written into what has ended, nor while somebody ends it."""
    if not type(one).objects.select_for_update().running().filter(pk=one.pk).exists():
        raise Refused("This has ended already.")


def _told(what: str, one: Any, words: str, *, on: dt.date, by: Membership) -> None:
    source = "Missing education" if isinstance(one, EducationEnquiry) else "Home education"
    write_if_open(one.pupil_id, words.strip(), on=on, by=by, source=source)
    record(what, by=by, words=words.strip()[:500], subject=one, pupils=[one.pupil_id])
