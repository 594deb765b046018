"""Children's plans on the home page: what is theirs to do by them, and which wait to be approved."""

from __future__ import annotations

from collections.abc import Iterable

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.roles import Permission
from casework.actions.plans import approval_is_needed
from casework.models import Plan, PlanAction
from casework.owners import of_theirs
from casework.plan_moves import WAITING


def plan_actions_to_do(asker: Asker) -> Iterable[Section]:
    """Actions of plans that count, theirs or of somebody they cover, the longest overdue first."""
    member = asker.member
    if not member.may(Permission.CASE_SEE):
        return
    found = PlanAction.objects.visible_to(member).to_do().filter(of_theirs(member))
    rows = found.select_related("plan__case__pupil", "owner__user").order_by("due_on", "pk")
    items = (_item(action, asker) for action in rows)
    yield from section("plan-actions", "Your actions in plans", items, address("plan_actions"), "All actions in plans")


def _item(action: PlanAction, asker: Asker) -> Item:
    pupil, due = action.plan.case.pupil, action.due_on
    about = [str(pupil)]
    if action.owner_id != asker.member.pk:
        about.append(f"for {action.owner_shown} to do")
    late = due < asker.on
    status = f"Overdue since {due:%-d %b}" if late else f"Due {due:%-d %b}"
    hint, colour = ", ".join(about), "red" if late else "blue"
    return Item(action.what, address("plan_action_page", action.pk), hint, status, colour, pupil.pk)


def plans_to_approve(asker: Asker) -> Iterable[Section]:
    """Plans that wait for a team leader, where the authority asks that they are approved."""
    if not (asker.member.may(Permission.PLAN_APPROVE) and approval_is_needed(asker.on)):
        return
    waiting = Plan.objects.visible_to(asker.member).under_way().filter(stage=WAITING)
    rows = waiting.select_related("case__pupil", "put_forward_by__user").order_by("put_forward_on", "pk")
    items = (
        Item(
            str(plan.case.pupil),
            address("plan_page", plan.pk),
            f"Put forward by {plan.put_forward_by.name if plan.put_forward_by else ''}",
            f"Waiting since {plan.put_forward_on:%-d %b}",
            "yellow",
            plan.case.pupil_id,
        )
        for plan in rows
    )
    yield from section("plans", "Plans to approve", items, address("plans"), "All plans")
