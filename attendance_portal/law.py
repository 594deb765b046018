"""Rules of law and policy as dated rows, each with its source: a value of law never stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar


class Strength(StrEnum):
    """How binding a rule is."""

    MUST = "must"
    SHOULD = "should"
    DESIGN = "design"


class Confidence(StrEnum):
    """How well the source of a rule was checked."""

    PRIMARY = "confirmed in a primary source"
    SECONDARY = "confirmed in a secondary source that repeats the rule"
    COUNCIL = "stated in a council's own document"
    BELIEVED = "believed, to be checked against the primary source"
    DESIGN = "a design rule of this project"


class NoRuleInForce(LookupError):
    """No row, or more than one, is in force on the day that was asked about."""


@dataclass(frozen=True, kw_only=True)
class DatedRule:
    """A rule in force from one day until another, both inclusive; subclasses add the values themselves."""

    in_force_from: date
    in_force_until: date | None = None
    source: str
    strength: Strength
    confidence: Confidence

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ValueError("A rule needs its source.")
        if self.in_force_until is not None and self.in_force_until < self.in_force_from:
            raise ValueError("A rule cannot end before it begins.")

    def is_in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


Rule = TypeVar("Rule", bound=DatedRule)


def all_in_force(rows: Iterable[Rule], on: date) -> list[Rule]:
    """The rows in force on a day, in the order given."""
    return [row for row in rows if row.is_in_force(on)]


def in_force(rows: Iterable[Rule], on: date) -> Rule:
    """The one row in force on a day; raises NoRuleInForce if there is none or more than one."""
    found = all_in_force(rows, on)
    if len(found) != 1:
        raise NoRuleInForce(f"{len(found)} rules are in force on {on.isoformat()}; there must be one.")
    return found[0]
