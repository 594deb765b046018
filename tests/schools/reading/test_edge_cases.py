"""What registers hold at the edges of the ordinary: names, codes of a few, days off, big files, odd numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance_portal.csv_export import safe_cell
from schools.reading import read_register
from schools.reading.pupils import LONGEST
from tests.schools.reading.files import HEADINGS, TODAY, kinds_of, long_file, marks_of, pupil_cells, read, upn

NAMES = [
    ("O'Neill", "Siân"), ("O’Brien-Łoś", "Zoë"), ("D’Arcy-Smith", "Mary Anne"), ("Nguyễn", "Ánh"), ("Cher", ""),
    ("de la Cruz y Gómez", "José"), ("李", "明"), ("Abdul-Aziz ibn Saud", "N."), ("X" * 120, "Y" * 110),
]  # fmt: skip


@pytest.mark.parametrize(("surname", "forename"), NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_names_are_kept_as_they_are_written(surname: str, forename: str, encoding: str) -> None:
    content = long_file("08/09/2025,AM,/").decode().replace("Okafor", surname).replace("Ada", forename)
    [pupil] = read(content.encode(encoding)).pupils
    assert (pupil.surname, pupil.forename) == (surname, forename)


def test_a_legal_name_is_used_before_a_preferred_one_wherever_it_stands() -> None:
    headings = "UPN,Preferred Surname,Legal Surname,Preferred Forename,Legal Forename,DOB,Year,Date,Session,Mark"
    row = f"{upn(1)},Smith,Okafor,Addie,Ada,14/03/2013,7,08/09/2025,AM,/"
    [pupil] = read(f"{headings}\n{row}\n".encode()).pupils
    assert (pupil.surname, pupil.forename) == ("Okafor", "Ada")


def test_one_name_without_a_comma_is_a_surname() -> None:
    content = f"Name,UPN,Date,Session,Mark\nMadonna,{upn(1)},08/09/2025,AM,/\n"
    assert [(one.surname, one.forename) for one in read(content.encode()).pupils] == [("Madonna", "")]


def test_what_is_longer_than_can_be_held_is_cut_and_told() -> None:
    content = long_file("08/09/2025,AM,/").decode().replace("Okafor", "x" * 400).replace(",001,", f",{'7' * 90},")
    file = read(content.encode())
    [pupil] = file.pupils
    assert (len(pupil.surname), len(pupil.local_id or "")) == (LONGEST["surname"], LONGEST["local_id"])
    assert (kinds_of(file), file.clean) == (["cut-short", "cut-short"], True)


def test_codes_of_a_few_pupils_are_read_as_any_other() -> None:
    marks = {"D": "dual registration", "X": "not of compulsory age", "C2": "part-time", "Z": "not yet on roll"}
    rows = [f"{day:02d}/09/2025,{half},{code}" for day, code in zip((8, 9, 10, 11), marks, strict=True)
            for half in ("AM", "PM")]  # fmt: skip
    file = read(long_file(*rows))
    assert (len(file.marks), file.problems) == (8, ())


def test_half_days_of_a_part_time_pattern_keep_their_own_session() -> None:
    file = read(long_file("08/09/2025,AM,/", "08/09/2025,PM,C2", "09/09/2025,AM,C2", "09/09/2025,PM,\\"))
    assert list(marks_of(file).values()) == ["/", "C2", "C2", "\\"]


def test_weekends_and_bank_holidays_that_are_closed_are_stored_in_silence() -> None:
    rows = [f"{day},{half},#" for day in ("25/12/2025", "26/12/2025", "27/12/2025") for half in ("AM", "PM")]
    file = read(long_file("19/12/2025,AM,/", *rows))
    assert (len(file.marks), file.problems) == (7, ())


@pytest.mark.parametrize("cell", ["=1+1", "+1", "@SUM(A1)", "[", "]", '=HYPERLINK("http://x")', "-1"])
def test_a_cell_that_looks_like_a_formula_is_data_here_and_harmless_in_what_is_exported(cell: str) -> None:
    quoted = cell.replace('"', '""')
    file = read(long_file("08/09/2025,AM,/", f'08/09/2025,PM,"{quoted}"'))
    [problem] = file.problems
    assert (problem.kind, problem.value, len(file.marks)) == ("unknown-code", cell, 1)
    assert cell in "[]" or str(safe_cell(cell)).startswith("'")


@pytest.mark.parametrize("damaged", ["\\\\", "\\\\\\\\", "/", "\\"])
def test_present_is_stored_by_its_session_however_the_stroke_was_damaged(damaged: str) -> None:
    file = read(long_file(f"08/09/2025,AM,{damaged}", f"08/09/2025,PM,{damaged}"))
    assert list(marks_of(file).values()) == ["/", "\\"]


@pytest.mark.parametrize("said", ["0014001", "001/4001", "001 4001"])
def test_a_dfe_number_is_compared_as_text_with_its_leading_noughts(said: str) -> None:
    content = f"{HEADINGS},LAESTAB\n{pupil_cells()},08/09/2025,AM,/,{said}\n".encode()
    for own, kinds in (("001/4001", []), ("0014001", []), ("014/0010", ["wrong-school"])):
        file = read_register(content, file_name="a.csv", on=TODAY, known_codes=frozenset({"999"}), school_laestab=own)
        assert kinds_of(file) == kinds


def test_a_wide_file_of_a_whole_year_is_read() -> None:
    days = [dt.date(2024, 9, 2) + dt.timedelta(days=n) for n in range(273)]
    weekdays = [day for day in days if day.weekday() < 5][:195]
    headings = ",".join(f"{day:%d/%m/%Y} {half}" for day in weekdays for half in ("AM", "PM"))
    rows = [f"{upn(n)},Okafor,Ada,14/03/2013,7," + ",".join("/\\"[at % 2] for at in range(390)) for n in range(1, 41)]
    file = read("\n".join([f"UPN,Surname,Forename,DOB,Year,{headings}", *rows]).encode())
    assert (len(file.marks), len(file.pupils), file.problems) == (40 * 390, 40, ())


@pytest.mark.parametrize(("said", "kinds"), [("4001", []), ("9994001", []), ("4002", ["wrong-school"])])
def test_an_establishment_number_may_stand_alone_or_after_its_authoritys(said: str, kinds: list[str]) -> None:
    content = f"{HEADINGS},Estab\n{pupil_cells()},08/09/2025,AM,/,{said}\n".encode()
    assert kinds_of(read(content)) == kinds
