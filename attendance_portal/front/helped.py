"""Did it help? Each kind of support over the authority, with every count told in steps before anything is shown.

The same children are counted over 4, 6, 8 and 12 weeks: what hides small numbers in one table would be told by another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from attendance_portal.charts import Chart
from attendance_portal.front.small_numbers import SMALL, in_steps
from casework.helped import words
from casework.helped.kinds import KINDS, Kind
from casework.helped.matching import Compared

COUNTED: Final = ("compared", "too_early", "too_few_sessions", "unmatched")
NOTE: Final = "Counts are told in steps of five, so that no small number can be worked out from others."
HEADINGS: Final = (
    "Support", "Children compared", "Too early to say", "Too few sessions", "Too few alike", "Before", "After",
    "Matched before", "Matched after", "Change, mean", "Change of matched, mean", "What is left, mean",
    "What is left, lower quartile", "What is left, median", "What is left, upper quartile",
)  # fmt: skip


@dataclass(frozen=True)
class KindLine:
    """One kind of support as it may be shown. counts: in the order of COUNTED; figures: empty where too few children
    are compared; spread: empty where fewer than ten are."""

    kind: Kind
    counts: Sequence[str]
    figures: Mapping[str, str]
    spread: Sequence[str]
    compared: Compared | None

    @property
    def few(self) -> bool:
        """Whether so few are compared that chance alone moves the figures a lot."""
        return self.compared is not None and len(self.compared.rows) < words.FEW_COMPARED

    def chart(self) -> Chart | None:
        """The weeks before and after, where figures may be shown."""
        title = f"Attendance by school week before and after: {self.kind.label.lower()}"
        return words.chart("helped", title, self.compared, "Supported children") if self.compared else None


def kind_lines(found: Mapping[str, Compared]) -> list[KindLine]:
    """A line for each kind of support, in their order."""
    return [_line(kind, found[kind.code]) for kind in KINDS]


def _line(kind: Kind, one: Compared) -> KindLine:
    children = len(one.rows)
    counts = (children, one.too_early, one.too_few_sessions, one.unmatched)
    shown = [in_steps(count) for count in counts]
    if children <= SMALL[-1]:
        return KindLine(kind, shown, {}, (), None)
    spread = words.quartiles(one.differences) if children >= words.FEWEST_FOR_SPREAD else ()
    return KindLine(kind, shown, _figures(one), spread, one)


def _figures(one: Compared) -> dict[str, str]:
    """Attendance of all sessions together; changes are means over the children, each counted alike."""
    return {
        "before": words.share(one.before),
        "after": words.share(one.after),
        "theirs_before": words.share(one.theirs_before),
        "theirs_after": words.share(one.theirs_after),
        "change": words.points(float(one.changes.mean())),
        "their_change": words.points(float(one.their_changes.mean())),
        "left": words.points(float(one.differences.mean())),
    }


def file_rows(lines: Sequence[KindLine], sentences: Sequence[str]) -> list[list[object]]:
    """The lines as a file that leaves the service, and under them what they mean; changes in percentage points."""
    rows: list[list[object]] = [[line.kind.label, *line.counts, *_in_file(line)] for line in lines]
    rows += [[sentence] for sentence in (NOTE, *sentences, words.RECOVERY)]
    return rows


def _in_file(line: KindLine) -> list[object]:
    if line.compared is None:
        return [""] * (len(HEADINGS) - len(COUNTED) - 1)
    one = line.compared
    means = (values.mean() for values in (one.changes, one.their_changes, one.differences))
    spread = np.percentile(one.differences, [25, 50, 75]) if line.spread else ()
    shares = [line.figures[name] for name in ("before", "after", "theirs_before", "theirs_after")]
    return [*shares, *(round(float(value), 1) for value in (*means, *spread))]
