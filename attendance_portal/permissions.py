"""The decorators with which a view asks whether this role may do this kind of thing, and may take it away as a file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from attendance_portal.requests import PortalRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import CSV, FORMAT

View = Callable[..., HttpResponse]


def requires(permission: Permission, *, files_for_all: Collection[str] = ()) -> Callable[[View], View]:
    """The view asks for this permission: signed out goes to sign in, signed in without it gets a 403.

    Its list as a file (`?format=…`) is for those who may download children (`PUPIL_EXPORT`): whoever else asks for one
    gets the page, without the link. Only the formats that the view names are for all who may open it: those that name
    no child, or are what the page is there for.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def asked(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.member is None:
                return redirect("no_membership")
            if permission not in request.member.permissions:
                raise PermissionDenied
            may_take = Permission.PUPIL_EXPORT in request.member.permissions
            request.may_export = may_take or CSV in files_for_all
            may_take = may_take or request.GET.get(FORMAT) in files_for_all
            if not may_take:
                request.GET = _without_file(request.GET)
            answer = view(request, *args, **kwargs)
            if not may_take and answer.get("Content-Type", "").startswith("text/csv"):
                raise PermissionDenied  # a file that is asked for in another way than the rest
            return answer

        asked.files_for_all = tuple(files_for_all)  # type: ignore[attr-defined]  # read by the census of files
        asked.permission = permission  # type: ignore[attr-defined]  # read by the census of URLs
        return asked

    return decorate


def _without_file(query: QueryDict) -> Any:
    """What was asked, but for the list as a file."""
    if FORMAT not in query:
        return query
    rest = query.copy()
    del rest[FORMAT]
    return rest


def open_to_all(view: View) -> View:
    """The view asks for nothing: said aloud, so that the census of URLs can tell it from one forgotten."""
    view.permission = None  # type: ignore[attr-defined]  # read by the census of URLs
    return view
