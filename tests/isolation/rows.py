"""A row of any model, made by looking at its fields: so that a new model is tested the day it is made."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import NOT_PROVIDED, Field, ForeignKey, Model
from django_scopes import scope

from attendance_portal.models import Authority, Integration, Membership, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import SETTING, AddressedHere, Owned
from schools.models import Connection, HandOver
from tests.sources import app_of

DAY = dt.date(2026, 11, 20)
MOMENT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)

OWNED: list[type[Model]] = [model for model in apps.get_models() if issubclass(model, Owned)]
OURS: list[type[Model]] = [model for model in apps.get_models() if app_of(model.__module__)]

_VALUES: list[tuple[type[Field[Any, Any]], Callable[[Any], Any]]] = [
    (ArrayField, lambda field: []),
    (models.JSONField, lambda field: {}),
    (models.BinaryField, lambda field: b"\0\0"),
    (models.BooleanField, lambda field: False),
    (models.UUIDField, lambda field: uuid.uuid4()),
    (models.DateTimeField, lambda field: MOMENT),
    (models.DateField, lambda field: DAY),
    (models.TimeField, lambda field: dt.time(9, 30)),
    (models.IntegerField, lambda field: 1),
    (models.DecimalField, lambda field: 1),
    (models.FloatField, lambda field: 1.0),
    (models.EmailField, lambda field: f"{_word(12)}@isolation.example"),
    (models.TextField, lambda field: _word(20)),
    (models.CharField, lambda field: _word(field.max_length or 20)),
]


def _word(longest: int) -> str:
    return uuid.uuid4().hex[: min(longest, 20)]


def two_authorities() -> tuple[Authority, Authority]:
    """Two authorities with nothing in them."""
    return (
        Authority.objects.create(slug="north", name="Northshire", code="901"),
        Authority.objects.create(slug="south", name="Southshire", code="902"),
    )


def member_of(authority: Authority, role: str = Role.TEAM_LEADER) -> Membership:
    """A new person with a membership of this authority, who asks on `DAY`."""
    user = User.objects.create_user(f"{_word(12)}@isolation.example", name="Nora Ash")
    member = Membership.objects.create(authority=authority, user=user, role=role)
    member.on = DAY
    return member


def row_of(model: type[Model], authority: Authority, **known: Any) -> Any:
    """Store a row of an owned `model`, with whatever it must point at. Call it in the authority's scope."""
    values = dict(known)
    for field in _needed(model):
        if field.name not in values:
            values[field.name] = _value(field, authority)
    return model._default_manager.create(**values)


def _needed(model: type[Model]) -> Iterator[Field[Any, Any]]:
    """The fields that have no value unless one is given."""
    for field in model._meta.concrete_fields:
        given = field.has_default() or field.db_default is not NOT_PROVIDED or field.null or field.auto_created
        if not (given or field.name == "authority"):
            yield field


def _value(field: Any, authority: Authority) -> Any:
    if isinstance(field, ForeignKey):
        return target_of(field, authority)
    if field.choices:
        return field.choices[0][0]
    return next(make(field) for kind, make in _VALUES if isinstance(field, kind))


def target_of(field: Any, authority: Authority) -> Any:
    """A new row of this authority for a foreign key to point at."""
    parent = field.remote_field.model
    if parent is Authority:
        return another_authority()
    if isinstance(field, AddressedHere):
        return sent_to(authority)
    if parent is Connection and (held := Connection.objects.first()):
        return held  # an authority has one of each source
    make = MADE_OTHERWISE.get(parent)
    return make(authority) if make else row_of(parent, authority)


def another_authority() -> Authority:
    """One more authority, with nothing in it."""
    code = str(600 + Authority.objects.count())
    return Authority.objects.create(slug=f"shire-{code}", name=f"Shire {code}", code=code)


def sent_to(authority: Authority) -> HandOver:
    """A hand-over that another authority addressed to this one, made there while this one's scope is open."""
    sender = another_authority()
    with beside(sender, back_to=authority):
        sent: HandOver = row_of(HandOver, sender, to_authority=authority)
    return sent


@contextmanager
def beside(authority: Authority, *, back_to: Authority) -> Iterator[None]:
    """Another authority's scope inside an open one, which the portal itself refuses."""
    with scope(authority=authority):
        _set(authority)
        yield
    _set(back_to)


def _set(authority: Authority) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, str(authority.pk)])


def integration_of(authority: Authority) -> Integration:
    """A new integration of this authority, made by a new member of it."""
    return Integration.objects.create(
        authority=authority,
        name=_word(20),
        token_hash=_word(20),
        scopes=[],
        expires_on=DAY,
        made_at=MOMENT,
        made_by=member_of(authority),
    )


# Rows that carry an authority and are not owned.
MADE_OTHERWISE: dict[type[Model], Callable[[Authority], Any]] = {Membership: member_of, Integration: integration_of}


def references() -> list[tuple[type[Model], Any]]:
    """Every foreign key of an owned model to a row that carries an authority."""
    return [
        (model, field)
        for model in OWNED
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and field.name != "authority"
        and (field.remote_field.model in MADE_OTHERWISE or field.remote_field.model in OWNED)
    ]
