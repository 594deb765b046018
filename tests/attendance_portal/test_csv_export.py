"""CSV files: what a spreadsheet would run is made harmless, and what is data stays as it is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance_portal.csv_export import csv_response, csv_text, safe_cell


@pytest.mark.parametrize("typed", ["=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\r=x"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(typed: str) -> None:
    assert safe_cell(typed) == f"'{typed}"


def test_numbers_booleans_and_nothing_keep_their_meaning() -> None:
    assert [safe_cell(value) for value in (-3, 2.5, True, False, None, "O’Dowd")] == [
        -3, 2.5, "true", "false", "", "O’Dowd",
    ]  # fmt: skip


CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\x00"))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_every_file_reads_back_as_what_was_written(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))
    assert read[1:] == [[safe_cell(cell) for cell in row] for row in rows]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)


def test_the_download_is_whole_named_and_opens_in_excel_as_utf_8() -> None:
    response = csv_response(["Name"], [["Zoë"]], "Pupils of Hill Academy")
    assert not response.streaming
    assert response.content.decode() == "\ufeffName\r\nZoë\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="pupils-of-hill-academy.csv"'
