"""The directory of services: services, service_page, add_service, change_service, end_service, service_people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership, User
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions import directory as keeping
from casework.actions.referrals import refer_child
from casework.models import Case, Service, ServiceMember
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]


def service(cast: Cast, name: str = "Warm Homes", *people: Membership, **told: object) -> Service:
    """A service that takes referrals, with these people to answer them; the first is on duty. In an open scope."""
    told = {"name": name, "offers": "Advice on housing", "barriers": ["housing"], "takes_referrals": True, **told}
    made = keeping.add_service(told=told, by=cast.team_leader)
    for at, person in enumerate(people):
        keeping.add_service_member(made, person=person, is_duty=at == 0, on=ON, by=cast.team_leader)
    return made


@pytest.fixture
def homes(cast: Cast) -> Service:
    with in_scope(cast.eastshire):
        return service(cast, "Warm Homes", cast.practitioner)


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        made = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        actions.change_barriers(made, barriers=["housing", "anxiety"], on=ON, by=cast.officer)
    return made


class TestKeeping:
    def test_a_team_leader_keeps_the_directory_in_the_browser(self, cast: Cast, signed_in: SignedIn) -> None:
        leader = signed_in(cast.team_leader)
        told = {
            "name": "Calm Minds", "offers": "Talking therapy", "for_whom": "Ages 11 to 16", "phases": ["secondary"],
            "area": "North", "barriers": ["anxiety", "mental-health"], "email": "calm@minds.example",
            "takes_referrals": "on",
        }  # fmt: skip
        answer = leader.post("/services/add/", told)
        with in_scope(cast.eastshire):
            made = Service.objects.get()
        where = f"/services/{made.pk}/"
        assert answer["Location"] == f"{where}people/"
        assert b"Nobody at this service answers" in leader.get(where).content
        leader.post(f"{where}people/", {"add": "1", "person": str(cast.practitioner.pk), "is_duty": "on"})
        leader.post(f"{where}people/", {"add": "1", "person": str(cast.officer.pk)})
        page = leader.get(where).content.decode()
        for words in ("Calm Minds", "Ages 11 to 16", "Secondary", "Anxiety or school-based", "Priya Nash", "On duty"):
            assert words in page
        leader.post(f"{where}people/", {"duty": str(cast.officer.pk)})
        leader.post(f"{where}people/", {"end": str(cast.practitioner.pk)})
        with in_scope(cast.eastshire):
            one = ServiceMember.objects.standing().get()
            assert (one.membership, one.is_duty) == (cast.officer, True)
        leader.post(f"{where}change/", told | {"name": "Calm Minds North", "takes_referrals": ""})
        assert b"Calm Minds North" in leader.get("/services/").content
        leader.post(f"{where}end/")
        assert where.encode() not in leader.get("/services/").content
        assert b"Calm Minds North" in leader.get("/services/?ended=1").content
        with in_scope(cast.eastshire):
            done = AuditEvent.objects.filter(subject_id=str(made.pk)).values_list("what", flat=True)
            assert {"add_service", "change_service", "end_service", "put_on_duty", "end_service_member"} <= set(done)

    def test_a_name_is_in_the_directory_once(self, cast: Cast, homes: Service, signed_in: SignedIn) -> None:
        told = {"name": "Warm Homes", "offers": "More advice"}
        answer = signed_in(cast.team_leader).post("/services/add/", told)
        assert answer.status_code == 200 and "in the directory already" in answer.content.decode()

    def test_a_service_whose_reader_has_no_account_any_more_says_so_and_offers_no_referral(
        self, cast: Cast, homes: Service, signed_in: SignedIn
    ) -> None:
        refer = f"/services/{homes.pk}/refer/"
        assert refer in signed_in(cast.officer).get(f"/services/{homes.pk}/").content.decode()
        User.objects.filter(pk=cast.practitioner.user_id).update(is_active=False)
        page = signed_in(cast.officer).get(f"/services/{homes.pk}/").content.decode()
        assert refer not in page and "Nobody at this service answers" in page

    def test_what_waits_keeps_a_service_and_its_last_reader(self, cast: Cast, homes: Service) -> None:
        with in_scope(cast.eastshire):
            refer_child(cast.pupil, service=homes, reason="Two families in one room.", on=ON, by=cast.lead)
            with pytest.raises(Refused, match="wait for an answer"):
                keeping.end_service(homes, on=ON, by=cast.admin)
            with pytest.raises(Refused, match="nobody else"):
                keeping.end_service_member(homes, person=cast.practitioner, on=ON, by=cast.admin)

    @pytest.mark.parametrize("name", ["officer", "lead", "practitioner", "manager", "stranger"])
    def test_others_only_read_it(self, cast: Cast, homes: Service, signed_in: SignedIn, name: str) -> None:
        member, where = signed_in(cast.members[name]), f"/services/{homes.pk}/"
        assert member.get(where).status_code == (404 if name == "stranger" else 200)
        assert b"Keep the directory" not in member.get(where).content
        for page in ("/services/add/", f"{where}change/", f"{where}end/", f"{where}people/"):
            assert member.post(page, {"name": "x", "offers": "y"}).status_code == 403
        with in_scope(cast.eastshire):
            assert Service.objects.get().ended_on is None


class TestTheList:
    def test_it_is_narrowed_by_words_barrier_area_and_phase(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            service(cast, "Warm Homes", area="North")
            service(cast, "Calm Minds", offers="Therapy", barriers=["anxiety"], phases=["secondary"])
            service(cast, "Bus Passes", offers="Travel", barriers=["transport"], area="South", phases=["primary"])
        lead = signed_in(cast.lead)
        shown = {
            "": {"Warm Homes", "Calm Minds", "Bus Passes"},
            "q=travel": {"Bus Passes"},
            "barrier=anxiety": {"Calm Minds"},
            "area=North": {"Warm Homes", "Calm Minds"},
            "phase=primary": {"Warm Homes", "Bus Passes"},
        }
        for query, names in shown.items():
            page = lead.get(f"/services/?{query}").content.decode()
            assert {name for name in shown[""] if name in page} == names, query

    def test_it_downloads_and_the_stranger_finds_nothing(self, cast: Cast, homes: Service, signed_in: SignedIn) -> None:
        assert Client().get("/services/").status_code == 302
        assert b"Warm Homes,Advice on housing" in signed_in(cast.office).get("/services/?format=csv").content
        for page in ("/services/", "/services/?format=csv"):
            assert b"Warm Homes" not in signed_in(cast.stranger).get(page).content

    def test_its_queries_do_not_grow(
        self, cast: Cast, homes: Service, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with in_scope(cast.eastshire):
            for number in range(8):
                service(cast, f"Service {number}", cast.practitioner, barriers=["housing", "money"])
        client = signed_in(cast.lead)
        with django_assert_max_num_queries(14):
            assert client.get("/services/").content.decode().count("<tr") == 10


class TestSuggestions:
    def test_a_case_names_the_services_that_fit_its_barriers_the_area_and_the_phase(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            both = service(cast, "Both of these", cast.practitioner, barriers=["anxiety", "housing"])
            service(cast, "Only housing", barriers=["housing"], phases=["secondary"], area="North")
            service(cast, "Little ones", barriers=["anxiety"], phases=["primary"])
            service(cast, "Far away", barriers=["housing"], area="South")
            service(cast, "Other things", barriers=["money"])
        page = signed_in(cast.lead).get(f"/cases/{case.pk}/").content.decode()
        assert page.index("Both of these") < page.index("Only housing")
        for words in ("Little ones", "Far away", "Other things"):
            assert words not in page
        assert f"/pupils/{cast.pupil.pk}/refer/?service={both.pk}" in page
        assert page.count("/refer/?service=") == 1, "nobody answers for the other in the portal"
        assert b"/refer/?service=" not in signed_in(cast.manager).get(f"/cases/{case.pk}/").content

    def test_a_service_that_was_asked_is_not_asked_twice(
        self, cast: Cast, case: Case, homes: Service, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            refer_child(cast.pupil, service=homes, reason="Two families in one room.", on=ON, by=cast.lead)
        page = signed_in(cast.lead).get(f"/cases/{case.pk}/").content.decode()
        assert "Referred 20 November 2026" in page and "/refer/?service=" not in page
