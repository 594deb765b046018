"""Small files of every kind that a case takes, and of kinds that pretend; each as bytes."""

from __future__ import annotations

import io
import zipfile
import zlib

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "application/vnd.openxmlformats-officedocument"
WORD = f"{_OFFICE}.wordprocessingml.document.main+xml"
EXCEL = f"{_OFFICE}.spreadsheetml.sheet.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(root: bytes = b"", *more: bytes) -> bytes:
    """A PDF of one empty page: what more its root says, and further objects, numbered from 4."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        *more,
    ]
    content, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in (places))
    size = len(objects) + 1
    ends = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Root 1 0 R /Size %d >>\n" % (size, table, size)
    return content + ends + b"startxref\n%d\n%%%%EOF\n" % len(content)


def compressed(objects: bytes) -> bytes:
    """Objects packed into a stream, as a PDF holds most of them."""
    packed = zlib.compress(b"9 0 " + objects)
    told = b"<< /Type /Obj#53tm /N 1 /First 4 /Filter /FlateDecode /Length %d >>" % len(packed)
    return told + b"\nstream\n" + packed + b"\nendstream"


PDF = pdf()
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(64) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
TEXT = "Amy said: “I feel sick on Mondays.”\r\n".encode()
EMAIL = (
    b"From: office@hill-academy.example\r\nDate: Thu, 19 Nov 2026 09:00:00 +0000\r\nSubject: Amy\r\n\r\n"
    b"<html><body>She came in.</body></html>\r\n"
)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + b"!$H+H*"
"""The file that every virus scanner agrees to find, in two pieces so that this file is not it."""


def archive(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return content.getvalue()


def office(main: str, **more: bytes) -> bytes:
    """A Word or Excel file with a main part of this type and further parts (`__` in a name stands for `/`)."""
    types = f'<Types xmlns="{_TYPES}"><Override PartName="/main.xml" ContentType="{main}"/></Types>'
    parts = {name.replace("__", "/").replace("_dot_", "."): part for name, part in more.items()}
    return archive({"[Content_Types].xml": types.encode(), "main.xml": b"<x/>", **parts})


def relations(kind: str, target: str, mode: str = "External") -> bytes:
    """A part's relations: one, to an address outside the file unless the mode says otherwise."""
    one = f'<Relationship Id="r" Type="{_RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f"<Relationships>{one}</Relationships>".encode()


DOCX = office(WORD)
XLSX = office(EXCEL)


def open_document(content: str = "<x/>") -> bytes:
    """An OpenDocument text with this content."""
    named = f'<x xmlns:xlink="http://www.w3.org/1999/xlink">{content}</x>'
    return archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": named.encode()})


ODT = open_document()
TAKEN = {
    "report.pdf": PDF, "letter.docx": DOCX, "list.xlsx": XLSX, "note.odt": ODT, "photo.jpg": JPEG,
    "Scan.JPEG": JPEG, "scan.png": PNG, "photo.heic": HEIC, "words.txt": TEXT, "message.eml": EMAIL,
}  # fmt: skip
