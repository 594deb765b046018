"""What makes a function an address of the API, and the one shape of its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import exception_handler

from attendance_portal.api_errors import error_body
from attendance_portal.models import Scope
from attendance_portal.permissions import open_to_all

View = Callable[..., Any]


def endpoint(method: str, scope: Scope) -> Callable[[View], View]:
    """An address of the API that answers this one method to tokens with this scope."""

    def decorate(function: View) -> View:
        view: Any = api_view([method])(function)
        view.cls.scope, view.cls.http_method_names = scope, [method.lower()]
        view.__name__, view.scope = function.__name__, scope
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
