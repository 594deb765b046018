"""Pages for those who manage staff. They show counts of children's cases, never a child."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance_portal import clock
from attendance_portal.csv_export import csv_response
from attendance_portal.front.staff import actions
from attendance_portal.front.staff.forms import (
    AwayForm,
    DeactivateForm,
    InviteForm,
    SchoolsForm,
    StaffFilter,
    takes_schools,
)
from attendance_portal.front.staff.holdings import LED, colleagues, holdings_of, needed_of_cover
from attendance_portal.models import AuditEvent, Invitation, Membership
from attendance_portal.permissions import requires
from attendance_portal.presenters import State, state_of
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission, Role
from attendance_portal.tables import Column, Listing
from schools.children.restrictions import successors_of
from schools.directory.staff import change_schools, schools_of
from schools.models import School, SchoolMembership

HEADERS = ["Name", "Email address", "Role", "School or team", "State", "Away from", "Away until"]
COLUMNS = [
    Column("name", "Name", ("user__name",)),
    Column("role", "Role", ("role",)),
    Column("organisation", "School or team", ("organisation",)),
    Column("state", "State"),
]
LATEST = 20


def _staff(request: MemberRequest) -> Any:
    """The members of this authority alone: memberships are not owned, so each page asks here."""
    waiting = Invitation.objects.filter(membership=OuterRef("pk"), used_at=None)
    members = Membership.objects.filter(authority=request.member.authority)
    return members.select_related("user", "authority", "covered_by__user").annotate(waits=Exists(waiting))


def _member(request: MemberRequest, pk: uuid.UUID) -> Any:
    return get_object_or_404(_staff(request), pk=pk)


def _filtered(members: Any, form: StaffFilter, request: MemberRequest) -> Any:
    asked = form.cleaned_data if form.is_valid() else {}
    if words := asked.get("q", "").strip():
        members = members.filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))
    if role := asked.get("role"):
        members = members.filter(role=role)
    on = request.member.on
    is_away = Q(away_from__lte=on) & (Q(away_until=None) | Q(away_until__gte=on))
    states = {
        "deactivated": Q(deactivated_at__isnull=False),
        "invited": Q(deactivated_at=None, waits=True),
        "away": Q(deactivated_at=None, waits=False) & is_away,
        "working": Q(deactivated_at=None, waits=False) & ~is_away,
    }
    state = asked.get("state")
    return members.filter(states[state]) if state else members.filter(deactivated_at=None)


def _state(member: Any, request: MemberRequest) -> State:
    return state_of(member, request.member.on, is_waiting=member.waits)


@requires(Permission.STAFF_MANAGE, files_for_all=("csv",))
def staff_list(request: MemberRequest) -> HttpResponse:
    """Everyone who works in this authority, deactivated people only when asked for."""
    form = StaffFilter(request.GET or None)
    members = _filtered(_staff(request), form, request)
    listing = Listing(members, COLUMNS, request.GET, noun=("person", "people"), sort="name")
    if listing.wants_csv:
        return csv_response(HEADERS, _csv_rows(listing.everything, request), "staff")
    rows = [(member, _state(member, request)) for member in listing]
    return render(request, "front/staff_list.html", {"listing": listing, "rows": rows, "filter": form})


def _csv_rows(members: Iterable[Any], request: MemberRequest) -> list[list[Any]]:
    return [
        [one.name, one.user.email, one.role_label, one.organisation, _state(one, request).words,
         one.away_from, one.away_until]
        for one in members
    ]  # fmt: skip


@requires(Permission.STAFF_MANAGE)
def staff_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One person: role, state, schools with their dates, what is in hand, and what was done to the account."""
    member = _member(request, pk)
    on = request.member.on
    works_here = not member.waits and member.deactivated_at is None
    rows = SchoolMembership.objects.filter(membership=member).select_related("school")
    events = AuditEvent.objects.filter(subject_id=str(pk)).order_by("-at", "-id")[:LATEST]
    page = {
        "person": member,
        "state": _state(member, request),
        "is_away_or_will_be": member.away_from is not None and (member.away_until or on) >= on,
        "is_self": member.pk == request.member.pk,
        "counts": holdings_of(member, on=on).counts,
        "school_rows": rows.order_by("-from_on", "school__name"),
        "takes_schools": takes_schools(member.role),
        "has_second_factor": works_here and Authenticator.objects.filter(user=member.user).exists(),
        "may_reset": works_here and request.member.role == Role.ADMIN and member.pk != request.member.pk,
        "events": events,
    }
    return render(request, "front/staff_page.html", page)


@requires(Permission.STAFF_MANAGE)
def invite_staff(request: MemberRequest) -> HttpResponse:
    """Invite a colleague to one role, with their schools."""
    member = request.member
    schools = School.objects.filter(closed_on=None).order_by("name")
    form = InviteForm(request.POST or None, by=member, schools=schools)
    if not form.is_valid():
        return render(request, "front/invite_staff.html", {"form": form})
    at = clock.now(member.authority)
    invited = actions.invite_staff(**form.cleaned_data, by=member, on=member.on, at=at)
    again = " again" if invited.is_sent_again else ""
    messages.success(request, f"{invited.membership.user.email} was invited{again}. The e-mail goes at once.")
    return redirect("staff_page", pk=invited.membership.pk)


@requires(Permission.STAFF_MANAGE)
@require_POST
def invite_again(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Send the invitation again."""
    member = _member(request, pk)
    actions.invite_again(member, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, f"A new invitation goes to {member.user.email}. The link before no longer works.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
def staff_schools(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Change whose named officer, or whose staff, a person is, from today."""
    member = _member(request, pk)
    on = request.member.on
    held = [row.school for row in schools_of(member, on=on)]
    schools = School.objects.filter(closed_on=None).order_by("name")
    form = SchoolsForm(request.POST if request.method == "POST" else None, schools=schools, held=held)
    if not form.is_valid():
        return render(request, "front/staff_schools.html", {"form": form, "person": member})
    change_schools(member, form.cleaned_data["schools"], by=request.member, on=on)
    messages.success(request, f"The schools of {member.name} were changed from today.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
def mark_away(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that a person is away, from when to when, and who covers."""
    member = _member(request, pk)
    on = request.member.on
    people = colleagues(member, on=on, needs=needed_of_cover(member))
    form = AwayForm(request.POST or None, people=people, on=on)
    if not form.is_valid():
        return render(request, "front/mark_away.html", {"form": form, "person": member})
    actions.mark_away(member, **form.cleaned_data, by=request.member, on=on)
    messages.success(request, f"{member.name} is marked as away.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
@require_POST
def mark_back(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End an absence."""
    member = _member(request, pk)
    actions.mark_back(member, by=request.member, on=request.member.on)
    messages.success(request, f"{member.name} is back.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
def deactivate_staff(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End a person's access and hand on what they had, in one step."""
    member = _member(request, pk)
    on = request.member.on
    held = holdings_of(member, on=on)
    people = colleagues(member, on=on, needs=held.needs)
    holders = successors_of(member, by=request.member) if held.restricted.exists() else None
    sent = request.POST if request.method == "POST" else None
    form = DeactivateForm(sent, people=people, must_choose=bool(held.needs), holders=holders)
    if not form.is_valid():
        counts = held.counts
        page = {"form": form, "person": member, "counts": counts, "has_nobody": held.needs and not people}
        page |= {"has_no_holder": holders == [], "leads": counts[LED]}
        return render(request, "front/deactivate_staff.html", page)
    at = clock.now(request.member.authority)
    actions.deactivate_staff(member, **form.cleaned_data, by=request.member, on=on, at=at)
    messages.success(request, f"{member.name} was deactivated.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
@require_POST
def reactivate_staff(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a person their access back."""
    member = _member(request, pk)
    actions.reactivate_staff(member, by=request.member)
    messages.success(request, f"{member.name} can sign in again. Give them schools if they need any.")
    return redirect("staff_page", pk=pk)


@requires(Permission.STAFF_MANAGE)
@require_POST
def reset_second_factor(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a person who lost their phone set up the second step anew."""
    member = _member(request, pk)
    actions.reset_second_factor(member, by=request.member)
    messages.success(request, f"{member.name} sets up the second step of signing in again next time.")
    return redirect("staff_page", pk=pk)
