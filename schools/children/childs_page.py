"""What a child's page holds for one member: fetched here, said in `child_words`.

A school's people see their own school's enrolment figures; others who may see the child see all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from attendance_portal.days import year_of
from attendance_portal.models import AuditEvent, Membership
from attendance_portal.roles import Permission
from schools.banding import standings_of
from schools.children import calendar, child_words
from schools.children.carried_years import as_counted, counted_elsewhere, with_years_before
from schools.children.child_view import child_view_of
from schools.children.childs_year import ChildsYear, childs_years, enrolments_seen, years_held
from schools.children.families import family_of, siblings_of
from schools.children.handed_over import handed_over, years_elsewhere
from schools.children.mark_history import corrected_days
from schools.children.restrictions import restriction_shown
from schools.models import (
    BandMove,
    Circumstance,
    Correction,
    Enrolment,
    FormerUpn,
    Pupil,
    School,
    SchoolMembership,
    Standing,
    WarningTrial,
)
from schools.presenters import year_words
from schools.register.marks import day_of
from schools.standing import categories, forecast_words
from schools.standing.figures import figures_of
from schools.stored.known import dates_as_known
from schools.stored.same_child import records_seen
from schools.stored.terms import terms_of_schools

LATEST_LOOKS = 25


@dataclass(frozen=True)
class Chosen:
    """The enrolments a member sees of a child, the years there are, and the one shown."""

    enrolments: list[Enrolment]
    years: list[int]
    year: int | None
    shown: list[ChildsYear]


def _choose(records: Sequence[Pupil], member: Membership, asked: str, known_on: dt.date | None = None) -> Chosen:
    seen = enrolments_seen(records, member)
    enrolments = sorted(seen, key=lambda one: (one.leaving_on is not None, -one.pk))
    dates = dates_as_known([one.pk for one in enrolments], known_on) if known_on else {}
    for one in enrolments:
        one.admission_on, one.leaving_on = dates.get(one.pk, (one.admission_on, one.leaving_on))
    elsewhere = years_elsewhere(handed_over(records, member, known_on=known_on))
    years = sorted({*years_held(seen.order_by()), *(one.year for one in elsewhere)}, reverse=True)
    wanted = int(asked) if asked.isdecimal() and int(asked) in years else None
    year = wanted if wanted is not None else next(iter(years), None)
    held = childs_years(enrolments, year, known_on=known_on) if year is not None else []
    shown = with_years_before(held, known_on=known_on)
    return Chosen(enrolments, years, year, [*shown, *(one for one in elsewhere if one.year == year)])


def page_of(
    records: Sequence[Pupil], member: Membership, *, asked: str, known_on: dt.date | None = None, target: str = ""
) -> dict[str, Any]:
    """Everything but the panels. `asked` is the year typed in the address; nonsense shows the latest.

    target: a percentage typed there, at which the year might end.

    records: the child's records that the member sees (`records_seen`), the one that is looked at first.
    known_on: marks, dates and figures as they were known by the end of that day.
    """
    pupil, level = records[0], forecast_words.level(target)
    chosen = _choose(records, member, asked, known_on)
    standings = _standings(chosen, known_on)
    elsewhere = counted_elsewhere(chosen.shown)
    corrected = corrected_days(chosen.enrolments, chosen.year) if chosen.year is not None else {}
    theirs = Enrolment.objects.filter(pupil__in=records).values("school")
    openable = set(School.objects.visible_to(member).filter(pk__in=theirs).values_list("pk", flat=True))
    return {
        "pupil": pupil,
        "enrolments": [_enrolment(one, openable) for one in chosen.enrolments],
        "year": chosen.year,
        "tabs": child_words.year_tabs(pupil.pk, chosen.years, chosen.year or 0, year_words),
        "schools": [
            _school_section(one, standings.get(one.enrolment.pk), corrected, elsewhere.get(one.enrolment.pk))
            for one in chosen.shown
        ],
        "forecasts": _forecasts(chosen.shown, standings, member, level) if known_on is None else [],
        "level": level,
        "child_view": child_words.child_view(child_view_of(chosen.shown)),
        "is_due_elsewhere": any(one.codes()["D"] for one in chosen.shown),
        "may_correct": member.may(Permission.FACT_CORRECT) and bool(openable),
        "restriction": restriction_shown(pupil, member),
        "may_link": member.may(Permission.RECORD_LINK),
        "may_restrict": member.may(Permission.RECORD_RESTRICT),
        "may_hand_over": member.may(Permission.HAND_OVER),
        "may_export": member.may(Permission.PUPIL_EXPORT),
    } | _around(records, member)


def _enrolment(enrolment: Enrolment, openable: set[int]) -> dict[str, Any]:
    href = reverse("school_page", args=[enrolment.school.urn]) if enrolment.school_id in openable else ""
    return {"enrolment": enrolment, "words": child_words.enrolment_words(enrolment), "href": href}


def _standings(chosen: Chosen, known_on: dt.date | None) -> dict[int, Standing]:
    """Where each enrolment shown stands; as known on a day worked out anew, each school once."""
    if known_on is None:
        return {one.enrolment_id: one for one in Standing.objects.filter(enrolment__in=chosen.enrolments)}
    schools = {one.enrolment.school_id for one in chosen.shown if one.enrolment.school_id is not None}
    known = [figures_of([school], chosen.year or 0, known_on=known_on) for school in sorted(schools)]
    return {one.enrolment_id: one for figures in known for one in standings_of(figures)}


def _school_section(
    one: ChildsYear, standing: Standing | None, corrected: dict[int, set[int]], at: ChildsYear | None
) -> dict[str, Any]:
    """One enrolment's year; what only the standing knows (ten weeks, next term) where it is of that year.

    Figures are as counted, marks as given there. at: the year at the school that followed, where this one is counted.
    """
    current = standing if standing and standing.year == one.year and at is None else None
    counted = as_counted(one)
    return {
        "enrolment": one.enrolment,
        "handed": child_words.handed_words(one),
        "before": one.before.enrolment.school if one.before else None,
        "counted_at": at.enrolment.school if at else None,
        "as_at": one.as_at,
        "band": counted.band,
        "category": categories.words(counted.band),
        "national": child_words.national_words(counted.persistent, counted.severe, counted.count("possible")),
        "at_risk": current.at_risk if current else False,
        "tiles": child_words.totals_tiles(counted),
        "codes": child_words.code_rows(one),
        "calendar": calendar.calendar_of(one, _histories(one, corrected)),
        "weeks": child_words.trend(counted),
        "headroom": child_words.headroom_sentences(counted) if current and current.is_on_roll else [],
        "ten_weeks": child_words.ten_weeks_sentence(current),
    }


def _forecasts(
    shown: Sequence[ChildsYear], standings: Mapping[int, Standing], member: Membership, level: forecast_words.Level
) -> list[dict[str, Any]]:
    """What may still come of the year that runs, at each school where the child is on roll. Two queries."""
    gone = counted_elsewhere(shown)
    ours = [as_counted(one) for one in shown if one.enrolment.pk in standings and one.enrolment.pk not in gone]
    now = [(one, standings[one.enrolment.pk]) for one in ours]
    year = year_of(member.on)
    now = [(one, at) for one, at in now if one.year == at.year == year and at.is_on_roll and at.possible]
    trials = list(WarningTrial.objects.filter(year=year - 1).order_by("term")) if now else []
    terms = terms_of_schools([at.school_id for _, at in now], [year]) if now else {}
    return [
        forecast_words.row(
            at, one.enrolment, one.left_after(at.as_at), one.flags(), trials, terms=terms[at.school_id], asked=level
        )
        for one, at in now
    ]


def _histories(one: ChildsYear, corrected: dict[int, set[int]]) -> dict[dt.date, str]:
    """The address of the history of each day with a mark that was changed after it was given."""
    days = [day_of(one.year, 2 * n) for n in corrected.get(one.enrolment.pk, ())]
    return {day: reverse("mark_history", args=[one.enrolment.pupil_id, str(day)]) for day in days}


def _around(records: Sequence[Pupil], member: Membership) -> dict[str, Any]:
    """Former UPNs, circumstances, family, what changed and who has looked."""
    schools = School.objects.of_or_before(member) if member.is_of_a_school else School.objects.all()
    moves = BandMove.objects.filter(pupil__in=records, school__in=schools).select_related("school")
    corrections = Correction.objects.filter(Q(school=None) | Q(school__in=schools), pupil__in=records)
    return {
        "former_upns": FormerUpn.objects.filter(pupil__in=records).order_by("-until_on", "pk"),
        "also_held_as": records[1:],
        "circumstances": Circumstance.objects.filter(pupil__in=records).order_by("-from_on"),
        "family": family_of(records, member),
        "siblings": siblings_of(records, member),
        "may_change_family": member.may(Permission.FAMILY_CHANGE),
        "moves": child_words.move_events(moves.order_by("-seen_at")),
        "corrections": child_words.correction_events(corrections.select_related("made_by__user")),
        "looked": _looked(records[0], member),
    }


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


def mark_rows(pupil: Pupil, member: Membership, *, asked: str, known_on: dt.date | None = None) -> Iterator[list[Any]]:
    """The marks of the year shown, a row each, for a file."""
    for one in _choose(records_seen(pupil, member), member, asked, known_on).shown:
        for day, half, code in one.held():
            session = "PM" if half else "AM"
            meant, counts = calendar.meaning_of(code, day), calendar.counts_as(code, day)
            yield [one.enrolment.school.name, day, session, code, meant, counts]
