"""Plans made for tests, as the portal makes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from attendance_portal.models import Membership
from casework.actions import plan_actions as acts
from casework.actions import plans
from casework.actions.contracts import offer_contract
from casework.models import AttendanceContract, Case, Plan, PlanAction
from schools.models import Enrolment
from tests.cast import ON

REVIEW_ON = dt.date(2027, 1, 15)
DUE_ON = dt.date(2026, 12, 4)
WORDS: dict[str, Any] = {
    "needs": "A calm start to the day.",
    "change_for_child": "Amy is in her first lesson on most days.",
    "review_on": REVIEW_ON,
    "target_percent": Decimal(90),
}


def written(case: Case, by: Membership, **words: Any) -> Plan:
    """A plan that is being written, with one action of the writer's."""
    plan = plans.write_plan(case, **WORDS | words, on=ON, by=by)
    add(plan, by)
    return plan


def add(plan: Plan, by: Membership, **more: Any) -> PlanAction:
    """One more action, of the writer's unless another owner is named."""
    whose = {"owner": by, "owner_name": "", "agency": ""} | more
    return acts.add_plan_action(plan, **{"what": "Meet Amy at the gate", "due_on": DUE_ON} | whose, by=by)


def answered(plan: Plan, by: Membership) -> Plan:
    """Put forward, and agreed by child, mother and school."""
    plans.put_plan_forward(plan, on=ON, by=by)
    for party, who in (("child", "Amy"), ("parent", "Mary West"), ("school", "Layla Hart")):
        plans.record_agreement(plan, party=party, who=who, says="yes", words="", agreed_on=ON, on=ON, by=by)
    return plan


def agreed(case: Case, by: Membership, **words: Any) -> Plan:
    """A plan that counts."""
    plan = answered(written(case, by, **words), by)
    make_it_count = plans.approve_plan if plans.approval_is_needed(ON) else plans.agree_plan
    make_it_count(plan, on=ON, by=by)
    return plan


def plans_of(case: Case, other: Case, by: Membership) -> dict[str, Any]:
    """Of one case a plan that counts, its next version being written and a contract; of another one that waits."""
    plan = current(case, by)
    draft = _next(plan, by)
    return {
        "plan": plan.pk,
        "plan_action": PlanAction.objects.filter(plan=plan)[0].pk,
        "plan_draft": draft.pk,
        "draft_action": PlanAction.objects.filter(plan=draft)[0].pk,
        "plan_waiting": answered(_next(current(other, by), by), by).pk,
        "contract": offered(case, by).pk,
    }


def current(case: Case, by: Membership) -> Plan:
    """The plan of the case that counts, or a new one; nothing is under way beside it."""
    for plan in Plan.objects.filter(case=case).under_way():
        if plan.is_waiting:
            plans.take_plan_back(plan, on=ON, by=by)
        plans.set_plan_aside(plan, on=ON, by=by)
    held: Plan | None = Plan.objects.current().filter(case=case).first()
    return held or agreed(case, by)


def _next(plan: Plan, by: Membership) -> Plan:
    """The next version, with an action to do."""
    made = plans.change_plan(plan, on=ON, by=by)
    add(made, by)
    plans.edit_plan(made, **WORDS, by=by)
    return made


def offered(case: Case, by: Membership, **more: Any) -> AttendanceContract:
    """An attendance contract that waits for its answer."""
    stay = Enrolment.objects.on_roll(ON).filter(pupil=case.pupil_id).order_by("pk").first()
    terms = {
        "carer": None,
        "school": stay.school if stay else None,
        "parent_name": "Jo West",
        "made_by": "school",
        "from_on": ON,
        "until_on": REVIEW_ON,
        "offered_on": ON,
    }
    says = {"parent_undertakes": "Amy leaves home by eight.", "support_given": "We meet her at the gate."}
    return offer_contract(case, **terms | says | more, on=ON, by=by)
