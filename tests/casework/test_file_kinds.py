"""What a file is, is told by its content, and its name must agree; nothing that runs is taken, each with a sentence."""

from __future__ import annotations

import io

import pytest

from attendance_portal.refusals import Refused
from casework.file_kinds import KINDS, clean_name, kind_of
from tests.casework.document_files import (
    DOCX,
    EMAIL,
    EXCEL,
    HTML,
    JPEG,
    ODT,
    PDF,
    PNG,
    SVG,
    TAKEN,
    TEXT,
    WORD,
    archive,
    office,
    relations,
)

_VBA = {"word__vbaProject_dot_bin": b"x"}
_TEMPLATE = {"word___rels__settings_dot_xml_dot_rels": relations("attachedTemplate", "https://bad.example/a.dotm")}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
_ATTACHED = (
    b'From: a@b.example\nDate: x\nContent-Type: multipart/mixed; boundary="q"\n\n--q\n'
    b'Content-Type: application/octet-stream; name="{}"\nContent-Disposition: attachment; filename="{}"\n\nMZ\n--q--\n'
)
MALICIOUS = {
    "a web page named .pdf": ("report.pdf", HTML, "web page"),
    "a web page before a PDF": ("report.pdf", HTML + PDF, "web page"),
    "a PDF that is a web page too": ("report.pdf", PDF[:9] + HTML + PDF[9:], "web page"),
    "a PDF that is an archive too": ("report.pdf", PDF + archive({"run.js": b"x"}), "something else"),
    "a photo that is an archive too": ("photo.jpg", JPEG + archive({"run.jar": b"x"}), "something else"),
    "a picture with a page after its end": ("scan.png", PNG + HTML, "web page|something else"),
    "a drawing with script": ("drawing.svg", SVG, "not taken here"),
    "a drawing with script named .png": ("drawing.png", SVG, "web page or a drawing"),
    "a drawing with script named .txt": ("drawing.txt", SVG, "web page or a drawing"),
    "a text with script further down": ("words.txt", TEXT + HTML, "web page or a drawing"),
    "a web page": ("page.html", HTML, "not taken here"),
    "a program named .jpg": ("photo.jpg", b"MZ\x90\x00" + bytes(60), "something else"),
    "a program named .txt": ("words.txt", b"MZ\x90\x00" + bytes(60), "something else"),
    "a file without an ending": ("report", PDF, "not taken here"),
    "a program with two endings": ("report.pdf.exe", PDF, "not taken here"),
    "a Word file with macros": ("letter.docx", office(WORD, **_VBA), "macros"),
    "a Word file of the type with macros": ("letter.docx", office(WORD.replace("main", "macroEnabled.main")), "macros"),
    "an Excel file with old macros": ("list.xlsx", office(EXCEL, xl__macrosheets__a_dot_xml=b"x"), "macros"),
    "a Word file that fetches its template": ("letter.docx", office(WORD, **_TEMPLATE), "another address"),
    "an OpenDocument with macros": ("note.odt", archive({"mimetype": b"x", "Basic/a.xml": b"x"}), "macros"),
    "a Word file named .xlsx": ("list.xlsx", DOCX, "something else"),
    "an OpenDocument named .docx": ("letter.docx", ODT, "something else"),
    "an old or locked Word file": ("letter.docx", _OLE, "locked by a password"),
    "a program before a Word file": ("letter.docx", b"MZ" + DOCX, "something else"),
    "an archive named .docx": ("letter.docx", archive({"a.txt": b"x"}), "something else"),
    "an archive whose end is missing": ("letter.docx", DOCX[:-30], "something else"),
    "an e-mail with a program": ("message.eml", _ATTACHED.replace(b"{}", b"invoice.exe"), "can run"),
    "an e-mail without a sender": ("message.eml", EMAIL.replace(b"From", b"Form"), "Its name says e-mail"),
    "a web page named .eml": ("message.eml", HTML, "web page"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_is_told_by_its_content(name: str) -> None:
    kind = kind_of(io.BytesIO(TAKEN[name]), name)
    assert name.lower().endswith(kind.endings)


def test_there_is_an_example_of_each_kind() -> None:
    assert {kind_of(io.BytesIO(content), name).code for name, content in TAKEN.items()} == {k.code for k in KINDS}


@pytest.mark.parametrize("what", MALICIOUS)
def test_what_pretends_or_runs_is_refused_with_a_sentence(what: str) -> None:
    name, content, sentence = MALICIOUS[what]
    with pytest.raises(Refused, match=sentence):
        kind_of(io.BytesIO(content), name)


def test_an_archive_that_would_unpack_to_far_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.office_files._MOST_UNPACKED", 1_000_000)
    with pytest.raises(Refused, match="far larger"):
        kind_of(io.BytesIO(office(WORD, big=bytes(1_000_001))), "letter.docx")


def test_a_word_file_whose_parts_are_damaged_is_refused_with_a_sentence() -> None:
    at = DOCX.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    for length in (1, 4, 30):
        damaged = DOCX[:at] + b"\xff" * length + DOCX[at + length :]
        with pytest.raises(Refused):
            kind_of(io.BytesIO(damaged), "letter.docx")


def test_words_about_a_web_page_are_no_web_page() -> None:
    assert kind_of(io.BytesIO(b"She wrote <body> on the form."), "words.txt").code == "text"


def test_a_word_file_with_a_template_of_the_own_machine_is_taken() -> None:
    own = relations("attachedTemplate", "file:///C:/Templates/Letter.dotx")
    content = office(WORD, word___rels__settings_dot_xml_dot_rels=own)
    assert kind_of(io.BytesIO(content), "letter.docx").code == "docx"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Olive\\report.pdf", "report.pdf"),
        ("..", "document"),
        ("re\x00port\r\n.pdf", "report.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("Brief für Zoë.pdf", "Brief für Zoë.pdf"),
    ],
)
def test_a_name_keeps_no_folders_and_hides_nothing(name: str, clean: str) -> None:
    assert clean_name(name) == clean
