"""The census: every model is owned and isolated in the database, or is named here with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from attendance_portal.isolation import POLICY, SHOWN, doubled_keys, whose
from attendance_portal.tenancy import Owned
from tests.isolation.rows import OURS, OWNED, references

NOT_OWNED = {
    "attendance_portal.Authority": "it is the tenant",
    "attendance_portal.User": "a person may belong to several authorities",
    "attendance_portal.Membership": "read before any scope is open, to know which one to open",
    "attendance_portal.Invitation": "followed before its reader has any membership",
    "attendance_portal.Integration": "its token is examined before any scope is open, to know which one to open",
    "attendance_portal.SignInEvent": "a person signs in before any authority is known",
    "auth.Permission": "Django's own; the portal's permissions lie in roles.py",
    "auth.Group": "Django's own; the portal's permissions lie in roles.py",
    "contenttypes.ContentType": "Django's own list of models",
    "sessions.Session": "opened before any membership is known; holds no child's data",
    "account.EmailAddress": "sign-in, of a person",
    "account.EmailConfirmation": "sign-in, of a person",
    "mfa.Authenticator": "sign-in, of a person",
    "socialaccount.SocialApp": "sign-in by OpenID Connect",
    "socialaccount.SocialAccount": "sign-in by OpenID Connect, of a person",
    "socialaccount.SocialToken": "sign-in by OpenID Connect, of a person",
}
# Unique without the authority: each points at an owned row, which the composite key already holds inside it.
UNIQUE_BY_AN_OWNED_KEY = {
    ("schools_standing", ("enrolment_id",)): "one standing an enrolment",
    ("schools_handover", ("to_authority_id", "id")): "the addressee and a random key, for the answer to point at",
}
# Owned rows that one other authority may read, and nothing else: how the database tells which.
OPEN = "(NULLIF(current_setting('app.authority'::text, true), ''::text))::uuid"
SHOWN_TO_ANOTHER = {
    "schools.HandOver": f"(to_authority_id = {OPEN})",
    "schools.HandOverAnswer": "(EXISTS ( SELECT FROM schools_handover one WHERE ((one.id ="
    f" schools_handoveranswer.hand_over_id) AND (one.authority_id = {OPEN}))))",
    "schools.HandOverContents": "((EXISTS ( SELECT FROM schools_handover one WHERE ((one.id ="
    f" schools_handovercontents.hand_over_id) AND (one.to_authority_id = {OPEN}) AND (one.withdrawn_at IS NULL) AND"
    " (one.ended_at IS NULL)))) AND (NOT (EXISTS ( SELECT FROM schools_handoveranswer answer WHERE"
    " ((answer.hand_over_id = schools_handovercontents.hand_over_id) AND"
    f" (answer.authority_id = {OPEN}) AND (((answer.verdict)::text = 'declined'::text) OR"
    " (answer.ended_at IS NOT NULL)))))))",
}
# Indexes that cannot begin with the authority.
INDEXED_OTHERWISE = {"audit_by_pupil": "GIN over an array takes no uuid column without a contrib extension"}
MINE = "(authority_id = (NULLIF(current_setting('app.authority'::text, true), ''::text))::uuid)"

owned_model = pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)


def _asked(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def test_every_model_is_owned_or_named_here_with_its_reason() -> None:
    forgotten = [m._meta.label for m in apps.get_models() if not issubclass(m, Owned)]
    forgotten = [label for label in forgotten if label not in NOT_OWNED]
    assert not forgotten, f"Let these inherit from Owned, or name them in NOT_OWNED with the reason: {forgotten}"


def test_no_model_has_a_table_between_that_nobody_wrote_down() -> None:
    found = [f"{m._meta.label}.{f.name}" for m in OURS for f in m._meta.local_many_to_many]
    assert not found, f"Write the model between, as an owned one: an automatic table has no authority: {found}"


def test_no_owned_model_inherits_from_another_table() -> None:
    assert not [m._meta.label for m in OWNED if m._meta.parents]


@owned_model
def test_owned_models_have_their_authority_and_refuse_without_a_scope(model: type[Model]) -> None:
    field = model._meta.get_field("authority")
    assert isinstance(field, ForeignKey) and not field.null
    for manager in (model._default_manager, *model._meta.managers):
        assert type(manager).__module__ == "django_scopes.manager", (
            f"{model._meta.label}.{manager.name} is not scoped: make it with owned_manager(QuerySet)."
        )


@pytest.mark.django_db
@owned_model
def test_owned_tables_are_under_forced_row_security(model: type[Model]) -> None:
    table = model._meta.db_table
    [(enabled, forced)] = _asked(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(%s)", table
    )
    assert (enabled, forced) == (True, True), f"Add IsolateByAuthority('{model.__name__}') to its migration."
    policies = _asked(
        "SELECT policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = %s",
        table,
    )
    wanted = [(POLICY, "PERMISSIVE", "{public}", "ALL", MINE, MINE)]
    if shown := SHOWN_TO_ANOTHER.get(model._meta.label):
        wanted.append((SHOWN, "PERMISSIVE", "{public}", "SELECT", shown, None))
    found = [(*told, " ".join(qual.split()), check) for *told, qual, check in policies]
    assert sorted(found) == sorted(wanted)


@pytest.mark.django_db
@owned_model
def test_owned_tables_can_be_pointed_at_only_from_inside_their_authority(model: type[Model]) -> None:
    assert ("authority_id", model._meta.pk.column) in _unique_columns(model._meta.db_table)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "field"), references(), ids=lambda value: getattr(value, "name", None) or value._meta.label
)
def test_every_key_to_an_owned_row_is_held_inside_the_authority(model: type[Model], field: Any) -> None:
    parent = field.remote_field.model._meta.db_table
    found = _asked(
        "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = to_regclass(%s)",
        model._meta.db_table,
    )
    wanted = f"FOREIGN KEY (authority_id, {field.column}) REFERENCES {parent}({whose(field)}, id)"
    assert any(definition.startswith(wanted) and valid for definition, valid in found), (
        f"Run IsolateByAuthority('{model.__name__}') again after adding {field.name}."
    )


def _unique_columns(table: str) -> set[tuple[str, ...]]:
    return {columns for _, unique, _, columns in _indexes(table) if unique}


def _indexes(table: str) -> list[tuple[str, bool, bool, tuple[str, ...]]]:
    """Name, unique, primary, columns (expressions as they are written) of each index of the table."""
    found = _asked(
        "SELECT c.relname, i.indisunique, i.indisprimary,"
        " ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnkeyatts) n)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(%s)",
        table,
    )
    return [(name, unique, primary, tuple(columns)) for name, unique, primary, columns in found]


@pytest.mark.django_db
@owned_model
def test_the_authority_comes_first_in_every_index(model: type[Model]) -> None:
    """A unique index leaks that a row exists elsewhere.

    A row's own key, random or counted, tells nothing; an index on one foreign key alone is not unique, and
    serves the check when the row it points at is removed.
    """
    table = model._meta.db_table
    keys = {(field.column,) for field in model._meta.concrete_fields if isinstance(field, ForeignKey)}
    found = [
        name
        for name, unique, primary, columns in _indexes(table)
        if columns[0] != "authority_id"
        and not primary
        and not (not unique and columns in keys)
        and (table, columns) not in UNIQUE_BY_AN_OWNED_KEY
        and name not in INDEXED_OTHERWISE
    ]
    assert not found, f"Put authority first in {found}."


@pytest.mark.django_db
def test_every_table_that_carries_an_authority_is_an_owned_model() -> None:
    tables = _asked(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname = 'authority_id' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND c.relnamespace = 'public'::regnamespace"
    )
    known = {m._meta.db_table for m in OWNED} | {"attendance_portal_membership", "attendance_portal_integration"}
    assert {table for (table,) in tables} == known


@pytest.mark.django_db
def test_nothing_in_the_database_runs_as_somebody_else() -> None:
    """A view, or a function of SECURITY DEFINER, would read with its owner's eyes."""
    views = _asked("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace")
    functions = _asked("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    assert (views, functions) == ([], [])


@pytest.mark.django_db
def test_the_site_owns_no_table_and_may_neither_truncate_nor_set_triggers() -> None:
    tables = _asked(
        "SELECT tablename, tableowner = current_user,"
        " has_table_privilege(quote_ident(tablename), 'TRUNCATE'),"
        " has_table_privilege(quote_ident(tablename), 'TRIGGER') FROM pg_tables WHERE schemaname = 'public'"
    )
    assert len(tables) > len(OWNED)
    assert [row for row in tables if any(row[1:])] == []


@pytest.mark.django_db
@pytest.mark.parametrize("app_label", ["schools", "casework", "tsm"])
def test_no_foreign_key_is_held_twice(app_label: str) -> None:
    assert doubled_keys(app_label, connection) == []
