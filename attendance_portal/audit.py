"""The one way to leave an audit event (architecture sections 5 and 10)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models
from django.db.models.functions import Now

from attendance_portal.models import AuditEvent, Integration, Membership

THE_SERVICE = "The service itself"
FOLD = dt.timedelta(minutes=5)
MANY = 50
"""So many children are listed once, and named by that event where the same ones are concerned again."""


@dataclass(frozen=True)
class Circumstances:
    """What a door knows of whoever knocks: one correlation id for all that one piece of work leaves."""

    correlation_id: uuid.UUID = field(default_factory=uuid.uuid4)
    address: str | None = None
    integration: Integration | None = None


circumstances: ContextVar[Circumstances | None] = ContextVar("circumstances", default=None)


def record(
    what: str,
    *,
    by: Membership | None,
    words: str = "",
    subject: models.Model | None = None,
    pupils: Iterable[Any] = (),
    **detail: Any,
) -> None:
    """Leave one event: `what` as the action's function is named, `words` a sentence, every child it touches.

    `pupils` are pupils or their ids; `by` is None where an integration asked, or the service acted by itself.
    """
    about = circumstances.get() or Circumstances()
    AuditEvent.objects.create(
        membership_id=by.pk if by else None,
        by_name=f"{by.name}, {by.role_label}" if by else _nobody(about),
        what=what,
        words=words,
        subject_type=subject._meta.label if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        **_children([getattr(pupil, "pk", pupil) for pupil in pupils]),
        detail=detail,
        correlation_id=about.correlation_id,
        address=about.address,
    )


def record_list(
    what: str,
    *,
    is_file: bool,
    by: Membership | None,
    words: str,
    subject: models.Model | None = None,
    pupils: Iterable[Any] = (),
    **detail: Any,
) -> None:
    """Leave the event of a list of children: `see_…`, or `export_…` where it was taken as a file, with their number.

    words: what the list is, as it goes on after “Looked at” and “Downloaded”, without a full stop.
    """
    children = sorted({getattr(pupil, "pk", pupil) for pupil in pupils}, key=str)
    count = f"{len(children):,} {'child' if len(children) == 1 else 'children'}"
    said = f"Downloaded {words}: {count}." if is_file else f"Looked at {words}."
    name = f"{'export' if is_file else 'see'}_{what}"
    record(name, by=by, words=said, subject=subject, pupils=children, **detail)


def _children(ids: list[Any]) -> dict[str, Any]:
    """The fields that say which children: many are listed once, and then found by a key made of their ids."""
    if len(ids) < MANY:
        return {"pupil_ids": ids}
    names = " ".join(sorted({str(one) for one in ids}))
    key = uuid.UUID(bytes=hashlib.blake2b(names.encode(), digest_size=16).digest())
    earlier = AuditEvent.objects.filter(children_key=key).order_by("pk").values_list("pk", flat=True).first()
    return {"same_children_as": earlier} if earlier else {"pupil_ids": ids, "children_key": key}


def _nobody(about: Circumstances) -> str:
    """Who acted where no person did."""
    return f"{about.integration.name}, integration" if about.integration else THE_SERVICE


def record_folded(
    what: str, *, words: str, subject: models.Model, pupils: Iterable[uuid.UUID] = (), **detail: Any
) -> None:
    """As `record` for what an integration does again and again: told once in five minutes, unless of other children."""
    children = sorted(set(pupils))
    told = AuditEvent.objects.naming_all(children).filter(
        subject_type=subject._meta.label,
        subject_id=str(subject.pk),
        what=what,
        at__gt=Now() - FOLD,
    )
    if not told.exists():
        record(what, by=None, words=words, subject=subject, pupils=children, **detail)


@contextmanager
def acting_for(integration: Integration) -> Iterator[None]:
    """What is recorded inside without a person is told as the integration's doing."""
    about = circumstances.get() or Circumstances()
    token = circumstances.set(replace(about, integration=integration))
    try:
        yield
    finally:
        circumstances.reset(token)


def record_typing(
    what: str,
    *,
    by: Membership,
    subject: models.Model,
    pupils: Iterable[Any] = (),
    words: str,
) -> None:
    """As `record`, but folds into the event of the same person and form of the last five minutes.

    It never folds into an event that does not hold every child it touches.
    """
    children = [getattr(pupil, "pk", pupil) for pupil in pupils]
    folded = AuditEvent.objects.naming_all(children).filter(
        membership_id=by.pk,
        what=what,
        subject_type=subject._meta.label,
        subject_id=str(subject.pk),
        at__gt=Now() - FOLD,
    )
    if not folded.exists():
        record(what, by=by, subject=subject, pupils=children, words=words)
