"""The command import_gias: real rows of DfE's extract taken over whole or refused whole, and who followed whom."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from attendance_portal.models import AuditEvent, Authority
from attendance_portal.tenancy import authority_scope
from schools.models import Enrolment, School, SchoolMembership, Succession
from schools.reading.gias import read_establishments, read_links
from tests.cast import ON, SINCE, Cast, in_scope, make_cast
from tests.schools.test_commands import Run, run
from tests.schools.test_kills import held_up, is_waiting, wait_until
from tests.servers import BASE, TestServer

__all__ = ["run"]
DATA = Path(__file__).parents[1] / "data/gias"
SAMPLE, LINKS, RAW = (DATA / f"{name}.csv" for name in ("edubasealldata_sample", "links_sample", "gias_raw_rows_2024"))
HEADINGS = (
    "URN,LA (code),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),"
    "PhaseOfEducation (name),OpenDate,CloseDate,StatutoryLowAge,StatutoryHighAge,Street,Town,Postcode,TelephoneNum"
)
ROW = "{urn},999,{number},{name},{kind},{status},{phase},{opened},{closed},11,16,Hill Road,Hilltown,ZZ1 1AA,2079460001"
PLAIN = {
    "urn": "999001",
    "number": "4001",
    "name": "Hill Academy",
    "kind": "Academy converter",
    "status": "Open",
    "phase": "Secondary",
    "opened": "01-09-2012",
    "closed": "",
}


def extract(*rows: dict[str, str]) -> bytes:
    lines = [HEADINGS, *(ROW.format(**PLAIN | row) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def links(*rows: str) -> bytes:
    return "\r\n".join(["URN,LinkURN,LinkName,LinkType,LinkEstablishedDate", *rows, ""]).encode("cp1252")


@pytest.fixture
def imported(tmp_path: Path, run: Run) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Answers a function that imports bytes for Eastshire: exit status and the outcome."""

    def call(content: bytes, linked: bytes | None = None) -> tuple[int, dict[str, Any]]:
        (tmp_path / "extract.csv").write_bytes(content)
        also: tuple[object, ...] = ()
        if linked is not None:
            (tmp_path / "links.csv").write_bytes(linked)
            also = ("--links", tmp_path / "links.csv")
        status, out, _ = run("import_gias", tmp_path / "extract.csv", *also, "--authority", "eastshire", "--json")
        return status, json.loads(out)

    return call


Imported = Callable[..., tuple[int, dict[str, Any]]]


def authority(code: str) -> Authority:
    made: Authority = Authority.objects.create(slug=f"la-{code}", name=f"LA {code}", code=code, demo_today=ON)
    return made


def messages(told: dict[str, Any]) -> str:
    return " ".join(problem["message"] for problem in told["problems"])


@pytest.mark.django_db
class TestRealRows:
    @pytest.fixture(autouse=True)
    def _on_the_tests_day(self, settings: Settings) -> None:
        """Schools that closed years before the day of the import are left out."""
        settings.PORTAL_DEMO = True

    def test_a_raw_row_of_2024_becomes_a_school(self, run: Run) -> None:
        london = authority("201")
        status, out, err = run("import_gias", RAW, "--authority", "la-201")
        assert (status, err) == (0, "")
        assert "1 school added, 0 changed, 0 as they were, 0 links between schools" in out
        with in_scope(london):
            one = School.objects.get()
            assert (one.urn, one.laestab, one.name) == ("100000", "2013614", "The Aldgate School")
            assert (one.phase, one.kind, one.status) == ("primary", "Voluntary aided school", "open")
            assert one.address == "St James's Passage\nDuke's Place\nLondon\nEC3A 5DE"
            assert (one.telephone, one.opened_on, one.closed_on) == ("02072831147", None, None)

    def test_a_school_proposed_to_close_says_so_and_is_not_closed(self, run: Run) -> None:
        wiltshire = authority("865")
        run("import_gias", RAW, "--authority", "la-865")
        with in_scope(wiltshire):
            one = School.objects.get(urn="126370")
            assert (one.status, one.closed_on, one.opened_on) == ("closing", None, dt.date(1900, 1, 1))

    def test_an_independent_special_school_is_one_of_the_guidances(self, run: Run) -> None:
        westminster = authority("213")
        run("import_gias", RAW, "--authority", "la-213")
        with in_scope(westminster):
            assert School.objects.get(urn="101173").phase == "special"

    @pytest.mark.parametrize(
        ("code", "why"),
        [("202", "does not cover: Local authority nursery school"), ("000", "British schools overseas")],
    )
    def test_a_nursery_school_and_one_overseas_are_left_out_and_it_is_said(self, run: Run, code: str, why: str) -> None:
        authority(code)
        status, out, _ = run("import_gias", RAW, "--authority", f"la-{code}")
        assert status == 0 and "Left out: 1 of a type that the attendance guidance does not cover" in out
        assert why in out

    def test_the_letter_of_windows_1252_is_the_one_that_dfe_wrote(self) -> None:
        everything = read_establishments(SAMPLE.read_bytes(), "892")
        assert not everything.problems
        text = SAMPLE.read_bytes().decode("cp1252")
        assert any(ord(letter) > 127 for letter in text) and "\ufffd" not in text

    def test_an_academy_follows_the_school_it_was_and_keeps_its_dfe_number(self, run: Run) -> None:
        lewisham = authority("209")
        status, out, _ = run("import_gias", SAMPLE, "--links", LINKS, "--authority", "la-209")
        assert status == 0
        with in_scope(lewisham):
            link = Succession.objects.get(successor__urn="150318")
            assert (link.predecessor.urn, link.kind) == ("100747", "converted")
            assert link.linked_on == dt.date(2024, 1, 1)
            assert link.predecessor.laestab == link.successor.laestab == "2094323"
            # The extract gives no closing day; the link does.
            assert (link.predecessor.status, link.predecessor.closed_on) == ("closed", dt.date(2023, 12, 31))
        assert (
            "Prendergast Ladywell School (URN 100747) was followed by Prendergast Ladywell School (URN 150318)" in out
        )

    def test_a_second_run_changes_nothing_and_says_so(self, run: Run) -> None:
        bristol = authority("801")
        arguments = ("import_gias", SAMPLE, "--links", LINKS, "--authority", "la-801", "--json")
        first = json.loads(run(*arguments)[1])
        with in_scope(bristol):
            before = list(School.objects.values()), list(Succession.objects.values())
            events = AuditEvent.objects.count()
        second = json.loads(run(*arguments)[1])
        assert first["created"] and first["linked"] == [["135597", "151302"]]
        assert (second["created"], second["updated"], second["linked"]) == ([], {}, [])
        assert second["unchanged"] == len(first["created"])
        with in_scope(bristol):
            assert (list(School.objects.values()), list(Succession.objects.values())) == before
            assert AuditEvent.objects.count() == events

    def test_a_part_of_a_split_school_is_linked_as_such(self, run: Run) -> None:
        nottingham = authority("892")
        run("import_gias", SAMPLE, "--links", LINKS, "--authority", "la-892")
        with in_scope(nottingham):
            link = Succession.objects.get()
            assert (link.predecessor.urn, link.successor.urn, link.kind) == ("135881", "147456", "split")

    def test_the_file_may_still_be_packed(self, run: Run, tmp_path: Path) -> None:
        authority("209")
        (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(SAMPLE.read_bytes()))
        assert run("import_gias", tmp_path / "packed.csv.gz", "--authority", "la-209")[0] == 0

    def test_only_the_schools_of_the_authority_named_are_touched(self, run: Run) -> None:
        bristol, lewisham = authority("801"), authority("209")
        run("import_gias", SAMPLE, "--authority", "la-801")
        with in_scope(bristol):
            assert School.objects.exists() and not School.objects.exclude(laestab__startswith="801").exists()
        with in_scope(lewisham):
            assert not School.objects.exists()


@pytest.mark.django_db
class TestWhatChanges:
    def test_a_school_held_is_brought_up_to_date_and_what_the_portal_alone_knows_stays(
        self, cast: Cast, imported: Imported
    ) -> None:
        status, told = imported(extract({"name": "Hill Academy Trust School"}))
        assert status == 0 and told["created"] == []
        assert told["updated"]["999001"] == ["name", "type", "address", "telephone", "opening date"]
        assert told["not_in_file"] == ["999002"]
        with in_scope(cast.eastshire):
            hill = School.objects.get(urn="999001")
            assert (hill.name, hill.telephone, hill.opened_on) == (
                "Hill Academy Trust School", "02079460001", dt.date(2012, 9, 1),
            )  # fmt: skip
            assert (hill.area, hill.email) == ("North", "office@hill-academy.example")
            assert School.objects.filter(urn="999002").exists()
            event = AuditEvent.objects.get(what="import_schools")
            assert event.words == "Imported schools from DfE's register: 0 added, 1 changed, 0 linked."

    def test_a_copy_saved_again_by_excel_says_the_same(self, cast: Cast, imported: Imported) -> None:
        as_issued = extract({"name": "École à Côté", "number": "0401"})
        imported(as_issued)
        resaved = as_issued.decode("cp1252").replace("01-09-2012", "01/09/2012").replace(",0401,", ",401,")
        for copy in (
            resaved.encode("utf-8-sig"),
            resaved.replace(",", ";").encode("cp1252"),
            resaved.replace("\r\n", "\n").encode(),
        ):
            status, told = imported(copy)
            assert (status, told["updated"], told["unchanged"]) == (0, {}, 1)
        with in_scope(cast.eastshire):
            hill = School.objects.get(urn="999001")
            assert (hill.name, hill.laestab) == ("École à Côté", "9990401")

    def test_a_school_that_closes_keeps_the_day_and_opens_again_without_it(
        self, cast: Cast, imported: Imported
    ) -> None:
        imported(extract({"status": "Closed", "closed": "31-08-2026"}))
        with in_scope(cast.eastshire):
            assert School.objects.get(urn="999001").closed_on == dt.date(2026, 8, 31)
        imported(extract({}))
        with in_scope(cast.eastshire):
            hill = School.objects.get(urn="999001")
            assert (hill.status, hill.closed_on) == ("open", None)

    def test_a_held_school_that_closed_on_a_day_nobody_gives_closed_on_the_day_it_was_told(
        self, cast: Cast, imported: Imported
    ) -> None:
        assert imported(extract({"status": "Closed"}))[1]["updated"]["999001"][-1] == "closing date"
        with in_scope(cast.eastshire):
            assert School.objects.get(urn="999001").closed_on == ON
        assert imported(extract({"status": "Closed"}))[1]["updated"] == {}

    def test_what_is_not_open_yet_or_closed_before_registers_are_kept_is_left_out(
        self, cast: Cast, imported: Imported
    ) -> None:
        status, told = imported(
            extract(
                {},
                {"urn": "999010", "status": "Proposed to open"},
                {"urn": "999011", "status": "Closed", "closed": "31-08-2020"},
                {"urn": "999012", "status": "Closed", "closed": "31-08-2021"},
                {"urn": "999013", "status": "Closed"},
            )
        )
        assert status == 0 and told["created"] == ["999012"]
        assert told["left_out"] == {
            "not open yet": 1,
            "closed more than 6 years ago, or on a day the files do not give": 2,
        }

    def test_amalgamation_that_the_links_say_both_ways_goes_from_the_closed_school_to_the_open_one(
        self, cast: Cast, imported: Imported
    ) -> None:
        schools = extract({}, {"urn": "999002", "name": "Vale", "status": "Closed", "closed": "31-08-2026"})
        both = links(
            "999001,999002,Vale,Result of Amalgamation,01-09-2026",
            "999002,999001,Hill,Result of Amalgamation,01-09-2026",
            "999001,123456,Far,Predecessor,01-09-2026",
            "999001,999002,Vale,Sixth Form Centre Link,01-09-2026",
        )
        status, told = imported(schools, both)
        assert (status, told["linked"]) == (0, [["999002", "999001"]])
        with in_scope(cast.eastshire):
            assert Succession.objects.get().kind == "merged"

    def test_people_who_work_for_the_school_that_was_are_counted_so_that_someone_gives_them_the_new_one(
        self, cast: Cast, imported: Imported
    ) -> None:
        schools = extract({"status": "Closed", "closed": "31-08-2026"}, {"urn": "999020", "opened": "01-09-2026"})
        _, told = imported(schools, links("999001,999020,Hill,Successor,01-09-2026"))
        assert told["notes"] == [
            "Hill Academy (URN 999001) was followed by Hill Academy (URN 999020).",
            "4 people work for URN 999001 and not yet for the school that followed: give them the new school on the "
            "Staff pages.",
            "5 enrolments of Hill Academy (URN 999001) ended with its last day; 5 go on at Hill Academy (URN 999020).",
        ]
        with in_scope(cast.eastshire):
            assert Enrolment.objects.on_roll(ON).filter(school__urn="999020").count() == 5
            assert not Enrolment.objects.on_roll(ON).filter(school=cast.hill).exists()
            assert not SchoolMembership.objects.filter(school__urn="999020", from_on__gt=SINCE).exists()


BAD = {
    "lost character": (extract({"name": "Hill Academy"}).replace(b"Hill Academy", "Hïll \ufffd".encode()),
                       "EstablishmentName: a character of", "Import the file as DfE issued it"),
    "lost character in windows-1252": (extract({"name": "Thomas ï¿½ Becket, "[:-2]}), "was lost", "as DfE issued it"),
    "urn turned into a number": (extract({"urn": "1.00E+05"}), "Row 2, URN: “1.00E+05”", "Excel has turned it"),
    "urn twice": (extract({}, {}), "Row 3: the URN 999001 stands on row 2 already", "Download the file again"),
    "impossible date": (extract({"opened": "31-02-2012"}), "OpenDate: “31-02-2012” is not a date", "as DfE issued it"),
    "month first": (extract({"closed": "8/31/2024"}), "CloseDate: “8/31/2024”", "as DfE issued it"),
    "unknown status": (extract({"status": "Ajar"}), "EstablishmentStatus (name): “Ajar” is none of Open,", "updated"),
    "no name": (extract({"name": ""}), "EstablishmentName: “” is not a name", "Download"),
    "long number": (extract({"number": "40011"}), "EstablishmentNumber: “40011” is not a number", "Download"),
    "cut off": (extract({})[:-40], "Row 2 has", "cut off or damaged"),
    "column missing": (extract({}).replace(b"LA (code)", b"LA"), "no column “LA (code)”", "Downloads"),
    "another authority": (extract({}).replace(b",999,", b",801,"), "No row is of local authority 999", "Choose"),
    "empty": (b"", "The file is empty", "Download"),
    "workbook": (b"PK\x03\x04 and so on", "a zip file or an Excel workbook", "save the workbook as CSV"),
    "utf-16": (extract({}).decode("cp1252").encode("utf-16"), "not saved as CSV", "Import the CSV file"),
    "no character of windows-1252": (extract({"name": "Hill"}).replace(b"Hill,", b"H\x81ll,"), "Row 2 has a", "81"),
    "open quotation mark": (extract({"name": '"Hill'}), "Row 2 has 4 fields", "download it again"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "what", "remedy"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_trusted_is_refused_whole_with_a_sentence(
    cast: Cast, imported: Imported, content: bytes, what: str, remedy: str
) -> None:
    with in_scope(cast.eastshire):
        before = list(School.objects.values())
    status, told = imported(content)
    assert status == 1 and told["accepted"] is False
    assert what in messages(told) and remedy in messages(told)
    with in_scope(cast.eastshire):
        assert list(School.objects.values()) == before


@pytest.mark.django_db
def test_one_bad_row_among_good_ones_refuses_them_all(cast: Cast, imported: Imported) -> None:
    status, told = imported(extract({"urn": "999030"}, {"urn": "99903"}))
    assert status == 1 and told["problems"] == [
        {
            "message": "Row 3, URN: “99903” is not a URN of six figures. Download the file again.",
            "row": 3,
            "field": "URN",
            "value": "99903",
        }
    ]
    with in_scope(cast.eastshire):
        assert not School.objects.filter(urn="999030").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("999001,99902,Vale,Successor,01-09-2026", "Row 2, LinkURN: “99902” is not a URN"),
        ("999001,999002,Vale,Successor,2026-09-01", "Row 2, LinkEstablishedDate: “2026-09-01” is not a date"),
        ("999001,999002,Vale", "Row 2 has 3 fields where the headings have 5"),
    ],
)
def test_a_links_file_that_cannot_be_trusted_refuses_both(cast: Cast, imported: Imported, row: str, what: str) -> None:
    status, told = imported(extract({"name": "Another name"}), links(row))
    assert status == 1 and what in messages(told)
    with in_scope(cast.eastshire):
        assert School.objects.get(urn="999001").name == "Hill Academy"


@pytest.mark.django_db
def test_many_problems_are_told_twenty_at_a_time_and_the_rest_are_counted(cast: Cast, tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.csv").write_bytes(extract(*({"urn": f"{n:05}"} for n in range(30))))
    status, out, err = run("import_gias", tmp_path / "bad.csv", "--authority", "eastshire")
    assert status == 1 and out.count("is not a URN") == 20
    assert err.strip() == "The file was refused; nothing of it was stored. There are 10 more problems like these."


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_told_in_a_sentence(cast: Cast, run: Run, tmp_path: Path) -> None:
    status, _, err = run("import_gias", tmp_path / "none.csv", "--authority", "eastshire")
    assert status == 1 and "cannot be read: No such file or directory" in err


def test_every_link_that_says_who_came_first_is_read_and_the_others_are_passed_over() -> None:
    found = read_links(LINKS.read_bytes())
    assert not found.problems
    pairs = {(link.predecessor, link.successor) for link in found.links}
    assert ("100747", "150318") in pairs and ("150318", "100747") not in pairs


IMPORT = "from django.core.management import execute_from_command_line as run; import sys; run(sys.argv)"


def test_an_import_killed_in_the_middle_has_stored_nothing_and_the_next_one_stores_all(
    own_database: str, process_environment: dict[str, str], database_server: TestServer, tmp_path: Path
) -> None:
    cast = make_cast()
    rows = [{"urn": f"9991{n:02}", "number": f"41{n:02}", "name": f"School {n}"} for n in range(30)]
    (tmp_path / "extract.csv").write_bytes(extract({"name": "Renamed"}, *rows))
    arguments = ["import_gias", str(tmp_path / "extract.csv"), "--authority", "eastshire"]
    other = {"authority": cast.eastshire.pk}
    written = (
        "INSERT INTO schools_school (authority_id, urn, laestab, name, phase, area, address, email, telephone,"
        " meetings_a_year, kind, status) VALUES (%(authority)s, '999120', '', 'First', 'primary', '', '', '', '', 3,"
        " '', 'open')"
    )
    with held_up(database_server, own_database, written, other):
        process = subprocess.Popen([sys.executable, "manage.py", *arguments], env=process_environment, cwd=BASE)
        wait_until(lambda: is_waiting(database_server, own_database) or process.poll() is not None)
        assert process.poll() is None
        process.kill()
        process.wait()
    with authority_scope(cast.eastshire):
        assert sorted(School.objects.values_list("name", flat=True)) == ["Hill Academy", "Vale Primary School"]
    call_command(*arguments)
    with authority_scope(cast.eastshire):
        assert School.objects.count() == 32


def test_an_authority_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="authority"):
        call_command("import_gias", "none.csv")
