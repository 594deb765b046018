"""What may still come of a child's year, with its parts: sessions left, attendance needed, and the early warning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.charts import Chart, outcome_bar, percent
from attendance_portal.days import Window, year_label, year_of
from schools.models import Enrolment, Standing, WarningTrial
from schools.presenters import counted
from schools.register import forecasts
from schools.register.bands import LINCOLNSHIRE, Edge
from schools.register.warnings import EARLY_WARNING, term_so_far
from schools.stored.terms import HeldTerms

TARGETS = (
    "95% or more",
    "Above 90%: not persistently absent",
    "80% or more",
    "Above 50%: not severely absent",
)


@dataclass(frozen=True)
class Target:
    """What is needed to finish the year at a level."""

    name: str
    may_miss: str
    needed: str


def parts(one: Standing, left: int) -> str:
    """The numbers that the forecast is made of."""
    return (
        f"{one.attended} of {one.possible} possible sessions attended up to {one.as_at:%-d %B %Y}, and "
        f"{counted(left, 'session', 'sessions')} left of the year after that day by the school's calendar."
    )


@dataclass(frozen=True)
class Level:
    """A level that somebody asked for beside the edges of the categories; `edge` is None where it is no percentage."""

    typed: str = ""
    edge: Edge | None = None

    @property
    def error(self) -> str:
        return "Enter a percentage above 0 and up to 100, such as 92.5" if self.typed and not self.edge else ""

    @property
    def name(self) -> str:
        return f"{self.typed}% or more"


NO_LEVEL: Final = Level()


def level(typed: str) -> Level:
    """The level somebody typed: a percentage, to a tenth at the finest, with or without the sign."""
    typed = typed.strip().removesuffix("%").strip()[:10]
    try:
        tenths = Decimal(typed) * 10
    except InvalidOperation:
        return Level(typed)
    if not tenths.is_finite() or not 0 < tenths <= 1000 or tenths != int(tenths):
        return Level(typed)
    return Level(f"{tenths / 10:f}".removesuffix(".0"), Edge(int(tenths), 1000, reached=True))


def targets(one: Standing, left: int, asked: Level = NO_LEVEL) -> list[Target]:
    """For each edge between categories: how many sessions left may be missed, and the attendance needed in them.

    asked: and for this level, first of all.
    """
    attended, possible = np.array([one.attended], np.int32), np.array([one.possible], np.int32)
    may_miss = forecasts.year_end_headroom(attended, possible, left, LINCOLNSHIRE)[0].tolist()
    found = [_target(name, most, left) for name, most in zip(TARGETS, may_miss, strict=True)]
    if asked.edge:
        most = int(forecasts.missable_by_year_end(asked.edge, attended, possible, left)[0])
        found.insert(0, _target(asked.name, most, left))
    return found


def _target(name: str, most: int, left: int) -> Target:
    if most < 0:
        return Target(name, "–", "Out of reach, even with every session attended")
    needed = left - most
    return Target(name, str(most), f"{needed} of {left} ({percent(needed, left)})" if left else "None left")


@dataclass(frozen=True)
class Warned:
    """Whether the rule warns of a child, and the counts it goes by."""

    is_warned: bool
    words: str


def warned(flags: npt.NDArray[np.uint8], as_at: dt.date, terms: HeldTerms) -> Warned:
    """The rule on one row of flags in the school's term of the as-at day."""
    year, term = year_of(as_at), terms.of(as_at)
    found = term_so_far(flags, year, Window(terms.window(year, term).first, as_at))
    possible, missed, spells = int(found.possible[0]), int(found.missed[0]), int(found.spells[0])
    if not possible:
        return Warned(False, f"No session of this {term} term yet: no early warning.")
    what = f"{missed} of {possible} sessions missed this {term} term ({percent(missed, possible)}), in "
    words = what + counted(spells, "spell", "spells")
    if bool(found.is_persistent[0]):
        return Warned(False, f"{words}: persistently absent in the term already, so no early warning.")
    if bool(found.is_warned[0]):
        return Warned(True, f"{words}: may become persistently absent next term.")
    return Warned(False, f"{words}: no early warning.")


def rule_words() -> str:
    share = percent(1, EARLY_WARNING.times)
    return (
        f"The rule: not persistently absent in the term so far, but {share} or more of the possible sessions missed, "
        f"in {EARLY_WARNING.spells} spells or more. A design rule of this portal."
    )


def trial_words(trials: Sequence[WarningTrial]) -> list[str]:
    """How the rule did on last year's data, a sentence a term; said aloud where it was never tried."""
    if not trials:
        return ["It has not been tried on last year: no registers of last year are held, or the night has not come."]
    return [_tried(one) for one in trials]


def _tried(one: WarningTrial) -> str:
    after = f"Tried on {year_label(one.year)}, after the {one.term} term: of {one.pupils:,} children judged, "
    were = "was" if one.warned == 1 else "were"
    rightly = f"{one.warned_rightly:,} ({_share(one.warned_rightly, one.warned)})"
    hit = f"{one.warned:,} {were} warned, of whom {rightly} {'was' if one.warned_rightly == 1 else 'were'} "
    missed = f"persistently absent in the next term; of the {one.persistent:,} who were, {one.warned_rightly:,} "
    return after + hit + missed + f"({_share(one.warned_rightly, one.persistent)}) had been warned."


def _share(part: int, whole: int) -> str:
    return percent(part, whole) if whole else "none"


def outcomes(name: str, one: Standing, left: int) -> Chart:
    """Where the year can end: none of the sessions left attended, as many as so far, all of them."""
    year = one.possible + left
    going_on = (2 * one.attended * left + one.possible) // (2 * one.possible)  # half up
    ends = [
        ("If none of the sessions left is attended", one.attended),
        ("If attendance goes on as it was so far", one.attended + going_on),
        ("If every session left is attended", one.attended + left),
    ]
    edges = [100 * edge.numerator / edge.denominator for edge in LINCOLNSHIRE.edges]
    return outcome_bar(name, "Where the year can end", [(words, there, year) for words, there in ends], edges)


def row(
    one: Standing,
    enrolment: Enrolment,
    left: int | None,
    flags: Any,
    trials: Sequence[WarningTrial],
    *,
    terms: HeldTerms,
    asked: Level = NO_LEVEL,
) -> dict[str, Any]:
    """What a child's page shows of what may come at one school. terms: the school's; asked: a level to finish at."""
    return {
        "school": enrolment.school,
        "left": left,
        "parts": parts(one, left) if left is not None else "",
        "outcomes": outcomes(f"outcomes-{enrolment.pk}", one, left) if left is not None else None,
        "targets": targets(one, left, asked) if left is not None else [],
        "warned": warned(flags, one.as_at, terms),
        "rule": rule_words(),
        "trials": trial_words(trials),
    }
