"""Who is behind with their registers, asking them, and one school's gaps in full."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record_list
from attendance_portal.charts import Share, band_bar
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import CSV, FORMAT, Column, Listing
from schools.models import School
from schools.standing import coverage, reminders
from schools.standing import register_gaps as gaps_in_full
from schools.standing.coverage_forms import BehindFilter, ChaseForm

GROUPS = "groups"
"""The format of the gaps by year group and class: it names no child."""

COLUMNS = (
    Column("school", "School", ("school.name",)),
    Column("last", "Latest marks", ("last_data_on",)),
    Column("behind", "School days behind", ("behind_order",), numeric=True),
    Column("missing", "Sessions without a mark", ("missing",), numeric=True),
    Column("never", "Classes never sent", ("never_sent",), numeric=True),
    Column("unknown", "N after five days", ("old_unknown",), numeric=True),
    Column("reminded", "Last asked", ("reminded_on",)),
)
HEADINGS = [
    "URN", "School", "Phase", "Area", "Latest marks", "School days behind", "Sessions without a mark",
    "Classes never sent", "Sessions coded N after five school days", "Last asked",
]  # fmt: skip


def _schools(request: MemberRequest, form: BehindFilter) -> list[School]:
    """The schools asked for: those the member works with, unless there are none or all are asked for."""
    wanted, member = form.wanted, request.member
    seen = School.objects.visible_to(member).filter(closed_on=None)
    own = list(School.objects.of(member).filter(closed_on=None)) if wanted["which"] != "all" else []
    if own:
        seen = seen.filter(pk__in=[school.pk for school in own])
    if wanted["phase"]:
        seen = seen.filter(phase=wanted["phase"])
    if wanted["q"]:
        seen = seen.filter(name__icontains=wanted["q"])
    return list(seen)


@requires(Permission.OVERVIEW_SEE, files_for_all=("csv",))
@require_safe
def registers_behind(request: MemberRequest) -> HttpResponse:
    """Registers: who is behind. Each school's latest data, missing marks, classes never sent and codes N."""
    form = BehindFilter(request.GET)
    lines = reminders.lines(_schools(request, form), on=request.member.on)
    behind = [line for line in lines if line.is_lacking]
    shown = lines if form.wanted["state"] == "all" else behind
    listing = Listing(shown, COLUMNS, request.GET, noun=("school", "schools"), sort="-behind", page_size=400)
    if listing.wants_csv:
        return csv_response(HEADINGS, _file_rows(listing.everything), "Registers - who is behind")
    page = {
        "listing": listing,
        "form": form,
        "tiles": _tiles(lines),
        "shares": (shares := _shares(lines)),
        "bar": band_bar("coverage", "Schools by what their registers lack", shares, headers=("Register", "Schools")),
        "may_chase": request.member.may(Permission.REGISTER_CHASE),
        "days": reminders.NOT_AGAIN_WITHIN.days,
        "is_ticked": request.GET.get("tick") == "all",
        "tick_all": listing.address(tick="all"),
    }
    return render(request, "schools/registers_behind.html", page)


def _tiles(lines: list[reminders.Line]) -> list[dict[str, Any]]:
    return [
        {
            "number": f"{sum(line.is_behind for line in lines):,}",
            "label": "Behind",
            "note": f"of {len(lines):,} schools",
        },
        {"number": f"{sum(line.missing for line in lines):,}", "label": "Sessions without a mark", "note": "this year"},
        {"number": f"{sum(line.never_sent for line in lines):,}", "label": "Classes never sent"},
        {"number": f"{sum(line.old_unknown for line in lines):,}", "label": "N after five school days"},
    ]


def _shares(lines: list[reminders.Line]) -> list[Share]:
    """The schools by how complete and fresh their registers are."""
    nothing = [line for line in lines if line.coverage is None]
    behind = [line for line in lines if line.coverage and line.is_behind]
    lacking = [line for line in lines if not line.is_behind and line.is_lacking]
    complete = len(lines) - len(nothing) - len(behind) - len(lacking)
    return [
        Share(1, "Complete and up to date", complete),
        Share(2, "Up to date, something is missing", len(lacking)),
        Share(4, "Behind", len(behind)),
        Share(5, "Nothing sent yet", len(nothing)),
    ]


def _file_rows(lines: list[reminders.Line]) -> list[list[Any]]:
    return [
        [
            line.school.urn, line.school.name, line.school.get_phase_display(), line.school.area, line.last_data_on,
            line.days_behind, line.missing, line.never_sent, line.old_unknown, line.reminded_on,
        ]
        for line in lines
    ]  # fmt: skip


@requires(Permission.REGISTER_CHASE)
def chase_registers(request: MemberRequest) -> HttpResponse:
    """The e-mails to the ticked schools, to be read once before they go."""
    asked = _ticked(request, request.POST if request.method == "POST" else request.GET)
    if not asked:
        messages.error(request, "Tick the schools to write to.")
        return redirect("registers_behind")
    lately = [line for line in asked if line.was_reminded_lately]
    form = ChaseForm(request.POST if request.method == "POST" else None, lately=bool(lately))
    if request.method == "POST" and form.is_valid():
        return _chased(request, asked, again=bool(lately))
    people = reminders.recipients([line.school for line in asked], on=request.member.on)
    letters = [(line, people.get(line.school.pk)) for line in asked]
    shown = [(line, to, reminders.letter(line, to, request.member) if to else "") for line, to in letters]
    return render(request, "schools/chase_registers.html", {"form": form, "shown": shown, "lately": lately})


def _ticked(request: MemberRequest, query: QueryDict) -> list[reminders.Line]:
    seen = School.objects.visible_to(request.member).filter(closed_on=None, urn__in=query.getlist("school"))
    return [line for line in reminders.lines(list(seen), on=request.member.on) if line.is_lacking]


def _chased(request: MemberRequest, asked: list[reminders.Line], *, again: bool) -> HttpResponse:
    at = clock.now(request.member.authority)
    sent = reminders.remind_schools(asked, again=again, by=request.member, at=at, on=request.member.on)
    words = "1 e-mail is on its way." if len(sent) == 1 else f"{len(sent)} e-mails are on their way."
    left = len(asked) - len(sent)
    if left:
        words += f" {left} of the schools have no address in the portal."
    messages.success(request, words)
    return redirect("registers_behind")


@requires(Permission.SCHOOL_SEE, files_for_all=(GROUPS,))
@require_safe
def register_gaps(request: MemberRequest, urn: str) -> HttpResponse:
    """One school's register: how fresh and complete it is, by year group and class, and which codes N to settle."""
    member = request.member
    school = get_object_or_404(School.objects.visible_to(member), urn=urn)
    [line] = reminders.lines([school], on=member.on)
    unknown = gaps_in_full.old_unknowns(school, member, year=line.coverage.year) if line.coverage else []
    asked = request.GET.get(FORMAT)
    named = [] if asked == GROUPS else [one.pupil.pk for one in unknown]  # that file counts, and names nobody
    words = "the gaps of a school's register"
    record_list("register_gaps", is_file=asked in (CSV, GROUPS), by=member, words=words, subject=school, pupils=named)
    if asked == CSV:
        return csv_response(gaps_in_full.HEADINGS, gaps_in_full.file_rows(unknown), f"Codes N of {school}")
    by_year, by_class = gaps_in_full.gaps_of(school)
    if asked == GROUPS:
        return csv_response(
            gaps_in_full.GROUP_HEADINGS, gaps_in_full.group_rows(by_year, by_class), f"Gaps of {school}"
        )
    page = {
        "school": school,
        "line": line,
        "marks": coverage.completeness(line.coverage) if line.coverage else None,
        "unknown": unknown,
        "groups": [("By year group", "Year group", by_year), ("By class", "Class", by_class)],
        "may_upload": member.may(Permission.REGISTER_UPLOAD),
        "may_chase": member.may(Permission.REGISTER_CHASE),
    }
    return render(request, "schools/register_gaps.html", page)
