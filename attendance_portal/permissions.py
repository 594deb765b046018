"""The decorators with which a view asks whether this role may do this kind of thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from attendance_portal.requests import PortalRequest
from attendance_portal.roles import Permission

View = Callable[..., HttpResponse]


def requires(permission: Permission) -> Callable[[View], View]:
    """The view asks for this permission: signed out goes to sign in, signed in without it gets a 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def asked(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.member is None:
                return redirect("no_membership")
            if permission not in request.member.permissions:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        asked.permission = permission  # type: ignore[attr-defined]  # read by the census of URLs
        return asked

    return decorate


def open_to_all(view: View) -> View:
    """The view asks for nothing: said aloud, so that the census of URLs can tell it from one forgotten."""
    view.permission = None  # type: ignore[attr-defined]  # read by the census of URLs
    return view
