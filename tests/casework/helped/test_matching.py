"""The written rule: numbers worked by hand, an oracle in plain Python, and no effect found where there is none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from casework.helped.matching import NOBODY, Held, MatchRule, Stretches, compare, school_weeks
from tests.casework.helped import oracle

RULE = MatchRule(before=4, after=4, level_points=5, trend_points=10, fewest_sessions=10, nearest=6, fewest=3)


def held(attended: npt.ArrayLike, possible: npt.ArrayLike, alike: npt.ArrayLike | None = None) -> Held:
    sessions = np.array(attended, np.uint8)
    numbers = np.zeros(len(sessions), np.int64) if alike is None else np.array(alike, np.int64)
    return Held(sessions, np.broadcast_to(np.array(possible, np.uint8), sessions.shape).copy(), numbers)


def stretches(*some: tuple[int, int, int]) -> Stretches:
    return Stretches(*np.array(some, np.int64).reshape(-1, 3).T)


def test_by_hand_what_is_left_is_the_change_beyond_that_of_the_matched() -> None:
    """Five of ten sessions in each of four weeks, then eight: 50% to 80%. Three alike went to 60%: 20 are left."""
    supported = [5, 5, 5, 5, 9, 8, 8, 8, 8]
    alike = [5, 5, 5, 5, 0, 6, 6, 6, 6]
    found = compare(held([supported, alike, alike, alike], 10), stretches((0, 4, 4)), stretches((0, 4, 8)), RULE)
    assert found.rows.tolist() == [0]
    assert found.before.tolist() == [[20, 40]] and found.after.tolist() == [[32, 40]]
    assert found.matched.tolist() == [[1, 2, 3, NOBODY, NOBODY, NOBODY]]
    assert found.changes.tolist() == [30.0] and found.their_changes.tolist() == [10.0]
    assert found.differences.tolist() == [20.0]
    assert found.by_week.tolist() == [[5, 10]] * 4 + [[8, 10]] * 4
    assert found.theirs_by_week.tolist() == [[15, 30]] * 4 + [[18, 30]] * 4


def test_sessions_that_were_not_possible_are_in_no_share() -> None:
    half_time = [[3, 6]] * 4 + [[0, 0]] + [[4, 5]] * 4
    others = [[5, 10]] * 4 + [[5, 10]] + [[5, 10]] * 4
    both = np.array([half_time, others, others, others], np.uint8)
    found = compare(Held(both[..., 0], both[..., 1], np.zeros(4, np.int64)), stretches((0, 4, 4)), stretches(), RULE)
    assert found.before.tolist() == [[12, 24]] and found.after.tolist() == [[16, 20]]
    assert found.differences.tolist() == [30.0]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ([6, 6, 6, 6, 0, 6, 6, 6, 6], "further than five points away"),
        ([4, 4, 6, 6, 0, 6, 6, 6, 6], "its trend rose by twenty points"),
        ([5, 5, 5, 6, 0, 6, 6, 6, 6], "another category, though only two and a half points better"),
        ([5, 5, 5, 5, 0, 6, 6, 6, 6], "matched, but of another year group"),
        ([5, 5, 5, 5, 0, 6, 6, 6, 6], "matched, but had support of its own"),
    ],
)
def test_by_hand_who_is_not_alike_is_not_matched(other: list[int], why: str) -> None:
    child, alike = [5, 5, 5, 5, 0, 8, 8, 8, 8], [5, 5, 5, 5, 0, 6, 6, 6, 6]
    of_other = 1 if "year group" in why else 0
    had = stretches((4, 8, 8)) if "support" in why else stretches()
    everyone = held([child, alike, alike, alike, other], 10, [0, 0, 0, 0, of_other])
    found = compare(everyone, stretches((0, 4, 4)), had, RULE)
    assert found.matched[0, :4].tolist() == [1, 2, 3, NOBODY]


def test_support_that_ended_before_the_weeks_looked_at_does_not_stand_in_the_way() -> None:
    child, alike = [9, 5, 5, 5, 5, 0, 8, 8, 8, 8], [9, 5, 5, 5, 5, 0, 6, 6, 6, 6]
    everyone = held([child, alike, alike, alike], 10)
    found = compare(everyone, stretches((0, 5, 5)), stretches((1, 0, 0)), RULE)
    assert found.matched[0, :3].tolist() == [1, 2, 3]


def test_holidays_are_no_school_weeks_and_the_week_of_the_start_is_in_neither_part() -> None:
    child = [5, 5, 0, 5, 5, 9, 0, 8, 8, 8, 8]
    possible = [10, 10, 0, 10, 10, 10, 0, 10, 10, 10, 10]
    found = compare(held([child, child, child, child], possible), stretches((0, 5, 5)), stretches(), RULE)
    assert found.before.tolist() == [[20, 40]] and found.after.tolist() == [[32, 40]]


def test_only_whole_school_weeks_count() -> None:
    """Two days of a beginning term, a bank holiday, and a week that has only begun: none is one of the four."""
    possible = [4, 10, 10, 8, 10, 10, 10, 10, 10, 10, 10, 2]
    child = [4, 5, 5, 8, 5, 5, 9, 8, 8, 8, 8, 2]
    everyone = held([child] * 4, possible)
    assert school_weeks(everyone.possible).tolist() == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    found = compare(everyone, stretches((0, 6, 6)), stretches(), RULE)
    assert found.before.tolist() == [[20, 40]] and found.after.tolist() == [[32, 40]]
    late = compare(everyone, stretches((0, 7, 7)), stretches(), RULE)
    assert (late.too_early, late.rows.tolist()) == (1, []), "the week that has only begun is not the fourth after"


def test_where_the_week_ends_on_friday_noon_nine_sessions_are_whole() -> None:
    possible = np.array([[9, 9, 7, 9]] * 3 + [[0, 9, 9, 9]], np.uint8)
    assert school_weeks(possible).tolist() == [0, 1, 3]
    assert school_weeks(np.zeros((3, 4), np.uint8)).tolist() == []


def test_who_is_not_compared_is_counted_with_the_reason() -> None:
    lone = [9, 9, 9, 9, 0, 9, 9, 9, 9]
    low = [5, 5, 5, 5, 0, 5, 5, 5, 5]
    some = held([low, low, low, low, low, lone], 10)
    some.possible[4, :4] = 0
    found = compare(some, stretches((0, 4, 4), (4, 4, 4), (5, 4, 4), (1, 7, 7)), stretches(), RULE)
    assert (found.too_early, found.too_few_sessions, found.unmatched, found.rows.tolist()) == (1, 1, 2, [])
    found = compare(some, stretches((0, 4, 4), (4, 4, 4), (5, 4, 4)), stretches(), RULE)
    assert (found.too_early, found.too_few_sessions, found.unmatched, found.rows.tolist()) == (0, 1, 1, [0])


def test_the_same_children_in_another_order_have_the_same_matched() -> None:
    """Where two are as near, the first by key; nothing is drawn by lot."""
    child = [5, 5, 5, 5, 0, 8, 8, 8, 8]
    everyone = held([child] * 12, 10)
    found = compare(everyone, stretches((4, 4, 4), (0, 4, 4)), stretches(), RULE)
    assert found.matched.tolist() == [[1, 2, 3, 5, 6, 7]] * 2


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_the_rule_in_plain_python(seed: int) -> None:
    draw = np.random.default_rng(seed)
    children, weeks, groups = 150, 16, 2
    possible = draw.choice([10, 10, 10, 8, 0], (children, weeks)).astype(np.uint8)
    possible[:, [5, 11]] = np.where(draw.random((children, 2)) < 0.9, 0, 10)
    level = np.repeat(draw.choice([0.3, 0.55, 0.7, 0.85, 0.92], children)[:, None], weeks, 1)
    attended = draw.binomial(possible, level).astype(np.uint8)
    alike = draw.integers(0, groups, children)
    begun = [(int(child), int(draw.integers(2, 13)), 0) for child in draw.choice(children, 20, replace=False)]
    had = [(child, week, week + 3) for child, week, _ in begun] + [(int(draw.integers(children)), 3, 6)]
    rule = MatchRule(before=4, after=3 + seed % 2, fewest_sessions=12, nearest=5, fewest=2, trend_points=15)
    everyone = Held(attended, possible, alike)
    found = compare(everyone, stretches(*begun), stretches(*had), rule)
    expected = {child: _by_oracle(everyone, child, week, had, rule) for child, week, _ in begun}
    reasons = [one.why_not for one in expected.values()]
    assert found.too_early == reasons.count("too early")
    assert found.too_few_sessions == reasons.count("too few sessions")
    assert found.unmatched == reasons.count("unmatched")
    assert set(found.rows.tolist()) == {child for child, one in expected.items() if not one.why_not}
    assert len(found.rows) > 2
    for at, child in enumerate(found.rows.tolist()):
        matched = tuple(row for row in found.matched[at].tolist() if row != NOBODY)
        assert matched == expected[child].matched
        assert tuple(found.before[at]) == expected[child].before and tuple(found.after[at]) == expected[child].after


def _by_oracle(
    everyone: Held, child: int, week: int, had: list[tuple[int, int, int]], rule: MatchRule
) -> oracle.Answer:
    fellows = np.flatnonzero(everyone.alike == everyone.alike[child]).tolist()
    both = np.stack([everyone.attended[fellows], everyone.possible[fellows]], axis=-1)
    children = [[(int(there), int(all_of)) for there, all_of in one] for one in both]
    supported = [(fellows.index(who), first, last) for who, first, last in had if who in fellows]
    found = oracle.answer(
        children, fellows.index(child), week, supported, span=rule.before, after_span=rule.after,
        level=rule.level_points, trend=rule.trend_points, sessions=rule.fewest_sessions, nearest=rule.nearest,
        fewest=rule.fewest,
    )  # fmt: skip
    found.matched = tuple(fellows[at] for at in found.matched)
    return found


def test_where_nothing_helped_nothing_is_left_though_the_children_recovered() -> None:
    """Support goes to children at a low point and changes nothing: they recover by themselves, as the matched do."""
    draw = np.random.default_rng(7)
    children, weeks, began = 6000, 13, 6
    usual = np.repeat(draw.beta(12, 2, children)[:, None], weeks, 1)
    spell = draw.random(children) < 0.3
    usual[spell, :began] *= 0.6
    attended = draw.binomial(10, usual).astype(np.uint8)
    low = np.flatnonzero(attended[:, :began].sum(axis=1) < 42)
    chosen = np.sort(draw.choice(low, 150, replace=False))
    begun = stretches(*((int(child), began, began) for child in chosen))
    found = compare(held(attended, 10), begun, begun, MatchRule())
    assert len(found.rows) > 140
    error = found.differences.std() / np.sqrt(len(found.rows))
    assert found.changes.mean() > 10
    assert abs(found.differences.mean()) < min(3 * error, 2)


def test_an_effect_is_found_as_large_as_it_was_made() -> None:
    draw = np.random.default_rng(8)
    children, weeks, began = 4000, 13, 6
    usual = np.repeat(draw.uniform(0.55, 0.75, children)[:, None], weeks, 1)
    chosen = np.sort(draw.choice(children, 200, replace=False))
    usual[chosen, began + 1 :] += 0.15
    begun = stretches(*((int(child), began, began) for child in chosen))
    found = compare(held(draw.binomial(10, usual), 10), begun, begun, MatchRule())
    assert abs(found.differences.mean() - 15) < 2
