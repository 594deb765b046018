"""A school's figures and list as known on an earlier day: the same standings, worked out and not kept."""

from __future__ import annotations

import datetime as dt

from django.http import QueryDict

from attendance_portal.models import Membership
from attendance_portal.tables import Listing
from schools import lists
from schools.banding import standings_of
from schools.models import Circumstance, Enrolment, Pupil, School, Standing
from schools.standing.figures import as_held
from schools.standing.summaries import year_group_order
from schools.stored.known import dates_as_known


class KnownListing(Listing):
    """A list whose filters and order keep the day it was known on."""

    known_on: dt.date

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return [*super().hidden, ("known_on", str(self.known_on))]


def known_day(query: QueryDict, *, on: dt.date) -> dt.date | None:
    """The day asked for (`?known_on=2026-03-03`); None for today, days to come and what is no day."""
    try:
        day = dt.date.fromisoformat(query.get("known_on", ""))
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
    theirs = Enrolment.objects.filter(pk__in=made, pupil__in=Pupil.objects.visible_to(member))
    if wanted.cohort:
        cohort = Circumstance.objects.on(day).filter(kind=wanted.cohort)
        theirs = theirs.filter(pupil__in=cohort.values("pupil"))
    if wanted.reg_group:
        theirs = theirs.filter(reg_group=wanted.reg_group)
    found = theirs.filter(lists.found_by(wanted.q, number="local_id")).select_related("pupil", "school")
    dates = dates_as_known(made, day)
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
