"""System checks: the site's database role must be one that row security binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connections

_ROLE = """
    SELECT rolname, rolsuper, rolbypassrls,
           (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND c.relowner = r.oid)
      FROM pg_roles r WHERE rolname = current_user
"""

# A table that is not made yet grants nothing. What a restored one grants depends on who restored it.
_CHANGEABLE = """
    SELECT name FROM unnest(%s::text[]) name WHERE has_table_privilege(to_regclass(name), 'UPDATE, DELETE, TRUNCATE')
"""


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


def history_tables() -> list[str]:
    """The tables of history, to which rows are only ever added: models say so by `append_only`."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def history_errors(changeable: Sequence[str]) -> list[CheckMessage]:
    """What is wrong where the site's role may change or remove rows of history; `changeable` are the tables."""
    if not changeable:
        return []
    hint = f"As portal_owner: REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(changeable)} FROM portal_app"
    told = "The site's database role may change history, such as audit events."
    return [Error(told, hint=hint, id="portal.E004")]


def check_role(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Ask the server who `default` is (with `check --database default`, and before `migrate`)."""
    if not databases or not {"default", "owner"} & set(databases):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(_ROLE)
            found = role_errors(*cursor.fetchone())
            cursor.execute(_CHANGEABLE, [history_tables()])
            return found + history_errors([name for (name,) in cursor.fetchall()])
    except DatabaseError as error:
        kind = type(error).__name__
        return [Warning(f"The database could not be asked about the site's role ({kind}).", id="portal.W001")]
