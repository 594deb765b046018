"""What sets another system's percentages apart from ours, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schools.changes.reconciling import Difference
from schools.models import Reconciliation
from schools.register.explaining import Explained

WAYS: Final = {
    "then": "marks and dates corrected since that day",
    "outside": "marks outside the dates of the enrolment, which we leave out",
    "both": "sessions coded D (registered at another school too), which we leave out",
    "missing": "missing marks counted as absence, which we leave out",
    "before": "sessions at the school that this one took over, which we count",
    "leavers": "leavers, whom we count up to the day they left",
}
HEADINGS: Final = [
    *("Pupil", "UPN", "In their list as", "Theirs %", "Ours %", "Difference in points", "Because of"),
    "Not explained, points",
]


def percent(number: int | None) -> str:
    """Hundredths of a per cent: 9340 is “93.40%”."""
    return "–" if number is None else f"{number // 100}.{number % 100:02d}%"


def points(number: int | None) -> str:
    """A difference: “+1.25”."""
    if number is None:
        return "–"
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number) // 100}.{abs(number) % 100:02d}"


def parts(found: Explained | None) -> list[str]:
    return [f"{points(step)} {WAYS[way]}" for way, step in found.parts] if found else []


def row_of(row: Difference) -> dict[str, Any]:
    """One child, or the whole school, as shown."""
    ours = row.found.ours if row.found else None
    left = row.found.remainder if row.found and row.points is not None else None
    is_rounding = left is not None and abs(left) <= 50 and row.found is not None and _is_shown_as(row, left)
    return {
        "pupil": row.pupil,
        "told": row.told,
        "theirs": percent(row.theirs),
        "ours": percent(ours),
        "points": points(row.points),
        "why": _why(row, ours),
        "parts": parts(row.found) if row.points is not None else [],
        "unexplained": "" if left is None or is_rounding else points(left),
    }


def _is_shown_as(row: Difference, left: int) -> bool:
    """Whether what is left is no more than the rounding of the figure as it was shown."""
    theirs = row.theirs or 0
    step = 100 if theirs % 100 == 0 else 10 if theirs % 10 == 0 else 1
    return 2 * abs(left) <= step


def _why(row: Difference, ours: int | None) -> str:
    if row.pupil is None:
        return "Nobody on the school's roll here fits this line. Check the UPN, number or name."
    if row.theirs is None:
        return "Not in their list. A leaver, or not yet on roll there?"
    if ours is None:
        return "No possible session here up to that day."
    return ""


def school_rows(found: dict[str, Difference | None]) -> list[dict[str, Any]]:
    """The whole school's figures that were entered, as shown."""
    return [{"what": what} | row_of(one) | {"why": ""} for what, one in found.items() if one]


def file_rows(rows: Iterable[Difference]) -> list[list[Any]]:
    """Rows under `HEADINGS`."""
    found = []
    for one in rows:
        row = row_of(one)
        name = f"{one.pupil.surname}, {one.pupil.forename}" if one.pupil else ""
        upn = one.pupil.upn if one.pupil else ""
        because = "; ".join([*row["parts"], *([row["why"]] if row["why"] else [])])
        found.append([name, upn, one.told, row["theirs"], row["ours"], row["points"], because, row["unexplained"]])
    return found


def title_of(one: Reconciliation) -> str:
    return f"{Reconciliation.Source(one.source).label}, up to {one.as_at:%-d %B %Y}"
