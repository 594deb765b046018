"""An academy that was another school before: its people see that school's history as theirs, and nobody else does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from attendance_portal.front.overview import school_lines, whole
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from schools.banding import band_schools
from schools.directory.carrying import carry_rolls
from schools.models import (
    Enrolment,
    EnrolmentChange,
    Pupil,
    Register,
    School,
    SchoolMembership,
    Standing,
    StatutoryReturn,
    Succession,
    Upload,
)
from schools.models.places import Phase
from schools.sending import uploads
from tests.cast import ON, SINCE, Cast, in_scope, make_member, make_pupil
from tests.schools.files import all_present, long_file
from tests.schools.files import school_days as weekdays
from tests.schools.stored import AUTUMN, store_autumn
from tests.schools.test_school_page import words_of
from tests.tsm.meetings import STARTS, ended

SignedIn = Callable[[Membership], Client]
OPENED = dt.date(2026, 10, 12)
HILL = "/schools/999001/"

pytestmark = pytest.mark.django_db


class Academy:
    """Hill Academy (URN 999001) became Hilltop Academy (URN 999050) in October; four of five children came along."""

    def __init__(self, cast: Cast, kind: str = "converted", linked_on: dt.date | None = OPENED) -> None:
        self.cast = cast
        store_autumn(cast)
        with in_scope(cast.eastshire):
            self.school: School = School.objects.create(
                urn="999050", laestab="9994050", name="Hilltop Academy", phase=Phase.SECONDARY
            )
            School.objects.filter(pk=cast.hill.pk).update(closed_on=OPENED - dt.timedelta(days=1), status="closed")
            self.link = Succession.objects.create(
                predecessor=cast.hill, successor=self.school, kind=kind, linked_on=linked_on
            )
            for pupil in cast.pupils[:4]:
                Enrolment.objects.create(
                    pupil=pupil, school=self.school, local_id=f"T{pupil.surname}", year_group="8", admission_on=OPENED
                )
            self.lead = self._person("lead@hilltop.example", "Tess Hale", Role.SCHOOL_LEAD)

    def _person(self, email: str, name: str, role: Role) -> Membership:
        member = make_member(self.cast.eastshire, email, name, role, self.school.name)
        SchoolMembership.objects.create(membership=member, school=self.school, capacity="staff", from_on=SINCE)
        return member

    @property
    def marks(self) -> dict[Pupil, dict[dt.date, str]]:
        return all_present(self.cast.pupils[:4], weekdays(OPENED, 5))


@pytest.fixture
def academy(cast: Cast) -> Academy:
    return Academy(cast)


class TestWhoSees:
    def test_the_new_schools_people_open_the_old_schools_pages(self, academy: Academy, signed_in: SignedIn) -> None:
        lead = signed_in(academy.lead)
        for address in (HILL, f"{HILL}pupils/", f"{HILL}uploads/", f"{HILL}calendar/"):
            assert lead.get(address).status_code == 200, address

    def test_and_there_only_the_children_who_are_now_on_their_own_roll(
        self, academy: Academy, signed_in: SignedIn
    ) -> None:
        stayed_away = academy.cast.pupils[4]
        page = words_of(signed_in(academy.lead), f"{HILL}pupils/")
        assert "Abbott" in page and stayed_away.surname not in page
        assert signed_in(academy.lead).get(f"/pupils/{stayed_away.pk}/").status_code == 404

    def test_a_childs_page_holds_the_marks_of_both(self, academy: Academy, signed_in: SignedIn) -> None:
        page = words_of(signed_in(academy.lead), f"/pupils/{academy.cast.pupil.pk}/")
        assert "Hill Academy" in page and "Hilltop Academy" in page
        assert "20 unauthorised" in page or "unauthorised" in page.lower()
        file = signed_in(academy.lead).get(f"/pupils/{academy.cast.pupil.pk}/marks.csv").content.decode()
        assert f"Hill Academy,{AUTUMN[0]},AM,O" in file

    def test_a_child_is_in_the_list_of_all_pupils_once(self, academy: Academy, signed_in: SignedIn) -> None:
        with in_scope(academy.cast.eastshire):
            upload = uploads.receive_upload(academy.school, [self.file(academy)], file_name="r.csv", by=academy.lead)
            uploads.read_upload(upload, on=ON)
            uploads.store_upload(uploads.accept_upload(upload, by=academy.lead, at=_at()), on=ON)
            assert Standing.objects.filter(pupil=academy.cast.pupil).count() == 2
        assert words_of(signed_in(academy.lead), "/pupils/").count("Abbott, Amy") == 1

    def file(self, academy: Academy) -> bytes:
        return renamed(academy)

    def test_meetings_of_before_are_on_the_new_schools_page(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            ended(cast, starts_at=STARTS)
        academy = Academy(cast)
        page = words_of(signed_in(academy.lead), "/schools/999050/")
        assert "Targeting Support Meetings of Hill Academy (URN 999001)" in page

    @pytest.mark.parametrize("who", ["other_lead", "stranger", "practitioner"])
    def test_nobody_else_gains_anything(self, academy: Academy, signed_in: SignedIn, who: str) -> None:
        client = signed_in(getattr(academy.cast, who))
        for address in (HILL, "/schools/999050/", f"/pupils/{academy.cast.pupil.pk}/"):
            assert client.get(address).status_code in {403, 404}, address

    def test_the_old_schools_people_gain_nothing_of_the_new_one(self, academy: Academy, signed_in: SignedIn) -> None:
        old_lead = signed_in(academy.cast.lead)
        assert old_lead.get("/schools/999050/").status_code == 404
        page = words_of(old_lead, HILL)
        assert "Hilltop Academy (URN 999050) followed on 12 October 2026" in page
        assert 'href="/schools/999050/"' not in old_lead.get(HILL).content.decode()

    def test_before_the_new_school_has_opened_its_people_see_nothing_of_the_old_one(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        academy = Academy(cast, linked_on=ON + dt.timedelta(days=1))
        assert signed_in(academy.lead).get(HILL).status_code == 404

    def test_of_a_split_school_a_part_sees_its_own_children_and_not_the_schools_pages(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        academy = Academy(cast, kind="split")
        lead = signed_in(academy.lead)
        assert lead.get(HILL).status_code == 404 and lead.get(f"{HILL}uploads/").status_code == 404
        file = lead.get(f"/pupils/{cast.pupil.pk}/marks.csv").content.decode()
        assert f"Hill Academy,{AUTUMN[0]},AM,O" in file
        assert lead.get(f"/pupils/{cast.pupils[4].pk}/").status_code == 404

    def test_two_changes_back_are_seen_and_a_third_is_not(self, academy: Academy, signed_in: SignedIn) -> None:
        cast = academy.cast
        with in_scope(cast.eastshire):
            olds = [School.objects.create(urn=f"99906{n}", name=f"Older {n}", phase=Phase.SECONDARY) for n in (1, 2)]
            for before, after in ((olds[0], cast.hill), (olds[1], olds[0])):
                Succession.objects.create(predecessor=before, successor=after, kind="converted")
        lead = signed_in(academy.lead)
        assert lead.get("/schools/999061/").status_code == 200
        assert lead.get("/schools/999062/").status_code == 404

    def test_a_restricted_child_is_restricted_in_the_old_register_too(
        self, academy: Academy, signed_in: SignedIn
    ) -> None:
        with in_scope(academy.cast.eastshire):
            Pupil.objects.filter(pk=academy.cast.pupil.pk).update(is_restricted=True)
        assert "Abbott" not in words_of(signed_in(academy.lead), f"{HILL}pupils/")


def test_the_list_of_schools_stays_that_of_ones_own(academy: Academy, signed_in: SignedIn) -> None:
    answer = signed_in(academy.lead).get("/schools/")
    assert answer.status_code == 302 and answer.url == "/schools/999050/"


def test_the_new_schools_page_shows_the_weeks_of_the_school_it_was(academy: Academy, signed_in: SignedIn) -> None:
    with in_scope(academy.cast.eastshire):
        _store(academy, renamed(academy))
    page = words_of(signed_in(academy.lead), "/schools/999050/")
    assert "7 Sep" in page and "12 Oct" in page
    assert "Hill Academy (URN 999001) came before this school, until 12 October 2026: took its place." in page


class TestTheRoll:
    """Hill closed on 11 October and Hilltop opened on the 12th; nobody has told of Hilltop's roll yet."""

    @pytest.fixture
    def converted(self, cast: Cast) -> Academy:
        academy = Academy(cast)
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(school=academy.school).exclude(pupil=cast.pupil).delete()
        return academy

    def test_it_goes_on_at_the_new_school_and_ends_at_the_old_one(self, converted: Academy) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            registers = list(Register.objects.order_by("pk").values("school", "enrolment", "marks"))
            [words] = carry_rolls(on=ON, by=None)
            assert "5 enrolments of Hill Academy" in words and "4 go on at Hilltop Academy" in words
            old, new = (Enrolment.objects.filter(school=one).order_by("pk") for one in (cast.hill, converted.school))
            assert {one.leaving_on for one in old} == {OPENED - dt.timedelta(days=1)}
            assert {one.destination for one in old} == {"Hilltop Academy"}
            assert {one.pupil_id for one in new} == {one.pk for one in cast.pupils}
            assert {one.admission_on for one in new} == {OPENED}
            assert {one.local_id for one in new} >= {one.local_id for one in old[1:]}
            assert list(Register.objects.order_by("pk").values("school", "enrolment", "marks")) == registers
            assert carry_rolls(on=ON, by=None) == [] and new.count() == 5

    def test_until_its_first_file_the_new_schools_page_says_where_the_figures_are(
        self, converted: Academy, signed_in: SignedIn
    ) -> None:
        with in_scope(converted.cast.eastshire):
            carry_rolls(on=ON, by=None)
        page = words_of(signed_in(converted.lead), "/schools/999050/")
        assert "No register of its own yet" in page and "until then they stand at the school before" in page
        assert "The first file brings the school's pupils" not in page and "weeks and terms above" not in page

    def test_nobody_has_left_or_joined_so_no_return_is_drafted(self, converted: Academy) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            carry_rolls(on=ON, by=None)
            newcomer = make_pupil(converted.school, 77, "Novak", "Nia", "9")
            Enrolment.objects.filter(pupil=newcomer).update(admission_on=OPENED)
            _store(converted, renamed(converted))
            found = StatutoryReturn.objects.filter(kind__in=["new-pupil", "deletion"])
            assert [one.pupil_id for one in found] == [newcomer.pk]

    def test_who_truly_left_on_the_old_schools_last_day_is_told_of(self, converted: Academy) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            left = Enrolment.objects.filter(school=cast.hill, pupil=cast.pupils[1])
            left.update(leaving_on=OPENED - dt.timedelta(days=1))
            carry_rolls(on=ON, by=None)
            band_schools([cast.hill.pk], on=ON)
            deletions = StatutoryReturn.objects.filter(kind="deletion")
            assert [one.pupil_id for one in deletions] == [cast.pupils[1].pk]

    def test_a_leaving_date_still_to_come_goes_on_at_the_new_school(self, converted: Academy) -> None:
        cast, leaves = converted.cast, dt.date(2026, 12, 18)
        with in_scope(cast.eastshire):
            told = Enrolment.objects.filter(school=cast.hill, pupil=cast.pupils[1])
            told.update(leaving_on=leaves, destination="Elsewhere School")
            carry_rolls(on=ON, by=None)
            there = Enrolment.objects.get(school=converted.school, pupil=cast.pupils[1])
            assert (there.leaving_on, there.destination) == (leaves, "Elsewhere School")
            assert told.get().leaving_on == OPENED - dt.timedelta(days=1)

    def test_every_child_is_counted_once_before_and_after_the_new_school_s_first_file(
        self, converted: Academy, signed_in: SignedIn
    ) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            carry_rolls(on=ON, by=None)
        officer = signed_in(cast.officer)
        before = words_of(officer, "/pupils/?q=abbott")
        assert "1 pupil" in before and "Hill Academy" in before
        with in_scope(cast.eastshire):
            _store(converted, renamed(converted))
            on_roll = Standing.objects.on_roll().filter(pupil__in=cast.pupils)
            assert sorted(on_roll.values_list("pupil", flat=True)) == sorted(one.pk for one in cast.pupils)
        after = words_of(officer, "/pupils/?q=abbott")
        assert "1 pupil" in after and "Hilltop Academy" in after
        child = words_of(officer, f"/pupils/{cast.pupil.pk}/")
        # Hill: 20 of 40 attended; Hilltop's first week: 10 of 10.
        assert "All together: attendance 60.0%, 20 of 50 possible sessions missed." in child

    def test_the_old_schools_part_of_the_year_counts_officially_at_the_new_one(self, converted: Academy) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            before = whole(school_lines(cast.manager)).figures
            carry_rolls(on=ON, by=None)
            waiting = whole(school_lines(cast.manager))
            assert (waiting.figures.pupils, waiting.figures.bands) == (before.pupils, before.bands)
            _store(converted, renamed(converted))
            lines = {line.school.name: line for line in school_lines(cast.manager)}
            old, new = lines["Hill Academy"], lines["Hilltop Academy"]
            assert old.is_closed and not new.is_closed and whole(list(lines.values())).schools == len(lines) - 1
            # Of the four who are counted (one is 16) Hilltop told of all, with ten sessions each; each session is once.
            assert (old.figures.persistent, old.figures.possible, old.figures.pupils) == (0, 0, 0)
            assert (before.persistent, new.figures.persistent) == (3, 2)
            assert (before.possible, new.figures.possible) == (160, 200)
            assert new.figures.pupils == before.pupils
            School.objects.filter(pk=cast.hill.pk).update(closed_on=dt.date(2026, 7, 31))
            assert "Hill Academy" not in {line.school.name for line in school_lines(cast.manager)}

    def test_a_split_school_s_roll_and_one_that_has_not_opened_stay_as_they_are(self, cast: Cast) -> None:
        academy = Academy(cast, kind="split")
        with in_scope(cast.eastshire):
            assert carry_rolls(on=ON, by=None) == []
            Succession.objects.update(kind="converted", linked_on=ON + dt.timedelta(days=1))
            assert carry_rolls(on=ON, by=None) == []
            assert not Enrolment.objects.filter(school=cast.hill, leaving_on__isnull=False).exists()
            assert academy.link.kind == "split"

    def test_of_a_takeover_of_an_earlier_year_the_old_roll_only_ends(self, converted: Academy) -> None:
        with in_scope(converted.cast.eastshire):
            Succession.objects.update(linked_on=dt.date(2025, 9, 1))
            School.objects.filter(pk=converted.cast.hill.pk).update(closed_on=dt.date(2025, 8, 31))
            Enrolment.objects.filter(school=converted.cast.hill).update(admission_on=dt.date(2024, 9, 2))
            [words] = carry_rolls(on=ON, by=None)
            assert "5 enrolments of Hill Academy" in words and "0 go on" in words

    def test_what_was_known_of_the_old_roll_before_stays_so(self, converted: Academy) -> None:
        cast = converted.cast
        with in_scope(cast.eastshire):
            carry_rolls(on=ON, by=None)
            changes = EnrolmentChange.objects.filter(enrolment__school=cast.hill)
            assert {(one.leaving_before, one.leaving_after) for one in changes} == {
                (None, OPENED - dt.timedelta(days=1))
            }


def _at() -> dt.datetime:
    return dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def renamed(academy: Academy) -> bytes:
    """A file of the new school's first week, without the school's numbers."""
    lines = ["UPN,Surname,Forename,DOB,Year,Date,Session,Mark"]
    for pupil, days in academy.marks.items():
        for day in days:
            told = f"{pupil.upn},{pupil.surname},{pupil.forename},{pupil.date_of_birth:%d/%m/%Y},8,{day:%d/%m/%Y}"
            lines += [f"{told},AM,/", f"{told},PM,\\"]
    return "\r\n".join([*lines, ""]).encode()


def _read(academy: Academy, content: bytes, name: str) -> Upload:
    upload = uploads.receive_upload(academy.school, [content], file_name=name, by=academy.lead)
    uploads.read_upload(upload, on=ON)
    return upload


def _store(academy: Academy, content: bytes) -> None:
    upload = _read(academy, content, "register.csv")
    uploads.store_upload(uploads.accept_upload(upload, by=academy.lead, at=_at()), on=ON)


class TestUploads:
    @pytest.mark.parametrize("name", ["register_URN_999001.csv", "attendance LAESTAB 999-4001.csv"])
    def test_a_file_that_names_the_school_as_it_was_is_taken_and_it_is_told(self, academy: Academy, name: str) -> None:
        with in_scope(academy.cast.eastshire):
            upload = _read(academy, renamed(academy), name)
            assert upload.stage == Upload.Stage.READ
            told: Any = upload.problems.get(kind="former-school")
            assert told.severity == "warning"
            assert "the number that Hill Academy had before" in told.message and "URN 999050 now" in told.message

    def test_a_number_in_a_column_is_recognised_as_well(self, academy: Academy) -> None:
        lines = renamed(academy).decode().splitlines()
        content = "\r\n".join([f"URN,{lines[0]}", *(f"999001,{line}" for line in lines[1:]), ""]).encode()
        with in_scope(academy.cast.eastshire):
            upload = _read(academy, content, "register.csv")
            assert upload.stage == Upload.Stage.READ and upload.problems.filter(kind="former-school").exists()

    def test_another_schools_file_is_refused_as_ever(self, academy: Academy) -> None:
        with in_scope(academy.cast.eastshire):
            upload = _read(academy, renamed(academy), "register_URN_999002.csv")
            assert upload.stage == Upload.Stage.REFUSED
            assert upload.problems.get().kind == "wrong-school"

    def test_the_old_schools_children_are_no_sign_of_a_wrong_school(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            children = [make_pupil(cast.hill, 100 + n, f"Surname{n}", "Sam", "8") for n in range(12)]
        academy = Academy(cast)
        with in_scope(cast.eastshire):
            days = weekdays(OPENED, 2)
            content = long_file(all_present(children, days))
            assert _read(academy, content, "register.csv").stage == Upload.Stage.READ
            Succession.objects.all().delete()
            refused = _read(academy, content, "register.csv")
            assert refused.stage == Upload.Stage.REFUSED
            assert refused.problems.filter(kind="roll-of-another-school").exists()
