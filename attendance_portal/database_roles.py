"""The roles and the database of the portal: who owns the tables, who works in them, who backs them up.

`portal_owner` owns every table and migrates; `portal_app` reads and writes rows, under row security, and can
neither switch it off nor truncate; `portal_backup` reads every row (`BYPASSRLS`), because a dump by a role
under row security fails. None of them is a superuser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

OWNER = "portal_owner"
APP = "portal_app"
BACKUP = "portal_backup"

_ATTRIBUTES: dict[str, LiteralString] = {
    OWNER: "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB",
    APP: "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB",
    BACKUP: "LOGIN NOSUPERUSER BYPASSRLS NOCREATEROLE NOCREATEDB",
}

# In force in the database for everything that the owner makes from now on.
_PRIVILEGES: tuple[LiteralString, ...] = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE, CREATE ON SCHEMA public TO portal_owner",
    "GRANT USAGE ON SCHEMA public TO portal_app, portal_backup",
    "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO portal_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public GRANT SELECT ON TABLES TO portal_backup",
    "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO portal_backup",
)


def prepare(
    connection: psycopg.Connection[tuple[object, ...]],
    database: str,
    passwords: Mapping[str, str] | None = None,
) -> None:
    """Make the roles and `database` where they are missing, and set their attributes and privileges.

    `connection`: a superuser's, in autocommit. `passwords`: by role; a role without one keeps what it has.
    Safe to repeat.
    """
    for role, attributes in _ATTRIBUTES.items():
        _prepare_role(connection, role, attributes, (passwords or {}).get(role))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        create_database(connection, database)
    connection.execute(
        sql.SQL(
            "REVOKE ALL ON DATABASE {0} FROM PUBLIC; GRANT CONNECT ON DATABASE {0} TO {1}, {2};"
            " GRANT TEMPORARY ON DATABASE {0} TO {1}"
        ).format(sql.Identifier(database), sql.Identifier(APP), sql.Identifier(BACKUP))
    )
    grant_in(connection, database)


def create_database(
    connection: psycopg.Connection[tuple[object, ...]],
    database: str,
    template: str = "template0",
) -> None:
    """Make `database`, owned by the owner role, as a copy of `template`."""
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(template)
        )
    )


def grant_in(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Set the privileges inside `database`, which the server of `connection` holds."""
    details = {**connection.info.get_parameters(), "dbname": database}
    if connection.info.password:
        details["password"] = connection.info.password
    with psycopg.connect(make_conninfo("", **details), autocommit=True) as inside:
        for statement in _PRIVILEGES:
            inside.execute(statement)


def _prepare_role(
    connection: psycopg.Connection[tuple[object, ...]],
    role: str,
    attributes: LiteralString,
    password: str | None,
) -> None:
    """Make one role, or set its attributes right."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = sql.SQL("ALTER ROLE {} {}") if known else sql.SQL("CREATE ROLE {} {}")
    connection.execute(verb.format(sql.Identifier(role), sql.SQL(attributes)))
    if password:
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
