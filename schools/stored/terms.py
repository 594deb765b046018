"""The terms that figures go by: an authority's or school's own where they were entered, else the census windows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from attendance_portal.days import TERMS, Term, Window, previous_term, term_window, year_of
from schools.models import TermDates


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

    def before(self, day: dt.date) -> tuple[int, Term]:
        """The term before that of a day, with its academic year."""
        return previous_term(year_of(day), self.of(day))


def terms_held(school_id: int, years: Sequence[int]) -> HeldTerms:
    """The terms of a school in these academic years. One query."""
    return terms_of_schools([school_id], years)[school_id]


def terms_of_schools(school_ids: Sequence[int], years: Sequence[int]) -> Mapping[int | None, HeldTerms]:
    """The terms of each of these schools in these academic years, and under None those of the authority. One query."""
    here = Q(school=None) | Q(school__in=list(school_ids))
    own: defaultdict[int | None, dict[tuple[int, Term], Window]] = defaultdict(dict)
    for one in TermDates.objects.filter(here, year__in=years):
        own[one.school_id][one.year, Term(one.term)] = Window(one.first_on, one.last_on)
    return {pk: HeldTerms(own[None] | own.get(pk, {})) for pk in (None, *school_ids)}
