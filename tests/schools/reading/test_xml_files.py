"""SIMS session attendances and Common Transfer Files: what is read of them, and what is refused."""

from __future__ import annotations

import datetime as dt
import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reading import UNREADABLE, Counts, Layout, RegisterFile, Said, read_register
from tests.schools.reading.files import TODAY, kinds_of, marks_of, read, upn

SEPT_8 = dt.date(2025, 9, 8)
PERSON_IDS = Layout(
    (("personid", 0, "local_id"), ("attendancedate", 0, "date"), ("sessionname", 0, "session"),
     ("attendancemark", 0, "mark"))
)  # fmt: skip
"""What a school says whose PersonIDs are the admission numbers held here."""


def read_sims(content: bytes) -> RegisterFile:
    """The file of such a school."""
    return read_register(content, file_name="marks.xml", on=TODAY, said=Said((PERSON_IDS,)))


def sims(*marks: tuple[str, str, str], declared: str = "iso-8859-1", person: str = "6420", comment: str = "") -> str:
    """A SIMS partner's document of these (date, session, mark)."""
    rows = "".join(
        f"<SessionAttendance><PersonID>{person}</PersonID><BaseGroupID>0</BaseGroupID><AttendanceDate>{day}"
        f"</AttendanceDate><SessionName>{session}</SessionName>\n<AttendanceMark>{mark}</AttendanceMark>"
        f"<Comments>{comment}</Comments><MinsLate/></SessionAttendance>"
        for day, session, mark in marks
    )
    return f'<?xml version="1.0" encoding="{declared}"?>\n<SessionAttendances>{rows}</SessionAttendances>'


def test_session_attendances_are_read_by_person_with_sub_codes_and_gaps() -> None:
    text = sims(("2025-09-08T09:00:00", "AM", "/"), ("2025-09-08", "PM", "I_F"), ("2025-09-09T09:00:00", "AM", "-"),
                ("2025-09-09T13:00:00", "PM", "\\"), comment="née Müller")  # fmt: skip
    file = read_sims(text.encode("iso-8859-1"))
    assert (file.layout, file.encoding, file.blanks, kinds_of(file)) == ("long", "SIMS session XML", 1, [])
    assert marks_of(file) == {
        ("6420", SEPT_8, 0): "/", ("6420", SEPT_8, 1): "I", ("6420", dt.date(2025, 9, 9), 1): "\\",
    }  # fmt: skip
    assert file.marks.row.tolist() == [1, 2, 4]


def test_local_codes_and_unknown_ones_are_told_by_the_number_of_the_record() -> None:
    text = sims(("2025-09-08", "AM", "7"), ("2025-09-08", "PM", "["), ("2025-09-09", "AM", "/"))
    told = [(problem.kind, problem.row) for problem in read_sims(text.encode()).problems]
    assert told == [("local-code", 1), ("unknown-code", 2)]


def test_a_number_of_sims_is_no_admission_number_until_the_school_says_so() -> None:
    file = read(sims(("2025-09-08", "AM", "/")).encode())
    assert (kinds_of(file), file.stopped, len(file.marks)) == (["number-unknown"], True, 0)
    assert [cells for _, cells in file.first_rows][1] == ("6420", "2025-09-08", "AM", "/")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("declared", ["iso-8859-1", "UTF-8", "utf-16", "nonsense"])
def test_the_encoding_is_found_whatever_is_declared(encoding: str, declared: str) -> None:
    text = transfer(pupil(surname="Müller-Ñuñez"), declared=declared)
    assert [one.surname for one in read(text.encode(encoding)).pupils] == ["Müller-Ñuñez"]


def counted(*, possible: int = 120, attended: int = 112, year: str = "2025", marks: str = "//II#") -> str:
    """The year data of a pupil; six authorised and two unauthorised."""
    return (
        f"<YearData><Year>{year}</Year><LEA>873</LEA><Estab>2001</Estab><SchoolName>Fenland, Primary</SchoolName>"
        f"<SessionsPossible>{possible}</SessionsPossible><SessionsAuthorised>6</SessionsAuthorised>"
        f"<SessionsAttended>{attended}</SessionsAttended><SessionsUnauthorised>2</SessionsUnauthorised>"
        f"<AttendSessions><AttendanceStartDate>2025-09-03</AttendanceStartDate><AttendanceMarks>{marks}"
        "</AttendanceMarks></AttendSessions></YearData>"
    )


def pupil(n: int = 1, *, surname: str = "Okafor", former: str = "", years: str | None = None) -> str:
    basic = f"<BasicDetails><FormerUPN>{former}</FormerUPN></BasicDetails>"
    return (
        f"<Pupil><UPN>{upn(n)}</UPN><Surname>{surname}</Surname><Forename>Ada</Forename><DOB>2013-03-14</DOB>{basic}"
        f"<Attendance>{counted() if years is None else years}</Attendance></Pupil>"
    )


def transfer(
    *pupils: str, declared: str = "UTF-8", space: str = "", source: str = "8732001", to: str = "9994001"
) -> str:
    schools = "".join(
        f"<{name}><LEA>{number[:3]}</LEA><Estab>{number[3:]}</Estab></{name}>"
        for name, number in (("SourceSchool", source), ("DestSchool", to))
    )
    return (
        f'<?xml version="1.0" encoding="{declared}"?>\n<!-- made for a test -->\n<CTfile{space}><Header>'
        f"<DocumentName>Common Transfer File</DocumentName><DateTime>2025-12-19T10:00:00</DateTime>{schools}</Header>"
        f"<CTFpupilData>{''.join(pupils)}</CTFpupilData></CTfile>"
    )


def test_a_transfer_file_gives_the_counts_of_each_year_and_never_a_mark() -> None:
    years = counted(marks=" /\\ C1##\n") + counted(year="2024", possible=380, attended=372)
    file = read(transfer(pupil(years=years, former=upn(2)), pupil(3)).encode())
    assert (file.layout, file.problems, len(file.marks), len(file.counts)) == ("ctf", (), 0, 3)
    now, before, _ = file.counts
    assert (now.possible, now.present, now.activity, now.authorised, now.unauthorised) == (120, 112, None, 6, 2)
    assert (now.marks_as_sent, now.marks_from_on) == (" /\\ C1##\n", dt.date(2025, 9, 3))
    assert now.school_named == "Fenland, Primary (8732001)"
    assert now.period.words == "School year 2025/26, up to 19 December 2025"
    assert before.period.words == "School year 2024/25"
    assert (file.pupils[0].former_upn, file.pupils[1].former_upn) == (upn(2), None)
    assert [counts.row for counts in file.counts] == [1, 2, 3]


@pytest.mark.parametrize("space", [' xmlns="http://www.example.org/ctf"', ' xmlns:a="urn:a" a:b="c"'])
def test_namespaces_do_not_matter(space: str) -> None:
    assert len(read(transfer(pupil(), space=space).encode()).counts) == 1


def test_prefixed_elements_are_read_by_their_own_names() -> None:
    text = transfer(pupil()).replace("<CTfile", '<c:CTfile xmlns:c="urn:c"').replace("</CTfile", "</c:CTfile")
    assert len(read(text.encode()).counts) == 1


@pytest.mark.parametrize(
    ("source", "to", "kinds"),
    [("8732001", "9994001", []), ("9994001", "8732001", []), ("8732001", "XXXXXXX", ["wrong-school"]),
     ("8732001", "8732002", ["wrong-school"]), ("XXXXXXX", "XXXXXXX", [])],
)  # fmt: skip
def test_a_transfer_file_must_come_from_or_go_to_this_school(source: str, to: str, kinds: list[str]) -> None:
    assert kinds_of(read(transfer(pupil(), source=source, to=to).encode())) == kinds


def test_counts_that_do_not_add_up_are_left_out_and_the_rest_stands() -> None:
    file = read(transfer(pupil(years=counted(possible=121)), pupil(2)).encode())
    assert (kinds_of(file), len(file.counts)) == (["counts-do-not-add-up"], 1)


DECLARED = [
    '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    "<!DOCTYPE a>",
]


@pytest.mark.parametrize("declaration", DECLARED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities_are_refused(declaration: str, encoding: str) -> None:
    for text in (sims(("2025-09-08", "AM", "/")), transfer(pupil())):
        root = text.index("<SessionA") if "<SessionA" in text else text.index("<CTfile")
        file = read((text[:root] + declaration + text[root:]).encode(encoding))
        assert [problem.message for problem in file.problems] == [UNREADABLE["xml-entities"]]


def test_elements_nested_without_end_are_refused_in_little_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = read(b"<SessionAttendances>" + b"<a>" * 2_000_000)
    assert file.stopped and file.problems[0].message.startswith("The XML file cannot be read from line 1 on")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


@pytest.mark.parametrize("text", ["<html><body>UPN</body></html>", "<Census/>", "<", "<?xml version='1.0'?>", "<a"])
def test_other_markup_is_refused_with_what_to_do(text: str) -> None:
    assert [problem.message for problem in read(text.encode()).problems] == [UNREADABLE["markup"]]


GOOD = [sims(("2025-09-08", "AM", "/"), ("2025-09-08", "PM", "I")), transfer(pupil(), pupil(2))]


@given(st.sampled_from(GOOD), st.sampled_from(["utf-8", "utf-16"]), st.data())
@settings(max_examples=200, deadline=None)
def test_a_spoilt_document_never_raises(text: str, encoding: str, data: st.DataObject) -> None:
    content = text.encode(encoding)
    pieces = st.sampled_from(
        [b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"\0", b"&#0;", b"<a>", b"-1", b"9" * 30]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(start + 20, len(content))))
        content = content[:start] + data.draw(pieces | st.binary(max_size=4)) + content[stop:]
    file = read(content)
    for problem in file.problems:
        assert problem.message and problem.as_dict()
    assert all(isinstance(counts, Counts) and counts.adds_up for counts in file.counts)
