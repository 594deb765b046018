"""Several files sent at once, by a school or by an officer for many: each becomes an upload of its school.

A file that does not tell its school is kept until the person who sent it says whose it is, or throws it away.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import School, Sending, SentFile, Upload
from schools.reading.text import MAX_BYTES
from schools.reading.whose import schools_named_in
from schools.sending.kept import folder, keep
from schools.sending.uploads import LOST, receive_upload

MOST_FILES = 100
_AT_ONCE = 1 << 20
TOO_LARGE = f"It is larger than {MAX_BYTES // 1_000_000} MB, the most that is read at once."


@dataclass(frozen=True)
class Sent:
    """One file as it arrived: its name, its size in bytes, and its content from the beginning."""

    name: str
    size: int
    content: BinaryIO


def send_files(
    files: Iterable[Sent], *, school: School | None, by: Membership, at: dt.datetime, on: dt.date
) -> tuple[Sending, list[Upload]]:
    """Take files that were sent together, for one school or each for the school it names.

    Returns the sending with the uploads that are to be read now.
    """
    sending: Sending = Sending.objects.create(sent_by=by, sent_at=at)
    taken = []
    for position, file in enumerate(files, 1):
        whose, why = (school, "") if school else _told(file, by, on)
        if file.size > MAX_BYTES:
            whose, why = None, TOO_LARGE
        taken.append(_take(sending, position, file, whose, why))
    uploads = [one.upload for one in taken if one.upload]
    words = f"Sent {len(taken)} files together; {len(uploads)} told their school."
    record("send_files", by=by, words=words, subject=sending)
    return sending, uploads


def _take(sending: Sending, position: int, file: Sent, school: School | None, why: str) -> SentFile:
    """Keep one file: as an upload of its school, or by itself until its school is known."""
    at = sending.sent_at
    kept = {"sending": sending, "position": position, "file_name": Path(file.name).name[:255], "why": why[:300]}
    if school:
        upload = receive_upload(school, _chunks(file.content), file_name=file.name, by=sending.sent_by, at=at)
        same = {"stored_as": upload.stored_as, "size": upload.size, "sha256": upload.sha256}
        return SentFile.objects.create(**kept, **same, upload=upload)
    if why == TOO_LARGE:
        return SentFile.objects.create(**kept, stored_as="", size=file.size, sha256="", discarded_at=at)
    copy = keep(_chunks(file.content), name=f"{uuid.uuid4()}.sent")
    return SentFile.objects.create(**kept, **vars(copy))


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(_AT_ONCE):
        yield chunk


def _told(file: Sent, by: Membership, on: dt.date) -> tuple[School | None, str]:
    """The one school of this person's that a file names, or why there is none."""
    places = schools_named_in(file.content, file_name=file.name, on=on) if file.size <= MAX_BYTES else []
    if not places:
        return None, "It does not say which school it is of."
    found: set[School] | None = None
    for named in places:
        here = set(School.objects.visible_to(by).filter(Q(urn__in=named.urns) | Q(laestab__in=named.laestabs)))
        found = here if found is None else found & here
    schools = sorted(found or (), key=str)
    if len(schools) == 1:
        return schools[0], ""
    if schools:
        return None, f"It names several schools: {', '.join(map(str, schools))}."
    numbers = sorted(number for named in places for number in named.urns | named.laestabs)
    return None, f"It names {', '.join(numbers[:5])}, which is not one school of yours."


def sendings_of(member: Membership) -> QuerySet[Sending]:
    """What this person sent; nobody else sees it."""
    sent: QuerySet[Sending] = Sending.objects.filter(sent_by=member)
    return sent


def place_file(file: SentFile, school: School, *, by: Membership, at: dt.datetime) -> Upload:
    """The person says whose register a file is: it becomes an upload of that school. One the disk lost is refused."""
    _still_open(file)
    path = folder() / file.stored_as
    try:
        with path.open("rb") as content:
            upload = receive_upload(school, _chunks(content), file_name=file.file_name, by=by, at=at)
    except FileNotFoundError:
        raise Refused(f"{file.file_name}: {LOST}") from None
    file.upload, file.why = upload, ""
    file.save(update_fields=["upload", "why"])
    record("place_file", by=by, words=f"Said that {file.file_name} is of {school}.", subject=upload)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return upload


def discard_file(file: SentFile, *, by: Membership, at: dt.datetime) -> None:
    """Throw away a file that has no school: nothing of it was read."""
    _still_open(file)
    file.discarded_at = at
    file.save(update_fields=["discarded_at"])
    record("discard_file", by=by, words=f"Threw the file {file.file_name} away.", subject=file.sending)
    path = folder() / file.stored_as
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _still_open(file: SentFile) -> None:
    held = SentFile.objects.select_for_update().get(pk=file.pk)
    if held.upload_id or held.discarded_at:
        raise Refused(f"{file.file_name} was given to a school or thrown away before.")
