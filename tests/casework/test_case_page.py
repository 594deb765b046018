"""A case: opened, led, handed over, closed and opened again; and who may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions
from casework.models import Case, CaseBarrier
from casework.panels import pupil_panel
from casework.presenters import own_cases
from schools.children.record_links import judge_records, take_back
from schools.models import Enrolment, Pupil, PupilAccess, PupilLink, StatutoryReturn
from tests.cast import ON, Cast, in_scope
from tests.isolation.rows import row_of
from tests.schools.stored import AT, store_autumn

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def sees(member: Membership, pupil: Pupil) -> bool:
    return Pupil.objects.visible_to(member).filter(pk=pupil.pk).exists()


class TestLinkedRecords:
    """Amy of Hill and Finn of Vale are said to be one child; each record has a case of its own."""

    @pytest.fixture
    def linked(self, cast: Cast, case: Case) -> Case:
        with in_scope(cast.eastshire):
            other = actions.open_case(cast.vale_pupils[0], reason="Moved house.", on=ON, by=cast.officer)
            judge_records(
                cast.pupil, cast.vale_pupils[0], verdict="same", evidence="", reason="So", by=cast.officer, at=AT
            )
        return other

    def test_two_that_were_open_when_the_records_were_linked_name_each_other_until_one_is_closed(
        self, cast: Cast, case: Case, linked: Case, signed_in: SignedIn
    ) -> None:
        officer, lead, words = signed_in(cast.officer), signed_in(cast.lead), "This child has 2 open cases"
        for one, other in ((case, linked), (linked, case)):
            page = officer.get(f"/cases/{one.pk}/").content.decode()
            assert words in page and f"/cases/{other.pk}/" in page.split(words)[1].split("</div>")[0]
            assert str(one.pk) in officer.get("/queues/?queue=twice").content.decode()
        assert words not in lead.get(f"/cases/{case.pk}/").content.decode()  # who does not see the other
        assert str(case.pk) not in lead.get("/queues/?queue=twice").content.decode()
        close = f"/cases/{linked.pk}/close/"
        assert "The child’s other case goes on." in officer.get(f"{close}?twin=1").content.decode()
        officer.post(close, {"outcome": "other", "reason": "The other goes on."})
        assert words not in officer.get(f"/cases/{case.pk}/").content.decode()
        assert str(case.pk) not in officer.get("/queues/?queue=twice").content.decode()

    def test_the_other_record_s_case_is_on_the_child_s_page_and_on_the_case_s(
        self, cast: Cast, case: Case, linked: Case, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        for address in (f"/pupils/{cast.pupil.pk}/", f"/cases/{case.pk}/"):
            page = officer.get(address).content.decode()
            assert f"/cases/{linked.pk}/" in page and "Finn Ford, another record of the same child" in page
        with in_scope(cast.eastshire):
            event = AuditEvent.objects.filter(what="see_case").latest("pk")
            assert set(event.pupil_ids) == {cast.pupil.pk, cast.vale_pupils[0].pk}
            rows = pupil_panel([cast.pupil, cast.vale_pupils[0]], cast.officer).by_pk
            assert [row["case"] for row in rows[cast.pupil.pk]] == [case, linked]
            assert [row["case"] for row in rows[cast.vale_pupils[0].pk]] == [linked, case]

    def test_whoever_may_not_see_the_other_record_sees_nothing_of_its_case(
        self, cast: Cast, case: Case, linked: Case, signed_in: SignedIn
    ) -> None:
        lead = signed_in(cast.lead)
        for address in (f"/pupils/{cast.pupil.pk}/", f"/cases/{case.pk}/"):
            page = lead.get(address).content.decode()
            assert str(linked.pk) not in page and "Finn" not in page

    def test_taken_apart_each_has_its_own_again(self, cast: Cast, case: Case, linked: Case) -> None:
        with in_scope(cast.eastshire):
            take_back(PupilLink.objects.get(), reason="Cousins", by=cast.officer, at=AT)
            rows = pupil_panel([cast.pupil], cast.officer).by_pk
            assert [row["case"] for row in rows[cast.pupil.pk]] == [case]


@pytest.mark.usefixtures("in_eastshire")
class TestLeading:
    def test_the_opener_holds_it_until_somebody_leads(self, cast: Cast, case: Case) -> None:
        assert case.holder == cast.officer
        assert case.lead_shown == ""

    def test_a_child_has_one_open_case(self, cast: Cast, case: Case) -> None:
        with pytest.raises(Refused, match="open case already"):
            actions.open_case(cast.pupil, reason="Again.", on=ON, by=cast.lead)

    def test_a_partner_sees_the_child_from_being_asked(self, cast: Cast, case: Case) -> None:
        assert not sees(cast.practitioner, cast.pupil)
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        assert sees(cast.practitioner, cast.pupil)
        assert not sees(cast.practitioner, cast.pupils[1])
        assert list(own_cases(cast.practitioner)) == [case]

    def test_the_page_speaks_of_handing_over_only_where_somebody_leads(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)

        def says(words: str) -> bool:
            return words in officer.get(f"/cases/{case.pk}/").content.decode()

        assert says("Ask somebody to lead") and not says("Hand over the lead")
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        assert says("Ask somebody else to lead")
        actions.accept_lead(case, on=ON, by=cast.practitioner)
        assert says("Hand over the lead")
        form = officer.get(f"/cases/{case.pk}/lead/").content.decode()
        assert f"{cast.practitioner.name} leads, and goes on until" in form

    def test_the_lead_before_stays_until_the_new_one_accepts(self, cast: Cast, case: Case) -> None:
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        actions.accept_lead(case, on=ON, by=cast.practitioner)
        actions.ask_to_lead(case, lead=cast.lead, on=ON, by=cast.practitioner)
        assert Case.objects.get().lead_practitioner == cast.practitioner
        assert sees(cast.practitioner, cast.pupil)
        actions.accept_lead(case, on=ON, by=cast.lead)
        assert Case.objects.get().lead_practitioner == cast.lead
        assert not sees(cast.practitioner, cast.pupil)

    def test_whoever_declines_no_longer_sees_the_child(self, cast: Cast, case: Case) -> None:
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        actions.decline_lead(case, reason="On leave.", on=ON, by=cast.practitioner)
        assert not sees(cast.practitioner, cast.pupil)
        assert Case.objects.get().proposed_lead is None

    def test_nobody_accepts_for_another(self, cast: Cast, case: Case) -> None:
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        with pytest.raises(Refused, match="not asked"):
            actions.accept_lead(case, on=ON, by=cast.lead)

    def test_someone_without_an_account_leads_at_once(self, cast: Cast, case: Case) -> None:
        actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)
        assert Case.objects.get().lead_shown == "Nia Oak, Housing"

    def test_closing_ends_what_leading_gave_and_opening_again_gives_it_back(self, cast: Cast, case: Case) -> None:
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        actions.accept_lead(case, on=ON, by=cast.practitioner)
        actions.close_case(case, outcome="improved", reason="Back in school.", on=ON, by=cast.officer)
        assert not sees(cast.practitioner, cast.pupil)
        actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)
        assert sees(cast.practitioner, cast.pupil)

    def test_minutes_confirmed_late_move_no_review_back(self, cast: Cast, case: Case) -> None:
        passed, later = ON - dt.timedelta(days=7), ON + dt.timedelta(days=30)
        for held, minuted, then in ((None, passed, passed), (later, passed, later), (later, ON, ON)):
            Case.objects.update(review_on=held)
            told = actions.Minuted(reason="Absent.", words="", holder=cast.officer, review_on=minuted)
            actions.update_case_from_minutes(cast.pupil, told, on=ON, by=cast.officer, source="Meeting")
            assert Case.objects.get().review_on == then

    def test_a_closed_case_is_not_changed(self, cast: Cast, case: Case) -> None:
        actions.close_case(case, outcome="improved", reason="Back in school.", on=ON, by=cast.officer)
        with pytest.raises(Refused, match="closed"):
            actions.add_entry(case, words="A call.", happened_on=ON, by=cast.officer)

    def test_a_grant_with_another_reason_stays(self, cast: Cast, case: Case) -> None:
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Plan", from_on=ON)
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        actions.decline_lead(case, reason="On leave.", on=ON, by=cast.practitioner)
        assert sees(cast.practitioner, cast.pupil)


@pytest.mark.usefixtures("in_eastshire")
class TestWhatStands:
    def test_barriers_that_go_are_ended_not_deleted(self, cast: Cast, case: Case) -> None:
        actions.change_barriers(case, barriers=["housing", "money"], on=ON, by=cast.officer)
        actions.change_barriers(case, barriers=["money", "routine"], on=ON, by=cast.officer)
        standing = CaseBarrier.objects.filter(ended_on=None).values_list("barrier", flat=True)
        assert set(standing) == {"money", "routine"}
        assert CaseBarrier.objects.get(barrier="housing").ended_on == ON

    def test_minutes_add_barriers_with_their_source_and_end_none(self, cast: Cast, case: Case) -> None:
        actions.change_barriers(case, barriers=["anxiety", "housing"], on=ON, by=cast.officer)
        for named in (("transport", "housing"), ("transport",)):
            told = actions.Minuted(reason="Absent.", words="", holder=cast.officer, barriers=named)
            actions.update_case_from_minutes(cast.pupil, told, on=ON, by=cast.lead, source="Meeting of the autumn")
        standing = CaseBarrier.objects.filter(ended_on=None).values_list("barrier", flat=True)
        assert set(standing) == {"anxiety", "housing", "transport"} and not CaseBarrier.objects.exclude(ended_on=None)
        line = case.entries.get(source="Meeting of the autumn")
        assert (line.words, line.by) == ("Barriers added: Getting to school.", cast.lead)

    def test_another_meeting_is_named_in_the_history_and_in_the_trail(self, cast: Cast, case: Case) -> None:
        actions.change_other_meeting(case, other_meeting="Core group", on=ON, by=cast.officer)
        assert Case.objects.get().other_meeting == "Core group"
        assert case.entries.filter(words="Discussed at another multi-agency meeting: Core group.").count() == 1
        assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="change_other_meeting").count() == 1
        actions.change_other_meeting(case, other_meeting="", on=ON, by=cast.officer)
        assert Case.objects.get().other_meeting == ""
        assert case.entries.filter(words="No longer discussed at another multi-agency meeting.").exists()

    def test_a_case_handed_over_has_its_new_holder_and_says_so(self, cast: Cast, case: Case) -> None:
        actions.hand_over_case(case, holder=cast.team_leader, on=ON, by=cast.admin)
        assert Case.objects.get().holder == cast.team_leader
        entry = case.entries.get(words="Tom Leigh holds the case.")
        assert (entry.by, entry.happened_on) == (cast.admin, ON)
        event = AuditEvent.objects.about_pupil(cast.pupil.pk).get(what="hand_over_case")
        assert event.membership_id == cast.admin.pk

    def test_the_holding_of_a_closed_case_is_not_handed_over(self, cast: Cast, case: Case) -> None:
        actions.close_case(case, outcome="improved", reason="Back in school.", on=ON, by=cast.officer)
        with pytest.raises(Refused, match="closed"):
            actions.hand_over_case(case, holder=cast.team_leader, on=ON, by=cast.admin)
        assert Case.objects.get().holder == cast.officer
        assert not AuditEvent.objects.filter(what="hand_over_case").exists()

    def test_handing_over_moves_the_holding_and_leaves_the_lead(self, cast: Cast, case: Case) -> None:
        actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)
        actions.hand_over_case(case, holder=cast.team_leader, on=ON, by=cast.admin)
        assert Case.objects.get().lead_shown == "Nia Oak, Housing"

    def test_the_pupils_panel_shows_the_case_to_those_who_may_see_it(self, cast: Cast, case: Case) -> None:
        actions.change_barriers(case, barriers=["housing"], on=ON, by=cast.officer)
        row = pupil_panel([cast.pupil], cast.lead).by_pk[cast.pupil.pk][0]
        assert row["case"] == case
        assert row["barriers"] == ["Housing or homelessness"]
        assert pupil_panel([cast.pupil], cast.office).by_pk == {}


class TestThePage:
    @pytest.mark.parametrize("name", ["lead", "trust_lead", "officer", "team_leader", "manager", "auditor", "legal"])
    def test_those_who_may_see_it(self, cast: Cast, case: Case, signed_in: SignedIn, name: str) -> None:
        page = signed_in(cast.members[name]).get(f"/cases/{case.pk}/")
        assert page.status_code == 200
        assert "Severely absent." in page.content.decode()

    @pytest.mark.parametrize(
        ("name", "status"),
        [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("virtual_school", 404), ("office", 403),
         ("admin", 403)],
    )  # fmt: skip
    def test_others_find_nothing(self, cast: Cast, case: Case, signed_in: SignedIn, name: str, status: int) -> None:
        for page in ("", "entry/", "review-date/", "barriers/", "lead/", "lead/answer/", "close/", "reopen/"):
            answer = signed_in(cast.members[name]).get(f"/cases/{case.pk}/{page}")
            assert answer.status_code in (status, 403), page
            assert b"Abbott" not in answer.content
        assert signed_in(cast.members[name]).get(f"/cases/{case.pk}/").status_code == status

    def test_signed_out_goes_to_sign_in(self, case: Case) -> None:
        assert Client().get(f"/cases/{case.pk}/").status_code == 302

    @pytest.mark.parametrize("name", ["manager", "auditor", "legal"])
    def test_readers_cannot_write(self, cast: Cast, case: Case, signed_in: SignedIn, name: str) -> None:
        client = signed_in(cast.members[name])
        assert client.post(f"/cases/{case.pk}/close/", {"outcome": "improved", "reason": "x"}).status_code == 403
        assert b"What to do" not in client.get(f"/cases/{case.pk}/").content

    def test_a_restricted_childs_case_is_not_there(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.is_restricted = True
            cast.pupil.save()
        assert signed_in(cast.officer).get(f"/cases/{case.pk}/").status_code == 404
        assert b"Abbott" not in signed_in(cast.officer).get("/cases/?all=1").content

    def test_looking_leaves_an_event(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        signed_in(cast.lead).get(f"/cases/{case.pk}/")
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="see_case").count() == 1

    def test_the_whole_life_of_a_case_in_the_browser(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        officer, partner = signed_in(cast.officer), signed_in(cast.practitioner)
        where = f"/cases/{case.pk}/"
        date = {"happened_on_day": "19", "happened_on_month": "11", "happened_on_year": "2026"}
        officer.post(f"{where}entry/", {"words": "Visited the home.", **date})
        officer.post(f"{where}barriers/", {"in_school": ["bullying"], "out_of_school": ["housing"]})
        officer.post(f"{where}review-date/", {"review_on_day": "1", "review_on_month": "12", "review_on_year": "2026"})
        officer.post(f"{where}other-meeting/", {"other_meeting": "Core group on Tuesdays"})
        officer.post(f"{where}lead/", {"who": "account", "lead": str(cast.practitioner.pk)})
        assert b"You are asked" in partner.get("/cases/").content
        assert partner.get(f"{where}entry/").status_code == 403
        partner.post(f"{where}lead/answer/", {"answer": "yes"})
        assert partner.get(f"{where}entry/").status_code == 200
        page = partner.get(where).content.decode()
        shown = ("Visited the home.", "Bullying", "Housing", "1 December 2026", "Priya Nash", "Core group on Tuesdays")
        for words in shown:
            assert words in page
        officer.post(f"{where}close/", {"outcome": "improved", "reason": "Back in school."})
        assert partner.get(where).status_code == 404
        officer.post(f"{where}reopen/", {"reason": "Absent again."})
        assert "Absent again." in partner.get(where).content.decode()
        closed = partner.post(f"{where}close/", {"outcome": "improved", "reason": "Back in school."})
        assert closed["Location"] == "/cases/", "whoever sees the child for the case alone no longer does"

    def test_opening_a_case_from_the_pupil(self, cast: Cast, signed_in: SignedIn) -> None:
        answer = signed_in(cast.lead).post(f"/pupils/{cast.pupil.pk}/case/open/", {"reason": "Emerging pattern."})
        with in_scope(cast.eastshire):
            assert answer["Location"] == f"/cases/{Case.objects.get().pk}/"
        stranger = signed_in(cast.stranger).post(f"/pupils/{cast.pupil.pk}/case/open/", {"reason": "x"})
        assert stranger.status_code == 404

    def test_from_a_list_and_a_return_one_comes_to_the_open_case_or_begins_one_with_the_reason(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        store_autumn(cast)
        where, lead = f"/pupils/{cast.pupil.pk}/case/open/", signed_in(cast.lead)
        with in_scope(cast.eastshire):
            days = {"first_on": ON, "arose_on": ON, "deadline_on": ON}
            due = {"kind": "attendance", "stage": "draft", "year": 2026, "school": cast.hill, **days}
            one, other = (
                row_of(
                    StatutoryReturn, cast.eastshire, pupil=pupil, enrolment=Enrolment.objects.get(pupil=pupil), **due
                )
                for pupil in cast.pupils[:2]
            )
        assert f'href="{where}">Case<' in lead.get("/schools/999001/pupils/").content.decode()
        assert "case/open/" not in signed_in(cast.manager).get("/schools/999001/pupils/").content.decode()
        assert f'href="{where}?return={one.pk}"' in lead.get(f"/returns/{one.pk}/").content.decode()
        said = "Ten school days without authority, from 20 November 2026 to 20 November 2026."
        assert said in lead.get(f"{where}?return={one.pk}").content.decode()
        for wrong in (other.pk, "nonsense"):
            assert "without authority" not in lead.get(f"{where}?return={wrong}").content.decode()
        with in_scope(cast.eastshire):
            case = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        for answer in (lead.get(where), lead.post(where, {"reason": "Severely absent."})):
            assert answer["Location"] == f"/cases/{case.pk}/"
        assert "This child has an open case already: this is it." in lead.get(f"/cases/{case.pk}/").content.decode()

    def test_a_date_to_come_is_refused_for_an_entry(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        date = {"happened_on_day": "21", "happened_on_month": "11", "happened_on_year": "2026"}
        page = signed_in(cast.officer).post(f"/cases/{case.pk}/entry/", {"words": "x", **date})
        assert "today or in the past" in page.content.decode()

    def test_the_list_of_cases_takes_a_constant_number_of_queries(
        self, cast: Cast, case: Case, signed_in: SignedIn, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with in_scope(cast.eastshire):
            for pupil in cast.pupils[1:]:
                actions.open_case(pupil, reason="Absent.", on=ON, by=cast.officer)
        client = signed_in(cast.officer)
        with django_assert_max_num_queries(16):
            page = client.get("/cases/")
        assert page.content.decode().count("<tr") == 6

    def test_the_list_downloads_as_csv(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        rows = signed_in(cast.officer).get("/cases/?format=csv").content.decode()
        assert "Amy Abbott" in rows
