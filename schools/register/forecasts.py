"""How many half-days can still be missed before a category is lost. Whole numbers, exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schools.register.bands import LINCOLNSHIRE, PERSISTENT, SEVERE, BandPolicy, Edge
from schools.register.marks import Counts


def _greatest_possible(edge: Edge, attended: Counts) -> Counts:
    """The most possible half-days with which this attendance keeps the edge."""
    have = edge.denominator * attended
    most: Counts = (have if edge.reached else have - 1) // edge.numerator
    return most


def missable_in_a_row(edge: Edge, attended: Counts, possible: Counts) -> Counts:
    """The largest number missed in a row from now that keeps the edge. int32[n].

    Possible and missed both grow by each. -1 where the edge is already lost; 0 where nothing was possible
    yet, for the first half-day missed loses every edge.
    """
    most = np.maximum(_greatest_possible(edge, attended) - possible, -1)
    return np.where(possible == 0, 0, most).astype(np.int32)


def missable_by_year_end(edge: Edge, attended: Counts, possible: Counts, remaining: Counts | int) -> Counts:
    """How many of the half-days left in the year may be missed, the rest attended, for the edge to be kept.

    int32[n], at most `remaining`; -1 where the edge can no longer be reached even with full attendance.
    """
    final = possible + remaining
    least = edge.numerator * final
    need = -(-least // edge.denominator) if edge.reached else least // edge.denominator + 1
    most = np.clip(attended + remaining - need, -1, remaining)
    return np.where(final == 0, 0, most).astype(np.int32)


def headroom(attended: Counts, possible: Counts, policy: BandPolicy = LINCOLNSHIRE) -> Counts:
    """Half-days that can be missed in a row before bands 1 to 4 are lost, int32[n, 4]; -1 already lost.

    Column 1 (band 2) is also the headroom before persistent absence, column 3 (band 4) before severe absence.
    """
    return np.stack([missable_in_a_row(edge, attended, possible) for edge in policy.edges], axis=1)


def year_end_headroom(
    attended: Counts, possible: Counts, remaining: Counts | int, policy: BandPolicy = LINCOLNSHIRE
) -> Counts:
    """The same at the end of the year with so many half-days still to come, int32[n, 4]."""
    edges: Sequence[Edge] = policy.edges
    return np.stack([missable_by_year_end(edge, attended, possible, remaining) for edge in edges], axis=1)


def before_persistent(attended: Counts, possible: Counts) -> Counts:
    """Half-days that can be missed in a row before persistent absence; -1 if already there. int32[n]."""
    return missable_in_a_row(PERSISTENT.edge, attended, possible)


def before_severe(attended: Counts, possible: Counts) -> Counts:
    """Half-days that can be missed in a row before severe absence; -1 if already there. int32[n]."""
    return missable_in_a_row(SEVERE.edge, attended, possible)
