"""Word, Excel and OpenDocument files, looked into without unpacking them: what they are, and that nothing runs."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attendance_portal.refusals import Refused

_MOST_PARTS: Final = 10_000
_MOST_UNPACKED: Final = 500_000_000
_MOST_READ: Final = 1_000_000
"""Bytes of one part that is looked into; what tells how the parts belong together is never so large."""
_MOST_READ_IN_ALL: Final = 20_000_000
_MOST_TEXT: Final = 10_000_000
"""Bytes of the text of an OpenDocument file, pictures apart."""
_HAS_MACROS: Final = (
    "It holds macros: small programs that could do harm. Save it without macros, or as PDF, and send that."
)
_FETCHES: Final = "It fetches parts of itself from another address when it is opened. Save it as PDF, and send that."
_BOMB: Final = "Unpacked it would be far larger than it looks, so it was not kept. Save it as PDF, and send that."
_MACRO_PARTS: Final = ("vbaproject.bin", "vbadata.xml", "macrosheets/", "activex/", "basic/", "scripts/")
_LINK: Final = "/hyperlink"
_HOLDS: Final = "Another file is put inside it, which cannot be checked. Save it as PDF, and send that."
_HELD: Final = ("/oleobject", "/afchunk", "/control")
# Parts that ask other files or databases for their values.
_ASKING_PARTS: Final = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/")
_AWAY: Final = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:|\\\\|//|\\)", re.I)
"""An address outside the file: with a scheme, of another machine, or of the own."""
_ASKS: Final = re.compile(r"\s*(?:DDE|DDEAUTO|INCLUDE|INCLUDEPICTURE|INCLUDETEXT|IMPORT|LINK|RD|DATABASE)\b", re.I)
"""Fields of Word that bring in what stands elsewhere."""
_UNREADABLE: Final = (ParseError, DefusedXmlException, ValueError, LookupError)
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
        types = _types(archive)
        if any(name in one.lower() for one in types for name in ("macroenabled", "vbaproject")):
            raise Refused(_HAS_MACROS)
        _refuse_what_runs(archive)
        _refuse_what_is_fetched(archive)
        if "wordprocessingml" in main:
            _refuse_fields(archive)
        return main in types


def _types(archive: zipfile.ZipFile) -> set[str]:
    """The types of the file's parts, as it says; none where it does not say them so that they can be read."""
    try:
        told = fromstring(_read(archive, "[Content_Types].xml"))
    except _UNREADABLE:
        return set()
    return {one.attrib.get("ContentType", "") for one in told.iter()}


def is_open_document(content: BinaryIO, media_type: str) -> bool:
    """Whether it is an OpenDocument file of this type. Refused with macros."""
    with_parts = _opened(content)
    if with_parts is None:
        return False
    with with_parts as archive:
        _refuse_what_runs(archive)
        _refuse_what_a_text_fetches(archive)
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
    if len({part.filename.lower() for part in parts}) < len(parts):
        return None  # which of two parts of one name counts, each program decides by itself
    return archive


def _refuse_what_runs(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if any(part in name.lower() for name in names for part in _MACRO_PARTS):
        raise Refused(_HAS_MACROS)


def _refuse_what_is_fetched(archive: zipfile.ZipFile) -> None:
    """Of what a Word or Excel file refers to outside itself only links that a person follows are taken."""
    names = [name.lower() for name in archive.namelist()]
    if any(name.startswith(_ASKING_PARTS) for name in names):
        raise Refused(_FETCHES)
    left = _MOST_READ_IN_ALL
    for name in archive.namelist():
        if name.lower().endswith(".rels"):
            relations = _read(archive, name)
            left -= len(relations)
            if left < 0:
                raise Refused(_BOMB)
            _refuse_relations(relations)


def _refuse_relations(part: bytes) -> None:
    for told in (relation.attrib for relation in _parsed(part).iter()):
        kind, mode = told.get("Type", "").lower(), told.get("TargetMode", "").strip().lower()
        if kind.endswith(_HELD):
            raise Refused(_HOLDS)
        if not kind.endswith(_LINK) and (mode == "external" or _AWAY.match(told.get("Target", ""))):
            raise Refused(_FETCHES)


def _refuse_fields(archive: zipfile.ZipFile) -> None:
    """Of a Word file: no field that asks another file, program or address when the file is opened."""
    left = _MOST_TEXT
    for name in archive.namelist():
        if _may_be_xml(archive, name):
            part = _read(archive, name, most=_MOST_TEXT)
            left -= len(part)
            if left < 0:
                raise Refused(_BOMB)
            if any(_ASKS.match(field) for field in _fields(part)):
                raise Refused(_FETCHES)


def _may_be_xml(archive: zipfile.ZipFile, name: str) -> bool:
    """By its beginning: the file itself says which part is its text, whatever its name and folder."""
    try:
        with archive.open(name) as part:
            return part.read(1024).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] in (b"", b"<")
    except (KeyError, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, *_DAMAGED):
        return False


def _fields(part: bytes) -> list[str]:
    """What the fields of a part say: a simple one in an attribute, others in pieces between their marks."""
    if not part.strip():
        return []
    told = [""]
    for one in _parsed(part).iter():
        tag = one.tag.rpartition("}")[2]
        told += [value for key, value in one.attrib.items() if key.rpartition("}")[2] == "instr"]
        if tag == "instrText":
            told[-1] += one.text or ""
        elif tag in ("fldChar", "fldSimple"):
            told.append("")
    return told


def _refuse_what_a_text_fetches(archive: zipfile.ZipFile) -> None:
    """As `_refuse_what_is_fetched`, of an OpenDocument file: its links stand among its words."""
    for name in archive.namelist():
        if name.endswith(("content.xml", "styles.xml")):
            for one in _parsed(_read(archive, name, most=_MOST_TEXT)).iter():
                _refuse_element(one.tag.rpartition("}")[2], one.attrib)


def _refuse_element(tag: str, attributes: dict[str, str]) -> None:
    if tag in ("event-listener", "script"):
        raise Refused(_HAS_MACROS)
    if tag in ("object-ole", "applet", "plugin", "floating-frame", "dde-source", "dde-connection-decl"):
        raise Refused(_HOLDS)
    if tag != "a" and any(key.endswith("}href") and _AWAY.match(value) for key, value in attributes.items()):
        raise Refused(_FETCHES)


def _parsed(part: bytes) -> Any:
    """A part as XML; what cannot be read cannot be trusted."""
    try:
        return fromstring(part)
    except _UNREADABLE:
        raise Refused(_FETCHES) from None


def _read(archive: zipfile.ZipFile, name: str, *, most: int = _MOST_READ) -> bytes:
    """A part; empty where it is not there or cannot be unpacked. Refused where it is larger than `most` bytes, by what
    the archive says or by what comes out of it."""
    try:
        if archive.getinfo(name).file_size > most:
            raise Refused(_BOMB)
        with archive.open(name) as part:
            found = part.read(most + 1)
    except (KeyError, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, *_DAMAGED):
        return b""
    if len(found) > most:
        raise Refused(_BOMB)
    return found
