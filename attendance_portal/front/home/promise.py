"""The promise of the rule board on the home page: no severely absent child without a lead and a plan."""

from __future__ import annotations

from collections.abc import Iterable

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from casework.rule_board import promise
from casework.standing_rules import SEVERE_NO_LEAD, SEVERE_NO_PLAN


def promise_to_keep(asker: Asker) -> Iterable[Section]:
    """How many severely absent children are without a lead practitioner, and without an agreed plan. One query."""
    found = promise(asker.member)
    of = f"Of {found.severe:,} severely absent children whom you may see"
    told = (
        (SEVERE_NO_LEAD, "Without a lead practitioner", found.severe - found.both - found.lead_alone),
        (SEVERE_NO_PLAN, "Without an agreed plan", found.severe - found.both - found.plan_alone),
    )
    items = (
        Item(words, address("rule_list", rule.code), of, f"{count:,}", "red") for rule, words, count in told if count
    )
    title = "No severely absent child without a lead and a plan"
    yield from section("promise", title, items, address("rule_board"), "The rule board")
