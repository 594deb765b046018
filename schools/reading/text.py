"""From the bytes of an upload to UTF-8 text, or the reason why there is none."""

from __future__ import annotations

import codecs
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from schools.reading.problems import UnreadableUpload

MEGABYTE: Final = 1_000_000
MAX_BYTES: Final = 100 * MEGABYTE
"""The largest file that is read."""

_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ\x00", "compressed"),
    (b"7z\xbc\xaf\x27\x1c", "compressed"),
    (b"Rar!", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
)
_MARKS_OF_ORDER = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text as UTF-8 bytes without byte order mark, and the encoding (or kind of file) it came in."""

    data: bytes
    encoding: str
    sheet: str | None = None
    """The name of a workbook's sheet."""
    each_record_a_row: bool = False
    """Whether rows are numbered by record from 1, as in XML, and not by the lines of this text."""

    def opening(self, size: int) -> str:
        """The first `size` bytes as text, whole characters only."""
        return self.data[:size].decode("utf-8", errors="ignore")


def text_of(raw: bytes) -> Text:
    """The text of the bytes of a file that is plain text. Raises `UnreadableUpload`."""
    for magic, reason in _MAGIC:
        if raw.startswith(magic):
            raise UnreadableUpload(reason)
    return _decoded(raw)


def bytes_of(content: bytes | str | os.PathLike[str] | BinaryIO, limit: int = MAX_BYTES) -> bytes:
    """All of a path, of bytes or of an open binary file of at most `limit` bytes, if there is anything in it.

    Raises `UnreadableUpload`. A file that is too large is refused before it is loaded.
    """
    raw = _bytes_of(content, limit)
    if not (raw[:1000].strip() or raw.strip()):
        raise UnreadableUpload("empty")
    return raw


def _bytes_of(content: bytes | str | os.PathLike[str] | BinaryIO, limit: int) -> bytes:
    if isinstance(content, bytes):
        return _within(content, limit)
    if isinstance(content, (str, os.PathLike)):
        if Path(content).stat().st_size > limit:
            raise UnreadableUpload("too-large", limit=limit // MEGABYTE)
        with Path(content).open("rb") as file:
            return _within(file.read(limit + 1), limit)
    if content.seekable():
        if content.seek(0, io.SEEK_END) > limit:
            raise UnreadableUpload("too-large", limit=limit // MEGABYTE)
        content.seek(0)
    return _within(content.read(limit + 1), limit)


def _within(raw: bytes, limit: int) -> bytes:
    if len(raw) > limit:
        raise UnreadableUpload("too-large", limit=limit // MEGABYTE)
    return raw


def _decoded(raw: bytes) -> Text:
    """BOM first, then strict UTF-8, then Windows-1252; NUL and U+FFFD are refused."""
    for mark, codec, name in _MARKS_OF_ORDER:
        if raw.startswith(mark):
            return _checked(_recoded(raw, codec, name))
    if b"\0" in raw:
        raise UnreadableUpload("nul")
    if raw.isascii():
        return _checked(Text(raw, "ascii"))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _checked(_recoded(raw, "cp1252", "cp1252"))
    return _checked(Text(raw, "utf-8"))


def _recoded(raw: bytes, codec: str, name: str) -> Text:
    try:
        return Text(raw.decode(codec).encode("utf-8"), name)
    except UnicodeError:
        raise UnreadableUpload("encoding") from None


def _checked(text: Text) -> Text:
    if b"\0" in text.data:
        raise UnreadableUpload("nul")
    if text.encoding != "ascii" and "\ufffd".encode() in text.data:
        raise UnreadableUpload("replaced")
    if not (text.data[:200].strip() or text.data.strip()):
        raise UnreadableUpload("empty")
    return text
