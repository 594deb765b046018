"""Every bad file has its kind and the sentence that tells it; nothing a file holds raises."""

from __future__ import annotations

import io
import json
import resource
import zipfile
from pathlib import Path

import pytest

from schools.reading import KINDS, UNREADABLE, read_register
from schools.reading.problems import STOPS_THE_FILE, UnreadableUpload
from tests.schools.reading.files import HEADINGS, TODAY, kinds_of, long_file, pupil_cells, read

FOLDER = Path(__file__).parents[2] / "data" / "bad_files"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
AGAINST_THE_ROLL = {
    "unknown-pupil",
    "enrolment-dates-crossed",
    "another-child",
    "upn-differs",
    "roll-of-another-school",
    "former-school",
    "told-by-earlier-school",
    "day-first-date",
}
"""Kinds that only a comparison with what is held of the school and its roll, or was said of its files, can tell."""


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_a_bad_file_has_its_kind_and_sentence(expected: dict[str, object]) -> None:
    name = str(expected["file"])
    file = read((FOLDER / name).read_bytes(), file_name=name)
    first = file.problems[0]
    assert first.message == expected["sentence"]
    assert (first.kind, first.row, first.column) == (expected["kind"], expected["row"], expected["column"])
    assert first.severity == expected["severity"]
    assert file.problem_counts == expected["counts"]
    assert len(file.marks) == expected["marks"]
    assert file.stopped == (first.severity == STOPS_THE_FILE)


def test_every_bad_file_of_the_folder_is_expected() -> None:
    assert {e["file"] for e in EXPECTED} | {"expected.json", "README.md", ".gitattributes"} == {
        path.name for path in FOLDER.iterdir()
    }
    assert len(EXPECTED) >= 40


def test_every_kind_of_problem_that_a_file_alone_can_have_has_its_bad_file() -> None:
    assert {kind for e in EXPECTED for kind in e["counts"]} == set(KINDS) - AGAINST_THE_ROLL


@pytest.mark.parametrize("reason", UNREADABLE)
def test_every_reason_for_not_reading_makes_a_sentence(reason: str) -> None:
    message = UnreadableUpload(reason, row=3, limit=100, count=10_000).problem().message
    assert message.endswith(".") and "{" not in message


def test_a_file_of_400_megabytes_is_refused_without_loading_it(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    with path.open("wb") as file:
        file.write(long_file())
        file.truncate(400_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    from_path = read_register(path, file_name=path.name, on=TODAY)
    with path.open("rb") as file:
        from_file = read_register(file, file_name=path.name, on=TODAY)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for answer in (from_path, from_file):
        sentence = "The file is larger than 100 MB, the most that is read at once. Export a shorter period."
        assert [problem.message for problem in answer.problems] == [sentence]
    assert after - before < 20_000  # kilobytes


def test_a_stream_that_cannot_be_measured_is_read_no_further_than_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1_000_001
            self.given += size
            return b"a" * size

    answer = read_register(Endless(), file_name="x.csv", on=TODAY, max_bytes=1_000_000)
    assert answer.problems[0].message.startswith("The file is larger than 1 MB")


def test_a_zip_bomb_named_csv_is_refused_unopened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("register.csv", b"0" * 50_000_000)
    answer = read(bomb.getvalue())
    assert answer.problems[0].message == UNREADABLE["workbook"]


def test_10_000_columns_are_refused() -> None:
    wide = ",".join(["UPN", *(f"Column {n}" for n in range(9_999))])
    answer = read(f"{wide}\n{'x,' * 9_999}x\n".encode())
    sentence = "The file has 10000 columns; a register has at most 2000. Export one school year."
    assert [problem.message for problem in answer.problems] == [sentence]


def test_more_pupils_than_any_school_has_are_refused() -> None:
    rows = "\n".join(f"{n},08/09/2025,AM,/" for n in range(50_001))
    answer = read(f"Adno,Date,Session,Mark\n{rows}\n".encode())
    assert answer.problems[0].message == UNREADABLE["too-many-pupils"].format(limit=50_000)
    assert answer.stopped and not len(answer.marks)


def test_a_cell_longer_than_any_of_a_register_is_refused_with_its_row() -> None:
    content = long_file("08/09/2025,AM,/") + f'\n"{"x" * 200_000}\n",,,\n'.encode()
    answer = read(content)
    assert answer.problems[0].message == UNREADABLE["long-cell"].format(row=3)


def test_a_line_break_inside_quotation_marks_keeps_true_line_numbers() -> None:
    rows = [HEADINGS, pupil_cells().replace("Okafor", '"Oka\nfor"') + ",08/09/2025,AM,/", "",
            pupil_cells(2) + ",08/09/2025,AM,%"]  # fmt: skip
    file = read("\n".join(rows).encode())
    assert [(problem.kind, problem.row) for problem in file.problems] == [("unknown-code", 5)]
    assert file.marks.row.tolist() == [2]


def test_only_so_many_problems_are_listed_but_all_are_counted() -> None:
    rows = "\n".join(f"{pupil_cells()},{d:02d}/09/2025,AM,?" for d in range(1, 30)) + "\n"
    content = (HEADINGS + "\n" + pupil_cells(2) + ",08/09/2025,AM,/\n" + rows * 200).encode()
    file = read(content)
    assert file.problem_counts["unknown-code"] == 29 * 200
    assert len(file.problems) == 5_000
    assert not file.clean and not file.stopped


def test_problems_tell_scripts_row_column_and_visible_value() -> None:
    [problem] = read(long_file("08/09/2025,AM,/", "09/09/2025,AM,\x1b%")).problems
    assert problem.as_dict() == {
        "kind": "unknown-code",
        "row": 3,
        "column": "Mark",
        "value": "␛%",
        "message": "Row 3, column Mark: ‘␛%’ is not an attendance code. Enter one of the national codes for the "
        "morning of 9 September 2025.",
    }


def test_a_stopped_file_lists_what_stops_it_first() -> None:
    rows = ("08/09/2025,AM,/", "09/09/2025,AM,%", "08/09/2025,AM,N")
    assert kinds_of(read(long_file(*rows))) == ["contradicting-marks", "unknown-code"]


def test_the_own_number_anywhere_in_a_file_name_or_none_is_not_wrong() -> None:
    for name in ("register 900001.csv", "9994001_auto.csv", "marks 080925.csv", "marks 20250908.csv", "x 140925.csv"):
        assert not read(long_file("08/09/2025,AM,/"), file_name=name).problems, name
    for name in ("register 900002.csv", "9994002 marks.csv", "URN 900002.csv"):
        assert kinds_of(read(long_file("08/09/2025,AM,/"), file_name=name)) == ["wrong-school"], name
