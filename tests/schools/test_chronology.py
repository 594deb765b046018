"""A child's chronology as a page, a file and a document: chronology, chronology_pdf."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.roles import Role
from casework.actions import accept_lead, add_entry, ask_to_lead, close_case, open_case
from casework.actions.moving import write
from casework.models import Case
from schools import tasks
from schools.changes.corrections import correct_name
from schools.children import chronology_document
from schools.children.childs_chronology import Narrowed
from schools.children.chronology_document import Asked
from schools.children.record_links import judge_records
from schools.children.restrictions import restrict_record
from schools.handing.offering import offer_hand_over
from schools.models import BandMove, Carer, CarerLink, Circumstance, Enrolment, FormerUpn, Pupil, StatutoryReturn
from schools.returning.returns import acknowledge_return
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import AT
from tests.tsm.test_minutes_page import confirmed
from tsm.models import AgreedAction

SignedIn = Callable[[Membership], Client]
DAY = dt.timedelta(days=1)
SEEN_BY_ALL = ("Admitted to Hill Academy", "Young carer: begins", "Newly severely absent", "Put right: Name")
OF_THE_CASE = ("Case opened. Severely absent.", "Visited the home at noon.")
NOTE = "The aunt asked for a quiet word."


@pytest.fixture
def case(cast: Cast) -> Case:
    """Amy's record with something from every part of the portal."""
    amy = cast.pupil
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=amy)
        Circumstance.objects.create(pupil=amy, kind="young-carer", from_on=ON - 60 * DAY, source="Hill Academy")
        Circumstance.objects.create(
            pupil=amy, kind="child-in-need", from_on=ON - 50 * DAY, until_on=ON - 5 * DAY, social_worker="Sue Work",
            source="Social care list of 1 October 2026",
        )  # fmt: skip
        BandMove.objects.create(
            enrolment=enrolment, pupil=amy, school=cast.hill, kind="newly-severe", as_at=ON - 20 * DAY, from_band=4,
            to_band=5, seen_at=AT,
        )  # fmt: skip
        amy.forename = "Aimee"
        correct_name(amy, surname="Abbott", forename="Amy", reason="As on the birth certificate", by=cast.lead, at=AT)
        FormerUpn.objects.create(pupil=amy, upn="Z999400126099", until_on=ON - 90 * DAY)
        returned: StatutoryReturn = StatutoryReturn.objects.create(
            kind="sickness", stage="sent", school=cast.hill, pupil=amy, enrolment=enrolment, year=2026,
            first_on=ON - 30 * DAY, arose_on=ON - 10 * DAY, deadline_on=ON, sent_at=AT, sent_by=cast.lead,
        )  # fmt: skip
        acknowledge_return(returned, note="Thank you.", by=cast.officer, at=AT)
        offer_hand_over(amy, to=cast.westshire, reason="dual", by=cast.officer, at=AT)
        case = open_case(amy, reason="Severely absent.", on=ON - 15 * DAY, by=cast.officer)
        add_entry(case, words="Visited the home at noon.", happened_on=ON - 9 * DAY, by=cast.lead)
        write(case, NOTE, on=ON - 8 * DAY, by=cast.officer, restricted_to=[Role.OFFICER, Role.TEAM_LEADER])
    return case


def page_of(client: Client, pupil: Pupil, query: str = "") -> str:
    return client.get(f"/pupils/{pupil.pk}/chronology/{query}").content.decode()


def file_of(client: Client, pupil: Pupil, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/pupils/{pupil.pk}/chronology/?format=csv{query}")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def text_of(client: Client, pupil: Pupil, query: str = "") -> str:
    answer = client.get(f"/pupils/{pupil.pk}/chronology.pdf{query}")
    assert answer["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


class TestWhatIsTold:
    def test_every_part_of_the_portal_tells_in_order_with_source_and_author(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        rows = file_of(signed_in(cast.officer), cast.pupil)
        assert [row["Date"] for row in rows] == sorted(row["Date"] for row in rows)
        found = {(row["What happened"], row["Source"], row["Author"]) for row in rows}
        admitted = next(row for row in rows if row["What happened"] == "Admitted to Hill Academy")
        assert not [value for value in admitted.values() if "Year" in value], "the year group of that day is not held"
        expected = {
            ("Admitted to Hill Academy", "The school’s register", "Hill Academy"),
            ("Another UPN from here on", "The school’s register", "The service, from the registers"),
            ("Young carer: begins", "Hill Academy", "Nobody recorded"),
            ("Child in need: begins", "Social care list of 1 October 2026", "Nobody recorded"),
            ("Child in need: ends", "Social care list of 1 October 2026", "Nobody recorded"),
            ("Newly severely absent", "The school’s register", "The service, from the registers"),
            ("Put right: Name", "Corrections by hand", "Layla Hart"),
            ("Sickness return", "Return of Hill Academy", "Olive Frost"),
            ("Offered to Westshire", "Hand-overs between authorities", "Olive Frost"),
            ("Written in the case", "Case opened 5 November 2026", "Layla Hart"),
        }
        assert expected <= found
        page = page_of(signed_in(cast.officer), cast.pupil)
        for words in (*SEEN_BY_ALL, *OF_THE_CASE, NOTE, "Social worker: Sue Work."):
            assert words in page
        assert f"/cases/{case.pk}/" in page

    def test_meetings_their_minutes_and_actions_agreed_and_done(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            confirmed(cast)
            action = AgreedAction.objects.filter(pupil=cast.pupil).first()
            assert action is not None
            AgreedAction.objects.filter(pk=action.pk).update(done_on=ON + DAY, done_by=cast.lead, outcome="She rides.")
        page = page_of(signed_in(cast.officer), cast.pupil)
        for words in (
            "Discussed at a Targeting Support Meeting", "Gran, who took her to school, is ill.",
            "Minutes confirmed by both sides", "Action agreed", "Action done", "She rides.",
        ):  # fmt: skip
            assert words in page
        assert "Action agreed" not in page_of(signed_in(cast.virtual_school), cast.pupil)

    def test_linked_records_are_told_together_as_far_as_each_is_seen(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        finn = cast.vale_pupils[0]
        with in_scope(cast.eastshire):
            judge_records(cast.pupil, finn, verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
        rows = file_of(signed_in(cast.officer), cast.pupil)
        theirs = [row["What happened"] for row in rows if row["Held as"] == "Finn Ford"]
        assert theirs == ["Admitted to Vale Primary School"]
        assert "Finn" not in page_of(signed_in(cast.lead), cast.pupil)

    def test_as_many_queries_for_many_entries_as_for_one(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        client, counts = signed_in(cast.officer), []
        with in_scope(cast.eastshire):
            confirmed(cast)
        for _ in range(2):
            for address in ("chronology/", "chronology/?format=csv", "chronology.pdf"):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(f"/pupils/{cast.pupil.pk}/{address}").status_code == 200
                counts.append(len(queries))
            with in_scope(cast.eastshire):
                for n in range(30):
                    write(case, f"Line {n}.", on=ON, by=cast.officer if n % 2 else cast.team_leader)
                    day = ON - n * DAY
                    Circumstance.objects.create(pupil=cast.pupil, kind="ehc-plan", from_on=day, source="SEND")
        assert counts[:3] == counts[3:]
        assert max(counts) <= 36


class TestFilters:
    def test_by_kind_days_and_words(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        client = signed_in(cast.officer)
        kinds = {row["About"] for row in file_of(client, cast.pupil, "&kind=social-care&kind=return")}
        assert kinds == {"Social care", "Statutory returns"}
        days = "&from_on_day=11&from_on_month=11&from_on_year=2026&until_on_day=12&until_on_month=11&until_on_year=2026"
        assert [row["Words"] for row in file_of(client, cast.pupil, days)] == ["Visited the home at noon.", NOTE]
        assert [row["Words"] for row in file_of(client, cast.pupil, "&words=NOON+layla")] == [OF_THE_CASE[1]]
        assert "Nothing matches" in page_of(client, cast.pupil, "?words=giraffe")

    def test_days_the_wrong_way_round_are_said_and_never_taken_as_a_file(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.officer)
        days = "?from_on_day=12&from_on_month=11&from_on_year=2026&until_on_day=1&until_on_month=11&until_on_year=2026"
        page = page_of(client, cast.pupil, days)
        assert "Until must be on or after From" in page and "Download as" not in page
        answer = client.get(f"/pupils/{cast.pupil.pk}/chronology.pdf{days}")
        assert answer.status_code == 302 and "/chronology/?from_on_day=12" in answer["Location"]


class TestTheDocument:
    def test_it_is_tagged_and_says_of_whom_by_whom_and_with_which_filters(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.officer)
        reader = PdfReader(io.BytesIO(client.get(f"/pupils/{cast.pupil.pk}/chronology.pdf?kind=case").content))
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in reader.trailer["/Root"]
        first = " ".join(reader.pages[0].extract_text().split())
        for words in (
            "Amy Abbott", "14 March 2014", "Olive Frost, Attendance officer, Eastshire attendance service",
            "20 November 2026 at", "only Case and support", "Visited the home at noon.", "Layla Hart", "Page 1 of",
        ):  # fmt: skip
            assert words in first, words
        assert "Admitted to" not in first

    def test_a_long_one_is_made_by_a_worker_for_whoever_asked_alone(
        self, cast: Cast, case: Case, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chronology_document, "AT_ONCE", 0)
        client, address = signed_in(cast.officer), f"/pupils/{cast.pupil.pk}/chronology.pdf?kind=case"
        for asked in (address, f"{address}&take=1"):
            page = client.get(asked).content.decode()
            assert "Making the document" in page and f'data-poll="{address}"' in page
        told = str(cast.officer.pk), str(cast.pupil.pk), "kind=case"
        tasks.make_chronology(*told, authority_id=str(cast.eastshire.pk))
        page = client.get(address).content.decode()
        assert "The document is ready" in page and f"{address}&amp;take=1" in page and "data-poll" not in page
        answer = client.get(f"{address}&take=1")
        assert answer["Content-Type"] == "application/pdf" and "no-store" in answer["Cache-Control"]
        first = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        assert "Olive Frost" in first and "only Case and support" in first
        for other in (f"/pupils/{cast.pupil.pk}/chronology.pdf?take=1", f"{address}&take=1"):
            member = cast.officer if "kind" not in other else cast.lead
            assert "Making the document" in signed_in(member).get(other).content.decode()
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.filter(what="print_chronology").count() == 1
            asked_by = AuditEvent.objects.filter(what="ask_chronology").values_list("by_name", flat=True)
            assert sum(name.startswith("Olive Frost") for name in asked_by) == 2  # of two documents, in five looks
            add_entry(case, words="A word since then.", happened_on=ON, by=cast.officer)
        assert "Making the document" in client.get(f"{address}&take=1").content.decode(), "it would tell too little"

    def test_one_that_could_not_be_made_is_said_and_tried_again_when_asked(
        self, cast: Cast, case: Case, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chronology_document, "AT_ONCE", 0)
        client, address = signed_in(cast.officer), f"/pupils/{cast.pupil.pk}/chronology.pdf?kind=case"
        told = str(cast.officer.pk), str(cast.pupil.pk), "kind=case"
        with monkeypatch.context() as broken:
            broken.delattr(chronology_document, "pdf")
            with pytest.raises(NameError):
                tasks.make_chronology(*told, authority_id=str(cast.eastshire.pk))
        page = client.get(address).content.decode()
        assert "could not be made" in page and "data-poll" not in page and f"{address}&amp;again=1" in page
        assert "Making the document" in client.get(f"{address}&again=1", follow=True).content.decode()
        assert "Making the document" in client.get(address).content.decode()
        tasks.make_chronology(*told, authority_id=str(cast.eastshire.pk))
        assert "The document is ready" in client.get(address).content.decode()

    def test_web_and_worker_call_it_the_same_whatever_order_their_sets_have(self) -> None:
        class Kind(str):
            """Of one hash, so that a set keeps the order in which it was filled."""

            def __hash__(self) -> int:
                return 1

        kinds = [Kind("case"), Kind("return")]
        filters = [Narrowed(frozenset(kinds)), Narrowed(frozenset(kinds[::-1]))]
        assert filters[0] == filters[1] and repr(filters[0]) != repr(filters[1])
        keys = [Asked([], [], narrowed, Membership(pk=1)).key for narrowed in filters]
        assert keys[0] == keys[1]
        assert Asked([], [], Narrowed(frozenset(kinds[:1])), Membership(pk=1)).key != keys[0]

    def test_taking_it_leaves_an_event_that_names_the_child_and_the_filters(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.officer)
        text_of(client, cast.pupil, "?kind=case")
        file_of(client, cast.pupil)
        page_of(client, cast.pupil)
        with in_scope(cast.eastshire):
            about = AuditEvent.objects.about_pupil(cast.pupil.pk)
            assert "only Case and support" in about.get(what="print_chronology").words
            assert about.filter(what__in=["export_chronology", "see_chronology"]).count() == 2


class TestWhoSeesWhat:
    def test_a_note_for_named_roles_is_there_for_nobody_else(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        for name, sees in (("officer", True), ("team_leader", True), ("lead", False), ("legal", False)):
            client = signed_in(cast.members[name])
            told = (
                page_of(client, cast.pupil),
                str(file_of(client, cast.pupil)),
                text_of(client, cast.pupil),
                page_of(client, cast.pupil, "?words=quiet"),
            )
            assert [NOTE in one for one in told] == [sees] * 4, name
            assert all(words in told[0] for words in (*SEEN_BY_ALL, *OF_THE_CASE))

    def test_the_office_of_the_school_sees_nothing_of_the_case(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        page = page_of(signed_in(cast.office), cast.pupil)
        assert "Admitted to Hill Academy" in page and "Written in the case" not in page
        assert "Offered to Westshire" not in page

    @pytest.mark.parametrize("name", ["stranger", "other_lead", "practitioner", "virtual_school"])
    def test_whoever_does_not_see_the_child_finds_nothing(
        self, cast: Cast, case: Case, signed_in: SignedIn, name: str
    ) -> None:
        if name == "virtual_school":
            with in_scope(cast.eastshire):
                Circumstance.objects.filter(kind="child-in-need").delete()
        for address in ("chronology/", "chronology/?format=csv", "chronology.pdf"):
            answer = signed_in(cast.members[name]).get(f"/pupils/{cast.pupil.pk}/{address}")
            assert answer.status_code in (403, 404) and b"Abbott" not in answer.content
        assert signed_in(cast.admin).get(f"/pupils/{cast.pupil.pk}/chronology/").status_code == 403

    def test_signed_out_goes_to_sign_in(self, cast: Cast) -> None:
        for address in ("chronology/", "chronology.pdf"):
            assert Client().get(f"/pupils/{cast.pupil.pk}/{address}").status_code == 302

    def test_a_partner_reads_while_leading_takes_no_file_and_reads_nothing_after(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
            accept_lead(case, on=ON, by=cast.practitioner)
        partner = signed_in(cast.practitioner)
        page = page_of(partner, cast.pupil)
        assert OF_THE_CASE[1] in page and NOTE not in page and "Download as" not in page
        assert OF_THE_CASE[1] in page_of(partner, cast.pupil, "?format=csv")  # the page: a partner takes no file
        assert partner.get(f"/pupils/{cast.pupil.pk}/chronology.pdf").status_code == 403
        with in_scope(cast.eastshire):
            close_case(case, outcome="improved", reason="Back.", on=ON, by=cast.officer)
        assert partner.get(f"/pupils/{cast.pupil.pk}/chronology/").status_code == 404

    def test_a_restricted_child_is_not_there_but_for_who_holds_the_record(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        leader = cast.team_leader
        with in_scope(cast.eastshire):
            restrict_record(cast.pupil, kind="adoption", reason="Not told.", holders=[leader], by=leader, on=ON)
        for address in ("chronology/", "chronology.pdf"):
            assert signed_in(cast.officer).get(f"/pupils/{cast.pupil.pk}/{address}").status_code == 404
        assert "The record was restricted" in page_of(signed_in(leader), cast.pupil)

    def test_the_home_of_a_restricted_brother_is_in_no_words(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        leader, ben = cast.team_leader, cast.pupils[1]
        with in_scope(cast.eastshire):
            gran = Carer.objects.create(name="Gran Brown", address="14 Mill Lane\nEly")
            CarerLink.objects.create(pupil=ben, carer=gran, relationship="Grandmother", lives_with=True)
            restrict_record(ben, kind="domestic-abuse", reason="Safe home.", holders=[leader], by=leader, on=ON)
            add_entry(case, words="They are at 14 Mill Lane now.", happened_on=ON, by=leader)
        for client, sees in ((signed_in(cast.officer), False), (signed_in(leader), True)):
            told = page_of(client, cast.pupil), str(file_of(client, cast.pupil)), text_of(client, cast.pupil)
            assert ["14 Mill Lane" in one for one in told] == [sees] * 3
            assert ["not shown to you" in one for one in told] == [not sees] * 3
        searched = file_of(signed_in(cast.officer), cast.pupil, "&words=mill+lane")
        assert searched == []

    def test_it_is_one_click_from_the_child_and_from_the_case(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        address = f'href="/pupils/{cast.pupil.pk}/chronology/"'
        for page in (f"/pupils/{cast.pupil.pk}/", f"/cases/{case.pk}/"):
            assert address in signed_in(cast.lead).get(page).content.decode()


def test_dates_of_the_record_begin_where_they_are_held(cast: Cast, case: Case, signed_in: SignedIn) -> None:
    """An admission not stated is not told with a day that was made up."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(admission_on=None, leaving_on=ON - DAY, destination="Kent")
    rows = file_of(signed_in(cast.officer), cast.pupil, "&kind=school")
    assert [(row["Date"], row["What happened"], row["Words"]) for row in rows] == [
        (str(ON - DAY), "Left Hill Academy", "To Kent.")
    ]
