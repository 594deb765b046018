"""The termly counts of children missing education and educated at home, and who is behind each number."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import FORMAT, Column, Listing
from casework import termly_counts as reading
from casework.forms.out_of_school import CensusForm
from casework.termly_categories import CENSUS_DAYS, NOT_CONFIRMED, latest_census
from casework.tracked import with_school
from schools.models import Pupil

COLUMNS = (
    Column("pupil", "Child", ("sort_key",)),
    Column("school", "School, now or last", ("school_name", "sort_key")),
    Column("born", "Date of birth", ("date_of_birth",)),
)


def _census(request: MemberRequest) -> tuple[CensusForm, dt.date]:
    """The date that was typed, or the latest census day; what makes no sense is the latter too."""
    latest = latest_census(request.member.on)
    typed = CensusForm(request.GET) if "census_day" in request.GET else CensusForm(initial={"census": latest})
    asked = typed.cleaned_data.get("census") if typed.is_valid() else None
    return typed, asked or latest


def _asked(census_on: dt.date) -> str:
    return urlencode({"census_day": census_on.day, "census_month": census_on.month, "census_year": census_on.year})


@requires(Permission.OVERVIEW_SEE, files_for_all=("csv",))
@require_safe
def termly_counts(request: MemberRequest) -> HttpResponse:
    """The counts on a census date; with `?format=csv` as a file."""
    form, census_on = _census(request)
    found = reading.tables(census_on)
    is_file = request.GET.get(FORMAT) == "csv"
    words = f"{'Downloaded' if is_file else 'Looked at'} the termly counts of {census_on:%-d %B %Y}."
    record(f"{'export' if is_file else 'see'}_termly_counts", by=request.member, words=words)
    if is_file:
        name = f"Children missing education and educated at home {census_on.isoformat()}"
        return csv_response(["Table", "Line", "Number"], reading.file_rows(found), name)
    page = {
        "tables": found,
        "form": form,
        "census_on": census_on,
        "asked": _asked(census_on),
        "doubts": NOT_CONFIRMED,
        "source": CENSUS_DAYS[0].source,
    }
    return render(request, "casework/termly_counts.html", page)


@requires(Permission.OVERVIEW_SEE)
@require_safe
def counted_children(request: MemberRequest, code: str) -> HttpResponse:
    """The children behind one number, as far as the member may see them."""
    _, census_on = _census(request)
    counted = reading.number_of(reading.tables(census_on), code)
    if counted is None:
        raise Http404
    table, number = counted
    seen = with_school(Pupil.objects.visible_to(request.member).filter(pk__in=number.pupils), request.member, "pk")
    listing = Listing(seen, COLUMNS, request.GET, noun=("child", "children"), sort="pupil")
    found = list(listing.everything if listing.wants_csv else listing)
    words = f"who is counted: {table.title}, {number.label}"
    record_list("counted_children", is_file=listing.wants_csv, by=request.member, words=words, pupils=found)
    if listing.wants_csv:
        cells = ((child, child.upn, child.school_name, child.date_of_birth) for child in found)
        return csv_response(["Child", "UPN", "School, now or last", "Date of birth"], cells, number.label)
    page = {
        "table": table,
        "number": number,
        "listing": listing,
        "shown": found,
        "census_on": census_on,
        "asked": _asked(census_on),
        "not_shown": len(set(number.pupils)) - listing.total,
    }
    return render(request, "casework/counted_children.html", page)
