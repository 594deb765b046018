"""The mapping screen: what the columns and the codes of a file are; and forgetting what was said."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools import tasks
from schools.models import ColumnMapping, LocalCode, Upload, UploadProblem
from schools.moves import MOVES
from schools.reading.asking import NO_HEADINGS, Asked, ask
from schools.sending import mappings
from schools.sending import uploads as files
from schools.sending.mapping_forms import CodesForm, ColumnsForm
from schools.sending.mapping_words import said_of, unknown_codes
from schools.sending.roll import fictional_codes
from schools.sending.understood import FirstRows, asking_words, first_rows_for
from schools.views.registers import READ_AT_ONCE, begin, school_of, trail_of, upload_of

SHOWN_COLUMNS: Final = 30
SHOWN_ROWS: Final = 6


@requires(Permission.REGISTER_UPLOAD)
def upload_mapping(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask what the columns and the codes of a file are, beside its own first rows."""
    upload = upload_of(request, pk)
    rows, problems = first_rows_for(upload, request.member), files.in_question(upload)
    dates = [problem.value for problem in problems if problem.kind in files.DATE_KINDS]
    asked = _asked(request, upload, rows, dates)
    if upload.stage not in MOVES["read_again"].before or asked is None:
        raise Refused("There is nothing to say about this file any more: see its page for where it stands.")
    said_columns, said_codes = "columns" in request.POST, "codes" in request.POST
    columns = ColumnsForm(request.POST if said_columns else None, asked=asked, order_is_open=bool(dates))
    codes = CodesForm(request.POST if said_codes else None, unknown=unknown_codes(upload), on=request.member.on)
    if said_columns and columns.is_valid():
        return _columns_said(request, upload, columns)
    if said_codes and codes.is_valid():
        return _codes_said(request, upload, codes)
    if rows.children:
        words = f"Looked at the first rows of {upload.file_name}."
        record("see_first_rows", by=request.member, words=words, subject=upload, pupils=rows.children)
    trail = [*trail_of(upload.school), ("Uploads", reverse("upload_list", args=[upload.school.urn]))]
    page = {"upload": upload, "school": upload.school, "trail": trail, "columns": columns, "codes": codes}
    page["form"] = codes if said_codes else columns
    return render(request, "schools/upload_mapping.html", page | _shown(asked, rows, problems))


def _shown(asked: Asked, rows: FirstRows, problems: Sequence[UploadProblem]) -> dict[str, Any]:
    """The questions beside the first rows: the headings, and what stands under them."""
    return {
        "asked": asked,
        "rows": rows.rows,
        "shown_headings": asked.headings[:SHOWN_COLUMNS],
        "shown_rows": [(line, cells[:SHOWN_COLUMNS]) for line, cells in rows.rows if line > asked.line][:SHOWN_ROWS],
        "stopping": [asking_words(problem) for problem in problems],
        "about_dates": bool(problems) and all(problem.kind in files.DATE_KINDS for problem in problems),
        "no_headings": asked.line == NO_HEADINGS,
    }


def _asked(request: MemberRequest, upload: Upload, rows: FirstRows, dates: Sequence[str]) -> Asked | None:
    """The questions, with the heading row that the person chose, or the likeliest."""
    chosen = request.POST.get("line") or request.GET.get("line", "")
    before = mappings.in_force_for(upload).said.layouts if upload.stage != Upload.Stage.RECEIVED else ()
    said = before[0] if before else None
    headed = upload.understood.get("header_row") if said and not said.width else None
    line = int(chosen) if chosen.isdecimal() else headed
    codes, roll = fictional_codes(), mappings.roll_of(upload.school)
    return ask(rows.rows, on=request.member.on, line=line, said=said, dates=dates, codes=codes, roll=roll)


def _columns_said(request: MemberRequest, upload: Upload, form: ColumnsForm) -> HttpResponse:
    at = clock.now(request.member.authority)
    first, *others = mappings.say_columns(upload, form.layout, by=request.member, at=at)
    _read(request, first)
    for other in others:
        begin(tasks.read_upload, other)
    if first.stage == Upload.Stage.ASKED:
        messages.warning(request, "Something is still missing: see below.")
        return redirect("upload_mapping", pk=upload.pk)
    messages.success(request, f"Remembered for the next files of {upload.school}.")
    return redirect("upload_page", pk=upload.pk)


def _codes_said(request: MemberRequest, upload: Upload, form: CodesForm) -> HttpResponse:
    at = clock.now(request.member.authority)
    mappings.say_codes(upload, form.codes, by=request.member, at=at)
    _read(request, upload)
    messages.success(request, f"Remembered for the next files of {upload.school}.")
    return redirect("upload_page", pk=upload.pk)


def _read(request: MemberRequest, upload: Upload) -> None:
    """Read the file again: at once where it is small, else by a worker."""
    if upload.size <= READ_AT_ONCE:
        files.read_upload(upload, on=request.member.on)
    else:
        begin(tasks.read_upload, upload)


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def forget_columns(request: MemberRequest, urn: str, pk: int) -> HttpResponse:
    """Forget what columns hold: the next file with these headings is asked about again."""
    school = school_of(request, urn)
    mapping: ColumnMapping = get_object_or_404(ColumnMapping.objects.filter(school=school), pk=pk)
    mappings.forget_columns(mapping, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, "Forgotten. The next file with these headings will be asked about.")
    return redirect("upload_list", urn=urn)


@requires(Permission.REGISTER_UPLOAD)
@require_POST
def forget_code(request: MemberRequest, urn: str, pk: int) -> HttpResponse:
    """Forget what a code stands for: in the next file its cells are left out again."""
    school = school_of(request, urn)
    code: LocalCode = get_object_or_404(LocalCode.objects.filter(school=school), pk=pk)
    mappings.forget_code(code, by=request.member, at=clock.now(request.member.authority))
    messages.success(request, f"Forgotten. In the next file, ‘{code.local}’ is left out and listed again.")
    return redirect("upload_list", urn=urn)


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def said_csv(request: MemberRequest, urn: str) -> HttpResponse:
    """What is remembered of a school's files, as a file."""
    school = school_of(request, urn)
    columns, codes = said_of(school)
    rows = [
        (row.what, row.how, row.dates, row.said.said_by.name, f"{row.said.said_at:%Y-%m-%d}")
        for row in (*columns, *codes)
    ]
    headings = ["What", "Is read as", "Days", "Said by", "Said on"]
    return csv_response(headings, rows, f"Columns and codes of {school}")
