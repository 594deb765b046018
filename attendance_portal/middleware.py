"""The first door: who asks, in which authority, in one transaction around the whole request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control

from attendance_portal import clock
from attendance_portal.api_errors import api_error
from attendance_portal.audit import Circumstances, acting_for, circumstances, record, record_folded
from attendance_portal.integrations import RefusedToken, integration_of, note_use, refuse_unless_open, token_in
from attendance_portal.models import Authority, Integration, Invitation, Membership
from attendance_portal.refusals import Refused
from attendance_portal.requests import PortalRequest
from attendance_portal.sent_sizes import too_large
from attendance_portal.sign_in import needs_second_factor, token_hash
from attendance_portal.tenancy import authority_scope, give_up

MEMBERSHIP_KEY = "membership"
ACTIVE_KEY = "active_at"
INVITATIONS = "invitation"  # where the links of invitations begin
BACKGROUND_HEADER = "X-Background"  # a page that asks by itself: it does not reset the idle clock
API = "/api/v1/"
REFUSALS = (403, 404)


class AuthorityMiddleware:
    """Open the scope of the signed-in member's authority around the request, rendering included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.member = request.invitation = request.integration = None
        request.refused_token = ""
        token = circumstances.set(Circumstances(uuid.uuid4(), request.META.get("REMOTE_ADDR") or None))
        try:
            return self._answer(request)
        finally:
            circumstances.reset(token)

    def _answer(self, request: PortalRequest) -> HttpResponse:
        if "\x00" in request.path_info:  # no name or number holds a NUL, and the database takes none
            return self._answer_nothing(request, Http404())
        if "%00" in request.META.get("QUERY_STRING", ""):
            return self._answer_nothing(request, BadRequest("There is a NUL in what was asked."))
        if request.path_info.startswith(API):
            return self._answer_integration(request)
        return self._answer_person(request)

    def _answer_nothing(self, request: PortalRequest, error: Exception) -> HttpResponse:
        """As a page or in JSON, by the address."""
        if request.path_info.startswith(API):
            return api_error(404 if isinstance(error, Http404) else 400)
        raise error

    def _answer_person(self, request: PortalRequest) -> HttpResponse:
        if sentence := too_large(request):
            return render(request, "refused.html", {"sentence": sentence}, status=413)
        if _session_ran_out(request):
            messages.info(request, idle_sentence())
        if request.user.is_authenticated and _has_been_idle(request):
            logout(request)
            messages.info(request, idle_sentence())
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        if (invitation := _invitation_of(request)) is not None:
            return self._answer_invitation(request, invitation)
        if not request.user.is_authenticated:
            return self.get_response(request)
        request.member = _member_of(request)
        if request.member is None:
            return self.get_response(request)
        return self._answer_in_scope(request, request.member)

    def _answer_in_scope(self, request: PortalRequest, member: Membership) -> HttpResponse:
        with authority_scope(member.authority):
            response = self.get_response(request)
            if response.streaming:
                raise RuntimeError(f"{request.path} streams owned data past the end of its scope.")
            if response.status_code >= 500 or response.status_code in REFUSALS:
                give_up()
        # Nothing of a member's pages stays on a computer that others use after them.
        patch_cache_control(response, private=True, no_store=True)
        if response.status_code in REFUSALS:
            _record_refusal(request, member, member.authority, response.status_code)
        return response

    def _answer_invitation(self, request: PortalRequest, invitation: Invitation) -> HttpResponse:
        """The one page that works in an authority nobody is signed in to: its link stands for the sign-in."""
        request.invitation = invitation
        with authority_scope(invitation.membership.authority):
            response = self.get_response(request)
            if response.status_code >= 500:
                give_up()
        return response

    def _answer_integration(self, request: PortalRequest) -> HttpResponse:
        """The API: a token stands for the sign-in, and no session does."""
        request.user = AnonymousUser()
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_MOST_BYTES:
            return api_error(413)
        try:
            integration = _integration_of(request)
        except RefusedToken as refused:
            request.refused_token = refused.sentence
            _record_refused_token(request, refused)
            integration = None
        if integration is None:
            return _as_the_api_answers(self.get_response(request))
        request.integration = integration
        return self._answer_in_scope_of_token(request, integration)

    def _answer_in_scope_of_token(self, request: PortalRequest, integration: Integration) -> HttpResponse:
        with authority_scope(integration.authority), acting_for(integration):
            response = _as_the_api_answers(self.get_response(request))
            if response.streaming:
                raise RuntimeError(f"{request.path} streams owned data past the end of its scope.")
            if response.status_code >= 500 or response.status_code in REFUSALS:
                give_up()
        patch_cache_control(response, private=True, no_store=True)
        if response.status_code in REFUSALS:
            with acting_for(integration):
                _record_refusal(request, None, integration.authority, response.status_code)
        return response

    def process_view(self, request: PortalRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Send whoever must still set up a second factor to where that is done."""
        if request.user.is_authenticated and needs_second_factor(request):
            return redirect("mfa_activate_totp")
        return None

    def process_exception(self, request: PortalRequest, exception: Exception) -> HttpResponse | None:
        """Answer what may not be done with its sentence, and write nothing of the attempt."""
        if not isinstance(exception, Refused):
            return None
        if request.path_info.startswith(API):
            return _given_up(request, api_error(409, exception.sentence))
        told = {"sentence": exception.sentence, "way": exception.way}
        response = render(request, "refused.html", told, status=409)
        return _given_up(request, response)


def _given_up(request: PortalRequest, response: HttpResponse) -> HttpResponse:
    """The response, with nothing kept of what was written on the way to it."""
    if request.member or request.invitation or request.integration:  # else no scope is open
        give_up()
    return response


def _integration_of(request: PortalRequest) -> Integration | None:
    """Whose token came with the request; None where none came. Raises RefusedToken."""
    token = token_in(request.headers.get("Authorization", ""))
    if token is None:
        return None
    integration = integration_of(token)
    integration.on, integration.at = clock.today(integration.authority), clock.now(integration.authority)
    refuse_unless_open(integration, on=integration.on)
    note_use(integration, at=integration.at)
    return integration


def _record_refused_token(request: PortalRequest, refused: RefusedToken) -> None:
    """Where it is known whose token it was, the authority's trail tells that it was tried."""
    if refused.integration is None:
        return
    with authority_scope(refused.integration.authority):
        words = f"The token of {refused.integration.name} was tried, and refused."
        record_folded("refused_token", words=words, subject=refused.integration, why=refused.sentence)


def _as_the_api_answers(response: HttpResponse) -> HttpResponse:
    """The response, in JSON where a page tells an error: an address that is not there, or a failure of ours."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return api_error(response.status_code) if is_page and response.status_code >= 400 else response


def idle_sentence() -> str:
    return f"You were signed out because nothing was done for {settings.IDLE_MINUTES} minutes."


def _session_ran_out(request: PortalRequest) -> bool:
    """The browser still holds a session's name, and the session is gone: it lasts no longer than the idle time."""
    held = settings.SESSION_COOKIE_NAME in request.COOKIES
    return held and not request.user.is_authenticated and request.session.is_empty()


def _invitation_of(request: PortalRequest) -> Invitation | None:
    """The invitation whose link was followed, used up or not; None for every other page."""
    start, _, token = request.path_info.strip("/").partition("/")
    if start != INVITATIONS or not token:
        return None
    with_all = Invitation.objects.select_related("membership__authority", "membership__user", "made_by__user")
    return with_all.filter(token_hash=token_hash(token)).first()


def _has_been_idle(request: PortalRequest) -> bool:
    """Idle for longer than `IDLE_MINUTES`. Any request but a background one starts the clock anew."""
    now = timezone.now().timestamp()
    last = request.session.get(ACTIVE_KEY, now)
    if now - last > settings.IDLE_MINUTES * 60:
        return True
    if BACKGROUND_HEADER not in request.headers:
        request.session[ACTIVE_KEY] = now
    return False


def _member_of(request: PortalRequest) -> Membership | None:
    """The membership chosen in this session, else the person's first; never one that is not theirs."""
    person: Any = request.user
    theirs = Membership.objects.working().with_people().filter(user=person)
    chosen: Any = request.session.get(MEMBERSHIP_KEY)
    member = theirs.filter(pk=chosen).first() if chosen else None
    member = member or theirs.first()
    if member is not None:
        member.on = clock.today(member.authority)
    return member


def _record_refusal(request: PortalRequest, member: Membership | None, authority: Authority, status: int) -> None:
    """An attempt that was refused is recorded in a transaction of its own, after the request's ended."""
    match = request.resolver_match
    if match is None:
        return
    with authority_scope(authority):
        record(
            "refused",
            by=member,
            words=f"Asked for {match.url_name} and was refused.",
            status=status,
            page=match.view_name,
            asked={name: str(value) for name, value in match.kwargs.items()},
        )
