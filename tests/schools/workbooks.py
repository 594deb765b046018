"""Excel workbooks made for tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import xlwt


def xlsx(**sheets: Iterable[Sequence[Any]]) -> bytes:
    """An .xlsx workbook of these sheets; cells are text, numbers, dates or formulas."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Iterable[Sequence[Any]], *, name: str = "Marks") -> bytes:
    """An .xls workbook of one sheet; dates as Excel dates."""
    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    as_date = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            written = (cell, as_date) if hasattr(cell, "toordinal") else (cell,)
            sheet.write(at, place, *written)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
