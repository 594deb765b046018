"""Undo as a replay: after any uploads, corrections and undos, the register holds what the records that stand wrote.

A record stands unless it was taken back by a record that itself stands; so an undo can be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schools.register.changes import (
    NOTHING_REPEATED,
    Changes,
    Ids,
    Repeated,
    apply,
    as_known_before,
    difference,
    rows_of,
)
from schools.register.marks import Bytes


@dataclass(frozen=True)
class Step:
    """One stored record in its turn; `undoes` is the place of the earlier record that it takes back."""

    changes: Changes
    repeated: Repeated = NOTHING_REPEATED
    undoes: int | None = None


@dataclass(frozen=True)
class Replayed:
    """Marks as the records that stand leave them, uint8[n, WIDTH], and the place of each one's writer or -1."""

    marks: Bytes
    writer: npt.NDArray[np.int32]


@dataclass(frozen=True)
class TakenBack:
    """An undo: the cells that go back (a record of its own), and those that the record wrote and that stay.

    keeper int32[len(kept)]: the place of the record whose mark stands there, -1 where it is that of before all.
    """

    changes: Changes
    kept: Changes
    keeper: npt.NDArray[np.int32]


def standing(undoes: Sequence[int | None]) -> list[bool]:
    """Which records stand, given what each takes back (an earlier place, or None)."""
    found = [True] * len(undoes)
    for place in reversed(range(len(undoes))):
        taken = undoes[place]
        if taken is not None and found[place]:
            found[taken] = False
    return found


def replay(base: Bytes, ids: Ids, steps: Sequence[Step], stands: Sequence[bool]) -> Replayed:
    """Write one after the other what the standing records wrote, from `base`, the marks before all of them.

    What a record repeated is the mark that stood there in truth when it was stored, undone meanwhile or not.
    """
    held, found = base, base.copy()
    writer = np.full(base.shape, -1, np.int32)
    for place, (step, counts) in enumerate(zip(steps, stands, strict=True)):
        held = apply(held, ids, step.changes)
        if not counts or step.undoes is not None:
            continue
        rows, here = rows_of(ids, step.changes.ids)
        cells = rows[here], step.changes.columns[here]
        found[cells], writer[cells] = step.changes.after[here], place
        again = _repeated_cells(step.repeated, ids)
        found[again], writer[again] = held[again], place
    return Replayed(found, writer)


def _repeated_cells(said: Repeated, ids: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint16]]:
    """The rows among `ids` and the columns of what a record repeated."""
    rows, here = rows_of(ids, said.ids)
    at, columns = np.nonzero(said.said[here])
    return rows[here][at], said.columns[columns]


def enrolments_of(steps: Sequence[Step], which: int) -> Ids:
    """The enrolments that taking back a record may concern: those of the record behind all undos. Sorted."""
    taken = steps[which].undoes
    while taken is not None:
        which, taken = taken, steps[taken].undoes
    root = steps[which]
    return np.union1d(root.changes.ids, root.repeated.ids).astype(np.int64)


def take_back(marks: Bytes, ids: Ids, steps: Sequence[Step], which: int) -> TakenBack:
    """What the undo of a record does to the present marks (uint8[n, WIDTH]) of `enrolments_of` it.

    A cell goes back to what the records that still stand wrote; where a later one wrote it (the same or
    another mark), or it came about otherwise, it stays and is reported.
    """
    undoes = [step.undoes for step in steps]
    base = as_known_before(marks, ids, [step.changes for step in steps])
    now = replay(base, ids, steps, standing(undoes))
    then = replay(base, ids, steps, standing([*undoes, which])[:-1])
    goes = (now.marks != then.marks) & (now.marks == marks)
    changes = difference(ids, marks, np.where(goes, then.marks, marks).astype(np.uint8))
    wrote = steps[which].changes
    rows, here = rows_of(ids, wrote.ids)
    stays = here & ~goes[np.where(here, rows, 0), wrote.columns] if len(ids) else here
    return TakenBack(changes, wrote.where(stays), then.writer[rows[stays], wrote.columns[stays]])
