"""What one authority hands over of a child, packed into bytes that the other reads as they were sent.

Standard library and numpy only. A parcel tells of schools in words and by DfE's numbers, never by the sender's keys.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from schools.register.marks import WIDTH, Flags
from schools.register.measures import Totals

EDITION: Final = 1
COUNTED: Final = tuple(one.name for one in dataclasses.fields(Totals))


@dataclass(frozen=True)
class HandedStay:
    """A time on a school's roll."""

    school: str
    urn: str
    laestab: str
    year_group: str
    admission_on: dt.date | None
    leaving_on: dt.date | None


@dataclass(frozen=True)
class HandedYear:
    """An academic year of a stay up to the as-at day: its marks, which half-days were open, and its counts.

    marks: a row of WIDTH bytes as in a register; is_open: one bit a half-day; counts: half-days, by `COUNTED`.
    """

    stay: HandedStay
    year: int
    as_at: dt.date | None
    marks: bytes
    is_open: bytes
    counts: Mapping[str, int]

    def open_half_days(self) -> Flags:
        """bool[WIDTH]"""
        return np.unpackbits(np.frombuffer(self.is_open, np.uint8), count=WIDTH).astype(np.bool_)


def packed_flags(flags: Flags) -> bytes:
    """The flags of WIDTH half-days, one bit each."""
    return np.packbits(flags).tobytes()


@dataclass(frozen=True)
class HandedCircumstance:
    """A dated fact that the sender ticked."""

    kind: str
    from_on: dt.date
    until_on: dt.date | None
    source: str
    social_worker: str
    social_worker_email: str


@dataclass(frozen=True)
class HandedUpn:
    """A UPN that the child had before."""

    upn: str
    until_on: dt.date


@dataclass(frozen=True)
class Parcel:
    """Everything that is handed over. `restriction` is the kind of the restriction, empty where there is none."""

    surname: str
    forename: str
    upn: str
    date_of_birth: dt.date | None
    sex: str
    former_upns: Sequence[HandedUpn] = ()
    stays: Sequence[HandedStay] = ()
    years: Sequence[HandedYear] = ()
    circumstances: Sequence[HandedCircumstance] = ()
    restriction: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.forename} {self.surname}"

    @property
    def upns(self) -> list[str]:
        """The UPN and those before it."""
        return [upn for upn in (self.upn, *(one.upn for one in self.former_upns)) if upn]


def pack(parcel: Parcel) -> bytes:
    """The parcel as compressed JSON; the same parcel gives the same bytes."""
    told = {"edition": EDITION, **dataclasses.asdict(parcel)}
    return zlib.compress(json.dumps(told, default=_told, sort_keys=True).encode())


def _told(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"A parcel does not hold {type(value).__name__}.")


def unpack(packed: bytes | memoryview) -> Parcel:
    """The parcel that these bytes hold. Raises ValueError for those of an edition that is not known."""
    told = json.loads(zlib.decompress(packed))
    if (edition := told.pop("edition")) != EDITION:
        raise ValueError(f"A parcel of edition {edition} cannot be read.")
    return Parcel(
        **told
        | {
            "date_of_birth": _day(told["date_of_birth"]),
            "former_upns": tuple(HandedUpn(one["upn"], _certain(one["until_on"])) for one in told["former_upns"]),
            "stays": tuple(_stay(one) for one in told["stays"]),
            "years": tuple(_year(one) for one in told["years"]),
            "circumstances": tuple(_circumstance(one) for one in told["circumstances"]),
        }
    )


def _day(told: str | None) -> dt.date | None:
    return _certain(told) if told else None


def _certain(told: str) -> dt.date:
    return dt.date.fromisoformat(told)


def _stay(told: dict[str, Any]) -> HandedStay:
    days = {name: _day(told[name]) for name in ("admission_on", "leaving_on")}
    return HandedStay(**told | days)


def _year(told: dict[str, Any]) -> HandedYear:
    rows = {name: base64.b64decode(told[name]) for name in ("marks", "is_open")}
    return HandedYear(**told | rows | {"stay": _stay(told["stay"]), "as_at": _day(told["as_at"])})


def _circumstance(told: dict[str, Any]) -> HandedCircumstance:
    return HandedCircumstance(**told | {"from_on": _certain(told["from_on"]), "until_on": _day(told["until_on"])})
