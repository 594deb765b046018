"""The overview as files that leave the service: every count of pupils with small numbers hidden.

Both files are cut from one table, hidden once over all schools: laid side by side, or fetched again with another
filter, they tell no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attendance_portal.charts import percent
from attendance_portal.front.figures import Figures
from attendance_portal.front.overview import PhaseLine, SchoolLine, Wanted, phase_lines, whole
from attendance_portal.front.small_numbers import HIDDEN, NOTE, Cell, Sum, hidden_cells
from attendance_portal.templatetags.portal import BAND_LABELS

_BANDS = tuple(f"band {band}" for band in BAND_LABELS)
# Severe and persistent absence count almost the same children as categories 5, and 3 to 5: hidden together.
_NEARLY = {"severe": _BANDS[4:], "persistent": _BANDS[2:]}
_COUNTED = ("pupils", *_BANDS, "without a category", "official", "persistent", "severe")
HEADERS = (
    "Pupils on roll",
    *(words for label in BAND_LABELS.values() for words in (label, f"{label} %")),
    *("Without a category", "Aged 5 to 15", "Persistently absent, ages 5 to 15", "Persistently absent %"),
    *("Severely absent, ages 5 to 15", "Severely absent %", "Attendance %, ages 5 to 15", "Missing marks"),
    *("First as-at day", "Last as-at day"),
)
Shown = Callable[[object, Figures], list[object]]
SCHOOL_HEADERS = ("School", "URN", "Phase", "Area", *HEADERS)
PHASE_HEADERS = ("Phase", "Schools", *HEADERS)
SOURCE = "Source: registers sent by the schools. Categories: all on roll. Official rates: aged 5 to 15 on 31 August."


def school_file(lines: Sequence[SchoolLine], wanted: Wanted) -> list[tuple[object, ...]]:
    """A line for each school wanted; the total of all stands there only when nothing was left out."""
    shown = _shown(lines)
    rows: list[tuple[object, ...]] = [
        (line.school.name, line.school.urn, line.phase, line.school.area, *shown(line.school.pk, line.figures))
        for line in lines
        if wanted.holds(line)
    ]
    if wanted.is_everything:
        rows.append(("All schools", "", "", "", *shown("all", whole(lines).figures)))
    return [*rows, (NOTE,), (SOURCE,)]


def phase_file(lines: Sequence[SchoolLine]) -> list[tuple[object, ...]]:
    """A line for each phase and one for all schools, whatever the page is narrowed to."""
    shown = _shown(lines)
    rows = [_phase_row(line, shown) for line in [*phase_lines(lines), whole(lines)]]
    return [*rows, (NOTE,), (SOURCE,)]


def _phase_row(line: PhaseLine, shown: Shown) -> tuple[object, ...]:
    return (line.label, line.schools, *shown(line.phase or "all", line.figures))


def _shown(lines: Sequence[SchoolLine]) -> Shown:
    """A function that writes the counts of one line (a school's key, a phase, or "all") with small ones hidden."""
    counts: dict[Cell, int] = {}
    sums: list[Sum] = []
    phases = phase_lines(lines)
    for key, figures in _figures_of_lines(lines, phases):
        counts |= {(key, name): count for name, count in _counts(figures).items()}
        sums += _sums_within(key)
    for phase in phases:
        sums += _sums_down(phase.phase, [line.school.pk for line in lines if line.school.phase == phase.phase])
    sums += _sums_down("all", [phase.phase for phase in phases])
    hidden = hidden_cells(counts, sums)
    return lambda key, figures: _cells(figures, {name for name in _COUNTED if (key, name) in hidden})


def _figures_of_lines(lines: Sequence[SchoolLine], phases: Sequence[PhaseLine]) -> list[tuple[Cell, Figures]]:
    of_schools: list[tuple[Cell, Figures]] = [(line.school.pk, line.figures) for line in lines]
    return [*of_schools, *((phase.phase, phase.figures) for phase in phases), ("all", whole(lines).figures)]


def _counts(figures: Figures) -> dict[str, int]:
    bands = dict(zip(_BANDS, figures.bands, strict=True))
    named = {name: getattr(figures, name) for name in ("pupils", "official", "persistent", "severe")}
    return {**bands, **named, "without a category": figures.pupils - figures.banded}


def _sums_within(key: Cell) -> list[Sum]:
    categories = Sum((key, "pupils"), tuple((key, name) for name in (*_BANDS, "without a category")))
    return [categories, *(Sum((key, n), tuple((key, part) for part in parts)) for n, parts in _NEARLY.items())]


def _sums_down(key: Cell, parts: Sequence[Cell]) -> list[Sum]:
    return [Sum((key, name), tuple((part, name) for part in parts)) for name in _COUNTED]


def _cells(figures: Figures, hidden: set[str]) -> list[object]:
    """The line's cells under `HEADERS`; a share is hidden with its count."""
    counts = _counts(figures)
    parts: list[object] = [HIDDEN if "pupils" in hidden else counts["pupils"]]
    for name in _BANDS:
        parts += _with_share(name, counts, figures.banded, hidden)
    parts += [HIDDEN if name in hidden else counts[name] for name in ("without a category", "official")]
    for name in ("persistent", "severe"):
        parts += _with_share(name, counts, figures.official, hidden)
    few = hidden & {"pupils", "official"}
    return [*parts, HIDDEN if few else figures.attendance, figures.missing, figures.oldest_as_at, figures.as_at]


def _with_share(name: str, counts: dict[str, int], total: int, hidden: set[str]) -> list[object]:
    return [HIDDEN, HIDDEN] if name in hidden else [counts[name], percent(counts[name], total)]
