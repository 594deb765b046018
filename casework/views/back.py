"""Where a person goes after an act: to the page that sent them (`?next=`), where it is one of ours, else as usual."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def back_to(request: HttpRequest, usual: str) -> str:
    """The address asked for by `next`, or the usual one."""
    asked = request.GET.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else usual
