"""Steps of a walk in casework: plans, what is agreed, reviewed, done and given up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from casework import actions, models
from casework.actions import plan_actions, plans
from tests.casework.board_facts import Action, Case, Plan
from tests.casework.board_steps_casework import held, open_cases
from tests.casework.board_walk import Walk, step

WORDS: dict[str, Any] = {"needs": "Calm.", "change_for_child": "In school.", "target_percent": Decimal(90)}


def at_stage(walk: Walk, stage: str, *, review_from: dt.date = dt.date.min) -> tuple[Case, Plan] | None:
    plans_of = [(case, plan) for case in open_cases(walk) for plan in case.plans]
    found = [(case, plan) for case, plan in plans_of if plan.stage == stage and plan.review_on >= review_from]
    return walk.one(found, lambda pair: pair[0].record in walk.found_by("severe-no-plan"))


def row_of(plan: Plan) -> models.Plan:
    return models.Plan.objects.select_related("case").get(pk=plan.key)


def add_action(walk: Walk, plan: Plan, due_on: dt.date) -> None:
    whose = {"owner": walk.cast.officer, "owner_name": "", "agency": ""}
    made = plan_actions.add_plan_action(row_of(plan), what="Call", due_on=due_on, **whose, by=walk.cast.officer)
    plan.actions.append(Action(made.pk, due_on))


@step("open_a_case", "set_a_draft_aside")
def write_a_plan(walk: Walk) -> bool:
    free = [case for case in open_cases(walk) if not any(p.stage in {"draft", "waiting", "agreed"} for p in case.plans)]
    case = walk.one(free, lambda one: one.record in walk.found_by("severe-no-plan"))
    if case is None:
        return False
    review_on = walk.day(0, 4)
    plan = written(walk, case, review_on)
    for _ in range(walk.chance.randint(1, 2)):
        add_action(walk, plan, walk.day(3, 3))
    walk.did("write_plan")
    return True


def written(walk: Walk, case: Case, review_on: dt.date) -> Plan:
    made = plans.write_plan(held(case), review_on=review_on, **WORDS, **walk.by(case.record))
    case.plans.append(Plan(made.pk, review_on))
    return case.plans[-1]


@step("open_a_case", "set_a_draft_aside")
def write_one_more(walk: Walk) -> bool:
    return write_a_plan(walk)


@step("write_a_plan")
def put_a_plan_forward(walk: Walk) -> bool:
    """Its review may have passed meanwhile: then another day is written first, as for the first of all. Child, parent
    and school answer."""
    found = at_stage(walk, "draft")
    if found is None:
        return False
    case, plan = found
    if plan.review_on < walk.on or "edit_plan" not in walk.done:
        later = walk.day(0, 3)
        plan.review_on = later if "edit_plan" in walk.done else walk.on
        plans.edit_plan(row_of(plan), review_on=plan.review_on, **WORDS, by=walk.cast.officer)
        walk.did("edit_plan")
    if not plan.actions:
        add_action(walk, plan, walk.day(3, 3))
    put_forward(walk, case, plan)
    return True


def put_forward(walk: Walk, case: Case, plan: Plan) -> None:
    plans.put_plan_forward(row_of(plan), **walk.by(case.record))
    plan.stage = "waiting"
    walk.did("put_plan_forward")
    said = {"says": "yes", "words": "", "agreed_on": walk.on}
    for party, who in (("child", "Amy"), ("parent", "Mary"), ("school", "Layla")):
        plans.record_agreement(row_of(plan), party=party, who=who, **said, **walk.by(case.record))
    walk.did("record_agreement")


@step("write_a_plan")
def put_one_more_forward(walk: Walk) -> bool:
    return put_a_plan_forward(walk)


@step("put_a_plan_forward", "change_the_review_of_a_plan_that_waits")
def agree_a_plan(walk: Walk) -> bool:
    """From now on it counts, and the version before it no longer. One whose review has passed needs another day."""
    found = at_stage(walk, "waiting", review_from=walk.on)
    if found is None:
        return False
    count_from_now(walk, *found)
    return True


def count_from_now(walk: Walk, case: Case, plan: Plan) -> None:
    count = plans.approve_plan if walk.needs_approval else plans.agree_plan
    count(row_of(plan), on=walk.on, by=walk.cast.team_leader)
    for before in case.plans:
        before.stage = "replaced" if before.stage == "agreed" else before.stage
    plan.stage = "agreed"
    walk.did(count.__name__)


@step("put_a_plan_forward", "change_the_review_of_a_plan_that_waits")
def agree_another(walk: Walk) -> bool:
    return agree_a_plan(walk)


@step("put_a_plan_forward")
def take_a_plan_back(walk: Walk) -> bool:
    found = at_stage(walk, "waiting")
    if found:
        case, plan = found
        plans.take_plan_back(row_of(plan), **walk.by(case.record))
        plan.stage = "draft"
        walk.did("take_plan_back")
    return found is not None


@step("put_a_plan_forward")
def send_a_plan_back(walk: Walk) -> bool:
    found = at_stage(walk, "waiting")
    if found:
        plans.send_plan_back(row_of(found[1]), reason="Shorter.", on=walk.on, by=walk.cast.team_leader)
        found[1].stage = "draft"
        walk.did("send_plan_back")
    return found is not None


@step()
def ask_for_approval_or_not(walk: Walk) -> bool:
    """A team leader approves from today on, or need not."""
    walk.needs_approval = not walk.needs_approval
    asks = {"from_on": walk.on, "needs_approval": walk.needs_approval}
    plans.set_plan_policy(**asks, by=walk.cast.team_leader, at=walk.at)
    walk.did("set_plan_policy")
    return True


@step("agree_a_plan")
def change_a_plan(walk: Walk) -> bool:
    """The next version, with what is still to be done; the one before counts meanwhile."""
    found = at_stage(walk, "agreed")
    if found is None or any(plan.stage in {"draft", "waiting"} for plan in found[0].plans):
        return False
    next_version(walk, *found)
    return True


def next_version(walk: Walk, case: Case, plan: Plan) -> Plan:
    made = plans.change_plan(row_of(plan), **walk.by(case.record))
    copies = {row.carried_from_id: row.pk for row in models.PlanAction.objects.filter(plan=made)}
    undone = [one for one in plan.actions if not one.is_settled]
    version = Plan(made.pk, plan.review_on)
    version.actions = [Action(copies[one.key], one.due_on, first=one) for one in undone]
    case.plans.append(version)
    walk.did("change_plan")
    return version


@step("write_a_plan")
def set_a_draft_aside(walk: Walk) -> bool:
    found = at_stage(walk, "draft")
    if found:
        plans.set_plan_aside(row_of(found[1]), **walk.by(found[0].record))
        found[1].stage = "set aside"
        walk.did("set_plan_aside")
    return found is not None


@step("agree_a_plan")
def end_a_plan(walk: Walk) -> bool:
    found = at_stage(walk, "agreed")
    if found:
        plans.end_plan(row_of(found[1]), outcome="It helped.", **walk.by(found[0].record))
        found[1].stage = "ended"
        walk.did("end_plan")
    return found is not None


@step("agree_a_plan")
def hold_a_review(walk: Walk) -> bool:
    case = walk.one(open_cases(walk), lambda one: one.agreed and one.agreed.review_on <= walk.on)
    if case is None or models.Review.objects.filter(case=case.key, held_on=walk.on).exists():
        return False
    following = walk.chance.choice([walk.day(0, 4), None])
    outcome = "go-on" if following else walk.chance.choice(["go-on", "close"])
    told = {"outcome": outcome, "words": "Looked at.", "held_on": walk.on, "next_review_on": following}
    actions.hold_review(held(case), **told, by=walk.by(case.record)["by"])
    if case.agreed and following:
        case.agreed.review_on = following
    case.can_close_on = walk.on if outcome == "close" else case.can_close_on
    walk.did("hold_review")
    return True


@step("agree_a_plan")
def change_the_review_date(walk: Walk) -> bool:
    """Of a case, and so of the plan that counts."""
    agreed = [(case, case.agreed) for case in open_cases(walk) if case.agreed]
    found = walk.one(agreed, lambda pair: pair[1].review_on <= walk.on)
    if found:
        case, plan = found
        plan.review_on = walk.day(0, 4)
        actions.change_review_date(held(case), review_on=plan.review_on, **walk.by(case.record))
        walk.did("change_review_date")
    return found is not None


@step("put_a_plan_forward")
def change_the_review_of_a_plan_that_waits(walk: Walk) -> bool:
    """What was said to it stands, and it can count."""
    found = at_stage(walk, "waiting")
    if found:
        case, plan = found
        plan.review_on = walk.day(0, 4)
        plans.change_review_of_plan(row_of(plan), review_on=plan.review_on, **walk.by(case.record))
        walk.did("change_review_of_plan")
    return found is not None


def action_of(walk: Walk, *, is_settled: bool) -> tuple[Case, Action] | None:
    found = [
        (case, action) for case in open_cases(walk) if case.agreed for action in case.agreed.actions
        if action.is_settled == is_settled
    ]  # fmt: skip
    return walk.one(found, lambda pair: pair[1].due_on < walk.on)


def settle(walk: Walk, case: Case, action: Action, *, is_settled: bool) -> None:
    """What becomes of an action becomes of its copy in the version that is being written."""
    copies = [one for plan in case.plans for one in plan.actions if one is action or one.first is action]
    for one in copies:
        one.is_settled = is_settled


def action_row(action: Action) -> models.PlanAction:
    return models.PlanAction.objects.select_related("plan__case").get(pk=action.key)


@step("agree_a_plan")
def do_an_action(walk: Walk) -> bool:
    found = action_of(walk, is_settled=False)
    if found:
        plan_actions.do_plan_action(action_row(found[1]), outcome="Done.", **walk.by(found[0].record))
        settle(walk, *found, is_settled=True)
        walk.did("do_plan_action")
    return found is not None


@step("agree_a_plan")
def give_an_action_up(walk: Walk) -> bool:
    found = action_of(walk, is_settled=False)
    if found:
        plan_actions.give_up_plan_action(action_row(found[1]), reason="Moved.", **walk.by(found[0].record))
        settle(walk, *found, is_settled=True)
        walk.did("give_up_plan_action")
    return found is not None


@step("do_an_action")
def take_an_action_up_again(walk: Walk) -> bool:
    found = action_of(walk, is_settled=True)
    if found:
        plan_actions.take_up_plan_action(action_row(found[1]), **walk.by(found[0].record))
        settle(walk, *found, is_settled=False)
        walk.did("take_up_plan_action")
    return found is not None
