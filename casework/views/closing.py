"""Closing a case and opening it again: what each page fetches, asks, does and answers."""

from __future__ import annotations

import uuid
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import actions
from casework.forms.cases import ReasonForm
from casework.forms.closing import CloseForm
from casework.models import Case
from casework.views.answers import ask, done
from casework.views.found import case_to_decide

_OTHER_GOES_ON: Final = "The child’s other case goes on."


@requires(Permission.CASE_LEAD)
def close_case(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Close it: what came of it, why, and what worked. `?twin=1`: because another case of the child goes on."""
    case, member = case_to_decide(request, pk), request.member
    first = {"outcome": Case.Outcome.OTHER, "reason": _OTHER_GOES_ON} if request.GET.get("twin") else {}
    form = CloseForm(request.POST or None, initial=first)
    if form.is_valid():
        with said_in(form):
            actions.close_case(case, **form.cleaned_data, on=member.on, by=member)
            messages.success(request, "The case is closed.")
            # A partner who saw the child for the case alone sees neither any more.
            still = Case.objects.visible_to(member).filter(pk=case.pk).exists()
            return redirect("case_page", pk=case.pk) if still else redirect("cases")
    return ask(request, "casework/close_case.html", case, form)


@requires(Permission.CASE_LEAD)
def reopen_case(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Open it again, with the reason."""
    case, member = case_to_decide(request, pk), request.member
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            actions.reopen_case(case, reason=form.cleaned_data["reason"], on=member.on, by=member)
            return done(request, case, "The case is open again.")
    return ask(request, "casework/reopen_case.html", case, form)
