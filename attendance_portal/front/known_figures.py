"""The figures of many schools as known on an earlier day: worked out anew, and added up by school."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from attendance_portal.front.figures import Figures
from schools.changes.known_together import known_of_many
from schools.models import School
from schools.register.bands import BANDS
from schools.register.marks import day_of
from schools.standing import figures as standing


def figures_as_known(schools: Sequence[School], day: dt.date) -> dict[int, Figures]:
    """The figures of each of these schools of which anything was known by the end of a day, by its key.

    Raises StillWorking.
    """
    found: dict[int, Figures] = {}
    for part in known_of_many([school.pk for school in schools], day):
        found |= _by_school(part)
    return found


def _by_school(found: standing.Figures) -> dict[int, Figures]:
    """The counts of whole rolls, as `figures_by_school` has them of standings."""
    schools, at = np.unique(found.roll.schools, return_inverse=True)

    def total(values: np.ndarray) -> list[int]:
        counted: list[int] = np.bincount(at, values, minlength=len(schools)).astype(int).tolist()
        return counted

    totals, on_roll = found.totals, found.on_roll
    official = found.official & (totals.possible > 0)
    bands = [total(on_roll & (found.band == band)) for band in BANDS]
    counts = {
        "pupils": total(on_roll),
        "official": total(official),
        "persistent": total(official & found.persistent),
        "severe": total(official & found.severe),
        "possible": total(totals.possible * official),
        "attended": total(totals.attended * official),
        "missing": total(totals.missing * on_roll),
    }
    columns = np.zeros(len(schools), np.int64)
    columns[at] = found.last_column  # one and the same for all of a school
    days = [day_of(found.roll.year, int(column)) for column in columns]
    return {
        int(school): Figures(
            bands=tuple(band[n] for band in bands), as_at=days[n], oldest_as_at=days[n],
            **{name: numbers[n] for name, numbers in counts.items()},
        )
        for n, school in enumerate(schools)
    }  # fmt: skip
