"""Addresses of the isolation tests: the portal's own, and pages that do what no page of the portal may."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path

from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission
from attendance_portal.urls import urlpatterns as portal
from schools.models import School

_LIST = "{% for school in schools %}{{ school.name }};{% endfor %}"


def _write() -> None:
    School.objects.create(urn="123456", name="Written School", phase="primary")


@requires(Permission.HOME_SEE)
def rendered_lazily(request: HttpRequest) -> HttpResponse:
    """The query runs only when the page is rendered, after the view has returned."""
    page = engines["django"].from_string(_LIST)
    return TemplateResponse(request, page, {"schools": School.objects.all()})


@requires(Permission.HOME_SEE)
def streamed(request: HttpRequest) -> HttpResponseBase:
    """Owned data, asked for while the answer is being sent."""

    def names() -> Iterator[str]:
        yield from School.objects.values_list("name", flat=True)

    return StreamingHttpResponse(names())


@requires(Permission.HOME_SEE)
def written(request: HttpRequest) -> HttpResponse:
    _write()
    return HttpResponse("written")


@requires(Permission.HOME_SEE)
def failing(request: HttpRequest) -> HttpResponse:
    _write()
    raise ZeroDivisionError


@requires(Permission.HOME_SEE)
def answering_with_an_error(request: HttpRequest) -> HttpResponse:
    _write()
    return HttpResponse(status=503)


@requires(Permission.HOME_SEE)
def not_found(request: HttpRequest) -> HttpResponse:
    _write()
    raise Http404


@requires(Permission.HOME_SEE)
def forbidden(request: HttpRequest) -> HttpResponse:
    _write()
    raise PermissionDenied


@requires(Permission.HOME_SEE)
def refusing(request: HttpRequest) -> HttpResponse:
    _write()
    raise Refused("The school is closed: choose another.")


@requires(Permission.HOME_SEE)
def swallowing(request: HttpRequest) -> HttpResponse:
    """Catches a database error outside a savepoint, and says that all is well."""
    _write()
    try:
        connection.cursor().execute("SELECT 1 / 0")
    except Exception:
        return HttpResponse("stored")
    return HttpResponse("not reached")


@requires(Permission.AUDIT_SEE)
def for_auditors(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for auditors")


VIEWS = (
    rendered_lazily,
    streamed,
    written,
    failing,
    answering_with_an_error,
    not_found,
    forbidden,
    refusing,
    swallowing,
    for_auditors,
)
urlpatterns = [*portal, *(path(f"isolation/{view.__name__}", view, name=view.__name__) for view in VIEWS)]
