"""Referrals: their lists, the page of one, and what is done with it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import moves
from casework import referrals as reading
from casework.actions import referrals as actions
from casework.forms.cases import ReasonForm
from casework.forms.referrals import FindChildForm, ReferralAnswerForm, ReferralFilter, ReferralForm
from casework.models import Referral, Service
from schools.lists import found_by
from schools.models import Enrolment, Pupil

COLUMNS = (
    Column("child", "Child"),
    Column("service", "Service", ("service__name", "made_on")),
    Column("made", "Referred", ("made_on",)),
    Column("state", "Answer", ("stage", "made_on")),
    Column("answered", "Answered", ("answered_on",)),
)
RECEIVED, MADE, ALL = "", "made", "all"
TITLES = {RECEIVED: "Referrals to your services", MADE: "Referrals you made", ALL: "Referrals of children you see"}
MOST_FOUND = 20


def _wanted(member: Membership, show: str) -> Any:
    if show == MADE:
        return Referral.objects.made_by_member(member)
    if show == ALL:
        return Referral.objects.filter(pupil__in=Pupil.objects.visible_to(member))
    return Referral.objects.received_by(member)


@requires(Permission.CASE_SEE)
@require_safe
def referrals(request: MemberRequest) -> HttpResponse:
    """Referrals to one's services, those one made, or those of every child one sees; as a file too."""
    member, show = request.member, request.GET.get("show", RECEIVED)
    show = show if show in TITLES else RECEIVED
    form = ReferralFilter(request.GET)
    wanted = form.wanted
    found = _wanted(member, show).filter(service__name__icontains=wanted["service"].strip())
    if wanted["stage"]:
        found = found.filter(stage=wanted["stage"])
    noun = ("referral", "referrals")
    listing = Listing(reading.with_people(found), COLUMNS, request.GET, noun=noun, sort="-made")
    one_page = list(listing.everything if listing.wants_csv else listing)
    rows = reading.rows_for(one_page, member)
    named = {row["one"].pupil_id for row in rows if row["may_read"]}
    told: dict[str, Any] = {"words": f"a list: {TITLES[show]}", "pupils": named}
    record_list("referrals", is_file=listing.wants_csv, by=member, **told)
    if listing.wants_csv:
        return csv_response(reading.HEADINGS, [reading.file_row(row) for row in rows], TITLES[show])
    page = {"listing": listing, "rows": rows, "form": form, "title": TITLES[show], "tabs": _tabs(show), "show": show}
    return render(request, "casework/referrals.html", page)


def _tabs(shown: str) -> list[dict[str, Any]]:
    address = reverse("referrals")
    return [
        {"text": text, "href": f"{address}?show={name}" if name else address, "current": name == shown}
        for name, text in TITLES.items()
    ]


def _one(request: MemberRequest, pk: uuid.UUID) -> Referral:
    seen = reading.with_people(Referral.objects.visible_to(request.member))
    one: Referral = get_object_or_404(seen, pk=pk)
    return one


@requires(Permission.CASE_SEE)
@require_safe
def referral_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One referral: who was referred, where and why, what was answered, and what can be done now."""
    one, member = _one(request, pk), request.member
    row = reading.rows_for([one], member)[0]
    children = [one.pupil_id] if row["may_read"] else []
    record("see_referral", by=member, words="Looked at a referral.", subject=one, pupils=children)
    page = {
        "row": row,
        "one": one,
        "may_answer": reading.may_answer(one, member),
        "may_withdraw": reading.may_withdraw(one, member),
    }
    return render(request, "casework/referral_page.html", page)


def _may_refer(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    if not reading.may_refer(pupil, request.member):
        raise PermissionDenied
    return pupil


@requires(Permission.CASE_LEAD)
def refer_child(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Refer this child to a service of the directory."""
    pupil, member = _may_refer(request, pk), request.member
    first = {"service": request.GET.get("service", "")}
    form = ReferralForm(request.POST or None, services=Service.objects.taking_referrals(), initial=first)
    if form.is_valid():
        with said_in(form):
            made = actions.refer_child(pupil, **form.cleaned_data, on=member.on, by=member)
            messages.success(request, f"The child is referred to {made.service}. Its answer is shown here.")
            return redirect("referral_page", pk=made.pk)
    return _ask(request, "casework/refer_child.html", pupil, form, reverse("pupil_page", args=[pk]))


@requires(Permission.CASE_LEAD)
@require_safe
def refer_to_service(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Find the child who is to be referred to this service."""
    service, member = get_object_or_404(Service.objects.taking_referrals(), pk=pk), request.member
    typed = request.GET.get("q", "").strip()
    found = Enrolment.objects.filter(found_by(typed, "local_id")) if typed else Enrolment.objects.none()
    children = Pupil.objects.visible_to(member).filter(pk__in=found.values("pupil")).order_by("sort_key", "pk")
    shown = list(children[: MOST_FOUND + 1])
    if shown:
        record("find_child", by=member, words="Looked for a child to refer.", pupils=shown[:MOST_FOUND])
    page = {"service": service, "form": FindChildForm(request.GET or None), "typed": typed}
    page |= {"children": shown[:MOST_FOUND], "are_more": len(shown) > MOST_FOUND}
    return render(request, "casework/refer_to_service.html", page)


@requires(Permission.CASE_LEAD)
def answer_referral(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept the child, or decline and say why."""
    one, member = _one(request, pk), request.member
    if not Service.objects.of(member).filter(pk=one.service_id).exists():
        raise PermissionDenied
    form = ReferralAnswerForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            if form.cleaned_data["answer"] == "yes":
                case = actions.accept_referral(one, answer=form.cleaned_data["next_step"], on=member.on, by=member)
                messages.success(request, "Your service takes the child on. This is the child's case.")
                return redirect("case_page", pk=case.pk)
            actions.decline_referral(one, answer=form.cleaned_data["reason"], on=member.on, by=member)
            messages.success(request, "The referral is declined. Whoever made it can read why.")
            return redirect("referrals")
    row = reading.rows_for([one], member)[0]
    return _ask(request, "casework/answer_referral.html", one.pupil, form, _page_of(one), row=row, one=one)


@requires(Permission.CASE_LEAD)
def withdraw_referral(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a referral back before it is answered."""
    one, member = _one(request, pk), request.member
    is_own = one.made_by_id == member.pk
    if is_own and not Pupil.objects.visible_to(member).filter(pk=one.pupil_id).exists():
        raise Http404  # whoever made it and sees the child no more, though their service may still read it
    is_settled = is_own and one.stage != Referral.Stage.SENT
    if is_settled and request.method != "POST":
        raise Refused(moves.WITHDRAW_REFERRAL.refusal)
    if not (is_settled or reading.may_withdraw(one, member)):
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            actions.withdraw_referral(one, reason=form.cleaned_data["reason"], on=member.on, by=member)
            messages.success(request, "The referral is withdrawn.")
            return redirect("referral_page", pk=one.pk)
    return _ask(request, "casework/withdraw_referral.html", one.pupil, form, _page_of(one), one=one)


def _page_of(one: Referral) -> str:
    return reverse("referral_page", args=[one.pk])


def _ask(request: MemberRequest, template: str, pupil: Pupil, form: Any, back: str, **more: Any) -> HttpResponse:
    """Every form names the child, so looking at it leaves an event."""
    record("see_referral_form", by=request.member, words="Opened a form about a referral.", pupils=[pupil.pk])
    return render(request, template, {"pupil": pupil, "form": form, "back": back, **more})
