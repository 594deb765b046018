"""What was known when: records of changes kept in their order, enrolment dates with the moment they became known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import QuerySet

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.models import Enrolment, EnrolmentChange, Register, RegisterChange, School
from schools.register.changes import NOTHING_REPEATED, Changes, Repeated, as_known_before, pack, unpack
from schools.register.marks import from_rows

LONDON: Final = ZoneInfo("Europe/London")


def end_of(day: dt.date) -> dt.datetime:
    """The first moment after a day in England: what was accepted before it was known on that day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LONDON)


def keep_changes(
    school: School,
    year: int,
    changes: Changes,
    said: Repeated = NOTHING_REPEATED,
    *,
    is_act: bool = False,
    **source: Any,
) -> RegisterChange | None:
    """Keep the record of what changed in one year of a school's registers, and of what was written as it stood.

    `source`: the other fields of `RegisterChange`. Its moment is never before that of the record before it, so
    that what was known on a day is always a register that stood. None where there is nothing to keep, unless what
    was done (`is_act`) is to stand among the changes all the same, so that it can be undone.
    """
    if not len(changes) and not said and not is_act and not source.get("undoes"):
        return None
    latest = RegisterChange.objects.filter(school=school, year=year).order_by("-id")
    last = latest.values_list("made_at", flat=True).first()
    if source.get("made_at") is None:
        source.pop("made_at", None)  # stamped by the database
    kept: RegisterChange = RegisterChange.objects.create(
        school=school, year=year, cells=len(changes), record=pack(changes, said), **source
    )
    if last is not None and kept.made_at < last:
        RegisterChange.objects.filter(pk=kept.pk).update(made_at=last)
        kept.made_at = last
    return kept


def years_changed(school_id: int, *, since: dt.datetime, **source: Any) -> set[int]:
    """The academic years in which what was done changed the registers of a school, or dates of its enrolments.

    `source`: as in `keep_changes`. since: when it was done; every date told from then on counts, in the year of what it
    was and of what it is. Three queries.
    """
    marks = set(RegisterChange.objects.filter(school=school_id, **source).values_list("year", flat=True))
    return marks | {year_of(day) for day in _dates_told(school_id, since)}


def _dates_told(school_id: int, since: dt.datetime) -> set[dt.date]:
    """Dates that enrolments had and have since they were changed, and when who is new since had left already."""
    changed = EnrolmentChange.objects.filter(enrolment__school=school_id, made_at__gte=since)
    columns = ("admission_before", "admission_after", "leaving_before", "leaving_after")
    gone = Enrolment.every.filter(school=school_id, known_at__gte=since)
    rows = [*changed.values_list(*columns), *gone.exclude(leaving_on=None).values_list("leaving_on")]
    return {day for row in rows for day in row if day}


def later_changes(school_ids: Sequence[int], year: int, day: dt.date) -> list[Changes]:
    """What was changed in those schools' registers of a year after a day, oldest first. One query."""
    later = RegisterChange.objects.filter(school__in=school_ids, year=year, made_at__gte=end_of(day))
    return [unpack(bytes(record)) for record in later.order_by("id").values_list("record", flat=True)]


# --- Enrolments and their dates -----------------------------------------------------------------------------

# Enrolments with the dates that were known: where they changed later, those of before the first later change.
ENROLMENTS_AS_KNOWN: Final = """(
    SELECT held.authority_id, held.id, held.school_id, held.pupil_id, held.year_group, held.destination,
           CASE WHEN later.enrolment_id IS NULL THEN held.admission_on ELSE later.admission_before END AS admission_on,
           CASE WHEN later.enrolment_id IS NULL THEN held.leaving_on ELSE later.leaving_before END AS leaving_on,
           CASE WHEN later.enrolment_id IS NULL THEN held.made_in_error_at
                WHEN later.was_in_error THEN later.made_at END AS made_in_error_at
    FROM schools_enrolment held
    LEFT JOIN (
        SELECT DISTINCT ON (enrolment_id) enrolment_id, admission_before, leaving_before, was_in_error, made_at
        FROM schools_enrolmentchange WHERE authority_id = %(authority)s AND made_at >= %(known_until)s
        ORDER BY enrolment_id, id
    ) later ON later.enrolment_id = held.id
)"""


def note_dates(
    changing: Iterable[Enrolment], *, by: Membership | None = None, at: dt.datetime | None = None, why: str = ""
) -> None:
    """Keep the dates of enrolments as they are held, before those that `changing` carries are saved.

    Whatever changes the dates of an enrolment calls this first (a test holds every module to it): figures as known
    on an earlier day need the dates of then. `at`: when it became known, else now.
    """
    rows = {one.pk: one for one in changing}
    held = Enrolment.every.filter(pk__in=rows).values_list("pk", "admission_on", "leaving_on")
    when = {"made_at": at} if at else {}
    EnrolmentChange.objects.bulk_create(
        [
            EnrolmentChange(
                enrolment=rows[pk],
                admission_before=admission_on,
                leaving_before=leaving_on,
                admission_after=rows[pk].admission_on,
                leaving_after=rows[pk].leaving_on,
                why=why[:300],
                made_by=by,
                **when,
            )
            for pk, admission_on, leaving_on in held
            if (rows[pk].admission_on, rows[pk].leaving_on) != (admission_on, leaving_on)
        ],
        batch_size=1000,
    )


def dates_as_known(enrolment_ids: Iterable[int], day: dt.date) -> Mapping[int, tuple[dt.date | None, dt.date | None]]:
    """Admission and leaving as known on a day, of those whose dates changed since."""
    later = EnrolmentChange.objects.filter(enrolment__in=enrolment_ids, made_at__gte=end_of(day))
    found = later.order_by("enrolment", "id").distinct("enrolment")
    return {
        pk: (begun, left) for pk, begun, left in found.values_list("enrolment", "admission_before", "leaving_before")
    }


def registers_as_known(rows: Sequence[Register], year: int, day: dt.date) -> list[Register]:
    """These rows of one year (with their enrolments) in memory as they were known on a day, never to be saved.

    Those of enrolments that nothing told yet are left out. Three queries.
    """
    ids = np.array([row.enrolment_id for row in rows], np.int64)
    later = later_changes(list({row.school_id for row in rows}), year, day)
    marks = as_known_before(from_rows([bytes(row.marks) for row in rows]), ids, later)
    dates = dates_as_known(ids.tolist(), day)
    unknown = set(unknown_on(day).filter(pk__in=ids.tolist()).values_list("pk", flat=True))
    found = []
    for row, then in zip(rows, marks, strict=True):
        if row.enrolment_id in unknown and not then.any():
            continue
        row.marks = then.tobytes()
        if row.enrolment_id in dates:
            row.enrolment.admission_on, row.enrolment.leaving_on = dates[row.enrolment_id]
        found.append(row)
    return found


def unknown_on(day: dt.date) -> QuerySet[Enrolment]:
    """Enrolments that became known only after a day."""
    return cast("QuerySet[Enrolment]", Enrolment.every.filter(known_at__gte=end_of(day)))
