"""The lists that are no registers (social care, terms, percentages, schools of DfE): in every form, of any bytes."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from typing import Final

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance_portal.days import Term
from schools.calendars.calendar_files import read_terms
from schools.changes.reconciling import TheirList, read_list
from schools.models import CalendarEntry
from schools.reading.care_list import MOST_LINES, read_care_list
from schools.reading.gias import read_establishments, read_links
from schools.reading.problems import UnreadableUpload
from schools.reading.whose import schools_named_in
from tests.schools.reading.files import upn
from tests.schools.workbooks import saved, xls, xlsx

TODAY = dt.date(2026, 1, 5)
CARE: Final = [
    ["UPN", "Surname", "Forename", "Date of birth", "Status", "Social worker", "From", "To"],
    [upn(1), "O’Neill", "Zoë", "14/03/2013", "CP", "Wil Ford", "01/10/2025", ""],
]
TERMS: Final = [
    ["What", "First day", "Last day", "Reason"],
    ["Autumn term", "01/09/2025", "19/12/2025", ""],
    ["INSET day", "01/09/2025", "", "Säfety"],
]
SHARES: Final = [["UPN", "Surname", "Attendance %"], [upn(1), "O’Neill", "94.3"]]


def _csv(rows: list[list[str]], separator: str = ",") -> str:
    return "\r\n".join(separator.join(cells) for cells in rows) + "\r\n"


FORMS: Final[dict[str, Callable[[list[list[str]]], bytes]]] = {
    "UTF-8": lambda rows: _csv(rows).encode(),
    "UTF-8 with a byte order mark": lambda rows: _csv(rows).encode("utf-8-sig"),
    "Windows-1252": lambda rows: _csv(rows).encode("cp1252"),
    "UTF-16": lambda rows: _csv(rows).encode("utf-16"),
    "semicolons": lambda rows: _csv(rows, ";").encode(),
    "tabs": lambda rows: _csv(rows, "\t").encode(),
    "below a title": lambda rows: b"Eastshire, as of today\r\n\r\n" + _csv(rows).encode(),
    "xlsx": lambda rows: xlsx(List=rows),
    "xls": xls,
}
every_form = pytest.mark.parametrize("form", FORMS)


@every_form
def test_a_list_of_social_care_says_the_same_in_every_form(form: str) -> None:
    [line] = read_care_list(FORMS[form](CARE), on=TODAY).lines
    assert (line.surname, line.forename, line.born_on) == ("O’Neill", "Zoë", dt.date(2013, 3, 14))
    assert (line.kind, line.from_on, line.fault) == ("child-protection", dt.date(2025, 10, 1), "")


@every_form
def test_term_dates_say_the_same_in_every_form(form: str) -> None:
    found = read_terms(FORMS[form](TERMS))
    assert not found.problems
    assert found.terms[2025][Term.AUTUMN].days.last == dt.date(2025, 12, 19)
    [entry] = found.entries
    assert (entry.kind, entry.reason) == (CalendarEntry.Kind.INSET, "Säfety")


@every_form
def test_percentages_say_the_same_in_every_form(form: str) -> None:
    read = read_list(FORMS[form](SHARES))
    [line] = read.lines
    assert (line.told, str(line.attendance), read.unread) == (
        {"upn": upn(1), "surname": "O’Neill"}, "94.30", []
    )  # fmt: skip


@pytest.mark.parametrize("worker", ['"Jo Bright;"', '"Bright\t"', '"Jo | Bright"'])
@pytest.mark.parametrize("lines", [3, 3_000])
def test_another_separator_within_a_cell_spoils_no_list(worker: str, lines: int) -> None:
    headings, row = CARE
    told = _csv([headings, [*row[:5], worker, *row[6:]], *[row] * lines])
    read = read_care_list(told.encode(), on=TODAY)
    assert read.refused == "" and [line.row for line in read.lines] == list(range(2, lines + 3))
    assert {line.fault for line in read.lines} == {""}


def test_a_list_that_is_too_long_is_read_no_further_than_its_limit() -> None:
    headings, row = CARE
    endless = '"' + "x" * 200_000  # could not be read
    told = _csv([headings, *[row] * (MOST_LINES + 1)]) + endless
    assert "more than 50,000 lines" in read_care_list(told.encode(), on=TODAY).refused
    within = _csv([headings, *[row] * (MOST_LINES - 1)])
    assert "has a cell" in read_care_list((within + endless).encode(), on=TODAY).refused
    assert len(read_care_list((within + _csv([row])).encode(), on=TODAY).lines) == 50_000


def test_dates_and_numbers_of_a_workbook_are_read_as_it_shows_them() -> None:
    book = openpyxl.Workbook()
    book.active.append(TERMS[0])
    book.active.append(["Autumn term", dt.datetime(2025, 9, 1), dt.date(2025, 12, 19)])
    assert read_terms(saved(book)).terms[2025][Term.AUTUMN].days.first == dt.date(2025, 9, 1)
    book = openpyxl.Workbook()
    book.active.append(SHARES[0])
    book.active.append([upn(1), "O’Neill", 94.3])
    [line] = read_list(saved(book)).lines
    assert str(line.attendance) == "94.30"


def test_a_percentage_that_a_workbook_keeps_as_a_part_of_one_is_read_as_it_shows_it() -> None:
    book = openpyxl.Workbook()
    book.active.append(SHARES[0])
    for number, share in enumerate([0.943, 0.94333333333, 1, 0]):
        book.active.append([upn(number), "O’Neill", share])
        book.active.cell(number + 2, 3).number_format = "0.0%"
    read = read_list(saved(book))
    assert [str(line.attendance) for line in read.lines] == ["94.30", "94.33", "100.00", "0.00"]


@pytest.mark.parametrize(
    ("column", "shares"),
    [
        (["94.3", "0.7", "1"], ["94.30", "0.70", "1.00"]),
        (["0.7%", "1 %"], ["0.70", "1.00"]),
        (["94.3%", "0.5"], ["94.30", "50.00"]),
        (["0", "0"], ["0.00", "0.00"]),
        (["0.5", "-1E999999", "sNaN", "1E999999"], ["50.00"]),
    ],
)
def test_percentages_are_parts_of_one_only_where_none_without_a_sign_is_above_it(
    column: list[str], shares: list[str]
) -> None:
    rows = [[upn(number), "O’Neill", share] for number, share in enumerate(column)]
    assert [str(line.attendance) for line in read_list(_csv([SHARES[0], *rows]).encode()).lines] == shares


@pytest.mark.parametrize(
    ("date", "day"),
    [("03/04/2025", dt.date(2025, 4, 3)), ("2025-04-03", dt.date(2025, 4, 3)), ("04/13/2025", None), ("soon", None)],
)
def test_no_american_order_is_read_in_any_list(date: str, day: dt.date | None) -> None:
    [line] = read_care_list(_csv([CARE[0], [*CARE[1][:6], date, ""]]).encode(), on=TODAY).lines
    assert line.from_on == day and bool(line.fault) == (day is None)
    found = read_terms(_csv([TERMS[0], ["INSET day", date, "", ""]]).encode())
    assert [entry.days.first for entry in found.entries] == ([day] if day else [])
    assert bool(found.problems) == (day is None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"UPN,Attendance\n\0,90", "NUL"),
        ("UPN,Attendance\nX�,90".encode(), "letters were lost"),
        (b"PK\x03\x04" + b"\0" * 50, "damaged or only a part of it arrived"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ""),
        (b'UPN,"' + b"x" * 140_000, ""),
    ],
)
def test_what_is_no_list_is_told_in_a_sentence(content: bytes, words: str) -> None:
    [care, terms] = read_care_list(content, on=TODAY).refused, read_terms(content).problems[0]
    with pytest.raises((UnreadableUpload, ValueError)) as raised:
        read_list(content)
    share = raised.value.problem().message if isinstance(raised.value, UnreadableUpload) else str(raised.value)
    assert all(words in said and said.endswith(".") for said in (care, terms, share))


# --- Any bytes ---------------------------------------------------------------------------------------------------

_CELLS = st.lists(st.lists(st.text(max_size=10) | st.sampled_from(["01/09/0001", "31/12/9999", "CP", "1e9"])))


@st.composite
def _spoilt(draw: st.DrawFn, rows: list[list[str]]) -> bytes:
    """A good list with rows of anything below it and a few stretches replaced."""
    content = draw(st.sampled_from([FORMS["UTF-8"], FORMS["UTF-16"], FORMS["semicolons"]]))([*rows, *draw(_CELLS)])
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(content)))
        content = content[:start] + draw(st.binary(max_size=4)) + content[start + draw(st.integers(0, 9)) :]
    return content


@given(st.binary(max_size=300) | _spoilt(CARE))
@settings(max_examples=150)
def test_no_list_of_social_care_raises_and_every_line_is_used_or_explained(content: bytes) -> None:
    found = read_care_list(content, on=TODAY)
    assert bool(found.refused) != bool(found.lines)
    assert all(line.fault or (line.kind and line.from_on) for line in found.lines)


@given(st.binary(max_size=300) | _spoilt(TERMS))
@settings(max_examples=150)
def test_no_term_dates_raise_and_they_say_something(content: bytes) -> None:
    found = read_terms(content)
    assert found.problems or found.terms or found.entries
    assert all(1999 <= year <= 2099 for year in found.terms)


@given(st.binary(max_size=300) | _spoilt(SHARES))
@settings(max_examples=150)
def test_percentages_lie_between_0_and_100_or_their_line_is_told(content: bytes) -> None:
    try:
        found = read_list(content)
    except (UnreadableUpload, ValueError) as reason:
        found = TheirList([], [str(reason)])
    assert all(0 <= line.attendance <= 100 and line.told for line in found.lines)


@given(st.binary(max_size=300) | _spoilt(CARE), st.text(max_size=20))
@settings(max_examples=100)
def test_whose_a_file_is_can_be_asked_of_any_bytes(content: bytes, name: str) -> None:
    for named in schools_named_in(content, file_name=name, on=TODAY):
        assert all(number.isdecimal() for number in named.urns | named.laestabs)


_GIAS: Final = [
    ["URN", "LA (code)", "EstablishmentNumber", "EstablishmentName", "EstablishmentStatus (name)",
     "TypeOfEstablishment (name)", "PhaseOfEducation (name)", "OpenDate"],
    ["100000", "201", "3614", "The Aldgate School", "Open", "Voluntary aided school", "Primary", "01-09-2020"],
]  # fmt: skip
_LINKS: Final = [["URN", "LinkURN", "LinkType", "LinkEstablishedDate"], ["100000", "100001", "Successor", "01-09-2020"]]


@given(st.binary(max_size=300) | _spoilt(_GIAS), st.booleans())
@settings(max_examples=150)
def test_no_extract_of_schools_raises_and_what_is_read_could_be_kept(content: bytes, packed: bool) -> None:
    found = read_establishments(gzip.compress(content) if packed else content, "201")
    assert found.problems or found.establishments
    for one in found.establishments if not found.problems else ():
        assert len(one.urn) == 6 and len(one.laestab) in (0, 7) and 0 < len(one.name) <= 150 and "\0" not in one.name


@given(st.binary(max_size=300) | _spoilt(_LINKS))
@settings(max_examples=100)
def test_no_links_raise(content: bytes) -> None:
    found = read_links(content)
    assert found.problems or all(len(link.predecessor) == len(link.successor) == 6 for link in found.links)


def test_a_packed_extract_that_broke_off_is_told() -> None:
    packed = gzip.compress(_csv(_GIAS).encode())
    for content in (packed[:-9], packed[:20] + b"\xff" * 9 + packed[29:]):
        [problem] = read_establishments(content, "201").problems
        assert "Download it again" in problem.message
