"""The forms of the minutes, filled with what is stored, and what came in from them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from attendance_portal.gov_forms import GovForm
from attendance_portal.models import Membership
from tsm.actions.writing import Typed, Written
from tsm.fields import ACTION_FIELDS, ATTENDEE_FIELDS, DISCUSSION_FIELDS, MEETING_FIELDS, Field, Merging, row_name
from tsm.forms import ActionRowForm, AttendeeRowForm, DiscussionForm, WholeSchoolForm
from tsm.models import AgreedAction, Attendee, Discussion, Meeting


@dataclass(frozen=True)
class Sheet:
    """One page's forms: `main`, a row for each action and attendee, the last of each blank; notes by field."""

    main: GovForm
    actions: Sequence[GovForm]
    attendees: Sequence[GovForm]
    texts: Mapping[str, list[str]]
    notes: Mapping[str, str] = field(default_factory=dict)
    typed_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def forms(self) -> list[GovForm]:
        return [self.main, *self.actions, *self.attendees]

    @property
    def all_notes(self) -> list[str]:
        return list(dict.fromkeys(self.notes.values()))

    def as_json(self, at: dt.datetime) -> dict[str, Any]:
        """Every field as it is stored now, as the script asks for it; rows say who added them, and what."""
        answer = answer_of({n: Written(texts, self.notes.get(n, "")) for n, texts in self.texts.items()}, at)
        for name, told in answer["fields"].items():
            told["added"] = self._added(name)
        return answer

    def _added(self, name: str) -> str:
        """What is said where the page has no such row yet; empty for other fields."""
        row = row_name(name)
        if row is None or not any(self.texts[name]):
            return ""
        what = "an action" if row.kind == "action" else "a person"
        by = self.typed_by.get(name, "Somebody")
        return f"{by} added {what}. Open the page again to see it: what you typed is saved."


def sheet_of(meeting: Meeting, discussion: Discussion | None, people: Sequence[Membership]) -> Sheet:
    """The forms of one pupil's page or, without a discussion, of the whole school's."""
    row: Any = discussion or meeting
    fields = DISCUSSION_FIELDS if discussion else MEETING_FIELDS
    texts = {name: field.read(row) for name, field in fields.items()}
    initial = _initial(texts, fields)
    main: GovForm = DiscussionForm(initial=initial, people=people) if discussion else WholeSchoolForm(initial=initial)
    actions, attendees = [], []
    for action in _actions(meeting, discussion):
        values = _row_texts(texts, "action", action, ACTION_FIELDS)
        actions.append(ActionRowForm(initial=values, key=action.pk, people=people))
    if discussion is None:
        for person in [*Attendee.objects.filter(meeting=meeting), Attendee()]:
            values = _row_texts(texts, "attendee", person, ATTENDEE_FIELDS)
            attendees.append(AttendeeRowForm(initial=values, key=person.pk))
    notes = {name: told["note"] for name, told in row.typing.items() if told.get("note")}
    typed_by = {name: told["by"] for name, told in row.typing.items() if told.get("by")}
    return Sheet(main, actions, attendees, texts, notes, typed_by)


def _actions(meeting: Meeting, discussion: Discussion | None) -> list[AgreedAction]:
    about = discussion.pupil_id if discussion else None
    held = AgreedAction.objects.filter(meeting=meeting, pupil=about).order_by("position", "id")
    return [*held, AgreedAction(id=uuid.uuid4())]


def _row_texts(texts: dict[str, list[str]], kind: str, row: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    own = {name: field.read(row) for name, field in fields.items()}
    if not row._state.adding:  # the blank row is nobody else's
        texts.update({f"{kind}-{row.pk}-{name}": value for name, value in own.items()})
    return _initial(own, fields)


def _initial(texts: Mapping[str, list[str]], fields: Mapping[str, Field]) -> dict[str, Any]:
    many = {name for name, field in fields.items() if field.merging == Merging.CHOICES}
    return {name: values if name in many else values[0] for name, values in texts.items()}


def typed_in(posted: QueryDict) -> dict[str, Typed]:
    """What a form sent, by field: the script names those that `changed`, the button sends them all."""
    names = posted.getlist("changed") or [
        name.removeprefix("began__") for name in posted if name.startswith("began__")
    ] + [name for name in posted if f"began__{name}" not in posted]
    return {
        name: Typed(_plain(posted.getlist(name)), _plain(posted.getlist(f"began__{name}")))
        for name in dict.fromkeys(names)
    }


def _plain(texts: list[str]) -> list[str]:
    return [text.replace("\x00", "") for text in texts]


def answer_of(written: Mapping[str, Written], at: dt.datetime) -> dict[str, Any]:
    """The answer the script reads: each field's value now, which is what the next save begins from."""
    fields = {
        name: {"value": _value(name, each.texts), "began": _value(name, each.texts), "note": each.note}
        for name, each in written.items()
    }
    return {"fields": fields, "saved_at": at.isoformat()}


def _value(name: str, texts: list[str]) -> Any:
    return texts if name in DISCUSSION_FIELDS and DISCUSSION_FIELDS[name].merging == Merging.CHOICES else texts[0]
