"""The actions of a plan: put in while it is written, done or given up once it is agreed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework.actions.new_owners import give_to_holder
from casework.actions.plans import copy_into, noted, plan_words, shift, take_in_hand, told
from casework.models import Plan, PlanAction

_NOBODY: dict[str, Any] = {"done_on": None, "done_by": None, "given_up_on": None, "given_up_by": None}


def take_action_in_hand(action: PlanAction) -> None:
    """An action of the open case's plan as it is now, which nobody changes until this transaction ends.

    Refused where somebody took it out of the plan meanwhile.
    """
    take_in_hand(action.plan)
    now = PlanAction.objects.select_related("owner__user").filter(pk=action.pk).first()
    if now is None:
        raise Refused("This action was taken out of the plan meanwhile.")
    for name in ("what", "owner", "owner_name", "agency", "due_on"):
        setattr(action, name, getattr(now, name))


def _owned(owner: Membership | None, owner_name: str, agency: str) -> dict[str, Any]:
    """The owner's fields: a member's agency is their organisation."""
    if owner is not None:
        return {"owner": owner, "owner_name": "", "agency": agency or owner.organisation}
    return {"owner": None, "owner_name": owner_name, "agency": agency}


def add_plan_action(
    plan: Plan,
    *,
    what: str,
    owner: Membership | None,
    owner_name: str,
    agency: str,
    due_on: dt.date,
    by: Membership,
) -> PlanAction:
    """Put an action into a plan that is being written: a member's, or a named person's without an account."""
    shift(plan, "edit_plan")
    whose = _owned(owner, owner_name, agency)
    made: PlanAction = PlanAction.objects.create(plan=plan, what=what, due_on=due_on, **whose)
    words = f"Put an action into {plan_words(plan)}: {what} ({made.owner_shown}, by {due_on:%-d %B %Y})"
    noted(plan, "add_plan_action", words, by=by)
    return made


def change_plan_action(
    action: PlanAction,
    *,
    what: str,
    owner: Membership | None,
    owner_name: str,
    agency: str,
    due_on: dt.date,
    by: Membership,
) -> None:
    """Change an action of a plan that is being written."""
    shift(action.plan, "edit_plan")
    PlanAction.objects.filter(pk=action.pk).update(what=what, due_on=due_on, **_owned(owner, owner_name, agency))
    noted(action.plan, "change_plan_action", f"Changed an action in {plan_words(action.plan)}: {what}", by=by)


def remove_plan_action(action: PlanAction, *, by: Membership) -> None:
    """Take an action out of a plan that is being written. An agreed version keeps its own."""
    shift(action.plan, "edit_plan")
    words = f"Took an action out of {plan_words(action.plan)}: {action.what}"
    PlanAction.objects.filter(pk=action.pk).delete()
    noted(action.plan, "remove_plan_action", words, by=by)


def do_plan_action(action: PlanAction, *, outcome: str, on: dt.date, by: Membership) -> None:
    """The action is done, with what came of it."""
    _settle(action, done_on=on, done_by=by, outcome=outcome)
    told(action.plan, "do_plan_action", f"Done: {action.what}{f'. {outcome}' if outcome else ''}", on=on, by=by)


def give_up_plan_action(action: PlanAction, *, reason: str, on: dt.date, by: Membership) -> None:
    """The action is not to be done any more, with the reason."""
    _settle(action, given_up_on=on, given_up_by=by, outcome=reason)
    told(action.plan, "give_up_plan_action", f"No longer to be done: {action.what}. {reason}", on=on, by=by)


def take_up_plan_action(action: PlanAction, *, on: dt.date, by: Membership) -> None:
    """The action is to be done after all, by this version and by the one that is being written to follow it.

    Refused where nobody settled it, and while a next version without it waits to be agreed: nobody was asked about it.
    """
    shift(action.plan, "settle_plan_action")
    settled: PlanAction | None = PlanAction.objects.settled().filter(pk=action.pk).first()
    if settled is None:
        raise Refused("This is still to be done.")
    _carry_on(settled)
    PlanAction.objects.filter(_with_copies(action)).update(**_NOBODY, outcome="")
    told(action.plan, "take_up_plan_action", f"To be done after all: {action.what}", on=on, by=by)
    give_to_holder(action.plan.case, on=on, by=by)


def _carry_on(action: PlanAction) -> None:
    """Into the version that is being written: begun when the action was settled, it was begun without it.

    One that was settled later was in it, and was taken out there by hand.
    """
    following: Plan | None = Plan.objects.under_way().filter(case__plans=action.plan_id).first()
    settled_on = action.done_on or action.given_up_on
    if following is None or (settled_on and settled_on > following.drafted_on):
        return
    if action.carried_to.filter(plan=following).exists():
        return
    if following.is_waiting:
        raise Refused(
            f"{plan_words(following).capitalize()} waits to be agreed without this action. Take that version back, "
            "take the action up again, and put the version forward with it."
        )
    copy_into(following, [action])


def _settle(action: PlanAction, **how: Any) -> None:
    """Once: whoever is second is told so. A copy in the version that is being written is settled with it."""
    shift(action.plan, "settle_plan_action")
    if not PlanAction.objects.filter(pk=action.pk).undone().update(**how):
        raise Refused("This was marked done or given up already.")
    PlanAction.objects.filter(_with_copies(action)).undone().update(**how)


def _with_copies(action: PlanAction) -> Q:
    return Q(pk=action.pk) | Q(carried_from=action.pk)
