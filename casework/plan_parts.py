"""What a case's page shows of its plan and of attendance contracts, in short."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse

from attendance_portal.models import Membership
from casework import plan_words
from casework.models import AttendanceContract, Case, Plan, PlanAction, PlanAgreement
from casework.parts import Part
from casework.people import may_write


def plan_part(case: Case, member: Membership) -> Part | None:
    """The plan that counts, with the actions still to do, and the one being written. Two queries."""
    standing = PlanAgreement.objects.filter(plan=OuterRef("pk"), ended_on=None).order_by("party", "pk")
    said = standing.values(json=JSONObject(party="party", who="who", says="says"))
    plans = list(
        Plan.objects.filter(case=case)
        .select_related("case__pupil")
        .annotate(said=ArraySubquery(said))
        .order_by("-version")
    )
    current = next((plan for plan in plans if plan.is_agreed), None)
    written = next((plan for plan in plans if plan.is_draft or plan.is_waiting), None)
    links = _links(case, member, current, written)
    if plans and not current and not written:
        last = next((plan for plan in plans if plan.ended_on), plans[0])
        links.insert(0, ("The plan that there was", reverse("plan_page", args=[last.pk])))
    if not plans and not links:
        return None
    shown = {"current": current, "written": written, "earlier": len(plans), **_of_current(current, member)}
    return Part("Plan", "casework/parts_plan.html", shown, links)


def _of_current(current: Plan | None, member: Membership) -> dict[str, Any]:
    if current is None:
        return {}
    actions = PlanAction.objects.filter(plan=current).undone().select_related("owner__user")
    said: list[dict[str, str]] = getattr(current, "said", [])
    return {
        "actions": [plan_words.action_row(one, member.on) for one in actions],
        "answers": [plan_words.answer_words(**one) for one in said],
        "target": plan_words.target_shown(current),
        "is_past_review": current.is_past_review(member.on),
    }


def _links(case: Case, member: Membership, current: Plan | None, written: Plan | None) -> list[tuple[str, str]]:
    links = []
    if current:
        links.append(("The whole plan", reverse("plan_page", args=[current.pk])))
    if written:
        links.append(("Go on with the plan that is not agreed yet", reverse("plan_page", args=[written.pk])))
    if not current and not written and not case.closed_on and may_write(case, member):
        links.append(("Write a plan", reverse("write_plan", args=[case.pk])))
    return links


def contract_part(case: Case, member: Membership) -> Part | None:
    """Attendance contracts, and offering one. One query."""
    found = AttendanceContract.objects.filter(case=case)
    rows = [(one, plan_words.contract_state(one, member.on)) for one in found]
    links = []
    if not case.closed_on and may_write(case, member):
        links.append(("Offer an attendance contract", reverse("offer_contract", args=[case.pk])))
    if not rows and not links:
        return None
    return Part("Attendance contract", "casework/parts_contract.html", rows, links)
