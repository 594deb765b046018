"""What the night is compared with: plain SQL over one row per pupil and day, and DuckDB over marks in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt
from django.db import connections

from benchmarks.county import YEAR, County
from benchmarks.marks import Bytes
from schools.register.bands import LINCOLNSHIRE
from schools.register.codes import ATTENDING, AUTHORISED, MARKS, UNAUTHORISED
from schools.register.marks import classes, column_of

_TABLES = """
    DROP TABLE IF EXISTS bench_pupil_day, bench_day, bench_code, bench_standing;
    CREATE TABLE bench_pupil_day (
        pupil integer NOT NULL, day date NOT NULL, am smallint NOT NULL, pm smallint NOT NULL);
    CREATE TABLE bench_day (day date PRIMARY KEY, week smallint NOT NULL);
    CREATE TABLE bench_code (mark smallint PRIMARY KEY, attended smallint, authorised smallint, unauthorised smallint);
    CREATE TABLE bench_standing (
        pupil integer PRIMARY KEY, as_at date, possible integer, attended integer, authorised integer,
        unauthorised integer, band smallint, persistent boolean, severe boolean,
        ten_week_unauthorised integer, most_in_ten_weeks integer);
    GRANT SELECT, INSERT, UPDATE, DELETE ON bench_pupil_day, bench_day, bench_code, bench_standing TO portal_app;
"""
# Sums by class, and by week the unauthorised sessions of that school week and the nine before it.
_RESULTS = """
    WITH weekly AS (
        SELECT d.pupil, w.week, sum(a.attended + p.attended) AS attended,
               sum(a.authorised + p.authorised) AS authorised,
               sum(a.unauthorised + p.unauthorised) AS unauthorised
        FROM bench_pupil_day d
        JOIN bench_day w ON w.day = d.day JOIN bench_code a ON a.mark = d.am JOIN bench_code p ON p.mark = d.pm
        WHERE d.day <= %(as_at)s
        GROUP BY d.pupil, w.week
    ), rolling AS (
        SELECT *, sum(unauthorised) OVER (PARTITION BY pupil ORDER BY week ROWS 9 PRECEDING) AS in_ten FROM weekly
    ), totals AS (
        SELECT pupil, sum(attended) AS attended, sum(authorised) AS authorised, sum(unauthorised) AS unauthorised,
               sum(attended + authorised + unauthorised) AS possible, max(in_ten) AS most,
               sum(in_ten) FILTER (WHERE week = (SELECT max(week) FROM bench_day WHERE day <= %(as_at)s)) AS latest
        FROM rolling GROUP BY pupil
    )
    SELECT pupil, %(as_at)s::date, possible, attended, authorised, unauthorised,
           CASE WHEN possible = 0 THEN NULL WHEN {0} THEN 1 WHEN {1} THEN 2 WHEN {2} THEN 3 WHEN {3} THEN 4 ELSE 5 END,
           possible > 0 AND 10 * (authorised + unauthorised) >= possible,
           possible > 0 AND 2 * (authorised + unauthorised) >= possible, latest, most
    FROM totals
"""
# The least that SQL can be asked: sums alone, and the unauthorised sessions of the last ten school weeks.
_SUMS = """
    SELECT d.pupil, sum(a.attended + p.attended), sum(a.authorised + p.authorised),
           sum(a.unauthorised + p.unauthorised),
           sum(a.unauthorised + p.unauthorised) FILTER (WHERE d.day >= %(window)s)
    FROM bench_pupil_day d JOIN bench_code a ON a.mark = d.am JOIN bench_code p ON p.mark = d.pm
    WHERE d.day <= %(as_at)s GROUP BY d.pupil
"""
_WRITTEN = [
    "as_at", "possible", "attended", "authorised", "unauthorised", "band", "persistent", "severe",
    "ten_week_unauthorised", "most_in_ten_weeks",
]  # fmt: skip


def _results() -> str:
    edges = [
        f"{e.denominator} * attended {'>=' if e.reached else '>'} {e.numerator} * possible" for e in LINCOLNSHIRE.edges
    ]
    return _RESULTS.format(*edges)


def fill_pupil_days(county: County) -> None:
    """One row per pupil and day of the whole year, day after day as they come in, with statistics."""
    weeks: dict[tuple[int, int], int] = {}
    numbers = [weeks.setdefault(day.isocalendar()[:2], len(weeks)) for day in county.days]
    with connections["owner"].cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.executemany("INSERT INTO bench_day VALUES (%s, %s)", list(zip(county.days, numbers, strict=True)))
        cursor.executemany("INSERT INTO bench_code VALUES (%s, %s, %s, %s)", list(_codes()))
        with cursor.copy("COPY bench_pupil_day FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for records in _pupil_days(county):
                copy.write(records.tobytes())
            copy.write(b"\xff\xff")
        cursor.execute("VACUUM ANALYZE bench_pupil_day")
        cursor.execute("ANALYZE bench_day; ANALYZE bench_code")


def _codes() -> Iterator[tuple[int, int, int, int]]:
    table = np.arange(256, dtype=np.uint8)[:, None].repeat(732, axis=1)
    meant = classes(table, YEAR)[:, -10]
    for number in (0, *MARKS):
        kind = int(meant[number])
        yield number, int(kind == ATTENDING), int(kind == AUTHORISED), int(kind == UNAUTHORISED)


def _pupil_days(county: County) -> Iterator[npt.NDArray[np.void]]:
    """Rows as COPY takes them, a day at a time."""
    ids, marks = county.whole()
    names = ["fields", "l1", "pupil", "l2", "day", "l3", "am", "l4", "pm"]
    kind = np.dtype(list(zip(names, [">i2", ">i4", ">i4", ">i4", ">i4", ">i4", ">i2", ">i4", ">i2"], strict=True)))
    rows = np.zeros(len(ids), kind)
    rows["fields"], rows["l1"], rows["l2"], rows["l3"], rows["l4"] = 4, 4, 4, 2, 2
    rows["pupil"] = ids
    for day in county.days:
        rows["day"] = (np.datetime64(day) - np.datetime64("2000-01-01")).astype(int)
        rows["am"], rows["pm"] = (marks[:, column_of(day, half)] for half in (0, 1))
        yield rows


def sql_results(as_at: dt.date) -> None:
    """Every result, worked out and thrown away by the server."""
    _thrown_away(_results(), {"as_at": as_at})


def sql_sums(as_at: dt.date, window: dt.date) -> None:
    """The sums alone."""
    _thrown_away(_SUMS, {"as_at": as_at, "window": window})


def _thrown_away(sql: str, asked: dict[str, dt.date]) -> None:
    """Run it as the plain role; the server works out every row and column, and sends none."""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) {sql}", asked)
        cursor.fetchall()


def sql_written(as_at: dt.date) -> int:
    """The results written to a table of their own; what did not change is left."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in _WRITTEN)
    with connections["default"].cursor() as cursor:
        sql = f"INSERT INTO bench_standing {_results()} ON CONFLICT (pupil) DO UPDATE SET {changes}"
        cursor.execute(sql, {"as_at": as_at})
        return int(cursor.rowcount)


def forget() -> None:
    """Drop the tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE bench_pupil_day, bench_day, bench_code, bench_standing")


class Duck:
    """DuckDB with a row a mark in memory, what each counts as already worked out."""

    def __init__(self, marks: Bytes) -> None:
        self.connection = duckdb.connect(":memory:")
        kind = classes(marks, YEAR)
        used = np.flatnonzero(kind.any(axis=0))
        frame = {
            "pupil": np.repeat(np.arange(len(kind), dtype=np.int32), len(used)),
            "class": np.ascontiguousarray(kind[:, used]).reshape(-1),
        }
        self.connection.register("given", frame)
        self.connection.execute("CREATE TABLE mark AS SELECT * FROM given")
        self.connection.unregister("given")

    def sums(self) -> int:
        """Attended, authorised and unauthorised sessions of every pupil; answers how many pupils."""
        sums = ", ".join(f"sum((class = {kind})::integer)" for kind in (ATTENDING, AUTHORISED, UNAUTHORISED))
        return len(self.connection.execute(f"SELECT pupil, {sums} FROM mark GROUP BY pupil").fetchnumpy()["pupil"])
