"""The timetable, one meeting's page, and the moves before it begins."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.days import year_label, year_of
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools.models import School
from schools.stored.terms import terms_of_schools
from tsm import actions, presenters
from tsm.agreed import about, pupils_seen, seen_actions
from tsm.forms import ArrangeForm, SentReasonForm, TakeOverForm, WhenAndWhereForm, initial_of
from tsm.invitations import term_words
from tsm.models import Meeting
from tsm.people import officers
from tsm.timetable import NotThen, named_officers, suggested_day, timetable
from tsm.views.fetching import may, meeting_or_404

COLUMNS = ("URN", "School", "Officer", "Meeting", "Date", "Severely absent", "Persistently absent", "Data to")


@requires(Permission.MEETING_SEE, files_for_all=("csv",))
def my_schools(request: MemberRequest) -> HttpResponse:
    """The member's schools and where each stands this term; every school for those who ask and may."""
    member = request.member
    everyone = bool(request.GET.get("all")) and member.reads_every_school
    reach = School.objects.visible_to(member) if everyone else School.objects.of(member)
    schools = list(reach.filter(closed_on=None))
    rows = presenters.timetable_rows(timetable(schools, on=member.on), named_officers(schools, on=member.on))
    if request.GET.get("format") == "csv":
        return csv_response(COLUMNS, [row["csv"] for row in rows], "Meetings this term")
    context = {
        "rows": rows,
        "tiles": presenters.timetable_tiles(rows),
        "everyone": everyone,
        "term": _term_words(member.on),
        "may_arrange": may(request, Permission.MEETING_ARRANGE),
    }
    return render(request, "tsm/my_schools.html", context)


def _term_words(on: dt.date) -> str:
    """The authority's term of a day, such as “autumn term 2026/27”."""
    year = year_of(on)
    return f"{terms_of_schools([], [year])[None].of(on)} term {year_label(year)}"


@requires(Permission.MEETING_ARRANGE)
def arrange_meeting(request: MemberRequest, urn: str) -> HttpResponse:
    """Arrange a meeting of this school; the form is filled but for the link."""
    member = request.member
    school = get_object_or_404(School.objects.visible_to(member), urn=urn, closed_on=None)
    first = {"held_on": suggested_day(member.on), "begins": "10:00", "minutes": 45, "mode": "online"}
    form = ArrangeForm(request.POST or None, officers=officers(), initial={**first, "officer": member.pk})
    if form.is_valid():
        with said_in(form), said_in(form, "held_on", of=NotThen):
            meeting = actions.arrange_meeting(school, **form.arranged_for(), **_by(request))
            return _done(request, meeting, "The meeting is arranged. Both sides get an e-mail with a calendar file.")
    return render(request, "tsm/arrange_meeting.html", {"form": form, "school": school})


@requires(Permission.MEETING_SEE)
def meeting_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """When, where, who, what was done, and what may be done next."""
    meeting = meeting_or_404(request, pk)
    before = {"meeting__school": meeting.school, "meeting__starts_at__lt": meeting.starts_at}
    undone = list(seen_actions(request.member).undone().agreed().filter(**before))
    seen = pupils_seen(undone, request.member)
    if seen:
        record("see_meeting", by=request.member, words="Looked at a meeting's page.", subject=meeting, pupils=seen)
    context = {
        "meeting": meeting,
        "term": term_words(meeting),
        "facts": presenters.meeting_facts(meeting),
        "stage": presenters.stage_tag(meeting),
        "history": presenters.history(meeting),
        "undone": [{"action": action, "about": about(action, seen)} for action in undone],
        "may_arrange": may(request, Permission.MEETING_ARRANGE),
        "may_minute": may(request, Permission.MEETING_MINUTE),
        "has_passed": meeting.starts_at <= clock.now(meeting.authority),
        "replaced_by": Meeting.objects.filter(replaces=meeting).first(),
    }
    return render(request, "tsm/meeting_page.html", context)


@requires(Permission.MEETING_ARRANGE)
def move_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Another date, time, length or place."""
    meeting = meeting_or_404(request, pk)
    form = WhenAndWhereForm(request.POST or None, initial=initial_of(meeting))
    if form.is_valid():
        with said_in(form), said_in(form, "held_on", of=NotThen):
            actions.move_meeting(meeting, **form.arranged(), **_by(request))
            return _done(request, meeting, "The meeting is moved. Both sides have been told.")
    return _ask(request, "tsm/move_meeting.html", meeting, form)


@requires(Permission.MEETING_ARRANGE)
def cancel_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Call it off, with the reason."""
    meeting = meeting_or_404(request, pk)
    form = SentReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            actions.cancel_meeting(meeting, reason=form.cleaned_data["reason"], **_by(request))
            return _done(request, meeting, "The meeting is cancelled. Both sides have been told.")
    return _ask(request, "tsm/cancel_meeting.html", meeting, form)


@requires(Permission.MEETING_ARRANGE)
def take_over_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """A substitute holds it: whoever asks, or a colleague."""
    meeting = meeting_or_404(request, pk)
    choices = officers().exclude(pk=meeting.officer_id)
    form = TakeOverForm(request.POST or None, officers=choices, initial={"officer": request.member.pk})
    if form.is_valid():
        with said_in(form):
            actions.take_over_meeting(meeting, officer=form.cleaned_data["officer"], **_by(request))
            return _done(request, meeting, "The meeting is taken over. Everyone concerned has been told.")
    return _ask(request, "tsm/take_over_meeting.html", meeting, form)


@requires(Permission.MEETING_ARRANGE)
def mark_not_attended(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """A side did not come: which, and why, if it is known."""
    meeting = meeting_or_404(request, pk)
    form = SentReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            actions.mark_not_attended(meeting, reason=form.cleaned_data["reason"], **_by(request))
            return _done(request, meeting, "The meeting is marked as not attended. You can arrange it again.")
    return _ask(request, "tsm/mark_not_attended.html", meeting, form)


@requires(Permission.MEETING_ARRANGE)
def arrange_again(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Another in place of one cancelled or not attended."""
    meeting = meeting_or_404(request, pk)
    first = initial_of(meeting) | {"held_on": suggested_day(request.member.on)}
    form = ArrangeForm(request.POST or None, officers=officers(), initial=first)
    if form.is_valid():
        with said_in(form), said_in(form, "held_on", of=NotThen):
            new = actions.arrange_again(meeting, **form.arranged_for(), **_by(request))
            return _done(request, new, "The meeting is arranged again. Both sides have been told.")
    return _ask(request, "tsm/arrange_again.html", meeting, form)


def _by(request: MemberRequest) -> dict[str, Any]:
    at: dt.datetime = clock.now(request.member.authority)
    return {"by": request.member, "at": at}


def _done(request: MemberRequest, meeting: Meeting, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("meeting_page", pk=meeting.pk)


def _ask(request: MemberRequest, template: str, meeting: Meeting, form: Any) -> HttpResponse:
    back = reverse("meeting_page", args=[meeting.pk])
    return render(request, template, {"meeting": meeting, "form": form, "back": back, "term": term_words(meeting)})
