"""A school's figures in words: tiles, the change since last term, rows of year groups and cohorts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from attendance_portal.charts import percent
from attendance_portal.days import year_label
from schools.models import Circumstance, School
from schools.register.measures import percent_text
from schools.standing.summaries import Group, Summary, TermFigures, year_group_words


def pupils_address(school: School, **filters: Any) -> str:
    """The pupil list of a school with these filters set."""
    return f"{reverse('pupil_list', args=[school.urn])}?{urlencode(filters)}"


def tiles(school: School, summary: Summary) -> list[dict[str, Any]]:
    """Headline figures: attendance for the year to date, national counts of those on roll."""
    everyone, on_roll = summary.everyone, summary.on_roll
    return [
        {"number": percent(everyone.attended, everyone.possible), "label": "Attendance", "note": "year to date"},
        {
            "number": percent(everyone.absent, everyone.possible),
            "label": "Absence",
            "note": f"of which unauthorised {percent(everyone.unauthorised, everyone.possible)}",
        },
        _national(school, on_roll, "persistent", "Persistently absent", "missed 10% or more") | {"band": 3},
        _national(school, on_roll, "severe", "Severely absent", "missed 50% or more") | {"band": 5},
        {
            "number": f"{on_roll.at_risk:,}",
            "label": "At risk of persistent absence next term",
            "note": "90% or less over the last six school weeks, above it for the year",
            "href": pupils_address(school, absence="at-risk"),
        },
        {
            "number": f"{everyone.missing:,}",
            "label": "Missing marks",
            "href": pupils_address(school, sort="-missing", roll="all"),
            "note": "sessions without a mark on open days, of leavers too",
        },
    ]


def _national(school: School, group: Group, absence: str, label: str, meaning: str) -> dict[str, Any]:
    count = getattr(group, absence)
    return {
        "number": f"{count:,}",
        "label": label,
        "note": f"{meaning}: {percent(count, group.counted)} of {group.counted:,}",
        "href": pupils_address(school, absence=absence),
    }


@dataclass(frozen=True)
class Change:
    """One measure this term and last, and the difference in words."""

    measure: str
    last: str
    now: str
    difference: str


def term_name(figures: TermFigures) -> str:
    return f"{figures.term.capitalize()} term {year_label(figures.year)}"


def _span(first: dt.date, last: dt.date) -> str:
    return f"{first:%-d %B %Y} to {last:%-d %B %Y}"


def terms(now: TermFigures, then: TermFigures | None) -> dict[str, Any]:
    """The change since last term: each figure for its own term alone, with window, as-at day and source."""
    return {
        "now": f"{term_name(now)} so far",
        "now_window": _span(*now.window),
        "last": term_name(then) if then else "",
        "last_window": _span(*then.window) if then else "",
        "rows": _changes(now, then) if then else [],
        "source": f"the school's registers as stored, up to {now.window.last:%-d %B %Y}",
    }


def _changes(now: TermFigures, then: TermFigures) -> list[Change]:
    measures = (
        ("Attendance", "attended", "possible"),
        ("Absence", "absent", "possible"),
        ("Authorised absence", "authorised", "possible"),
        ("Unauthorised absence", "unauthorised", "possible"),
        ("Persistently absent (missed 10% or more)", "persistent", "pupils"),
        ("Severely absent (missed 50% or more)", "severe", "pupils"),
    )
    return [_change(name, (getattr(then, part), getattr(then, whole)), (getattr(now, part), getattr(now, whole)))
            for name, part, whole in measures]  # fmt: skip


def _tenths(part: int, whole: int) -> int:
    """The percentage as shown, in tenths: half up."""
    return (2000 * part + whole) // (2 * whole) if whole else 0


def _change(name: str, then: tuple[int, int], now: tuple[int, int]) -> Change:
    step = _tenths(*now) - _tenths(*then)
    words = "no change"
    if step:
        words = f"{'up' if step > 0 else 'down'} {abs(step) // 10}.{abs(step) % 10} points"
    return Change(name, percent(*then), percent(*now), words)


def _row(name: str, group: Group, href: str) -> dict[str, Any]:
    return {
        "name": name,
        "href": href,
        "pupils": group.pupils,
        "attendance": percent(group.attended, group.possible),
        "unauthorised": percent(group.unauthorised, group.possible),
        "bands": [group.bands[band] for band in range(1, 6)],
        "persistent": (group.persistent, percent(group.persistent, group.counted)),
        "severe": (group.severe, percent(group.severe, group.counted)),
    }


def year_group_rows(school: School, summary: Summary) -> list[dict[str, Any]]:
    return [
        _row(year_group_words(group.name), group, pupils_address(school, year_group=group.name))
        for group in summary.year_groups
    ]


def cohort_rows(school: School, summary: Summary) -> list[dict[str, Any]]:
    return [
        _row(Circumstance.Kind(group.name).label, group, pupils_address(school, cohort=group.name))
        for group in summary.cohorts
    ]


def schools_file(listed: Iterable[Any]) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the list of schools as a file."""
    headings = ["URN", "School", "DfE number", "Phase", "Status", "Closed on", "Area", "On roll",
                "Missed 10% or more", "Missed 50% or more",
                "Attendance %", "Data up to"]  # fmt: skip
    rows = [
        [one.urn, one.name, one.laestab, one.get_phase_display(), one.get_status_display(), one.closed_on,
         one.area, one.pupils, one.persistent, one.severe,
         percent_text(one.attended or 0, one.possible or 0), one.as_at]
        for one in listed
    ]  # fmt: skip
    return headings, rows
