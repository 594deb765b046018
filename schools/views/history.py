"""The history of a child's marks of one day."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import CSV, FORMAT
from schools.changes import act_words
from schools.children.mark_history import histories_of, value_rows
from schools.models import Pupil
from schools.register.codes import BOOK_OPENS_ON

HEADINGS = ["School", "Session", "When known", "From", "By", "Before", "After", "Why", "Undone"]


@requires(Permission.PUPIL_SEE)
@require_safe
def mark_history(request: MemberRequest, pk: uuid.UUID, day: str) -> HttpResponse:
    """Each value of a day's marks: when it became known, from where and by whom, and whether it was undone."""
    member = request.member
    pupil = get_object_or_404(Pupil.objects.visible_to(member), pk=pk)
    try:
        on = dt.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    if on < BOOK_OPENS_ON:  # no mark was ever kept of it, and the first years have no year before them
        raise Http404
    is_file = request.GET.get(FORMAT) == CSV
    told: dict[str, Any] = {"words": "the history of a mark", "subject": pupil, "pupils": [pupil]}
    record_list("history", is_file=is_file, by=member, **told)
    found = [(one, act_words.session(one.half), value_rows(one)) for one in histories_of(pupil, member, on)]
    if is_file:
        keys = ("when", "title", "who", "before", "after", "why", "undone")
        rows = [
            [one.enrolment.school.name, half, *(row[key] for key in keys)]
            for one, half, all_of in found
            for row in all_of
        ]
        return csv_response(HEADINGS, rows, f"History of the marks of {on:%-d %B %Y}")
    page = {
        "pupil": pupil,
        "day": on,
        "found": found,
        "may_open": member.may(Permission.REGISTER_UPLOAD),
        "back": reverse("pupil_page", args=[pupil.pk]),
    }
    return render(request, "schools/mark_history.html", page)
