"""Calendars in the demonstration: the authority's terms and each school's INSET days, but for one left to settle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from attendance_portal.days import TERMS, Window, year_of
from attendance_portal.front.demo.calendars import terms
from attendance_portal.front.demo.world import DemoRegister
from attendance_portal.models import Membership
from schools.calendars.calendar_keeping import Differing, add_entries, enter_terms
from schools.models import CalendarEntry, School
from schools.register.calendars import TermDays


def enter_calendars(
    registers: tuple[DemoRegister, ...], schools: Mapping[str, School], *, by: Membership, on: dt.date, at: dt.datetime
) -> None:
    """Both years' terms, and the INSET days of every school; the first forgot the latest of its own."""
    for year in (year_of(on) - 1, year_of(on)):
        found = [TermDays(Window(first, last), Window(away, back)) for first, last, away, back in terms(year)]
        enter_terms(None, year=year, terms=dict(zip(TERMS, found, strict=True)), by=by, on=on)
    forgetful = next(iter(schools))
    for register in registers:
        days = list(register.closed)
        past = [day for day in days if day <= on]
        if register.urn == forgetful and year_of(on) == register.year_starts_on.year and past:
            days.remove(past[-1])
        told = [Differing(CalendarEntry.Kind.INSET, Window(day, day), reason="Staff training") for day in days]
        add_entries(schools[register.urn], told, by=by, at=at, on=on)
