"""Words, colours and dates of the meetings' pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from attendance_portal.charts import Chart, Share, band_bar, sparkline, week_trend
from attendance_portal.days import moment_words, time_words
from attendance_portal.models import Membership
from tsm.models import Meeting
from tsm.timetable import SchoolTerm, State

STATE_WORDS = {
    State.MET: ("Met this term", "green"),
    State.ARRANGED: ("Arranged", "blue"),
    State.UNRECORDED: ("Date passed, nothing recorded", "orange"),
    State.DUE: ("Due", "yellow"),
    State.OVERDUE: ("Overdue", "red"),
    State.NOT_DUE: ("Not due this term", "grey"),
}
STAGE_COLOURS = {
    Meeting.Stage.ARRANGED: "blue",
    Meeting.Stage.UNDER_WAY: "orange",
    Meeting.Stage.TO_CONFIRM: "yellow",
    Meeting.Stage.CONFIRMED: "green",
    Meeting.Stage.CANCELLED: "grey",
    Meeting.Stage.NOT_ATTENDED: "red",
}
_URGENT = [State.OVERDUE, State.UNRECORDED, State.DUE, State.ARRANGED, State.MET, State.NOT_DUE]


def when(meeting: Meeting) -> str:
    """“Tuesday 24 November 2026 at 10am”."""
    starts_at = timezone.localtime(meeting.starts_at)
    return f"{starts_at:%A %-d %B %Y} at {time_words(starts_at)}"


def timetable_rows(rows: Sequence[SchoolTerm], officers: Mapping[int, Membership]) -> list[dict[str, Any]]:
    """The timetable's rows, the most urgent first, each with its words, colour and cells for CSV."""
    in_order = sorted(rows, key=lambda row: (_URGENT.index(row.state), row.school.name))
    return [_timetable_row(row, officers.get(row.school.pk)) for row in in_order]


def _timetable_row(row: SchoolTerm, officer: Membership | None) -> dict[str, Any]:
    words, colour = STATE_WORDS[row.state]
    date = when(row.meeting) if row.meeting else ""
    name = officer.name if officer else ""
    as_at = row.as_at.isoformat() if row.as_at else ""
    return {
        "term": row,
        "words": words,
        "colour": colour,
        "when": date,
        "officer": name,
        "may_arrange": row.state in (State.DUE, State.OVERDUE),
        "csv": [row.school.urn, row.school.name, name, words, date, row.severe, row.persistent, as_at],
    }


def timetable_tiles(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many schools stand where."""
    states = [row["term"].state for row in rows]
    return [
        {"number": states.count(State.MET), "label": "met this term"},
        {"number": states.count(State.ARRANGED), "label": "arranged"},
        {"number": states.count(State.DUE), "label": "due"},
        {"number": states.count(State.OVERDUE) + states.count(State.UNRECORDED), "label": "overdue or not recorded"},
    ]


def stage_tag(meeting: Meeting) -> dict[str, str]:
    stage = Meeting.Stage(meeting.stage)
    return {"words": stage.label, "colour": STAGE_COLOURS[stage]}


def meeting_facts(meeting: Meeting) -> list[dict[str, Any]]:
    """The summary list of a meeting."""
    mode = Meeting.Mode(meeting.mode).label
    facts: list[dict[str, Any]] = [
        {"key": "School", "value": meeting.school.name, "href": reverse("school_page", args=[meeting.school.urn]),
         "action": "Open"},
        {"key": "When", "value": when(meeting)},
        {"key": "Length", "value": f"{meeting.minutes_booked} minutes"},
        {"key": "How", "value": f"{mode}: {meeting.place}" if meeting.place else mode},
        {"key": "Held by", "value": meeting.held_by},
    ]  # fmt: skip
    if meeting.stage == Meeting.Stage.ARRANGED and meeting.officer.is_away(meeting.held_on):
        facts.append({"key": "Cover", "value": _cover(meeting)})
    if meeting.as_at:
        facts.append({"key": "Figures as at", "value": f"{meeting.as_at:%-d %B %Y}, frozen when the meeting began"})
    return facts


def _cover(meeting: Meeting) -> str:
    if meeting.cover is None:
        return f"{meeting.officer.name} is away that day and nobody covers. Have a colleague hold the meeting."
    return f"{meeting.officer.name} is away that day; {meeting.cover.name} covers, and may begin and minute it."


def history(meeting: Meeting) -> list[dict[str, Any]]:
    """The meeting's history as a timeline, latest first."""
    return [
        {
            "title": entry.words,
            "at": entry.at,
            "when": moment_words(timezone.localtime(entry.at)),
            "by": entry.by.name if entry.by else "",
        }
        for entry in meeting.entries.select_related("by__user").order_by("-at", "-id")
    ]


def bands_bar(figures: Mapping[str, Any], name: str = "bands") -> dict[str, Any]:
    """The five categories from frozen figures: the bar and its shares."""
    shares = [Share(band["number"], band["label"], band["count"]) for band in figures.get("bands", [])]
    return {"bar": band_bar(name, "Pupils in the five absence categories", shares), "shares": shares}


def weeks_chart(figures: Mapping[str, Any]) -> Chart | None:
    """A pupil's last school weeks from frozen figures, or None where there are none."""
    weeks = _percentages(figures)
    if not any(value is not None for _, value in weeks):
        return None
    return week_trend("weeks", "Attendance by week", weeks, lines=[("90%", 90.0)])


def weeks_line(figures: Mapping[str, Any], name: str) -> Chart | None:
    """The same as a small line."""
    values = [value for _, value in _percentages(figures)]
    return sparkline(name, "Attendance by week", values) if any(v is not None for v in values) else None


def _percentages(figures: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    return [
        (monday, 100 * attended / possible if possible else None)
        for monday, attended, possible in figures.get("weeks", [])
    ]


def pupil_rows(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A pupil's frozen figures as a summary list."""
    six = f"{figures['six_week_missed']} of {figures['six_week_possible']} sessions"
    return [
        {"key": "Attendance", "value": figures["attendance"]},
        {"key": "Missed", "value": f"{figures['missed']} of {figures['possible']} sessions"},
        {"key": "Authorised", "value": figures["authorised"]},
        {"key": "Unauthorised", "value": figures["unauthorised"]},
        {"key": "Through illness", "value": figures["illness"]},
        {"key": "Late", "value": figures["late"]},
        {"key": "Last six school weeks missed", "value": six},
        {"key": "Unauthorised in ten school weeks", "value": figures["ten_week_unauthorised"]},
    ]
