"""Journeys 1, 2 and 7: a school's register is read, stored and banded, and single facts are put right."""

from __future__ import annotations

import datetime as dt

import pytest

from schools import banding
from schools.models import Enrolment, Register, Standing
from tests.cast import ON, Cast, in_scope
from tests.journeys.steps import HILL, SignedIn, date_of, read, send, send_file
from tests.schools.files import all_present, school_days
from tests.schools.stored import AUTUMN, autumn, store_autumn, store_summer

pytestmark = pytest.mark.django_db


def test_a_file_is_understood_then_stored_and_the_school_banded_at_once(cast: Cast, signed_in: SignedIn) -> None:
    """Given a school without a register, when its lead sends one, then nothing is stored until they say so."""
    lead = signed_in(cast.lead)
    with in_scope(cast.eastshire):
        marks = autumn(cast)
    page = send_file(lead, cast, marks)
    understood = read(lead, page)
    assert "5: 5 matched with the roll, 0 new" in understood
    assert "7 September 2026 to 2 October 2026" in understood
    with in_scope(cast.eastshire):
        assert not Register.objects.exists()
    assert "200 half-days changed" in send(lead, f"{page}store/")
    school = read(lead, HILL)
    assert "5 on roll" in school
    with in_scope(cast.eastshire):
        bands = list(Standing.objects.order_by("pupil__surname").values_list("band", flat=True))
    assert bands == [5, 2, 4, 3, 1]


def test_the_same_file_changes_nothing_and_a_later_one_says_how_many_it_corrects(
    cast: Cast, signed_in: SignedIn
) -> None:
    """Given a stored register, when it is sent again and then corrected, then each says what it changed."""
    store_autumn(cast)
    lead = signed_in(cast.lead)
    with in_scope(cast.eastshire):
        marks = autumn(cast)
    assert "Nothing changed" in send(lead, f"{send_file(lead, cast, marks)}store/")
    marks[cast.pupil] = {**marks[cast.pupil], AUTUMN[0]: "II", AUTUMN[1]: "IO"}
    page = send_file(lead, cast, marks)
    assert "3 corrected" in read(lead, page)
    assert "3 half-days changed" in send(lead, f"{page}store/")


def test_a_file_can_be_thrown_away(cast: Cast, signed_in: SignedIn) -> None:
    lead = signed_in(cast.lead)
    with in_scope(cast.eastshire):
        marks = autumn(cast)
    assert "Nothing of it was stored" in send(lead, f"{send_file(lead, cast, marks)}throw-away/")
    with in_scope(cast.eastshire):
        assert not Register.objects.exists()


def test_the_list_of_pupils_is_narrowed_searched_and_downloaded(cast: Cast, signed_in: SignedIn) -> None:
    """Given a banded school, when the lead narrows its pupils, then only those are left, in the file too."""
    store_summer(cast)
    store_autumn(cast)
    lead = signed_in(cast.lead)
    severe = read(lead, f"{HILL}pupils/?band=5")
    assert "Abbott, Amy" in severe and "Brown, Ben" not in severe
    assert "Clarke, Cora" in read(lead, f"{HILL}pupils/?q=clarke")
    assert "Dean, Dan" in read(lead, f"{HILL}pupils/?year_group=10")
    file = lead.get(f"{HILL}pupils/?band=5&format=csv")
    assert file["Content-Type"].startswith("text/csv")
    assert "Abbott" in file.content.decode("utf-8-sig") and "Brown" not in file.content.decode()
    assert "The change since last term" in read(lead, HILL)


def test_a_pupils_page_tells_the_year(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    page = read(signed_in(cast.lead), f"/pupils/{cast.pupils[1].pk}/")
    for words in ("Marks of the year", "morning I, Ill; afternoon \\, Present", "How much more can be missed"):
        assert words in page, words


def test_facts_are_put_right_by_hand_with_a_trail(cast: Cast, signed_in: SignedIn) -> None:
    """Given wrong facts, when the lead puts right name, mark and leaving date, then figures follow and all is told."""
    store_autumn(cast)
    lead, where = signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/"
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
    right = {"reason": "The office typed it wrongly", "enrolment": str(enrolment.pk)}
    send(lead, f"{where}put-right/name/", surname="Abbot", forename="Amy", reason=right["reason"])
    send(lead, f"{where}put-right/mark/", **date_of("day", AUTUMN[0]), half="0", mark="I", **right)
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.authorised, standing.unauthorised) == (1, 19)
    send(lead, f"{where}put-right/leaving/", **date_of("leaving_on", AUTUMN[9]), destination="Abroad", **right)
    page = read(lead, where)
    assert "Amy Abbot" in page and "Put right by hand" in page
    for told in (
        "From Amy Abbott to Amy Abbot",
        "7 September 2026, morning",
        "to Abroad",
        "The office typed it wrongly",
    ):
        assert told in page, told
    assert "4 on roll" in read(lead, HILL)


def test_a_child_who_moves_is_found_at_the_new_school(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
    moved = {**date_of("leaving_on", AUTUMN[-1]), "to": "here", "school": cast.vale.urn, "reason": "Moved house"}
    where = f"/pupils/{cast.pupil.pk}/"
    assert signed_in(cast.other_lead).get(where).status_code == 404
    send(signed_in(cast.officer), f"{where}put-right/school/", enrolment=str(enrolment.pk), **moved)
    assert "Amy Abbott" in read(signed_in(cast.other_lead), where)


def test_every_night_bands_what_came_since(cast: Cast, signed_in: SignedIn) -> None:
    """Given a child at the edge, when later marks have come and a night has passed, then the home page says so."""
    store_autumn(cast)
    officer, lead = signed_in(cast.officer), signed_in(cast.lead)
    with in_scope(cast.eastshire):
        later = all_present(cast.pupils, school_days(dt.date(2026, 10, 5), 15))
        later[cast.pupils[2]] = dict.fromkeys(later[cast.pupils[2]], "OO")
    send(lead, f"{send_file(lead, cast, later)}store/")
    banding.band_authority(cast.eastshire, on=ON, as_at=ON)
    home = read(officer, "/")
    assert "Newly severely absent" in home and "Cora Clarke" in home


def test_only_the_schools_people_send_its_register(cast: Cast, signed_in: SignedIn) -> None:
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(f"{HILL}upload/").status_code == 404
    assert signed_in(cast.manager).get(f"{HILL}upload/").status_code == 403
