"""A register file's way: received, read and shown, then accepted into the registers or thrown away.

Each step is one transaction, and what is under way stands in the database, so that a killed process leaves
the data as before or as after, and beat takes the step up again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.models import Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope, current_authority_id
from schools.banding import band_schools
from schools.models import Enrolment, Register, RegisterChange, School, Upload, UploadProblem
from schools.moves import MOVES
from schools.reading import (
    KINDS,
    LEAVES_OUT_THE_MARK,
    LEAVES_OUT_THE_ROW,
    STOPS_THE_FILE,
    WARNING,
    Problem,
    RegisterFile,
    read_register,
)
from schools.reading.text import MAX_BYTES
from schools.register.changes import Changes, difference, pack
from schools.register.marks import day_of, mark_at
from schools.registers import hold_registers, load_marks, save_rows
from schools.roll import Matches, enrol, fictional_codes, match_pupils
from schools.stays import ids_of_other_stays, outside_every_stay, places_of

LISTED = 500  # names shown of new and missing pupils; the numbers are always whole


@dataclass(frozen=True)
class Plan:
    """A file read and matched: what accepting it would do, and every problem."""

    file: RegisterFile
    matches: Matches
    problems: list[Problem]
    counts: Counter[str]

    @property
    def stopped(self) -> bool:
        return any(KINDS[kind].severity == STOPS_THE_FILE for kind in self.counts)

    @property
    def clean(self) -> bool:
        """No problems but warnings."""
        return all(KINDS[kind].severity == WARNING for kind in self.counts)


@dataclass(frozen=True)
class Year:
    """The marks of a file in one academic year, as rows of the registers."""

    year: int
    places: np.ndarray
    columns: np.ndarray
    codes: np.ndarray


# --- Receiving and reading ----------------------------------------------------------------------------------


def folder() -> Path:
    """Where the files of the open scope's authority are kept, closed to other accounts."""
    path: Path = settings.MEDIA_ROOT / "uploads" / str(current_authority_id())
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def receive_upload(
    school: School,
    chunks: Iterable[bytes],
    *,
    file_name: str,
    by: Membership | None,
    at: dt.datetime | None = None,
) -> Upload:
    """Keep a file that was sent (`at`: when, else now). Larger than can be read at once is refused and not kept."""
    key = uuid.uuid4()
    path = folder() / f"{key}.csv"
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as kept:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                path.unlink()
                raise Refused(
                    f"The file is larger than {MAX_BYTES // 1_000_000} MB, the most that is read at once. "
                    "Export a shorter period and upload that."
                )
            digest.update(chunk)
            kept.write(chunk)
    upload: Upload = Upload.objects.create(
        id=key,
        school=school,
        file_name=Path(file_name).name[:255],
        stored_as=path.name,
        size=size,
        sha256=digest.hexdigest(),
        sent_by=by,
        **({"sent_at": at} if at else {}),
    )
    record("receive_upload", by=by, words=f"Sent the file {upload.file_name} for {school}.", subject=upload)
    return upload


def plan_of(upload: Upload, *, on: dt.date) -> Plan:
    """Read the kept file and match its pupils against the register as it stands now."""
    school = upload.school
    read = _read_file(
        folder() / upload.stored_as, upload.file_name, on, codes=fictional_codes(), school=(school.urn, school.laestab)
    )
    problems, counts = list(read.problems), Counter(dict(read.problem_counts))
    if read.stopped or read.first_on is None or read.last_on is None:
        return Plan(read, Matches([]), problems, counts)
    matches = match_pupils(upload.school, read.pupils, first_on=read.first_on, last_on=read.last_on)
    plan = Plan(read, matches, problems, counts)
    _judge_pupils(plan)
    _judge_days(plan)
    return plan


@lru_cache(maxsize=1)
def _read_file(
    path: Path, file_name: str, on: dt.date, *, codes: frozenset[str], school: tuple[str, str]
) -> RegisterFile:
    """What the kept file says. It never changes, so the process that read it last need not read it again."""
    urn, laestab = school
    return read_register(
        path, file_name=file_name, on=on, known_codes=codes, school_urn=urn, school_laestab=laestab or None
    )


def _judge_pupils(plan: Plan) -> None:
    """Add the problems of matching: a wrong school, pupils not known, numbers of another child."""
    marks = np.bincount(plan.file.marks.pupil, minlength=len(plan.file.pupils))
    for match, count in zip(plan.matches.matches, marks, strict=True):
        for problem in (match.problem, match.warning):
            if problem:
                _add(plan, problem, int(count))
    if plan.matches.wrong_school:
        _add(plan, plan.matches.wrong_school, 1)


def _add(plan: Plan, problem: Problem, times: int) -> None:
    told = Problem(problem.kind, problem.row, problem.column, problem.value, problem.details, times)
    plan.problems.append(told)
    plan.counts[problem.kind] += 1


def _judge_days(plan: Plan) -> None:
    """Leave out marks outside an enrolment whose dates were stated here before (the file's own are read there)."""
    marks = plan.file.marks
    outside = outside_every_stay(marks, plan.matches.matches)
    for pupil in np.unique(marks.pupil[outside]):
        theirs = np.flatnonzero(outside & (marks.pupil == pupil))
        first = theirs[0]
        match = plan.matches.matches[pupil]
        day = day_of(int(marks.year[first]), int(marks.column[first]))
        mark = mark_at(marks.code[first : first + 1], 0)
        held = match.held
        before = held is not None and held.admission_on is not None and day < held.admission_on
        why = f"before the admission on {held.admission_on:%-d %B %Y}" if before and held else "after leaving"
        details = (("pupil", match.told.known_as), ("day", f"{day:%-d %B %Y}"), ("why", why))
        problem = Problem("outside-enrolment", int(marks.row[first]), "the date", mark, details, len(theirs))
        plan.problems.append(problem)
        plan.counts["outside-enrolment"] += len(theirs)


def read_waiting(authority: Authority, upload_id: uuid.UUID, *, on: dt.date) -> None:
    """Read a received file and keep what was understood, in one transaction. Nothing if it was read already."""
    with authority_scope(authority):
        waiting = Upload.objects.select_for_update(skip_locked=True, of=("self",)).select_related("school")
        upload = waiting.filter(pk=upload_id, stage__in=MOVES["read_upload"].before).first()
        if upload is not None:
            read_upload(upload, on=on)


def read_upload(upload: Upload, *, on: dt.date) -> Plan:
    """Read one received file and keep what was understood for the person to confirm."""
    plan = plan_of(upload, on=on)
    _keep_problems(upload, plan.problems)
    upload.stage = Upload.Stage.REFUSED if plan.stopped else Upload.Stage.READ
    upload.layout = plan.file.layout or ""
    upload.first_on, upload.last_on = plan.file.first_on, plan.file.last_on
    upload.understood = _understood(plan)
    upload.save(update_fields=["stage", "layout", "first_on", "last_on", "understood"])
    return plan


def _keep_problems(upload: Upload, problems: Sequence[Problem]) -> None:
    UploadProblem.objects.filter(upload=upload).delete()
    UploadProblem.objects.bulk_create(
        [
            UploadProblem(
                upload=upload,
                kind=problem.kind,
                severity=problem.severity,
                row=problem.row,
                column=_shown(problem, "column")[:100],
                value=_shown(problem, "value")[:200],
                message=problem.message,
            )
            for problem in problems
        ],
        batch_size=1000,
    )


def _shown(problem: Problem, name: str) -> str:
    return str(problem.as_dict()[name] or "")


def _understood(plan: Plan) -> dict[str, Any]:
    """What the page shows before anything is stored."""
    changes = [] if plan.stopped else list(_changes(plan))
    return {
        "encoding": plan.file.encoding,
        "header_row": plan.file.header_row,
        "columns": [
            [use.heading, use.used_for] for use in plan.file.columns if use.used_for not in ("a session", "a day")
        ],
        "rows": plan.file.rows,
        "pupils": len(plan.file.pupils),
        "matched": sum(match.held is not None for match in plan.matches.matches),
        "new": len(plan.matches.new),
        "new_names": [match.told.known_as for match in plan.matches.new[:LISTED]],
        "missing": len(plan.matches.missing),
        "missing_pupils": [str(held.pupil) for held in plan.matches.missing[:LISTED]],
        "marks": len(plan.file.marks),
        "blanks": plan.file.blanks,
        "new_marks": sum(int((change.before == 0).sum()) for _, change in changes),
        "corrected_marks": sum(int((change.before != 0).sum()) for _, change in changes),
        "counts": dict(plan.counts),
        "left_out": sum(
            n for kind, n in plan.counts.items() if KINDS[kind].severity in (LEAVES_OUT_THE_ROW, LEAVES_OUT_THE_MARK)
        ),
    }


# --- Accepting and throwing away ----------------------------------------------------------------------------


def accept_upload(upload: Upload, *, by: Membership | None, at: dt.datetime) -> Upload:
    """The person confirms: what was read is to be stored. `store_upload` (at once, or as a task) does it."""
    if not Upload.objects.filter(pk=upload.pk, stage__in=MOVES["accept_upload"].before).update(
        stage=Upload.Stage.ACCEPTING, settled_by=by, settled_at=at
    ):
        raise Refused("This file is not waiting to be confirmed: someone confirmed it or threw it away before.")
    record("accept_upload", by=by, words=f"Confirmed the file {upload.file_name}.", subject=upload)
    upload.refresh_from_db()
    return upload


def discard_upload(upload: Upload, *, by: Membership | None, at: dt.datetime) -> None:
    """The person throws the file away: nothing of it is stored, and the kept copy goes when this is committed."""
    if not Upload.objects.filter(pk=upload.pk, stage__in=MOVES["discard_upload"].before).update(
        stage=Upload.Stage.DISCARDED, settled_by=by, settled_at=at
    ):
        raise Refused("This file can no longer be thrown away: it was stored or thrown away before.")
    record("discard_upload", by=by, words=f"Threw the file {upload.file_name} away.", subject=upload)
    path = folder() / upload.stored_as
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def store_waiting(authority: Authority, upload_id: uuid.UUID, *, on: dt.date) -> None:
    """Store a confirmed file in one transaction. Nothing if it was stored already, or another process is at it."""
    with authority_scope(authority):
        waiting = Upload.objects.select_for_update(skip_locked=True, of=("self",)).select_related("school")
        upload = waiting.filter(pk=upload_id, stage__in=MOVES["store_upload"].before).first()
        if upload is None:
            return
        hold_registers([upload.school_id])
        plan = plan_of(upload, on=on)
        if plan.stopped:
            _refuse(upload, plan)
        else:
            store_upload(upload, on=on, plan=plan)


def _refuse(upload: Upload, plan: Plan) -> None:
    """The register changed between reading and storing so that the file no longer fits; it says why on its page."""
    _keep_problems(upload, plan.problems)
    upload.stage = Upload.Stage.REFUSED
    upload.save(update_fields=["stage"])
    record("refuse_upload", by=None, words=f"{upload.file_name} could no longer be stored.", subject=upload)


def store_upload(upload: Upload, *, on: dt.date, plan: Plan | None = None) -> int:
    """Store the good rows of a confirmed file, keep the record of what changed, and band the school at once.

    The file is read again unless its `plan` was made in this transaction after `hold_registers`, so that what is
    stored fits the register as it stands now. Returns the number of half-days whose stored mark differs afterwards.
    """
    hold_registers([upload.school_id])
    plan = plan or plan_of(upload, on=on)
    if plan.stopped:
        raise Refused("The file can no longer be used: upload it again to see why.")
    changed, known_elsewhere = 0, [match.pupil for match in plan.matches.new if match.pupil]
    enrolments = enrol(upload.school, plan.matches.matches, on=on, is_latest=_is_latest(upload.school, plan))
    for year, changes in _stored_years(upload, plan, enrolments):
        _record_changes(upload, year, changes)
        changed += len(changes)
    upload.stage, upload.changed = Upload.Stage.ACCEPTED, changed
    upload.save(update_fields=["stage", "changed"])
    words = f"Stored {upload.file_name}: {changed} half-days changed."
    record("store_upload", by=upload.settled_by, words=words, subject=upload, pupils=_pupils(plan))
    if known_elsewhere:  # by its file alone a school gained sight of them: the auditor can ask for these by kind
        words = (
            f"{upload.file_name} put children known at other schools, or back again, on the roll of {upload.school}."
        )
        record("enrol_known_pupils", by=upload.settled_by, words=words, subject=upload, pupils=known_elsewhere)
    band_schools([upload.school_id], on=on)
    return changed


def _is_latest(school: School, plan: Plan) -> bool:
    latest = Register.objects.filter(school=school).aggregate(latest=Max("year"))["latest"]
    return latest is None or plan.file.last_on is None or year_of(plan.file.last_on) >= latest


def _pupils(plan: Plan) -> set[uuid.UUID]:
    return {match.pupil for match in plan.matches.matches if match.pupil}


def _years(plan: Plan) -> Iterable[Year]:
    """The marks to be stored, a year at a time: those of pupils without a problem, inside their enrolment."""
    marks = plan.file.marks
    good = np.array([match.problem is None for match in plan.matches.matches], np.bool_)
    if not len(marks):
        return
    kept = good[marks.pupil] & ~outside_every_stay(marks, plan.matches.matches)
    places = places_of(marks, plan.matches.matches)
    for year in np.unique(marks.year[kept]):
        chosen = kept & (marks.year == year)
        yield Year(int(year), places[chosen], marks.column[chosen], marks.code[chosen])


def marks_to_store(plan: Plan) -> int:
    """How many marks the good rows hold."""
    return 0 if plan.stopped else sum(len(part.codes) for part in _years(plan))


def _changes(plan: Plan) -> Iterable[tuple[int, Changes]]:
    """What storing the file would change, before anyone is enrolled: new pupils count as rows without marks."""
    ids = {place: match.held.enrolment for place, match in enumerate(plan.matches.matches) if match.held}
    unknown = -1
    for place in range(len(plan.matches.matches)):
        if place not in ids:
            ids[place], unknown = unknown, unknown - 1
    ids |= ids_of_other_stays(plan.matches.matches)
    one = max(ids.values(), default=-1)  # all who are held are on the roll of the file's school
    schools = list(Enrolment.objects.filter(pk=one).values_list("school", flat=True))
    for part in _years(plan):
        rows, before, after = _rows(part, ids, schools)
        yield part.year, difference(rows, before, after)


def _rows(part: Year, ids: dict[int, int], schools: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Enrolments (sorted ids) of a year's marks, with their rows before and after. A blank never erases a mark."""
    of_place = np.array([ids.get(place, 0) for place in range(max(ids, default=-1) + 1)], np.int64)
    enrolments = np.unique(of_place[part.places])
    before = load_marks(schools, part.year, enrolments)
    after = before.copy()
    after[np.searchsorted(enrolments, of_place[part.places]), part.columns] = part.codes
    return enrolments, before, after


def _stored_years(upload: Upload, plan: Plan, ids: dict[int, int]) -> Iterable[tuple[int, Changes]]:
    """Write the changed rows of each year and yield what changed."""
    groups = {pk: plan.matches.matches[place].told.year_group or "" for place, pk in ids.items()}
    ids = ids | ids_of_other_stays(plan.matches.matches)
    for part in _years(plan):
        rows, before, after = _rows(part, ids, [upload.school_id])
        changed = (before != after).any(axis=1)
        year_groups = [groups.get(int(pk), "") for pk in rows[changed]]
        save_rows(part.year, rows[changed], after[changed], year_groups)
        yield part.year, difference(rows, before, after)


def _record_changes(upload: Upload, year: int, changes: Changes) -> None:
    if len(changes):
        RegisterChange.objects.create(
            school=upload.school,
            year=year,
            upload=upload,
            made_by=upload.settled_by,
            cells=len(changes),
            record=pack(changes),
        )


# --- What was left out ----------------------------------------------------------------------------------------


def settle_problems(upload: Upload, problem_ids: Iterable[int], *, by: Membership, at: dt.datetime) -> int:
    """Someone saw to what a stored file left out: it is listed as open no longer. Returns how many."""
    settled = open_problems().filter(upload=upload, pk__in=problem_ids).update(settled_at=at)
    if settled:
        what = "problem" if settled == 1 else "problems"
        words = f"Marked {settled} {what} of {upload.file_name} as settled."
        record("settle_problems", by=by, words=words, subject=upload)
    return settled


def open_problems() -> QuerySet[UploadProblem]:
    """What stored files left out and nobody has settled yet."""
    left_out = [LEAVES_OUT_THE_ROW, LEAVES_OUT_THE_MARK]
    stored: QuerySet[UploadProblem] = UploadProblem.objects.filter(
        upload__stage=Upload.Stage.ACCEPTED, severity__in=left_out, settled_at=None
    )
    return stored


def take_up_unfinished(authority: Authority, at: dt.datetime) -> None:
    """Read and store what a killed process left waiting."""
    with authority_scope(authority):
        stages = [Upload.Stage.RECEIVED, Upload.Stage.ACCEPTING]
        waiting = list(Upload.objects.filter(stage__in=stages).order_by("sent_at").values_list("pk", "stage"))
    for pk, stage in waiting:
        step = read_waiting if stage == Upload.Stage.RECEIVED else store_waiting
        step(authority, pk, on=at.date())
