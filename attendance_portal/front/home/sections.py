"""What the home page is made of: who asks, and sections of things to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from attendance_portal.front.figures import Figures, figures_by_school, figures_of_the_year, in_the_year, together
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from schools.models import School
from tsm.timetable import SchoolTerm, timetable

MOST_SHOWN = 10
# Roles that answer for every school of the authority and are named officer of none.
_OF_ALL_SCHOOLS = (Role.TEAM_LEADER, Role.MANAGER, Role.AUDITOR)


@dataclass(frozen=True)
class Item:
    """One thing to do; `status` and `colour` make a tag."""

    title: str
    href: str = ""
    hint: str = ""
    status: str = ""
    colour: str = ""
    pupil_id: Any = None


@dataclass(frozen=True)
class Section:
    """Things of one kind. `more_href` leads to the rest, or to where they are worked on."""

    name: str
    title: str
    items: Sequence[Item]
    more_href: str = ""
    more_text: str = ""
    most: int = MOST_SHOWN

    @property
    def shown(self) -> Sequence[Item]:
        return self.items[: self.most]

    @property
    def left_out(self) -> int:
        return max(len(self.items) - self.most, 0)


@dataclass(frozen=True)
class Asker:
    """Who asks for their home page, and on which day. What several sections need is asked once."""

    member: Membership
    on: dt.date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", self.member.on)

    @cached_property
    def own_schools(self) -> list[School]:
        """The schools they work for, are named officer of, or cover."""
        return list(School.objects.of(self.member).filter(closed_on=None))

    @cached_property
    def schools(self) -> list[School]:
        """Their own schools; for those who answer for the whole service and have none, every school."""
        if self.own_schools or self.member.role not in _OF_ALL_SCHOOLS:
            return self.own_schools
        return list(School.objects.visible_to(self.member).filter(closed_on=None))

    @cached_property
    def figures(self) -> dict[int, Figures]:
        return figures_by_school(self.schools)

    @cached_property
    def service(self) -> Figures:
        """All their schools added up as on the overview: with those that closed in the academic year."""
        seen = School.objects.of(self.member) if self.own_schools else School.objects.visible_to(self.member)
        schools = list(in_the_year(seen, on=self.on))
        return together(figures_of_the_year(schools, on=self.on).values())

    @cached_property
    def timetable(self) -> list[SchoolTerm]:
        return timetable(self.schools, on=self.on)


SectionFunction = Callable[[Asker], Iterable[Section]]


def section(
    name: str, title: str, items: Iterable[Item], more_href: str = "", more_text: str = "", *, most: int = MOST_SHOWN
) -> Iterable[Section]:
    """The section, or nothing when there is nothing in it: an empty heading helps nobody."""
    found = list(items)
    if found:
        yield Section(name, title, found, more_href, more_text, most)


def day_words(day: dt.date, on: dt.date) -> str:
    """A day as near as it is: "today", "tomorrow", else "Tuesday 24 November"."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    words = near.get((day - on).days)
    return words or f"{day:%A %-d %B}{'' if day.year == on.year else f' {day.year}'}"
