"""Records that may be one child: possible_duplicates, compare_records, undo_link, and reading linked ones as one."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from schools.children.record_links import judge_records, take_back
from schools.models import Enrolment, FormerUpn, LinkedRecord, Pupil, PupilLink, PupilNameKey, School
from schools.stored.names import name_keys, sort_key
from schools.stored.same_child import Pair, child_key, groups_of, open_pairs, records_of
from tests.cast import SINCE, Cast, in_scope
from tests.schools.stored import AT, store_autumn
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
LIST = "/possible-duplicates/"
PAGES = ("possible-duplicates/", "pupils/{one}/compare/{other}/", "record-links/{link}/take-back/")


def held_again(
    pupil: Pupil, school: School, *, forename: str = "", surname: str = "", upn: str | None = None, **enrolment: object
) -> Pupil:
    """Another record with this child's birthday, and a name like theirs."""
    forename, surname = forename or pupil.forename, surname or pupil.surname
    again = Pupil.objects.create(
        upn=upn, surname=surname, forename=forename, date_of_birth=pupil.date_of_birth,
        sort_key=sort_key(surname, forename),
    )  # fmt: skip
    PupilNameKey.objects.bulk_create(PupilNameKey(pupil=again, key=key) for key in name_keys(surname, forename))
    told = {"year_group": "7", "admission_on": dt.date(2026, 9, 1), **enrolment}
    Enrolment.objects.create(pupil=again, school=school, **told)
    return again


def judge(client: Client, one: Pupil, other: Pupil, verdict: str = "same") -> HttpResponse:
    typed = {"verdict": verdict, "reason": "The school says so"}
    return client.post(f"/pupils/{one.pk}/compare/{other.pk}/", typed)


@pytest.mark.django_db
def test_a_pair_is_proposed_with_its_evidence(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        held_again(cast.pupil, cast.vale, forename="Aimy")
        held_again(cast.pupils[1], cast.vale, forename="Brown", surname="Ben")
    page = words_of(signed_in(cast.officer), LIST)
    assert "2 pairs" in page
    assert "Abbott, Aimy no UPN Both were born on 14 March 2014. The names are almost the same." in page
    assert "At least one of them has no permanent UPN." in page
    assert "Both are on a roll at the same time: Hill Academy and Vale Primary School." in page
    assert "The names are the same in another order." in page


@pytest.mark.django_db
def test_a_upn_that_both_held_is_evidence_whatever_the_names(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        FormerUpn.objects.create(pupil=cast.vale_pupils[0], upn=cast.pupil.upn, until_on=SINCE)
    page = words_of(signed_in(cast.officer), LIST)
    assert "1 pair" in page and f"The UPN {cast.pupil.upn} is or was held by both." in page


@pytest.mark.django_db
def test_twins_with_names_alike_on_one_roll_are_not_proposed(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        twin = held_again(cast.pupil, cast.hill, forename="Aimy", upn="A999400126999")
        assert "No records look like one child" in words_of(signed_in(cast.officer), LIST)
        Enrolment.objects.filter(pupil=twin).update(school=cast.vale)
    assert "1 pair" in words_of(signed_in(cast.officer), LIST)


@pytest.mark.django_db
def test_two_records_stand_side_by_side_with_what_is_held_of_each(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale, leaving_on=dt.date(2026, 9, 20))
    page = words_of(signed_in(cast.officer), f"/pupils/{cast.pupil.pk}/compare/{again.pk}/")
    assert "Name the same Amy Abbott Amy Abbott" in page
    assert f"UPN {cast.pupil.upn} None held" in page
    assert "Vale Primary School: Year 7, admitted 1 September 2026, left 20 September 2026" in page
    assert "The names are the same." in page


@pytest.mark.django_db
def test_linked_records_are_read_as_one_on_the_page_and_in_a_search_and_can_be_taken_apart(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    client = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale, surname="Abbot")
    assert judge(client, cast.pupil, again).status_code == 302
    assert "No records look like one child" in words_of(client, LIST)
    assert "Abbot, Amy" in words_of(client, f"{LIST}?show=linked")
    for one, other in ((cast.pupil, again), (again, cast.pupil)):
        page = words_of(client, f"/pupils/{one.pk}/")
        assert f"Also held as {other.forename} {other.surname}" in page
        assert "Hill Academy Year 7" in page and "Vale Primary School Year 7" in page and "September 2026" in page
        found = client.get(f"/find/?q={one.surname}+amy")
        assert [pupil.pk for pupil in found.context["listing"]] == [cast.pupil.pk]
    with in_scope(cast.eastshire):
        link = PupilLink.objects.get()
        assert link.evidence.startswith("Both were born on 14 March 2014.") and link.made_by == cast.officer
        assert Enrolment.objects.get(pupil=again).school == cast.vale  # no key was re-pointed
    assert client.post(f"/record-links/{link.pk}/take-back/", {"reason": "They are cousins"}).status_code == 302
    assert "Also held as" not in words_of(client, f"/pupils/{cast.pupil.pk}/")
    assert "1 pair" in words_of(client, LIST)
    with in_scope(cast.eastshire):
        link.refresh_from_db()
        assert link.undone_by == cast.officer and link.undone_because == "They are cousins"
        events = AuditEvent.objects.filter(what__in=("judge_records", "take_back"))
        assert all(set(event.pupil_ids) == {cast.pupil.pk, again.pk} for event in events) and len(events) == 2


@pytest.mark.django_db
def test_not_the_same_is_remembered(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.team_leader)
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale)
    judge(client, cast.pupil, again, "not-the-same")
    assert "No records look like one child" in words_of(client, LIST)
    assert "The school says so" in words_of(client, f"{LIST}?show=apart")
    assert "Also held as" not in words_of(client, f"/pupils/{cast.pupil.pk}/")
    page = judge(client, again, cast.pupil).content.decode()
    assert "Somebody judged these two records before" in page and "</textarea>" in page


@pytest.mark.django_db
def test_a_school_reads_only_the_records_that_it_may_see(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale, surname="Abbot")
    judge(signed_in(cast.officer), cast.pupil, again)
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")
    assert "Also held as" not in page and "Vale" not in page
    assert signed_in(cast.lead).get(f"/pupils/{again.pk}/").status_code == 404
    found = signed_in(cast.other_lead).get("/find/?q=abbot").context["listing"]
    assert [pupil.pk for pupil in found] == [again.pk]


@pytest.mark.django_db
def test_a_restricted_record_is_in_no_pair_and_linked_with_none_that_is_open(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale)
        Pupil.objects.filter(pk=again.pk).update(is_restricted=True)
    client = signed_in(cast.officer)
    assert "No records look like one child" in words_of(client, LIST)
    assert client.get(f"/pupils/{cast.pupil.pk}/compare/{again.pk}/").status_code == 404


@pytest.mark.django_db
def test_restricting_one_of_linked_records_restricts_the_child(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale)
    client = signed_in(cast.team_leader)
    judge(client, cast.pupil, again)
    typed = {"kind": "other", "reason": "A court order", "holders": [str(cast.team_leader.pk)]}
    client.post(f"/pupils/{cast.pupil.pk}/restrict/", typed)
    for member, status in ((cast.officer, 404), (cast.team_leader, 200)):
        assert signed_in(member).get(f"/pupils/{again.pk}/").status_code == status


@pytest.mark.django_db
def test_every_list_of_pairs_is_a_file(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale)
    client = signed_in(cast.officer)
    lines = client.get(f"{LIST}?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Surname,Forename,UPN,Date of birth,Surname of the other") and len(lines) == 2
    judge(client, cast.pupil, again)
    lines = client.get(f"{LIST}?show=linked&format=csv").content.decode("utf-8-sig").splitlines()
    assert "The same child: The school says so" in lines[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["possible-duplicates/", "pupils/{one}/compare/{other}/", "record-links/{link}/take-back/"]
)
def test_who_may_not_link_records_is_turned_away(cast: Cast, signed_in: SignedIn, page: str) -> None:
    with in_scope(cast.eastshire):
        again = held_again(cast.pupil, cast.vale)
    judge(signed_in(cast.officer), cast.pupil, again)
    with in_scope(cast.eastshire):
        link = PupilLink.objects.get()
    address = "/" + page.format(one=cast.pupil.pk, other=again.pk, link=link.pk)
    assert Client().get(address).status_code == 302
    for member in (cast.lead, cast.other_lead, cast.office, cast.manager, cast.practitioner):
        assert signed_in(member).get(address).status_code == 403
    strange = signed_in(cast.stranger).get(address)
    assert strange.status_code == (200 if page == "possible-duplicates/" else 404)
    assert "Abbott" not in strange.content.decode()


@pytest.mark.django_db
def test_the_list_asks_the_database_as_often_however_long_it_is(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.officer)
    for pupil in cast.pupils:
        with in_scope(cast.eastshire):
            held_again(pupil, cast.vale)
        with django_assert_max_num_queries(18):
            client.get(LIST)


KEYS = [uuid.UUID(int=n) for n in range(6)]
PAIRS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda pair: pair[0] != pair[1]))


@given(PAIRS, st.data())
def test_linking_and_taking_apart_in_any_order_is_the_links_that_remain(pairs: list[Pair], data: st.DataObject) -> None:
    """A pair taken apart leaves what the others say: two are together when a chain of remaining links joins them."""
    kept = [pair for pair in pairs if data.draw(st.booleans())]
    groups = groups_of(kept)
    for one in KEYS:
        reached, at = {one}, [one]
        while at:
            here = at.pop()
            for pair in kept:
                if here in pair:
                    at += set(pair) - reached
                    reached |= set(pair)
        assert set(groups.get(one, [one])) == reached and len(groups.get(one, [one])) == len(reached)


@pytest.mark.django_db
def test_which_child_each_record_is_of_follows_every_link_and_every_taking_apart(cast: Cast) -> None:
    records, chance = [*cast.pupils, *cast.vale_pupils], random.Random(7)
    with in_scope(cast.eastshire):
        for number in range(20):
            standing = list(PupilLink.objects.filter(undone_at=None).order_by("pk"))
            if standing and chance.random() < 0.4:
                take_back(chance.choice(standing), reason="No", by=cast.officer, at=AT)
            else:
                one, other = chance.sample(records, 2)
                verdict = chance.choice(["same", "same", "not-the-same"])
                try:
                    judge_records(one, other, verdict=verdict, evidence="", reason="So", by=cast.officer, at=AT)
                except Refused:
                    continue
            groups = {record: sorted(group) for record, group in groups_of(open_pairs()).items()}
            for record in records:
                group = groups.get(record.pk, [record.pk])
                assert sorted(records_of(record)) == group, number
                assert child_key(record.pk) == group[0]
            assert set(LinkedRecord.objects.values_list("record", flat=True)) == set(groups)
