"""The queues of casework, the caseload, and giving cases to another holder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from casework import actions, queues
from casework.caseload import caseload
from casework.models import Case, Contact
from schools.children.restrictions import restrict_record
from tests.cast import ON, Cast, in_scope, make_member

SignedIn = Callable[[Membership], Client]
LONG_AGO = ON - dt.timedelta(days=60)
YESTERDAY = ON - dt.timedelta(days=1)


@dataclass
class Cases:
    """Open cases of Hill Academy's children, each in queues of its own."""

    amy: Case  # held by the officer, led by nobody, opened today
    ben: Case  # held by the officer, the partner is asked to lead; opened long ago, never reached
    cora: Case  # held by the school's lead, led by the officer; review overdue; reached yesterday


def _open(cast: Cast, number: int, by: Membership, on: dt.date) -> Case:
    return actions.open_case(cast.pupils[number], reason="Severely absent.", on=on, by=by)


def _reached(case: Case, by: Membership, on: dt.date, *, reached: bool) -> None:
    Contact.objects.create(case=case, kind="call", with_whom="Mother", happened_on=on, reached=reached, by=by)


@pytest.fixture
def cases(cast: Cast) -> Cases:
    with in_scope(cast.eastshire):
        made = Cases(
            _open(cast, 0, cast.officer, ON),
            _open(cast, 1, cast.officer, LONG_AGO),
            _open(cast, 2, cast.lead, LONG_AGO),
        )
        actions.ask_to_lead(made.ben, lead=cast.practitioner, on=ON, by=cast.officer)
        actions.ask_to_lead(made.cora, lead=cast.officer, on=ON, by=cast.lead)
        actions.accept_lead(made.cora, on=ON, by=cast.officer)
        actions.change_review_date(made.cora, review_on=YESTERDAY, on=LONG_AGO, by=cast.officer)
        actions.change_review_date(made.ben, review_on=ON, on=LONG_AGO, by=cast.officer)
        _reached(made.ben, cast.officer, YESTERDAY, reached=False)
        _reached(made.cora, cast.officer, YESTERDAY, reached=True)
    return made


def in_queues(member: Membership, days: int = queues.DEFAULT_DAYS) -> dict[str, set[str]]:
    """The forenames in each queue of this member."""
    seen = queues.open_cases(member)
    found = queues.conditions(member, days=days)
    named = {
        code: {case.pupil.forename for case in queues.in_queue(seen, condition, member)}
        for code, condition in found.items()
    }
    assert queues.counts(seen, found) == {code: len(names) for code, names in named.items()}
    return named


def test_each_case_is_in_the_queues_of_what_it_waits_for(cast: Cast, cases: Cases) -> None:
    with in_scope(cast.eastshire):
        assert in_queues(cast.officer) == {
            "mine": {"Amy", "Ben", "Cora"},
            "team": {"Amy", "Ben", "Cora"},
            "unallocated": {"Amy", "Ben"},
            "review-overdue": {"Cora"},
            "no-contact": {"Ben"},
            "waiting": {"Ben"},
            "cover": set(),
            "twice": set(),
        }
        lead = in_queues(cast.lead)
        assert (lead["mine"], lead["team"]) == ({"Cora"}, {"Cora"})
        partner = in_queues(cast.practitioner)
        assert all(names <= {"Ben"} for names in partner.values()) and partner["mine"] == {"Ben"}


@pytest.mark.parametrize(("days", "names"), [(1, {"Ben", "Cora"}), (2, {"Ben"}), (60, {"Ben"}), (61, set())])
def test_without_contact_counts_whole_days_since_somebody_was_reached_or_the_case_was_opened(
    cast: Cast, cases: Cases, days: int, names: set[str]
) -> None:
    with in_scope(cast.eastshire):
        assert in_queues(cast.officer, days)["no-contact"] == names


@pytest.mark.parametrize(("days", "names"), [(9, {"Ben", "Cora"}), (10, {"Ben", "Cora"}), (11, set())])
def test_the_time_of_a_case_opened_again_begins_then(cast: Cast, cases: Cases, days: int, names: set[str]) -> None:
    with in_scope(cast.eastshire):
        Contact.objects.all().delete()
        for case in (cases.ben, cases.cora):
            actions.close_case(case, outcome="improved", reason="Back.", on=LONG_AGO, by=cast.officer)
            actions.reopen_case(case, reason="Absent.", on=ON - dt.timedelta(days=10), by=cast.officer)
        assert in_queues(cast.officer, days)["no-contact"] == names


@pytest.mark.parametrize(
    ("back_in", "names"), [(-1, set()), (0, {"Amy", "Ben", "Cora"}), (None, {"Amy", "Ben", "Cora"})]
)
def test_who_stands_in_for_a_colleague_who_is_away_finds_the_cases(
    cast: Cast, cases: Cases, back_in: int | None, names: set[str], signed_in: SignedIn
) -> None:
    until = None if back_in is None else ON + dt.timedelta(days=back_in)
    away = {"away_from": ON - dt.timedelta(days=3), "away_until": until, "covered_by": cast.team_leader}
    Membership.objects.filter(pk=cast.officer.pk).update(**away)
    with in_scope(cast.eastshire):
        assert in_queues(cast.team_leader)["cover"] == names
    page = signed_in(cast.team_leader).get("/queues/?queue=cover").content.decode()
    assert ("For Olive Frost, away" in page) is bool(names)
    home = signed_in(cast.team_leader).get("/").content.decode()
    assert ("for Olive Frost, who is away" in home) is bool(names)


class TestThePage:
    def test_a_list_with_counts_and_a_file(self, cast: Cast, cases: Cases, signed_in: SignedIn) -> None:
        client = signed_in(cast.officer)
        page = client.get("/queues/?queue=waiting").content.decode()
        assert "Ben Brown" in page and "Amy Abbott" not in page
        assert "Priya Nash is asked, since 20 November 2026" in page and "Hill Academy" in page
        rows = client.get("/queues/?queue=waiting&format=csv").content.decode()
        assert "Ben Brown,Hill Academy,,Olive Frost,2026-09-21,,2026-11-20,Priya Nash,2026-11-20" in rows
        with in_scope(cast.eastshire):
            told = AuditEvent.objects.about_pupil(cast.pupils[1].pk).filter(what__endswith="_queue").order_by("pk")
            assert [(one.what, one.words) for one in told] == [
                ("see_queue", "Looked at the queue “Waiting for acceptance”."),
                ("export_queue", "Downloaded the queue “Waiting for acceptance”: 1 child."),
            ]

    def test_the_days_without_contact_can_be_chosen_and_stay_chosen(
        self, cast: Cast, cases: Cases, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.officer)
        assert "No contact for 28 days" in client.get("/queues/?queue=no-contact").content.decode()
        page = client.get("/queues/?queue=no-contact&days=84").content.decode()
        assert "No contact for 84 days" in page and "Ben Brown" not in page
        assert "Somebody was reached in every case in this time." in page
        assert client.get("/queues/?queue=nonsense&days=3").status_code == 200

    def test_closed_cases_have_a_queue_and_a_file_of_their_own(
        self, cast: Cast, cases: Cases, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            actions.close_case(cases.amy, outcome="improved", reason="She is back.", on=ON, by=cast.officer)
            restrict_record(
                cast.pupils[1], kind="other", reason="Risk", holders=[cast.team_leader], by=cast.team_leader, on=ON
            )
            actions.close_case(cases.ben, outcome="moved", reason="To Leeds.", on=ON, by=cast.team_leader)
        officer = signed_in(cast.officer)
        assert "Amy Abbott" not in officer.get("/queues/?queue=mine").content.decode()
        page = officer.get("/queues/?queue=closed").content.decode()
        assert "Amy Abbott" in page and "Attendance has improved" in page
        assert "Ben Brown" not in page and "Cora Clarke" not in page
        rows = officer.get("/queues/?queue=closed&format=csv").content.decode()
        assert "Amy Abbott,Hill Academy,,Olive Frost,2026-11-20,Attendance has improved,2026-11-20,Olive Frost" in rows
        assert "Brown" not in rows
        keeper = signed_in(cast.team_leader).get("/queues/?queue=closed").content.decode()
        assert "Ben Brown" in keeper and "Give the ticked cases" not in keeper
        assert b"Abbott" not in signed_in(cast.practitioner).get("/queues/?queue=closed").content

    def test_signed_out_goes_to_sign_in_and_the_office_is_refused(self, cast: Cast, signed_in: SignedIn) -> None:
        for page in ("/queues/", "/queues/caseload/", "/queues/allocate/"):
            assert Client().get(page).status_code == 302
            assert signed_in(cast.office).get(page).status_code == 403

    @pytest.mark.parametrize("name", ["stranger", "other_lead", "virtual_school"])
    def test_other_authorities_and_schools_find_no_child(
        self, cast: Cast, cases: Cases, signed_in: SignedIn, name: str
    ) -> None:
        client = signed_in(cast.members[name])
        for queue in queues.QUEUES:
            for form in ("", "&format=csv"):
                page = client.get(f"/queues/?queue={queue.code}{form}").content
                assert b"Abbott" not in page and b"Brown" not in page and b"Clarke" not in page

    def test_who_no_longer_leads_finds_the_case_in_no_queue(
        self, cast: Cast, cases: Cases, signed_in: SignedIn
    ) -> None:
        partner = signed_in(cast.practitioner)
        assert b"Brown" in partner.get("/queues/?queue=unallocated").content
        with in_scope(cast.eastshire):
            actions.accept_lead(cases.ben, on=ON, by=cast.practitioner)
            actions.record_lead_without_account(cases.ben, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)
        for queue in queues.QUEUES:
            assert b"Brown" not in partner.get(f"/queues/?queue={queue.code}").content

    def test_the_number_of_queries_does_not_grow_with_the_cases(
        self, cast: Cast, cases: Cases, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with in_scope(cast.eastshire):
            for number in (3, 4):
                _open(cast, number, cast.officer, LONG_AGO)
        client = signed_in(cast.team_leader)
        for queue in queues.QUEUES:
            with django_assert_max_num_queries(16):
                client.get(f"/queues/?queue={queue.code}")
        for page in ("/queues/caseload/", f"/queues/allocate/?case={cases.amy.pk}&case={cases.ben.pk}"):
            with django_assert_max_num_queries(16):
                assert client.get(page).status_code == 200


class TestTheCaseload:
    def test_it_counts_what_each_holds_and_leads(self, cast: Cast, cases: Cases, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            counted = {load.person.name: (load.holds, load.leads, load.overdue) for load in caseload(cast.team_leader)}
        assert counted == {"Olive Frost": (2, 1, 0), "Layla Hart": (1, 0, 1), "Tom Leigh": (0, 0, 0)}
        page = signed_in(cast.team_leader).get("/queues/caseload/").content.decode()
        assert "Olive Frost 2; Layla Hart 1; Tom Leigh 0." in page
        rows = signed_in(cast.team_leader).get("/queues/caseload/?format=csv").content.decode()
        assert "Olive Frost,Eastshire attendance service,2,1,0" in rows

    @pytest.mark.parametrize("name", ["officer", "lead", "practitioner", "manager", "stranger"])
    def test_only_a_team_leader_sees_it_and_gives_cases(
        self, cast: Cast, cases: Cases, signed_in: SignedIn, name: str
    ) -> None:
        client = signed_in(cast.members[name])
        assert client.get("/queues/caseload/").status_code == 403
        given = {"case": str(cases.amy.pk), "holder": str(cast.team_leader.pk)}
        assert client.post("/queues/allocate/", given).status_code == 403
        assert b"Give the ticked cases" not in client.get("/queues/?queue=team").content


class TestGivingCases:
    def test_ticked_cases_change_hands_and_their_lead_goes_on(
        self, cast: Cast, cases: Cases, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.team_leader)
        with in_scope(cast.eastshire):
            other = make_member(cast.eastshire, "other@eastshire.example", "Oona Reed", "officer", "Eastshire")
        assert "Give the ticked cases" in client.get("/queues/?queue=team").content.decode()
        ticked = [str(cases.amy.pk), str(cases.cora.pk)]
        asked = {"case": ticked, "queue": "unallocated"}
        page = client.get("/queues/allocate/", asked).content.decode()
        assert "2 ticked cases" in page and "Cora Clarke, held by Layla Hart" in page
        given = client.post("/queues/allocate/", asked | {"holder": str(other.pk)})
        assert given["Location"] == "/queues/?queue=unallocated", "back to where they were ticked"
        with in_scope(cast.eastshire):
            assert {case.pupil_id for case in Case.objects.filter(holder=other)} == {cast.pupil.pk, cast.pupils[2].pk}
            assert Case.objects.get(pk=cases.cora.pk).lead_practitioner == cast.officer
            assert cases.cora.entries.filter(words="Oona Reed holds the case.", by=cast.team_leader).count() == 1
            assert set(AuditEvent.objects.get(what="allocate_cases").pupil_ids) == {cast.pupil.pk, cast.pupils[2].pk}
            assert "2 cases" in Message.objects.get(to_email="other@eastshire.example").subject

    @pytest.mark.parametrize("ticked", [[], ["nonsense"], ["0b9f1d4e-2f43-4d54-9d2b-0f5f6f0a7a11"]])
    def test_nothing_ticked_is_said(self, cast: Cast, cases: Cases, signed_in: SignedIn, ticked: list[str]) -> None:
        answer = signed_in(cast.team_leader).get("/queues/allocate/", {"case": ticked}, follow=True)
        assert "Tick the cases" in answer.content.decode()

    def test_all_or_none_of_them_and_none_to_whom_the_child_is_kept_from(
        self, cast: Cast, cases: Cases, signed_in: SignedIn
    ) -> None:
        keeper = cast.team_leader
        with in_scope(cast.eastshire):
            restrict_record(cast.pupils[2], kind="other", reason="Risk", holders=[keeper], by=keeper, on=ON)
        given = {"case": [str(cases.amy.pk), str(cases.cora.pk)], "holder": str(cast.officer.pk)}
        page = signed_in(keeper).post("/queues/allocate/", given).content.decode()
        assert "Olive Frost may not see every one of these children." in page
        with in_scope(cast.eastshire):
            assert Case.objects.get(pk=cases.cora.pk).holder == cast.lead
            actions.close_case(
                Case.objects.get(pk=cases.amy.pk), outcome=Case.Outcome.values[0], reason="Back.", on=ON, by=keeper
            )
            with pytest.raises(Refused, match="closed"):
                actions.allocate_cases([cases.ben, cases.amy], holder=keeper, on=ON, by=keeper)
            assert Case.objects.get(pk=cases.ben.pk).holder == cast.officer
