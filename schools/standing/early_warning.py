"""The early warning tried on the authority's data of last year, and kept to be shown beside every warning."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from django.db.models import Min

from attendance_portal.days import TERMS, Term, year_of
from attendance_portal.days import Window as Days
from schools.models import Register, RegisterChange, WarningTrial
from schools.register.marks import Bytes
from schools.register.warnings import Trial, trials
from schools.standing.figures import Window, windows_of
from schools.stored.carried import carried_on_in
from schools.stored.registers import load_roll, marked_in
from schools.stored.terms import HeldTerms, terms_of_schools


def is_to_be_tried(*, on: dt.date) -> bool:
    """Whether last year has registers on which the rule was not tried yet, or that changed since (or that day)."""
    year = year_of(on) - 1
    tried_on = WarningTrial.objects.filter(year=year).aggregate(Min("tried_on"))["tried_on__min"]
    if tried_on is None:
        return bool(Register.objects.filter(year=year).exists())
    return bool(RegisterChange.objects.filter(year=year, made_at__date__gte=tried_on).exists())


def keep_trials(batches: Iterable[Sequence[int]], *, on: dt.date) -> list[WarningTrial]:
    """Try the rule on last year's registers of these schools, a batch at a time, and keep what came out."""
    year = year_of(on) - 1
    found: dict[str, Trial] = {}
    carried_on = carried_on_in(year)
    for schools in batches:
        roll = load_roll(schools, year)
        roll = roll.part(np.flatnonzero(~np.isin(roll.enrolments, carried_on)))
        if not len(roll):
            continue
        terms = terms_of_schools(schools, [year])
        for window in windows_of(roll, marked_in(schools, year - 1, roll.enrolments, roll.carried)):
            for flags, windows in _by_terms(window, terms):
                for term, one in trials(flags, year, windows).items():
                    found[term] = found.get(term, Trial()) + one
    WarningTrial.objects.filter(year=year).delete()
    kept = [WarningTrial(year=year, term=term, tried_on=on, **vars(one)) for term, one in found.items()]
    return WarningTrial.objects.bulk_create(kept)


def _by_terms(window: Window, terms: Mapping[int | None, HeldTerms]) -> Iterator[tuple[Bytes, dict[Term, Days]]]:
    """The flags of the schools that share the same terms, with those terms."""
    sharing: defaultdict[tuple[Days, ...], list[int]] = defaultdict(list)
    for school in np.unique(window.roll.schools).tolist():
        sharing[tuple(terms[school].window(window.roll.year, term) for term in TERMS)].append(school)
    for windows, schools in sharing.items():
        whole = len(sharing) == 1
        flags = window.flags if whole else window.flags[np.isin(window.roll.schools, schools)]
        yield flags, dict(zip(TERMS, windows, strict=True))
