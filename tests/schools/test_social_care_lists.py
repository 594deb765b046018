"""Social care's lists: social_care_lists, social_care_list, settle_care_line, and manage.py import_social_care."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Circumstance, FormerUpn, Pupil, SocialCareLine
from tests.cast import ON, SINCE, Cast, in_scope, make_pupil
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
LISTS = "/social-care-lists/"
HEADINGS = "UPN,Surname,Forename,Date of birth,Status,Social worker,Social worker e-mail,From,To"

pytestmark = pytest.mark.django_db


def send(client: Client, *lines: str, headings: str = HEADINGS) -> HttpResponse:
    content = "\r\n".join([headings, *lines]).encode()
    return client.post(LISTS, {"file": SimpleUploadedFile("care.csv", content)})


def held(cast: Cast) -> list[tuple[object, ...]]:
    with in_scope(cast.eastshire):
        fields = ("pupil__forename", "kind", "from_on", "until_on", "social_worker", "social_worker_email")
        return list(Circumstance.objects.order_by("pk").values_list(*fields))


def states(cast: Cast) -> list[str]:
    with in_scope(cast.eastshire):
        return list(SocialCareLine.objects.order_by("pk").values_list("state", flat=True))


def amy(cast: Cast, status: str = "CP", until: str = "", worker: str = "Sue Work,sue@eastshire.example") -> str:
    return f"{cast.pupil.upn},Abbott,Amy,14/03/2014,{status},{worker},01/10/2026,{until}"


def test_certain_lines_become_dated_circumstances_with_their_social_worker(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    answer = send(client, amy(cast), ",BROWN,ben,2013-03-14,Looked After,Wes Hill,,3 Sep 2026,")
    page = words_of(client, answer.url)
    assert "2 Recorded" in page and "Child protection plan" in page
    assert held(cast) == [
        ("Amy", "child-protection", dt.date(2026, 10, 1), None, "Sue Work", "sue@eastshire.example"),
        ("Ben", "looked-after", dt.date(2026, 9, 3), None, "Wes Hill", ""),
    ]
    assert "Amy Abbott" in words_of(client, "/find/?q=abbott")  # she is of the virtual school's cohort now


def test_every_status_of_the_list_is_known(cast: Cast, signed_in: SignedIn) -> None:
    for status, kind in (("CiN", "child-in-need"), ("CLA", "looked-after"), ("previously", "previously-looked-after")):
        send(signed_in(cast.virtual_school), amy(cast, status))
        assert kind in {row[1] for row in held(cast)}


def test_the_same_list_again_changes_nothing_and_an_end_is_put_on_the_one_held(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, amy(cast))
    once = held(cast)
    send(client, amy(cast))
    assert held(cast) == once and states(cast) == ["recorded", "known"]
    send(client, amy(cast, until="13/11/2026"))
    assert [row[3] for row in held(cast)] == [dt.date(2026, 11, 13)]
    send(client, amy(cast))  # an older list takes no end away
    assert [row[3] for row in held(cast)] == [dt.date(2026, 11, 13)]


def test_a_new_list_without_a_mistaken_end_takes_it_away(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, amy(cast, until="13/11/2026"))
    send(client, amy(cast))
    assert [row[3] for row in held(cast)] == [None] and states(cast) == ["recorded", "recorded"]
    send(client, amy(cast), amy(cast, until="13/11/2026"), amy(cast))  # which of these is right, the end says
    assert [row[3] for row in held(cast)] == [dt.date(2026, 11, 13)]


def test_an_end_that_no_list_gave_stays(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, amy(cast))
    with in_scope(cast.eastshire):
        Circumstance.objects.update(until_on=ON)
    send(client, amy(cast, worker="Tia New,tia@eastshire.example"))
    assert [row[3:5] for row in held(cast)] == [(ON, "Tia New")]


@pytest.mark.parametrize("held_here", [True, False])
def test_a_twins_name_beside_the_upn_waits_for_a_person(cast: Cast, signed_in: SignedIn, held_here: bool) -> None:
    if held_here:
        with in_scope(cast.eastshire):
            twin = make_pupil(cast.hill, 77, "Abbott", "Zara", "7")
            Pupil.objects.filter(pk=twin.pk).update(date_of_birth=cast.pupil.date_of_birth)
    send(signed_in(cast.virtual_school), amy(cast).replace("Amy", "Zara"))
    assert states(cast) == ["uncertain"] and held(cast) == []


def test_another_social_worker_takes_the_place_of_the_one_held(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, amy(cast))
    send(client, amy(cast, worker="Tia New,tia@eastshire.example"))
    assert [row[4:] for row in held(cast)] == [("Tia New", "tia@eastshire.example")]


def test_a_former_upn_finds_the_child(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        FormerUpn.objects.create(pupil=cast.pupil, upn="A99940012600A", until_on=SINCE)
    send(signed_in(cast.virtual_school), "A99940012600A,,,,CP,,,01/10/2026,")
    assert [row[0] for row in held(cast)] == ["Amy"]


def test_lines_that_cannot_be_used_are_left_out_each_with_its_reason(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    upn = cast.pupil.upn
    answer = send(
        client, f"{upn},,,,Unknown,,,01/10/2026,", f"{upn},,,,CP,,,,", f"{upn},,,,CP,,,31/13/2026,",
        f"{upn},,,,CP,,,01/10/2026,01/09/2026", ",Abbott,,,CP,,,01/10/2026,",
    )  # fmt: skip
    page = words_of(client, answer.url)
    for sentence in (
        "The status “Unknown” is not known", "The day from which the status holds is missing", "“31/13/2026” is not a",
        "The status would end before it begins", "There is neither a UPN nor a whole name",
    ):  # fmt: skip
        assert sentence in page
    assert states(cast) == ["left-out"] * 5 and not held(cast)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Name,Age\r\nAmy,12\r\n", "The columns were not recognised"),
        (HEADINGS.encode(), "no lines below its headings"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_is_refused_whole(
    cast: Cast, signed_in: SignedIn, content: bytes, sentence: str
) -> None:
    answer = signed_in(cast.virtual_school).post(LISTS, {"file": SimpleUploadedFile("care.csv", content)})
    assert answer.status_code == 409 and sentence in answer.content.decode()
    assert not states(cast)


def test_an_uncertain_line_waits_for_a_person_who_says_which_child_is_meant(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    line = ",Abbott,Amie,14/03/2014,CP,,,01/10/2026,"
    send(client, line)
    assert states(cast) == ["uncertain"] and not held(cast)
    with in_scope(cast.eastshire):
        waiting = SocialCareLine.objects.get()
    address = f"{LISTS}lines/{waiting.pk}/"
    assert "Amy Abbott, born 14 March 2014" in words_of(client, address)
    assert "Choose the child, or none of these" in client.post(address, {"child": ""}).content.decode()
    assert client.post(address, {"child": str(cast.pupil.pk)}).status_code == 302
    assert [row[:2] for row in held(cast)] == [("Amy", "child-protection")]
    assert client.get(address).status_code == 404  # it is settled
    send(client, line)  # what was said of it once holds for the next list
    assert states(cast) == ["recorded", "known"] and len(held(cast)) == 1
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="settle_care_line").pupil_ids == [cast.pupil.pk]


def uncertain(status: str = "CP", until: str = "", worker: str = ",") -> str:
    """Amy, as social care spells her."""
    return f",Abbott,Amie,14/03/2014,{status},{worker},01/10/2026,{until}"


def test_what_is_said_of_a_line_holds_for_its_copies_on_later_lists_in_their_order(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.virtual_school)
    send(client, uncertain())
    send(client, uncertain(worker="Sue Work,sue@eastshire.example"))
    send(client, uncertain(until="13/11/2026", worker="Tia New,tia@eastshire.example"))
    assert states(cast) == ["uncertain", "known", "known"] and not held(cast)
    with in_scope(cast.eastshire):
        first = SocialCareLine.objects.order_by("pk")[0]
    client.post(f"{LISTS}lines/{first.pk}/", {"child": str(cast.pupil.pk)})
    assert [row[3:] for row in held(cast)] == [(dt.date(2026, 11, 13), "Tia New", "tia@eastshire.example")]
    assert states(cast) == ["recorded"] * 3
    with in_scope(cast.eastshire):
        assert not SocialCareLine.objects.filter(pk__gt=first.pk).exclude(message="").exists()
        # A copy that was left waiting when its line was settled stands in the way of no later list.
        SocialCareLine.objects.filter(pk__gt=first.pk).update(pupil=None, state="known", message="Waits on another.")
    send(client, uncertain(until="16/11/2026"))
    assert [row[3] for row in held(cast)] == [dt.date(2026, 11, 16)] and states(cast)[3:] == ["recorded"]


def test_a_line_settled_late_takes_nothing_from_what_later_lists_told(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, uncertain(until="06/11/2026", worker="Old Hand,old@eastshire.example"))
    send(client, amy(cast, until="13/11/2026", worker="Tia New,tia@eastshire.example"))
    later = held(cast)
    with in_scope(cast.eastshire):
        first = SocialCareLine.objects.get(state="uncertain")
    client.post(f"{LISTS}lines/{first.pk}/", {"child": str(cast.pupil.pk)})
    assert held(cast) == later


def test_the_copies_of_a_line_that_is_set_aside_are_set_aside_with_it(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    for _ in range(2):
        send(client, ",Nobody,Nina,01/01/2014,CP,,,01/10/2026,")
    with in_scope(cast.eastshire):
        waiting = SocialCareLine.objects.get(state="uncertain")
    client.post(f"{LISTS}lines/{waiting.pk}/", {"child": "nobody"})
    assert states(cast) == ["set-aside", "set-aside"] and not held(cast)


def test_a_line_of_nobody_here_is_set_aside_and_stays_so(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, ",Nobody,Nina,01/01/2014,CP,,,01/10/2026,")
    with in_scope(cast.eastshire):
        waiting = SocialCareLine.objects.get()
    client.post(f"{LISTS}lines/{waiting.pk}/", {"child": "nobody"})
    send(client, ",Nobody,Nina,01/01/2014,CP,,,01/10/2026,")
    assert states(cast) == ["set-aside", "set-aside"] and not held(cast)


def test_a_line_that_became_certain_while_it_waited_can_be_settled(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, ",Abbott,Amie,14/03/2014,CP,,,01/10/2026,")
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(forename="Amie", sort_key="abbott amie")
        waiting = SocialCareLine.objects.get()
    assert "Amie Abbott, born 14 March 2014" in words_of(client, f"{LISTS}lines/{waiting.pk}/")


def test_whoever_reads_a_line_that_still_waits_has_looked_at_the_child(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    answer = send(client, f"{cast.pupil.upn},Brown,Bo,,CP,,,01/10/2026,", ",Nobody,Nina,01/01/2014,CP,,,01/10/2026,")
    client.get(answer.url)
    client.get(f"{answer.url}?format=csv")
    with in_scope(cast.eastshire):
        looks = AuditEvent.objects.filter(what__in=("see_care_list", "export_care_list"))
        assert [event.pupil_ids for event in looks] == [[cast.pupil.pk]] * 2


def test_a_upn_of_a_child_with_another_name_is_looked_at(cast: Cast, signed_in: SignedIn) -> None:
    send(signed_in(cast.virtual_school), f"{cast.pupil.upn},Brown,Ben,14/03/2013,CP,,,01/10/2026,")
    assert states(cast) == ["uncertain"] and not held(cast)


def test_a_restricted_child_is_as_if_not_there(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    send(client, amy(cast))
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    answer = send(client, amy(cast, "CiN"))
    page = words_of(client, answer.url)
    assert "Waits on an earlier list" not in page and "No child with this UPN" in page
    with in_scope(cast.eastshire):
        first = SocialCareLine.objects.order_by("pk").first()
    assert first is not None and "Abbott" not in words_of(client, f"{LISTS}{first.care_list_id}/")
    assert cast.pupil.upn not in client.get(f"{LISTS}{first.care_list_id}/?format=csv").content.decode()


def test_the_command_does_the_same_and_says_what_waits(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "care.csv"
    file.write_text("\r\n".join([HEADINGS, amy(cast), ",Nobody,Nina,01/01/2014,CP,,,01/10/2026,"]))
    said = io.StringIO()
    call_command("import_social_care", str(file), authority="eastshire", stdout=said)
    assert "Line 3, to be looked at: No child with this UPN" in said.getvalue()
    assert "1 recorded, 1 to be looked at." in said.getvalue() and len(held(cast)) == 1
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_social_care", str(tmp_path / "none.csv"), authority="eastshire")


def test_lists_and_lines_are_files(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.virtual_school)
    answer = send(client, amy(cast))
    lines = client.get(f"{answer.url}?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[1].startswith(f"2,{cast.pupil.upn},Abbott,Amy,2014-03-14,Child protection plan,Sue Work")
    assert "care.csv,Vic Stone,1,0,0" in client.get(f"{LISTS}?format=csv").content.decode()
    assert "No lines" in words_of(client, f"{answer.url}?state=uncertain")


def test_who_may_not_see_the_lists_is_turned_away(cast: Cast, signed_in: SignedIn) -> None:
    answer = send(signed_in(cast.virtual_school), ",Abbott,Amie,14/03/2014,CP,,,01/10/2026,")
    with in_scope(cast.eastshire):
        waiting = SocialCareLine.objects.get()
    for address in (LISTS, answer.url, f"{LISTS}lines/{waiting.pk}/"):
        assert Client().get(address).status_code == 302
        for member in (cast.lead, cast.other_lead, cast.officer, cast.manager, cast.practitioner, cast.stranger):
            assert signed_in(member).get(address).status_code == 403


def test_a_list_asks_the_database_as_often_however_long_it_is(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.virtual_school)
    for number in (1, 30):
        answer = send(client, *[amy(cast, status) for status in ("CP", "CiN", "LA")] * number)
        with django_assert_max_num_queries(16):
            client.get(answer.url)
        with django_assert_max_num_queries(16):
            client.get(LISTS)
