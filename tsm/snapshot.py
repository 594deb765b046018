"""The figures that freeze when a meeting begins: the school's, by category and by term, and each pupil's."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from django.db.models import Count, Max, Q, Sum

from attendance_portal.charts import percent
from attendance_portal.days import TERMS, Term, Window, year_label, year_of
from schools.models import School, Standing
from schools.register import bands, measures, weeks
from schools.register.marks import last_column_on
from schools.stored.registers import Roll, load_roll
from schools.stored.terms import terms_held
from tsm.lists import ListedPupil

WEEKS_SHOWN = 12


def school_figures(school: School) -> dict[str, Any]:
    """The school's figures as they stand: everyone on roll, restricted children too, since a total names nobody.

    Keys: as_at (ISO date or None), on_roll, bands (five of number, label, count, share), no_band, persistent,
    severe, persistent_share, severe_share (of those with a possible session), attendance, terms.
    """
    held = Standing.objects.on_roll().filter(school=school)
    sums = held.order_by().aggregate(
        as_at=Max("as_at"),
        on_roll=Count("pk"),
        counted=Count("pk", filter=Q(possible__gt=0)),
        persistent=Count("pk", filter=Q(persistent=True)),
        severe=Count("pk", filter=Q(severe=True)),
        attended=Sum("attended", default=0),
        possible=Sum("possible", default=0),
    )
    by_band = dict(held.order_by().values_list("band").annotate(n=Count("pk")))
    as_at = sums["as_at"]
    return {
        "as_at": as_at.isoformat() if as_at else None,
        "on_roll": sums["on_roll"],
        "bands": [_band(number, by_band.get(number, 0), sums["counted"]) for number in bands.BANDS],
        "no_band": by_band.get(None, 0),
        "persistent": sums["persistent"],
        "severe": sums["severe"],
        "persistent_share": percent(sums["persistent"], sums["counted"]),
        "severe_share": percent(sums["severe"], sums["counted"]),
        "attendance": percent(sums["attended"], sums["possible"]),
        "terms": terms_of(school, as_at) if as_at else [],
    }


def _band(number: int, count: int, counted: int) -> dict[str, Any]:
    label = bands.LINCOLNSHIRE.label(number)
    return {"number": number, "label": label, "count": count, "share": percent(count, counted)}


def terms_of(school: School, as_at: dt.date) -> list[dict[str, Any]]:
    """Attendance and persistent absence of each term of this year and the last, oldest first, up to the day.

    A term is classified on its own sessions alone (DfE absence methodology); terms without sessions are left out.
    """
    rows: list[dict[str, Any]] = []
    years = [year_of(as_at) - 1, year_of(as_at)]
    held = terms_held(school.pk, years)
    for year in years:
        roll = load_roll([school.pk], year)
        rows += [_term(roll, term, held.window(year, term), as_at) for term in TERMS if len(roll)]
    return [row for row in rows if row["possible"]]


def _term(roll: Roll, term: Term, window: Window, as_at: dt.date) -> dict[str, Any]:
    found = measures.totals(
        roll.marks,
        roll.year,
        admitted=roll.admitted,
        left=roll.left,
        open=np.zeros((len(roll.groups), roll.marks.shape[1]), np.bool_),
        group=roll.group,
        first_column=last_column_on(roll.year, window.first - dt.timedelta(days=1)) + 1,
        last_column=last_column_on(roll.year, min(window.last, as_at)),
    )
    possible, counted = int(found.possible.sum()), int((found.possible > 0).sum())
    persistent = int(bands.persistent(found.absent, found.possible).sum())
    return {
        "label": f"{term.value.capitalize()} {year_label(roll.year)}",
        "possible": possible,
        "attendance": percent(int(found.attended.sum()), possible),
        "persistent_share": percent(persistent, counted),
    }


def weeks_by_enrolment(school: School, as_at: dt.date | None) -> dict[int, list[list[Any]]]:
    """The last twelve school weeks of every enrolment up to the day: [Monday as words, attended, possible]."""
    if as_at is None:
        return {}
    roll = load_roll([school.pk], year_of(as_at))
    until = last_column_on(roll.year, as_at)
    by_week = weeks.weekly_totals(roll.marks, roll.year, admitted=roll.admitted, left=roll.left, last_column=until)
    shown = np.flatnonzero(by_week.possible.any(axis=0))[-WEEKS_SHOWN:]
    mondays = [f"{weeks.monday(roll.year, int(week)):%-d %b}" for week in shown]
    return {
        int(enrolment): [
            [monday, int(by_week.attended[row, week]), int(by_week.possible[row, week])]
            for monday, week in zip(mondays, shown, strict=True)
        ]
        for row, enrolment in enumerate(roll.enrolments)
    }


def pupil_figures(listed: ListedPupil, standing: Standing, by_week: list[list[Any]]) -> dict[str, Any]:
    """One pupil's standing as plain values, with the name and year group as they were then."""
    fields = [
        "possible",
        "attended",
        "authorised",
        "unauthorised",
        "missing",
        "late",
        "illness",
        "band",
        "persistent",
        "severe",
        "six_week_possible",
        "six_week_missed",
        "ten_week_unauthorised",
        "headroom",
        "year_group",
    ]
    return {
        "name": listed.facts.name,
        "as_at": standing.as_at.isoformat(),
        "missed": standing.missed,
        "attendance": percent(standing.attended, standing.possible),
        "weeks": by_week,
        **{name: getattr(standing, name) for name in fields},
    }
