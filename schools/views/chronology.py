"""A child's chronology: the page, its file, and the document."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.documents import pdf
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing
from schools.children.childs_chronology import COLUMNS, HEADINGS, chronology_of, document_of, file_rows
from schools.children.chronology_forms import ChronologyForm
from schools.models import Pupil
from schools.stored.same_child import records_seen


def _records(request: MemberRequest, pk: uuid.UUID) -> list[Pupil]:
    """The child's records that the member sees, the one asked for first; a 404 where they do not see that one."""
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return records_seen(pupil, request.member)


@requires(Permission.PUPIL_SEE)
@require_safe
def chronology(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Everything that happened, in order, filtered; the whole of it as a file for those who may take one."""
    records, member = _records(request, pk), request.member
    form = ChronologyForm(request.GET or None)
    narrowed, may_take = form.narrowed, member.may(Permission.PUPIL_EXPORT)
    found = [one for one in chronology_of(records, member) if narrowed.holds(one)]
    noun = ("entry", "entries")
    listing = Listing(found, COLUMNS, request.GET, noun=noun, sort="on", downloads=may_take and not form.errors)
    if listing.wants_csv:
        words = f"Downloaded a child’s chronology. Filters: {narrowed.sentence}."
        record("export_chronology", by=member, words=words, subject=records[0], pupils=records)
        return csv_response(HEADINGS, file_rows(listing.everything), f"Chronology of {records[0]}")
    record("see_chronology", by=member, words="Looked at a child’s chronology.", subject=records[0], pupils=records)
    page = {"pupil": records[0], "also": records[1:], "form": form, "listing": listing, "shown": list(listing)}
    if may_take and not form.errors:
        query = listing.address(page=None, sort=None)
        page["document"] = reverse("chronology_pdf", args=[pk]) + (query if len(query) > 1 else "")
    return render(request, "schools/chronology.html", page)


@requires(Permission.PUPIL_EXPORT)
@require_safe
def chronology_pdf(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The same as a tagged PDF file, earliest first; filters that make no sense lead back to the page that says so."""
    records, member = _records(request, pk), request.member
    form = ChronologyForm(request.GET or None)
    narrowed = form.narrowed
    if form.errors:
        return redirect(f"{reverse('chronology', args=[pk])}?{request.GET.urlencode()}")
    found = [one for one in chronology_of(records, member) if narrowed.holds(one)]
    words = f"Downloaded a child’s chronology as PDF. Filters: {narrowed.sentence}."
    record("print_chronology", by=member, words=words, subject=records[0], pupils=records)
    document = document_of(records, found, narrowed, by=member, at=clock.now(member.authority))
    answer = HttpResponse(pdf("documents/chronology.html", document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{slugify(document["title"])}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
