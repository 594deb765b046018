"""Referrals: referrals, referral_page, refer_child, refer_to_service, answer_referral, withdraw_referral."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions import referrals as referring
from casework.models import Case, Referral, Service
from schools.children.record_links import judge_records
from schools.models import Pupil
from tests.casework.test_directory import service
from tests.cast import ON, Cast, in_scope
from tests.isolation.scene import found_in
from tests.schools.stored import AT

SignedIn = Callable[[Membership], Client]
WHY = "Two families in one room."


@pytest.fixture
def homes(cast: Cast) -> Service:
    with in_scope(cast.eastshire):
        return service(cast, "Warm Homes", cast.practitioner)


@pytest.fixture
def referral(cast: Cast, homes: Service) -> Referral:
    with in_scope(cast.eastshire):
        return referring.refer_child(cast.pupil, service=homes, reason=WHY, on=ON, by=cast.lead)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def sees(member: Membership, pupil: Pupil) -> bool:
    return Pupil.objects.visible_to(member).filter(pk=pupil.pk).exists()


class TestReferring:
    def test_a_school_refers_and_the_service_reads_what_it_needs_and_no_more(
        self, cast: Cast, homes: Service, signed_in: SignedIn
    ) -> None:
        lead, partner = signed_in(cast.lead), signed_in(cast.practitioner)
        found = lead.get(f"/services/{homes.pk}/refer/?q=abb").content.decode()
        assert f"/pupils/{cast.pupil.pk}/refer/?service={homes.pk}" in found
        answer = lead.post(f"/pupils/{cast.pupil.pk}/refer/", {"service": str(homes.pk), "reason": WHY})
        assert f'{answer["Location"]}"'.encode() in partner.get("/referrals/").content
        page = partner.get(answer["Location"]).content.decode()
        for words in ("Amy Abbott", "Year 7", "Hill Academy", WHY, "Layla Hart", "Accept or decline"):
            assert words in page
        for words in (cast.pupil.upn or "?", "2014", f"/pupils/{cast.pupil.pk}/"):
            assert words not in page
        assert partner.get(f"/pupils/{cast.pupil.pk}/").status_code == 404
        assert b"Warm Homes" in partner.get("/").content and b"Amy Abbott" in partner.get("/").content

    def test_a_referral_is_not_yet_a_case_and_waits_once(self, cast: Cast, referral: Referral) -> None:
        with in_scope(cast.eastshire):
            assert not Case.objects.exists() and not sees(cast.practitioner, cast.pupil)
            with pytest.raises(Refused, match="awaited"):
                referring.refer_child(cast.pupil, service=referral.service, reason="Again.", on=ON, by=cast.officer)

    def test_what_cannot_be_sent_is_refused(self, cast: Cast, homes: Service) -> None:
        with in_scope(cast.eastshire):
            by_telephone = service(cast, "By telephone", cast.practitioner, takes_referrals=False)
            with pytest.raises(Refused, match="no referrals here"):
                referring.refer_child(cast.pupil, service=by_telephone, reason=WHY, on=ON, by=cast.lead)
            cast.pupil.is_restricted = True
            with pytest.raises(Refused, match="restricted"):
                referring.refer_child(cast.pupil, service=homes, reason=WHY, on=ON, by=cast.team_leader)

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("manager", 403)]
    )
    def test_who_may_not_refer_this_child(
        self, cast: Cast, homes: Service, signed_in: SignedIn, name: str, status: int
    ) -> None:
        told = {"service": str(homes.pk), "reason": WHY}
        assert Client().post(f"/pupils/{cast.pupil.pk}/refer/", told).status_code == 302
        assert signed_in(cast.members[name]).post(f"/pupils/{cast.pupil.pk}/refer/", told).status_code == status
        with in_scope(cast.eastshire):
            assert not Referral.objects.exists()

    def test_a_search_finds_only_children_one_sees(self, cast: Cast, homes: Service, signed_in: SignedIn) -> None:
        assert b"Finn Ford" in signed_in(cast.officer).get(f"/services/{homes.pk}/refer/?q=ford").content
        assert b"Finn Ford" not in signed_in(cast.lead).get(f"/services/{homes.pk}/refer/?q=ford").content
        assert signed_in(cast.stranger).get(f"/services/{homes.pk}/refer/?q=ford").status_code == 404


class TestAnswering:
    def test_accepting_opens_the_case_that_the_one_on_duty_holds(
        self, cast: Cast, referral: Referral, signed_in: SignedIn
    ) -> None:
        partner = signed_in(cast.practitioner)
        told = {"answer": "yes", "next_step": "A visit on Monday."}
        answer = partner.post(f"/referrals/{referral.pk}/answer/", told)
        with in_scope(cast.eastshire):
            case = Case.objects.get()
            assert (case.holder, case.reason, case.lead_practitioner) == (cast.practitioner, WHY, None)
            assert Referral.objects.get().case == case
            assert sees(cast.practitioner, cast.pupil) and not sees(cast.practitioner, cast.pupils[1])
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="accept_referral").count() == 1
        assert answer["Location"] == f"/cases/{case.pk}/"
        page = partner.get(f"/cases/{case.pk}/").content.decode()
        assert "Warm Homes accepted the referral. A visit on Monday." in page
        home = signed_in(cast.lead).get("/").content.decode()
        assert "Warm Homes" in home and "Accepted" in home

    def test_accepting_into_an_open_case_leaves_its_holder_and_invites_whoever_accepts(
        self, cast: Cast, referral: Referral
    ) -> None:
        with in_scope(cast.eastshire):
            held = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
            case = referring.accept_referral(referral, answer="", on=ON, by=cast.practitioner)
            assert case == held and Case.objects.get().holder == cast.officer
            assert case.invitations.get().membership == cast.practitioner
            assert sees(cast.practitioner, cast.pupil)
            assert Case.objects.visible_to(cast.practitioner).get() == case
            assert case.entries.filter(words="Warm Homes accepted the referral.").count() == 1

    def test_who_accepts_into_the_case_of_a_linked_record_still_reads_it_and_finds_the_case(
        self, cast: Cast, homes: Service, signed_in: SignedIn
    ) -> None:
        other = cast.vale_pupils[0]
        with in_scope(cast.eastshire):
            held = actions.open_case(other, reason="Severely absent.", on=ON, by=cast.officer)
            judge_records(cast.pupil, other, verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
            made = referring.refer_child(cast.pupil, service=homes, reason=WHY, on=ON, by=cast.lead)
            assert referring.accept_referral(made, answer="", on=ON, by=cast.practitioner) == held
        partner, to_case = signed_in(cast.practitioner), f'href="/cases/{held.pk}/"'
        page = partner.get(f"/referrals/{made.pk}/").content.decode()
        assert WHY in page and to_case in page and "No longer shown" not in page
        assert f"/pupils/{cast.pupil.pk}/" not in page
        page = signed_in(cast.lead).get(f"/referrals/{made.pk}/").content.decode()
        assert WHY in page and to_case not in page  # of another school's record
        assert to_case in signed_in(cast.officer).get(f"/referrals/{made.pk}/").content.decode()

    def test_declining_says_why_to_the_referrer_and_the_name_is_read_no_more(
        self, cast: Cast, referral: Referral, signed_in: SignedIn
    ) -> None:
        partner, lead = signed_in(cast.practitioner), signed_in(cast.lead)
        where = f"/referrals/{referral.pk}/"
        assert b"Enter the reason" in partner.post(f"{where}answer/", {"answer": "no"}).content
        partner.post(f"{where}answer/", {"answer": "no", "reason": "We are full until May."})
        for page in (f"/pupils/{cast.pupil.pk}/", "/", "/referrals/?show=made", where):
            text = lead.get(page).content.decode()
            assert "Declined" in text and "Warm Homes" in text, page
        assert b"We are full until May." in lead.get(where).content
        for page in ("/referrals/", "/referrals/?format=csv", where):
            text = partner.get(page).content.decode()
            assert "Abbott" not in text and WHY not in text, page
        with in_scope(cast.eastshire):
            assert not Case.objects.exists() and not sees(cast.practitioner, cast.pupil)

    def test_of_two_answers_the_first_is_heard(self, cast: Cast, referral: Referral) -> None:
        with in_scope(cast.eastshire):
            late = Referral.objects.get()
            referring.decline_referral(referral, answer="Full.", on=ON, by=cast.practitioner)
            with pytest.raises(Refused, match="answered or withdrawn already"):
                referring.accept_referral(late, answer="", on=ON, by=cast.practitioner)
            with pytest.raises(Refused, match="answered or withdrawn already"):
                referring.withdraw_referral(late, reason="Moved away.", on=ON, by=cast.lead)
            assert Referral.objects.get().stage == "declined"

    def test_only_those_who_answer_for_the_service_answer(
        self, cast: Cast, referral: Referral, signed_in: SignedIn
    ) -> None:
        for name, status in (("lead", 403), ("officer", 403), ("other_lead", 404), ("stranger", 404)):
            client = signed_in(cast.members[name])
            assert client.post(f"/referrals/{referral.pk}/answer/", {"answer": "yes"}).status_code == status
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="Only those who answer"):
                referring.accept_referral(referral, answer="", on=ON, by=cast.officer)
            assert Referral.objects.get().stage == "sent"

    def test_the_referrer_withdraws_before_an_answer(self, cast: Cast, referral: Referral, signed_in: SignedIn) -> None:
        where = f"/referrals/{referral.pk}/"
        assert signed_in(cast.practitioner).post(f"{where}withdraw/", {"reason": "x"}).status_code == 403
        signed_in(cast.lead).post(f"{where}withdraw/", {"reason": "The family found a home."})
        assert b"The family found a home." in signed_in(cast.lead).get(where).content
        assert b"Abbott" not in signed_in(cast.practitioner).get(where).content
        with in_scope(cast.eastshire):
            assert Referral.objects.get().stage == "withdrawn"


@pytest.mark.usefixtures("in_eastshire")
class TestLetters:
    def test_the_one_on_duty_and_the_services_address_are_written_to_and_no_child_is_named(self, cast: Cast) -> None:
        with_one = service(cast, "Calm Minds", cast.practitioner, email="calm@minds.example", contact_name="Nia Oak")
        without = service(cast, "Warm Homes", cast.practitioner, cast.virtual_school)
        for asked in (with_one, without):
            referring.refer_child(cast.pupil, service=asked, reason=WHY, on=ON, by=cast.lead)
        partner = cast.practitioner.user.email
        told = list(Message.objects.order_by("pk"))
        assert [one.to_email for one in told] == [partner, "calm@minds.example", partner]
        for one in told:
            assert "/referrals/\n" in one.body
            assert not found_in([cast.pupil.surname, cast.pupil.forename, cast.pupil.upn or "?", WHY], one.body)
        Membership.objects.filter(pk=cast.practitioner.pk).update(away_from=ON)
        referring.refer_child(cast.pupils[1], service=without, reason=WHY, on=ON, by=cast.lead)
        assert Message.objects.latest("pk").to_email == cast.virtual_school.user.email, "in place of who is away"

    def test_whoever_holds_a_case_that_another_began_by_accepting_is_told(self, cast: Cast) -> None:
        homes = service(cast, "Warm Homes", cast.practitioner, cast.virtual_school)
        made = referring.refer_child(cast.pupil, service=homes, reason=WHY, on=ON, by=cast.lead)
        case = referring.accept_referral(made, answer="", on=ON, by=cast.virtual_school)
        assert case.holder == cast.practitioner
        assert Message.objects.filter(to_email=case.holder.user.email, subject__contains="hold a case").count() == 1

    @pytest.mark.parametrize("answer", [referring.accept_referral, referring.decline_referral])
    def test_whoever_referred_is_told_of_the_answer_while_they_work_here(
        self, cast: Cast, referral: Referral, answer: Callable[..., object]
    ) -> None:
        answer(referral, answer="We are full until May.", on=ON, by=cast.practitioner)
        told = Message.objects.get(to_email=cast.lead.user.email)
        assert told.subject == "Your referral is answered" and "/referrals/?show=made\n" in told.body
        assert not found_in([cast.pupil.surname, cast.pupil.forename, "May", "Warm Homes"], told.body)
        Membership.objects.filter(pk=cast.lead.pk).update(deactivated_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        other = referring.refer_child(cast.pupils[1], service=referral.service, reason=WHY, on=ON, by=cast.lead)
        answer(other, answer="No.", on=ON, by=cast.practitioner)
        assert Message.objects.filter(to_email=cast.lead.user.email).count() == 1


class TestTheLists:
    def test_a_record_restricted_since_is_shown_to_no_service(
        self, cast: Cast, referral: Referral, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        for name in ("practitioner", "officer", "lead"):
            client = signed_in(cast.members[name])
            assert client.get(f"/referrals/{referral.pk}/").status_code == 404
            for page in ("/referrals/", "/referrals/?show=made", "/referrals/?show=all", "/"):
                assert b"Abbott" not in client.get(page).content, (name, page)

    def test_others_find_nothing(self, cast: Cast, referral: Referral, signed_in: SignedIn) -> None:
        assert Client().get("/referrals/").status_code == 302
        assert signed_in(cast.admin).get("/referrals/").status_code == 403
        for name in ("stranger", "other_lead"):
            client = signed_in(cast.members[name])
            assert client.get(f"/referrals/{referral.pk}/").status_code == 404
            for query in ("", "?show=made", "?show=all", "?show=all&format=csv"):
                assert b"Abbott" not in client.get(f"/referrals/{query}").content

    def test_its_queries_do_not_grow_and_it_downloads(
        self, cast: Cast, referral: Referral, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with in_scope(cast.eastshire):
            for pupil in cast.pupils[1:]:
                referring.refer_child(pupil, service=referral.service, reason=WHY, on=ON, by=cast.lead)
        client = signed_in(cast.practitioner)
        with django_assert_max_num_queries(14):
            assert client.get("/referrals/?stage=sent").content.decode().count("<tr") == 6
        assert client.get("/referrals/?format=csv")["Content-Type"].startswith("text/html")  # a partner takes no file
        text = signed_in(cast.officer).get("/referrals/?show=all&format=csv").content.decode()
        assert "Amy Abbott,Year 7,Hill Academy,Warm Homes" in text and cast.pupils[1].surname in text
