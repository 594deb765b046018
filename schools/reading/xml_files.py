"""XML brought to text: SIMS session attendances as the long CSV they would be, a CTF's counts as rows of totals.

No document type is let in, so nothing is expanded and nothing outside the file is asked for.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from abc import ABC, abstractmethod
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from schools.reading.problems import UnreadableUpload
from schools.reading.text import Text

SIMS, CTF = "SIMS session XML", "Common Transfer File"
"""What such a text says it came from."""

_DEEPEST: Final = 40
_AT_ONCE: Final = 1 << 20
_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]*\?>", re.I)
_BEFORE_ROOT: Final = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)+", re.S)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_WEB_PAGE: Final = re.compile(r"<!DOCTYPE\s+html\b", re.I)
_BYTE_ORDER: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def is_xml(raw: bytes) -> bool:
    """Whether the bytes begin as markup does, whatever the file is called."""
    start = raw[:200]
    for mark, _ in _BYTE_ORDER[:5]:
        start = start.removeprefix(mark)
    return start.replace(b"\0", b"").lstrip().startswith(b"<")


def rows_of_xml(raw: bytes) -> Text:
    """SIMS session attendances or the counts of a CTF, as CSV. Raises UnreadableUpload for any other markup."""
    text = _DECLARATION.sub("", _decoded(raw), count=1)
    if "\0" in text:
        raise UnreadableUpload("nul")
    if "\ufffd" in text:
        raise UnreadableUpload("replaced")
    before = _BEFORE_ROOT.match(text)
    start = before.end() if before else 0
    if _WEB_PAGE.match(text, start):
        raise UnreadableUpload("markup")
    if text[start : start + 9].upper() == "<!DOCTYPE":
        raise UnreadableUpload("xml-entities")
    root = _ROOT.match(text, start)
    made = _MAKERS.get(root[1].casefold()) if root else None
    if made is None:
        raise UnreadableUpload("markup")
    rows = made()
    _parse(text, rows)
    if not rows.rows.tell():
        raise UnreadableUpload("xml-empty")
    return Text(rows.text().encode("utf-8"), rows.source, each_record_a_row=True)


def _decoded(raw: bytes) -> str:
    """By the byte order first, then strict UTF-8, then Windows-1252 or Latin-1: what is declared may be wrong."""
    try:
        for mark, codec in _BYTE_ORDER:
            if raw.startswith(mark):
                return raw.decode(codec)
    except UnicodeError:
        raise UnreadableUpload("encoding") from None
    for codec in ("utf-8", "cp1252"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("iso-8859-1")


def _parse(text: str, rows: _Rows) -> None:
    parser = XMLParser(target=rows, encoding="utf-8", forbid_dtd=True)
    try:
        for at in range(0, len(text), _AT_ONCE):
            parser.feed(text[at : at + _AT_ONCE].encode("utf-8"))
        parser.close()
    except DefusedXmlException:
        raise UnreadableUpload("xml-entities") from None
    except ParseError as error:
        raise UnreadableUpload("xml-damaged", row=error.position[0]) from None
    except (UnicodeError, ValueError):
        raise UnreadableUpload("xml-damaged", row=1) from None


class _Rows(ABC):
    """What the parser tells: where it is in the document, and the text of each element when it ends."""

    source: str
    headings: tuple[str, ...]

    def __init__(self) -> None:
        self.path: list[str] = []
        self.said: list[str] = []
        self.rows = io.StringIO()
        self.writer = csv.writer(self.rows, lineterminator="\n")

    def start(self, tag: str, attributes: object) -> None:
        self.path.append(tag.rpartition("}")[2].casefold())
        if len(self.path) > _DEEPEST:
            raise ValueError("too deep")
        self.said = []
        self.opened()

    def data(self, text: str) -> None:
        self.said.append(text)

    def end(self, tag: str) -> None:
        self.ended("".join(self.said))
        self.path.pop()
        self.said = []

    @abstractmethod
    def opened(self) -> None:
        """An element began: `path` ends with it."""

    @abstractmethod
    def ended(self, text: str) -> None:
        """An element ended that says this itself: `path` ends with it."""

    def text(self) -> str:
        """The rows under their headings."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(self.headings)
        return out.getvalue() + self.rows.getvalue()


class _Sessions(_Rows):
    """SIMS partners' `SessionAttendances`: a row for each mark. PersonID is SIMS's own number of a person."""

    source = SIMS
    headings = ("PersonID", "AttendanceDate", "SessionName", "AttendanceMark")

    def __init__(self) -> None:
        super().__init__()
        self.record: dict[str, str] = {}

    def opened(self) -> None:
        if self.path[-1] == "sessionattendance":
            self.record = {}

    def ended(self, text: str) -> None:
        if self.path[-1] == "sessionattendance":
            self.writer.writerow([self.record.get(name.casefold(), "") for name in self.headings])
        elif len(self.path) > 1 and self.path[-2] == "sessionattendance":
            self.record[self.path[-1]] = " ".join(text.splitlines())


_OF_PUPIL: Final = {"upn": "UPN", "surname": "Surname", "forename": "Forename", "dob": "DOB"}
_OF_YEAR: Final = {
    "year": "Counted year",
    "lea": "Counted LEA",
    "estab": "Counted Estab",
    "schoolname": "Counted school",
    "sessionspossible": "SessionsPossible",
    "sessionsattended": "SessionsAttended",
    "sessionsauthorised": "SessionsAuthorised",
    "sessionsunauthorised": "SessionsUnauthorised",
}
_MARKS: Final = {"attendancestartdate": "AttendanceStartDate", "attendancemarks": "AttendanceMarks"}


class _Transfer(_Rows):
    """A Common Transfer File: a row for each pupil and year of counts. Above the headings, the schools it names."""

    source = CTF
    headings = (*_OF_PUPIL.values(), "FormerUPN", "Counted until", *_OF_YEAR.values(), *_MARKS.values())

    def __init__(self) -> None:
        super().__init__()
        self.written_on = ""
        self.schools: dict[str, dict[str, str]] = {"destschool": {}, "sourceschool": {}}
        self.pupil: dict[str, str] = {}
        self.year: dict[str, str] = {}

    def opened(self) -> None:
        if self.path[-1] == "pupil":
            self.pupil = {}
        elif self.path[-1] == "yeardata":
            self.year = {}

    def ended(self, text: str) -> None:
        name, within = self.path[-1], self.path[-2] if len(self.path) > 1 else ""
        tidy = " ".join(text.split())
        if within == "header" and name == "datetime":
            self.written_on = tidy[:10]
        elif within in self.schools:
            self.schools[within][name] = tidy
        elif within == "pupil" and name in _OF_PUPIL:
            self.pupil[_OF_PUPIL[name]] = tidy
        elif name == "formerupn":
            self.pupil["FormerUPN"] = tidy
        elif within == "yeardata" and name in _OF_YEAR:
            self.year[_OF_YEAR[name]] = tidy
        elif within == "attendsessions" and name in _MARKS:
            self._marks(_MARKS[name], text)
        elif name == "yeardata":
            row = self.pupil | self.year | {"Counted until": self.written_on}
            self.writer.writerow([row.get(heading, "") for heading in self.headings])

    def _marks(self, heading: str, text: str) -> None:
        """The string of marks as it stands; of several, one after the other with the first one's date."""
        if heading not in self.year:
            self.year[heading] = text
        elif heading == "AttendanceMarks":
            self.year[heading] += "\n" + text

    def text(self) -> str:
        return self._title() + "\n" + super().text()

    def _title(self) -> str:
        """The schools of the header by their numbers, as a title above the headings names them; none if unknown."""
        numbers = [school.get("lea", "") + school.get("estab", "") for school in self.schools.values()]
        return " ".join(f"LAESTAB {number}" for number in numbers if re.fullmatch("[0-9]{7}", number))


_MAKERS: Final[dict[str, type[_Rows]]] = {"sessionattendances": _Sessions, "ctfile": _Transfer}
