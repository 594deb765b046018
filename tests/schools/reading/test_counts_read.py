"""The summary layout: counts of sessions as school systems export them, with their period."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reading.periods import period_of, school_year
from tests.schools.reading.files import TODAY, kinds_of, read, upn

ARBOR = (
    "Student ID,UPN,Legal First Name,Legal Last Name,Year Group,Registration Group,Academic Year,Term,"
    "Possible Sessions,Present Sessions,Absent Sessions (Authorised),Absent Sessions (Unauthorised),"
    "Late (Before Close),Late (After Close),Attendance %,PA Flag"
)
SIMS = (
    "UPN,Adno,Possible_marks,Present_marks,Approved_ed_activity,Authorised_absences,Unauthorised_absences,"
    "Present_plus_aea,Unexplained_absences,Late_before_reg,Late_after_reg,Late_both,Missing_marks,"
    "Attendance_not_required,date"
)
GO = (
    "UPN,GFSID,Surname.Forename.Reg,Possible.Session,Present,Approved.EA,Late,Authorised.Absence,"
    "Unauthorised.Absence,Attendance.No.Required,Missing.Mark"
)
CENSUS = (
    "UPN,Surname,Forename,Middlenames,PreferredSurname,FormerSurname,DoB,Gender,Estab,EnrolStatus,EntryDate,"
    "NCyearActual,TermlySessionsPossible,TermlySessionsAuthorised,TermlySessionsUnauthorised"
)
PLAIN = "UPN,Possible,Present,AEA,Authorised,Unauthorised"


def counted(content: str, name: str = "counts.csv") -> tuple[int, ...]:
    """The counts of the only row of a clean file: possible, present, activity, authorised, unauthorised."""
    file = read(content.encode(), file_name=name)
    assert (file.layout, len(file.marks), file.clean) == ("summary", 0, True), file.problems
    [one] = file.counts
    return one.possible, one.present, one.activity if one.activity is not None else -1, one.authorised, one.unauthorised


def test_the_sims_summary_report_is_read_up_to_its_date() -> None:
    content = f"{SIMS}\n{upn(1)},001,120,110,2,6,2,112,0,3,1,4,5,0,12/12/2025\n"
    assert counted(content) == (120, 110, 2, 6, 2)
    [one] = read(content.encode()).counts
    assert (one.period.until_on, one.late, one.late_after, one.missing) == (dt.date(2025, 12, 12), 3, 1, 5)
    assert read(content.encode()).first_on is None


def test_the_arbor_termly_export_is_read_by_term_and_counts_activity_with_present() -> None:
    row = f"1,{upn(1)},Ada,Okafor,Year 5,5A,2025/26,Autumn,120,112,6,2,1,0,93.3,N"
    assert counted(f"{ARBOR}\n{row}\n") == (120, 112, -1, 6, 2)
    [one] = read(f"{ARBOR}\n{row}\n".encode()).counts
    assert (one.period.words, one.period.from_on) == ("Autumn term 2025/26", dt.date(2025, 8, 1))


def test_the_go4schools_report_takes_its_period_from_the_name_of_the_file() -> None:
    content = f"{GO}\n{upn(1)},77,Okafor Ada 7A,120,110,2,1,6,2,0,0\n"
    assert counted(content, "Attendance 01-09-2025 to 19-12-2025.csv") == (120, 110, 2, 6, 2)
    [one] = read(content.encode(), file_name="Attendance 01-09-2025 to 19-12-2025.csv").counts
    assert one.period.words == "1 September 2025 to 19 December 2025"


REASONS = "CEFGHIMNORSTU"


def test_the_census_extract_is_counted_by_its_reasons_and_not_by_its_totals() -> None:
    headings = CENSUS + "," + ",".join(f"T_Reason_{code}" for code in REASONS)
    numbers = dict.fromkeys(REASONS, 0) | {"I": 5, "M": 1, "O": 3, "U": 1}
    row = f"{upn(1)},Okafor,Ada,,,,14/03/2013,F,4001,C,01/09/2020,7,140,1,0,{','.join(map(str, numbers.values()))}"
    assert counted(f"{headings}\n{row}\n", "Spring 2026 census.csv") == (140, 130, -1, 6, 4)
    [one] = read(f"{headings}\n{row}\n".encode(), file_name="Spring_2026_census.csv").counts
    assert one.period.words == "Spring term 2025/26"


def test_a_census_extract_with_bare_marks_as_headings_is_checked_against_its_presents() -> None:
    codes = ["/", "\\", "L", "B", "I", "O", "U", "C"]
    headings = CENSUS + "," + ",".join(codes)
    who = f"{upn(1)},Okafor,Ada,,,,14/03/2013,F,4001,C,01/09/2020,7"
    assert counted(f"{headings}\n{who},140,0,0,60,60,4,6,5,3,1,1\n", "Autumn 2024.csv") == (140, 124, 6, 6, 4)
    file = read(f"{headings}\n{who},140,0,0,60,60,4,6,5,3,1,0\n".encode(), file_name="Autumn 2024.csv")
    assert kinds_of(file) == ["counts-do-not-add-up"]


def test_a_summary_without_presents_has_what_is_left_of_the_possible_sessions() -> None:
    content = f"{CENSUS}\n{upn(1)},Okafor,Ada,,,,14/03/2013,F,4001,C,01/09/2020,7,140,6,4\n"
    assert counted(content, "Autumn 2025.csv") == (140, 130, -1, 6, 4)
    too_many = content.replace("140,6,4", "9,6,4")
    assert kinds_of(read(too_many.encode(), file_name="Autumn 2025.csv")) == ["counts-do-not-add-up"]


def test_a_pupil_without_a_possible_session_is_kept_and_one_without_counts_passed_over() -> None:
    file = read(f"{PLAIN}\n{upn(1)},0,0,0,0,0\n{upn(2)},,,,,\n".encode(), file_name="2025-26.csv")
    assert [(one.possible, one.adds_up) for one in file.counts] == [(0, True)]


@pytest.mark.parametrize("cell", ["c", "x", "-5", "12.5", "1e3", "9999", "=1+1", "low", "９x", "1,2"])
def test_what_is_no_number_of_sessions_leaves_out_the_row(cell: str) -> None:
    file = read(f'{PLAIN}\n{upn(1)},"{cell}",110,2,6,2\n{upn(2)},120,110,2,6,2\n'.encode())
    assert [(p.kind, p.row, p.value) for p in file.problems if p.kind == "bad-count"] == [("bad-count", 2, cell)]
    assert len(file.counts) == 1


@pytest.mark.parametrize("cell", ["120.0", " 120 ", "１２０"])
def test_whole_numbers_are_read_however_they_are_written(cell: str) -> None:
    assert counted(f"{PLAIN}\n{upn(1)},{cell},110,2,6,2\n")[0] == 120


def test_the_same_row_twice_counts_once_and_different_ones_are_both_left_out() -> None:
    row = f"{upn(1)},120,110,2,6,2"
    same = read(f"{PLAIN}\n{row}\n{row}\n".encode(), file_name="2025-26.csv")
    assert (len(same.counts), same.problems) == (1, ())
    other = read(f"{PLAIN}\n{row}\n{upn(1)},121,111,2,6,2\n".encode(), file_name="2025-26.csv")
    assert (other.counts, kinds_of(other)) == ((), ["contradicting-counts"])


def test_a_register_with_totals_at_its_end_is_still_a_register() -> None:
    content = f"UPN,08/09/2025 AM,08/09/2025 PM,Possible,Authorised,Unauthorised\n{upn(1)},/,I,2,1,0\n"
    assert (read(content.encode()).layout, len(read(content.encode()).marks)) == ("wide", 2)


def test_numbers_under_the_heading_upn_are_admission_numbers_but_broken_upns_are_not() -> None:
    numbers = read(f"{PLAIN}\n1234,120,110,2,6,2\n".encode(), file_name="2025-26.csv")
    assert ([one.local_id for one in numbers.pupils], kinds_of(numbers)) == (["1234"], ["upns-are-numbers"])
    mixed = read(f"{PLAIN}\n1234,120,110,2,6,2\n{upn(1)},120,110,2,6,2\n".encode(), file_name="2025-26.csv")
    assert kinds_of(mixed) == ["broken-upn"]


@pytest.mark.parametrize(
    ("year", "term", "words", "from_on"),
    [("2025/26", "Autumn", "Autumn term 2025/26", dt.date(2025, 8, 1)),
     ("2025-2026", "spring term", "Spring term 2025/26", dt.date(2026, 1, 1)),
     ("202526", "", "School year 2025/26", dt.date(2025, 8, 1)),
     ("2025", "HT2", "HT2, school year 2025/26", dt.date(2025, 8, 1)),
     ("this year", "Autumn", "Autumn this year", None)],
)  # fmt: skip
def test_a_period_is_told_by_school_year_and_term(year: str, term: str, words: str, from_on: dt.date | None) -> None:
    assert (period_of(year, term).words, period_of(year, term).from_on) == (words, from_on)


@pytest.mark.parametrize("text", ["2025/27", "1925/26", "26", "", "2025/2"])
def test_what_is_no_school_year_is_none(text: str) -> None:
    assert school_year(text) is None


@pytest.mark.parametrize(
    ("above", "words"),
    [("Academic year 2025/26", "School year 2025/26"), ("Autumn term 2025", "Autumn term 2025/26"),
     ("Spring 2025/26", "Spring term 2025/26"),
     ("From 01/09/2025 to 24/10/2025", "1 September 2025 to 24 October 2025"),
     ("As at 24 October 2025", "School year 2025/26, up to 24 October 2025")],
)  # fmt: skip
def test_a_title_above_the_headings_tells_the_period(above: str, words: str) -> None:
    [one] = read(f"{above}\n{PLAIN}\n{upn(1)},120,110,2,6,2\n".encode()).counts
    assert one.period.words == words


NUMBERS = st.lists(st.integers(0, 200), min_size=4, max_size=4)


@given(st.lists(NUMBERS, min_size=1, max_size=8), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_what_is_read_always_adds_up(rows: list[list[int]], wrong: int) -> None:
    lines = [f"{upn(n + 1)},{sum(row) + (n < wrong)},{','.join(map(str, row))}" for n, row in enumerate(rows)]
    file = read("\n".join([PLAIN, *lines]).encode(), file_name="2025-26.csv", on=TODAY)
    assert all(one.adds_up for one in file.counts)
    assert len(file.counts) == sum(sum(row) + (n < wrong) <= 732 for n, row in enumerate(rows)) - sum(
        sum(row) + 1 <= 732 for row in rows[:wrong]
    )


@given(
    st.lists(st.lists(st.text(max_size=8), max_size=16), max_size=8), st.sampled_from([ARBOR, SIMS, GO, CENSUS, PLAIN])
)
@settings(max_examples=120, deadline=None)
def test_no_cells_under_the_headings_of_counts_raise(cells: list[list[str]], headings: str) -> None:
    text = "\n".join([headings, *(",".join(row) for row in cells)])
    file = read(text.encode(errors="replace"))
    for problem in file.problems:
        assert problem.message and problem.as_dict()
    assert all(one.adds_up for one in file.counts)
