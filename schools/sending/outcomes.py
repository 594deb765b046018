"""A register that nobody confirms by hand: read, and stored at once, or refused whole for its problems."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from schools.models import Upload
from schools.sending import uploads
from schools.sending.storing import marks_to_store
from schools.stored.registers import hold_registers


@dataclass(frozen=True)
class Outcome:
    """What became of a register, as programs are told it."""

    accepted: bool
    pupils: int
    marks: int
    changed: int
    problems: list[dict[str, Any]]


def take_upload(upload: Upload, *, accept_good_rows: bool, on: dt.date, at: dt.datetime) -> Outcome:
    """Read a received file and store it where it has no problem but warnings, or `accept_good_rows`.

    Else nothing of it is stored, and it is refused: its sender was told why, and sends it again put right. Only a
    file of which somebody can say what the columns are waits for that. In the transaction of whoever calls.
    """
    hold_registers([upload.school_id])
    plan = uploads.read_upload(upload, on=on)
    if not plan.stopped:
        uploads.look_anew(upload, plan)
    accepted = not plan.stopped and (plan.clean or accept_good_rows)
    changed = 0
    if accepted:
        uploads.accept_upload(upload, by=None, at=at)
        changed = uploads.store_upload(upload, on=on, plan=plan)
    elif upload.stage == Upload.Stage.READ:
        uploads.refuse_upload(upload)
    return Outcome(
        accepted=accepted,
        pupils=len(plan.file.pupils),
        marks=marks_to_store(plan),
        changed=changed,
        problems=[problem.as_dict() for problem in plan.problems],
    )
