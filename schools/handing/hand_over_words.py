"""Hand-overs in words: where each stands, what it holds, what was done with it, and lines of lists."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from attendance_portal.charts import percent
from attendance_portal.days import moment_words
from schools.models import Circumstance, HandOver, HandOverAnswer
from schools.presenters import Tag, year_words
from schools.standing.summaries import year_group_words
from schools.stored.parcels import HandedCircumstance, HandedStay, HandedYear, Parcel

Stage = HandOver.Stage
_COLOURS: Final = {
    Stage.OFFERED: "yellow",
    Stage.ACCEPTED: "green",
    Stage.DECLINED: "orange",
    Stage.WITHDRAWN: "grey",
    Stage.ENDED: "grey",
}
# As the addressee reads it: its area is here.
_HERE: Final = {
    HandOver.Reason.MOVED_SCHOOL: "The child goes to a school here now",
    HandOver.Reason.MOVED_HOME: "The child lives here now",
    HandOver.Reason.DUAL: "The child is on a roll here as well as there",
    HandOver.Reason.MISSING: "The child is missing education, and is believed to be here",
}
HEADINGS: Final = ("Child", "UPN", "From", "To", "Why", "Offered", "Offered by", "State")
NOT_TOLD: Final = "A child whose record can no longer be read here"
WITHHELD: Final = "A restricted record"


def why(one: HandOver, *, is_sent: bool) -> str:
    """The sender's reason, as this side reads it."""
    reason = HandOver.Reason(one.reason)
    return str(reason.label) if is_sent else _HERE[reason]


def stage_tag(one: HandOver) -> Tag:
    stage = Stage(one.stage)
    return Tag(str(stage.label), _COLOURS[stage])


def line(one: HandOver, name: str, upn: str, *, is_sent: bool) -> list[Any]:
    """A row of the file."""
    at = timezone.localtime(one.offered_at)
    state = Stage(one.stage).label
    who = (one.authority.name, one.to_authority.name)
    return [name, upn, *who, why(one, is_sent=is_sent), f"{at:%Y-%m-%d %H:%M}", one.offered_by.name, state]


def parcel_rows(parcel: Parcel) -> list[dict[str, Any]]:
    """Who the child is, for a summary list."""
    born = f"{parcel.date_of_birth:%-d %B %Y}" if parcel.date_of_birth else "Not held"
    rows = [
        {"key": "Name", "value": str(parcel)},
        {"key": "UPN", "value": parcel.upn or "None held"},
        {"key": "Date of birth", "value": born},
        {"key": "Schools", "value": "; ".join(map(_stay, parcel.stays)) or "None held"},
    ]
    if parcel.former_upns:
        former = ", ".join(f"{one.upn} until {one.until_on:%-d %B %Y}" for one in parcel.former_upns)
        rows.insert(2, {"key": "Former UPNs", "value": former})
    if parcel.circumstances:
        rows.append({"key": "Circumstances", "value": "; ".join(map(_circumstance, parcel.circumstances))})
    if parcel.restriction:
        rows.append(
            {"key": "Restricted", "value": "This record is restricted. It stays restricted when it is accepted."}
        )
    if parcel.note:
        rows.append({"key": "Note", "value": parcel.note})
    return rows


def _stay(one: HandedStay) -> str:
    number = f" (DfE number {one.laestab})" if one.laestab else ""
    begins = f"from {one.admission_on:%-d %B %Y}" if one.admission_on else "admission not stated"
    ends = f" to {one.leaving_on:%-d %B %Y}" if one.leaving_on else ""
    return f"{one.school}{number}, {year_group_words(one.year_group)}, {begins}{ends}"


def _circumstance(one: HandedCircumstance) -> str:
    kind = Circumstance.Kind(one.kind).label if one.kind in Circumstance.Kind.values else one.kind
    worker = f", social worker {one.social_worker} {one.social_worker_email}".rstrip() if one.social_worker else ""
    return f"{kind} since {one.from_on:%-d %B %Y}{worker}"


def year_rows(parcel: Parcel) -> list[dict[str, Any]]:
    """Each year at each school with its figures, for a table."""
    return [_year(one) for one in parcel.years]


def _year(one: HandedYear) -> dict[str, Any]:
    possible, attended = one.counts["possible"], one.counts["attended"]
    return {
        "school": one.stay.school,
        "year": year_words(one.year),
        "as_at": one.as_at,
        "attendance": percent(attended, possible),
        "possible": possible,
        "missed": possible - attended,
        "unauthorised": one.counts["unauthorised"],
    }


def steps(one: HandOver, answer: HandOverAnswer | None, *, is_sent: bool) -> list[dict[str, Any]]:
    """What either side did, the latest first, for a timeline."""
    reason = why(one, is_sent=is_sent)
    done: list[tuple[Any, str, Any, str]] = [(one.offered_at, f"Offered by {one.authority}", one.offered_by, reason)]
    if answer and answer.answered_at:
        verdict = answer.get_verdict_display()
        because = answer.because if answer.ended_at is None else ""
        done.append((answer.answered_at, f"{verdict} by {one.to_authority}", answer.answered_by, because))
    if answer and answer.ended_at:
        done.append((answer.ended_at, f"Given back by {one.to_authority}", answer.ended_by, answer.because))
    if one.withdrawn_at:
        done.append((one.withdrawn_at, f"Withdrawn by {one.authority}", one.withdrawn_by, one.closed_because))
    if one.ended_at:
        done.append((one.ended_at, f"Ended by {one.authority}", one.ended_by, one.closed_because))
    return [
        {"title": title, "when": moment_words(timezone.localtime(at)), "at": at, "by": by.name, "text": text}
        for at, title, by, text in sorted(done, key=lambda step: step[0], reverse=True)
    ]


def tabs(current: str, waiting: int) -> list[dict[str, Any]]:
    """Those received, and those sent."""
    address = reverse("hand_overs")
    return [
        {"text": "Received", "href": address, "current": current != "sent", "count": waiting or None},
        {"text": "Sent", "href": f"{address}?show=sent", "current": current == "sent", "count": None},
    ]
