"""Banding: every enrolment's standing worked out and kept, and what moved since the last time.

The state of a run is in the database: a killed run is taken up again where it stopped (architecture section 3).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Count, Func

from attendance_portal.audit import record
from attendance_portal.days import Window, year_of, year_window
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope, current_authority_id
from schools.models import BandingRun, Enrolment, School, Standing
from schools.register.marks import WIDTH
from schools.register.returns import LATE_REGISTERS
from schools.returning.drafting import draft_by_roll, draft_returns
from schools.returning.edges import edges_of
from schools.standing import early_warning
from schools.standing.coverage import keep_coverage
from schools.standing.figures import Figures, worked_out
from schools.stored import bulk
from schools.stored.registers import hold_registers, latest_years
from schools.stored.takeovers import followers_of

PUPILS_A_BATCH = 40_000


def begin_banding(*, as_at: dt.date | None, rebuild: bool = False) -> BandingRun:
    """Start a run over all schools of the open scope's authority. `rebuild` forgets the standings held."""
    if rebuild:
        Standing.objects.all().delete()
    schools = list(School.objects.order_by("pk").values_list("pk", flat=True))
    run: BandingRun = BandingRun.objects.create(as_at=as_at, todo=schools, schools=len(schools))
    record("begin_banding", by=None, words=f"Banding of {len(schools)} schools began.", subject=run)
    return run


def band_authority(authority: Authority, *, on: dt.date, as_at: dt.date | None, rebuild: bool = False) -> int:
    """Band every school of an authority, a batch a transaction. Returns how many standings were written anew."""
    return finish_run(authority, want_banding(authority, as_at=as_at, rebuild=rebuild), on=on)


def want_banding(authority: Authority, *, as_at: dt.date | None = None, rebuild: bool = False) -> int:
    """Start a run over all schools of an authority and leave it to whoever finishes it (`finish_run`): its key."""
    with authority_scope(authority):
        run = begin_banding(as_at=as_at, rebuild=rebuild)
    return run.pk


def _try_early_warning(authority: Authority, *, on: dt.date) -> None:
    """How often the early warning would have been right on last year's registers, again whenever they changed."""
    with authority_scope(authority):
        if early_warning.is_to_be_tried(on=on):
            schools = list(School.objects.order_by("pk").values_list("pk", flat=True))
            early_warning.keep_trials(batches_of(schools, _rolls()), on=on)


def finish_run(authority: Authority, run_id: int, *, on: dt.date) -> int:
    """Do what a run still has to do. Each batch and its crossing-off are one transaction.

    Returns how many standings were written anew here.
    """
    with authority_scope(authority):
        sizes = _rolls()
    written = 0
    while True:
        with authority_scope(authority):
            run = BandingRun.objects.select_for_update(skip_locked=True).filter(pk=run_id, finished_at=None).first()
            if run is None:  # finished, or another process is at it
                return written
            batch = next(batches_of(run.todo, sizes), [])
            written += band_schools(batch, on=on, as_at=run.as_at)
            run.todo = run.todo[len(batch) :]
            run.save(update_fields=["todo"])
            if run.todo:
                continue
            BandingRun.objects.filter(pk=run.pk).update(finished_at=Func(function="clock_timestamp"))
        if run.as_at is None:
            _try_early_warning(authority, on=on)
        return written


def take_up_unfinished(authority: Authority, at: dt.datetime) -> None:
    """Finish the runs that a killed process left; one that another process holds is passed over."""
    with authority_scope(authority):
        unfinished = list(BandingRun.objects.filter(finished_at=None).values_list("pk", flat=True))
    for run_id in unfinished:
        finish_run(authority, run_id, on=at.date())


def _rolls() -> dict[int, int]:
    """About how many pupils each school of the authority has: the size of a batch needs no more."""
    counted = Enrolment.objects.filter(leaving_on=None).values("school").annotate(pupils=Count("pk"))
    return dict(counted.order_by().values_list("school", "pupils"))


def batches_of(schools: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """The schools in batches of about `PUPILS_A_BATCH` pupils, at least one school each."""
    batch: list[int] = []
    pupils = 0
    for school in schools:
        if batch and pupils + sizes.get(school, 0) > PUPILS_A_BATCH:
            yield batch
            batch, pupils = [], 0
        batch.append(school)
        pupils += sizes.get(school, 0)
    if batch:
        yield batch


def band_schools(
    school_ids: Sequence[int],
    *,
    on: dt.date,
    as_at: dt.date | None = None,
    is_history: bool | None = None,
    changed_years: Collection[int] = (),
) -> int:
    """Band some schools of the open scope, up to `as_at` or their latest data, and keep their standings.

    With them the schools that took any of them over this academic year or last, whose figures count their marks.
    What moved is noted and returns drafted (`is_history`) unless a day is asked for: then the moves since would be told
    twice. Coverage is kept unless a day is asked for that is no history.
    Each school's year is that of its latest data up to `on` (`latest_years`); the returns of the year before follow too
    where what was just done changed it (`changed_years`), and those of a year that has begun without a mark, by the
    roll alone.
    Returns how many standings were written anew.
    """
    is_history = as_at is None if is_history is None else is_history
    school_ids = [*school_ids, *followers_of(school_ids, *_years_counted(as_at or on))]
    hold_registers(school_ids)  # a file stored meanwhile would have its standings overwritten by older ones
    written = 0
    for year, schools in _by_year(school_ids, as_at or on).items():
        figures, windows = worked_out(schools, year, as_at=as_at)
        written += _keep(figures, schools, is_history=is_history)
        if is_history or as_at is None:
            keep_coverage(figures, windows, schools)
        if is_history:
            draft_returns(figures, windows, schools, on=as_at or on, were_marks_changed=bool(changed_years))
            if year + 1 == year_of(as_at or on):
                draft_by_roll(figures, windows, schools, on=as_at or on)
        if is_history and year - 1 in changed_years:
            before, then = worked_out(schools, year - 1)
            late, edges = on - dt.timedelta(days=LATE_REGISTERS.days), edges_of(figures, windows)
            draft_returns(before, then, schools, on=on, since=late, edges=edges, were_marks_changed=True)
    return written


def _years_counted(on: dt.date) -> Window:
    """The days whose marks figures of a day may count: of its academic year and the one before."""
    return Window(year_window(year_of(on) - 1).first, year_window(year_of(on)).last)


def _by_year(school_ids: Sequence[int], on: dt.date) -> dict[int, list[int]]:
    latest = latest_years(school_ids, year_of(on))
    found: dict[int, list[int]] = {}
    for school in school_ids:
        if school in latest:
            found.setdefault(latest[school], []).append(school)
    return found


# Kinds of move, by what the standing was and is: architecture section 6, journey 6 of the main job.
_MOVES = """
    INSERT INTO schools_bandmove
        (authority_id, enrolment_id, pupil_id, school_id, kind, as_at, from_band, to_band, seen_at)
    SELECT %(authority)s, n.enrolment_id, n.pupil_id, n.school_id, kinds.kind, n.as_at, s.noted_band,
           nullif(n.band, 0), clock_timestamp()
    FROM new_standings n
    JOIN schools_standing s ON s.enrolment_id = n.enrolment_id AND s.authority_id = %(authority)s
         AND s.noted_on BETWEEN %(begins)s AND n.as_at AND n.is_on_roll
    CROSS JOIN LATERAL (
        -- Every policy keeps the national edges: bands 3 to 5 are persistently absent, band 5 severely.
        SELECT CASE WHEN n.severe AND s.noted_band < 5 THEN 'newly-severe'
                    WHEN n.persistent AND s.noted_band < 3 THEN 'newly-persistent'
                    WHEN s.noted_band >= 3 AND NOT n.persistent THEN 'recovered'
                    ELSE 'moved' END AS kind
        WHERE s.noted_band <> n.band AND n.band > 0
        UNION ALL
        SELECT 'back' WHERE n.returned_on > s.noted_on
    ) kinds
"""
_WRITTEN = [
    "school_id",
    "pupil_id",
    "year",
    "as_at",
    "year_group",
    "is_on_roll",
    "is_in_official_figures",
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
    "at_risk",
    "six_week_possible",
    "six_week_missed",
    "ten_week_unauthorised",
    "headroom",
    "present_on",
    "part_time_on",
]
_FLAGS = ("is_on_roll", "is_in_official_figures", "persistent", "severe", "at_risk")
_READ = {
    "year_group": "(%(year_groups)s::text[])[n.year_group]",
    "band": "nullif(n.band, 0)",
    "headroom": "nullif(n.headroom, -1)",
    "present_on": "nullif(n.present_on, '-infinity')",
    "part_time_on": "nullif(n.part_time_on, '-infinity')",
}
# What the next night compares with. A day asked for by hand is no history and leaves it alone.
_NOTES = "%(is_history)s AND coalesce(s.noted_on, '-infinity') <= n.as_at"
_NOTED = {
    "noted_band": f"CASE WHEN {_NOTES} THEN nullif(n.band, 0) ELSE s.noted_band END",
    "noted_on": f"CASE WHEN {_NOTES} THEN n.as_at ELSE s.noted_on END",
}
_NEW = {name: _READ.get(name, f"n.{name}") for name in _WRITTEN}
# An update that touches no indexed column, on a page with room (see the table's fillfactor), leaves every index alone.
_UPDATE = f"""
    UPDATE schools_standing s
    SET {", ".join(f"{name} = {value}" for name, value in (_NEW | _NOTED).items())}, changed_at = statement_timestamp()
    FROM new_standings n
    WHERE s.enrolment_id = n.enrolment_id AND s.authority_id = %(authority)s
      AND ({", ".join(f"s.{name}" for name in _NEW | _NOTED)})
          IS DISTINCT FROM ({", ".join((_NEW | _NOTED).values())})
"""
_INSERT = f"""
    INSERT INTO schools_standing (authority_id, enrolment_id, {", ".join(_WRITTEN)}, noted_band, noted_on)
    SELECT %(authority)s, n.enrolment_id, {", ".join(_NEW.values())},
           CASE WHEN %(is_history)s THEN nullif(n.band, 0) END, CASE WHEN %(is_history)s THEN n.as_at END
    FROM new_standings n
    WHERE NOT EXISTS (SELECT FROM schools_standing s WHERE s.enrolment_id = n.enrolment_id)
    ON CONFLICT (enrolment_id) DO NOTHING
"""
_FORGET = """
    DELETE FROM schools_standing s
    WHERE s.authority_id = %(authority)s AND s.school_id = ANY(%(schools)s)
      AND NOT EXISTS (SELECT FROM new_standings n WHERE n.enrolment_id = s.enrolment_id)
"""


def _keep(figures: Figures, schools: Sequence[int], *, is_history: bool) -> int:
    """Write the changed standings, forget those of enrolments no longer there, and note what moved."""
    year_groups = sorted(set(figures.roll.year_groups))
    bulk.fill("new_standings", _columns(figures, year_groups))
    asked: dict[str, Any] = {
        "authority": current_authority_id(),
        "year_groups": year_groups,
        "schools": list(schools),
        "begins": dt.date(figures.roll.year, 8, 1),
        "is_history": is_history,
    }
    with bulk.whole_sets(), connection.cursor() as cursor:
        if is_history:
            cursor.execute(_MOVES, asked)
        cursor.execute(_UPDATE, asked)
        written = int(cursor.rowcount)
        cursor.execute(_INSERT, asked)
        written += int(cursor.rowcount)
        cursor.execute(_FORGET, asked)
    return written


def _columns(figures: Figures, year_groups: list[str]) -> dict[str, bulk.Column]:
    """The standings as columns; schools without data have no rows yet."""
    there = figures.last_column >= 0
    roll, whole, recent = figures.roll, figures.totals, figures.six_weeks
    first_day = bulk.dates([dt.date(roll.year, 8, 1)])[0]
    number = {group: at + 1 for at, group in enumerate(year_groups)}
    counts: dict[str, np.ndarray] = {
        "possible": whole.possible,
        "attended": whole.attended,
        "authorised": whole.authorised,
        "unauthorised": whole.unauthorised,
        "missing": whole.missing,
        "late": whole.late,
        "illness": whole.illness,
        "band": figures.band,
        "six_week_possible": recent.possible,
        "six_week_missed": recent.absent,
        "ten_week_unauthorised": figures.ten_week_unauthorised,
        "headroom": own_headroom(figures),
        "year_group": np.array([number[group] for group in roll.year_groups], np.int16),
        "year": np.full(len(roll), roll.year, np.int16),
    }
    flags = {
        "is_on_roll": figures.on_roll,
        "is_in_official_figures": figures.official,
        "persistent": figures.persistent,
        "severe": figures.severe,
        "at_risk": figures.at_risk,
    }
    days = {"present_on": figures.present_at, "part_time_on": figures.part_time_at}
    return {
        "enrolment_id": ("bigint", roll.enrolments[there]),
        "school_id": ("bigint", roll.schools[there]),
        "pupil_id": ("uuid", roll.pupils[there]),
        "as_at": ("date", (first_day + figures.last_column // 2)[there]),
        "returned_on": (
            "date",
            np.where(figures.returned_at < 0, -WIDTH * 99, first_day + figures.returned_at // 2)[there],
        ),
        **{name: ("date", _days(columns, first_day)[there]) for name, columns in days.items()},
        **{name: ("smallint", values[there]) for name, values in counts.items()},
        **{name: ("boolean", flag[there].view(np.uint8)) for name, flag in flags.items()},
    }


def _days(columns: np.ndarray, first_day: int) -> np.ndarray:
    """The days of columns as numbers; a column of -1 is no day."""
    return np.where(columns < 0, bulk.NO_DAY, first_day + columns // 2)


def standings_of(figures: Figures) -> list[Standing]:
    """The standings that figures make, row for row as they would be kept, but only in memory."""
    year_groups = sorted(set(figures.roll.year_groups))
    columns = {name: values for name, (_, values) in _columns(figures, year_groups).items()}
    del columns["returned_on"]
    names, found = list(columns), []
    for row in zip(*(values.tolist() for values in columns.values()), strict=True):
        told = dict(zip(names, row, strict=True))
        told["as_at"] = bulk.day(told["as_at"])
        for name in ("present_on", "part_time_on"):
            told[name] = None if told[name] == bulk.NO_DAY else bulk.day(told[name])
        told["pupil_id"] = uuid.UUID(bytes=told["pupil_id"])
        told["year_group"] = year_groups[told["year_group"] - 1]
        told["band"] = told["band"] or None
        told["headroom"] = None if told["headroom"] < 0 else told["headroom"]
        flags = {name: bool(told[name]) for name in _FLAGS}
        found.append(Standing(**told | flags))
    return found


def own_headroom(figures: Figures) -> np.ndarray:
    """How many sessions missed in a row keep the category each enrolment is in now; -1 where there is no such edge.

    Category 5 cannot be left by missing more; without a possible session there is no category.
    """
    kept = np.clip(figures.band.astype(np.intp) - 1, 0, 3)
    own = np.take_along_axis(figures.headroom, kept[:, None], axis=1)[:, 0]
    return np.where((figures.band >= 1) & (figures.band <= 4), own, -1)
