"""`docs/law.md`: every dated rule that the code holds, with what it says, from when, and on whose word."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import singledispatch
from types import ModuleType

from attendance_portal.front.handbook.markdown import code, page, table
from attendance_portal.law import Confidence, DatedRule
from casework import standing_rules, termly_categories
from casework.standing_rules import StandingRule
from casework.termly_categories import Category, CensusDay
from schools.register import bands, codes, gaps, returns, runs, thresholds, warnings
from schools.register.bands import AbsenceRule, BandPolicy
from schools.register.codes import CodeRule
from schools.register.returns import NotNeeded
from schools.register.runs import DaysRule
from schools.register.thresholds import PenaltyThreshold

MODULES: tuple[ModuleType, ...] = (
    codes,
    bands,
    thresholds,
    runs,
    returns,
    gaps,
    warnings,
    standing_rules,
    termly_categories,
)
"""Every module that assigns dated rules to names of its own (a test looks for others)."""

_COUNTS_AS = {
    codes.ATTENDING: "attending",
    codes.AUTHORISED: "authorised absence",
    codes.UNAUTHORISED: "unauthorised absence",
    codes.NOT_POSSIBLE: "not a possible attendance",
    codes.NOT_COLLECTED: "administrative: neither possible nor collected",
}
_HEADINGS = ("What it says", "In force", "Strength", "Source", "How well checked", "In the code")


@dataclass(frozen=True)
class Held:
    """A rule, and the name under which the code holds it."""

    rule: DatedRule
    module: str
    name: str

    @property
    def place(self) -> str:
        return f"{self.module}.{self.name}"


def law() -> str:
    """The document: the rules that may move a letter or a fine first, then the register's codes."""
    held = list(rules_held())
    others = [one for one in held if not isinstance(one.rule, CodeRule)]
    return page(
        "The law and the policy in the code",
        "Each row is data with a date and a source (`attendance_portal/law.py`); old law stays, so that a mark of "
        "another year counts as it did then. “Must” is law or statutory definition, “should” is guidance, "
        "“design” is a choice of this project. Rules that an authority sets for itself are data of that authority "
        "and stand in no document.",
        _by_confidence(held),
        "## Absence, bands, thresholds and runs",
        table(_HEADINGS, map(_row, others)),
        "## Attendance codes",
        table(_HEADINGS, (_row(one) for one in held if isinstance(one.rule, CodeRule))),
    )


def rules_held() -> Iterator[Held]:
    """Every dated rule, once, in the order of the code; a row with two names has that of its table."""
    seen: set[int] = set()
    for module in MODULES:
        for name in _own_names(module):
            for rule in rules_in(getattr(module, name)):
                if id(rule) not in seen:
                    seen.add(id(rule))
                    yield Held(rule, module.__name__, name)


def rules_in(value: object) -> Iterator[DatedRule]:
    """The rules in a value: itself, or what a tuple, list or dictionary holds."""
    if isinstance(value, DatedRule):
        yield value
    elif isinstance(value, dict):
        yield from rules_in(list(value.values()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from rules_in(item)


def _own_names(module: ModuleType) -> list[str]:
    """The names that a module assigns at its top, in order: not those it imports."""
    found: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        targets: Iterable[ast.expr] = node.targets if isinstance(node, ast.Assign) else ()
        if isinstance(node, ast.AnnAssign):
            targets = (node.target,)
        found += [target.id for target in targets if isinstance(target, ast.Name) and hasattr(module, target.id)]
    return found


def _row(held: Held) -> tuple[str, ...]:
    rule = held.rule
    words = in_words(rule) or _of_its_name(held)
    return words, _in_force(rule), rule.strength.value, rule.source, rule.confidence.value, code(held.place)


def _in_force(rule: DatedRule) -> str:
    end = f"until {_day(rule.in_force_until)}" if rule.in_force_until else "on"
    return f"from {_day(rule.in_force_from)} {end}"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _by_confidence(held: list[Held]) -> str:
    counted = [(word.value, sum(one.rule.confidence == word for one in held)) for word in Confidence]
    return table(("How well the source was checked", "Rules"), [(word, str(n)) for word, n in counted if n])


@singledispatch
def in_words(rule: DatedRule) -> str:
    """What a rule says; empty where its name and its numbers must say it."""
    return ""


@in_words.register
def _code(rule: CodeRule) -> str:
    sent = f" DfE counts it in {code(rule.dfe_column)}." if rule.dfe_column else ""
    return f"{code(rule.mark)} counts as {_COUNTS_AS[rule.counts_as]}: {rule.meaning}.{sent}"


@in_words.register
def _absence(rule: AbsenceRule) -> str:
    return (
        f"A pupil is {rule.name}ly absent when {rule.times} times the sessions missed is at least their own "
        f"possible sessions ({100 // rule.times}% or more missed)."
    )


@in_words.register
def _bands(rule: BandPolicy) -> str:
    edges = zip(rule.labels, rule.edges, strict=False)
    told = [
        f"“{label}” {'from' if edge.reached else 'above'} {edge.numerator}/{edge.denominator} attended"
        for label, edge in edges
    ]
    return f"Five bands, the first that fits: {'; '.join(told)}; “{rule.labels[-1]}” below."


@in_words.register
def _threshold(rule: PenaltyThreshold) -> str:
    return (
        f"A penalty notice must be considered when a pupil has {rule.sessions} unauthorised sessions within "
        f"{rule.school_weeks} school weeks."
    )


@in_words.register
def _not_needed(rule: NotNeeded) -> str:
    return "A return that is not needed unless the authority asks for it."


@in_words.register
def _standing(rule: StandingRule) -> str:
    return f"{rule.group}: {rule.title}. {rule.words}"


@in_words.register
def _category(rule: Category) -> str:
    return f"“{rule.label}” is a category of the termly counts ({code(rule.code or 'empty')})."


@in_words.register
def _census(rule: CensusDay) -> str:
    return f"{rule.term} term: Thursday {rule.thursday} of month {rule.month} is the census date of the termly counts."


def _of_its_name(held: Held) -> str:
    """A rule told by its name in the code and its own values."""
    name = held.name.replace("_", " ").capitalize()
    if isinstance(held.rule, DaysRule):
        return f"{name}: {held.rule.days} school days ({held.rule.half_days} sessions)."
    plain = {field.name for field in fields(DatedRule)}
    own = [field.name for field in fields(held.rule) if field.name not in plain]
    return f"{name}: " + ", ".join(f"{field.replace('_', ' ')} {getattr(held.rule, field)}" for field in own)
