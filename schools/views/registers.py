"""Uploading a school's register: sending the file, seeing what was understood, storing it or throwing it away."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock, tables
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools import presenters, tasks
from schools.changes.act_words import undone_uploads
from schools.models import School, Upload, UploadProblem
from schools.sending import uploads as files
from schools.sending.mapping_words import said_of, said_sentences, unknown_codes
from schools.sending.senders import integration_name
from schools.sending.sendings import Sent, send_files, sendings_of
from schools.sending.understood import Understood, as_seen_by, children_named, problems_as_rows, understood_by
from schools.sending.upload_forms import UploadForm

READ_AT_ONCE = 1_000_000  # bytes; a larger file is read and stored by a worker, the page shows how far it is
OPEN_SHOWN = 200
SENDINGS_SHOWN = 10
COLUMNS = (
    tables.Column("sent", "Sent", ("sent_at",)),
    tables.Column("file", "File", ("file_name",)),
    tables.Column("period", "Marks from and to", ("first_on",)),
    tables.Column("by", "By"),
    tables.Column("stage", "State", ("stage",)),
    tables.Column("changed", "Half-days changed", ("changed",), numeric=True),
    tables.Column("open", "Left out, open", ("still_open",), numeric=True),
)


def school_of(request: MemberRequest, urn: str) -> School:
    """A school whose pages this member may open, else 404."""
    school: School = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    return school


def upload_of(request: MemberRequest, pk: uuid.UUID) -> Upload:
    """A file of such a school, else 404."""
    seen = Upload.objects.filter(school__in=School.objects.visible_to(request.member))
    people = ("school", "sent_by__user", "settled_by__user")
    seen = seen.select_related(*people).annotate(posted_by=integration_name())
    upload: Upload = get_object_or_404(seen, pk=pk)
    return upload


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def uploads(request: MemberRequest) -> HttpResponse:
    """Where someone sends a register from: straight to their one school, or a choice of schools."""
    member = request.member
    chosen = School.objects.visible_to(member) if "all" in request.GET else School.objects.of(member)
    stored = Upload.objects.filter(stage=Upload.Stage.ACCEPTED).exclude(first_on=None)  # counts hold no marks
    latest = stored.order_by("school_id", "-settled_at").distinct("school_id")
    schools = list(chosen.prefetch_related(Prefetch("uploads", queryset=latest, to_attr="stored")))
    if len(schools) == 1 and member.is_of_a_school:
        return redirect("upload_list", urn=schools[0].urn)
    sendings = sendings_of(member).annotate(count=Count("files")).order_by("-sent_at")[:SENDINGS_SHOWN]
    page = {"schools": schools, "all": "all" in request.GET, "sendings": sendings}
    return render(request, "schools/uploads.html", page)


@requires(Permission.REGISTER_UPLOAD)
def upload_register(request: MemberRequest, urn: str) -> HttpResponse:
    """Say what to export, take the file, and read it at once where it is small."""
    school = school_of(request, urn)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if not form.is_valid():
        page = {"form": form, "school": school, "trail": trail_of(school)}
        return render(request, "schools/upload_register.html", page)
    sent, *others = form.cleaned_data["file"]
    at = clock.now(request.member.authority)
    if others:
        return take_files(request, [sent, *others], school)
    upload = files.receive_upload(school, sent.chunks(), file_name=sent.name, by=request.member, at=at)
    if upload.size <= READ_AT_ONCE:
        files.read_upload(upload, on=request.member.on)
    else:
        begin(tasks.read_upload, upload)
    return redirect("upload_page", pk=upload.pk)


def take_files(request: MemberRequest, sent: Sequence[UploadedFile], school: School | None) -> HttpResponse:
    """Take several files, for one school or each for the one it names; a worker reads them."""
    member = request.member
    arrived = (Sent(one.name or "", one.size or 0, cast(BinaryIO, one)) for one in sent)
    sending, taken = send_files(arrived, school=school, by=member, at=clock.now(member.authority), on=member.on)
    for upload in taken:
        begin(tasks.read_upload, upload)
    return redirect("sent_files", pk=sending.pk)


def begin(task: Any, upload: Upload) -> None:
    """Give the rest to a worker once what was written so far can be seen by it."""
    transaction.on_commit(partial(tasks.begin, task, upload.authority.pk, upload.pk))


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def upload_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Where one file stands: being read, what was understood, stored, refused or thrown away."""
    upload = upload_of(request, pk)
    told = understood_by(upload, request.member)
    shown = [problem for group in told.groups for problem in group.shown]
    seen = {*told.missing, *children_named(request.member, upload.school, shown)}
    if seen:
        words = f"Looked at what was read of {upload.file_name}."
        record("see_upload", by=request.member, words=words, subject=upload, pupils=seen)
    return render(request, "schools/upload_page.html", _upload_context(upload, told) | _said(upload, request.member))


def _upload_context(upload: Upload, told: Understood) -> dict[str, Any]:
    running = upload.stage in (Upload.Stage.RECEIVED, Upload.Stage.ACCEPTING)
    trail = [*trail_of(upload.school), ("Uploads", reverse("upload_list", args=[upload.school.urn]))]
    return {
        "upload": upload,
        "school": upload.school,
        "told": told,
        "running": running,
        "poll": reverse("upload_page", args=[upload.pk]) if running else "",
        "stage": presenters.upload_stage(upload),
        "facts": presenters.upload_facts(upload),
        "stored": presenters.stored_words(upload),
        "left_out_words": presenters.left_out_sentence(upload),
        "trail": trail,
    }


def _said(upload: Upload, member: Membership) -> dict[str, Any]:
    """What was read as somebody said, and what may still be said."""
    return {"said": said_sentences(upload, member), "unknown_codes": unknown_codes(upload)}


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def upload_problems_csv(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Every problem that is kept, as a file to work through beside the school's own system."""
    upload = upload_of(request, pk)
    named = children_named(request.member, upload.school, UploadProblem.objects.filter(upload=upload))
    words = "Downloaded the problems of a file."
    record("export_problems", by=request.member, words=words, subject=upload, pupils=named)
    rows = problems_as_rows(upload, request.member)
    headings = ["kind", "severity", "row", "column", "value", "message", "settled"]
    return csv_response(headings, rows, f"Problems of {upload.file_name}")


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def confirm_upload(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Store what was understood: at once where the file is small, else by a worker."""
    upload = upload_of(request, pk)
    files.accept_upload(upload, by=request.member, at=clock.now(request.member.authority))
    if upload.size <= READ_AT_ONCE:
        files.store_upload(upload, on=request.member.on)
    else:
        begin(tasks.store_upload, upload)
    return redirect("upload_page", pk=upload.pk)


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def discard_upload(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw the file away: nothing of it was stored."""
    upload = upload_of(request, pk)
    files.discard_upload(upload, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, f"{upload.file_name} was thrown away. Nothing of it was stored.")
    return redirect("upload_list", urn=upload.school.urn)


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def upload_list(request: MemberRequest, urn: str) -> HttpResponse:
    """Every file of a school, and what stored files left out that nobody has settled."""
    school = school_of(request, urn)
    still = Count("problems", filter=Q(problems__in=files.open_problems()))
    rows = Upload.objects.filter(school=school).select_related("sent_by__user")
    rows = rows.annotate(still_open=still, posted_by=integration_name())
    listing = tables.Listing(rows, COLUMNS, request.GET, noun=("file", "files"), sort="-sent")
    if listing.wants_csv:
        headings = ["Sent", "File", "Marks from", "Marks to", "By", "State", "Half-days changed", "Left out, open"]
        return csv_response(headings, map(_cells, listing.everything), f"Files of {school}")
    left_out = files.open_problems().filter(upload__school=school).select_related("upload")
    newest = left_out.order_by("-upload__sent_at", "id")[:OPEN_SHOWN]
    problems = as_seen_by(request.member, school, newest)
    if named := children_named(request.member, school, problems):
        words = "Looked at what files left out."
        record("see_upload_list", by=request.member, words=words, subject=school, pupils=named)
    columns, codes = said_of(school)
    page = {
        "school": school,
        "said_columns": columns,
        "said_codes": codes,
        "undone": undone_uploads(school),
        "uploads": [(one, presenters.upload_stage(one), presenters.changed_words(one)) for one in listing],
        "listing": listing,
        "by_file": _by_file(problems),
        "trail": trail_of(school),
    }
    return render(request, "schools/upload_list.html", page)


def _cells(upload: Upload) -> list[object]:
    """A file as a row of a CSV file."""
    sender = str(upload.sent_by.user) if upload.sent_by else getattr(upload, "posted_by", "") or "The service"
    sent = f"{timezone.localtime(upload.sent_at):%Y-%m-%d %H:%M}"
    told = (upload.first_on, upload.last_on, sender, presenters.upload_stage(upload).words, upload.changed)
    return [sent, upload.file_name, *told, getattr(upload, "still_open", 0)]


def _by_file(problems: Sequence[UploadProblem]) -> list[tuple[Upload, list[UploadProblem]]]:
    """Open problems under their files."""
    found: dict[uuid.UUID, tuple[Upload, list[UploadProblem]]] = {}
    for problem in problems:
        found.setdefault(problem.upload_id, (problem.upload, []))[1].append(problem)
    return list(found.values())


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def settle_problems(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Mark the ticked problems of a stored file, or all of them, as settled."""
    upload = upload_of(request, pk)
    ticked: Iterable[int] = [int(one) for one in request.POST.getlist("problem") if one.isdecimal()]
    if "all" in request.POST:
        ticked = upload.problems.values_list("pk", flat=True)
    at = clock.now(request.member.authority)
    settled = files.settle_problems(upload, ticked, by=request.member, at=at)
    if settled:
        messages.success(request, f"{settled} marked as settled.")
    else:
        messages.warning(request, "Tick what was settled first.")
    return redirect("upload_list", urn=upload.school.urn)


def trail_of(school: School) -> list[tuple[str, str]]:
    """The way to a page of a school."""
    return [(school.name, reverse("school_page", args=[school.urn]))]
