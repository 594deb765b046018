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

    Of those that had closed without whoever is counted at the school that followed, or on roll at an open one.
    Raises StillWorking.
    """
    found: dict[int, Figures] = {}
    gone = _Gone([school.pk for school in schools if school.closed_on and school.closed_on < day])
    for part in known_of_many([school.pk for school in schools], day):
        gone.look_at(part)
        found |= _by_school(part, part.on_roll, part.official)
    return found | gone.figures()


class _Gone:
    """Schools that had closed: counted last, when it is known who is counted elsewhere."""

    def __init__(self, schools: Sequence[int]) -> None:
        self.schools = schools
        self.parts: list[standing.Figures] = []
        self.carried: list[np.ndarray] = [np.zeros(0, np.int64)]
        self.on_roll: set[bytes] = set()

    def look_at(self, part: standing.Figures) -> None:
        if not self.schools:
            return
        closed = np.isin(part.roll.schools, self.schools)
        self.carried.append(part.counted_here)
        self.on_roll.update(part.roll.pupils[part.on_roll & ~closed].tolist())
        if closed.any():
            self.parts.append(part.part(np.flatnonzero(closed)))

    def figures(self) -> dict[int, Figures]:
        found: dict[int, Figures] = {}
        for part in self.parts:
            told = np.array([key in self.on_roll for key in part.roll.pupils.tolist()], np.bool_)
            carried = np.isin(part.roll.enrolments, np.concatenate(self.carried))
            found |= _by_school(part, part.on_roll & ~told, part.official & ~carried)
        return found


def _by_school(found: standing.Figures, on_roll: np.ndarray, official: np.ndarray) -> dict[int, Figures]:
    """The counts of whole rolls, as `figures_by_school` has them of standings, of those on roll and those official."""
    schools, at = np.unique(found.roll.schools, return_inverse=True)

    def total(values: np.ndarray) -> list[int]:
        counted: list[int] = np.bincount(at, values, minlength=len(schools)).astype(int).tolist()
        return counted

    totals = found.totals
    official = official & (totals.possible > 0)
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
