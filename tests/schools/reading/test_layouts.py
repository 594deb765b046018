"""The layouts, headings, encodings, dates and marks that a register file may have."""

from __future__ import annotations

import datetime as dt

import pytest

from schools.reading.headers import ALIASES, find_header
from schools.reading.pupils import read_sex, read_year_group
from schools.register.codes import NUMBERS, code_in_force
from tests.schools.reading.files import (
    HEADINGS,
    TODAY,
    kinds_of,
    long_file,
    marks_of,
    one_mark,
    pupil_cells,
    read,
    upn,
)

SEPT_8 = dt.date(2025, 9, 8)
NINE_ALIASES = [(field, alias) for field, aliases in ALIASES.items() for alias in aliases]


@pytest.mark.parametrize(("field", "alias"), NINE_ALIASES)
@pytest.mark.parametrize("dress", [str, str.upper, str.lower, lambda t: t.replace(" ", "_"), lambda t: f" {t}. "])
def test_every_alias_of_a_heading_is_recognised(field: str, alias: str, dress: object) -> None:
    heading = dress(alias)
    header = find_header(f"Ignored;{heading};Nothing\na;b;c\n" * 2, on=TODAY)
    assert header.fields == {field: 1}
    assert header.separator == ";"


@pytest.mark.parametrize(
    "written",
    ["08/09/2025", "8/9/2025", "08/09/25", "08-09-2025", "08.09.2025", "2025-09-08", "2025-09-08T08:50:00",
     "2025-09-08 08:50", "2025-09-08T00:00:00Z", "45908", "45908.0", "8 Sep 2025", "8 September 2025", "08-Sep-25",
     "Mon 08/09/2025", "20250908", "０8/09/2025", "2025/09/08"],
)  # fmt: skip
def test_every_form_of_a_date_is_read_day_first(written: str) -> None:
    assert one_mark(long_file(f"{written},AM,I")) == (SEPT_8, 0, "I")


def test_a_day_of_13_or_more_shows_that_the_day_comes_first() -> None:
    file = read(long_file("25/09/2025,AM,/", "09/25/2025,PM,/"))
    assert kinds_of(file) == ["bad-date"]
    assert len(file.marks) == 1


@pytest.mark.parametrize(
    ("written", "session"),
    [("AM", 0), ("am", 0), ("A", 0), ("1", 0), ("Morning", 0), ("08:50", 0), ("11:59", 0), ("9:00am", 0),
     ("PM", 1), ("P", 1), ("2", 1), ("afternoon", 1), ("12:00", 1), ("13:10:00", 1), ("1:10 pm", 1),
     ("2025-09-08T13:10:00", 1)],
)  # fmt: skip
def test_every_form_of_a_session_is_read(written: str, session: int) -> None:
    assert one_mark(long_file(f"08/09/2025,{written},I")) == (SEPT_8, session, "I")


def test_the_time_of_the_date_is_the_session_where_no_column_is() -> None:
    content = long_file("2025-09-08T08:50:00,/", "2025-09-08T13:10:00,I", headings=HEADINGS.replace("Session,", ""))
    assert marks_of(read(content)) == {(upn(1), SEPT_8, 0): "/", (upn(1), SEPT_8, 1): "I"}


@pytest.mark.parametrize(
    ("written", "code"),
    [("i", "I"), (" I ", "I"), ("\u00a0I\u00a0", "I"), ("Ｉ", "I"), ("／", "/"), ("c1", "C1"), ("Y7", "Y7"),
     ("I_F", "I"), ("\\", "/"), ("\\\\", "/"), ("/", "/"), ("#", "#"), ("\u200bL", "L"), ("D", "D")],
)  # fmt: skip
def test_every_form_of_a_mark_is_read(written: str, code: str) -> None:
    assert one_mark(long_file(f"08/09/2025,AM,{written}")) == (SEPT_8, 0, code)


@pytest.mark.parametrize("written", ["", "-", "--", ".", " ", "\u00a0", "–", "- -"])
def test_blank_is_no_mark(written: str) -> None:
    file = read(long_file("08/09/2025,AM,/", f"08/09/2025,PM,{written}"))
    assert (len(file.marks), file.blanks, file.problems) == (1, 1, ())


@pytest.mark.parametrize(
    ("written", "kind"),
    [("0", "letter-or-digit"), ("1", "letter-or-digit"), ("YI", "letter-or-digit"), ("7", "local-code"),
     ("@", "unknown-code"), ("!", "unknown-code"), ("CC", "unknown-code"), ("C3", "unknown-code"),
     ("/\\", "unknown-code"), ("=1+1", "unknown-code"), ("ı", "unknown-code"), ("[", "unknown-code"),
     ("J", "code-not-in-force"), ("Y", "code-not-in-force"), ("F", "code-not-in-force")],
)  # fmt: skip
def test_what_is_no_code_of_the_day_is_left_out_with_its_kind(written: str, kind: str) -> None:
    file = read(long_file("08/09/2025,PM,/", f"08/09/2025,AM,{written}"))
    assert (kinds_of(file), len(file.marks)) == ([kind], 1)
    assert file.problems[0].value == written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(encoding: str, separator: str, line_end: str) -> None:
    text = long_file("08/09/2025,AM,/", "08/09/2025,PM,I").decode().replace("Ada", "Siân")
    content = text.replace("\n", line_end).replace(",", separator).encode(encoding)
    file = read(content)
    assert [pupil.forename for pupil in file.pupils] == ["Siân"]
    assert (len(file.marks), file.problems, file.separator) == (2, (), separator)
    assert file.marks.row.tolist() == [2, 3]


def test_title_rows_above_the_headings_are_passed_over() -> None:
    titles = b"Eastshire High School\nURN: 900001\n\nAttendance marks 01/09/2025 to 12/09/2025\n"
    file = read(titles + long_file("08/09/2025,AM,/"))
    assert (file.header_row, file.problems, file.marks.row.tolist()) == (5, (), [6])


def test_a_repeated_heading_row_and_blank_rows_are_passed_over() -> None:
    content = long_file("08/09/2025,AM,/") + b"\n,,,,,,,,\n\n" + HEADINGS.encode() + b"\n"
    file = read(content + f"{pupil_cells()},08/09/2025,PM,I\n".encode())
    assert (kinds_of(file), file.marks.row.tolist(), file.rows) == ([], [2, 6], 2)


WIDE = "UPN,Surname,Forename,DOB,Year,"


def _wide(headings: str, cells: str, above: str = "") -> bytes:
    return f"{above}{WIDE}{headings}\n{upn(1)},Okafor,Ada,14/03/2013,7,{cells}\n".encode()


@pytest.mark.parametrize(
    "headings",
    ["08/09/2025 AM,08/09/2025 PM", "08/09/25 am,08/09/25 pm", "2025-09-08 AM,2025-09-08 PM",
     "Mon 08/09/2025 AM,Mon 08/09/2025 PM", "08/09/2025AM,08/09/2025PM", "AM 08/09/2025,PM 08/09/2025",
     "08/09/2025 1,08/09/2025 2", "45908 AM,45908 PM", "08/09/2025_AM,08/09/2025_PM", "8 Sep 2025 AM,8 Sep 2025 PM"],
)  # fmt: skip
def test_every_form_of_a_session_heading_is_read(headings: str) -> None:
    file = read(_wide(headings, "/,I"))
    assert marks_of(file) == {(upn(1), SEPT_8, 0): "/", (upn(1), SEPT_8, 1): "I"}
    assert (file.layout, file.problems) == ("wide", ())


@pytest.mark.parametrize(
    "above",
    ["From 01/09/2025 to 12/09/2025\n", "Report,01/09/2025,31/07/2026\n", "Academic year 2025/26\n",
     "Academic Year 2025-2026\n", "1 September 2025 to 12 September 2025\n"],
)  # fmt: skip
def test_the_year_of_a_heading_without_one_is_that_of_the_range_above(above: str) -> None:
    file = read(_wide("Mon 08/09 AM,Mon 08/09 PM", "/,I", above))
    assert marks_of(file) == {(upn(1), SEPT_8, 0): "/", (upn(1), SEPT_8, 1): "I"}


def test_two_heading_rows_with_dates_merged_over_am_and_pm() -> None:
    upper = "UPN,Surname,Forename,DOB,Year,08/09/2025,,09/09/2025,"
    for top, second in ((upper, ",,,,,AM,PM,AM,PM"), (",,,,,08/09/2025,,09/09/2025,", WIDE + "AM,PM,AM,PM")):
        file = read(f"{top}\n{second}\n{upn(1)},Okafor,Ada,14/03/2013,7,/,I,L,\\\n".encode())
        assert list(marks_of(file).values()) == ["/", "I", "L", "\\"]
        assert (file.layout, file.problems, file.marks.row.tolist()) == ("wide", (), [3, 3, 3, 3])


@pytest.mark.parametrize(
    ("cell", "marks"),
    [("/\\", ["/", "\\"]), ("\\/", ["/", "\\"]), ("I\\", ["I", "\\"]), ("- -", []), ("/-", ["/"]), ("-\\", ["\\"]),
     ("/ \\", ["/", "\\"]), ("/\\\\", ["/", "\\"]), ("in", ["I", "N"]), ("", []), ("##", ["#", "#"]),
     ("CL", ["C", "L"]), ("CI", ["C", "I"]), ("LC", ["L", "C"]), ("OI", ["O", "I"]), ("IO", ["I", "O"]),
     ("c l", ["C", "L"]), ("C-", ["C"])],
)  # fmt: skip
def test_a_cell_for_a_whole_day_is_split_between_two_one_character_codes(cell: str, marks: list[str]) -> None:
    file = read(_wide("08/09/2025", cell))
    assert list(marks_of(file).values()) == marks
    assert file.layout == "wide-day" and file.clean


@pytest.mark.parametrize("cell", ["C1", "J1", "Y2", "C1/", "/C1", "C1C2", "I_F", "/I\\"])
def test_a_cell_with_a_two_character_code_is_not_split(cell: str) -> None:
    file = read(_wide("08/09/2025,09/09/2025", f"{cell},/\\"))
    assert kinds_of(file) == ["two-marks-in-a-day-cell"]
    assert len(file.marks) == 2


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("O0", "letter-or-digit"), ("0I", "letter-or-digit"), ("K1", "letter-or-digit"), ("/1", "letter-or-digit"),
     ("1I", "letter-or-digit"), ("C7", "local-code"), ("/@", "unknown-code")],
)  # fmt: skip
def test_a_cell_for_a_whole_day_with_a_digit_for_a_letter_or_no_code_is_left_out_whole(cell: str, kind: str) -> None:
    file = read(_wide("08/09/2025,09/09/2025", f"{cell},/\\"))
    assert kinds_of(file) == [kind]
    assert len(file.marks) == 2


def test_a_day_cell_is_split_wherever_both_characters_are_codes_and_together_are_none() -> None:
    single = sorted(code for code in NUMBERS if len(code) == 1 and code not in "/\\" and code_in_force(code, SEPT_8))
    for first in single:
        for second in single:
            assert list(marks_of(read(_wide("08/09/2025", first + second))).values()) == [first, second]


def test_one_mark_of_a_day_cell_can_be_out_of_force_while_the_other_stands() -> None:
    file = read(_wide("08/09/2025", "J\\"))
    assert (kinds_of(file), list(marks_of(file).values())) == (["code-not-in-force"], ["\\"])


@pytest.mark.parametrize(
    ("written", "year"),
    [("0", "0"), ("R", "0"), ("Reception", "0"), ("N1", "N1"), ("Nursery 2", "N2"), ("Year 5", "5"), ("5", "5"),
     ("Y5", "5"), ("Yr 11", "11"), ("13", "13"), ("05", "5"), ("14", None), ("Upper", None), ("", None)],
)  # fmt: skip
def test_year_groups_are_normalised(written: str, year: str | None) -> None:
    assert read_year_group(written) == year


def test_what_the_file_says_of_a_pupil_is_read() -> None:
    headings = (
        "Pupil Name,UPN,Adno,Birth Date,Gender,NC Year,Reg Group,Admission Date,Leaving Date,Date,AM/PM,Code,Notes"
    )
    row = f'"O’Brien-Ñuñez, Zoë",{upn(4)},000123,02/05/2014,Female,Y6,6 Oak,01/09/2023,,08/09/2025,A,/,x'
    file = read(f"{headings}\n{row}\n".encode())
    [pupil] = file.pupils
    assert (pupil.surname, pupil.forename, pupil.local_id, pupil.upn) == ("O’Brien-Ñuñez", "Zoë", "000123", upn(4))
    assert (pupil.born_on, pupil.year_group, pupil.registration_group) == (dt.date(2014, 5, 2), "6", "6 Oak")
    assert (pupil.admitted_on, pupil.left_on, pupil.row) == (dt.date(2023, 9, 1), None, 2)
    assert pupil.sex == "F" and [read_sex(text) for text in ("m", "MALE", "X", "")] == ["M", "M", "", ""]
    assert pupil.can_be_created and not pupil.upn_is_temporary
    assert {use.heading: use.used_for for use in file.columns}["Notes"] is None
    assert (file.first_on, file.last_on) == (SEPT_8, SEPT_8)


def test_pupils_are_told_apart_by_upn_then_number_then_name_and_birth() -> None:
    headings = "UPN,Adno,Surname,Forename,DOB,Date,Session,Mark"
    rows = [f"{upn(1)},001,Ali,Noor,01/01/2014,08/09/2025,AM,/", ",001,Ali,Noor,,08/09/2025,PM,I",
            ",,Ali,Zain,01/01/2014,08/09/2025,AM,L", ",,ALI,zain,01/01/2014,08/09/2025,PM,L",
            ",002,Ali,Zara,01/01/2014,08/09/2025,AM,M"]  # fmt: skip
    file = read("\n".join([headings, *rows]).encode())
    assert [pupil.known_as for pupil in file.pupils] == ["Noor Ali", "Zain Ali", "Zara Ali"]
    assert (file.marks.pupil.tolist(), file.problems) == ([0, 0, 1, 1, 2], ())


def test_a_temporary_upn_made_permanent_in_mid_file_is_one_pupil() -> None:
    headings = "UPN,Adno,Surname,Forename,DOB,Date,Session,Mark"
    rows = ["W99900002001A,001,Ali,Noor,01/01/2014,08/09/2025,AM,/",
            f"{upn(1)},001,Ali,Noor,01/01/2014,09/09/2025,AM,/"]  # fmt: skip
    file = read("\n".join([headings, *rows]).encode())
    assert [(pupil.upn, pupil.upn_is_temporary) for pupil in file.pupils] == [(upn(1), False)]
    assert (len(file.marks), file.problems) == (2, ())


def test_marks_on_the_days_of_admission_and_leaving_count_and_z_may_stand_before() -> None:
    headings = HEADINGS + ",Admission Date,Leaving Date"
    days = ["05/09/2025,AM,Z", "08/09/2025,AM,/", "12/09/2025,PM,I"]
    rows = [f"{pupil_cells()},{day},08/09/2025,12/09/2025" for day in days]
    file = read("\n".join([headings, *rows]).encode())
    assert (len(file.marks), file.problems) == (3, ())


def test_a_blank_is_missing_only_where_half_the_year_group_has_a_mark_and_the_pupil_has_begun() -> None:
    rows = [f"{pupil_cells(n)},{day:02d}/09/2025,AM,{mark}" for n, day, mark in
            [(1, 8, "/"), (2, 8, "/"), (3, 8, "-"), (1, 9, "/"), (2, 9, "-"), (3, 9, "/"),
             (1, 10, "#"), (2, 10, "#"), (3, 10, "-"), (1, 11, "/"), (2, 11, "-"), (3, 11, "-")]]  # fmt: skip
    file = read("\n".join([HEADINGS, *rows]).encode())
    assert [(problem.kind, problem.row) for problem in file.problems] == [("missing-mark", 6)]
    assert file.blanks == 5


def test_a_weekend_closure_is_silent_and_other_weekend_marks_are_stored_and_told() -> None:
    file = read(long_file("12/09/2025,AM,/", "13/09/2025,AM,#", "14/09/2025,AM,B"))
    assert (kinds_of(file), len(file.marks), file.clean) == (["weekend-mark"], 3, True)


def test_today_is_not_the_future_and_withdrawn_codes_stand_on_their_own_days() -> None:
    file = read(long_file("05/01/2026,AM,/", "16/07/2024,AM,J", "18/07/2024,AM,H", "19/08/2024,AM,Y1"))
    assert (len(file.marks), file.problems) == (4, ())
    assert file.marks.year.tolist() == [2025, 2023, 2023, 2024]


def test_the_school_year_in_the_files_name_tells_the_year_of_headings_without_one() -> None:
    headings = "UPN,Surname,Forename,DOB,Year,Mon 08/09 AM,Thu 08/01 PM"
    content = f"{headings}\n{upn(1)},Okafor,Ada,14/03/2013,7,/,\\\n".encode()
    assert read(content, file_name="register.csv").stopped
    file = read(content, file_name="register 2025-26.csv", on=dt.date(2026, 2, 1))
    assert (file.first_on, file.last_on, len(file.marks)) == (dt.date(2025, 9, 8), dt.date(2026, 1, 8), 2)
