"""Files without a row of headings: asked about by the number of the column, and read so from then on."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reading import Layout, RegisterFile, Said, read_register
from schools.reading.asking import NO_HEADINGS, Asked, ask, layout_of
from schools.reading.headers import MONTH_FIRST
from tests.schools.reading.files import TODAY, kinds_of, long_file, marks_of, read
from tests.schools.reading.test_any_file import REGISTERS, Register, _long

FIELDS = ("upn", "local_id", "surname", "forename", "born_on", "year_group", "date", "session", "mark")
LAYOUT = Layout(tuple((f"column{at}", 0, name) for at, name in enumerate(FIELDS, 1)), (), "", len(FIELDS))
MARKS = long_file("08/09/2025,AM,/", "08/09/2025,PM,I")
ROWS = MARKS.partition(b"\n")[2]


def as_said(content: bytes, *layouts: Layout, on: dt.date = TODAY) -> RegisterFile:
    return read_register(
        content, file_name="register.csv", on=on, known_codes=frozenset({"999"}), said=Said(layouts or (LAYOUT,))
    )


def asked_about(content: bytes, line: int | None = None) -> Asked:
    asked = ask(read(content).first_rows, on=TODAY, line=line, codes=frozenset({"999"}))
    assert asked is not None
    return asked


def test_a_file_without_headings_is_asked_about_by_the_numbers_of_its_columns() -> None:
    asked = asked_about(ROWS)
    assert asked.line == NO_HEADINGS and asked.headings == tuple(f"Column {n}" for n in range(1, 10))
    guesses = {question.headings[0]: question.guess for question in asked.questions}
    assert guesses["Column 1"] == "upn" and guesses["Column 5"] == "born_on"
    assert (guesses["Column 7"], guesses["Column 8"], guesses["Column 9"]) == ("date", "session", "mark")


def test_headings_that_nobody_knows_are_still_headings() -> None:
    odd = b"Kid,No,Fam,First,Born,Y,When,Bit,Thing\n" + ROWS
    assert asked_about(odd).line == 1
    assert asked_about(odd, line=NO_HEADINGS).headings[0] == "Column 1"


def test_what_was_said_reads_the_file_from_its_first_row_on() -> None:
    asked = asked_about(ROWS)
    layout = layout_of(asked, {f"c{at}": name for at, name in enumerate(FIELDS)})
    assert layout == LAYOUT
    file = as_said(ROWS, layout)
    assert marks_of(file) == marks_of(read(MARKS)) and file.clean and file.said_layout == 0
    assert [use.heading for use in file.columns][:2] == ["Column 1", "Column 2"]
    assert file.marks.row.tolist() == [1, 2]


@given(REGISTERS)
@settings(max_examples=60)
def test_without_its_headings_a_file_says_the_same(register: Register) -> None:
    content = _long(register)
    assert marks_of(as_said(content.partition(b"\n")[2])) == marks_of(
        as_said(content, Layout((("nobodysaid", 0, "upn"),)))
    )


@pytest.mark.parametrize("title", [b"Hill Academy\n", b"Hill Academy,,,,,,,,\n\n", b"Register,Autumn\n"])
def test_titles_above_the_first_row_are_passed_over(title: bytes) -> None:
    file = as_said(title + ROWS)
    assert len(file.marks) == 2 and file.clean


@pytest.mark.parametrize("blank", [1, 3])
def test_first_rows_that_lack_their_date_do_not_make_it_another_file(blank: int) -> None:
    row = ROWS.splitlines()[0]
    file = as_said((row.replace(b"08/09/2025", b"") + b"\n") * blank + ROWS)
    assert file.said_layout is not None and len(file.marks) == 2
    assert "columns-missing" not in kinds_of(file)


def test_a_file_with_headings_is_read_by_them_whatever_was_said_of_files_without() -> None:
    turned = "Mark,Session,Date,Year,DOB,Forename,Surname,Adno,UPN"
    cells = [line.split(",")[::-1] for line in ROWS.decode().splitlines()]
    content = "\n".join([turned, *(",".join(row) for row in cells)]).encode()
    file = as_said(content)
    assert file.said_layout is None and marks_of(file) == marks_of(read(MARKS))


@pytest.mark.parametrize(
    "content",
    [
        b"Kid,No,Fam,First,Born,Y,When,Bit,Thing\n" + ROWS,  # headings that nobody explained
        b"\n".join(line + b",late bus" for line in ROWS.splitlines()),  # another number of columns
        b"\n".join(b",".join(line.split(b",")[::-1]) for line in ROWS.splitlines()),  # in another order
    ],
)
def test_a_file_that_does_not_fit_what_was_said_is_asked_about_again(content: bytes) -> None:
    file = as_said(content)
    assert file.said_layout is None and kinds_of(file) == ["columns-missing"]


def test_counts_without_headings_are_read_as_counts() -> None:
    row = f"{ROWS.decode().split(',')[0]},100,5,2\n".encode()
    names = ("upn", "possible", "authorised", "unauthorised")
    layout = Layout(tuple((f"column{at}", 0, name) for at, name in enumerate(names, 1)), (), "", 4)
    [counts] = as_said(row, layout).counts
    assert (counts.possible, counts.present, counts.authorised, counts.unauthorised) == (100, 93, 5, 2)


def test_its_dates_may_have_the_month_first_too() -> None:
    american = ROWS.replace(b"08/09/2025", b"09/08/2025").replace(b"14/03/2013", b"03/14/2013")
    file = as_said(american, Layout(LAYOUT.fields, (), MONTH_FIRST, LAYOUT.width))
    assert marks_of(file) == marks_of(read(MARKS)) and file.pupils[0].born_on == dt.date(2013, 3, 14)


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_no_bytes_raise_where_something_was_said_of_files_without_headings(content: bytes) -> None:
    two = Layout((("column1", 0, "upn"), ("column2", 0, "date"), ("column3", 0, "mark")), (), "", 3)
    file = as_said(content, two, LAYOUT)
    assert file.problems or file.pupils
