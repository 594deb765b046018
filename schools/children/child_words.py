"""A child's page in words: status, totals by code, headroom, family, moves, corrections, who has looked."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from attendance_portal.charts import Chart, percent, week_trend
from attendance_portal.days import moment_words
from attendance_portal.models import AuditEvent
from schools.children.calendar import counts_as, meaning_of
from schools.children.carried_years import as_counted, counted_elsewhere
from schools.children.child_view import ChildView
from schools.children.childs_year import ChildsYear
from schools.children.handed_over import YearElsewhere
from schools.models import BandMove, Correction, Enrolment, Standing
from schools.presenters import counted
from schools.register.bands import LINCOLNSHIRE
from schools.register.thresholds import PENALTY_THRESHOLD
from schools.standing import categories
from schools.standing.summaries import year_group_words


def code_rows(one: ChildsYear) -> list[dict[str, Any]]:
    """How often each code stands in the year, in its meaning on the latest day it was used, the commonest first."""
    latest = {code: day for day, _, code in one.held()}
    return [
        {
            "code": code,
            "meaning": meaning_of(code, latest[code]),
            "counts_as": counts_as(code, latest[code]),
            "count": n,
        }
        for code, n in one.codes().most_common()
    ]


def headroom_sentences(one: ChildsYear) -> list[str]:
    """How many sessions in a row can be missed before each category below the first is reached."""
    if not one.count("possible"):
        return ["Nothing was possible yet, so there is nothing to work out."]
    by_band = list(enumerate(one.headroom, 2))
    reached = [LINCOLNSHIRE.label(band) for band, left in by_band if left < 0]
    now = [f"Reached already: {', '.join(f'“{label}”' for label in reached)}."] if reached else []
    return now + [_headroom(band, left) for band, left in by_band if left >= 0]


def _headroom(band: int, left: int) -> str:
    name = f"“{LINCOLNSHIRE.label(band)}” ({categories.ranges()[band]})"
    if left == 0:
        return f"The next session missed reaches {name}."
    return f"{counted(left, 'more session', 'more sessions')} can be missed in a row; one more reaches {name}."


def ten_weeks_sentence(standing: Standing | None) -> str:
    """The rolling total by which the national framework judges; the rule itself is for the legal gate."""
    if standing is None:
        return ""
    total = counted(standing.ten_week_unauthorised, "unauthorised session", "unauthorised sessions")
    threshold = PENALTY_THRESHOLD.sessions
    what = f"{total} in the last {PENALTY_THRESHOLD.school_weeks} school weeks"
    if standing.ten_week_unauthorised >= threshold:
        return f"{what}: the {threshold} at which a penalty notice must be considered are reached."
    return f"{what}: fewer than the {threshold} at which a penalty notice must be considered."


def trend(one: ChildsYear) -> Chart:
    points = [(f"{day:%-d %b}", 100 * there / due if due else None) for day, there, due in one.weeks()]
    lines = [("90%", 90.0)]
    return week_trend(f"weeks-{one.enrolment.pk}", "Attendance by week", points, lines=lines)


def totals_tiles(one: ChildsYear) -> list[dict[str, Any]]:
    possible = one.count("possible")
    absent = one.count("authorised") + one.count("unauthorised")
    return [
        {"number": percent(one.count("attended"), possible), "label": "Attendance", "band": one.band,
         "note": f"{one.count('attended')} of {counted(possible, 'possible session', 'possible sessions')}"},
        {"number": str(absent), "label": "Sessions missed", "note": percent(absent, possible)},
        {"number": str(one.count("unauthorised")), "label": "Unauthorised",
         "note": f"{one.count('authorised')} authorised"},
        {"number": str(one.count("late")), "label": "Late",
         "note": f"{one.count('late_after_close')} after the register closed"},
        {"number": str(one.count("missing")), "label": "Missing marks"},
    ]  # fmt: skip


def national_words(persistent: bool, severe: bool, possible: int) -> str:
    """By the national definition, in words of its own."""
    if not possible:
        return "No possible sessions yet"
    if severe:
        return f"{categories.SEVERE_WORDS}; so also persistently absent"
    return categories.PERSISTENT_WORDS if persistent else "Not persistently absent (missed less than 10%)"


def child_view(view: ChildView | None) -> dict[str, Any] | None:
    """The child over every enrolment of the year, and each enrolment's part in it."""
    if view is None:
        return None
    gone = counted_elsewhere(view.years)
    return {
        "attendance": percent(view.attended, view.possible),
        "missed": view.missed,
        "possible": view.possible,
        "band": view.band,
        "category": categories.words(view.band),
        "national": national_words(view.persistent, view.severe, view.possible),
        "rows": [_enrolments_part(one, gone.get(one.enrolment.pk)) for one in view.years],
        "total": _figures(view.attended, view.possible, view.authorised, view.unauthorised),
        "by_enrolment": _by_enrolment(view),
        "twice": counted(view.twice, "session is", "sessions are") if view.twice else "",
    }


def _enrolments_part(one: ChildsYear, at: ChildsYear | None) -> dict[str, Any]:
    """The marks of one enrolment; by the national definition it counts as its school's, or `at` the one after it."""
    whole = as_counted(one)
    national = national_words(whole.persistent, whole.severe, whole.count("possible"))
    national += f", counted with {one.before.enrolment.school}" if one.before else ""
    figures = _figures(one.count("attended"), one.count("possible"), one.count("authorised"), one.count("unauthorised"))
    return figures | {
        "school": one.enrolment.school,
        "dates": ", ".join(filter(None, [_dates(one.enrolment), handed_words(one)])),
        "due_elsewhere": one.codes()["D"],
        "national": f"Counted at {at.enrolment.school}" if at else national,
    }


def _figures(attended: int, possible: int, authorised: int, unauthorised: int) -> dict[str, Any]:
    return {
        "possible": possible,
        "missed": possible - attended,
        "authorised": authorised,
        "unauthorised": unauthorised,
        "attendance": percent(attended, possible),
    }


def _dates(enrolment: Enrolment) -> str:
    begins = f"from {enrolment.admission_on:%-d %B %Y}" if enrolment.admission_on else "admission not stated"
    return f"{begins} to {enrolment.leaving_on:%-d %B %Y}" if enrolment.leaving_on else begins


def handed_words(one: ChildsYear) -> str:
    """Where a year at another authority's school is known from; empty for a year at one of ours."""
    return f"as handed over on {one.as_of:%-d %B %Y}" if isinstance(one, YearElsewhere) else ""


def _by_enrolment(view: ChildView) -> str:
    """As the official figures have it, which count enrolments and not children."""
    of = counted(len(view.own), "enrolment", "enrolments")
    elsewhere = " What was handed over is not in them." if view.has_years_elsewhere else ""
    return f"The official figures count {of}, {view.persistent_enrolments} of them persistently absent.{elsewhere}"


def enrolment_words(enrolment: Enrolment) -> str:
    parts = [year_group_words(enrolment.year_group)]
    if enrolment.reg_group:
        parts.append(f"registration group {enrolment.reg_group}")
    if enrolment.local_id:
        parts.append(f"number {enrolment.local_id}")
    if enrolment.admission_on:
        parts.append(f"admitted {enrolment.admission_on:%-d %B %Y}")
    if enrolment.leaving_on:
        where = f" to {enrolment.destination}" if enrolment.destination else ""
        parts.append(f"left {enrolment.leaving_on:%-d %B %Y}{where}")
    return ", ".join(parts)


def _when(at: dt.datetime) -> str:
    return moment_words(timezone.localtime(at))


def move_events(moves: Iterable[BandMove]) -> list[dict[str, Any]]:
    return [
        {
            "title": BandMove.Kind(move.kind).label,
            "when": f"{move.school}, up to {move.as_at:%-d %B %Y}",
            "at": move.as_at,
            "text": _move(move),
        }
        for move in moves
    ]


def _move(move: BandMove) -> str:
    if move.from_band == move.to_band:
        return ""
    return f"From “{categories.words(move.from_band)}” to “{categories.words(move.to_band)}”"


def correction_events(corrections: Iterable[Correction]) -> list[dict[str, Any]]:
    return [
        {
            "title": one.fact,
            "when": _when(one.made_at),
            "at": one.made_at,
            "by": str(one.made_by.user) if one.made_by else "",
            "text": f"From {one.before or 'nothing'} to {one.after or 'nothing'}. {one.reason}",
        }
        for one in corrections
    ]


def looked_rows(events: Iterable[AuditEvent]) -> list[dict[str, str]]:
    return [{"who": one.by_name, "what": one.words or one.what, "when": _when(one.at)} for one in events]


def looked_rows_of_a_school(
    events: Iterable[AuditEvent], pupil_id: uuid.UUID, *, own: set[uuid.UUID], elsewhere: set[uuid.UUID]
) -> list[dict[str, str]]:
    """The same for a school's people (`own`: memberships of theirs): nothing tells which other school the child is at.

    Words of others' events may name that school, unless the event is of the child's own record.
    """
    rows = []
    for one in events:
        who = "Someone at another school" if one.membership_id in elsewhere else one.by_name
        is_told = one.membership_id in own or one.subject_id == str(pupil_id)
        what = one.words if is_told and one.words else one.what.replace("_", " ").capitalize()
        rows.append({"who": who, "what": what, "when": _when(one.at)})
    return rows


def year_tabs(pupil_pk: Any, years: Sequence[int], chosen: int, words: Any) -> list[dict[str, Any]]:
    address = reverse("pupil_page", args=[pupil_pk])
    return [{"text": words(year), "href": f"{address}?year={year}", "current": year == chosen} for year in years]
