"""Posting marks: stored as an uploaded file is, whole or not at all, and once for each key."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from attendance_portal.models import AuditEvent, Scope
from schools.api import posting
from schools.models import Enrolment, PostedMarks, Register, RegisterChange, Standing, Upload, UploadProblem
from schools.register.marks import column_of, mark_at
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope, sign_in
from tests.schools.api.asking import ask, made, posted, send, strangers_token, token_of
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import AT, AUTUMN, autumn

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
    answer = send(token_of(cast, WRITE), HILL, posted(_autumn(cast)))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["accepted"], told["pupils"], told["marks"]) == ("stored", True, 5, 200)
    assert (told["changed"], told["message"]) == (200, "Stored 200 marks of 5 pupils; 200 half-days changed.")
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


def test_one_problem_refuses_the_whole_post_and_the_school_finds_it_among_its_uploads(cast: Cast) -> None:
    body = posted({cast.pupils[0]: {DAY: "?\\"}, cast.pupils[1]: {DAY: "/\\"}})
    assert send(token_of(cast, WRITE), HILL, body).status_code == 422
    assert _mark(cast, cast.pupils[1], DAY, 0) == ""
    with in_scope(cast.eastshire):
        upload = Upload.objects.get()
        assert upload.stage == Upload.Stage.REFUSED, "nobody is asked to confirm what the sender will send again"
        assert UploadProblem.objects.filter(upload=upload, kind="unknown-code").count() == 1


def test_the_sender_is_shown_by_its_name_wherever_its_marks_are(cast: Cast) -> None:
    integration, token = made(cast, WRITE)
    send(token, HILL, posted({cast.pupils[0]: {DAY: "?\\"}}))
    send(token, HILL, posted({cast.pupils[0]: {DAY: "I\\"}}), key="key-2")
    client = sign_in(Client(), cast.lead)
    with in_scope(cast.eastshire):
        stored, refused = Upload.objects.order_by("-sent_at")
    told = client.get(f"/uploads/{refused.pk}/").content.decode()
    assert f"by {integration.name}" in told and "is not an attendance code" in told and "Nothing was stored" in told
    for address in ("/schools/999001/uploads/", "/schools/999001/changes/", f"/changes/{stored.pk}/"):
        page = client.get(address).content.decode()
        assert integration.name in page.replace(f"Posted by {integration.name}", ""), address
        assert "The service" not in page, address
    assert "To be confirmed" not in client.get("/schools/999001/uploads/").content.decode()


def test_with_accept_good_rows_what_is_good_is_stored_and_the_rest_is_listed(cast: Cast) -> None:
    body = posted({cast.pupils[0]: {DAY: "?\\"}, cast.pupils[1]: {DAY: "/\\"}}, accept_good_rows=True)
    answer = send(token_of(cast, WRITE), HILL, body)
    assert (answer.status_code, answer.json()["changed"]) == (201, 3)
    assert answer.json()["problems"][0]["kind"] == "unknown-code"
    assert (_mark(cast, cast.pupils[0], DAY, 0), _mark(cast, cast.pupils[0], DAY, 1)) == ("", "\\")


def test_no_mark_never_erases_one_that_is_held(cast: Cast) -> None:
    token = token_of(cast, WRITE)
    send(token, HILL, posted({cast.pupil: {DAY: "I\\"}}))
    nothing = {"upn": cast.pupil.upn, "marks": [{"date": str(DAY), "session": "AM", "mark": None}]}
    nothing["marks"] += [{"date": str(DAY), "session": "PM", "mark": "I"}]
    answer = send(token, HILL, {"pupils": [nothing]}, key="key-2")
    assert (answer.status_code, answer.json()["changed"]) == (201, 1)
    assert answer.json()["message"].endswith("; 1 half-day changed.")
    assert (_mark(cast, cast.pupil, DAY, 0), _mark(cast, cast.pupil, DAY, 1)) == ("I", "I")


def test_a_pupil_who_is_not_known_is_enrolled_where_enough_is_said_and_else_told(cast: Cast) -> None:
    marks = [{"date": str(DAY), "session": "AM", "mark": "/"}]
    enough = {"surname": "New", "forename": "Nina", "date_of_birth": "2014-05-01", "year_group": "7"}
    body = {"pupils": [{**enough, "admission_number": "0099", "marks": marks}]}
    assert send(token_of(cast, WRITE), HILL, body).status_code == 201
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(local_id="0099")
        assert (enrolment.year_group, str(enrolment.pupil)) == ("7", "Nina New")
    answer = send(token_of(cast, WRITE), HILL, {"pupils": [{"admission_number": "0098", "marks": marks}]})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["kind"] == "unknown-pupil"


def test_the_same_key_again_gets_the_same_answer_and_stores_nothing_more(cast: Cast) -> None:
    token = token_of(cast, WRITE)
    first = send(token, HILL, _body(cast))
    before = _counts(cast)
    again = send(token, HILL, _body(cast))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first["Idempotency-Replayed"], again["Idempotency-Replayed"]) == ("false", "true")
    assert _counts(cast) == before == (1, 1, 1)


def test_a_refusal_is_answered_again_as_it_was(cast: Cast) -> None:
    token = token_of(cast, WRITE)
    body = posted({cast.pupil: {DAY: "?\\"}})
    first, again = send(token, HILL, body), send(token, HILL, body)
    assert (again.status_code, again.content) == (422, first.content)
    assert _counts(cast) == (1, 0, 1)


def test_a_key_that_was_used_for_other_marks_or_another_school_is_refused_in_a_sentence(cast: Cast) -> None:
    token = token_of(cast, WRITE)
    send(token, HILL, _body(cast))
    for address, body in ((HILL, _body(cast, accept_good_rows=True)), (HILL.replace("01/", "02/"), _body(cast))):
        answer = send(token, address, body)
        assert answer.status_code == 409
        assert answer.json() == {"error": "conflict", "message": answer.json()["message"]}
        assert "new key" in answer.json()["message"]
    assert _counts(cast) == (1, 1, 1)


def test_keys_of_different_integrations_have_nothing_to_do_with_each_other(cast: Cast) -> None:
    assert send(token_of(cast, WRITE), HILL, _body(cast)).status_code == 201
    answer = send(token_of(cast, WRITE), HILL, _body(cast, accept_good_rows=True))
    assert (answer.status_code, answer.json()["changed"]) == (201, 0)


@pytest.mark.parametrize("key", ["", "k" * 256, "ké"])
def test_a_post_without_a_proper_key_is_refused_in_a_sentence(cast: Cast, key: str) -> None:
    answer = send(token_of(cast, WRITE), HILL, _body(cast), key=key)
    assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["message"]
    assert _counts(cast) == (0, 0, 0)


_MARK = {"date": "2026-11-16", "session": "AM", "mark": "/"}
MALFORMED: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "not JSON"),
    "blank": (b" ", "not JSON"),
    "not text": (b"\xff\xfe\xfa", "not JSON"),
    "NaN": (b'{"pupils": NaN}', "not JSON"),
    "nested": (b"[" * 100_000, "nested too deeply"),
    "a mark given twice": (b'{"pupils": [{"marks": [{"mark": "I", "mark": "O"}]}]}', "gives mark twice"),
    "a number of many digits": (b'{"pupils": ' + b"1" * 5000 + b"}", "not JSON"),
    "a list": ([], "The body must be a JSON object"),
    "no pupils": ({}, "pupils must be a list"),
    "no pupil": ({"pupils": []}, "at least one"),
    "a pupil that is text": ({"pupils": ["x"]}, "pupils[0] must be a JSON object"),
    "no marks": ({"pupils": [{"upn": "A", "marks": []}]}, "pupils[0].marks"),
    "an unknown name": ({"pupils": [{"uln": "A", "marks": [_MARK]}]}, "uln"),
    "an unknown name of a mark": ({"pupils": [{"marks": [{**_MARK, "code": "/"}]}]}, "pupils[0].marks[0]"),
    "half a mark": ({"pupils": [{"marks": [{"date": "2026-11-16"}]}]}, "has no session"),
    "a number as mark": ({"pupils": [{"marks": [_MARK, {**_MARK, "mark": 1}]}]}, "pupils[0].marks[1].mark"),
    "no date": ({"pupils": [{"marks": [{**_MARK, "date": None}]}]}, "date must be a string"),
    "a long name": ({"pupils": [{"surname": "n" * 151, "marks": [_MARK]}]}, "longer than 150"),
    "a NUL": ({"pupils": [{"surname": "a\0", "marks": [_MARK]}]}, "NUL"),
    "half a pair": (b'{"pupils": [{"surname": "\\ud800", "marks": [{}]}]}', "surrogate"),
    "a word for yes": ({"accept_good_rows": "yes", "pupils": [{"marks": [_MARK]}]}, "true or false"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_of_the_shape_that_is_asked_for_is_told_with_its_place(cast: Cast, name: str) -> None:
    body, words = MALFORMED[name]
    token = token_of(cast, WRITE)
    answer = send(token, HILL, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"] == "bad-request" and words in answer.json()["message"]
    assert _counts(cast) == (0, 0, 0)
    assert send(token, HILL, _body(cast)).status_code == 201  # the key is still free


@pytest.mark.parametrize("media", ["text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_media_type_is_refused_in_a_sentence(cast: Cast, media: str) -> None:
    headers = {"Authorization": f"Bearer {token_of(cast, WRITE)}", "Idempotency-Key": "k"}
    answer = Client().generic("POST", HILL, b"{}", content_type=media, headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"] == "not-json" and "application/json" in answer.json()["message"]


def test_another_authoritys_school_is_not_there(cast: Cast) -> None:
    for token, address in (
        (strangers_token(cast), HILL),
        (token_of(cast), "/api/v1/schools/998001/marks"),
        (token_of(cast, schools=[cast.vale]), HILL),
        (token_of(cast), "/api/v1/schools/no-such/marks"),
    ):
        answer = send(token, address, _body(cast))
        assert (answer.status_code, answer.json()["error"]) == (404, "not-found")
    assert _counts(cast) == (0, 0, 0)


def test_a_roll_of_another_school_is_refused(cast: Cast) -> None:
    """Marks for Hill's children, posted to Vale: nobody moves."""
    answer = send(token_of(cast, WRITE), "/api/v1/schools/999002/marks", _body(cast))
    assert answer.status_code == 422
    assert {problem["kind"] for problem in answer.json()["problems"]} == {"unknown-pupil"}


def test_a_restricted_childs_marks_are_stored_as_any_others(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        type(cast.pupil).objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    assert send(token_of(cast, WRITE), HILL, posted({cast.pupil: {DAY: "I\\"}})).json()["changed"] == 2


# --- Large posts, and api_posted, where what became of them is told --------------------------------------------


def _large(cast: Cast, pupils: int = 900) -> dict[str, Any]:
    """100,000 marks and some, of pupils who are all new."""
    days = [str(day) for day in school_days(dt.date(2026, 9, 1), 56)]
    marks = [{"date": day, "session": half, "mark": "/"} for day in days for half in ("AM", "PM")]
    who = {"forename": "Kit", "date_of_birth": "2014-05-01", "year_group": "7"}
    named = [{**who, "surname": f"Name{n}", "admission_number": f"N{n}", "marks": marks} for n in range(pupils)]
    return {"pupils": named}


def test_100_000_marks_in_one_post_are_received_at_once_and_stored_by_a_worker(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    token, body = token_of(cast, WRITE), json.dumps(_large(cast)).encode()
    with django_capture_on_commit_callbacks() as left_to_workers:
        answer = send(token, HILL, body)
    assert answer.status_code == 202
    told = answer.json()
    assert told["state"] == "waiting" and len(left_to_workers) == 1
    assert _status(token, told).json() == told
    with in_scope(cast.eastshire):
        assert not Register.objects.exists()
    posting.finish_post(cast.eastshire, uuid.UUID(told["id"]), on=ON, at=AT)
    outcome = _status(token, told).json()
    assert (outcome["state"], outcome["pupils"], outcome["marks"]) == ("stored", 900, 100_800)
    assert outcome["changed"] == 100_800
    assert send(token, HILL, body).content == answer.content
    with in_scope(cast.eastshire):
        stored = AuditEvent.objects.get(what="store_upload")
        assert stored.by_name.endswith(", integration")


def _status(token: str, told: dict[str, Any]) -> HttpResponse:
    return Client().get(told["status_address"], headers={"Authorization": f"Bearer {token}"})


def test_a_post_that_a_killed_worker_left_is_taken_up_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TAKEN_AT_ONCE", 10)
    token = token_of(cast, WRITE)
    told = send(token, HILL, _body(cast)).json()
    for _ in range(2):
        posting.take_up_unfinished(cast.eastshire, AT)
    assert _status(token, told).json()["state"] == "stored"
    assert _counts(cast) == (1, 1, 1)


def test_a_large_post_with_problems_is_refused_at_its_status_address(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TAKEN_AT_ONCE", 10)
    token = token_of(cast, WRITE)
    told = send(token, HILL, posted({cast.pupil: {DAY: "?\\"}})).json()
    posting.take_up_unfinished(cast.eastshire, AT)
    outcome = _status(token, told).json()
    assert (outcome["state"], outcome["error"], outcome["changed"]) == ("refused", "refused", 0)


def test_a_large_post_that_the_minutes_beat_meets_first_is_still_told_its_problems(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TAKEN_AT_ONCE", 10)
    token = token_of(cast, WRITE)
    body = posted({cast.pupil: {DAY: "/\\"}})
    body["pupils"].append({**body["pupils"][0], "marks": [{"date": str(DAY), "session": "AM", "mark": "O"}]})
    told = send(token, HILL, body).json()
    uploads.take_up_unfinished(cast.eastshire, AT)
    posting.take_up_unfinished(cast.eastshire, AT)
    outcome = _status(token, told).json()
    assert (outcome["state"], {one["kind"] for one in outcome["problems"]}) == ("refused", {"contradicting-marks"})


def test_what_became_of_a_post_is_told_to_its_sender_alone(cast: Cast) -> None:
    told = send(token_of(cast, WRITE), HILL, _body(cast)).json()
    for token in (token_of(cast, WRITE), strangers_token(cast)):
        assert _status(token, told).status_code == 404
    assert ask(token_of(cast), f"/api/v1/marks/{uuid.uuid4()}").status_code == 404
    assert ask(token_of(cast), "/api/v1/marks/1").status_code == 404


def test_a_post_reads_as_any_upload_on_the_schools_pages(cast: Cast) -> None:
    integration, token = made(cast, WRITE)
    send(token, HILL, _body(cast))
    page = sign_in(Client(), cast.lead).get("/schools/999001/uploads/").content.decode()
    assert f"Posted by {integration.name}" in page
    with in_scope(cast.eastshire):
        upload = Upload.objects.get()
    assert sign_in(Client(), cast.lead).get(f"/uploads/{upload.pk}/").status_code == 200
