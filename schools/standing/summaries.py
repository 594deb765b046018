"""A school in figures: its categories, its groups, its weeks, and this term beside the last one."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from attendance_portal.days import Term, Window, previous_term, year_of
from schools.models import Circumstance, School, Standing
from schools.register import bands
from schools.register.marks import WIDTH, last_column_on, leaving_column
from schools.register.measures import Totals, totals
from schools.register.weeks import WEEKS, monday, weekly_totals
from schools.stored.registers import Roll, counted_once, load_roll
from schools.stored.terms import terms_held

_ADDED = ("persistent", "severe", "at_risk", "possible", "attended", "authorised", "unauthorised", "missing")


@dataclass
class Group:
    """Sums of some enrolments: one category each, national counts, and half-days added up."""

    name: str
    pupils: int = 0
    persistent: int = 0
    severe: int = 0
    at_risk: int = 0
    possible: int = 0
    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    missing: int = 0
    bands: Counter[int] = field(default_factory=Counter)

    @property
    def counted(self) -> int:
        """Those with at least one possible session: whom a rate is of (DfE absence methodology)."""
        return self.pupils - self.bands[0]

    @property
    def absent(self) -> int:
        return self.authorised + self.unauthorised

    def add(self, standing: Standing) -> None:
        self.pupils += 1
        self.bands[standing.band or 0] += 1
        for name in (
            "persistent",
            "severe",
            "at_risk",
            "possible",
            "attended",
            "authorised",
            "unauthorised",
            "missing",
        ):
            setattr(self, name, getattr(self, name) + int(getattr(standing, name)))


@dataclass(frozen=True)
class Summary:
    """A school on its as-at day. `on_roll` is for categories; `everyone` holds leavers to their leaving day."""

    year: int
    as_at: dt.date
    on_roll: Group
    everyone: Group
    official: Group
    year_groups: list[Group]
    cohorts: list[Group]


def summary_of(school: School, *, on: dt.date, known: Sequence[Standing] | None = None) -> Summary | None:
    """The school's standings added up, two queries whatever its size; None before its first register.

    known: standings in memory to be added up in their stead.
    """
    standings = list(Standing.objects.filter(school=school)) if known is None else list(known)
    if not standings:
        return None
    theirs = [standing for standing in standings if standing.is_on_roll]
    return Summary(
        year=standings[0].year,
        as_at=max(standing.as_at for standing in standings),
        on_roll=_sum("On roll", theirs),
        everyone=_sum("All", standings),
        official=_sum("Aged 5 to 15", (one for one in standings if one.is_in_official_figures)),
        year_groups=_by_year_group(theirs),
        cohorts=_by_cohort(theirs, on),
    )


def _sum(name: str, standings: Iterable[Standing]) -> Group:
    group = Group(name)
    for standing in standings:
        group.add(standing)
    return group


def year_group_order(year_group: str) -> tuple[int, str]:
    """Nursery, Reception, then 1 to 13; what is not known last."""
    if year_group.isdecimal():
        return int(year_group), ""
    return (-1, year_group) if year_group.startswith("N") else (99, year_group)


def year_group_words(year_group: str) -> str:
    if not year_group:
        return "Not known"
    if year_group == "0":
        return "Reception"
    return f"Nursery {year_group[1:]}".strip() if year_group.startswith("N") else f"Year {year_group}"


def _by_year_group(standings: Sequence[Standing]) -> list[Group]:
    found: defaultdict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        found[standing.year_group].append(standing)
    return [_sum(name, found[name]) for name in sorted(found, key=year_group_order)]


def _by_cohort(standings: Sequence[Standing], on: dt.date) -> list[Group]:
    """Each kind of circumstance in force that day; a child may be in several."""
    by_pupil: defaultdict[object, list[Standing]] = defaultdict(list)
    for standing in standings:
        by_pupil[standing.pupil_id].append(standing)
    in_force = Circumstance.objects.on(on).filter(pupil__in=list(by_pupil))
    members = set(in_force.values_list("kind", "pupil"))
    groups = []
    for kind in Circumstance.Kind:
        theirs = [one for pupil in by_pupil if (kind.value, pupil) in members for one in by_pupil[pupil]]
        groups.append(_sum(kind.value, theirs))
    return [group for group in groups if group.pupils]


# --- Weeks and terms, from the registers ----------------------------------------------------------------------


@dataclass(frozen=True)
class TermFigures:
    """A school in one term's window: the whole of it, or as far as there are data."""

    year: int
    term: Term
    window: Window
    possible: int
    attended: int
    authorised: int
    unauthorised: int
    pupils: int
    persistent: int
    severe: int

    @property
    def absent(self) -> int:
        return self.authorised + self.unauthorised


def weekly_attendance(roll: Roll, *, as_at: dt.date) -> list[tuple[dt.date, int, int]]:
    """Monday, attended and possible half-days of every week from the first with data to the as-at day."""
    column = last_column_on(roll.year, as_at)
    left = np.array([leaving_column(roll.year, day) for day in roll.leaving], np.int16)
    found = weekly_totals(roll.marks, roll.year, admitted=roll.admitted, left=left, last_column=column)
    attended = found.attended.sum(axis=0, dtype=np.int64)
    possible = found.possible.sum(axis=0, dtype=np.int64)
    weeks = np.flatnonzero(possible)
    if not len(weeks):
        return []
    span = range(int(weeks[0]), min(int(weeks[-1]) + 1, WEEKS))
    return [(monday(roll.year, week), int(attended[week]), int(possible[week])) for week in span]


def this_term_and_last(
    school: School, roll: Roll, *, as_at: dt.date, known_on: dt.date | None = None, before: Sequence[int] = ()
) -> tuple[TermFigures, TermFigures | None]:
    """The term of the as-at day so far, and the term before alone; None where there are no marks of it.

    before: the schools whose history is this one's own, as in `roll`.
    """
    held = terms_held(school.pk, [roll.year - 1, roll.year])
    term = held.of(as_at)
    year, term_before = previous_term(year_of(as_at), term)
    earlier = roll if year == roll.year else counted_once(load_roll([school.pk, *before], year, known_on=known_on))
    first, last = held.window(roll.year, term)
    now = _term(roll, term, Window(first, min(last, as_at)))
    then = _term(earlier, term_before, held.window(year, term_before))
    return now, (then if then.possible else None)


def _term(roll: Roll, term: Term, window: Window) -> TermFigures:
    found = _window_totals(roll, window)
    return TermFigures(
        year=roll.year,
        term=term,
        window=window,
        possible=int(found.possible.sum()),
        attended=int(found.attended.sum()),
        authorised=int(found.authorised.sum()),
        unauthorised=int(found.unauthorised.sum()),
        pupils=int((found.possible > 0).sum()),
        persistent=int(bands.persistent(found.absent, found.possible).sum()),
        severe=int(bands.severe(found.absent, found.possible).sum()),
    )


def _window_totals(roll: Roll, window: Window) -> Totals:
    """Totals between two days of the roll's year. Missing marks are not looked at, so no day counts as open."""
    return totals(
        roll.marks,
        roll.year,
        admitted=roll.admitted,
        left=roll.left,
        open=np.zeros((max(len(roll.groups), 1), WIDTH), np.bool_),
        group=roll.group,
        first_column=last_column_on(roll.year, window.first) - 1,
        last_column=last_column_on(roll.year, window.last),
    )
