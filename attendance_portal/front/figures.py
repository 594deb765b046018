"""Counts over standings, by school: what home pages and the overview show of many children at once.

They count everyone, restricted children too: a total names nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from attendance_portal.charts import percent
from attendance_portal.days import year_of
from schools.models import School, Standing
from schools.register.bands import BANDS
from schools.stored.carried import counted_once

WEEKDAYS = 5
# Data older than this many weekdays are stale (design). Weekdays stand for school days: no calendar is entered yet.
STALE_AFTER = 5

_OFFICIAL = Q(is_in_official_figures=True, possible__gt=0)
_COUNTS: dict[str, Any] = {
    "pupils": Count("pk", filter=Q(is_on_roll=True)),
    "official": Count("pk", filter=_OFFICIAL),
    "persistent": Count("pk", filter=_OFFICIAL & Q(persistent=True)),
    "severe": Count("pk", filter=_OFFICIAL & Q(severe=True)),
    "possible": Sum("possible", filter=_OFFICIAL, default=0),
    "attended": Sum("attended", filter=_OFFICIAL, default=0),
    "missing": Sum("missing", filter=Q(is_on_roll=True), default=0),
    "as_at": Max("as_at"),
    "oldest_as_at": Min("as_at"),
    **{f"band_{band}": Count("pk", filter=Q(is_on_roll=True, band=band)) for band in BANDS},
}
# Apart from the names of the columns, which an aggregate may not take.
_ANNOTATIONS = {f"of_{name}": count for name, count in _COUNTS.items()}


@dataclass(frozen=True)
class Figures:
    """Year to date of one school, or of several together.

    `pupils` and `bands` (categories 1 to 5) count everyone on roll. `official`, `persistent`, `severe`, `possible`
    and `attended` are those of the national definition: aged 5 to 15 on 31 August, leavers to their leaving day.
    """

    pupils: int = 0
    bands: tuple[int, ...] = (0, 0, 0, 0, 0)
    official: int = 0
    persistent: int = 0
    severe: int = 0
    possible: int = 0
    attended: int = 0
    missing: int = 0
    as_at: dt.date | None = None
    oldest_as_at: dt.date | None = None

    @property
    def banded(self) -> int:
        """How many have a category: at least one session was possible."""
        return sum(self.bands)

    @property
    def missed_a_tenth(self) -> int:
        """Those on roll who missed 10% or more, the severely absent among them: categories 3, 4 and 5."""
        return sum(self.bands[2:])

    @property
    def missed_half(self) -> int:
        """Those on roll who missed 50% or more: category 5."""
        return self.bands[4]

    @property
    def attendance(self) -> str:
        return percent(self.attended, self.possible)

    @property
    def attendance_share(self) -> float | None:
        """For sorting only; what is shown and classified are the integers."""
        return self.attended / self.possible if self.possible else None


def figures_by_school(schools: Sequence[School]) -> dict[int, Figures]:
    """The figures of each of these schools that has any, by its key; one query."""
    return _by_school(Standing.objects.filter(school__in=schools))


def in_the_year(schools: QuerySet[School], *, on: dt.date) -> QuerySet[School]:
    """Those of these schools that were open at any time of the academic year of a day."""
    return schools.exclude(closed_on__lt=dt.date(year_of(on), 8, 1))


def figures_of_the_year(schools: Sequence[School], *, on: dt.date) -> dict[int, Figures]:
    """The figures of each of these schools; nobody is counted twice whom a school carried on from one that closed.

    One query; as many more as `figures_left_by_school` and `on_roll_by_school` ask where a school has closed.
    """
    found = figures_by_school(schools)
    gone = [one for one in schools if one.pk in found and one.closed_on and one.closed_on < on]
    if not gone:
        return found
    official, left = figures_left_by_school(gone, on=on), on_roll_by_school(gone)
    for one in gone:
        now, own = left.get(one.pk, Figures()), found[one.pk]
        counted = official.get(one.pk, Figures(as_at=own.as_at, oldest_as_at=own.oldest_as_at))
        found[one.pk] = replace(counted, pupils=now.pupils, bands=now.bands, missing=now.missing)
    return found


def figures_left_by_school(schools: Sequence[School], *, on: dt.date) -> dict[int, Figures]:
    """The same of schools that closed, without those whom the school that followed counts; two queries.

    Two more where a school was taken over in the academic year of `on` or the one before.
    """
    return _by_school(counted_once(Standing.objects.filter(school__in=schools), on))


def on_roll_by_school(schools: Sequence[School]) -> dict[int, Figures]:
    """Of these schools that closed, only those on roll of whom no open school has told; one query."""
    return _by_school(Standing.objects.on_roll().filter(school__in=schools))


def _by_school(standings: QuerySet[Standing]) -> dict[int, Figures]:
    rows = standings.order_by().values("school_id").annotate(**_ANNOTATIONS)
    return {row["school_id"]: _figures(row) for row in rows}


def figures_of_standings(standings: QuerySet[Standing]) -> Figures:
    """The figures of any standings together; one query."""
    return _figures(standings.order_by().aggregate(**_ANNOTATIONS))


def together(parts: Iterable[Figures]) -> Figures:
    """Several schools' figures added up; its days are the latest and the oldest among them."""
    parts = list(parts)
    latest = [part.as_at for part in parts if part.as_at]
    oldest = [part.oldest_as_at for part in parts if part.oldest_as_at]
    counts = ("pupils", "official", "persistent", "severe", "possible", "attended", "missing")
    return Figures(
        bands=tuple(sum(part.bands[at] for part in parts) for at in range(len(BANDS))),
        as_at=max(latest, default=None),
        oldest_as_at=min(oldest, default=None),
        **{name: sum(getattr(part, name) for part in parts) for name in counts},
    )


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(
        bands=tuple(row[f"of_band_{band}"] for band in BANDS),
        **{name: row[f"of_{name}"] for name in _COUNTS if not name.startswith("band_")},
    )


def weekdays_since(day: dt.date, on: dt.date) -> int:
    """Weekdays after `day` up to and with `on`; 0 when `day` is not before it."""
    if day >= on:
        return 0
    weeks, rest = divmod((on - day).days, 7)
    extra = sum((day + dt.timedelta(days=at)).weekday() < WEEKDAYS for at in range(1, rest + 1))
    return weeks * WEEKDAYS + extra


def is_stale(as_at: dt.date | None, on: dt.date) -> bool:
    """Whether a school's last data are too old to work with on a day; a school without data is."""
    return as_at is None or weekdays_since(as_at, on) > STALE_AFTER
