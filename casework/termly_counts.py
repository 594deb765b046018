"""The termly counts of children missing education and educated at home, in DfE's categories, on a census date.

Every number is the length of a list of children, so that each can be opened. They are a statutory return: nothing
is suppressed or rounded, and restricted children are counted, though only their holders may read who they are.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.days import (
    Window,
    age_at_start_of_year,
    is_of_compulsory_school_age,
    year_label,
    year_of,
    year_window,
)
from attendance_portal.law import all_in_force
from casework import termly_categories as categories
from casework.models import EducationEnquiry, HomeEducation, HomeEducationStep

YEAR_GROUPS: Final = (
    ("0", "Reception"),
    *((str(number), f"Year {number}") for number in range(1, 12)),
    ("", "Year group not known"),
)
Labels = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Number:
    """One number of the return: its words, and the children it counts. `code` is stable, for its address."""

    code: str
    label: str
    pupils: tuple[uuid.UUID, ...]

    @property
    def count(self) -> int:
        """Children; for notices and orders each of them, so that one child may be counted twice."""
        return len(self.pupils)


@dataclass(frozen=True)
class Table:
    """A part of the return: its heading and its numbers."""

    code: str
    title: str
    numbers: tuple[Number, ...]


def tables(census_on: dt.date) -> list[Table]:
    """Every table of the return on a census date. Three queries."""
    missing = list(EducationEnquiry.objects.filter(is_missing=True).select_related("pupil").order_by("pk"))
    home = list(HomeEducation.objects.select_related("pupil").order_by("pk"))
    steps = list(HomeEducationStep.objects.select_related("home_education").order_by("pk"))
    year = year_of(census_on) - 1
    before = year_window(year)
    return [
        *_missing_tables(missing, census_on, before),
        *_home_tables(home, census_on, before),
        _acts(home, steps, year),
    ]


def number_of(found: Iterable[Table], code: str) -> tuple[Table, Number] | None:
    """The number whose address ends with that code."""
    return next(((table, one) for table in found for one in table.numbers if one.code == code), None)


def _missing_tables(found: list[Any], census_on: dt.date, before: Window) -> list[Table]:
    on_day = [one for one in found if _runs(one.found_missing_on, one.ended_on, census_on) and _of_age(one, census_on)]
    reasons, group = _labels(categories.MISSING_REASONS, census_on), _group_on(census_on)
    return [
        Table("cme", "Missing education on the census date", (_number("cme", "Children", on_day),)),
        _by("cme-sex", "Missing education by sex", on_day, _sexes(census_on), lambda one: one.pupil.sex),
        _by("cme-year", "Missing education by year group", on_day, YEAR_GROUPS, group),
        _by(
            "cme-length", "Missing education by length of time missing", on_day, categories.LENGTHS,
            lambda one: categories.length_missing(one.missing_from_on, census_on),
        ),
        _by("cme-reason", "Missing education by main reason", on_day, reasons, lambda one: one.primary_reason),
        Table(
            "cme-before", f"Missing education in {_name(before)}",
            (_number("cme-any", "At any time in the year", _children(_in(found, before, "found_missing_on"))),),
        ),
    ]  # fmt: skip


def _home_tables(found: list[Any], census_on: dt.date, before: Window) -> list[Table]:
    on_day = [one for one in found if _runs(one.from_on, one.ended_on, census_on) and _of_age(one, census_on)]
    reasons, kinds = (_labels(rows, census_on) for rows in (categories.HOME_REASONS, categories.SCHOOLS_BEFORE))
    starts, group = [one for one in found if before.holds(one.from_on)], _group_on(census_on)
    return [
        Table("ehe", "Educated at home on the census date", (_number("ehe", "Children", on_day),)),
        _by("ehe-sex", "Educated at home by sex", on_day, _sexes(census_on), lambda one: one.pupil.sex),
        _by("ehe-year", "Educated at home by year group", on_day, YEAR_GROUPS, group),
        _by("ehe-reason", "Educated at home by main reason", on_day, reasons, lambda one: one.primary_reason),
        Table(
            "ehe-before", f"Educated at home in {_name(before)}",
            (_number("ehe-any", "At any time in the year", _children(_in(found, before, "from_on"))),),
        ),
        _by("ehe-start", f"Home education begun in {_name(before)} by school before", starts, kinds, _school_before),
    ]  # fmt: skip


def _acts(found: list[Any], steps: list[Any], year: int) -> Table:
    """Returns to school, notices and orders of the year before."""
    before, acts = year_window(year), HomeEducationStep.Kind
    returned = [
        one for one in found if one.ended == HomeEducation.Ended.SCHOOL and one.ended_on and before.holds(one.ended_on)
    ]
    numbers = [_number("ehe-returned", "Returned to a school", returned)]
    words = (
        (acts.NOTICE, "Notices under section 437(1) served"),
        (acts.ORDER, "School attendance orders issued"),
        (acts.REVOKED, "School attendance orders revoked"),
    )
    for kind, label in words:
        of_kind = [step.home_education for step in steps if step.kind == kind and before.holds(step.happened_on)]
        numbers.append(_number(f"ehe-{kind}", label, of_kind))
    return Table("ehe-acts", f"Returns, notices and orders in {_name(before)}", tuple(numbers))


def year_group(pupil: Any, census_on: dt.date) -> str:
    """The year group of the child's age on 31 August before the census date; empty where the birthday is not known."""
    if pupil.date_of_birth is None:
        return ""
    number = age_at_start_of_year(pupil.date_of_birth, year_of(census_on)) - 4
    return str(number) if 0 <= number <= 11 else ""


def _group_on(census_on: dt.date) -> Callable[[Any], str]:
    return lambda one: year_group(one.pupil, census_on)


def _school_before(one: Any) -> str:
    return str(one.school_before)


def _number(code: str, label: str, found: Iterable[Any]) -> Number:
    return Number(code, label, tuple(one.pupil_id for one in found))


def _by(code: str, title: str, found: list[Any], labels: Labels, value: Callable[[Any], str]) -> Table:
    """The children of a table by a category; a value that no category has is counted under the last."""
    known = {label for label, _ in labels}
    of = [(value(one) if value(one) in known else labels[-1][0], one) for one in found]
    numbers = (_number(f"{code}-{key or 'none'}", label, [one for k, one in of if k == key]) for key, label in labels)
    return Table(code, title, tuple(numbers))


def _labels(rows: Sequence[categories.Category], on: dt.date) -> Labels:
    return [(row.code, row.label) for row in all_in_force(rows, on)] or [("", "Not asked for on this date")]


def _sexes(on: dt.date) -> Labels:
    return _labels(categories.SEXES, on)


def _runs(begins: dt.date | None, ends: dt.date | None, on: dt.date) -> bool:
    return begins is not None and begins <= on and (ends is None or on < ends)


def _of_age(one: Any, on: dt.date) -> bool:
    """Of compulsory school age; a child whose birthday is not known is counted."""
    born = one.pupil.date_of_birth
    return born is None or is_of_compulsory_school_age(born, on)


def _in(found: list[Any], window: Window, begins: str) -> list[Any]:
    return [
        one
        for one in found
        if getattr(one, begins) <= window.last and (not one.ended_on or one.ended_on > window.first)
    ]


def _children(found: Iterable[Any]) -> list[Any]:
    """One record a child: a child who was so twice in the year is one child."""
    return list({one.pupil_id: one for one in found}.values())


def _name(window: Window) -> str:
    return f"the school year {year_label(year_of(window.first))}"


def file_rows(found: Iterable[Table]) -> list[tuple[str, str, int]]:
    """The return as a file: table, line, number."""
    return [(table.title, one.label, one.count) for table in found for one in table.numbers]
