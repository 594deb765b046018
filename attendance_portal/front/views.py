"""Pages composed of all apps: home, what changed, find a child, the overview, the trail of events."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.front.actions import see_changes
from attendance_portal.front.changes import COLUMNS, CSV_HEADERS, csv_row, latest_seen, narrowed
from attendance_portal.front.find import PAGE_SIZE, children_found, is_too_short, restricted_with
from attendance_portal.front.forms import ChangesForm, FindForm, SeenForm
from attendance_portal.front.home.page import home_page
from attendance_portal.front.home.sections import Asker
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.models import School


@requires(Permission.HOME_SEE)
@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """What needs this person first."""
    page = home_page(Asker(request.member))
    if page.pupil_ids:
        record("home", by=request.member, words="Looked at the home page.", pupils=page.pupil_ids)
    return render(request, "front/home.html", {"page": page, "on": request.member.on})


@requires(Permission.PUPIL_SEE)
@require_safe
def changes(request: MemberRequest) -> HttpResponse:
    """Everything that changed, to filter, sort and download."""
    member = request.member
    own = Asker(member).own_schools
    form = ChangesForm(request.GET or None, schools=own or School.objects.visible_to(member))
    asked = form.cleaned_data if form.is_valid() else {}
    moves = narrowed(
        member,
        own,
        kind=asked.get("kind", ""),
        urn=asked.get("school", ""),
        whole_month=asked.get("period") == "month",
    )
    listing = Listing(moves, COLUMNS, request.GET, noun=("change", "changes"), sort="-as_at")
    shown = list(listing.everything) if listing.wants_csv else list(listing)
    pupils = {move.pupil_id for move in shown}
    record_list("list_of_changes", is_file=listing.wants_csv, by=member, words="what changed", pupils=pupils)
    if listing.wants_csv:
        return csv_response(CSV_HEADERS, [csv_row(move) for move in shown], "What changed")
    return render(request, "front/changes.html", {"form": form, "listing": listing, "moves": shown})


@requires(Permission.PUPIL_SEE)
@require_POST
def changes_seen(request: MemberRequest) -> HttpResponse:
    """The person says that they have seen what changed, up to the latest that their page showed."""
    form = SeenForm(request.POST)
    if form.is_valid():
        own = Asker(request.member).own_schools
        until = latest_seen(request.member, own, until=form.cleaned_data["until"])
        if until is not None:
            see_changes(by=request.member, until=until)
            messages.success(request, "What changed is cleared. New changes will be shown here.")
    return redirect("home")


FOUND = (Column("name", "Pupil"), Column("year", "Year"), Column("school", "School"), Column("band", "Category"))


@requires(Permission.PUPIL_SEE)
@require_safe
def find_child(request: MemberRequest) -> HttpResponse:
    """The children whom the typed words may mean, of those this person may see."""
    member = request.member
    form = FindForm(request.GET)
    typed = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"form": form, "find_child_text": typed, "on": member.on}
    if typed:
        listing = Listing(
            children_found(member, typed),
            FOUND,
            request.GET,
            noun=("child", "children"),
            page_size=PAGE_SIZE,
            downloads=False,
        )
        words = f"Searched for a child, {listing.total} found."
        record("find_child", by=member, words=words, pupils=list(listing), asked=typed)
        context |= {"listing": listing, "too_short": is_too_short(typed), "restricted": restricted_with(member, typed)}
    return render(request, "front/find_child.html", context)
