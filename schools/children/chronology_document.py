"""A child's chronology as PDF: a short one is made at once, a long one by a worker, and kept a few minutes."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.core.cache import cache

from attendance_portal.chronology import Happening
from attendance_portal.documents import pdf
from attendance_portal.models import Membership
from schools.children.childs_chronology import Narrowed, chronology_of, document_of
from schools.children.withheld_homes import printing_for
from schools.models import Pupil
from schools.stored.same_child import records_seen

AT_ONCE: Final = 200
"""Entries of which the document is made while a person waits: a second and a half; 600 take four."""
KEPT_FOR: Final = 5 * 60
GIVEN_UP_AFTER: Final = 60
"""Seconds after which another worker is asked."""


@dataclass(frozen=True)
class Asked:
    """What a member asked for: of which records of a child, which entries of them, by which filters."""

    records: Sequence[Pupil]
    found: Sequence[Happening]
    narrowed: Narrowed
    by: Membership

    @property
    def is_long(self) -> bool:
        return len(self.found) > AT_ONCE

    @property
    def key(self) -> str:
        """Of this member and these very entries: one who may see less, or sees them later, meets another.

        Every process makes the same of the same: the order of a set is each interpreter's own.
        """
        narrowed = (sorted(self.narrowed.kinds), replace(self.narrowed, kinds=frozenset()))
        told = repr((self.by.pk, [one.pk for one in self.records], narrowed, list(self.found)))
        return f"chronology-{hashlib.sha256(told.encode()).hexdigest()}"


def asked_for(records: Sequence[Pupil], narrowed: Narrowed, by: Membership) -> Asked:
    """The entries of these records (`records_seen`) that the member may see and the filters hold."""
    return Asked(records, [one for one in chronology_of(records, by) if narrowed.holds(one)], narrowed, by)


def kept_document(asked: Asked) -> bytes | None:
    """The document that a worker made of these entries, None while there is none."""
    kept: bytes | None = cache.get(asked.key)
    return kept


def has_failed(asked: Asked) -> bool:
    """Whether whoever was to make it could not, a few minutes ago at most."""
    return cache.get(f"{asked.key}-failed") is not None


def want_document(asked: Asked, *, again: bool = False) -> bool:
    """Say that it is wanted; whether a worker is to be asked for it, since none is at it. again: after it failed."""
    if again:
        cache.delete_many([f"{asked.key}-failed", f"{asked.key}-asked"])
    return bool(cache.add(f"{asked.key}-asked", 1, GIVEN_UP_AFTER))


def made_document(asked: Asked, *, at: dt.datetime) -> bytes:
    """Make it now."""
    context = document_of(asked.records, asked.found, asked.narrowed, by=asked.by, at=at)
    with printing_for(asked.by):
        return pdf("documents/chronology.html", context)


def make_document(pupil_id: uuid.UUID, narrowed: Narrowed, by: Membership, *, at: dt.datetime) -> None:
    """Make what this member may see now, and keep it a while for them; nothing where they see the child no more."""
    pupil = Pupil.objects.visible_to(by).filter(pk=pupil_id).first()
    if pupil is not None:
        asked = asked_for(records_seen(pupil, by), narrowed, by)
        try:
            cache.set(asked.key, made_document(asked, at=at), KEPT_FOR)
        except Exception:
            cache.set(f"{asked.key}-failed", 1, KEPT_FOR)
            raise
