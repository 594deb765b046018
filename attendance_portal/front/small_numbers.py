"""Small numbers hidden in a table of counts before it leaves the service, so that none can be worked out again.

The way of statistical disclosure control: counts of 1 to 4 are hidden first, then as many more as it takes that
no sum of the table gives a hidden count, or a small sum of hidden ones, away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SMALL = range(1, 5)
HIDDEN = "c"
NOTHING = 1e-8
NOTE = "c: hidden, because it or another count that could be worked out from it is 1 to 4."

Cell = Any


@dataclass(frozen=True)
class Sum:
    """A relation of a table: the parts add up to the total."""

    total: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (*self.parts, self.total)


def hidden_cells(counts: Mapping[Cell, int], sums: Sequence[Sum]) -> set[Cell]:
    """The cells to hide. Every cell named in `sums` must be in `counts`.

    Afterwards no sum has a single hidden cell, none gives a sum of hidden parts below 5, and all sums together
    determine none of the small counts.
    """
    small = {cell for cell, count in counts.items() if count in SMALL}
    hidden = set(small)
    containing = _sums_by_cell(sums)
    while True:
        _protect_each_sum(hidden, counts, sums, containing)
        told = _determined(hidden, sums) & small
        more = {cell for one in told for cell in _one_more_for(one, hidden, counts, containing)}
        if not more:
            return hidden
        hidden |= more


STEP = SMALL.stop


def in_steps(count: int) -> str:
    """A count told as one of five numbers, for tables that are asked over again with other words: “10 to 14”.

    Rows of up to four such counts that share an untold total never fix any of them. The most that a row may add up to
    is 1 to 4 less than a whole number of steps, the least that another may is a whole number: so the total can always
    be one more or one less, and so can every count.
    """
    least = count - count % STEP
    return f"{least:,} to {least + STEP - 1:,}" if least else f"Fewer than {STEP}"


def _sums_by_cell(sums: Sequence[Sum]) -> dict[Cell, list[Sum]]:
    found: dict[Cell, list[Sum]] = {}
    for one in sums:
        for cell in one.cells:
            found.setdefault(cell, []).append(one)
    return found


def _protect_each_sum(
    hidden: set[Cell], counts: Mapping[Cell, int], sums: Sequence[Sum], containing: Mapping[Cell, list[Sum]]
) -> None:
    """Hide more until no single sum tells; each newly hidden cell makes the other sums it is in be looked at again."""
    waiting = list(sums)
    while waiting:
        one = waiting.pop()
        while _tells(one, hidden, counts):
            more = _cheapest(one, hidden, counts)
            hidden.add(more)
            waiting += [other for other in containing[more] if other is not one]


def _tells(one: Sum, hidden: set[Cell], counts: Mapping[Cell, int]) -> bool:
    """Whether a sum gives something away: its single hidden cell, or how few its hidden parts are together."""
    parts = [cell for cell in one.parts if cell in hidden]
    if one.total in hidden:
        return not parts
    return bool(parts) and (len(parts) == 1 or sum(counts[cell] for cell in parts) <= SMALL[-1])


def _cheapest(one: Sum, hidden: set[Cell], counts: Mapping[Cell, int]) -> Cell:
    """The cell to hide next in a sum: the smallest part that holds anybody, else an empty one, else the total."""
    parts = [cell for cell in one.parts if cell not in hidden]
    if not parts:
        return one.total
    return min(parts, key=lambda cell: (counts[cell] == 0, counts[cell], one.parts.index(cell)))


def _determined(hidden: set[Cell], sums: Sequence[Sum]) -> set[Cell]:
    """The hidden cells that all sums together fix: those that are the same in every solution."""
    order = {cell: at for at, cell in enumerate(hidden)}
    rows = [one for one in sums if any(cell in order for cell in one.cells)]
    matrix = np.zeros((len(rows), len(order)))
    for at, one in enumerate(rows):
        for cell in one.cells:
            if cell in order:
                matrix[at, order[cell]] += -1 if cell == one.total else 1
    # A cell is fixed when its unit vector lies in the span of the rows: its projection onto the span is whole.
    lengths, directions = np.linalg.eigh(matrix @ matrix.T)
    spanning = lengths > NOTHING
    basis = (matrix.T @ directions[:, spanning]) / np.sqrt(lengths[spanning])
    kept = (basis**2).sum(axis=1)
    return {cell for cell, at in order.items() if kept[at] > 1 - NOTHING}


def _one_more_for(
    told: Cell, hidden: set[Cell], counts: Mapping[Cell, int], containing: Mapping[Cell, list[Sum]]
) -> list[Cell]:
    """One more cell to hide for the sake of one that is still told: in its own sums, else in those next to them."""
    near = {cell for one in containing.get(told, []) for cell in one.cells}
    further = {cell for other in near for one in containing[other] for cell in one.cells}
    visible = near - hidden or further - hidden
    return sorted(visible, key=lambda cell: (counts[cell] == 0, counts[cell], str(cell)))[:1]
