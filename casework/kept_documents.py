"""The files of cases' documents on disk: kept apart from every other, read again whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attendance_portal.kept_files import Kept, folder_of, keep_file, throw_away_unheld
from attendance_portal.refusals import Refused
from casework.models import CaseDocument

MOST_BYTES: Final = 25_000_000
MOST_FILES: Final = 10
MOST_SENT: Final = 100_000_000
"""Bytes of one request, all its files together: more is not read."""

_TOO_LARGE: Final = f"It is larger than {MOST_BYTES // 1_000_000} MB, the most that a document may be."
_LOST: Final = (
    "This document is not on the portal’s disk as it was sent, so it is not shown. Ask whoever runs the portal, "
    "or add it again."
)


def folder() -> Path:
    """Where the documents of the open scope's authority are kept."""
    return folder_of("documents")


def keep(chunks: Iterable[bytes], *, name: str) -> Kept:
    """Write a document down; one that is too large is refused at the first byte too many, and not kept."""
    return keep_file(folder() / name, chunks, most=MOST_BYTES, too_large=_TOO_LARGE)


def content_of(document: CaseDocument) -> bytes:
    """The document as it was sent. Refused where the disk lost or changed it."""
    try:
        content = (folder() / document.stored_as).read_bytes()
    except FileNotFoundError:
        raise Refused(_LOST) from None
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise Refused(_LOST)
    return content


def throw_away_strays(before: float) -> int:
    """Remove the files last written before this moment (of the disk, in seconds) that no document holds; how many."""
    return throw_away_unheld(folder(), before, _held)


def _held(names: Iterable[str]) -> set[str]:
    held = CaseDocument.objects.held().filter(stored_as__in=names)
    return set(held.values_list("stored_as", flat=True))
