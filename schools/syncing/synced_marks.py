"""What a source last said of a school's marks, week by week, packed small: each mark's id, whose it is and its code.

It tells which mark a deletion means, and which marks say nothing new: what a person put right since stays right
until the source itself says something else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import zlib
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

_HEADER: Final = struct.Struct("<4sHxxII")  # magic, version, number of enrolments, number of marks
_MAGIC: Final = b"SYNC"
_VERSION: Final = 1
_HALF_DAYS: Final = 1 << 21
"""More half-days than there are up to the year 2800, so that enrolment and half-day are one number."""
_NAMED: Final = np.uint64(1 << 63)

Ints = npt.NDArray[Any]


class UnreadableRecord(ValueError):
    """The bytes are no record of synced marks."""


def key_of(source_id: str) -> int:
    """A number for the source's id of a mark: its own digits where it is `A` and digits, else 63 bits of its hash."""
    digits = source_id[1:]
    if source_id[:1] == "A" and digits.isascii() and digits.isdecimal() and len(digits) <= 18 and digits[0] != "0":
        return int(digits)
    digest = hashlib.blake2b(source_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") | int(_NAMED)


def half_day(day: dt.date, half: int) -> int:
    """A half-day as one number; half: 0 morning, 1 afternoon."""
    return 2 * day.toordinal() + half


def day_and_half(number: int) -> tuple[dt.date, int]:
    """What `half_day` made a number of."""
    return dt.date.fromordinal(number // 2), number % 2


def monday_of(number: int) -> dt.date:
    """The Monday of a half-day's week."""
    day = dt.date.fromordinal(number // 2)
    return day - dt.timedelta(days=day.weekday())


@dataclass(frozen=True)
class Said:
    """Marks as the source last told them, one element each, by place: keys uint64, enrolments int64, half-days int64
    and codes uint8. No half-day of an enrolment is there twice."""

    keys: Ints
    enrolments: Ints
    half_days: Ints
    codes: Ints

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def none(cls) -> Self:
        empty = np.empty(0, np.int64)
        return cls(empty.astype(np.uint64), empty, empty, empty.astype(np.uint8))

    @property
    def places(self) -> Ints:
        """Enrolment and half-day as one number each. int64[n]"""
        found: Ints = self.enrolments * _HALF_DAYS + self.half_days
        return found

    def where(self, chosen: Ints) -> Said:
        """Those for which `chosen`, bool[n], is true, or in the order of these numbers."""
        return Said(self.keys[chosen], self.enrolments[chosen], self.half_days[chosen], self.codes[chosen])

    def is_as(self, other: Said) -> bool:
        """Whether both hold the same marks in the same order."""
        return all(np.array_equal(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))

    def said_already(self, other: Said) -> npt.NDArray[np.bool_]:
        """Which marks of `other` are held here with the same code. bool[len(other)]"""
        order = np.argsort(self.places)
        places, codes = self.places[order], self.codes[order]
        if not len(places):
            return np.zeros(len(other), np.bool_)
        at = np.minimum(np.searchsorted(places, other.places), len(places) - 1)
        found: npt.NDArray[np.bool_] = (places[at] == other.places) & (codes[at] == other.codes)
        return found

    def with_later(self, later: Said) -> Said:
        """These marks and the later ones, which take the place of those of the same half-day or id; by place."""
        kept = ~(np.isin(self.places, later.places) | np.isin(self.keys, later.keys))
        whole = _joined(self.where(kept), later)
        return whole.where(np.argsort(whole.places, kind="stable"))


def _joined(first: Said, second: Said) -> Said:
    return Said(
        np.concatenate([first.keys, second.keys]),
        np.concatenate([first.enrolments, second.enrolments]),
        np.concatenate([first.half_days, second.half_days]),
        np.concatenate([first.codes, second.codes]),
    )


def pack(said: Said, monday: dt.date) -> bytes:
    """The record of one week as stored: enrolments numbered once, by key, compressed."""
    known, place = np.unique(said.enrolments, return_inverse=True)
    order = np.argsort(said.keys, kind="stable")
    first = np.zeros(1, np.uint64)
    parts = (
        known.astype("<i8"),
        np.diff(said.keys[order].astype(np.uint64), prepend=first).astype("<u8"),
        np.diff(place[order].astype(np.int64), prepend=0).astype("<i4"),
        (said.half_days[order] - half_day(monday, 0)).astype(np.uint8),
        said.codes[order].astype(np.uint8),
    )
    body = zlib.compress(b"".join(part.tobytes() for part in parts), level=6)
    return _HEADER.pack(_MAGIC, _VERSION, len(known), len(said)) + body


def unpack(record: bytes | memoryview, monday: dt.date) -> Said:
    """The marks of a stored record, by place; raises UnreadableRecord."""
    magic, version, enrolments, marks = _HEADER.unpack_from(record)
    if magic != _MAGIC or version != _VERSION:
        raise UnreadableRecord("This is not a record of synced marks that this version can read.")
    body = zlib.decompress(memoryview(record)[_HEADER.size :])
    known = np.frombuffer(body, "<i8", enrolments)
    at = 8 * enrolments
    keys = np.cumsum(np.frombuffer(body, "<u8", marks, at), dtype=np.uint64)
    place = np.cumsum(np.frombuffer(body, "<i4", marks, at + 8 * marks), dtype=np.int64)
    half_days = np.frombuffer(body, np.uint8, marks, at + 12 * marks).astype(np.int64) + half_day(monday, 0)
    codes = np.frombuffer(body, np.uint8, marks, at + 13 * marks)
    said = Said(keys, known[place] if marks else np.empty(0, np.int64), half_days, codes)
    return said.where(np.argsort(said.places, kind="stable"))
