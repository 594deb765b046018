"""When schools are open: calendars of schools and year groups from terms, bank holidays and entries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from django.db.models import Q

from attendance_portal.days import Term, Window, year_of, year_window
from schools.models import CalendarEntry, School, TermDates
from schools.register.calendars import (
    HALVES,
    NOT_KNOWN,
    OPEN,
    Calendar,
    Difference,
    TermDays,
    closed_after,
    open_after,
    terms_row,
    with_differences,
)
from schools.register.marks import WIDTH, column_of, last_column_on, leaving_column
from schools.stored.bank_holidays import bank_holidays
from schools.stored.bulk import dates
from schools.stored.carried import Earlier

Terms = dict[Term, TermDays]
_AUGUST: Final = 8


@dataclass(frozen=True)
class Calendars:
    """What is known of some schools' terms and of the days that differ. Key None: every school of the authority."""

    terms: dict[tuple[int | None, int], Terms]
    entries: dict[int | None, list[CalendarEntry]]

    def rows(self, groups: Sequence[tuple[int, str]], year: int, earlier: Earlier = ()) -> Calendar | None:
        """The academic year of each (school, year group), int8[groups, WIDTH]; None where nothing at all is known.

        earlier: the schools from which each group came and the days before which it was there (`Carried.earlier`): up
        to then their calendars count, and where several say different things, none.
        """
        if not (self.terms or self.entries) or not groups:
            return None
        rows = self._rows(groups, year)
        begins = int(dates([year_window(year).first])[0])
        for row, (_, year_group), came in zip(rows, groups, earlier, strict=False):
            for day in sorted({day for _, day in came}, reverse=True):
                theirs = self._rows([(school, year_group) for school, left in sorted(came) if left == day], year)
                until = min(max(2 * (day - begins), 0), WIDTH)
                row[:until] = np.where((theirs == theirs[0]).all(axis=0), theirs[0], NOT_KNOWN)[:until]
        return rows

    def _rows(self, groups: Sequence[tuple[int, str]], year: int) -> Calendar:
        schools: dict[int, Calendar] = {}
        found = []
        for school, year_group in groups:
            if school not in schools:
                schools[school] = self._school(school, year)
            own = [one for one in self.entries.get(school, ()) if one.year_group and one.year_group == year_group]
            found.append(with_differences(schools[school], year, _differences(own)))
        return np.stack(found)

    def terms_of(self, school: int | None, year: int) -> Terms:
        """The terms a school goes by: the authority's, but for those it has entered itself."""
        own = {} if school is None else self.terms.get((school, year), {})
        return self.terms.get((None, year), {}) | own

    def _school(self, school: int, year: int) -> Calendar:
        row = terms_row(year, self.terms_of(school, year), bank_holidays())
        whole = [one for one in self.entries.get(school, ()) if not one.year_group]
        return with_differences(row, year, _differences(self.entries.get(None, ())) + _differences(whole))


def _differences(entries: Sequence[CalendarEntry]) -> list[Difference]:
    """Entries in the order in which they were made: the later counts."""
    return [
        Difference(Window(one.first_on, one.last_on), one.kind == CalendarEntry.Kind.OPEN, HALVES[one.half])
        for one in sorted(entries, key=lambda one: one.pk)
    ]


def calendars_of(school_ids: Sequence[int], years: Sequence[int]) -> Calendars:
    """What is known of these schools in these academic years. Two queries, however many they are."""
    if not years:
        return Calendars({}, {})
    here = Q(school=None) | Q(school__in=list(school_ids))
    terms: defaultdict[tuple[int | None, int], Terms] = defaultdict(dict)
    for one in TermDates.objects.filter(here, year__in=years):
        terms[one.school_id, one.year][Term(one.term)] = term_days(one)
    entries: defaultdict[int | None, list[CalendarEntry]] = defaultdict(list)
    span = year_window(min(years)).first, year_window(max(years)).last
    for entry in CalendarEntry.objects.touching(*span).filter(here):
        entries[entry.school_id].append(entry)
    return Calendars(dict(terms), dict(entries))


def term_days(one: TermDates) -> TermDays:
    half_term = None
    if one.half_term_first_on and one.half_term_last_on:
        half_term = Window(one.half_term_first_on, one.half_term_last_on)
    return TermDays(Window(one.first_on, one.last_on), half_term)


def year_group_before(year_group: str) -> str:
    """The year group of the same children a year earlier; empty where it is not known."""
    if year_group.isdecimal():
        return str(int(year_group) - 1) if int(year_group) else "N2"
    return "N1" if year_group == "N2" else ""


def is_school_day(day: dt.date, row: Calendar | None = None) -> bool:
    """Whether school is held on a day by a calendar of its academic year (int8[WIDTH]; None where none is held).

    Where that does not know, weekdays are school days but for bank holidays and August.
    """
    state = NOT_KNOWN if row is None else max(int(row[column_of(day, 0)]), int(row[column_of(day, 1)]))
    if state != NOT_KNOWN:
        return state == OPEN
    return day.weekday() < 5 and day.month != _AUGUST and day not in bank_holidays()


@dataclass(frozen=True)
class SchoolDays:
    """The school days of each school by these calendars, whichever of their academic years a day is of."""

    calendars: Calendars
    rows: dict[tuple[int, int], Calendar | None] = field(default_factory=dict)

    def is_open(self, school: int, day: dt.date) -> bool:
        key = school, year_of(day)
        if key not in self.rows:
            found = self.calendars.rows([(school, "")], key[1])
            self.rows[key] = None if found is None else found[0]
        return is_school_day(day, self.rows[key])


def sessions_left(school: School, year_group: str, on: dt.date) -> int | None:
    """Half-days that the year group is still to have this academic year after `on`; None while that is not known."""
    return sessions_left_of([(school.pk, year_group)], on)[0]


def sessions_left_of(
    groups: Sequence[tuple[int, str]], on: dt.date, leaving: Sequence[dt.date | None] = ()
) -> list[int | None]:
    """`sessions_left` of many (school id, year group) pairs at once; two queries, however many they are.

    leaving: where they are of single children, the leaving day of each, as far as one is stated: none is left after it.
    """
    year = year_of(on)
    calendars = calendars_of([school for school, _ in groups], [year])
    rows = calendars.rows(groups, year)
    if rows is None:
        return [None] * len(groups)
    if leaving:
        rows = closed_after(rows, np.array([leaving_column(year, day) for day in leaving], np.int16))
    left = open_after(rows, year, last_column_on(year, on)).tolist()
    return [None if number == NOT_KNOWN else number for number in left]


def known_rows(school_id: int, year_groups: Sequence[str], year: int) -> Calendar | None:
    """One school's calendar of these year groups, int8[groups, WIDTH], or None. Two queries."""
    return calendars_of([school_id], [year]).rows([(school_id, group) for group in year_groups], year)
