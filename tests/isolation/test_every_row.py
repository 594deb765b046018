"""Each layer alone, for every owned model: what Python refuses, and what PostgreSQL hides without Python."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Model
from django_scopes.exceptions import ScopeError

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from tests.isolation.rows import OWNED, references, row_of, target_of

Two = tuple[Authority, Authority]
APPEND_ONLY = tuple(model for model in OWNED if getattr(model, "append_only", False))
"""History: added to and read, never changed."""

owned_model = pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
pytestmark = pytest.mark.django_db


def _raw(sql: str, *parameters: Any) -> Any:
    """Run SQL as it stands; answers the rows, or how many were touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def _made(model: type[Model], authority: Authority) -> Any:
    with authority_scope(authority):
        return row_of(model, authority)


@owned_model
def test_python_refuses_to_ask_without_a_scope(model: type[Model]) -> None:
    with pytest.raises(ScopeError):
        model._default_manager.count()
    with pytest.raises(ScopeError):
        list(model._default_manager.all())


@owned_model
def test_python_shows_only_the_rows_of_the_open_scope(model: type[Model], north_and_south: Two) -> None:
    north, south = north_and_south
    theirs = _made(model, north)
    with authority_scope(south):
        assert not model._default_manager.filter(pk=theirs.pk).exists()
    with authority_scope(north):
        assert model._default_manager.get(pk=theirs.pk).authority_id == north.pk


@owned_model
def test_row_security_alone_hides_rows(
    model: type[Model], north_and_south: Two, without_the_python_layer: None
) -> None:
    north, south = north_and_south
    theirs, mine = _made(model, north), _made(model, south)
    assert not model._default_manager.exists(), "Outside any scope there is nothing."
    with authority_scope(south):
        assert set(model._default_manager.values_list("authority_id", flat=True)) == {south.pk}
        assert not model._default_manager.filter(pk=theirs.pk).exists()
        assert model._default_manager.filter(pk=mine.pk).exists()
        assert _raw(f"SELECT count(*) FROM {model._meta.db_table} WHERE authority_id = %s", north.pk) == [(0,)]


@owned_model
def test_row_security_alone_refuses_to_write_a_row_of_another_authority(
    model: type[Model], north_and_south: Two, without_the_python_layer: None
) -> None:
    north, south = north_and_south
    theirs = _made(model, north)
    theirs.pk, theirs._state.adding = None, True
    if model._meta.pk.default:
        theirs.pk = model._meta.pk.get_default()
    refused = pytest.raises(ProgrammingError, match="row-level security")
    with authority_scope(south), refused, transaction.atomic():
        model._default_manager.bulk_create([theirs])


@owned_model
def test_row_security_alone_lets_nothing_of_another_authority_be_changed_or_removed(
    model: type[Model], north_and_south: Two
) -> None:
    north, south = north_and_south
    theirs, mine = _made(model, north), _made(model, south)
    table, key = model._meta.db_table, model._meta.pk.column
    if model in APPEND_ONLY:
        _nobody_changes(table)
        return
    with authority_scope(south):
        assert _raw(f"UPDATE {table} SET authority_id = %s WHERE {key} = %s", south.pk, theirs.pk) == 0
        assert _raw(f"DELETE FROM {table} WHERE {key} = %s", theirs.pk) == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            _raw(f"UPDATE {table} SET authority_id = %s WHERE {key} = %s", north.pk, mine.pk)
    with authority_scope(north):
        assert _raw(f"SELECT count(*) FROM {table} WHERE {key} = %s", theirs.pk) == [(1,)]


def _nobody_changes(table: str) -> None:
    changed = f"UPDATE {table} SET authority_id = authority_id"
    for statement in (changed, f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            _raw(statement)


@pytest.mark.parametrize(
    ("model", "field"), references(), ids=lambda value: getattr(value, "name", None) or value._meta.label
)
def test_no_row_points_into_another_authority(model: type[Model], field: Any, north_and_south: Two) -> None:
    north, south = north_and_south
    with authority_scope(north):
        theirs = target_of(field, north)
    if model in APPEND_ONLY:
        with authority_scope(south), pytest.raises(IntegrityError), transaction.atomic():
            row_of(model, south, **{field.name: theirs})
            _raw("SET CONSTRAINTS ALL IMMEDIATE")
        return
    mine = _made(model, south)
    with authority_scope(south), pytest.raises(IntegrityError), transaction.atomic():
        _raw(
            f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE {model._meta.pk.column} = %s",
            theirs.pk,
            mine.pk,
        )
        _raw("SET CONSTRAINTS ALL IMMEDIATE")


@owned_model
def test_a_new_row_belongs_to_the_open_scope(model: type[Model], north_and_south: Two) -> None:
    north, _ = north_and_south
    with authority_scope(north):
        assert row_of(model, north).authority_id == north.pk
