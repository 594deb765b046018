"""Tokens of integrations: made by an administrator, approved by a second person where they read children (decision
0013), revoked, and examined at the door of the API."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.models import Integration, Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission
from attendance_portal.sign_in import token_hash

PREFIX: Final = "attendance_"  # so that whoever finds one in a file or a log knows what it is
LONGEST_DAYS: Final = 366
IDLE_DAYS: Final = 90
USE_NOTED: Final = dt.timedelta(minutes=1)  # how exactly the last use is kept: a write a minute at most
UNKNOWN: Final = "This token is not known here. Ask the authority's administrator for a new one."


class RefusedToken(Exception):
    """The token opens nothing. `sentence` says why; `integration` is whose it is, where that is known."""

    def __init__(self, sentence: str, integration: Integration | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.integration = sentence, integration


def token_in(header: str) -> str | None:
    """The token of an Authorization header; None where there is none. Raises RefusedToken for any other scheme."""
    scheme, _, token = header.strip().partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer" or not token.strip():
        raise RefusedToken("The Authorization header must be “Bearer” and the token.")
    return token.strip()


def integration_of(token: str) -> Integration:
    """Whose token this is, whether it opens anything or not. Raises RefusedToken where it is nobody's."""
    if not token.isascii():
        raise RefusedToken(UNKNOWN)
    found = Integration.objects.select_related("authority").filter(token_hash=token_hash(token)).first()
    if found is None:
        raise RefusedToken(UNKNOWN)
    return found


def refuse_unless_open(integration: Integration, *, on: dt.date) -> None:
    """Raise RefusedToken where the token was revoked, has expired, lay idle too long or waits to be approved."""
    if integration.revoked_at is not None:
        sentence = "This token was revoked. Ask the authority's administrator for a new one."
    elif on > integration.expires_on:
        sentence = f"This token expired on {integration.expires_on:%-d %B %Y}. Ask the administrator for a new one."
    elif is_idle(integration, on=on):
        sentence = f"This token was not used for {IDLE_DAYS} days, so it is shut. Ask the administrator for a new one."
    elif integration.waits:
        sentence = "This token reads children, and nobody who may see them all has approved it yet. Ask a team leader."
    else:
        return
    raise RefusedToken(sentence, integration)


def is_idle(integration: Integration, *, on: dt.date) -> bool:
    """Whether nobody made, approved or used it within the last `IDLE_DAYS`."""
    moments = (integration.made_at, integration.approved_at, integration.last_used_at)
    return max(at for at in moments if at is not None) < _idle_before(on)


def waiting_on(on: dt.date) -> Q:
    """Those nobody approved that an approval on this day would still let in: not revoked, expired or idle."""
    since = _idle_before(on)
    touched = Q(made_at__gte=since) | Q(last_used_at__gte=since)
    return touched & Q(approved_at=None, revoked_at=None, expires_on__gte=on)


def _idle_before(on: dt.date) -> dt.datetime:
    """The moment since which a token must have been touched to be open on this day."""
    return dt.datetime.combine(on - dt.timedelta(days=IDLE_DAYS), dt.time.min, tzinfo=dt.UTC)


def note_use(integration: Integration, *, at: dt.datetime) -> None:
    """Keep when it was last used."""
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=at - USE_NOTED)
    Integration.objects.filter(long_ago, pk=integration.pk).update(last_used_at=at)


@transaction.atomic
def make_integration(
    *,
    name: str,
    scopes: Iterable[str],
    every_school: bool,
    expires_on: dt.date,
    by: Membership,
    at: dt.datetime,
) -> tuple[Integration, str]:
    """Make an integration of the member's authority. Answers it and its token, which is never seen again.

    Refuses a name that is in use, and a token for longer than a year.
    """
    scopes = sorted(set(scopes))
    if not at.date() < expires_on <= at.date() + dt.timedelta(days=LONGEST_DAYS):
        raise Refused("A token lasts from a day to a year: choose a day within the next year.")
    if Integration.objects.filter(authority=by.authority, name__iexact=name, revoked_at=None).exists():
        raise Refused(f"There is an integration called {name} already: revoke it first, or choose another name.")
    token = PREFIX + secrets.token_urlsafe(32)
    integration = Integration.objects.create(
        authority=by.authority,
        name=name,
        token_hash=token_hash(token),
        scopes=scopes,
        every_school=every_school,
        expires_on=expires_on,
        made_at=at,
        made_by=by,
    )
    words = f"Made a token for {name}, until {expires_on:%-d %B %Y}."
    record("make_integration", by=by, words=words, subject=integration, scopes=scopes)
    return integration, token


@transaction.atomic
def approve_integration(integration: Integration, *, by: Membership, at: dt.datetime) -> None:
    """Let a token that reads children in. Refuses the person who made it, in whatever role they work here.

    Refuses as well what would not work for it: a token that was revoked, has expired or lay idle too long.
    """
    if not by.may(Permission.INTEGRATION_APPROVE):
        raise Refused("Only somebody who may see every child of the authority can approve this token.")
    if by.user_id == integration.made_by.user_id:
        raise Refused("You made this token: somebody else must approve it.")
    waiting = Integration.objects.filter(waiting_on(at.date()), pk=integration.pk, authority=by.authority)
    if not integration.reads_children or not waiting.update(approved_at=at, approved_by=by):
        raise Refused(f"The token of {integration.name} does not wait to be approved any more.")
    words = f"Approved that the token of {integration.name} reads children."
    record("approve_integration", by=by, words=words, subject=integration, scopes=integration.scopes)


@transaction.atomic
def revoke_integration(integration: Integration, *, by: Membership, at: dt.datetime) -> None:
    """End a token from this moment."""
    still = Integration.objects.filter(pk=integration.pk, authority=by.authority, revoked_at=None)
    if not still.update(revoked_at=at, revoked_by=by):
        raise Refused(f"The token of {integration.name} was revoked before.")
    record("revoke_integration", by=by, words=f"Revoked the token of {integration.name}.", subject=integration)
