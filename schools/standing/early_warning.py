"""The early warning tried on the authority's data of last year, once, and kept to be shown beside every warning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from attendance_portal.days import year_of
from schools.models import Register, WarningTrial
from schools.register.warnings import Trial, trials
from schools.standing.figures import windows_of
from schools.stored.registers import load_roll, marked_in


def is_to_be_tried(*, on: dt.date) -> bool:
    """Whether last year has registers and the rule has not been tried on them yet."""
    year = year_of(on) - 1
    tried = WarningTrial.objects.filter(year=year).exists()
    return not tried and Register.objects.filter(year=year).exists()


def keep_trials(batches: Iterable[Sequence[int]], *, on: dt.date) -> list[WarningTrial]:
    """Try the rule on last year's registers of these schools, a batch at a time, and keep what came out."""
    year = year_of(on) - 1
    found: dict[str, Trial] = {}
    for schools in batches:
        roll = load_roll(schools, year)
        if not len(roll):
            continue
        for window in windows_of(roll, marked_in(schools, year - 1, roll.enrolments)):
            for term, one in trials(window.flags, year).items():
                found[term] = found.get(term, Trial()) + one
    WarningTrial.objects.filter(year=year).delete()
    kept = [WarningTrial(year=year, term=term, tried_on=on, **vars(one)) for term, one in found.items()]
    return WarningTrial.objects.bulk_create(kept)
