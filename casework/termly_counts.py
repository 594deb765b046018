"""The termly counts of children missing education and educated at home, in DfE's categories, on a census date.

Every number is the length of a list of children, so that each can be opened; records linked as one child are one. They
are a statutory return: nothing is suppressed or rounded, and restricted children are counted, though only their holders
may read who they are. A child on a school's roll is not missing education, whatever enquiry is still open (EA 1996
s.436A): days on a roll do not count.
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
    compulsory_school_age_ends_on,
    compulsory_school_age_starts_on,
    year_label,
    year_of,
    year_window,
)
from attendance_portal.law import all_in_force
from casework import termly_categories as categories
from casework.models import EducationEnquiry, HomeEducation, HomeEducationStep
from schools.models import Enrolment, LinkedRecord
from schools.stored.beginnings import joined_on
from schools.stored.same_child import child_of

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
    """Every table of the return on a census date. Four queries, a few more where a stay has no stated admission."""
    enquiries = EducationEnquiry.objects.filter(is_missing=True)
    missing = _by_child(enquiries.select_related("pupil"))
    home = _by_child(HomeEducation.objects.select_related("pupil"))
    steps = list(HomeEducationStep.objects.select_related("home_education").order_by("pk"))
    stays = _stays_of(enquiries)
    year = year_of(census_on) - 1
    before = year_window(year)
    return [
        *_missing_tables(missing, stays, census_on, before),
        *_home_tables(home, census_on, before),
        _acts(home, steps, year),
    ]


def number_of(found: Iterable[Table], code: str) -> tuple[Table, Number] | None:
    """The number whose address ends with that code."""
    return next(((table, one) for table in found for one in table.numbers if one.code == code), None)


def _by_child(rows: Any) -> list[Any]:
    """Rows with the key that all records of their child share, as `child`, in the order in which they were written."""
    return list(rows.annotate(child=child_of()).order_by("pk"))


Stays = dict[uuid.UUID, list[tuple[dt.date, dt.date]]]


def _stays_of(enquiries: Any) -> Stays:
    """When the children of these enquiries were on a roll, by child: first (`joined_on`) and last day of each stay."""
    asked = enquiries.annotate(child=child_of()).values("child")
    linked = Enrolment.objects.filter(pupil__in=LinkedRecord.objects.filter(child__in=asked).values("record"))
    own = Enrolment.objects.filter(pupil__in=enquiries.values("pupil"))
    rows: list[Any] = list((own | linked).annotate(child=child_of()))
    joined = joined_on(rows)
    found: Stays = {}
    for one in rows:
        found.setdefault(one.child, []).append((joined[one.pk], one.leaving_on or dt.date.max))
    return found


def _counts_in(one: Any, window: Window, begins: str, stays: Sequence[tuple[dt.date, dt.date]] = ()) -> bool:
    """Whether there is a day in the window on which it ran, the child of compulsory school age and on no roll.

    A child whose birthday is not known is counted. stays: first and last days on a roll.
    """
    day = max(getattr(one, begins), window.first)
    last = min(one.ended_on - dt.timedelta(days=1), window.last) if one.ended_on else window.last
    if born := one.pupil.date_of_birth:
        day = max(day, compulsory_school_age_starts_on(born))
        last = min(last, compulsory_school_age_ends_on(born))
    for joined, left in sorted(stays):
        if joined <= day <= left:
            day = min(left, last) + dt.timedelta(days=1)
    return bool(day <= last)


def _missing_tables(found: list[Any], stays: Stays, census_on: dt.date, before: Window) -> list[Table]:
    day = Window(census_on, census_on)
    on_day, in_year = (
        _children(one for one in found if _counts_in(one, when, "found_missing_on", stays.get(one.child, ())))
        for when in (day, before)
    )
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
            (_number("cme-any", "At any time in the year", in_year),),
        ),
    ]  # fmt: skip


def _home_tables(found: list[Any], census_on: dt.date, before: Window) -> list[Table]:
    day = Window(census_on, census_on)
    on_day, in_year = (_children(one for one in found if _counts_in(one, when, "from_on")) for when in (day, before))
    reasons, kinds = (_labels(rows, census_on) for rows in (categories.HOME_REASONS, categories.SCHOOLS_BEFORE))
    starts = _once_a_day((one for one in found if before.holds(one.from_on)), "from_on")
    group = _group_on(census_on)
    return [
        Table("ehe", "Educated at home on the census date", (_number("ehe", "Children", on_day),)),
        _by("ehe-sex", "Educated at home by sex", on_day, _sexes(census_on), lambda one: one.pupil.sex),
        _by("ehe-year", "Educated at home by year group", on_day, YEAR_GROUPS, group),
        _by("ehe-reason", "Educated at home by main reason", on_day, reasons, lambda one: one.primary_reason),
        Table(
            "ehe-before", f"Educated at home in {_name(before)}",
            (_number("ehe-any", "At any time in the year", in_year),),
        ),
        _by("ehe-start", f"Home education begun in {_name(before)} by school before", starts, kinds, _school_before),
    ]  # fmt: skip


def _acts(found: list[Any], steps: list[Any], year: int) -> Table:
    """Returns to school, notices and orders of the year before."""
    before, acts = year_window(year), HomeEducationStep.Kind
    returned = [
        one for one in found if one.ended == HomeEducation.Ended.SCHOOL and one.ended_on and before.holds(one.ended_on)
    ]
    numbers = [_number("ehe-returned", "Returned to a school", _once_a_day(returned, "ended_on"))]
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


def _children(found: Iterable[Any]) -> list[Any]:
    """One record a child: a child who was so twice in the year is one child."""
    return list({one.child: one for one in found}.values())


def _once_a_day(found: Iterable[Any], day: str) -> list[Any]:
    """What two linked records tell of one day of a child happened once."""
    return list({(one.child, getattr(one, day)): one for one in found}.values())


def _name(window: Window) -> str:
    return f"the school year {year_label(year_of(window.first))}"


def file_rows(found: Iterable[Table]) -> list[tuple[str, str, int]]:
    """The return as a file: table, line, number."""
    return [(table.title, one.label, one.count) for table in found for one in table.numbers]
