"""Figures of another system beside ours: those entered, entering more, and what sets them apart."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.changes import reconciling_words as words
from schools.changes.reconciling import enter_figures
from schools.changes.reconciling import reconcile as reconciled
from schools.changes.reconciling_forms import ReconcileForm
from schools.models import Reconciliation, School

COLUMNS = (
    Column("entered", "Entered", ("entered_at",)),
    Column("source", "Figures of", ("source",)),
    Column("as_at", "Up to", ("as_at",)),
    Column("attendance", "Attendance", ("attendance",), numeric=True),
    Column("pupils", "Pupils listed", ("listed",), numeric=True),
)
ROWS = (
    Column("pupil", "Pupil"),
    Column("theirs", "Theirs", numeric=True),
    Column("ours", "Ours", numeric=True),
    Column("points", "Difference, points", numeric=True),
    Column("why", "Because of"),
)


def _school(request: MemberRequest, urn: str) -> School:
    school: School = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    return school


def _trail(school: School) -> list[tuple[str, str]]:
    return [
        (school.name, reverse("school_page", args=[school.urn])),
        ("Figures of other systems", reverse("reconciliations", args=[school.urn])),
    ]


@requires(Permission.FACT_CORRECT)
@require_safe
def reconciliations(request: MemberRequest, urn: str) -> HttpResponse:
    """The figures of other systems that were entered for a school."""
    school = _school(request, urn)
    rows = Reconciliation.objects.filter(school=school).annotate(listed=Count("pupils"))
    listing = Listing(
        rows.select_related("entered_by__user"), COLUMNS, request.GET, noun=("entry", "entries"), sort="-entered"
    )
    if listing.wants_csv:
        cells = [[one.entered_at, words.title_of(one), one.attendance, one.listed] for one in listing.everything]
        return csv_response(["Entered", "Figures of", "Attendance %", "Pupils listed"], cells, f"Figures of {school}")
    page = {"school": school, "listing": listing, "trail": _trail(school)[:1]}
    return render(request, "schools/reconciliations.html", page)


@requires(Permission.FACT_CORRECT)
def reconcile(request: MemberRequest, urn: str) -> HttpResponse:
    """Enter what another system shows."""
    school, on = _school(request, urn), request.member.on
    form = ReconcileForm(request.POST or None, request.FILES or None, on=on)
    if not form.is_valid():
        return render(request, "schools/reconcile.html", {"form": form, "school": school, "trail": _trail(school)})
    typed = dict(form.cleaned_data)
    theirs = typed.pop("pupils")
    at = clock.now(request.member.authority)
    made = enter_figures(school, **typed, theirs=theirs, by=request.member, at=at)
    return redirect("reconciliation_page", pk=made.pk)


@requires(Permission.FACT_CORRECT)
@require_safe
def reconciliation_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What sets their figures apart from ours, pupil by pupil, the biggest difference first."""
    seen = Reconciliation.objects.filter(school__in=School.objects.visible_to(request.member))
    one: Reconciliation = get_object_or_404(seen.select_related("school", "entered_by__user"), pk=pk)
    found = reconciled(one, request.member, on=request.member.on)
    listing = Listing(found.rows, ROWS, request.GET, noun=("pupil", "pupils"))
    pupils = {row.pupil.pk for row in found.rows if row.pupil}
    told: dict[str, Any] = {"words": "figures of another system, compared", "subject": one, "pupils": pupils}
    record_list("reconciliation", is_file=listing.wants_csv, by=request.member, **told)
    if listing.wants_csv:
        return csv_response(words.HEADINGS, words.file_rows(found.rows), f"Figures explained {one.school}")
    page = {
        "one": one,
        "school": one.school,
        "title": words.title_of(one),
        "whole": words.school_rows({"Attendance": found.attendance, "Persistently absent": found.persistent}),
        "listing": listing,
        "rows": [words.row_of(row) for row in listing],
        "trail": _trail(one.school),
    }
    return render(request, "schools/reconciliation_page.html", page)
