"""What a child's page holds for one member: fetched here, said in `child_words`.

A school's people see their own school's enrolment figures; others who may see the child see all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.roles import Permission
from schools import calendar, categories, child_words
from schools.child_view import child_view_of
from schools.childs_year import ChildsYear, childs_years, years_held
from schools.models import (
    BandMove,
    CarerLink,
    Circumstance,
    Correction,
    Enrolment,
    FormerUpn,
    Pupil,
    School,
    SchoolMembership,
    Standing,
)
from schools.presenters import year_words
from schools.restrictions import restriction_shown
from schools.same_child import records_seen

LATEST_LOOKS = 25


@dataclass(frozen=True)
class Chosen:
    """The enrolments a member sees of a child, the years there are, and the one shown."""

    enrolments: list[Enrolment]
    years: list[int]
    year: int | None
    shown: list[ChildsYear]


def enrolments_seen(records: Sequence[Pupil], member: Membership) -> QuerySet[Enrolment]:
    """The child's enrolments whose figures this member may see, of all these records of the child."""
    theirs = Enrolment.objects.filter(pupil__in=records).select_related("school")
    if member.is_of_a_school:
        theirs = theirs.filter(school__in=School.objects.of(member))
    return theirs.order_by("-leaving_on", "-pk")


def _choose(records: Sequence[Pupil], member: Membership, asked: str) -> Chosen:
    seen = enrolments_seen(records, member)
    enrolments = sorted(seen, key=lambda one: (one.leaving_on is not None, -one.pk))
    years = years_held(seen.order_by())
    wanted = int(asked) if asked.isdecimal() and int(asked) in years else None
    year = wanted if wanted is not None else next(iter(years), None)
    shown = childs_years(enrolments, year) if year is not None else []
    return Chosen(enrolments, years, year, shown)


def page_of(pupil: Pupil, member: Membership, *, asked: str) -> dict[str, Any]:
    """Everything but the panels. `asked` is the year typed in the address; nonsense shows the latest."""
    records = records_seen(pupil, member)
    chosen = _choose(records, member, asked)
    standings = {one.enrolment_id: one for one in Standing.objects.filter(enrolment__in=chosen.enrolments)}
    openable = set(School.objects.visible_to(member).filter(enrolments__pupil__in=records).values_list("pk", flat=True))
    return {
        "pupil": pupil,
        "enrolments": [_enrolment(one, openable) for one in chosen.enrolments],
        "year": chosen.year,
        "tabs": child_words.year_tabs(pupil.pk, chosen.years, chosen.year or 0, year_words),
        "schools": [_school_section(one, standings.get(one.enrolment.pk)) for one in chosen.shown],
        "child_view": child_words.child_view(child_view_of(chosen.shown)),
        "is_due_elsewhere": any(one.codes()["D"] for one in chosen.shown),
        "may_correct": member.may(Permission.FACT_CORRECT) and bool(openable),
        "restriction": restriction_shown(pupil, member),
        "may_restrict": member.may(Permission.RECORD_RESTRICT),
        "may_export": member.may(Permission.PUPIL_EXPORT),
    } | _around(records, member)


def _enrolment(enrolment: Enrolment, openable: set[int]) -> dict[str, Any]:
    href = reverse("school_page", args=[enrolment.school.urn]) if enrolment.school_id in openable else ""
    return {"enrolment": enrolment, "words": child_words.enrolment_words(enrolment), "href": href}


def _school_section(one: ChildsYear, standing: Standing | None) -> dict[str, Any]:
    """One enrolment's year; what only the standing knows (ten weeks, next term) where it is of that year."""
    current = standing if standing and standing.year == one.year else None
    return {
        "enrolment": one.enrolment,
        "as_at": one.as_at,
        "band": one.band,
        "category": categories.words(one.band),
        "national": child_words.national_words(one.persistent, one.severe, one.count("possible")),
        "at_risk": current.at_risk if current else False,
        "tiles": child_words.totals_tiles(one),
        "codes": child_words.code_rows(one),
        "calendar": calendar.calendar_of(one),
        "weeks": child_words.trend(one),
        "headroom": child_words.headroom_sentences(one) if current and current.is_on_roll else [],
        "ten_weeks": child_words.ten_weeks_sentence(current),
    }


def _around(records: Sequence[Pupil], member: Membership) -> dict[str, Any]:
    """Former UPNs, circumstances, family, what changed and who has looked."""
    schools = School.objects.of(member) if member.is_of_a_school else School.objects.all()
    moves = BandMove.objects.filter(pupil__in=records, school__in=schools).select_related("school")
    corrections = Correction.objects.filter(Q(school=None) | Q(school__in=schools), pupil__in=records)
    return {
        "former_upns": FormerUpn.objects.filter(pupil__in=records).order_by("-until_on", "pk"),
        "also_held_as": records[1:],
        "circumstances": Circumstance.objects.filter(pupil__in=records).order_by("-from_on"),
        "carers": list(CarerLink.objects.filter(pupil__in=records).select_related("carer").order_by("pk")),
        "siblings": _siblings(records, member),
        "moves": child_words.move_events(moves.order_by("-seen_at")),
        "corrections": child_words.correction_events(corrections.select_related("made_by__user")),
        "looked": _looked(records[0], member),
    }


def _siblings(records: Sequence[Pupil], member: Membership) -> QuerySet[Pupil]:
    """Children of the same carers, those the member may see."""
    carers = CarerLink.objects.filter(pupil__in=records).values("carer")
    seen = Pupil.objects.visible_to(member).filter(carer_links__carer__in=carers)
    found: QuerySet[Pupil] = seen.exclude(pk__in=[one.pk for one in records]).distinct().order_by("sort_key")
    return found


def _looked(pupil: Pupil, member: Membership) -> list[dict[str, str]]:
    """The latest who looked at or changed the record, for those who answer for it."""
    if not (member.may(Permission.AUDIT_SEE) or member.may(Permission.FACT_CORRECT)):
        return []
    events = list(AuditEvent.objects.about_pupil(pupil.pk)[:LATEST_LOOKS])
    if not member.is_of_a_school:
        return child_words.looked_rows(events)
    staff = SchoolMembership.objects.filter(capacity=SchoolMembership.Capacity.STAFF)
    theirs = staff.filter(membership__in={one.membership_id for one in events if one.membership_id})
    everyone = set(theirs.values_list("membership", flat=True))
    own = set(theirs.filter(school__in=School.objects.of(member)).values_list("membership", flat=True))
    return child_words.looked_rows_of_a_school(events, pupil.pk, own=own, elsewhere=everyone - own)


def mark_rows(pupil: Pupil, member: Membership, *, asked: str) -> Iterator[list[Any]]:
    """The marks of the year shown, a row each, for a file."""
    for one in _choose(records_seen(pupil, member), member, asked).shown:
        for day, half, code in one.held():
            session = "PM" if half else "AM"
            meant, counts = calendar.meaning_of(code, day), calendar.counts_as(code, day)
            yield [one.enrolment.school.name, day, session, code, meant, counts]
