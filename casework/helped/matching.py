"""The written rule by which children are matched, and attendance before and after of both. Pure: numpy alone.

The rule is the portal's own design. It asks who was alike before, so that what they share (the season, the ordinary
recovery after a bad stretch) falls out of the difference. It is a comparison and no trial: what nobody wrote down
may differ between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schools.register.bands import LINCOLNSHIRE, BandPolicy, bands

Rows = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Sessions = npt.NDArray[np.int64]
Points = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NOBODY: Final = -1
_FARTHEST: Final = np.iinfo(np.int64).max
_SCALE: Final = 10**9


@dataclass(frozen=True)
class MatchRule:
    """Whole numbers: whole school weeks before and after, percentage points, half-days, children.

    level_points: most that attendance before may differ; trend_points: the same of the change from the first half of
    the weeks before to the second. A child with fewer matched than `fewest` is not compared.
    """

    before: int = 6
    after: int = 6
    level_points: int = 5
    trend_points: int = 10
    fewest_sessions: int = 10
    nearest: int = 10
    fewest: int = 5


@dataclass(frozen=True)
class Held:
    """Half-days of each child by calendar week, linked records and schools together: uint8[n, weeks] each.

    alike int64[n]: children of one phase and year group share a number.
    """

    attended: Bytes
    possible: Bytes
    alike: Rows

    def part(self, rows: Rows) -> Held:
        """Some of the children."""
        return Held(self.attended[rows], self.possible[rows], self.alike[rows])


@dataclass(frozen=True)
class Stretches:
    """Support of some kind, entry for entry: the child's row, and the first and last week of it. int64[m] each."""

    row: Rows
    first: Rows
    last: Rows

    def of(self, rows: Rows) -> Stretches:
        """Those of some children (sorted rows), each by its place among them."""
        found = np.flatnonzero(np.isin(self.row, rows))
        return Stretches(np.searchsorted(rows, self.row[found]), self.first[found], self.last[found])

    def __add__(self, other: Stretches) -> Stretches:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Stretches(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Compared:
    """The children who are compared, row for row, and how many are not, and why.

    rows int64[m]; before and after int64[m, 2] (attended, possible); matched int64[m, nearest], NOBODY beyond the
    last; theirs_before and theirs_after int64[m, nearest, 2]; by_week and theirs_by_week int64[before + after, 2],
    all sessions together.
    """

    rule: MatchRule
    rows: Rows
    before: Sessions
    after: Sessions
    matched: Rows
    theirs_before: Sessions
    theirs_after: Sessions
    by_week: Sessions
    theirs_by_week: Sessions
    too_early: int
    too_few_sessions: int
    unmatched: int

    @property
    def changes(self) -> Points:
        """Of each child, in percentage points."""
        return _points(self.after) - _points(self.before)

    @property
    def their_changes(self) -> Points:
        """The mean change of each child's matched children, in percentage points."""
        there = self.matched != NOBODY
        change = np.where(there, _points(self.theirs_after) - _points(self.theirs_before), 0.0)
        mean: Points = change.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        return mean

    @property
    def differences(self) -> Points:
        """What is left of each child's change when the matched children's is taken away."""
        return self.changes - self.their_changes


def _points(sessions: Sessions) -> Points:
    """Attendance in per cent; 0 where nothing was possible, which is nowhere compared."""
    share: Points = 100.0 * sessions[..., 0] / np.maximum(sessions[..., 1], 1)
    return share


def school_weeks(possible: Bytes) -> Rows:
    """The calendar weeks, of all, that were whole school weeks of these children.

    In a whole week at least half as many children as had a session in the busiest had as many sessions as a week can
    have: the most that so many had in any. So neither a week that a term begins or ends within, nor one with a bank
    holiday, nor the one that is not over yet.
    """
    busiest = int((possible > 0).sum(axis=0).max(initial=0))
    for sessions in range(int(possible.max(initial=0)), 0, -1):
        is_whole = 2 * (possible >= sessions).sum(axis=0) >= busiest
        if is_whole.any():
            return np.flatnonzero(is_whole).astype(np.int64)
    return np.zeros(0, np.int64)


def weeks_since(weeks: Rows, begun: int) -> int:
    """How many of these school weeks come after the calendar week in which it began."""
    return int(len(weeks) - np.searchsorted(weeks, begun, side="right"))


@dataclass(frozen=True)
class _Look:
    """What one comparison looks at. running int16[2, school weeks + 1, n]: totals attended and possible so far."""

    weeks: Rows
    running: npt.NDArray[np.int16]
    had: Stretches
    rule: MatchRule
    policy: BandPolicy

    @classmethod
    def of(cls, held: Held, had: Stretches, rule: MatchRule, policy: BandPolicy) -> _Look:
        weeks = school_weeks(held.possible)
        running = np.zeros((2, len(weeks) + 1, len(held.alike)), np.int16)
        for at, sessions in enumerate((held.attended, held.possible)):
            np.cumsum(sessions[:, weeks].T, axis=0, out=running[at, 1:], dtype=np.int16)
        return cls(weeks, running, had, rule, policy)

    def between(self, first: int, stop: int, rows: Rows) -> Sessions:
        """int64[len(rows), 2]: of school weeks `first` to `stop`, not included."""
        found = self.running[:, stop, rows] - self.running[:, first, rows]
        return found.T.astype(np.int64)

    def by_week(self, rows: Rows, places: Rows) -> Sessions:
        """int64[..., weeks, 2]: of these rows in these school weeks, broadcast against each other."""
        found = self.running[:, places + 1, rows] - self.running[:, places, rows]
        return np.moveaxis(found, 0, -1).astype(np.int64)


@dataclass(frozen=True)
class _Before:
    """What children are matched by, of the weeks before: sessions, category and trend as a fraction. int64[k]."""

    sessions: Sessions
    band: Bytes
    rise: Sessions
    per: Sessions

    @property
    def level(self) -> Points:
        return _points(self.sessions)

    @property
    def trend(self) -> Points:
        share: Points = self.rise / np.maximum(self.per, 1)
        return share


def _before(look: _Look, at: int, rows: Rows) -> _Before:
    """at: the place among the school weeks of the week in which it began, or of the next where that is none."""
    first, middle = at - look.rule.before, at - look.rule.before // 2
    early, late = look.between(first, middle, rows), look.between(middle, at, rows)
    whole = early + late
    band = bands(whole[:, 0].astype(np.int32), whole[:, 1].astype(np.int32), look.policy)
    return _Before(whole, band, late[:, 0] * early[:, 1] - early[:, 0] * late[:, 1], early[:, 1] * late[:, 1])


def compare(
    held: Held, begun: Stretches, had: Stretches, rule: MatchRule, policy: BandPolicy = LINCOLNSHIRE
) -> Compared:
    """Children in the weeks before and after support began (`begun.first`), against those matched by the rule.

    had: every other stretch of any support; nobody is matched who had some in the weeks looked at. A child stands
    once in `begun`. The week in which it began is in neither stretch. School weeks are those of each phase and year
    group.
    """
    found, had = [_nobody(rule)], had + begun
    for number in np.unique(held.alike[begun.row]):
        rows = np.flatnonzero(held.alike == number)
        part = _compare_alike(held.part(rows), begun.of(rows), had.of(rows), rule, policy)
        matched = np.where(part.matched == NOBODY, NOBODY, rows[np.maximum(part.matched, 0)])
        found.append(replace(part, rows=rows[part.rows], matched=matched))
    return _together(found)


def _nobody(rule: MatchRule) -> Compared:
    none = np.zeros((0, 2), np.int64)
    theirs, weekly = np.zeros((0, rule.nearest, 2), np.int64), np.zeros((rule.before + rule.after, 2), np.int64)
    rows, matched = np.zeros(0, np.int64), np.zeros((0, rule.nearest), np.int64)
    return Compared(rule, rows, none, none, matched, theirs, theirs, weekly, weekly, 0, 0, 0)


def _together(parts: Sequence[Compared]) -> Compared:
    """The children of all year groups, row under row; weeks and counts added up."""
    arrays = ("rows", "before", "after", "matched", "theirs_before", "theirs_after")
    added = ("by_week", "theirs_by_week", "too_early", "too_few_sessions", "unmatched")
    found: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
    found |= {name: sum(getattr(part, name) for part in parts) for name in added}
    return Compared(rule=parts[0].rule, **found)


def _compare_alike(held: Held, begun: Stretches, had: Stretches, rule: MatchRule, policy: BandPolicy) -> Compared:
    """`compare` of children of one phase and year group. One step for each week, none for a child."""
    look = _Look.of(held, had, rule, policy)
    at = np.searchsorted(look.weeks, begun.first)
    then = np.searchsorted(look.weeks, begun.first, side="right")
    whole = (at >= rule.before) & (then + rule.after <= len(look.weeks))
    matched = np.full((len(begun.row), rule.nearest), NOBODY, np.int64)
    enough = np.zeros(len(begun.row), bool)
    for week in np.unique(begun.first[whole]):
        chosen = np.flatnonzero(whole & (begun.first == week))
        one = int(chosen[0])
        enough[chosen], matched[chosen] = _matched(look, int(at[one]), int(then[one]), begun.row[chosen])
    kept = np.flatnonzero(((matched != NOBODY).sum(axis=1) >= rule.fewest) & enough)
    places = np.concatenate([at[kept, None] + np.arange(-rule.before, 0), then[kept, None] + np.arange(rule.after)], 1)
    left_out = int((~whole).sum()), int((whole & ~enough).sum()), int(enough.sum()) - len(kept)
    return _compared(look, begun.row[kept], matched[kept], places, left_out)


def _matched(look: _Look, at: int, then: int, rows: Rows) -> tuple[Flags, Rows]:
    """Of children whose support began in one week: who has sessions enough, and the rows of the matched.

    at and then: the places of the first school week not before that week, and of the first after it.
    """
    had, rule = look.had, look.rule
    within = (had.first <= look.weeks[then + rule.after - 1]) & (had.last >= look.weeks[at - rule.before])
    everyone = np.arange(look.running.shape[2], dtype=np.int64)
    fellows = np.setdiff1d(everyone, had.row[within])
    fellows = fellows[_has_enough(look, at, then, fellows)]
    distance = _distance(_before(look, at, rows), _before(look, at, fellows), rule)
    near = np.flatnonzero((distance != _FARTHEST).any(axis=0))
    order = np.argsort(distance[:, near], axis=1, kind="stable")[:, : rule.nearest]
    reached = np.take_along_axis(distance[:, near], order, axis=1) != _FARTHEST
    found = np.full((len(rows), rule.nearest), NOBODY, np.int64)
    found[:, : order.shape[1]] = np.where(reached, fellows[near][order], NOBODY)
    return _has_enough(look, at, then, rows), found


def _has_enough(look: _Look, at: int, then: int, rows: Rows) -> Flags:
    """Enough possible sessions before and after, and some in each half of the weeks before."""
    first, middle, fewest = at - look.rule.before, at - look.rule.before // 2, look.rule.fewest_sessions
    enough: Flags = look.between(first, at, rows)[:, 1] >= fewest
    enough &= look.between(then, then + look.rule.after, rows)[:, 1] >= fewest
    enough &= (look.between(first, middle, rows)[:, 1] > 0) & (look.between(middle, at, rows)[:, 1] > 0)
    return enough


def _distance(ours: _Before, theirs: _Before, rule: MatchRule) -> Sessions:
    """int64[ours, theirs]: nearest in attendance first, then in trend; _FARTHEST where the rule does not match them.

    Whether the rule matches is asked in whole numbers, never of a rounded percentage.
    """
    (a, p), (b, q) = ours.sessions.T[:, :, None], theirs.sessions.T[:, None, :]
    rise, per = ours.rise[:, None], ours.per[:, None]
    matches = ours.band[:, None] == theirs.band[None, :]
    matches &= 100 * np.abs(a * q - b * p) <= rule.level_points * p * q
    matches &= 100 * np.abs(rise * theirs.per - theirs.rise * per) <= rule.trend_points * per * theirs.per
    level = np.rint(np.abs(ours.level[:, None] - theirs.level) * (_SCALE / 100)).astype(np.int64)
    trend = np.rint(np.abs(ours.trend[:, None] - theirs.trend) * _SCALE).astype(np.int64)
    return np.where(matches, level * _SCALE + trend, _FARTHEST)


def _compared(look: _Look, rows: Rows, matched: Rows, places: Rows, left_out: tuple[int, int, int]) -> Compared:
    """What was attended and possible in each school week (`places`) before and after, of the children and matched."""
    weekly = look.by_week(rows[:, None], places)
    theirs = look.by_week(np.maximum(matched, 0)[:, :, None], places[:, None, :])
    theirs[matched == NOBODY] = 0
    too_early, too_few, unmatched = left_out
    begins = look.rule.before
    return Compared(
        rule=look.rule,
        rows=rows,
        before=weekly[:, :begins].sum(axis=1),
        after=weekly[:, begins:].sum(axis=1),
        matched=matched,
        theirs_before=theirs[:, :, :begins].sum(axis=2),
        theirs_after=theirs[:, :, begins:].sum(axis=2),
        by_week=weekly.sum(axis=0),
        theirs_by_week=theirs.sum(axis=(0, 1)),
        too_early=too_early,
        too_few_sessions=too_few,
        unmatched=unmatched,
    )
