"""The leak table: every address as anonymous, stranger, other school, without and with the permission."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import get_resolver, reverse

from attendance_portal.models import AuditEvent, Authority, Membership, Message
from attendance_portal.tenancy import authority_scope
from tests.addresses import our_patterns, patterns
from tests.cast import Cast, sign_in
from tests.isolation.permission_table import LIBRARY_PAGES, TABLE, Arguments, Row
from tests.isolation.rows import OWNED
from tests.isolation.scene import Scene, found_in, set_scene

HOW = """
Add a row to tests/isolation/permission_table.py, e.g.
    "pupil_page": Row(P.PUPIL_SEE, of_pupil, by="lead"),
with the permission its view asks for, the arguments of its address, and who in the cast may open it."""
METHODS = ("get", "post")
SHUT = {403, 404, 405}
LET_IN = {200, 204, 302, 303, 400, 405, 409, 422}

every_address = pytest.mark.parametrize("name", TABLE)
guarded_address = pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.permission])
address_of_a_thing = pytest.mark.parametrize(
    "name", [name for name, row in TABLE.items() if row.permission and row.is_about_a_thing]
)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """The cast, and one of each thing at Hill Academy."""
    return set_scene(cast)


def _ask(
    name: str, scene: Scene, member: Membership | None, method: str, arguments: Arguments | None = None
) -> HttpResponse:
    row = TABLE[name]
    client = sign_in(Client(), member) if member else Client()
    address = reverse(name, kwargs=(arguments or row.arguments)(scene))
    answer: HttpResponse = getattr(client, method)(
        address + (f"?{row.query}" if row.query else ""), row.data if method == "post" else None
    )
    return answer


def _words(answer: HttpResponse) -> str:
    """All that the answer says, its headers too. A PDF or picture is compressed: these are given to nobody shut
    out, whatever they say."""
    return answer.content.decode(errors="replace") + " ".join(map(str, answer.headers.values()))


# --- The census ---------------------------------------------------------------------------------------------


def test_every_address_is_in_the_permission_table() -> None:
    names = {str(pattern.name) for _, pattern in our_patterns(get_resolver())}
    assert not names - set(TABLE), f"Not in the permission table: {sorted(names - set(TABLE))}. {HOW}"
    assert not set(TABLE) - names, f"In the permission table, but no address: {sorted(set(TABLE) - names)}"


def test_every_view_says_which_permission_it_asks_for() -> None:
    found = [route for route, pattern in our_patterns(get_resolver()) if not hasattr(pattern.callback, "permission")]
    assert not found, f"Put @requires(Permission.…) or @open_to_all on the views of {found}."


def test_every_view_asks_for_the_permission_of_the_table() -> None:
    found = [
        f"{pattern.name}: the view asks for {asked}, the table says {TABLE[str(pattern.name)].permission}"
        for _, pattern in our_patterns(get_resolver())
        if pattern.name in TABLE
        and (asked := getattr(pattern.callback, "permission", "nothing")) != TABLE[pattern.name].permission
    ]
    assert not found, "\n".join(found)


def test_addresses_of_libraries_are_named_with_what_they_are_for() -> None:
    ours = {pattern.name for _, pattern in our_patterns(get_resolver())}
    found = [
        f"{route} ({pattern.callback.__module__})"
        for route, pattern in patterns(get_resolver())
        if pattern.name not in ours and not str(pattern.name).startswith(tuple(LIBRARY_PAGES))
    ]
    assert not found, f"Name these in LIBRARY_PAGES, with the reason: {found}"


# --- Who is shut out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@guarded_address
def test_whoever_is_signed_out_is_sent_to_sign_in(name: str, method: str, scene: Scene) -> None:
    answer = _ask(name, scene, None, method)
    if answer.status_code == 405:
        return
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(resolve_url(settings.LOGIN_URL))


@pytest.mark.parametrize("method", METHODS)
@every_address
def test_the_stranger_finds_nothing_of_the_other_authority(name: str, method: str, scene: Scene) -> None:
    _is_shut_out(name, method, scene, scene.cast.stranger, scene.secrets_of_eastshire())


@pytest.mark.parametrize("method", METHODS)
@every_address
@pytest.mark.usefixtures("without_the_python_layer")
def test_row_security_alone_keeps_the_stranger_out(name: str, method: str, scene: Scene) -> None:
    _is_shut_out(name, method, scene, scene.cast.stranger, scene.secrets_of_eastshire())


@pytest.mark.parametrize("method", METHODS)
@guarded_address
def test_the_lead_of_another_school_finds_nothing_of_this_one(name: str, method: str, scene: Scene) -> None:
    if not TABLE[name].shared_in_authority:
        _is_shut_out(name, method, scene, scene.cast.other_lead, scene.secrets_of_hill())


@pytest.mark.parametrize("method", METHODS)
@guarded_address
def test_a_partners_practitioner_without_a_grant_finds_no_child(name: str, method: str, scene: Scene) -> None:
    if not TABLE[name].shared_in_authority:
        _is_shut_out(name, method, scene, scene.cast.practitioner, scene.secrets_of_hill())


def _is_shut_out(name: str, method: str, scene: Scene, member: Membership, secrets: list[str]) -> None:
    before = _everything_of(scene.cast.eastshire)
    answer = _ask(name, scene, member, method, TABLE[name].guessed)
    if TABLE[name].is_about_a_thing and TABLE[name].permission:
        assert answer.status_code in SHUT, f"{name} answered {answer.status_code} to {member}"
    assert answer.status_code < 500
    assert found_in(secrets, _words(answer)) == [], f"{name} shows these to {member}"
    assert _everything_of(scene.cast.eastshire) == before, f"{name} let {member} change something"


def _everything_of(authority: Authority) -> dict[str, str]:
    """A digest of all rows of an authority but those of its audit, by table."""
    with authority_scope(authority), connection.cursor() as cursor:
        digests = {}
        for model in OWNED:
            if model in (AuditEvent, Message):
                continue
            table = model._meta.db_table
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            rows = "\n".join(row for (row,) in cursor.fetchall())
            digests[table] = sha256(rows.encode()).hexdigest()
        return digests


@pytest.mark.parametrize("method", METHODS)
@guarded_address
def test_a_role_without_the_permission_is_refused(name: str, method: str, scene: Scene) -> None:
    row = TABLE[name]
    without = [m for m in scene.cast.members.values() if not m.may(row.permission)]  # type: ignore[arg-type]
    before = _everything_of(scene.cast.eastshire)
    for member in without[:1]:
        answer = _ask(name, scene, member, method)
        assert answer.status_code in (403, 405), f"{name} answered {answer.status_code} to {member}"
        assert found_in(scene.secrets_of_hill(), _words(answer)) == []
        assert _everything_of(scene.cast.eastshire) == before


@address_of_a_thing
def test_a_refused_attempt_leaves_an_event_where_it_was_made(name: str, scene: Scene) -> None:
    answer = _ask(name, scene, scene.cast.stranger, "get")
    if answer.status_code == 405:
        return
    with authority_scope(scene.cast.westshire):
        event = AuditEvent.objects.filter(what="refused").latest("id")
    assert (event.membership_id, event.detail["page"]) == (scene.cast.stranger.pk, name)
    with authority_scope(scene.cast.eastshire):
        assert not AuditEvent.objects.filter(what="refused").exists()


# --- Who is let in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@guarded_address
def test_a_role_with_the_permission_is_let_in(name: str, method: str, scene: Scene) -> None:
    member: Any = getattr(scene.cast, TABLE[name].by)
    answer = _ask(name, scene, member, method)
    assert answer.status_code in LET_IN, f"{name} answered {answer.status_code} to {member}"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if not row.permission])
def test_what_is_open_to_all_is_open(name: str, method: str, scene: Scene) -> None:
    assert _ask(name, scene, None, method).status_code in LET_IN


def test_the_table_would_find_a_leak(scene: Scene) -> None:
    """The secrets are really there to be found: an officer of Eastshire reads them."""
    with authority_scope(scene.cast.eastshire):
        texts = " ".join(str(vars(thing)) for thing in vars(scene).values())
    assert found_in(scene.secrets_of_hill(), texts)


def test_rows_are_about_the_portal(scene: Scene) -> None:
    """Each row's person is of the cast, and may do what the row says."""
    for name, row in TABLE.items():
        member = scene.cast.members[row.by]
        assert row.permission is None or member.may(row.permission), f"{name}: {row.by} may not"
    assert all(isinstance(row, Row) for row in TABLE.values())
