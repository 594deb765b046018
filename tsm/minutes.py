"""The minutes as one structure of plain values: what the page and the PDF show, and what freezes.

They are built from the rows until both sides have confirmed; from then on the stored structure is all that is
shown. A child restricted to others is left out for whoever may not see them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from attendance_portal.days import moment_words, time_words
from attendance_portal.models import Membership
from casework.barriers import Taxonomy, taxonomy
from schools.models import Pupil
from tsm.fields import MEETING_FIELDS
from tsm.invitations import term_words
from tsm.models import AgreedAction, Discussion, Meeting, Side

ANSWERS = {True: "Yes", False: "No", None: "Not decided yet"}
GROUP_WORDS = {
    "severe": "Severely absent",
    "persistent": "Persistently absent",
    "at-risk": "At risk of persistent absence",
    "added": "Asked for",
}


def shown_minutes(meeting: Meeting, member: Membership) -> dict[str, Any]:
    """The minutes as this member may see them: frozen if both sides have confirmed, else as typed so far."""
    minutes = meeting.frozen_minutes or minutes_of(meeting)
    keys = {each["pupil"] for part in ("pupils", "kept") for each in minutes[part]}
    named = Pupil.objects.not_withheld_from(member).filter(pk__in=keys)  # a school keeps its minutes of who left
    seen = {str(pk) for pk in named.values_list("pk", flat=True)}
    return minutes | {part: [each for each in minutes[part] if each["pupil"] in seen] for part in ("pupils", "kept")}


def minutes_of(meeting: Meeting) -> dict[str, Any]:
    """Everything the minutes show, as plain values (dates as ISO texts), from the rows as they are now."""
    actions: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for action in AgreedAction.objects.filter(meeting=meeting).select_related("owner__user"):
        actions[action.pupil_id].append(_action(action))
    discussions = list(Discussion.objects.filter(meeting=meeting).select_related("lead_practitioner__user"))
    known = taxonomy()
    return {
        "school": meeting.school.name,
        "urn": meeting.school.urn,
        "term": term_words(meeting),
        "starts_at": meeting.starts_at.isoformat(),
        "when": _when(meeting),
        "mode": Meeting.Mode(meeting.mode).label,
        "place": meeting.place,
        "officer": meeting.held_by,
        "as_at": _day(meeting.as_at),
        "figures": meeting.figures,
        "attendees": [
            {"name": a.name, "job_title": a.job_title, "organisation": a.organisation}
            for a in meeting.attendees.all()
            if a.name
        ],
        "pupils": [_pupil(d, actions[d.pupil_id], known) for d in discussions if d.was_discussed],
        "kept": [_kept(d) for d in discussions if not d.was_discussed],
        "whole_school": [
            {"label": field.label, "text": getattr(meeting, name)}
            for name, field in MEETING_FIELDS.items()
            if name != "next_meeting_on" and getattr(meeting, name).strip()
        ],
        "actions": actions[None],
        "next_meeting_on": _day(meeting.next_meeting_on),
        "confirmations": confirmations_of(meeting),
    }


def confirmations_of(meeting: Meeting) -> list[dict[str, str]]:
    """Who confirmed for which side, and when, as words."""
    return [
        {"side": Side(each.side).label, "name": each.by.name, "role": each.by.role_label, "when": _moment(each.at)}
        for each in meeting.confirmations.select_related("by__user").order_by("at", "id")
    ]


def _action(action: AgreedAction) -> dict[str, Any]:
    return {
        "key": str(action.pk),
        "what": action.what,
        "side": Side(action.side).label if action.side else "",
        "owner": action.owner_shown,
        "due_on": _day(action.due_on),
    }


def _pupil(discussion: Discussion, actions: list[dict[str, Any]], known: Taxonomy) -> dict[str, Any]:
    return {
        "pupil": str(discussion.pupil_id),
        "name": discussion.figures["name"],
        "group": GROUP_WORDS[discussion.group],
        "reasons": discussion.reasons,
        "figures": discussion.figures,
        "said": discussion.said,
        "barriers": known.labels(discussion.barriers),
        "lead": lead_shown(discussion),
        "joint_action": ANSWERS[discussion.joint_action],
        "may_be_missing_education": ANSWERS[discussion.may_be_missing_education],
        "legal_route": Discussion.LegalRoute(discussion.legal_route).label,
        "review_on": _day(discussion.review_on),
        "other_meeting": discussion.other_meeting,
        "actions": actions,
    }


def _kept(discussion: Discussion) -> dict[str, Any]:
    reason = discussion.kept_because or "Not reached in the time."
    figures = discussion.figures
    return {
        "pupil": str(discussion.pupil_id),
        "name": figures["name"],
        "year_group": figures["year_group"],
        "group": GROUP_WORDS[discussion.group],
        "attendance": figures["attendance"],
        "reason": reason,
    }


def kept_by_reason(kept: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Those not discussed under each reason, said once; reasons and pupils in the order of the list."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for each in kept:
        grouped.setdefault(each["reason"], []).append(each)
    return list(grouped.items())


def named_outside(kept: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those not discussed whom a file names: the severely absent alone (UK GDPR, article 5(1)(c): no more
    than is needed). The portal keeps the whole list."""
    return [each for each in kept if each["group"] == GROUP_WORDS["severe"]]


def counted_outside(kept: Iterable[Mapping[str, Any]]) -> list[str]:
    """All others not discussed as numbers by category: “86 persistently absent”."""
    counted = Counter(each["group"] for each in kept if each["group"] != GROUP_WORDS["severe"])
    return [f"{counted[group]:,} {group.lower()}" for group in GROUP_WORDS.values() if counted[group]]


def lead_shown(discussion: Discussion) -> str:
    """The lead practitioner agreed at the meeting, with agency; empty while there is none."""
    lead = discussion.lead_practitioner
    if lead is not None:
        return ", ".join(filter(None, [lead.name, lead.organisation]))
    return ", ".join(filter(None, [discussion.lead_name, discussion.lead_agency]))


def _when(meeting: Meeting) -> str:
    """When it was really held; the booked time too where the day is another."""
    starts_at = timezone.localtime(meeting.starts_at)
    booked = f"{starts_at:%A %-d %B %Y} at {time_words(starts_at)}"
    began_at = timezone.localtime(meeting.began_at or meeting.starts_at)
    if began_at.date() == starts_at.date():
        return booked
    return f"{began_at:%A %-d %B %Y} at {time_words(began_at)} (booked for {booked})"


def _moment(at: dt.datetime) -> str:
    return moment_words(timezone.localtime(at))


def _day(day: dt.date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""
