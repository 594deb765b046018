"""The addresses of the API, and its description."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import ParseError, UnsupportedMediaType, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from attendance_portal.audit import record_folded
from attendance_portal.integrations import IDLE_DAYS
from attendance_portal.models import Scope
from attendance_portal.permissions import open_to_all
from schools import tasks
from schools.api import guide, reading, shapes
from schools.api.asker import integration_at
from schools.api.describing import describes_list, describes_post, describes_posted
from schools.api.endpoints import endpoint, wants_json
from schools.api.pages import Page, page_of
from schools.api.posting import post_marks, waiting_body
from schools.models import PostedMarks, School
from schools.reading.posted import Malformed

LONGEST_KEY = 255


def _asked(request: Request, shape: type[shapes.Asked]) -> dict[str, Any]:
    """The query, checked. Raises ValidationError."""
    given = request._request.GET
    if twice := [name for name in given if len(given.getlist(name)) > 1]:
        raise ValidationError({twice[0][:40]: "This was given more than once."})
    query = shape(data=given.dict())
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def _school(request: Request, urn: str) -> School:
    school: School = get_object_or_404(reading.schools_of(integration_at(request)), urn=urn)
    return school


def _page(request: Request, rows: QuerySet[Any], asked: dict[str, Any]) -> Page:
    if asked.get("school"):
        _school(request, asked["school"])
    return page_of(rows, request, asked)


def _answer(page: Page, shape: type[BaseSerializer]) -> Response:
    rows = shape(page.rows, many=True).data
    return Response({"results": rows, "cursor": page.cursor, "next": page.address})


def _tell(request: Request, what: str, words: str, pupils: Iterable[uuid.UUID]) -> None:
    asked = request._request.GET.dict()
    record_folded(what, words=words, subject=integration_at(request), pupils=pupils, asked=asked)


@describes_list("Schools that the token may speak of", shapes.AskedSchools, shapes.SchoolPage)
@endpoint("GET", Scope.SCHOOLS_READ)
def api_schools(request: Request) -> Response:
    asked = _asked(request, shapes.AskedSchools)
    rows = reading.schools_of(integration_at(request))
    if asked.get("school"):
        rows = rows.filter(urn=asked["school"])
    return _answer(_page(request, rows, asked), shapes.SchoolShape)


@describes_list("Children on roll, and leavers; never a restricted child", shapes.AskedPupils, shapes.PupilPage)
@endpoint("GET", Scope.PUPILS_READ)
def api_pupils(request: Request) -> Response:
    asked = _asked(request, shapes.AskedPupils)
    page = _page(request, reading.pupils_of(integration_at(request), asked), asked)
    _tell(request, "read_pupils", "Read the list of pupils by the API.", (pupil.pk for pupil in page.rows))
    return _answer(page, shapes.PupilShape)


@describes_list(
    "Absence figures and categories to each school's latest day", shapes.AskedStandings, shapes.StandingPage
)
@endpoint("GET", Scope.STANDINGS_READ)
def api_standings(request: Request) -> Response:
    asked = _asked(request, shapes.AskedStandings)
    page = _page(request, reading.standings_of(integration_at(request), asked), asked)
    _tell(request, "read_standings", "Read standings by the API.", (row.pupil_id for row in page.rows))
    return _answer(page, shapes.StandingShape)


@describes_list("The marks of a school's year, compact", shapes.AskedRegisters, shapes.RegisterPage)
@endpoint("GET", Scope.REGISTERS_READ)
def api_registers(request: Request, urn: str) -> Response:
    school, asked = _school(request, urn), _asked(request, shapes.AskedRegisters)
    page = _page(request, reading.registers_of(integration_at(request), school, asked), asked)
    words = f"Read registers of {school} by the API."
    _tell(request, "read_registers", words, (row.enrolment.pupil_id for row in page.rows))
    return _answer(page, shapes.RegisterShape)


@describes_post
@endpoint("POST", Scope.MARKS_WRITE)
def api_marks(request: Request, urn: str) -> HttpResponse:
    """Store marks of a school, whole or not at all; what is large is stored by a worker."""
    school = _school(request, urn)
    if not wants_json(request._request):
        raise UnsupportedMediaType(request._request.content_type or "")
    key = _key(request)
    try:
        answer = post_marks(school, request._request.read(), key=key, by=integration_at(request))
    except Malformed as malformed:
        raise ParseError(malformed.sentence) from malformed
    if answer.is_waiting:
        authority = integration_at(request).authority.pk
        transaction.on_commit(partial(tasks.begin, tasks.finish_post, authority, answer.post.pk))
    response = HttpResponse(answer.body, content_type="application/json", status=answer.status)
    response["Idempotency-Replayed"] = "true" if answer.is_replay else "false"
    return response


def _key(request: Request) -> str:
    """The sender's key. Raises ParseError."""
    key: str = request._request.headers.get("Idempotency-Key", "")
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise ParseError(
            "Send the header Idempotency-Key: a name of your own for this post, of 1 to 255 ASCII characters. When a "
            "post seems lost, send it again with the same key: it is stored once."
        )
    return key


@describes_posted
@endpoint("GET", Scope.MARKS_WRITE)
def api_posted(request: Request, pk: uuid.UUID) -> Response:
    """What became of a post of this integration."""
    integration = integration_at(request)
    theirs = PostedMarks.objects.filter(integration=integration)
    theirs = theirs.filter(upload__school__in=reading.schools_of(integration))
    post: PostedMarks = get_object_or_404(theirs, pk=pk)
    return Response(post.outcome if post.finished_at else waiting_body(post))


@cache
def description() -> dict[str, Any]:
    """The API as OpenAPI 3 describes it."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # drf-spectacular types only its decorators
    found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@open_to_all
@require_safe
def api_description(request: HttpRequest) -> HttpResponse:
    """The description for programs."""
    return JsonResponse(description(), json_dumps_params={"indent": 1})


@open_to_all
@require_safe
def api_guide(request: HttpRequest) -> HttpResponse:
    """The description for people."""
    site = settings.PORTAL_ADDRESS
    page = {
        "post_example": guide.post_example(site),
        "read_example": guide.read_example(site),
        "errors": guide.errors(),
        "idle_days": IDLE_DAYS,
        "pace": settings.API_REQUESTS_A_MINUTE,
        "megabytes": settings.API_MOST_BYTES // 1_000_000,
    }
    return render(request, "schools/api_guide.html", page)
