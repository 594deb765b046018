"""What each page of a case fetches, asks, does and answers."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import actions, presenters
from casework.actions.cases import HAS_CASE
from casework.actions.moving import refuse_second_case, take_in_hand
from casework.barriers import taxonomy
from casework.case_parts import parts_of_case
from casework.forms.cases import BarriersForm, EntryForm, OtherMeetingForm, ReasonForm, ReviewForm
from casework.models import Case, CaseBarrier
from casework.opening import reason_from_return
from casework.panels import of_other_records
from casework.people import may_decide, may_write
from casework.views.answers import ask, done
from casework.views.back import back_to
from casework.views.found import case_seen, case_to_write
from schools.models import Pupil
from schools.stored.same_child import records_of

COLUMNS = (
    Column("pupil", "Pupil", ("pupil__sort_key",)),
    Column("lead", "Lead practitioner"),
    Column("holder", "Held by", ("holder__user__name",)),
    Column("opened", "Opened", ("opened_on",)),
    Column("review", "Review", ("review_due_on",)),
)


@requires(Permission.CASE_SEE)
def cases(request: MemberRequest) -> HttpResponse:
    """Open cases the member works on; with `?all=1` every open case they may see."""
    member, everyone = request.member, bool(request.GET.get("all"))
    held = Case.objects.visible_to(member).open() if everyone else presenters.own_cases(member)
    found = presenters.with_people(held, member.on)
    listing = Listing(found, COLUMNS, request.GET, noun=("case", "cases"), sort="review")
    shown = list(listing.everything if listing.wants_csv else listing)
    pupils = [case.pupil_id for case in shown]
    words = "open cases" if everyone else "own cases"
    record_list("cases", is_file=listing.wants_csv, by=member, words=words, pupils=pupils)
    if listing.wants_csv:
        cells = [(c.pupil, c.lead_shown, c.holder.name, c.opened_on, c.review_due_on) for c in shown]
        return csv_response([column.label for column in COLUMNS], cells, "Cases")
    return render(request, "casework/cases.html", {"cases": listing, "shown": shown, "everyone": everyone})


@requires(Permission.CASE_SEE)
def case_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Why the case is open, who leads it, what stands in the way, and what happened."""
    case = case_seen(request, pk)
    others = of_other_records(case.pupil, request.member)
    pupils = [case.pupil_id, *(row["held_as"].pk for row in others)]
    record("see_case", by=request.member, words="Looked at a case.", subject=case, pupils=pupils)
    context = {
        "case": case,
        "facts": presenters.case_facts(case),
        "parts": parts_of_case(case, request.member),
        "history": presenters.history(case, request.member),
        "of_other_records": others,
        "open_too": [row["case"] for row in others if not (case.closed_on or row["case"].closed_on)],
        "may_write": may_write(case, request.member),
        "may_decide": may_decide(case, request.member),
        "is_asked": case.proposed_lead_id == request.member.pk,
    }
    return render(request, "casework/case_page.html", context)


@requires(Permission.CASE_LEAD)
def open_case(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Open a case for this child."""
    member, pupil = request.member, get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    first = {"reason": reason_from_return(pupil, member, request.GET.get("return", ""))}
    form = ReasonForm(request.POST or None, initial=first)
    held = Case.objects.visible_to(member).open().filter(pupil__in=records_of(pupil)).first()
    was_sent_twice = form.is_valid() and held and form.cleaned_data["reason"] == held.reason
    if held and (was_sent_twice or not form.is_bound):
        return done(request, held, "This child has an open case already: this is it.")
    if not form.is_bound:
        refuse_second_case(pupil, HAS_CASE, on=member.on, by=member)
    if form.is_valid():
        with said_in(form):
            case = actions.open_case(pupil, reason=form.cleaned_data["reason"], on=member.on, by=member)
            return done(request, case, "The case is open.")
    record("see_open_case", by=member, words="Began to open a case.", pupils=[pupil.pk])
    page = {"pupil": pupil, "form": form, "held": held, "back": back_to(request, reverse("pupil_page", args=[pk]))}
    return render(request, "casework/open_case.html", page)


@requires(Permission.CASE_LEAD)
def add_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write what happened."""
    case, member = case_to_write(request, pk), request.member
    form = EntryForm(request.POST or None, on=member.on, initial={"happened_on": member.on})
    if form.is_valid():
        with said_in(form):
            actions.add_entry(case, **form.cleaned_data, by=member)
            return done(request, case, "It is written into the case.")
    return ask(request, "casework/add_entry.html", case, form)


@requires(Permission.CASE_LEAD)
def change_review_date(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """When the case is looked at again."""
    case, member = case_to_write(request, pk), request.member
    first = {"review_on": case.review_due_on}  # type: ignore[attr-defined]
    form = ReviewForm(request.POST or None, on=member.on, initial=first)
    if form.is_valid():
        with said_in(form):
            actions.change_review_date(case, review_on=form.cleaned_data["review_on"], on=member.on, by=member)
            return done(request, case, "The review date is changed.")
    return ask(request, "casework/change_review_date.html", case, form)


@requires(Permission.CASE_LEAD)
def change_other_meeting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """At which other multi-agency meeting the child is discussed."""
    case, member = case_to_write(request, pk), request.member
    first = {"other_meeting": case.other_meeting}
    form = OtherMeetingForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_valid():
        with said_in(form):
            actions.change_other_meeting(case, **form.cleaned_data, on=member.on, by=member)
            return done(request, case, "It is written into the case.")
    return ask(request, "casework/change_other_meeting.html", case, form)


@requires(Permission.CASE_LEAD)
def change_barriers(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What stands in the way now."""
    case, member = case_to_write(request, pk), request.member
    if request.method == "POST":
        take_in_hand(case)
    held = set(CaseBarrier.objects.filter(case=case, ended_on=None).values_list("barrier", flat=True))
    typed = request.POST if request.method == "POST" else None
    form = BarriersForm(typed, known=taxonomy(), held=held)
    if form.is_valid():
        with said_in(form):
            actions.change_barriers(case, barriers=form.ticked, on=member.on, by=member)
            return done(request, case, "The barriers are changed.")
    return ask(request, "casework/change_barriers.html", case, form)
