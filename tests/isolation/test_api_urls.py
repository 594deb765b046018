"""The leak table of the API: every address by tokens of another authority, of another school, and without the scope.

No session opens the API, and no token opens a page.
"""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from attendance_portal.models import AuditEvent, Integration, Scope
from attendance_portal.sign_in import token_hash
from attendance_portal.tenancy import authority_scope
from schools.models import PostedMarks
from tests.addresses import our_patterns
from tests.cast import Cast, sign_in
from tests.isolation.arguments import of_nothing
from tests.isolation.permission_table import API, TABLE
from tests.isolation.scene import Scene, found_in, set_scene
from tests.isolation.test_urls import everything_of, words_of
from tests.schools.api.asking import posted, strangers_token, token_of
from tests.schools.stored import AT, AUTUMN, store_autumn

every_address = pytest.mark.parametrize("name", API)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """The cast with a term's marks, and one of each thing at Hill Academy."""
    scene = set_scene(cast)
    store_autumn(cast)
    return scene


def _ask(name: str, scene: Scene, client: Client, token: str = "") -> HttpResponse:
    row = API[name]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = reverse(name, kwargs=row.arguments(scene))
    if row.method == "GET":
        return client.get(address, headers=headers)
    with authority_scope(scene.cast.eastshire):
        body = json.dumps(posted({scene.cast.pupil: dict.fromkeys(AUTUMN[:1], "I\\")}))
    headers["Idempotency-Key"] = f"leak-{token[-5:]}"
    return client.post(address, body, content_type="application/json", headers=headers)


def test_every_address_of_the_api_asks_for_the_scope_of_the_table() -> None:
    asked = {
        str(p.name): str(p.callback.scope) for _, p in our_patterns(get_resolver()) if hasattr(p.callback, "scope")
    }
    assert asked == {name: str(row.scope) for name, row in API.items()}


def test_only_the_api_is_free_of_the_token_against_forged_forms() -> None:
    exempt = {str(p.name) for _, p in our_patterns(get_resolver()) if getattr(p.callback, "csrf_exempt", False)}
    assert exempt == set(API)


@every_address
def test_whoever_may_not_ask_it_finds_nothing(name: str, scene: Scene) -> None:
    cast = scene.cast
    _is_shut_to_sessions(name, scene)
    _is_shut_out(name, scene, strangers_token(cast), scene.secrets_of_eastshire())
    _is_shut_out(name, scene, token_of(cast, schools=[cast.vale]), scene.secrets_of_hill())
    _is_refused_for_want_of_the_scope(name, scene)


@every_address
@pytest.mark.usefixtures("without_the_python_layer")
def test_row_security_alone_keeps_the_strangers_token_out(name: str, scene: Scene) -> None:
    _is_shut_out(name, scene, strangers_token(scene.cast), scene.secrets_of_eastshire())


def _is_shut_to_sessions(name: str, scene: Scene) -> None:
    for member in (None, scene.cast.officer, scene.cast.lead, scene.cast.admin):
        answer = _ask(name, scene, sign_in(Client(), member) if member else Client())
        assert answer.status_code == 401, f"{name} answered {answer.status_code} to {member}"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert found_in(scene.secrets_of_eastshire(), words_of(answer)) == []


def _is_shut_out(name: str, scene: Scene, token: str, secrets: list[str]) -> None:
    before = everything_of(scene.cast.eastshire)
    answer = _ask(name, scene, Client(), token)
    wanted = 200 if API[name].arguments is of_nothing else 404
    assert answer.status_code == wanted, f"{name} answered {answer.status_code}: {answer.content[:300]!r}"
    assert found_in(secrets, words_of(answer)) == []
    assert everything_of(scene.cast.eastshire) == before


def _is_refused_for_want_of_the_scope(name: str, scene: Scene) -> None:
    token = token_of(scene.cast, *(scope for scope in Scope if scope != API[name].scope))
    before = everything_of(scene.cast.eastshire)
    answer = _ask(name, scene, Client(), token)
    assert answer.status_code == 403
    assert str(API[name].scope) in answer.json()["message"]
    assert found_in(scene.secrets_of_hill(), words_of(answer)) == []
    assert everything_of(scene.cast.eastshire) == before
    with authority_scope(scene.cast.eastshire):
        event = AuditEvent.objects.filter(what="refused", detail__status=403).get()
        assert event.by_name.endswith(", integration") and event.detail["page"] == name


@every_address
def test_the_right_token_is_let_in(name: str, scene: Scene) -> None:
    with authority_scope(scene.cast.eastshire):
        theirs = PostedMarks.objects.get().integration
    token = _token_for(theirs, scene)
    answer = _ask(name, scene, Client(), token)
    assert answer.status_code in (200, 201, 422), f"{name}: {answer.content[:300]!r}"


def _token_for(integration: Integration, scene: Scene) -> str:
    """A token for an integration that is there, approved."""
    approved = {"approved_at": AT, "approved_by": scene.cast.team_leader}
    Integration.objects.filter(pk=integration.pk).update(
        token_hash=token_hash("its-token"), scopes=list(Scope), every_school=True, expires_on="2027-01-01", **approved
    )
    return "its-token"


def test_a_token_opens_no_page(scene: Scene) -> None:
    token = token_of(scene.cast)
    for name, row in TABLE.items():
        if row.permission:
            before = transaction.savepoint()  # what one row makes, another may make as well
            address = reverse(name, kwargs=row.arguments(scene))
            answer = Client().get(address, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code in (302, 405), name
            assert found_in(scene.secrets_of_eastshire(), answer.content.decode()) == [], name
            transaction.savepoint_rollback(before)
