"""Figures and lists as known on an earlier day: the same standings, worked out and not kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.tables import Listing
from schools import lists
from schools.banding import standings_of
from schools.changes.known_together import known_of_many
from schools.models import Circumstance, Enrolment, EnrolmentChange, Pupil, School, Standing
from schools.standing.figures import Figures, as_held
from schools.standing.summaries import year_group_order
from schools.stored.known import dates_as_known, end_of

MOST_LISTED: Final = 5_000
KNOWN_ON: Final = "known_on"
"""How an address says on which day it is to be as known."""


class KnownListing(Listing):
    """A list whose filters and order keep the day it was known on."""

    known_on: dt.date | None = None

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return [*super().hidden, (KNOWN_ON, str(self.known_on))]


def listing_of(known_on: dt.date | None) -> type[Listing]:
    """The kind of list that keeps the day it was asked as known on."""
    return type("ListingOfThen", (KnownListing,), {"known_on": known_on}) if known_on else Listing


def known_day(query: QueryDict, *, on: dt.date) -> dt.date | None:
    """The day asked for (`?known_on=2026-03-03`); None for today, days to come and what is no day."""
    try:
        day = dt.date.fromisoformat(query.get(KNOWN_ON, ""))
    except ValueError:
        return None
    return day if dt.date(2000, 1, 1) < day < on else None


def standings_as_known(school: School, day: dt.date) -> list[Standing]:
    """The standings that the school had with what was known by the end of a day. Never to be saved."""
    figures = as_held(school.pk, on=day, known_on=day)
    return standings_of(figures) if figures else []


def list_as_known(member: Membership, wanted: lists.Wanted, school: School, day: dt.date) -> list[Standing]:
    """The rows of a school's list as known on a day, those the member may see, narrowed as wanted."""
    made = {one.enrolment_id: one for one in standings_as_known(school, day)}
    return _rows(made, _wanted_enrolments(member, wanted, day).filter(school=school), wanted, day)


def list_of_all_as_known(member: Membership, wanted: lists.Wanted, day: dt.date) -> list[Standing]:
    """The same of every school that the member sees children of.

    Who is on roll at a school that had closed is left out as soon as an open one is known to have told of them, as
    `StandingQuerySet.on_roll` has it of today.
    Refuses more than `MOST_LISTED` rows: nobody reads so many. Raises StillWorking.
    """
    theirs = _wanted_enrolments(member, wanted, day)
    if member.is_of_a_school:
        theirs = theirs.filter(school__in=School.objects.of(member))
    ids = np.array(sorted(theirs.values_list("pk", flat=True)), np.int64)
    schools = set(theirs.order_by().values_list("school", flat=True).distinct())
    closed = [] if wanted.roll else list(School.objects.filter(pk__in=schools, closed_on__lt=day))
    known = known_of_many(sorted(schools | _went_to(theirs, closed, day)), day)
    gone = _Gone(known, closed)
    made: dict[int, Standing] = {}
    for found in known:
        chosen = np.isin(found.roll.enrolments, ids) & _is_wanted(found, wanted) & ~gone.elsewhere(found)
        rows = np.flatnonzero(chosen)
        if len(made) + len(rows) > MOST_LISTED:
            raise Refused(
                f"As known on an earlier day at most {MOST_LISTED:,} pupils are listed at once, and these are more. "
                "Narrow the list, or open that of one school."
            )
        made |= {one.enrolment_id: one for one in standings_of(found.part(rows))}
    return _rows(made, theirs, wanted, day)


def _went_to(theirs: QuerySet[Enrolment], closed: Sequence[School], day: dt.date) -> set[int]:
    """The open schools with an enrolment of children who are wanted of closed ones: they may have told of them."""
    if not closed:
        return set()
    pupils = theirs.filter(school__in=closed).order_by().values("pupil")
    others = Enrolment.objects.filter(pupil__in=pupils).exclude(school__closed_on__lt=day)
    return set(others.order_by().values_list("school", flat=True).distinct())


class _Gone:
    """Who stands at a school that had closed and was known to be on roll at an open one."""

    def __init__(self, known: Sequence[Figures], closed: Sequence[School]) -> None:
        self.closed = [one.pk for one in closed]
        self.on_roll: set[bytes] = set()
        for found in known if closed else ():
            self.on_roll.update(found.roll.pupils[found.on_roll & ~self._are_closed(found)].tolist())

    def elsewhere(self, found: Figures) -> npt.NDArray[np.bool_]:
        """Which rows are such children's at the closed school."""
        rows = np.flatnonzero(self._are_closed(found))
        told = np.zeros(len(found.roll), np.bool_)
        told[rows] = [key in self.on_roll for key in found.roll.pupils[rows].tolist()]
        return told

    def _are_closed(self, found: Figures) -> npt.NDArray[np.bool_]:
        return np.isin(found.roll.schools, self.closed)


def taken_off_since(school: School, day: dt.date) -> int:
    """How many were on the school's roll as known on a day and were taken off since, as made in error.

    Figures as known then count them; no list shows them, for nobody may look at a child who never was there. One query.
    """
    later = EnrolmentChange.objects.filter(enrolment=OuterRef("pk"), made_at__gte=end_of(day)).order_by("id")
    off = Enrolment.every.filter(school=school, made_in_error_at__gte=end_of(day)).exclude(known_at__gte=end_of(day))
    found: int = off.annotate(was_off=Subquery(later.values("was_in_error")[:1])).filter(was_off=False).count()
    return found


def _is_wanted(found: Figures, wanted: lists.Wanted) -> npt.NDArray[np.bool_]:
    """Which rows can be among those wanted: what costs nothing to ask before standings are made of them."""
    chosen = np.ones(len(found.roll), np.bool_)
    if wanted.roll != "all":
        chosen &= found.on_roll != (wanted.roll == "leavers")
    if wanted.band.isdecimal():
        chosen &= found.band == int(wanted.band)
    flags = {"persistent": found.persistent, "severe": found.severe, "at-risk": found.at_risk}
    return chosen & flags.get(wanted.absence, np.True_)


def _wanted_enrolments(member: Membership, wanted: lists.Wanted, day: dt.date) -> QuerySet[Enrolment]:
    """Of the children this member may see, as far as the database can tell: cohort, group and what was searched."""
    theirs = Enrolment.objects.filter(pupil__in=Pupil.objects.visible_to(member))
    if wanted.cohort:
        cohort = Circumstance.objects.on(day).filter(kind=wanted.cohort)
        theirs = theirs.filter(pupil__in=cohort.values("pupil"))
    if wanted.reg_group:
        theirs = theirs.filter(reg_group=wanted.reg_group)
    found: QuerySet[Enrolment] = theirs.filter(lists.found_by(wanted.q, number="local_id"))
    return found


def _rows(
    made: Mapping[int, Standing], theirs: QuerySet[Enrolment], wanted: lists.Wanted, day: dt.date
) -> list[Standing]:
    dates = dates_as_known(made, day)
    found = theirs.filter(pk__in=list(made)).select_related("pupil", "school")
    rows = [_row(made[one.pk], one, dates.get(one.pk)) for one in found]
    return [row for row in rows if lists.is_wanted(row, wanted)]


def _row(standing: Standing, enrolment: Enrolment, dates: tuple[dt.date | None, dt.date | None] | None) -> Standing:
    """The standing with its child, its dates of then, and what the list is sorted by."""
    if dates:
        enrolment.admission_on, enrolment.leaving_on = dates
    standing.enrolment, standing.pupil, standing.school = enrolment, enrolment.pupil, enrolment.school
    order = year_group_order(standing.year_group)
    share = standing.attended / standing.possible if standing.possible else None
    for name, value in {"year_order": order, "share": share}.items():
        setattr(standing, name, value)
    return standing
