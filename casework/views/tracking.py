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
from attendance_portal.days import year_of, year_window
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Listing
from casework import tracked
from casework.actions import tracking as actions
from casework.forms.out_of_school import InErrorForm
from casework.forms.tracking import (
    ChangePartTimeForm,
    EndForm,
    HealthPlanForm,
    LookIntoForm,
    PartTimeForm,
    TrackedFilter,
)
from casework.models import HealthPlan, PartTimeTimetable
from casework.views.back import back_to
from schools.models import Enrolment, Pupil, School
from schools.stored.same_child import records_seen


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
    there = Enrolment.objects.on_roll(request.member.on).filter(pupil=pupil)
    return _schools_at(there, request)


def enquiring_schools(pupil: Pupil, request: MemberRequest) -> Any:
    """Where the child is or was on roll in this school year or the one before, by any record that the member sees: a
    school enquires of a child who has left, too. Of a school's own people their own."""
    member = request.member
    since = year_window(year_of(member.on) - 1).first
    records = [one.pk for one in records_seen(pupil, member)]
    return _schools_at(Enrolment.objects.on_roll(since).filter(pupil__in=records), request)


def _schools_at(enrolments: Any, request: MemberRequest) -> Any:
    member = request.member
    found = School.objects.filter(pk__in=enrolments.values("school")).order_by("name")
    return found.filter(pk__in=School.objects.of(member).values("pk")) if member.is_of_a_school else found


def ask(
    request: MemberRequest, template: str, pupil: Pupil, form: Any, *, back: str = "", one: Any = None
) -> HttpResponse:
    """Show a form about a child: looking at it leaves an event too. `back`: where it came from, else the child."""
    record("see_tracking_form", by=request.member, words="Opened a form about a child.", pupils=[pupil.pk])
    back = back_to(request, back or reverse("pupil_page", args=[pupil.pk]))
    return render(request, template, {"pupil": pupil, "form": form, "back": back, "one": one})


def act(
    request: MemberRequest,
    pupil: Pupil,
    said: str,
    doing: Any,
    about: Any,
    *,
    form: Any,
    template: str,
    back: str = "",
    **typed: Any,
) -> HttpResponse:
    """Do it, say so, and go back to where the person came from; what cannot be done is said above the form, which
    keeps what was typed."""
    with said_in(form):
        doing(about, **typed, on=request.member.on, by=request.member)
    if form.errors:
        return ask(request, template, pupil, form, back=back, one=None if about is pupil else about)
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
    form = PartTimeForm(request.POST or None, schools=schools_of(pupil, request), on=request.member.on)
    page: Any = {"form": form, "template": "casework/record_part_time.html"}
    if not form.is_valid():
        return ask(request, pupil=pupil, **page)
    said = "The part-time timetable is recorded."
    return act(request, pupil, said, actions.record_part_time, pupil, **page, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def change_part_time(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Agree another last day, or say that the timetable has ended."""
    seen = PartTimeTimetable.objects.visible_to(request.member).select_related("pupil", "school")
    seen = seen.prefetch_related("put_offs__by__user")
    one = get_object_or_404(seen, pk=pk)
    form = ChangePartTimeForm(request.POST or None, one=one, on=request.member.on)
    page: Any = {"form": form, "template": "casework/change_part_time.html"}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    typed = form.cleaned_data
    if typed["what"] == "ended":
        ends = {"ended_on": typed["ended_on"], "how_ended": typed["words"]} | page
        return act(request, one.pupil, "The part-time timetable has ended.", actions.end_part_time, one, **ends)
    if typed["what"] == "agreed":
        said, doing = "It is recorded that a parent agreed.", actions.record_parents_agreement
        return act(request, one.pupil, said, doing, one, agreed_with_parent_on=typed["parent_agreed_on"], **page)
    on = {name: typed[name] for name in ("until_on", "review_on", "agreed_with_parent_on")} | {"why": typed["words"]}
    return act(request, one.pupil, "The new last day is recorded.", actions.put_off_end, one, **on, **page)


@requires(Permission.TRACKING_KEEP)
def record_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Record what is arranged for a child who is ill, or that nothing has to be."""
    pupil = child(request, pk)
    member = request.member
    told: Any = {"is_of_a_school": member.is_of_a_school, "on": member.on}
    form = HealthPlanForm(request.POST or None, initial={"begun_on": member.on}, **told)
    page: Any = {"form": form, "template": "casework/record_health_plan.html"}
    if not form.is_valid():
        return ask(request, pupil=pupil, **page)
    return act(request, pupil, "It is recorded.", actions.record_health_plan, pupil, **page, **form.cleaned_data)


def _health_plan(request: MemberRequest, pk: uuid.UUID) -> HealthPlan:
    seen = HealthPlan.objects.visible_to(request.member).select_related("pupil", "recorded_by__user")
    found: HealthPlan = get_object_or_404(seen, pk=pk)
    return found


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def look_into_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that the authority has looked into what a school does for a child who is ill."""
    one = _health_plan(request, pk)
    form = LookIntoForm(request.POST or None)
    page: Any = {"form": form, "template": "casework/look_into_health_plan.html"}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    said = "It is recorded that the authority looked into it."
    return act(request, one.pupil, said, actions.look_into_health_plan, one, **page, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def end_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say when a health plan ended, and how."""
    one = _health_plan(request, pk)
    form = EndForm(request.POST or None, began_on=one.begun_on, on=request.member.on)
    page: Any = {"form": form, "template": "casework/end_health_plan.html"}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    said, doing = "The health plan has ended.", actions.end_health_plan
    return act(request, one.pupil, said, doing, one, **page, **form.cleaned_data)


_IN_ERROR = "It is marked as recorded in error. It stays in the chronology, to be read."


@requires(Permission.TRACKING_KEEP)
def void_part_time(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that a part-time timetable was recorded in error, or called off before it began."""
    seen = PartTimeTimetable.objects.visible_to(request.member).select_related("pupil", "school")
    one = get_object_or_404(seen, pk=pk)
    form = InErrorForm(request.POST or None, on=request.member.on)
    page: Any = {"form": form, "template": "casework/void_part_time.html"}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    return act(request, one.pupil, _IN_ERROR, actions.void_part_time, one, **page, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def void_health_plan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that a health plan, or that nothing has to be arranged, was recorded in error."""
    one = _health_plan(request, pk)
    form = InErrorForm(request.POST or None, on=request.member.on)
    page: Any = {"form": form, "template": "casework/void_health_plan.html"}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    return act(request, one.pupil, _IN_ERROR, actions.void_health_plan, one, **page, **form.cleaned_data)
