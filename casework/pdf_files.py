"""PDF files, looked into without showing them: they can be read, nothing in them runs, nothing hides in them."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from attendance_portal.refusals import Refused

_MOST_INFLATED: Final = 20_000_000
_MOST_INFLATED_IN_ALL: Final = 100_000_000
_MOST_RESOLVED: Final = 5_000_000
_MOST_OBJECTS: Final = 100_000
"""A stream of some kilobytes can say that there are millions, and each is read in Python before anything else is."""
_BEFORE_A_STREAM: Final = 2048
_ANEW: Final = "Print it to PDF anew, and send that."
_RUNS: Final = f"It holds something that runs or is fetched by itself when it is opened. {_ANEW}"
_HOLDS: Final = "Other files are attached inside it, which cannot be checked. Send each by itself."
_DAMAGED: Final = f"It is damaged, or made in a way that cannot be checked. {_ANEW}"
_LOCKED: Final = "It is locked by a password and cannot be checked. Save it anew, unlocked."

# Names that stand for what runs, and for files inside the file. The short ones are looked for outside pictures alone,
# where three letters do not stand by chance.
_RUN: Final = frozenset({"JavaScript", "Launch", "ImportData", "SubmitForm", "RichMedia", "XFA"})
_HOLD: Final = frozenset({"EmbeddedFile", "EmbeddedFiles", "FileAttachment", "GoToE"})
_RUN_KEYS: Final = _RUN | {"JS", "AA"}
_HOLD_KEYS: Final = _HOLD | {"EF", "Collection"}
_BY_ITSELF: Final = ("/GoTo", "/Named")
"""What a file may do by itself when it is opened: show a place in itself."""

# The shortest two by what follows them, wherever they stand: a comment or a text that says "stream" hides them from the
# search outside streams. What a picture's bytes say by chance is too short for it.
_ACTS_OR_HOLDS: Final = re.compile(
    rb"/(?:((?:A|#41){2})|(?:E|#45)(?:F|#46))[\x00\t\n\x0c\r ]*"
    rb"(?:<<|%|\d{1,10}[\x00\t\n\x0c\r ]+\d{1,5}[\x00\t\n\x0c\r ]+R)"
)
_NAME: Final = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]{1,127})")
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_COMMENT: Final = re.compile(rb"%[^\r\n]*")
_TOLD_WITHIN: Final = 2048
_HOW_MANY: Final = {"Size": re.compile(rb"[\x00\s]*(\d+)"), "Index": re.compile(rb"[\x00\s]*\[([\d\x00\s]*)")}
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it warns of stands in files that people send


def check_pdf(content: BinaryIO) -> None:
    """Refused, with a sentence, where a PDF cannot be read, is locked, holds other files or would run something.

    It goes by the names that stand in the file, escaped or in compressed objects, and not only where the file's own
    tables lead: programs disagree about what a damaged file holds. `pypdf` says whether it can be read at all.
    """
    content.seek(0)
    raw = content.read()
    _check_names(_names(raw), _RUN, _HOLD)
    _check_how_many(raw)
    if found := _ACTS_OR_HOLDS.search(raw):
        raise Refused(_RUNS if found[1] else _HOLDS)
    for words in _outside_streams(raw):
        _check_names(_names(words), _RUN_KEYS, _HOLD_KEYS)
    try:
        reader = PdfReader(io.BytesIO(raw))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        if not is_locked:
            _check_objects(reader, raw)
    except Refused:
        raise
    except Exception:  # whatever a crafted file brings a parser to
        raise Refused(_DAMAGED) from None
    if is_locked:
        raise Refused(_LOCKED)


def _names(words: bytes) -> Iterator[str]:
    """Every name that stands in these bytes, its escaped letters read."""
    for found in _NAME.finditer(words):
        name = found[1]
        if b"#" in name:
            name = _ESCAPED.sub(lambda one: bytes.fromhex(one[1].decode()), name)
        yield name.decode("latin-1")


def _check_how_many(raw: bytes) -> None:
    """Refused where a table says that it holds more objects than a letter or a drawing ever has."""
    for found in _NAME.finditer(raw):
        how_many = _HOW_MANY.get(next(_names(found[0])))
        after = _COMMENT.sub(b" ", raw[found.end() : found.end() + _TOLD_WITHIN]) if how_many else b""
        said = how_many.match(after) if how_many else None
        if said and any(int(one) > _MOST_OBJECTS for one in re.findall(rb"\d+", said[1])):
            raise Refused(_DAMAGED)


def _check_names(names: Iterable[str], run: frozenset[str], hold: frozenset[str]) -> None:
    for name in names:
        if name in run:
            raise Refused(_RUNS)
        if name in hold:
            raise Refused(_HOLDS)


def _outside_streams(raw: bytes) -> Iterator[bytes]:
    """What stands between the streams: the file's objects but for their pictures, texts and compressed parts."""
    at = 0
    while begins := _STREAM.search(raw, at):
        yield raw[at : begins.start()]
        ends = raw.find(b"endstream", begins.end())
        if ends < 0:
            return
        at = ends
    yield raw[at:]


def _check_objects(reader: PdfReader, raw: bytes) -> None:
    """The compressed objects, those that the file's tables name and any other; and what is done when it is opened."""
    found = [*_of_tables(reader), *(() if reader.is_encrypted else _anywhere(raw))]
    for objects in found:
        _check_names(_names(objects), _RUN_KEYS, _HOLD_KEYS)
    root = reader.trailer.raw_get("/Root")
    is_compressed = root.idnum in reader.xref_objStm
    acts = any("OpenAction" in _names(words) for words in (raw, *found))
    if is_compressed and not acts:
        return  # to find one object, `pypdf` reads every other of its stream: slow, and here for nothing
    if is_compressed and sum(map(len, found)) > _MOST_RESOLVED:
        raise Refused(_DAMAGED)
    _check_root(reader.root_object)


def _check_root(root: DictionaryObject) -> None:
    """There are pages, and nothing but a place in the file is gone to when it is opened."""
    if not isinstance(root["/Pages"], DictionaryObject):
        raise Refused(_DAMAGED)
    first: Any = root.get("/OpenAction")
    action = first.get_object() if isinstance(first, IndirectObject) else first
    if isinstance(action, DictionaryObject) and action.get("/S") not in _BY_ITSELF:
        raise Refused(_RUNS)


def _of_tables(reader: PdfReader) -> Iterator[bytes]:
    left = _MOST_INFLATED_IN_ALL
    for number in sorted({number for number, _ in reader.xref_objStm.values()}):
        objects = reader.get_object(IndirectObject(number, 0, reader))
        if not isinstance(objects, StreamObject):
            raise Refused(_DAMAGED)
        yield (data := objects.get_data())
        left -= len(data)
        if left < 0:
            raise Refused(_DAMAGED)


def _anywhere(raw: bytes) -> Iterator[bytes]:
    left = _MOST_INFLATED_IN_ALL
    for begins in _STREAM.finditer(raw):
        before = raw[max(begins.start() - _BEFORE_A_STREAM, 0) : begins.start()]
        told = set(_names(before[before.rfind(b"obj") + 1 :]))
        if "ObjStm" in told and told & {"FlateDecode", "Fl"}:
            yield (data := _inflated(raw, begins.end()))
            left -= len(data)
            if left < 0:
                raise Refused(_DAMAGED)


def _inflated(raw: bytes, at: int) -> bytes:
    """A whole compressed stream, no larger than 20 MB unpacked."""
    ends = raw.find(b"endstream", at)
    inflate = zlib.decompressobj()
    found = inflate.decompress(memoryview(raw)[at : ends if ends >= 0 else None], _MOST_INFLATED)
    if not inflate.eof:
        raise Refused(_DAMAGED)
    return found
