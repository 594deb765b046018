"""Sign-in: by invitation only, with a second factor, and each attempt recorded."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from attendance_portal.models import SignInEvent

INVITATION_LASTS = dt.timedelta(days=7)
REAUTHENTICATION_TIMEOUT = 300  # seconds, as allauth's own
# Pages that someone without a second factor may open: those on which it is set up, and the way out.
WITHOUT_SECOND_FACTOR = ("mfa_", "account_logout", "account_reauthenticate")
OPEN_PAGES = frozenset({"privacy", "accessibility", "cookies"})


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody signs up: an account begins with an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        record_sign_in(request, user.email, "signed in", user_id=user.pk)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        record_sign_in(request, str(credentials.get("email", "")), "refused at sign-in")
        super().authentication_failed(request, **credentials)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            record_sign_in(request, request.user.email, "signed out", user_id=request.user.pk)
        super().logout(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever signed in within the last minutes has just said who they are: they are not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        age = timezone.now().timestamp() - records[-1]["at"] if records else None
        if age is not None and age < REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def format_email_subject(self, subject: str) -> str:
        return subject


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets of authenticator apps and recovery codes are kept encrypted under the installation's key."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """What a passkey is called until its owner names it: "Passkey 1" and on."""
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {held + 1}"


def _cipher() -> MultiFernet:
    """The newest key encrypts, older ones (SECRET_KEY_FALLBACKS) still decrypt."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factor" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def record_sign_in(request: HttpRequest, email: str, what: str, user_id: Any = None) -> None:
    """Keep what happened at the door: `what` is a few words ("signed in", "wrong second factor")."""
    address = request.META.get("REMOTE_ADDR") or None
    SignInEvent.objects.create(email=email[:254], user_id=user_id, what=what, address=address)


def needs_second_factor(request: HttpRequest) -> bool:
    """Signed in, a second factor is compulsory here, none is set up, and this page is not where that is done."""
    if not settings.SECOND_FACTOR_REQUIRED or is_mfa_enabled(request.user):
        return False
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    return name not in OPEN_PAGES and not name.startswith(WITHOUT_SECOND_FACTOR)


def new_token() -> str:
    """A secret for an invitation's link."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of the secret."""
    return hashlib.sha256(token.encode()).hexdigest()
