"""The code book: permanent numbers, editions by day, and DfE's published rows reproduced from its classes."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from attendance_portal.law import NoRuleInForce
from schools.register import codes
from schools.register import marks as m

DATA = Path(__file__).parents[2] / "data"
SUPPRESSED = "c"
BEFORE, AFTER = date(2024, 8, 18), date(2024, 8, 19)

CLASSES_2024 = {
    codes.ATTENDING: "/ \\ L K V P W B",
    codes.AUTHORISED: "C C1 C2 E I J1 M R S T",
    codes.UNAUTHORISED: "G N O U",
    codes.NOT_POSSIBLE: "D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7",
    codes.NOT_COLLECTED: "Z #",
}
CLASSES_BEFORE = {
    codes.ATTENDING: "/ \\ L V P W B J",
    codes.AUTHORISED: "C E H I M R S T",
    codes.UNAUTHORISED: "G N O U",
    codes.NOT_POSSIBLE: "D X Y",
    codes.NOT_COLLECTED: "Z #",
}


PERMANENT = "/ \\ L K V P W B D C1 M J1 S X C2 C T R I E Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 G N O U Z # J H F Y"


@pytest.mark.parametrize(("day", "expected"), [(AFTER, CLASSES_2024), (BEFORE, CLASSES_BEFORE)])
def test_the_codes_in_force_and_their_classes_are_those_of_the_edition(day: date, expected: dict[int, str]) -> None:
    found = {mark: codes.class_of(codes.NUMBERS[mark], day) for mark in codes.edition_on(day).rules}
    assert found == {mark: kind for kind, listed in expected.items() for mark in listed.split()}


def test_the_table_of_2024_has_34_codes_of_which_22_are_possible() -> None:
    rules = codes.edition_on(AFTER).rules.values()
    assert len(rules) == 34
    assert sum(rule.counts_as in codes.POSSIBLE_CLASSES for rule in rules) == 22


def test_twelve_codes_were_new_in_august_2024() -> None:
    new = codes.edition_on(AFTER).rules.keys() - codes.edition_on(BEFORE).rules.keys()
    assert sorted(new) == ["C1", "C2", "J1", "K", "Q", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"]


def test_the_numbers_are_permanent() -> None:
    """Stored registers depend on these very numbers: add new ones at the end, never change one."""
    assert list(codes.NUMBERS) == (PERMANENT.split())
    assert list(codes.NUMBERS.values()) == list(range(1, 39))


def test_extended_holiday_was_withdrawn_from_september_2013() -> None:
    assert codes.code_in_force("F", date(2013, 8, 31))
    assert not codes.code_in_force("F", date(2013, 9, 1))
    assert codes.is_withdrawn("F", date(2013, 9, 1))


def test_a_code_can_be_told_as_withdrawn_not_yet_begun_or_unknown() -> None:
    assert codes.is_withdrawn("H", AFTER) and not codes.is_withdrawn("H", BEFORE)
    assert codes.is_not_yet_begun("C1", BEFORE) and not codes.is_not_yet_begun("C1", AFTER)
    assert not codes.code_in_force("@", AFTER)
    assert not codes.is_withdrawn("@", AFTER) and not codes.is_not_yet_begun("@", AFTER)


def test_a_meaning_is_that_of_the_day() -> None:
    assert codes.meaning("T", BEFORE) != codes.meaning("T", AFTER)
    with pytest.raises(NoRuleInForce, match="J is not in use on 2024-08-19"):
        codes.meaning("J", AFTER)


def test_days_before_the_book_opens_are_refused() -> None:
    with pytest.raises(NoRuleInForce, match="1 August 2010"):
        codes.edition_on(date(2010, 7, 31))
    with pytest.raises(NoRuleInForce):
        m.classes(m.empty(1), 2009)


def test_every_row_has_a_source_and_a_plain_meaning() -> None:
    assert all(rule.source and rule.meaning for rule in codes.CODE_BOOK)


def test_no_two_rows_of_a_mark_overlap() -> None:
    for edition in codes.editions():
        found = [rule.mark for rule in codes.CODE_BOOK if rule.is_in_force(edition.in_force_from)]
        assert len(found) == len(set(found))


def test_a_year_across_august_2024_is_read_by_both_editions() -> None:
    marks = m.empty(1)
    days = [date(2024, 8, 18), date(2024, 8, 19)]
    for day in days:
        marks[0, m.column_of(day, m.AM)] = m.number_of("C1")
        marks[0, m.column_of(day, m.PM)] = m.number_of("Y")
    found = m.classes(marks, 2024)[0, m.column_of(days[0], 0) : m.column_of(days[1], 1) + 1]
    assert found.tolist() == [codes.NO_MARK, codes.NOT_POSSIBLE, codes.AUTHORISED, codes.NOT_POSSIBLE]


def published(year: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"ees_attendance_ytd_la_{year}.csv.gz", "rt", encoding="utf-8-sig") as file:
        return [row for row in csv.DictReader(file) if SUPPRESSED not in row.values()]


def sums_by_flag(rows: list[dict[str, str]], on: date) -> dict[int, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Published sums added up by what the code book says each code counts as."""
    flags = codes.edition_on(on).flags
    columns = {rule.dfe_column: rule.number for rule in codes.CODE_BOOK if rule.dfe_column in rows[0]}
    assert len(columns) == 24
    return {
        bit: np.array([sum(int(row[c]) for c, n in columns.items() if flags[n] & bit) for row in rows])
        for bit in (1, 2, 4, 8, 16)
    }


def as_published(rows: list[dict[str, str]], column: str) -> list[int]:
    return [int(row[column]) for row in rows]


@pytest.mark.parametrize(("year", "number"), [("202526", 643), ("202425", 491)])
def test_the_classes_reproduce_every_published_row_of_dfe(year: str, number: int) -> None:
    rows = published(year)
    assert len(rows) == number
    found = sums_by_flag(rows, date(2025, 7, 1))
    assert found[codes.ATTENDED_FLAG].tolist() == as_published(rows, "overall_attendance")
    assert found[codes.UNAUTHORISED_FLAG].tolist() == as_published(rows, "unauthorised_absence")
    assert found[codes.LATE_FLAG].tolist() == as_published(rows, "late_sessions")
    assert found[codes.ACTIVITY_FLAG].tolist() == as_published(rows, "approved_educational_activity")
    not_published = np.array(as_published(rows, "authorised_absence")) - found[codes.AUTHORISED_FLAG]
    possible = sum(found[bit] for bit in (1, 2, 4)) + not_published
    assert possible.tolist() == as_published(rows, "possible_sessions")


def test_authorised_absence_is_exact_save_for_a_code_the_file_does_not_publish() -> None:
    rows = published("202526")
    short = np.array(as_published(rows, "authorised_absence")) - sums_by_flag(rows, date(2025, 9, 1))[2]
    assert (short == 0).sum() == 592
    assert short.min() >= 0 and short.max() <= 106
