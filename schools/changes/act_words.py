"""Changes of a register in words: what was done, by whom and when, and what an undo takes back or leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from attendance_portal.days import moment_words
from schools.changes.acts import Act, Cell, Cells, acts_of
from schools.changes.undoing import Undoing
from schools.models import RegisterChange, School
from schools.presenters import counted
from schools.register.replay import TakenBack

NO_MARK: Final = "no mark"
CELL_HEADINGS: Final = ["Pupil", "UPN", "Date", "Session", "Before", "After"]
ACT_HEADINGS: Final = ["When", "What", "By", "Half-days changed", "Why", "Undone"]


def title_of(row: RegisterChange) -> str:
    """What one record is of: the name of a file, a sync, an undo or one mark put right."""
    if row.undoes_id:
        return "An undo, put back" if row.undoes and row.undoes.undoes_id else "An undo"
    if row.upload:
        return row.upload.file_name
    if row.sync_id:
        return "Sync with the school's system"
    return "One mark put right" if row.made_by_id and row.cells == 1 else "Marks sent by the school's system"


def who(row: RegisterChange) -> str:
    """The person, else the integration or the system that the marks came from."""
    if row.made_by:
        return str(row.made_by.user)
    return getattr(row, "posted_by", "") or ("The school’s system" if row.sync_id else "The service")


def when(row: RegisterChange) -> str:
    return moment_words(timezone.localtime(row.made_at))


def undone_words(act: Act) -> str:
    """“Undone on 3 March 2027 at 9:10am by Layla Hart, because …”; empty while it stands."""
    return taken_back_words(act.undone)


def taken_back_words(undo: RegisterChange | None) -> str:
    return f"Undone on {when(undo)} by {who(undo)}, because: {undo.why}" if undo else ""


def act_row(act: Act, titles: dict[Any, str]) -> dict[str, Any]:
    """One act for the list of them. titles: of all acts, by key."""
    title = title_of(act.first)
    if act.taken:
        title = f"{'Put back' if act.took_back_an_undo else 'Undid'}: {titles.get(act.taken, '')}"
    return {
        "act": act,
        "title": title,
        "href": reverse("change_page", args=[act.key]),
        "when": when(act.first),
        "who": who(act.first),
        "cells": act.cells,
        "why": act.first.why,
        "undone": undone_words(act),
    }


def act_rows(acts: Sequence[Act]) -> list[dict[str, Any]]:
    """All acts of a school as rows; an undo names what it undid, an undo of an undo that undo's own file."""
    titles: dict[Any, str] = {}
    for act in reversed(acts):
        titles[act.key] = titles.get(act.taken, "") if act.taken else title_of(act.first)
    return [act_row(act, titles) for act in acts]


def act_file(rows: Iterable[dict[str, Any]]) -> list[list[Any]]:
    return [[row["when"], row["title"], row["who"], row["cells"], row["why"], row["undone"]] for row in rows]


def undone_uploads(school: School) -> dict[Any, str]:
    """What to say beside each of a school's uploads that was undone, by its key."""
    return {act.key: words for act in acts_of(school) if act.first.upload_id and (words := undone_words(act))}


def session(half: int) -> str:
    return "Afternoon" if half else "Morning"


def cell_row(cell: Cell) -> list[Any]:
    """A changed half-day under `CELL_HEADINGS`."""
    name = f"{cell.pupil.surname}, {cell.pupil.forename}"
    return [
        name, cell.pupil.upn or "", cell.day, session(cell.half), cell.before or NO_MARK, cell.after or NO_MARK
    ]  # fmt: skip


def summary_rows(parts: Sequence[Cells]) -> list[dict[str, str]]:
    """What an act changed, added up."""
    new, corrected, away = (sum(part.counts[at] for part in parts) for at in range(3))
    children = len({one.pk for part in parts for one, _, _ in part.by_pupil()})
    facts = {
        "New marks": f"{new:,}",
        "Marks corrected": f"{corrected:,}",
        "Marks taken away": f"{away:,}",
        "Pupils": f"{children:,}",
        "Days": f"{sum(len(part.days) for part in parts):,}",
    }
    return [{"key": key, "value": value} for key, value in facts.items()]


def kept_words(parts: Sequence[Undoing]) -> list[str]:
    """Why half-days stay though what wrote them is undone, the commonest reason first."""
    reasons: Counter[str] = Counter()
    for part in parts:
        for keeper in part.keepers:
            reasons[_kept_by(part.row, keeper)] += 1
    return [f"{counted(n, 'half-day stays', 'half-days stay')}: {why}" for why, n in reasons.most_common()]


def _kept_by(row: RegisterChange, keeper: RegisterChange | None) -> str:
    if keeper is None:
        return "an earlier undo put back what was there before it."
    if keeper.pk == row.pk:
        return "the register holds another mark than was written."
    verb = "wrote the same half-days later" if keeper.pk > row.pk else "had written the same mark before"
    return f"“{title_of(keeper)}” of {when(keeper)} {verb}."


def undone_message(half_days: int, counts: int) -> str:
    """What is said when something was undone; counts: those of the file behind it, in none of the figures."""
    if counts and not half_days:
        return "Undone. The counts of this file follow it; the figures never held them."
    if not half_days:
        return "Undone. No half-day went back, so no mark and no figure changed."
    went = counted(half_days, "half-day went back", "half-days went back")
    return f"Undone: {went}. The figures are worked out anew."


def went_back(found: TakenBack) -> int:
    return len(found.changes)
