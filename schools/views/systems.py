"""Schools' own systems: the authority's list and token, and what the last sync of one school brought."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools import tasks
from schools.models import Connection, School, SchoolLink, SyncProblem, SyncRun
from schools.sending.understood import children_named
from schools.syncing import sync_words, syncs
from schools.syncing.sync_problems import problems_seen
from schools.syncing.systems_forms import TokenForm, WhichSchoolForm

SHOWN = 200
COLUMNS = (
    Column("name", "School", ("name",)),
    Column("state", "State", ("approval", "name")),
    Column("read", "Last read", ("last_read_at", "name")),
    Column("brought", "What it brought"),
    Column("problems", "To put right", ("open_problems", "name"), numeric=True),
    Column("do", "Do", hidden_label=True),
)


def _connection() -> Connection | None:
    wonde = Connection.objects.filter(source=Connection.Source.WONDE).select_related("token_set_by__user")
    found: Connection | None = wonde.first()
    return found


def _links() -> QuerySet[Any]:
    """Every school of the source with its last sync, when it was last read to the end, and what is to be put right."""
    latest = SyncRun.objects.filter(link=OuterRef("pk")).order_by("-pk")
    done = Max("runs__finished_at", filter=Q(runs__state=SyncRun.State.DONE))
    links: QuerySet[Any] = SchoolLink.objects.select_related("school", "connection").annotate(
        last_run=Subquery(latest.values("pk")[:1]),
        last_read_at=done,
        open_problems=Count("problems", distinct=True),
    )
    return links


def _runs(links: Sequence[Any]) -> dict[int, SyncRun]:
    found: dict[int, SyncRun] = SyncRun.objects.in_bulk([link.last_run for link in links if link.last_run])
    return found


@requires(Permission.SYSTEM_SEE, files_for_all=("csv",))
@require_safe
def systems(request: MemberRequest) -> HttpResponse:
    """The connection and every school there: its state, when it was last read, what that brought and what is wrong."""
    listing = Listing(_links(), COLUMNS, request.GET, noun=("school", "schools"), sort="name")
    if listing.wants_csv:
        links = list(listing.everything)
        return csv_response(sync_words.HEADINGS, sync_words.systems_rows(links, _runs(links)), "School systems")
    links, connection = list(listing), _connection()
    runs = _runs(links)
    page = {
        "connection": connection,
        "state": sync_words.connection_state(connection) if connection else None,
        "listing": listing,
        "rows": [_row(link, runs.get(link.last_run)) for link in links],
        "may_set_up": request.member.may(Permission.SYSTEM_SET_UP),
        "may_sync": request.member.may(Permission.SYSTEM_SYNC),
        "may_open": request.member.may(Permission.REGISTER_UPLOAD),
    }
    return render(request, "schools/systems.html", page)


def _row(link: Any, run: SyncRun | None) -> dict[str, Any]:
    running = run is not None and run.state == SyncRun.State.UNDER_WAY
    ready = link.approval == SchoolLink.Approval.APPROVED and link.school_id is not None
    return {
        "link": link,
        "state": sync_words.link_state(link, run),
        "brought": sync_words.brought(run),
        "trouble": sync_words.trouble(run),
        "can_be_read": ready and not running,
        "can_be_matched": link.school_id is None,
    }


@sensitive_post_parameters("token")
@sensitive_variables("form")
@requires(Permission.SYSTEM_SET_UP)
def set_token(request: MemberRequest) -> HttpResponse:
    """Enter the token, or another in its place; the one that is held is shown to nobody."""
    form = TokenForm(request.POST) if request.method == "POST" else TokenForm()
    if form.is_valid():
        at = clock.now(request.member.authority)
        syncs.set_token(Connection.Source.WONDE, form.cleaned_data["token"], by=request.member, at=at)
        _begin(request)
        messages.success(request, "The token is kept. Wonde is asked which schools it covers.")
        return redirect("systems")
    page = {"form": form, "connection": _connection(), "trail": _trail()}
    return render(request, "schools/set_token.html", page)


def _begin(request: MemberRequest) -> None:
    """Have it done by a worker once what was written can be seen by it."""
    transaction.on_commit(partial(tasks.begin_syncs, request.member.authority))


@requires(Permission.SYSTEM_SYNC)
@require_POST
def sync_all(request: MemberRequest) -> HttpResponse:
    """Ask which schools there are now, and bring every one that approved up to date."""
    connection = _connection()
    try:
        if connection is None:
            raise Refused("There is no token yet. Enter one first.")
        syncs.ask_for_all(connection, by=request.member, at=clock.now(request.member.authority))
        _begin(request)
        messages.success(request, "Every school that approved is being brought up to date.")
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("systems")


@requires(Permission.SYSTEM_SYNC)
@require_POST
def sync_school(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Bring one school up to date now."""
    link: SchoolLink = get_object_or_404(SchoolLink.objects.select_related("school", "connection"), pk=pk)
    try:
        syncs.ask_for_sync(link, by=request.member, at=clock.now(request.member.authority))
        _begin(request)
        messages.success(request, f"{link.school} is being brought up to date.")
    except Refused as refused:
        messages.warning(request, refused.sentence)
    if link.school and request.member.may(Permission.REGISTER_UPLOAD):
        return redirect("school_sync", urn=link.school.urn)
    return redirect("systems")


@requires(Permission.SYSTEM_SET_UP)
def match_school(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say which school of the portal a school of the source is, where its numbers do not tell."""
    link: SchoolLink = get_object_or_404(SchoolLink.objects.select_related("connection"), pk=pk)
    free = School.objects.filter(closed_on=None).exclude(links__connection=link.connection_id)
    form = WhichSchoolForm(request.POST or None, schools=list(free))
    if form.is_valid():
        with said_in(form, "school"):
            school = free.get(urn=form.cleaned_data["school"])
            syncs.match_school(link, school, by=request.member)
            messages.success(request, f"{link.name} is {school}.")
            return redirect("systems")
    return render(request, "schools/match_school.html", {"form": form, "link": link, "trail": _trail()})


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def school_sync(request: MemberRequest, urn: str) -> HttpResponse:
    """How the last sync of one school went, how far the present one is, and what could not be stored."""
    school = _school(request, urn)
    link = _links().filter(school=school).first()
    run = SyncRun.objects.filter(pk=link.last_run).select_related("asked_by__user").first() if link else None
    problems = _problems(request, school, SHOWN) if link else []
    if named := children_named(request.member, school, problems):
        words = "Looked at what a sync left out."
        record("see_school_sync", by=request.member, words=words, subject=school, pupils=named)
    running = run is not None and run.state == SyncRun.State.UNDER_WAY and run.try_again_at is None
    page: dict[str, Any] = {"school": school, "link": link, "run": run, "running": running, "trail": _trail(school)}
    page["problems"] = [(problem, sync_words.title(problem)) for problem in problems]
    page["poll"] = reverse("school_sync", args=[urn]) if running else ""
    if link is not None:
        page |= {"row": _row(link, run), "may_sync": request.member.may(Permission.SYSTEM_SYNC)}
    if link is not None and run is not None:
        page |= {"facts": sync_words.facts(link, run), "progress": sync_words.progress(run)}
    return render(request, "schools/school_sync.html", page)


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def sync_problems_csv(request: MemberRequest, urn: str) -> HttpResponse:
    """What could not be stored, as a file to work through beside the school's own system."""
    school = _school(request, urn)
    problems = _problems(request, school, None)
    named = children_named(request.member, school, problems)
    words = "Downloaded what a sync left out."
    record("export_sync_problems", by=request.member, words=words, subject=school, pupils=named)
    return csv_response(sync_words.PROBLEM_HEADINGS, sync_words.problem_rows(problems), f"Sync of {school}")


def _school(request: MemberRequest, urn: str) -> School:
    school: School = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    return school


def _problems(request: MemberRequest, school: School, most: int | None) -> list[SyncProblem]:
    return problems_seen(request.member, school, most)


def _trail(school: School | None = None) -> list[tuple[str, str]]:
    if school is None:
        return [("School systems", reverse("systems"))]
    uploads = ("Uploads", reverse("upload_list", args=[school.urn]))
    return [(school.name, reverse("school_page", args=[school.urn])), uploads]
