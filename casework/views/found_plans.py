"""The plan, action or contract that a page is about, as far as this member may see it or write in its case."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from attendance_portal.audit import record
from attendance_portal.gov_forms import GovForm
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from casework.models import AttendanceContract, Case, Plan, PlanAction
from casework.people import may_take, may_write
from casework.plan_moves import PLAN_MOVES

_PEOPLE = ("case__pupil", "drafted_by__user", "put_forward_by__user", "approved_by__user", "agreed_by__user")


def plan_seen(request: MemberRequest, pk: uuid.UUID) -> Plan:
    """The plan, with its case and people; a 404 for whoever may not see the case."""
    found = Plan.objects.visible_to(request.member).select_related(*_PEOPLE, "ended_by__user")
    plan: Plan = get_object_or_404(found, pk=pk)
    return plan


def plan_to_write(request: MemberRequest, pk: uuid.UUID, what: str = "") -> Plan:
    """As `plan_seen`; a 403 for whoever may not write in the case. Before anything is typed the sentence where this
    cannot be done now; afterwards the act says it, in the form that keeps what was typed."""
    plan = plan_seen(request, pk)
    _must_write(request, plan.case)
    if what and request.method != "POST" and plan.stage not in PLAN_MOVES[what].before:
        raise Refused(PLAN_MOVES[what].refusal)
    return plan


def action_seen(request: MemberRequest, pk: uuid.UUID) -> PlanAction:
    """The action of a plan, with its plan and owner."""
    people = ("plan__case__pupil", "owner__user", "done_by__user", "given_up_by__user")
    action: PlanAction = get_object_or_404(PlanAction.objects.visible_to(request.member).select_related(*people), pk=pk)
    return action


def action_to_write(request: MemberRequest, pk: uuid.UUID) -> PlanAction:
    """An action of a plan that is being written; as `plan_to_write`."""
    action = action_seen(request, pk)
    _must_write(request, action.plan.case)
    if request.method != "POST" and not action.plan.is_draft:
        raise Refused(PLAN_MOVES["edit_plan"].refusal)
    return action


def contract_seen(request: MemberRequest, pk: uuid.UUID) -> AttendanceContract:
    people = ("case__pupil", "school", "offered_by__user", "ended_by__user")
    contract: AttendanceContract = get_object_or_404(
        AttendanceContract.objects.visible_to(request.member).select_related(*people), pk=pk
    )
    return contract


def contract_to_write(request: MemberRequest, pk: uuid.UUID) -> AttendanceContract:
    contract = contract_seen(request, pk)
    _must_write(request, contract.case)
    return contract


def must_print(request: MemberRequest, case: Case) -> None:
    """A 403 for whoever may not take it away (`may_take`)."""
    if not may_take(case, request.member):
        raise PermissionDenied


def _must_write(request: MemberRequest, case: Case) -> None:
    if not may_write(case, request.member):
        raise PermissionDenied


def ask(request: MemberRequest, template: str, case: Case, form: GovForm, back: str, **more: object) -> HttpResponse:
    """A form about a plan or contract names the child, so looking at it leaves an event too."""
    words = "Opened a form of a plan or contract."
    record("see_plan_form", by=request.member, words=words, subject=case, pupils=[case.pupil_id])
    return render(request, template, {"case": case, "pupil": case.pupil, "form": form, "back": back, **more})


def page_of(name: str, row: Plan | PlanAction | AttendanceContract | Case) -> str:
    """The address of the page of this name about this row."""
    return reverse(name, args=[row.pk])
