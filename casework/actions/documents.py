"""Documents of a case: attached, handed out, removed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from attendance_portal.audit import record
from attendance_portal.kept_files import Kept
from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework.actions.moving import change, open_case_of, write
from casework.file_kinds import clean_name, kind_of
from casework.kept_documents import content_of, folder, keep
from casework.letters import tell_of_harmful
from casework.models import Case, CaseDocument
from casework.scanning import Verdict, scan, verdict_on

SOURCE = "Document"
_SCANNED = {Verdict.NOTHING_FOUND: CaseDocument.Scan.CLEAN, Verdict.HARMFUL: CaseDocument.Scan.HARMFUL}


@dataclass(frozen=True)
class TakenFile:
    """A file that may be attached: under this name, on disk, of this kind, and scanned or not."""

    name: str
    kept: Kept
    kind: str
    is_scanned: bool


def take_file(chunks: Iterable[bytes], *, name: str) -> TakenFile:
    """Keep a file, given in chunks of bytes. Its kind is told by its content, and it is scanned where ClamAV is.

    Refused, with nothing kept, when it is empty, too large, of no kind that is taken or found to be harmful;
    `NotScanned` where the scanner does not answer. No row is held meanwhile: a scanner may be slow.
    """
    called = clean_name(name)
    kept = keep(chunks, name=f"{uuid.uuid4()}.document")
    path = folder() / kept.stored_as
    try:
        if not kept.size:
            raise Refused("It is empty.")
        with path.open("rb") as content:
            kind = kind_of(content, called)
        return TakenFile(called, kept, kind.code, scan(path))
    except Refused:
        path.unlink(missing_ok=True)
        raise


def attach_document(case: Case, file: TakenFile, *, on: dt.date, at: dt.datetime, by: Membership) -> CaseDocument:
    """Attach a file that was taken. Refused, and the file is gone, where the case was closed meanwhile."""
    try:
        change(case)
    except Refused:
        (folder() / file.kept.stored_as).unlink(missing_ok=True)
        raise
    scanned = CaseDocument.Scan.CLEAN if file.is_scanned else CaseDocument.Scan.NOT_SCANNED
    document: CaseDocument = CaseDocument.objects.create(
        case=case, name=file.name, kind=file.kind, scan=scanned, added_at=at, added_by=by, **vars(file.kept)
    )
    write(case, f"Added the document “{file.name}”.", on=on, by=by, source=SOURCE)
    record("add_document", by=by, words="Added a document.", subject=document, pupils=[case.pupil_id])
    return document


def add_document(
    case: Case, chunks: Iterable[bytes], *, name: str, on: dt.date, at: dt.datetime, by: Membership
) -> CaseDocument:
    """`take_file`, then `attach_document`: of one file alone. Refused as either does."""
    return attach_document(case, take_file(chunks, name=name), on=on, at=at, by=by)


def note_refused_document(case: Case, *, why: str, by: Membership) -> None:
    """Somebody sent a file that was refused, and the sentence they were told: for the audit trail alone."""
    words = f"Sent a document that was refused. {why}"
    record("note_refused_document", by=by, words=words, subject=case, pupils=[case.pupil_id])


def read_document(document: CaseDocument, *, by: Membership) -> bytes:
    """Hand the file out as it was sent. Refused once it is removed, and where the disk lost or changed it."""
    if document.removed_on is not None:
        raise Refused("This document was removed. The case’s documents say when, and why.")
    if document.scan == CaseDocument.Scan.HARMFUL:
        raise Refused("The virus scanner found something harmful in this document, so it is not given out.")
    content = content_of(document)
    words = "Downloaded a document."
    record("read_document", by=by, words=words, subject=document, pupils=[document.case.pupil_id])
    return content


def scan_kept_document(document: CaseDocument, *, on: dt.date) -> bool:
    """Have a document scanned that was taken while there was no scanner. Whether the scanner said what it is.

    What is harmful is given out no more: the row and the case's history say so, and a person removes the file. Whoever
    added it, holds the case or downloaded it is written to. One that was removed, or is not on the disk as it was sent,
    is left as it is.
    """
    held, path = CaseDocument.objects.unscanned().filter(pk=document.pk), folder() / document.stored_as
    if not held.exists() or not path.is_file():
        return True
    verdict, pupil = verdict_on(path), document.case.pupil_id
    if verdict is Verdict.UNKNOWN:
        return False
    found = "something harmful" if verdict is Verdict.HARMFUL else "nothing"
    case = open_case_of(pupil) if verdict is Verdict.HARMFUL else None  # before the document, as removing it does
    if held.update(scan=_SCANNED[verdict]):
        if case:
            words = f"The virus scanner found {found} in the document “{document.name}”. It is given out no more."
            write(case, words, on=on, by=None, source=SOURCE)
        if verdict is Verdict.HARMFUL:
            _tell_who_had_it(document)
        record("scan_kept_document", by=None, words=f"Scanned a document: found {found}.", subject=document,
               pupils=[pupil])  # fmt: skip
    return True


def _tell_who_had_it(document: CaseDocument) -> None:
    """Write to those who work here and added it, hold its case or downloaded it; each person once."""
    label, key = document._meta.label, str(document.pk)
    read = AuditEvent.objects.filter(what="read_document", subject_type=label, subject_id=key)
    had_it = {document.added_by_id, document.case.holder_id, *read.values_list("membership_id", flat=True)}
    had = {one for one in had_it if one is not None}
    people = Membership.objects.working().filter(pk__in=had).select_related("user", "authority")
    for person in {one.user_id: one for one in people.order_by("pk")}.values():
        tell_of_harmful(person, document)


def remove_document(document: CaseDocument, *, reason: str, on: dt.date, by: Membership) -> None:
    """Delete the file itself, and keep that it was there, who removed it and why. Refused once it is removed."""
    case = document.case
    change(case)
    held = CaseDocument.objects.held().filter(pk=document.pk)
    if held.update(removed_on=on, removed_by=by, removed_because=reason) != 1:
        raise Refused("This document was removed already.")
    write(case, f"Removed the document “{document.name}”. {reason}", on=on, by=by, source=SOURCE)
    record("remove_document", by=by, words=f"Removed a document: {reason}", subject=document, pupils=[case.pupil_id])
    path = folder() / document.stored_as
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
