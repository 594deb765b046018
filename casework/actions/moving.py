"""How every write changes a case: one row in the stage it must be in, and a line in its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import moves
from casework.models import Case, CaseEntry


def change(case: Case, **changes: Any) -> None:
    """Change an open case; refused where it is closed."""
    move(case, moves.CHANGE, **changes)


def move(case: Case, to: moves.Move, **changes: Any) -> None:
    """One row in the stage it must be in, or a refusal; `case` then holds what was written."""
    found = Case.objects.filter(pk=case.pk, stage__in=to.before)
    if found.update(stage=to.after, **changes) != 1:
        raise Refused(to.refusal)
    for name, value in {"stage": to.after, **changes}.items():
        setattr(case, name, value)


def write(
    case: Case, words: str, *, on: dt.date, by: Membership, source: str = "", restricted_to: Sequence[str] = ()
) -> CaseEntry:
    """A line in the case's history, of the day on which it happened; for these roles alone where any are named."""
    entry: CaseEntry = CaseEntry.objects.create(
        case=case, happened_on=on, by=by, words=words, source=source, restricted_to=list(restricted_to)
    )
    return entry
