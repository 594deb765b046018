"""The list of barriers, as the authority keeps it; and what a family said in its own words."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework.actions import barriers as actions
from casework.barriers import BY_CODE, Barrier, taxonomy
from casework.forms.barriers import AddBarrierForm, ChangeBarrierForm, OwnWordsForm
from casework.views.answers import ask, done
from casework.views.found import case_to_write

COLUMNS = (
    Column("label", "Barrier", ("label",)),
    Column("where", "Where it lies", ("out_of_school",)),
    Column("whose", "Whose"),
    Column("state", "Offered", ("is_ended",)),
)


def _row(barrier: Barrier) -> tuple[str, str, str, str]:
    """What the list says of a barrier."""
    return (
        barrier.label,
        "Out of school" if barrier.out_of_school else "In school",
        "The portal's own" if barrier.code in BY_CODE else "Added here",
        "No longer" if barrier.is_ended else "Yes",
    )


@requires(Permission.SERVICE_KEEP, files_for_all=("csv",))
@require_safe
def barriers(request: MemberRequest) -> HttpResponse:
    """Every barrier that cases and meetings can name, those ended too; as a file as well."""
    listing = Listing(taxonomy().barriers, COLUMNS, request.GET, noun=("barrier", "barriers"), page_size=100)
    if listing.wants_csv:
        return csv_response([one.label for one in COLUMNS], [_row(one) for one in listing.everything], "Barriers")
    shown = [(one.code, *_row(one)) for one in listing]
    return render(request, "casework/barriers.html", {"listing": listing, "shown": shown})


@requires(Permission.SERVICE_KEEP)
def add_barrier(request: MemberRequest) -> HttpResponse:
    """Add a barrier of the authority's own."""
    form = AddBarrierForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            made = actions.add_barrier(**form.told, by=request.member)
            messages.success(request, f"“{made.label}” can be chosen in cases and meetings now.")
            return redirect("barriers")
    page = {"form": form, "title": "Add a barrier", "back": reverse("barriers")}
    return render(request, "casework/add_barrier.html", page)


@requires(Permission.SERVICE_KEEP)
def change_barrier(request: MemberRequest, code: str) -> HttpResponse:
    """Call a barrier by other words, offer it no more, or again. What is stored stays what it is."""
    barrier = next((one for one in taxonomy().barriers if one.code == code), None)
    if barrier is None:
        raise Http404
    first = {"label": barrier.label, "is_offered": not barrier.is_ended}
    form = ChangeBarrierForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_valid():
        with said_in(form):
            _change(barrier, form.cleaned_data["label"], form.cleaned_data["is_offered"], request)
            messages.success(request, "The list of barriers is changed.")
            return redirect("barriers")
    page = {"form": form, "title": f"Change “{barrier.label}”", "back": reverse("barriers")}
    return render(request, "casework/change_barrier.html", page)


def _change(barrier: Barrier, label: str, is_offered: bool, request: MemberRequest) -> None:
    member = request.member
    if label != barrier.label:
        actions.rename_barrier(barrier, label=label, by=member)
    renamed = Barrier(barrier.code, label, barrier.out_of_school, barrier.is_ended)
    if barrier.is_ended and is_offered:
        actions.take_up_barrier(renamed, by=member)
    elif not barrier.is_ended and not is_offered:
        actions.end_barrier(renamed, on=member.on, by=member)


@requires(Permission.CASE_LEAD)
def add_own_words(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write down what the child or a parent said, as they said it."""
    case, member = case_to_write(request, pk), request.member
    form = OwnWordsForm(request.POST or None, on=member.on, initial={"said_on": member.on})
    if form.is_valid():
        with said_in(form):
            actions.add_own_words(case, **form.cleaned_data, by=member)
            return done(request, case, "Their words are kept.")
    return ask(request, "casework/add_own_words.html", case, form)
