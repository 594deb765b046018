"""Terms and calendar entries made for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from schools.models import CalendarEntry, School, TermDates

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
# The autumn term of the tests' year: 31 August to 18 December 2026, half term 26 to 30 October.
AUTUMN_TERM = (dt.date(2026, 8, 31), dt.date(2026, 12, 18), dt.date(2026, 10, 26), dt.date(2026, 10, 30))
SPRING_TERM = (dt.date(2027, 1, 4), dt.date(2027, 3, 25), dt.date(2027, 2, 15), dt.date(2027, 2, 19))
SUMMER_TERM = (dt.date(2027, 4, 12), dt.date(2027, 7, 20), dt.date(2027, 5, 31), dt.date(2027, 6, 4))


def make_term(term: str, days: tuple[dt.date, ...], *, school: School | None = None, year: int = 2026) -> TermDates:
    """A term with its half-term holiday; without a school, the authority's."""
    first, last, *half = days
    begins, ends = half or (None, None)
    made: TermDates = TermDates.objects.create(
        school=school, year=year, term=term, first_on=first, last_on=last,
        half_term_first_on=begins, half_term_last_on=ends,
    )  # fmt: skip
    return made


def make_year(*, school: School | None = None) -> None:
    """The three terms of 2026/27."""
    for term, days in (("autumn", AUTUMN_TERM), ("spring", SPRING_TERM), ("summer", SUMMER_TERM)):
        make_term(term, days, school=school)


def make_entry(kind: str, first: dt.date, last: dt.date | None = None, **more: Any) -> CalendarEntry:
    values = {"entered_at": AT, "first_on": first, "last_on": last or first, "kind": kind, **more}
    made: CalendarEntry = CalendarEntry.objects.create(**values)
    return made
