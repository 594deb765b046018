"""Word, Excel and OpenDocument files, looked into without unpacking them: what they are, and that nothing runs."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attendance_portal.refusals import Refused

_MOST_PARTS: Final = 10_000
_MOST_UNPACKED: Final = 1_000_000_000
_MOST_READ: Final = 5_000_000
_HAS_MACROS: Final = (
    "It holds macros: small programs that could do harm. Save it without macros, or as PDF, and send that."
)
_FETCHES: Final = "It fetches parts of itself from another address when it is opened. Save it as PDF, and send that."
_BOMB: Final = "Unpacked it would be far larger than it looks, so it was not kept. Save it as PDF, and send that."
_MACRO_PARTS: Final = ("vbaproject.bin", "vbadata.xml", "macrosheets/", "activex/", "basic/", "scripts/")
_FETCHED: Final = ("/attachedTemplate", "/oleObject", "/frame", "/subDocument")
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def is_zip(content: BinaryIO) -> bool:
    """Whether the content can be opened as an archive, wherever in it the archive begins."""
    content.seek(0)
    return zipfile.is_zipfile(content)


def is_office_file(content: BinaryIO, main: str) -> bool:
    """Whether it is a Word or Excel file whose main part is of this type. Refused with macros or fetched parts."""
    with_parts = _opened(content)
    if with_parts is None:
        return False
    with with_parts as archive:
        types = _read(archive, "[Content_Types].xml").decode("utf-8", errors="replace")
        if "macroEnabled" in types:
            raise Refused(_HAS_MACROS)
        _refuse_what_runs(archive)
        return f'"{main}"' in types.replace("'", '"')


def is_open_document(content: BinaryIO, media_type: str) -> bool:
    """Whether it is an OpenDocument file of this type. Refused with macros."""
    with_parts = _opened(content)
    if with_parts is None:
        return False
    with with_parts as archive:
        _refuse_what_runs(archive)
        return _read(archive, "mimetype").decode("ascii", errors="replace").strip() == media_type


def _opened(content: BinaryIO) -> zipfile.ZipFile | None:
    """The archive that the content is from its first byte on; None when it is none."""
    content.seek(0)
    if content.read(4) != b"PK\x03\x04":
        return None
    try:
        archive = zipfile.ZipFile(content)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise Refused(_BOMB)
    return archive


def _refuse_what_runs(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if any(part in name.lower() for name in names for part in _MACRO_PARTS):
        raise Refused(_HAS_MACROS)
    if any(name.lower().endswith(".rels") and any(_fetched(archive, name)) for name in names):
        raise Refused(_FETCHES)


def _fetched(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    """The addresses on the network that parts of the document are fetched from when it is opened."""
    try:
        relations = fromstring(_read(archive, name))
    except (ParseError, DefusedXmlException, ValueError):
        raise Refused(_FETCHES) from None  # what cannot be read cannot be trusted
    for relation in relations:
        told = relation.attrib
        if told.get("TargetMode") == "External" and told.get("Type", "").endswith(_FETCHED):
            target = told.get("Target", "").lower()
            if target.startswith(("http:", "https:", "ftp:", "mhtml:")):
                yield target


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """A small part, unpacked no further than 5 MB; empty where it is not there or cannot be unpacked."""
    try:
        with archive.open(name) as part:
            return part.read(_MOST_READ)
    except (KeyError, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, *_DAMAGED):
        return b""
