"""Files that people send, kept on disk: in folders closed to other accounts, written down, strays thrown away."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from attendance_portal.refusals import Refused
from attendance_portal.tenancy import current_authority_id

SURELY_OVER: Final = 2 * 3600
"""Seconds after which whoever wrote a file has committed its row, or never will."""


@dataclass(frozen=True)
class Kept:
    """A file on disk: its name in its folder, its size in bytes and its digest."""

    stored_as: str
    size: int
    sha256: str


def folder_of(subject: str) -> Path:
    """Where the open scope's authority keeps the files of this subject, closed to other accounts."""
    path: Path = settings.MEDIA_ROOT / subject / str(current_authority_id())
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep_file(path: Path, chunks: Iterable[bytes], *, most: int, too_large: str) -> Kept:
    """Write a file down to the disk itself, so that no row stands for one that a power cut took.

    More than `most` bytes is refused with the sentence `too_large` as soon as it is met, and not kept. The row is
    committed after; where it never is, because the process was killed or the transaction rolled back,
    `throw_away_unheld` takes the file away.
    """
    size = 0
    with path.open("x+b") as kept, ThreadPoolExecutor(1) as beside:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                path.unlink()
                raise Refused(too_large)
            kept.write(chunk)
        kept.seek(0)
        written = beside.submit(os.fsync, kept.fileno())
        digest = hashlib.file_digest(kept, "sha256")
        written.result()
    return Kept(path.name, size, digest.hexdigest())


def throw_away_unheld(folder: Path, before: float, held: Callable[[Iterable[str]], set[str]]) -> int:
    """Remove a folder's files last written before this moment (of the disk, in seconds) that no row holds; how many.

    held: which of these names a row holds.
    """
    old = {entry.name: entry.path for entry in os.scandir(folder) if entry.stat().st_mtime < before}
    strays = set(old) - held(old)
    for name in strays:
        Path(old[name]).unlink(missing_ok=True)
    return len(strays)
