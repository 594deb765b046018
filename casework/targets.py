"""A plan's attendance target with its arithmetic: what to attend of the sessions left to finish the year at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from attendance_portal.charts import percent
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.models import Pupil, School, Standing
from schools.presenters import counted
from schools.register.bands import Edge
from schools.register.forecasts import missable_by_year_end
from schools.stored.school_days import sessions_left_of


@dataclass(frozen=True)
class SoFar:
    """A child's year at one school: sessions (half-days) possible and attended up to `as_at`, an ISO day.

    left: sessions still to come after that day by the school's calendar, up to the leaving day where one is stated;
    None while that is not known.
    What the child attended at a school left earlier in the year is that school's, and not in these.
    urn: the school's, empty in what was frozen before it was kept.
    """

    school: str
    as_at: str
    attended: int
    possible: int
    left: int | None
    urn: str = ""

    @property
    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.as_at)

    @property
    def share(self) -> str:
        return percent(self.attended, self.possible)


def year_so_far(pupil: Pupil, on: dt.date) -> list[SoFar]:
    """The child's academic year at each school where they are on roll on that day. Three queries at most.

    All of them, to be frozen beside a plan: what one member may be shown of it is `shown_to`.
    """
    standings = Standing.objects.on_roll().filter(pupil=pupil, year=year_of(on), possible__gt=0)
    return years_of(standings.select_related("school", "enrolment").order_by("pk"))


def years_of(standings: Iterable[Standing]) -> list[SoFar]:
    """The year of each of these standings, which may be of an earlier day and never kept. Two queries each.

    Three where its enrolment is not at hand.
    """
    return [
        SoFar(one.school.name, one.as_at.isoformat(), one.attended, one.possible, _left(one), one.school.urn)
        for one in standings
    ]


@dataclass(frozen=True)
class Shown:
    """The years that a member may be shown, and whether there are others."""

    years: Sequence[SoFar]
    has_others: bool


def shown_to(years: Sequence[SoFar], member: Membership) -> Shown:
    """For a school's own people the years there, or at the schools before theirs: another school's register is its own.

    One query for them, none for others.
    """
    if not member.is_of_a_school:
        return Shown(years, has_others=False)
    schools = set(School.objects.of_or_before(member).values_list("urn", "name"))
    urns, names = ({pair[at] for pair in schools} for at in (0, 1))
    seen = [one for one in years if (one.urn in urns if one.urn else one.school in names)]
    return Shown(seen, has_others=len(seen) < len(years))


def _left(one: Standing) -> int | None:
    return sessions_left_of([(one.school_id, one.year_group)], one.as_at, [one.enrolment.leaving_on])[0]


def kept(years: Sequence[SoFar]) -> list[dict[str, Any]]:
    """As they are frozen beside a plan."""
    return [asdict(one) for one in years]


def as_kept(rows: Sequence[dict[str, Any]]) -> list[SoFar]:
    """What `kept` froze."""
    return [SoFar(**row) for row in rows]


def may_miss(so_far: SoFar, target: Decimal) -> int | None:
    """How many of the sessions left may be missed to finish the year at the target (per cent, to a tenth) or above.

    -1: it cannot be reached any more. None: how many are left is not known.
    """
    if so_far.left is None:
        return None
    edge = Edge(int(target * 10), 1000, reached=True)
    counts = np.array([so_far.attended], np.int32), np.array([so_far.possible], np.int32)
    return int(missable_by_year_end(edge, *counts, so_far.left)[0])


def target_words(target: Decimal) -> str:
    """“90%” or “92.5%”."""
    return f"{target:f}".removesuffix(".0") + "%"


def sentences(so_far: SoFar, target: Decimal | None, name: str) -> list[str]:
    """What stands and what the target asks, as a family could read it. name: the child's forename."""
    been = (
        f"By {so_far.day:%-d %B %Y} {name} had been at {so_far.school} for {so_far.attended} of "
        f"{counted(so_far.possible, 'session', 'sessions')} this school year: {so_far.share}. A session is half a day."
    )
    return [been, *_asked(so_far, target, name)] if target is not None else [been]


def before_choosing(so_far: SoFar, name: str) -> list[str]:
    """What stands, and how high the year can still end, for those who choose a target."""
    been = sentences(so_far, None, name)
    if so_far.left is None:
        return been
    best = percent(so_far.attended + so_far.left, so_far.possible + so_far.left)
    to_come = counted(so_far.left, "session is", "sessions are")
    return [*been, f"{to_come} left this school year. With every one of them attended it would end there at {best}."]


def _asked(so_far: SoFar, target: Decimal, name: str) -> list[str]:
    left, most = so_far.left, may_miss(so_far, target)
    if left is None or most is None:
        return [
            "How many sessions are left this year is not known until the term dates are entered, "
            f"so what {target_words(target)} asks cannot be worked out yet."
        ]
    to_come = f"{counted(left, 'session is', 'sessions are')} left this school year after that day."
    return [to_come, _reached(so_far, left, most, target, name)]


def _reached(so_far: SoFar, left: int, most: int, target: Decimal, name: str) -> str:
    words = target_words(target)
    if most < 0:
        best = percent(so_far.attended + left, so_far.possible + left)
        return (
            f"{words} over the whole year at {so_far.school} cannot be reached any more: with every session left "
            f"attended, the year there would end at {best}. Every session still counts."
        )
    needed = left - most
    if not needed:
        return f"To finish the year there at {words} or more, {name} is far enough already: nothing more is needed."
    return (
        f"To finish the year there at {words} or more, {name} needs to be there for at least {needed} of them "
        f"({percent(needed, left)}), and can miss {most} at most."
    )
