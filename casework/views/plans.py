"""A child's plan: written, put forward, looked at, compared, changed, ended and printed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance_portal.audit import record
from attendance_portal.documents import pdf
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import plan_pages
from casework.actions import plans
from casework.forms.plans import OutcomeForm, PlanForm, PlanReviewForm
from casework.models import Plan
from casework.people import may_take
from casework.views.back import back_to
from casework.views.found import case_to_write
from casework.views.found_plans import ask, must_print, page_of, plan_seen, plan_to_write


@requires(Permission.CASE_LEAD)
def write_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a plan for the child of this case."""
    case, member = case_to_write(request, pk), request.member
    held, form = plans.plan_there(case), PlanForm(request.POST or None, on=member.on)
    if held and not _says_something_else(form, held):
        return _done(request, held, "This case has a plan already: this is it. Go on with it, or change it, here.")
    if form.is_valid():
        with said_in(form):
            plan = plans.write_plan(case, **form.cleaned_data, on=member.on, by=member)
            messages.success(request, "The plan is begun. Now put in what will be done, by whom and when.")
            return redirect(back_to(request, page_of("plan_page", plan)))
    so_far, back = plan_pages.before_choosing(case.pupil, member), back_to(request, page_of("case_page", case))
    return ask(request, "casework/write_plan.html", case, form, back, so_far=so_far, held=held)


def _says_something_else(form: PlanForm, held: Plan) -> bool:
    """Somebody typed a plan, and it is not the one that is there: this is not the same press of a button again."""
    typed = form.cleaned_data if form.is_valid() else {}
    return form.is_bound and any(typed.get(name) != getattr(held, name) for name in ("needs", "change_for_child"))


@requires(Permission.CASE_SEE)
def plan_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One version of the plan, what its target asks, its actions, who agreed, and the other versions."""
    plan, member = plan_seen(request, pk), request.member
    record("see_plan", by=member, words="Looked at a plan.", subject=plan, pupils=[plan.case.pupil_id])
    shown = {**plan_pages.plan_shown(plan, member), "may_print": may_take(plan.case, member)}
    return render(request, "casework/plan_page.html", shown)


@requires(Permission.CASE_SEE)
def plan_pdf(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The same as a tagged PDF file, to give to the family."""
    plan, member = plan_seen(request, pk), request.member
    must_print(request, plan.case)
    record("download_plan", by=member, words="Downloaded a plan.", subject=plan, pupils=[plan.case.pupil_id])
    return _file(plan_pages.plan_document(plan, member), "documents/plan.html", f"plan-version-{plan.version}")


def _file(context: dict[str, Any], template: str, name: str) -> HttpResponse:
    answer = HttpResponse(pdf(template, context), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@requires(Permission.CASE_LEAD)
def edit_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Change the words of a plan that is being written."""
    plan, member = plan_to_write(request, pk, "edit_plan"), request.member
    if request.method == "POST":
        plans.take_in_hand(plan)  # of two who save at one moment the second meets what the first wrote
    form = PlanForm(request.POST or None, on=member.on, initial=plan_pages.as_typed(plan))
    if form.is_valid():
        with said_in(form):
            plans.edit_plan(plan, **form.cleaned_data, by=member)
            return _done(request, plan, "The plan is changed.")
    return ask(request, "casework/edit_plan.html", plan.case, form, page_of("plan_page", plan))


@require_POST
@requires(Permission.CASE_LEAD)
def put_plan_forward(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Close its words, so that family, child and school can say whether they agree."""
    plan, member = plan_to_write(request, pk), request.member
    plans.put_plan_forward(plan, on=member.on, by=member)
    return _done(request, plan, "The plan is put forward. Record what the child, a parent or carer and the school say.")


@requires(Permission.CASE_LEAD)
def change_review_of_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """When all look at a plan that waits to be agreed, as when its day has passed before everybody answered."""
    plan, member = plan_to_write(request, pk, "change_review_of_plan"), request.member
    if request.method == "POST":
        plans.take_in_hand(plan)
    form = PlanReviewForm(request.POST or None, on=member.on, initial={"review_on": plan.review_on})
    if form.is_valid():
        with said_in(form):
            plans.change_review_of_plan(plan, review_on=form.cleaned_data["review_on"], on=member.on, by=member)
            return _done(request, plan, "The review date is changed. What was said to the plan stands.")
    return ask(request, "casework/change_review_of_plan.html", plan.case, form, page_of("plan_page", plan))


@require_POST
@requires(Permission.CASE_LEAD)
def take_plan_back(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Go on writing it."""
    plan, member = plan_to_write(request, pk), request.member
    plans.take_plan_back(plan, on=member.on, by=member)
    return _done(request, plan, "You can go on writing. What was said to the earlier words is kept in the history.")


@require_POST
@requires(Permission.CASE_LEAD)
def set_plan_aside(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Give up writing this version."""
    plan, member = plan_to_write(request, pk), request.member
    plans.set_plan_aside(plan, on=member.on, by=member)
    messages.success(request, "This version is set aside.")
    return redirect("case_page", pk=plan.case_id)


@require_POST
@requires(Permission.CASE_LEAD)
def change_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the next version from the agreed one."""
    plan, member = plan_to_write(request, pk), request.member
    made = plans.change_plan(plan, on=member.on, by=member)
    return _done(request, made, "This is a new version. The one before counts until this one is agreed.")


@requires(Permission.CASE_LEAD)
def end_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End the plan with what came of it."""
    plan, member = plan_to_write(request, pk, "end_plan"), request.member
    form = OutcomeForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            plans.end_plan(plan, outcome=form.cleaned_data["outcome"], on=member.on, by=member)
            return _done(request, plan, "The plan has ended. What came of it is kept.")
    return ask(request, "casework/end_plan.html", plan.case, form, page_of("plan_page", plan))


@requires(Permission.CASE_SEE)
def compare_plans(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """This version beside the one before it that was agreed, or the one named by `?with=`."""
    plan, member = plan_seen(request, pk), request.member
    others = Plan.objects.filter(case=plan.case_id).exclude(pk=plan.pk)
    wanted = request.GET.get("with", "")
    other: Plan = get_object_or_404(others, version=int(wanted) if wanted.isdecimal() else plan.version - 1)
    words = "Compared two versions of a plan."
    record("compare_plans", by=member, words=words, subject=plan, pupils=[plan.case.pupil_id])
    return render(request, "casework/compare_plans.html", plan_pages.compared(*sorted((plan, other), key=_version)))


def _version(plan: Plan) -> int:
    return plan.version


def _done(request: MemberRequest, plan: Plan, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("plan_page", pk=plan.pk)
