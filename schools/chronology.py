"""What this app tells in a child's chronology: schools, categories, circumstances, returns, the record, hand-overs.

Each function is named in `settings.CHRONOLOGY`; it shows a member what the child's page shows them, and no more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from attendance_portal.chronology import Happening, Kind
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from schools.children.childs_year import enrolments_seen
from schools.handing.hand_over_words import why
from schools.models import (
    BandMove,
    Circumstance,
    Correction,
    Enrolment,
    FormerUpn,
    HandOver,
    Pupil,
    Restriction,
    ReturnStep,
    School,
    StatutoryReturn,
)
from schools.standing import categories

Told = dict[uuid.UUID, list[Happening]]
REGISTER = "The school’s register"
SERVICE = "The service, from the registers"


def _by_pupil(pairs: Iterable[tuple[uuid.UUID, Happening]]) -> Told:
    found: defaultdict[uuid.UUID, list[Happening]] = defaultdict(list)
    for pk, one in pairs:
        found[pk].append(one)
    return dict(found)


def _pupil_page(pk: uuid.UUID, part: str = "") -> str:
    return reverse("pupil_page", args=[pk]) + (f"#{part}" if part else "")


def _day(at: dt.datetime) -> dt.date:
    return timezone.localdate(at)


# --- Schools and rolls --------------------------------------------------------------------------------------


def enrolments(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Admissions and leavings, for a school's own people those of their schools. One query."""
    seen = enrolments_seen(pupils, member)
    return _by_pupil((one.pupil_id, told) for one in seen for told in _of_enrolment(one))


def _of_enrolment(one: Enrolment) -> Iterable[Happening]:
    href = _pupil_page(one.pupil_id)
    if one.admission_on:
        # Not the year group: what is held is that of the latest file, not that of the day.
        title = f"Admitted to {one.school}"
        yield Happening(one.admission_on, title, Kind.SCHOOL, REGISTER, "", one.school.name, href)
    if one.leaving_on:
        words = f"To {one.destination}." if one.destination else ""
        yield Happening(one.leaving_on, f"Left {one.school}", Kind.SCHOOL, REGISTER, words, one.school.name, href)


# --- Attendance ---------------------------------------------------------------------------------------------


def category_moves(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Changes of category, for a school's own people those at their schools. One query."""
    moves = BandMove.objects.filter(pupil__in=pupils).exclude(kind=BandMove.Kind.ELSEWHERE).select_related("school")
    if member.is_of_a_school:
        moves = moves.filter(school__in=School.objects.of_or_before(member))
    return _by_pupil((one.pupil_id, _of_move(one)) for one in moves.order_by("seen_at", "pk"))


def _of_move(one: BandMove) -> Happening:
    words = f"At {one.school}."
    if one.from_band != one.to_band:
        words += f" From “{categories.words(one.from_band)}” to “{categories.words(one.to_band)}”."
    title, href = str(BandMove.Kind(one.kind).label), _pupil_page(one.pupil_id, "changes-of-category")
    return Happening(one.as_at, title, Kind.ATTENDANCE, REGISTER, words, SERVICE, href)


# --- Circumstances and social care --------------------------------------------------------------------------


def circumstances(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Circumstances from and to, those of social care apart, for whoever sees the child. One query."""
    held = Circumstance.objects.filter(pupil__in=pupils).order_by("from_on", "pk")
    return _by_pupil((one.pupil_id, told) for one in held for told in _of_circumstance(one))


def _of_circumstance(one: Circumstance) -> Iterable[Happening]:
    is_of_care = one.kind in Circumstance.VIRTUAL_SCHOOL_KINDS
    kind = Kind.SOCIAL_CARE if is_of_care else Kind.CIRCUMSTANCE
    label, href = Circumstance.Kind(one.kind).label, _pupil_page(one.pupil_id)
    words = f"Social worker: {one.social_worker}." if one.social_worker else ""
    yield Happening(one.from_on, f"{label}: begins", kind, one.source, words, href=href)
    if one.until_on:
        yield Happening(one.until_on, f"{label}: ends", kind, one.source, href=href)


# --- Statutory returns --------------------------------------------------------------------------------------


def returns(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Every step of the returns that this member may open. One query."""
    if not member.may(Permission.RETURN_SEE):
        return {}
    seen = StatutoryReturn.objects.visible_to(member).filter(pupil__in=pupils)
    steps = ReturnStep.objects.filter(of__in=seen).select_related("of__school", "made_by__user")
    return _by_pupil((step.of.pupil_id, _of_step(step)) for step in steps.order_by("made_at", "pk"))


def _of_step(step: ReturnStep) -> Happening:
    title = step.of.get_kind_display()
    source = f"Return of {step.of.school}"
    by = step.made_by.name if step.made_by else SERVICE
    href = reverse("return_page", args=[step.of_id])
    return Happening(_day(step.made_at), title, Kind.RETURN, source, step.words, by, href)


# --- The record itself --------------------------------------------------------------------------------------


def corrections(pupils: Sequence[Pupil], member: Membership) -> Told:
    """What was put right by hand, for a school's own people at their schools or of the child. One query."""
    made = Correction.objects.filter(pupil__in=pupils).select_related("made_by__user")
    if member.is_of_a_school:
        made = made.filter(Q(school=None) | Q(school__in=School.objects.of_or_before(member)))
    return _by_pupil((one.pupil_id, _of_correction(one)) for one in made.order_by("made_at", "pk"))


def _of_correction(one: Correction) -> Happening:
    words = f"From {one.before or 'nothing'} to {one.after or 'nothing'}. {one.reason}"
    by = one.made_by.name if one.made_by else ""
    title, href = f"Put right: {one.fact}", _pupil_page(one.pupil_id, "put-right")
    return Happening(_day(one.made_at), title, Kind.RECORD, "Corrections by hand", words, by, href)


def former_upns(pupils: Sequence[Pupil], member: Membership) -> Told:
    """UPNs the child had before. One query."""
    held = FormerUpn.objects.filter(pupil__in=pupils).order_by("until_on", "pk")
    return _by_pupil(
        (one.pupil_id, Happening(
            one.until_on, "Another UPN from here on", Kind.RECORD, REGISTER, f"It was {one.upn} until then.",
            SERVICE, _pupil_page(one.pupil_id),
        ))
        for one in held
    )  # fmt: skip


def restrictions(pupils: Sequence[Pupil], member: Membership) -> Told:
    """That the record was restricted and opened again, for those who may restrict records. One query."""
    if not member.may(Permission.RECORD_RESTRICT):
        return {}
    held = Restriction.objects.filter(pupil__in=pupils).select_related("restricted_by__user", "lifted_by__user")
    return _by_pupil((one.pupil_id, told) for one in held.order_by("pk") for told in _of_restriction(one))


def _of_restriction(one: Restriction) -> Iterable[Happening]:
    source, href = "Restricted records", _pupil_page(one.pupil_id)
    words = f"{one.get_kind_display()}: {one.reason}"
    by = one.restricted_by.name
    yield Happening(one.restricted_on, "The record was restricted", Kind.RECORD, source, words, by, href)
    if one.lifted_on and one.lifted_by:
        title, by = "The restriction was lifted", one.lifted_by.name
        yield Happening(one.lifted_on, title, Kind.RECORD, source, one.lifted_because, by, href)


def hand_overs(pupils: Sequence[Pupil], member: Membership) -> Told:
    """Hand-overs between authorities, for those who may make and answer them. Two queries."""
    if not member.may(Permission.HAND_OVER):
        return {}
    sent = HandOver.objects.filter(pupil__in=pupils).annotate(ours=F("pupil"))
    seen = HandOver.received.received_as_seen_by(member)
    received = seen.filter(answers__pupil__in=pupils).annotate(
        ours=F("answers__pupil"), answered_at=F("answers__answered_at")
    )
    with_names = ("authority", "to_authority", "offered_by__user")
    told = [(one.ours, _of_sent(one)) for one in sent.select_related(*with_names).order_by("offered_at", "pk")]
    told += [(one.ours, _of_received(one)) for one in received.select_related(*with_names).order_by("offered_at", "pk")]
    return _by_pupil(told)


def _of_sent(one: Any) -> Happening:
    title, href = f"Offered to {one.to_authority}", reverse("hand_over_page", args=[one.pk])
    by, words = one.offered_by.name, f"{why(one, is_sent=True)}."
    return Happening(_day(one.offered_at), title, Kind.RECORD, "Hand-overs between authorities", words, by, href)


def _of_received(one: Any) -> Happening:
    title, href = f"Taken over from {one.authority}", reverse("hand_over_page", args=[one.pk])
    by, words = one.authority.name, f"{why(one, is_sent=False)}."
    return Happening(
        _day(one.answered_at or one.offered_at), title, Kind.RECORD, "Hand-overs between authorities", words, by, href
    )
