"""The door of the API: which tokens open it, how often, and that every error is one shape with a sentence."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from attendance_portal.integrations import IDLE_DAYS
from attendance_portal.models import AuditEvent, Integration, Scope
from tests.cast import ON, Cast, in_scope
from tests.schools.api.asking import ask, made, send, token_of
from tests.schools.stored import AT

SCHOOLS = "/api/v1/schools"
HILL = "/api/v1/schools/999001/marks"


def _is_refused(answer: Any, status: int, name: str, *words: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith("application/json")
    told = answer.json()
    assert set(told) == {"error", "message"} and told["error"] == name
    assert told["message"].endswith((".", "…")) and all(word in told["message"] for word in words), told


def test_a_token_opens_the_api_and_its_use_is_noted(cast: Cast) -> None:
    integration, token = made(cast, Scope.SCHOOLS_READ)
    assert ask(token, SCHOOLS).status_code == 200
    integration.refresh_from_db()
    assert integration.last_used_at is not None and integration.last_used_at.date() == ON


def test_only_the_hash_of_a_token_is_kept(cast: Cast) -> None:
    integration, token = made(cast)
    row = Integration.objects.filter(pk=integration.pk).values().get()
    assert token not in str(row)
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer attendance_unknown", "Basic abc", "Bearer ünknown"])
def test_without_a_known_token_nothing_opens(cast: Cast, header: str) -> None:
    answer = Client().get(SCHOOLS, headers={"Authorization": header} if header else {})
    _is_refused(answer, 401, "no-token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def _changed(cast: Cast, **values: Any) -> tuple[Integration, str]:
    integration, token = made(cast)
    Integration.objects.filter(pk=integration.pk).update(**values)
    return integration, token


def test_an_expired_token_is_refused_in_a_sentence_and_the_attempt_recorded_once(cast: Cast) -> None:
    integration, token = _changed(cast, expires_on=ON - dt.timedelta(days=1))
    for _ in range(3):
        _is_refused(ask(token, SCHOOLS), 401, "no-token", "expired on 19 November 2026")
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="refused_token")
        assert event.subject_id == str(integration.pk) and "expired" in event.detail["why"]


def test_a_token_works_on_its_last_day(cast: Cast) -> None:
    assert ask(_changed(cast, expires_on=ON)[1], SCHOOLS).status_code == 200


def test_a_token_that_lay_idle_is_refused_in_a_sentence(cast: Cast) -> None:
    last_day = AT - dt.timedelta(days=IDLE_DAYS)
    long_ago = {"made_at": AT - dt.timedelta(days=200), "approved_at": AT - dt.timedelta(days=190)}
    assert ask(_changed(cast, **long_ago, last_used_at=last_day)[1], SCHOOLS).status_code == 200
    for last_used_at in (last_day - dt.timedelta(days=1), None):
        token = _changed(cast, **long_ago, last_used_at=last_used_at)[1]
        _is_refused(ask(token, SCHOOLS), 401, "no-token", f"{IDLE_DAYS} days")
    never_used, token = made(cast, Scope.SCHOOLS_READ)
    Integration.objects.filter(pk=never_used.pk).update(made_at=last_day - dt.timedelta(days=1))
    _is_refused(ask(token, SCHOOLS), 401, "no-token", f"{IDLE_DAYS} days")


def test_the_days_without_use_are_counted_from_the_approval_as_well(cast: Cast) -> None:
    """Made 91 days ago, it works if it was approved within 90 days."""
    made_at = AT - dt.timedelta(days=IDLE_DAYS + 1)
    assert ask(_changed(cast, made_at=made_at, approved_at=AT)[1], SCHOOLS).status_code == 200
    first_day = AT - dt.timedelta(days=IDLE_DAYS)
    assert ask(_changed(cast, made_at=made_at, approved_at=first_day)[1], SCHOOLS).status_code == 200
    token = _changed(cast, made_at=made_at, approved_at=made_at)[1]
    _is_refused(ask(token, SCHOOLS), 401, "no-token", f"{IDLE_DAYS} days")


def test_a_revoked_token_is_refused_in_a_sentence(cast: Cast) -> None:
    token = _changed(cast, revoked_at=AT, revoked_by=cast.admin)[1]
    _is_refused(ask(token, SCHOOLS), 401, "no-token", "revoked")


def test_a_token_may_ask_only_so_often(cast: Cast, settings: Settings) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    token, other = token_of(cast), token_of(cast)
    assert [ask(token, SCHOOLS).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = ask(token, SCHOOLS)
    _is_refused(answer, 429, "too-many-requests", "Retry-After")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert ask(other, SCHOOLS).status_code == 200


def test_an_address_that_is_not_there_and_a_method_that_is_not_answered_are_told_in_json(cast: Cast) -> None:
    token = token_of(cast)
    _is_refused(ask(token, "/api/v1/nowhere"), 404, "not-found")
    _is_refused(ask(token, "/api/v1/schools/9%0009/registers"), 404, "not-found")
    _is_refused(ask(token, "/api/v1/schools?school=%00"), 400, "bad-request")
    _is_refused(send(token, SCHOOLS, {}), 405, "no-such-method")
    for method in ("options", "head", "put", "delete"):
        answer = getattr(Client(), method)(SCHOOLS, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 405, method


def test_an_answer_is_json_whatever_is_asked_for_and_nobody_keeps_it(cast: Cast) -> None:
    headers = {"Authorization": f"Bearer {token_of(cast)}", "Accept": "text/html,image/png"}
    answer = Client().get(SCHOOLS, headers=headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies


def test_what_is_too_large_is_not_read(cast: Cast, settings: Settings) -> None:
    settings.API_MOST_BYTES = 1_000_000
    answer = send(token_of(cast), HILL, b" " * 1_000_001)
    _is_refused(answer, 413, "too-large", "1 MB")


def test_an_error_of_the_portal_is_told_in_json_and_keeps_nothing(cast: Cast, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.schools.api.failing"
    token = token_of(cast)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/fails", headers={"Authorization": f"Bearer {token}"})
    _is_refused(answer, 500, "failed")
    with in_scope(cast.eastshire):
        assert not AuditEvent.objects.filter(what="written_before_the_failure").exists()


def test_the_description_is_open_to_all_and_names_every_address(client: Client, db: None) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told = json.loads(answer.content)
    assert told["openapi"].startswith("3.")
    assert set(told["paths"]) == {
        "/api/v1/schools",
        "/api/v1/schools/{urn}/marks",
        "/api/v1/schools/{urn}/registers",
        "/api/v1/marks/{id}",
        "/api/v1/pupils",
        "/api/v1/standings",
    }
    example = told["paths"]["/api/v1/schools/{urn}/marks"]["post"]["requestBody"]["content"]["application/json"]
    assert example["examples"]
