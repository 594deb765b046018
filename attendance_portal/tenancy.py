"""The scope of one authority: loud in Python (django-scopes), certain in PostgreSQL (row security).

See architecture section 4. A scope is opened at four doors only: the middleware, the Celery base task,
the base class of management commands, and the migration operation that loops over authorities.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django_scopes import ScopedManager, get_scope, scope
from django_scopes.exceptions import ScopeError

if TYPE_CHECKING:
    from attendance_portal.models import Authority

SETTING = "app.authority"


@contextmanager
def authority_scope(authority: Authority) -> Iterator[None]:
    """Open one transaction in which only this authority's rows exist, for Python and for PostgreSQL.

    Entering again for the same authority nests; another authority inside is refused, and so is None:
    there is no value that means "all".
    """
    if authority is None:
        raise ScopeError(
            "A scope needs an authority: there is no scope that means all of them."
        )
    inside = get_scope().get("authority")
    if inside is not None and inside.pk != authority.pk:
        raise ScopeError(
            f"A scope for {inside.slug} is open: {authority.slug} may not be opened inside it."
        )
    with transaction.atomic(), scope(authority=authority):
        if inside is None:
            _set_authority(str(authority.pk))
        try:
            yield
        finally:
            if inside is None:
                _clear_authority()


def _set_authority(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])


def _clear_authority() -> None:
    """Forget the authority at the end of the scope.

    A setting made inside a released savepoint lives until the outermost transaction ends, so a scope inside
    a test's wrapping transaction must clear it by hand. In a broken transaction the rollback clears it.
    """
    if (
        not connection.needs_rollback
        and connection.connection is not None
        and not connection.connection.closed
    ):
        if connection.connection.info.transaction_status.name != "INERROR":
            _set_authority("")


def current_authority() -> Authority:
    """The authority whose scope is open. Raises ScopeError outside any scope."""
    authority: Authority | None = get_scope().get("authority")
    if authority is None:
        raise ScopeError("No authority's scope is open here.")
    return authority


def current_authority_id() -> uuid.UUID:
    """Default of every owned row's authority: the one whose scope is open."""
    return current_authority().pk


def owned_manager(queryset: type[models.QuerySet[Any]] = models.QuerySet) -> Any:
    """A manager that refuses to run outside `authority_scope`, with the methods of `queryset`."""
    return ScopedManager(
        _manager_class=models.Manager.from_queryset(queryset), authority="authority"
    )


class Owned(models.Model):
    """A row that belongs to one authority. Its migration must run `IsolateByAuthority` on it."""

    authority = models.ForeignKey(
        "attendance_portal.Authority",
        on_delete=models.PROTECT,
        related_name="+",
        default=current_authority_id,
        editable=False,
    )

    objects = owned_manager()

    class Meta:
        abstract = True


class OwnedByKey(Owned):
    """An owned row that people address by URL: its key is random, so that it gives nothing away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True
