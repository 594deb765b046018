"""What every address of the API has in common: token, scope, pace, JSON alone, and errors of one shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import api_view
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import exception_handler

from attendance_portal.api_errors import error_body
from attendance_portal.models import Integration, Scope
from attendance_portal.permissions import open_to_all
from attendance_portal.requests import PortalRequest

View = Callable[..., Any]


def integration_at(request: Request) -> Integration:
    """Whose token the request came with; only for addresses that ask for one."""
    return cast(Integration, request.auth)


class TokenAuthentication(BaseAuthentication):
    """The token that the door of the portal examined. No session, and no cookie, is looked at."""

    def authenticate(self, request: Request) -> tuple[Any, Integration] | None:
        asked = cast(PortalRequest, request._request)
        if asked.refused_token:
            raise exceptions.AuthenticationFailed(asked.refused_token)
        return (asked.user, asked.integration) if asked.integration else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Attendance portal"'


class HasScope(BasePermission):
    """The token was given the scope that the address asks for."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            raise exceptions.NotAuthenticated
        if not integration_at(request).may(view.scope):
            sentence = f"This token lacks the scope {view.scope}. The administrator can make one that has it."
            raise exceptions.PermissionDenied(sentence)
        return True


class PaceOfToken(SimpleRateThrottle):
    """So many requests a minute for each token."""

    scope = "token"

    def get_rate(self) -> str:
        return f"{settings.API_REQUESTS_A_MINUTE}/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"api-pace-{integration_at(request).pk}"


class JsonAlone(BaseContentNegotiation):
    """Every answer is JSON, whatever else the asker would rather have."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0] if parsers else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def endpoint(method: str, scope: Scope | None) -> Callable[[View], View]:
    """An address of the API that answers this one method to tokens with this scope; to everybody where it is None."""

    def decorate(function: View) -> View:
        view: Any = api_view([method])(function)
        view.cls.scope = scope
        if scope is None:
            view.cls.authentication_classes = view.cls.permission_classes = view.cls.throttle_classes = []
        view.scope = scope
        return open_to_all(view)

    return decorate


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error in the one shape; None for a failure, which the door then answers."""
    response = exception_handler(error, context)
    if response is None:
        return None
    sentence = ""
    if isinstance(error, exceptions.AuthenticationFailed | exceptions.PermissionDenied | exceptions.ParseError):
        sentence = str(error.detail)
    if isinstance(error, exceptions.ValidationError):
        sentence = " ".join(f"{name}: {_first(told)}" for name, told in cast(dict[str, Any], error.detail).items())
    response.data = error_body(response.status_code, sentence)
    return response


def _first(told: Any) -> str:
    return str(told[0] if isinstance(told, list) else told)


def wants_json(request: HttpRequest) -> bool:
    """Whether the body is stated to be JSON."""
    return bool(request.content_type == "application/json")
