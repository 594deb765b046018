"""Integrations and their schools, as an administrator makes and sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from attendance_portal.integrations import IDLE_DAYS, is_idle, make_integration
from attendance_portal.models import Integration, Membership, Scope
from attendance_portal.presenters import State
from attendance_portal.refusals import Refused
from schools.models import IntegrationSchool, School

SCOPE_HINTS: Final = {
    Scope.MARKS_WRITE: "For a school's own system or a data hub: marks are stored as those of an uploaded file are.",
    Scope.SCHOOLS_READ: "Names, numbers and phases.",
    Scope.PUPILS_READ: "Names, UPNs, dates of birth and enrolments; never restricted children.",
    Scope.STANDINGS_READ: "Absence figures and categories of each child.",
    Scope.REGISTERS_READ: "Every mark of each child's year.",
}


@transaction.atomic
def make_for_schools(
    *,
    name: str,
    scopes: Iterable[str],
    schools: Iterable[School],
    every_school: bool,
    expires_on: dt.date,
    by: Membership,
    at: dt.datetime,
) -> tuple[Integration, str]:
    """Make an integration for these schools or for every one. Answers it and its token, which is never seen again."""
    named = [] if every_school else list(schools)
    if not (named or every_school):
        raise Refused("Choose the schools that the token is for, or every school.")
    made, token = make_integration(
        name=name, scopes=scopes, every_school=every_school, expires_on=expires_on, by=by, at=at
    )
    IntegrationSchool.objects.bulk_create([IntegrationSchool(integration=made, school=school) for school in named])
    return made, token


def integrations_seen_by(member: Membership) -> QuerySet[Integration]:
    """Those of the member's authority: integrations are not owned, so each page asks here."""
    found = Integration.objects.filter(authority=member.authority)
    return found.select_related("made_by__user", "revoked_by__user").prefetch_related("schools__school")


def state_of(integration: Integration, on: dt.date) -> State:
    """Whether its token opens anything today, in words and colour."""
    if integration.revoked_at is not None:
        return State("Revoked", "grey")
    if on > integration.expires_on:
        return State("Expired", "red")
    if is_idle(integration, on=on):
        return State(f"Shut: not used for {IDLE_DAYS} days", "yellow")
    return State("In use", "green") if integration.last_used_at else State("Not used yet", "blue")


def scope_words(integration: Integration) -> list[str]:
    return [str(Scope(scope).label) for scope in integration.scopes]


def school_words(integration: Integration) -> str:
    """Which schools it may speak of."""
    if integration.every_school:
        return "Every school"
    return ", ".join(sorted(row.school.name for row in integration.schools.all()))
