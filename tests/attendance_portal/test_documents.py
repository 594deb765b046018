"""PDF documents: tagged, titled, in English, the same twice, and closed to the outside."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from attendance_portal.charts import band_bar, week_trend
from attendance_portal.documents import pdf
from tests.attendance_portal import gallery

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def templates_beside_the_test(settings: Any) -> None:
    own = dict(settings.TEMPLATES[0])
    own["DIRS"] = [*own["DIRS"], HERE]
    settings.TEMPLATES = [own]


def document(said: str = "Better since half term.") -> bytes:
    return pdf(
        "document.html",
        {
            "title": "Minutes: Hill Academy",
            "authority": gallery.member().authority,
            "held_on": dt.date(2025, 11, 3),
            "said": said,
            "bar": band_bar("bands", "Pupils by category", gallery.shares()),
            "weeks": week_trend("weeks", "Attendance by week", [("1 Sep", 94.1), ("8 Sep", 92.0)]),
        },
    )


def test_a_document_is_tagged_titled_and_in_british_english() -> None:
    reader = PdfReader(io.BytesIO(document()))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Minutes: Hill Academy"


def tags(node: Any, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            tags(child, found)
    elif isinstance(node, dict):
        found.append((str(node.get("/S", "")), str(node.get("/Alt", ""))))
        tags(node.get("/K", []), found)
    return found


def test_charts_carry_their_words_and_tables_their_headings() -> None:
    root: Any = PdfReader(io.BytesIO(document())).trailer["/Root"]
    found = tags(root["/StructTreeRoot"]["/K"], [])
    words = [alt for kind, alt in found if kind == "/Figure"]
    assert any("Severe absence 18 (1.5%)" in alt for alt in words)
    assert any("lowest 92.0%" in alt for alt in words)
    assert {"/H1", "/H2", "/Table", "/TH"} <= {kind for kind, _ in found}


def test_every_page_has_its_number_and_its_marking() -> None:
    pages = PdfReader(io.BytesIO(document("Long. " * 1500))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert f"Page {number} of {len(pages)}" in text
        assert "Keep it safe" in text


def test_the_same_context_gives_the_same_bytes_and_another_does_not() -> None:
    assert document() == document()
    assert document() != document("Worse.")


def test_what_a_person_typed_can_neither_run_nor_fetch(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>hidden words</text></svg>")
    made = document(f'<img src="file://{secret}" alt="x">')
    assert "hidden words" not in "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
