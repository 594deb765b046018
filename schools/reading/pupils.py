"""Which pupil each row is about: identities told apart within one file, and what the file says of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from attendance_portal.upn import UPN, BrokenUPN, is_upn, read_upn
from schools.reading.dates import plain, read_date
from schools.reading.headers import Header, normal
from schools.reading.problems import LISTED_PER_KIND, Problem, ProblemLog, UnreadableUpload
from schools.reading.table import Table

NOBODY: Final = -1
MOST_PUPILS: Final = 50_000
"""Far more sets of pupils' details than any school has in a year."""

DETAILS: Final = (
    "upn",
    "former_upn",
    "local_id",
    "surname",
    "forename",
    "name",
    "born_on",
    "sex",
    "year_group",
    "registration_group",
    "admitted_on",
    "left_on",
)
LONGEST: Final = {"surname": 150, "forename": 150, "name": 150, "local_id": 40, "registration_group": 40}
"""How many characters of these are held."""

_YEAR = re.compile(r"(?:year|yr|y|nc ?year)?\s*0?([0-9]|1[0-3])")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NURSERY = re.compile(r"(?:nursery|n)\s*([12])")
_SEXES: Final = {"f": "F", "female": "F", "girl": "F", "m": "M", "male": "M", "boy": "M"}
_RECEPTION = frozenset({"r", "rec", "reception", "yr", "year r", "y r", "yr r"})


@dataclass(frozen=True, slots=True)
class PupilInFile:
    """One pupil as the file names them; `row` is the first line that does. Dates not stated are None."""

    upn: str | None
    upn_is_temporary: bool
    local_id: str | None
    surname: str
    forename: str
    born_on: dt.date | None
    year_group: str | None
    registration_group: str
    admitted_on: dt.date | None
    left_on: dt.date | None
    row: int
    former_upn: str | None = None
    number_is_certain: bool = True
    """Whether `local_id` is known to be the admission number, so that alone it tells who a pupil is."""
    sex: str = ""
    """F or M as the admission register has it; "" where it is not told."""

    @property
    def can_be_created(self) -> bool:
        """Whether a pupil not yet known can be created: a number, a name, date of birth and year group."""
        return bool((self.upn or self.local_id) and self.surname and self.born_on and self.year_group)

    @property
    def known_as(self) -> str:
        """The pupil in a sentence."""
        name = " ".join(part for part in (self.forename, self.surname) if part)
        number = "admission number" if self.number_is_certain else "the number"
        return name or self.upn or f"the pupil with {number} {self.local_id}"


@dataclass(slots=True)
class Identities:
    """The pupils of a file, and for each row its pupil (from 0) or NOBODY. int32[rows]."""

    pupils: list[PupilInFile]
    of_row: npt.NDArray[np.int32]


@dataclass(slots=True)
class _Reader:
    """What the file has said so far; one call of `pupil_of` for each distinct set of details."""

    header: Header
    log: ProblemLog
    on: dt.date
    extra_codes: frozenset[str]
    pupils: list[PupilInFile] = field(default_factory=list)
    by_upn: dict[str, int] = field(default_factory=dict)
    by_local_id: dict[str, int] = field(default_factory=dict)
    by_name: dict[tuple[str, str, dt.date], int] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)

    def pupil_of(self, cells: dict[str, str], row: int) -> int | Problem:
        """The pupil these cells name, or why there is none."""
        cells = cells | {name: self._held_of(name, cells[name], row) for name in LONGEST}
        upn = self._upn(cells, row)
        found = self._pupil(cells, upn if isinstance(upn, UPN) else None, row)
        if not (found.upn or found.local_id or (found.surname and found.born_on)):
            return upn if isinstance(upn, Problem) else Problem("no-pupil", row)
        if isinstance(upn, Problem):
            other = "admission number" if found.local_id else "name and date of birth"
            self._tell(replace(upn, kind="upn-not-used", details=(*upn.details, ("other", other))))
        at = self._known(found)
        if at is None:
            return self._new(found)
        return self._agree(at, found)

    def _held_of(self, name: str, text: str, row: int) -> str:
        """As much of a text as is held; what is cut away is told."""
        if len(text) <= LONGEST[name]:
            return text
        self._tell(Problem("cut-short", row, self._heading(name), text, (("limit", str(LONGEST[name])),)))
        return text[: LONGEST[name]].rstrip()

    def _upn(self, cells: dict[str, str], row: int) -> UPN | Problem | None:
        text = cells["upn"]
        if not text:
            return None
        try:
            return read_upn(text, self.extra_codes)
        except BrokenUPN as broken:
            return Problem("broken-upn", row, self._heading("upn"), text, (("why", str(broken)),))

    def _pupil(self, cells: dict[str, str], upn: UPN | None, row: int) -> PupilInFile:
        surname, forename = cells["surname"], cells["forename"]
        if not surname and cells["name"]:
            surname, _, forename = (part.strip() for part in cells["name"].partition(","))
        return PupilInFile(
            upn=upn.value if upn else None,
            upn_is_temporary=bool(upn and upn.temporary),
            local_id=cells["local_id"] or None,
            surname=surname,
            forename=forename,
            born_on=self._date(cells, "born_on", "bad-birth-date", row),
            year_group=self._year_group(cells, row),
            registration_group=cells["registration_group"],
            admitted_on=self._date(cells, "admitted_on", "bad-enrolment-date", row),
            left_on=self._date(cells, "left_on", "bad-enrolment-date", row),
            row=row,
            former_upn=self._former_upn(cells["former_upn"], upn),
            number_is_certain=self.header.number_is_certain,
            sex=read_sex(cells["sex"]),
        )

    def _former_upn(self, text: str, upn: UPN | None) -> str | None:
        """A UPN the child had before, if it is one and not that of now."""
        if not text or not is_upn(text, self.extra_codes):
            return None
        former = read_upn(text, self.extra_codes).value
        return None if upn and former == upn.value else former

    def _date(self, cells: dict[str, str], name: str, kind: str, row: int) -> dt.date | None:
        text = cells[name]
        if not text or set(text) <= set("-."):
            return None
        day = read_date(text, on=self.on, month_first=self.header.month_first).day
        if day is None or (name == "born_on" and day > self.on):
            self._tell(Problem(kind, row, self._heading(name), text))
            return None
        return day

    def _year_group(self, cells: dict[str, str], row: int) -> str | None:
        text = cells["year_group"]
        found = read_year_group(text)
        if text and found is None:
            self._tell(Problem("bad-year-group", row, self._heading("year_group"), text))
        return found

    def _tell(self, problem: Problem) -> None:
        """Warn once for each value of each column, however many rows repeat it."""
        key = (problem.column or "", problem.value or "")
        if key not in self.told:
            self.told.add(key)
            self.log.add(problem)

    def _heading(self, name: str) -> str:
        return self.header.cells[self.header.fields[name]]

    def _known(self, found: PupilInFile) -> int | None:
        if found.upn and found.upn in self.by_upn:
            return self.by_upn[found.upn]
        if found.local_id and found.local_id in self.by_local_id:
            return self.by_local_id[found.local_id]
        if not (found.upn or found.local_id) and found.born_on:
            return self.by_name.get(_name_of(found, found.born_on))
        return None

    def _new(self, found: PupilInFile) -> int:
        self.pupils.append(found)
        self._index(found, len(self.pupils) - 1)
        return len(self.pupils) - 1

    def _index(self, found: PupilInFile, at: int) -> None:
        if found.upn:
            self.by_upn[found.upn] = at
        if found.local_id:
            self.by_local_id.setdefault(found.local_id, at)
        if found.born_on:
            self.by_name.setdefault(_name_of(found, found.born_on), at)

    def _agree(self, at: int, found: PupilInFile) -> int | Problem:
        """The known pupil with what this row adds, or the contradiction between the two."""
        held = self.pupils[at]
        clash = self._clash(at, held, found)
        if clash:
            name, value, other = clash
            return Problem("pupil-contradicts", found.row, self._heading(name), value, (("other_row", str(other.row)),))
        self.pupils[at] = _with_later(held, found)
        self._index(self.pupils[at], at)
        return at

    def _clash(self, at: int, held: PupilInFile, found: PupilInFile) -> tuple[str, str, PupilInFile] | None:
        """Which number cannot be this pupil's: another date of birth has it, or it names two pupils at once.

        A UPN may change in mid file (temporary to permanent) where date of birth and surname stay the same.
        """
        same_upn = bool(found.upn) and found.upn == held.upn
        by = "upn" if same_upn else "local_id"
        value = (found.upn if same_upn else found.local_id) or ""
        if held.born_on and found.born_on and held.born_on != found.born_on:
            return (by, value, held) if value else None
        of_local_id = self.by_local_id.get(found.local_id or "", at)
        if found.local_id and of_local_id != at:
            return "local_id", found.local_id, self.pupils[of_local_id]
        changed = found.upn and held.upn and found.upn != held.upn
        if changed and (found.born_on is None or held.surname.casefold() != found.surname.casefold()):
            return "local_id", value, held
        return None


def _name_of(pupil: PupilInFile, born_on: dt.date) -> tuple[str, str, dt.date]:
    return pupil.surname.casefold(), pupil.forename.casefold(), born_on


def _with_later(held: PupilInFile, found: PupilInFile) -> PupilInFile:
    """The pupil with later rows' year, group and dates, and whatever the earlier rows left blank."""
    permanent = found.upn and (held.upn is None or (held.upn_is_temporary and not found.upn_is_temporary))
    return replace(
        held,
        upn=found.upn if permanent else held.upn,
        upn_is_temporary=found.upn_is_temporary if permanent else held.upn_is_temporary,
        local_id=held.local_id or found.local_id,
        surname=held.surname or found.surname,
        forename=held.forename or found.forename,
        born_on=held.born_on or found.born_on,
        year_group=found.year_group or held.year_group,
        registration_group=found.registration_group or held.registration_group,
        admitted_on=held.admitted_on or found.admitted_on,
        left_on=found.left_on or held.left_on,
        former_upn=found.former_upn or held.former_upn,
        sex=found.sex or held.sex,
    )


def read_year_group(text: str) -> str | None:
    """'0' (Reception) to '13', 'N1' or 'N2', from R, Reception, Y5, Year 5, 05 …; None for anything else."""
    tidy = " ".join(plain(text).lower().split())
    if tidy in _RECEPTION:
        return "0"
    if match := _YEAR.fullmatch(tidy):
        return str(int(match[1]))
    match = _NURSERY.fullmatch(tidy)
    return f"N{match[1]}" if match else None


def read_sex(text: str) -> str:
    """F or M from F, Female, girl …; "" for anything else, such as a sex that is not known."""
    return _SEXES.get(plain(text).casefold(), "")


def identify(table: Table, header: Header, log: ProblemLog, *, on: dt.date, extra_codes: frozenset[str]) -> Identities:
    """The pupils of the table. Rows of nobody are told in `log`.

    Raises UnreadableUpload where there are more pupils than any school has.
    """
    used = _fields_in(table, header, extra_codes)
    combination, first = _combinations(table, list(used.values()))
    if len(first) > MOST_PUPILS:
        raise UnreadableUpload("too-many-pupils", limit=MOST_PUPILS)
    reader = _Reader(replace_fields(header, used), log, on, extra_codes)
    found = np.full(len(first), NOBODY, np.int32)
    faults: dict[int, Problem] = {}
    for at, cells in _distinct(table, used, first):
        pupil = reader.pupil_of(cells, int(table.lines[first[at]]))
        if isinstance(pupil, Problem):
            faults[at] = pupil
        else:
            found[at] = pupil
    of_row = found[combination]
    _tell_rows(table, combination, faults, log)
    return Identities(reader.pupils, of_row)


def replace_fields(header: Header, fields: dict[str, int]) -> Header:
    """The header with only these fields."""
    return replace(header, fields=fields)


def numbers_for_upns(table: Table, header: Header) -> Problem | None:
    """The warning that the UPN column holds other numbers throughout (admission numbers), as some reports do."""
    at = header.fields.get("upn")
    if at is None:
        return None
    column = table.columns[at]
    held = [(code, value) for code in np.unique(column.codes).tolist() if plain(value := column.values[code])]
    if not held or not all(_NUMBER.fullmatch(plain(value)) for _, value in held):
        return None
    code, value = held[0]
    row = int(table.lines[int(np.argmax(column.codes == code))])
    return Problem("upns-are-numbers", row, header.cells[at], value)


def without_upns(header: Header) -> Header:
    """The header with its UPN column read as admission numbers, unless another column holds those."""
    fields = dict(header.fields)
    at = fields.pop("upn")
    return replace_fields(header, {"local_id": at} | fields)


def _fields_in(table: Table, header: Header, extra_codes: frozenset[str]) -> dict[str, int]:
    """The pupil columns; a "Unique Learner ID" is a UPN only where one passes the check."""
    used: dict[str, int] = {name: header.fields[name] for name in DETAILS if name in header.fields}
    at = used.get("upn")
    learner_id = at is not None and normal(header.cells[at]) == normal("Unique Learner ID")
    if at is not None and learner_id and not any(is_upn(v, extra_codes) for v in table.columns[at].values):
        del used["upn"]
    return used


def _combinations(table: Table, columns: list[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each row the number of its set of details, and for each set its first row."""
    key = np.zeros(table.rows, np.int64)
    size = 1
    for at in columns:
        column = table.columns[at]
        if size * len(column.values) > 2**62:
            key, uniques = _factorised(key)
            size = len(uniques)
        key *= len(column.values)
        key += column.codes
        size *= max(len(column.values), 1)
    combination, uniques = _factorised(key)
    first = np.empty(len(uniques), np.int64)
    first[combination[::-1]] = np.arange(table.rows - 1, -1, -1)
    return combination, first


def _factorised(key: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    codes, uniques = pd.factorize(key)
    return codes.astype(np.int64, copy=False), np.asarray(uniques)


def _distinct(table: Table, used: dict[str, int], first: npt.NDArray[np.int64]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each distinct set of details, in the order of the file, as trimmed text."""
    texts = {name: [plain(value) for value in table.columns[at].values] for name, at in used.items()}
    codes = {name: table.columns[at].codes[first].tolist() for name, at in used.items()}
    for at in range(len(first)):
        yield at, {name: texts[name][codes[name][at]] if name in used else "" for name in DETAILS}


def _tell_rows(table: Table, combination: npt.NDArray[np.int64], faults: dict[int, Problem], log: ProblemLog) -> None:
    """One problem for every row of the faulty sets of details."""
    for kind in sorted({problem.kind for problem in faults.values()}):
        faulty = np.zeros(int(combination.max()) + 1, bool)
        faulty[[at for at, problem in faults.items() if problem.kind == kind]] = True
        rows = np.flatnonzero(faulty[combination])
        listed = rows[:LISTED_PER_KIND].tolist()
        told = (replace(faults[int(combination[row])], row=int(table.lines[row])) for row in listed)
        log.add_all(kind, told, len(rows))


def blank_rows(table: Table) -> npt.NDArray[np.bool_]:
    """Which rows have nothing in any column. bool[rows]."""
    blank = np.ones(table.rows, bool)
    for column in table.columns:
        if not blank.any():
            break
        empty = np.array([not plain(value) for value in column.values], bool)
        blank &= empty[column.codes]
    return blank
