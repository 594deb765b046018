"""Enquiries about children who may be missing education, and home education: begun, asked about, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.days import is_of_compulsory_school_age
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.actions.moving import UNSEEN, take_turns_to_open, write_if_open
from casework.actions.tracking import end_running, refuse_second
from casework.models import EducationEnquiry, EnquiryStep, HomeEducation, HomeEducationStep, MissingFinding
from casework.termly_categories import UNSUITABLE_HOME
from schools.models import Enrolment, Pupil, School
from schools.stored.beginnings import joined_on
from schools.stored.same_child import records_of

_HAS_ENQUIRY = "An enquiry about this child is open already. Write in that one."
_IS_AT_HOME = "This child is recorded as educated at home already."
_IN_ERROR = "This is marked as recorded in error already."
_COUNTED = (HomeEducationStep.Kind.NOTICE, HomeEducationStep.Kind.ORDER, HomeEducationStep.Kind.REVOKED)
_WHILE_IT_RUNS = (HomeEducationStep.Kind.VISIT, HomeEducationStep.Kind.SUITABLE)


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
    refuse_second(EducationEnquiry, pupil, _HAS_ENQUIRY, on=on, by=by)
    with once("enquiry_once", refusal=_HAS_ENQUIRY):
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
    is_joint: bool = False,
    school: School | None = None,
    on: dt.date,
    by: Membership,
) -> EnquiryStep:
    """Write what was asked of whom, and what they answered. Refused once the enquiry has ended.

    is_joint: from that day on this school and the authority enquire together, as grounds H and I of SI 2024/208 reg 9
    need it, in what one of them began alone.
    """
    held = _lock_running(enquiry)
    if is_joint:
        _join(held, school, asked_on)
        enquiry.refresh_from_db()
        asked = f"{asked}\nFrom here on the school and the authority enquire together."
    step: EnquiryStep = EnquiryStep.objects.create(
        enquiry=enquiry, side=side, whom=whom, asked=asked, asked_on=asked_on, answer=answer, recorded_on=on, by=by
    )
    answered = f" Answer: {answer}" if answer else ""
    words = f"{EnquiryStep.Side(side).label} asked {whom} on {asked_on:%-d %B %Y}: {asked}{answered}"
    _told("add_enquiry_step", enquiry, words, on=on, by=by)
    return step


def _join(held: EducationEnquiry, school: School | None, day: dt.date) -> None:
    if held.is_joint:
        raise Refused("The school and the authority enquire together already.")
    if day < held.begun_on:
        raise Refused("They cannot enquire together before the enquiry was begun.")
    held.is_joint, held.school, held.joint_from_on = True, school, day
    held.save(update_fields=["is_joint", "school", "joint_from_on"])


def answer_enquiry_step(step: EnquiryStep, *, answer: str, answered_on: dt.date, on: dt.date, by: Membership) -> None:
    """Write the answer to what was asked, once it has come. Once; refused when the enquiry has ended."""
    _lock_running(step.enquiry)
    if answered_on < step.asked_on:
        raise Refused("It cannot be answered before it was asked.")
    found = EnquiryStep.objects.filter(pk=step.pk, answer="")
    if found.update(answer=answer, answered_on=answered_on, answered_by=by) != 1:
        raise Refused("An answer is written down already.")
    step.refresh_from_db()
    words = f"{step.whom} answered on {answered_on:%-d %B %Y} what was asked on {step.asked_on:%-d %B %Y}: {answer}"
    _told("answer_enquiry_step", step.enquiry, words, on=on, by=by)


def record_missing(
    enquiry: EducationEnquiry,
    *,
    found_missing_on: dt.date,
    missing_from_on: dt.date | None,
    primary_reason: str,
    is_correction: bool = False,
    on: dt.date,
    by: Membership,
) -> None:
    """Find that the child is missing education, since when as far as it is known, and for which main reason.

    Refused of a child who on the day it was found was on a roll, past or before compulsory school age, or educated at
    home: none of them is missing education (EA 1996 s.436A). Where the reason is that home education was found not to
    be suitable, the home education that runs ends on that day by the same act (DfE's definition: from EHE to CME).
    Of an enquiry the latest finding counts; each stays to be read, with its author. Of a child found already a later
    day is refused, unless it is said that the day before was wrong: it would take them out of a count that was sent.
    """
    if missing_from_on and missing_from_on > found_missing_on:
        raise Refused("The child cannot be missing from a later day than the one on which it was found.")
    take_turns_to_open(enquiry.pupil_id)
    before = _lock_running(enquiry).found_missing_on
    if before and found_missing_on > before and not is_correction:
        raise Refused(
            f"The child counts as missing education from {before:%-d %B %Y} already. Leave that day if only the reason "
            "is another now; if it was wrong, say so below."
        )
    _refuse_unless_without_school(enquiry.pupil, found_missing_on)
    _end_unsuitable(enquiry.pupil, found_missing_on, primary_reason, on=on, by=by)
    found = EducationEnquiry.objects.running().filter(pk=enquiry.pk)
    told: dict[str, Any] = {
        "found_missing_on": found_missing_on,
        "missing_from_on": missing_from_on,
        "primary_reason": primary_reason,
    }
    if found.update(is_missing=True, **told) != 1:
        raise Refused("This enquiry has ended already.")
    MissingFinding.objects.create(enquiry=enquiry, **told, recorded_on=on, by=by)
    enquiry.refresh_from_db()
    since = f"since {missing_from_on:%-d %B %Y}" if missing_from_on else "since a day that is not known"
    moved = ""
    if before and before != found_missing_on:
        moved = f" It counts from {found_missing_on:%-d %B %Y}, no longer from {before:%-d %B %Y}."
    _told("record_missing", enquiry, f"The child is missing education, {since}.{moved}", on=on, by=by)


def _refuse_unless_without_school(pupil: Pupil, day: dt.date) -> None:
    if pupil.date_of_birth and not is_of_compulsory_school_age(pupil.date_of_birth, day):
        raise Refused(f"The child was not of compulsory school age on {day:%-d %B %Y}.")
    stays = Enrolment.objects.there(day).filter(pupil__in=records_of(pupil)).select_related("school")
    first = joined_on(stays)
    stay = next((one for one in stays if first[one.pk] <= day), None)
    if stay is not None:
        raise Refused(
            f"The child is on the roll of {stay.school} on {day:%-d %B %Y}. A child on a roll is not missing "
            "education, however long they are away: record the last day on roll first, if they have left."
        )


def _end_unsuitable(pupil: Pupil, day: dt.date, reason: str, *, on: dt.date, by: Membership) -> None:
    """End the home education that a finding that it is not suitable ends; any other on that day refuses the finding."""
    stands = Q(ended_on=None) | Q(ended_on__gt=day)
    home = HomeEducation.objects.standing().filter(stands, pupil__in=records_of(pupil)).order_by("from_on").first()
    if home is None:
        return
    if reason != UNSUITABLE_HOME or home.ended_on or home.from_on > day:
        until = f" to {home.ended_on:%-d %B %Y}" if home.ended_on else ""
        raise Refused(
            f"The child is recorded as educated at home from {home.from_on:%-d %B %Y}{until}. Say first how that "
            "ended, or choose as the reason that it was found not to be suitable: then it ends on that day."
        )
    words = "Found to be missing education."
    end_home_education(home, ended=HomeEducation.Ended.UNSUITABLE, ended_on=day, ended_words=words, on=on, by=by)


def end_enquiry(
    enquiry: EducationEnquiry, *, outcome: str, ended_on: dt.date, outcome_words: str, on: dt.date, by: Membership
) -> None:
    """Say what came of the enquiry. A child who was missing is not any more from that day on.

    Refused of a day before the one on which the child was found missing: so found, they would have been it on no day.
    Refused where a child found missing was not found: they are missing still, and counted (EA 1996 s.436A).
    """
    now = _lock_running(enquiry)
    if now.is_missing and outcome == EducationEnquiry.Outcome.NOT_FOUND:
        raise Refused(
            "A child who is missing education and was not found is missing still, and counts. So the enquiry stays "
            "open: write what was asked of whom into it, and end it once it is known where the child is, or that they "
            "are no longer of compulsory school age."
        )
    if now.found_missing_on and ended_on < now.found_missing_on:
        raise Refused(
            f"The child counts as missing education from {now.found_missing_on:%-d %B %Y}. Enter that day or a later "
            "one; if the child was found on an earlier day, correct that first."
        )
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
    ended_on: dt.date | None = None,
    ended: str = "",
    on: dt.date,
    by: Membership,
) -> HomeEducation:
    """Record that the parents educate the child at home, or did until `ended_on` (not itself), and what came after.

    Refused where that is recorded of any of those days already, of home education that goes on as of one that ended,
    and where the child counts as missing education on any of them: nobody is both (DfE's definition).
    """
    if ended_on and ended_on < from_on:
        raise Refused("It cannot end before it began.")
    if ended_on is None:
        refuse_second(HomeEducation, pupil, _IS_AT_HOME, on=on, by=by)
    take_turns_to_open(pupil.pk)
    _refuse_at_home_on_those_days(pupil, from_on, ended_on, on=on, by=by)
    _refuse_missing(pupil, from_on, ended_on)
    ends = {"ended_on": ended_on, "ended": ended, "ended_by": by} if ended_on else {}
    with once("home_education_once", refusal=_IS_AT_HOME):
        made: HomeEducation = HomeEducation.objects.create(
            pupil=pupil, from_on=from_on, primary_reason=primary_reason, school_before=school_before, words=words,
            recorded_on=on, recorded_by=by, **ends,
        )  # fmt: skip
    until = f" to {ended_on:%-d %B %Y}: {HomeEducation.Ended(ended).label}" if ended_on else ""
    _told("record_home_education", made, f"Educated at home from {from_on:%-d %B %Y}{until}. {words}", on=on, by=by)
    return made


def _refuse_at_home_on_those_days(
    pupil: Pupil, first: dt.date, end: dt.date | None, *, on: dt.date, by: Membership
) -> None:
    """Refuse home education from `first` (up to before `end`) of which another one covers a day, by any record.

    The days are for who sees that record; nobody else is told of it.
    """
    later, before = Q(ended_on=None) | Q(ended_on__gt=first), Q(from_on__lt=end) if end else Q()
    found = HomeEducation.objects.standing().filter(later, before, pupil__in=records_of(pupil))
    if (one := found.order_by("from_on").first()) is None:
        return
    by.on = on
    if not Pupil.objects.visible_to(by).filter(pk=one.pupil_id).exists():
        raise Refused(UNSEEN)
    told = "This child is recorded as educated at home on some of these days already: from"
    if one.ended_on is None:
        raise Refused(f"{told} {one.from_on:%-d %B %Y}. If it had ended before, enter that day or an earlier one.")
    raise Refused(
        f"{told} {one.from_on:%-d %B %Y} to {one.ended_on:%-d %B %Y}. If it began again, enter {one.ended_on:%-d %B %Y}"
        " or a later day as the first."
    )


def _refuse_missing(pupil: Pupil, first: dt.date, end: dt.date | None) -> None:
    """Refuse home education from `first` up to before `end` of a child who counts as missing on any of these days."""
    later, before = Q(ended_on=None) | Q(ended_on__gt=first), Q(found_missing_on__lt=end) if end else Q()
    found = EducationEnquiry.objects.filter(later, before, pupil__in=records_of(pupil), is_missing=True)
    if (one := found.order_by("found_missing_on").first()) is None:
        return
    since = f"counts as missing education from {one.found_missing_on:%-d %B %Y}"
    if one.ended_on is None:
        raise Refused(f"This child {since}. End that enquiry first, with what came of it.")
    raise Refused(
        f"This child {since} to {one.ended_on:%-d %B %Y}. If home education ended before, enter the day on which it "
        "ended; if it began after, enter a later first day."
    )


def add_home_education_step(
    home_education: HomeEducation, *, kind: str, happened_on: dt.date, words: str = "", on: dt.date, by: Membership
) -> HomeEducationStep:
    """Write what the authority did: a visit, a decision, a notice, an order.

    After home education has ended too: an order is often served or revoked later, and each counts in the return of
    its year. Refused are only a visit and a finding of suitable education on a day on which it had ended, and a second
    notice or order of one day: the return counts each, and a form that is sent twice would double it for ever.
    """
    held = _lock_standing(home_education)
    same = held.steps.filter(kind=kind, happened_on=happened_on, in_error_on=None)
    if kind in _COUNTED and same.exists():
        raise Refused("This is written down for that day already.")
    if held.ended_on and happened_on > held.ended_on and kind in _WHILE_IT_RUNS:
        raise Refused(
            f"Home education ended on {held.ended_on:%-d %B %Y}. After it only notices, orders and contacts follow."
        )
    step: HomeEducationStep = HomeEducationStep.objects.create(
        home_education=home_education, kind=kind, happened_on=happened_on, words=words, recorded_on=on, by=by
    )
    told = f"{HomeEducationStep.Kind(kind).label} on {happened_on:%-d %B %Y}. {words}"
    _told("add_home_education_step", home_education, told, on=on, by=by)
    return step


def void_home_education(home_education: HomeEducation, *, why: str, on: dt.date, by: Membership) -> None:
    """Say that the child was never educated at home: it stays to be read, and counts nowhere any more."""
    held = _lock_standing(home_education)
    _mark_in_error(held, why, on=on, by=by)
    home_education.refresh_from_db()
    words = f"Home education from {held.from_on:%-d %B %Y} was recorded in error. {why}"
    _told("void_home_education", home_education, words, on=on, by=by)


def void_home_education_step(step: HomeEducationStep, *, why: str, on: dt.date, by: Membership) -> None:
    """Say that a notice, an order or what else was written down never was: it stays to be read, and is not counted."""
    _lock_standing(step.home_education)
    _mark_in_error(HomeEducationStep.objects.select_for_update(of=("self",)).get(pk=step.pk), why, on=on, by=by)
    words = f"{step.get_kind_display()} on {step.happened_on:%-d %B %Y} was recorded in error. {why}"
    _told("void_home_education_step", step.home_education, words, on=on, by=by)


def _lock_standing(one: HomeEducation) -> HomeEducation:
    """The row as it is now, which nobody else changes until this transaction ends."""
    held: HomeEducation = HomeEducation.objects.select_for_update().get(pk=one.pk)
    if held.in_error_on:
        raise Refused(_IN_ERROR)
    return held


def _mark_in_error(held: HomeEducation | HomeEducationStep, why: str, *, on: dt.date, by: Membership) -> None:
    if held.in_error_on:
        raise Refused(_IN_ERROR)
    held.in_error_on, held.in_error_by, held.in_error_why = on, by, why
    held.save(update_fields=["in_error_on", "in_error_by", "in_error_why"])


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


def _lock_running(one: EducationEnquiry) -> EducationEnquiry:
    """The enquiry as it is now. Nothing is written into what has ended, nor while somebody ends it."""
    held: EducationEnquiry | None = EducationEnquiry.objects.select_for_update().running().filter(pk=one.pk).first()
    if held is None:
        raise Refused("This has ended already.")
    return held


def _told(what: str, one: Any, words: str, *, on: dt.date, by: Membership) -> None:
    source = "Missing education" if isinstance(one, EducationEnquiry) else "Home education"
    write_if_open(one.pupil_id, words.strip(), on=on, by=by, source=source)
    record(what, by=by, words=words.strip()[:500], subject=one, pupils=[one.pupil_id])
