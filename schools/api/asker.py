"""Who asks the API: a token that the door examined, its scopes and its pace; and that the answer is JSON.

Settings name these, so nothing here may import the framework's views.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from attendance_portal.models import Integration
from attendance_portal.requests import PortalRequest


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
