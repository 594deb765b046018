"""What one upload or correction changed, packed small: for undo, the trail, and figures as known then.

A record holds the half-days that changed, and apart from them those that a file wrote as they stood already: they
tell an undo of an earlier file that a later one said the same.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schools.register.marks import Bytes, Flags

Ids = npt.NDArray[np.int64]

_MAGIC: Final = b"RCHG"
_HEADER: Final = struct.Struct("<4sHxxII")  # magic, version, number of enrolments, number of cells
_VERSION: Final = 2
# Of version 2, after the header: bytes of the packed changes; enrolments and columns of what was repeated.
_MORE: Final = struct.Struct("<III")
_NEAR: Final = 1 << 16  # numbers of enrolments among which a school's are looked for one by one
_LARGE: Final = 200_000  # cells; a record of more is compressed quickly rather than well


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
class Repeated:
    """Cells written as they stood: enrolments int64[n] by columns uint16[m], of which those in `said`, bool[n, m]."""

    ids: Ids
    columns: npt.NDArray[np.uint16]
    said: Flags

    def __bool__(self) -> bool:
        return bool(self.said.any())


NOTHING_CHANGED: Final = Changes(
    np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros(0, np.uint8), np.zeros(0, np.uint8)
)
NOTHING_REPEATED: Final = Repeated(np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros((0, 0), np.bool_))


def difference(ids: Ids, before: Bytes, after: Bytes) -> Changes:
    """The cells in which two matrices of the same enrolments differ, by column and then by row."""
    columns, rows = np.nonzero((before != after).T)
    return Changes(ids[rows], columns.astype(np.uint16), before[rows, columns], after[rows, columns])


def composed(records: Sequence[Changes]) -> Changes:
    """What records in their order changed together: each cell once, from before the first to after the last."""
    if len(records) == 1:
        return records[0]
    ids, columns = (np.concatenate([getattr(one, name) for one in records]) for name in ("ids", "columns"))
    before, after = (np.concatenate([getattr(one, name) for one in records]) for name in ("before", "after"))
    order = np.lexsort((np.arange(len(ids)), ids, columns))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(ids[order]) != 0) | (np.diff(columns[order].astype(np.int64)) != 0)
    last = np.append(new[1:], True)[: len(order)]
    changes = Changes(ids[order[new]], columns[order[new]], before[order[new]], after[order[last]])
    return changes.where(changes.before != changes.after)


def repeated(ids: Ids, written: Flags, before: Bytes, after: Bytes) -> Repeated:
    """The cells of `written` (bool[n, WIDTH]) that hold before and after what was written."""
    same = written & (before == after)
    rows, columns = np.flatnonzero(same.any(axis=1)), np.flatnonzero(same.any(axis=0))
    return Repeated(ids[rows], columns.astype(np.uint16), same[np.ix_(rows, columns)])


def _numbered(ids: Ids) -> tuple[Ids, npt.NDArray[np.intp]]:
    """The enrolments there are, sorted, and which of them each cell is of. No cell is sorted if they lie near."""
    first, last = (int(ids.min()), int(ids.max())) if len(ids) else (0, -1)
    if last - first >= max(_NEAR, 8 * len(ids)):
        return np.unique(ids, return_inverse=True)
    there = np.zeros(last - first + 1, np.bool_)
    there[ids - first] = True
    return np.flatnonzero(there) + first, (np.cumsum(there) - 1)[ids - first]


def _by_column(place: npt.NDArray[np.intp], columns: npt.NDArray[np.uint16]) -> npt.NDArray[np.intp]:
    """The order by column and then place, in which `difference` has its cells already."""
    key = columns.astype(np.int64) * (int(place.max(initial=0)) + 1) + place
    return np.arange(len(key)) if (key[1:] >= key[:-1]).all() else np.argsort(key, kind="stable")


def _planes(values: npt.NDArray[Any], kind: str) -> bytes:
    """Steps from value to value, their lowest bytes first: mostly the same byte over and over."""
    steps = np.diff(values.astype(kind), prepend=np.zeros(1, kind)).astype(kind)
    return steps.view(np.uint8).reshape(len(steps), steps.itemsize).T.tobytes()


def _from_planes(body: bytes, at: int, length: int, kind: str) -> npt.NDArray[np.int64]:
    size = np.dtype(kind).itemsize
    planes = np.frombuffer(body, np.uint8, length * size, at).reshape(size, length)
    return np.cumsum(np.ascontiguousarray(planes.T).view(kind)[:, 0] if length else [], dtype=np.int64)


def pack(changes: Changes, said_again: Repeated = NOTHING_REPEATED) -> bytes:
    """The record as stored: sorted by column, enrolments numbered once, compressed."""
    known, place = _numbered(changes.ids)
    order = _by_column(place, changes.columns)
    parts = (
        _planes(known, "<i8"),
        _planes(place[order], "<i4"),
        _planes(changes.columns[order], "<i2"),
        changes.before[order].tobytes(),
        changes.after[order].tobytes(),
    )
    body = zlib.compress(b"".join(parts), level=1 if len(changes) > _LARGE else 9)
    more = _MORE.pack(len(body), len(said_again.ids), len(said_again.columns))
    return _HEADER.pack(_MAGIC, _VERSION, len(known), len(changes)) + more + body + _packed_repeated(said_again)


def _packed_repeated(said_again: Repeated) -> bytes:
    if not said_again:
        return b""
    said = np.packbits(said_again.said, axis=1)
    parts = (_planes(said_again.ids, "<i8"), _planes(said_again.columns, "<i2"), said.tobytes())
    return zlib.compress(b"".join(parts), level=6)


def unpack(record: bytes | memoryview) -> Changes:
    """The changes of a stored record of any version; raises UnreadableChanges if it is not one."""
    version, enrolments, cells = _header(record)
    if version == 1:
        return _unpack_first(_inflated(record, _HEADER.size), enrolments, cells)
    length, _, _ = _more(record)
    begins = _HEADER.size + _MORE.size
    body = _inflated(record[: begins + length], begins)
    if len(body) != 8 * (enrolments + cells):
        raise UnreadableChanges("This is not a record of changes to a register.")
    at = 8 * enrolments
    known = _from_planes(body, 0, enrolments, "<i8")
    place = _from_planes(body, at, cells, "<i4")
    columns = _from_planes(body, at + 4 * cells, cells, "<i2")
    return _checked(known, place, columns, body, at + 6 * cells)


def unpack_repeated(record: bytes | memoryview) -> Repeated:
    """What the record says was written as it stood; nothing in records of version 1."""
    version, _, _ = _header(record)
    if version == 1:
        return NOTHING_REPEATED
    length, rows, width = _more(record)
    if not rows:
        return NOTHING_REPEATED
    body = _inflated(record, _HEADER.size + _MORE.size + length)
    if len(body) != 8 * rows + 2 * width + rows * -(-width // 8):
        raise UnreadableChanges("This is not a record of changes to a register.")
    bits = np.frombuffer(body, np.uint8, offset=8 * rows + 2 * width).reshape(rows, -1)
    columns = _from_planes(body, 8 * rows, width, "<i2").astype(np.uint16)
    said = np.unpackbits(bits, axis=1, count=width).astype(np.bool_)
    return Repeated(_from_planes(body, 0, rows, "<i8"), columns, said)


def _header(record: bytes | memoryview) -> tuple[int, int, int]:
    try:
        magic, version, enrolments, cells = _HEADER.unpack_from(record)
    except struct.error as reason:
        raise UnreadableChanges("This is not a record of changes to a register.") from reason
    if magic != _MAGIC or version not in (1, _VERSION):
        raise UnreadableChanges("This is not a record of changes to a register that this version can read.")
    return version, enrolments, cells


def _more(record: bytes | memoryview) -> tuple[int, int, int]:
    try:
        length, rows, width = _MORE.unpack_from(record, _HEADER.size)
    except struct.error as reason:
        raise UnreadableChanges("This is not a record of changes to a register.") from reason
    return length, rows, width


def _inflated(record: bytes | memoryview, begins: int) -> bytes:
    try:
        return zlib.decompress(memoryview(record)[begins:])
    except zlib.error as reason:
        raise UnreadableChanges("This is not a record of changes to a register.") from reason


def _unpack_first(body: bytes, enrolments: int, cells: int) -> Changes:
    """Version 1, before what was repeated was kept."""
    if len(body) != 8 * enrolments + 8 * cells:
        raise UnreadableChanges("This is not a record of changes to a register.")
    at = 8 * enrolments
    known = np.frombuffer(body, "<i8", enrolments).astype(np.int64)
    place = np.cumsum(np.frombuffer(body, "<i4", cells, at), dtype=np.int64)
    columns = np.cumsum(np.frombuffer(body, "<u2", cells, at + 4 * cells), dtype=np.int64)
    return _checked(known, place, columns, body, at + 6 * cells)


def _checked(known: Ids, place: Ids, columns: Ids, body: bytes, at: int) -> Changes:
    """The cells, if each is of an enrolment that the record knows."""
    cells = len(place)
    if cells and not (int(place.min()) >= 0 and int(place.max()) < len(known)):
        raise UnreadableChanges("This is not a record of changes to a register.")
    before, after = (np.frombuffer(body, np.uint8, cells, at + shift * cells) for shift in (0, 1))
    return Changes(known[place], columns.astype(np.uint16), before.copy(), after.copy())


def rows_of(ids: Ids, wanted: Ids) -> tuple[npt.NDArray[np.intp], Flags]:
    """The row of each wanted id in `ids`, and whether it is there at all."""
    if not len(ids):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    rows = order[place]
    return rows, ids[rows] == wanted


def apply(marks: Bytes, ids: Ids, changes: Changes) -> Bytes:
    """A new matrix with the changes made. Cells of enrolments not among `ids` (int64[n]) are passed over."""
    found = marks.copy()
    rows, here = rows_of(ids, changes.ids)
    found[rows[here], changes.columns[here]] = changes.after[here]
    return found


def as_known_before(marks: Bytes, ids: Ids, later: Iterable[Changes]) -> Bytes:
    """The matrix before all the later records, given oldest first: marks as known on an earlier day."""
    found = marks.copy()
    for changes in reversed(list(later)):
        rows, here = rows_of(ids, changes.ids)
        found[rows[here], changes.columns[here]] = changes.before[here]
    return found
