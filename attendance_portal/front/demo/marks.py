"""Marks of one school's year, drawn for all its pupils at once: spells of absence, codes, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance_portal.front.demo.rates import ABSENCE_CODES, Floats, code_shares
from attendance_portal.front.demo.world import Bytes
from schools.register.codes import NUMBERS

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Added to a day's chance of being missed: Monday to Friday.
_WEEKDAY: Final = np.array([0.05, -0.04, -0.04, 0.0, 0.13])
# Spells come from noise smoothed over this many days, by the rate of absence.
_SPELLS: Final = ((0.0, 3), (0.15, 7), (0.4, 25))
_SURELY: Final = 9.0
_HIGH_RATE: Final = 0.2
_PLAIN: Final = {"C1": "C", "C2": "C", "J1": "C"}

# How likely a code is for runs of 1, 2-4, 5-12 and 13 or more sessions; then the same for high absentees.
_FITS: Final[dict[str, tuple[float, ...]]] = {
    "I": (2, 9, 6, 2, 2, 7, 6, 4),
    "O": (1, 1, 1, 0.5, 2, 4, 8, 14),
    "G": (0, 0.3, 8, 1, 0, 0.3, 6, 1),
    "M": (9, 0.3, 0, 0, 9, 0.3, 0, 0),
    "C": (2, 2, 2, 0.5, 2, 2, 2, 2),
    "C1": (1, 2, 0.2, 0, 0, 0.5, 0, 0),
    "C2": (1, 0.5, 0.5, 0.5, 4, 1, 1, 3),
    "E": (0.2, 2, 2, 0, 0.5, 5, 5, 1),
    "J1": (4, 1, 0, 0, 2, 0.5, 0, 0),
    "N": (3, 1, 0.1, 0, 3, 1, 0.1, 0),
    "R": (0.5, 6, 0, 0, 0.5, 4, 0, 0),
    "S": (0.1, 1, 2, 0.1, 0.1, 1, 2, 0.1),
    "T": (0, 0.3, 1, 2, 0, 0.3, 1, 2),
    "U": (9, 0.1, 0, 0, 9, 0.2, 0, 0),
}


@dataclass(frozen=True)
class Plan:
    """What is settled of a school's year before chance: rows are pupils, columns half-days.

    `fixed` holds the number of a mark that is settled (closed, at the other school, snow), else 0;
    `enrolled` where the pupil is on roll. `rate` is the share of possible sessions to miss.
    `figures` names the national figures that fit each pupil. `plain`: only codes of one character.
    """

    weekday: Ints
    fixed: Bytes
    enrolled: Bools
    rate: Floats
    year_group: Ints
    figures: NDArray[np.str_]
    plain: bool

    @property
    def due(self) -> Bools:
        due: Bools = self.enrolled & (self.fixed == 0)
        return due


def draw_absence(plan: Plan, rng: np.random.Generator) -> tuple[Bools, Bytes]:
    """Which sessions each pupil misses (`rate` of the possible ones), and the codes settled already."""
    settled = np.zeros(plan.fixed.shape, np.uint8)
    _holidays(plan, settled, rng)
    if not plan.plain:
        _part_time(plan, settled, rng)
    due = plan.due
    score = _score(plan, rng) + _SURELY * (settled > 0)
    missed = _highest(np.where(due, score, -np.inf), np.rint(plan.rate * due.sum(1)).astype(int))
    return missed, np.where(missed, settled, 0).astype(np.uint8)


def write_marks(plan: Plan, missed: Bools, settled: Bytes, rng: np.random.Generator) -> Bytes:
    """The numbers of the code book for every session; 0 outside enrolment and for a mark left out."""
    marks = _attending(plan, rng)
    coded = settled.copy()
    for figures in np.unique(plan.figures):
        rows = plan.figures == figures
        coded[rows] = _coded(plan, rows, missed[rows], settled[rows], rng)
    marks = np.where(missed, coded, marks)
    if plan.plain:
        _keep_apart(marks)
    marks = np.where(plan.fixed > 0, plan.fixed, marks)
    left_out = plan.due & ~missed & (rng.random(marks.shape) < 0.0005)
    return np.where(plan.enrolled & ~left_out, marks, 0).astype(np.uint8)


def _score(plan: Plan, rng: np.random.Generator) -> Floats:
    """The higher a session stands for a pupil the sooner it is missed; neighbours stand alike."""
    pupils, sessions = plan.fixed.shape
    days = sessions // 2
    noise = rng.standard_normal((pupils, days + 30))
    smooth = np.empty((pupils, days))
    for least, width in _SPELLS:
        rows = plan.rate >= least
        total = np.cumsum(noise[rows], axis=1)
        smooth[rows] = (total[:, width : width + days] - total[:, :days]) / np.sqrt(width)
    by_day = smooth + 0.5 * rng.standard_normal((pupils, days)) + _WEEKDAY[plan.weekday[::2]]
    return np.repeat(by_day, 2, axis=1) + 0.3 * rng.standard_normal((pupils, sessions))


def _highest(score: Floats, wanted: Ints) -> Bools:
    """In each row, the `wanted` sessions that score highest."""
    ordered = -np.sort(-score, axis=1)
    last = np.take_along_axis(ordered, np.maximum(wanted - 1, 0)[:, None], axis=1)
    return (score >= last) & (wanted > 0)[:, None] & np.isfinite(score)


def _holidays(plan: Plan, settled: Bytes, rng: np.random.Generator) -> None:
    """A week of refused holiday for as many pupils as the national share of G allows."""
    possible = plan.due.sum(1)
    days = settled.shape[1] // 2
    for figures in np.unique(plan.figures):
        able = np.flatnonzero((plan.figures == figures) & (plan.rate * possible >= 10) & (plan.rate < 0.3))
        sessions = 0.75 * code_shares(str(figures), ("G",))[0] * possible[plan.figures == figures].sum()
        takers = rng.permutation(able)[: int(sessions / 10 + rng.random())]
        mondays = np.flatnonzero(plan.weekday[::2] == 0)
        for row in takers if len(mondays) else ():
            start = int(rng.choice(mondays))
            settled[row, 2 * start : 2 * min(start + 5, days)] = NUMBERS["G"]


def _part_time(plan: Plan, settled: Bytes, rng: np.random.Generator) -> None:
    """Afternoons on an agreed part-time timetable, for a few pupils who miss much."""
    possible = plan.due.sum(1)
    for figures in np.unique(plan.figures):
        able = np.flatnonzero((plan.figures == figures) & (plan.rate >= 0.2) & (plan.rate < 0.7))
        left = 0.7 * code_shares(str(figures), ("C2",))[0] * possible[plan.figures == figures].sum()
        for row in rng.permutation(able):
            length = int(min(left, 0.8 * plan.rate[row] * possible[row]))
            if length < 10:
                break
            start = 1 + 2 * int(rng.integers(0, max(1, settled.shape[1] // 2 - length)))
            settled[row, start : start + 2 * length : 2] = NUMBERS["C2"]
            left -= length


def _keep_apart(marks: Bytes) -> None:
    """No `CL` in the cell of a day: people, and careful readers, take it for the code C1."""
    afternoons = marks[:, 1::2]
    alike = (marks[:, ::2] == NUMBERS["C"]) & (afternoons == NUMBERS["L"])
    afternoons[alike] = NUMBERS["\\"]


def _coded(plan: Plan, rows: Bools, missed: Bools, settled: Bytes, rng: np.random.Generator) -> Bytes:
    """The code of each missed session: one for each unbroken run, in the national proportions."""
    free = missed & (settled == 0)
    padded = np.pad(free, ((0, 0), (1, 0)))
    starts = (padded[:, 1:] & ~padded[:, :-1]).ravel()
    if not starts.any():
        return settled
    run = np.cumsum(starts) - 1
    at = free.ravel()
    length = np.bincount(run[at])
    high = plan.rate[rows][np.flatnonzero(starts) // free.shape[1]] > _HIGH_RATE
    kind = np.digitize(length, (2, 5, 13)) + 4 * high
    wanted = _wanted(str(plan.figures[rows][0]), int(missed.sum()), settled)
    drawn = _draw_codes(kind, length, wanted, rng)
    numbers = np.array([NUMBERS[_PLAIN.get(c, c) if plan.plain else c] for c in ABSENCE_CODES], np.uint8)
    coded = settled.copy().ravel()
    coded[at] = numbers[drawn][run[at]]
    return coded.reshape(settled.shape)


def _wanted(figures: str, missed: int, settled: Bytes) -> Floats:
    """Sessions still wanted under each absence code, so that all together come to the national shares."""
    shares = code_shares(figures, ABSENCE_CODES)
    given = np.array([np.count_nonzero(settled == NUMBERS[code]) for code in ABSENCE_CODES])
    wanted: Floats = np.maximum(shares / shares.sum() * missed - given, 0.0)
    return wanted


def _draw_codes(kind: Ints, length: Ints, wanted: Floats, rng: np.random.Generator) -> Ints:
    """A code (place in ABSENCE_CODES) for each run, by the kind of run, keeping the sessions wanted."""
    held = np.bincount(kind, weights=length, minlength=8).astype(np.float64)
    table = np.array([_FITS[code] for code in ABSENCE_CODES]) + 1e-4
    wanted = wanted * held.sum() / max(wanted.sum(), 1e-9)
    for _ in range(60):
        table *= (wanted / np.maximum(table.sum(1), 1e-12))[:, None]
        table *= held / np.maximum(table.sum(0), 1e-12)
    drawn = np.zeros(len(kind), np.int64)
    for each in np.unique(kind):
        of_kind = kind == each
        upto = np.cumsum(table[:, each]) / table[:, each].sum()
        drawn[of_kind] = np.searchsorted(upto, rng.random(of_kind.sum()) * upto[-1])
    return np.minimum(drawn, len(ABSENCE_CODES) - 1)


# -- the sessions attended


def _attending(plan: Plan, rng: np.random.Generator) -> Bytes:
    pupils, sessions = plan.fixed.shape
    afternoon = np.arange(sessions) % 2 == 1
    present = np.where(afternoon, NUMBERS["\\"], NUMBERS["/"])
    marks = np.broadcast_to(present, (pupils, sessions)).astype(np.uint8)
    for figures in np.unique(plan.figures):
        rows = np.flatnonzero(plan.figures == figures)
        _late(marks, rows, float(code_shares(str(figures), ("L",))[0]), rng)
        for code, few in (("B", 0.06), ("P", 0.05), ("K", 0.01)):
            share = float(code_shares(str(figures), (code,))[0])
            _of_a_few(marks, rows, NUMBERS[code], share=share, few=few, rng=rng)
        _trips(plan, marks, rows, float(code_shares(str(figures), ("V",))[0]), rng)
    _work_experience(plan, marks, rng)
    return marks


def _late(marks: Bytes, rows: Ints, share: float, rng: np.random.Generator) -> None:
    """Late before the register closed: mornings mostly, and some pupils far more than others."""
    often = rng.gamma(0.6, 1 / 0.6, len(rows))[:, None]
    often /= max(often.mean(), 1e-9)
    by_session = np.where(np.arange(marks.shape[1]) % 2 == 0, 1.7, 0.3)
    late = rng.random((len(rows), marks.shape[1])) < np.minimum(1.1 * share * often * by_session, 0.7)
    marks[rows] = np.where(late, NUMBERS["L"], marks[rows])


def _of_a_few(marks: Bytes, rows: Ints, number: int, *, share: float, few: float, rng: np.random.Generator) -> None:
    """An activity that a few pupils have often: their share, spread over whole days."""
    chosen = rng.permutation(rows)[: max(1, round(few * len(rows)))]
    likely = min(0.6, 1.12 * share * len(rows) / len(chosen))
    days = rng.random((len(chosen), marks.shape[1] // 2)) < likely
    marks[chosen] = np.where(np.repeat(days, 2, axis=1), number, marks[chosen])


def _trips(plan: Plan, marks: Bytes, rows: Ints, share: float, rng: np.random.Generator) -> None:
    """Visits of a whole year group for a day, most of its pupils going."""
    days = marks.shape[1] // 2
    for year_group in np.unique(plan.year_group[rows]):
        of_year = rows[plan.year_group[rows] == year_group]
        number = int(1.2 * share * days + rng.random())
        for day in rng.permutation(days)[:number]:
            going = of_year[rng.random(len(of_year)) < 0.88]
            marks[going, 2 * day : 2 * day + 2] = NUMBERS["V"]


def _work_experience(plan: Plan, marks: Bytes, rng: np.random.Generator) -> None:
    """A week in Year 10, near the end of the school year, for most."""
    if marks.shape[1] < 360:
        return
    rows = np.flatnonzero(plan.year_group == 10)
    going = rows[rng.random(len(rows)) < 0.6]
    marks[going, -40:-30] = NUMBERS["W"]
