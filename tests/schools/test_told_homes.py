"""Whether what was typed on a return tells a home that is held elsewhere, however either of them is written."""

from __future__ import annotations

import pytest

from schools.children.told_homes import Home, telling_lines

MILL_LANE = "Flat 2\n14 Mill Lane\nEly\nCambridgeshire\nCB7 4AB"


def told(said: str, address: str = "", telephone: str = "", email: str = "") -> bool:
    return Home(telephone, email, address).is_told(said)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (MILL_LANE, ["cb7 4ab", "14 mill lane"]),
        ("Flat 2, 14 Mill Ln., Ely", ["14 mill lane"]),
        ("Flat 2 14 Mill Lane Ely", ["14 mill lane"]),
        ("2/14 Mill Lane", ["14 mill lane"]),
        ("14\nMill Lane\nEly", ["14 mill lane"]),
        ("Rose Cottage\nMill Lane\nEly", ["rose cottage"]),
        ("Apartment B\nRose House\n3a High St", ["rose house", "3a high street"]),
        ("12 Lane End Road", ["12 lane end road"]),
        ("Flat 2", []),
        ("Ely", []),
        ("", []),
        ("Home Farm, Ely", ["home farm"]),
        ("Mill Lane\nEly", ["mill lane"]),
        ("The Larches\nMill Lane\nEly", ["the larches"]),
        ("Northtown, NT1 2AB", ["nt1 2ab"]),
        ("Eastshire", []),
        ("Not known", []),
        ("Confidential\nNorthtown", []),
        ("Confidential address, 14 Mill Lane", ["14 mill lane"]),
        ("Women's refuge\nNorthtown", []),
        ("Children's home", []),
        ("Safe house", []),
        ("At his grandmother's house, Northtown", []),
        ("No fixed abode", []),
    ],
)
def test_an_address_tells_by_its_postcode_and_its_lines_of_substance(address: str, lines: list[str]) -> None:
    assert list(telling_lines(address)) == lines


@pytest.mark.parametrize(
    "said",
    [
        "now lives at 14 Mill Lane, Ely",
        "Flat 2, 14 MILL LANE",
        "with the aunt (14, Mill\nLane)",
        "14 Mill Ln",
        "the house in CB74AB",
        "somewhere near cb7  4ab.",
    ],
)
def test_a_home_is_found_however_it_was_written(said: str) -> None:
    assert told(said, MILL_LANE)


@pytest.mark.parametrize(
    "said",
    ["Flat 21, High Street", "Flat 2, 9 High Street, Ely", "Ely, Cambridgeshire", "114 Mill Lane", "14 Mill Road", ""],
)
def test_another_home_in_the_same_town_is_not_taken_for_it(said: str) -> None:
    assert not told(said, MILL_LANE)


@pytest.mark.parametrize(
    "held",
    ["+44 7700 900123", "07700 900 123", "0044 (0)7700-900123", "01632 960001 / 07700 900123", "07700 900123 work"],
)
@pytest.mark.parametrize("said", ["ring 07700 900123 at night", "+447700900123", "(07700) 900-123"])
def test_a_telephone_number_is_the_same_with_and_without_the_code_of_the_country(held: str, said: str) -> None:
    assert told(said, telephone=held)
    assert not told(said, telephone="+44 7700 900124")


def test_a_name_that_everybody_knows_tells_no_home_though_a_child_lives_there() -> None:
    home = Home("", "", "Rose House\nMill Lane\nEly", places=("Rose House School", "Ely"))
    assert not home.is_told("She is at Rose House School in Ely")
    assert Home("", "", home.address).is_told("She is at Rose House now")


def test_what_is_no_number_and_no_e_mail_address_tells_nothing() -> None:
    assert not told("The father is unknown", email="unknown", telephone="unknown")


def test_an_e_mail_address_tells_and_nothing_held_tells_nothing() -> None:
    assert told("Write to Ann.Abbott@Example.org", email="ann.abbott@example.org")
    assert not told("Write to Ann.Abbott@Example.org, 14 Mill Lane")
