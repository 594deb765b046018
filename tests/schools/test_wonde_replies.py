"""The connector reads replies of the shapes that public clients read, and whatever a school leaves out of them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from attendance_portal.sealing import Secret
from schools.connectors import DeletionThere, SourceTrouble, StudentThere, Trouble, Wonde
from tests.schools.systems import Clock

SAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data/wonde/wonde_sample_constructed.json").read_text()
)
SCHOOL = "A1000000001"
NOTHING = {"data": [], "meta": {"pagination": {"next": None, "more": False}}}
Replies = dict[str, Any]


@pytest.fixture
def replies() -> Replies:
    """What is answered, by path; bytes are sent as packed."""
    of_school = f"/v1.0/schools/{SCHOOL}/"
    students = json.loads(json.dumps(SAMPLE["students_page_1"]))
    students["meta"]["pagination"] |= {"next": None, "more": False}
    return {
        "/v1.0/schools/": SAMPLE["schools"],
        f"{of_school}students/": students,
        f"{of_school}attendance/session/": SAMPLE["attendance_session"],
        f"{of_school}attendance-codes/": SAMPLE["attendance_codes"],
        f"{of_school}deletions/": SAMPLE["deletions"],
    }


@pytest.fixture
def wonde(replies: Replies) -> Iterator[Wonde]:
    """The connector, at a server that answers these replies and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = replies.get(self.path.partition("?")[0], NOTHING)
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(200)
            if isinstance(told, bytes):
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    connector = Wonde(Secret("token"), Clock().timing, address=f"http://127.0.0.1:{server.server_port}/v1.0/")
    yield connector
    connector.close()
    server.shutdown()
    server.server_close()


def only_student(wonde: Wonde) -> StudentThere:
    [page] = wonde.students(SCHOOL, changed_since=None)
    [student] = page
    return student


def rows_of_marks(wonde: Wonde) -> list[tuple[str, str, dt.date, int, str, str]]:
    period = (dt.date(2025, 9, 1), dt.date(2025, 9, 30))
    return [row for page in wonde.marks(SCHOOL, first_on=period[0], last_on=period[1], changed_since=None)
            for row in page.rows]  # fmt: skip


def test_the_sample_is_read_in_the_portals_own_terms(wonde: Wonde) -> None:
    [school] = wonde.schools()
    assert (school.source_id, school.urn, school.laestab, school.approval) == (SCHOOL, "999001", "9999901", "approved")
    born, admitted = dt.date(2014, 3, 9), dt.date(2018, 9, 4)
    assert only_student(wonde) == StudentThere(
        "A1500000001", "X999000020001", "001234", "Bennett", "Ruth", born, "6", admitted, None, sex="FEMALE"
    )
    codes = wonde.codes(SCHOOL)
    assert [(half, codes[code]) for _, _, _, half, code, _ in rows_of_marks(wonde)] == [(0, "/"), (1, "I")]
    assert list(wonde.deletions(SCHOOL, since=None)) == [[DeletionThere("A2000000002", "attendance_session")]]


@pytest.mark.parametrize("withheld", ["missing", None, ""])
def test_what_a_school_does_not_share_is_empty_however_it_is_left_out(
    wonde: Wonde, replies: Replies, withheld: str | None
) -> None:
    [row] = replies[f"/v1.0/schools/{SCHOOL}/students/"]["data"]
    for name in ("education_details", "year", "legal_surname", "date_of_birth"):
        if withheld == "missing":
            del row[name]
        else:
            row[name] = withheld
    student = only_student(wonde)
    assert (student.upn, student.year_group, student.surname, student.born_on) == ("", "", "Bennett", None)


@pytest.mark.parametrize(
    ("told", "group"),
    [
        ({"registration": {"data": {"id": "A9", "name": "6R"}}}, "6R"),
        ({"registration": {"data": {"id": "A9", "name": None, "code": "6R"}}}, "6R"),
        ({"registration": "A9"}, ""),
        ({"registration": None}, ""),
        ({"groups": {"data": [{"name": "6R", "type": "REGISTRATION"}]}}, ""),
    ],
)
def test_the_registration_group_is_read_by_itself_and_empty_where_it_is_not_told(
    wonde: Wonde, replies: Replies, told: dict[str, Any], group: str
) -> None:
    [row] = replies[f"/v1.0/schools/{SCHOOL}/students/"]["data"]
    row |= told
    assert only_student(wonde).registration_group == group


def test_relations_may_come_whole_or_as_an_id(wonde: Wonde, replies: Replies) -> None:
    row = json.loads(json.dumps(SAMPLE["attendance_session"]["data"][0]))
    row |= {"student": {"data": {"id": "A1500000001"}}, "attendance_code": {"data": {"id": "A3", "code": "L"}}}
    replies[f"/v1.0/schools/{SCHOOL}/attendance/session/"] = {"data": [row], "meta": {}}
    [(_, student, day, half, code, _)] = rows_of_marks(wonde)
    assert (student, day, half, code) == ("A1500000001", dt.date(2025, 9, 15), 0, "L")


def test_a_row_that_says_neither_day_nor_session_is_counted_and_left_aside(wonde: Wonde, replies: Replies) -> None:
    whole = SAMPLE["attendance_session"]["data"][0]
    broken = [{**whole, "date": None}, {**whole, "session": "Evening"}, {**whole, "student": None}]
    replies[f"/v1.0/schools/{SCHOOL}/attendance/session/"] = {"data": [whole, *broken], "meta": {}}
    first, last = dt.date(2025, 9, 1), dt.date(2025, 9, 30)
    [page] = wonde.marks(SCHOOL, first_on=first, last_on=last, changed_since=None)
    assert (len(page.rows), page.unreadable) == (1, 3)


@pytest.mark.parametrize("answer", [[], {}, {"data": None}, {"data": ["text"]}, {"data": "text"}])
def test_an_answer_of_another_shape_is_trouble_and_not_an_empty_page(
    wonde: Wonde, replies: Replies, answer: object
) -> None:
    replies[f"/v1.0/schools/{SCHOOL}/students/"] = answer
    with pytest.raises(SourceTrouble) as told:
        list(wonde.students(SCHOOL, changed_since=None))
    assert told.value.kind == Trouble.BROKEN


@pytest.mark.parametrize(
    ("following", "kind"),
    [
        ("http://[bad", Trouble.NOT_UNDERSTOOD),  # read as an address of another place
        ("https://api.wonde.com:port/x", Trouble.BROKEN),
        ("\x00", Trouble.BROKEN),
    ],
)
def test_a_next_page_that_is_no_address_is_trouble(
    wonde: Wonde, replies: Replies, following: str, kind: Trouble
) -> None:
    replies[f"/v1.0/schools/{SCHOOL}/students/"]["meta"]["pagination"] |= {"next": following, "more": True}
    with pytest.raises(SourceTrouble) as told:
        list(wonde.students(SCHOOL, changed_since=None))
    assert told.value.kind == kind


def test_an_answer_damaged_in_its_packing_is_trouble(wonde: Wonde, replies: Replies) -> None:
    whole = gzip.compress(json.dumps(NOTHING).encode())
    replies[f"/v1.0/schools/{SCHOOL}/students/"] = whole[:10] + b"\xff\xff\xff" + whole[13:]
    with pytest.raises(SourceTrouble) as told:
        list(wonde.students(SCHOOL, changed_since=None))
    assert told.value.kind == Trouble.BROKEN


def test_a_schools_data_are_asked_for_at_wondes_own_addresses_only() -> None:
    clock = Clock().timing
    assert Wonde(Secret("token"), clock, domain="api-af-south-1.wonde.com")
    for elsewhere in ("wonde.com.example", "evilwonde.com", "api.wonde.com/x?", "127.0.0.1"):
        with pytest.raises(SourceTrouble, match="not one of its own addresses"):
            Wonde(Secret("token"), clock, domain=elsewhere)


def test_a_secret_is_not_told_by_what_prints_or_keeps_it() -> None:
    secret = Secret("not-to-be-read")
    assert "not-to-be-read" not in f"{secret!r} {secret} {[secret]}"
    assert secret.reveal() == "not-to-be-read"
