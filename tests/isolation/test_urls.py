"""The leak table: every address as anonymous, stranger, other school, without and with the permission."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import DjangoDbBlocker, Settings

from attendance_portal.models import AuditEvent, Authority, Membership, Message
from attendance_portal.roles import Permission
from attendance_portal.tenancy import authority_scope
from tests.addresses import our_patterns, patterns
from tests.cast import make_cast, open_to_the_cast, sign_in
from tests.isolation.arguments import Arguments
from tests.isolation.permission_table import API, LIBRARY_PAGES, TABLE, Row
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


@pytest.fixture(scope="module")
def scene_of_all(django_db_setup: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """The cast, and one of each thing at Hill Academy, set once: every test is rolled back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene(make_cast())
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def untouched(scene_of_all: Scene) -> dict[str, str]:
    """What the authority holds when a test begins."""
    return everything_of(scene_of_all.cast.eastshire)


@pytest.fixture
def scene(scene_of_all: Scene, db: None, settings: Settings) -> Scene:
    """A copy of its own for each test."""
    open_to_the_cast(settings)
    return copy.deepcopy(scene_of_all)


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


def words_of(answer: HttpResponse) -> str:
    """All that the answer says, its headers too. A PDF or picture is compressed: these are given to nobody shut
    out, whatever they say."""
    return answer.content.decode(errors="replace") + " ".join(map(str, answer.headers.values()))


# --- The census ---------------------------------------------------------------------------------------------


def test_every_address_is_in_the_permission_table() -> None:
    names = {str(pattern.name) for _, pattern in our_patterns(get_resolver())}
    listed = set(TABLE) | set(API)
    assert not names - listed, f"Not in the permission table: {sorted(names - listed)}. {HOW}"
    assert not listed - names, f"In the permission table, but no address: {sorted(listed - names)}"


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


@guarded_address
def test_whoever_may_not_see_it_finds_nothing(name: str, scene: Scene, untouched: dict[str, str]) -> None:
    row, cast = TABLE[name], scene.cast
    _is_sent_to_sign_in(name, scene)
    _is_shut_out(name, scene, cast.stranger, scene.secrets_of_eastshire())
    _attempt_was_recorded(name, scene)
    _is_refused_for_want_of_permission(name, scene)
    if not row.shared_in_authority:
        _is_shut_out(name, scene, cast.other_lead, scene.secrets_of_hill())
        _is_shut_out(name, scene, cast.practitioner, scene.secrets_of_hill())
    assert everything_of(cast.eastshire) == untouched, f"{name} let one of them change something"


@every_address
@pytest.mark.usefixtures("without_the_python_layer")
def test_row_security_alone_keeps_the_stranger_out(name: str, scene: Scene, untouched: dict[str, str]) -> None:
    _is_shut_out(name, scene, scene.cast.stranger, scene.secrets_of_eastshire())
    assert everything_of(scene.cast.eastshire) == untouched, f"{name} let the stranger change something"


def _is_sent_to_sign_in(name: str, scene: Scene) -> None:
    for method in METHODS:
        answer = _ask(name, scene, None, method)
        if answer.status_code != 405:
            assert answer.status_code == 302, f"{name} answered {answer.status_code} to nobody"
            assert answer.headers["Location"].startswith(resolve_url(settings.LOGIN_URL))


def _is_shut_out(name: str, scene: Scene, member: Membership, secrets: list[str]) -> None:
    row = TABLE[name]
    for method in METHODS:
        answer = _ask(name, scene, member, method, row.guessed)
        if row.is_about_a_thing and row.permission:
            assert answer.status_code in SHUT, f"{name} answered {answer.status_code} to {member} ({method})"
        assert answer.status_code < 500
        assert found_in(secrets, words_of(answer)) == [], f"{name} shows these to {member} ({method})"


def _is_refused_for_want_of_permission(name: str, scene: Scene) -> None:
    permission = TABLE[name].permission
    member = next((m for m in scene.cast.members.values() if permission and not m.may(permission)), None)
    for method in METHODS if member else ():
        answer = _ask(name, scene, member, method)
        assert answer.status_code in (403, 405), f"{name} answered {answer.status_code} to {member} ({method})"
        assert found_in(scene.secrets_of_hill(), words_of(answer)) == []


def _attempt_was_recorded(name: str, scene: Scene) -> None:
    """Where it was made, and not where it was aimed: that authority must not learn who else is here."""
    with authority_scope(scene.cast.westshire):
        events = AuditEvent.objects.filter(what="refused")
        assert all(event.detail["page"] == name for event in events)
        recorded = {event.detail["status"] for event in events}
    assert bool(recorded & {403, 404}) or not TABLE[name].is_about_a_thing
    with authority_scope(scene.cast.eastshire):
        assert not AuditEvent.objects.filter(what="refused").exists()


def everything_of(authority: Authority) -> dict[str, str]:
    """A digest of all rows of an authority but those of its audit, by table."""
    tables = [model._meta.db_table for model in OWNED if model not in (AuditEvent, Message)]
    digests = (
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
        for table in tables
    )
    with authority_scope(authority), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digests))
        return dict(cursor.fetchall())


# --- Who is let in ------------------------------------------------------------------------------------------


@every_address
def test_whoever_may_see_it_is_let_in(name: str, scene: Scene) -> None:
    member: Any = getattr(scene.cast, TABLE[name].by) if TABLE[name].permission else None
    for method in METHODS:
        answer = _ask(name, scene, member, method)
        assert answer.status_code in LET_IN, f"{name} answered {answer.status_code} to {member} ({method})"


# --- Who takes what away as a file ----------------------------------------------------------------------------

FOR_ALL = {
    "audit": "the trail of events is what an auditor is there for",
    "barriers": "the list of barriers",
    "caseload": "how many cases each person holds",
    "integrations": "systems that have a token",
    "my_schools": "the term's meetings",
    "overview": "figures of schools, small numbers hidden",
    "overview_helped": "figures of the authority, small numbers hidden",
    "overview_meetings": "the term's meetings",
    "plan_policy": "who approves plans",
    "register_gaps": "its file by year group and class",
    "registers_behind": "figures of schools",
    "return_policy": "what is asked of returns",
    "school_calendar": "days of a school",
    "schools": "schools",
    "services": "the directory of services",
    "social_care_lists": "which lists were sent",
    "staff_list": "people who work here",
    "systems": "systems of schools",
    "term_dates": "the authority's terms",
    "termly_counts": "a statutory return of numbers",
}
"""Whose list as a file is not kept to those who may download children, and what it names instead."""
NOT_TAKERS = ("auditor", "practitioner", "admin")


def test_which_files_are_for_everyone_who_opens_the_page_is_written_down() -> None:
    found = {str(p.name) for _, p in our_patterns(get_resolver()) if getattr(p.callback, "files_for_all", ())}
    assert found == set(FOR_ALL)


def test_a_file_of_children_is_taken_by_those_alone_who_may_and_told_from_a_look(scene: Scene) -> None:
    """Every address of the portal is asked for its list as a file, so that the next list or document cannot forget."""
    taken = {name: kind for name in TABLE if (kind := _taken_as(name, scene))}
    lists = {name for name, kind in taken.items() if kind == CSV_FILE}
    assert not _LISTS - lists
    assert set(taken) - lists == set(_DOCUMENTS) | set(_OPEN_FILES), f"A new kind of file, or none any more: {taken}"
    for name in lists - set(FOR_ALL):
        for member in (scene.cast.members[who] for who in NOT_TAKERS):
            answer = _file(name, scene, member)
            assert _kind(answer) != CSV_FILE, f"{name} is a file for {member}"
            assert "format=csv" not in answer.content.decode(errors="replace"), f"{name} offers {member} the file"
    for name, page in _DOCUMENTS.items():
        _is_handed_to_nobody_else(name, page, scene)


CSV_FILE = "text/csv"
_LISTS = {
    "agreed_actions", "cases", "changes", "chronology", "contacts", "counted_children", "documents", "enquiries",
    "family", "family_view", "health_plans", "home_educated", "meeting_list", "part_time_timetables", "plan_actions",
    "plans", "pupil_list", "pupils", "queues", "referrals", "returns", "rule_list",
}  # fmt: skip
"""Lists of children, each of which must be found to be a file."""
_DOCUMENTS = {
    "chronology_pdf": "chronology",
    "contract_pdf": "contract_page",
    "download_document": "documents",
    "minutes_pdf": "minutes_page",
    "plan_pdf": "plan_page",
}
"""Files about children that are no list, printed or attached by somebody. Each with the page that leads to it."""
_OPEN_FILES = {
    "api_description": "what the API offers, which names no child",
    "demo_calendar": "a meeting's calendar file in the demonstration's mail, which names no child",
}


def _kind(answer: HttpResponse) -> str:
    """The kind of file that this answer is; empty of a page, and of whatever leads to one."""
    kind = answer.get("Content-Type", "").partition(";")[0]
    is_file = kind != "text/html" or answer.get("Content-Disposition", "").startswith("attachment")
    return kind if is_file and answer.status_code == 200 and answer.content else ""


def _taken_as(name: str, scene: Scene) -> str:
    """What kind of file whoever may open this address gets. One that names a child leaves an event that says so."""
    taker = scene.cast.members[TABLE[name].by]
    with authority_scope(scene.cast.eastshire):
        before = AuditEvent.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    answer = _file(name, scene, taker)
    kind = _kind(answer)
    if not kind:
        return ""
    with authority_scope(scene.cast.eastshire):
        events = AuditEvent.objects.filter(pk__gt=before)
        said = [event.words for event in events if event.words.startswith("Downloaded")]
    names_children = bool(found_in(scene.secrets_of_hill()[1:], words_of(answer)))
    if name not in FOR_ALL and (names_children or name in _LISTS or name in _DOCUMENTS):
        assert taker.may(Permission.PUPIL_EXPORT), f"{name} is taken by {taker}"
        assert len(said) == 1, f"{name} was told as {said}"
    elif name not in _WITH_CHILDREN:
        assert not names_children, f"{name} names children"
    return kind


def _is_handed_to_nobody_else(name: str, page: str, scene: Scene) -> None:
    """A document is refused to all who may not take children away or not open its page, whose link they are not given;
    whoever takes it has the link."""
    row, taker = TABLE[name], scene.cast.members[TABLE[name].by]
    file = reverse(name, kwargs=row.arguments(scene))
    assert file in words_of(_ask(page, scene, taker, "get")), f"{page} does not lead to {name}"
    for member in scene.cast.members.values():
        if row.permission and member.may(row.permission) and member.may(Permission.PUPIL_EXPORT):
            continue
        answer = _file(name, scene, member)
        assert answer.status_code in (403, 404), f"{name} answered {answer.status_code} to {member}"
        assert not found_in(scene.secrets_of_hill(), words_of(answer)), f"{name} tells {member} of children"
        assert file not in words_of(_ask(page, scene, member, "get")), f"{page} offers {member} {name}"


_WITH_CHILDREN = {"audit", "register_gaps"}
"""For all who open the page in part, or although they name children."""


def _file(name: str, scene: Scene, member: Membership) -> HttpResponse:
    row = TABLE[name]
    asked = "&".join(filter(None, (row.query, "format=csv")))
    client: Any = sign_in(Client(), member)
    answer: HttpResponse = client.get(f"{reverse(name, kwargs=row.arguments(scene))}?{asked}")
    return answer


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
