"""Build the two demo authorities from one seed number: the way in to this package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance_portal.front.demo.calendars import SchoolYear, academic_year_of, autumn_half_term, school_year
from attendance_portal.front.demo.layouts import STYLES, Row, Style, write_file
from attendance_portal.front.demo.marks import Bools, Ints, Plan, draw_absence, write_marks
from attendance_portal.front.demo.people import Child, Stay, as_pupils, draw_children, reg_group
from attendance_portal.front.demo.places import invented_schools
from attendance_portal.front.demo.rates import Floats, figures_for, rates_at
from attendance_portal.front.demo.stories import tell_illness, tell_stories
from attendance_portal.front.demo.world import (
    Bytes,
    DemoAuthority,
    DemoFile,
    DemoPupil,
    DemoRegister,
    DemoSchool,
)
from schools.register.codes import NUMBERS

SEED: Final = 2026
AS_OF: Final = date(2026, 11, 20)
EASTSHIRE: Final = ("999", "eastshire", "Eastshire", 14, 8000)
WESTSHIRE: Final = ("998", "westshire", "Westshire", 4, 1500)
# By the school's place in the catalogue: which style of file its system writes. Long files are large.
_STYLE_BY_PLACE: Final = (0, 1, 4, 2, 1, 4, 3, 2, 0, 4, 2, 3, 0, 2)

# By the same place: schools that also sent a file at the autumn half term, and one whose office is days behind.
_SENT_AT_HALF_TERM: Final = frozenset({0, 2, 5})
_SCHOOL_DAYS_BEHIND: Final = {6: 8}
_STILL_UNKNOWN: Final = 10
"""School days at the end of that file in which every other absence still stands as N."""


def build_demo(
    *, seed: int = SEED, as_of: date = AS_OF, schools: int = EASTSHIRE[3], pupils: int = EASTSHIRE[4]
) -> tuple[DemoAuthority, DemoAuthority]:
    """Eastshire with `schools` and `pupils` on roll, and Westshire smaller; the same seed, the same bytes.

    Registers cover the last school year and this one as far as `as_of`. Raises ValueError for numbers
    that the catalogue of schools cannot hold.
    """
    smaller = max(1, min(WESTSHIRE[3], schools // 3 or 1))
    fewer = max(20, min(WESTSHIRE[4], pupils * WESTSHIRE[4] // EASTSHIRE[4]))
    return (
        build_authority(*EASTSHIRE[:3], schools=schools, pupils=pupils, seed=seed, as_of=as_of),
        build_authority(*WESTSHIRE[:3], schools=smaller, pupils=fewer, seed=seed, as_of=as_of),
    )


def build_authority(
    code: str, slug: str, name: str, *, schools: int, pupils: int, seed: int, as_of: date
) -> DemoAuthority:
    """One invented authority; its numbers of chance hang on the seed and its code alone."""
    rng = np.random.default_rng((seed, int(code)))
    year = academic_year_of(as_of)
    places = invented_schools(code, schools)
    children = draw_children(places, pupils, year, as_of, rng)
    people = as_pupils(children, places, code, year, rng)
    ordinary = rng.standard_normal(len(children))
    registers = []
    for years_ago in (1, 0):
        rates = _rates(children, places, ordinary, years_ago, rng)
        drawn = _Year(years_ago, places, children, people, rates)
        for at in range(len(places)):
            calendar = school_year(year - years_ago, until=as_of, rng=rng)
            register = _register(at, drawn, calendar, rng)
            if register is not None:
                registers.append(register)
    return DemoAuthority(code, slug, name, as_of, places, people, tuple(registers))


def _rates(
    children: list[Child],
    schools: tuple[DemoSchool, ...],
    ordinary: Floats,
    years_ago: int,
    rng: np.random.Generator,
) -> Floats:
    """The share of sessions each child misses in a year: nationally shaped, alike from year to year,
    and higher in circumstances in which it is known to be higher."""
    effect = np.array([child.effect() for child in children])
    standing = 0.85 * ordinary + 0.5 * rng.standard_normal(len(children)) + effect
    groups: dict[tuple[str, int], list[int]] = {}
    for at, child in enumerate(children):
        school = child.now if (years_ago == 0 and child.now >= 0) else child.before
        school = child.stays[-1].school if school < 0 else school
        year_group = min(max(child.year_group_in(years_ago), 0), 11)
        phase = schools[school].phase
        if phase == "alternative":
            groups.setdefault((phase, 10), []).append(at)
        else:
            groups.setdefault((figures_for(phase, year_group), year_group), []).append(at)
    rates = np.zeros(len(children))
    for (figures, year_group), members in groups.items():
        rates[members] = _by_rank(figures, year_group, standing[members], rng)
    return rates


def _by_rank(figures: str, year_group: int, standing: Floats, rng: np.random.Generator) -> Floats:
    rank = np.argsort(np.argsort(standing))
    quantile = (rank + rng.random(len(rank))) / len(rank)
    if figures == "alternative":
        # Not in the national figures by phase: the upper half of the special schools'.
        return rates_at("special", year_group, 0.5 + quantile / 2)
    return rates_at(figures, year_group, quantile)


# -- one school's register of one year


@dataclass(frozen=True)
class _OnRoll:
    at: int
    child: Child
    stay: Stay
    year_group: int


@dataclass(frozen=True)
class _Year:
    """All that one school year of an authority is written from."""

    years_ago: int
    schools: tuple[DemoSchool, ...]
    children: list[Child]
    people: tuple[DemoPupil, ...]
    rates: Floats


def _register(at: int, year: _Year, calendar: SchoolYear, rng: np.random.Generator) -> DemoRegister | None:
    if not calendar.days:
        return None
    roll = _roll(at, year.children, calendar, year.years_ago)
    if not roll:
        return None
    style = STYLES[_STYLE_BY_PLACE[at % len(_STYLE_BY_PLACE)]]
    plain = style.layout == "day"
    plan = _plan(year.schools[at], roll, calendar, rates=year.rates, plain=plain, rng=rng)
    missed, settled = draw_absence(plan, rng)
    if year.years_ago == 0:
        for told in tell_stories(plan, missed, settled > 0, rng).values():
            settled[told] = 0
    marks = write_marks(plan, missed, settled, rng)
    if year.years_ago == 0:
        ill = {id(child) for child in _ill_at_two_schools(year.children)}
        tell_illness(plan, marks, [row for row, each in enumerate(roll) if id(each.child) in ill], calendar.days)
    rows = [_row(year.people[each.at], each) for each in roll]
    sent = len(calendar.days) - (0 if year.years_ago else _SCHOOL_DAYS_BEHIND.get(at, 0))
    days, marks = calendar.days[:sent], marks[:, : 2 * sent]
    earlier = (
        () if year.years_ago or at not in _SENT_AT_HALF_TERM else _before(style, year.schools[at], rows, days, marks)
    )
    return DemoRegister(
        urn=year.schools[at].urn,
        year_starts_on=calendar.starts_on,
        file_name=_file_name(year.schools[at], calendar),
        layout=style.layout,
        content=write_file(style, year.schools[at].name, rows, days, marks),
        pupils=tuple(year.people[each.at].key for each in roll),
        days=days,
        marks=marks,
        closed=tuple(sorted(calendar.closed)),
        sent_before=earlier,
    )


def _ill_at_two_schools(children: list[Child]) -> list[Child]:
    """The first two of those who attend two schools at once."""
    return [child for child in children if sum(len(stay.weekdays) < 5 for stay in child.stays) > 1][:2]


def _before(
    style: Style, school: DemoSchool, rows: list[Row], days: tuple[date, ...], marks: Bytes
) -> tuple[DemoFile, ...]:
    """The file of the autumn half term: who was on roll then, with absences whose reasons were not yet known."""
    half_term = autumn_half_term(days[0])
    sent = [day for day in days if day < half_term]
    if len(sent) == len(days) or len(sent) < 2 * _STILL_UNKNOWN:
        return ()
    there = np.array([row.admission_on <= sent[-1] for row in rows])
    as_known = marks[there, : 2 * len(sent)].copy()
    recent = as_known[:, -2 * _STILL_UNKNOWN :]
    absent = np.flatnonzero(np.isin(recent, [NUMBERS[code] for code in "IOL"]))[::2]
    recent.flat[absent] = NUMBERS["N"]
    told = [
        replace(row, leaving_on=row.leaving_on if row.leaving_on and row.leaving_on <= sent[-1] else None)
        for row, is_there in zip(rows, there, strict=True)
        if is_there
    ]
    name = f"{school.domain.partition('.')[0]}-register-to-half-term.csv"
    return (DemoFile(name, write_file(style, school.name, told, sent, as_known), sent[-1]),)


def _file_name(school: DemoSchool, calendar: SchoolYear) -> str:
    year = calendar.starts_on.year
    return f"{school.domain.partition('.')[0]}-register-{year}-{(year + 1) % 100:02d}.csv"


def _roll(at: int, children: list[Child], calendar: SchoolYear, years_ago: int) -> list[_OnRoll]:
    first, last = calendar.days[0], calendar.days[-1]
    roll = [
        _OnRoll(number, child, stay, child.year_group_in(years_ago))
        for number, child in enumerate(children)
        for stay in child.stays
        if stay.school == at and stay.from_on <= last and (stay.until_on is None or stay.until_on >= first)
    ]
    return sorted(roll, key=lambda each: (each.year_group, each.child.local_ids[at]))


def _plan(
    school: DemoSchool,
    roll: list[_OnRoll],
    calendar: SchoolYear,
    *,
    rates: Floats,
    plain: bool,
    rng: np.random.Generator,
) -> Plan:
    days = np.array(calendar.days, dtype="datetime64[D]")
    weekday = np.repeat(np.array([day.weekday() for day in calendar.days]), 2)
    enrolled = np.repeat(_enrolled(roll, days), 2, axis=1)
    year_group = np.array([each.year_group for each in roll])
    fixed = _closures(calendar, len(roll), plain, rng)
    _at_the_other_school(fixed, roll, days, weekday)
    _settling_in(fixed, year_group, rng)
    return Plan(
        weekday=weekday,
        fixed=fixed,
        enrolled=enrolled,
        rate=rates[[each.at for each in roll]],
        year_group=year_group,
        figures=np.array([figures_for(school.phase, each.year_group) for each in roll]),
        plain=plain,
    )


def _enrolled(roll: list[_OnRoll], days: NDArray[np.datetime64]) -> Bools:
    first = np.array([each.stay.from_on for each in roll], dtype="datetime64[D]")
    last = np.array([each.stay.until_on or date.max for each in roll], dtype="datetime64[D]")
    return (days >= first[:, None]) & (days <= last[:, None])


def _closures(calendar: SchoolYear, pupils: int, plain: bool, rng: np.random.Generator) -> Bytes:
    """INSET days for all; at some schools a day of snow between January and March."""
    closed = np.array([day in calendar.closed for day in calendar.days])
    fixed = np.zeros((pupils, 2 * len(calendar.days)), np.uint8)
    fixed[:, np.repeat(closed, 2)] = NUMBERS["#"]
    winter = [at for at, day in enumerate(calendar.days) if day.month in (1, 2, 3) and day not in calendar.closed]
    if winter and not plain and rng.random() < 0.4:
        day = int(rng.choice(winter))
        fixed[:, 2 * day : 2 * day + 2] = NUMBERS["Y4"]
    return fixed


def _at_the_other_school(fixed: Bytes, roll: list[_OnRoll], days: NDArray[np.datetime64], weekday: Ints) -> None:
    """D on the days a child on two rolls is due at the other school."""
    for row, each in enumerate(roll):
        if each.stay.shared_from is not None:
            since = np.repeat(days >= np.datetime64(each.stay.shared_from), 2)
            away = since & ~np.isin(weekday, each.stay.weekdays) & (fixed[row] == 0)
            fixed[row, away] = NUMBERS["D"]


def _settling_in(fixed: Bytes, year_group: Ints, rng: np.random.Generator) -> None:
    """Some children of Reception, not yet of compulsory school age, come for mornings only at first (X)."""
    rows = np.flatnonzero(year_group == 0)
    rows = rows[rng.random(len(rows)) < 0.4]
    until = min(20, fixed.shape[1])
    for row in rows:
        afternoons = np.arange(1, until, 2)
        fixed[row, afternoons[fixed[row, afternoons] == 0]] = NUMBERS["X"]


def _row(pupil: DemoPupil, on_roll: _OnRoll) -> Row:
    stay = on_roll.stay
    return Row(
        upn=pupil.upn,
        local_id=on_roll.child.local_ids[stay.school],
        surname=pupil.surname,
        forename=pupil.forename,
        born_on=pupil.date_of_birth,
        year_group=on_roll.year_group,
        reg_group=reg_group(on_roll.year_group, on_roll.child.family),
        admission_on=stay.from_on,
        leaving_on=stay.until_on,
    )
