"""The list of a school's pupils, and the page of one child."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.panels import panels_of
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing
from schools import lists
from schools.changes.as_known import known_day, list_as_known, list_of_all_as_known, listing_of, taken_off_since
from schools.changes.known_together import StillWorking
from schools.children import childs_page
from schools.forms import PupilFilter
from schools.models import Pupil, School
from schools.stored.same_child import records_seen
from schools.views.known_progress import still_working

ELSEWHERE = (
    ("possible_duplicates", "Possible duplicates", Permission.RECORD_LINK),
    ("hand_overs", "Hand-overs between authorities", Permission.HAND_OVER),
    ("restricted_records", "Restricted records", Permission.RECORD_RESTRICT),
    ("social_care_lists", "Social care lists", Permission.SOCIAL_CARE_LIST),
)


@requires(Permission.PUPIL_SEE)
@require_safe
def pupil_list(request: MemberRequest, urn: str) -> HttpResponse:
    """The pupils of one school, narrowed and sorted; the whole of it as a file for those who may take one."""
    school = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    return _list(request, school, f"Pupils of {school}", "schools/pupil_list.html")


@requires(Permission.PUPIL_SEE)
@require_safe
def pupils(request: MemberRequest) -> HttpResponse:
    """The pupils of every school this member may see: those searched for or narrowed to."""
    return _list(request, None, "Pupils", "schools/pupils.html")


def _wanted(
    member: Membership, wanted: lists.Wanted, school: School | None, known_on: dt.date | None
) -> tuple[Any, str]:
    """The rows of a list, and why there are none where too many were asked for."""
    if known_on is None:
        return lists.standings(member, wanted, on=member.on, school=school), ""
    try:
        if school:
            return list_as_known(member, wanted, school, known_on), ""
        return list_of_all_as_known(member, wanted, known_on), ""
    except Refused as refused:
        return [], str(refused)


def _list(request: MemberRequest, school: School | None, title: str, template: str) -> HttpResponse:
    member = request.member
    form = PupilFilter(request.GET, school=school)
    known_on = known_day(request.GET, on=member.on)
    title += f", as known on {known_on:%-d %B %Y}" if known_on else ""
    try:
        rows, refused = _wanted(member, form.wanted, school, known_on)
    except StillWorking as still:
        return still_working(request, still)
    columns = lists.COLUMNS if school else lists.COLUMNS_OF_ALL
    listing = listing_of(known_on)(
        rows,
        columns,
        request.GET,
        noun=("pupil", "pupils"),
        sort="attendance" if school else "name",
    )
    if listing.wants_csv and not refused:
        return _download(request, listing, school, title)
    seen = list(listing)
    record("see_pupils", by=member, words=f"Looked at the list: {title}.", subject=school, pupils=_ids(seen))
    page: dict[str, Any] = {"school": school, "form": form, "listing": listing, "standings": seen, "title": title}
    page |= {"known_on": known_on, "today": member.on, "refused": refused}
    page["taken_off"] = taken_off_since(school, known_on) if school and known_on else 0
    page["elsewhere"] = [] if school else _elsewhere(member)
    return render(request, template, page)


def _elsewhere(member: Membership) -> list[tuple[str, str]]:
    """Other lists of children that this member may open from the list of all."""
    return [(reverse(name), text) for name, text, permission in ELSEWHERE if member.may(permission)]


def _download(request: MemberRequest, listing: Listing, school: School | None, title: str) -> HttpResponse:
    rows = list(listing.everything)
    words = f"the list: {title}"
    record_list("pupils", is_file=True, by=request.member, words=words, subject=school, pupils=_ids(rows))
    return csv_response(lists.HEADINGS, lists.file_rows(rows), title)


def _ids(standings: list[Any]) -> list[uuid.UUID]:
    return list(dict.fromkeys(standing.pupil_id for standing in standings))


def _pupil(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return pupil


@requires(Permission.PUPIL_SEE)
@require_safe
def pupil_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One child: status, the year as a calendar, totals, headroom, family, what changed, and who has looked."""
    pupil, member = _pupil(request, pk), request.member
    records = records_seen(pupil, member)
    record("see_pupil", by=member, words="Looked at the pupil's page.", subject=pupil, pupils=records)
    known_on = known_day(request.GET, on=member.on)
    asked, target = request.GET.get("year", ""), request.GET.get("target", "")
    page = childs_page.page_of(records, member, asked=asked, known_on=known_on, target=target)
    page |= {"known_on": known_on, "today": member.on}
    page["panels"] = panels_of(settings.PUPIL_PANELS, pupil, member)
    page["trail"] = _trail(page["enrolments"])
    return render(request, "schools/pupil_page.html", page)


def _trail(enrolments: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """To the school and its list, where the member may open them; else to the list of all they see."""
    open_one = next((one for one in enrolments if one["href"]), None)
    if open_one is None:
        return [("Pupils", reverse("pupils"))]
    urn = open_one["enrolment"].school.urn
    return [
        (open_one["enrolment"].school.name, reverse("school_page", args=[urn])),
        ("Pupils", reverse("pupil_list", args=[urn])),
    ]


@requires(Permission.PUPIL_EXPORT)
@require_safe
def pupil_marks_csv(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Every mark of a child's year, with its meaning and what it counts as."""
    pupil = _pupil(request, pk)
    record("export_marks", by=request.member, words="Downloaded a pupil's marks.", subject=pupil, pupils=[pupil])
    known_on = known_day(request.GET, on=request.member.on)
    rows = childs_page.mark_rows(pupil, request.member, asked=request.GET.get("year", ""), known_on=known_on)
    headings = ["School", "Date", "Session", "Code", "Meaning", "Counts as"]
    return csv_response(headings, rows, f"Marks of {pupil}")
