"""Pages on which an administrator makes tokens of integrations, and a second person approves what reads children."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock
from attendance_portal.csv_export import csv_response
from attendance_portal.integrations import approve_integration as approve
from attendance_portal.integrations import revoke_integration as revoke
from attendance_portal.models import AuditEvent, Integration
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.api.integration_forms import IntegrationForm
from schools.api.integrations import (
    integrations_seen_by,
    make_for_schools,
    school_words,
    scope_words,
    state_of,
    waiting_in,
)
from schools.models import School

COLUMNS = (
    Column("name", "Name", ("name",)),
    Column("may", "May"),
    Column("schools", "Schools"),
    Column("until", "Works until", ("expires_on",)),
    Column("used", "Last used", ("last_used_at",)),
    Column("state", "State"),
)
HEADINGS = ["Name", "May", "Schools", "Works until", "Last used", "State", "Made", "Made by", "Approved", "Approved by"]
LATEST = 20


@requires(Permission.INTEGRATION_SEE, files_for_all=("csv",))
@require_safe
def integrations(request: MemberRequest) -> HttpResponse:
    """Every school system and data hub that may come in by the API, and those that no longer may."""
    noun = ("integration", "integrations")
    listing = Listing(integrations_seen_by(request.member), COLUMNS, request.GET, noun=noun, sort="name")
    if listing.wants_csv:
        return csv_response(HEADINGS, [_csv_row(one, request) for one in listing.everything], "integrations")
    rows = [(one, scope_words(one), school_words(one), state_of(one, request.member.on)) for one in listing]
    return render(
        request, "schools/integrations.html", {"listing": listing, "rows": rows, "may_make": _may_make(request)}
    )


def _may_make(request: MemberRequest) -> bool:
    return request.member.may(Permission.INTEGRATION_MANAGE)


def _csv_row(one: Integration, request: MemberRequest) -> list[Any]:
    state = state_of(one, request.member.on).words
    words = (one.name, ", ".join(scope_words(one)), school_words(one))
    approved_by = one.approved_by.name if one.approved_by else ""
    return [
        *words, one.expires_on, one.last_used_at, state, one.made_at, one.made_by.name, one.approved_at, approved_by
    ]  # fmt: skip


@requires(Permission.INTEGRATION_MANAGE)
def make_integration(request: MemberRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    member = request.member
    schools = School.objects.filter(closed_on=None)
    form = IntegrationForm(request.POST or None, authority=member.authority, schools=schools, on=member.on)
    if not form.is_valid():
        return render(request, "schools/make_integration.html", {"form": form})
    made, token = make_for_schools(**form.cleaned_data, by=member, at=clock.now(member.authority))
    return render(request, "schools/make_integration.html", {"integration": made, "token": token})


def _integration(request: MemberRequest, pk: uuid.UUID) -> Integration:
    found: Integration = get_object_or_404(integrations_seen_by(request.member), pk=pk)
    return found


@requires(Permission.INTEGRATION_SEE)
@require_safe
def integration_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One integration: what its token opens, until when, and what was done with it last."""
    one = _integration(request, pk)
    events = AuditEvent.objects.filter(subject_type=Integration._meta.label, subject_id=str(pk))
    page = {
        "integration": one,
        "scopes": scope_words(one),
        "schools": school_words(one),
        "state": state_of(one, request.member.on),
        "waits": waiting_in(request.member).filter(pk=pk).exists(),
        "may_approve": request.member.may(Permission.INTEGRATION_APPROVE),
        "is_own": one.made_by.user_id == request.member.user_id,
        "events": events.order_by("-at", "-id")[:LATEST],
    }
    return render(request, "schools/integration_page.html", page)


@requires(Permission.INTEGRATION_APPROVE)
@require_POST
def approve_integration(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a token that reads children in."""
    one = _integration(request, pk)
    approve(one, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, f"The token of {one.name} was approved. It works from now on.")
    return redirect("integration_page", pk=pk)


@requires(Permission.INTEGRATION_SEE)
@require_POST
def revoke_integration(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End a token at once."""
    one = _integration(request, pk)
    revoke(one, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, f"The token of {one.name} was revoked. It opens nothing any more.")
    return redirect("integration_page", pk=pk)
