"""The first door: who asks, in which authority, in one transaction around the whole request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from attendance_portal import clock
from attendance_portal.audit import Circumstances, circumstances, record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.sign_in import needs_second_factor
from attendance_portal.tenancy import authority_scope

MEMBERSHIP_KEY = "membership"
ACTIVE_KEY = "active_at"
BACKGROUND_HEADER = "X-Background"  # a page that asks by itself: it does not reset the idle clock
REFUSALS = (403, 404)


class AuthorityMiddleware:
    """Open the scope of the signed-in member's authority around the request, rendering included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member = None
        token = circumstances.set(Circumstances(uuid.uuid4(), request.META.get("REMOTE_ADDR") or None))
        try:
            return self._answer(request)
        finally:
            circumstances.reset(token)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if _has_been_idle(request):
            logout(request)
            return redirect(settings.LOGIN_URL)
        request.member = _member_of(request)
        if request.member is None:
            return self.get_response(request)
        return self._answer_in_scope(request, request.member)

    def _answer_in_scope(self, request: HttpRequest, member: Membership) -> HttpResponse:
        with authority_scope(member.authority):
            response = self.get_response(request)
            if response.streaming:
                raise RuntimeError(f"{request.path} streams owned data past the end of its scope.")
            if response.status_code >= 500 or response.status_code in REFUSALS:
                transaction.set_rollback(True)
        if response.status_code in REFUSALS:
            _record_refusal(request, member, response.status_code)
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Send whoever must still set up a second factor to where that is done."""
        if request.user.is_authenticated and needs_second_factor(request):
            return redirect("mfa_activate_totp")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what may not be done with its sentence, and write nothing of the attempt."""
        if not isinstance(exception, Refused):
            return None
        response = render(request, "refused.html", {"sentence": exception.sentence}, status=409)
        if transaction.get_connection().in_atomic_block:  # signed out, or of no authority: there is none
            transaction.set_rollback(True)
        return response


def _has_been_idle(request: HttpRequest) -> bool:
    """Idle for longer than `IDLE_MINUTES`. Any request but a background one starts the clock anew."""
    now = timezone.now().timestamp()
    last = request.session.get(ACTIVE_KEY, now)
    if now - last > settings.IDLE_MINUTES * 60:
        return True
    if BACKGROUND_HEADER not in request.headers:
        request.session[ACTIVE_KEY] = now
    return False


def _member_of(request: HttpRequest) -> Membership | None:
    """The membership chosen in this session, else the person's first; never one that is not theirs."""
    theirs = Membership.objects.working().with_people().filter(user=request.user)
    chosen: Any = request.session.get(MEMBERSHIP_KEY)
    member = theirs.filter(pk=chosen).first() if chosen else None
    member = member or theirs.first()
    if member is not None:
        member.on = clock.today(member.authority)
    return member


def _record_refusal(request: HttpRequest, member: Membership, status: int) -> None:
    """An attempt that was refused is recorded in a transaction of its own, after the request's ended."""
    match = request.resolver_match
    if match is None:
        return
    with authority_scope(member.authority):
        record(
            "refused",
            by=member,
            words=f"Asked for {match.url_name} and was refused.",
            status=status,
            page=match.view_name,
            asked={name: str(value) for name, value in match.kwargs.items()},
        )
