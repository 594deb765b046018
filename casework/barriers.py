"""What stands between a child and school: one list of barriers for minutes, cases, services and figures.

The portal's own list is a design, made from the barriers that the five councils' documents name; each authority adds
to it, says it in its own words and ends what it does not use. Whether a barrier lies out of school decides the order
of a meeting's list (domain reference, seeds 35 and 39 to 51).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from casework.models import AuthorityBarrier, CaseBarrier


@dataclass(frozen=True)
class Barrier:
    """A barrier: `code` is stored and never changes; `out_of_school` ones need the authority and partners."""

    code: str
    label: str
    out_of_school: bool
    is_ended: bool = False


BARRIERS: Final[tuple[Barrier, ...]] = (
    Barrier("anxiety", "Anxiety or school-based avoidance", False),
    Barrier("bullying", "Bullying or friendships", False),
    Barrier("learning", "SEND need not met, or learning", False),
    Barrier("school-place", "The school place or timetable does not fit", False),
    Barrier("part-time", "Part-time timetable", False),
    Barrier("exclusion", "Exclusion", False),
    Barrier("relationship", "Relationship between family and school", False),
    Barrier("behaviour", "Behaviour or suspensions", False),
    Barrier("physical-health", "Physical illness or disability", True),
    Barrier("mental-health", "Mental ill health, under or waiting for treatment", True),
    Barrier("carer-health", "A parent's or carer's illness", True),
    Barrier("young-carer", "Cares for someone at home", True),
    Barrier("family", "Family breakdown, bereavement or domestic abuse", True),
    Barrier("housing", "Housing or homelessness", True),
    Barrier("money", "Poverty: money, food, uniform or devices", True),
    Barrier("transport", "Getting to school", True),
    Barrier("exploitation", "Exploitation or youth justice", True),
    Barrier("holidays", "Holidays or visits in term time", True),
    Barrier("routine", "Sleep, routines or screen time at home", True),
    Barrier("other", "Something else", True),
)
BY_CODE: Final = {barrier.code: barrier for barrier in BARRIERS}

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Taxonomy:
    """The barriers of an authority in their order, those that it ended too: what stands stored keeps its words."""

    barriers: tuple[Barrier, ...] = BARRIERS

    def known(self, codes: Iterable[str]) -> list[str]:
        """Those of the codes that are in the list, once each and in its order."""
        return [barrier.code for barrier in self._of(codes)]

    def labels(self, codes: Iterable[str]) -> list[str]:
        """The barriers as people read them, in the list's order."""
        return [barrier.label for barrier in self._of(codes)]

    def labels_out_of_school(self, codes: Iterable[str]) -> tuple[str, ...]:
        """As `labels`, only those that lie out of school."""
        return tuple(barrier.label for barrier in self._of(codes) if barrier.out_of_school)

    def choices(self, *, out_of_school: bool, held: Iterable[str] = ()) -> Choices:
        """What can be ticked on one side of the school gate: what has not ended, and what is `held` already."""
        kept = set(held)
        return [
            (one.code, one.label)
            for one in self.barriers
            if one.out_of_school == out_of_school and (one.code in kept or not one.is_ended)
        ]

    def grouped(self, held: Iterable[str] = ()) -> list[tuple[str, Choices]]:
        """Everything that can be ticked, in school and out of school."""
        kept = list(held)
        inside, outside = (self.choices(out_of_school=outside, held=kept) for outside in (False, True))
        return [("In school", inside), ("Out of school", outside)]

    def _of(self, codes: Iterable[str]) -> list[Barrier]:
        asked = set(codes)
        return [barrier for barrier in self.barriers if barrier.code in asked]


def taxonomy() -> Taxonomy:
    """The list of the authority whose scope is open, "Something else" last. One query."""
    said = {row.code: row for row in AuthorityBarrier.objects.order_by("label")}
    own = [_as_said(row) for code, row in said.items() if code not in BY_CODE]
    ours = [_as_said(said[one.code]) if one.code in said else one for one in BARRIERS]
    return Taxonomy((*ours[:-1], *own, ours[-1]))


def _as_said(row: Any) -> Barrier:
    return Barrier(row.code, row.label, row.out_of_school, row.ended_on is not None)


def known(codes: Iterable[str]) -> list[str]:
    """As `Taxonomy.known`, of the authority whose scope is open. One query."""
    return taxonomy().known(codes)


def labels(codes: Iterable[str]) -> list[str]:
    """As `Taxonomy.labels`, of the authority whose scope is open. One query: for many, ask `taxonomy()` once."""
    return taxonomy().labels(codes)


def standing() -> QuerySet[CaseBarrier]:
    """The barriers of cases that stand, each with the authority's own words for it (`own_label`, or None)."""
    words = AuthorityBarrier.objects.filter(code=OuterRef("barrier"))
    rows: QuerySet[CaseBarrier] = CaseBarrier.objects.filter(ended_on=None)
    return rows.annotate(own_label=Subquery(words.values("label")[:1]))


def said_of(rows: Iterable[Any]) -> list[str]:
    """Rows of `standing()` as people read them, in the list's order and the authority's own after it."""
    place = {code: at for at, code in enumerate(BY_CODE)}
    ordered = sorted(rows, key=lambda row: place.get(row.barrier, len(place)))
    return [row.own_label or BY_CODE[row.barrier].label for row in ordered]
