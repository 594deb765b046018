"""A rule is a dated row with its source, and exactly one is in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from attendance_portal.law import (
    Confidence,
    DatedRule,
    NoRuleInForce,
    Strength,
    all_in_force,
    in_force,
)


@dataclass(frozen=True, kw_only=True)
class Amount(DatedRule):
    pounds: int


def amount(pounds: int, begins: date, ends: date | None = None, source: str = "an Act, s.1") -> Amount:
    return Amount(
        pounds=pounds,
        in_force_from=begins,
        in_force_until=ends,
        source=source,
        strength=Strength.MUST,
        confidence=Confidence.PRIMARY,
    )


OLD = amount(60, date(2013, 9, 1), date(2024, 8, 18))
NEW = amount(80, date(2024, 8, 19))


def test_the_row_of_the_day_is_chosen_with_both_ends_inclusive() -> None:
    assert in_force([OLD, NEW], date(2013, 9, 1)).pounds == 60
    assert in_force([OLD, NEW], date(2024, 8, 18)).pounds == 60
    assert in_force([OLD, NEW], date(2024, 8, 19)).pounds == 80


def test_a_day_without_a_rule_is_refused() -> None:
    with pytest.raises(NoRuleInForce, match="2010-01-01"):
        in_force([OLD, NEW], date(2010, 1, 1))


def test_two_rules_for_one_day_are_refused() -> None:
    with pytest.raises(NoRuleInForce, match="2 rules"):
        in_force([NEW, amount(90, date(2025, 1, 1))], date(2025, 6, 1))


def test_all_rows_in_force_are_given_in_their_order() -> None:
    assert all_in_force([OLD, NEW], date(2024, 8, 19)) == [NEW]


def test_a_rule_without_a_source_is_refused() -> None:
    with pytest.raises(ValueError, match="source"):
        amount(60, date(2024, 1, 1), source="  ")


def test_a_rule_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        amount(60, date(2024, 1, 2), date(2024, 1, 1))
