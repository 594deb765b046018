"""Sign-in: by invitation only, with a second factor, and each attempt recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from attendance_portal.models import SignInEvent

INVITATION_LASTS = dt.timedelta(days=7)
# Pages that someone without a second factor may open: those on which it is set up, and the way out.
WITHOUT_SECOND_FACTOR = ("mfa_", "account_logout", "account_reauthenticate")


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody signs up: an account begins with an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(
        self, request: HttpRequest, user: Any, **kwargs: Any
    ) -> HttpResponse:
        _record(request, user.email, "signed in", user_id=user.pk)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        _record(request, str(credentials.get("email", "")), "refused at sign-in")
        super().authentication_failed(request, **credentials)


def _record(request: HttpRequest, email: str, what: str, user_id: Any = None) -> None:
    address = request.META.get("REMOTE_ADDR") or None
    SignInEvent.objects.create(
        email=email[:254], user_id=user_id, what=what, address=address
    )


def needs_second_factor(request: HttpRequest) -> bool:
    """Signed in, a second factor is compulsory here, none is set up, and this page is not where that is done."""
    if not settings.SECOND_FACTOR_REQUIRED or is_mfa_enabled(request.user):
        return False
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    return not name.startswith(WITHOUT_SECOND_FACTOR)


def new_token() -> str:
    """A secret for an invitation's link."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of the secret."""
    return hashlib.sha256(token.encode()).hexdigest()
