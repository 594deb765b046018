"""Several files at once: sending them, seeing how far each is, saying whose they are, storing those that are ready."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance_portal import clock, tables
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools import presenters, tasks
from schools.models import School, Sending, SentFile, Upload
from schools.sending import sendings
from schools.sending import uploads as files
from schools.sending.sending_forms import THROW_AWAY, PlaceForm
from schools.sending.upload_forms import UploadForm
from schools.views.registers import begin, take_files

COLUMNS: Final = (
    tables.Column("file", "File", ("file_name",)),
    tables.Column("school", "School", ("upload__school__name",)),
    tables.Column("state", "State"),
    tables.Column("new", "New marks", numeric=True),
    tables.Column("corrected", "Corrected", numeric=True),
    tables.Column("left_out", "Left out", numeric=True),
)
PLACED_AT_ONCE: Final = 20
RUNNING: Final = (Upload.Stage.RECEIVED, Upload.Stage.ACCEPTING)


@dataclass(frozen=True)
class Line:
    """A file of a sending as the page shows it."""

    file: SentFile
    state: presenters.Tag
    numbers: tuple[int | str, int | str, int | str]


@requires(Permission.REGISTER_UPLOAD)
def upload_files(request: MemberRequest) -> HttpResponse:
    """Take files of one school or of many: each goes to the school that its name or its content gives."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        return take_files(request, form.cleaned_data["file"], None)
    return render(request, "schools/upload_files.html", {"form": form, "most": sendings.MOST_FILES, "trail": _trail()})


def _trail() -> list[tuple[str, str]]:
    return [("Uploads", reverse("uploads"))]


def _sending(request: MemberRequest, pk: uuid.UUID) -> Sending:
    sending: Sending = get_object_or_404(sendings.sendings_of(request.member), pk=pk)
    return sending


@requires(Permission.REGISTER_UPLOAD)
def sent_files(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """How far each file is, and whose those are that do not say it. One may leave and come back."""
    sending = _sending(request, pk)
    schools = list(School.objects.visible_to(request.member))
    homeless = list(sending.files.filter(upload=None, discarded_at=None)[:PLACED_AT_ONCE])
    form = PlaceForm(request.POST if request.method == "POST" else None, sent=homeless, schools=schools)
    if request.method == "POST" and form.is_valid():
        return _place(request, sending, form)
    rows = sending.files.exclude(upload=None, discarded_at=None).select_related("upload__school")
    listing = tables.Listing(rows, COLUMNS, request.GET, noun=("file", "files"), sort="file", page_size=100)
    if listing.wants_csv:
        lines = [_line(file) for file in listing.everything]
        told = [(line.file.file_name, _school_words(line.file), line.state.words, *line.numbers) for line in lines]
        return csv_response([column.label for column in COLUMNS], told, "Files sent together")
    page = {"sending": sending, "form": form, "listing": listing, "lines": [_line(file) for file in listing]}
    return render(request, "schools/sent_files.html", page | _progress(sending) | {"trail": _trail()})


def _line(file: SentFile) -> Line:
    if file.upload is None:
        return Line(file, presenters.Tag("Not taken" if file.why else "Thrown away", "grey"), ("–", "–", "–"))
    told, stage = file.upload.understood, presenters.upload_stage(file.upload)
    if file.upload.stage in (*RUNNING[:1], Upload.Stage.ASKED, Upload.Stage.REFUSED):
        return Line(file, stage, ("–", "–", "–"))
    names = ("new_marks", "corrected_marks", "left_out")
    new, corrected, left_out = (told.get(name, "–") for name in names)
    return Line(file, stage, (new, corrected, left_out))


def _school_words(file: SentFile) -> str:
    return str(file.upload.school) if file.upload else file.why


def _progress(sending: Sending) -> dict[str, object]:
    """How many of the files are read, and where the page asks again while some are not."""
    stages = list(Upload.objects.filter(sent_files__sending=sending).values_list("stage", flat=True))
    running = sum(stage in RUNNING for stage in stages)
    done, total = len(stages) - running, len(stages)
    poll = reverse("sent_files", args=[sending.pk]) if running else ""
    ready = sum(stage == Upload.Stage.READ for stage in stages)
    return {"running": running, "done": done, "total": total, "poll": poll, "ready": ready}


def _place(request: MemberRequest, sending: Sending, form: PlaceForm) -> HttpResponse:
    at, by = clock.now(request.member.authority), request.member
    for file, answer in form.answers:
        try:
            with transaction.atomic():
                if answer == THROW_AWAY:
                    sendings.discard_file(file, by=by, at=at)
                else:
                    begin(tasks.read_upload, sendings.place_file(file, form.schools[answer], by=by, at=at))
        except Refused as refused:  # of one file; what was said of the others holds
            messages.error(request, str(refused))
    return redirect("sent_files", pk=sending.pk)


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def store_sent_files(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm every file of which nothing is left out; a worker stores them. The others are looked at one by one."""
    sending, at = _sending(request, pk), clock.now(request.member.authority)
    seen = Upload.objects.filter(school__in=School.objects.visible_to(request.member), sent_files__sending=sending)
    ready = [one for one in seen.filter(stage=Upload.Stage.READ) if not one.understood.get("left_out")]
    for upload in ready:
        files.accept_upload(upload, by=request.member, at=at)
        begin(tasks.store_upload, upload)
    said = presenters.counted(len(ready), "file is", "files are") + " being stored."
    messages.success(request, said if ready else "No file is ready to be stored without looking at it.")
    return redirect("sent_files", pk=sending.pk)
