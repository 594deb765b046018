"""The written rule once more, in plain Python with fractions and loops: for the tests of the real one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Weeks = list[tuple[int, int]]  # attended and possible, week by week
EDGES = [(Fraction(95), True), (Fraction(90), False), (Fraction(80), True), (Fraction(50), False)]


@dataclass
class Answer:
    """The matched of one child, or why there are none."""

    why_not: str = ""
    matched: tuple[int, ...] = ()
    before: tuple[int, int] = (0, 0)
    after: tuple[int, int] = (0, 0)


def school_weeks(children: list[Weeks]) -> list[int]:
    """Whole ones: as many sessions as any week gave at least half of those who had some in the busiest week."""
    weeks = range(len(children[0]))
    half = Fraction(max(sum(1 for child in children if child[week][1]) for week in weeks), 2)

    def had(week: int, sessions: int) -> int:
        return sum(1 for child in children if child[week][1] >= sessions)

    whole = max(sessions for sessions in range(1, 15) if any(had(week, sessions) >= half for week in weeks))
    return [week for week in weeks if had(week, whole) >= half]


def added(child: Weeks, weeks: list[int]) -> tuple[int, int]:
    return sum(child[week][0] for week in weeks), sum(child[week][1] for week in weeks)


def share(sessions: tuple[int, int]) -> Fraction:
    return Fraction(100 * sessions[0], sessions[1])


def category(percent: Fraction) -> int:
    worse = [percent < edge if reached else percent <= edge for edge, reached in EDGES]
    return 1 + sum(worse)


def answer(
    children: list[Weeks],
    child: int,
    began: int,
    supported: list[tuple[int, int, int]],
    *,
    span: int,
    after_span: int,
    level: int,
    trend: int,
    sessions: int,
    nearest: int,
    fewest: int,
) -> Answer:
    """`children` are of one phase and year group; `supported` are (child, first week, last week)."""
    weeks = school_weeks(children)
    before = [week for week in weeks if week < began][-span:]
    after = [week for week in weeks if week > began][:after_span]
    if len(before) < span or len(after) < after_span:
        return Answer("too early")
    early, late = before[: span - span // 2], before[span - span // 2 :]

    def is_full(one: Weeks) -> bool:
        enough = added(one, before)[1] >= sessions and added(one, after)[1] >= sessions
        return enough and added(one, early)[1] > 0 and added(one, late)[1] > 0

    def rise(one: Weeks) -> Fraction:
        return share(added(one, late)) - share(added(one, early))

    mine = children[child]
    if not is_full(mine):
        return Answer("too few sessions")
    had = {who for who, first, last in supported if first <= after[-1] and last >= before[0]} | {child}
    found = []
    for other, theirs in enumerate(children):
        if other in had or not is_full(theirs):
            continue
        here, there = share(added(mine, before)), share(added(theirs, before))
        apart, turned = abs(here - there), abs(rise(mine) - rise(theirs))
        if category(here) == category(there) and apart <= level and turned <= trend:
            found.append((apart, turned, other))
    if len(found) < fewest:
        return Answer("unmatched")
    matched = tuple(other for _, _, other in sorted(found)[:nearest])
    return Answer("", matched, added(mine, before), added(mine, after))
