"""How the pages of a case answer: back to the case with a sentence, or with a form that names the child."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from attendance_portal.audit import record
from attendance_portal.requests import MemberRequest
from casework.models import Case
from casework.views.back import back_to


def done(request: MemberRequest, case: Case, words: str) -> HttpResponse:
    """Back to the page that sent the person, or to the case's, which says that it is done."""
    messages.success(request, words)
    return redirect(back_to(request, reverse("case_page", args=[case.pk])))


def ask(request: MemberRequest, template: str, case: Case, form: Any, **more: Any) -> HttpResponse:
    """The page of a form. It names the child, so looking at it leaves an event too."""
    record("see_case_form", by=request.member, words="Opened a form of a case.", subject=case, pupils=[case.pupil_id])
    back = back_to(request, reverse("case_page", args=[case.pk]))
    context = {"case": case, "pupil": case.pupil, "form": form, "back": back}
    return render(request, template, context | more)
