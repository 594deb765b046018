"""Posting marks: stored as an uploaded file is, whole or not at all, and once for each key."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from attendance_portal.models import AuditEvent, Scope
from schools import uploads
from schools.models import Enrolment, PostedMarks, Register, RegisterChange, Standing, Upload, UploadProblem
from schools.register.marks import column_of, mark_at
from tests.cast import ON, Cast, in_scope
from tests.schools.api.asking import made, posted, send, strangers_token, token_of
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import AUTUMN, autumn

WRITE = Scope.MARKS_WRITE
HILL = "/api/v1/schools/999001/marks"
DAY = AUTUMN[0]


def _mark(cast: Cast, pupil: Any, day: dt.date, half: int) -> str:
    with in_scope(cast.eastshire):
        row = Register.objects.filter(enrolment__pupil=pupil, year=2026).first()
        return mark_at(list(bytes(row.marks)), column_of(day, half)) if row else ""


def _body(cast: Cast, **more: Any) -> dict[str, Any]:
    return posted(all_present(cast.pupils, AUTUMN[:2]), **more)


def _counts(cast: Cast) -> tuple[int, int, int]:
    with in_scope(cast.eastshire):
        return Upload.objects.count(), RegisterChange.objects.count(), PostedMarks.objects.count()


def test_what_is_posted_stands_in_the_register_and_the_school_is_banded(cast: Cast) -> None:
    answer = send(token_of(cast, WRITE), HILL, posted({p: d for p, d in _autumn(cast).items()}))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["accepted"], told["pupils"], told["marks"]) == ("stored", True, 5, 200)
    assert told["changed"] == 200
    assert _mark(cast, cast.pupil, DAY, 0) == "O"
    with in_scope(cast.eastshire):
        bands = Standing.objects.order_by("pupil__surname").values_list("band", flat=True)
        assert list(bands) == [5, 2, 4, 3, 1]


def _autumn(cast: Cast) -> Any:
    with in_scope(cast.eastshire):
        return autumn(cast)


def test_the_post_is_an_upload_of_the_integration_with_its_record_of_changes_and_its_events(cast: Cast) -> None:
    integration, token = made(cast, WRITE)
    send(token, HILL, _body(cast))
    with in_scope(cast.eastshire):
        post = PostedMarks.objects.select_related("upload").get()
        assert (post.integration_id, post.upload.stage) == (integration.pk, Upload.Stage.ACCEPTED)
        assert integration.name in post.upload.file_name
        assert RegisterChange.objects.get().upload_id == post.upload_id
        events = AuditEvent.objects.filter(what__in=["receive_upload", "accept_upload", "store_upload"])
        assert {event.by_name for event in events} == {f"{integration.name}, integration"}
        assert len({event.correlation_id for event in events}) == 1


def test_problems_are_told_as_those_of_a_file_are(cast: Cast) -> None:
    """The same marks by file and by post: the same kinds, values and sentences, but for the places."""
    marks = {cast.pupil: {DAY: "?\\", ON + dt.timedelta(days=3): "//"}}
    with in_scope(cast.eastshire):
        file = long_file(marks)
        body = posted(marks)
    answer = send(token_of(cast, WRITE), HILL, body)
    assert answer.status_code == 422
    told = answer.json()
    assert (told["error"], told["state"], told["accepted"], told["changed"]) == ("refused", "refused", False, 0)
    kinds = [problem["kind"] for problem in told["problems"]]
    assert kinds == _kinds_of_file(cast, file)
    assert set(told["problems"][0]) == {"kind", "row", "column", "value", "message"}
    assert told["problems"][0]["row"] == 1 and told["problems"][0]["column"] == "mark"


def _kinds_of_file(cast: Cast, content: bytes) -> list[str]:
    with in_scope(cast.eastshire):
        upload = uploads.receive_upload(cast.hill, [content], file_name="marks.csv", by=None)
        return [problem.kind for problem in uploads.read_upload(upload, on=ON).problems]
