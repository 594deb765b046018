"""The list of schools and the page of one: schools, school_page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from schools.models import Circumstance, Enrolment, School
from tests.cast import SINCE, Cast, in_scope, make_pupil
from tests.schools.files import all_present
from tests.schools.stored import AUTUMN, store_autumn, store_marks, store_summer

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def words_of(client: Client, address: str) -> str:
    """The page's text, without tags and repeated spaces."""
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_the_lead_sees_numbers_and_percentages_in_the_five_categories(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "As expected: 95% or more 1 20.0%" in page
    assert "Severe absence: 50% or less 1 20.0%" in page
    assert "Friday 2 October 2026" in page


def test_national_counts_have_words_of_their_own_and_hold_categories_three_to_five(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "3 Persistently absent missed 10% or more: 60.0% of 5" in page
    assert "1 Severely absent missed 50% or more: 20.0% of 5" in page
    assert "Persistent absence: 80% to 90% 1 20.0%" in page
    assert "Categories 3, 4 and 5 together are those who missed 10% or more: 3 (60.0%)" in page


def test_a_child_without_a_possible_session_is_in_no_category_and_no_percentage(
    cast: Cast, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        make_pupil(cast.hill, 8, "Zeal", "Zoe", "9")
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "6 on roll; 1 without a possible session so far" in page
    assert "Severe absence: 50% or less 1 20.0%" in page


def test_official_figures_leave_out_those_of_another_age_and_count_leavers(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[2]).update(leaving_on=AUTUMN[-2])
        cast.pupil.date_of_birth = dt.date(2008, 3, 14)
        cast.pupil.save()
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "4 on roll" in page
    assert "2 of 3 missed 10% or more (66.7%), 0 missed 50% or more (0.0%)" in page


def test_the_change_since_last_term_sets_each_term_alone(cast: Cast, signed_in: SignedIn) -> None:
    store_summer(cast)
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "Summer term 2025/26 6 April 2026 to 31 July 2026" in page
    assert "Autumn term 2026/27 so far 1 August 2026 to 2 October 2026" in page
    assert "Attendance 98.0% 81.5% down 16.5 points" in page
    assert "Persistently absent (missed 10% or more) 20.0% 60.0% up 40.0 points" in page


def test_without_marks_of_last_term_the_page_says_so(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    assert "There are no marks of the term before" in words_of(signed_in(cast.lead), "/schools/999001/")


def test_year_groups_and_cohorts_have_a_row_each(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        for kind in ("young-carer", "ehc-plan"):
            Circumstance.objects.create(pupil=cast.pupil, kind=kind, from_on=SINCE, source="Test")
        Circumstance.objects.create(
            pupil=cast.pupils[1], kind="ehc-plan", from_on=SINCE, until_on=AUTUMN[0], source="Test"
        )
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "Year 7 1 50.0% 50.0% 0 0 0 0 1 1 100.0% 1 100.0%" in page
    assert "Young carer 1 50.0%" in page and "EHC plan 1 50.0%" in page


def test_a_school_without_a_register_asks_for_one(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "No register yet" in page and "Upload a register" in page
    assert "has not sent its first file" in words_of(signed_in(cast.manager), "/schools/999001/")


def a_panel(schools: list[School], member: Membership) -> Panel:
    return Panel("Meetings held", "parts/timeline.html", {schools[0].pk: [{"title": "Autumn meeting"}]})


def test_the_page_shows_the_panels_that_settings_name(cast: Cast, signed_in: SignedIn, settings: Settings) -> None:
    settings.SCHOOL_PANELS = ["tests.schools.test_school_page.a_panel"]
    assert "Meetings held" in words_of(signed_in(cast.lead), "/schools/999001/")


def test_the_page_asks_the_database_as_often_for_five_pupils_as_for_sixty(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    store_autumn(cast)
    client = signed_in(cast.lead)
    with django_assert_max_num_queries(28) as few:
        client.get("/schools/999001/")
    with in_scope(cast.eastshire):
        more = [make_pupil(cast.hill, 100 + n, f"Surname{n}", "Sam", "9") for n in range(55)]
        store_marks(cast, cast.hill, all_present(more, AUTUMN))
    with django_assert_max_num_queries(len(few)):
        client.get("/schools/999001/")


def test_the_list_of_schools_holds_those_a_member_may_open(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    assert signed_in(cast.lead).get("/schools/").url == "/schools/999001/"
    assert "Vale Primary School" in words_of(signed_in(cast.trust_lead), "/schools/")
    page = words_of(signed_in(cast.manager), "/schools/")
    assert "2 schools" in page and "Hill Academy URN 999001 9994001 Secondary Open North 5 3 1 81.5%" in page
    file = signed_in(cast.manager).get("/schools/?format=csv").content.decode()
    assert "999001,Hill Academy,9994001,Secondary,Open,,North,5,3,1,81.5,2026-10-02" in file
    assert "Hill Academy" not in words_of(signed_in(cast.stranger), "/schools/")


def test_who_may_not_see_a_school_finds_nothing(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get("/schools/999001/").status_code == 302
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get("/schools/999001/").status_code == 404
    for member in (cast.practitioner, cast.admin, cast.virtual_school):
        assert signed_in(member).get("/schools/999001/").status_code == 403
    for member in (cast.office, cast.officer, cast.legal, cast.auditor):
        assert signed_in(member).get("/schools/999001/").status_code == 200
