"""The scope of one authority: loud in Python (django-scopes), certain in PostgreSQL (row security).

See architecture section 4. A scope is opened at four doors only: the middleware, the Celery base task,
the base class of management commands, and the migration operation that loops over authorities.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import TransactionManagementError
from django_scopes import ScopedManager, get_scope, scope
from django_scopes.exceptions import ScopeError

if TYPE_CHECKING:
    from attendance_portal.models import Authority

SETTING = "app.authority"
# Whether the open scope's work was given up on purpose.
_given_up: ContextVar[bool] = ContextVar("given_up", default=False)


@contextmanager
def authority_scope(authority: Authority, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Open one transaction in which only this authority's rows exist, for Python and for PostgreSQL.

    `using`: the database alias; only migrations name another. Entering again for the same authority nests;
    another authority inside is refused, and so is None: there is no value that means "all". Raises
    TransactionManagementError when an error inside was swallowed and nothing can be kept; `give_up()` is
    how to keep nothing on purpose.
    """
    if authority is None:
        raise ScopeError("A scope needs an authority: there is no scope that means all of them.")
    inside = get_scope().get("authority")
    if inside is not None and inside.pk != authority.pk:
        raise ScopeError(f"A scope for {inside.slug} is open: {authority.slug} may not be opened inside it.")
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using=using), scope(authority=authority):
        if inside is not None:
            yield
            return
        token = _given_up.set(False)
        _set_authority(connection, str(authority.pk))
        try:
            yield
            _refuse_silent_loss(connection)
        finally:
            if not outermost:  # else the end of the transaction clears it
                _clear_authority(connection)
            _given_up.reset(token)


def give_up() -> None:
    """Keep nothing of the open scope's work: its transaction rolls back when the scope closes."""
    transaction.set_rollback(True)
    _given_up.set(True)


def _set_authority(connection: BaseDatabaseWrapper, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])


def _clear_authority(connection: BaseDatabaseWrapper) -> None:
    """Forget the authority at the end of the scope.

    A setting made inside a released savepoint lives until the outermost transaction ends, so a scope inside
    a test's wrapping transaction must clear it by hand. In a broken transaction the rollback clears it.
    """
    lost = connection.connection is None or connection.connection.closed
    if not (lost or connection.needs_rollback or _is_broken(connection)):
        _set_authority(connection, "")


def _refuse_silent_loss(connection: BaseDatabaseWrapper) -> None:
    """Say aloud that nothing will be kept: after an error that was swallowed, Django and PostgreSQL both
    answer the end of the transaction with a rollback and no error."""
    if (connection.needs_rollback or _is_broken(connection)) and not _given_up.get():
        raise TransactionManagementError(
            "A database error was swallowed in this scope, so nothing of its work can be kept: "
            "put what may fail in a `transaction.atomic()` of its own, and catch the error outside that."
        )


def _is_broken(connection: BaseDatabaseWrapper) -> bool:
    held = connection.connection
    return held is not None and not held.closed and held.info.transaction_status.name == "INERROR"


def current_authority() -> Authority:
    """The authority whose scope is open. Raises ScopeError outside any scope."""
    authority: Authority | None = get_scope().get("authority")
    if authority is None:
        raise ScopeError("No authority's scope is open here.")
    return authority


def current_authority_id() -> uuid.UUID:
    """Default of every owned row's authority: the one whose scope is open."""
    return current_authority().pk


def owned_manager(
    queryset: type[models.QuerySet[Any]] = models.QuerySet, *, of: str = "authority", only: models.Q | None = None
) -> Any:
    """A manager that refuses to run outside `authority_scope`, with the methods of `queryset`.

    of: the lookup that must be the open scope's authority; another than the owner where a row is shown to one.
    only: the rows that are met by whoever does not ask by another manager.
    """
    return ScopedManager(_manager_class=_manager(queryset, only), authority=of)


def _manager(queryset: type[models.QuerySet[Any]], wanted: models.Q | None) -> Any:
    """A manager of all rows, or of those that are wanted."""
    if wanted is None:
        return models.Manager.from_queryset(queryset)
    manager = _manager(queryset, None)

    def get_queryset(self: Any) -> Any:
        return manager.get_queryset(self).filter(wanted)

    return type("Only", (manager,), {"get_queryset": get_queryset})


if TYPE_CHECKING:
    _ForeignKey = models.ForeignKey[Any, Any]
else:
    _ForeignKey = models.ForeignKey


class AddressedHere(_ForeignKey):
    """A key to a row that another authority owns and addressed to this one (`to_authority`).

    `IsolateByAuthority` holds it by a composite key: only the addressee can have a row that points there.
    """


class Owned(models.Model):
    """A row that belongs to one authority. Its migration must run `IsolateByAuthority` on it."""

    authority = models.ForeignKey(
        "attendance_portal.Authority",
        on_delete=models.PROTECT,
        related_name="+",
        default=current_authority_id,
        editable=False,
        db_index=False,  # the key of every owned table and each of its indexes begin with it
    )

    objects: ClassVar = owned_manager()

    class Meta:
        abstract = True


class OwnedByKey(Owned):
    """An owned row that people address by URL: its key is random, so that it gives nothing away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True
