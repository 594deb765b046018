"""Journeys 6 to 9: the home page, staff who are away or leave, trusts, the service manager, and the stranger."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework.models import Case
from schools.models import School, Standing
from tests.cast import ON, Cast, in_scope, make_member
from tests.front.changed import moved
from tests.journeys.steps import HILL, SignedIn, action, arrange, autosave, date_of, letters, read, send, words_of
from tests.schools.stored import store_autumn
from tsm.models import AgreedAction, Meeting

pytestmark = pytest.mark.django_db
TUESDAY = dt.date(2026, 11, 24)


settle = store_autumn


@pytest.fixture
def second(cast: Cast) -> Membership:
    """Another officer, who has no schools yet."""
    return make_member(cast.eastshire, "second@eastshire.example", "Sally Ford", Role.OFFICER, "Eastshire")


def hold_one(cast: Cast, signed_in: SignedIn) -> str:
    """A meeting held today, with an action of the officer's; answers its address."""
    officer = signed_in(cast.officer)
    where = arrange(officer, cast, TUESDAY)
    send(officer, f"{where}begin/")
    autosave(officer, f"{where}hold/1/", said="Talked.")
    autosave(officer, f"{where}hold/1/", **action("Visit the family", cast.officer, ON, "authority"))
    send(officer, f"{where}end/")
    for member in (cast.officer, cast.lead):
        send(signed_in(member), f"{where}minutes/confirm/")
    return where


class TestHome:
    def test_what_changed_is_shown_until_it_was_seen(self, cast: Cast, signed_in: SignedIn) -> None:
        """Given a child newly severely absent, when the officer has seen it, then it is not shown again."""
        with in_scope(cast.eastshire):
            Standing.objects.filter(pupil=cast.pupil).update(as_at=ON)  # the register reaches the day of the change
            moved(cast.pupil)
        officer = signed_in(cast.officer)
        assert "Amy Abbott" in read(officer, "/")
        page = officer.get("/")
        until = page.content.decode().split('name="until" value="')[1].split('"')[0]
        send(officer, "/changes/seen/", until=until)
        assert "Amy Abbott" not in read(officer, "/")

    def test_a_child_is_found_from_every_page_by_name_or_upn(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        for page in ("/", HILL, "/meetings/", f"/pupils/{cast.pupil.pk}/"):
            assert 'action="/find/"' in officer.get(page).content.decode()
        answer = officer.get(f"/find/?q={cast.pupil.upn}", follow=True)
        assert "Amy Abbott" in words_of(answer)
        assert "Amy Abbott" in words_of(officer.get("/find/?q=abbott", follow=True))


class TestStaff:
    def test_who_is_away_is_covered_and_comes_back_to_their_schools(
        self, cast: Cast, signed_in: SignedIn, second: Membership
    ) -> None:
        leader = signed_in(cast.team_leader)
        assert self.schools_of(cast, second) == set()
        days = {**date_of("from_on", ON - dt.timedelta(days=3)), **date_of("until_on", ON + dt.timedelta(days=7))}
        send(leader, f"/staff/{cast.officer.pk}/away/", **days, cover=str(second.pk))
        assert self.schools_of(cast, second) == {cast.hill, cast.vale}
        assert "Hill Academy" in read(signed_in(second), "/meetings/")
        assert second.user.email in {one.to_email for one in letters(cast)}
        send(leader, f"/staff/{cast.officer.pk}/back/")
        assert self.schools_of(cast, second) == set()
        assert self.schools_of(cast, cast.officer) == {cast.hill, cast.vale}

    @staticmethod
    def schools_of(cast: Cast, member: Membership) -> set[School]:
        with in_scope(cast.eastshire):
            return set(School.objects.of(member))

    def test_a_leavers_schools_meetings_cases_and_actions_are_handed_on_in_one_step(
        self, cast: Cast, signed_in: SignedIn, second: Membership
    ) -> None:
        officer = signed_in(cast.officer)
        hold_one(cast, signed_in)
        where = arrange(officer, cast, TUESDAY + dt.timedelta(days=1))
        send(signed_in(cast.team_leader), f"/staff/{cast.officer.pk}/deactivate/", to=str(second.pk))
        assert officer.get("/").status_code == 302
        successor = signed_in(second)
        assert "Hill Academy" in read(successor, "/meetings/") and "Visit the family" in read(successor, "/")
        with in_scope(cast.eastshire):
            assert Meeting.objects.get(pk=where.split("/")[2]).officer == second
            assert AgreedAction.objects.get().owner == second
            assert not Case.objects.open().filter(holder=cast.officer).exists()
            assert set(School.objects.of(second)) == {cast.hill, cast.vale}

    def test_a_trusts_lead_has_several_schools_and_no_others(self, cast: Cast, signed_in: SignedIn) -> None:
        lead = signed_in(cast.trust_lead)
        for school in (cast.hill, cast.vale):
            assert school.name in read(lead, "/schools/")
            read(lead, f"/schools/{school.urn}/")
            read(lead, f"/schools/{school.urn}/upload/")
        assert lead.get(f"/schools/{cast.fen.urn}/").status_code == 404
        assert signed_in(cast.lead).get(f"/schools/{cast.vale.urn}/").status_code == 404


class TestTheServiceManager:
    def test_the_overview_counts_meetings_and_categories(self, cast: Cast, signed_in: SignedIn) -> None:
        manager = signed_in(cast.manager)
        assert "0 Met this term" in read(manager, "/overview/")
        hold_one(cast, signed_in)
        overview = read(manager, "/overview/")
        assert "1 Met this term" in overview and "Hill Academy" in overview and "Pupils by category" in overview
        assert "Hill Academy" in read(manager, "/overview/meetings/")

    def test_it_downloads_without_small_numbers(self, cast: Cast, signed_in: SignedIn) -> None:
        answer = signed_in(cast.manager).get("/overview/?format=csv")
        assert answer["Content-Type"].startswith("text/csv")
        text = answer.content.decode("utf-8-sig")
        line = next(one for one in text.splitlines() if "Hill Academy" in one)
        assert ",c," in line, line


def test_the_stranger_finds_none_of_it_by_any_address(cast: Cast, signed_in: SignedIn) -> None:
    where = hold_one(cast, signed_in)
    with in_scope(cast.eastshire):
        agreed, case = AgreedAction.objects.get(), Case.objects.get()
    shut = [
        *(f"{HILL}{part}" for part in ("", "pupils/", "upload/", "uploads/", "meetings/arrange/")),
        *(f"{where}{part}" for part in ("", "list/", "minutes/", "minutes.pdf", "move/", "minutes/reopen/")),
        *(f"/pupils/{cast.pupil.pk}/{part}" for part in ("", "marks.csv", "put-right/", "case/open/")),
        f"/cases/{case.pk}/",
        f"/actions/{agreed.pk}/",
    ]
    stranger = signed_in(cast.stranger)
    found = {address: stranger.get(address).status_code for address in shut}
    assert {address for address, status in found.items() if status not in (403, 404)} == set(), found
    for address in ("/", "/schools/", "/pupils/", "/meetings/", "/cases/", "/actions/", "/changes/", "/find/?q=amy"):
        page = words_of(stranger.get(address, follow=True))
        assert "Abbott" not in page and "Hill Academy" not in page, address
