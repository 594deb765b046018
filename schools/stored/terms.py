"""The terms that figures go by: an authority's or school's own where they were entered, else the census windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attendance_portal.days import TERMS, Term, Window, term_window, year_of
from schools.stored.school_days import calendars_of


@dataclass(frozen=True)
class HeldTerms:
    """Windows of terms by academic year; a holiday belongs to the term before it."""

    own: Mapping[tuple[int, Term], Window]

    def window(self, year: int, term: Term) -> Window:
        """The first and last day of a term: its own dates, or the census window up to its neighbours' own."""
        if (year, term) in self.own:
            return self.own[year, term]
        first, last = term_window(year, term)
        at = TERMS.index(term)
        if at and (before := self.own.get((year, TERMS[at - 1]))):
            first = max(first, before.last + dt.timedelta(days=1))
        if at + 1 < len(TERMS) and (after := self.own.get((year, TERMS[at + 1]))):
            last = min(last, after.first - dt.timedelta(days=1))
        return Window(first, last)

    def of(self, day: dt.date) -> Term:
        """The term of a day: the latest that has begun; before the first of the year, autumn."""
        year = year_of(day)
        return next((term for term in reversed(TERMS) if self.window(year, term).first <= day), Term.AUTUMN)


def terms_held(school_id: int, years: Sequence[int]) -> HeldTerms:
    """The terms of a school in these academic years. Two queries."""
    held = calendars_of([school_id], years)
    return HeldTerms(
        {(year, term): days.days for year in years for term, days in held.terms_of(school_id, year).items()}
    )
