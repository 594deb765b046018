"""A register file's way: received, read and shown, then accepted into the registers or thrown away.

Each step is one transaction, and what is under way stands in the database, so that a killed process leaves
the data as before or as after, and beat takes the step up again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance_portal.audit import record
from attendance_portal.models import Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.banding import band_schools
from schools.directory.successions import named_before
from schools.models import PostedMarks, School, Upload, UploadProblem
from schools.moves import MOVES
from schools.reading import (
    KINDS,
    LEAVES_OUT_THE_MARK,
    LEAVES_OUT_THE_ROW,
    STOPS_THE_FILE,
    Problem,
    RegisterFile,
    Said,
    read_register,
)
from schools.reading.posted import ENDING, read_posted
from schools.sending.counts import as_understood, store_counts
from schools.sending.kept import folder, keep
from schools.sending.mappings import Remembered, in_force_for, told_by
from schools.sending.roll import fictional_codes
from schools.sending.storing import Plan, look_again, marks_to_change, plan_file, store_plan
from schools.stored.known import years_changed
from schools.stored.registers import hold_registers

DATE_KINDS = ("dates-either-way", "month-first-date", "day-first-date")
_ASKED_ABOUT = {"columns-missing", "number-unknown", *DATE_KINDS}  # what a person can say of a file
LOST = "The file is no longer here: the disk it was kept on lost it. Upload it again."
LISTED = 500  # names shown of new and missing pupils; the numbers are always whole


# --- Receiving and reading ----------------------------------------------------------------------------------


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
    kept = keep(chunks, name=f"{key}.csv")
    upload: Upload = Upload.objects.create(
        id=key,
        school=school,
        file_name=Path(file_name).name[:255],
        **vars(kept),
        sent_by=by,
        **({"sent_at": at} if at else {}),
    )
    record("receive_upload", by=by, words=f"Sent the file {upload.file_name} for {school}.", subject=upload)
    return upload


def plan_of(upload: Upload, *, on: dt.date, used: Remembered | None = None) -> Plan:
    """Read the kept file, as its school said (`used`), and match its pupils against the register as it stands now."""
    school, said = upload.school, (used or in_force_for(upload)).said
    path, numbers, codes = folder() / upload.stored_as, (school.urn, school.laestab), fictional_codes()
    read = _read_file(path, upload.file_name, on, codes=codes, school=numbers, said=said)
    former = named_before(school, read.problems)
    if former is None:
        return plan_file(school, read)
    before, named = former
    numbers = before.urn, before.laestab
    plan = plan_file(school, _read_file(path, upload.file_name, on, codes=codes, school=numbers, said=said))
    details = (("school", str(before)), ("expected", f"URN {school.urn}"))
    plan.problems.append(Problem("former-school", named.row, named.column, named.value, details))
    plan.counts["former-school"] += 1
    return plan


def _read_file(
    path: Path, file_name: str, on: dt.date, *, codes: frozenset[str], school: tuple[str, str], said: Said
) -> RegisterFile:
    """What the kept file says; of one that the disk lost that it did, until the disk has it again."""
    try:
        return _read_kept(path, file_name, on, codes=codes, school=school, said=said)
    except FileNotFoundError:
        problem = Problem("unreadable", details=(("what", LOST),))
        return RegisterFile(file_name=file_name, problems=(problem,), problem_counts={"unreadable": 1})


@lru_cache(maxsize=1)
def _read_kept(
    path: Path, file_name: str, on: dt.date, *, codes: frozenset[str], school: tuple[str, str], said: Said
) -> RegisterFile:
    """The same. A kept file never changes, so the process that read it last need not read it again."""
    urn, laestab = school
    read = read_posted if file_name.endswith(ENDING) else read_register
    return read(
        path,
        file_name=file_name,
        on=on,
        known_codes=codes,
        school_urn=urn,
        school_laestab=laestab or None,
        said=said,
    )


def read_waiting(authority: Authority, upload_id: uuid.UUID, *, on: dt.date) -> None:
    """Read a received file and keep what was understood, in one transaction. Nothing if it was read already."""
    with authority_scope(authority):
        waiting = Upload.objects.select_for_update(skip_locked=True, of=("self",)).select_related("school")
        upload = waiting.filter(pk=upload_id, stage__in=MOVES["read_upload"].before).first()
        if upload is not None:
            read_upload(upload, on=on)


def read_upload(upload: Upload, *, on: dt.date) -> Plan:
    """Read one received file and keep what was understood for the person to confirm."""
    used = in_force_for(upload)
    plan = plan_of(upload, on=on, used=used)
    _keep_problems(upload, plan.problems)
    upload.stage = _stage_after(plan, upload)
    upload.layout = plan.file.layout or ""
    upload.first_on, upload.last_on = plan.file.first_on, plan.file.last_on
    upload.understood = _understood(plan) | told_by(plan.file, used)
    upload.save(update_fields=["stage", "layout", "first_on", "last_on", "understood"])
    return plan


def _stage_after(plan: Plan, upload: Upload) -> str:
    """Asked where nothing is wrong but what a person can say: what the columns hold, which way round dates are.

    Dates that may be read both ways keep a file waiting only where there is somebody to ask.
    """
    if not plan.stopped:
        in_doubt = "dates-either-way" in plan.counts and upload.sent_by_id is not None
        return Upload.Stage.ASKED if in_doubt else Upload.Stage.READ
    stopping = {kind for kind in plan.counts if KINDS[kind].severity == STOPS_THE_FILE}
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in plan.file.first_rows]
    can_be_asked = sum(cells > 1 for cells in filled) > 1
    return Upload.Stage.ASKED if stopping <= _ASKED_ABOUT and can_be_asked else Upload.Stage.REFUSED


def in_question(upload: Upload) -> list[UploadProblem]:
    """What keeps a read file waiting or out: problems that stop it, and dates that may be read both ways."""
    open_ones = Q(severity=STOPS_THE_FILE) | Q(kind__in=DATE_KINDS)
    return list(UploadProblem.objects.filter(open_ones, upload=upload).order_by("pk"))


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


def look_anew(upload: Upload, plan: Plan) -> None:
    """Match whom other schools' files created since, and keep what came about since the file was read: it is told."""
    look_again(plan)
    if dict(plan.counts) != upload.understood.get("counts"):
        _keep_problems(upload, plan.problems)
        upload.understood |= {"counts": dict(plan.counts), "left_out": _left_out(plan)}
        upload.save(update_fields=["understood"])


def _shown(problem: Problem, name: str) -> str:
    return str(problem.as_dict()[name] or "")


def _understood(plan: Plan) -> dict[str, Any]:
    """What the page shows before anything is stored."""
    new, corrected = marks_to_change(plan)
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
        "new_marks": new,
        "corrected_marks": corrected,
        "told_as": plan.matches.told_as,
        "sheet": plan.file.sheet,
        "sent_counts": as_understood(plan),
        "counts": dict(plan.counts),
        "left_out": _left_out(plan),
    }


def _left_out(plan: Plan) -> int:
    out = (LEAVES_OUT_THE_ROW, LEAVES_OUT_THE_MARK)
    return sum(number for kind, number in plan.counts.items() if KINDS[kind].severity in out)


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
    refuse_upload(upload, words=f"{upload.file_name} could no longer be stored.")


def refuse_upload(upload: Upload, *, words: str = "") -> None:
    """The service cannot store the file, or nobody will confirm it: its page says why."""
    upload.stage = Upload.Stage.REFUSED
    upload.save(update_fields=["stage"])
    words = words or f"{upload.file_name} was refused for its problems."
    record("refuse_upload", by=None, words=words, subject=upload)


def store_upload(upload: Upload, *, on: dt.date, plan: Plan | None = None) -> int:
    """Store the good rows of a confirmed file, keep the record of what changed, and band the school at once.

    The file is read again unless its `plan` was made in this transaction after `hold_registers`, so that what is
    stored fits the register as it stands now. Returns the number of half-days whose stored mark differs afterwards.
    """
    hold_registers([upload.school_id])
    plan = plan or plan_of(upload, on=on)
    if plan.stopped:
        raise Refused("The file can no longer be used: upload it again to see why.")
    look_anew(upload, plan)
    source = {"upload": upload, "act": upload.pk, "made_by": upload.settled_by, "made_at": upload.settled_at}
    stored = store_plan(plan, upload.school, on=on, source=source)
    upload.stage, upload.changed = Upload.Stage.ACCEPTED, stored.changed
    upload.save(update_fields=["stage", "changed"])
    words = f"Stored {upload.file_name}: {stored.changed} half-days changed."
    if plan.file.counts:
        kept = store_counts(plan, upload, stored.enrolments)
        words = f"Stored {upload.file_name}: {kept} counts of pupils kept, none of them in the figures."
    record("store_upload", by=upload.settled_by, words=words, subject=upload, pupils=stored.pupils)
    if stored.known_elsewhere:  # by its file alone a school gained sight of them: the auditor can ask for these by kind
        words = (
            f"{upload.file_name} put children known at other schools, or back again, on the roll of {upload.school}."
        )
        record("enrol_known_pupils", by=upload.settled_by, words=words, subject=upload, pupils=stored.known_elsewhere)
    changed = years_changed(upload.school_id, since=upload.settled_at or upload.sent_at, act=upload.pk)
    band_schools([upload.school_id], on=on, changed_years=changed)
    return stored.changed


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
    """Read and store what a killed process left waiting; what was posted is read where its sender is answered."""
    with authority_scope(authority):
        stages = [Upload.Stage.RECEIVED, Upload.Stage.ACCEPTING]
        left = Upload.objects.filter(stage__in=stages).exclude(pk__in=PostedMarks.objects.unfinished().values("upload"))
        waiting = list(left.order_by("sent_at").values_list("pk", "stage"))
    for pk, stage in waiting:
        step = read_waiting if stage == Upload.Stage.RECEIVED else store_waiting
        step(authority, pk, on=at.date())
