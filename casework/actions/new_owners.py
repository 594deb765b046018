"""Actions of plans whose owner works on the case no longer: its holder does them from then on."""

from __future__ import annotations

import datetime as dt

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework.actions.moving import write
from casework.models import Case, PlanAction, PlanActionQuerySet
from casework.plan_moves import AGREED


def give_to_holder(case: Case, *, on: dt.date, by: Membership) -> None:
    """What people who have left, and partners who see the case no longer, were to do by its plan, its holder does.

    Call it with the case in hand, once whoever leaves it has left it. The line in the history says who was to do it,
    and the holder finds it among what they are to do.
    """
    owned = PlanAction.objects.in_hand().filter(plan__case=case).exclude(owner=None).exclude(owner=case.holder_id)
    why: dict[object, str] = {}
    for one in with_cases(owned):
        owner = one.owner
        if owner is not None and owner.pk not in why:
            why[owner.pk] = _why_no_longer(owner, case, on=on)
        if owner is not None and why[owner.pk]:
            give(one, one.plan.case.holder, f"{owner.name} {why[owner.pk]}", on=on, by=by)


def _why_no_longer(owner: Membership, case: Case, *, on: dt.date) -> str:
    """As it goes on after their name; empty where they can go on doing it."""
    if not owner.works:
        return "has left"
    owner.on = on
    is_shut_out = owner.role == Role.PRACTITIONER and not Case.objects.visible_to(owner).filter(pk=case.pk).exists()
    return "works on the case no longer" if is_shut_out else ""


def with_cases(actions: PlanActionQuerySet) -> list[PlanAction]:
    """These actions, each with its case, the case's holder and its owner, case by case."""
    return list(actions.select_related("plan__case__holder__user", "owner__user").order_by("plan__case", "pk"))


def give(action: PlanAction, owner: Membership, why: str, *, on: dt.date, by: Membership) -> bool:
    """Another owner; of an agreed plan with a line in the history, for who was to do it stays told there.

    Answers whether it changed hands: one that was done or given to somebody else meanwhile does not.
    """
    now = {"owner": owner, "agency": owner.organisation}
    changed = PlanAction.objects.in_hand().filter(pk=action.pk, owner=action.owner_id).update(**now)
    if changed and action.plan.stage == AGREED:
        words = f"{why}, so {owner.name} is to do this: {action.what}"
        write(action.plan.case, words, on=on, by=by, source="Plan")
    return bool(changed)
