"""The files that people and systems sent, as they are kept on disk; what nobody holds is thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attendance_portal.kept_files import SURELY_OVER, Kept, folder_of, keep_file, throw_away_unheld
from schools.models import SentFile, Upload
from schools.reading.text import MAX_BYTES

__all__ = ["SURELY_OVER", "Kept", "folder", "keep", "throw_away_strays"]

_TOO_LARGE: Final = (
    f"The file is larger than {MAX_BYTES // 1_000_000} MB, the most that is read at once. "
    "Export a shorter period and upload that."
)


def folder() -> Path:
    """Where the files of the open scope's authority are kept, closed to other accounts."""
    return folder_of("uploads")


def keep(chunks: Iterable[bytes], *, name: str) -> Kept:
    """Write a file down; larger than can be read at once is refused and not kept."""
    return keep_file(folder() / name, chunks, most=MAX_BYTES, too_large=_TOO_LARGE)


def throw_away_strays(before: float) -> int:
    """Remove the files last written before this moment (of the disk, in seconds) that no row holds; how many.

    Of the open scope's authority. A row holds its file until the file is thrown away: then a killed process may have
    left the file behind.
    """
    return throw_away_unheld(folder(), before, _held)


def _held(names: Iterable[str]) -> set[str]:
    uploads = Upload.objects.filter(stored_as__in=names).exclude(stage=Upload.Stage.DISCARDED)
    homeless = SentFile.objects.filter(stored_as__in=names, upload=None, discarded_at=None)
    return set(uploads.values_list("stored_as", flat=True)) | set(homeless.values_list("stored_as", flat=True))
