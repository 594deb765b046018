"""The overview of the authority: its figures, and where its schools stand with this term's meetings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.days import year_label, year_of
from attendance_portal.front.forms import OverviewForm
from attendance_portal.front.overview import (
    FIGURE_COLUMNS,
    MEETING_COLUMNS,
    MEETING_HEADERS,
    SchoolLine,
    category_chart,
    meeting_row,
    phase_lines,
    school_lines,
    shares,
    state_tiles,
    view_tabs,
    whole,
)
from attendance_portal.front.overview_files import PHASE_HEADERS, SCHOOL_HEADERS, phase_file, school_file
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import FORMAT, Listing
from schools.changes.as_known import KNOWN_ON, known_day, listing_of
from schools.changes.known_together import StillWorking
from schools.stored.terms import terms_of_schools
from schools.views.known_progress import still_working

SCHOOLS = ("school", "schools")
PHASES = "phases"  # ?format=phases: the other of the two files


@requires(Permission.OVERVIEW_SEE, files_for_all=("csv", PHASES))
@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """The five categories, persistent and severe absence across the authority, by phase and by school."""
    known_on = known_day(request.GET, on=request.member.on)
    try:
        lines = school_lines(request.member, known_on=known_on)
    except StillWorking as still:
        return still_working(request, still)
    then = f", as known on {known_on:%-d %B %Y}" if known_on else ""
    form = OverviewForm(request.GET or None, lines=lines)
    asked = form.wanted
    if request.GET.get(FORMAT) == PHASES:
        return _file(request, f"Figures by phase{then}", PHASE_HEADERS, phase_file(lines))
    found = [line for line in lines if asked.holds(line)]
    listing = listing_of(known_on)(found, FIGURE_COLUMNS, request.GET, noun=SCHOOLS, sort="school")
    if listing.wants_csv:
        return _file(
            request, f"Figures by school{then}", SCHOOL_HEADERS, school_file(listing_order(lines, listing), asked)
        )
    total = whole(found)
    page = {"total": total, "phases": phase_lines(found), "bar": category_chart(total.figures)}
    page |= {"shares": shares(total.figures), "known_on": known_on, "today": request.member.on}
    page["phases_file"] = f"?{FORMAT}={PHASES}" + (f"&{KNOWN_ON}={known_on}" if known_on else "")
    return render(request, "front/overview.html", page | _frame(request, form, listing, found))


@requires(Permission.OVERVIEW_SEE, files_for_all=("csv",))
@require_safe
def overview_meetings(request: MemberRequest) -> HttpResponse:
    """Which schools have been met this term, are arranged, are due or overdue."""
    lines = [line for line in school_lines(request.member) if not line.is_closed]
    form = OverviewForm(request.GET or None, lines=lines)
    found = [line for line in lines if form.wanted.holds(line)]
    listing = Listing(found, MEETING_COLUMNS, request.GET, noun=SCHOOLS, sort="state")
    if listing.wants_csv:
        return _file(request, "Meetings this term", MEETING_HEADERS, [meeting_row(line) for line in listing.everything])
    return render(request, "front/overview_meetings.html", _frame(request, form, listing, lines))


def listing_order(lines: Sequence[SchoolLine], listing: Listing) -> list[SchoolLine]:
    """All lines, those of the listing first and in its order: small numbers are hidden over all of them."""
    first = list(listing.everything)
    keys = {line.school.pk for line in first}
    return first + [line for line in lines if line.school.pk not in keys]


def _frame(request: MemberRequest, form: OverviewForm, listing: Listing, lines: Sequence[SchoolLine]) -> dict[str, Any]:
    """What both pages show: the tabs, the filter, how many schools stand where."""
    on = request.member.on
    tabs = view_tabs(request.path)
    tiles = state_tiles(lines, reverse("overview_meetings"))
    held = terms_of_schools([], [year_of(on)])[None]
    term = f"{held.of(on).capitalize()} term {year_label(year_of(on))}"
    return {"form": form, "listing": listing, "tabs": tabs, "tiles": tiles, "term": term, "on": on}


def _file(request: MemberRequest, name: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> HttpResponse:
    record("export_overview", by=request.member, words=f"Downloaded {name.lower()}.", asked=request.GET.urlencode())
    return csv_response(headers, rows, name)
