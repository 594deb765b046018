"""The test fixtures themselves: who we are in the database, what is rolled back, what is really committed."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, connections
from django.db.utils import ProgrammingError

from attendance_portal.tasks import send_waiting_messages
from tests.conftest import VAR, Site
from tests.servers import TestServer


@pytest.mark.django_db
def test_tests_run_as_the_plain_role_of_the_site() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("portal_app", False, False)


@pytest.mark.django_db
def test_the_plain_role_can_neither_truncate_nor_make_tables() -> None:
    table = get_user_model()._meta.db_table
    for statement in (f'TRUNCATE "{table}" CASCADE', "CREATE TABLE mine (id int)", f'DROP TABLE "{table}"'):
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            try:
                cursor.execute(statement)
            finally:
                cursor.execute("ROLLBACK TO SAVEPOINT before")


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db
def test_what_a_test_writes_is_rolled_back(turn: int) -> None:
    users = get_user_model().objects
    assert not users.filter(email="somebody@eastshire.example").exists()
    users.create(email="somebody@eastshire.example")


@pytest.mark.parametrize("turn", [1, 2])
def test_commits_in_an_own_database_are_seen_by_others_and_gone_afterwards(
    own_database: str, database_server: TestServer, turn: int
) -> None:
    users = get_user_model().objects
    assert not users.filter(email="somebody@eastshire.example").exists()
    users.create(email="somebody@eastshire.example")
    with psycopg.connect(database_server.url("portal_app", own_database)) as other:
        table = get_user_model()._meta.db_table
        found = other.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert found == (1,)


def test_the_owner_alias_goes_to_the_same_own_database(own_database: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        assert cursor.fetchone() == (own_database, "portal_owner")


def test_the_cache_is_a_real_redis(redis_server: str) -> None:
    cache.set("asked", "answered", 60)
    assert cache.get("asked") == "answered"


def test_the_site_fixture_answers(site: Site) -> None:
    with urllib.request.urlopen(f"{site.address}/health") as answer:
        assert answer.read() == b"ok\n"


def test_a_real_worker_takes_a_task_from_the_broker(
    start_worker: Callable[[], subprocess.Popen[bytes]],
) -> None:
    start_worker()
    send_waiting_messages.delay()
    log = VAR / "worker.log"
    until = time.monotonic() + 60
    while "send_waiting_messages" not in log.read_text() or "succeeded" not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
