"""Documents: taken, refused with a sentence, handed out only to be saved, removed with a reason; and who may."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions as case_actions
from casework.actions.documents import add_document, remove_document
from casework.actions.invitations import end_invitation, invite
from casework.kept_documents import MOST_BYTES, MOST_SENT, folder, throw_away_strays
from casework.models import Case, CaseDocument
from tests.casework.document_files import HTML, PDF, TEXT
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _without_a_scanner(settings: Settings, tmp_path: Path) -> None:
    settings.CLAMAV_URL = ""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return case_actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


@pytest.fixture
def document(cast: Cast, case: Case) -> CaseDocument:
    with in_scope(cast.eastshire):
        return add_document(case, [PDF], name="Report of the GP.pdf", on=ON, at=AT, by=cast.officer)


def sent(*files: tuple[str, bytes]) -> dict[str, Any]:
    return {"documents": [SimpleUploadedFile(name, content) for name, content in files]}


def kept(cast: Cast) -> list[Path]:
    with in_scope(cast.eastshire):
        return list(folder().iterdir())


class TestAdding:
    """`add_documents`."""

    def test_several_at_once_those_that_are_taken_stay(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.lead), f"/cases/{case.pk}/documents/add/"
        page = client.post(where, sent(("report.pdf", PDF), ("page.pdf", HTML), ("empty.txt", b""))).content.decode()
        assert "page.pdf: Its name says PDF, but it holds a web page" in page and "empty.txt: It is empty." in page
        assert "not scanned for viruses" in page
        with in_scope(cast.eastshire):
            assert CaseDocument.objects.get().name == "report.pdf"
            assert case.entries.get(source="Document").words == "Added the document “report.pdf”."
            refused = AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="note_refused_document")
            assert refused.count() == 2 and refused.filter(membership_id=cast.lead.pk).count() == 2
        assert len(kept(cast)) == 1
        listed = client.get(f"/cases/{case.pk}/documents/").content.decode()
        assert "report.pdf" in listed and "Not scanned for viruses" in listed and "page.pdf is added" not in listed
        assert "report.pdf" in client.get(f"/cases/{case.pk}/").content.decode()
        assert "PDF" in client.get(f"/cases/{case.pk}/documents/?format=csv").content.decode()

    def test_folders_in_a_name_go_nowhere(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            made = add_document(case, [TEXT], name="../../../etc/cron.d/x.txt", on=ON, at=AT, by=cast.officer)
            assert made.name == "x.txt" and [one.name for one in folder().iterdir()] == [made.stored_as]

    def test_two_gigabytes_are_refused_by_the_stated_length_and_not_read(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        class Unread:
            def read(self, *_: Any) -> bytes:
                raise AssertionError("It was read.")

            readline = read

        where = f"/cases/{case.pk}/documents/add/"
        for size in (2 << 30, MOST_SENT + 1):
            told = {"CONTENT_LENGTH": str(size), "wsgi.input": Unread()}
            answer = signed_in(cast.lead).post(where, b"", content_type="multipart/form-data; boundary=x", **told)
            assert answer.status_code == 413
            assert "larger than 100 MB, the most that this page takes" in answer.content.decode()

    def test_two_gigabytes_are_refused_while_they_stream_and_fill_no_disk(self, cast: Cast, case: Case) -> None:
        taken = 0

        def endless() -> Iterator[bytes]:
            nonlocal taken
            while taken < 2 << 30:
                taken += 1 << 20
                yield bytes(1 << 20)

        with in_scope(cast.eastshire), pytest.raises(Refused, match="larger than 25 MB"):
            add_document(case, endless(), name="film.pdf", on=ON, at=AT, by=cast.officer)
        assert taken < MOST_BYTES + (2 << 20) and kept(cast) == []

    def test_a_closed_case_takes_none(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            Case.objects.update(stage="closed", closed_on=ON, closed_by=cast.officer)
            with pytest.raises(Refused, match="closed"):
                add_document(case, [PDF], name="a.pdf", on=ON, at=AT, by=cast.officer)


class TestDownloading:
    """`download_document`."""

    def test_it_is_only_ever_saved(self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn) -> None:
        answer = signed_in(cast.lead).get(f"/cases/{case.pk}/documents/{document.pk}/file/")
        assert answer.content == PDF
        assert answer["Content-Disposition"] == 'attachment; filename="Report of the GP.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert "no-store" in answer["Cache-Control"]
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="read_document").count() == 1

    @pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(HTML)])
    def test_what_the_disk_lost_or_changed_is_not_handed_out(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn, spoil: Callable[[Path], Any]
    ) -> None:
        spoil(kept(cast)[0])
        answer = signed_in(cast.lead).get(f"/cases/{case.pk}/documents/{document.pk}/file/")
        assert answer.status_code == 409
        assert "not on the portal’s disk as it was sent" in answer.content.decode()

    def test_the_document_of_another_case_is_not_found(
        self, cast: Cast, document: CaseDocument, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            other = case_actions.open_case(cast.pupils[1], reason="Absent.", on=ON, by=cast.officer)
        assert signed_in(cast.officer).get(f"/cases/{other.pk}/documents/{document.pk}/file/").status_code == 404


class TestRemoving:
    """`remove_document`."""

    def test_the_file_goes_and_that_it_was_there_stays(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn,
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:  # fmt: skip
        client, where = signed_in(cast.lead), f"/cases/{case.pk}/documents/{document.pk}/"
        assert "Enter the reason" in client.post(f"{where}remove/", {"reason": ""}).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"{where}remove/", {"reason": "Of another child."})
        assert kept(cast) == []
        assert client.get(f"{where}file/").status_code == 409
        assert client.get(f"{where}remove/").status_code == 404
        page = client.get(f"/cases/{case.pk}/documents/").content.decode()
        assert "Removed on 20 November 2026 by Layla Hart: Of another child." in page
        with in_scope(cast.eastshire), pytest.raises(Refused, match="removed already"):
            remove_document(document, reason="Again.", on=ON, by=cast.officer)

    def test_files_that_no_document_holds_are_thrown_away(self, cast: Cast, case: Case, document: CaseDocument) -> None:
        with in_scope(cast.eastshire):
            (folder() / "left-by-a-kill.document").write_bytes(PDF)
            assert throw_away_strays(time.time() - 60) == 0
            assert throw_away_strays(time.time() + 60) == 1
            assert [path.name for path in folder().iterdir()] == [document.stored_as]


class TestWhoMay:
    @pytest.mark.parametrize(
        "who", [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("office", 403), ("admin", 403)]
    )
    def test_others_find_nothing(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn, who: tuple[str, int]
    ) -> None:
        name, status = who
        client = signed_in(cast.members[name])
        for page in ("", "?format=csv", "add/", f"{document.pk}/file/", f"{document.pk}/remove/"):
            answer = client.get(f"/cases/{case.pk}/documents/{page}")
            assert answer.status_code == status, page
            assert b"Abbott" not in answer.content and PDF not in answer.content
        assert client.post(f"/cases/{case.pk}/documents/add/", sent(("a.pdf", PDF))).status_code == status
        assert len(kept(cast)) == 1

    def test_a_partner_works_with_contacts_and_documents_while_invited_and_no_longer(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn
    ) -> None:
        client, where = signed_in(cast.practitioner), f"/cases/{case.pk}"
        pages = ("contacts/", "contacts/add/", "documents/", "documents/add/", f"documents/{document.pk}/file/")
        with in_scope(cast.eastshire):
            invited = invite(case, member=cast.practitioner, why="Knows the family.", on=ON, by=cast.officer)
            case_actions.add_entry(
                case, words="In confidence.", happened_on=ON, restricted_to=["officer"], by=cast.officer
            )
        assert [client.get(f"{where}/{page}").status_code for page in pages] == [200] * 5
        assert "In confidence." not in client.get(f"{where}/").content.decode()
        with in_scope(cast.eastshire):
            end_invitation(invited, on=ON, by=cast.officer)
        assert [client.get(f"{where}/{page}").status_code for page in pages] == [404] * 5

    def test_readers_download_and_neither_add_nor_remove(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn
    ) -> None:
        client, where = signed_in(cast.manager), f"/cases/{case.pk}/documents/"
        assert client.get(f"{where}{document.pk}/file/").status_code == 200
        assert "Remove" not in client.get(where).content.decode()
        assert client.post(f"{where}{document.pk}/remove/", {"reason": "x"}).status_code == 403
        assert Client().get(f"{where}{document.pk}/file/").status_code == 302

    def test_a_restricted_childs_documents_are_not_there(
        self, cast: Cast, case: Case, document: CaseDocument, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.is_restricted = True
            cast.pupil.save()
        assert signed_in(cast.officer).get(f"/cases/{case.pk}/documents/{document.pk}/file/").status_code == 404

    def test_many_documents_take_no_more_queries(
        self, cast: Cast, case: Case, signed_in: SignedIn, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with in_scope(cast.eastshire):
            for number in range(6):
                add_document(case, [PDF], name=f"{number}.pdf", on=ON, at=AT, by=cast.officer)
        client = signed_in(cast.officer)
        with django_assert_max_num_queries(16):
            page = client.get(f"/cases/{case.pk}/documents/")
        assert page.content.decode().count("<tr") == 7
