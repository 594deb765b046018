"""The figures of many schools as known on an earlier day: of a few at once, of a county by a worker, kept for a while.

What was known by the end of a past day does not change any more; calendars are those of now, so nothing is kept long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from django.core.cache import cache
from django.db.models import Count

from attendance_portal.days import year_of
from attendance_portal.tenancy import current_authority_id
from schools.banding import batches_of
from schools.models import Enrolment, School
from schools.standing.figures import Figures, known_figures

AT_ONCE: Final = 20_000
"""Enrolments whose figures are worked out while a person waits: half a second."""
KEPT_FOR: Final = 15 * 60
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
    parts: list[Figures] | None = cache.get(_key(day))
    if parts is None:
        done, schools = cache.get(_key(day, "progress")) or (0, len(school_ids))
        raise StillWorking(day, done, schools)
    wanted = np.array(sorted(school_ids), np.int64)
    chosen = (np.flatnonzero(np.isin(part.roll.schools, wanted)) for part in parts)
    return [part.part(rows) for part, rows in zip(parts, chosen, strict=True) if len(rows)]


def want_known(day: dt.date, schools: int) -> bool:
    """Say that a day's figures are wanted; whether someone is to be asked for them, since no one is at it."""
    return not cache.has_key(_key(day)) and cache.add(_key(day, "progress"), (0, schools), GIVEN_UP_AFTER)


def work_out_known(day: dt.date) -> None:
    """Work out the figures of every school of the authority as known on a day, and keep them for whoever asks."""
    school_ids = list(School.objects.order_by("pk").values_list("pk", flat=True))
    parts, done = [], 0
    for found in known_in_turn(school_ids, day):
        roll = replace(found.roll, marks=np.zeros((len(found.roll), 0), np.uint8))
        parts.append(replace(found, roll=roll))
        done += len(np.unique(found.roll.schools))
        cache.set(_key(day, "progress"), (done, len(school_ids)), GIVEN_UP_AFTER)
    cache.set(_key(day), parts, KEPT_FOR)
    cache.delete(_key(day, "progress"))


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
