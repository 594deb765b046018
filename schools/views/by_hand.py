"""Entering the simple list of persistently and severely absent pupils."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from attendance_portal import clock
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools.sending import by_hand
from schools.sending.by_hand_forms import COLUMNS, MOST_ROWS, ROWS_AT_ONCE, ListForm
from schools.views.registers import school_of, trail_of


@requires(Permission.REGISTER_UPLOAD)
def enter_list(request: MemberRequest, urn: str) -> HttpResponse:
    """A table to type in, a few rows at a time; what is entered is read as a file of counts and then confirmed."""
    school, on = school_of(request, urn), request.member.on
    is_sent, more = request.method == "POST", "more" in request.POST
    form = ListForm(request.POST if is_sent else None, rows=_rows(request), on=on, is_asked=not more)
    if is_sent and not more and form.is_valid():
        at, (first_on, last_on) = clock.now(request.member.authority), form.days
        upload = by_hand.enter_list(
            school, form.entries, first_on=first_on, last_on=last_on, by=request.member, at=at, on=on
        )
        return redirect("upload_page", pk=upload.pk)
    page = {"school": school, "form": form, "columns": COLUMNS, "most": MOST_ROWS, "trail": trail_of(school)}
    return render(request, "schools/enter_list.html", page)


def _rows(request: MemberRequest) -> int:
    """How many rows the table has: as many as before, and some more where they were asked for."""
    typed = request.POST.get("rows", "")
    before = int(typed) if typed.isdecimal() and len(typed) < 4 else ROWS_AT_ONCE
    return max(1, min(before + ROWS_AT_ONCE * ("more" in request.POST), MOST_ROWS))
