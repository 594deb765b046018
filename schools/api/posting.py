"""Marks that a school system posts: read, matched and stored as an upload is, and answered once for each key."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from attendance_portal.audit import acting_for
from attendance_portal.models import Authority, Integration
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.models import PostedMarks, School, Upload
from schools.presenters import counted
from schools.reading.posted import ENDING, parse_posted
from schools.sending import uploads
from schools.sending.outcomes import Outcome, take_upload
from schools.stored.turns import hold

TAKEN_AT_ONCE: Final = 1_000_000  # bytes; what is larger is read and stored by a worker
_ANOTHER_BODY: Final = (
    "This idempotency key was used before, for other marks or another school. Send new marks with a new key."
)


@dataclass(frozen=True)
class Answer:
    """What a post is answered: the status, the body as it is sent, and whether a worker has still to store it."""

    status: int
    body: str
    post: PostedMarks
    is_replay: bool = False

    @property
    def is_waiting(self) -> bool:
        return self.status == 202 and not self.is_replay


def post_marks(school: School, body: bytes, *, key: str, by: Integration) -> Answer:
    """Store what an integration posted, or refuse it whole; the same key again gets the same answer.

    Raises Malformed where the body is not of the shape that is asked for (the key is then still free), and Refused
    where the key was used for another body.
    """
    sha256 = hashlib.sha256(f"{school.urn}\n".encode() + body).hexdigest()
    _wait_for_the_same_key(by, key)
    before: PostedMarks | None = PostedMarks.objects.filter(integration=by, key=key).first()
    if before is not None:
        if before.sha256 != sha256:
            raise Refused(_ANOTHER_BODY)
        return Answer(before.status, before.answer, before, is_replay=True)
    document = parse_posted(body)
    upload = uploads.receive_upload(school, [body], file_name=f"Posted by {by.name}{ENDING}", by=None, at=by.at)
    upload.accept_good_rows = document.get("accept_good_rows", False)
    upload.save(update_fields=["accept_good_rows"])
    post = PostedMarks(integration=by, key=key, sha256=sha256, upload=upload, posted_at=by.at)
    return _answered(post, on=by.on, at=by.at)


def _wait_for_the_same_key(integration: Integration, key: str) -> None:
    """Until this transaction ends, no other request of the integration uses this key: it would store twice."""
    hold(f"post {integration.pk} {key}")


def _answered(post: PostedMarks, *, on: dt.date, at: dt.datetime) -> Answer:
    """Store it now where it is small, else leave it to a worker; keep what is answered."""
    if post.upload.size > TAKEN_AT_ONCE:
        post.status, body = 202, waiting_body(post)
    else:
        outcome = take_upload(post.upload, accept_good_rows=post.upload.accept_good_rows, on=on, at=at)
        post.outcome, post.finished_at = outcome_body(post, outcome), at
        post.status, body = (201 if outcome.accepted else 422), post.outcome
    post.answer = json.dumps(body, ensure_ascii=False)
    post.save(force_insert=True)
    return Answer(post.status, post.answer, post)


def waiting_body(post: PostedMarks) -> dict[str, Any]:
    """What is told of a post that a worker has still to store."""
    return {
        "id": str(post.pk),
        "state": "waiting",
        "message": "The marks were received and are being stored. Ask at the status address what became of them.",
        "status_address": reverse("api_posted", args=[post.pk]),
    }


def outcome_body(post: PostedMarks, outcome: Outcome) -> dict[str, Any]:
    """What is told of a post that was stored or refused; the problems as `import_register --json` prints them."""
    told: dict[str, Any] = {
        "id": str(post.pk),
        "state": "stored" if outcome.accepted else "refused",
        "message": _sentence(outcome),
        "status_address": reverse("api_posted", args=[post.pk]),
        **vars(outcome),
    }
    return told if outcome.accepted else {"error": "refused", **told}


def _sentence(outcome: Outcome) -> str:
    if not outcome.accepted:
        return "The marks were refused because of their problems; nothing of them was stored."
    marks, pupils = counted(outcome.marks, "mark", "marks"), counted(outcome.pupils, "pupil", "pupils")
    return f"Stored {marks} of {pupils}; {counted(outcome.changed, 'half-day', 'half-days')} changed."


def finish_post(authority: Authority, post_id: uuid.UUID, *, on: dt.date, at: dt.datetime) -> None:
    """Store a post that was left to a worker, in one transaction. Nothing if that was done, or another is at it."""
    with authority_scope(authority):
        waiting = PostedMarks.objects.unfinished().select_for_update(skip_locked=True, of=("self",))
        post = waiting.select_related("integration").filter(pk=post_id).first()
        if post is None:
            return
        upload: Upload = Upload.objects.select_for_update(of=("self",)).select_related("school").get(pk=post.upload_id)
        with acting_for(post.integration):
            post.outcome = _outcome_of(post, upload, on=on, at=at)
        post.finished_at = at
        post.save(update_fields=["outcome", "finished_at"])


def _outcome_of(post: PostedMarks, upload: Upload, *, on: dt.date, at: dt.datetime) -> dict[str, Any]:
    if upload.stage in (Upload.Stage.RECEIVED, Upload.Stage.READ):
        outcome = take_upload(upload, accept_good_rows=upload.accept_good_rows, on=on, at=at)
    else:  # a person was quicker: they confirmed it, or threw it away
        told = upload.understood
        stored = upload.stage in (Upload.Stage.ACCEPTING, Upload.Stage.ACCEPTED)
        names = ("kind", "row", "column", "value", "message")
        problems = [{**told_of} for told_of in upload.problems.values(*names)]
        outcome = Outcome(stored, told.get("pupils", 0), told.get("marks", 0), upload.changed or 0, problems)
    return outcome_body(post, outcome)


def take_up_unfinished(authority: Authority, at: dt.datetime) -> None:
    """Store the posts that a killed process left waiting."""
    with authority_scope(authority):
        waiting = list(PostedMarks.objects.unfinished().order_by("posted_at").values_list("pk", flat=True))
    for post_id in waiting:
        finish_post(authority, post_id, on=at.date(), at=at)
