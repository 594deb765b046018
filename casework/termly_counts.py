"""The termly counts of children missing education and educated at home, in DfE's categories, on a census date.

Every number is the length of a list of children, so that each can be opened; records linked as one child are one. They
are a statutory return: nothing is suppressed or rounded, what was recorded in error is left out, and restricted
children are counted, though only their holders may read who they are. A child on a school's roll is not missing
education, whatever enquiry is still open (EA 1996 s.436A), nor educated at home in place of school (s.7), whatever
record still runs: days on a roll do not count.
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
    is_of_compulsory_school_age,
    year_label,
    year_of,
    year_window,
)
from attendance_portal.law import all_in_force
from casework import termly_categories as categories
from casework.models import EducationEnquiry, HomeEducation, HomeEducationStep
from casework.rule_rows import FOLLOWED_WITHIN, told_to_another_authority
from schools.models import Enrolment, LinkedRecord
from schools.stored.beginnings import joined_on
from schools.stored.same_child import child_of

YEAR_GROUPS: Final = (
    ("0", "Reception"),
    *((str(number), f"Year {number}") for number in range(1, 12)),
    ("", "Year group not known"),
)
Labels = Sequence[tuple[str, str]]
CHECK: Final = "check"
"""The code of the table of what is not counted, and should be looked at."""


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
    """Every table of the return on a census date. Six queries, a few more where a stay has no stated admission."""
    enquiries = EducationEnquiry.objects.all()
    asked = _by_child(enquiries.select_related("pupil"))
    missing = [one for one in asked if one.is_missing]
    at_home = HomeEducation.objects.standing()
    home = _by_child(at_home.select_related("pupil"))
    steps = HomeEducationStep.objects.filter(in_error_on=None, home_education__in_error_on=None)
    stays = _stays_of(enquiries) | _stays_of(at_home)
    year = year_of(census_on) - 1
    before = year_window(year)
    return [
        *_missing_tables(missing, stays, census_on, before),
        *_home_tables(home, stays, census_on, before),
        _to_check(asked, home, stays, census_on),
        _acts(home, list(steps.select_related("home_education__pupil").order_by("pk")), year),
    ]


def number_of(found: Iterable[Table], code: str) -> tuple[Table, Number] | None:
    """The number whose address ends with that code."""
    return next(((table, one) for table in found for one in table.numbers if one.code == code), None)


def _by_child(rows: Any) -> list[Any]:
    """Rows with the key that all records of their child share, as `child`, in the order in which they were written."""
    return list(rows.annotate(child=child_of()).order_by("pk"))


Stays = dict[uuid.UUID, list[tuple[dt.date, dt.date]]]


def _stays_of(records: Any) -> Stays:
    """When the children of these records were on a roll, by child: first (`joined_on`) and last day of each stay."""
    asked = records.annotate(child=child_of()).values("child")
    linked = Enrolment.objects.filter(pupil__in=LinkedRecord.objects.filter(child__in=asked).values("record"))
    own = Enrolment.objects.filter(pupil__in=records.values("pupil"))
    rows: list[Any] = list((own | linked).annotate(child=child_of()))
    joined = joined_on(rows)
    found: Stays = {}
    for one in rows:
        found.setdefault(one.child, []).append((joined[one.pk], one.leaving_on or dt.date.max))
    return found


def _counts_in(one: Any, window: Window, begins: str, stays: Sequence[tuple[dt.date, dt.date]] = ()) -> bool:
    """Whether there is a day in the window on which it counts."""
    return _first_counted(one, window, begins, stays) is not None


def _first_counted(one: Any, window: Window, begins: str, stays: Sequence[tuple[dt.date, dt.date]]) -> dt.date | None:
    """The first day in the window on which it ran, the child of compulsory school age and on no roll, if any is.

    A child whose birthday is not known is counted. stays: first and last days on a roll.
    """
    day = max(getattr(one, begins), window.first)
    last = min(one.ended_on - dt.timedelta(days=1), window.last) if one.ended_on else window.last
    if born := one.pupil.date_of_birth:
        day = max(day, compulsory_school_age_starts_on(born))
        last = min(last, compulsory_school_age_ends_on(born))
    for joined, left in sorted(stays):
        if joined <= day <= left:
            if left >= last:
                return None
            day = left + dt.timedelta(days=1)
    return day if day <= last else None


def _is_of_age(one: Any, day: dt.date) -> bool:
    """Of compulsory school age on that day, as far as the birthday is known."""
    return one.pupil.date_of_birth is None or is_of_compulsory_school_age(one.pupil.date_of_birth, day)


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


def _home_tables(found: list[Any], stays: Stays, census_on: dt.date, before: Window) -> list[Table]:
    day = Window(census_on, census_on)
    on_day, in_year = (
        _children(one for one in found if _counts_in(one, when, "from_on", stays.get(one.child, ())))
        for when in (day, before)
    )
    reasons, kinds = (_labels(rows, census_on) for rows in (categories.HOME_REASONS, categories.SCHOOLS_BEFORE))
    starts = _once_a_day((one for one in found if _starts_in(one, before, stays.get(one.child, ()))), "from_on")
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


def _to_check(asked: list[Any], home: list[Any], stays: Stays, census_on: dt.date) -> Table:
    """Children of whom something is recorded that does not count, and should be looked at."""
    missing = [one for one in asked if one.is_missing]
    lines = (
        ("cme-on-roll", "Recorded as missing education, and on a school’s roll: not counted",
         _on_a_roll(missing, stays, census_on, "found_missing_on")),
        ("ehe-on-roll", "Recorded as educated at home, and on a school’s roll: not counted",
         _on_a_roll(home, stays, census_on, "from_on")),
        ("not-followed", "Home education or an enquiry ended, and what should follow is not on record: not counted",
         _not_followed(asked, home, stays, census_on)),
    )  # fmt: skip
    numbers = tuple(_number(code, label, found) for code, label, found in lines)
    return Table(CHECK, "To be put right before it is sent; no part of the return", numbers)


def _not_followed(asked: list[Any], home: list[Any], stays: Stays, census_on: dt.date) -> list[Any]:
    """Those whom the rules `missing-home` and `missing-enquired` of the board find, as of the census date."""
    begun = [(one.ended_on or dt.date.max, 0, one.from_on, one) for one in home]
    begun += [(one.ended_on or dt.date.max, 1, one.begun_on, one) for one in asked]
    in_order = sorted((each for each in begun if each[2] <= census_on), key=lambda each: each[:3])
    found = {one.child: one for *_, one in in_order}  # the last is what is known
    told = set(told_to_another_authority().annotate(child=child_of()).values_list("child", flat=True))
    return [one for child, one in found.items() if child not in told and _is_half(one, stays, census_on)]


def _is_half(one: Any, stays: Stays, census_on: dt.date) -> bool:
    """Whether it ended with what should be on record by then, and the child of that age has been on no roll since."""
    said = one.outcome if isinstance(one, EducationEnquiry) else one.ended
    if one.ended_on is None or said not in FOLLOWED_WITHIN or not _is_of_age(one, census_on):
        return False
    there = any(joined <= census_on and left >= one.ended_on for joined, left in stays.get(one.child, ()))
    return not there and (census_on - one.ended_on).days >= FOLLOWED_WITHIN[said]


def _on_a_roll(found: list[Any], stays: Stays, census_on: dt.date, begins: str) -> list[Any]:
    """Those who would count on the census date, were they not on a roll."""
    day = Window(census_on, census_on)
    counted = {one.child for one in found if _counts_in(one, day, begins, stays.get(one.child, ()))}
    return [one for one in _children(one for one in found if _counts_in(one, day, begins)) if one.child not in counted]


def _starts_in(one: Any, window: Window, stays: Sequence[tuple[dt.date, dt.date]]) -> bool:
    """Whether home education began in the window: on the first day on which it counts."""
    day = _first_counted(one, Window(one.from_on, window.last), "from_on", stays)
    return day is not None and window.holds(day)


def _acts(found: list[Any], steps: list[Any], year: int) -> Table:
    """Returns to school, notices and orders of the year before, of children of compulsory school age on that day.

    Only of such a child is a notice served (EA 1996 s.437(1)), and an order ends with that age (s.437(4)).
    """
    before, acts = year_window(year), HomeEducationStep.Kind
    ended = [one for one in found if one.ended == HomeEducation.Ended.SCHOOL and one.ended_on]
    returned = [one for one in ended if before.holds(one.ended_on) and _is_of_age(one, one.ended_on)]
    numbers = [_number("ehe-returned", "Returned to a school", _once_a_day(returned, "ended_on"))]
    words = (
        (acts.NOTICE, "Notices under section 437(1) served"),
        (acts.ORDER, "School attendance orders issued"),
        (acts.REVOKED, "School attendance orders revoked"),
    )
    for kind, label in words:
        of_kind = [step for step in steps if step.kind == kind and before.holds(step.happened_on)]
        counted = [step.home_education for step in of_kind if _is_of_age(step.home_education, step.happened_on)]
        numbers.append(_number(f"ehe-{kind}", label, counted))
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
    """The return as a file: table, line, number. What is only to be checked is no part of it."""
    return [(table.title, one.label, one.count) for table in found if table.code != CHECK for one in table.numbers]
