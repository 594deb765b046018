"""Which kinds of file a case takes, told by content: the name must agree, and nothing inside may run."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from attendance_portal.refusals import Refused
from casework.office_files import is_office_file, is_open_document, is_zip
from casework.pdf_files import check_pdf

MOST_NAME: Final = 150
_HEAD: Final = 4096
_TAIL: Final = 4096
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_MARKUP: Final = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?php|\?xml)", re.I)
_SCRIPT: Final = re.compile(rb"<\s*(?:script|svg|iframe)", re.I)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
# What may not stand in a name: control characters, and marks that make it read another way round.
_NOT_IN_A_NAME: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\"*:<>?|]")
_RUNS: Final = re.compile(
    r"\.(?:7z|ace|ade|apk|app|bat|cab|cmd|com|cpl|dll|doc|docm|dotm|exe|gz|hta|html?|img|iqy|iso|jar|jse?|lnk|mht|msi|msp"
    r"|one|pif|pptm|ps1|rar|reg|scr|sh|slk|svg|tar|url|vbe|vbs|vhdx?|wim|wsf|wsh|xhtml|xlam|xll|xls|xlsm|xltm|zip)$",
    re.I,
)
_LOOKED_INTO: Final = (".pdf", ".docx", ".xlsx", ".odt", ".eml")
"""Endings of what is attached to an e-mail and looked into as if it were sent by itself."""
_HEADER: Final = re.compile(rb"[!-9;-~]+:[ \t]")
_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True)
class Kind:
    """A kind of file: the endings of its name, the type it is sent as, and whether a content (seekable) is of it."""

    code: str
    label: str
    media_type: str
    endings: tuple[str, ...]
    fits: Callable[[BinaryIO], bool]


def clean_name(name: str) -> str:
    """The name of a file without folders, control characters or marks that hide its ending; 150 characters at most."""
    last = re.split(r"[/\\]", name)[-1]
    tidy = _NOT_IN_A_NAME.sub("", last).strip(" .")
    stem, ending = PurePosixPath(tidy).stem, PurePosixPath(tidy).suffix
    return f"{stem[: MOST_NAME - len(ending)]}{ending}"[:MOST_NAME] or "document"


def kind_of(content: BinaryIO, name: str) -> Kind:
    """The kind that a file's name and its content agree on. Refused, with a sentence, where they do not."""
    ending = PurePosixPath(name).suffix.lower()
    kind = _BY_ENDING.get(ending)
    if kind is None:
        raise Refused(f"Files of this kind are not taken here. {TAKEN}")
    if kind.fits(content):
        return kind
    raise Refused(f"{_what_it_is(_head(content), kind)} {TAKEN}")


def _what_it_is(head: bytes, kind: Kind) -> str:
    if head.startswith(_OLE):
        return "It is an older Office file, or locked by a password, and cannot be checked. Save it anew, unlocked."
    if _MARKUP.search(head):
        return f"Its name says {kind.label}, but it holds a web page or a drawing that can run programs."
    return f"Its name says {kind.label}, but what is inside is something else."


def _head(content: BinaryIO) -> bytes:
    content.seek(0)
    return content.read(_HEAD)


def _tail(content: BinaryIO) -> bytes:
    content.seek(0, 2)
    content.seek(max(content.tell() - _TAIL, 0))
    return content.read()


def _is_nothing_else(content: BinaryIO) -> bool:
    """No archive hides at the end of the file, and no web page at its beginning."""
    return not (is_zip(content) or _MARKUP.search(_head(content)[:1024]))


def _is_pdf(content: BinaryIO) -> bool:
    begins = re.match(rb"%PDF-[12]\.\d", _head(content))
    if not (begins and b"%%EOF" in _tail(content) and _is_nothing_else(content)):
        return False
    check_pdf(content)
    return True


def _is_jpeg(content: BinaryIO) -> bool:
    return _head(content).startswith(b"\xff\xd8\xff") and _is_nothing_else(content)


def _is_png(content: BinaryIO) -> bool:
    head = _head(content)
    begins = head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"
    return begins and b"IEND" in _tail(content)[-12:] and _is_nothing_else(content)


def _is_heic(content: BinaryIO) -> bool:
    head = _head(content)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4]), 64), 4))}
    return head[4:8] == b"ftyp" and not brands.isdisjoint(_HEIC) and _is_nothing_else(content)


def _is_text(content: BinaryIO) -> bool:
    """Text that a person reads: no web page, no drawing, nothing but letters and line ends."""
    content.seek(0)
    text = _decoded(content.read())
    if text is None or _CONTROLS.search(text):
        return False
    head = text[:_HEAD].lstrip().encode()
    return not (_MARKUP.match(head) or _SCRIPT.search(head))


def _decoded(raw: bytes) -> str | None:
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_email(content: BinaryIO) -> bool:
    """An e-mail as it was sent. Refused where something is attached that runs, or that could not be sent by itself."""
    if not _HEADER.match(_head(content)):
        return False
    content.seek(0)
    try:
        message = BytesParser().parse(content)
        attached = [(name, part) for part in message.walk() for name in _names_of(part)]
    except (RecursionError, ValueError, LookupError, MessageError):
        return False
    for name, part in attached:
        _check_attached(name, part)
    return bool(message["From"] and (message["Date"] or message["Received"]))


def _names_of(part: Message) -> set[str]:
    """What mail programs may call a part, its encoded words read as they read them."""
    told = (part.get_param("filename", header="content-disposition"), part.get_param("name"))
    names = [collapse_rfc2231_value(one) for one in told if one]
    return {clean_name(str(make_header(decode_header(name)))) for name in names}


def _check_attached(name: str, part: Message) -> None:
    if _RUNS.search(name):
        raise Refused(
            "Something that can run on a computer, or an archive, is attached to this e-mail. Save it as PDF instead."
        )
    content = part.get_payload(decode=True)
    if PurePosixPath(name).suffix.lower() in _LOOKED_INTO and isinstance(content, bytes):
        try:
            kind_of(io.BytesIO(content), name)
        except Refused as why:
            raise Refused(f"{name} is attached to this e-mail. {why.sentence}") from None


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_WORD: Final = f"{_OFFICE}.wordprocessingml.document"
_EXCEL: Final = f"{_OFFICE}.spreadsheetml.sheet"
_ODT: Final = "application/vnd.oasis.opendocument.text"
KINDS: Final = (
    Kind("pdf", "PDF", "application/pdf", (".pdf",), _is_pdf),
    Kind("docx", "Word (.docx)", _WORD, (".docx",), lambda content: is_office_file(content, f"{_WORD}.main+xml")),
    Kind("xlsx", "Excel (.xlsx)", _EXCEL, (".xlsx",), lambda content: is_office_file(content, f"{_EXCEL}.main+xml")),
    Kind("odt", "OpenDocument text (.odt)", _ODT, (".odt",), lambda content: is_open_document(content, _ODT)),
    Kind("jpeg", "JPEG", "image/jpeg", (".jpg", ".jpeg"), _is_jpeg),
    Kind("png", "PNG", "image/png", (".png",), _is_png),
    Kind("heic", "HEIC", "image/heic", (".heic", ".heif"), _is_heic),
    Kind("text", "text (.txt)", "text/plain; charset=utf-8", (".txt",), _is_text),
    Kind("email", "e-mail (.eml)", "message/rfc822", (".eml",), _is_email),
)
BY_CODE: Final = {kind.code: kind for kind in KINDS}
_BY_ENDING: Final = {ending: kind for kind in KINDS for ending in kind.endings}
_LABELS: Final = [kind.label for kind in KINDS]
TAKEN: Final = f"Send {', '.join(_LABELS[:-1])} or {_LABELS[-1]}."
