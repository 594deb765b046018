"""The youngest and oldest classes of schools: no return is due of joiners of the one and leavers of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.days import year_window
from schools.register.marks import WIDTH
from schools.register.returns import AUGUST
from schools.standing.figures import Figures, Window
from schools.standing.summaries import year_group_order
from schools.stored import bulk
from schools.stored.registers import Roll, year_groups_marked


@dataclass(frozen=True)
class Edges:
    """The names of classes of schools in a year, by school: the youngest, the oldest, and the final class of the year
    before, which is the one that leavers in August finished."""

    youngest: Mapping[int, str]
    oldest: Mapping[int, str]
    oldest_before: Mapping[int, str]


NO_EDGES: Final = Edges({}, {}, {})


def edges_of(figures: Figures, windows: Sequence[Window]) -> Edges:
    """The youngest and the oldest class of every school of these figures in their year, as far as it has come."""
    youngest: dict[int, str] = {}
    oldest: dict[int, str] = {}
    for window in windows:
        marked = figures.totals.possible[window.rows] > 0
        youngest |= _edges(window, marked, youngest=True)
        oldest |= _edges(window, marked, youngest=False)
    return Edges(youngest, oldest, oldest)


def edges_in(figures: Figures, windows: Sequence[Window], known: Edges = NO_EDGES) -> Edges:
    """`edges_of`, for what is due: what `known` says of schools that have no mark of the year yet.

    In the first days of a year the oldest class may not have come yet, and some are gone: leavers in August finished
    the year before, so where an older class than has come is on the roll, that year's marks are asked. One query, and
    only for schools of which that is so and somebody left in August.
    """
    own = edges_of(figures, windows)
    begun = set(np.unique(figures.roll.schools[figures.last_column >= 0]).tolist())
    youngest, oldest, before = (
        {**now, **{school: name for school, name in then.items() if school not in begun}}
        for now, then in zip(vars(own).values(), vars(known).values(), strict=True)
    )
    waiting = sorted({school for window in windows for school in _waiting(window, oldest)} & begun)
    for school, name in year_groups_marked(waiting, figures.roll.year - 1) if waiting else ():
        if year_group_order(name) > year_group_order(before[school]):
            before[school] = name
    return Edges(youngest, oldest, before)


def groups_of(roll: Roll, classes: Mapping[int, str]) -> npt.NDArray[np.bool_]:
    """Which of the year groups of a roll are these classes of their schools. bool[groups]"""
    return np.array([classes.get(school) == name for school, name in roll.groups], np.bool_)


def stated_in_year(window: Window) -> npt.NDArray[np.bool_]:
    """Whose stated day of entry is in the year, from 1 August on: column 0 may be any day before it too. bool[n]"""
    roll = window.roll
    found: npt.NDArray[np.bool_] = (roll.admission_on >= _first_day(roll)) & (roll.admitted < WIDTH)
    return found


def _first_day(roll: Roll) -> int:
    """1 August as a number."""
    return int(bulk.dates([year_window(roll.year).first])[0])


def _waiting(window: Window, oldest: Mapping[int, str]) -> set[int]:
    """Schools with leavers in August, and with an older class on the roll than has come (or has gone by then)."""
    roll = window.roll
    older = {
        school
        for school, name in roll.groups
        if name and school in oldest and year_group_order(name) > year_group_order(oldest[school])
    }
    since = roll.leaving_on - _first_day(roll)
    return older & set(roll.schools[(since >= 0) & (since < AUGUST)].tolist())


def _edges(window: Window, marked: npt.NDArray[np.bool_], *, youngest: bool) -> dict[int, str]:
    """The youngest (or the oldest) class of each school in this year.

    Among those in which anyone was in school (`marked`) or was entered in the year, whoever has left since: a final
    year stays it when all of it has gone, and whoever was only never taken off the roll makes none.
    """
    roll = window.roll
    there = np.bincount(roll.group, marked | stated_in_year(window), minlength=len(roll.groups)) > 0
    edge: dict[int, tuple[Any, str]] = {}
    for at, (school, name) in enumerate(roll.groups):
        if there[at] and name:
            place = (year_group_order(name), name)
            known = edge.get(school)
            if known is None or (place < known) == youngest:
                edge[school] = place
    return {school: name for school, (_, name) in edge.items()}
