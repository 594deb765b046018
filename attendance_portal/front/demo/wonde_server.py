"""A local server that speaks Wonde's documented protocol for invented schools, with failures to be switched on."""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from attendance_portal.front.demo.wonde_school import Row, WondeSchool, code_rows

TOKEN: Final = "demonstration-token"
"""What the demonstration's server accepts. It opens nothing but invented schools on this machine."""
_ROOT: Final = "/v1.0/"
_INCLUDES: Final = ["education_details", "extended_details", "groups", "registration", "year"]
Query = dict[str, str]


@dataclass
class Faults:
    """What is wrong with the server now. Numbers count the answers that go wrong before it is well again."""

    bad_token: bool = False
    storm: int = 0
    retry_after: str = "1"
    broken: int = 0
    truncated: int = 0
    cut_off: int = 0
    repeats: bool = False
    elsewhere: bool = False
    slow: float = 0.0

    def switch(self, name: str, value: str) -> None:
        """Set one by its name; raises KeyError or ValueError for what makes no sense."""
        kinds: dict[str, Callable[[str], Any]] = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        kind = kinds[name]
        setattr(self, name, value not in ("0", "off", "") if kind is bool else kind(value))


class Refusal(Exception):
    """An answer that is none: its status, and headers beside it."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


@dataclass
class WondeServer:
    """The schools, the token and the faults of one server; `start` it, then ask at `address`."""

    schools: list[WondeSchool]
    token: str = TOKEN
    port: int = 0
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[str, Query]] = field(default_factory=list)
    """Path and query of everything asked, in order."""
    seconds: float = 0.0
    """Spent making answers."""
    most_at_once: int = 0
    before_answer: Callable[[str, Query], None] | None = None
    """Called with path and query before each answer, for tests that change the school while it is read."""

    def __post_init__(self) -> None:
        self._lock, self._at_once = threading.Lock(), Counter[str]()
        server = self

        class Handler(_Handler):
            wonde = server

        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{_ROOT}"

    def start(self) -> None:
        """Answer in threads of its own until `stop`."""
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def serve(self) -> None:
        """Answer in this thread until it is interrupted."""
        self._http.serve_forever()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def school(self, source_id: str) -> WondeSchool:
        found = next((school for school in self.schools if school.source_id == source_id), None)
        if found is None:
            raise Refusal(404)
        if found.approval != "approved":
            raise Refusal(403)
        return found

    def answer(self, target: str, authorization: str) -> Row:
        """The JSON of one request. Raises Refusal."""
        url = urlsplit(target)
        path, query = url.path.removeprefix(_ROOT).rstrip("/"), {k: v[-1] for k, v in parse_qs(url.query).items()}
        with self._lock:
            self.asked.append((path, query))
        self._refuse(authorization)
        if self.before_answer:
            self.before_answer(path, query)
        school = path.split("/")[1] if path.startswith("schools/A") else ""
        with self._counted(school):
            return self._told(path, query)

    def _refuse(self, authorization: str) -> None:
        faults = self.faults
        time.sleep(faults.slow)
        basic = base64.b64encode(f"{self.token}:".encode()).decode()
        if faults.bad_token or authorization not in (f"Bearer {self.token}", f"Basic {basic}"):
            raise Refusal(401)
        with self._lock:
            if faults.storm:
                faults.storm -= 1
                raise Refusal(429, **({"Retry-After": faults.retry_after} if faults.retry_after else {}))
            if faults.broken:
                faults.broken -= 1
                raise Refusal(503)

    def _counted(self, school: str) -> _Counted:
        return _Counted(self, school)

    def _told(self, path: str, query: Query) -> Row:
        lists = {"schools": "approved", "schools/pending": "pending", "schools/declined": "declined"}
        lists["schools/revoked"] = "revoked"
        if path in lists:
            rows = [school.row() for school in self.schools if school.approval == lists[path]]
            return self._page(path, query, rows)
        if path == "attendance-codes":
            return self._page(path, query, code_rows())
        parts = path.split("/", 2)
        if len(parts) < 2 or parts[0] != "schools":
            raise Refusal(404)
        if len(parts) == 2:
            return {"data": self.school(parts[1]).row(), "meta": {}}
        return self._of_school(self.school(parts[1]), path, parts[2], query)

    def _of_school(self, school: WondeSchool, path: str, what: str, query: Query) -> Row:
        since, on = _moment(query.get("updated_after")), max(school.days, default=dt.date.max)
        includes = query.get("include", "").split(",")
        if what == "attendance/session":
            return self._marks(school, path, query, since)
        if what.startswith("students/"):
            row = school.student_row(what.partition("/")[2], includes)
            if row is None:
                raise Refusal(404)
            return {"data": row, "meta": {}}
        rows: dict[str, Callable[[], Iterable[Row]]] = {
            "attendance-codes": lambda: school.codes,
            "students": lambda: school.student_rows(left=False, on=on, since=since, includes=includes),
            "students-leaver": lambda: school.student_rows(left=True, on=on, since=since, includes=includes),
            "deletions": lambda: [row for at, row in school.deletions if since is None or at > since],
        }
        if what not in rows:
            raise Refusal(404)
        return self._page(path, query, list(rows[what]()))

    def _marks(self, school: WondeSchool, path: str, query: Query, since: dt.datetime | None) -> Row:
        """Both ends of the period apart: "after" and "before" leave the day itself out."""
        first = dt.date.fromisoformat(query.get("attendance_date_after", "0001-01-01")[:10]).toordinal() + 1
        last = dt.date.fromisoformat(query.get("attendance_date_before", "9999-12-31")[:10]).toordinal() - 1
        begin, size = _part(query)
        rows, more = school.mark_rows(first, last, since.timestamp() if since else 0.0, slice(begin, begin + size))
        return self._paged(path, query, rows, more)

    def _page(self, path: str, query: Query, rows: list[Row]) -> Row:
        begin, size = _part(query)
        return self._paged(path, query, rows[begin : begin + size], begin + size < len(rows))

    def _paged(self, path: str, query: Query, rows: list[Row], more: bool) -> Row:
        begin, size = _part(query)
        following = begin if self.faults.repeats and begin else begin + size
        host = "http://127.0.0.2" if self.faults.elsewhere else f"http://127.0.0.1:{self.port}"
        by_page = {"page": str(begin // size + 2)}
        by_cursor = {"cursor": f"at{following}" + ("x" * self.faults.repeats)}
        asked = urlencode({**query, **(by_cursor if "cursor" in query else by_page)})
        url = f"{host}{_ROOT}{path}/?{asked}" if more else None
        paging = {"next": url, "previous": None, "more": more, "per_page": size, "current_page": begin // size + 1}
        return {"data": rows, "meta": {"pagination": paging, "includes": _INCLUDES}}


@dataclass
class _Counted:
    """How many requests about one school are answered at the same time."""

    server: WondeServer
    school: str

    def __enter__(self) -> None:
        with self.server._lock:
            self.server._at_once[self.school] += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server._at_once[self.school])

    def __exit__(self, *_: object) -> None:
        with self.server._lock:
            self.server._at_once[self.school] -= 1


def _part(query: Query) -> tuple[int, int]:
    """Where a page begins, and how many rows it has."""
    cursor, size = query.get("cursor", "").strip("x"), max(1, min(int(query.get("per_page", "50")), 1000))
    if not cursor:
        return (max(int(query.get("page", "1")), 1) - 1) * size, size
    return int(cursor.removeprefix("at")) if cursor.startswith("at") else 0, size


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wonde: WondeServer

    def do_GET(self) -> None:
        if self.path.startswith("/faults"):
            self._switch()
            return
        began = time.perf_counter()
        try:
            body, status, headers = json.dumps(self.wonde.answer(self.path, self._token())).encode(), 200, {}
        except Refusal as refusal:
            body, status, headers = b'{"error": "refused"}', refusal.status, refusal.headers
        except ValueError:
            body, status, headers = b'{"error": "not understood"}', 422, {}
        self._send(status, headers, body)
        with self.wonde._lock:
            self.wonde.seconds += time.perf_counter() - began

    def _token(self) -> str:
        return self.headers.get("Authorization", "")

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send it whole, or as the faults will have it: cut short in its text, or while it is sent."""
        faults = self.wonde.faults
        if faults.truncated and status == 200:
            faults.truncated, body = faults.truncated - 1, body[: len(body) // 2]
        length = len(body)
        if faults.cut_off and status == 200:
            faults.cut_off, body, self.close_connection = faults.cut_off - 1, body[: len(body) // 2], True
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _switch(self) -> None:
        """/faults tells them; /faults/storm/20 switches one."""
        parts = self.path.strip("/").split("/")
        try:
            if len(parts) == 3:
                self.wonde.faults.switch(parts[1], parts[2])
            status = 200
        except (KeyError, ValueError):
            status = 404
        body = json.dumps(vars(self.wonde.faults)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address of a request tells of pupils."""
