"""Marks of before a school's first day that its own file repeats, of children who were at a school that it took over.

They stand in that school's register, and figures count them from there (`schools.stored.carried`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import year_of
from schools.models import Enrolment, School
from schools.reading import Marks, Problem
from schools.register.marks import WIDTH, day_of, last_column_on
from schools.sending.roll import Match
from schools.stored import bulk
from schools.stored.bulk import NO_DAY
from schools.stored.carried import carried_into, marks_of
from schools.stored.takeovers import Takeover, leading_to, takeovers_between

KIND: Final = "told-by-earlier-school"
Flags = npt.NDArray[np.bool_]


def without_earlier(
    school: School, marks: Marks, matches: Sequence[Match], *, first_on: dt.date
) -> tuple[Marks, list[Problem]]:
    """The marks of a file that begins on a day, without those that the register of a school taken over holds already.

    Only where it holds any mark for that half-day of that child: nothing is lost. With a warning for each such school.
    A school that was open before it took another over has marks of its own of then, and keeps them.
    One query where this school took none over after that day.
    """
    told = takeovers_between(first_on + dt.timedelta(days=1), dt.date.max) if len(marks) else []
    problems = []
    for one in leading_to([school.pk], told):
        if school.opened_on and school.opened_on < one.first_on:
            continue
        again = _told_again(one, marks, matches)
        if again.any():
            problems.append(_warning(one, marks, again))
            marks = _only(marks, ~again)
    return marks, problems


def note_carried(school: School, matches: Sequence[Match], first_on: dt.date, last_on: dt.date) -> None:
    """Give each match of a carried enrolment the admission of before, where that is earlier; in place.

    For a file of these days. One query for each year of a takeover that may concern it, two where there was one.
    """
    held = {match.held.enrolment: match for match in matches if match.held and match.held.admission_on}
    enrolments = np.array(sorted(held), np.int64)
    for year in sorted({year_of(first_on) + 1, year_of(last_on)}):
        carried = carried_into([school.pk], year)
        days = np.zeros(len(enrolments), np.int32)
        carried.put_admissions(enrolments, days)
        at = np.flatnonzero(np.isin(enrolments, carried.after))
        for enrolment, day in zip(enrolments[at].tolist(), days[at].tolist(), strict=True):
            admitted_on = dt.date.min if day == NO_DAY else bulk.day(day)
            _put_earlier(held[enrolment], admitted_on)


def _put_earlier(match: Match, admitted_on: dt.date) -> None:
    stated = match.carried_from or (match.held.admission_on if match.held else None)
    if stated and admitted_on < stated:
        match.carried_from = admitted_on


def _told_again(one: Takeover, marks: Marks, matches: Sequence[Match]) -> Flags:
    """Which marks are of before the first day and stand in the register of the school before. bool[marks]"""
    found = np.zeros(len(marks), np.bool_)
    for year in np.unique(marks.year).tolist():
        last = last_column_on(year, one.first_on - dt.timedelta(days=1))
        at = np.flatnonzero((marks.year == year) & (marks.column <= last))
        if len(at):
            places = np.unique(marks.pupil[at]).tolist()
            held = _held(one.before, year, {place: matches[place].pupil for place in places})
            found[at] = held[np.searchsorted(places, marks.pupil[at]), marks.column[at]]
    return found


def _held(school: School, year: int, pupils: Mapping[int, Any]) -> Flags:
    """Which half-days of these pupils have a mark at a school in a year, bool[pupils, WIDTH], in their order."""
    found = np.zeros((len(pupils), WIDTH), np.bool_)
    row_of = {pupil: row for row, pupil in enumerate(pupils.values()) if pupil}
    rows = Enrolment.objects.filter(school=school, pupil__in=list(row_of)).order_by("pk").values_list("pk", "pupil")
    theirs = list(rows)
    marked = marks_of(np.array([pk for pk, _ in theirs], np.int64), year) != 0
    for (_, pupil), held in zip(theirs, marked, strict=True):
        found[row_of[pupil]] |= held
    return found


def _warning(one: Takeover, marks: Marks, again: Flags) -> Problem:
    of_them = sorted({(int(marks.year[at]), int(marks.column[at]) // 2) for at in np.flatnonzero(again).tolist()})
    first, last = (day_of(year, 2 * day) for year, day in (of_them[0], of_them[-1]))
    days = f"{first:%-d %B %Y}" if first == last else f"{first:%-d %B %Y} to {last:%-d %B %Y}"
    details = (("days", days), ("first", f"{one.first_on:%-d %B %Y}"), ("school", str(one.before)))
    return Problem(KIND, details=details, times=int(again.sum()))


def _only(marks: Marks, chosen: Flags) -> Marks:
    columns = ("pupil", "year", "column", "code", "row")
    return replace(marks, **{name: getattr(marks, name)[chosen] for name in columns})
