"""A child's chronology: the page, its file, and the document."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing
from schools import tasks
from schools.children.childs_chronology import COLUMNS, HEADINGS, chronology_of, file_rows
from schools.children.chronology_document import (
    Asked,
    asked_for,
    has_failed,
    kept_document,
    made_document,
    want_document,
)
from schools.children.chronology_forms import ChronologyForm
from schools.models import Pupil
from schools.stored.same_child import records_seen

TAKE: Final = "take"
AGAIN: Final = "again"


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
    """The same as a tagged PDF file, earliest first; filters that make no sense lead back to the page that says so.

    A long one is made by a worker: the page asks until it is there, and then has the way to the file.
    """
    records, member = _records(request, pk), request.member
    form = ChronologyForm(request.GET or None)
    narrowed = form.narrowed
    if form.errors:
        return redirect(f"{reverse('chronology', args=[pk])}?{request.GET.urlencode()}")
    asked = asked_for(records, narrowed, member)
    kept = kept_document(asked) if asked.is_long else made_document(asked, at=clock.now(member.authority))
    if kept is None or (asked.is_long and TAKE not in request.GET):
        return _being_made(request, asked, is_made=kept is not None)
    words = f"Downloaded a child’s chronology as PDF. Filters: {narrowed.sentence}."
    record("print_chronology", by=member, words=words, subject=records[0], pupils=records)
    answer = HttpResponse(kept, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{slugify(f"Chronology of {records[0]}")}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _being_made(request: MemberRequest, asked: Asked, *, is_made: bool) -> HttpResponse:
    """How it stands with the document; the page asks again by itself, and is told once for each worker asked."""
    again = AGAIN in request.GET and has_failed(asked)
    has_stopped = not is_made and not again and has_failed(asked)
    if not is_made and not has_stopped and want_document(asked, again=again):
        words = f"Asked for a child’s chronology as PDF. Filters: {asked.narrowed.sentence}."
        record("ask_chronology", by=request.member, words=words, subject=asked.records[0], pupils=asked.records)
        begin = partial(tasks.begin_chronology, request.member, asked.records[0].pk, request.GET.urlencode())
        transaction.on_commit(begin)
    query = request.GET.copy()
    for name in (TAKE, AGAIN):
        query.pop(name, None)
    poll = f"{request.path}?{query.urlencode()}"
    if again:
        return redirect(poll)  # a page that refreshes itself asks once alone
    query[TAKE] = "1"
    page: dict[str, Any] = {"pupil": asked.records[0], "count": len(asked.found), "is_made": is_made, "poll": poll}
    page["file"] = f"{request.path}?{query.urlencode()}"
    query.pop(TAKE)
    query[AGAIN] = "1"
    page |= {"has_stopped": has_stopped, "again": f"{request.path}?{query.urlencode()}"}
    return render(request, "schools/chronology_progress.html", page)
