"""The actions of plans: put in, changed and taken out while the plan is written; done or given up afterwards."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import plan_pages, plan_words
from casework.actions import plan_actions as acts
from casework.forms.plans import PlanActionForm, SettleForm
from casework.models import PlanAction
from casework.owners import may_own, may_settle, of_theirs
from casework.people import known_to
from casework.views.found_plans import action_seen, action_to_write, ask, page_of, plan_to_write

COLUMNS = (
    Column("what", "What will be done"),
    Column("pupil", "Child", ("plan__case__pupil__sort_key",)),
    Column("owner", "Who"),
    Column("due", "By when", ("due_on", "pk")),
)


@requires(Permission.CASE_LEAD)
def add_plan_action(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Put an action into a plan that is being written."""
    plan, member = plan_to_write(request, pk, "edit_plan"), request.member
    people = known_to(member, may_own(plan.case, on=member.on))
    form = PlanActionForm(request.POST or None, people=people, on=member.on)
    if form.is_valid():
        with said_in(form):
            acts.add_plan_action(plan, **form.action, by=member)
            messages.success(request, "The action is in the plan.")
            return redirect("add_plan_action" if "another" in request.POST else "plan_page", pk=pk)
    return ask(request, "casework/add_plan_action.html", plan.case, form, page_of("plan_page", plan))


@requires(Permission.CASE_LEAD)
def change_plan_action(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Change an action of a plan that is being written."""
    action, member = action_to_write(request, pk), request.member
    if request.method == "POST":
        acts.take_action_in_hand(action)
    case, typed = action.plan.case, plan_pages.action_as_typed(action)
    people = known_to(member, may_own(case, on=member.on), also=action.owner_id)
    form = PlanActionForm(request.POST or None, people=people, on=member.on, initial=typed)
    if form.is_valid():
        with said_in(form):
            acts.change_plan_action(action, **form.action, by=member)
            messages.success(request, "The action is changed.")
            return redirect("plan_page", pk=action.plan_id)
    back = page_of("plan_page", action.plan)
    return ask(request, "casework/change_plan_action.html", case, form, back, action=action)


@require_POST
@requires(Permission.CASE_LEAD)
def remove_plan_action(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an action out of a plan that is being written."""
    action = action_to_write(request, pk)
    acts.remove_plan_action(action, by=request.member)
    messages.success(request, "The action is taken out.")
    return redirect("plan_page", pk=action.plan_id)


@requires(Permission.CASE_SEE)
def plan_action_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One action: done with what came of it, given up with the reason, or taken up again."""
    action, member = action_seen(request, pk), request.member
    allowed = action.plan.is_agreed and not action.plan.case.closed_on and may_settle(action, member)
    if request.method == "POST" and not may_settle(action, member):
        raise PermissionDenied
    form = SettleForm(request.POST if request.method == "POST" and "again" not in request.POST else None)
    if _is_settled(request, action, form):
        messages.success(request, "Thank you. What became of the action is kept.")
        return redirect("plan_action_page", pk=pk)
    pupils = [action.plan.case.pupil_id]
    record("see_plan_action", by=member, words="Looked at an action of a plan.", subject=action, pupils=pupils)
    row = plan_words.action_row(action, member.on)
    context = {"action": action, "row": row, "pupil": action.plan.case.pupil}
    context["form"] = form if allowed or form.errors else None
    context["is_settled"] = bool(action.done_on or action.given_up_on) and not form.errors
    return render(request, "casework/plan_action_page.html", context)


def _is_settled(request: MemberRequest, action: PlanAction, form: SettleForm) -> bool:
    """Do what was asked, if anything was."""
    member = request.member
    if request.POST.get("again"):
        acts.take_up_plan_action(action, on=member.on, by=member)
        return True
    if not form.is_valid():
        return False
    outcome = form.cleaned_data["outcome"]
    with said_in(form):
        if form.cleaned_data["became"] == "done":
            acts.do_plan_action(action, outcome=outcome, on=member.on, by=member)
        else:
            acts.give_up_plan_action(action, reason=outcome, on=member.on, by=member)
    return form.is_valid()


@requires(Permission.CASE_SEE)
def plan_actions(request: MemberRequest) -> HttpResponse:
    """What the member is to do or to ask after by the plans that count; `?show=overdue` or `all`: everybody's that
    they may see."""
    member, show = request.member, request.GET.get("show", "mine")
    rows = PlanAction.objects.visible_to(member).select_related("plan__case__pupil", "owner__user")
    rows = rows.overdue(member.on) if show == "overdue" else rows.to_do()
    rows = rows.filter(of_theirs(member)) if show not in ("overdue", "all") else rows
    listing = Listing(rows, COLUMNS, request.GET, noun=("action", "actions"), sort="due")
    shown = list(listing.everything if listing.wants_csv else listing)
    pupils = {one.plan.case.pupil_id for one in shown}
    record_list("plan_actions", is_file=listing.wants_csv, by=member, words="actions of plans", pupils=pupils)
    if listing.wants_csv:
        cells = [(one.what, one.plan.case.pupil, one.owner_shown, one.due_on) for one in shown]
        return csv_response([column.label for column in COLUMNS], cells, "Actions of plans")
    lines = [plan_words.action_row(one, member.on) for one in shown]
    return render(request, "casework/plan_actions.html", {"listing": listing, "rows": lines, "tabs": _tabs(show)})


def _tabs(show: str) -> list[dict[str, object]]:
    named = [("mine", "Yours"), ("overdue", "Everybody’s, overdue"), ("all", "Everybody’s")]
    chosen = show if show in ("overdue", "all") else "mine"
    return [{"text": text, "href": f"?show={name}", "current": name == chosen} for name, text in named]
