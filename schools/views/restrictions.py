"""Restricted records: the list of those one holds, restricting, changing who holds one, lifting, breaking the glass."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.children import restrictions
from schools.children.restriction_forms import BreakGlassForm, FindRecordForm, HoldersForm, LiftForm, RestrictForm
from schools.models import Pupil, PupilAccess, Restriction

COLUMNS = (
    Column("name", "Pupil", ("pupil__sort_key",)),
    Column("kind", "Why", ("kind",)),
    Column("since", "Restricted on", ("restricted_on",)),
    Column("holders", "Held by"),
    Column("opened", "Opened with a reason", ("opened",), numeric=True),
)
HEADINGS = ("Surname", "Forename", "UPN", "Why", "Restricted on", "Held by", "Opened with a reason")


def _record(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    pupil: Pupil = get_object_or_404(restrictions.restrictable_by(request.member), pk=pk)
    return pupil


@requires(Permission.RECORD_RESTRICT)
def restricted_records(request: MemberRequest) -> HttpResponse:
    """The restricted records that this member holds, and the way to restrict another by its UPN."""
    member = request.member
    form = FindRecordForm(request.POST or None)
    if form.is_valid():
        found = restrictions.holders_changed_by(member).filter(upn=form.cleaned_data["upn"]).first()
        if found is not None:
            return redirect("change_holders" if found.is_restricted else "restrict_record", pk=found.pk)
        form.add_error("upn", "No record that you may restrict has this UPN")
    listing = Listing(_held(member), COLUMNS, request.GET, noun=("record", "records"), sort="name")
    rows = list(listing.everything) if listing.wants_csv else list(listing)
    told: dict[str, Any] = {"words": "the restricted records", "pupils": [one.pupil_id for one in rows]}
    record_list("restricted_records", is_file=listing.wants_csv, by=member, **told)
    if listing.wants_csv:
        return csv_response(HEADINGS, [_line(one) for one in rows], "Restricted records")
    page = {"form": form, "listing": listing, "rows": [(one, _holders(one)) for one in rows]}
    return render(request, "schools/restricted_records.html", page)


def _held(member: Any) -> QuerySet[Restriction]:
    mine = restrictions.held_by(member)
    standing = Restriction.objects.filter(lifted_on=None, pupil__in=mine).select_related("pupil")
    grants = PupilAccess.objects.on(member.on).exclude(reason=restrictions.BROKE).select_related("membership__user")
    named = Prefetch("pupil__access_grants", queryset=grants.order_by("membership__user__name"), to_attr="named")
    held: QuerySet[Restriction] = standing.prefetch_related(named).annotate(opened=Count("pupil__broken_glass"))
    return held


def _holders(one: Any) -> str:
    return ", ".join(dict.fromkeys(grant.membership.name for grant in one.pupil.named))


def _line(one: Any) -> list[Any]:
    pupil = one.pupil
    kind = one.get_kind_display()
    return [pupil.surname, pupil.forename, pupil.upn, kind, one.restricted_on, _holders(one), one.opened]


def _ask(request: MemberRequest, pupil: Pupil, form: Any, title: str, template: str, **more: Any) -> HttpResponse:
    words = "Opened a page about restricting a record."
    record("see_restriction", by=request.member, words=words, subject=pupil, pupils=[pupil])
    sees = Pupil.objects.visible_to(request.member).filter(pk=pupil.pk).exists()
    back = reverse("pupil_page", args=[pupil.pk]) if sees else reverse("restricted_records")
    return render(request, template, {"pupil": pupil, "form": form, "title": title, "back": back, **more})


def _done(request: MemberRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("restricted_records")


@requires(Permission.RECORD_RESTRICT)
def restrict_record(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Restrict a child's record to a few named people."""
    pupil, on = _record(request, pk), request.member.on
    held = [str(one.pk) for one in restrictions.holders_of(pupil, on=on)]
    initial = {"holders": [str(request.member.pk), *held]}
    people = restrictions.people_to_name(pupil, on=on)
    form = RestrictForm(request.POST or None, people=people, initial=initial)
    if form.is_valid() and not pupil.is_restricted:
        with said_in(form):
            typed = form.cleaned_data
            restrictions.restrict_record(
                pupil, kind=typed["kind"], reason=typed["reason"], holders=form.chosen, by=request.member, on=on
            )
            return _done(request, "The record is restricted.")
    return _ask(request, pupil, form, "Restrict a record", "schools/restrict_record.html")


@requires(Permission.RECORD_RESTRICT)
def change_holders(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Change who holds a restricted record."""
    pupil: Pupil = get_object_or_404(restrictions.holders_changed_by(request.member), pk=pk)
    on = request.member.on
    held = [str(one.pk) for one in restrictions.holders_of(pupil, on=on)]
    form = HoldersForm(
        request.POST or None, people=restrictions.people_to_name(pupil, on=on), initial={"holders": held}
    )
    if form.is_valid():
        with said_in(form):
            reason = form.cleaned_data["reason"]
            restrictions.change_holders(pupil, holders=form.chosen, reason=reason, by=request.member, on=on)
            return _done(request, "Who holds the record was changed.")
    return _ask(request, pupil, form, "Change who holds this record", "schools/change_holders.html")


@requires(Permission.RECORD_RESTRICT)
def lift_restriction(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Lift a restriction."""
    pupil, member = _record(request, pk), request.member
    form = LiftForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            restrictions.lift_restriction(pupil, reason=form.cleaned_data["reason"], by=member, on=member.on)
            return _done(request, "The restriction was lifted. Whoever may see the child sees the record again.")
    return _ask(request, pupil, form, "Lift the restriction", "schools/lift_restriction.html")


@requires(Permission.GLASS_BREAK)
def break_glass(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """This record is restricted: who has its UPN and a reason may see it for a day."""
    member = request.member
    pupil = get_object_or_404(restrictions.withheld_from(member), pk=pk)
    form = BreakGlassForm(request.POST or None, pupil=pupil)
    if not form.is_valid():
        words = "Came to the page of a restricted record."
        record("see_break_glass", by=member, words=words, subject=pupil, pupils=[pupil])
        return render(request, "schools/break_glass.html", {"form": form})
    at = clock.now(member.authority)
    restrictions.break_glass(pupil, reason=form.cleaned_data["reason"], by=member, on=member.on, at=at)
    messages.warning(request, "You see this record for today only. Those who hold it were told.")
    return redirect("pupil_page", pk=pupil.pk)
