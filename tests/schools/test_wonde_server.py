"""The local server against the documented protocol: every key and type of the sample, both ways of paging, errors."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from attendance_portal.front.demo.wonde_server import TOKEN, WondeServer
from schools.register.codes import NUMBERS
from tests.cast import Cast, in_scope
from tests.schools.systems import serving, system_of

SAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data/wonde/wonde_sample_constructed.json").read_text()
)
WITHOUT = {"created_at"}  # of a mark: a second of each row of a county's marks

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(cast: Cast) -> Iterator[WondeServer]:
    with in_scope(cast.eastshire):
        school = system_of(cast.hill, cast.pupils)
    school.delete_mark(0, 0, dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    with serving(school) as server:
        yield server


def ask(server: WondeServer, path: str, auth: Any = None, **query: str) -> httpx.Response:
    headers = {} if auth else {"Authorization": f"Bearer {TOKEN}"}
    return httpx.get(f"{server.address}{path}", params=query, headers=headers, auth=auth)


def lacks(sample: Any, told: Any, place: str = "") -> list[str]:
    """The keys of the sample that are not told, and values of another type; null fits any."""
    if sample is None or told is None:
        return []
    if type(sample) is not type(told):
        return [f"{place}: {type(told).__name__}"]
    if isinstance(sample, dict):
        missing = [f"{place}.{key}" for key in sample.keys() - told.keys() - WITHOUT]
        return missing + [
            one for key in sample.keys() & told.keys() for one in lacks(sample[key], told[key], f"{place}.{key}")
        ]
    if isinstance(sample, list) and sample and told and isinstance(sample[0], dict):
        return lacks(sample[0], told[0], f"{place}[]")
    return []


PLACES = {
    "schools": "schools/",
    "students_page_1": "schools/A1000000001/students/",
    "attendance_session": "schools/A1000000001/attendance/session/",
    "attendance_codes": "schools/A1000000001/attendance-codes/",
    "deletions": "schools/A1000000001/deletions/",
}


@pytest.mark.parametrize("name", PLACES)
def test_every_key_of_the_sample_is_told_with_its_type(server: WondeServer, name: str) -> None:
    told = ask(server, PLACES[name], include="education_details,extended_details,year").json()
    told["data"] = told["data"][:1]
    sample = json.loads(json.dumps(SAMPLE[name]))
    for row in sample["data"]:
        row.pop("description", None)
    assert lacks(sample, told) == []


def test_a_relation_that_is_not_asked_for_is_an_id_or_not_there(server: WondeServer) -> None:
    (first, *_) = ask(server, PLACES["students_page_1"]).json()["data"]
    assert isinstance(first["year"], str) and "education_details" not in first
    (first, *_) = ask(server, PLACES["students_page_1"], include="year").json()["data"]
    assert first["year"]["data"]["code"] == "7" and "education_details" not in first


def test_a_pupils_groups_are_told_to_whoever_asks_for_them(server: WondeServer) -> None:
    school = server.schools[0]
    school.students[0] = replace(school.students[0], registration_group="7K")
    (first, second, *_) = ask(server, PLACES["students_page_1"], include="groups,registration").json()["data"]
    told = first["registration"]["data"]
    assert (told["name"], told["type"]) == ("7K", "REGISTRATION") and told in first["groups"]["data"]
    assert [group["type"] for group in second["groups"]["data"]] == ["YEAR"] and "registration" not in second


@pytest.mark.parametrize("how", [{}, {"cursor": "true"}])
def test_both_ways_of_paging_tell_every_row_once(server: WondeServer, how: dict[str, str]) -> None:
    answer = ask(server, PLACES["students_page_1"], per_page="2", **how).json()
    found, pages = answer["data"], 1
    while following := answer["meta"]["pagination"]["next"]:
        assert answer["meta"]["pagination"]["more"] and ("page=" in following or "cursor=" in following)
        answer = httpx.get(following, headers={"Authorization": f"Bearer {TOKEN}"}).json()
        found, pages = found + answer["data"], pages + 1
    assert (len({row["id"] for row in found}), len(found), pages) == (5, 5, 3)
    assert not answer["meta"]["pagination"]["more"]


def test_fifty_rows_are_a_page_unless_more_are_asked_for(server: WondeServer) -> None:
    assert len(ask(server, PLACES["attendance_session"]).json()["data"]) == 50
    assert len(ask(server, PLACES["attendance_session"], per_page="200").json()["data"]) == 200


def test_the_token_is_taken_as_a_bearer_or_as_a_user_without_a_password_and_no_other(server: WondeServer) -> None:
    assert ask(server, "schools/", auth=(TOKEN, "")).status_code == 200
    assert ask(server, "schools", auth=("another", "")).status_code == 401
    assert ask(server, "schools/A1000000009/students/").status_code == 404
    server.schools[0].approval = "revoked"
    assert ask(server, PLACES["students_page_1"]).status_code == 403
    assert ask(server, "schools/revoked/").json()["data"][0]["id"] == "A1000000001"


def test_one_school_and_the_codes_of_all_are_told(server: WondeServer) -> None:
    assert ask(server, "schools/A1000000001").json()["data"]["urn"] == 999001
    codes = {row["code"] for row in ask(server, "attendance-codes/", per_page="200").json()["data"]}
    assert set(NUMBERS) <= codes


def test_what_makes_no_sense_is_422_and_not_a_failure(server: WondeServer) -> None:
    assert ask(server, PLACES["attendance_session"], attendance_date_after="soon").status_code == 422
    assert ask(server, PLACES["students_page_1"], per_page="many").status_code == 422
