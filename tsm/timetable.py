"""When a school's meetings are due in the year, and where each school stands on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from attendance_portal.days import TERMS, Term, year_of
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import School, SchoolMembership, Standing
from schools.stored.terms import HeldTerms, terms_of_schools
from tsm.models import Meeting

# With fewer days of the term left than this, a meeting that nobody arranged is overdue (design).
DAYS_TO_ARRANGE = 14

# The meetings of each school (its key), academic year and term.
TermsMeetings = dict[tuple[int, int, str], list[Meeting]]


class NotThen(Refused):
    """A meeting cannot be at that time. The sentence is about the date typed, and is shown beside it."""


class State(StrEnum):
    """Where a school stands with its meetings of one term; computed, never stored."""

    MET = "met"
    ARRANGED = "arranged"
    UNRECORDED = "unrecorded"
    DUE = "due"
    OVERDUE = "overdue"
    NOT_DUE = "not-due"


@dataclass(frozen=True)
class SchoolTerm:
    """One school's row of the timetable. `meeting` is the one to go to: under way, next, or the last held."""

    school: School
    state: State
    meeting: Meeting | None
    missed_last_term: bool
    severe: int = 0
    persistent: int = 0
    as_at: dt.date | None = None
    meetings: Sequence[Meeting] = field(default_factory=tuple)


def due_in(meetings_a_year: int, term: Term) -> int:
    """How many of a school's meetings of the year fall in this term, spread evenly, the year's end first.

    Three a year are one a term (guidance wording of 2022; a school may have more or fewer by need).
    """
    place = TERMS.index(term) + 1
    return meetings_a_year * place // 3 - meetings_a_year * (place - 1) // 3


def state_of(meetings: Iterable[Meeting], *, meetings_a_year: int, term: Term, ends_on: dt.date, on: dt.date) -> State:
    """Where a school stands with the `meetings` of a term that ends on a day.

    Met: as many were held as are due. Arranged: those held and those still to come make up what is due.
    Unrecorded: the date of an arranged one has passed and nobody said what came of it. Overdue: the term has
    ended without the meetings due, or fewer than 14 days of it are left and none is arranged. Otherwise due.
    """
    meetings = list(meetings)
    held = sum(meeting.stage in Meeting.HELD for meeting in meetings)
    arranged = [meeting for meeting in meetings if meeting.stage == Meeting.Stage.ARRANGED]
    to_come = sum(day_of(meeting) >= on for meeting in arranged)
    due = due_in(meetings_a_year, term)
    if held >= due:
        return State.ARRANGED if to_come else State.MET if held else State.NOT_DUE
    if held + to_come >= due:
        return State.ARRANGED
    if len(arranged) > to_come:
        return State.UNRECORDED
    days_left = (ends_on - on).days
    return State.OVERDUE if days_left < DAYS_TO_ARRANGE else State.DUE


def day_of(meeting: Meeting) -> dt.date:
    """The day of a meeting, in local time."""
    return timezone.localdate(meeting.starts_at)


def timetable(schools: Sequence[School], *, on: dt.date) -> list[SchoolTerm]:
    """Every school's row for its own term of this day; three queries whatever the number of schools.

    Severe and persistent count everyone on roll, restricted children too: a total names nobody.
    """
    terms = terms_of_schools([school.pk for school in schools], [year_of(on) - 1, year_of(on)])
    meetings = _meetings(schools, {pair for held in terms.values() for pair in _pairs(held, on)})
    counts = _counts(schools)
    return [_row(school, terms[school.pk], meetings, counts.get(school.pk, {}), on=on) for school in schools]


def _pairs(held: HeldTerms, on: dt.date) -> tuple[tuple[int, Term], tuple[int, Term]]:
    """The term of a day and the one before, each with its academic year."""
    return (year_of(on), held.of(on)), held.before(on)


def _row(
    school: School, held: HeldTerms, meetings: TermsMeetings, counts: dict[str, Any], *, on: dt.date
) -> SchoolTerm:
    this, last = _pairs(held, on)
    now = meetings.get((school.pk, *this), [])
    state, before = (
        state_of(
            meetings.get((school.pk, *pair), []), meetings_a_year=school.meetings_a_year, term=pair[1],
            ends_on=held.window(*pair).last, on=on,
        )
        for pair in (this, last)
    )  # fmt: skip
    missed = before in (State.OVERDUE, State.UNRECORDED)
    return SchoolTerm(school, state, _meeting_to_go_to(now, on), missed_last_term=missed, meetings=tuple(now), **counts)


def _meeting_to_go_to(meetings: list[Meeting], on: dt.date) -> Meeting | None:
    """The one under way, else the next arranged, else the last held, else the last date that passed."""
    under_way = [m for m in meetings if m.stage == Meeting.Stage.UNDER_WAY]
    to_come = [m for m in meetings if m.stage == Meeting.Stage.ARRANGED and day_of(m) >= on]
    passed = [m for m in meetings if m.stage == Meeting.Stage.ARRANGED and day_of(m) < on]
    held = [m for m in meetings if m.stage in (Meeting.Stage.TO_CONFIRM, Meeting.Stage.CONFIRMED)]
    for choice in (under_way[:1], to_come[:1], passed[-1:], held[-1:]):
        if choice:
            return choice[0]
    return None


def _meetings(schools: Sequence[School], terms: Iterable[tuple[int, Term]]) -> TermsMeetings:
    wanted = Q()
    for year, term in terms:
        wanted |= Q(year=year, term=term)
    found: TermsMeetings = {}
    for meeting in Meeting.objects.standing().filter(wanted, school__in=schools).select_related("officer__user"):
        found.setdefault((meeting.school_id, meeting.year, meeting.term), []).append(meeting)
    return found


def _counts(schools: Sequence[School]) -> dict[int, dict[str, Any]]:
    rows: Any = (
        Standing.objects.filter(school__in=schools, is_on_roll=True)
        .order_by()
        .values("school_id")
        .annotate(
            severe=Count("pk", filter=Q(severe=True)),
            persistent=Count("pk", filter=Q(persistent=True)),
            as_at=Max("as_at"),
        )
    )
    return {row.pop("school_id"): row for row in rows}


def named_officers(schools: Sequence[School], *, on: dt.date) -> dict[int, Membership]:
    """Each school's named attendance officer on a day, where it has one."""
    rows = (
        SchoolMembership.objects.on(on)
        .filter(school__in=schools, capacity=SchoolMembership.Capacity.NAMED_OFFICER)
        .select_related("membership__user")
        .order_by("from_on")
    )
    return {row.school_id: row.membership for row in rows}


def suggested_day(on: dt.date) -> dt.date:
    """The day an arranging form begins with: ten working days from now, so that both sides can plan."""
    day = on + dt.timedelta(days=14)
    return day - dt.timedelta(days=max(day.weekday() - 4, 0))
