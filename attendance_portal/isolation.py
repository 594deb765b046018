"""Migration operations that put row security and composite keys on owned tables (architecture section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation
from django.db.models import ForeignKey

from attendance_portal.tenancy import SETTING, AddressedHere, authority_scope

POLICY = "by_authority"
SHOWN = "shown_to_another"
THE_OPEN_ONE = f"nullif(current_setting('{SETTING}', true), '')::uuid"
MINE = f"authority_id = {THE_OPEN_ONE}"


class IsolateByAuthority(Operation):
    """Row security on a model's table, and composite keys so that no row points into another authority.

    Run it in the migration that makes the model, and again after a foreign key is added: it adds what
    is missing. Nothing of it is taken back: policy and keys go with the table or the column that they are of, and a
    table that stays stays isolated, whichever use of the operation isolated it.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the state: row security is invisible to the ORM."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        for statement in _isolating(model, schema_editor.connection):
            schema_editor.execute(statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """A table that stays stays isolated; what goes takes its policy and its keys with it."""

    def describe(self) -> str:
        return f"Isolate {self.model_name} by authority"


def _isolating(model: Any, connection: Any) -> Iterator[str]:
    """The SQL that is still missing on the table of `model`."""
    table, quote = model._meta.db_table, connection.ops.quote_name
    there = _constraints(table, connection)
    if POLICY not in there:
        yield f"ALTER TABLE {quote(table)} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {quote(table)} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY {POLICY} ON {quote(table)} USING ({MINE}) WITH CHECK ({MINE})"
    key = f"{table}_within"
    if key not in there:
        column = quote(model._meta.pk.column)
        yield f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(key)} UNIQUE (authority_id, {column})"
    for field in references(model):
        name = f"{table}_{field.column}_within"[:63]
        if name not in there:
            parent = quote(field.remote_field.model._meta.db_table)
            yield (
                f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} "
                f"FOREIGN KEY (authority_id, {quote(field.column)}) REFERENCES {parent} ({whose(field)}, id) "
                "DEFERRABLE INITIALLY DEFERRED"
            )


def whose(field: Any) -> str:
    """The column of the row pointed at that must be the authority of the row that points: its owner, or addressee."""
    return "to_authority_id" if isinstance(field, AddressedHere) else "authority_id"


def references(model: Any) -> Iterator[Any]:
    """Foreign keys of `model` to rows that carry an authority themselves."""
    for field in model._meta.get_fields():
        if not isinstance(field, ForeignKey) or field.name == "authority":
            continue
        if any(f.name == "authority" for f in field.remote_field.model._meta.get_fields()):
            yield field


def _constraints(table: str, connection: Any) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) "
            "UNION SELECT polname FROM pg_policy WHERE polrelid = to_regclass(%s)",
            [f'"{table}"', f'"{table}"'],
        )
        return {name for (name,) in cursor.fetchall()}


class ShowToAnother(Operation):
    """Let one other authority read, and never write, the rows of a table for which a condition holds.

    `condition` is SQL in which `{open}` stands for the authority whose scope is open; it must name that authority.
    The rows stay their owner's alone: there is no policy by which another inserts, updates, deletes or locks one.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, condition: str) -> None:
        if "{open}" not in condition:
            raise ValueError("A condition that does not name the open authority would show the rows to all of them.")
        self.model_name, self.condition = model_name, condition

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the state: row security is invisible to the ORM."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.model_name)._meta.db_table)
        shown = self.condition.format(open=THE_OPEN_ONE)
        schema_editor.execute(f"CREATE POLICY {SHOWN} ON {table} FOR SELECT USING ({shown})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(from_state.apps.get_model(app_label, self.model_name)._meta.db_table)
        schema_editor.execute(f"DROP POLICY IF EXISTS {SHOWN} ON {table}")

    def describe(self) -> str:
        return f"Show rows of {self.model_name} to one other authority"


class LeaveToCompositeKeys(Operation):
    """Drop the plain foreign keys of an app's tables wherever a composite key holds the same and more.

    Django adds the plain ones at the end of the migration that makes a table, so this runs in a later one. Every
    row's keys are checked at commit: without the duplicates a school's first file commits in half the time.
    """

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the state: Django keeps treating the columns as foreign keys."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        quote = schema_editor.quote_name
        for table, constraint in doubled_keys(app_label, schema_editor.connection):
            schema_editor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(constraint)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The composite keys hold all that the plain ones held: nothing to bring back."""

    def describe(self) -> str:
        return "Leave foreign keys to the composite keys"


# Foreign keys of one column of which another holds the same column together with the authority; and keys to the
# authority itself of rows that always have a parent, for the parent is of that authority by a key of its own.
_DOUBLED = """
    SELECT t.relname, plain.conname
    FROM pg_constraint plain
    JOIN pg_class t ON t.oid = plain.conrelid
    WHERE plain.contype = 'f' AND cardinality(plain.conkey) = 1 AND t.relname LIKE %s
      AND EXISTS (
        SELECT FROM pg_constraint whole
        WHERE whole.contype = 'f' AND whole.conrelid = plain.conrelid
          AND cardinality(whole.conkey) = 2 AND plain.conkey <@ whole.conkey
          AND (whole.confrelid = plain.confrelid OR plain.confrelid = 'attendance_portal_authority'::regclass
               AND NOT EXISTS (
                   SELECT FROM pg_attribute a
                   WHERE a.attrelid = whole.conrelid AND a.attnum = ANY (whole.conkey) AND NOT a.attnotnull)))
    ORDER BY 1, 2
"""


def doubled_keys(app_label: str, connection: Any) -> list[tuple[str, str]]:
    """Table and name of each plain foreign key of an app's tables that a composite key holds too."""
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLED, [f"{app_label}\\_%"])
        return list(cursor.fetchall())


class AppendOnly(Operation):
    """Rows of this table may be added and read, never changed or removed, by anyone but the table's owner."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.model_name)._meta.db_table)
        role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(from_state.apps.get_model(app_label, self.model_name)._meta.db_table)
        role = schema_editor.quote_name(settings.DATABASES["default"]["USER"])
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {role}")

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"


def for_each_authority(work: Callable[[Apps, str], None]) -> RunPython:
    """A data migration that runs `work(apps, alias)` once inside the scope of every authority.

    The migrating role is under row security too, on a connection of its own: read and write with
    `.using(alias)`, else the rows are asked of another connection, which waits for this one's locks.
    """

    def forwards(apps: Apps, schema_editor: Any) -> None:
        alias = schema_editor.connection.alias
        for authority in apps.get_model("attendance_portal", "Authority").objects.using(alias):
            with authority_scope(authority, using=alias):
                work(apps, alias)

    return RunPython(forwards, RunPython.noop)
