"""The minutes as the PDF file shows them: the same structure as the page, with its charts."""

from __future__ import annotations

from typing import Any

from tsm.minutes import counted_outside, kept_by_reason, named_outside
from tsm.models import Meeting
from tsm.presenters import bands_bar, weeks_line


def document_of(meeting: Meeting, minutes: dict[str, Any]) -> dict[str, Any]:
    """The context of `documents/minutes.html`; the same minutes always give the same file."""
    confirmed = meeting.stage == Meeting.Stage.CONFIRMED
    lines = [weeks_line(pupil["figures"], f"line-{number}") for number, pupil in enumerate(minutes["pupils"], 1)]
    return {
        "title": f"Targeting Support Meeting: {minutes['school']}, {minutes['term']}",
        "authority": meeting.authority,
        "minutes": minutes,
        "figures": minutes["figures"],
        "pupils": list(zip(minutes["pupils"], lines, strict=True)),
        "actions": actions_of(minutes),
        "kept": kept_by_reason(named_outside(minutes["kept"])),
        "others": counted_outside(minutes["kept"]),
        "draft": not confirmed,
        "marking": "Official – sensitive: names children. Keep it safe." + ("" if confirmed else " Draft."),
        **bands_bar(minutes["figures"]),
    }


def actions_of(minutes: dict[str, Any]) -> list[dict[str, Any]]:
    """All agreed actions in one table: the school's as a whole, then each pupil's in order."""
    whole = [{**action, "about": "Whole school"} for action in minutes["actions"]]
    return whole + [{**action, "about": pupil["name"]} for pupil in minutes["pupils"] for action in pupil["actions"]]
