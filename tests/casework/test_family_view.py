"""The family view: the children of a family, their parents and carers, and that what one may not see leaves no gap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from casework import actions
from casework.models import Case
from schools.children.record_links import judge_records
from schools.models import Carer, CarerLink, Circumstance, Pupil, PupilAccess
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.stored import AT, store_autumn
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db

HOME, AWAY, ELSEWHERE = "1 Hill Road", "9 Far Lane", "4 Vale Street"


def address_of(pupil: Pupil) -> str:
    return f"/pupils/{pupil.pk}/family-view/"


def put(pupil: Pupil, carer: Carer, relationship: str, *, lives_with: bool | None = True) -> None:
    CarerLink.objects.create(pupil=pupil, carer=carer, relationship=relationship, lives_with=lives_with)


@pytest.fixture
def family(cast: Cast) -> Cast:
    """Amy and Ben of Hill and Finn of Vale are Alice's; Amy's father lives elsewhere; Finn has a father of his own."""
    with in_scope(cast.eastshire):
        alice = Carer.objects.create(name="Alice Abbott", telephone="01632 960001", address=HOME)
        bob = Carer.objects.create(name="Bob Abbott", telephone="01632 960002", address=AWAY)
        fred = Carer.objects.create(name="Fred Ford", telephone="01632 960003", address=ELSEWHERE)
        for pupil in (cast.pupil, cast.pupils[1], cast.vale_pupils[0]):
            put(pupil, alice, "Mother")
        put(cast.pupil, bob, "Father", lives_with=False)
        put(cast.vale_pupils[0], fred, "Father")
    return cast


def open_case(cast: Cast, pupil: Pupil) -> Case:
    return actions.open_case(pupil, reason="Severely absent.", on=ON, by=cast.officer)


def test_the_children_of_all_schools_with_attendance_circumstances_and_cases(family: Cast, signed_in: SignedIn) -> None:
    store_autumn(family)
    with in_scope(family.eastshire):
        Circumstance.objects.create(pupil=family.pupils[1], kind="young-carer", from_on=ON, source="School")
        case = open_case(family, family.vale_pupils[0])
        actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=family.officer)
    page = words_of(signed_in(family.officer), address_of(family.pupil))
    assert "Amy Abbott" in page and "Hill Academy Year 7 50.0%" in page and "20 of 40 sessions missed" in page
    assert "Ben Brown" in page and "Young carer" in page and "child of Alice Abbott" in page
    assert "Finn Ford" in page and "Vale Primary School Year 3" in page and "lead: Nia Oak, Housing" in page
    assert "Bob Abbott , Father" in page and HOME in page and AWAY in page


def test_another_parent_of_a_sibling_is_not_there(family: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(family.officer), address_of(family.pupil))
    assert "Fred" not in page and ELSEWHERE not in page


def test_a_sibling_at_another_school_is_not_there_for_the_school_nor_counted(family: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(family.lead), address_of(family.pupil))
    assert "Ben Brown" in page and "2 children" in page and "Finn" not in page and "Vale" not in page


def test_a_restricted_sibling_and_where_they_live_are_simply_not_there(family: Cast, signed_in: SignedIn) -> None:
    with in_scope(family.eastshire):
        Pupil.objects.filter(pk=family.vale_pupils[0].pk).update(is_restricted=True)
        open_case(family, family.vale_pupils[0])
    officer = signed_in(family.officer)
    for address in (address_of(family.pupil), address_of(family.pupil) + "?format=csv"):
        page = officer.get(address).content.decode()
        assert "Ben Brown" in page
        gone = [word for word in ("Finn", "Ford", "Vale", HOME, "01632 960001", "estricted") if word in page]
        assert not gone
    page = words_of(officer, address_of(family.pupil))
    assert "2 children" in page and "hidden" not in page and "withheld" not in page
    assert officer.get(address_of(family.vale_pupils[0])).status_code == 404
    with in_scope(family.eastshire):
        looked = AuditEvent.objects.filter(what="see_family_view").latest("pk")
        assert set(looked.pupil_ids) == {family.pupil.pk, family.pupils[1].pk}


def test_a_partner_sees_of_the_siblings_only_those_they_were_granted(family: Cast, signed_in: SignedIn) -> None:
    with in_scope(family.eastshire):
        case = open_case(family, family.pupil)
        actions.ask_to_lead(case, lead=family.practitioner, on=ON, by=family.officer)
        actions.accept_lead(case, on=ON, by=family.practitioner)
        open_case(family, family.vale_pupils[0])
    partner = signed_in(family.practitioner)
    page = words_of(partner, address_of(family.pupil))
    assert "Amy Abbott" in page and "1 child" in page and "Ben" not in page and "Finn" not in page
    assert partner.get(address_of(family.pupils[1])).status_code == 404
    with in_scope(family.eastshire):
        for pupil in (family.pupils[1], family.vale_pupils[0]):
            PupilAccess.objects.create(pupil=pupil, membership=family.practitioner, reason="Other", from_on=ON)
    page = words_of(partner, address_of(family.pupil))
    assert "Ben Brown" in page and "Finn Ford" in page and "3 children" in page


def test_whoever_visits_has_the_childs_home_and_not_the_other_parents(family: Cast, signed_in: SignedIn) -> None:
    with in_scope(family.eastshire):
        actions.ask_to_lead(open_case(family, family.pupil), lead=family.practitioner, on=ON, by=family.officer)
    page = words_of(signed_in(family.practitioner), address_of(family.pupil))
    assert HOME in page and "Bob Abbott" in page and AWAY not in page
    page = words_of(signed_in(family.manager), address_of(family.pupil))
    assert "Bob Abbott" in page and HOME not in page and AWAY not in page


def test_linked_records_are_one_child_and_their_parents_stand_once(family: Cast, signed_in: SignedIn) -> None:
    with in_scope(family.eastshire):
        pair = family.pupils[1], family.vale_pupils[0]
        judge_records(*pair, verdict="same", evidence="", reason="So", by=family.officer, at=AT)
    officer = signed_in(family.officer)
    page = words_of(officer, address_of(family.pupil))
    assert "2 children" in page and "Hill Academy" in page and "Vale Primary School" in page
    page = words_of(officer, address_of(family.pupils[1]))
    assert page.count("Alice Abbott , Mother") == 1 and "Fred Ford" in page
    with in_scope(family.eastshire):
        looked = AuditEvent.objects.filter(what="see_family_view").order_by("-pk")[:2]
        assert all(len(event.pupil_ids) == 3 for event in looked)


def test_the_file_has_a_line_for_each_school_and_is_for_those_who_may_take_one(
    family: Cast, signed_in: SignedIn
) -> None:
    store_autumn(family)
    text = signed_in(family.officer).get(address_of(family.pupil) + "?format=csv").content.decode()
    assert "Amy Abbott,Hill Academy,7,20,40,50.0%" in text and "Finn Ford,Vale Primary School,3" in text
    page = signed_in(family.auditor).get(address_of(family.pupil) + "?format=csv")
    assert page["Content-Type"].startswith("text/html") and b"Download as CSV" not in page.content


def test_it_is_one_click_from_the_childs_page_and_for_those_alone_who_may_see_cases(
    family: Cast, signed_in: SignedIn
) -> None:
    href = address_of(family.pupil)
    assert href in signed_in(family.officer).get(f"/pupils/{family.pupil.pk}/").content.decode()
    office = signed_in(family.office)
    assert href not in office.get(f"/pupils/{family.pupil.pk}/").content.decode()
    assert office.get(href).status_code == 403
    assert Client().get(href).status_code == 302
    for member in (family.other_lead, family.stranger, family.practitioner):
        assert signed_in(member).get(href).status_code == 404


def test_from_a_case_one_goes_back_to_the_case(family: Cast, signed_in: SignedIn) -> None:
    officer = signed_in(family.officer)
    with in_scope(family.eastshire):
        case = f"/cases/{open_case(family, family.pupil).pk}/"
    way = f"{address_of(family.pupil)}?next={case}"
    assert way in officer.get(case).content.decode()
    assert f'href="{case}" class="govuk-back-link"' in officer.get(way).content.decode()


def test_a_large_family_takes_no_more_questions(
    family: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with in_scope(family.eastshire):
        alice = Carer.objects.get(name="Alice Abbott")
        for number in range(50, 62):
            sibling = make_pupil(family.hill, number, "Abbott", f"Child {number}", "8")
            put(sibling, alice, "Mother")
            open_case(family, sibling)
    officer = signed_in(family.officer)
    officer.get(address_of(family.pupil))
    with django_assert_max_num_queries(26):
        assert "15 children" in words_of(officer, address_of(family.pupil))
