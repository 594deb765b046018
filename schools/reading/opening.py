"""What a file is, told by its content and never by its name: CSV, an Excel workbook or XML, each brought to text."""

from __future__ import annotations

import os
from typing import BinaryIO

from schools.reading.text import MAX_BYTES, Text, bytes_of, text_of
from schools.reading.workbooks import is_workbook, sheets_of
from schools.reading.xml_files import is_xml, rows_of_xml


def open_texts(content: bytes | str | os.PathLike[str] | BinaryIO, limit: int = MAX_BYTES) -> list[Text]:
    """The texts that may be the register: the visible sheets of a workbook in its order, else just one.

    `content` is a path, bytes or an open binary file of at most `limit` bytes. Raises `UnreadableUpload`.
    """
    raw = bytes_of(content, limit)
    if is_workbook(raw):
        return sheets_of(raw)
    return [rows_of_xml(raw) if is_xml(raw) else text_of(raw)]
