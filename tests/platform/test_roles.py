"""The database's roles: what each can, and what it cannot."""

from __future__ import annotations

import subprocess
import urllib.parse

import psycopg
import pytest
from django.conf import settings
from psycopg import errors, sql

from attendance_portal import database_roles, embedded
from attendance_portal.checks import check_role, role_errors
from tests.servers import TestServer, command


def _dump(server: TestServer, database: str, role: str) -> subprocess.CompletedProcess[str]:
    host = urllib.parse.unquote(server.url(role, database).split("@")[1].split("/")[0])
    program = str(embedded.postgres_program("pg_dump"))
    arguments = [program, "-h", host, "-U", role, "--data-only", "--no-owner", database]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.fixture
def guarded_table(own_database: str, database_server: TestServer) -> str:
    """A table of the owner under forced row security, with one row that nobody is scoped to."""
    with psycopg.connect(database_server.url("portal_owner", own_database), autocommit=True) as owner:
        owner.execute("CREATE TABLE guarded (id int)")
        owner.execute("INSERT INTO guarded VALUES (424242)")
        owner.execute("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE guarded FORCE ROW LEVEL SECURITY")
    return own_database


def test_the_backup_role_dumps_every_row_and_the_sites_role_cannot(
    guarded_table: str, database_server: TestServer
) -> None:
    by_backup = _dump(database_server, guarded_table, database_roles.BACKUP)
    assert by_backup.returncode == 0, by_backup.stderr
    assert "424242" in by_backup.stdout
    for role in (database_roles.APP, database_roles.OWNER):
        refused = _dump(database_server, guarded_table, role)
        assert refused.returncode != 0
        assert "row-level security" in refused.stderr
        assert "424242" not in refused.stdout


def test_the_site_gets_rows_of_new_tables_but_not_truncate_nor_references(
    guarded_table: str, database_server: TestServer
) -> None:
    with psycopg.connect(database_server.url("portal_app", guarded_table), autocommit=True) as site:
        for right, granted in {
            "SELECT": True,
            "DELETE": True,
            "TRUNCATE": False,
            "REFERENCES": False,
        }.items():
            found = site.execute("SELECT has_table_privilege('guarded', %s)", [right]).fetchone()
            assert found == (granted,), right
        for statement in (
            "ALTER TABLE guarded DISABLE ROW LEVEL SECURITY",
            "SET ROLE portal_owner",
            "SET ROLE portal_backup",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                site.execute(sql.SQL(statement))
        # Row security cannot be switched off by the session either: it then refuses instead of filtering.
        site.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege):
            site.execute("SELECT * FROM guarded")


def test_the_check_accepts_the_sites_role(own_database: str) -> None:
    assert check_role(databases=["default"]) == []


def test_the_check_refuses_a_role_that_row_security_does_not_bind() -> None:
    assert [e.id for e in role_errors("postgres", True, True, 3)] == [
        "portal.E001",
        "portal.E002",
        "portal.E003",
    ]
    assert role_errors("portal_app", False, False, 0) == []


def test_a_command_refuses_to_run_as_the_owner_of_the_tables(
    process_environment: dict[str, str],
) -> None:
    as_owner = {**process_environment, "DATABASE_URL": process_environment["DATABASE_OWNER_URL"]}
    refused = command(as_owner, "check", "--database", "default")
    assert refused.returncode == 1
    assert "portal.E003" in refused.stderr


def test_preparing_a_database_twice_changes_nothing(own_database: str, database_server: TestServer) -> None:
    with database_server.admin() as connection:
        database_roles.prepare(connection, own_database)
        database_roles.prepare(connection, own_database)
    assert settings.DATABASES["default"]["NAME"]
