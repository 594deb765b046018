"""Did it help? One child's attendance before and after."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import FORMAT
from casework.forms.helped import HelpedForm
from casework.helped import words
from casework.helped.of_case import answer_for, starts_of
from casework.views.found import case_seen


@requires(Permission.CASE_SEE)
@require_safe
def did_it_help(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The child's attendance in the school weeks before and after something began, against children who were alike."""
    case, member = case_seen(request, pk), request.member
    form = HelpedForm(request.GET, starts=starts_of(case, on=member.on))
    answer = answer_for(case, form.start, form.rule, member)
    shown = words.of_one(answer, form.start, str(case.pupil))
    is_file = request.GET.get(FORMAT) == "csv" and shown.chart is not None
    told: dict[str, Any] = {
        "words": "the attendance before and after in a case",
        "subject": case,
        "pupils": [case.pupil_id],
    }
    record_list("did_it_help", is_file=is_file, by=member, **told)
    sentences = words.rule_sentences(answer.rule)
    if is_file and shown.chart:
        return csv_response(shown.chart.headers, words.file_rows(shown.chart, sentences), f"Did it help {case.pupil}")
    query: Any = request.GET.copy()
    query[FORMAT] = "csv"
    page = {"case": case, "form": form, "shown": shown, "sentences": sentences, "recovery": words.RECOVERY}
    file = f"?{query.urlencode()}" if request.may_export else ""
    return render(request, "casework/did_it_help.html", page | {"file": file})
