"""Persistent and severe absence by the national rule, and an authority's five bands as dated local policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from attendance_portal.law import Confidence, DatedRule, Strength, in_force
from schools.register.marks import Bytes, Counts, Flags

NO_BAND: Final = 0
AS_EXPECTED: Final = 1
AT_RISK_OF_PERSISTENT: Final = 2
PERSISTENT_BAND: Final = 3
AT_RISK_OF_SEVERE: Final = 4
SEVERE_BAND: Final = 5
BANDS: Final = (AS_EXPECTED, AT_RISK_OF_PERSISTENT, PERSISTENT_BAND, AT_RISK_OF_SEVERE, SEVERE_BAND)


@dataclass(frozen=True)
class Edge:
    """The least attendance, numerator/denominator, that keeps a pupil above a boundary.

    With `reached` the pupil may stand exactly on it (95%, 80%); without, must be above (90%, 50%).
    """

    numerator: int
    denominator: int
    reached: bool

    def is_kept(self, attended: Counts, possible: Counts) -> Flags:
        """Where attendance is on the better side, bool[n]; meaningless where nothing was possible."""
        have, need = self.denominator * attended, self.numerator * possible
        kept: Flags = have >= need if self.reached else have > need
        return kept


@dataclass(frozen=True, kw_only=True)
class AbsenceRule(DatedRule):
    """Absent when `times` x sessions missed is at least the sessions possible."""

    name: str
    times: int

    @property
    def edge(self) -> Edge:
        return Edge(self.times - 1, self.times, reached=False)


_NATIONAL = "DfE, Pupil absence in schools and Pupil attendance in schools: methodology"
ABSENCE_RULES: Final = (
    AbsenceRule(
        name="persistent", times=10, in_force_from=date(2015, 8, 1),
        source=f"{_NATIONAL}: misses 10% or more of own possible sessions; before 2015/16 a standard count",
        strength=Strength.MUST, confidence=Confidence.PRIMARY,
    ),
    AbsenceRule(
        name="severe", times=2, in_force_from=date(2015, 8, 1),
        source=f"{_NATIONAL} (field pa_50_exact): misses 50% or more of their own possible sessions",
        strength=Strength.MUST, confidence=Confidence.PRIMARY,
    ),
)  # fmt: skip
PERSISTENT: Final = ABSENCE_RULES[0]
SEVERE: Final = ABSENCE_RULES[1]


def _is_absent(rule: AbsenceRule, absent: Counts, possible: Counts) -> Flags:
    found: Flags = (rule.times * absent >= possible) & (possible > 0)
    return found


def persistent(absent: Counts, possible: Counts) -> Flags:
    """Missed 10% or more, the severely absent included; false where nothing was possible. bool[n]."""
    return _is_absent(PERSISTENT, absent, possible)


def severe(absent: Counts, possible: Counts) -> Flags:
    """Missed 50% or more; false where nothing was possible. bool[n]."""
    return _is_absent(SEVERE, absent, possible)


@dataclass(frozen=True, kw_only=True)
class BandPolicy(DatedRule):
    """An authority's five bands: two edges of its own, and the two that follow the national definitions.

    `as_expected_from` and `persistent_from` are (numerator, denominator) of the attendance that must be
    reached for bands 1 and 3. They must lie between 90% and 100%, and between 50% and 90%: the edges at 90%
    and 50% are the national definitions. Raises ValueError otherwise.
    """

    as_expected_from: tuple[int, int] = (19, 20)
    persistent_from: tuple[int, int] = (4, 5)
    labels: tuple[str, str, str, str, str] = (
        "As expected",
        "At risk of persistent absence",
        "Persistent absence",
        "At risk of severe absence",
        "Severe absence",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        (n1, d1), (n3, d3) = self.as_expected_from, self.persistent_from
        if not (9 * d1 < 10 * n1 and n1 <= d1):
            raise ValueError("The first band must begin above 90% attendance and not above 100%.")
        if not (d3 < 2 * n3 and 10 * n3 <= 9 * d3):
            raise ValueError("The third band must begin above 50% attendance and not above 90%.")

    @property
    def edges(self) -> tuple[Edge, Edge, Edge, Edge]:
        """The lower edges of bands 1 to 4, best first."""
        return (
            Edge(*self.as_expected_from, reached=True),
            PERSISTENT.edge,
            Edge(*self.persistent_from, reached=True),
            SEVERE.edge,
        )

    def label(self, band: int) -> str:
        return self.labels[band - 1] if band else ""


LINCOLNSHIRE: Final = BandPolicy(
    in_force_from=date(2010, 8, 1),
    source="Lincolnshire school attendance strategy (95, 91, 80, 51%), its gaps closed so that a printed "
    "lower edge must be reached and 90% and 50% follow the national definitions",
    strength=Strength.DESIGN,
    confidence=Confidence.COUNCIL,
)


def policy_on(policies: Sequence[BandPolicy], on: date) -> BandPolicy:
    """An authority's policy on a day, Lincolnshire's where it has set none."""
    return in_force(policies, on) if policies else LINCOLNSHIRE


def bands(attended: Counts, possible: Counts, policy: BandPolicy = LINCOLNSHIRE) -> Bytes:
    """Band 1 (best) to 5 of each enrolment, 0 where nothing was possible. uint8[n]."""
    band = np.ones(len(possible), np.uint8)
    for edge in policy.edges:
        band += ~edge.is_kept(attended, possible)
    band[possible == 0] = NO_BAND
    return band


def band_counts(band: Bytes) -> npt.NDArray[np.int64]:
    """How many enrolments have no band and bands 1 to 5. int64[6]."""
    return np.bincount(band, minlength=6).astype(np.int64)


def at_risk_next_term(
    recent_absent: Counts, recent_possible: Counts, year_absent: Counts, year_possible: Counts
) -> Flags:
    """At risk of becoming persistently absent next term. bool[n].

    For now (a design rule): 90% attendance or less over the last six school weeks while above it for the
    year. With fewer than six school weeks the two windows are one, and no one is at risk.
    """
    return persistent(recent_absent, recent_possible) & ~persistent(year_absent, year_possible)
