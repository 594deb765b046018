"""Many rows to and from PostgreSQL at once, as numpy columns in the server's own binary form.

To it: COPY into a temporary table, from where SQL takes them. From it: one row whose values are arrays.
COPY into a table under row security is refused (architecture section 4), hence the temporary table. Rows are
fixed in length and hold no nulls: the SQL that takes them turns the agreed values into null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_EPOCH = np.datetime64("2000-01-01")
NO_DAY: Final = -(2**31)
"""What stands for no day in a column of days."""

LINES: Final = "lines"
"""Of a column to read: texts without a line's end, joined by one (`string_agg`)."""

# The wire types: PostgreSQL's name, and the big-endian numpy type of one value.
TYPES = {
    "smallint": ">i2",
    "integer": ">i4",
    "bigint": ">i8",
    "boolean": "u1",
    "date": ">i4",
    "uuid": "V16",
}

# An array on the wire: three numbers, two for its one dimension, then each value after its length.
_ARRAY_HEADER: Final = 20

Column = tuple[str, npt.NDArray[np.generic]]


def dates(days: list[dt.date | None]) -> npt.NDArray[np.int32]:
    """Days as PostgreSQL sends them: int32 days since 1 January 2000; none becomes that day itself."""
    found = np.array([day or dt.date(2000, 1, 1) for day in days], dtype="datetime64[D]")
    return (found - _EPOCH).astype(np.int32)


def day(number: int) -> dt.date:
    """The day of one of those numbers."""
    return dt.date(2000, 1, 1) + dt.timedelta(days=number)


@contextmanager
def whole_sets() -> Iterator[None]:
    """Inside, the server joins tables whole against whole, as fits a school or more at once, in one process.

    Where it has no statistics yet (the first files of a new portal), it expects a row or two, and would look
    through every standing of a school for each of its pupils. To start helpers takes it longer than they save.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL max_parallel_workers_per_gather = 0")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on; SET LOCAL max_parallel_workers_per_gather TO DEFAULT")


def fill(table: str, columns: Mapping[str, Column]) -> None:
    """Make temporary `table`, gone at the end of the transaction, and fill it.

    `columns`: name to (PostgreSQL type, values of one length). A column of bytes is given as
    ("bytea", uint8[n, width]).
    """
    described = ", ".join(f'"{name}" {kind}' for name, (kind, _) in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE IF EXISTS "{table}"')
        cursor.execute(f'CREATE TEMPORARY TABLE "{table}" ({described}) ON COMMIT DROP')
        with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as copy:
            copy.write(_SIGNATURE)
            copy.write(_records(columns).tobytes())
            copy.write(_END)
        # Of bytes no plan asks how they are spread, and to sort a sample of registers takes time.
        known = ", ".join(f'"{name}"' for name, (kind, _) in columns.items() if kind != "bytea")
        cursor.execute(f'ANALYZE "{table}" ({known})')


def _records(columns: Mapping[str, Column]) -> npt.NDArray[np.void]:
    """The rows as they travel: the number of fields, then each field's length and value."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, (kind, values) in columns.items():
        wire = f"V{values.shape[1]}" if kind == "bytea" else TYPES[kind]
        parts += [(f"{name} length", ">i4"), (name, wire)]
    records = np.zeros(len(next(iter(columns.values()))[1]), dtype=np.dtype(parts))
    records["fields"] = len(columns)
    for name, (kind, values) in columns.items():
        records[f"{name} length"] = records.dtype[name].itemsize
        records[name] = _as_void(values) if kind in ("bytea", "uuid") else values
    return records


def _as_void(values: npt.NDArray[np.generic]) -> npt.NDArray[np.void]:
    """Rows of bytes, uint8[n, width], as one value each; a column already of that kind as it is."""
    if values.ndim == 1:
        return values.astype(f"V{values.dtype.itemsize}", copy=False)
    rows = np.ascontiguousarray(values)
    return rows.view(f"V{rows.shape[1]}").reshape(len(rows))


def read(sql: str, asked: Mapping[str, Any], wires: Sequence[str | None]) -> list[Any]:
    """The one row that `sql` answers, each value as numpy: `wires` gives for an array the type of its elements.

    None stands for a value that is bytes and stays so, LINES for texts joined by a line's end. Elements have one length
    and are never null; big-endian numbers become the machine's own. An array without elements, and null, give an empty
    column (or b"").
    """
    return columns(fetch(sql, asked), wires)


def fetch(sql: str, asked: Mapping[str, Any]) -> list[bytes | None]:
    """The one row that `sql` answers, as it travelled: see `columns`."""
    connection.ensure_connection()
    # Django's own cursor asks for text; and a list of Python's numbers is twenty times the size of an array.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.encode(), asked, binary=True)
        result = cursor.pgresult
        return [result.get_value(0, at) for at in range(result.nfields)] if result else []


def columns(values: Sequence[bytes | None], wires: Sequence[str | None]) -> list[Any]:
    """What `fetch` answered, as `read` gives it. Asks nothing of the database."""
    return [_column(value, wire) if wire else value or b"" for value, wire in zip(values, wires, strict=True)]


def _column(value: bytes | None, wire: str) -> npt.NDArray[Any]:
    """An array as it travels (header, then each element after its length) as a column; so too joined texts."""
    if wire == LINES:
        return np.zeros(0, "S1") if value is None else np.array(value.split(b"\n"))
    element = np.dtype([("length", ">i4"), ("value", wire)])
    if value is None or len(value) <= _ARRAY_HEADER:
        return np.zeros(0, np.dtype(wire).newbyteorder("="))
    found = np.frombuffer(value, element, offset=_ARRAY_HEADER)["value"]
    return found.astype(found.dtype.newbyteorder("="))
