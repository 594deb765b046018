"""Figures in little room, to be kept for a while: what lists and totals are made of, as small as it goes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schools.register.marks import NOT_STATED, WIDTH
from schools.register.measures import Totals
from schools.standing.figures import Figures
from schools.stored.bulk import NO_DAY
from schools.stored.carried import Carried
from schools.stored.registers import Roll

_OF_ROLL: Final = ("enrolments", "schools", "pupils", "group", "own_from")
_COUNTED: Final = ("possible", "attended", "authorised", "unauthorised", "missing", "late", "illness")
_COUNTED_LATELY: Final = ("possible", "authorised", "unauthorised")
_OF_EACH: Final = (
    "last_column", "band", "persistent", "severe", "at_risk", "ten_week_unauthorised", "headroom", "on_roll",
    "official", "present_at", "part_time_at",
)  # fmt: skip
_SMALLER: Final = (np.int8, np.int16, np.int32)
_FAST: Final = 1  # zlib's level: the others take several times as long, for a few bytes


@dataclass(frozen=True, slots=True)
class _Column:
    """An array: its bytes as the smallest integers that hold it, their type, its own type, and its shape."""

    data: bytes
    packed_as: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """Some figures: what of them is kept, by name."""

    year: int
    groups: list[tuple[int, str]]
    carried: Carried
    roll: dict[str, _Column]
    totals: dict[str, _Column]
    six_weeks: dict[str, _Column]
    each: dict[str, _Column]


def pack(found: Figures) -> Packed:
    """Keep of figures what standings, and the totals of schools, are made of: neither marks nor dates."""
    return Packed(
        found.roll.year,
        found.roll.groups,
        found.roll.carried,
        _packed(found.roll, _OF_ROLL),
        _packed(found.totals, _COUNTED),
        _packed(found.six_weeks, _COUNTED_LATELY),
        _packed(found, _OF_EACH),
    )


def unpack(packed: Packed) -> Figures:
    """The figures again. Dates and marks are as of whoever has none, other counts 0, returns none."""
    roll = _roll(packed)
    return Figures(
        roll=roll,
        totals=_totals(packed.totals, len(roll)),
        six_weeks=_totals(packed.six_weeks, len(roll)),
        returned_at=np.full(len(roll), -1, np.int16),
        unknown_before=np.zeros(len(roll), np.int32),
        **{name: _array(column) for name, column in packed.each.items()},
    )


def _roll(packed: Packed) -> Roll:
    kept = {name: _array(column) for name, column in packed.roll.items()}
    size = len(kept["enrolments"])
    no_days = np.full(size, NO_DAY, np.int32)
    return Roll(
        year=packed.year,
        groups=packed.groups,
        carried=packed.carried,
        marks=np.zeros((size, 0), np.uint8),
        admitted=np.full(size, NOT_STATED, np.int16),
        left=np.full(size, WIDTH - 1, np.int16),
        born_on=no_days,
        admission_on=no_days,
        leaving_on=no_days,
        enrolments=kept["enrolments"],
        schools=kept["schools"],
        pupils=kept["pupils"],
        group=kept["group"],
        own_from=kept["own_from"],
    )


def _totals(packed: dict[str, _Column], size: int) -> Totals:
    none = np.zeros(size, np.int32)
    return Totals(**{one.name: _array(packed[one.name]) if one.name in packed else none for one in fields(Totals)})


def _packed(holder: Any, names: tuple[str, ...]) -> dict[str, _Column]:
    return {name: _column(getattr(holder, name)) for name in names}


def _column(values: npt.NDArray[Any]) -> _Column:
    small = _small(values)
    return _Column(zlib.compress(small.tobytes(), _FAST), small.dtype.str, values.dtype.str, values.shape)


def _small(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers as the smallest integers that hold all of them; what are no numbers as they are."""
    if values.dtype.kind != "i" or not values.size:
        return values
    least, most = int(values.min()), int(values.max())
    fits = (kind for kind in _SMALLER if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max)
    return values.astype(next(fits, values.dtype))


def _array(column: _Column) -> npt.NDArray[Any]:
    values = np.frombuffer(zlib.decompress(column.data), column.packed_as).astype(column.dtype)
    return values.reshape(column.shape)
