"""The list that draws itself up, its agenda, and pupils added or taken off by hand."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools.models import Enrolment, Pupil, School
from tsm import actions
from tsm.forms import AddForm, FindForm, ReasonForm
from tsm.invitations import link
from tsm.listing import CHANGE, KEPT_COLUMNS, KeptListing, csv_rows, list_rows, usual_reason
from tsm.models import Meeting
from tsm.preparation import prepare
from tsm.views.fetching import may, meeting_or_404

COLUMNS = (
    "Position", "UPN", "Name", "Year group", "Why", "Attendance", "Sessions missed", "Sessions possible", "Agenda",
)  # fmt: skip
MOST_FOUND = 20


@requires(Permission.MEETING_SEE)
def meeting_list(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The list and agenda as the register has them now; once the meeting has begun, its minutes hold them."""
    member, meeting = request.member, meeting_or_404(request, pk)
    if meeting.began_at is not None:
        return redirect("hold_meeting" if meeting.stage == Meeting.Stage.UNDER_WAY else "minutes_page", pk=pk)
    prepared = prepare(meeting, [member], on=member.on)
    rows = list_rows(prepared)
    if request.GET.get("format") == "csv":
        told: dict[str, Any] = {
            "words": "a meeting's list",
            "subject": meeting,
            "pupils": [row["pupil"].pk for row in rows],
        }
        record_list("meeting_list", is_file=True, by=member, **told)
        return csv_response(COLUMNS, csv_rows(rows), f"Meeting list {meeting.school.name}")
    context = _agenda_and_kept(request, meeting, rows) | {"meeting": meeting, "agenda": prepared.agenda}
    pupils = [row["pupil"].pk for row in (*context["rows"], *context["kept"])]
    record("see_meeting_list", by=member, words="Looked at a meeting's list.", subject=meeting, pupils=pupils)
    return render(request, "tsm/meeting_list.html", context)


def _agenda_and_kept(request: MemberRequest, meeting: Meeting, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The agenda whole, and one page of those kept for another time."""
    may_change = may(request, Permission.MEETING_LIST_CHANGE) and meeting.stage == Meeting.Stage.ARRANGED
    kept = [row for row in rows if not row["on_agenda"]]
    columns = (*KEPT_COLUMNS, CHANGE) if may_change else KEPT_COLUMNS
    return {
        "rows": [row for row in rows if row["on_agenda"]],
        "kept": KeptListing(kept, request.GET, columns=columns),
        "usual": usual_reason(kept),
        "may_change": may_change,
        "where": link(meeting, "meeting_list"),
    }


@requires(Permission.MEETING_LIST_CHANGE)
def add_to_list(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Find a pupil of the school, and say why they should be discussed."""
    meeting = meeting_or_404(request, pk)
    find = FindForm(request.GET if "find" in request.GET else None)
    words = request.GET.get("find", "").strip()
    found = _found(request, meeting.school, words)
    form = AddForm(request.POST or None, found=found)
    if form.is_valid():
        pupil, reason = form.cleaned_data["pupil"], form.cleaned_data["reason"]
        at = clock.now(meeting.authority)
        actions.add_to_list(meeting, pupil, reason=reason, by=request.member, at=at)
        messages.success(request, f"{pupil} is on the list.")
        return redirect("meeting_list", pk=pk)
    if words:
        seen = [pupil.pk for pupil in found]
        record("find_pupil_for_list", by=request.member, words="Looked for a pupil.", subject=meeting, pupils=seen)
    context = {"meeting": meeting, "find": find, "words": words, "form": form, "found": list(found) if words else []}
    return render(request, "tsm/add_to_list.html", context | {"back": reverse("meeting_list", args=[pk])})


def _found(request: MemberRequest, school: School, words: str) -> Any:
    """Pupils on this school's roll whom the member may see, by name or UPN; at most twenty."""
    on_roll = Enrolment.objects.on_roll(request.member.on).filter(school=school).values("pupil")
    pupils = Pupil.objects.visible_to(request.member).filter(pk__in=on_roll)
    if request.method == "POST":
        return pupils
    named = Q()
    for word in words.split():
        named &= Q(surname__icontains=word) | Q(forename__icontains=word)
    matching = pupils.filter(named | Q(upn=words.upper())) if words else pupils.none()
    return matching.order_by("sort_key")[:MOST_FOUND]


@requires(Permission.MEETING_LIST_CHANGE)
def drop_from_list(request: MemberRequest, pk: uuid.UUID, pupil: uuid.UUID) -> HttpResponse:
    """Take a pupil off the agenda, with the reason."""
    meeting, child = meeting_or_404(request, pk), _pupil(request, pupil)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        at = clock.now(meeting.authority)
        actions.drop_from_list(meeting, child, reason=form.cleaned_data["reason"], by=request.member, at=at)
        messages.success(request, f"{child} is taken off the agenda, and stays on the list with the reason.")
        return redirect("meeting_list", pk=pk)
    record("see_drop_from_list", by=request.member, subject=meeting, pupils=[child.pk])
    back = reverse("meeting_list", args=[pk])
    return render(request, "tsm/drop_from_list.html", {"meeting": meeting, "pupil": child, "form": form, "back": back})


@require_POST
@requires(Permission.MEETING_LIST_CHANGE)
def undo_list_change(request: MemberRequest, pk: uuid.UUID, pupil: uuid.UUID) -> HttpResponse:
    """Let the list follow the rule again for this pupil."""
    meeting, child = meeting_or_404(request, pk), _pupil(request, pupil)
    actions.follow_the_rule_again(meeting, child, by=request.member, at=clock.now(meeting.authority))
    messages.success(request, f"The list follows the rule again for {child}.")
    return redirect("meeting_list", pk=pk)


def _pupil(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return pupil
