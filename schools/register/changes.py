"""What one upload or correction changed, packed small: for undo, the trail, and figures as known then."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from schools.register.marks import WIDTH, Bytes, Flags

Ids = npt.NDArray[np.int64]

_MAGIC: Final = b"RCHG"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<4sHxxII")  # magic, version, number of enrolments, number of cells


class UnreadableChanges(ValueError):
    """The bytes are not a change record, or of a version that this code does not know."""


@dataclass(frozen=True)
class Changes:
    """Changed cells: enrolment id int64, column uint16, mark before and after uint8; each cell once."""

    ids: Ids
    columns: npt.NDArray[np.uint16]
    before: Bytes
    after: Bytes

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, chosen: Flags) -> Changes:
        """The cells for which `chosen`, bool[len], is true."""
        return Changes(self.ids[chosen], self.columns[chosen], self.before[chosen], self.after[chosen])


@dataclass(frozen=True)
class Undone:
    """A matrix after an undo, the undo as changes of its own, and the cells that had to be left."""

    marks: Bytes
    reverted: Changes
    kept: Changes


def difference(ids: Ids, before: Bytes, after: Bytes) -> Changes:
    """The cells in which two matrices of the same enrolments differ, by column and then by row."""
    columns, rows = np.nonzero((before != after).T)
    return Changes(ids[rows], columns.astype(np.uint16), before[rows, columns], after[rows, columns])


def _by_column(place: npt.NDArray[np.intp], columns: npt.NDArray[np.uint16]) -> npt.NDArray[np.intp]:
    """The order by column and then place, in which `difference` has its cells already."""
    key = columns.astype(np.int64) * (int(place.max(initial=0)) + 1) + place
    return np.arange(len(key)) if (key[1:] >= key[:-1]).all() else np.argsort(key, kind="stable")


def pack(changes: Changes) -> bytes:
    """The record as stored: sorted by column, enrolments numbered once, compressed."""
    known, place = np.unique(changes.ids, return_inverse=True)
    order = _by_column(place, changes.columns)
    steps = np.diff(place[order], prepend=0).astype("<i4")
    column_steps = np.diff(changes.columns[order].astype(np.int32), prepend=0).astype("<u2")
    parts = (known.astype("<i8"), steps, column_steps, changes.before[order], changes.after[order])
    body = zlib.compress(b"".join(part.tobytes() for part in parts), level=1)
    return _HEADER.pack(_MAGIC, _VERSION, len(known), len(changes)) + body


def unpack(record: bytes | memoryview) -> Changes:
    """The changes of a stored record; raises UnreadableChanges if it is not one."""
    try:
        magic, version, enrolments, cells = _HEADER.unpack_from(record)
        body = zlib.decompress(memoryview(record)[_HEADER.size :]) if magic == _MAGIC else b""
    except (struct.error, zlib.error) as reason:
        raise UnreadableChanges("This is not a record of changes to a register.") from reason
    if magic != _MAGIC or version != _VERSION or len(body) != 8 * enrolments + 8 * cells:
        raise UnreadableChanges("This is not a record of changes to a register that this version can read.")
    at = 8 * enrolments
    known = np.frombuffer(body, "<i8", enrolments)
    place = np.cumsum(np.frombuffer(body, "<i4", cells, at), dtype=np.int64)
    columns = np.cumsum(np.frombuffer(body, "<u2", cells, at + 4 * cells), dtype=np.int64)
    before, after = (np.frombuffer(body, np.uint8, cells, at + shift * cells) for shift in (6, 7))
    return Changes(known[place].astype(np.int64), columns.astype(np.uint16), before.copy(), after.copy())


def _rows_of(ids: Ids, wanted: Ids) -> tuple[npt.NDArray[np.intp], Flags]:
    """The row of each wanted id in `ids`, and whether it is there at all."""
    if not len(ids):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    rows = order[place]
    return rows, ids[rows] == wanted


def _written(marks: Bytes, ids: Ids, changes: Changes, values: Bytes) -> Bytes:
    found = marks.copy()
    rows, here = _rows_of(ids, changes.ids)
    found[rows[here], changes.columns[here]] = values[here]
    return found


def apply(marks: Bytes, ids: Ids, changes: Changes) -> Bytes:
    """A new matrix with the changes made. Cells of enrolments not among `ids` (int64[n]) are passed over."""
    return _written(marks, ids, changes, changes.after)


def _keys(changes: Changes, known: Ids) -> npt.NDArray[np.int64]:
    return np.searchsorted(known, changes.ids).astype(np.int64) * WIDTH + changes.columns


def _touched_by(changes: Changes, later: Sequence[Changes]) -> Flags:
    """Which cells any later record touched, whatever it left there."""
    known = np.unique(np.concatenate([changes.ids, *(record.ids for record in later)]))
    keys = [_keys(record, known) for record in later]
    return np.isin(_keys(changes, known), np.concatenate(keys)) if keys else np.zeros(len(changes), np.bool_)


def revert(marks: Bytes, ids: Ids, changes: Changes, later: Sequence[Changes] = ()) -> Undone:
    """Undo one record, which need not be the last.

    Only cells that still hold what it wrote, and that no later record touched, go back; the others are kept
    and reported. `reverted` is itself a record to be stored, so that an undo is dated and can be undone.
    """
    rows, here = _rows_of(ids, changes.ids)
    current = np.zeros(len(changes), np.uint8)
    current[here] = marks[rows[here], changes.columns[here]]
    free = here & (current == changes.after) & ~_touched_by(changes, later)
    back = changes.where(free)
    reverted = Changes(back.ids, back.columns, back.after, back.before)
    return Undone(apply(marks, ids, reverted), reverted, changes.where(~free))


def as_known_before(marks: Bytes, ids: Ids, later: Iterable[Changes]) -> Bytes:
    """The matrix before all the later records, given oldest first: marks as known on an earlier day."""
    found = marks.copy()
    for changes in reversed(list(later)):
        rows, here = _rows_of(ids, changes.ids)
        found[rows[here], changes.columns[here]] = changes.before[here]
    return found
