"""A restricted child's name in a file, however it is written there: no page or file of the upload shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import Membership
from schools.changes.corrections import correct_name
from schools.models import FormerUpn, Pupil, PupilAccess, Upload
from schools.sending.withheld import Withheld, withheld_from
from tests.cast import ON, SINCE, Cast, in_scope
from tests.schools.stored import AT, store_autumn
from tests.schools.systems import Wonde
from tests.schools.test_school_page import words_of
from tests.schools.test_upload_mapping import send, stage_of
from tests.schools.test_upload_page import SignedIn

pytestmark = pytest.mark.django_db

HEADINGS, MARK = "Leaving Date,Date,Session,Mark", "01/09/2026,07/09/2026,AM,/"
"""A mark after leaving: the problem is told with the child's name."""
HOLDERS_SEE = ("Abbott", "ABBOTT", "Maisie", "Amelia")


@pytest.fixture
def amy(cast: Cast) -> Pupil:
    """The first child of Hill Academy, whose record only the team leader holds."""
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        reason = {"reason": "Holds the record", "from_on": SINCE}
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.team_leader, **reason)
        return Pupil.objects.get(pk=cast.pupil.pk)


def pages_of(client: Client, pk: str) -> dict[str, str]:
    """Everything that tells of an upload, by address."""
    addresses = (
        f"/uploads/{pk}/",
        f"/uploads/{pk}/problems.csv",
        f"/uploads/{pk}/mapping/",
        "/schools/999001/uploads/",
        "/",
    )
    return {address: client.get(address).content.decode() for address in addresses}


def shows(pages: dict[str, str], *words: str) -> list[tuple[str, str]]:
    return [(address, word) for address, page in pages.items() for word in words if word in page]


NAMES = {
    "surname first": ("Name,UPN,DOB", '"ABBOTT, Amy",{upn},14/03/2014'),
    "forename first": ("Name,UPN,DOB", "Amy Abbott,{upn},14/03/2014"),
    "preferred, by UPN": ("Surname,Forename,UPN,DOB", "Abbott,Maisie,{upn},14/03/2014"),
    "preferred, by admission number": ("Surname,Forename,Adno,DOB", "Abbott,Maisie,0001,14/03/2014"),
    "preferred, by birthday alone": ("Surname,Forename,UPN,DOB", "Abbott,Maisie,,14/03/2014"),
    "with a middle name": ("Surname,Forename,UPN,DOB", "Abbott,Amy Rose,,14/03/2014"),
    "by name alone": ("Surname,Forename,UPN,DOB", "Abbott,Amy,,"),
    "another child's birthday": ("Surname,Forename,UPN,DOB", "Abbott,Amelia,{upn},01/01/2014"),
}


@pytest.mark.parametrize("how", NAMES)
def test_no_page_of_an_upload_names_the_child(cast: Cast, amy: Pupil, signed_in: SignedIn, how: str) -> None:
    headings, cells = NAMES[how]
    with in_scope(cast.eastshire):
        other = cast.pupils[1]
        rest = f"{other.surname},{other.forename},{other.upn},14/03/2013"
    rows = [f"{cells.format(upn=amy.upn)},{MARK}"]
    if headings.startswith("Surname,Forename,UPN"):
        rows.append(f"{rest},{MARK}")
    client = signed_in(cast.lead)
    pk = send(client, "\n".join([f"{headings},{HEADINGS}", *rows, ""]).encode()).pk
    for _ in ("read", "stored"):
        found = shows(pages_of(client, pk), *HOLDERS_SEE, amy.upn or "")
        assert not found, found
        client.post(f"/uploads/{pk}/store/")
    if len(rows) > 1:
        assert shows(pages_of(client, pk), "Ben Brown"), "what is of others is still told"
    sees = shows(pages_of(signed_in(cast.team_leader), pk), *HOLDERS_SEE)
    assert sees or how == "by name alone", "who holds the record sees it"


ROWS = [
    "{upn},,,07/09/2026,/", "a 9994001 26001,,,07/09/2026,/", ",Abbott,Maisie,14/03/2014,/", ",abbott,AMY,,/",
    '"Amy Abbott",,,,/', ",Maisie,14.3.2014,0001,/", ",Amy,,14 March 2014,/",
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_the_first_rows_of_a_file_that_nobody_explained_yet_do_not_show_the_child(
    cast: Cast, amy: Pupil, signed_in: SignedIn, row: str
) -> None:
    client = signed_in(cast.lead)
    row = row.format(upn=amy.upn).replace(
        "a 9994001 26001", f"{(amy.upn or '')[0]} {(amy.upn or '')[1:8]} {(amy.upn or '')[8:]}"
    )
    upload = send(client, f"Kid,Fam,First,When,Thing\n{row}\n,Brown,Ben,,I\n,Brown,Ben,,I\n".encode())
    assert stage_of(cast, upload) == Upload.Stage.ASKED
    page = client.get(f"/uploads/{upload.pk}/mapping/").content.decode()
    assert "(not shown)" in page and "Brown" in page
    assert not [word for word in (amy.upn, "Abbott", "abbott", "Maisie", "AMY") if word and word in page]


def test_the_name_and_the_number_of_before_tell_of_the_child_too(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    pk = send(client, f"Surname,Forename,UPN,DOB,{HEADINGS}\nAbbott,Amy,,,{MARK}\n".encode()).pk
    assert shows(pages_of(client, pk), "Abbott")
    with in_scope(cast.eastshire):
        correct_name(cast.pupil, surname="Green", forename="Zoe", reason="Adopted", by=cast.lead, at=AT)
        FormerUpn.objects.create(pupil=cast.pupil, upn="A99940012600A", until_on=SINCE)
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        withheld = withheld_from(cast.lead, cast.hill, texts=["A99940012600A"])
    assert not shows(pages_of(client, pk), "Abbott")
    assert withheld.is_named_in("the UPN ‘A99940012600A’ belongs to") and withheld.is_named_in("GREEN, Zoe Ann")
    assert not withheld.is_named_in("Green") and not withheld.is_named_in("Amy Brown")


def test_a_restricted_child_of_another_school_is_known_by_the_upn(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        one = cast.vale_pupils[0]
        Pupil.objects.filter(pk=one.pk).update(is_restricted=True)
    client = signed_in(cast.lead)
    cells = f"{one.surname},{one.forename},{one.upn},01/01/2001,{MARK}"
    pk = send(client, f"Surname,Forename,UPN,DOB,{HEADINGS}\n{cells}\n".encode()).pk
    assert not shows(pages_of(client, pk), one.upn or "", f"{one.forename} {one.surname}")


def test_what_a_sync_left_out_does_not_show_the_child_by_a_preferred_name(
    wonde: Wonde, amy: Pupil, signed_in: SignedIn
) -> None:
    wonde.hill.students[0] = replace(wonde.hill.students[0], forename="Maisie", upn="")
    wonde.hill.codes.append({"id": "A3000000099", "code": "QQ"})
    wonde.hill.enter(0, 0, 99, wonde.clock.at)
    wonde.work()
    client = signed_in(wonde.cast.lead)
    for address in ("/schools/999001/sync/", "/schools/999001/sync/problems.csv"):
        page = client.get(address).content.decode()
        assert "Maisie" not in page and "record is restricted" in page, page


def test_the_asking_costs_one_query_where_nobody_is_restricted(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    member: Membership = cast.lead
    with in_scope(cast.eastshire), django_assert_num_queries(1):
        assert withheld_from(member, cast.hill, texts=["A999400126001"]) == Withheld((), ON)
    assert dt.date(2026, 11, 20) == ON


def test_an_upload_counts_what_the_school_sent_and_its_changes_what_is_seen(
    cast: Cast, amy: Pupil, signed_in: SignedIn
) -> None:
    """Five children on the 20 days of the file are 200 half-days; 40 of them are Amy's."""
    store_autumn(cast)
    with in_scope(cast.eastshire):
        upload = Upload.objects.get()
    client = signed_in(cast.lead)
    file = client.get("/schools/999001/uploads/?format=csv").content.decode()
    assert file.splitlines()[1].endswith(",Stored,200,0")
    assert "200 half-days changed" in words_of(client, f"/uploads/{upload.pk}/")
    told = words_of(client, f"/changes/{upload.pk}/")
    assert "New marks 160" in told and "Pupils 4" in told and "Abbott" not in told
