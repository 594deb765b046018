"""Agreed actions: all that are the member's, and one with what became of it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from tsm import actions
from tsm.agreed import about, may_settle, pupils_seen, seen_actions
from tsm.forms import SettleForm
from tsm.models import AgreedAction
from tsm.views.fetching import may

COLUMNS = (
    Column("what", "What", ("what",)),
    Column("about", "About"),
    Column("school", "School", ("meeting__school__name",)),
    Column("owner", "Owner"),
    Column("due", "Due", ("due_on",)),
)


@requires(Permission.ACTION_DO)
def agreed_actions(request: MemberRequest) -> HttpResponse:
    """What the member said they would do; with `?all=1` everything undone that they may see."""
    member, everyone = request.member, bool(request.GET.get("all"))
    rows = seen_actions(member).undone().agreed()
    rows = rows if everyone else rows.filter(owner=member)
    listing = Listing(rows, COLUMNS, request.GET, noun=("action", "actions"), sort="due")
    shown = list(listing.everything if listing.wants_csv else listing)
    seen = pupils_seen(shown, member)
    record_list("agreed_actions", is_file=listing.wants_csv, by=member, words="agreed actions", pupils=seen)
    if listing.wants_csv:
        cells = [(a.what, about(a, seen), a.meeting.school, a.owner_shown, a.due_on) for a in shown]
        return csv_response([column.label for column in COLUMNS], cells, "Agreed actions")
    lines = [{"action": action, "about": about(action, seen)} for action in shown]
    context = {
        "actions": listing,
        "rows": lines,
        "everyone": everyone,
        "may_see_all": may(request, Permission.MEETING_SEE),
    }
    return render(request, "tsm/agreed_actions.html", context)


@requires(Permission.ACTION_DO)
def action_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One action: done with its outcome, no longer needed with the reason, or taken up again."""
    member = request.member
    action: AgreedAction = get_object_or_404(seen_actions(member).agreed(), pk=pk)
    allowed = may_settle(action, member)
    form = SettleForm(request.POST or None) if allowed else None
    if allowed and request.POST.get("again"):
        actions.take_up_again(action, on=member.on, by=member)
        return redirect("action_page", pk=pk)
    if form is not None and form.is_valid():
        with said_in(form):
            _settle(action, form, request)
            messages.success(request, "Thank you. What became of the action is kept.")
            return redirect("action_page", pk=pk)
    seen = pupils_seen([action], member)
    record("see_action", by=member, words="Looked at an agreed action.", subject=action, pupils=seen)
    context = {
        "action": action,
        "about": about(action, seen),
        "sees_pupil": bool(seen),
        "sees_meeting": may(request, Permission.MEETING_SEE),
        "form": form,
        "is_settled": bool(action.done_on or action.given_up_on) and not (form and form.errors),
        "is_late": bool(action.due_on and action.due_on < member.on),
    }
    return render(request, "tsm/action_page.html", context)


def _settle(action: AgreedAction, form: SettleForm, request: MemberRequest) -> None:
    words, on = form.cleaned_data["outcome"], clock.today(request.member.authority)
    if form.cleaned_data["settled"] == "done":
        actions.mark_done(action, outcome=words, on=on, by=request.member)
    else:
        actions.give_up_action(action, reason=words, on=on, by=request.member)
