"""Why another system shows another percentage: which ways of counting, alone or together, lead from ours to theirs.

Percentages are whole numbers of hundredths of a per cent, so that nothing is compared after rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

Fraction = tuple[int, int]
Counting = Callable[[frozenset[str]], Fraction]


@dataclass(frozen=True)
class Counts:
    """Half-days of a child (or of several, added up) up to a day.

    both: coded D, so that the other school counts them; outside_*: with a mark but outside the enrolment's dates;
    before_*: of before the school's first day, at one that it took over.
    """

    attended: int = 0
    possible: int = 0
    both: int = 0
    missing: int = 0
    outside_attended: int = 0
    outside_possible: int = 0
    before_attended: int = 0
    before_possible: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def counted(self, ways: frozenset[str]) -> Fraction:
        """Attended and possible half-days, counted in these ways beside our own."""
        both = self.both if "both" in ways else 0
        missing = self.missing if "missing" in ways else 0
        attended, possible = (self.outside_attended, self.outside_possible) if "outside" in ways else (0, 0)
        if "before" in ways:
            attended, possible = attended - self.before_attended, possible - self.before_possible
        return self.attended + both + attended, self.possible + both + missing + possible


@dataclass(frozen=True)
class Explained:
    """ours and remainder in hundredths of a per cent; parts: how far each way of counting leads from ours to theirs.

    ours is None where nothing was possible. The parts and the remainder add up to theirs less ours.
    """

    ours: int | None
    parts: list[tuple[str, int]]
    remainder: int


def hundredths(fraction: Fraction) -> int | None:
    """The percentage in hundredths, half up; None of nothing."""
    count, total = fraction
    return (20_000 * count + total) // (2 * total) if total else None


def agrees(theirs: int, fraction: Fraction) -> bool:
    """Whether a percentage, shown with none, one or two decimals, is that fraction rounded."""
    count, total = fraction
    step = 100 if theirs % 100 == 0 else 10 if theirs % 10 == 0 else 1
    return total > 0 and abs(2 * (10_000 * count - theirs * total)) <= step * total


def explain(theirs: int, counting: Counting, ways: Sequence[str]) -> Explained:
    """The fewest ways of counting (of `ways`, in their order) that lead to theirs, or else nearest to it."""
    ours = hundredths(counting(frozenset()))
    if ours is None:
        return Explained(None, [], theirs)
    best: tuple[int, int, tuple[str, ...]] = (abs(theirs - ours), 0, ())
    if agrees(theirs, counting(frozenset())):
        return Explained(ours, [], theirs - ours)
    for size in range(1, len(ways) + 1):
        for chosen in combinations(ways, size):
            fraction = counting(frozenset(chosen))
            found = hundredths(fraction)
            if found is not None:
                distance = 0 if agrees(theirs, fraction) else abs(theirs - found)
                best = min(best, (distance, size, chosen))
    return _led(theirs, ours, counting, best[2])


def _led(theirs: int, ours: int, counting: Counting, chosen: Sequence[str]) -> Explained:
    """The way from ours to theirs, one step after the other."""
    parts, at = [], ours
    for n in range(1, len(chosen) + 1):
        reached = hundredths(counting(frozenset(chosen[:n])))
        step = (at if reached is None else reached) - at
        parts.append((chosen[n - 1], step))
        at += step
    return Explained(ours, parts, theirs - at)
