"""How tests ask the API: tokens made as an administrator makes them, approved, and a client that sends them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client

from attendance_portal.integrations import approve_integration
from attendance_portal.models import Integration, Membership, Scope
from attendance_portal.roles import Role
from schools.api.integrations import make_for_schools
from schools.models import Pupil, School
from tests.cast import ON, Cast, in_scope, make_member
from tests.schools.stored import AT

EVERYTHING = tuple(Scope)
_numbers = itertools.count(1)


def token_of(cast: Cast, *scopes: str, schools: Iterable[School] | None = None, by: Membership | None = None) -> str:
    """A token of Eastshire (or of the administrator's authority `by`) for these schools, or for every one."""
    return made(cast, *scopes, schools=schools, by=by)[1]


def made(
    cast: Cast,
    *scopes: str,
    schools: Iterable[School] | None = None,
    by: Membership | None = None,
    approved: bool = True,
) -> tuple[Integration, str]:
    """An integration, and its token; what reads children is approved."""
    admin = by or cast.admin
    with in_scope(admin.authority):
        one, token = make_for_schools(
            name=f"Hub {next(_numbers)}",
            scopes=scopes or EVERYTHING,
            schools=schools or [],
            every_school=schools is None,
            expires_on=ON + dt.timedelta(days=100),
            by=admin,
            at=AT,
        )
        if approved and one.waits:
            approve_integration(one, by=_approver(cast, admin), at=AT)
        return one, token


def _approver(cast: Cast, admin: Membership) -> Membership:
    if admin.authority_id == cast.eastshire.pk:
        return cast.team_leader
    return make_member(admin.authority, f"leader{next(_numbers)}@westshire.example", "Wes Tarn", Role.TEAM_LEADER)


def strangers_token(cast: Cast, *scopes: str) -> str:
    """A token of Westshire, for everything of every school there."""
    admin = make_member(cast.westshire, f"admin{next(_numbers)}@westshire.example", "Will Asher", "admin")
    return token_of(cast, *scopes, by=admin)


def ask(token: str, address: str, **query: Any) -> HttpResponse:
    """GET with a token."""
    return Client().get(address, query, headers={"Authorization": f"Bearer {token}"})


def send(token: str, address: str, body: Any, *, key: str = "key-1", **headers: str) -> HttpResponse:
    """POST JSON (bytes are sent as they are) with a token."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **headers}
    return Client().post(address, content, content_type="application/json", headers=sent)


def posted(marks: Mapping[Pupil, Mapping[dt.date, str]], **more: Any) -> dict[str, Any]:
    """The body of a post, from who had which marks: a day's are one string, such as "/\\" or "I-"."""
    return {"pupils": [_pupil(pupil, days) for pupil, days in marks.items()], **more}


def _pupil(pupil: Pupil, days: Mapping[dt.date, str]) -> dict[str, Any]:
    return {
        "upn": pupil.upn,
        "surname": pupil.surname,
        "forename": pupil.forename,
        "date_of_birth": str(pupil.date_of_birth),
        "marks": [
            {"date": str(day), "session": half, "mark": mark}
            for day, pair in days.items()
            for half, mark in zip(("AM", "PM"), pair, strict=True)
        ],
    }
