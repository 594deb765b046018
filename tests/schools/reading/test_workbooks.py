"""Excel workbooks: the sheet that is read, what cells become, and what is refused before it can do harm."""

from __future__ import annotations

import datetime as dt
import io
import resource
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reading import UNREADABLE
from tests.schools.reading.files import HEADINGS, kinds_of, marks_of, pupil_cells, read, upn
from tests.schools.workbooks import saved, xls, xlsx

SEPT_8 = dt.date(2025, 9, 8)
HEADS = HEADINGS.split(",")
WHO = [upn(1), "001", "Okafor", "Ada", dt.date(2013, 3, 14), 7]
WIDE = HEADS[:6]


def test_a_long_workbook_gives_the_marks_of_the_same_csv() -> None:
    rows = [HEADS, [*WHO, SEPT_8, "AM", "/"], [*WHO, SEPT_8, "PM", "I"]]
    csv = "\n".join([HEADINGS, f"{pupil_cells()},08/09/2025,AM,/", f"{pupil_cells()},08/09/2025,PM,I"]).encode()
    for content in (xlsx(Marks=rows), xls(rows)):
        file = read(content)
        assert (file.layout, file.sheet, file.encoding, file.problems) == ("long", "Marks", "Excel workbook", ())
        assert marks_of(file) == marks_of(read(csv))
        assert file.pupils == read(csv).pupils and file.marks.row.tolist() == [2, 3]


@pytest.mark.parametrize("name", ["register.csv", "register.xls", "register.pdf", "register"])
def test_what_a_file_is_is_told_by_its_content_and_not_its_name(name: str) -> None:
    assert len(read(xlsx(Marks=[HEADS, [*WHO, SEPT_8, "AM", "/"]]), file_name=name).marks) == 1
    csv = f"{HEADINGS}\n{pupil_cells()},08/09/2025,AM,/\n".encode()
    assert read(csv, file_name="register.xlsx").encoding == "ascii"


def test_numbers_are_whole_and_dates_may_be_serials_or_times() -> None:
    rows = [HEADS, [upn(1), 1.0, "Okafor", "Ada", 41347, 7.0, 45908, 1, "I"],
            [upn(1), 1, "Okafor", "Ada", WHO[4], 7, dt.datetime(2025, 9, 9, 13, 10), 2, "/"]]  # fmt: skip
    file = read(xlsx(Marks=rows))
    [pupil] = file.pupils
    assert (pupil.local_id, pupil.year_group, pupil.born_on) == ("1", "7", dt.date(2013, 3, 14))
    assert marks_of(file) == {(upn(1), SEPT_8, 0): "I", (upn(1), dt.date(2025, 9, 9), 1): "\\"}
    assert file.problems == ()


def test_dates_of_the_1904_system_are_the_days_that_excel_shows() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (HEADS, [*WHO, SEPT_8, "AM", "/"]):
        book.active.append(row)
    assert marks_of(read(saved(book))) == {(upn(1), SEPT_8, 0): "/"}


def test_the_first_sheet_with_headings_is_read_and_hidden_ones_are_not() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(
        Front=[["Hill Academy"], ["Printed on Monday"]],
        Secret=[HEADS, [*WHO, SEPT_8, "AM", "O"]],
        Term=[HEADS, [*WHO, SEPT_8, "AM", "/"]],
        Later=[HEADS, [*WHO, SEPT_8, "AM", "I"]],
    )))  # fmt: skip
    book["Secret"].sheet_state = "hidden"
    book.create_chartsheet("Chart", 0)
    file = read(saved(book))
    assert (file.sheet, list(marks_of(file).values())) == ("Term", ["/"])


def test_a_sheet_that_is_very_hidden_is_not_read_either() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(Front=[["x"]], Secret=[HEADS, [*WHO, SEPT_8, "AM", "O"]])))
    book["Secret"].sheet_state = "veryHidden"
    assert kinds_of(read(saved(book))) == ["columns-missing"]


def test_two_heading_rows_with_dates_merged_over_am_and_pm() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([*WIDE, SEPT_8, None, dt.date(2025, 9, 9), None])
    sheet.append([None] * 6 + ["AM", "PM", "AM", "PM"])
    sheet.append([*WHO, "/", "I", "L", "\\"])
    for cells in ("G1:H1", "I1:J1", *(f"{column}1:{column}2" for column in "ABCDEF")):
        sheet.merge_cells(cells)
    file = read(saved(book))
    assert (file.layout, file.problems) == ("wide", ())
    assert list(marks_of(file).values()) == ["/", "I", "L", "\\"]


def test_titles_and_blank_rows_above_keep_true_row_numbers() -> None:
    rows = [[], ["Hill Academy"], [], HEADS, [*WHO, SEPT_8, "AM", "@"], [*WHO, SEPT_8, "PM", "/"]]
    file = read(xlsx(Marks=rows))
    assert [(problem.kind, problem.row) for problem in file.problems] == [("unknown-code", 5)]
    assert (file.header_row, file.marks.row.tolist()) == (4, [6])


def test_a_formula_is_data_and_only_its_value_counts() -> None:
    rows = [HEADS, [*WHO, SEPT_8, "AM", '=HYPERLINK("x")'], [*WHO, SEPT_8, "PM", "/"]]
    file = read(xlsx(Marks=rows))
    assert (len(file.marks), file.blanks, kinds_of(file)) == (1, 1, [])


def test_a_line_break_in_a_cell_does_not_shift_the_rows() -> None:
    rows = [HEADS, [upn(1), "001", "Oka\nfor", "Ada, B", dt.date(2013, 3, 14), 7, SEPT_8, "AM", "/"],
            [*WHO, SEPT_8, "PM", "@"]]  # fmt: skip
    file = read(xlsx(Marks=rows))
    assert file.pupils[0].surname == "Oka for" and file.pupils[0].forename == "Ada, B"
    assert [(problem.kind, problem.row) for problem in file.problems] == [("unknown-code", 3)]


def test_what_excel_makes_of_marks_is_told_and_not_guessed() -> None:
    rows = [HEADS, [*WHO, SEPT_8, "AM", dt.date(2025, 9, 1)], [*WHO, SEPT_8, "PM", 0], [*WHO, "09/09/2025", "AM", True]]
    file = read(xlsx(Marks=rows))
    assert {problem.value: problem.kind for problem in file.problems} == {
        "2025-09-01": "unknown-code", "0": "letter-or-digit", "TRUE": "unknown-code",
    }  # fmt: skip


def _with_sheet(old: bytes, new: bytes) -> bytes:
    """A workbook with headings alone, in whose sheet this is replaced by that."""
    out = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(xlsx(Marks=[HEADS])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            text = whole.read(name)
            archive.writestr(name, text.replace(old, new) if "sheet1" in name else text)
    return out.getvalue()


def test_bombs_are_refused_and_take_little_memory_here() -> None:
    last = b'<row r="1048576"><c r="%s1048576"><v>1</v></c></row></sheetData>'
    far, corner = (_with_sheet(b"</sheetData>", last % column) for column in (b"A", b"XFD"))
    bomb = _with_sheet(b"<sheetData>", b"<sheetData>" + b" " * 30_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read(corner).problems[0].message == UNREADABLE["workbook-unpacks"]
    assert read(_declared(2_100_000_000)).problems[0].message == UNREADABLE["workbook-unpacks"]
    assert not len(read(far).marks) and read(bomb).stopped
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kilobytes


def _declared(size: int) -> bytes:
    """A workbook that says of itself that its sheet unpacks to so much."""
    content = xlsx(Marks=[HEADS])
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    return content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :]


GOOD = xlsx(Marks=[HEADS, [*WHO, SEPT_8, "AM", "/"], [*WHO, SEPT_8, "PM", "I"]])
GOOD_XLS = xls([HEADS, [*WHO, SEPT_8, "AM", "/"], [*WHO, SEPT_8, "PM", "I"]])


@given(st.sampled_from([GOOD, GOOD_XLS]), st.data())
@settings(max_examples=60, deadline=None)
def test_a_spoilt_workbook_never_raises(content: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(start + 30, len(content))))
        content = content[:start] + data.draw(st.binary(max_size=6)) + content[stop:]
    file = read(content)
    for problem in file.problems:
        assert problem.message and problem.as_dict()
    assert file.problems or len(file.marks) <= 2


@given(st.lists(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z"))),
    st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.dates(dt.date(1901, 1, 1), dt.date(2100, 1, 1))), max_size=10), max_size=6))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_no_cells_of_a_workbook_raise(cells: list[list[object]]) -> None:
    file = read(xlsx(Marks=[HEADS, *cells]))
    for problem in file.problems:
        assert problem.message and problem.as_dict()
