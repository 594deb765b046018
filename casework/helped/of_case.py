"""Did it help? One child's attendance before and after something of their case began."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from casework.helped.kinds import KINDS, Kind
from casework.helped.matching import NOBODY, Compared, MatchRule, Rows, Stretches, compare, school_weeks, weeks_since
from casework.helped.reading import Children, children_of, had_support, years_looked_at
from casework.models import Case
from schools.children.childs_year import enrolments_seen
from schools.models import Enrolment, Pupil
from schools.stored.same_child import records_of, records_seen

FEWEST_BEFORE = 2
# A week that one school alone has sent is no week to compare in.
_TOO_EARLY = (
    "It is too early to say: no whole school week has passed since for which registers of most children of this phase "
    "and year group are held."
)


@dataclass(frozen=True)
class Start:
    """Something that began in a case: what, and on which day."""

    kind: Kind
    on: dt.date

    @property
    def code(self) -> str:
        return f"{self.kind.code} {self.on}"


@dataclass(frozen=True)
class Answer:
    """What there is to say: figures, or why there are none. `found` holds one child or none.

    has_matched: enough children were alike. rule: with the weeks that there are.
    """

    rule: MatchRule
    found: Compared | None = None
    has_matched: bool = False
    why_not: str = ""


def starts_of(case: Case, *, on: dt.date) -> list[Start]:
    """What began in the case, the case itself first; as many queries as there are kinds."""
    last = case.closed_on or on
    found = [
        Start(kind, day)
        for kind in KINDS
        for pupil, day in sorted(kind.starts(case.opened_on, last), key=lambda start: start[1])
        if pupil == case.pupil_id
    ]
    return list(dict.fromkeys(found))


def answer_for(case: Case, start: Start, rule: MatchRule, member: Membership) -> Answer:
    """Before and after one start, with the school weeks that have passed since where they are fewer than asked for.

    Of the child's own sessions those of the schools and records whose figures the member may see.
    """
    on = member.on
    years = years_looked_at(start.on, start.on, rule, on=on)
    children = children_of(year_of(start.on), years, on=on, like=case.pupil_id, without=_unseen(case.pupil, member))
    row = children.rows([case.pupil_id])
    if row[0] == NOBODY or not children.held.possible[row].any():
        return Answer(rule, why_not="No register is held for the child in those weeks.")
    shorter = _with_the_weeks_there_are(children, start.on, rule)
    if not shorter.after:
        return Answer(rule, why_not=_TOO_EARLY)
    if shorter.before < FEWEST_BEFORE:
        return Answer(rule, why_not="Registers of at least two school weeks before are needed, and are not held.")
    return _answer(children, row, start.on, shorter, on=on)


def _unseen(pupil: Pupil, member: Membership) -> list[int]:
    """The enrolments of the child whose figures this member may not see. Four queries at most."""
    theirs = Enrolment.objects.filter(pupil__in=records_of(pupil))
    seen = enrolments_seen(records_seen(pupil, member), member).order_by().values("pk")
    return list(theirs.exclude(pk__in=seen).values_list("pk", flat=True))


def _with_the_weeks_there_are(children: Children, day: dt.date, rule: MatchRule) -> MatchRule:
    weeks, week = school_weeks(children.held.possible), children.week(day)
    before = int(np.searchsorted(weeks, week))
    return replace(rule, before=min(rule.before, before), after=min(rule.after, weeks_since(weeks, week)))


def _answer(children: Children, row: Rows, day: dt.date, rule: MatchRule, *, on: dt.date) -> Answer:
    week = np.array([children.week(day)], np.int64)
    begins = day - dt.timedelta(weeks=60)
    begun, had = Stretches(row, week, week), had_support(children, begins, on)
    found = compare(children.held, begun, had, replace(rule, fewest=0))
    if not len(found.rows):
        why = f"The child had fewer than {rule.fewest_sessions} possible sessions before or after."
        return Answer(rule, why_not=why)
    enough = int((found.matched != NOBODY).sum()) >= rule.fewest
    return Answer(rule, found, has_matched=enough)
