"""The documents of a case: all of them, new ones, one downloaded, one removed."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.sent_sizes import reads_at_most
from attendance_portal.tables import Column, Listing
from casework.actions import documents as actions
from casework.documents import added_on, is_harmful, kind_words, standing_words
from casework.file_kinds import BY_CODE, clean_name
from casework.forms.cases import ReasonForm
from casework.forms.documents import DocumentsForm
from casework.kept_documents import MOST_SENT
from casework.models import Case, CaseDocument
from casework.people import may_take, may_write
from casework.scanning import NotScanned, is_configured
from casework.views.answers import ask
from casework.views.found import case_seen, case_to_write

COLUMNS: Final = (
    Column("name", "Document", ("name",)),
    Column("kind", "Kind and size", ("kind", "size")),
    Column("added", "Added", ("added_at",)),
    Column("by", "Added by", ("added_by__user__name",)),
    Column("stands", "How it stands"),
)
# Whatever a browser makes of the file, it runs nothing, shows nothing and belongs to no origin.
_ALONE: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@requires(Permission.CASE_SEE)
def documents(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Every document of the case; those removed say so."""
    case = case_seen(request, pk)
    added = case.documents.select_related("added_by__user", "removed_by__user")
    listing = Listing(added, COLUMNS, request.GET, noun=("document", "documents"), sort="-added")
    told: dict[str, Any] = {"words": "the documents of a case", "subject": case, "pupils": [case.pupil_id]}
    record_list("documents", is_file=listing.wants_csv, by=request.member, **told)
    rows = list(listing.everything if listing.wants_csv else listing)
    shown = [(one, kind_words(one), standing_words(one), is_harmful(one)) for one in rows]
    if listing.wants_csv:
        cells = [(one.name, kind, added_on(one), one.added_by.name, stands) for one, kind, stands, _ in shown]
        return csv_response([column.label for column in COLUMNS], cells, "Documents")
    may_add = case.closed_on is None and may_write(case, request.member)
    context = {"case": case, "documents": listing, "shown": shown, "may_write": may_add}
    context["may_take"] = may_take(case, request.member)
    return render(request, "casework/documents.html", context)


@requires(Permission.CASE_LEAD)
@reads_at_most(MOST_SENT)
def add_documents(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Attach one document or several. Of several, those that are taken stay, whatever the others hold."""
    case = case_to_write(request, pk)
    form = DocumentsForm(request.POST, request.FILES) if request.method == "POST" else DocumentsForm()
    if form.is_valid():
        refused = _take(request, case, form.cleaned_data["documents"])
        if not refused:
            return redirect("documents", pk=case.pk)
        for sentence in refused:
            form.add_error("documents", sentence)
    back = reverse("documents", args=[case.pk])
    return ask(request, "casework/add_documents.html", case, form, back=back, is_scanned=is_configured())


def _take(request: MemberRequest, case: Case, sent: list[Any]) -> list[str]:
    """Attach what may be attached; the sentences that say what was not, and why.

    All are looked at before the first is attached: while the scanner is asked nobody else waits for the case.
    """
    member = request.member
    at = clock.now(member.authority)
    taken, refused = _looked_at(sent)
    for file in taken:
        try:
            with transaction.atomic():
                actions.attach_document(case, file, on=member.on, at=at, by=member)
        except Refused as why:  # of one file; the others hold
            refused.append((file.name, why.sentence))
        else:
            messages.success(request, f"{file.name} is added.")
    for _, sentence in refused:
        actions.note_refused_document(case, why=sentence, by=member)
    return [f"{name}: {sentence}" for name, sentence in refused]


def _looked_at(sent: list[Any]) -> tuple[list[actions.TakenFile], list[tuple[str, str]]]:
    """The files that may be attached, and the names of those that may not, with why."""
    taken: list[actions.TakenFile] = []
    refused: list[tuple[str, str]] = []
    no_answer = ""
    for file in sent:
        name = clean_name(file.name)
        if no_answer:
            refused.append((name, no_answer))
            continue
        try:
            taken.append(actions.take_file(file.chunks(), name=file.name))
        except Refused as why:
            refused.append((name, why.sentence))
            no_answer = why.sentence if isinstance(why, NotScanned) else ""
    return taken, refused


@requires(Permission.CASE_SEE)
@require_safe
def download_document(request: MemberRequest, pk: uuid.UUID, document: uuid.UUID) -> HttpResponse:
    """The file itself, to be saved: it is never shown by the portal. A 403 for whoever only reads (`may_take`)."""
    case = case_seen(request, pk)
    if not may_take(case, request.member):
        raise PermissionDenied
    found = get_object_or_404(case.documents.select_related("case"), pk=document)
    content = actions.read_document(found, by=request.member)
    disposition = content_disposition_header(as_attachment=True, filename=found.name)
    headers = {"Content-Disposition": str(disposition), **_ALONE}
    return HttpResponse(content, content_type=BY_CODE[found.kind].media_type, headers=headers)


@requires(Permission.CASE_LEAD)
def remove_document(request: MemberRequest, pk: uuid.UUID, document: uuid.UUID) -> HttpResponse:
    """Delete the file, with the reason; that it was there stays."""
    case, member = case_to_write(request, pk), request.member
    found: CaseDocument = get_object_or_404(CaseDocument.objects.held().filter(case=case), pk=document)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            actions.remove_document(found, reason=form.cleaned_data["reason"], on=member.on, by=member)
            messages.success(request, f"{found.name} is removed.")
            return redirect("documents", pk=case.pk)
    back = reverse("documents", args=[case.pk])
    return ask(request, "casework/remove_document.html", case, form, back=back, document=found)
