"""Undoing an upload, a sync or a correction: what goes back, what stays because a later change wrote it.

Children whom a file alone put on the roll leave it again (`schools.changes.taking_off`). Dates it stated stay: they are
facts of their own, put right by hand on the pupil's page. An undo is a change like any other and can itself be undone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import numpy as np

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission, Role
from schools.banding import band_schools
from schools.changes.acts import Act, Steps, act_of, steps_of
from schools.changes.taking_off import roll_follows
from schools.models import Enrolment, RegisterChange, School, SyncRun, Upload
from schools.register.changes import Ids, apply
from schools.register.marks import Bytes
from schools.register.replay import Step, TakenBack, enrolments_of, take_back
from schools.sending.counts import let_counts_follow
from schools.stored.known import keep_changes, years_changed
from schools.stored.registers import hold_registers, load_marks, save_rows


@dataclass(frozen=True)
class Undoing:
    """What the undo of one record does: the rows of `ids` before it, and by which record each kept cell was written."""

    row: RegisterChange
    ids: Ids
    marks: Bytes
    found: TakenBack
    keepers: list[RegisterChange | None]


def may_undo(school: School, member: Membership) -> bool:
    """The school's own lead, its named officer (or who covers), and team leaders."""
    if not member.may(Permission.FACT_CORRECT):
        return False
    theirs = School.objects.of(member).filter(pk=school.pk)
    return member.role == Role.TEAM_LEADER or theirs.exists()


def undoing_of(act: Act) -> list[Undoing]:
    """What undoing an act would do to the registers as they stand now: its records, the latest of a year first."""
    parts: list[Undoing] = []
    for year in sorted({row.year for row in act.rows}):
        history = steps_of(act.first.school_id, year)
        gone: list[Undoing] = []
        for row in reversed([row for row in act.rows if row.year == year]):
            gone.append(_undoing(row, history, gone))
        parts += gone
    return parts


def _undoing(row: RegisterChange, history: Steps, gone: list[Undoing]) -> Undoing:
    """The undo of one record after those of the same act that are `gone` by then."""
    undone = [Step(part.found.changes, undoes=history.place(part.row.pk)) for part in gone]
    steps, which = [*history.steps, *undone], history.place(row.pk)
    ids = enrolments_of(steps, which)
    marks = load_marks([row.school_id], row.year, ids)
    for part in gone:
        marks = apply(marks, ids, part.found.changes)
    found = take_back(marks, ids, steps, which)
    keepers = [history.rows[at] if at >= 0 else None for at in found.keeper.tolist()]
    return Undoing(row, ids, marks, found, keepers)


def undo_change(school: School, key: uuid.UUID, *, reason: str, by: Membership, at: dt.datetime, on: dt.date) -> int:
    """Take back what an act wrote, unless a later one that stands wrote the same half-day; band the school at once.

    Returns how many half-days went back.
    """
    hold_registers([school.pk])
    act = act_of(school, key)
    if act is None or not act.stands:
        raise Refused("This was undone before: the list of changes says when, by whom and why.")
    if act.first.sync and act.first.sync.state == SyncRun.State.UNDER_WAY:
        raise Refused("This sync is still under way. Undo it when it is done: its page shows how far it is.")
    undo, went_back, touched = uuid.uuid4(), 0, set()
    for part in undoing_of(act):
        _write(part)
        keep_changes(
            school, part.row.year, part.found.changes, act=undo, undoes=part.row, why=reason, made_by=by, made_at=at
        )
        went_back += len(part.found.changes)
        touched |= set(part.found.changes.ids.tolist())
    pupils = set(Enrolment.every.filter(pk__in=touched).values_list("pupil", flat=True)) | _counts_too(school, act)
    pupils |= roll_follows(school, act, by=by, at=at, why=reason)
    words = f"Undid a change of the register of {school}: {went_back} half-days went back."
    record("undo_change", by=by, words=words, subject=act.first, pupils=pupils, reason=reason)
    band_schools([school.pk], on=on, changed_years=years_changed(school.pk, since=at, act=undo))
    return went_back


def upload_behind(act: Act) -> tuple[Upload | None, bool]:
    """The file that an act stored, or that an undo, or an undo of an undo, is about; whether undoing it puts the
    file back."""
    row, puts_back = act.first, False
    while row.undoes is not None:
        row, puts_back = row.undoes, not puts_back
    return row.upload, puts_back


def _counts_too(school: School, act: Act) -> set[uuid.UUID]:
    """Counts that came with the file behind an act just undone stand as the file does. Returns whose they are."""
    upload, _ = upload_behind(act)
    if upload is None:
        return set()
    stored = act_of(school, upload.pk)
    return let_counts_follow(upload, stands=stored is not None and stored.stands)


def _write(part: Undoing) -> None:
    after = apply(part.marks, part.ids, part.found.changes)
    rows = np.flatnonzero((after != part.marks).any(axis=1))
    save_rows(part.row.year, part.ids[rows], after[rows], [""] * len(rows))
