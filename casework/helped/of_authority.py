"""Did it help? Every kind of support over the authority: at once where children are few, of a county by a worker.

What is compared follows from registers and cases of now, so nothing is kept long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django.core.cache import cache

from attendance_portal.days import year_window
from attendance_portal.tenancy import current_authority_id
from casework.helped.kinds import KINDS
from casework.helped.matching import Compared, MatchRule, compare
from casework.helped.reading import begun_in, children_of, had_support, years_looked_at
from schools.models import Enrolment

AT_ONCE: Final = 20_000
"""Enrolments of which the comparison is worked out while a person waits: a second."""
KEPT_FOR: Final = 15 * 60
GIVEN_UP_AFTER: Final = 90
"""Seconds after which another worker is asked."""

ByKind = Mapping[str, Compared]


class StillComparing(Exception):
    """A worker is at it, or is to be asked."""


def by_kind(year: int, weeks: int, *, on: dt.date) -> ByKind:
    """What is compared of each kind of support that began in an academic year. Raises StillComparing."""
    kept: ByKind | None = cache.get(_key(year, weeks, on))
    if kept is not None:
        return kept
    if Enrolment.objects.count() > AT_ONCE:
        raise StillComparing
    return _compared(year, weeks, on=on)


def want_compared(year: int, weeks: int, *, on: dt.date) -> bool:
    """Say that it is wanted; whether a worker is to be asked for it, since none is at it."""
    return bool(cache.add(_key(year, weeks, on) + "-asked", 1, GIVEN_UP_AFTER))


def work_out_compared(year: int, weeks: int, *, on: dt.date) -> None:
    """Work it out and keep it a while for whoever asks."""
    cache.set(_key(year, weeks, on), _compared(year, weeks, on=on), KEPT_FOR)


def _key(year: int, weeks: int, on: dt.date) -> str:
    return f"did-it-help-{year}-{weeks}-{on}-{current_authority_id()}"


def _compared(year: int, weeks: int, *, on: dt.date) -> dict[str, Compared]:
    """Children who were on no roll in the year are in none of the counts."""
    rule = MatchRule(before=weeks, after=weeks)
    first, last = year_window(year)
    until = min(last, on)
    years = years_looked_at(first, until, rule, on=on)
    children = children_of(year, years, on=on)
    had = had_support(children, children.monday, on)
    begun = {kind.code: begun_in(children, kind, first, until) for kind in KINDS}
    return {code: compare(children.held, starts, had, rule) for code, starts in begun.items()}
