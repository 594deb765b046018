"""Schools that followed others: whose history a school's pages show beside its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.panels import panels_of
from schools.models import School, Succession
from schools.models.places import TAKEN_OVER_WHOLE
from schools.reading import Problem


@dataclass(frozen=True)
class History:
    """The schools before and after one, as its page tells them; `ids` are those whose history is its own."""

    came_before: list[dict[str, Any]]
    came_after: list[dict[str, Any]]
    ids: list[int]


def history_of(school: School, member: Membership) -> History:
    """Which schools came before this one and which after it, with addresses for whoever may open their pages.

    One query, and a second where there are any. The history of a school that was taken over whole is the successor's
    own, once it has opened; of a split school it is not.
    """
    either = Succession.objects.filter(Q(successor=school) | Q(predecessor=school))
    links = list(either.select_related("predecessor", "successor").order_by("linked_on", "pk"))
    before = [one for one in links if one.successor_id == school.pk]
    ends = {end for link in links for end in (link.predecessor_id, link.successor_id)}
    reach = School.objects.visible_to(member)
    openable = set(reach.filter(pk__in=ends).values_list("pk", flat=True)) if links else set()
    return History(
        came_before=[
            _end(one, one.predecessor, openable) | {"counts_both": _counts_both(one, member.on)} for one in before
        ],
        came_after=[_end(one, one.successor, openable) for one in links if one.predecessor_id == school.pk],
        ids=[one.predecessor_id for one in before if one.kind in TAKEN_OVER_WHOLE and _has_come(one, member.on)],
    )


def _has_come(link: Succession, on: dt.date) -> bool:
    return link.linked_on is None or link.linked_on <= on


def _counts_both(link: Succession, on: dt.date) -> bool:
    """Whether figures of now reach back over the link: of a school taken over whole this academic year or the last."""
    taken_over = link.kind in TAKEN_OVER_WHOLE and _has_come(link, on)
    return taken_over and link.linked_on is not None and year_of(link.linked_on) >= year_of(on) - 1


def _end(link: Succession, school: School, openable: set[int]) -> dict[str, Any]:
    href = reverse("school_page", args=[school.urn]) if school.pk in openable else ""
    return {"school": school, "href": href, "linked_on": link.linked_on, "kind": link.get_kind_display()}


def panels_with_history(
    names: Sequence[str], school: School, before: Sequence[int], member: Membership
) -> list[dict[str, Any]]:
    """The panels of a school, and those of the schools before it, as far as the member may see them."""
    found = panels_of(names, school, member)
    seen = School.objects.visible_to(member).filter(pk__in=before).order_by("name") if before else []
    for one in seen:
        found += [
            {**panel, "title": f"{panel['title']} of {one.name} (URN {one.urn})"}
            for panel in panels_of(names, one, member)
        ]
    return found


def named_before(school: School, problems: Sequence[Problem]) -> tuple[School, Problem] | None:
    """The school before this one whose old number a file gives, where it was taken for another school's file."""
    wrong = next((problem for problem in problems if problem.kind == "wrong-school" and problem.value), None)
    if wrong is None:
        return None
    what, _, digits = str(wrong.value).rpartition(" ")
    for one in School.objects.filter(successor_links__successor=school):
        numbers = {"URN": one.urn, "LAESTAB": one.laestab, "establishment number": one.laestab[-4:]}
        if digits and numbers.get(what) == digits:
            return one, wrong
    return None
