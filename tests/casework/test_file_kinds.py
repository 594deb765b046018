"""What a file is, is told by its content, and its name must agree; nothing that runs is taken, each with a sentence."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

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
    compressed,
    office,
    open_document,
    pdf,
    relations,
)

_VBA = {"word__vbaProject_dot_bin": b"x"}
_TEMPLATE = {"word___rels__settings_dot_xml_dot_rels": relations("attachedTemplate", "https://bad.example/a.dotm")}
_RELS = "word___rels__document_dot_xml_dot_rels"


def _referring(kind: str, target: str, mode: str = "External") -> bytes:
    return office(WORD, **{_RELS: relations(kind, target, mode)})


def _saying(words: str) -> bytes:
    return office(WORD, word__document_dot_xml=f'<w:document xmlns:w="w">{words}</w:document>'.encode())


_JS = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
_HIDDEN = compressed(b"<< /S /J#61va#53cript /JS (x) >>")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
_ATTACHED = (
    b'From: a@b.example\nDate: x\nContent-Type: multipart/mixed; boundary="q"\n\n--q\n'
    b'Content-Type: application/octet-stream; name="{}"\nContent-Disposition: attachment; filename="{}"\n\nMZ\n--q--\n'
)
MALICIOUS = {
    "a web page named .pdf": ("report.pdf", HTML, "web page"),
    "a PDF that runs JavaScript when it is opened": ("report.pdf", pdf(b"/OpenAction 4 0 R", _JS), "runs"),
    "a PDF with named JavaScript": ("report.pdf", pdf(b"/Names << /JavaScript 4 0 R >>", _JS), "runs"),
    "a PDF that escapes the name": ("report.pdf", pdf(b"", _JS.replace(b"JavaScript", b"#4aava#53cript")), "runs"),
    "a PDF with JavaScript in packed objects": ("report.pdf", pdf(b"", _HIDDEN), "runs"),
    "a PDF that starts a program": ("report.pdf", pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "runs"),
    "a PDF that opens an address by itself": ("report.pdf", pdf(b"/OpenAction << /S /URI /URI (http://x) >>"), "runs"),
    "a PDF whose page acts": ("report.pdf", pdf(b"", b"<< /Type /Page /AA << /O << /S /URI >> >> >>"), "runs"),
    "a PDF with a form that is a program": ("report.pdf", pdf(b"/AcroForm << /XFA [] >>"), "runs"),
    "a PDF that sends what is typed": ("report.pdf", pdf(b"", b"<< /S /SubmitForm /F (http://x) >>"), "runs"),
    "a PDF that hides a form behind a comment": ("report.pdf", pdf(b"% stream\n/AcroForm << /XFA 5 0 R >>"), "runs"),
    "a PDF that hides an act behind a comment": (
        "report.pdf", pdf(b"% stream\n/#41A <</O <</S /URI /URI (http://x)>> >>"), "runs"),
    "a PDF that hides a file behind a text": ("report.pdf", pdf(b"/T (>> stream\n) /EF 5 0 R"), "attached"),
    "a PDF with a file inside": ("report.pdf", pdf(b"", b"<< /Type /EmbeddedFile >>"), "attached"),
    "a PDF with a file pinned to it": ("report.pdf", pdf(b"", b"<< /Subtype /FileAttachment /FS 5 0 R >>"), "attached"),
    "a PDF that is a folder": ("report.pdf", pdf(b"/Collection << >>"), "attached"),
    "a PDF without a table": ("report.pdf", b"%PDF-1.7\n\n%%EOF\n", "damaged"),
    "a PDF without pages": ("report.pdf", PDF.replace(b"/Pages 2", b"/Pagez 2"), "damaged"),
    "a PDF whose packed objects are cut": ("report.pdf", pdf(b"", _HIDDEN.replace(_HIDDEN[-30:-10], b"")), "damaged"),
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
    "a Word file with a template of another computer": (
        "letter.docx", _referring("attachedTemplate", "file://///bad.example/share/a.dotm"), "another address"),
    "a Word file with a template by its path": (
        "letter.docx", _referring("attachedTemplate", r"\\\\bad.example\\a.dotm"), "another address"),
    "a Word file with a picture of elsewhere": (
        "letter.docx", _referring("image", "https://bad.example/a.png"), "another address"),
    "a Word file that calls an address its own": (
        "letter.docx", _referring("attachedTemplate", "http://bad.example/a", "Internal"), "another address"),
    "a Word file with a field that starts a program": ("letter.docx", _saying(
        '<w:fldChar/><w:instrText> DDE</w:instrText><w:instrText>AUTO c:/cmd.exe</w:instrText>'), "another address"),
    "a Word file with a simple field that asks": (
        "letter.docx", _saying('<w:fldSimple w:instr="INCLUDEPICTURE &quot;//x/a.png&quot;"/>'), "another address"),
    "a Word file with another in it": ("letter.docx", _referring("aFChunk", "a.html", "Internal"), "put inside"),
    "a Word file with a program in it": (
        "letter.docx", _referring("oleObject", "embeddings/a.bin", "Internal"), "put inside"),
    "an Excel file with values of another": (
        "list.xlsx", office(EXCEL, xl__externalLinks__externalLink1_dot_xml=b"<x/>"), "another address"),
    "a Word file whose macros go by another name": (
        "letter.docx", office(f'{WORD}"/><Override PartName="/a" ContentType="application/vnd.ms-office.vbaProject'),
        "macros"),
    "a Word file with relations that cannot be read": ("letter.docx", office(WORD, **{_RELS: b"<"}), "another address"),
    "a Word file with relations beyond reason": (
        "letter.docx", office(WORD, **{_RELS: b"<Relationships>" + b" " * 1_000_001}), "far larger"),
    "an OpenDocument with a picture of elsewhere": (
        "note.odt", open_document('<image xlink:href="http://bad.example/a.png"/>'), "another address"),
    "an OpenDocument that listens": ("note.odt", open_document("<event-listener/>"), "macros"),
    "an OpenDocument with macros": ("note.odt", archive({"mimetype": b"x", "Basic/a.xml": b"x"}), "macros"),
    "a Word file named .xlsx": ("list.xlsx", DOCX, "something else"),
    "an OpenDocument named .docx": ("letter.docx", ODT, "something else"),
    "an old or locked Word file": ("letter.docx", _OLE, "locked by a password"),
    "a program before a Word file": ("letter.docx", b"MZ" + DOCX, "something else"),
    "an archive named .docx": ("letter.docx", archive({"a.txt": b"x"}), "something else"),
    "an archive whose end is missing": ("letter.docx", DOCX[:-30], "something else"),
    "an e-mail with a program": ("message.eml", _ATTACHED.replace(b"{}", b"invoice.exe"), "can run"),
    "an e-mail with a program by an encoded name": (
        "message.eml", _ATTACHED.replace(b"{}", b"=?utf-8?B?ZXZpbC5leGU=?="), "can run"),
    "an e-mail with a program by its second name": (
        "message.eml", _ATTACHED.replace(b"{}", b"a.exe", 1).replace(b"{}", b"a.txt"), "can run"),
    "an e-mail with an archive": ("message.eml", _ATTACHED.replace(b"{}", b"letters.zip"), "an archive"),
    "an e-mail with a PDF that runs": (
        "message.eml", _ATTACHED.replace(b"{}", b"a.pdf").replace(b"MZ", pdf(b"/AcroForm << /XFA [] >>")),
        "a.pdf is attached.*runs"),
    "an e-mail without a sender": ("message.eml", EMAIL.replace(b"From", b"Form"), "Its name says e-mail"),
    "a web page named .eml": ("message.eml", HTML, "web page"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_is_told_by_its_content(name: str) -> None:
    kind = kind_of(io.BytesIO(TAKEN[name]), name)
    assert name.lower().endswith(kind.endings)


def test_fields_that_ask_nothing_and_an_attached_pdf_that_does_nothing_are_taken() -> None:
    fields = '<w:fldSimple w:instr=" PAGE "/><w:fldChar/><w:instrText> HYPERLINK "http://x/DDE LINK"</w:instrText>'
    assert kind_of(io.BytesIO(_saying(fields)), "letter.docx").code == "docx"
    for name in (b"a.pdf", b"=?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?="):
        sent = _ATTACHED.replace(b"{}", name).replace(b"MZ", PDF)
        assert kind_of(io.BytesIO(sent), "message.eml").code == "email"


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.docx", _referring("hyperlink", "https://www.gov.uk/")),
        ("letter.docx", _referring("image", "media/image1.png", "Internal")),
        ("note.odt", open_document('<a xlink:href="https://www.gov.uk/"/><image xlink:href="Pictures/1.png"/>')),
        ("report.pdf", pdf(b"/OpenAction [3 0 R /Fit]", b"<< /A << /S /URI /URI (https://www.gov.uk/) >> >>")),
        ("report.pdf", pdf(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>", compressed(b"<< /Title (JavaScript) >>"))),
    ],
)
def test_links_that_a_person_follows_are_taken(name: str, content: bytes) -> None:
    assert name.endswith(kind_of(io.BytesIO(content), name).endings)


def test_many_relations_are_not_read_beyond_reason() -> None:
    """Each part is small enough by itself; all of them would keep the portal at work for minutes."""
    part = b"<Relationships>" + b" " * 900_000 + b"</Relationships>"
    parts = {f"word___rels__{number}_dot_xml_dot_rels": part for number in range(24)}
    with pytest.raises(Refused, match="far larger"):
        kind_of(io.BytesIO(office(WORD, **parts)), "letter.docx")


def test_packed_objects_that_unpack_to_far_more_are_refused() -> None:
    with pytest.raises(Refused, match="damaged"):
        kind_of(io.BytesIO(pdf(b"", compressed(bytes(20_000_001)))), "report.pdf")


@pytest.mark.parametrize(
    "said", [b"/Size 1000000", b"/S#69ze\0%x\n1000000", b"/Index[0 1000000]", b"/Index%]\r[ 0%x]\n 1000000]"]
)
def test_a_pdf_that_says_it_holds_a_million_objects_is_refused_before_they_are_counted(said: bytes) -> None:
    with pytest.raises(Refused, match="damaged"):
        kind_of(io.BytesIO(pdf(said)), "report.pdf")
    assert kind_of(io.BytesIO(pdf(said.replace(b"1000000", b"12"))), "report.pdf").code == "pdf"


def test_a_locked_pdf_is_refused_and_one_that_opens_without_a_password_is_not() -> None:
    for password, is_taken in (("secret", False), ("", True)):
        writer, content = PdfWriter(), io.BytesIO()
        writer.add_blank_page(9, 9)
        writer.encrypt(password, "owner")
        writer.write(content)
        if is_taken:
            assert kind_of(content, "report.pdf").code == "pdf"
        else:
            with pytest.raises(Refused, match="locked by a password"):
                kind_of(content, "report.pdf")


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(TAKEN)), data=st.data())
def test_a_file_cut_or_changed_anywhere_is_told_or_refused_with_a_sentence(name: str, data: st.DataObject) -> None:
    content = bytearray(TAKEN[name] if name != "report.pdf" else pdf(b"/OpenAction 4 0 R", compressed(b"<< /A 1 >>")))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3)) or b"\x00"
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(1, len(content))) :]
    try:
        assert name.lower().endswith(kind_of(io.BytesIO(bytes(content)), name).endings)
    except Refused as refused:
        assert refused.sentence.endswith(".")


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
