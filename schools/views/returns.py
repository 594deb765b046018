"""Statutory returns: the list, one return, and what a school and the authority do with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.charts import band_bar
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.children.families import family_of, would_tell_a_home
from schools.models import Enrolment, Pupil, School, StatutoryReturn
from schools.returning import return_words
from schools.returning import returns as actions
from schools.returning.return_forms import (
    OVERDUE,
    AcknowledgeForm,
    BeginReturnForm,
    FactsForm,
    ReturnFilter,
    SetAsideForm,
    TellForm,
)

Stage = StatutoryReturn.Stage
COLUMNS = (
    Column("kind", "Return", ("kind", "arose_on")),
    Column("pupil", "Child", ("pupil__sort_key",)),
    Column("school", "School", ("school__name", "arose_on")),
    Column("arose", "Became due", ("arose_on",)),
    Column("deadline", "To be sent by", ("deadline_on",)),
    Column("state", "State", ("stage", "deadline_on")),
    Column("sent", "Sent", ("sent_at",)),
)


def _seen(request: MemberRequest) -> QuerySet[StatutoryReturn]:
    seen: QuerySet[StatutoryReturn] = StatutoryReturn.objects.visible_to(request.member)
    return seen.select_related("pupil", "school", "enrolment")


def _return(request: MemberRequest, pk: uuid.UUID) -> StatutoryReturn:
    found: StatutoryReturn = get_object_or_404(_seen(request), pk=pk)
    return found


def _narrowed(rows: QuerySet[StatutoryReturn], wanted: dict[str, str], request: MemberRequest) -> Any:
    state, school = wanted["state"], wanted["school"].strip()
    if wanted["kind"]:
        rows = rows.filter(kind=wanted["kind"])
    if state == OVERDUE:
        rows = rows.filter(stage=Stage.DRAFT, deadline_on__lt=request.member.on)
    elif state == "changed":
        rows = rows.filter(ground_gone_on__isnull=False)
    elif state:
        rows = rows.filter(stage=state)
    if school:
        rows = rows.filter(Q(school__urn=school) | Q(school__name__icontains=school))
    return rows


@requires(Permission.RETURN_SEE)
@require_safe
def returns(request: MemberRequest) -> HttpResponse:
    """The returns this member may see: a school's to confirm and sent, the authority's as they arrive and overdue."""
    form, member = ReturnFilter(request.GET), request.member
    if member.is_of_a_school and School.objects.of(member).count() == 1:
        del form.fields["school"]
    wanted = {"school": "", **form.wanted}
    rows = _narrowed(_seen(request), wanted, request)
    listing = Listing(rows, COLUMNS, request.GET, noun=("return", "returns"), sort="-arose")
    found = list(listing.everything if listing.wants_csv else listing)
    told: dict[str, Any] = {"words": "the list of statutory returns", "pupils": [one.pupil_id for one in found]}
    record_list("returns", is_file=listing.wants_csv, by=member, **told)
    if listing.wants_csv:
        return csv_response(return_words.HEADINGS, return_words.file_rows(found, on=member.on), "Statutory returns")
    shown = [(one, return_words.stage_tag(one, on=member.on), return_words.was_late(one)) for one in found]
    page = {"listing": listing, "shown": shown, "form": form, "may_make": member.may(Permission.RETURN_MAKE)}
    page |= _states(_narrowed(_seen(request), {**wanted, "state": ""}, request), request)
    return render(request, "schools/returns.html", page)


def _states(rows: Any, request: MemberRequest) -> dict[str, Any]:
    """Where the returns stand, as a bar: of the kind and the school that were asked for."""
    shares = return_words.shares_of_states(rows.order_by().states(request.member.on))
    bar = band_bar("states", "Where the returns stand", shares, headers=("State", "Returns"))
    return {"bar": bar, "shares": shares} if any(share.count for share in shares) else {}


@requires(Permission.RETURN_SEE)
@require_safe
def return_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One return: why it is due, the marks it rests on, what was confirmed, its history, and what can be done."""
    one, member = _return(request, pk), request.member
    words = "Looked at a statutory return."
    record("see_return", by=member, words=words, subject=one, pupils=[one.pupil_id])
    is_draft = one.stage == Stage.DRAFT
    page = {
        "one": one,
        "tag": return_words.stage_tag(one, on=member.on),
        "why": return_words.why_due(one),
        "explained": return_words.EXPLAINED[StatutoryReturn.Kind(one.kind)],
        "law": return_words.LAW,
        "late": return_words.was_late(one),
        "facts": _facts(request, one),
        "evidence": return_words.evidence(one),
        "evidence_total": return_words.evidence_total(one),
        "steps": return_words.steps(one.steps.select_related("made_by__user")),
        "must_tell": actions.must_tell_first(one, on=member.on),
        "may_make": is_draft and member.may(Permission.RETURN_MAKE),
        "may_reopen": one.stage == Stage.SET_ASIDE and member.may(Permission.RETURN_MAKE),
        "acknowledging": AcknowledgeForm() if _may_acknowledge(request, one) else None,
        "may_open_school": member.may(Permission.SCHOOL_SEE),
        "may_open_child": _may_open_child(request, one),
    }
    return render(request, "schools/return_page.html", page)


def _may_open_child(request: MemberRequest, one: StatutoryReturn) -> bool:
    """A school makes returns of who left in an earlier year, whose page it does not open any more."""
    member = request.member
    seen = Pupil.objects.visible_to(member).filter(pk=one.pupil_id)
    return not member.is_of_a_school or bool(seen.exists())


def _facts(request: MemberRequest, one: StatutoryReturn) -> list[dict[str, str]]:
    """What the school confirmed, as it may be read today: a home that is to be kept since is not told any more."""
    texts = return_words.home_texts(one)
    withheld = bool(texts) and would_tell_a_home(one.pupil, texts, request.member)
    return return_words.fact_rows(one, is_withheld=withheld)


def _may_acknowledge(request: MemberRequest, one: StatutoryReturn) -> bool:
    return one.stage == Stage.SENT and request.member.may(Permission.RETURN_ACKNOWLEDGE)


def _act(
    request: MemberRequest, one: StatutoryReturn, said: str, act: Callable[..., None], **typed: Any
) -> HttpResponse:
    """Do it, say so, and go back to the return; what cannot be done is said there too."""
    try:
        act(one, **typed, **_now(request))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("return_page", pk=one.pk)
    return _done(request, one, said)


def _now(request: MemberRequest) -> dict[str, Any]:
    return {"by": request.member, "at": clock.now(request.member.authority)}


def _done(request: MemberRequest, one: StatutoryReturn, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("return_page", pk=one.pk)


def _page_of(request: MemberRequest, one: StatutoryReturn, template: str, form: Any, **more: Any) -> HttpResponse:
    record("see_return", by=request.member, words="Opened a statutory return.", subject=one, pupils=[one.pupil_id])
    return render(request, template, {"one": one, "form": form, "why": return_words.why_due(one), **more})


@requires(Permission.RETURN_MAKE)
def send_return(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Check the facts that the law asks, and send the return to the authority."""
    one = _return(request, pk)
    if request.method != "POST" and actions.must_tell_first(one, on=request.member.on):
        return redirect("tell_contact", pk=one.pk)
    # What became known of a child after it left is not told to the school before: it enters what it knows itself.
    family = family_of([one.pupil], request.member) if _may_open_child(request, one) else []
    initial = return_words.initial_facts(one, one.pupil, family)
    form = FactsForm(request.POST or None, kind=one.kind, initial=initial)
    if form.is_valid():
        with said_in(form):
            actions.send_return(one, confirmed=form.confirmed, **_now(request))
            return _done(request, one, "The return was sent to the authority.")
    return _page_of(request, one, "schools/send_return.html", form)


@requires(Permission.RETURN_MAKE)
def set_aside_return(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Make no return, and say why."""
    one, form = _return(request, pk), SetAsideForm(request.POST or None)
    if request.method != "POST" and actions.must_tell_first(one, on=request.member.on):
        return redirect("tell_contact", pk=one.pk)
    if form.is_valid():
        with said_in(form):
            actions.set_aside_return(one, **form.cleaned_data, **_now(request))
            return _done(request, one, "The return was set aside. The authority can read why.")
    return _page_of(request, one, "schools/set_aside_return.html", form)


@requires(Permission.RETURN_MAKE)
@require_POST
def reopen_return(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a return after all that was set aside."""
    return _act(request, _return(request, pk), "The return is open again.", actions.reopen_return)


@requires(Permission.RETURN_MAKE)
def tell_contact(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Tell the contact of the child's social worker before the name is deleted."""
    one, form = _return(request, pk), TellForm(request.POST or None)
    if form.is_valid():
        no_more = "No return is needed unless the authority asks."
        more = no_more if one.is_finished else "You can confirm and send it now."
        with said_in(form):
            actions.tell_contact(one, **form.cleaned_data, **_now(request))
            return _done(request, one, f"The contact was told. {more}")
    people = actions.contacts(one, on=request.member.on)
    told = {
        "names": [person.name for person in people],
        "opening": [person.name for person in people if person.opens],
        "asking": [person.name for person in people if not person.opens],
        "must_tell": actions.must_tell_first(one, on=request.member.on),
    }
    return _page_of(request, one, "schools/tell_contact.html", form, **told)


@requires(Permission.RETURN_ACKNOWLEDGE)
@require_POST
def acknowledge_return(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The authority says that it has read a return."""
    one, form = _return(request, pk), AcknowledgeForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    return _act(request, one, "The return was acknowledged.", actions.acknowledge_return, note=note)


@requires(Permission.RETURN_MAKE)
def begin_return(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a return by hand: a school need not wait for 15 days of sickness."""
    pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    theirs = Enrolment.objects.on_roll(request.member.on).filter(
        pupil=pupil, school__in=School.objects.of(request.member)
    )
    enrolments = list(theirs.select_related("school", "pupil"))
    if not enrolments:
        raise Http404
    form = BeginReturnForm(request.POST or None, enrolments=enrolments)
    if form.is_valid():
        with said_in(form):
            begun = _begun(request, form, enrolments)
            messages.success(request, "The return was begun. Check the facts and send it.")
            return redirect("return_page", pk=begun.pk)
    record("see_pupil", by=request.member, words="Opened a page to begin a return.", subject=pupil, pupils=[pupil])
    return render(request, "schools/begin_return.html", {"pupil": pupil, "form": form})


def _begun(request: MemberRequest, form: BeginReturnForm, enrolments: list[Enrolment]) -> StatutoryReturn:
    typed, member = form.cleaned_data, request.member
    enrolment = next(one for one in enrolments if one.pk == typed["enrolment"])
    said, at = {"kind": typed["kind"], "reason": typed["reason"]}, clock.now(member.authority)
    return actions.begin_return(enrolment, **said, by=member, at=at, on=member.on)
