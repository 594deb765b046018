"""Who agrees to a plan, who approves it, whether approval is asked, and the list of plans."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from attendance_portal import clock
from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import plan_pages, plan_words
from casework.actions import plans as acts
from casework.forms.plans import AgreementForm, ApprovalForm, PlanPolicyForm
from casework.models import Plan, PlanPolicy
from casework.plan_moves import PLAN_MOVES, WAITING
from casework.views.found_plans import ask, page_of, plan_seen, plan_to_write

COLUMNS: Final = (
    Column("pupil", "Child", ("case__pupil__sort_key",)),
    Column("version", "Version", numeric=True),
    Column("stage", "Stage"),
    Column("review", "Review", ("review_on", "pk")),
    Column("by", "Written by", ("drafted_by__user__name",)),
)
POLICY: Final = (Column("from", "From", ("from_on", "pk")), Column("asked", "Approved by"), Column("by", "Chosen by"))
SHOWN: Final = {
    "waiting": "Waiting to be agreed",
    "current": "Agreed",
    "past-review": "Past their review",
    "writing": "Being written",
}


@requires(Permission.CASE_LEAD)
def record_agreement(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep what the child, a parent or carer or the school said, in their own words."""
    plan, member = plan_to_write(request, pk, "record_agreement"), request.member
    child = str(plan.case.pupil)
    form = AgreementForm(request.POST or None, child=child, on=member.on, now=_stands(request, plan, answers=False),
                         initial={"agreed_on": member.on})  # fmt: skip
    if form.is_valid():
        with said_in(form):
            acts.record_agreement(plan, **form.cleaned_data, on=member.on, by=member)
            messages.success(request, "What they said is kept.")
            return redirect("plan_page", pk=pk)
    return ask(request, "casework/record_agreement.html", plan.case, form, page_of("plan_page", plan))


@require_POST
@requires(Permission.CASE_LEAD)
def agree_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The plan counts from today, where no approval is asked."""
    plan, member = plan_to_write(request, pk), request.member
    if request.POST.get("read", "") not in ("", _stands(request, plan, answers=True)):
        messages.error(request, "The plan was changed since you opened this page. Read it again first.")
        return redirect("plan_page", pk=pk)
    acts.agree_plan(plan, on=member.on, by=member)
    messages.success(request, "The plan counts from today.")
    return redirect("plan_page", pk=pk)


def _stands(request: MemberRequest, plan: Plan, *, answers: bool) -> str:
    """What the plan says now; where something is said to it, nobody changes it until that is kept."""
    if request.method == "POST":
        acts.take_in_hand(plan)
    return plan_pages.as_it_stands(plan, answers=answers)


@requires(Permission.PLAN_APPROVE)
def approve_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """As a team leader, approve the plan or send it back."""
    plan, member = plan_seen(request, pk), request.member
    if request.method != "POST":
        _refuse_unless_waiting(plan)
    form = ApprovalForm(request.POST or None, now=_stands(request, plan, answers=True))
    if form.is_valid():
        with said_in(form):
            messages.success(request, _decided(plan, form, by=member))
            return redirect("plan_page", pk=pk)
    wanted = acts.answers_wanted(plan, member.on)
    told = plan_pages.content(plan, member) | {"wanted": wanted}
    return ask(request, "casework/approve_plan.html", plan.case, form, page_of("plan_page", plan), **told)


def _refuse_unless_waiting(plan: Plan) -> None:
    if not plan.is_waiting:
        raise Refused(PLAN_MOVES["approve_plan"].refusal)


def _decided(plan: Plan, form: ApprovalForm, *, by: Membership) -> str:
    _refuse_unless_waiting(plan)
    if form.cleaned_data["answer"] == "approve":
        acts.approve_plan(plan, on=by.on, by=by)
        return "You approved the plan. It counts from today."
    acts.send_plan_back(plan, reason=form.cleaned_data["reason"], on=by.on, by=by)
    return "The plan is sent back with what you wrote."


@requires(Permission.CASE_SEE)
def plans(request: MemberRequest) -> HttpResponse:
    """Plans of the cases the member may see: waiting to be agreed, agreed, past their review, or being written."""
    member, show = request.member, request.GET.get("show", "waiting")
    show = show if show in SHOWN else "waiting"
    found = _those(show, member).select_related("case__pupil", "drafted_by__user")
    listing = Listing(found, COLUMNS, request.GET, noun=("plan", "plans"), sort="review")
    shown = list(listing.everything if listing.wants_csv else listing)
    pupils = {one.case.pupil_id for one in shown}
    words = f"plans: {SHOWN[show].lower()}"
    record_list("plans", is_file=listing.wants_csv, by=member, words=words, pupils=pupils)
    if listing.wants_csv:
        return csv_response([column.label for column in COLUMNS], map(_cells, shown), "Plans")
    past_review = Plan.objects.filter(pk__in=[one.pk for one in shown]).past_review(member.on)
    late = set(past_review.values_list("pk", flat=True))
    rows = [(one, plan_words.stage_tag(one), one.pk in late) for one in shown]
    tabs = [{"text": text, "href": f"?show={name}", "current": name == show} for name, text in SHOWN.items()]
    return render(request, "casework/plans.html", {"listing": listing, "rows": rows, "tabs": tabs})


def _those(show: str, member: Any) -> QuerySet[Plan]:
    found = Plan.objects.visible_to(member)
    if show in ("waiting", "writing"):
        under_way = found.under_way()
        chosen = under_way.filter(stage=WAITING) if show == "waiting" else under_way.exclude(stage=WAITING)
    else:
        chosen = found.current() if show == "current" else found.past_review(member.on)
    return chosen  # type: ignore[no-any-return]


def _cells(plan: Plan) -> tuple[object, ...]:
    stage = plan_words.stage_tag(plan)["words"]
    return plan.case.pupil, plan.version, stage, plan.review_on, plan.drafted_by.name


@requires(Permission.PLAN_APPROVE, files_for_all=("csv",))
def plan_policy(request: MemberRequest) -> HttpResponse:
    """Whether a team leader approves plans: today, every choice so far, and another one."""
    held = PlanPolicy.objects.select_related("set_by__user")
    listing = Listing(held, POLICY, request.GET, noun=("choice", "choices"), sort="-from")
    if listing.wants_csv:
        rows = [(one.from_on, _asked(one), one.set_by.name) for one in listing.everything]
        return csv_response([column.label for column in POLICY], rows, "Who approves plans")
    form = PlanPolicyForm(request.POST or None)
    if form.is_valid():
        with said_in(form, "from_on"):
            acts.set_plan_policy(**form.cleaned_data, by=request.member, at=clock.now(request.member.authority))
            messages.success(request, "This is so for every plan from that day on.")
            return redirect("plan_policy")
    needed = acts.approval_is_needed(request.member.on)
    shown = [(one, _asked(one)) for one in listing]
    page = {"form": form, "listing": listing, "shown": shown, "needed": needed}
    return render(request, "casework/plan_policy.html", page)


def _asked(policy: PlanPolicy) -> str:
    return "A team leader" if policy.needs_approval else "Nobody"
