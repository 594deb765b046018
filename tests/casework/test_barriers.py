"""The list of barriers as an authority keeps it, and what families say in their own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions import barriers as keeping
from casework.barriers import BARRIERS, taxonomy
from casework.models import AuthorityBarrier, Case, CaseBarrier, OwnWords
from casework.panels import pupil_panel
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]
DAY = {"said_on_day": "19", "said_on_month": "11", "said_on_year": "2026"}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


def said(cast: Cast) -> list[str]:
    """The standing barriers of the first child's case, as the child's page says them."""
    rows = pupil_panel([cast.pupil], cast.officer).by_pk[cast.pupil.pk]
    words: list[str] = rows[0]["barriers"]
    return words


def test_the_portal_s_own_codes_are_those_that_cases_have_stored_since_the_first_release() -> None:
    first = {
        "anxiety", "bullying", "learning", "school-place", "relationship", "behaviour", "physical-health",
        "mental-health", "carer-health", "young-carer", "family", "housing", "money", "transport", "exploitation",
        "holidays", "routine", "other",
    }  # fmt: skip
    codes = [barrier.code for barrier in BARRIERS]
    assert first <= set(codes) and len(codes) == len(set(codes))
    assert BARRIERS[-1].code == "other"


class TestTheList:
    def test_an_added_barrier_is_chosen_in_a_case_and_called_by_other_words_where_it_stands(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        leader, officer = signed_in(cast.team_leader), signed_in(cast.officer)
        leader.post("/barriers/add/", {"label": "Waiting for a school place", "where": "out"})
        assert b"Waiting for a school place" in officer.get(f"/cases/{case.pk}/barriers/").content
        officer.post(f"/cases/{case.pk}/barriers/", {"out_of_school": ["waiting-for-a-school-place", "housing"]})
        leader.post("/barriers/waiting-for-a-school-place/", {"label": "No school place yet", "is_offered": "on"})
        leader.post("/barriers/housing/", {"label": "A home that is not safe or settled", "is_offered": "on"})
        with in_scope(cast.eastshire):
            assert set(CaseBarrier.objects.values_list("barrier", flat=True)) == {
                "waiting-for-a-school-place",
                "housing",
            }
            assert said(cast) == ["A home that is not safe or settled", "No school place yet"]
            assert AuditEvent.objects.filter(what="rename_barrier").count() == 2
        assert b"No school place yet" in officer.get(f"/cases/{case.pk}/").content

    def test_an_ended_barrier_is_offered_no_more_and_stays_where_it_stands(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            actions.change_barriers(case, barriers=["holidays"], on=ON, by=cast.officer)
            other = actions.open_case(cast.pupils[1], reason="Absent.", on=ON, by=cast.officer)
        leader, officer = signed_in(cast.team_leader), signed_in(cast.officer)
        leader.post("/barriers/holidays/", {"label": "Holidays or visits in term time"})
        assert b"Holidays or visits" in officer.get(f"/cases/{case.pk}/barriers/").content
        assert b"Holidays or visits" not in officer.get(f"/cases/{other.pk}/barriers/").content
        with in_scope(cast.eastshire):
            assert said(cast) == ["Holidays or visits in term time"]
            assert AuthorityBarrier.objects.get().ended_on == ON
        leader.post("/barriers/holidays/", {"label": "Holidays or visits in term time", "is_offered": "on"})
        assert b"Holidays or visits" in officer.get(f"/cases/{other.pk}/barriers/").content

    def test_two_barriers_are_not_called_the_same(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="called that already"):
                keeping.add_barrier(label="housing OR homelessness", out_of_school=True, by=cast.admin)
            made = keeping.add_barrier(label="Other!", out_of_school=True, by=cast.admin)
            assert made.code == "other-2"
            with pytest.raises(Refused, match="called that already"):
                keeping.rename_barrier(BARRIERS[0], label="other!", by=cast.admin)

    def test_another_authority_s_list_is_its_own(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            keeping.add_barrier(label="Waiting for a school place", out_of_school=True, by=cast.admin)
        with in_scope(cast.westshire):
            assert taxonomy().barriers == BARRIERS

    @pytest.mark.parametrize("page", ["/barriers/", "/barriers/add/", "/barriers/housing/"])
    def test_only_those_who_keep_the_directory_keep_the_list(self, cast: Cast, signed_in: SignedIn, page: str) -> None:
        assert Client().get(page).status_code == 302
        assert signed_in(cast.admin).get(page).status_code == 200
        for name in ("officer", "lead", "practitioner", "manager", "stranger"):
            assert signed_in(cast.members[name]).get(page).status_code == 403
        assert signed_in(cast.admin).get("/barriers/no-such/").status_code == 404

    def test_the_list_downloads_as_csv(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            keeping.add_barrier(label="Waiting for a school place", out_of_school=True, by=cast.admin)
        text = signed_in(cast.team_leader).get("/barriers/?format=csv").content.decode()
        assert "Waiting for a school place,Out of school,Added here,Yes" in text
        assert text.count("\n") == len(BARRIERS) + 2


class TestOwnWords:
    """`add_own_words`: kept as they were said."""

    def test_words_of_a_child_stand_on_the_case_as_they_were_said(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        lead, words = signed_in(cast.lead), "The corridors are <too loud>.\nI wait outside."
        answer = lead.post(f"/cases/{case.pk}/words/", {"speaker": "child", "whose": "", "words": words, **DAY})
        assert answer.status_code == 302
        page = signed_in(cast.officer).get(f"/cases/{case.pk}/").content.decode()
        assert "The corridors are &lt;too loud&gt;." in page and "The child, 19 November 2026" in page
        assert "Written down by Layla Hart" in page
        with in_scope(cast.eastshire):
            assert OwnWords.objects.get().words.splitlines() == words.splitlines()
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="add_own_words").count() == 1

    def test_a_parent_s_words_carry_the_name(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        told = {"speaker": "parent", "whose": "Mary Abbott", "words": "We need a later bus.", **DAY}
        signed_in(cast.lead).post(f"/cases/{case.pk}/words/", told)
        assert b"Mary Abbott, a parent" in signed_in(cast.lead).get(f"/cases/{case.pk}/").content

    def test_words_of_tomorrow_and_of_a_closed_case_are_refused(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        lead, told = signed_in(cast.lead), {"speaker": "child", "words": "Soon.", **DAY}
        assert b"today or in the past" in lead.post(f"/cases/{case.pk}/words/", told | {"said_on_day": "21"}).content
        with in_scope(cast.eastshire):
            Case.objects.update(stage="closed", closed_on=ON, closed_by=cast.officer)
        assert b"This case is closed." in lead.post(f"/cases/{case.pk}/words/", told).content

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("manager", 403)]
    )
    def test_others_write_nothing(self, cast: Cast, case: Case, signed_in: SignedIn, name: str, status: int) -> None:
        told = {"speaker": "child", "words": "I was never asked.", **DAY}
        assert signed_in(cast.members[name]).post(f"/cases/{case.pk}/words/", told).status_code == status
        with in_scope(cast.eastshire):
            assert not OwnWords.objects.exists()
