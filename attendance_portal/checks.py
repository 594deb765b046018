"""System checks: the site's database role must be one that row security binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connections

_ROLE = """
    SELECT rolname, rolsuper, rolbypassrls,
           (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND c.relowner = r.oid)
      FROM pg_roles r WHERE rolname = current_user
"""

# Null where the table is not made yet. What a restored table grants depends on who restored it.
_AUDIT = "SELECT has_table_privilege(to_regclass('attendance_portal_auditevent'), 'UPDATE, DELETE, TRUNCATE')"


def role_errors(name: str, superuser: bool, bypasses: bool, owned: int) -> list[CheckMessage]:
    """What is wrong with the role that the site works as; `owned` is its number of tables."""
    advice = "Let DATABASE_URL name portal_app, as `manage.py prepare_database` makes it."
    faults = {
        "portal.E001": superuser and "is a superuser",
        "portal.E002": bypasses and "has BYPASSRLS",
        "portal.E003": owned > 0 and f"owns {owned} tables",
    }
    return [
        Error(f'The database role "{name}" {fault}: row security does not bind it.', hint=advice, id=key)
        for key, fault in faults.items()
        if fault
    ]


def audit_errors(may_change: bool | None) -> list[CheckMessage]:
    """What is wrong when the site's role may change or remove audit events."""
    if not may_change:
        return []
    hint = "As portal_owner: REVOKE UPDATE, DELETE, TRUNCATE ON attendance_portal_auditevent FROM portal_app"
    return [Error("The site's database role may change audit events.", hint=hint, id="portal.E004")]


def check_role(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Ask the server who `default` is (with `check --database default`, and before `migrate`)."""
    if not databases or not {"default", "owner"} & set(databases):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(_ROLE)
            found = role_errors(*cursor.fetchone())
            cursor.execute(_AUDIT)
            return found + audit_errors(*cursor.fetchone())
    except DatabaseError as error:
        kind = type(error).__name__
        return [Warning(f"The database could not be asked about the site's role ({kind}).", id="portal.W001")]
