"""Small files of every kind that a case takes, and of kinds that pretend; each as bytes."""

from __future__ import annotations

import io
import zipfile

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "application/vnd.openxmlformats-officedocument"
WORD = f"{_OFFICE}.wordprocessingml.document.main+xml"
EXCEL = f"{_OFFICE}.spreadsheetml.sheet.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
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


def relations(kind: str, target: str) -> bytes:
    """A part's relations: one, to an address outside the file."""
    one = f'<Relationship Id="r" Type="{_RELATIONS}/{kind}" Target="{target}" TargetMode="External"/>'
    return f"<Relationships>{one}</Relationships>".encode()


DOCX = office(WORD)
XLSX = office(EXCEL)
ODT = archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})
TAKEN = {
    "report.pdf": PDF, "letter.docx": DOCX, "list.xlsx": XLSX, "note.odt": ODT, "photo.jpg": JPEG,
    "Scan.JPEG": JPEG, "scan.png": PNG, "photo.heic": HEIC, "words.txt": TEXT, "message.eml": EMAIL,
}  # fmt: skip
