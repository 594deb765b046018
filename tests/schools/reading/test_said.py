"""What a school said of its columns and its own codes, as the reader uses it; and the questions that lead to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools.reading import RegisterFile, Said, SaidCode, read_register
from schools.reading.asking import FIELDS, Asked, ask, identity, layout_of, wrong_with
from schools.reading.headers import find_header
from schools.reading.said import WHOLE_DAY, Layout, split_day
from tests.schools.reading.files import HEADINGS, TODAY, kinds_of, long_file, marks_of, pupil_cells, read, upn
from tests.schools.reading.test_any_file import REGISTERS, Register, _long, _whole_days, _wide

SEPT_8 = dt.date(2025, 9, 8)
Write = Callable[[Register], bytes]
WORDS = {name: name.replace("_", " ") for name in FIELDS}
ODD = (
    'Kid ref,Who,Born,Y,When,Bit,Thing,Remark\n001,"Okafor, Ada",14/03/2013,7,08/09/2025,AM,/,late bus\n'
    '001,"Okafor, Ada",14/03/2013,7,08/09/2025,PM,I,\n'
)
ODD_ANSWERS = {
    "c0": "local_id",
    "c1": "name",
    "c2": "born_on",
    "c3": "year_group",
    "c4": "date",
    "c5": "session",
    "c6": "mark",
    "c7": "",
}


def read_as_said(content: bytes, said: Said, *, on: dt.date = TODAY) -> RegisterFile:
    return read_register(content, file_name="register.csv", on=on, known_codes=frozenset({"999"}), said=said)


def told(file: RegisterFile) -> dict[str, object]:
    """All that a file says, as values that can be compared."""
    arrays = {name: getattr(file.marks, name).tolist() for name in file.marks.__slots__}
    rest = {name: getattr(file, name) for name in file.__slots__ if name not in ("marks", "said_layout")}
    return {**arrays, **rest}


def asked_about(content: str, line: int | None = None) -> Asked:
    asked = ask(read(content.encode()).first_rows, on=TODAY, line=line)
    assert asked is not None
    return asked


@given(
    REGISTERS, st.sampled_from([_long, _wide, _whole_days]), st.sampled_from(["", "Hill,1/9/2025 to 31/12/2025\n\n"])
)
@example({(1, SEPT_8, 0): "/", (2, SEPT_8, 1): "C1"}, _wide, "A title\n")
@settings(max_examples=150, deadline=None)
def test_saying_what_is_recognised_anyway_changes_nothing(register: Register, write: Write, title: str) -> None:
    content = title.encode() + write(register)
    header = find_header(content.decode(), on=TODAY)
    without = read_as_said(content, Said())
    said = read_as_said(content, Said((identity(header),)))
    assert (without.said_layout, said.said_layout) == (None, 0)
    assert told(said) == told(without)


@given(REGISTERS, st.sampled_from([_long, _wide, _whole_days]))
@settings(max_examples=60, deadline=None)
def test_codes_that_were_said_never_change_a_national_code(register: Register, write: Write) -> None:
    content = write(register)
    codes = tuple(SaidCode(code, "I") for code in ("/", "\\", "L", "C1", "B", "N", "-", ""))
    assert told(read_as_said(content, Said(codes=codes))) == told(read_as_said(content, Said()))


def test_columns_with_any_headings_are_read_as_they_were_said() -> None:
    asked = asked_about(ODD)
    assert [question.headings[0] for question in asked.questions] == ODD.split("\n", maxsplit=1)[0].split(",")
    assert wrong_with(asked, ODD_ANSWERS, WORDS) == []
    file = read_as_said(ODD.encode(), Said((layout_of(asked, ODD_ANSWERS),)))
    assert marks_of(file) == {("001", SEPT_8, 0): "/", ("001", SEPT_8, 1): "I"}
    assert file.clean and file.said_layout == 0 and file.layout == "long"


def test_the_cells_tell_what_a_column_most_likely_holds() -> None:
    guesses = {question.headings[0]: question.guess for question in asked_about(ODD).questions}
    assert guesses == {
        "Kid ref": "",
        "Who": "",
        "Born": "born_on",
        "Y": "",
        "When": "date",
        "Bit": "session",
        "Thing": "mark",
        "Remark": "",
    }


def test_what_was_said_is_used_for_the_next_file_with_the_same_headings_and_no_other() -> None:
    said = Said((layout_of(asked_about(ODD), ODD_ANSWERS),))
    later = ODD.replace("08/09/2025", "09/09/2025").replace("Remark", "Remarks of the day")
    assert len(read_as_said(later.encode(), said).marks) == 2
    other = ODD.replace("Kid ref", "Ref of kid")
    assert kinds_of(read_as_said(other.encode(), said)) == ["columns-missing"]


def test_what_was_said_of_few_columns_hides_nothing_in_a_file_of_more() -> None:
    few = Layout((("upn", 0, "upn"), ("date", 0, "date"), ("session", 0, "session"), ("mark", 0, "mark")))
    [pupil] = read_as_said(long_file("08/09/2025,AM,/"), Said((few,))).pupils
    assert (pupil.surname, pupil.local_id, pupil.year_group) == ("Okafor", "001", "7")


def test_a_column_that_was_said_not_to_be_used_is_not_whatever_its_heading() -> None:
    asked = asked_about(long_file("08/09/2025,AM,/").decode())
    answers = {question.key: question.guess for question in asked.questions}
    layout = layout_of(asked, {**answers, "c2": ""})
    [pupil] = read_as_said(long_file("08/09/2025,AM,/"), Said((layout,))).pupils
    assert (pupil.surname, pupil.forename) == ("", "Ada")


def test_a_systems_own_number_beside_what_was_said_is_no_admission_number() -> None:
    few = Layout((("date", 0, "date"), ("session", 0, "session"), ("mark", 0, "mark"), ("upn", 0, "upn")))
    content = long_file("08/09/2025,AM,/", headings=HEADINGS.replace("Adno", "Student ID"))
    [pupil] = read_as_said(content, Said((few,))).pupils
    assert pupil.local_id is None


def test_the_later_layout_is_used_where_two_fit() -> None:
    first = layout_of(asked_about(ODD), {**ODD_ANSWERS, "c0": "upn"})
    second = layout_of(asked_about(ODD), ODD_ANSWERS)
    assert read_as_said(ODD.encode(), Said((second, first))).said_layout == 0
    assert read_as_said(ODD.encode(), Said((first, second))).said_layout == 0


def test_headings_that_read_alike_are_told_apart_by_their_order() -> None:
    content = "Ref,Text,Text,When,Bit\n001,Ada,/,08/09/2025,AM\n001,Ada,I,08/09/2025,PM\n"
    asked = asked_about(content)
    answers = {"c0": "local_id", "c1": "", "c2": "mark", "c3": "date", "c4": "session"}
    file = read_as_said(content.encode(), Said((layout_of(asked, answers),)))
    assert list(marks_of(file).values()) == ["/", "I"]


@pytest.mark.parametrize(
    ("heading", "date", "beside"),
    [
        ("Wk1 Mon 08.09.25_1", "08.09.25", "1"),
        ("Tues 9th Sept 2025 (am)", "9 sep 2025", "(am)"),
        ("20250908AM", "20250908", "am"),
        ("2025_09_08 reg", "2025-09-08", "reg"),
        ("Marks of 8-Sep-25, first", "8 sep 25", "marksof,first"),
    ],
)
def test_a_date_is_found_anywhere_in_a_heading(heading: str, date: str, beside: str) -> None:
    assert split_day(heading) == (date, beside)


def test_columns_of_days_that_read_alike_are_asked_about_once() -> None:
    days = ",".join(f"Wk{n} 0{n}.09.25 first,Wk{n} 0{n}.09.25 second" for n in (1, 2, 3))
    content = f"Ref,{days}\n001,/,\\,I,I,/,\\\n"
    asked = asked_about(content)
    assert [(q.key, len(q.headings), q.is_day) for q in asked.questions] == [
        ("d0", 3, True),
        ("d1", 3, True),
        ("c0", 1, False),
    ]
    answers = {"c0": "local_id", "d0": "day-0", "d1": "day-1"}
    assert wrong_with(asked, answers, WORDS) == []
    layout = layout_of(asked, answers)
    file = read_as_said(content.encode(), Said((layout,)))
    assert file.layout == "wide" and len(file.marks) == 6
    later = content.replace(".09.25", ".10.25").replace("Wk", "Wk1")
    assert read_as_said(later.encode(), Said((layout,))).last_on == dt.date(2025, 10, 3)


def test_a_column_of_whole_days_can_be_said() -> None:
    content = "Ref,Register of 08.09.2025\n001,/\\\n"
    asked = asked_about(content)
    layout = layout_of(asked, {"c0": "local_id", "d0": "day-2"})
    assert layout == Layout((("ref", 0, "local_id"),), (("registerof", WHOLE_DAY),))
    assert len(read_as_said(content.encode(), Said((layout,))).marks) == 2


def test_days_over_morning_and_afternoon_are_known_under_headings_that_are_not() -> None:
    content = ",,08/09/2025,,09/09/2025,\nKid ref,Full name,AM,PM,AM,PM\n001,Okafor,/,\\,I,I\n"
    asked = asked_about(content)
    assert len(asked.known_days) == 4 and [q.key for q in asked.questions] == ["c0", "c1"]
    layout = layout_of(asked, {"c0": "local_id", "c1": ""})
    assert len(read_as_said(content.encode(), Said((layout,))).marks) == 4


def test_the_person_says_which_row_holds_the_headings() -> None:
    content = "A very,long,title,of,a,report\nKid,When,Bit,Thing,,\n001,08/09/2025,AM,I,,\n"
    assert asked_about(content).line == 1
    asked = asked_about(content, line=2)
    answers = {"c0": "local_id", "c1": "date", "c2": "session", "c3": "mark"}
    file = read_as_said(content.encode(), Said((layout_of(asked, answers),)))
    assert file.header_row == 2 and list(marks_of(file).values()) == ["I"]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"c4": "date", "c6": "mark"}, "which column tells the pupils apart"),
        ({"c2": "born_on", "c4": "date", "c6": "mark"}, "which column tells the pupils apart"),
        ({"c0": "upn"}, "which columns hold the date and the mark"),
        ({"c0": "upn", "c4": "date"}, "which column holds the mark"),
        ({"c0": "upn", "c6": "mark"}, "which column holds the date"),
        ({"c0": "upn", "c1": "upn", "c4": "date", "c6": "mark"}, "‘Kid ref’ and ‘Who’ cannot both hold the upn"),
    ],
)
def test_answers_that_make_no_sense_are_told_in_a_sentence(answers: dict[str, str], sentence: str) -> None:
    [(_, said)] = wrong_with(asked_about(ODD), answers, WORDS)
    assert sentence in said


def test_what_stands_on_the_roll_tells_what_a_column_holds() -> None:
    roll = {"local_id": {"001", "002"}, "surname": {"okafor"}, "year_group": {"7"}, "registration_group": {"7a"}}
    content = ODD.replace('"Okafor, Ada"', "OKAFOR").replace(",7,", ",Year 7,").replace("late bus", "7B")
    asked = ask(
        read(content.encode()).first_rows, on=TODAY, roll={name: frozenset(held) for name, held in roll.items()}
    )
    assert asked is not None
    guesses = {question.headings[0]: question.guess for question in asked.questions}
    assert (guesses["Kid ref"], guesses["Who"], guesses["Y"], guesses["Remark"]) == (
        "local_id", "surname", "year_group", ""
    )  # fmt: skip


def test_what_was_said_before_is_the_guess() -> None:
    layout = layout_of(asked_about(ODD), ODD_ANSWERS)
    asked = ask(read(ODD.encode()).first_rows, on=TODAY, said=layout)
    assert asked is not None and {q.key: q.guess for q in asked.questions} == ODD_ANSWERS


def test_a_file_without_rows_asks_nothing() -> None:
    assert ask((), on=TODAY) is None


# --- Codes of the school's own -------------------------------------------------------------------------------


def codes(*said: SaidCode) -> Said:
    return Said(codes=said)


def test_an_unknown_code_is_listed_and_not_read() -> None:
    file = read(long_file("08/09/2025,AM,7", "08/09/2025,PM,[", "09/09/2025,AM,7"))
    assert file.unknown_codes == (("7", 2), ("[", 1)) and not len(file.marks)


def test_a_code_of_the_schools_own_is_read_as_it_was_said() -> None:
    content = long_file("08/09/2025,AM,7", "08/09/2025,PM,/", "09/09/2025,AM,7")
    file = read_as_said(content, codes(SaidCode("7", "I")))
    assert list(marks_of(file).values()) == ["I", "\\", "I"]
    assert (file.local_codes, file.unknown_codes, file.problems) == ({0: 2}, (), ())


def test_a_code_said_to_be_no_mark_is_blank() -> None:
    file = read_as_said(long_file("08/09/2025,AM,=", "08/09/2025,PM,/"), codes(SaidCode("=", "")))
    assert list(marks_of(file).values()) == ["\\"] and file.blanks == 1 and file.local_codes == {0: 1}


def test_a_code_is_read_so_only_on_the_days_it_was_said_for() -> None:
    content = long_file("08/09/2025,AM,7", "09/09/2025,AM,7", "10/09/2025,AM,7", "11/09/2025,AM,7")
    first = SaidCode("7", "I", until_on=dt.date(2025, 9, 8))
    then = SaidCode("7", "M", from_on=dt.date(2025, 9, 10), until_on=dt.date(2025, 9, 10))
    file = read_as_said(content, codes(first, then))
    assert list(marks_of(file).values()) == ["I", "M"]
    assert file.local_codes == {0: 1, 1: 1} and file.unknown_codes == (("7", 2),)
    assert kinds_of(file) == ["local-code", "local-code"]


def test_present_is_stored_as_the_mark_of_its_session() -> None:
    file = read_as_said(long_file("08/09/2025,AM,8", "08/09/2025,PM,8"), codes(SaidCode("8", "/")))
    assert list(marks_of(file).values()) == ["/", "\\"]


def test_a_national_code_that_was_not_in_force_is_left_out_all_the_same() -> None:
    file = read_as_said(long_file("08/09/2025,AM,7"), codes(SaidCode("7", "H")))
    assert kinds_of(file) == ["code-not-in-force"] and not len(file.marks)


def whole_days(*cells: str) -> bytes:
    headings = [f"{8 + n:02d}/09/2025" for n in range(len(cells))]
    return "\n".join([",".join([*HEADINGS.split(",")[:6], *headings]), ",".join([pupil_cells(), *cells])]).encode()


def test_a_cell_of_a_whole_day_is_read_where_both_its_codes_are_understood() -> None:
    file = read_as_said(whole_days("7/", "/=", "77", "7["), codes(SaidCode("7", "I"), SaidCode("=", "")))
    marks = {(day.day, half): mark for (_, day, half), mark in marks_of(file).items()}
    assert marks == {(8, 0): "I", (8, 1): "\\", (9, 0): "/", (10, 0): "I", (10, 1): "I"}
    assert file.unknown_codes == (("[", 1),) and file.local_codes == {0: 3, 1: 1}
    assert kinds_of(file) == ["local-code"]


def test_a_mixed_up_letter_or_a_whole_sentence_is_no_local_code() -> None:
    file = read_as_said(long_file("08/09/2025,AM,0", "08/09/2025,PM,out with a cold"), codes(SaidCode("0", "O")))
    assert not len(file.marks) and file.unknown_codes == ()
    assert sorted(kinds_of(file)) == ["letter-or-digit", "unknown-code"]


def test_the_reader_takes_upns_with_any_heading() -> None:
    content = f"Kid,When,Bit,Thing\n{upn(1)},08/09/2025,AM,I\n"
    asked = asked_about(content)
    assert {q.headings[0]: q.guess for q in asked.questions}["When"] == "date"
    answers = {"c0": "upn", "c1": "date", "c2": "session", "c3": "mark"}
    assert list(marks_of(read_as_said(content.encode(), Said((layout_of(asked, answers),))))) == [(upn(1), SEPT_8, 0)]
