"""Integrations and their schools, as an administrator makes them, and as those who approve them see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.integrations import IDLE_DAYS, is_idle, make_integration, waiting_on
from attendance_portal.models import READS_CHILDREN, Integration, Membership, Scope
from attendance_portal.presenters import State
from attendance_portal.refusals import Refused
from attendance_portal.roles import PERMISSIONS, Permission, Role
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
    """Make an integration for these schools or for every one. Answers it and its token, which is never seen again.

    Where it reads children it opens nothing until a second person approves it; they are written to.
    """
    named = [] if every_school else list(schools)
    if not (named or every_school):
        raise Refused("Choose the schools that the token is for, or every school.")
    made, token = make_integration(
        name=name, scopes=scopes, every_school=every_school, expires_on=expires_on, by=by, at=at
    )
    IntegrationSchool.objects.bulk_create([IntegrationSchool(integration=made, school=school) for school in named])
    if made.waits:
        for person in who_may_approve(made):
            _ask_to_approve(made, person)
    return made, token


def who_may_approve(integration: Integration) -> QuerySet[Membership]:
    """Those who work here and may see every child, but for the person who made it."""
    roles = [role for role in Role if Permission.INTEGRATION_APPROVE in PERMISSIONS[role]]
    people = Membership.objects.working().with_people().filter(authority=integration.authority_id, role__in=roles)
    return people.exclude(user=integration.made_by.user_id).order_by("user__name", "pk")


def _ask_to_approve(integration: Integration, person: Membership) -> None:
    page = f"{settings.PORTAL_ADDRESS}{reverse('integration_page', args=[integration.pk])}"
    body = (
        f"Hello {person.name},\n\n{integration.made_by.name} made a token for {integration.name}, which reads children "
        f"of the authority. It opens nothing until somebody who may see them all approves it. See what it may read, "
        f"and say whether it may:\n\n{page}\n\nAttendance portal, {person.authority}\n"
    )
    subject = "A token that reads children waits for approval"
    messages.write(to_name=person.name, to_email=person.user.email, subject=subject, body=body)


def waiting_in(member: Membership) -> QuerySet[Integration]:
    """The tokens of the member's authority that wait to be approved, and would work if they were."""
    reads = Q(scopes__overlap=list(READS_CHILDREN))
    return integrations_seen_by(member).filter(reads, waiting_on(member.on))


def integrations_seen_by(member: Membership) -> QuerySet[Integration]:
    """Those of the member's authority: integrations are not owned, so each page asks here."""
    found = Integration.objects.filter(authority=member.authority)
    people = ("made_by__user", "approved_by__user", "revoked_by__user")
    return found.select_related(*people).prefetch_related("schools__school")


def state_of(integration: Integration, on: dt.date) -> State:
    """Whether its token opens anything today, in words and colour."""
    if integration.revoked_at is not None:
        return State("Revoked", "grey")
    if on > integration.expires_on:
        return State("Expired", "red")
    if is_idle(integration, on=on):
        return State(f"Shut: not used for {IDLE_DAYS} days", "yellow")
    if integration.waits:
        return State("Waits for approval", "yellow")
    return State("In use", "green") if integration.last_used_at else State("Not used yet", "blue")


def scope_words(integration: Integration) -> list[str]:
    return [str(Scope(scope).label) for scope in integration.scopes]


def school_words(integration: Integration) -> str:
    """Which schools it may speak of."""
    if integration.every_school:
        return "Every school"
    return ", ".join(sorted(row.school.name for row in integration.schools.all()))
