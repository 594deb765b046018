"""Did it help? Each kind of support over the authority."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.days import year_label, year_of
from attendance_portal.front.helped import HEADINGS, NOTE, file_rows, kind_lines
from attendance_portal.front.helped_forms import HelpedOverviewForm
from attendance_portal.front.overview import view_tabs
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import FORMAT
from casework import tasks
from casework.helped import of_authority, words
from casework.helped.matching import MatchRule


@requires(Permission.OVERVIEW_SEE, files_for_all=("csv",))
@require_safe
def overview_helped(request: MemberRequest) -> HttpResponse:
    """Attendance before and after each kind of support, against children who were alike and had none."""
    on = request.member.on
    form = HelpedOverviewForm(request.GET, year=year_of(on))
    try:
        lines = kind_lines(of_authority.by_kind(form.year, form.weeks, on=on))
    except of_authority.StillComparing:
        return _still_comparing(request, form)
    sentences = words.rule_sentences(MatchRule(before=form.weeks, after=form.weeks))
    name = f"Did it help {year_label(form.year)}"
    if request.GET.get(FORMAT) == "csv":
        record("export_overview", by=request.member, words=f"Downloaded {name}.", asked=request.GET.urlencode())
        return csv_response(HEADINGS, file_rows(lines, sentences), name)
    chosen = next((line for line in lines if line.kind.code == form.kind), lines[0])
    ways = [(line, form.address(of_kind=line.kind.code)) for line in lines]
    page: dict[str, Any] = {
        "form": form,
        "lines": ways,
        "chosen": chosen,
        "drawing": chosen.chart(),
        "sentences": sentences,
    }
    page |= {
        "note": NOTE,
        "tabs": view_tabs(request.path),
        "recovery": words.RECOVERY,
        "file": form.address(**{FORMAT: "csv"}),
    }
    return render(request, "front/overview_helped.html", page)


def _still_comparing(request: MemberRequest, form: HelpedOverviewForm) -> HttpResponse:
    """A worker is asked; the page asks again by itself, and shows the figures as soon as they are there."""
    on = request.member.on
    if of_authority.want_compared(form.year, form.weeks, on=on):
        begin = partial(tasks.begin_compared, request.member.authority, form.year, form.weeks, on)
        transaction.on_commit(begin)
    if request.GET.get(FORMAT):
        messages.info(request, "The figures are being worked out. Take the file from this page when it shows them.")
        return redirect(f"{request.path}{form.address()}")
    return render(request, "front/helped_progress.html", {"poll": request.get_full_path()})
