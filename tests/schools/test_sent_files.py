"""Several files at once: upload_files, sent_files, store_sent_files, and several at upload_register."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Pupil, Register, Sending, SentFile, Upload
from schools.reading.whose import Named, schools_named_in
from schools.sending import sendings, uploads
from schools.sending.kept import folder
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days

DAYS = school_days(dt.date(2026, 9, 7), 2)
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
SignedIn = Callable[[Membership], Client]


def content(cast: Cast, pupils: list[Pupil]) -> bytes:
    with in_scope(cast.eastshire):
        return long_file(all_present(pupils, DAYS))


def send(client: Client, files: dict[str, bytes], address: str = "/uploads/several/") -> HttpResponse:
    sent = [SimpleUploadedFile(name, data) for name, data in files.items()]
    return client.post(address, {"file": sent})


def of_both(cast: Cast) -> dict[str, bytes]:
    """A file of each school that names it, and one that names none."""
    return {
        "register 999001.csv": content(cast, cast.pupils),
        "vale.csv": b"Register,DfE No 999/2002\n" + content(cast, cast.vale_pupils),
        "autumn.csv": content(cast, cast.vale_pupils),
    }


def work(cast: Cast) -> None:
    """What the worker does."""
    uploads.take_up_unfinished(cast.eastshire, AT)


def stages(cast: Cast) -> dict[str, tuple[str, str]]:
    with in_scope(cast.eastshire):
        return {one.file_name: (one.school.urn, one.stage) for one in Upload.objects.select_related("school")}


# --- Whose file it is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "urns", "laestabs"),
    [
        (b"UPN,Mark\n1,2\n", "register 999001.csv", {"999001"}, set()),
        (b"UPN,Mark\n1,2\n", "9994001_marks.csv", set(), {"9994001"}),
        (b"Hill Academy,URN: 999001\nUPN,Date,Mark\n1,2,3\n", "a.csv", {"999001"}, set()),
        (b"UPN,URN,Date,Mark\n1,999001,3,/\n2,999001,3,/\n", "a.csv", {"999001"}, set()),
        (b"UPN,LA Estab,Date,Mark\n1,999/4001,3,/\n", "a.csv", set(), {"9994001"}),
        (b"%PDF 1.7", "URN 999001.pdf", {"999001"}, set()),
    ],
)
def test_a_file_names_its_school_in_its_name_its_titles_or_a_column(
    data: bytes, name: str, urns: set[str], laestabs: set[str]
) -> None:
    assert schools_named_in(data, file_name=name, on=ON) == [Named(frozenset(urns), frozenset(laestabs))]


@pytest.mark.parametrize("data", [b"", b"\x00", b"UPN,Mark\n1,2\n", b"PK\x03\x04"])
def test_a_file_that_names_no_school_says_so(data: bytes) -> None:
    assert schools_named_in(io.BytesIO(data), file_name="autumn 2026.csv", on=ON) == []


# --- The pages --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_officer_sends_files_of_many_schools_and_each_goes_to_its_own(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.officer)
    answer = send(client, of_both(cast))
    page = client.get(answer["Location"]).content.decode()
    assert "Whose are these?" in page and "It does not say which school it is of" in page
    assert "Hill Academy" in page and "Vale Primary School" in page
    work(cast)
    ready = ("999001", Upload.Stage.READ), ("999002", Upload.Stage.READ)
    assert stages(cast) == dict(zip(("register 999001.csv", "vale.csv"), ready, strict=True))
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="send_files").membership_id == cast.officer.pk


@pytest.mark.django_db
def test_the_school_sees_in_its_list_that_the_officer_sent_the_file_for_it(cast: Cast, signed_in: SignedIn) -> None:
    send(signed_in(cast.officer), of_both(cast))
    work(cast)
    page = signed_in(cast.lead).get("/schools/999001/uploads/").content.decode()
    assert "Olive Frost, attendance officer, for the school" in page and "register 999001.csv" in page
    assert "vale.csv" not in page


@pytest.mark.django_db
def test_a_team_leader_says_whose_a_file_is_and_it_is_read(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.team_leader)
    address = send(client, of_both(cast))["Location"]
    with in_scope(cast.eastshire):
        homeless = SentFile.objects.get(upload=None)
        kept = folder() / homeless.stored_as
        assert kept.exists()
    assert "Choose a school for at least one file" in client.post(address, {}).content.decode()
    assert client.post(address, {f"file{homeless.pk}": "999002"})["Location"] == address
    work(cast)
    assert stages(cast)["autumn.csv"] == ("999002", Upload.Stage.READ)
    assert "Whose are these?" not in client.get(address).content.decode()
    assert client.post(address, {f"file{homeless.pk}": "999002"}).status_code == 200


@pytest.mark.django_db
def test_a_file_that_the_disk_lost_is_refused_and_what_was_said_of_the_others_holds(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.team_leader)
    address = send(client, {"a.csv": b"UPN,Mark\n1,2\n", "b.csv": b"UPN,Mark\n3,4\n"})["Location"]
    with in_scope(cast.eastshire):
        lost, whole = SentFile.objects.order_by("position")
        (folder() / lost.stored_as).unlink()
    said = {f"file{one.pk}": "999002" for one in (lost, whole)}
    page = client.post(address, said, follow=True).content.decode()
    assert "a.csv: The file is no longer here: the disk it was kept on lost it. Upload it again." in page
    assert list(stages(cast)) == ["b.csv"]
    client.post(address, {f"file{lost.pk}": "throw-away"})
    with in_scope(cast.eastshire):
        assert SentFile.objects.get(pk=lost.pk).discarded_at


@pytest.mark.django_db
def test_a_file_without_a_school_can_be_thrown_away(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.officer)
    address = send(client, {"autumn.csv": b"UPN,Mark\n1,2\n"})["Location"]
    with in_scope(cast.eastshire):
        homeless = SentFile.objects.get()
    page = client.post(address, {f"file{homeless.pk}": "throw-away"}, follow=True).content.decode()
    assert "Whose are these?" not in page and stages(cast) == {}


@pytest.mark.django_db
def test_a_school_that_one_does_not_work_with_cannot_be_chosen_or_told(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.trust_lead)
    address = send(client, {"register 998001.csv": content(cast, cast.pupils)})["Location"]
    assert "It names 998001, which is not one school of yours" in client.get(address).content.decode()
    with in_scope(cast.eastshire):
        homeless = SentFile.objects.get()
    page = client.post(address, {f"file{homeless.pk}": "998001"}).content.decode()
    assert "There is a problem" in page and stages(cast) == {}


@pytest.mark.django_db
def test_the_page_shows_how_far_the_files_are_and_refreshes_itself_until_all_are_read(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.lead)
    files = {"one.csv": content(cast, cast.pupils), "two.csv": content(cast, cast.pupils[:2])}
    address = send(client, files, "/schools/999001/upload/")["Location"]
    page = client.get(address).content.decode()
    assert "Being read" in page and 'http-equiv="refresh"' in page and f'data-poll="{address}"' in page
    work(cast)
    page = client.get(address).content.decode()
    assert "To be confirmed" in page and 'http-equiv="refresh"' not in page and "data-poll" not in page
    told = client.get(f"{address}?format=csv").content.decode()
    assert "one.csv,Hill Academy,To be confirmed,20,0,0" in told


@pytest.mark.django_db
def test_all_files_that_leave_nothing_out_are_stored_at_once_and_the_others_wait(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.officer)
    bad = content(cast, cast.vale_pupils).replace(b"AM,/", b"AM,QQ", 1)
    address = send(client, {"register 999001.csv": content(cast, cast.pupils), "999002.csv": bad})["Location"]
    work(cast)
    assert "Store the files that are ready" in client.get(address).content.decode()
    assert "1 file is being stored" in client.post(f"{address}store/", follow=True).content.decode()
    work(cast)
    assert {stage for _, stage in stages(cast).values()} == {Upload.Stage.ACCEPTED, Upload.Stage.READ}
    with in_scope(cast.eastshire):
        assert Register.objects.count() == 5
    assert "No file is ready" in client.post(f"{address}store/", follow=True).content.decode()


@pytest.mark.django_db
def test_one_comes_back_to_what_one_sent_from_the_page_of_uploads(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.officer)
    address = send(client, of_both(cast))["Location"]
    page = client.get("/uploads/").content.decode()
    assert f'href="{address}"' in page and "3 files" in page and "/uploads/several/" in page
    assert "3 files" not in signed_in(cast.team_leader).get("/uploads/?all").content.decode()


@pytest.mark.django_db
def test_too_many_files_and_none_are_told_in_a_sentence(
    cast: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(cast.officer)
    assert "Choose the file to upload" in client.post("/uploads/several/", {}).content.decode()
    many = {f"{n}.csv": b"a" for n in range(101)}
    assert "Choose at most 100 files at once" in send(client, many).content.decode()


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_not_taken_and_the_others_are(
    cast: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendings, "MAX_BYTES", 500)
    client = signed_in(cast.officer)
    files = {"999001 large.csv": content(cast, cast.pupils), "999002.csv": content(cast, cast.vale_pupils)[:400]}
    page = client.get(send(client, files)["Location"]).content.decode()
    assert "the most that is read at once" in page and list(stages(cast)) == ["999002.csv"]


@pytest.mark.django_db
def test_nobody_else_sees_what_one_sent_together(cast: Cast, signed_in: SignedIn) -> None:
    address = send(signed_in(cast.officer), of_both(cast))["Location"]
    for member in (cast.lead, cast.team_leader, cast.stranger):
        client = signed_in(member)
        assert client.get(address).status_code == 404
        assert client.post(f"{address}store/").status_code == 404
    assert Client().get(address).status_code == 302 and Client().get("/uploads/several/").status_code == 302
    assert signed_in(cast.auditor).get("/uploads/several/").status_code == 403
    assert signed_in(cast.manager).get(address).status_code == 403


@pytest.mark.django_db
def test_the_page_asks_the_database_as_often_however_many_files_there_are(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.officer)
    address = send(client, {f"{n} of 999001.csv": b"UPN,Mark\n1,2\n" for n in range(12)})["Location"]
    with in_scope(cast.eastshire):
        assert Sending.objects.get().files.count() == 12
    with django_assert_max_num_queries(16):
        client.get(address)
