"""What a test did, kept as plain facts beside the doing: no row of the portal's is read for them, nothing is derived.

Records, stays and the rest are told apart by whatever key the test gives them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

Key = Any
Session = tuple[dt.date, int]
"""A half-day: 0 morning, 1 afternoon."""


@dataclass(eq=False)
class Stay:
    """A name in a school's admission register, from the first day to the last (none: still there).

    destination: where the child went, as far as it was told with the leaving or in the deletion return. set_aside: the
    school said, with its reason, that no deletion return is made.
    """

    record: Key
    school: str
    first_on: dt.date
    last_on: dt.date | None = None
    destination: str = ""
    set_aside: bool = False

    def holds(self, day: dt.date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)


@dataclass(eq=False)
class Sending:
    """Marks that were written at once: a file, or one mark put right ("" takes it away). An undone one stands not."""

    school: str
    cells: dict[tuple[Stay, dt.date, int], str]
    stands: bool = True


@dataclass(eq=False)
class Action:
    """An action of a plan; `first` is the same action in the version before."""

    key: Key
    due_on: dt.date
    is_settled: bool = False
    first: Action | None = None


@dataclass(eq=False)
class Plan:
    """A version of a case's plan: draft, waiting, agreed, replaced, ended or set aside."""

    key: Key
    review_on: dt.date
    stage: str = "draft"
    actions: list[Action] = field(default_factory=list)


@dataclass(eq=False)
class Case:
    """A case: who leads it by name ("" for nobody), who is asked to, its plans, and when a review last said that it
    can be closed."""

    key: Key
    record: Key
    is_open: bool = True
    lead: str = ""
    asked: str = ""
    plans: list[Plan] = field(default_factory=list)
    can_close_on: dt.date | None = None

    def close(self) -> None:
        """Nobody is asked any more, and no plan outlives the case: opened again, it has none until one is agreed."""
        self.is_open, self.asked = False, ""
        for plan in self.plans:
            plan.stage = {"agreed": "ended", "draft": "set aside", "waiting": "set aside"}.get(plan.stage, plan.stage)

    @property
    def agreed(self) -> Plan | None:
        """The plan that counts."""
        return next((plan for plan in self.plans if self.is_open and plan.stage == "agreed"), None)


@dataclass(eq=False)
class Referral:
    key: Key
    record: Key
    made_on: dt.date
    waits: bool = True


@dataclass(eq=False)
class Span:
    """What ran from a day to a day."""

    key: Key
    record: Key
    begun_on: dt.date
    ended_on: dt.date | None = None


@dataclass(eq=False)
class Followed(Span):
    """An enquiry or home education, and what is said to have come after it."""

    by: str = ""


@dataclass(eq=False)
class HealthPlan(Span):
    """What is arranged for a child who is ill; whether the authority says so, or looked into what a school says; and
    whether it was a school that ended it."""

    looked_into: bool = True
    ended_by_a_school: bool = False


@dataclass(eq=False)
class Timetable(Span):
    """A part-time timetable of a school, and the last day as it was agreed."""

    school: str = ""
    until_on: dt.date = dt.date.max


@dataclass
class Facts:
    """Everything that was done so far."""

    born: dict[Key, dt.date] = field(default_factory=dict)
    same_child: list[tuple[Key, Key]] = field(default_factory=list)
    restricted: dict[Key, set[str]] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    timetables: list[Timetable] = field(default_factory=list)
    health_plans: list[HealthPlan] = field(default_factory=list)
    enquiries: list[Followed] = field(default_factory=list)
    home: list[Followed] = field(default_factory=list)
    hand_overs: list[Span] = field(default_factory=list)
    sickness_said: list[tuple[Stay, dt.date]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    """Names of those who work here no longer."""
    _state: tuple[int, tuple[bool, ...]] = (0, ())
    _registers: dict[Stay, dict[Session, str]] = field(default_factory=dict)

    def child_of(self, record: Key) -> frozenset[Key]:
        """Every record that is said to be this child."""
        found = {record}
        while more := {key for pair in self.same_child if found & set(pair) for key in pair} - found:
            found |= more
        return frozenset(found)

    def registers(self) -> dict[Stay, dict[Session, str]]:
        """The marks of every stay as they stand, in order: of what was written twice the later counts."""
        state = len(self.stays), tuple(sending.stands for sending in self.sendings)
        if state != self._state:
            self._state, self._registers = state, self._marks()
        return self._registers

    def _marks(self) -> dict[Stay, dict[Session, str]]:
        found: dict[Stay, dict[Session, str]] = {stay: {} for stay in self.stays}
        for sending in self.sendings:
            if sending.stands:
                for (stay, day, half), code in sending.cells.items():
                    found[stay][day, half] = code
        return {stay: {at: marks[at] for at in sorted(marks) if marks[at]} for stay, marks in found.items()}
