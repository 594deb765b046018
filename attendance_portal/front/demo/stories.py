"""Turns that a meeting is about: newly severe, back, recovered, newly persistent; and an illness at two schools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from attendance_portal.front.demo.marks import Bools, Ints, Plan
from attendance_portal.front.demo.rates import Floats
from attendance_portal.front.demo.world import Bytes
from schools.register.codes import NUMBERS

LEAST_SESSIONS: Final = 60
# What happened, and the rate of absence of the pupils to whom it comes nearest.
STORIES: Final = (
    ("newly severe", 0.5),
    ("back in school", 0.6),
    ("recovered", 0.095),
    ("newly persistent", 0.105),
)
_SHARE: Final = 0.003
_ILL_FOR: Final = timedelta(days=26)
"""Four weeks, less a weekend: two schools that share the days of a week see fewer than 15 of them each."""


def tell_stories(plan: Plan, missed: Bools, settled: Bools, rng: np.random.Generator) -> dict[str, Ints]:
    """Rewrite `missed` for a few pupils so that the last weeks tell each story; which pupils, by story.

    Nothing happens in a school of fewer than 25 pupils, or before a year has 60 sessions.
    """
    due = plan.due
    able = (due.sum(1) >= LEAST_SESSIONS) & due[:, -20:].any(1) & ~settled.any(1)
    told: dict[str, Ints] = {}
    if len(plan.rate) < 25:
        return told
    number = max(1, round(_SHARE * len(plan.rate)))
    for story, rate in STORIES:
        rows = _nearest(plan.rate, able, rate)[:number]
        able[rows] = False
        for row in rows:
            sessions = np.flatnonzero(due[row])
            missed[row] = False
            missed[row, sessions[_missed_in(story, len(sessions), rng)]] = True
        told[story] = rows
    return told


def _nearest(rate: Floats, able: Bools, wanted: float) -> Ints:
    order = np.argsort(np.abs(rate - wanted), kind="stable")
    return order[able[order]]


def _missed_in(story: str, possible: int, rng: np.random.Generator) -> Ints:
    """Places among the pupil's own possible sessions that were missed, by the end of them."""
    recent = int(rng.integers(2, 9))
    if story == "newly severe":
        run = -(-possible // 2) + recent // 4
        return np.arange(possible - run, possible)
    if story == "back in school":
        away = round(0.62 * possible)
        end = possible - 6 - recent
        return np.arange(max(end - away, 0), end)
    threshold = -(-possible // 10)
    if story == "recovered":
        return np.arange(8, 8 + threshold - 1)
    return np.arange(possible - threshold - 1, possible - 1)


def tell_illness(plan: Plan, marks: Bytes, rows: Sequence[int], days: Sequence[date]) -> None:
    """Make these pupils ill (I) for four weeks from the third Monday of the school year, and not ill otherwise."""
    first = days[0] + timedelta(days=14 - days[0].weekday())
    ill = np.repeat([first <= day < first + _ILL_FOR for day in days], 2)
    present = np.where(np.arange(len(ill)) % 2, NUMBERS["\\"], NUMBERS["/"])
    for row in rows:
        well = plan.due[row] & (marks[row] == NUMBERS["I"])
        marks[row, well] = present[well]
        marks[row, plan.due[row] & ill] = NUMBERS["I"]
