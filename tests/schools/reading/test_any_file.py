"""Whatever the bytes are, no exception; whatever is accepted stands in the file, by an independent reading."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reading import RegisterFile
from schools.register.codes import MARKS, NUMBERS, code_in_force
from tests.schools.reading.files import HEADINGS, TODAY, marks_of, read, upn

FIRST = dt.date(2025, 9, 1)
CODES = sorted(code for code in NUMBERS if code_in_force(code, FIRST))
DAYS = st.integers(0, 100).map(lambda n: FIRST + dt.timedelta(days=n))
REGISTERS = st.dictionaries(
    st.tuples(st.integers(1, 5), DAYS, st.integers(0, 1)), st.sampled_from([*CODES, "", "-"]), min_size=1, max_size=60
)
Register = dict[tuple[int, dt.date, int], str]


def _swapped(code: str, session: int) -> str:
    """A present mark as it is stored in that session."""
    return "/\\"[session] if code in ("/", "\\") else code


def _expected(register: Register) -> dict[tuple[str, dt.date, int], str]:
    real = {key: code for key, code in register.items() if code in NUMBERS}
    return {(upn(n), day, session): _swapped(code, session) for (n, day, session), code in real.items()}


def _written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _pupil(n: int) -> list[str]:
    return [upn(n), f"00{n}", "Okafor", "Ada", "14/03/2013", "7"]


def _long(register: Register) -> bytes:
    rows = [[*_pupil(n), f"{day:%d/%m/%Y}", ("AM", "PM")[s], code] for (n, day, s), code in register.items()]
    return _written([HEADINGS.split(","), *rows])


def _wide(register: Register) -> bytes:
    halves = sorted({(day, s) for _, day, s in register})
    headings = [f"{day:%d/%m/%Y} {('AM', 'PM')[s]}" for day, s in halves]
    pupils = sorted({n for n, _, _ in register})
    rows = [[*_pupil(n), *(register.get((n, day, s), "") for day, s in halves)] for n in pupils]
    return _written([[*HEADINGS.split(",")[:6], *headings], *rows])


def _whole_days(register: Register) -> bytes:
    days = sorted({day for _, day, _ in register})
    pupils = sorted({n for n, _, _ in register})
    rows = [[*_pupil(n), *("".join(register.get((n, day, s)) or "-" for s in (0, 1)) for day in days)] for n in pupils]
    return _written([[*HEADINGS.split(",")[:6], *(f"{day:%Y-%m-%d}" for day in days)], *rows])


@given(REGISTERS)
@settings(max_examples=60, deadline=None)
def test_a_good_long_file_gives_exactly_its_marks(register: Register) -> None:
    file = read(_long(register))
    assert file.clean and marks_of(file) == _expected(register)


@given(REGISTERS)
@settings(max_examples=60, deadline=None)
def test_a_good_wide_file_gives_exactly_its_marks(register: Register) -> None:
    file = read(_wide(register))
    assert file.clean and marks_of(file) == _expected(register)


@given(REGISTERS)
@settings(max_examples=60, deadline=None)
def test_a_good_file_of_whole_days_gives_exactly_its_marks(register: Register) -> None:
    single = {key: code for key, code in register.items() if len(code) < 2} or {(1, FIRST, 0): "I"}
    file = read(_whole_days(single))
    assert file.clean and marks_of(file) == _expected(single)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(content: bytes) -> None:
    _tells_all(read(content))


@given(st.lists(st.lists(st.text(max_size=12), max_size=12), max_size=12), st.sampled_from(["utf-8", "utf-16"]))
@settings(max_examples=100, deadline=None)
def test_no_cells_under_good_headings_raise(cells: list[list[str]], encoding: str) -> None:
    text = _written([HEADINGS.split(","), *cells]).decode()
    _tells_all(read(text.encode(encoding, errors="replace")))


@st.composite
def _mutations(draw: st.DrawFn) -> bytes:
    """A good file with a few stretches cut, doubled or replaced."""
    register: Register = draw(REGISTERS)
    content = draw(st.sampled_from([_long, _wide, _whole_days]))(register)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(start + 20, len(content))))
        pieces = st.sampled_from(
            [b"", b",", b'"', b"\n", b"\r", b"/", b"\\", b"C1", b"0", b"\xff", content[:stop][-9:]]
        )
        content = content[:start] + draw(pieces | st.binary(max_size=4)) + content[stop:]
    return content


@given(_mutations())
@settings(max_examples=300, deadline=None)
def test_a_spoilt_file_never_raises_and_what_is_accepted_stands_in_it(content: bytes) -> None:
    file = read(content)
    _tells_all(file)
    _stands_in(file, content)


def _tells_all(file: RegisterFile) -> None:
    for problem in file.problems:
        assert problem.message and problem.as_dict()
        assert not any(ord(character) < 32 for character in problem.message)
    assert file.problems or len(file.pupils)


def _stands_in(file: RegisterFile, content: bytes) -> None:
    """Each accepted mark's cell, read again by the csv module, holds that mark."""
    if not len(file.marks):
        return
    lines = _records_by_line(content, file)
    places = {use.used_for: use.position - 1 for use in file.columns}
    for row, code in zip(file.marks.row.tolist(), file.marks.code.tolist(), strict=True):
        cells = lines[row]
        kept = [cells[places["mark"]]] if file.layout == "long" else cells[1:]
        wanted = "/\\" if MARKS[code] in "/\\" else MARKS[code]
        assert any(set(wanted) & set(_tidied(cell)) for cell in kept), (row, code, cells)
        if file.layout == "long":
            assert _tidied(kept[0]) == MARKS[code] or (wanted == "/\\" and _tidied(kept[0]) in "/\\")


def _tidied(cell: str) -> str:
    """The cell as anyone would read it: invisible characters, sub-codes and doubled strokes apart."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", cell) if unicodedata.category(c) != "Cf")
    return re.sub(r"\\{2,}", r"\\", seen.strip().upper().split("_")[0])


def _records_by_line(content: bytes, file: RegisterFile) -> dict[int, list[str]]:
    encodings = {"ascii": "ascii", "utf-8": "utf-8", "cp1252": "cp1252"}
    text = content.decode(encodings.get(file.encoding or "", file.encoding or "utf-8"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=file.separator or ",")
    found, line = {}, 1
    for record in reader:
        found[line] = record
        line = reader.line_num + 1
    return found


def test_the_reader_is_told_today_and_never_asks() -> None:
    content = _long({(1, dt.date(2025, 9, 8), 0): "/"})
    assert len(read(content, on=dt.date(2025, 9, 8)).marks) == 1
    assert len(read(content, on=dt.date(2025, 9, 7)).marks) == 0
    assert TODAY > FIRST
