"""A backup by the backup role, and its restoring as docs/operating.md says: rows, row security and grants."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from attendance_portal import database_roles, embedded
from attendance_portal.models import AuditEvent, Authority
from attendance_portal.tenancy import authority_scope
from tests.servers import TestServer, command

_GUARDS = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
           has_table_privilege('portal_app', c.oid, 'UPDATE'), has_table_privilege('portal_app', c.oid, 'DELETE'),
           has_table_privilege('portal_app', c.oid, 'TRUNCATE'), has_table_privilege('portal_backup', c.oid, 'SELECT')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY c.relname
"""


def run(program: str, *arguments: str) -> None:
    words = [str(embedded.postgres_program(program)), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def guards(server: TestServer, database: str) -> list[tuple[object, ...]]:
    with server.admin(database) as connection:
        return connection.execute(_GUARDS).fetchall()


@pytest.fixture
def dump(own_database: str, database_server: TestServer, tmp_path: Path) -> Path:
    """A dump, by the backup role, of a database with one authority and one audit event."""
    authority = Authority.objects.create(slug="eastshire", name="Eastshire", code="999")
    with authority_scope(authority):
        AuditEvent.objects.create(by_name="Someone", what="see_pupil")
    path = tmp_path / "portal.dump"
    source = database_server.url(database_roles.BACKUP, own_database)
    run("pg_dump", "--format", "custom", "--file", str(path), "--dbname", source)
    return path


@pytest.fixture
def empty(database_server: TestServer) -> Iterator[str]:
    """A database as `prepare_database` makes it."""
    name = f"test_restored_{os.getpid()}"
    with database_server.admin() as connection:
        database_roles.prepare(connection, name)
    yield name
    database_server.drop(name)


def restore(server: TestServer, dump: Path, database: str, role: str) -> dict[str, str]:
    """Restore as a role, and answer the environment of a site on the restored database."""
    run("pg_restore", "--exit-on-error", "--dbname", server.url(role, database), str(dump))
    return server.environment(database, dump.parent / "var")


def test_a_database_restored_by_the_administrator_is_guarded_as_the_one_before(
    dump: Path, empty: str, own_database: str, database_server: TestServer
) -> None:
    environment = restore(database_server, dump, empty, "postgres")
    assert guards(database_server, empty) == guards(database_server, own_database)
    assert command(environment, "check", "--database", "default").returncode == 0
    with psycopg.connect(database_server.url(database_roles.BACKUP, empty)) as reader:
        found = reader.execute("SELECT what FROM attendance_portal_auditevent").fetchall()
    assert found == [("see_pupil",)]


def test_one_restored_by_the_owner_is_refused_until_audit_events_are_safe_again(
    dump: Path, empty: str, own_database: str, database_server: TestServer
) -> None:
    environment = restore(database_server, dump, empty, database_roles.OWNER)
    refused = command(environment, "check", "--database", "default")
    assert refused.returncode == 1 and "portal.E004" in refused.stderr
    with psycopg.connect(database_server.url(database_roles.OWNER, empty)) as owner:
        said = re.search(r"As portal_owner: (REVOKE .* FROM portal_app)", refused.stderr)
        assert said is not None and {"attendance_portal_auditevent,", "casework_pastclosing,"} < {*said[1].split()}
        owner.execute(said[1].encode())
    assert command(environment, "check", "--database", "default").returncode == 0
    assert guards(database_server, empty) == guards(database_server, own_database)
