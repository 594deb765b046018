"""A child's parents and carers: the list of them, adding one, changing one, and taking one off the record."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.children import families
from schools.children.families import CONTACT, OF_THE_LINK, FamilyMember
from schools.children.family_forms import NEW, AddCarerForm, CarerForm, EndCarerForm
from schools.models import Pupil

COLUMNS = (
    Column("name", "Name", ("carer.name",)),
    Column("relationship", "Is to the child"),
    Column("responsibility", "Parental responsibility"),
    Column("lives_with", "Lives with the child"),
    Column("contact", "Contact details"),
)
HEADINGS = (
    "Name", "Relationship", "Parental responsibility", "Lives with the child", "E-mail", "Telephone", "Address",
    "Must not be told where the child is", "Why",
)  # fmt: skip


def _pupil(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return pupil


@requires(Permission.FAMILY_CHANGE)
@require_safe
def family(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The child's parents and carers, to look at, add to, change and download."""
    pupil = _pupil(request, pk)
    people = families.family_of([pupil], request.member)
    listing = Listing(people, COLUMNS, request.GET, noun=("parent or carer", "parents and carers"), sort="name")
    told: dict[str, Any] = {"words": "the parents and carers", "subject": pupil, "pupils": [pupil]}
    record_list("family", is_file=listing.wants_csv, by=request.member, **told)
    if listing.wants_csv:
        return csv_response(HEADINGS, [_line(one) for one in people], f"Family of {pupil}")
    siblings = families.siblings_of([pupil], request.member)
    return render(request, "schools/family.html", {"pupil": pupil, "listing": listing, "siblings": siblings})


def _line(one: FamilyMember) -> list[Any]:
    link, contact = one.link, one.contact
    return [
        one.carer.name, link.relationship, link.parental_responsibility, link.lives_with, contact["email"],
        contact["telephone"], contact["address"], link.must_not_know, link.must_not_know_why,
    ]  # fmt: skip


def _ask(request: MemberRequest, pupil: Pupil, form: Any, title: str, template: str, **more: Any) -> HttpResponse:
    words = "Opened a page about a parent or carer."
    record("see_carer", by=request.member, words=words, subject=pupil, pupils=[pupil])
    page = {"pupil": pupil, "form": form, "title": title, "back": reverse("family", args=[pupil.pk]), **more}
    return render(request, template, page)


def _member_of_family(request: MemberRequest, pupil: Pupil, carer: int) -> FamilyMember:
    for one in families.family_of([pupil], request.member):
        if one.link.carer_id == carer:
            return one
    raise Http404


@requires(Permission.FAMILY_CHANGE)
def add_carer(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a parent or carer: a new person, or one held of another child."""
    pupil = _pupil(request, pk)
    offered = families.carers_offered(pupil, request.member)
    form = AddCarerForm(request.POST or None, offered=offered, initial={} if offered else {"who": NEW})
    if not form.is_valid():
        return _ask(request, pupil, form, "Add a parent or carer", "schools/add_carer.html")
    carer = form.offered.get(form.cleaned_data["who"])
    families.add_carer(pupil, carer=carer, person=form.person, link=form.link, by=request.member)
    messages.success(request, "The parent or carer was added.")
    return redirect("family", pk=pupil.pk)


@requires(Permission.FAMILY_CHANGE)
def change_carer(request: MemberRequest, pk: uuid.UUID, carer: int) -> HttpResponse:
    """Change a parent or carer."""
    pupil = _pupil(request, pk)
    one = _member_of_family(request, pupil, carer)
    held = {name: getattr(one.carer, name) for name in ("name", *CONTACT)}
    held |= {name: getattr(one.link, name) for name in OF_THE_LINK}
    words = {True: "yes", False: "no", None: ""}
    held |= {name: words[held[name]] for name in ("parental_responsibility", "lives_with")}
    form = CarerForm(request.POST or None, initial=held)
    form.without(one.withheld)
    if not form.is_valid():
        return _ask(request, pupil, form, f"Change {one.carer.name}", "schools/change_carer.html", carer=one.carer)
    families.change_carer(one.link, person=form.person, link=form.link, by=request.member)
    messages.success(request, "The parent or carer was changed.")
    return redirect("family", pk=pupil.pk)


@requires(Permission.FAMILY_CHANGE)
def end_carer(request: MemberRequest, pk: uuid.UUID, carer: int) -> HttpResponse:
    """Take a parent or carer off the child's record."""
    pupil = _pupil(request, pk)
    one = _member_of_family(request, pupil, carer)
    form = EndCarerForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            families.end_carer(one.link, reason=form.cleaned_data["reason"], by=request.member, on=request.member.on)
            messages.success(request, "The person was taken off the child's record.")
            return redirect("family", pk=pupil.pk)
    return _ask(request, pupil, form, f"Take {one.carer.name} off the record", "schools/end_carer.html")
