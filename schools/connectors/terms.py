"""What every source of schools' data tells, in the portal's own terms, and what can go wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Protocol, Self


class Trouble(StrEnum):
    """Kinds of trouble with a source, and which of them pass by themselves."""

    TOKEN = "token"
    NOT_APPROVED = "not-approved"
    NOT_THERE = "not-there"
    NOT_UNDERSTOOD = "not-understood"
    BUSY = "busy"
    UNWELL = "unwell"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    REPEATS = "repeats"
    OTHER_SCHOOL = "other-school"
    FAULT = "fault"
    """Of this service, not of the source."""

    @property
    def passes(self) -> bool:
        """Whether trying again later may help without anyone doing anything."""
        passing = (Trouble.BUSY, Trouble.UNWELL, Trouble.UNREACHABLE, Trouble.BROKEN, Trouble.REPEATS, Trouble.FAULT)
        return self in passing


class SourceTrouble(Exception):
    """A source could not be asked: the kind, a sentence for people, and after how many seconds to come back."""

    def __init__(self, kind: Trouble, words: str, *, wait: float = 0.0) -> None:
        super().__init__(words)
        self.kind, self.words, self.wait = kind, words, wait


@dataclass(frozen=True)
class Timing:
    """The clock, the pause and the chance that a connector works by: handed in by whoever stands at a door."""

    now: Callable[[], dt.datetime]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    """A number from 0 to 1, so that many who wait do not come back at the same moment."""

    def holding(self, hold_on: Callable[[], None]) -> Self:
        """The same, with `hold_on` called before every pause: whoever waits is still at it."""

        def sleep(seconds: float) -> None:
            hold_on()
            self.sleep(seconds)

        return replace(self, sleep=sleep)


@dataclass(frozen=True, slots=True)
class SchoolThere:
    """A school as the source knows it. What it does not tell is empty."""

    source_id: str
    name: str
    urn: str
    laestab: str
    domain: str
    mis: str
    approval: str
    """As `schools.models.SchoolLink.Approval`."""


@dataclass(frozen=True, slots=True)
class StudentThere:
    """A pupil as the source tells of them; texts as they stand there, days where they are days."""

    source_id: str
    upn: str
    local_id: str
    surname: str
    forename: str
    born_on: dt.date | None
    year_group: str
    admitted_on: dt.date | None
    left_on: dt.date | None
    former_upn: str = ""
    registration_group: str = ""
    sex: str = ""

    def kept(self) -> dict[str, Any]:
        """As it is kept in the database."""
        return {name: str(value) if isinstance(value, dt.date) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what `kept` made; what a later version added is empty."""
        days = {"born_on", "admitted_on", "left_on"}
        read: dict[str, Any] = {}
        for field in fields(cls):
            value = kept.get(field.name)
            read[field.name] = (dt.date.fromisoformat(value) if value else None) if field.name in days else value or ""
        return cls(**read)


@dataclass(frozen=True, slots=True)
class MarksThere:
    """One page of marks, a tuple each: the source's id of the mark ("" where it has none), the student's, the day,
    the half (0 morning, 1 afternoon), the code as a text or its id, and when it was last changed ("" if not told)."""

    rows: list[tuple[str, str, dt.date, int, str, str]]
    unreadable: int = 0
    """Rows without a day, a session or a student."""


@dataclass(frozen=True, slots=True)
class DeletionThere:
    """Something the source no longer holds. `what` is "" where it does not tell the kind."""

    source_id: str
    what: str


class Connector(Protocol):
    """One source. Every method may raise SourceTrouble; pages come as they are read, so that none are kept."""

    def schools(self) -> Iterator[SchoolThere]:
        """Every school that has to do with this authority's access, approved or not."""

    def codes(self, school: str) -> dict[str, str]:
        """The source's ids of the school's attendance codes, and the codes."""

    def students(self, school: str, *, changed_since: dt.datetime | None) -> Iterator[list[StudentThere]]:
        """Those on roll."""

    def leavers(self, school: str, *, changed_since: dt.datetime | None) -> Iterator[list[StudentThere]]:
        """Those who left."""

    def student(self, school: str, source_id: str) -> StudentThere | None:
        """One pupil; None where the source holds them no longer."""

    def marks(
        self, school: str, *, first_on: dt.date, last_on: dt.date, changed_since: dt.datetime | None
    ) -> Iterator[MarksThere]:
        """The marks of a period, both days inclusive; with `changed_since` only those changed since then."""

    def deletions(self, school: str, *, since: dt.datetime | None) -> Iterator[list[DeletionThere]]:
        """What was deleted there."""

    def close(self) -> None:
        """Let go of the connection."""
