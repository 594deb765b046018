"""The rule board agrees with an oracle that knows the law and a log of what was done, after every kind of write."""

from __future__ import annotations

import datetime as dt
import inspect
from types import ModuleType

import pytest

from casework.actions import (
    cases,
    closing,
    leading,
    out_of_school,
    plan_actions,
    plans,
    referrals,
    reviewing,
    tracking,
)
from casework.standing_rules import RULES
from tests.casework import board_oracle as oracle
from tests.casework import (
    board_scenes,
    board_steps_casework,
    board_steps_plans,
    board_steps_schools,
    board_steps_tracking,
)
from tests.casework.board_walk import STEPS, Walk
from tests.cast import Cast, in_scope

BEGINS = [dt.date(2026, 10, 13)]
MODULES = (board_steps_casework, board_steps_plans, board_steps_schools, board_steps_tracking)
# What is done in these modules and changes nothing that a rule looks at, or is a part of what the walk does.
WRITES = (cases, closing, leading, out_of_school, plan_actions, plans, referrals, reviewing, tracking)
ABOUT_NO_RULE = {
    "change_other_meeting", "change_barriers", "add_entry", "add_enquiry_step",
    "record_parents_agreement", "answer_enquiry_step", "add_home_education_step", "void_home_education_step",
    "change_plan_action", "remove_plan_action", "allocate_cases", "record_missing",
}  # fmt: skip
PARTS = {
    "ask", "lead_without_account", "make_lead", "lead_ends", "everyone_leaves", "holder_and_lead_return",
    "leave_lead", "end_with_case", "add_plan_action", "told", "noted", "into_open_case", "refuse_second",
}  # fmt: skip


def writes_in(module: ModuleType) -> set[str]:
    """The names of what a person can do there."""
    public = [(name, one) for name, one in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")]
    own = [(name, one) for name, one in public if one.__module__ == module.__name__]
    return {name for name, one in own if "by" in inspect.signature(one).parameters}


@pytest.mark.parametrize(("seed", "begins"), list(enumerate(BEGINS, 7)))
def test_after_every_write_each_board_shows_what_the_law_asks_of_what_was_done(
    cast: Cast, seed: int, begins: dt.date
) -> None:
    walk = Walk(cast, seed, begins)
    with in_scope(cast.eastshire):
        board_steps_schools.begin(walk)
    walk.go(1)
    assert [rule.code for rule in RULES if rule.code not in walk.found] == []
    assert {one.__module__ for one in STEPS.values()} == {one.__name__ for one in MODULES}
    kinds = set().union(*map(writes_in, WRITES)) - ABOUT_NO_RULE - PARTS
    assert kinds - set(walk.done) - {"approve_plan", "agree_plan"} == set()
    assert {"approve_plan", "agree_plan"} & set(walk.done)


def test_at_the_edges_of_the_rules_each_board_shows_what_the_law_asks(cast: Cast) -> None:
    scenes = board_scenes.Scenes(cast, 0, BEGINS[0])
    with in_scope(cast.eastshire):
        board_steps_schools.begin(scenes)
        board_scenes.play(scenes)


def test_the_oracle_knows_every_rule_of_the_board() -> None:
    assert set(oracle.RULES) == {rule.code for rule in RULES}
