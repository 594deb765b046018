"""Finding a child: by name, UPN and number, and only among those a person may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Circumstance, Enrolment, FormerUpn, Pupil, PupilAccess, PupilNameKey
from schools.stored.names import name_keys, sort_key
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.tsm.meetings import stand

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def found(client: Client, typed: str, **others: str) -> str:
    response = client.get("/find/", {"q": typed, **others})
    assert response.status_code == 200
    return response.content.decode()


def named(pupil: Pupil, surname: str, forename: str) -> None:
    """Give a child another name, as an action would."""
    Pupil.objects.filter(pk=pupil.pk).update(surname=surname, forename=forename, sort_key=sort_key(surname, forename))
    PupilNameKey.objects.filter(pupil=pupil).delete()
    for key in name_keys(surname, forename):
        PupilNameKey.objects.create(pupil=pupil, key=key)


@pytest.mark.usefixtures("in_eastshire")
class TestFinding:
    @pytest.mark.parametrize("typed", ["Abb", "abbott", "amy ABBOTT", "Abbott, Amy", "amy", "  Amy  abb "])
    def test_parts_of_names_in_any_order(self, cast: Cast, signed_in: SignedIn, typed: str) -> None:
        html = found(signed_in(cast.lead), typed)
        assert "Amy Abbott" in html
        assert "Ben Brown" not in html

    @pytest.mark.parametrize("typed", ["abbx", "abbott ben", "bbott", "ab"])
    def test_every_part_must_begin_a_part_of_the_name(self, cast: Cast, signed_in: SignedIn, typed: str) -> None:
        assert "No child found" in found(signed_in(cast.lead), typed)

    def test_accents_and_apostrophes_do_not_matter(self, cast: Cast, signed_in: SignedIn) -> None:
        named(cast.pupil, "O’Brien-Łoś", "Zoë")
        assert "Zoë O’Brien-Łoś" in found(signed_in(cast.lead), "obrien zoe")

    def test_a_whole_short_name_is_found(self, cast: Cast, signed_in: SignedIn) -> None:
        named(cast.pupil, "Li", "Bo")
        assert "Bo Li" in found(signed_in(cast.lead), "li")
        named(cast.pupils[1], "Lister", "Ben")
        assert "Ben Lister" not in found(signed_in(cast.lead), "li")

    def test_a_upn_of_now_and_of_before(self, cast: Cast, signed_in: SignedIn) -> None:
        FormerUpn.objects.create(pupil=cast.pupils[1], upn="A999400126777", until_on=ON)
        assert "Amy Abbott" in found(signed_in(cast.lead), f" {str(cast.pupil.upn).lower()} ")
        assert "Ben Brown" in found(signed_in(cast.lead), "A999400126777")
        assert "No child found" in found(signed_in(cast.lead), str(cast.pupil.upn)[:12])

    def test_the_schools_own_number(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Cora Clarke" in found(signed_in(cast.lead), "0003")
        assert "Cora Clarke" not in found(signed_in(cast.lead), "003")

    def test_year_school_and_category_are_shown(self, cast: Cast, signed_in: SignedIn) -> None:
        stand(cast.pupil, absent=60)
        html = found(signed_in(cast.officer), "abbott")
        assert "Hill Academy" in html
        assert "Severe absence" in html

    def test_twenty_stand_on_a_page(self, cast: Cast, signed_in: SignedIn) -> None:
        for number in range(25):
            make_pupil(cast.hill, 100 + number, "Young", f"Una{number:02d}", "9")
        first = found(signed_in(cast.lead), "young")
        assert "1 to 20 of 25 children" in first
        assert "Una24 Young" in found(signed_in(cast.lead), "young", page="2")

    def test_nothing_typed_asks_for_something(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Type at least three letters" in found(signed_in(cast.lead), "")
        assert not AuditEvent.objects.filter(what="find_child").exists()

    @pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "x" * 101, "<b>bold</b>", "().*", "٣"])
    def test_odd_words_find_nothing_and_break_nothing(self, cast: Cast, signed_in: SignedIn, typed: str) -> None:
        html = found(signed_in(cast.lead), typed)
        assert "Abbott" not in html
        assert "<b>bold" not in html

    def test_a_character_that_no_name_holds_is_a_bad_request(self, cast: Cast, signed_in: SignedIn) -> None:
        response = signed_in(cast.lead).get("/find/", {"q": "a\0b"})
        assert response.status_code == 400
        assert "Abbott" not in response.content.decode()
        assert not AuditEvent.objects.filter(what="find_child").exists()

    def test_one_event_holds_what_was_asked_and_who_was_found(self, cast: Cast, signed_in: SignedIn) -> None:
        found(signed_in(cast.lead), "abbott")
        event = AuditEvent.objects.get(what="find_child")
        assert (event.pupil_ids, event.detail) == ([cast.pupil.pk], {"asked": "abbott"})

    def test_the_number_of_queries_does_not_grow(
        self, cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in(cast.lead)
        make_pupil(cast.hill, 99, "Young", "Una", "9")
        with django_assert_max_num_queries(20) as few:
            found(client, "young")
        for number in range(19):
            stand(make_pupil(cast.hill, 100 + number, "Young", f"Una{number:02d}", "9"))
        with django_assert_max_num_queries(len(few)):
            found(client, "young")


@pytest.mark.usefixtures("in_eastshire")
class TestOnlyWhatOneMaySee:
    @pytest.mark.parametrize("by", ["name", "upn", "number"])
    def test_a_lead_of_another_school_gets_the_same_page_as_for_nobody(
        self, cast: Cast, signed_in: SignedIn, by: str
    ) -> None:
        Enrolment.objects.filter(pupil=cast.pupil).update(local_id="HILL-7")
        typed = {"name": "Abbott", "upn": str(cast.pupil.upn), "number": "HILL-7"}[by]
        client = signed_in(cast.other_lead)
        there, nobody = found(client, typed), found(client, "Zzzyx" if by == "name" else "Z999400126777")
        assert _without_what_was_typed(there, typed) == _without_what_was_typed(
            nobody, "Zzzyx" if by == "name" else "Z999400126777"
        )

    def test_another_schools_number_of_a_shared_child_finds_nothing(self, cast: Cast, signed_in: SignedIn) -> None:
        Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, local_id="VALE-9", year_group="7")
        assert "No child found" in found(signed_in(cast.lead), "VALE-9")
        html = found(signed_in(cast.lead), "abbott")
        assert "Amy Abbott" in html
        assert "Vale Primary" not in html

    def test_a_restricted_child_is_found_by_those_who_hold_the_grant_alone(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        for member in (cast.lead, cast.officer, cast.manager):
            assert "Amy Abbott" not in found(signed_in(member), "abbott")
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
        assert "Amy Abbott" in found(signed_in(cast.officer), "abbott")

    def test_who_is_offered_a_restricted_record_by_its_upn_is_not_told_that_there_is_none(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        html = found(signed_in(cast.officer), str(cast.pupil.upn))
        assert "Open it for today" in html and "No child found" not in html

    def test_a_practitioner_finds_the_children_they_were_given(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "No child found" in found(signed_in(cast.practitioner), "abbott")
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Case", from_on=ON)
        assert "Amy Abbott" in found(signed_in(cast.practitioner), "abbott")

    def test_the_virtual_school_finds_its_children(self, cast: Cast, signed_in: SignedIn) -> None:
        Circumstance.objects.create(pupil=cast.pupil, kind="looked-after", from_on=ON, source="test")
        assert "Amy Abbott" in found(signed_in(cast.virtual_school), "abbott")
        assert "Ben Brown" not in found(signed_in(cast.virtual_school), "brown")

    def test_who_may_not_see_children_is_refused(self, cast: Cast, signed_in: SignedIn, client: Client) -> None:
        assert signed_in(cast.admin).get("/find/?q=abbott").status_code == 403
        assert client.get("/find/?q=abbott").status_code == 302


def test_the_stranger_finds_nothing_by_any_word(cast: Cast, signed_in: SignedIn) -> None:
    for typed in ("abbott", cast.pupil.upn or "", "0001", str(cast.pupil.pk)):
        html = found(signed_in(cast.stranger), typed)
        assert "Amy" not in html
        assert "Hill Academy" not in html


def _without_what_was_typed(html: str, typed: str) -> str:
    """The page without the words and without what differs on every page: its form tokens."""
    page = html.replace(typed, "…")
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)
