"""Invented children: their families, circumstances, and the schools they came to, moved between and left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from attendance_portal.front.demo.calendars import weekdays_in_term
from attendance_portal.front.demo.names import HERITAGES, STREETS, TOWNS
from attendance_portal.front.demo.places import seats
from attendance_portal.front.demo.rates import Floats
from attendance_portal.front.demo.upns import Issuer
from attendance_portal.front.demo.world import (
    DemoCarer,
    DemoCircumstance,
    DemoEnrolment,
    DemoPupil,
    DemoSchool,
)

LEFT_SCHOOL: Final = 12
# Kind, share of children, what it adds to how much is missed, source.
KINDS: Final = (
    ("free-school-meals", 0.25, 0.45, "School census"),
    ("sen-support", 0.14, 0.3, "School census"),
    ("ehc-plan", 0.045, 0.35, "SEND team"),
    ("looked-after", 0.007, 0.1, "Children's social care"),
    ("previously-looked-after", 0.005, 0.2, "Virtual school"),
    ("child-protection", 0.005, 0.8, "Children's social care"),
    ("child-in-need", 0.03, 0.7, "Children's social care"),
    ("young-carer", 0.012, 0.4, "Young carers' service"),
    ("youth-justice", 0.004, 1.2, "Youth justice service"),
)
_JOINS, _LEAVES, _MOVES, _ALSO_ELSEWHERE = 0.012, 0.024, 0.036, 0.012


@dataclass
class Stay:
    """A child at one school from a day to a day (both inclusive); at two at once from `shared_from`."""

    school: int
    from_on: date
    until_on: date | None
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    shared_from: date | None = None

    def holds(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


@dataclass
class Child:
    """A child while the demo is drawn. `year_group` is this year's (12: has left); -1 no school of ours."""

    year_group: int
    now: int
    before: int
    stays: list[Stay] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    family: int = -1
    local_ids: dict[int, str] = field(default_factory=dict)

    def year_group_in(self, years_ago: int) -> int:
        return self.year_group - years_ago

    def effect(self) -> float:
        return sum(KINDS[kind][2] for kind in self.kinds)


def draw_children(
    schools: tuple[DemoSchool, ...], number: int, year: int, as_of: date, rng: np.random.Generator
) -> list[Child]:
    """All who were on a roll in this school year (beginning in `year`) or the last; `number` are on roll."""
    children = _seated(schools, number, rng)
    for child in children:
        _settle(child, schools, year, rng)
        _add_circumstances(child, schools, rng)
    _happen(children, schools, year, as_of, rng)
    _group_in_families(children, schools, rng)
    _number_on_each_roll(children, len(schools))
    return children


def _seated(schools: tuple[DemoSchool, ...], number: int, rng: np.random.Generator) -> list[Child]:
    table = seats(schools, number, rng)
    feeders = np.where([school.phase != "special" for school in schools], table[:, 6], 0).astype(np.float64)
    children: list[Child] = []
    for school, year_group in zip(*np.nonzero(table), strict=True):
        for _ in range(table[school, year_group]):
            before = _school_before(schools, int(school), int(year_group), feeders, rng)
            children.append(Child(int(year_group), int(school), before))
        if year_group == 11:
            children += [Child(LEFT_SCHOOL, -1, int(school)) for _ in range(table[school, 11])]
    return children


def _school_before(
    schools: tuple[DemoSchool, ...],
    school: int,
    year_group: int,
    feeders: Floats,
    rng: np.random.Generator,
) -> int:
    if year_group == 0 or (year_group == 9 and schools[school].phase == "alternative"):
        return -1
    if year_group != 7 or schools[school].phase == "special":
        return school
    if schools[school].phase == "all-through" and rng.random() < 0.5:
        return school
    return int(rng.choice(len(feeders), p=feeders / feeders.sum())) if feeders.any() else -1


def _settle(child: Child, schools: tuple[DemoSchool, ...], year: int, rng: np.random.Generator) -> None:
    """Where the child was in both years when nothing happens in between."""
    this_september, last_july = date(year, 9, 1), date(year, 7, 31)
    if child.before == child.now:
        child.stays = [Stay(child.now, _entry(child, schools[child.now], year), None)]
        return
    if child.before >= 0:
        child.stays.append(Stay(child.before, _entry(child, schools[child.before], year), last_july))
    if child.now >= 0:
        child.stays.append(Stay(child.now, this_september, None))


def _entry(child: Child, school: DemoSchool, year: int) -> date:
    """1 September of the school's first year group, but never before last year's for one year of it."""
    years = max(child.year_group - school.first_year_group, 1)
    return date(year - years, 9, 1)


def _add_circumstances(child: Child, schools: tuple[DemoSchool, ...], rng: np.random.Generator) -> None:
    phase = schools[max(child.now, child.before)].phase
    for at, (kind, share, _, _) in enumerate(KINDS):
        if rng.random() < _share(kind, share, phase, child.year_group):
            child.kinds.append(at)


def _share(kind: str, usual: float, phase: str, year_group: int) -> float:
    """How many in one have this circumstance, where school or age makes it other than usual."""
    if kind == "youth-justice":
        return usual * 4 if year_group >= 9 else 0.0
    if kind == "ehc-plan" and phase in ("special", "alternative"):
        return 1.0 if phase == "special" else 0.3
    return 0.0 if kind == "sen-support" and phase == "special" else usual


# -- what happens during the two years


def _happen(
    children: list[Child],
    schools: tuple[DemoSchool, ...],
    year: int,
    as_of: date,
    rng: np.random.Generator,
) -> None:
    """Some join, leave or move in term; some of the older ones attend a second school as well."""
    days = [d for y in (year - 1, year) for d in weekdays_in_term(y) if d < as_of - timedelta(days=10)]
    days = days[20:]
    newcomers: list[Child] = []
    second = [at for at, school in enumerate(schools) if school.phase == "alternative"]
    for child in children if days else ():
        day = days[int(rng.integers(len(days)))]
        chance = rng.random()
        if chance < _MOVES:
            _one_event(child, schools, day, chance, rng)
            left = child.now >= 0 and child.stays[-1].until_on is not None
            if left:
                newcomers.append(_newcomer(child, schools, max(day, date(year, 9, 1)), rng))
        elif second and chance < _MOVES + _ALSO_ELSEWHERE and 9 <= child.year_group <= 11:
            _attend_two(child, second[0], max(day, date(year, 9, 7)))
    if second and not any(len(stay.weekdays) < 5 for child in children for stay in child.stays):
        older = [child for child in children if 9 <= child.year_group <= 11 and child.now not in second]
        for child in older[:2]:
            _attend_two(child, second[0], date(year, 9, 7))
    children += newcomers


def _newcomer(left: Child, schools: tuple[DemoSchool, ...], day: date, rng: np.random.Generator) -> Child:
    """Whoever takes the place of a child who left, so that as many stay on roll as were asked for."""
    child = Child(left.year_group, left.now, -1, [Stay(left.now, day, None)])
    _add_circumstances(child, schools, rng)
    return child


def _one_event(
    child: Child, schools: tuple[DemoSchool, ...], day: date, chance: float, rng: np.random.Generator
) -> None:
    stay = next((each for each in child.stays if each.holds(day)), None)
    if stay is None:
        return
    at = child.stays.index(stay)
    if chance < _JOINS:
        child.stays = [Stay(stay.school, day, stay.until_on), *child.stays[at + 1 :]]
    elif chance < _LEAVES:
        child.stays = [*child.stays[:at], Stay(stay.school, stay.from_on, day)]
    else:
        others = _like(schools, stay.school, {each.school for each in child.stays})
        if others:
            came_from = Stay(int(rng.choice(others)), stay.from_on, day - timedelta(days=1))
            child.stays[at : at + 1] = [came_from, Stay(stay.school, day, stay.until_on)]


def _like(schools: tuple[DemoSchool, ...], school: int, taken: set[int]) -> list[int]:
    phase = schools[school].phase
    return [at for at in range(len(schools)) if schools[at].phase == phase and at not in taken]


def _attend_two(child: Child, second: int, day: date) -> None:
    """Three days a week at the second school from `day`; the main school enters D on them, and it too."""
    main = child.stays[-1]
    if main.school == second or main.until_on is not None or not main.holds(day):
        return
    main.weekdays, main.shared_from = (3, 4), day
    child.stays.append(Stay(second, day, None, (0, 1, 2), day))


# -- families and numbers


def _group_in_families(children: list[Child], schools: tuple[DemoSchool, ...], rng: np.random.Generator) -> None:
    """Neighbours become families of one to four, so that brothers and sisters attend schools of one area."""
    homes = [at for at, school in enumerate(schools) if school.phase in ("primary", "all-through")] or [0]
    home = [_home(child, homes, rng) for child in children]
    order = np.lexsort((rng.random(len(children)), np.array(home)))
    family, left = -1, 0
    for at in order.tolist():
        if left == 0:
            family += 1
            left = int(rng.choice((1, 2, 3, 4), p=(0.42, 0.4, 0.14, 0.04)))
        children[at].family = family
        left -= 1


def _home(child: Child, homes: list[int], rng: np.random.Generator) -> int:
    for school in (child.now, child.before):
        if school in homes:
            return school
    return homes[int(rng.integers(len(homes)))]


def _number_on_each_roll(children: list[Child], schools: int) -> None:
    given = [1000] * schools
    for child in children:
        for stay in child.stays:
            given[stay.school] += 1
            child.local_ids[stay.school] = f"{given[stay.school]:06d}"


# -- from what was drawn to plain records


@dataclass(frozen=True)
class _Family:
    key: str
    surname: str
    heritage: int
    address: str
    carers: tuple[DemoCarer, ...]


def as_pupils(
    children: list[Child],
    schools: tuple[DemoSchool, ...],
    code: str,
    year: int,
    rng: np.random.Generator,
) -> tuple[DemoPupil, ...]:
    """The children with names, UPNs, dates of birth and carers; the key of a pupil is its place."""
    issuer = Issuer(code, [school.laestab[3:] for school in schools if school.first_year_group == 0], rng)
    families: dict[int, _Family] = {}
    born: dict[tuple[int, int], date] = {}
    pupils = []
    for number, child in enumerate(children):
        if child.family not in families:
            families[child.family] = _draw_family(child.family, code, rng)
        # Two children of one family in one year group are twins.
        twin = (child.family, child.year_group)
        if twin not in born:
            born[twin] = date(year - 5 - child.year_group, 9, 1) + timedelta(days=int(rng.integers(365)))
        upn = issuer.issue(year - child.year_group)
        pupils.append(
            _pupil(
                f"{code}-{number}",
                child,
                families[child.family],
                born_on=born[twin],
                upn=upn,
                schools=schools,
                year=year,
                rng=rng,
            )
        )
    return tuple(pupils)


def _pupil(
    key: str,
    child: Child,
    family: _Family,
    *,
    born_on: date,
    upn: str,
    schools: tuple[DemoSchool, ...],
    year: int,
    rng: np.random.Generator,
) -> DemoPupil:
    sex = "F" if rng.random() < 0.49 else "M"
    return DemoPupil(
        key=key,
        upn=upn,
        surname=family.surname,
        forename=_forename(family.heritage, sex, rng),
        sex=sex,
        date_of_birth=born_on,
        address=family.address,
        family=family.key,
        carers=family.carers,
        circumstances=tuple(_circumstance(kind, born_on, year, rng) for kind in child.kinds),
        enrolments=tuple(_enrolment(child, stay, schools, year) for stay in child.stays),
    )


def _enrolment(child: Child, stay: Stay, schools: tuple[DemoSchool, ...], year: int) -> DemoEnrolment:
    before_this_year = stay.until_on is not None and stay.until_on < date(year, 8, 1)
    year_group = child.year_group_in(1 if before_this_year else 0)
    return DemoEnrolment(
        urn=schools[stay.school].urn,
        local_id=child.local_ids[stay.school],
        admission_on=stay.from_on,
        leaving_on=stay.until_on,
        year_group=year_group,
        reg_group=reg_group(year_group, child.family),
        attends_days=stay.weekdays,
        shared_from=stay.shared_from,
    )


def reg_group(year_group: int, family: int) -> str:
    """The class or tutor group: 7A to 7D, RA to RD for Reception."""
    return f"{year_group or 'R'}{'ABCD'[family % 4]}"


def _circumstance(kind: int, born_on: date, year: int, rng: np.random.Generator) -> DemoCircumstance:
    earliest = max(born_on + timedelta(days=4 * 365 + 200), date(year - 3, 9, 1))
    span = max((date(year, 9, 1) - earliest).days, 1)
    from_on = earliest + timedelta(days=int(rng.integers(span)))
    return DemoCircumstance(KINDS[kind][0], from_on, None, KINDS[kind][3])


def _draw_family(number: int, code: str, rng: np.random.Generator) -> _Family:
    shares = np.array([share for share, *_ in HERITAGES]) / 100
    heritage = int(rng.choice(len(HERITAGES), p=shares))
    surnames = HERITAGES[heritage][3].split()
    surname = surnames[int(rng.integers(len(surnames)))]
    key = f"{code}-family-{number}"
    _, town = TOWNS[code][int(rng.integers(len(TOWNS[code])))]
    street = STREETS[int(rng.integers(len(STREETS)))]
    postcode = f"ZZ{number % 9 + 1} {number % 7 + 1}{'ABDEFGH'[number % 7]}Q"
    address = f"{int(rng.integers(1, 140))} {street}\n{town}\n{postcode}"
    carers = tuple(
        _carer(key, at, surname, heritage=heritage, address=address, rng=rng) for at in range(1 + (rng.random() < 0.6))
    )
    return _Family(key, surname, heritage, address, carers)


def _carer(key: str, at: int, surname: str, *, heritage: int, address: str, rng: np.random.Generator) -> DemoCarer:
    """The first is mostly a mother who lives with the children; telephone numbers are never in use."""
    sex = "F" if (rng.random() < 0.85) == (at == 0) else "M"
    forename = _forename(heritage, sex, rng)
    with_them = at == 0 or rng.random() < 0.7
    return DemoCarer(
        key=f"{key}-carer-{at + 1}",
        name=f"{forename} {surname}",
        relationship="Mother" if sex == "F" else "Father",
        email=f"{key}-{at + 1}@families.example",
        telephone=f"07700 900{int(rng.integers(1000)):03d}",
        address=address if with_them else "",
        parental_responsibility=at == 0 or rng.random() < 0.9,
        lives_with=bool(with_them),
    )


def _forename(heritage: int, sex: str, rng: np.random.Generator) -> str:
    _, girls, boys, _ = HERITAGES[heritage]
    names = (girls if sex == "F" else boys).split()
    return names[int(rng.integers(len(names)))]
