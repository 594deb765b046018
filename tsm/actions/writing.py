"""Typing in the minutes while the meeting is under way. Two who type at once lose nothing.

A save carries, for each field, what is typed now and what it began from. Under a lock of the meeting's row it is
merged into what is stored (`attendance_portal.merging`), whatever the other person saved meanwhile.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils import timezone

from attendance_portal.audit import record_typing
from attendance_portal.merging import merge, merge_choices, merge_value
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from tsm.fields import DISCUSSION_FIELDS, MEETING_FIELDS, ROWS, Field, Merging, RowName, row_name
from tsm.models import AgreedAction, Attendee, Discussion, Meeting
from tsm.moves import MOVES
from tsm.people import may_be_lead, may_be_named

_SOMEONE = "Someone else"
_ROW_MODELS: Mapping[str, Any] = {"action": AgreedAction, "attendee": Attendee}


@dataclass(frozen=True)
class Typed:
    """One field as a form sent it: the texts now, and those it began from."""

    now: list[str]
    began: list[str]


@dataclass(frozen=True)
class Written:
    """One field as it is stored now, and what both who typed in it must be told (or empty)."""

    texts: list[str]
    note: str


def write_minutes(
    meeting: Meeting,
    discussion: Discussion | None,
    typed: Mapping[str, Typed],
    *,
    by: Membership,
    at: dt.datetime,
) -> dict[str, Written]:
    """Merge what one person typed about one pupil (or, without a discussion, about the whole school).

    `typed` is by the field's name in the form; unknown names are left aside. Answers what is stored now of each
    field that was sent. Refused when the meeting is not under way.
    """
    locked = _lock(meeting)
    desk = _Desk.open(locked, discussion, typed, by=by, on=timezone.localdate(at))
    written = {name: desk.write(name, sent) for name, sent in typed.items() if desk.knows(name)}
    if desk.changed:
        desk.save()
        about = discussion or meeting
        pupils = [discussion.pupil_id] if discussion else []
        record_typing("write_minutes", by=by, subject=about, pupils=pupils, words="Typed in the minutes.")
    return written


def _lock(meeting: Meeting) -> Meeting:
    """The meeting's row, locked so that saves take turns; other rows may still point to it."""
    move = MOVES["write_minutes"]
    locked: Meeting | None = (
        Meeting.objects.select_for_update(no_key=True).filter(pk=meeting.pk, stage__in=move.before).first()
    )
    if locked is None:
        raise Refused(move.refusal)
    return locked


class _Desk:
    """The rows one save writes on, read after the lock was taken."""

    def __init__(
        self, meeting: Meeting, discussion: Discussion | None, rows: dict[uuid.UUID, Any], by: Membership, on: dt.date
    ) -> None:
        self.meeting, self.discussion, self.rows, self.by, self.on = meeting, discussion, rows, by, on
        self.sheet: Any = discussion or meeting
        self.fields = DISCUSSION_FIELDS if discussion else MEETING_FIELDS
        self.changed: list[Any] = []

    @classmethod
    def open(
        cls,
        meeting: Meeting,
        discussion: Discussion | None,
        names: Iterable[str],
        *,
        by: Membership,
        on: dt.date,
    ) -> _Desk:
        if discussion is not None:
            discussion = Discussion.objects.get(pk=discussion.pk, meeting=meeting)
        keys = {row.key for name in names if (row := row_name(name))}
        about = {"meeting": meeting, "pupil": discussion.pupil_id if discussion else None}
        held = [*AgreedAction.objects.filter(pk__in=keys, **about)]
        held += Attendee.objects.filter(pk__in=keys, meeting=meeting) if discussion is None else []
        return cls(meeting, discussion, {row.pk: row for row in held}, by, on)

    def knows(self, name: str) -> bool:
        row = row_name(name)
        return name in self.fields or (row is not None and (row.kind == "action" or self.discussion is None))

    def write(self, name: str, sent: Typed) -> Written:
        """Merge one field into its row, and keep what both must be told."""
        row = row_name(name)
        target = self._row(row) if row else self.sheet
        field = ROWS[row.kind][row.field] if row else self.fields[name]
        stored = field.read(target)
        texts, note = _merged(
            field, sent, stored, by=self.by.name, other=self._last_by(name), shown=partial(self._shown, field)
        )
        if texts != [field.said(stored)] or field.merging == Merging.CHOICES:
            note = self._put(target, field, texts) or note
        if field.read(target) != stored:
            self._mark(target, name, note)
        elif note:
            self._note(name, note)
        return Written(field.read(target), note)

    def _row(self, row: RowName) -> Any:
        """The row of this key, or a new one that is stored once something is typed in it."""
        if row.key not in self.rows:
            model = _ROW_MODELS[row.kind]
            if model.objects.filter(pk=row.key).exists():
                raise Refused("This row belongs to another part of the minutes. Open the page again.")
            about: dict[str, Any] = {"id": row.key, "meeting": self.meeting}
            about["position"] = model.objects.filter(meeting=self.meeting).count() + 1
            if row.kind == "action":
                about |= {"pupil_id": self.discussion.pupil_id if self.discussion else None, "agreed_on": self.on}
            self.rows[row.key] = model(**about)
        return self.rows[row.key]

    def _put(self, target: Any, field: Field, texts: list[str]) -> str:
        """Write the texts, or say why what was typed cannot stand."""
        try:
            value = field.from_texts(texts)
        except ValueError:
            return f"“{''.join(texts)}” could not be read, so nothing was changed."
        may_be = may_be_lead if field.attribute == "lead_practitioner_id" else may_be_named
        if isinstance(value, uuid.UUID) and not may_be(self.meeting.school, on=self.on).filter(pk=value).exists():
            return "This person cannot be named here, so nothing was changed."
        field.write(target, texts)
        return ""

    def _mark(self, target: Any, name: str, note: str) -> None:
        if target not in self.changed:
            self.changed.append(target)
        self._note(name, note)

    def _note(self, name: str, note: str) -> None:
        self.sheet.typing[name] = {"by": self.by.name, "note": note}
        if self.sheet not in self.changed:
            self.changed.append(self.sheet)

    def _last_by(self, name: str) -> str:
        return str(self.sheet.typing.get(name, {}).get("by") or _SOMEONE)

    def _shown(self, field: Field, text: str) -> str:
        """A stored value as people read it: a person's name instead of a key."""
        try:
            member = may_be_named(self.meeting.school, on=self.on).filter(pk=uuid.UUID(text)).first()
        except ValueError:
            return field.shown(text)
        return member.name if member else text

    def save(self) -> None:
        for row in self.changed:
            if isinstance(row, Discussion):
                row.was_discussed = True
            row.save(force_insert=row._state.adding)


def _merged(
    field: Field, sent: Typed, stored: list[str], *, by: str, other: str, shown: Callable[[str], str]
) -> tuple[list[str], str]:
    """The texts to store and what to tell."""
    if field.merging == Merging.CHOICES:
        return sorted(merge_choices(sent.began, sent.now, stored), key=[*sent.now, *stored].index), ""
    names = {"my_name": by, "their_name": other if other != by else f"{by} (in another window)"}
    began, now, held = (field.said(texts) for texts in (sent.began, sent.now, stored))
    if field.merging == Merging.TEXT:
        merged = merge(began, now, held, **names)
        note = f"{names['their_name']} and {by} both changed these words: both are kept. Please make one of them."
        return [merged.text], note if merged.conflict else ""
    chosen = merge_value(began, now, held, **names, shown=shown)
    return [chosen.value], chosen.note
