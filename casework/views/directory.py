"""The directory of services: its list, the page of one, and how it is kept."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import directory
from casework.actions import directory as actions
from casework.barriers import taxonomy
from casework.forms.directory import ServiceFilter, ServiceForm, ServiceMemberForm
from casework.models import Service, ServiceMember

COLUMNS = (
    Column("name", "Service", ("name",)),
    Column("for_whom", "For whom"),
    Column("area", "Area", ("area", "name")),
    Column("barriers", "May help with"),
    Column("contact", "Contact"),
)
FIELDS = (
    "name", "offers", "for_whom", "phases", "area", "barriers", "how_to_refer", "contact_name", "email", "telephone",
    "takes_referrals",
)  # fmt: skip


@requires(Permission.HOME_SEE, files_for_all=("csv",))
@require_safe
def services(request: MemberRequest) -> HttpResponse:
    """Services that may help families, narrowed as wanted; the whole list as a file."""
    known = taxonomy()
    form = ServiceFilter(request.GET, known=known, areas=directory.areas())
    found = directory.services_wanted(form.wanted)
    listing = Listing(found, COLUMNS, request.GET, noun=("service", "services"), sort="name")
    if listing.wants_csv:
        rows = [directory.file_row(one, known) for one in listing.everything]
        return csv_response(directory.HEADINGS, rows, "Directory of services")
    shown = [(one, known.labels(one.barriers)) for one in listing]
    return render(request, "casework/services.html", {"listing": listing, "shown": shown, "form": form})


@requires(Permission.HOME_SEE)
@require_safe
def service_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One service: what it offers, how to reach it, and who answers its referrals in the portal."""
    service, member = get_object_or_404(Service, pk=pk), request.member
    there = list(_people_of(service))
    open_to_all = service.takes_referrals and not service.ended_on
    any_reads = any(one.membership.works for one in there)
    page = {
        "service": service,
        "facts": directory.facts(service, taxonomy()),
        "people": there,
        "may_refer": open_to_all and any_reads and member.may(Permission.CASE_LEAD),
        "needs_people": open_to_all and not any_reads,
        "may_keep": member.may(Permission.SERVICE_KEEP),
    }
    return render(request, "casework/service_page.html", page)


def _people_of(service: Service) -> Any:
    found = ServiceMember.objects.standing().filter(service=service).select_related("membership__user")
    return found.order_by("-is_duty", "membership__user__name")


@requires(Permission.SERVICE_KEEP)
def add_service(request: MemberRequest) -> HttpResponse:
    """Add a service to the directory."""
    form = ServiceForm(request.POST or None, known=taxonomy(), areas=directory.areas())
    if form.is_valid():
        with said_in(form):
            service = actions.add_service(told=form.cleaned_data, by=request.member)
            messages.success(request, f"{service} is in the directory. Now say who answers its referrals.")
            return redirect("service_people" if service.takes_referrals else "service_page", pk=service.pk)
    page = {"form": form, "title": "Add a service", "back": reverse("services")}
    return render(request, "casework/add_service.html", page)


@requires(Permission.SERVICE_KEEP)
def change_service(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Change what the directory says of a service."""
    service = get_object_or_404(Service, pk=pk)
    if request.method == "POST":
        actions.take_service_in_hand(service)
        service.refresh_from_db()
    held = {name: getattr(service, name) for name in FIELDS}
    typed = request.POST if request.method == "POST" else None
    form = ServiceForm(typed, initial=held, known=taxonomy(), areas=directory.areas())
    if form.is_valid():
        with said_in(form):
            actions.change_service(service, told=form.cleaned_data, by=request.member)
            return _said(request, service, "The directory is changed.")
    return _ask(request, "casework/change_service.html", service, form=form, title=f"Change {service}")


@requires(Permission.SERVICE_KEEP)
def end_service(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a service out of the directory; what it did stays."""
    service = get_object_or_404(Service, pk=pk)
    if request.method == "POST":
        actions.end_service(service, on=request.member.on, by=request.member)
        return _said(request, service, f"{service} is no longer in the directory.")
    return _ask(request, "casework/end_service.html", service, title=f"Take {service} out of the directory?")


@requires(Permission.SERVICE_KEEP)
def service_people(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Who answers for a service: somebody is added, put on duty, or answers no longer."""
    service, member = get_object_or_404(Service, pk=pk), request.member
    there = list(_people_of(service))
    form = ServiceMemberForm(request.POST if "add" in request.POST else None, people=directory.may_answer())
    if form.is_valid():
        typed = form.cleaned_data
        actions.add_service_member(service, **typed, on=member.on, by=member)
        return _people_said(request, service, f"{typed['person'].name} answers for {service}.")
    for name in ("duty", "end"):
        person = next((one.membership for one in there if str(one.membership_id) == request.POST.get(name)), None)
        if person:
            return _people_said(request, service, _moved(service, name, person, member))
    return _ask(
        request, "casework/service_people.html", service, form=form, people=there, title=f"Who answers for {service}?"
    )


def _moved(service: Service, name: str, person: Membership, by: Membership) -> str:
    if name == "duty":
        actions.put_on_duty(service, person=person, by=by)
        return f"{person.name} is on duty."
    actions.end_service_member(service, person=person, on=by.on, by=by)
    return f"{person.name} no longer answers for {service}."


def _people_said(request: MemberRequest, service: Service, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("service_people", pk=service.pk)


def _said(request: MemberRequest, service: Service, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("service_page", pk=service.pk)


def _ask(request: MemberRequest, template: str, service: Service, **more: Any) -> HttpResponse:
    back = reverse("service_page", args=[service.pk])
    return render(request, template, {"service": service, "back": back, **more})
