"""Inviting somebody to a case, and ending it: what each page fetches, asks, does and answers."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from attendance_portal.gov_forms import GovForm
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import actions
from casework.forms.invitations import InviteForm
from casework.people import known_to, may_be_invited, may_decide
from casework.views.answers import ask, done
from casework.views.found import case_seen, case_to_decide


@requires(Permission.CASE_LEAD)
def invite_to_case(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let somebody of any agency work on the case, for as long as the invitation stands."""
    case, member = case_to_decide(request, pk), request.member
    form = InviteForm(request.POST or None, people=known_to(member, may_be_invited(case, on=member.on)))
    if form.is_valid():
        with said_in(form):
            invited = form.cleaned_data["invited"]
            actions.invite(case, member=invited, why=form.cleaned_data["why"], on=member.on, by=member)
            return done(request, case, f"{invited.name} is invited to the case.")
    return ask(request, "casework/invite_to_case.html", case, form)


@requires(Permission.CASE_LEAD)
def end_invitation(request: MemberRequest, pk: uuid.UUID, invitation: int) -> HttpResponse:
    """End somebody's invitation, or one's own."""
    case, member = case_seen(request, pk), request.member
    one = get_object_or_404(case.invitations.select_related("membership__user"), pk=invitation)
    is_own = one.membership_id == member.pk
    if not (is_own or may_decide(case, member)):
        raise PermissionDenied
    if request.method == "POST":
        actions.end_invitation(one, on=member.on, by=member)
        if is_own:
            messages.success(request, "You no longer work on this case.")
            return redirect("cases")
        return done(request, case, f"{one.membership.name} no longer works on this case.")
    return ask(request, "casework/end_invitation.html", case, GovForm(), invitation=one, is_own=is_own)
