"""`manage.py export_bands`: print where every enrolment stands, as CSV."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from django.core.management.base import CommandError, CommandParser

from attendance_portal.commands import AuthorityCommand, day
from attendance_portal.csv_export import safe_cell
from attendance_portal.days import year_window
from attendance_portal.models import Authority
from schools.models import Enrolment, School
from schools.register.measures import percent_text
from schools.standing.figures import Figures, as_held
from schools.stored.takeovers import followers_of

HEADINGS = (
    *("urn", "upn", "local_id", "possible", "attended", "authorised", "unauthorised", "missing"),
    *("attendance_percent", "band", "persistent", "severe"),
)


class Command(AuthorityCommand):
    """Computes the figures from the registers, for the day named or each school's latest day with data.

    Of the whole authority each child's sessions stand once: where a school took another over, in its own row.
    """

    help = __doc__

    def add_more_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--school", metavar="URN", help="one school; without it, all of the authority")
        parser.add_argument(
            "--known-on", type=day, metavar="YYYY-MM-DD", help="from what was known by the end of this day"
        )
        parser.add_argument("--as-of", type=day, metavar="YYYY-MM-DD", help="up to this day, inclusive")

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        schools = School.objects.order_by("urn")
        if options["school"]:
            schools = schools.filter(urn=options["school"])
            if not schools.exists():
                raise CommandError(f"{authority} has no school with URN {options['school']}.")
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(HEADINGS)
        as_asked = partial(as_held, as_at=options["as_of"], on=options["as_of"] or on, known_on=options["known_on"])
        for school in schools:
            figures = as_asked(school.pk)
            if figures is not None and school.closed_on and not options["school"]:
                figures = _counted_there(school, figures, as_asked)
            if figures is not None:
                writer.writerows(_rows(school, figures))


def _counted_there(school: School, figures: Figures, as_asked: Callable[[int], Figures | None]) -> Figures:
    """The figures of a closed school without those whom the school that took it over counts: each session once."""
    year = year_window(figures.roll.year)
    there = [found for after in followers_of([school.pk], *year) if (found := as_asked(after))]
    gone = [np.isin(figures.roll.enrolments, found.counted_here) for found in there]
    return figures.part(np.flatnonzero(~np.any(gone, axis=0))) if gone else figures


def _rows(school: School, figures: Figures) -> Iterator[list[str]]:
    """One row an enrolment, in the order of the school's own numbers."""
    told = Enrolment.objects.filter(school=school).values_list("pk", "pupil__upn", "local_id")
    known = {pk: (upn or "", local_id) for pk, upn, local_id in told}
    whole = figures.totals
    places = sorted(range(len(figures.roll)), key=lambda at: known[int(figures.roll.enrolments[at])][::-1])
    for at in places:
        upn, local_id = known[int(figures.roll.enrolments[at])]
        counts = (whole.possible, whole.attended, whole.authorised, whole.unauthorised, whole.missing)
        possible = int(whole.possible[at])
        yield [
            school.urn,
            upn,
            safe_cell(local_id),
            *(str(int(count[at])) for count in counts),
            percent_text(int(whole.attended[at]), possible) if possible else "",
            str(int(figures.band[at])) if possible else "",
            _boolean(figures.persistent[at]),
            _boolean(figures.severe[at]),
        ]


def _boolean(value: Any) -> str:
    return "true" if value else "false"
