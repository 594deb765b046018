"""The list of schools and the page of one school."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from attendance_portal.charts import band_bar, week_trend
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.changes.as_known import known_day, standings_as_known
from schools.directory.successions import history_of, panels_with_history
from schools.models import School, Upload
from schools.standing import categories, school_words
from schools.standing.summaries import Summary, summary_of, this_term_and_last, weekly_attendance
from schools.stored.registers import counted_once, load_roll

_ON_ROLL = Q(standings__is_on_roll=True)
COLUMNS = (
    Column("name", "School", ("name",)),
    Column("laestab", "DfE number", ("laestab", "name")),
    Column("phase", "Phase", ("phase", "name")),
    Column("status", "Status", ("status", "name")),
    Column("area", "Area", ("area", "name")),
    Column("pupils", "On roll", ("pupils",), numeric=True),
    Column("persistent", "Missed 10% or more", ("persistent",), numeric=True),
    Column("severe", "Missed 50% or more", ("severe",), numeric=True),
    Column("attendance", "Attendance", numeric=True),
    Column("as_at", "Data up to", ("as_at",)),
)


@requires(Permission.SCHOOL_SEE, files_for_all=("csv",))
@require_safe
def schools(request: MemberRequest) -> HttpResponse:
    """The schools this member may open, with their headline figures."""
    member = request.member
    reach = School.objects.of(member) if member.is_of_a_school else School.objects.visible_to(member)
    theirs = reach.annotate(
        pupils=Count("standings", filter=_ON_ROLL),
        persistent=Count("standings", filter=_ON_ROLL & Q(standings__persistent=True)),
        severe=Count("standings", filter=_ON_ROLL & Q(standings__severe=True)),
        possible=Sum("standings__possible"),
        attended=Sum("standings__attended"),
        as_at=Max("standings__as_at"),
    )
    listing = Listing(theirs, COLUMNS, request.GET, noun=("school", "schools"), sort="name")
    if listing.wants_csv:
        return csv_response(*school_words.schools_file(listing.everything), "Schools")
    if listing.total == 1 and request.member.is_of_a_school:
        return redirect("school_page", urn=next(iter(listing)).urn)
    return render(request, "schools/schools.html", {"listing": listing})


@requires(Permission.SCHOOL_SEE)
@require_safe
def school_page(request: MemberRequest, urn: str) -> HttpResponse:
    """One school: categories, national counts, this term beside the last, weeks, year groups and cohorts."""
    school = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    known_on = known_day(request.GET, on=request.member.on)
    known = standings_as_known(school, known_on) if known_on else None
    summary = summary_of(school, on=known_on or request.member.on, known=known)
    stored = Upload.objects.filter(school=school, stage=Upload.Stage.ACCEPTED).exclude(first_on=None)  # not counts
    history = history_of(school, request.member)
    page: dict[str, Any] = {
        "school": school,
        "summary": summary,
        "known_on": known_on,
        "today": request.member.on,
        "last_upload": stored.select_related("settled_by__user").order_by("-sent_at").first(),
        "panels": panels_with_history(settings.SCHOOL_PANELS, school, history.ids, request.member),
        "history": history,
        "may_correct": request.member.may(Permission.FACT_CORRECT),
        "may_upload": request.member.may(Permission.REGISTER_UPLOAD),
    }
    if summary:
        page |= _figures(school, summary, known_on, history.ids)
    return render(request, "schools/school_page.html", page)


def _figures(school: School, summary: Summary, known_on: dt.date | None, before: list[int]) -> dict[str, Any]:
    roll = counted_once(load_roll([school.pk, *before], summary.year, known_on=known_on))
    shares = categories.shares(summary.on_roll.bands)
    weeks = weekly_attendance(roll, as_at=summary.as_at)
    now, then = this_term_and_last(school, roll, as_at=summary.as_at, known_on=known_on, before=before)
    points = [(f"{day:%-d %b}", 100 * attended / possible if possible else None) for day, attended, possible in weeks]
    return {
        "bar": band_bar("categories", "Pupils on roll by absence category", shares),
        "shares": shares,
        "short_ranges": categories.short_ranges(),
        "weeks": week_trend("weeks", "Attendance by week", points, lines=[("90%", 90.0), ("95%", 95.0)]),
        "tiles": school_words.tiles(school, summary),
        "terms": school_words.terms(now, then),
        "year_groups": school_words.year_group_rows(school, summary),
        "cohorts": school_words.cohort_rows(school, summary),
    }
