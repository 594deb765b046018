"""Invented schools, and how many children of each year group sit in each."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance_portal.front.demo.names import CATALOGUE, STREETS, TOWNS
from attendance_portal.front.demo.rates import Floats
from attendance_portal.front.demo.world import DemoSchool

YEAR_GROUPS: Final = {
    "primary": (0, 6),
    "secondary": (7, 11),
    "special": (0, 11),
    "all-through": (0, 11),
    "alternative": (9, 11),
}
_MAINSTREAM: Final = {"primary": 1.0, "secondary": 1.0, "all-through": 0.35}
# Share of every year group of an authority, for each such school.
_ELSEWHERE: Final = {"special": 0.022, "alternative": 0.006}


def invented_schools(code: str, number: int) -> tuple[DemoSchool, ...]:
    """The first `number` schools of an authority's catalogue. Raises ValueError beyond its end."""
    catalogue = CATALOGUE[code]
    if not 1 <= number <= len(catalogue):
        raise ValueError(f"The demo of authority {code} has from 1 to {len(catalogue)} schools.")
    return tuple(_school(code, at, name, phase) for at, (name, phase) in enumerate(catalogue[:number]))


def _school(code: str, at: int, name: str, phase: str) -> DemoSchool:
    area, town = TOWNS[code][at % len(TOWNS[code])]
    domain = f"{name.lower().replace(' ', '-').replace('-school', '')}.example"
    first, last = YEAR_GROUPS[phase]
    return DemoSchool(
        urn=f"{code}{at + 1:03d}",
        laestab=f"{code}{2000 + at if phase == 'primary' else 4000 + at}",
        name=name,
        phase=phase,
        area=area,
        address=f"{STREETS[at % len(STREETS)]}\n{town}\nZZ{at % 9 + 1} {at % 7 + 1}AA",
        email=f"office@{domain}",
        telephone=f"01632 960{at:03d}",
        first_year_group=first,
        last_year_group=last,
    )


def seats(schools: tuple[DemoSchool, ...], pupils: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Children on roll by school (row) and year group 0 to 11 (column); they add up to `pupils`."""
    mainstream, elsewhere = _weights(schools, rng)
    taught = mainstream.sum(0) > 0
    taught = taught if taught.any() else elsewhere.sum(0) > 0
    mainstream /= np.maximum(mainstream.sum(0), 1e-12)
    share = mainstream * np.maximum(1 - elsewhere.sum(0), 0.5) + elsewhere
    share *= taught
    return _whole(share / share.sum() * pupils, pupils)


def _weights(schools: tuple[DemoSchool, ...], rng: np.random.Generator) -> tuple[Floats, Floats]:
    mainstream, elsewhere = np.zeros((len(schools), 12)), np.zeros((len(schools), 12))
    for at, school in enumerate(schools):
        years = slice(school.first_year_group, school.last_year_group + 1)
        if school.phase in _MAINSTREAM:
            mainstream[at, years] = _MAINSTREAM[school.phase] * rng.uniform(0.75, 1.25)
        else:
            elsewhere[at, years] = _ELSEWHERE[school.phase]
    return mainstream, elsewhere


def _whole(shares: Floats, total: int) -> NDArray[np.int64]:
    """Whole numbers near `shares` that add up to `total` (largest remainders first)."""
    numbers = np.floor(shares).astype(np.int64)
    short = total - int(numbers.sum())
    first = np.argsort(-(shares - numbers), axis=None, kind="stable")[:short]
    numbers.ravel()[first] += 1
    return numbers
