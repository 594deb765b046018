"""The five absence categories as they are shown, with their ranges, apart from the national definitions.

The label "persistent absence" on category 3 is narrower than the national count, which is categories 3, 4 and 5:
so a category always carries its range, and the national counts are worded "missed 10% or more".
"""

from __future__ import annotations

from typing import Final

from attendance_portal.charts import Share
from schools.register.bands import BANDS, LINCOLNSHIRE, BandPolicy

PERSISTENT_WORDS: Final = "Persistently absent (missed 10% or more)"
SEVERE_WORDS: Final = "Severely absent (missed 50% or more)"


def _edge(edge: tuple[int, int]) -> str:
    return f"{100 * edge[0] / edge[1]:g}%"


def ranges(policy: BandPolicy = LINCOLNSHIRE) -> dict[int, str]:
    """Attendance of each category in words."""
    expected, persistent = _edge(policy.as_expected_from), _edge(policy.persistent_from)
    return {
        1: f"{expected} or more",
        2: f"above 90%, below {expected}",
        3: f"{persistent} to 90%",
        4: f"above 50%, below {persistent}",
        5: "50% or less",
    }


def short_ranges(policy: BandPolicy = LINCOLNSHIRE) -> list[str]:
    """The same as headings of narrow columns; exact where the words of `ranges` say so."""
    expected, persistent = _edge(policy.as_expected_from), _edge(policy.persistent_from)
    return [f"{expected} +", f"90–{expected}", f"{persistent[:-1]}–90%", f"50–{persistent}", "0–50%"]


def words(band: int | None, policy: BandPolicy = LINCOLNSHIRE) -> str:
    """A category with its range; what it means to have none."""
    if not band:
        return "No category: no possible sessions yet"
    return f"{policy.label(band)}: {ranges(policy)[band]}"


def shares(counts: dict[int, int], policy: BandPolicy = LINCOLNSHIRE) -> list[Share]:
    """The five categories for a bar and its table; pupils without a category are left out of percentages."""
    return [Share(band, words(band, policy), counts.get(band, 0)) for band in BANDS]


def choices(policy: BandPolicy = LINCOLNSHIRE) -> list[tuple[str, str]]:
    """For a filter."""
    return [(str(band), words(band, policy)) for band in BANDS]
