"""The demonstration's mail, read in the browser. Elsewhere there are no such pages."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendance_portal.front.mailbox import Letter, letter_of, letters
from attendance_portal.permissions import open_to_all
from attendance_portal.tables import Column, Listing

COLUMNS = (
    Column("subject", "Subject"),
    Column("to", "To", ("to",)),
    Column("at", "Sent", ("sent_at",)),
)


def _folder() -> Path:
    if not settings.PORTAL_DEMO:
        raise Http404
    return Path(settings.PORTAL_VAR) / "mail"


def _letter(key: str) -> Letter:
    letter = letter_of(_folder(), key)
    if letter is None:
        raise Http404
    return letter


@open_to_all
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Every message that the demonstration sent, newest first. They name no child."""
    found = letters(_folder())
    if wanted := request.GET.get("to", ""):
        found = [letter for letter in found if wanted.lower() in letter.to.lower()]
    listing = Listing(found, COLUMNS, request.GET, noun=("message", "messages"), sort="-at", downloads=False)
    return render(request, "front/demo_mail.html", {"listing": listing, "wanted": wanted})


@open_to_all
@require_safe
def demo_letter(request: HttpRequest, key: str) -> HttpResponse:
    """One message, with its calendar file as text."""
    return render(request, "front/demo_letter.html", {"letter": _letter(key)})


@open_to_all
@require_safe
def demo_calendar(request: HttpRequest, key: str) -> HttpResponse:
    """The calendar file of a message."""
    letter = _letter(key)
    if not letter.calendar:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="meeting.ics"'}
    return HttpResponse(letter.calendar, content_type="text/calendar; charset=utf-8", headers=headers)
