"""What is shown while a worker works out what many schools' figures were known to be."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from attendance_portal.requests import MemberRequest
from attendance_portal.tables import FORMAT
from schools import tasks
from schools.changes.known_together import StillWorking, want_known


def still_working(request: MemberRequest, still: StillWorking) -> HttpResponse:
    """How far it is; the page asks again by itself, and shows what was asked for as soon as it is there.

    A file would leave the page as it is: whoever asked for one is sent to the page that links to it.
    """
    if want_known(still.day, still.schools):
        transaction.on_commit(partial(tasks.begin_known, request.member.authority, still.day))
    asked = request.GET.copy()
    if asked.pop(FORMAT, None):
        messages.info(
            request, "The figures are being worked out first. Take the file from this page when it shows them."
        )
        return redirect(f"{request.path}?{asked.urlencode()}")
    text = f"{still.done} of {still.schools} schools. This takes some seconds; the page then shows them by itself."
    page = {"still": still, "text": text, "poll": request.get_full_path()}
    return render(request, "schools/known_progress.html", page)
