"""Wonde's API, version 1.0: what it tells of schools, pupils, marks and deletions, whatever is withheld or missing.

Its dates are objects, its relations come as an id or nested under "data", and a school may share less than it has:
a key that is missing, null or empty means the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urljoin

import httpx

from attendance_portal.sealing import Secret
from schools.connectors.asking import Asker
from schools.connectors.terms import (
    Connector,
    DeletionThere,
    MarksThere,
    SchoolThere,
    SourceTrouble,
    StudentThere,
    Timing,
    Trouble,
)

HOME: Final = "https://api.wonde.com/v1.0/"
PER_PAGE: Final = "200"
_ITS_OWN = re.compile(r"([a-z0-9-]+\.)*wonde\.com")
_LISTS: Final = {
    "schools/": "approved",
    "schools/pending/": "pending",
    "schools/declined/": "declined",
    "schools/revoked/": "revoked",
}
_INCLUDED: Final = "education_details,year,registration"
_HALVES: Final = {"AM": 0, "PM": 1}
_A_DAY: Final = dt.timedelta(days=1)

Row = Mapping[str, Any]


def connector_to(source: str, token: Secret, timing: Timing, *, address: str = "", domain: str = "") -> Connector:
    """The connector of a source; `address` stands in for the source's own, `domain` is where a school's data lie."""
    return {"wonde": Wonde}[source](token, timing, address=address, domain=domain)


class Wonde:
    """Asks Wonde for one authority, with the one token that covers every school that approved it."""

    def __init__(self, token: Secret, timing: Timing, *, address: str = "", domain: str = "") -> None:
        self._ask = Asker("Wonde", token, timing)
        self._home = address or _home(domain)

    @property
    def requests(self) -> int:
        return self._ask.requests

    @property
    def seconds(self) -> float:
        """Spent waiting for its answers."""
        return self._ask.seconds

    def close(self) -> None:
        self._ask.close()

    def schools(self) -> Iterator[SchoolThere]:
        for path, approval in _LISTS.items():
            for rows in self._pages(path):
                yield from (school for row in rows if (school := _school(row, approval)))

    def codes(self, school: str) -> dict[str, str]:
        rows = (row for page in self._of(school, "attendance-codes/") for row in page)
        return {key: _text(row, "code") for row in rows if (key := _text(row, "id"))}

    def students(self, school: str, *, changed_since: dt.datetime | None) -> Iterator[list[StudentThere]]:
        return self._students(school, "students/", changed_since)

    def leavers(self, school: str, *, changed_since: dt.datetime | None) -> Iterator[list[StudentThere]]:
        return self._students(school, "students-leaver/", changed_since)

    def _students(self, school: str, path: str, since: dt.datetime | None) -> Iterator[list[StudentThere]]:
        asked = {"include": _INCLUDED, **_changed(since)}
        for rows in self._of(school, path, **asked):
            yield [student for row in rows if (student := _student(row))]

    def student(self, school: str, source_id: str) -> StudentThere | None:
        url = httpx.URL(self._address(school, f"students/{quote(source_id, safe='')}"))
        try:
            answer = self._ask.answer(url.copy_merge_params({"include": _INCLUDED}))
        except SourceTrouble as trouble:
            if trouble.kind == Trouble.NOT_THERE:
                return None
            raise
        data = answer.get("data")
        return _student(data) if isinstance(data, dict) else None

    def marks(
        self, school: str, *, first_on: dt.date, last_on: dt.date, changed_since: dt.datetime | None
    ) -> Iterator[MarksThere]:
        # Whether "after" and "before" mean the day itself too is not documented: a day more is asked for each way.
        asked = {
            "attendance_date_after": str(first_on - _A_DAY),
            "attendance_date_before": str(last_on + _A_DAY),
            **_changed(changed_since),
        }
        for rows in self._of(school, "attendance/session/", **asked):
            read = [_mark(row) for row in rows]
            whole = [mark for mark in read if mark]
            yield MarksThere([mark for mark in whole if first_on <= mark[2] <= last_on], len(read) - len(whole))

    def deletions(self, school: str, *, since: dt.datetime | None) -> Iterator[list[DeletionThere]]:
        for rows in self._of(school, "deletions/", **_changed(since)):
            yield [DeletionThere(key, _text(row, "type")) for row in rows if (key := _text(row, "id"))]

    def _of(self, school: str, path: str, **asked: str) -> Iterator[list[Row]]:
        return self._ask.pages(self._address(school, path), {"per_page": PER_PAGE, "cursor": "true", **asked})

    def _pages(self, path: str) -> Iterator[list[Row]]:
        return self._ask.pages(urljoin(self._home, path), {"per_page": PER_PAGE, "cursor": "true"})

    def _address(self, school: str, path: str) -> str:
        return urljoin(self._home, f"schools/{quote(school, safe='')}/{path}")


def _home(domain: str) -> str:
    """The address for a school whose data lie at `domain`; the token goes to Wonde's own addresses only."""
    if not domain:
        return HOME
    if not _ITS_OWN.fullmatch(domain.lower()):
        raise SourceTrouble(
            Trouble.NOT_UNDERSTOOD,
            f"Wonde says that this school's data lie at {domain[:60]}, which is not one of its own addresses. "
            "Ask the supplier.",
        )
    return f"https://{domain.lower()}/v1.0/"


def _changed(since: dt.datetime | None) -> dict[str, str]:
    return {"updated_after": f"{since.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"} if since else {}


def _text(row: Row, name: str) -> str:
    """A value as text without spaces round it; "" where it is missing, null or no text."""
    value = row.get(name)
    if isinstance(value, str):
        return value.strip().replace("\x00", "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _day(row: Row, name: str) -> dt.date | None:
    """A calendar date: the first ten characters, in whatever zone they stand."""
    value = row.get(name)
    text = value.get("date") if isinstance(value, dict) else value
    try:
        return dt.date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _related(row: Row, name: str) -> Row:
    """An included relation; nothing where only its id came, or it is withheld."""
    value = row.get(name)
    inner = value.get("data", value) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _id_of(row: Row, name: str) -> str:
    """The id of a relation, included or not."""
    return _text(_related(row, name), "id") or _text(row, name)


def _school(row: Row, approval: str) -> SchoolThere | None:
    source_id, region = _text(row, "id"), _related(row, "region")
    if not source_id:
        return None
    named = _related(region, "identifiers")
    number = _text(row, "establishment_number") or _text(named, "establishment_number")
    authority = _text(row, "la_code") or _text(named, "la_code")
    return SchoolThere(
        source_id=source_id,
        name=_text(row, "name")[:200] or source_id,
        urn=(_text(row, "urn") or _text(named, "urn"))[:6],
        laestab=f"{authority}{number.zfill(4)}"[:7] if authority and number else "",
        domain=_text(region, "domain")[:120],
        mis=_text(row, "mis")[:60],
        approval=approval,
    )


def _student(row: Row) -> StudentThere | None:
    source_id = _text(row, "id")
    if not source_id:
        return None
    details, year = _related(row, "education_details"), _related(row, "year")
    registration = _related(row, "registration")
    return StudentThere(
        source_id=source_id,
        upn=_text(details, "upn"),
        local_id=_text(details, "admission_number"),
        surname=_text(row, "legal_surname") or _text(row, "surname"),
        forename=_text(row, "legal_forename") or _text(row, "forename"),
        born_on=_day(row, "date_of_birth"),
        year_group=_text(details, "current_nc_year") or _text(year, "code") or _text(year, "name"),
        admitted_on=_day(details, "admission_date"),
        left_on=_day(details, "leaving_date"),
        former_upn=_text(details, "former_upn"),
        registration_group=_text(registration, "name") or _text(registration, "code"),
        sex=_text(row, "gender"),
    )


def _mark(row: Row) -> tuple[str, str, dt.date, int, str, str] | None:
    """None for a row that does not say whose mark it is, and of which half-day."""
    day, half, student = _day(row, "date"), _HALVES.get(_text(row, "session").upper()), _id_of(row, "student")
    if day is None or half is None or not student:
        return None
    code = _text(_related(row, "attendance_code"), "code") or _id_of(row, "attendance_code")
    changed = row.get("updated_at")
    when = _text(changed, "date") if isinstance(changed, dict) else _text(row, "updated_at")
    return _text(row, "id"), student, day, half, code, when
