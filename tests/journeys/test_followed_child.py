"""A child who moved twice, was dual-registered and changed UPN, followed through files, a link and every page.

The numbers, by hand. Hill, 7 to 18 September: 20 possible, 16 attended (80%). Vale, 21 September to 2 October: the
second week is coded D, so 10 possible, 9 attended (90%). The unit, that second week: 10 possible, 4 attended (40%).
Hill again, 5 to 16 October: 20 possible, all attended. The child: 60 possible, 49 attended, which is 81.67%.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attendance_portal.upn import check_letter
from schools.models import FormerUpn, Pupil, PupilLink, School, Standing
from tests.cast import Cast, in_scope
from tests.journeys.steps import SignedIn, read, send, words_of
from tests.schools.files import school_days

pytestmark = pytest.mark.django_db

HEADINGS = "UPN,Adm No,Surname,Forename,DOB,Year,Date,Session,Mark,Admission Date,Leaving Date"
TEMPORARY = check_letter("99940012600A") + "99940012600A"
PERMANENT = check_letter("999400126123") + "999400126123"
TOGETHER = "All together: attendance 81.7%, 11 of 60 possible sessions missed."


def file_of(upn: str, name: str, first: dt.date, pairs: list[str], *, joined: str, left: str = "") -> bytes:
    """One child's marks, a pair for each school day from `first`, and the dates that the file states."""
    lines = [
        f"{upn},{upn[-4:] or 7701},{name},14/03/2014,7,{day:%d/%m/%Y},{half},{mark},{joined},{left}"
        for day, pair in zip(school_days(first, len(pairs)), pairs, strict=True)
        for half, mark in zip(("AM", "PM"), pair, strict=True)
    ]
    return ("\r\n".join([HEADINGS, *lines]) + "\r\n").encode()


def upload(client: Client, urn: str, content: bytes) -> None:
    """Send a school's file by its form, and confirm what was understood."""
    answer = client.post(f"/schools/{urn}/upload/", {"file": SimpleUploadedFile("register.csv", content)})
    assert answer.status_code == 302, words_of(answer)[:800]
    assert "half-days changed" in send(client, f"{answer['Location']}store/")


def followed(cast: Cast, officer: Client) -> tuple[Pupil, Pupil]:
    """The five files, in the order in which schools would send them. Vale's system knows no UPN and another name."""
    with in_scope(cast.eastshire):
        School.objects.create(urn="999009", laestab="9991109", name="Moor Unit", phase="alternative")
    here, rose, rosie = "/\\", "Ash,Rose", "Ash,Rosie"
    week, monday = [here] * 5, dt.date(2026, 9, 7)
    first = file_of(TEMPORARY, rose, monday, ["OO", "OO", *week[2:]], joined="07/09/2026")
    upload(officer, "999001", first)
    second = file_of(
        PERMANENT, rose, monday + dt.timedelta(7), week, joined="07/09/2026", left="18/09/2026"
    )  # fmt: skip
    upload(officer, "999001", second)
    at_vale = ["I\\", *week[1:], *["DD"] * 5]
    vale = file_of("", rosie, monday + dt.timedelta(14), at_vale, joined="21/09/2026", left="02/10/2026")
    upload(officer, "999002", vale)
    at_unit = ["II"] * 3 + week[:2]
    unit = file_of(PERMANENT, rose, monday + dt.timedelta(21), at_unit, joined="28/09/2026", left="02/10/2026")
    upload(officer, "999009", unit)
    upload(officer, "999001", file_of(PERMANENT, rose, monday + dt.timedelta(28), week * 2, joined="05/10/2026"))
    with in_scope(cast.eastshire):
        return Pupil.objects.get(forename="Rose"), Pupil.objects.get(forename="Rosie")


def link(officer: Client, one: Pupil, other: Pupil) -> None:
    """The pair is proposed, looked at and said to be one child."""
    assert "Ash, Rosie" in read(officer, "/possible-duplicates/")
    typed = {"verdict": "same", "reason": "The mother says so"}
    send(officer, f"/pupils/{one.pk}/compare/{other.pk}/", **typed)


def test_the_childs_page_keeps_the_upn_of_before_adds_every_school_and_never_counts_d(
    cast: Cast, signed_in: SignedIn
) -> None:
    """Given five files of three schools, when the two records are linked, then both read as the one child."""
    officer = signed_in(cast.officer)
    rose, rosie = followed(cast, officer)
    # Before: 16 of 20, 4 of 10 and 20 of 20 are 40 of 50.
    before = read(officer, f"/pupils/{rose.pk}/")
    assert f"{PERMANENT} {TEMPORARY} until 20 November 2026" in before
    assert "Rose Ash" in read(officer, f"/find/?q={TEMPORARY}")
    with in_scope(cast.eastshire):
        assert rose.upn == PERMANENT
        assert list(FormerUpn.objects.filter(pupil=rose).values_list("upn", flat=True)) == [TEMPORARY]
    assert "All together: attendance 80.0%, 10 of 50 possible sessions missed." in before
    assert "The official figures count 3 enrolments, 2 of them persistently absent." in before
    link(officer, rose, rosie)
    for record in (rose, rosie):
        page = read(officer, f"/pupils/{record.pk}/")
        assert TOGETHER in page and "Category of the child: Persistent absence: 80% to 90%" in page
        assert "The official figures count 4 enrolments, 3 of them persistently absent." in page
        assert "Hill Academy from 7 September 2026 to 18 September 2026 80.0% 20 4 4 0" in page
        assert "Vale Primary School from 21 September 2026 to 2 October 2026 90.0% 10 1 0 10" in page
        assert "Moor Unit from 28 September 2026 to 2 October 2026 40.0% 10 6 0 0" in page
        assert "Hill Academy from 5 October 2026 100.0% 20 0 0 0" in page
        assert "The child 81.7% 60 11 4 not counted" in page
        assert "marked as possible at more than one school" not in page


def test_each_school_has_its_own_enrolment_in_its_own_band(cast: Cast, signed_in: SignedIn) -> None:
    """80% and 90% are category 3 (10% or more missed), 40% category 5, 100% category 1; leavers are no list's."""
    officer = signed_in(cast.officer)
    rose, rosie = followed(cast, officer)
    hill = read(officer, "/schools/999001/pupils/?q=ash")
    assert "1 pupil" in hill and "100.0% 0 of 20" in hill
    left = read(officer, "/schools/999001/pupils/?q=ash&roll=leavers")
    assert "80.0% 4 of 20" in left and "left 18 September 2026" in left
    # The day of leaving is the last day of which these two have told anything: she was on their rolls on it.
    assert "90.0% 1 of 10" in read(officer, "/schools/999002/pupils/?q=ash")
    assert "40.0% 6 of 10" in read(officer, "/schools/999009/pupils/?q=ash")
    with in_scope(cast.eastshire):
        found = Standing.objects.filter(pupil__in=[rose, rosie]).order_by("enrolment__admission_on")
        assert [(one.band, one.persistent, one.severe) for one in found] == [
            (3, True, False), (3, True, False), (5, True, True), (1, False, False),
        ]  # fmt: skip
        # Possible, attended, authorised, unauthorised: Hill, Vale (one morning ill), the unit (three days ill), Hill.
        assert [(one.possible, one.attended, one.authorised, one.unauthorised) for one in found] == [
            (20, 16, 0, 4), (10, 9, 1, 0), (10, 4, 6, 0), (20, 20, 0, 0),
        ]  # fmt: skip
    # Whom each school has on its roll, in its category; and the official figures, in which Hill's two stays are two.
    told = {
        "999001": ("As expected: 95% or more", "1 of 2 missed 10% or more (50.0%), 0 missed 50% or more"),
        "999002": ("Persistent absence: 80% to 90%", "1 of 1 missed 10% or more (100.0%), 0 missed 50% or more"),
        "999009": ("Severe absence: 50% or less", "1 of 1 missed 10% or more (100.0%), 1 missed 50% or more"),
    }
    for urn, (category, official) in told.items():
        page = read(officer, f"/schools/{urn}/")
        assert f"{category} 1 100.0%" in page and official in page, (urn, page)
    # Hill reads its own two stays, 36 of 40 attended, which is 90% and misses 10%, and nothing of the others.
    link(officer, rose, rosie)
    page = read(signed_in(cast.lead), f"/pupils/{rose.pk}/")
    assert "All together: attendance 90.0%, 4 of 40 possible sessions missed." in page
    assert "Vale" not in page and "Moor" not in page and "Rosie" not in page
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(f"/pupils/{rose.pk}/").status_code == 404


def test_a_link_changes_no_school_s_figures_and_taken_apart_everything_reads_as_before(
    cast: Cast, signed_in: SignedIn
) -> None:
    officer = signed_in(cast.officer)
    rose, rosie = followed(cast, officer)
    pages = [f"/schools/{urn}/{rest}" for urn in ("999001", "999002", "999009") for rest in ("", "pupils/?roll=all")]
    of_children = [f"/pupils/{one.pk}/" for one in (rose, rosie)]
    schools, children = ([figures(officer, page) for page in addresses] for addresses in (pages, of_children))
    link(officer, rose, rosie)
    assert [figures(officer, page) for page in pages] == schools
    assert [figures(officer, page) for page in of_children] != children
    with in_scope(cast.eastshire):
        made = PupilLink.objects.get()
    send(officer, f"/record-links/{made.pk}/take-back/", reason="They are cousins")
    assert [figures(officer, page) for page in [*pages, *of_children]] == schools + children


def figures(client: Client, address: str) -> str:
    """What a page says, without who looked at it before."""
    return read(client, address).split("Who has looked")[0]
