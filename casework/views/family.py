"""The page of a whole family."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record_list
from attendance_portal.charts import percent
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework.family import Child, whole_family
from casework.views.back import back_to
from schools.models import Pupil
from schools.standing import categories
from schools.stored.same_child import records_seen

COLUMNS = (
    Column("child", "Child"),
    Column("school", "School and year group"),
    Column("attendance", "Attendance, year to date"),
    Column("circumstances", "Circumstances"),
    Column("case", "Open case and lead"),
)
HEADINGS = (
    "Child", "School", "Year group", "Sessions attended", "Possible sessions", "Attendance", "Category",
    "Circumstances", "Open case", "Lead practitioner",
)  # fmt: skip


@requires(Permission.CASE_SEE)
@require_safe
def family_view(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The child and siblings with school, attendance, circumstances and cases, and their parents and carers."""
    member = request.member
    pupil = get_object_or_404(Pupil.objects.visible_to(member), pk=pk)
    family = whole_family(records_seen(pupil, member), member)
    listing = Listing(family.children, COLUMNS, request.GET, noun=("child", "children"))
    told: dict[str, Any] = {"words": "the whole family of a child", "subject": pupil, "pupils": family.records}
    record_list("family_view", is_file=listing.wants_csv, by=member, **told)
    if listing.wants_csv:
        rows = [line for child in family.children for line in _lines(child)]
        return csv_response(HEADINGS, rows, f"Family of {pupil}")
    page = {"pupil": pupil, "listing": listing, "adults": family.adults, "on": member.on}
    page["back"] = back_to(request, reverse("pupil_page", args=[pk]))
    return render(request, "casework/family_view.html", page)


def _lines(child: Child) -> list[list[object]]:
    """A line for each school of the child's, one without where no school is shown."""
    circumstances = "; ".join(one.get_kind_display() for one in child.circumstances)
    after = [circumstances, _opened(child), "; ".join(one.lead_shown for one in child.cases if one.lead_shown)]
    lines = []
    for one in child.enrolments:
        at = getattr(one, "standing", None)
        figures = (
            [at.attended, at.possible, percent(at.attended, at.possible), categories.words(at.band)] if at else [""] * 4
        )
        lines.append([str(child.pupil), one.school.name, one.year_group, *figures, *after])
    return lines or [[str(child.pupil), *[""] * 6, *after]]


def _opened(child: Child) -> str:
    return "; ".join(f"Opened {one.opened_on:%-d %B %Y}" for one in child.cases)
