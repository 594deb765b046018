"""Lists as CSV files that open in a spreadsheet without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.text import slugify

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """`value` as a cell. Text a spreadsheet would run as a formula gets a leading apostrophe; numbers stay
    numbers (a negative number is no formula), yes and no are `true` and `false`, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The whole file as text, lines ended as RFC 4180 says."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(header) for header in headers])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(headers: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """The file as a download called `name`. Never streamed: rows are read inside the authority's transaction.
    The byte order mark makes Excel read it as UTF-8."""
    response = HttpResponse(
        BYTE_ORDER_MARK + csv_text(headers, rows),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{slugify(name) or "list"}.csv"'
    response["Cache-Control"] = "no-store"
    return response
