"""Social care's lists: sending one, what became of its lines, and saying which child an uncertain line means."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.children import social_care
from schools.children.social_care_forms import CareLinesFilter, CareListForm, SettleLineForm
from schools.models import Circumstance, SocialCareLine, SocialCareList

LISTS = (
    Column("sent", "Sent", ("sent_at",)),
    Column("file", "File", ("file_name",)),
    Column("by", "By"),
    Column("recorded", "Recorded", ("recorded",), numeric=True),
    Column("waiting", "To be looked at", ("waiting",), numeric=True),
    Column("left_out", "Left out", ("left_out",), numeric=True),
)
LINES = (
    Column("child", "Child", ("surname", "forename")),
    Column("row", "Line", ("row",), numeric=True),
    Column("status", "Status", ("kind", "from_on")),
    Column("worker", "Social worker", ("social_worker",)),
    Column("state", "What became of it", ("state", "row")),
)
LINE_HEADINGS = (
    "Line", "UPN", "Surname", "Forename", "Date of birth", "Status", "Social worker", "Social worker e-mail", "From",
    "To", "What became of it", "Why",
)  # fmt: skip


@requires(Permission.SOCIAL_CARE_LIST, files_for_all=("csv",))
def social_care_lists(request: MemberRequest) -> HttpResponse:
    """The lists that were sent, and sending another."""
    form = CareListForm(request.POST, request.FILES) if request.method == "POST" else CareListForm()
    if form.is_valid():
        sent, member = form.cleaned_data["file"], request.member
        at = clock.now(member.authority)
        made = social_care.import_care_list(sent.read(), file_name=sent.name, by=member, on=member.on, at=at)
        messages.success(request, "The list was taken in. What is certain is recorded.")
        return redirect("social_care_list", pk=made.pk)
    state = SocialCareLine.State
    counts = {"recorded": state.RECORDED, "waiting": state.UNCERTAIN, "left_out": state.LEFT_OUT}
    asked = {name: Count("lines", filter=Q(lines__state=value)) for name, value in counts.items()}
    lists = SocialCareList.objects.select_related("sent_by__user").annotate(**asked)
    listing = Listing(lists, LISTS, request.GET, noun=("list", "lists"), sort="-sent")
    if listing.wants_csv:
        headings = [column.label for column in LISTS]
        return csv_response(headings, [_list_line(one) for one in listing.everything], "Social care lists")
    return render(request, "schools/social_care_lists.html", {"form": form, "listing": listing})


def _list_line(one: Any) -> list[Any]:
    sender = one.sent_by.name if one.sent_by else "The command line"
    return [f"{one.sent_at:%Y-%m-%d %H:%M}", one.file_name, sender, one.recorded, one.waiting, one.left_out]


@requires(Permission.SOCIAL_CARE_LIST)
@require_safe
def social_care_list(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The lines of one list, and what became of each."""
    care_list = get_object_or_404(SocialCareList, pk=pk)
    form = CareLinesFilter(request.GET)
    lines = social_care.lines_seen([care_list], request.member)
    counts = dict(lines.order_by().values_list("state").annotate(n=Count("pk")))
    if form.wanted:
        lines = lines.filter(state=form.wanted)
    listing = Listing(lines, LINES, request.GET, noun=("line", "lines"), sort="row")
    rows = list(listing.everything) if listing.wants_csv else list(listing)
    told: dict[str, Any] = {
        "words": "a social care list",
        "subject": care_list,
        "pupils": social_care.children_told(rows),
    }
    record_list("care_list", is_file=listing.wants_csv, by=request.member, **told)
    if listing.wants_csv:
        return csv_response(LINE_HEADINGS, [_line(one) for one in rows], "Lines of a social care list")
    tiles = [{"number": counts.get(one.value, 0), "label": one.label} for one in SocialCareLine.State]
    page = {"care_list": care_list, "form": form, "listing": listing, "lines": rows, "tiles": tiles}
    return render(request, "schools/social_care_list.html", page)


def _line(one: SocialCareLine) -> list[Any]:
    kind = Circumstance.Kind(one.kind).label if one.kind else ""
    state = SocialCareLine.State(one.state).label
    return [
        one.row, one.upn, one.surname, one.forename, one.date_of_birth, kind, one.social_worker,
        one.social_worker_email, one.from_on, one.until_on, state, one.message,
    ]  # fmt: skip


@requires(Permission.SOCIAL_CARE_LIST)
def settle_care_line(request: MemberRequest, pk: int) -> HttpResponse:
    """Say which child an uncertain line means, or set it aside."""
    member = request.member
    seen = social_care.lines_seen(SocialCareList.objects.all(), member)
    line: SocialCareLine = get_object_or_404(seen, pk=pk, state=SocialCareLine.State.UNCERTAIN)
    children = social_care.find_child(line, member).to_choose_from
    form = SettleLineForm(request.POST or None, children=children)
    if not form.is_valid():
        named = social_care.children_told([line]) | {child.pk for child in children}
        words = "Looked at children whom a line of a social care list may mean."
        record("see_care_line", by=member, words=words, subject=line.care_list, pupils=named)
        back = f"{reverse('social_care_list', args=[line.care_list_id])}?state={SocialCareLine.State.UNCERTAIN}"
        page = {"form": form, "line": line, "title": "Which child is meant?", "back": back}
        return render(request, "schools/settle_care_line.html", page)
    chosen = uuid.UUID(form.chosen) if form.chosen else None
    social_care.settle_line(line, chosen, by=member, at=clock.now(member.authority))
    messages.success(request, "The line was recorded." if chosen else "The line was set aside.")
    return redirect("social_care_list", pk=line.care_list_id)
