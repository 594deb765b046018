"""The meeting under way: an overview with the whole school, and a page a pupil, each saved as one types."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from tsm import actions, presenters
from tsm.invitations import term_words
from tsm.listing import KEPT_ON_A_PAGE, KeptListing, usual_reason
from tsm.minutes import GROUP_WORDS
from tsm.models import Discussion, Meeting
from tsm.moves import MOVES
from tsm.people import may_be_named
from tsm.remaining import still_open
from tsm.sheets import Sheet, answer_of, sheet_of, typed_in
from tsm.timetable import day_of
from tsm.views.fetching import meeting_or_404

BACKGROUND = "X-Background"


@requires(Permission.MEETING_MINUTE)
def begin_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say for when it is booked and what day it is, and begin: the figures freeze."""
    meeting = meeting_or_404(request, pk)
    if request.method == "POST":
        actions.begin_meeting(meeting, by=request.member, at=clock.now(meeting.authority))
        return redirect("hold_meeting", pk=pk)
    if meeting.stage != Meeting.Stage.ARRANGED:
        raise Refused(MOVES["begin_meeting"].refusal)
    context = {"meeting": meeting, "booked": presenters.when(meeting), "today": request.member.on}
    context["another_day"] = day_of(meeting) != request.member.on
    return render(request, "tsm/begin_meeting.html", context | {"back": reverse("meeting_page", args=[pk])})


@requires(Permission.MEETING_MINUTE)
def hold_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Who is here, the running order, and what is said of the whole school."""
    meeting = _under_way(request, pk)
    if request.method == "POST":
        return _save(request, meeting, None)
    sheet = _sheet(request, meeting, None)
    if BACKGROUND in request.headers:
        return JsonResponse(sheet.as_json(clock.now(meeting.authority)))
    order = _running_order(request, meeting)
    context = _context(meeting, sheet, order) | presenters.bands_bar(meeting.figures)
    pupils = [discussion.pupil_id for discussion in (*context["agenda"], *context["kept"])]
    record("see_hold_meeting", by=request.member, words="Opened a meeting.", subject=meeting, pupils=pupils)
    return render(request, "tsm/hold_meeting.html", context)


@requires(Permission.MEETING_MINUTE)
def hold_discussion(request: MemberRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """One pupil: the frozen figures beside what is minuted."""
    meeting = _under_way(request, pk)
    order = _running_order(request, meeting)
    at = _place(order, position)
    discussion = order[at]
    if request.method == "POST":
        return _save(request, meeting, discussion, order[at + 1 : at + 2])
    sheet = _sheet(request, meeting, discussion)
    if BACKGROUND in request.headers:
        return JsonResponse(sheet.as_json(clock.now(meeting.authority)))
    record("see_hold_discussion", by=request.member, words="Opened a pupil at a meeting.", subject=discussion,
           pupils=[discussion.pupil_id])  # fmt: skip
    context = _context(meeting, sheet, order) | {
        "discussion": discussion,
        "group": GROUP_WORDS[discussion.group],
        "figures": presenters.pupil_rows(discussion.figures),
        "weeks": presenters.weeks_chart(discussion.figures),
        "number": at + 1,
        "previous": order[at - 1] if at else None,
        "next": order[at + 1] if at + 1 < len(order) else None,
    }
    return render(request, "tsm/hold_discussion.html", context)


@requires(Permission.MEETING_MINUTE)
def kept_pupils(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Everyone kept for another time, a page at a time; each may still be minuted."""
    meeting = _under_way(request, pk)
    seen = Discussion.objects.visible_to(request.member).filter(meeting=meeting, on_agenda=False)
    kept = KeptListing(seen.order_by("position"), request.GET)
    shown = list(kept)
    pupils = [discussion.pupil_id for discussion in shown]
    record("see_kept_pupils", by=request.member, words="Looked at a meeting's list.", subject=meeting, pupils=pupils)
    context = {"meeting": meeting, "kept": kept, "rows": shown, "groups": GROUP_WORDS}
    context["usual"] = usual_reason(seen.values("kept_because"))
    return render(request, "tsm/kept_pupils.html", context)


@requires(Permission.MEETING_MINUTE)
def end_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what is still open, block nothing, and end: the minutes go to both sides."""
    if request.method == "POST":
        meeting = meeting_or_404(request, pk)
        actions.end_meeting(meeting, by=request.member, at=clock.now(meeting.authority))
        messages.success(request, "The meeting has ended. Both sides are asked to confirm the minutes.")
        return redirect("minutes_page", pk=pk)
    meeting = _under_way(request, pk)
    left = still_open(meeting, request.member)
    record("see_end_meeting", by=request.member, words="Looked at what is still open in a meeting.", subject=meeting,
           pupils=left.pupil_ids)  # fmt: skip
    context = {"meeting": meeting, "left": left, "back": reverse("hold_meeting", args=[pk])}
    return render(request, "tsm/end_meeting.html", context)


def _under_way(request: MemberRequest, pk: uuid.UUID) -> Meeting:
    meeting = meeting_or_404(request, pk)
    if meeting.stage != Meeting.Stage.UNDER_WAY:
        not_begun = "This meeting has not begun. Begin it on its page."
        raise Refused(not_begun if meeting.began_at is None else MOVES["write_minutes"].refusal)
    return meeting


def _running_order(request: MemberRequest, meeting: Meeting) -> list[Discussion]:
    """The frozen list as this member may see it; those kept for another time come after the agenda."""
    seen = Discussion.objects.visible_to(request.member).filter(meeting=meeting)
    return list(seen.select_related("pupil").order_by("-on_agenda", "position"))


def _place(order: Sequence[Discussion], position: int) -> int:
    for at, discussion in enumerate(order):
        if discussion.position == position:
            return at
    raise Http404


def _sheet(request: MemberRequest, meeting: Meeting, discussion: Discussion | None) -> Sheet:
    people = list(may_be_named(meeting.school, on=request.member.on))
    return sheet_of(meeting, discussion, people)


def _save(
    request: MemberRequest, meeting: Meeting, discussion: Discussion | None, following: Sequence[Discussion] = ()
) -> HttpResponse:
    """The same action for the script and for the button; the button then goes where its name says."""
    now = clock.now(meeting.authority)
    written = actions.write_minutes(meeting, discussion, typed_in(request.POST), by=request.member, at=now)
    if request.POST.get("autosave"):
        return JsonResponse(answer_of(written, now))
    notes = list(dict.fromkeys(each.note for each in written.values() if each.note))
    for note in notes:
        messages.warning(request, note)
    if discussion is None:
        ends = request.POST.get("then") == "end" and not notes
        return redirect("end_meeting" if ends else "hold_meeting", pk=meeting.pk)
    goes_on = request.POST.get("then") == "next" and following and not notes
    there = following[0] if goes_on else discussion
    return redirect("hold_discussion", pk=meeting.pk, position=there.position)


def _context(meeting: Meeting, sheet: Sheet, order: Sequence[Discussion]) -> dict[str, Any]:
    kept = [each for each in order if not each.on_agenda]
    return {
        "meeting": meeting,
        "term": term_words(meeting),
        "sheet": sheet,
        "agenda": [each for each in order if each.on_agenda],
        "kept": kept[:KEPT_ON_A_PAGE],
        "kept_number": len(kept),
    }
