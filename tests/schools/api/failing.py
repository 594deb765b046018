"""The portal's addresses, and one of the API that fails after it wrote."""

from __future__ import annotations

from typing import Any

from django.urls import path

from attendance_portal.audit import record
from attendance_portal.models import Scope
from attendance_portal.urls import urlpatterns as portal
from schools.api.endpoints import endpoint


@endpoint("GET", Scope.SCHOOLS_READ)
def fails(request: Any) -> None:
    record("written_before_the_failure", by=None)
    raise ZeroDivisionError


urlpatterns = [*portal, path("api/v1/fails", fails, name="fails")]
