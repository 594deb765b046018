"""The trail of what was done and looked at, for the auditor; to search it leaves an event of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.front.forms import AuditForm
from attendance_portal.front.trail import (
    COLUMNS,
    HEADERS,
    MOST_IN_A_FILE,
    event_row,
    events_found,
    names_by_key,
    withhold_words,
)
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing


@requires(Permission.AUDIT_SEE, files_for_all=("csv",))
@require_safe
def audit(request: MemberRequest) -> HttpResponse:
    """The events that a search asks for, newest first."""
    member = request.member
    form = AuditForm(request.GET or None)
    events = events_found(member, form.search)
    listing = Listing(events, COLUMNS, request.GET, noun=("event", "events"), sort="-at")
    shown = list(listing.everything[:MOST_IN_A_FILE]) if listing.wants_csv else list(listing)
    children = {key for event in shown for key in event.children}
    told: dict[str, Any] = {"words": "the trail of events", "pupils": children, "asked": request.GET.urlencode()}
    record_list("trail", is_file=listing.wants_csv, by=member, **told)
    names = names_by_key(member, shown)
    withhold_words(shown, names)
    if listing.wants_csv:
        return csv_response(HEADERS, [event_row(event) for event in shown], "Audit events")
    page = {"form": form, "listing": listing, "events": shown, "names": names}
    return render(request, "front/audit.html", page)
