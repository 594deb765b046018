"""What is shown while a worker works out what many schools' figures were known to be."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from attendance_portal.requests import MemberRequest
from schools import tasks
from schools.changes.known_together import StillWorking, want_known


def still_working(request: MemberRequest, still: StillWorking) -> HttpResponse:
    """How far it is; the page asks again by itself, and shows what was asked for as soon as it is there."""
    if want_known(still.day, still.schools):
        transaction.on_commit(partial(tasks.begin_known, request.member.authority, still.day))
    text = f"{still.done} of {still.schools} schools. This takes some seconds; the page then shows them by itself."
    page = {"still": still, "text": text, "poll": request.get_full_path()}
    return render(request, "schools/known_progress.html", page)
