"""The minutes: read, confirmed by both sides, opened again, and as a PDF file."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.documents import pdf
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from tsm import actions, presenters
from tsm.actions.confirming import side_of
from tsm.document import actions_of, document_of
from tsm.forms import ReasonForm
from tsm.minutes import confirmations_of, kept_by_reason, shown_minutes
from tsm.models import Meeting
from tsm.views.fetching import may, meeting_or_404


def _held(request: MemberRequest, pk: uuid.UUID) -> Meeting:
    meeting = meeting_or_404(request, pk)
    if meeting.began_at is None:
        raise Http404
    return meeting


@requires(Permission.MEETING_SEE)
def minutes_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The minutes as they are, and what either side may still do."""
    meeting = _held(request, pk)
    minutes = shown_minutes(meeting, request.member)
    pupils = [each["pupil"] for part in ("pupils", "kept") for each in minutes[part]]
    record("see_minutes", by=request.member, words="Read the minutes.", subject=meeting, pupils=pupils)
    waiting = meeting.stage == Meeting.Stage.TO_CONFIRM and may(request, Permission.MINUTES_CONFIRM)
    sides = set(meeting.confirmations.values_list("side", flat=True))
    context = {
        "meeting": meeting,
        "minutes": minutes,
        "stage": presenters.stage_tag(meeting),
        "confirmations": confirmations_of(meeting),
        "actions": actions_of(minutes),
        "kept": kept_by_reason(minutes["kept"]),
        "may_confirm": waiting and side_of(request.member) not in sides,
        "may_reopen": waiting,
        **presenters.bands_bar(meeting.figures),
    }
    return render(request, "tsm/minutes_page.html", context)


@requires(Permission.MEETING_SEE)
def minutes_pdf(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The same as a tagged PDF file, for whoever may take children as a file: all who hold meetings are among them."""
    if not request.may_export:
        raise PermissionDenied
    meeting = _held(request, pk)
    minutes = shown_minutes(meeting, request.member)
    pupils = [each["pupil"] for part in ("pupils", "kept") for each in minutes[part]]
    record("download_minutes", by=request.member, words="Downloaded the minutes.", subject=meeting, pupils=pupils)
    name = slugify(f"minutes {minutes['school']} {minutes['term']}")
    answer = HttpResponse(pdf("documents/minutes.html", document_of(meeting, minutes)), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@requires(Permission.MINUTES_CONFIRM)
def confirm_minutes(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm for one's side."""
    meeting = _held(request, pk)
    actions.confirm_minutes(meeting, by=request.member, at=clock.now(meeting.authority))
    messages.success(request, "Thank you. The minutes are confirmed for your side.")
    return redirect("minutes_page", pk=pk)


@requires(Permission.MINUTES_CONFIRM)
def reopen_minutes(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Open them again to put something right, with the reason."""
    meeting = _held(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            at = clock.now(meeting.authority)
            actions.reopen_minutes(meeting, reason=form.cleaned_data["reason"], by=request.member, at=at)
            messages.success(request, "The minutes are open again. Both sides confirm anew afterwards.")
            return redirect("hold_meeting", pk=pk)
    back = reverse("minutes_page", args=[pk])
    return render(request, "tsm/reopen_minutes.html", {"meeting": meeting, "form": form, "back": back})
