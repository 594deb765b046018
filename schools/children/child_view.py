"""One child's year over every enrolment: each enrolment's own figures, and the child's, in which D never counts.

The official figures are by enrolment; a casework list looks at the child (domain 11, T8). Years that another
authority handed over count for the child, and in no figure of this authority's schools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schools.children.carried_years import as_counted, counted_elsewhere
from schools.children.childs_year import ChildsYear
from schools.children.handed_over import YearElsewhere
from schools.register import bands
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import look_up

_POSSIBLE = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG
COUNTS = ("possible", "attended", "authorised", "unauthorised", "missing")


@dataclass(frozen=True)
class ChildView:
    """The counts of all enrolments added up. `twice`: half-days possible at more than one school at once.

    A year that is counted at the school that took over is in the counts once.
    """

    years: Sequence[ChildsYear]
    possible: int
    attended: int
    authorised: int
    unauthorised: int
    missing: int
    twice: int

    @property
    def missed(self) -> int:
        return self.possible - self.attended

    @property
    def band(self) -> int | None:
        """The authority's category of the child; None where nothing was possible."""
        return int(bands.bands(_one(self.attended), _one(self.possible))[0]) or None

    @property
    def persistent(self) -> bool:
        return bool(bands.persistent(_one(self.missed), _one(self.possible))[0])

    @property
    def severe(self) -> bool:
        return bool(bands.severe(_one(self.missed), _one(self.possible))[0])

    @property
    def own(self) -> Sequence[ChildsYear]:
        """The enrolments that this authority's official figures count, each as it is counted there."""
        return [one for one in _counted(self.years) if not isinstance(one, YearElsewhere)]

    @property
    def has_years_elsewhere(self) -> bool:
        return any(isinstance(one, YearElsewhere) for one in self.years)

    @property
    def persistent_enrolments(self) -> int:
        """How many of the enrolments the official figures count as persistently absent."""
        return sum(one.persistent for one in self.own)


def _one(number: int) -> np.ndarray:
    return np.array([number], np.int32)


def child_view_of(years: Sequence[ChildsYear]) -> ChildView | None:
    """The child's figures over these enrolments of one year; None where there is but one to look at."""
    if len(years) < 2:
        return None
    counted = _counted(years)
    counts = {name: sum(one.count(name) for one in counted) for name in COUNTS}
    return ChildView(years, **counts, twice=_marked_twice(counted))


def _counted(years: Sequence[ChildsYear]) -> list[ChildsYear]:
    gone = counted_elsewhere(years)
    return [as_counted(one) for one in years if one.enrolment.pk not in gone]


def _marked_twice(years: Sequence[ChildsYear]) -> int:
    """Half-days that more than one enrolment counts as possible: at all but one of the schools D belongs there."""
    possible = [(look_up(one.marks, one.year, "flags")[0] & _POSSIBLE) != 0 for one in years]
    return int((np.sum(possible, axis=0) > 1).sum())
