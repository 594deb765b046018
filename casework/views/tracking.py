"""Part-time timetables and health plans: their lists, and what a person records, changes and ends."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing
from casework import tracked
from casework.actions import tracking as actions
from casework.forms.tracking import ChangePartTimeForm, EndForm, HealthPlanForm, PartTimeForm, TrackedFilter
from casework.models import HealthPlan, PartTimeTimetable
from casework.views.back import back_to
from schools.models import Enrolment, Pupil, School


def tracked_list(request: MemberRequest, kind: tracked.Tracked, template: str) -> HttpResponse:
    """The list of one kind of record, as every such list is."""
    form, member = TrackedFilter(request.GET), request.member
    rows = tracked.rows_of(kind, member, **form.wanted)
    listing = Listing(rows, kind.columns, request.GET, noun=kind.noun, sort="began")
    found = list(listing.everything if listing.wants_csv else listing)
    words, pupils = f"a list: {kind.title}", {one.pupil_id for one in found}
    record_list("tracked", is_file=listing.wants_csv, by=member, words=words, pupils=pupils)
    shown = tracked.shown(kind, found, member)
    if listing.wants_csv:
        headings = ["Child", "UPN", "School", "From", *kind.headings, "Ended"]
        cells = (
            (row.one.pupil, row.one.pupil.upn, row.school, row.began, *row.cells, row.one.ended_on) for row in shown
        )
        return csv_response(headings, cells, kind.title)
    return render(request, template, {"listing": listing, "shown": shown, "form": form, "kind": kind})


def child(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    """The child a form is about; a 404 for whoever may not see them."""
    found: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return found


def schools_of(pupil: Pupil, request: MemberRequest) -> Any:
    """The schools that a form may name: where the child is on roll; of a school's own people their own."""
    member = request.member
    there = Enrolment.objects.on_roll(member.on).filter(pupil=pupil).values("school")
    found = School.objects.filter(pk__in=there).order_by("name")
    return found.filter(pk__in=School.objects.of(member).values("pk")) if member.is_of_a_school else found


def ask(
    request: MemberRequest, template: str, pupil: Pupil, form: Any, *, back: str = "", one: Any = None
) -> HttpResponse:
    """Show a form about a child: looking at it leaves an event too. `back`: where it came from, else the child."""
    record("see_tracking_form", by=request.member, words="Opened a form about a child.", pupils=[pupil.pk])
    back = back_to(request, back or reverse("pupil_page", args=[pupil.pk]))
    return render(request, template, {"pupil": pupil, "form": form, "back": back, "one": one})


def act(
    request: MemberRequest, pupil: Pupil, said: str, doing: Any, about: Any, *, back: str = "", **typed: Any
) -> HttpResponse:
    """Do it, say so, and go back to where the person came from; what cannot be done is said there too."""
    try:
        doing(about, **typed, on=request.member.on, by=request.member)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect(back_to(request, back or reverse("pupil_page", args=[pupil.pk])))


@requires(Permission.CASE_SEE)
@require_safe
def part_time_timetables(request: MemberRequest) -> HttpResponse:
    """The part-time timetables of the children whom the member may see."""
    return tracked_list(request, tracked.PART_TIME, "casework/part_time_timetables.html")


@requires(Permission.CASE_SEE)
@require_safe
def health_plans(request: MemberRequest) -> HttpResponse:
    """What is arranged for children who are too ill to go to school."""
    return tracked_list(request, tracked.HEALTH, "casework/health_plans.html")


@requires(Permission.TRACKING_KEEP)
def record_part_time(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Record a part-time timetable that school and parent agreed."""
    pupil = child(request, pk)
    form = PartTimeForm(request.POST or None, schools=schools_of(pupil, request))
    if not form.is_valid():
        return ask(request, "casework/record_part_time.html", pupil, form)
    said = "The part-time timetable is recorded."
    return act(request, pupil, said, actions.record_part_time, pupil, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def change_part_time(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Agree another last day, or say that the timetable has ended."""
    seen = PartTimeTimetable.objects.visible_to(request.member).select_related("pupil", "school")
    one = get_object_or_404(_of_their_schools(seen, request), pk=pk)
    form = ChangePartTimeForm(request.POST or None, from_on=one.from_on, on=request.member.on)
    if not form.is_valid():
        return ask(request, "casework/change_part_time.html", one.pupil, form, one=one)
    typed = form.cleaned_data
    if typed["what"] == "ended":
        ends = {"ended_on": typed["ended_on"], "how_ended": typed["words"]}
        return act(request, one.pupil, "The part-time timetable has ended.", actions.end_part_time, one, **ends)
    on = {"until_on": typed["until_on"], "review_on": typed["review_on"], "why": typed["words"]}
    return act(request, one.pupil, "The new last day is recorded.", actions.put_off_end, one, **on)


@requires(Permission.TRACKING_KEEP)
def record_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Record what is arranged for a child who is ill, or that nothing has to be."""
    pupil = child(request, pk)
    form = HealthPlanForm(request.POST or None, initial={"begun_on": request.member.on})
    if not form.is_valid():
        return ask(request, "casework/record_health_plan.html", pupil, form)
    return act(request, pupil, "It is recorded.", actions.record_health_plan, pupil, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def end_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say when a health plan ended, and how."""
    seen = HealthPlan.objects.visible_to(request.member).select_related("pupil")
    one = get_object_or_404(seen, pk=pk)
    form = EndForm(request.POST or None, began_on=one.begun_on, on=request.member.on)
    if not form.is_valid():
        return ask(request, "casework/end_health_plan.html", one.pupil, form, one=one)
    return act(request, one.pupil, "The health plan has ended.", actions.end_health_plan, one, **form.cleaned_data)


def _of_their_schools(rows: Any, request: MemberRequest) -> Any:
    member = request.member
    return rows.filter(school__in=School.objects.of(member)) if member.is_of_a_school else rows
