"""The engine's answers again, by plain loops over dictionaries of days: slow and written apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

Cell = tuple[date, int]
NEW = date(2024, 8, 19)
UNAUTHORISED = {"G", "N", "O", "U"}
ATTENDING = {"/", "\\", "L", "K", "V", "P", "W", "B"}
AUTHORISED = {"C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"}
ATTENDING_BEFORE = {"/", "\\", "L", "V", "P", "W", "B", "J"}
AUTHORISED_BEFORE = {"C", "E", "F", "H", "I", "M", "R", "S", "T"}


@dataclass
class Pupil:
    group: int
    cells: dict[Cell, str]
    admitted_on: date | None
    left_on: date | None


def kind(mark: str, on: date) -> str:
    attending, authorised = (ATTENDING, AUTHORISED) if on >= NEW else (ATTENDING_BEFORE, AUTHORISED_BEFORE)
    if mark in attending:
        return "attended"
    if mark in authorised:
        return "authorised"
    if mark in UNAUTHORISED:
        return "unauthorised"
    return "closed" if mark in ("#", "Z") else "not possible"


def every_half(year: int) -> list[Cell]:
    first, stop = date(year, 8, 1), date(year + 1, 8, 1)
    return [(first + timedelta(days=n), half) for n in range((stop - first).days) for half in (0, 1)]


def begins(pupil: Pupil) -> Cell:
    if pupil.admitted_on is not None:
        return pupil.admitted_on, 0
    real = [cell for cell, mark in pupil.cells.items() if mark not in ("#", "Z")]
    return min(real, default=(date.max, 0))


def is_on_roll(pupil: Pupil, start: Cell, cell: Cell) -> bool:
    return start <= cell and (pupil.left_on is None or cell[0] <= pupil.left_on)


def enrolled(pupil: Pupil, until: date) -> dict[Cell, str]:
    start = begins(pupil)
    return {c: mark for c, mark in sorted(pupil.cells.items()) if c[0] <= until and is_on_roll(pupil, start, c)}


def open_halves(pupils: list[Pupil], group: int, year: int) -> set[Cell]:
    mates = [(p, begins(p)) for p in pupils if p.group == group]
    found = set()
    for cell in every_half(year):
        present = [p for p, start in mates if is_on_roll(p, start, cell)]
        marked = [p for p in present if p.cells.get(cell, "#") not in ("#", "Z")]
        if marked and len(marked) * 2 >= len(present):
            found.add(cell)
    return found


def count(pupil: Pupil, opened: set[Cell], since: date, until: date) -> dict[str, int]:
    found = dict.fromkeys(("attended", "authorised", "unauthorised", "missing", "late", "illness"), 0)
    for cell, mark in enrolled(pupil, until).items():
        if cell[0] < since:
            continue
        if (what := kind(mark, cell[0])) in found:
            found[what] += 1
        found["late"] += mark in ("L", "U")
        found["illness"] += mark == "I"
    start = begins(pupil)
    for cell in opened:
        if since <= cell[0] <= until and is_on_roll(pupil, start, cell) and cell not in pupil.cells:
            found["missing"] += 1
    return found


def band(attended: int, possible: int) -> int:
    if possible == 0:
        return 0
    share = Fraction(attended, possible)
    if share <= Fraction(1, 2):
        return 5
    if share < Fraction(4, 5):
        return 4
    if share <= Fraction(9, 10):
        return 3
    return 2 if share < Fraction(19, 20) else 1


def longest_run_kept(attended: int, possible: int, worst: int) -> int:
    """Half-days that can be missed in a row with the band no worse than `worst`, tried one by one."""
    if possible == 0:
        return 0
    missed = -1
    while band(attended, possible + missed + 1) <= worst:
        missed += 1
    return missed


def most_missable(attended: int, possible: int, remaining: int, worst: int) -> int:
    """How many of the remaining half-days may be missed for the year to end no worse, tried one by one."""
    fits = [n for n in range(remaining + 1) if band(attended + remaining - n, possible + remaining) <= worst]
    return max(fits, default=-1)


def school_mondays(opened: set[Cell], until: date) -> list[date]:
    return sorted({day - timedelta(days=day.weekday()) for day, _ in opened if day <= until})


def ten_weeks(sessions: list[Cell], mondays: list[date], width: int = 10) -> tuple[int, Cell | None]:
    """Total in the last ten school weeks, and the session at which a window first held ten."""
    last = mondays[-width] if len(mondays) >= width else date.min
    total = sum(day >= last for day, _ in sessions)
    for place, (day, half) in enumerate(sessions):
        monday = day - timedelta(days=day.weekday())
        earlier = [m for m in mondays if m < monday]
        start = earlier[-(width - 1)] if len(earlier) >= width - 1 else date.min
        if sum(other >= start for other, _ in sessions[: place + 1]) >= 10:
            return total, (day, half)
    return total, None


def runs(cells: dict[Cell, str], adds: set[str], long: int) -> tuple[int, int, Cell | None, Cell | None]:
    """Run now, longest run, where the latest long run got long, and what broke the latest long run."""
    now = longest = 0
    reached: Cell | None = None
    returned: Cell | None = None
    for cell, mark in cells.items():
        what = kind(mark, cell[0])
        if what in adds:
            now += 1
            longest = max(longest, now)
            if now == long:
                reached = cell
        elif what in ("attended", "authorised", "unauthorised"):
            if now >= long:
                returned = cell
            now = 0
    return now, longest, reached, returned
