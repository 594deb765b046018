"""The child over every enrolment of the year, on pupil_page: moves, dual registration, a changed UPN."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import Membership
from attendance_portal.upn import check_letter
from schools.models import Enrolment, FormerUpn, Pupil, School, Standing
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db

HEADINGS = "UPN,Surname,Forename,DOB,Year,Date,Session,Mark,Admission Date,Leaving Date"
TEMPORARY = check_letter("99940012600A") + "99940012600A"
PERMANENT = check_letter("999400126123") + "999400126123"
LEFT_HILL, JOINED_VALE = dt.date(2026, 9, 18), dt.date(2026, 9, 21)
JOINED_UNIT, LEFT_VALE, BACK_AT_HILL = dt.date(2026, 9, 28), dt.date(2026, 10, 2), dt.date(2026, 10, 5)


def send(cast: Cast, school: School, upn: str, days: dict[dt.date, str], *, joined: str = "", left: str = "") -> None:
    """One child's file: marks as "/\\", and the dates that it states."""
    lines = [
        f"{upn},Ash,Rose,14/03/2014,7,{day:%d/%m/%Y},{half},{mark},{joined},{left}"
        for day, pair in days.items()
        for half, mark in zip(("AM", "PM"), pair, strict=True)
    ]
    text = "\r\n".join([HEADINGS, *lines]) + "\r\n"
    upload = uploads.receive_upload(school, [text.encode()], file_name="register.csv", by=cast.officer)
    plan = uploads.read_upload(upload, on=ON)
    assert not plan.stopped, [problem.message for problem in plan.problems]
    uploads.store_upload(uploads.accept_upload(upload, by=cast.officer, at=AT), on=ON)


def present(first: dt.date, days: int, missed: dict[int, str]) -> dict[dt.date, str]:
    """So many school days from `first`; `missed` gives the pair of marks of some of them, by their place."""
    return {day: missed.get(n, "/\\") for n, day in enumerate(school_days(first, days))}


def follow_rose(cast: Cast) -> Pupil:
    """Hill, then Vale, there also registered at the unit (D at Vale), then Hill again; a temporary UPN at first.

    Hill 7 to 18 September: 20 possible, 4 missed without leave. Vale 21 September to 2 October: 10 possible and
    10 coded D, 1 missed ill. The unit 28 September to 2 October: 10 possible, 6 missed ill. Hill 5 to 16 October:
    20 possible, none missed. The child: 60 possible, 11 missed, 49 attended.
    """
    first = present(dt.date(2026, 9, 7), 10, {0: "OO", 1: "OO"})
    monday_to_friday, second_week = dict(list(first.items())[:5]), dict(list(first.items())[5:])
    with in_scope(cast.eastshire):
        unit = School.objects.create(urn="999009", laestab="9991109", name="Moor Unit", phase="alternative")
        send(cast, cast.hill, TEMPORARY, monday_to_friday, joined="07/09/2026")
        send(cast, cast.hill, PERMANENT, second_week, joined="07/09/2026", left="18/09/2026")
        at_vale = present(JOINED_VALE, 10, {0: "I\\"} | dict.fromkeys(range(5, 10), "DD"))
        send(cast, cast.vale, TEMPORARY, at_vale, joined="21/09/2026", left="02/10/2026")
        send(
            cast,
            unit,
            PERMANENT,
            present(JOINED_UNIT, 5, dict.fromkeys(range(3), "II")),
            joined="28/09/2026",
            left="02/10/2026",
        )
        send(cast, cast.hill, PERMANENT, present(BACK_AT_HILL, 10, {}), joined="05/10/2026")
        rose: Pupil = Pupil.objects.get(surname="Ash")
        return rose


def test_one_child_is_followed_through_moves_dual_registration_and_a_new_upn(cast: Cast) -> None:
    rose = follow_rose(cast)
    with in_scope(cast.eastshire):
        assert rose.upn == PERMANENT
        assert [one.upn for one in FormerUpn.objects.filter(pupil=rose)] == [TEMPORARY]
        stays = Enrolment.objects.filter(pupil=rose).order_by("admission_on")
        assert [(one.school.name, one.admission_on, one.leaving_on) for one in stays] == [
            ("Hill Academy", dt.date(2026, 9, 7), LEFT_HILL),
            ("Vale Primary School", JOINED_VALE, LEFT_VALE),
            ("Moor Unit", JOINED_UNIT, LEFT_VALE),
            ("Hill Academy", BACK_AT_HILL, None),
        ]


def test_each_school_bands_its_own_enrolment(cast: Cast) -> None:
    rose = follow_rose(cast)
    with in_scope(cast.eastshire):
        standings = Standing.objects.filter(pupil=rose).order_by("enrolment__admission_on")
        found = [(one.attended, one.possible, one.band, one.persistent, one.severe) for one in standings]
    # 16/20 = 80% and 9/10 = 90% are both category 3 and missed 10% or more; 4/10 = 40% is category 5; 20/20 is 1.
    assert found == [
        (16, 20, 3, True, False),
        (9, 10, 3, True, False),
        (4, 10, 5, True, True),
        (20, 20, 1, False, False),
    ]


def test_the_child_view_adds_the_possible_sessions_of_all_and_never_counts_d(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.officer), f"/pupils/{follow_rose(cast).pk}/")
    # 49 of 60 attended is 81.67%; 11 of 60 missed is 18.33%.
    assert "All together: attendance 81.7%, 11 of 60 possible sessions missed." in page
    assert "Category of the child: Persistent absence: 80% to 90%" in page
    assert "The official figures count 4 enrolments, 3 of them persistently absent." in page
    assert "Vale Primary School from 21 September 2026 to 2 October 2026 90.0% 10 1 0 10" in page
    assert "Moor Unit from 28 September 2026 to 2 October 2026 40.0% 10 6 0 0" in page
    assert "Hill Academy from 7 September 2026 to 18 September 2026 80.0% 20 4 4 0" in page
    assert "The child 81.7% 60 11 4 not counted" in page
    assert "marked as possible at more than one school" not in page


def test_the_former_upn_is_shown_and_still_finds_the_child(cast: Cast, signed_in: SignedIn) -> None:
    rose = follow_rose(cast)
    page = words_of(signed_in(cast.officer), f"/pupils/{rose.pk}/")
    assert f"{PERMANENT} {TEMPORARY} until 20 November 2026" in page
    assert "Rose Ash" in words_of(signed_in(cast.officer), f"/find/?q={TEMPORARY}")


def test_a_school_sees_its_own_two_stays_together_and_nothing_of_the_others(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), f"/pupils/{follow_rose(cast).pk}/")
    # Its two stays: 36 of 40 attended, which is 90% and missed 10%.
    assert "All together: attendance 90.0%, 4 of 40 possible sessions missed." in page
    assert "Vale" not in page and "Moor" not in page


def test_sessions_marked_possible_at_two_schools_at_once_are_said(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        send(cast, cast.hill, PERMANENT, present(dt.date(2026, 9, 7), 5, {}), joined="07/09/2026")
        send(cast, cast.vale, PERMANENT, present(dt.date(2026, 9, 11), 2, {}), joined="11/09/2026")
        rose = Pupil.objects.get(surname="Ash")
    page = words_of(signed_in(cast.officer), f"/pupils/{rose.pk}/")
    assert "2 sessions are marked as possible at more than one school." in page
