"""A child's year at a school that took another over: counted with the marks of before, and shown apart from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from schools.children.childs_year import ChildsYear
from schools.register import measures
from schools.register.marks import WIDTH, admission_column
from schools.stored.bulk import day
from schools.stored.carried import carried_into, laid_over


def with_years_before(years: Sequence[ChildsYear], *, known_on: dt.date | None = None) -> list[ChildsYear]:
    """These years (of one academic year), each with that at the school before which figures count in it.

    No query where there is but one year, else as many as `carried_into` asks.
    """
    schools = sorted({one.enrolment.school_id for one in years if one.enrolment.school_id is not None})
    if len(schools) < 2:
        return list(years)
    found = {one.enrolment.pk: one for one in years}
    carried = carried_into(schools, years[0].year, known_on=known_on)
    between: dict[int, ChildsYear] = {}  # at a school between that never told anything, the year of before stands
    for after, before, first_on in carried.steps():
        earlier = found.get(before) or between.get(before)
        if earlier and after in found:
            own_from = admission_column(years[0].year, day(first_on))
            found[after] = replace(found[after], before=earlier, own_from=own_from)
        elif earlier:
            between[after] = earlier
    return [found[one.enrolment.pk] for one in years]


def counted_elsewhere(years: Sequence[ChildsYear]) -> dict[int, ChildsYear]:
    """Of these years, by enrolment, those that are counted in another of them: and in which."""
    return {one.before.enrolment.pk: one for one in years if one.before}


def as_counted(one: ChildsYear) -> ChildsYear:
    """The year as categories, lists and totals count it: with the marks of the school before, where there was one.

    Missing marks are those of the school itself.
    """
    if one.before is None:
        return one
    before = as_counted(one.before)
    marks = laid_over(before.marks, one.marks)
    own = one.open & (np.arange(WIDTH) >= one.own_from)
    whole, group = np.full(1, WIDTH - 1, np.int16), np.zeros(1, np.int32)
    totals = measures.totals(marks, one.year, admitted=np.zeros(1, np.int16), left=whole, open=own, group=group)
    return replace(one, marks=marks, open=before.open | own, totals=totals, before=None)
