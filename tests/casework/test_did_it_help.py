"""Did it help, for one case: worked by hand from registers, who may look, and what is said where little is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from casework import actions
from casework.helped.kinds import stretches
from casework.helped.matching import NOBODY
from casework.helped.reading import children_of
from casework.models import Case
from schools.children.record_links import judge_records
from schools.models import Enrolment
from tests.casework.helped.scene import DAYS, OPENED, put_marks, set_scene
from tests.cast import Cast, in_scope, make_pupil
from tests.schools.stored import AT
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db

ASKED = "?weeks=4"


def address_of(case: Case) -> str:
    return f"/cases/{case.pk}/did-it-help/"


def test_a_case_that_was_opened_again_was_no_support_in_between(cast: Cast) -> None:
    day = dt.date(2026, 9, 1)
    with in_scope(cast.eastshire):
        case = actions.open_case(cast.pupil, reason="Away.", on=day, by=cast.officer)
        for n in (10, 40):
            closed_on = day + dt.timedelta(days=n)
            actions.close_case(case, outcome="improved", reason="Back.", on=closed_on, by=cast.officer)
            actions.reopen_case(case, reason="Away.", on=closed_on + dt.timedelta(days=20), by=cast.officer)
        last = dt.date(2026, 12, 1)
        days = [
            (day, dt.date(2026, 9, 11)),
            (dt.date(2026, 10, 1), dt.date(2026, 10, 11)),
            (dt.date(2026, 10, 31), last),
        ]
        assert stretches(day, last) == [(cast.pupil.pk, *one) for one in days]
        assert stretches(dt.date(2026, 9, 12), dt.date(2026, 9, 30)) == []


def test_by_hand_from_registers_to_what_is_left(cast: Cast, signed_in: SignedIn) -> None:
    """50% to 100%; six alike from 50% to 60%: 40 points are left. Zoe had a case, Yan was never alike."""
    case, alike = set_scene(cast)
    officer = signed_in(cast.officer)
    page = words_of(officer, address_of(case) + ASKED)
    assert "50.0%: 20 of 40 possible sessions attended" in page and "100.0%: 40 of 40" in page
    assert "Of 6 children who were alike and had no case it changed by +10.0 points: +40.0 points are left" in page
    assert "6, before 50.0%, after 60.0%" in page and "natural recovery" in page and "half of them" not in page
    assert "Alike" not in page and "Yan" not in page
    assert address_of(case) in officer.get(f"/cases/{case.pk}/").content.decode()
    text = officer.get(address_of(case) + ASKED + "&format=csv").content.decode()
    assert "4 before,50.0%,50.0%" in text and "1 after,100.0%,60.0%" in text and "natural recovery" in text
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="see_did_it_help").latest("pk").pupil_ids == [cast.pupil.pk]
        judge_records(*alike[:2], verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
    assert "5, before 50.0%, after 60.0%" in words_of(officer, address_of(case) + ASKED)
    with in_scope(cast.eastshire):
        judge_records(*alike[1:3], verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
    page = words_of(officer, address_of(case) + ASKED)
    assert "Fewer than 5 children were alike" in page and "100.0%: 40 of 40" in page and "60.0%" not in page


def test_who_may_look_and_in_how_many_questions(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    case, _ = set_scene(cast)
    assert Client().get(address_of(case)).status_code == 302
    assert signed_in(cast.office).get(address_of(case)).status_code == 403
    for member in (cast.other_lead, cast.stranger, cast.practitioner):
        assert signed_in(member).get(address_of(case)).status_code == 404
    lead = signed_in(cast.lead)
    lead.get(address_of(case))
    with django_assert_max_num_queries(40):
        page = words_of(lead, address_of(case) + "?weeks=nonsense&begun=nothing")
    assert "Only 4 whole school weeks have passed since" in page


def test_a_school_sees_of_the_child_its_own_sessions_alone(cast: Cast, signed_in: SignedIn) -> None:
    """Finn's record at Vale, with ten weeks of absence, is said to be Amy's: Hill's lead learns nothing of it."""
    case, _ = set_scene(cast)
    finn = cast.vale_pupils[0]
    with in_scope(cast.eastshire):
        put_marks({finn: dict.fromkeys(DAYS, "OO")})
        judge_records(cast.pupil, finn, verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
    assert "20 of 80 possible sessions attended" in words_of(signed_in(cast.officer), address_of(case) + ASKED)
    page = words_of(signed_in(cast.lead), address_of(case) + ASKED)
    assert "50.0%: 20 of 40 possible sessions attended" in page and "+40.0 points are left" in page


def test_too_early_and_without_registers_is_said(cast: Cast, signed_in: SignedIn) -> None:
    case, _ = set_scene(cast)
    officer = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        Case.objects.filter(pk=case.pk).update(opened_on=dt.date(2026, 11, 19))
    assert "no whole school week has passed since" in words_of(officer, address_of(case))
    with in_scope(cast.eastshire):
        Case.objects.filter(pk=case.pk).update(opened_on=OPENED, pupil=cast.vale_pupils[0])
    assert "No register is held for the child" in words_of(officer, address_of(case))


def test_of_two_rolls_that_with_most_sessions_says_who_is_alike(cast: Cast) -> None:
    """Finn is marked D at Vale all the while, and goes to Hill on fewer days: he is of Hill's Year 7."""
    case, alike = set_scene(cast)
    finn = cast.vale_pupils[0]
    with in_scope(cast.eastshire):
        put_marks({finn: dict.fromkeys(DAYS, "DD")})
        at_hill = make_pupil(cast.hill, 50, "Ford", "Finn", "7")
        put_marks({at_hill: dict.fromkeys(DAYS[:10], "/\\")})
        Enrolment.objects.filter(pupil=at_hill).update(pupil=finn)
        everyone = children_of(2026, [2026], on=DAYS[-1])
        like_finn = children_of(2026, [2026], on=DAYS[-1], like=finn.pk)
    hill = [finn.pk, case.pupil_id, *(one.pk for one in alike)]
    for found in (everyone, like_finn):
        assert len(set(found.held.alike[found.rows(hill)])) == 1
        assert NOBODY not in found.rows(hill)
