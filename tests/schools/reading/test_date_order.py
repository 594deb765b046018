"""Which way round a file's dates are: what the file proves, what is asked, and what the school said."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.reading import NOTHING_SAID, WARNING, Layout, RegisterFile, Said, read_register
from schools.reading.asking import Asked, DateQuestion, ask, layout_of
from schools.reading.dates import read_date
from schools.reading.headers import DAY_FIRST, MONTH_FIRST
from tests.schools.reading.files import kinds_of, marks_of, upn

FRIDAY = dt.date(2026, 4, 10)
"""Today: a school day after every date of these files."""

LONG = "UPN,Date,Session,Mark"
WHO = upn(1)
LONG_FIELDS = (("upn", 0, "upn"), ("date", 0, "date"), ("session", 0, "session"), ("mark", 0, "mark"))
MONTH_LONG = Said((Layout(LONG_FIELDS, (), MONTH_FIRST),))
DAY_LONG = Said((Layout(LONG_FIELDS, (), DAY_FIRST),))
WIDE = (("upn", 0, "upn"),)


def long(*dates: str, mark: str = "/") -> bytes:
    return "\n".join([LONG, *(f"{WHO},{date},AM,{mark}" for date in dates)]).encode()


def wide(*headings: str, cell: str = "/") -> bytes:
    return f"UPN,{','.join(headings)}\n{WHO},{','.join(cell for _ in headings)}\n".encode()


def read(content: bytes, said: Said = NOTHING_SAID) -> RegisterFile:
    return read_register(content, file_name="register.csv", on=FRIDAY, known_codes=frozenset({"999"}), said=said)


def days_of(file: RegisterFile) -> list[dt.date]:
    return sorted({day for _, day, _ in marks_of(file)})


# --- What is open, and what the file itself tells ----------------------------------------------------------------


@pytest.mark.parametrize("content", [long("03/04/2026"), long("3-4-26"), long("03/12/2025", "03/12/2025")])
def test_dates_that_may_be_read_both_ways_are_told_and_read_with_the_day_first(content: bytes) -> None:
    file = read(content)
    [problem] = [one for one in file.problems if one.kind == "dates-either-way"]
    assert problem.severity == WARNING and (problem.row, problem.column) == (2, "Date")
    assert not file.stopped and days_of(file) in ([dt.date(2026, 4, 3)], [dt.date(2025, 12, 3)])


def test_the_sentence_says_which_two_days_a_date_may_be() -> None:
    [problem] = read(long("03/04/2026")).problems
    assert "‘03/04/2026’ may be 3 April 2026 or 4 March 2026" in problem.message


@pytest.mark.parametrize(
    "content",
    [
        long("03/04/2026", "25/03/2026"),  # a thirteenth month there is not
        long("02/02/2026"),  # the same both ways
        long("2026-04-03"),
        long("3 April 2026"),
        long("Fri 03/04/2026"),  # 4 March was a Wednesday
        long("09/03/2026"),  # 3 September has not come
        long("05/01/2026"),  # 1 May has not come
        long("07/10/2025", "08/10/2025", "09/10/2025"),  # a week's days; else three months' one day
        f"UPN,DOB,Date,Session,Mark\n{WHO},14/03/2013,03/04/2026,AM,/\n".encode(),
        f"UPN,Date,Session,Mark,Admission Date\n{WHO},03/04/2026,AM,/,30/01/2026\n".encode(),
        wide("05/03/2026 AM", "16/03/2026 AM"),
        wide("02/03/2026", "03/03/2026", "04/03/2026", "05/03/2026", "06/03/2026", cell="/I"),
        wide("Fri 03/04/2026 AM"),
        b"Marks of 16/03/2026 to 20/03/2026\n" + wide("20/03 AM", "19/03 AM"),
    ],
)
def test_dates_that_the_file_itself_explains_are_no_question(content: bytes) -> None:
    file = read(content)
    assert "dates-either-way" not in kinds_of(file) and len(file.marks)


@pytest.mark.parametrize("content", [wide("03/04/2026 AM"), wide("03/12/2025 AM", "03/12/2025 PM")])
def test_headings_that_may_be_read_both_ways_are_told_by_their_heading(content: bytes) -> None:
    [problem] = read(content).problems
    assert (problem.kind, problem.row) == ("dates-either-way", 1) and problem.column in content.decode()


def test_an_american_week_is_asked_about_and_not_read_as_five_months() -> None:
    week = ("10/06/2025", "10/07/2025", "10/08/2025", "10/09/2025", "10/10/2025")
    assert "dates-either-way" in kinds_of(read(long(*week)))
    assert days_of(read(long(*week), MONTH_LONG)) == [dt.date(2025, 10, day) for day in range(6, 11)]


def test_counts_are_not_asked_about() -> None:
    content = f"UPN,Date,Possible,Authorised,Unauthorised\n{WHO},03/04/2026,10,1,0\n".encode()
    assert "dates-either-way" not in kinds_of(read(content))


# --- What the school said ----------------------------------------------------------------------------------------


@given(st.dates(dt.date(2020, 9, 1), FRIDAY))
def test_a_date_is_the_day_it_was_written_for_in_both_orders(day: dt.date) -> None:
    assert read_date(f"{day:%d/%m/%Y}", on=FRIDAY).day == day
    assert read_date(f"{day:%m/%d/%Y}", on=FRIDAY, month_first=True).day == day
    assert read_date(f"{day:%m-%d-%y}", on=FRIDAY, month_first=True).day == day
    for unmistakable in (f"{day:%Y-%m-%d}", f"{day:%-d %B %Y}"):
        assert read_date(unmistakable, on=FRIDAY, month_first=True).day == day


@given(st.lists(st.dates(dt.date(2025, 9, 1), FRIDAY), min_size=1, max_size=12, unique=True))
def test_what_was_said_is_never_asked_again_and_gives_the_days_that_were_written(days: list[dt.date]) -> None:
    month_first = read(long(*(f"{day:%m/%d/%Y}" for day in days), mark="#"), MONTH_LONG)
    day_first = read(long(*(f"{day:%d/%m/%Y}" for day in days), mark="#"), DAY_LONG)
    for file in (month_first, day_first):
        assert days_of(file) == sorted(days) and "dates-either-way" not in kinds_of(file)


def test_every_date_of_the_file_is_read_as_it_was_said() -> None:
    headings = "UPN,Surname,DOB,Year,Date,Session,Mark,Admission Date"
    fields = ("upn", "surname", "born_on", "year_group", "date", "session", "mark", "admitted_on")
    names = headings.lower().replace(" ", "").split(",")
    said = Said((Layout(tuple((name, 0, field) for name, field in zip(names, fields, strict=True)), (), MONTH_FIRST),))
    file = read(f"{headings}\n{WHO},Okafor,03/14/2013,7,03/04/2026,AM,/,09/02/2025\n".encode(), said)
    [pupil] = file.pupils
    assert (pupil.born_on, pupil.admitted_on) == (dt.date(2013, 3, 14), dt.date(2025, 9, 2))
    assert days_of(file) == [dt.date(2026, 3, 4)] and file.clean


def test_headings_and_the_period_above_them_are_read_as_it_was_said() -> None:
    said = Said((Layout(WIDE, (), MONTH_FIRST),))
    assert days_of(read(wide("03/04/2026 AM", "03/16/2026 PM"), said)) == [dt.date(2026, 3, 4), dt.date(2026, 3, 16)]
    above = b"Marks of 03/02/2026 to 03/31/2026\n" + wide("03/04 AM", "03/05 PM")
    assert days_of(read(above, said)) == [dt.date(2026, 3, 4), dt.date(2026, 3, 5)]


@pytest.mark.parametrize(
    ("content", "said", "kind"),
    [
        (long("03/25/2026"), DAY_LONG, "month-first-date"),
        (long("25/03/2026"), MONTH_LONG, "day-first-date"),
        (wide("25/03/2026 AM"), Said((Layout(WIDE, (), MONTH_FIRST),)), "day-first-date"),
    ],
)
def test_dates_that_contradict_what_was_said_stop_the_file(content: bytes, said: Said, kind: str) -> None:
    file = read(content, said)
    assert kinds_of(file) == [kind] and file.stopped and "{" not in file.problems[0].message


# --- The question --------------------------------------------------------------------------------------------------


def asked_about(content: bytes, *dates: str, said: Layout | None = None) -> Asked:
    asked = ask(read(content).first_rows, on=FRIDAY, said=said, dates=dates)
    assert asked is not None
    return asked


def test_the_question_shows_a_date_of_the_file_in_both_orders() -> None:
    question = DateQuestion("03/04/2026", dt.date(2026, 4, 3), dt.date(2026, 3, 4), "")
    assert asked_about(long("2026-04-02", "03/04/2026")).dates == question
    heading = asked_about(wide("03/04/2026 AM")).dates
    assert heading == DateQuestion("03/04/2026 AM", dt.date(2026, 4, 3), dt.date(2026, 3, 4), "")


def test_it_is_put_where_the_month_comes_first_and_not_where_a_date_proves_the_day() -> None:
    assert asked_about(long("03/25/2026")).dates == DateQuestion("03/25/2026", None, dt.date(2026, 3, 25), "")
    assert asked_about(long("03/04/2026", "25/03/2026")).dates is None
    assert asked_about(long("2026-04-03")).dates is None


def test_a_date_further_down_that_is_in_question_is_the_one_that_is_shown() -> None:
    asked = asked_about(long(*["2026-04-02"] * 9, "03/04/2026"), "03/04/2026")
    assert asked.dates and asked.dates.text == "03/04/2026"


def test_what_was_said_before_is_the_guess_and_the_answer_is_kept_with_the_layout() -> None:
    asked = asked_about(long("03/04/2026"), said=MONTH_LONG.layouts[0])
    assert asked.dates and asked.dates.guess == MONTH_FIRST
    answers = {question.key: question.guess for question in asked.questions}
    assert layout_of(asked, answers, MONTH_FIRST) == MONTH_LONG.layouts[0]


def test_to_answer_about_dates_alone_changes_no_column() -> None:
    content = f"UPN,Preferred Surname,Legal Surname,Date,Session,Mark\n{WHO},Smith,Okafor,03/04/2026,AM,/\n".encode()
    asked = asked_about(content)
    answers = {question.key: question.guess for question in asked.questions}
    [pupil] = read(content, Said((layout_of(asked, answers, DAY_FIRST),))).pupils
    assert pupil.surname == "Okafor"
