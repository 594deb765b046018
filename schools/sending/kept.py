"""The files that people and systems sent, as they are kept on disk; what nobody holds is thrown away."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from attendance_portal.refusals import Refused
from attendance_portal.tenancy import current_authority_id
from schools.models import SentFile, Upload
from schools.reading.text import MAX_BYTES

SURELY_OVER: Final = 2 * 3600
"""Seconds after which whoever wrote a file has committed its row, or never will."""

_TOO_LARGE: Final = (
    f"The file is larger than {MAX_BYTES // 1_000_000} MB, the most that is read at once. "
    "Export a shorter period and upload that."
)


@dataclass(frozen=True)
class Kept:
    """A file on disk: its name in `folder()`, its size in bytes and its digest."""

    stored_as: str
    size: int
    sha256: str


def folder() -> Path:
    """Where the files of the open scope's authority are kept, closed to other accounts."""
    path: Path = settings.MEDIA_ROOT / "uploads" / str(current_authority_id())
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep(chunks: Iterable[bytes], *, name: str) -> Kept:
    """Write a file down to the disk itself, so that no row stands for one that a power cut took.

    Larger than can be read at once is refused and not kept. The row is committed after; where it never is, because
    the process was killed or the transaction rolled back, `throw_away_strays` takes the file away.
    """
    path, size = folder() / name, 0
    with path.open("x+b") as kept, ThreadPoolExecutor(1) as beside:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                path.unlink()
                raise Refused(_TOO_LARGE)
            kept.write(chunk)
        kept.seek(0)
        written = beside.submit(os.fsync, kept.fileno())
        digest = hashlib.file_digest(kept, "sha256")
        written.result()
    return Kept(name, size, digest.hexdigest())


def throw_away_strays(before: float) -> int:
    """Remove the files last written before this moment (of the disk, in seconds) that no row holds; how many.

    Of the open scope's authority. A row holds its file until the file is thrown away: then a killed process may have
    left the file behind.
    """
    old = {entry.name: entry.path for entry in os.scandir(folder()) if entry.stat().st_mtime < before}
    strays = set(old) - _held(old)
    for name in strays:
        Path(old[name]).unlink(missing_ok=True)
    return len(strays)


def _held(names: Iterable[str]) -> set[str]:
    uploads = Upload.objects.filter(stored_as__in=names).exclude(stage=Upload.Stage.DISCARDED)
    homeless = SentFile.objects.filter(stored_as__in=names, upload=None, discarded_at=None)
    return set(uploads.values_list("stored_as", flat=True)) | set(homeless.values_list("stored_as", flat=True))
