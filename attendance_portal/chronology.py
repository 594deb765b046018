"""A child's chronology: what happened, from every part of the portal, put in order (architecture section 1).

`settings.CHRONOLOGY` names functions `(pupils, member) -> {pupil's key: happenings}`: many pupils at once, a constant
number of queries, permission-checked inside, so that what a member may not see is never among them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.module_loading import import_string

from attendance_portal.models import Membership


class Kind(Enum):
    """What a happening is about: its code in an address, and its words."""

    CASE = ("case", "Case and support")
    MEETING = ("meeting", "Targeting Support Meetings")
    ACTION = ("action", "Agreed actions")
    EDUCATION = ("education", "Education in and out of school")
    ATTENDANCE = ("attendance", "Attendance")
    RETURN = ("return", "Statutory returns")
    SCHOOL = ("school", "Schools and rolls")
    CIRCUMSTANCE = ("circumstance", "Circumstances")
    SOCIAL_CARE = ("social-care", "Social care")
    RECORD = ("record", "The record itself")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def label(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Happening:
    """One line of a chronology. `source` is where it is held, `by` who did or wrote it; empty where none is recorded.

    `href` leads to it, empty where this member cannot open it. `held_as` names another record of the same child.
    """

    on: dt.date
    title: str
    kind: Kind
    source: str
    words: str = ""
    by: str = ""
    href: str = ""
    held_as: str = ""

    @property
    def kind_label(self) -> str:
        return self.kind.label

    @property
    def author(self) -> str:
        """Who did or wrote it, always in words: a reader must not take silence for an oversight."""
        return self.by or "Nobody recorded"


HappeningFunction = Callable[[Sequence[Any], Membership], Mapping[Any, Sequence[Happening]]]


def happenings(names: Sequence[str], pupils: Sequence[Any], member: Membership) -> dict[Any, list[Happening]]:
    """By each pupil's key all that these dotted names tell of it, earliest first; of one day in the names' order."""
    functions: list[HappeningFunction] = [import_string(name) for name in names]
    told = [function(pupils, member) for function in functions]
    return {
        pupil.pk: sorted((one for by_pk in told for one in by_pk.get(pupil.pk, ())), key=lambda one: one.on)
        for pupil in pupils
    }
