"""The list of edge cases of import formats, each held over every format that can carry it.

The same rows as CSV in four encodings, as .xlsx, .xls and SIMS XML, and posted as JSON: the same marks, the same kinds
of problem. `WHERE` says which test holds each entry of the list; entries that only one format can have stand elsewhere.
"""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from schools.reading import RegisterFile
from schools.reading.posted import read_posted
from tests.schools.reading.files import TODAY, kinds_of, marks_of, read, upn
from tests.schools.reading.test_xml_files import read_sims, sims
from tests.schools.workbooks import saved, xls, xlsx

WHO: Final = (upn(1), "001", "Okafor", "Ada", "14/03/2013", "7")
OTHER: Final = (upn(2), "002", "Byrne", "Tom", "02/05/2013", "7")
HEADS: Final = ("UPN", "Adno", "Surname", "Forename", "DOB", "Year", "Admission Date", "Leaving Date")
NAMES: Final = (
    "upn", "admission_number", "surname", "forename", "date_of_birth", "year_group", "admitted_on", "left_on"
)  # fmt: skip
MON, TUE = "08/09/2025", "09/09/2025"
Row = tuple[Sequence[str], str, str, str]


def row(date: str = MON, session: str = "AM", mark: str = "/", who: Sequence[str] = WHO) -> Row:
    """Whose mark, of which half-day."""
    return ((*who, "", "")[:8], date, session, mark)


def _table(rows: Sequence[Row]) -> list[list[str]]:
    return [[*HEADS, "Date", "Session", "Mark"], *([*who, *rest] for who, *rest in rows)]


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(_table(rows))
    return out.getvalue()


def _xlsx(rows: Sequence[Row]) -> bytes:
    """Every cell as text: of a formula only the value counts, which is another test."""
    book = openpyxl.Workbook()
    for at, cells in enumerate(_table(rows), 1):
        for place, text in enumerate(cells, 1):
            cell = book.active.cell(at, place, text)
            cell.data_type = "s"
    return saved(book)


def _posted(rows: Sequence[Row]) -> RegisterFile:
    pupils = [
        {**dict(zip(NAMES, who, strict=True)), "marks": [{"date": date, "session": session, "mark": mark}]}
        for who, date, session, mark in rows
    ]
    body = json.dumps({"pupils": pupils}).encode()
    return read_posted(body, file_name="posted.json", on=TODAY, known_codes=frozenset({"999"}), school_urn="900001")


FORMATS: Final[dict[str, Callable[[Sequence[Row]], RegisterFile]]] = {
    "CSV": lambda rows: read(_csv(rows).encode()),
    "CSV with a byte order mark": lambda rows: read(_csv(rows).encode("utf-8-sig")),
    "CSV in UTF-16": lambda rows: read(_csv(rows).encode("utf-16")),
    "tabs": lambda rows: read(_csv(rows).replace(",", "\t").encode()),
    "xlsx": lambda rows: read(_xlsx(rows)),
    "xls": lambda rows: read(xls(_table(rows))),
    "JSON": _posted,
}
every_format = pytest.mark.parametrize("form", FORMATS)


@dataclass(frozen=True)
class Case:
    """Rows, the codes that stand in the order of their half-days, and the kinds of problem."""

    rows: tuple[Row, ...]
    marks: tuple[str, ...]
    kinds: tuple[str, ...] = ()


def marked(*marks: str, dates: Sequence[str] = (MON, MON, TUE, TUE)) -> tuple[Row, ...]:
    return tuple(row(dates[n], ("AM", "PM")[n % 2], mark) for n, mark in enumerate(marks))


GOOD = row(MON, "PM", "\\")
CASES: Final[dict[str, Case]] = {
    "2 dates with strokes, dashes, ISO, time and serial": Case(
        (row("8/9/25"), row("08-09-2025", "PM", "I"), row("2025-09-09"), row("2025-09-09T13:00:00", "PM", "L"),
         row("45910", "AM", "M")),
        ("/", "I", "/", "L", "M"),
    ),
    "2 a month that comes first": Case((row("09/25/2025"), row("09/09/2025", "PM")), (), ("month-first-date",)),
    "2 no American order where the day may come first": Case((row("02/10/2025"),), ("/",)),
    "2 no date": Case((GOOD, row("31/09/2025")), ("\\",), ("bad-date",)),
    "3 spaces, full width and lower case": Case(marked("\u00a0i\u00a0", "Ｌ", "c1", " y7 "), ("I", "L", "C1", "Y7")),
    "3 no mark": Case((*marked("-", "--", ".", ""), row("10/09/2025")), ("/",)),
    "3 letters and digits mixed up": Case(marked("0", "CI", "/"), ("/",), ("letter-or-digit", "letter-or-digit")),
    "3 strokes damaged or swapped": Case(marked("\\\\", "/", "\\", "\\\\\\\\"), ("/", "\\", "/", "\\")),
    "3 a sub-code": Case(marked("I_F", "C1_S"), ("I", "C1")),
    "3 codes of the school's own": Case(marked("7", "8", "/"), ("/",), ("local-code", "local-code")),
    "3 no code at all": Case(marked("QQ", "@", "/"), ("/",), ("unknown-code", "unknown-code")),
    "4 what looks like a formula": Case(marked("=1+1", "+1", "@SUM(A1)", "\\"), ("\\",), ("unknown-code",) * 3),
    "4 real codes of SIMS that no formula is": Case(marked("=", "[", "]", "\\"), ("\\",), ("unknown-code",) * 3),
    "5 codes before and after August 2024": Case(
        (row("10/06/2024", "AM", "H"), row("10/06/2024", "PM", "C1"), row(MON, "AM", "H"), row(MON, "PM", "C1")),
        ("H", "C1"), ("code-not-in-force", "code-not-in-force"),
    ),
    "6 twins": Case(
        tuple(row(who=("", *twin, "01/01/2014", "6")) for twin in (("001", "Ali", "Noor"), ("002", "Ali", "Nida"))),
        ("/", "/"),
    ),
    "6 no UPN but a number": Case((row(who=("", *WHO[1:])),), ("/",)),
    "6 nobody": Case((GOOD, row(who=("", "", "Okafor", "Ada", "", ""))), ("\\",), ("no-pupil",)),
    "6 a UPN that is none": Case((GOOD, row(who=("B207000016049", "", "", "", "", ""))), ("\\",), ("broken-upn",)),
    "6 one UPN, two children": Case(
        (GOOD, row(TUE, who=(WHO[0], "009", "Nobody", "Ned", "01/01/2012", "8"))), ("\\",), ("pupil-contradicts",)
    ),
    "6 a leaver and one not yet admitted": Case(
        (row(who=(*WHO, "", "05/09/2025")), row(who=(*OTHER, "10/09/2025", "")), row("10/09/2025", who=OTHER)),
        ("/",), ("outside-enrolment", "outside-enrolment"),
    ),
    "6 dual registration, not of age, part-time, not on roll": Case(marked("D", "X", "C2", "Z"), ("D", "X", "C2", "Z")),
    "7 a weekend": Case((row("13/09/2025"), row("14/09/2025", "AM", "#")), ("/", "#"), ("weekend-mark",)),
    "7 the same twice": Case((GOOD, GOOD), ("\\",), ("repeated-mark",)),
    "7 two marks for one half-day": Case((GOOD, row(MON, "PM", "I")), ("\\",), ("contradicting-marks",)),
    "7 a day that has not come": Case((GOOD, row("06/01/2026")), ("\\",), ("future-mark",)),
    "8 year groups": Case(
        tuple(row(who=(upn(n), f"00{n}", f"Name{n}", "Kit", "14/03/2013", year))
              for n, year in enumerate(("0", "R", "Reception", "N1", "Year 5", "Y5", "13"), 1)),
        ("/",) * 7,
    ),
    "8 no year group": Case((row(who=(*WHO[:5], "Upper")),), ("/",), ("bad-year-group",)),
    "9 names": Case((row(who=(upn(1), "001", "O’Brien-Łoś Nuñez", "Siân", "14/03/2013", "7")),), ("/",)),
}  # fmt: skip


@every_format
@pytest.mark.parametrize("name", CASES)
def test_an_edge_case_reads_alike_in_every_format(form: str, name: str) -> None:
    case = CASES[name]
    file = FORMATS[form](case.rows)
    found = marks_of(file)
    codes = [code for _, code in sorted(found.items(), key=lambda one: (one[0][1:], one[0][0]))]
    assert sorted(codes) == sorted(case.marks)
    assert sorted(kind for kind in kinds_of(file) if kind != "missing-mark") == sorted(case.kinds)
    assert file.stopped == any(kind in {"month-first-date", "contradicting-marks"} for kind in case.kinds)
    for problem in file.problems:
        assert problem.message.endswith(".") and "{" not in problem.message


MARKS = [name for name in CASES if name.startswith("3 ") or name.startswith("5 ")]


@pytest.mark.parametrize("name", MARKS)
def test_marks_read_alike_in_the_xml_of_sims(name: str) -> None:
    case = CASES[name]
    rows = [(_iso(date), session, _escaped(mark)) for _, date, session, mark in case.rows]
    for encoding in ("utf-8", "utf-16"):
        file = read_sims(sims(*rows, declared=encoding).encode(encoding))
        assert sorted(marks_of(file).values()) == sorted(case.marks)
        assert sorted(kinds_of(file)) == sorted(case.kinds)


def _iso(day: str) -> str:
    return str(dt.datetime.strptime(day, "%d/%m/%Y").date())


def _escaped(mark: str) -> str:
    return mark.replace("&", "&amp;").replace("<", "&lt;")


@every_format
def test_a_name_and_the_whole_of_a_pupil_are_the_same_in_every_format(form: str) -> None:
    who = (upn(1), "000123", "D’Arcy-Łoś", "Zoë Ann", "02/05/2014", "Y6", "01/09/2023", "31/12/2025")
    [pupil] = FORMATS[form]([row(who=who)]).pupils
    assert (pupil.upn, pupil.local_id, pupil.surname, pupil.forename) == (upn(1), "000123", "D’Arcy-Łoś", "Zoë Ann")
    assert (pupil.born_on, pupil.year_group) == (dt.date(2014, 5, 2), "6")
    assert (pupil.admitted_on, pupil.left_on) == (dt.date(2023, 9, 1), dt.date(2025, 12, 31))


def test_columns_beyond_those_of_a_year_are_refused_in_a_workbook_too() -> None:
    heads = ["UPN", *(f"Column {n}" for n in range(9_999))]
    file = read(xlsx(Marks=[heads, ["x"] * 10_000]))
    assert [problem.message for problem in file.problems] == [
        "The file has 10000 columns; a register has at most 2000. Export one school year."
    ]


@pytest.mark.parametrize("name", ["register.xlsx", "register.xls", "register.csv", "register.xml"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 and more", "This is a PDF"),
        (b"", "The file is empty"),
        (b"PK\x03\x04" + b"\0" * 50, "damaged or only a part of it arrived"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Office document"),
        (b"UPN,Date\n\0\0\0", "NUL bytes"),
        ("UPN,Date\n\ufffd".encode(), "letters were lost"),
        (b"\xff\xfeU\0P\0N", "neither UTF-8, UTF-16 nor"),
        (b"\x1f\x8b\x08" + b"\0" * 40, "compressed"),
    ],
)
def test_what_is_no_register_is_told_whatever_it_is_called(name: str, content: bytes, words: str) -> None:
    file = read(content, file_name=name)
    assert file.stopped and not len(file.marks) and not file.pupils
    assert words in file.problems[0].message or "headings that can be understood" in file.problems[0].message


# --- The list, and where each entry is held -----------------------------------------------------------------

HERE = "reading/test_every_format.py::test_an_edge_case_reads_alike_in_every_format"
DOORS = "test_every_way_in.py::test_an_edge_case_ends_alike_by_every_door"
WHERE: Final[dict[str, tuple[str, ...]]] = {
    "1 encodings, byte order marks, lost letters, NUL": (
        "reading/test_layouts.py::test_encodings_separators_and_line_ends",
        "reading/test_xml_files.py::test_the_encoding_is_found_whatever_is_declared",
        "reading/test_every_format.py::test_what_is_no_register_is_told_whatever_it_is_called",
        "reading/test_other_lists.py::test_a_list_of_social_care_says_the_same_in_every_form",
        "reading/test_other_lists.py::test_term_dates_say_the_same_in_every_form",
        "reading/test_other_lists.py::test_percentages_say_the_same_in_every_form",
        "reading/test_other_lists.py::test_what_is_no_list_is_told_in_a_sentence",
        "reading/test_other_lists.py::test_no_extract_of_schools_raises_and_what_is_read_could_be_kept",
    ),
    "2 dates": (
        HERE, DOORS, "reading/test_layouts.py::test_every_form_of_a_date_is_read_day_first",
        "reading/test_workbooks.py::test_dates_of_the_1904_system_are_the_days_that_excel_shows",
        "reading/test_date_order.py::test_dates_that_may_be_read_both_ways_are_told_and_read_with_the_day_first",
        "reading/test_date_order.py::test_an_american_week_is_asked_about_and_not_read_as_five_months",
        "reading/test_other_lists.py::test_no_american_order_is_read_in_any_list",
        "test_upload_mapping.py::test_dates_that_may_be_read_both_ways_are_asked_about_and_not_guessed",
    ),
    "3 marks": (
        HERE, DOORS, "reading/test_every_format.py::test_marks_read_alike_in_the_xml_of_sims",
        "reading/test_workbooks.py::test_what_excel_makes_of_marks_is_told_and_not_guessed",
        "test_upload_mapping.py::test_a_code_of_the_schools_own_is_told_asked_about_and_read_as_said",
        "api/test_api_own_codes.py::test_a_code_the_school_explained_once_is_read_in_posts_too",
        "test_syncs.py::test_marks_that_cannot_be_stored_are_told_with_the_childs_name_and_go_when_they_are_right",
    ),
    "4 formulas": (
        HERE, DOORS, "reading/test_workbooks.py::test_a_formula_is_data_and_only_its_value_counts",
        "reading/test_edge_cases.py::test_a_cell_that_looks_like_a_formula_is_data_here_and_harmless_in_what_is_exported",
    ),
    "5 codes of their day": (HERE, DOORS),
    "6 pupils": (
        HERE, DOORS, "reading/test_layouts.py::test_a_temporary_upn_made_permanent_in_mid_file_is_one_pupil",
        "test_uploads.py::test_a_temporary_upn_that_became_permanent_still_finds_the_child",
        "test_social_care_lists.py::test_a_former_upn_finds_the_child",
        "test_social_care_lists.py::test_a_twins_name_beside_the_upn_waits_for_a_person",
        "test_numbers_of_pupils.py::test_the_former_upn_that_a_schools_system_tells_finds_the_child",
        "test_enter_list.py::test_what_cannot_be_meant_is_told_with_its_row",
        "test_numbers_of_pupils.py::test_a_row_of_which_only_such_a_number_is_filled_in_is_left_out",
    ),
    "7 half-days": (
        HERE, DOORS, "test_uploads.py::test_a_later_file_corrects_marks_says_how_many_and_a_blank_erases_none",
        "api/test_api_marks.py::test_no_mark_never_erases_one_that_is_held",
        "test_syncs.py::test_a_blank_never_erases_and_a_mark_no_longer_listed_stays",
    ),
    "8 year groups": (HERE, DOORS, "reading/test_layouts.py::test_year_groups_are_normalised"),
    "9 names": (
        HERE, DOORS, "reading/test_edge_cases.py::test_names_are_kept_as_they_are_written",
        "test_social_care_lists.py::test_a_upn_of_a_child_with_another_name_is_looked_at",
        "test_withheld.py::test_no_page_of_an_upload_names_the_child",
    ),
    "10 counts": (
        "reading/test_xml_files.py::test_a_transfer_file_gives_the_counts_of_each_year_and_never_a_mark",
        "reading/test_counts_read.py::test_what_is_no_number_of_sessions_leaves_out_the_row",
        "reading/test_counts_read.py::test_a_pupil_without_a_possible_session_is_kept_and_one_without_counts_passed_over",
        "reading/test_other_lists.py::test_percentages_lie_between_0_and_100_or_their_line_is_told",
        "test_enter_list.py::test_exactly_a_tenth_is_persistent_absence",
    ),
    "11 which school": (
        "reading/test_bad_files.py::test_the_own_number_anywhere_in_a_file_name_or_none_is_not_wrong",
        "reading/test_edge_cases.py::test_a_dfe_number_is_compared_as_text_with_its_leading_noughts",
        "test_syncs.py::test_a_school_whose_pupils_are_on_anothers_roll_stops_and_stores_nothing",
        "api/test_api_marks.py::test_a_roll_of_another_school_is_refused",
        "test_uploads.py::test_another_school_s_file_stops_at_the_door",
        "test_sent_files.py::test_a_file_names_its_school_in_its_name_its_titles_or_a_column",
    ),
    "12 size": (
        "reading/test_bad_files.py::test_a_file_of_400_megabytes_is_refused_without_loading_it",
        "reading/test_edge_cases.py::test_a_wide_file_of_a_whole_year_is_read",
        "reading/test_workbooks.py::test_bombs_are_refused_and_take_little_memory_here",
        "reading/test_every_format.py::test_columns_beyond_those_of_a_year_are_refused_in_a_workbook_too",
        "test_sent_files.py::test_a_file_that_is_too_large_is_not_taken_and_the_others_are",
        "api/test_api_marks.py::test_100_000_marks_in_one_post_are_received_at_once_and_stored_by_a_worker",
    ),
}  # fmt: skip


def test_every_entry_of_the_list_is_held_by_tests_that_are_there() -> None:
    folder = Path(__file__).parents[1]
    for place in {place for places in WHERE.values() for place in places}:
        module, _, name = place.partition("::")
        tree = ast.parse((folder / module).read_text(encoding="utf-8"))
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, place
    assert [int(entry.split()[0]) for entry in WHERE] == list(range(1, 13))
