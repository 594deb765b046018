"""What is said of a comparison: the rule as people read it, how far it can be trusted, and figures as shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.urls import reverse

from attendance_portal.charts import Chart, compared_weeks, percent
from attendance_portal.models import Membership
from casework.helped.matching import NOBODY, Compared, MatchRule, Sessions
from casework.helped.of_case import Answer, Start
from casework.models import Case
from casework.parts import Part

SPANS: Final = (4, 6, 8, 12)
FEW_COMPARED: Final = 20
FEWEST_FOR_SPREAD: Final = 10

RECOVERY: Final = (
    "Help often begins when attendance is at its lowest, and many children come back to school more often after such "
    "a time without any help (natural recovery). So do not read the change alone: read what is left of it when the "
    "change of children who were alike is taken away. This is a comparison and no proof: children may differ in ways "
    "that no register shows, and other things may have happened in the same weeks."
)


def rule_sentences(rule: MatchRule) -> list[str]:
    """The written rule, as it is shown beside every comparison."""
    return [
        f"Before: the {_weeks(rule.before)} before the week in which it began. After: the {_weeks(rule.after)} that "
        "follow. The week itself is in neither.",
        "Whole school weeks alone count: those in which most children of the phase and year group had every session of "
        "a week. A week in which a term begins or ends, one with a bank holiday, and the one that is not over yet are "
        "left out, for both alike.",
        "Only possible sessions count: attendance is sessions attended out of the child’s own possible sessions, at "
        "all their schools together that you may see. Records linked as one child count once.",
        "Matched children are of the same authority, phase and year group, were in the same category of attendance in "
        f"the weeks before, within {rule.level_points} percentage points of the child’s attendance then, and their "
        f"attendance was rising or falling alike: within {rule.trend_points} points from the first half of those weeks "
        "to the second.",
        "They had no open case at any time in those weeks before and after. Every support named here is part of a "
        "case.",
        f"Each child needs at least {rule.fewest_sessions} possible sessions before and after, and some in each half "
        f"of the weeks before. Of those matched, up to {rule.nearest} are taken: the nearest in attendance, then in "
        f"trend. With fewer than {rule.fewest} there is no comparison.",
    ]


def _weeks(number: int) -> str:
    return "whole school week" if number == 1 else f"{number} whole school weeks"


def points(value: float) -> str:
    """A change in percentage points: “+12.5 points”, “−3.0 points”, “0.0 points”."""
    shown = f"{value:+.1f}" if round(value, 1) else "0.0"
    return f"{shown.replace('-', '−')} points"


def quartiles(values: npt.NDArray[np.float64]) -> tuple[str, str, str]:
    """The lower quartile, the median and the upper quartile in percentage points."""
    low, middle, high = (points(float(one)) for one in np.percentile(values, [25, 50, 75]))
    return low, middle, high


def share(sessions: Sessions) -> str:
    """Of (attended, possible), all added up: “87.5%”."""
    attended, possible = sessions.reshape(-1, 2).sum(axis=0).tolist()
    return percent(attended, possible)


@dataclass(frozen=True)
class Shown:
    """What a page says of one child: the answer in a sentence, warnings, facts and, where there is one, a chart."""

    answer: str
    warnings: Sequence[str] = ()
    facts: Sequence[dict[str, str]] = ()
    chart: Chart | None = None


def of_one(answer: Answer, start: Start, child: str) -> Shown:
    """One child before and after, beside those matched where there are enough of them."""
    found = answer.found
    if found is None:
        return Shown(answer.why_not)
    change = points(float(found.changes[0]))
    facts = [
        {"key": "What began", "value": f"{start.on:%-d %B %Y}: {start.kind.began}"},
        {"key": f"Before, {_weeks(found.rule.before)}", "value": _of_sessions(found.before)},
        {"key": f"After, {_weeks(found.rule.after)}", "value": _of_sessions(found.after)},
        {"key": "Change", "value": change},
    ]
    if not answer.has_matched:
        alone = replace(found, theirs_by_week=np.zeros_like(found.theirs_by_week))
        said = _UNMATCHED.format(fewest=answer.rule.fewest)
        return Shown(said, (), facts, chart("helped", _TITLE, alone, child))
    left, theirs = points(float(found.differences[0])), points(float(found.their_changes[0]))
    children = int((found.matched != NOBODY).sum())
    facts += [
        {
            "key": "Matched children",
            "value": f"{children}, before {share(found.theirs_before)}, after {share(found.theirs_after)}",
        },
        {"key": "Their change", "value": f"{theirs} on average{_spread(_changes_of_matched(found))}"},
        {"key": "What is left", "value": left},
    ]
    said = (
        f"Attendance changed by {change}. Of {children} children who were alike and had no case it changed by "
        f"{theirs}: {left} are left."
    )
    return Shown(said, _warnings(answer, children), facts, chart("helped", _TITLE, found, child))


_TITLE: Final = "Attendance by school week, before and after"
_UNMATCHED: Final = (
    "Fewer than {fewest} children were alike, so there is nothing to compare with: a change alone does not say what "
    "brought it about."
)


def _spread(changes: npt.NDArray[np.float64]) -> str:
    """How far changes lie apart, where there are enough that no single child's is told."""
    if len(changes) < FEWEST_FOR_SPREAD:
        return ""
    low, middle, high = quartiles(changes)
    return f"; half of them between {low} and {high}, the middle one {middle}"


def _of_sessions(sessions: Sessions) -> str:
    attended, possible = sessions[0].tolist()
    return f"{percent(attended, possible)}: {attended} of {possible} possible sessions attended"


def _changes_of_matched(found: Compared) -> npt.NDArray[np.float64]:
    """Of each child matched with the one child, in percentage points."""
    there = found.matched[0] != NOBODY
    one = replace(found, before=found.theirs_before[0][there], after=found.theirs_after[0][there])
    return one.changes


def _warnings(answer: Answer, children: int) -> list[str]:
    found = [f"This is one child, beside {children} others: a single illness can make such a difference."]
    if answer.rule.after < answer.rule.before:
        found.append(f"Only {_weeks(answer.rule.after)} have passed since: look again later.")
    return found


def chart(name: str, title: str, found: Compared, whose: str) -> Chart:
    """Attendance in each school week before and after, of the children and of those matched with them if there are
    any."""
    before, after = found.rule.before, found.rule.after
    words = [*(f"{number} before" for number in range(before, 0, -1)), *(f"{n} after" for n in range(1, after + 1))]
    both = zip(_percents(found.by_week), _percents(found.theirs_by_week), strict=True)
    weeks = [(word, *values) for word, values in zip(words, both, strict=True)]
    return compared_weeks(name, title, weeks, of=(whose, "Matched children"), begun=before)


def _percents(sessions: Sessions) -> list[float | None]:
    return [100 * attended / possible if possible else None for attended, possible in sessions.tolist()]


def file_rows(drawing: Chart, sentences: Sequence[str]) -> list[list[Any]]:
    """The chart's figures as lines of a file, and under them what they mean."""
    return [*(list(row) for row in drawing.rows), [], *([sentence] for sentence in (*sentences, RECOVERY))]


def helped_part(case: Case, _: Membership) -> Part | None:
    """On a case's page, the way to the question."""
    return Part("Did it help?", "casework/parts_helped.html", reverse("did_it_help", args=[case.pk]))
