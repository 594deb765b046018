"""What changed since a person last looked: on the home page, as a list, as a file, and cleared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from schools.models import PupilAccess, Standing
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.front.changed import SEEN_AT, moved
from tests.schools.stored import store_autumn

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.usefixtures("in_eastshire")
class TestOnTheHomePage:
    def test_changes_stand_by_kind_with_their_number(self, cast: Cast, signed_in: SignedIn) -> None:
        amy, ben, cora, dan, ella = cast.pupils
        moved(amy)
        moved(ben, "newly-persistent")
        moved(cora, "recovered")
        moved(dan, "back")
        moved(ella, "moved")
        html = text(signed_in(cast.lead), "/")
        for words in ("Newly severely absent: 1", "No longer persistently absent: 1", "Back in school: 1"):
            assert words in html
        assert "Ella" not in html

    def test_five_of_a_kind_are_shown_with_a_link_to_all(self, cast: Cast, signed_in: SignedIn) -> None:
        for number in range(12):
            moved(make_pupil(cast.hill, 100 + number, "Young", f"Una{number}", "9"))
        html = text(signed_in(cast.lead), "/")
        assert "Newly severely absent: 12" in html
        assert html.count(", Year 9") == 5
        assert "?kind=newly-severe" in html

    def test_the_first_time_it_is_the_last_thirty_days(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupils[0], as_at=ON - dt.timedelta(days=29))
        moved(cast.pupils[1], as_at=ON - dt.timedelta(days=31))
        html = text(signed_in(cast.lead), "/")
        assert "Amy Abbott" in html
        assert "Ben Brown" not in html

    def test_a_change_that_was_undone_and_made_again_is_told_once(self, cast: Cast, signed_in: SignedIn) -> None:
        again = SEEN_AT + dt.timedelta(hours=1)
        moved(cast.pupil, "newly-persistent", from_band=2, to_band=3)
        moved(cast.pupil, "recovered", from_band=3, to_band=2, seen_at=again)
        moved(cast.pupil, "newly-persistent", from_band=2, to_band=3, seen_at=again + dt.timedelta(hours=1))
        client = signed_in(cast.lead)
        html = text(client, "/")
        assert "Newly persistently absent: 1" in html and "No longer persistently absent" not in html
        assert html.count("Amy Abbott") == 1
        assert text(client, "/changes/?format=csv").count("Amy Abbott") == 1

    def test_a_change_that_was_taken_back_is_not_told(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil, "newly-persistent", from_band=2, to_band=3)
        moved(cast.pupil, "recovered", from_band=3, to_band=2, seen_at=SEEN_AT + dt.timedelta(hours=1))
        moved(cast.pupils[1], "newly-persistent", from_band=1, to_band=3)
        moved(cast.pupils[1], "moved", from_band=3, to_band=1, seen_at=SEEN_AT + dt.timedelta(hours=1))
        assert "Amy Abbott" not in text(signed_in(cast.lead), "/")
        assert "Ben Brown" not in text(signed_in(cast.lead), "/changes/?period=month")

    def test_what_was_taken_back_is_not_half_told_the_next_time(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil, "newly-persistent", from_band=2, to_band=3)
        moved(cast.pupils[1], seen_at=SEEN_AT + dt.timedelta(hours=1))
        until = SEEN_AT + dt.timedelta(hours=2)
        moved(cast.pupil, "recovered", from_band=3, to_band=2, seen_at=until)
        client = signed_in(cast.lead)
        assert f'value="{until.isoformat()}"' in text(client, "/")
        client.post("/changes/seen/", {"until": until.isoformat()})
        assert "Amy Abbott" not in text(client, "/changes/")

    def test_what_was_seen_and_then_taken_back_is_told(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil, "newly-persistent", from_band=2, to_band=3)
        client = signed_in(cast.lead)
        client.post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        moved(cast.pupil, "recovered", from_band=3, to_band=2, seen_at=SEEN_AT + dt.timedelta(hours=1))
        assert "No longer persistently absent: 1" in text(client, "/")

    def test_a_day_that_the_register_does_not_reach_any_more_is_not_told(self, cast: Cast, signed_in: SignedIn) -> None:
        store_autumn(cast)
        reached = Standing.objects.get(pupil=cast.pupil).as_at
        moved(cast.pupil, as_at=reached + dt.timedelta(days=3))
        moved(cast.pupils[1], as_at=reached)
        client = signed_in(cast.lead)
        page = text(client, "/changes/?kind=newly-severe")
        assert "Amy Abbott" not in page

    def test_another_schools_changes_are_not_theirs(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        assert "Amy" not in text(signed_in(cast.other_lead), "/")
        assert "Amy" in text(signed_in(cast.trust_lead), "/")


@pytest.mark.usefixtures("in_eastshire")
class TestSeen:
    def test_what_was_seen_is_not_shown_again(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        client = signed_in(cast.lead)
        response = client.post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        assert response["Location"] == "/"
        assert "Amy Abbott" not in text(client, "/")
        assert AuditEvent.objects.filter(what="see_changes").count() == 1

    def test_what_came_after_the_page_was_opened_stays(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupils[0])
        moved(cast.pupils[1], seen_at=SEEN_AT + dt.timedelta(minutes=1))
        client = signed_in(cast.lead)
        client.post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        html = text(client, "/")
        assert "Amy Abbott" not in html
        assert "Ben Brown" in html

    def test_a_time_to_come_clears_no_more_than_was_there(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        client = signed_in(cast.lead)
        client.post("/changes/seen/", {"until": "2090-01-01T00:00:00+00:00"})
        assert Membership.objects.get(pk=cast.lead.pk).last_looked_at == SEEN_AT

    @pytest.mark.parametrize("typed", ["", "yesterday", "<script>"])
    def test_nonsense_changes_nothing(self, cast: Cast, signed_in: SignedIn, typed: str) -> None:
        moved(cast.pupil)
        signed_in(cast.lead).post("/changes/seen/", {"until": typed})
        assert Membership.objects.get(pk=cast.lead.pk).last_looked_at is None

    def test_it_is_each_persons_own(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        signed_in(cast.lead).post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        assert "Amy Abbott" in text(signed_in(cast.officer), "/")

    def test_a_link_alone_clears_nothing(self, cast: Cast, signed_in: SignedIn) -> None:
        assert signed_in(cast.lead).get("/changes/seen/").status_code == 405


@pytest.mark.usefixtures("in_eastshire")
class TestTheList:
    def test_it_narrows_by_kind_and_school(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        moved(cast.vale_pupils[0], "back")
        client = signed_in(cast.officer)
        assert "Finn Ford" not in text(client, "/changes/?kind=newly-severe")
        assert "Finn Ford" in text(client, "/changes/?school=999002")
        assert "Amy Abbott" not in text(client, "/changes/?school=999002")

    def test_the_last_thirty_days_can_be_seen_again(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        client = signed_in(cast.lead)
        client.post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        assert "Amy Abbott" not in text(client, "/changes/")
        assert "Amy Abbott" in text(client, "/changes/?period=month")

    def test_it_downloads_and_the_download_is_one_event(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        csv = text(signed_in(cast.lead), "/changes/?format=csv")
        assert f"Amy Abbott,{cast.pupil.upn},7,Newly severely absent,4,5,Hill Academy,999001,2026-11-20" in csv
        assert AuditEvent.objects.get(what="export_list_of_changes").pupil_ids == [cast.pupil.pk]

    def test_who_may_not_export_gets_no_file(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Case", from_on=ON)
        response = signed_in(cast.practitioner).get("/changes/?format=csv")
        assert response["Content-Type"].startswith("text/html")

    def test_a_filter_that_makes_no_sense_is_told(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Error: What changed" in text(signed_in(cast.lead), "/changes/?kind=nonsense")

    def test_who_may_not_see_children_is_refused(self, cast: Cast, signed_in: SignedIn, client: Client) -> None:
        assert signed_in(cast.admin).get("/changes/").status_code == 403
        assert client.get("/changes/").status_code == 302


class TestTheStranger:
    def test_finds_nothing_by_any_address(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            moved(cast.pupil)
        client = signed_in(cast.stranger)
        assert "Abbott" not in text(client, "/changes/?period=month")
        assert "Abbott" not in text(client, "/changes/?school=999001&period=month")
        client.post("/changes/seen/", {"until": SEEN_AT.isoformat()})
        assert Membership.objects.get(pk=cast.stranger.pk).last_looked_at is None
