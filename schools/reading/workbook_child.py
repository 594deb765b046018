"""Run as a process of its own: the sheets of a workbook as CSV files, under limits of memory, time and size.

A few bytes can ask for more memory than any machine has (two cells in far corners, a bomb of zeros), and then
the library ends its process. So it is not the portal's process. Nothing of the portal is imported here.

    python workbook_child.py WORKBOOK FOLDER MEMORY SECONDS BYTES
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import resource
import sys
from pathlib import Path
from typing import Any

import python_calamine as calamine

LOCKED, DAMAGED, TOO_LARGE = 3, 4, 5
"""What the process ends with, beside 0; a signal means that it asked for too much."""


def main(workbook: str, folder: str, memory: int, seconds: int, size: int) -> None:
    """Write each visible sheet as a CSV file into `folder`, and their names in order as sheets.json."""
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    book = calamine.CalamineWorkbook.from_path(workbook)
    written = []
    for at, sheet in enumerate(book.sheets_metadata):
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible:
            with (Path(folder) / f"{at}.csv").open("w", encoding="utf-8", newline="") as out:
                rows = book.get_sheet_by_name(sheet.name).iter_rows()
                csv.writer(out, lineterminator="\n").writerows([written_as(cell) for cell in row] for row in rows)
            written.append([at, sheet.name])
    (Path(folder) / "sheets.json").write_text(json.dumps(written), encoding="utf-8")


def written_as(cell: Any) -> str:
    """A cell as a register file writes it: 7 and not 7.0, dates by year, month and day, one line of text."""
    if type(cell) is str:
        return " ".join(cell.splitlines()) if "\n" in cell or "\r" in cell else cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
    except calamine.PasswordError:
        sys.exit(LOCKED)
    except (MemoryError, OSError):
        sys.exit(TOO_LARGE)
    except Exception:
        sys.exit(DAMAGED)
