"""Handing over the lead of a case, and answering: what each page fetches, asks, does and answers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from attendance_portal.gov_forms import GovForm
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import actions
from casework.forms.cases import AnswerForm, LeadForm
from casework.models import Case
from casework.people import known_to, may_lead
from casework.views.answers import ask, done
from casework.views.found import case_seen, case_to_decide


@requires(Permission.CASE_LEAD)
def hand_over_lead(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask someone to lead, with a note; the lead before stays until they accept."""
    case, member = case_to_decide(request, pk), request.member
    people = known_to(member, may_lead(case, on=member.on))
    form = LeadForm(request.POST or None, people=people, hands_over=case.has_lead, on=member.on)
    if form.is_valid():
        with said_in(form):
            return done(request, case, _handed_over(case, form.cleaned_data, by=member))
    return ask(request, "casework/hand_over_lead.html", case, form)


def _handed_over(case: Case, typed: dict[str, Any], *, by: Membership) -> str:
    if typed["who"] == "account":
        actions.ask_to_lead(case, lead=typed["lead"], note=typed["note"], on=by.on, by=by)
        return f"{typed['lead'].name} is asked to lead the case."
    named = {"name": typed["lead_name"], "agency": typed["lead_agency"], "agreed_on": typed["agreed_on"]}
    actions.record_lead_without_account(case, **named, note=typed.get("lead_note", ""), on=by.on, by=by)
    return "The lead practitioner is recorded."


@requires(Permission.CASE_LEAD)
def take_back_asking(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask nobody to lead any more, as long as whoever was asked has not answered."""
    case, member = case_to_decide(request, pk), request.member
    if request.method == "POST":
        actions.take_back_asking(case, on=member.on, by=member)
        return done(request, case, "Nobody is asked to lead the case any more.")
    return ask(request, "casework/take_back_asking.html", case, GovForm())


@requires(Permission.CASE_LEAD)
def answer_lead(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept the lead one was asked to take, or say why not."""
    case, member = case_seen(request, pk), request.member
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            if form.cleaned_data["answer"] == "yes":
                actions.accept_lead(case, on=member.on, by=member)
                return done(request, case, "You lead this case now.")
            actions.decline_lead(case, reason=form.cleaned_data["reason"], on=member.on, by=member)
            messages.success(request, "Your answer is kept, and you no longer see the case for being asked.")
            return redirect("cases")
    return ask(request, "casework/answer_lead.html", case, form)
