"""What stands between a child and school: one list of barriers for minutes, cases and figures.

The list is the portal's own (design), made from the barriers that the five councils' documents name. Whether a
barrier lies out of school decides the order of a meeting's list (domain reference, seeds 35 and 39 to 51).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Barrier:
    """A barrier: `code` is stored and never changes; `out_of_school` ones need the authority and partners."""

    code: str
    label: str
    out_of_school: bool


BARRIERS: tuple[Barrier, ...] = (
    Barrier("anxiety", "Anxiety or other emotional distress about school", False),
    Barrier("bullying", "Bullying or friendships", False),
    Barrier("learning", "Learning, or SEN support that does not fit", False),
    Barrier("school-place", "The school place or timetable does not fit", False),
    Barrier("relationship", "Relationship between family and school", False),
    Barrier("behaviour", "Behaviour or suspensions", False),
    Barrier("physical-health", "Physical illness or disability", True),
    Barrier("mental-health", "Mental ill health, under or waiting for treatment", True),
    Barrier("carer-health", "A parent's or carer's illness", True),
    Barrier("young-carer", "Cares for someone at home", True),
    Barrier("family", "Family breakdown, bereavement or domestic abuse", True),
    Barrier("housing", "Housing or homelessness", True),
    Barrier("money", "Money, food, uniform or devices", True),
    Barrier("transport", "Getting to school", True),
    Barrier("exploitation", "Exploitation, gangs or offending", True),
    Barrier("holidays", "Holidays or visits in term time", True),
    Barrier("routine", "Sleep, routines or screen time at home", True),
    Barrier("other", "Something else", True),
)
BY_CODE = {barrier.code: barrier for barrier in BARRIERS}
CHOICES = [(barrier.code, barrier.label) for barrier in BARRIERS]
IN_SCHOOL_CHOICES = [(b.code, b.label) for b in BARRIERS if not b.out_of_school]
OUT_OF_SCHOOL_CHOICES = [(b.code, b.label) for b in BARRIERS if b.out_of_school]


def known(codes: Iterable[str]) -> list[str]:
    """Those of the codes that are in the list, once each and in its order."""
    asked = set(codes)
    return [barrier.code for barrier in BARRIERS if barrier.code in asked]


def labels(codes: Iterable[str]) -> list[str]:
    """The barriers as people read them, in the list's order."""
    return [BY_CODE[code].label for code in known(codes)]


def labels_out_of_school(codes: Iterable[str]) -> tuple[str, ...]:
    """As `labels`, only those that lie out of school."""
    return tuple(BY_CODE[code].label for code in known(codes) if BY_CODE[code].out_of_school)
