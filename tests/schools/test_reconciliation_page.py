"""Figures of another system beside ours: reconciliations, reconcile, reconciliation_page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import Membership
from schools.changes.corrections import correct_leaving
from schools.changes.reconciling import read_list
from schools.changes.undoing import undo_change
from schools.models import Enrolment, Pupil, ReconciledPupil, Reconciliation, RegisterChange
from tests.cast import ON, Cast, in_scope
from tests.schools.files import HEADINGS
from tests.schools.stored import AUTUMN, autumn
from tests.schools.test_known_on import EARLY, LATE, store_at, store_file
from tests.schools.test_put_right import typed_day
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
LIST = "/schools/999001/figures/"
DAY = dt.date(2026, 11, 12)

pytestmark = pytest.mark.django_db


def settle(cast: Cast) -> None:
    """The autumn; what was known on DAY of the first child was corrected since; the last child left."""
    with in_scope(cast.eastshire):
        marks = autumn(cast)
        marks[cast.pupils[1]] |= dict.fromkeys(AUTUMN[10:], "DD")
        store_at(cast, marks, EARLY)
        marks[cast.pupil] = dict.fromkeys(AUTUMN, "/\\")
        store_at(cast, marks, LATE)
        last = Enrolment.objects.get(pupil=cast.pupils[4])
        correct_leaving(last, leaving_on=AUTUMN[9], destination="", reason="Moved", by=cast.lead, at=EARLY, on=ON)


def enter(client: Client, lines: str = "", **typed: object) -> HttpResponse:
    files = {"pupils": SimpleUploadedFile("theirs.csv", lines.encode())} if lines else {}
    told = {"source": "monitor", **typed_day("as_at", DAY), "attendance": "", "persistent": "", **typed, **files}
    return client.post(f"{LIST}enter/", told)


def their_list(cast: Cast) -> str:
    """As known on DAY; D counted as attended; nobody known; and not a word of the last two."""
    amy, ben, *_ = cast.pupils
    return "\n".join(
        [
            "UPN;Pupil name;Attendance %",
            f"{amy.upn};Amy Abbott;50.0",
            f"{ben.upn};;92,5%",
            ";Clarke, Cora;75",
            ";Nobody Known;88.8",
            "X;Somebody Else;none",
        ]
    )


def test_each_difference_is_explained_the_biggest_first(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    answer = enter(client, their_list(cast))
    page = words_of(client, answer.url)
    assert "Monitor your school attendance (DfE), up to 12 November 2026" in page
    assert "Abbott, Amy 50.00% 100.00% −50.00 −50.00 marks and dates corrected since that day" in page
    assert "Brown, Ben 92.50% 85.00% +7.50 +7.50 sessions coded D" in page
    assert "Clarke, Cora 75.00% 75.00% 0.00 The same, but for rounding" in page
    assert "Nobody Known not matched 88.80%" in page and "Nobody on the school's roll" in page
    assert "Evans, Ella – 100.00% – Not in their list" in page
    assert "Line 6" in page
    assert page.index("Nobody Known") < page.index("Abbott, Amy") < page.index("Brown, Ben") < page.index("Evans, Ella")
    file = client.get(f"{answer.url}?format=csv").content.decode()
    assert "marks and dates corrected since that day" in file and '"Abbott, Amy"' in file


def test_the_whole_school_is_explained_by_leavers_too(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    # Ours: 100 of 40, 17 of 20, 30 of 40, 36 of 40, 20 of 20; without the leaver 123 of 140.
    page = words_of(client, enter(client, attendance="87.9", persistent="75").url)
    assert "Attendance 87.90% 89.38% −1.48 −1.52 leavers, whom we count up to the day they left" in page
    assert "Persistently absent 75.00% 60.00% +15.00 +15.00 leavers" in page
    assert "No list of pupils was entered" in page


def test_missing_marks_and_marks_outside_the_enrolment_are_told_apart(cast: Cast, signed_in: SignedIn) -> None:
    dan, ella = cast.pupils[3], cast.pupils[4]
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=ella).update(admission_on=AUTUMN[1])
    page = words_of(signed_in(cast.lead), enter(signed_in(cast.lead), f"upn,%\n{dan.upn},90\n{ella.upn},99").url)
    assert "Dean, Dan 90.00% 90.00%" in page
    assert "Evans, Ella 99.00% 100.00% −1.00 −1.00 not explained" in page


def test_it_is_stored_with_its_day_and_listed(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.officer)
    enter(client, their_list(cast), attendance="93.25", source="own-system")
    with in_scope(cast.eastshire):
        one = Reconciliation.objects.get()
        assert (one.as_at, str(one.attendance), one.entered_by, one.unread) == (DAY, "93.25", cast.officer, ["Line 6"])
        told = ReconciledPupil.objects.order_by("line").values_list("pupil", "attendance")
        assert [(pupil, str(at)) for pupil, at in told] == [
            (cast.pupil.pk, "50.00"), (cast.pupils[1].pk, "92.50"), (cast.pupils[2].pk, "75.00"), (None, "88.80")
        ]  # fmt: skip
    page = words_of(client, LIST)
    assert "The school's own system" in page and "93.25%" in page and "Olive Frost" in page
    assert "93.25,4" in client.get(f"{LIST}?format=csv").content.decode()
    assert LIST in client.get("/schools/999001/").content.decode()


@pytest.mark.parametrize(
    ("lines", "typed", "sentence"),
    [
        ("", {}, "Enter a percentage of the whole school, or choose a list of pupils"),
        ("", {"attendance": "940"}, "A percentage is at most 100"),
        ("", {"attendance": "94.3", "source": ""}, "Choose which system shows these figures"),
        ("", typed_day("as_at", dt.date(2026, 12, 1)), "must be on or before 20 November 2026"),
        ("UPN,Class\nA,B", {}, "No heading says “attendance” or “%”"),
        ("Attendance\n90", {}, "No column says who the pupils are"),
        ("UPN,Present Sessions,% Absence\nA,90,10", {}, "such as “Attendance %”"),
        ("UPN,Attendance % AM,Attendance % PM\nA,90,80", {}, "“Attendance % AM” and “Attendance % PM”"),
        ("%PDF-1.7", {}, "PDF"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_the_form(
    cast: Cast, signed_in: SignedIn, lines: str, typed: dict[str, str], sentence: str
) -> None:
    answer = enter(signed_in(cast.lead), lines, **typed)
    assert answer.status_code == 200 and sentence in answer.content.decode()
    with in_scope(cast.eastshire):
        assert not Reconciliation.objects.exists()


ARBOR = (
    "Student ID,UPN,Legal First Name,Legal Last Name,Year Group,Registration Group,Academic Year,Term,"
    "Possible Sessions,Present Sessions,Absent Sessions (Authorised),Absent Sessions (Unauthorised),"
    "Late (Before Close),Late (After Close),Attendance %,PA Flag"
)


@pytest.mark.parametrize(
    ("headings", "row", "who"),
    [
        (ARBOR, "7,A,Amy,Abbott,7,7A,2026,1,94,88,6,0,0,0,93.6,N", {"number", "upn", "forename", "surname"}),
        ("UPN,% Absence,% Attendance", "A,6.4,93.6", {"upn"}),
        ("Admission_date,Days attended,Adm no,Percentage of possible sessions attended", "1,94,7,93.6", {"number"}),
        ("UPN,% Present,Attendances,attendance_perc", "A,90.1,88,93.6", {"upn"}),
        ("Unique Pupil Number,Attendance", "A,93.6", {"upn"}),
    ],
)
def test_the_attendance_is_never_a_count_or_an_absence(headings: str, row: str, who: set[str]) -> None:
    [line] = read_list(f"{headings}\n{row}".encode()).lines
    assert (str(line.attendance), set(line.told)) == ("93.60", who)


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("Surname,Forename,Class name,Attendance %", "Abbott,Amy,7B,94.3"),
        ("School name,Surname,Forename,Attendance %", "Hill Academy,Abbott,Amy,94.3"),
        ("School name,Pupil name,Attendance %", "Hill Academy,Amy Abbott,94.3"),
        ("Tutor surname,Tutor forename,Surname,Forename,%", "Brown,Ben,Abbott,Amy,94.3"),
        ("Site name,Name,%", "North,Amy Abbott,94.3"),
        ("Reg group,Pupil name (as on the school roll),%", '7B,"Abbott, Amy",94.3'),
        ("Log-on name,Surname,Forename,%", "Brown Ben,Abbott,Amy,94.3"),
    ],
)
def test_a_child_is_found_by_the_name_whatever_else_has_one(
    cast: Cast, signed_in: SignedIn, headings: str, row: str
) -> None:
    enter(signed_in(cast.lead), f"{headings}\n{row}")
    with in_scope(cast.eastshire):
        assert [one.pupil for one in ReconciledPupil.objects.all()] == [cast.pupil]


def test_whoever_was_counted_on_that_day_still_explains_the_whole_school(cast: Cast, signed_in: SignedIn) -> None:
    """Fay came with a file that was undone the next day: 143 of 160 now, and 143 of 200 as known with her."""
    with in_scope(cast.eastshire):
        days = [f"{day:%d/%m/%Y},{half}" for day in AUTUMN for half in ("AM", "PM")]
        rows = [f"A999000126009,9001,Finch,Fay,14/03/2015,7,7A,{day},O" for day in days]
        store_file(cast, "\n".join([HEADINGS, *rows]).encode(), LATE)
        here = Enrolment.objects.filter(pupil__surname="Finch")
        assert here.exists()
        key, day = RegisterChange.objects.latest("pk").act, LATE + dt.timedelta(days=1)
        undo_change(cast.hill, key, reason="Of another school", by=cast.lead, at=day, on=ON)
        assert not here.exists()
    client = signed_in(cast.lead)
    page = words_of(client, enter(client, attendance="71.5", **typed_day("as_at", LATE.date())).url)
    assert "Attendance 71.50% 89.38% −17.88 −17.88 marks and dates corrected since that day" in page


def test_a_day_before_any_register_explains_nothing_and_breaks_nothing(cast: Cast, signed_in: SignedIn) -> None:
    typed = typed_day("as_at", dt.date(2024, 11, 1))
    page = words_of(signed_in(cast.lead), enter(signed_in(cast.lead), their_list(cast), attendance="90", **typed).url)
    assert "Abbott, Amy 50.00% – –" in page


def test_a_restricted_child_is_not_named(cast: Cast, signed_in: SignedIn) -> None:
    answer = enter(signed_in(cast.lead), their_list(cast))
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    page = words_of(signed_in(cast.lead), answer.url)
    assert "Abbott" not in page and "Only pupils whom a reader may see are listed." in page
    assert "Abbott" not in signed_in(cast.lead).get(f"{answer.url}?format=csv").content.decode()


def test_a_line_that_fits_nobody_but_may_name_a_restricted_child_is_not_shown(cast: Cast, signed_in: SignedIn) -> None:
    lines = f"name,%\nAbbott Amy Rose,90\nAbbottson Amy,80\n{cast.pupil.upn},70\n"
    answer = enter(signed_in(cast.lead), lines)
    assert "Abbott Amy Rose" in words_of(signed_in(cast.lead), answer.url)
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    page = words_of(signed_in(cast.lead), answer.url)
    assert "Amy Rose" not in page and (cast.pupil.upn or "") not in page and "Abbottson Amy" in page
    assert "Only pupils whom a reader may see are listed." in page and "may not see" not in page


def test_who_may_not_correct_is_turned_away(cast: Cast, signed_in: SignedIn) -> None:
    address = enter(signed_in(cast.lead), attendance="90").url
    for page in (LIST, f"{LIST}enter/", address):
        assert Client().get(page).status_code == 302
        for member in (cast.other_lead, cast.stranger):
            assert signed_in(member).get(page).status_code == 404
        for member in (cast.office, cast.manager, cast.practitioner):
            assert signed_in(member).get(page).status_code == 403


def test_the_page_asks_the_database_as_often_for_two_lines_as_for_five(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    two = f"UPN;Pupil name;Attendance %\n{cast.pupil.upn};;90\n;Nobody Known;88.8"
    short, several = enter(client, two).url, enter(client, their_list(cast)).url
    with django_assert_max_num_queries(45) as asked:
        client.get(short)
    few = len(asked)
    with django_assert_max_num_queries(few):
        client.get(several)
