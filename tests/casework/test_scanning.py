"""Documents are scanned by a real clamd, which knows one harmful file: the one that every scanner agrees to find."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from attendance_portal import processes
from attendance_portal.models import AuditEvent, Message
from attendance_portal.refusals import Refused
from casework import actions as case_actions
from casework.actions.documents import add_document, read_document
from casework.kept_documents import folder
from casework.letters import tell_of_harmful
from casework.models import Case, CaseDocument
from casework.scanning import scan
from casework.tasks import scan_unscanned, scan_unscanned_of
from tests.casework.document_files import EICAR, PDF, TEXT, WORD, office
from tests.cast import ON, Cast, in_scope, sign_in

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
WHERE = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """A real clamd with a database of one line; answers its address. It asks nothing of the network."""
    program = shutil.which("clamd") or shutil.which("clamd", path=WHERE)
    assert program, "Install clamd (Debian: apt-get install --no-install-recommends clamav-daemon)"
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        home = Path(name)
        (home / "known").mkdir()
        (home / "known" / "one.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
        # By another path than its own: where AppArmor guards that one, it may not read a folder of ours.
        started = shutil.copy(program, home / "clamd")
        told = {"LocalSocket": home / "socket", "DatabaseDirectory": home / "known", "Foreground": "yes",
                "TemporaryDirectory": home, "StreamMaxLength": "1M", "ConcurrentDatabaseReload": "no"}  # fmt: skip
        (home / "clamd.conf").write_text("".join(f"{key} {value}\n" for key, value in told.items()))
        with (home / "log").open("wb") as log:
            running = subprocess.Popen(
                [started, "--config-file", str(home / "clamd.conf")],
                stdout=log,
                stderr=log,
                preexec_fn=processes.die_with_parent(15),
            )
        try:
            _wait_for(home / "socket", running, home / "log")
            yield f"unix://{home / 'socket'}"
        finally:
            running.terminate()
            running.wait(20)


def _wait_for(address: Path, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if not probe.connect_ex(str(address)):
                return
        time.sleep(0.05)
    pytest.fail(f"clamd did not start: {log.read_text()}")


@pytest.fixture
def case(cast: Cast) -> Iterator[Case]:
    with in_scope(cast.eastshire):
        yield case_actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


def add(case: Case, content: bytes, name: str) -> CaseDocument:
    return add_document(case, [content], name=name, on=ON, at=AT, by=case.holder)


class TestWithAScanner:
    @pytest.fixture(autouse=True)
    def _configured(self, settings: Settings, clamd: str) -> None:
        settings.CLAMAV_URL = clamd

    def test_a_harmless_file_is_kept_as_scanned(self, case: Case) -> None:
        assert add(case, PDF, "report.pdf").scan == CaseDocument.Scan.CLEAN

    @pytest.mark.parametrize(
        ("name", "content"), [("words.txt", EICAR), ("letter.docx", office(WORD, word__media__a_dot_txt=EICAR))]
    )
    def test_the_harmful_file_is_refused_and_not_kept(self, case: Case, name: str, content: bytes) -> None:
        with pytest.raises(Refused, match="found something harmful"):
            add(case, content, name)
        assert not CaseDocument.objects.exists() and not list(folder().iterdir())
        assert not AuditEvent.objects.filter(what="add_document").exists()

    def test_what_came_in_without_a_scanner_is_scanned_in_the_night_after_there_is_one(
        self, cast: Cast, settings: Settings, clamd: str
    ) -> None:
        settings.CLAMAV_URL = ""
        with in_scope(cast.eastshire):
            case = case_actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
            sent = ((PDF, "a.pdf"), (EICAR, "b.txt"), (TEXT * 40_000, "c.txt"))
            clean, harmful, large = (add(case, content, name) for content, name in sent)
            for one in (clean, harmful):
                read_document(one, by=cast.lead)
            read_document(clean, by=cast.team_leader)
        for away in ("", "unix:///nowhere/clamd"):
            settings.CLAMAV_URL = away
            scan_unscanned_of(cast.eastshire)
        settings.CLAMAV_URL = clamd
        with in_scope(cast.eastshire):
            assert CaseDocument.objects.unscanned().count() == 3
        scan_unscanned()
        scan_unscanned()
        told = "The virus scanner found something harmful in the document “b.txt”. It is given out no more."
        scans = CaseDocument.Scan
        with in_scope(cast.eastshire):
            stands = dict(CaseDocument.objects.values_list("pk", "scan"))
            assert stands == {clean.pk: scans.CLEAN, harmful.pk: scans.HARMFUL, large.pk: scans.NOT_SCANNED}
            assert case.entries.get(words=told).by is None
            assert AuditEvent.objects.about_pupil(case.pupil_id).filter(what="scan_kept_document").count() == 2
            letters = {letter.to_email: letter.body for letter in Message.objects.filter(subject__contains="harmful")}
            assert set(letters) == {cast.officer.user.email, cast.lead.user.email}  # not who downloaded another
            assert all("“b.txt”" in body and "Amy" not in body for body in letters.values())
            CaseDocument.objects.filter(pk=harmful.pk).update(name="Letter of amy.txt")
            tell_of_harmful(cast.lead, CaseDocument.objects.get(pk=harmful.pk))
            assert "amy" not in Message.objects.latest("pk").body
            with pytest.raises(Refused, match="not given out"):
                read_document(CaseDocument.objects.get(pk=harmful.pk), by=cast.officer)
        page = sign_in(Client(), cast.lead).get(f"/cases/{case.pk}/documents/").content.decode()
        assert "Virus found" in page and f"{harmful.pk}/file/" not in page and f"{clean.pk}/file/" in page
        entry = current_app.conf.beat_schedule["scan documents that came in without a scanner"]
        assert entry["task"] == scan_unscanned.name and str(entry["schedule"]).startswith("<crontab: 0 4")

    def test_what_the_scanner_does_not_finish_is_refused(self, case: Case) -> None:
        with pytest.raises(Refused, match="could not be scanned"):
            add(case, TEXT * 40_000, "words.txt")  # more than this clamd takes
        assert not list(folder().iterdir())


@pytest.mark.parametrize("address", ["unix:///nowhere/clamd", "tcp://127.0.0.1:1", "http://127.0.0.1:3310", "nonsense"])
def test_a_scanner_that_is_away_or_misnamed_refuses(settings: Settings, tmp_path: Path, address: str) -> None:
    settings.CLAMAV_URL = address
    (tmp_path / "file").write_bytes(PDF)
    with pytest.raises(Refused, match="could not be scanned"):
        scan(tmp_path / "file")


def test_a_scanner_that_says_nothing_is_not_waited_for_for_ever(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(PDF)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.CLAMAV_URL, settings.CLAMAV_SECONDS = f"tcp://127.0.0.1:{deaf.getsockname()[1]}", 0.2
        with pytest.raises(Refused, match="could not be scanned"):
            scan(tmp_path / "file")


def test_while_a_slow_scanner_is_asked_nobody_waits_for_the_case_and_it_is_asked_once(
    cast: Cast, settings: Settings
) -> None:
    with in_scope(cast.eastshire):
        case = case_actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
    files = [SimpleUploadedFile(f"{number}.txt", TEXT) for number in range(3)]
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.CLAMAV_URL, settings.CLAMAV_SECONDS = f"tcp://127.0.0.1:{deaf.getsockname()[1]}", 0.2
        with CaptureQueriesContext(connection) as asked:
            page = sign_in(Client(), cast.lead).post(f"/cases/{case.pk}/documents/add/", {"documents": files})
        assert page.content.decode().count("could not be scanned for viruses just now") >= len(files)
        deaf.settimeout(0.1)
        deaf.accept()[0].close()
        with pytest.raises(TimeoutError):
            deaf.accept()
    assert not [one for one in asked if one["sql"].startswith('UPDATE "casework_case"')]
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="note_refused_document").count() == len(files)


def test_without_a_scanner_a_file_is_kept_and_said_to_be_not_scanned(case: Case, settings: Settings) -> None:
    settings.CLAMAV_URL = ""
    assert add(case, TEXT, "words.txt").scan == CaseDocument.Scan.NOT_SCANNED
