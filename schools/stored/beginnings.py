"""From which day on a child was on a roll: as stated, and until stated from the first real mark (architecture)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from schools.models import Enrolment, Register
from schools.register.marks import WIDTH, day_of, from_rows, look_up
from schools.register.measures import first_real_columns
from schools.stored.carried import carried_ever


def joined_on(enrolments: Iterable[Enrolment]) -> dict[int, dt.date]:
    """The first day of each of these enrolments, by its key; all of those asked for have one.

    As stated, else the first real mark, of a school that it took over too; where there is none yet, the day on which
    the enrolment became known here: of a day before it nothing says that the child was on that roll.
    No query where every day is stated.
    """
    asked = list(enrolments)
    first = _first_marks([one.pk for one in asked if one.admission_on is None])
    return {one.pk: one.admission_on or first.get(one.pk) or _known_on(one) for one in asked}


def _known_on(enrolment: Enrolment) -> dt.date:
    return timezone.localdate(enrolment.known_at) if enrolment.known_at else dt.date.min


def _first_marks(enrolments: list[int]) -> dict[int, dt.date]:
    """The day of the first real mark of those that have one, own or carried on. Two queries, with takeovers three."""
    if not enrolments:
        return {}
    after, before, _ = carried_ever().lines()
    of = {one: [one] for one in enrolments}
    for late, early in zip(after.tolist(), before.tolist(), strict=True):
        of.get(late, []).append(early)
    marked = _marked({source for sources in of.values() for source in sources})
    days = {one: [marked[source] for source in sources if source in marked] for one, sources in of.items()}
    return {one: min(found) for one, found in days.items() if found}


def _marked(enrolments: Iterable[int]) -> dict[int, dt.date]:
    rows = Register.objects.filter(enrolment__in=list(enrolments)).order_by("-year")
    found: dict[int, dt.date] = {}
    for enrolment, year, marks in rows.values_list("enrolment", "year", "marks"):
        column = int(first_real_columns(look_up(from_rows([marks]), year, "flags"))[0])
        if column < WIDTH:
            found[enrolment] = day_of(year, column)  # the earliest year comes last
    return found
