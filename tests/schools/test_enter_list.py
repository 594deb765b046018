"""The simple list of a school without an export: enter_list, and the counts that come of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import Membership
from schools.models import AttendanceSummary, Enrolment, Register, Upload
from tests.cast import Cast, in_scope

ADDRESS = "/schools/999001/enter-list/"
PERIOD = {
    "first_on_day": "1",
    "first_on_month": "9",
    "first_on_year": "2026",
    "last_on_day": "13",
    "last_on_month": "11",
    "last_on_year": "2026",
}
SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def row(number: int, **cells: str) -> dict[str, str]:
    return {f"row{number}-{name}": value for name, value in cells.items()}


def known(cast: Cast, number: int = 1) -> dict[str, str]:
    """A row of Hill Academy's first child, who missed a fifth."""
    return row(number, upn=str(cast.pupil.upn), possible="100", authorised="15", unauthorised="5")


def test_a_list_is_entered_read_confirmed_and_kept_as_counts_entered_by_hand(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.office)
    newcomer = row(2, local_id="0500", surname="New, Jr", forename="Nia", born_on="14/03/2014", year_group="7")
    numbers = row(2, possible="96", authorised="0", unauthorised="60")
    answer = client.post(ADDRESS, {"rows": "10", **PERIOD, **known(cast), **newcomer, **numbers})
    page = client.get(answer["Location"]).content.decode()
    assert "Check what was understood" in page and "1 new pupil" in page and "Entered by hand" in page
    client.post(f"{answer['Location']}store/")
    with in_scope(cast.eastshire):
        rows = {one.pupil.surname: one for one in AttendanceSummary.objects.stored().select_related("pupil")}
        abbott, new = rows["Abbott"], rows["New, Jr"]
        assert (abbott.possible, abbott.authorised, abbott.unauthorised, abbott.present) == (100, 15, 5, 80)
        assert (new.possible, new.absent, new.get_source_display()) == (96, 60, "Entered by hand")
        assert f"{abbott.from_on} {abbott.until_on}" == "2026-09-01 2026-11-13"
        assert not Register.objects.exists()
        assert Enrolment.objects.filter(school=cast.hill, pupil=new.pupil).exists()
    page = client.get(f"/pupils/{cast.pupil.pk}/").content.decode()
    assert "Counts the school sent: not in the figures" in page and "Entered by hand" in page


def test_more_rows_are_added_without_losing_what_was_typed(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    assert 'name="row10-upn"' in client.get(ADDRESS).content.decode()
    page = client.post(ADDRESS, {"rows": "10", "more": "1", **PERIOD, **known(cast)}).content.decode()
    assert 'name="last_on_day" type="text" inputmode="numeric" value="13"' in page
    assert "govuk-error-message" not in page and "govuk-input--error" not in page
    assert str(cast.pupil.upn) in page and 'name="row20-upn"' in page and "There is a problem" not in page
    page = client.post(ADDRESS, {"rows": "20", "more": "1"}).content.decode()
    assert 'name="row30-upn"' in page and "Add more rows" not in page and "at most 30 rows" in page
    assert 'name="row31-upn"' not in client.post(ADDRESS, {"rows": "999", "more": "1"}).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Row 1: enter at least one pupil"),
        (row(1, surname="Abbott", possible="9", authorised="9", unauthorised="0"), "Row 1: enter the UPN"),
        (row(1, local_id="1", possible="x", authorised="1", unauthorised="0"), "sessions possible must be a number"),
        (row(1, local_id="1", possible="9", authorised="9"), "missed, unauthorised must be a number, such as 0 or 24"),
        (row(1, local_id="1", possible="9", authorised="9", unauthorised="1"), "more sessions were missed than were"),
        (row(1, local_id="1", possible="0", authorised="0", unauthorised="0"), "at least one session must have been"),
        (row(3, local_id="1", possible="101", authorised="5", unauthorised="5"), "Row 3: less than a tenth was missed"),
        (row(1, surname="A", born_on="31/02/2014", possible="9", authorised="9", unauthorised="0"), "a real date"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_row(
    cast: Cast, signed_in: SignedIn, typed: dict[str, str], sentence: str
) -> None:
    page = signed_in(cast.lead).post(ADDRESS, {"rows": "10", **PERIOD, **typed}).content.decode()
    assert sentence in page and "There is a problem" in page
    with in_scope(cast.eastshire):
        assert not Upload.objects.exists()


def test_exactly_a_tenth_is_persistent_absence(cast: Cast, signed_in: SignedIn) -> None:
    typed = row(1, local_id="0001", possible="100", authorised="10", unauthorised="0")
    assert signed_in(cast.lead).post(ADDRESS, {"rows": "10", **PERIOD, **typed}).status_code == 302


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"last_on_month": "8"}, "The last day must not be before the first"),
        ({"last_on_day": "21"}, "Last day must be on or before 20 November 2026"),
        ({"first_on_year": "2024"}, "The period must not be longer than a school year"),
        ({"first_on_day": ""}, "First day must include a day"),
    ],
)
def test_a_period_that_cannot_be_is_told(
    cast: Cast, signed_in: SignedIn, changed: dict[str, str], sentence: str
) -> None:
    page = signed_in(cast.lead).post(ADDRESS, {"rows": "10", **PERIOD, **changed, **known(cast)}).content.decode()
    assert sentence in page


def test_who_may_not_upload_here_finds_nothing(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get(ADDRESS).status_code == 302
    assert signed_in(cast.other_lead).get(ADDRESS).status_code == 404
    assert signed_in(cast.stranger).get(ADDRESS).status_code == 404
    assert signed_in(cast.auditor).get(ADDRESS).status_code == 403
    assert signed_in(cast.officer).get(ADDRESS).status_code == 200


def test_every_box_is_as_wide_as_what_is_typed_into_it(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.lead).get("/schools/999001/enter-list/").content.decode()
    boxes = dict(re.findall(r'<input type="text" name="row1-(\w+)"[^>]*? size="(\d+)"', page))
    assert len(boxes) == 9 and int(boxes["upn"]) >= 13 and int(boxes["born_on"]) >= 10


def test_it_is_one_click_from_where_a_register_is_uploaded(cast: Cast, signed_in: SignedIn) -> None:
    assert ADDRESS in signed_in(cast.lead).get("/schools/999001/upload/").content.decode()


def test_the_page_asks_the_database_as_often_however_many_rows_it_has(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    with django_assert_max_num_queries(12):
        client.post(ADDRESS, {"rows": "20", "more": "1"})
