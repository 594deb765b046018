"""The figures of many schools as known on an earlier day: of a few at once, of a county by a worker, kept for a while.

What was known by the end of a past day does not change any more; calendars are those of now, so nothing is kept long,
and of an authority only the last few days that were worked out, for it stands in Redis, in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np
from django.core.cache import cache
from django.db.models import Count

from attendance_portal.days import year_of
from attendance_portal.tenancy import current_authority_id
from schools.banding import batches_of
from schools.models import Enrolment, School
from schools.standing.figures import Figures, known_figures
from schools.standing.packing import Packed, pack, unpack

AT_ONCE: Final = 20_000
"""Enrolments whose figures are worked out while a person waits: half a second."""
KEPT_FOR: Final = 15 * 60
DAYS_KEPT: Final = 3
"""Of an authority at once, the last ones worked out; a county of 230,000 enrolments takes about 7 MB a day."""
GIVEN_UP_AFTER: Final = 90
"""Seconds without a sign of the worker after which another is asked."""


class StillWorking(Exception):
    """The figures are not there yet: of how many schools they are, and of how many there are. Ask again in a while."""

    def __init__(self, day: dt.date, done: int, schools: int) -> None:
        super().__init__(f"As known on {day}: {done} of {schools} schools")
        self.day, self.done, self.schools = day, done, schools


def known_of_many(school_ids: Collection[int], day: dt.date) -> list[Figures]:
    """The figures of these schools as known on a day, without marks where they are many. Raises StillWorking."""
    if Enrolment.objects.filter(school__in=school_ids).count() <= AT_ONCE:
        return list(known_in_turn(list(school_ids), day))
    packed: list[Packed] | None = cache.get(_key(day))
    if packed is None:
        done, schools = cache.get(_key(day, "progress")) or (0, len(school_ids))
        raise StillWorking(day, done, schools)
    wanted = np.array(sorted(school_ids), np.int64)
    parts = [unpack(part) for part in packed]
    chosen = (np.flatnonzero(np.isin(part.roll.schools, wanted)) for part in parts)
    return [part.part(rows) for part, rows in zip(parts, chosen, strict=True) if len(rows)]


def want_known(day: dt.date, schools: int) -> bool:
    """Say that a day's figures are wanted; whether someone is to be asked for them, since no one is at it."""
    return not cache.has_key(_key(day)) and cache.add(_key(day, "progress"), (0, schools), GIVEN_UP_AFTER)


def work_out_known(day: dt.date) -> None:
    """Work out the figures of every school of the authority as known on a day, and keep them for whoever asks.

    Nothing where they are there: while workers are busy a day may be asked for more than once.
    """
    if cache.has_key(_key(day)):
        return
    school_ids = list(School.objects.order_by("pk").values_list("pk", flat=True))
    parts, done = [], 0
    _say(day, done, len(school_ids))
    for found in known_in_turn(school_ids, day):
        parts.append(pack(found))
        done += len(np.unique(found.roll.schools))
        _say(day, done, len(school_ids))
    _keep(day, parts)
    cache.delete(_key(day, "progress"))


def _say(day: dt.date, done: int, schools: int) -> None:
    """A sign that somebody is at it, and how far."""
    cache.set(_key(day, "progress"), (done, schools), GIVEN_UP_AFTER)


def _keep(day: dt.date, parts: list[Packed]) -> None:
    """Keep a day's figures, and no longer those of days worked out before the last few.

    Two workers that end in one moment may each miss the other's day: it then stays until its time is over.
    """
    cache.set(_key(day), parts, KEPT_FOR)
    days: list[dt.date] = [*(one for one in cache.get(_days_key(), []) if one != day), day]
    cache.delete_many([_key(one) for one in days[:-DAYS_KEPT]])
    cache.set(_days_key(), days[-DAYS_KEPT:], KEPT_FOR)


def _days_key() -> str:
    return f"days-known-{current_authority_id()}"


def _key(day: dt.date, what: str = "figures") -> str:
    return f"known on {day} {what} {current_authority_id()}".replace(" ", "-")


def known_in_turn(school_ids: Sequence[int], day: dt.date) -> Iterator[Figures]:
    """The figures of many schools as known on a day, a batch at a time, so that memory does not grow with them.

    Each school in the latest academic year of which anything was known: that of the day, else the one before.
    """
    left = list(school_ids)
    for year in (year_of(day), year_of(day) - 1):
        sizes = Enrolment.objects.filter(school__in=left).order_by().values("school").annotate(pupils=Count("pk"))
        for batch in batches_of(left, dict(sizes.values_list("school", "pupils"))):
            found = known_figures(batch, year, day)
            if found is None:
                continue
            with_data = np.flatnonzero(found.last_column >= 0)
            known = set(found.roll.schools[with_data].tolist())
            left = [school for school in left if school not in known]
            if known:
                yield found.part(with_data)
