"""Excel workbooks brought to text: each visible sheet as the CSV it would be, read by a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Final

from schools.reading import workbook_child
from schools.reading.problems import UnreadableUpload
from schools.reading.text import Text

MEMORY: Final = 750_000_000
"""What reading a workbook may ask for, in bytes of address space: 570,000 marks ask for 606 MB and use 450."""
SECONDS: Final = 120
SHEET_BYTES: Final = 200_000_000
"""The most that one sheet may be as text."""

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LEFT_TO_IT: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
"""All that the process sees of this one's environment: no secret is there."""
_UNPACKED: Final = 2_000_000_000
_DIRECTORY: Final = 5_000_000
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOKS: Final = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_READING: Final = Path(workbook_child.__file__)
_ENDED: Final = {workbook_child.LOCKED: "workbook-locked", workbook_child.DAMAGED: "workbook-damaged"}


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes begin as a zip file or an old Office document does, whatever the file is called."""
    return raw.startswith((*ZIP, OLD))


def sheets_of(raw: bytes) -> list[Text]:
    """The visible sheets of an .xlsx or .xls workbook, in its order, as CSV text. Raises UnreadableUpload."""
    if raw.startswith(OLD):
        _check_old(raw)
    else:
        _check_zip(raw)
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        book = Path(folder) / "workbook"
        book.write_bytes(raw)
        _run(book, Path(folder))
        sheets = [
            Text((Path(folder) / f"{at}.csv").read_bytes(), "Excel workbook", sheet=name)
            for at, name in json.loads((Path(folder) / "sheets.json").read_text(encoding="utf-8"))
        ]
    filled = [sheet for sheet in sheets if sheet.data.strip(b", \n\r\t")]
    if not filled:
        raise UnreadableUpload("workbook-empty")
    if any(b"\0" in sheet.data for sheet in filled):
        raise UnreadableUpload("nul")
    return filled


def _check_old(raw: bytes) -> None:
    """An encrypted .xlsx is an old document that holds it; a Word document is one as well."""
    if _ENCRYPTED in raw:
        raise UnreadableUpload("workbook-locked")
    if not any(name in raw for name in _OLD_BOOKS):
        raise UnreadableUpload("old-workbook")


def _check_zip(raw: bytes) -> None:
    """That the zip file is a workbook without macros, and says of itself that it unpacks to a bearable size."""
    end = raw.rfind(b"PK\x05\x06")
    if end < 0:
        raise UnreadableUpload("workbook-damaged")
    if int.from_bytes(raw[end + 12 : end + 16], "little") > _DIRECTORY:
        raise UnreadableUpload("workbook-unpacks")
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError):
        raise UnreadableUpload("workbook-damaged") from None
    names = {entry.filename.replace("\\", "/").lower() for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableUpload("workbook-locked")
    if "xl/vbaproject.bin" in names or _is_macro_enabled(archive):
        raise UnreadableUpload("workbook-macros")
    if "xl/workbook.xml" not in names:
        raise UnreadableUpload("workbook-binary" if "xl/workbook.bin" in names else "workbook")
    if sum(entry.file_size for entry in entries) > _UNPACKED:
        raise UnreadableUpload("workbook-unpacks")


def _is_macro_enabled(archive: zipfile.ZipFile) -> bool:
    """Whether the list of contents says that the workbook may hold macros."""
    try:
        with archive.open("[Content_Types].xml") as listed:
            return b"macroEnabled" in listed.read(_DIRECTORY)
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError):
        return False


def _run(book: Path, folder: Path) -> None:
    """Read the workbook in a process of its own. Raises UnreadableUpload for what that ended with."""
    limits = (str(limit) for limit in (MEMORY, SECONDS, SHEET_BYTES))
    asked = [sys.executable, "-I", str(_READING), str(book), str(folder), *limits]
    try:
        ended = subprocess.run(
            asked, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            timeout=3 * SECONDS, env={name: os.environ[name] for name in _LEFT_TO_IT if name in os.environ},
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnreadableUpload("workbook-unpacks") from None
    if ended:
        raise UnreadableUpload(_ENDED.get(ended, "workbook-unpacks"))
