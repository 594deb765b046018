"""Counts that schools sent in place of marks: kept beside the registers, shown as theirs, in none of the figures."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db.models import QuerySet, Sum

from attendance_portal.charts import percent
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from schools.models import AttendanceSummary, Pupil, School, Upload
from schools.presenters import counted
from schools.reading import Counts, RegisterFile
from schools.register.changes import NOTHING_CHANGED
from schools.sending.storing import Plan
from schools.stored.known import LONDON, keep_changes

BY_HAND: Final = "Entered by hand"
"""What stands above a list that somebody typed in."""
TITLE: Final = "Counts the school sent: not in the figures"
_NUMBERS: Final = (
    "possible", "present", "activity", "authorised", "unauthorised", "late", "late_after", "missing",
    "marks_from_on", "marks_as_sent",
)  # fmt: skip
_SHOWN: Final = 12
"""How many periods of a school are listed, the latest first."""

Key = tuple[int, str, dt.date | None, str]


@dataclass(frozen=True)
class Difference:
    """What storing a file's counts would do: those not held before, those that replace others, those held already."""

    new: int = 0
    replaced: int = 0
    held: int = 0


def difference(plan: Plan) -> Difference:
    """The counts of a plan beside those held of the pupils on roll; a new pupil's are new."""
    of_place = {place: match.held.enrolment for place, match in enumerate(plan.matches.matches) if match.held}
    held = _latest(of_place.values())
    found = {"new": 0, "replaced": 0, "held": 0}
    for counts in _good(plan):
        before = held.get(_key(of_place.get(counts.pupil, 0), counts))
        found["new" if before is None else "held" if before == _numbers(counts) else "replaced"] += 1
    return Difference(**found)


def as_understood(plan: Plan) -> dict[str, Any]:
    """What a file of counts holds in place of marks, and what storing it would do, for its page. Else empty."""
    if plan.stopped or not plan.file.counts:
        return {}
    periods = Counter(counts.period.words for counts in plan.file.counts)
    told = {"periods": periods.most_common(_SHOWN), "source": source_of(plan.file).label}
    return asdict(difference(plan)) | told


def store_counts(plan: Plan, upload: Upload, enrolments: Mapping[int, int]) -> int:
    """Keep the counts that are not held already, each with its upload; returns how many.

    `enrolments` are the ids by the place of the file's pupils, once everyone is enrolled. Counts of an earlier file
    stay beside them: the latest of a period is shown.
    """
    held = _latest(enrolments.values())
    pupils = {place: match.pupil for place, match in enumerate(plan.matches.matches) if match.pupil}
    source = source_of(plan.file)
    rows = [
        _row(counts, upload, enrolments[counts.pupil], pupils[counts.pupil], source)
        for counts in _good(plan)
        if counts.pupil in pupils and held.get(_key(enrolments[counts.pupil], counts)) != _numbers(counts)
    ]
    AttendanceSummary.objects.bulk_create(rows, batch_size=1000)
    if rows:
        _keep_as_act(upload, len(rows))
    return len(rows)


def _keep_as_act(upload: Upload, kept: int) -> None:
    """Among the changes of the school's registers, of which it changes none: so that it is listed and can be undone."""
    assert upload.settled_at is not None, "a file is stored once someone has confirmed it"
    why = f"Counts of {counted(kept, 'pupil and period', 'pupils and periods')} kept, none of them in the figures."
    keep_changes(
        upload.school, year_of(upload.settled_at.astimezone(LONDON).date()), NOTHING_CHANGED, is_act=True,
        upload=upload, act=upload.pk, made_by=upload.settled_by, made_at=upload.settled_at, why=why,
    )  # fmt: skip


def counts_of(upload: Upload | None) -> QuerySet[AttendanceSummary]:
    """The counts that a file brought, whether it stands or was undone."""
    return AttendanceSummary.objects.filter(upload=upload) if upload else AttendanceSummary.objects.none()


def let_counts_follow(upload: Upload, *, stands: bool) -> set[uuid.UUID]:
    """Show the counts of a file, or show them no longer, as its upload stands or was undone. Whose they are."""
    theirs = counts_of(upload)
    theirs.update(stands=stands)
    return set(theirs.values_list("pupil", flat=True))


def source_of(file: RegisterFile) -> AttendanceSummary.Source:
    """Where a file's counts come from."""
    if file.layout == "ctf":
        return AttendanceSummary.Source.CTF
    if file.first_rows and file.first_rows[0][1][:1] == (BY_HAND,):
        return AttendanceSummary.Source.BY_HAND
    is_census = any(use.heading.casefold().startswith("termlysessions") for use in file.columns)
    return AttendanceSummary.Source.CENSUS if is_census else AttendanceSummary.Source.TOTALS


def _good(plan: Plan) -> list[Counts]:
    """The counts of pupils without a problem."""
    good = [match.problem is None for match in plan.matches.matches]
    return [counts for counts in plan.file.counts if good[counts.pupil]]


def _row(
    counts: Counts, upload: Upload, enrolment: int, pupil: uuid.UUID, source: AttendanceSummary.Source
) -> AttendanceSummary:
    period = counts.period
    return AttendanceSummary(
        upload=upload,
        school_id=upload.school_id,
        pupil_id=pupil,
        enrolment_id=enrolment,
        source=source,
        period=period.words,
        from_on=period.from_on,
        until_on=period.until_on,
        school_named=counts.school_named,
        **dict(zip(_NUMBERS, _numbers(counts), strict=True)),
    )


def _key(enrolment: int, counts: Counts) -> Key:
    return enrolment, counts.period.words, counts.period.until_on, counts.school_named


def _numbers(counts: Counts | AttendanceSummary) -> tuple[Any, ...]:
    return tuple(getattr(counts, name) for name in _NUMBERS)


def _latest(enrolments: Iterable[int]) -> dict[Key, tuple[Any, ...]]:
    """The latest stored counts of each enrolment and period."""
    rows = AttendanceSummary.objects.stored().filter(enrolment__in=list(enrolments))
    return {
        (row.enrolment_id, row.period, row.until_on, row.school_named): _numbers(row)
        for row in rows.order_by("upload__settled_at", "pk")
    }


# --- Shown ----------------------------------------------------------------------------------------------------


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """For the pages of children: the latest counts of each period, of the schools this member may see."""
    rows = _seen(member).filter(pupil__in=pupils).select_related("upload__sent_by__user", "school")
    by_pk: dict[uuid.UUID, dict[Key, dict[str, Any]]] = {}
    for row in rows.order_by("upload__settled_at", "pk"):
        key = (row.enrolment_id, row.period, row.until_on, row.school_named)
        by_pk.setdefault(row.pupil_id, {})[key] = _shown(row)
    shown = {
        pk: sorted(found.values(), key=lambda row: row["until_on"] or row["sent_at"].date(), reverse=True)
        for pk, found in by_pk.items()
    }
    return Panel(TITLE, "schools/counts_of_pupil.html", shown)


def school_panel(schools: Sequence[School], member: Membership) -> Panel:
    """For the pages of schools: for each period, how many pupils were counted and what the counts come to."""
    seen = _seen(member).filter(school__in=schools).exclude(source=AttendanceSummary.Source.CTF)
    latest = seen.order_by("enrolment_id", "period", "until_on", "school_named", "-upload__settled_at", "-pk").distinct(
        "enrolment_id", "period", "until_on", "school_named"
    )
    sums = {name: Sum(name) for name in ("possible", "authorised", "unauthorised")}
    by_period = AttendanceSummary.objects.filter(pk__in=latest.values("pk")).values("school", "period", "until_on")
    by_pk: dict[int, list[dict[str, Any]]] = {}
    for row in by_period.annotate(pupils=Sum(1), **sums).order_by("-until_on", "period"):
        by_pk.setdefault(row["school"], []).append(_sums(row))
    return Panel(TITLE, "schools/counts_of_school.html", {pk: rows[:_SHOWN] for pk, rows in by_pk.items()})


def _seen(member: Membership) -> Any:
    """Stored counts of schools whose page this member may open, or whose child's page they are asked for."""
    stored = AttendanceSummary.objects.stored()
    return stored.filter(school__in=School.objects.of(member)) if member.is_of_a_school else stored


def _shown(row: AttendanceSummary) -> dict[str, Any]:
    """One period of a child, in words."""
    activity = row.activity or 0
    return {
        "period": row.period or f"a period that the file does not say, sent {row.upload.sent_at:%-d %B %Y}",
        "until_on": row.until_on,
        "sent_at": row.upload.sent_at,
        "source": row.get_source_display(),
        "counted_by": row.school_named or row.school.name,
        "possible": row.possible,
        "attended": row.present + activity,
        "authorised": row.authorised,
        "unauthorised": row.unauthorised,
        "absence": percent(row.absent, row.possible),
        "marks_from_on": row.marks_from_on,
        "marks": row.marks_as_sent,
    }


def _sums(row: Mapping[str, Any]) -> dict[str, Any]:
    absent = row["authorised"] + row["unauthorised"]
    return dict(row) | {
        "period": row["period"] or "a period that the file does not say",
        "absence": percent(absent, row["possible"]),
    }
