"""The fields of the minutes as forms carry them: lists of texts, read from and written to the rows.

Each knows how two people's typing in it is merged. Names of a row's fields begin with `action-` or `attendee-`
and the row's key, so that saving again finds the same row.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from casework import barriers
from tsm.models import Discussion, Side

YES, NO, NOT_YET = "yes", "no", "not-yet"
_TO_ANSWER = {True: YES, False: NO, None: NOT_YET}
_FROM_ANSWER = {words: value for value, words in _TO_ANSWER.items()} | {"": None}


class Merging(StrEnum):
    """How two people's typing in one field comes together."""

    TEXT = "text"
    CHOICES = "choices"
    VALUE = "value"


@dataclass(frozen=True)
class Field:
    """One field: `to_texts` and `from_texts` carry the attribute's value. `from_texts` raises ValueError.

    `words` are what people read for its codes; `empty` is the code that says nothing was chosen.
    """

    attribute: str
    label: str
    merging: Merging
    to_texts: Callable[[Any], list[str]]
    from_texts: Callable[[list[str]], Any]
    words: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""

    def read(self, row: Any) -> list[str]:
        return self.to_texts(getattr(row, self.attribute))

    def said(self, texts: list[str]) -> str:
        """The single text as merging compares it: nothing chosen is nothing, whatever its code."""
        text = texts[0] if texts else ""
        return "" if text == self.empty else text

    def shown(self, text: str) -> str:
        """A single text as people read it: a code in words, a date as it is written."""
        if text in self.words:
            return self.words[text]
        try:
            return f"{dt.date.fromisoformat(text):%-d %B %Y}"
        except ValueError:
            return text

    def write(self, row: Any, texts: list[str]) -> None:
        setattr(row, self.attribute, self.from_texts(texts))


def _one(texts: list[str]) -> str:
    return texts[0].replace("\x00", "") if texts else ""


def _text(attribute: str, label: str) -> Field:
    return Field(attribute, label, Merging.TEXT, lambda value: [value], _one)


def _line(attribute: str, label: str, longest: int) -> Field:
    """A short text on one line; cut at the longest that is stored, as its box does."""
    return Field(attribute, label, Merging.VALUE, lambda value: [value], lambda texts: _one(texts).strip()[:longest])


def _date(attribute: str, label: str) -> Field:
    def from_texts(texts: list[str]) -> dt.date | None:
        return dt.date.fromisoformat(_one(texts)) if _one(texts) else None

    return Field(attribute, label, Merging.VALUE, lambda value: [value.isoformat() if value else ""], from_texts)


def _answer(attribute: str, label: str) -> Field:
    def from_texts(texts: list[str]) -> bool | None:
        return _FROM_ANSWER[_known(_one(texts), _FROM_ANSWER)]

    words = {YES: "Yes", NO: "No", NOT_YET: "Not decided yet"}
    return Field(attribute, label, Merging.VALUE, lambda value: [_TO_ANSWER[value]], from_texts, words, empty=NOT_YET)


def _choice(attribute: str, label: str, choices: Mapping[str, str]) -> Field:
    return Field(
        attribute, label, Merging.VALUE, lambda value: [value],
        lambda texts: _known(_one(texts), ["", *choices]), choices,
    )  # fmt: skip


def _person(attribute: str, label: str) -> Field:
    """A member by key. Whether it is one who may be chosen is asked by `tsm.people` before writing."""

    def from_texts(texts: list[str]) -> uuid.UUID | None:
        return uuid.UUID(_one(texts)) if _one(texts) else None

    return Field(attribute, label, Merging.VALUE, lambda value: [str(value) if value else ""], from_texts)


def _known(text: str, choices: Any) -> str:
    if text not in choices:
        raise ValueError(text)
    return text


DISCUSSION_FIELDS: Mapping[str, Field] = {
    "said": _text("said", "What was said"),
    "barriers": Field("barriers", "Barriers", Merging.CHOICES, list, barriers.known),
    "lead_practitioner": _person("lead_practitioner_id", "Lead practitioner"),
    "lead_name": _line("lead_name", "Lead practitioner without an account", 200),
    "lead_agency": _line("lead_agency", "Their agency", 150),
    "joint_action": _answer("joint_action", "Joint action needed"),
    "may_be_missing_education": _answer("may_be_missing_education", "Might be missing education"),
    "legal_route": _choice("legal_route", "Legal route considered", dict(Discussion.LegalRoute.choices)),
    "review_on": _date("review_on", "Review date"),
    "other_meeting": _line("other_meeting", "Another multi-agency meeting", 200),
}
MEETING_FIELDS: Mapping[str, Field] = {
    "trends": _text("trends", "Overall trends and emerging patterns"),
    "cohorts": _text("cohorts", "Named cohorts"),
    "successes": _text("successes", "Successes"),
    "areas_to_improve": _text("areas_to_improve", "Areas to improve"),
    "school_priorities": _text("school_priorities", "School priorities"),
    "authority_priorities": _text("authority_priorities", "Authority priorities"),
    "next_meeting_on": _date("next_meeting_on", "Next meeting"),
}
ACTION_FIELDS: Mapping[str, Field] = {
    "what": _text("what", "What will be done"),
    "side": _choice("side", "By which side", dict(Side.choices)),
    "owner": _person("owner_id", "Owner"),
    "owner_name": _line("owner_name", "Owner without an account", 200),
    "due_on": _date("due_on", "Due"),
}
ATTENDEE_FIELDS: Mapping[str, Field] = {
    "name": _line("name", "Name", 150),
    "job_title": _line("job_title", "Role", 150),
    "organisation": _line("organisation", "Organisation", 150),
}
ROWS = {"action": ACTION_FIELDS, "attendee": ATTENDEE_FIELDS}


@dataclass(frozen=True)
class RowName:
    """A field of a row by its name in the form: `action-<key>-what`."""

    kind: str
    key: uuid.UUID
    field: str


def row_name(name: str) -> RowName | None:
    """The row and field that a form's name means, or None for a field of the meeting or discussion itself."""
    kind, _, rest = name.partition("-")
    key, _, field = rest.rpartition("-")
    if kind not in ROWS or field not in ROWS[kind]:
        return None
    try:
        return RowName(kind, uuid.UUID(key), field)
    except ValueError:
        return None
