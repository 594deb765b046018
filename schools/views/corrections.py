"""Putting a fact right by hand: what to put right, and one page for each fact."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools.changes import corrections
from schools.changes.correction_forms import AdmissionForm, LeavingForm, MarkForm, MoveForm, NameForm
from schools.models import Enrolment, Pupil, School

FACTS = (
    ("put_right_mark", "One mark", "A session was given the wrong code"),
    ("put_right_leaving", "Leaving date", "The child left, or did not leave after all"),
    ("put_right_school", "School", "The child moved from one school to another"),
    ("put_right_admission", "Admission date", "The child joined on another day"),
    ("put_right_name", "Name", "A name changed or was misspelt"),
)


def _pupil(request: MemberRequest, pk: uuid.UUID) -> Pupil:
    """The child, where the member may see the child and a school of theirs too."""
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(request.member), pk=pk)
    return pupil


def _enrolments(request: MemberRequest, pupil: Pupil) -> list[Enrolment]:
    """The child's enrolments at schools where this member may act. None: nothing can be put right here."""
    at = School.objects.visible_to(request.member)
    found = list(Enrolment.objects.filter(pupil=pupil, school__in=at).select_related("school", "pupil"))
    if not found:
        raise Http404
    return sorted(found, key=lambda one: (one.leaving_on is not None, -one.pk))


def _write(request: MemberRequest) -> dict[str, Any]:
    """Who, when and on which day."""
    return {"by": request.member, "at": clock.now(request.member.authority), "on": request.member.on}


def _chosen(form: Any, enrolments: list[Enrolment]) -> tuple[Enrolment, dict[str, Any]]:
    typed = dict(form.cleaned_data)
    wanted = typed.pop("enrolment")
    return next(one for one in enrolments if one.pk == wanted), typed


def _ask(request: MemberRequest, pupil: Pupil, form: Any, title: str, template: str) -> HttpResponse:
    _looked(request, pupil)
    back = reverse("put_right", args=[pupil.pk])
    return render(request, template, {"pupil": pupil, "form": form, "title": title, "back": back})


def _looked(request: MemberRequest, pupil: Pupil) -> None:
    """These pages show a child's name and facts, so opening one is a look at the record."""
    words = "Opened a page to put a fact right."
    record("see_put_right", by=request.member, words=words, subject=pupil, pupils=[pupil.pk])


def _done(request: MemberRequest, pupil: Pupil, what: str) -> HttpResponse:
    messages.success(request, f"{what} was put right. It is on the trail below, with your reason.")
    return redirect("pupil_page", pk=pupil.pk)


@requires(Permission.FACT_CORRECT)
@require_safe
def put_right(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Which fact is to be put right?"""
    pupil = _pupil(request, pk)
    _enrolments(request, pupil)
    _looked(request, pupil)
    facts = [(reverse(name, args=[pupil.pk]), title, hint) for name, title, hint in FACTS]
    return render(request, "schools/put_right.html", {"pupil": pupil, "facts": facts})


@requires(Permission.FACT_CORRECT)
def put_right_name(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The child's name."""
    pupil = _pupil(request, pk)
    _enrolments(request, pupil)
    form = NameForm(request.POST or None, initial={"surname": pupil.surname, "forename": pupil.forename})
    if form.is_valid():
        with said_in(form):
            write = _write(request)
            corrections.correct_name(pupil, **form.cleaned_data, by=write["by"], at=write["at"])
            return _done(request, pupil, "The name")
    return _ask(request, pupil, form, "Put the name right", "schools/put_right_name.html")


@requires(Permission.FACT_CORRECT)
def put_right_admission(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The day of admission at one school."""
    pupil = _pupil(request, pk)
    enrolments = _enrolments(request, pupil)
    initial = {"admission_on": enrolments[0].admission_on} if len(enrolments) == 1 else {}
    form = AdmissionForm(request.POST or None, initial=initial, enrolments=enrolments, on=request.member.on)
    if form.is_valid():
        with said_in(form):
            enrolment, typed = _chosen(form, enrolments)
            corrections.correct_admission(enrolment, **typed, **_write(request))
            return _done(request, pupil, "The admission date")
    return _ask(request, pupil, form, "Put the admission date right", "schools/put_right_admission.html")


@requires(Permission.FACT_CORRECT)
def put_right_leaving(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The day of leaving one school, and where to."""
    pupil = _pupil(request, pk)
    enrolments = _enrolments(request, pupil)
    one = enrolments[0]
    initial = {"leaving_on": one.leaving_on, "destination": one.destination} if len(enrolments) == 1 else {}
    form = LeavingForm(request.POST or None, initial=initial, enrolments=enrolments, on=request.member.on)
    if form.is_valid():
        with said_in(form):
            enrolment, typed = _chosen(form, enrolments)
            corrections.correct_leaving(enrolment, **typed, **_write(request))
            return _done(request, pupil, "The leaving date")
    return _ask(request, pupil, form, "Put the leaving date right", "schools/put_right_leaving.html")


@requires(Permission.FACT_CORRECT)
def put_right_school(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """A move from one school to another."""
    pupil = _pupil(request, pk)
    enrolments = [one for one in _enrolments(request, pupil) if one.leaving_on is None]
    reachable = School.objects.visible_to(request.member).filter(closed_on=None)
    schools = list(reachable.exclude(pk__in=[one.school_id for one in enrolments]))
    form = MoveForm(request.POST or None, enrolments=enrolments, on=request.member.on, schools=schools)
    if form.is_valid():
        with said_in(form):
            _move(request, form, enrolments, schools)
            return _done(request, pupil, "The school")
    return _ask(request, pupil, form, "Move to another school", "schools/put_right_school.html")


def _move(request: MemberRequest, form: MoveForm, enrolments: list[Enrolment], schools: list[School]) -> None:
    enrolment, typed = _chosen(form, enrolments)
    urn, begins = typed.pop("school", ""), typed.pop("admission_on", None)
    is_here = typed.pop("to") == "here"
    to = next((one for one in schools if one.urn == urn), None) if is_here else None
    corrections.move_school(enrolment, to=to, admission_on=begins, **typed, **_write(request))


@requires(Permission.FACT_CORRECT)
def put_right_mark(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One half-day's mark."""
    pupil = _pupil(request, pk)
    enrolments = _enrolments(request, pupil)
    form = MarkForm(request.POST or None, enrolments=enrolments, on=request.member.on)
    if form.is_valid():
        with said_in(form):
            enrolment, typed = _chosen(form, enrolments)
            mark = "" if typed["mark"] == corrections.NO_MARK else typed["mark"]
            corrections.correct_mark(enrolment, **{**typed, "mark": mark}, **_write(request))
            return _done(request, pupil, "The mark")
    return _ask(request, pupil, form, "Put one mark right", "schools/put_right_mark.html")
