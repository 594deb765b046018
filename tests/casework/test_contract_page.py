"""Attendance contracts: offered, answered, ended and printed; what one must hold, and who may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions as of_cases
from casework.actions.contracts import accept_contract, end_contract, refuse_contract
from casework.models import AttendanceContract, Case
from casework.plan_pages import contract_document
from schools.children.record_links import judge_records
from schools.models import Carer, CarerLink, Enrolment, Pupil
from tests.casework.plans import REVIEW_ON, offered
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import AT

MIGRATION = import_module("casework.migrations.0035_schools_of_contracts_from_before")
SignedIn = Callable[[Membership], Client]
TYPED = {
    "made_by": "school",
    "parent_undertakes": "Amy leaves home by eight.",
    "support_given": "We meet her at the gate.",
    "offered_on_day": "20",
    "offered_on_month": "11",
    "offered_on_year": "2026",
    "from_on_day": "23",
    "from_on_month": "11",
    "from_on_year": "2026",
    "until_on_day": "29",
    "until_on_month": "1",
    "until_on_year": "2027",
}
ON_THE_DAY = {"answered_on_day": "20", "answered_on_month": "11", "answered_on_year": "2026"}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return of_cases.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def parent(pupil: Pupil, name: str, **more: bool) -> Carer:
    carer: Carer = Carer.objects.create(name=name, address="4 Secret Lane", telephone="01632 960555")
    CarerLink.objects.create(pupil=pupil, carer=carer, relationship="Mother", **more)
    return carer


@pytest.mark.usefixtures("in_eastshire")
class TestAnswers:
    def test_it_is_answered_once(self, cast: Cast, case: Case) -> None:
        contract = offered(case, cast.officer)
        other = AttendanceContract.objects.select_related("case").get()
        accept_contract(contract, answered_on=ON, signed_for_maker="Layla Hart", on=ON, by=cast.officer)
        with pytest.raises(Refused, match="answered already"):
            refuse_contract(other, answered_on=ON, why="No.", on=ON, by=cast.lead)
        held = AttendanceContract.objects.get()
        assert (held.stage, held.signed_for_maker, held.why) == ("accepted", "Layla Hart", "")

    def test_saying_no_is_kept_in_their_words_and_blames_nobody(self, cast: Cast, case: Case) -> None:
        refuse_contract(offered(case, cast.officer), answered_on=ON, why="We manage.", on=ON, by=cast.officer)
        words = case.entries.latest("pk").words
        assert words == "Jo West chose not to accept the attendance contract: We manage."

    def test_one_is_open_with_a_parent_and_a_second_parent_has_their_own(self, cast: Cast, case: Case) -> None:
        first = offered(case, cast.officer)
        with pytest.raises(Refused, match="open already"):
            offered(case, cast.officer)
        with pytest.raises(IntegrityError), transaction.atomic():
            AttendanceContract.objects.filter(pk=offered(case, cast.officer, parent_name="Al West").pk).update(
                parent_name="Jo West"
            )
        end_contract(first, outcome="They moved.", on=ON, by=cast.officer)
        assert offered(case, cast.officer).stage == "offered"

    def test_it_runs_within_its_time_once_accepted(self, cast: Cast, case: Case) -> None:
        contract = offered(case, cast.officer)
        assert not AttendanceContract.objects.running(ON).exists()
        accept_contract(contract, answered_on=ON, signed_for_maker="Layla Hart", on=ON, by=cast.officer)
        assert AttendanceContract.objects.running(ON).exists()
        assert not AttendanceContract.objects.running(REVIEW_ON + dt.timedelta(days=1)).exists()

    def test_a_closed_case_has_no_new_contract(self, cast: Cast, case: Case) -> None:
        Case.objects.update(stage="closed", closed_on=ON, closed_by=cast.officer)
        with pytest.raises(Refused, match="closed"):
            offered(case, cast.officer)


class TestPages:
    def test_offered_printed_accepted_and_ended_in_the_browser(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        client, where = signed_in(cast.lead), reverse("offer_contract", args=[case.pk])
        with in_scope(cast.eastshire):
            mother = parent(cast.pupil, "Mary West")
        missing = client.post(where, {"made_by": "school"}).content.decode()
        for words in ("what the parent or carer will do", "what support they will have", "Enter the last day"):
            assert words in missing
        wrong = client.post(where, TYPED | {"parent": str(mother.pk), "until_on_year": "2025"}).content.decode()
        assert "The last day must be on or after the first day" in wrong
        page = client.post(where, TYPED | {"parent": str(mother.pk)}, follow=True).content.decode()
        assert "Mary West" in page and "Amy leaves home by eight." in page
        with in_scope(cast.eastshire):
            contract = AttendanceContract.objects.get()
            assert contract.carer == mother
        assert "With Mary West" in client.get(f"/cases/{case.pk}/").content.decode()
        answer = reverse("answer_contract", args=[contract.pk])
        assert "Enter who signed" in client.post(answer, {"answer": "yes", **ON_THE_DAY}).content.decode()
        client.post(answer, {"answer": "yes", "signed_for_maker": "Layla Hart", **ON_THE_DAY})
        assert client.get(answer).status_code == 409
        client.post(reverse("end_contract", args=[contract.pk]), {"outcome": "Amy is in every day."})
        assert "Amy is in every day." in client.get(reverse("contract_page", args=[contract.pk])).content.decode()

    def test_one_offered_and_signed_before_it_is_written_down_keeps_its_days(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        client, where = signed_in(cast.lead), reverse("offer_contract", args=[case.pk])
        assert client.get(where).context["form"].initial["offered_on"] == ON
        typed = TYPED | {"parent": "name", "parent_name": "Al West"}
        late = client.post(where, typed | {"offered_on_day": "21"}).content.decode()
        assert "must be on or before 20 November 2026" in late
        page = client.post(where, typed | {"offered_on_day": "17"}, follow=True).content.decode()
        assert "17 November 2026" in page
        with in_scope(cast.eastshire):
            contract = AttendanceContract.objects.get()
            assert case.entries.filter(words="Offered Al West an attendance contract on 17 November 2026.").exists()
            with pytest.raises(Refused, match="still to come"):
                offered(case, cast.officer, offered_on=ON + dt.timedelta(days=1))
        signed = {"answer": "yes", "signed_for_maker": "Layla Hart", **ON_THE_DAY, "answered_on_day": "17"}
        client.post(reverse("answer_contract", args=[contract.pk]), signed)
        with in_scope(cast.eastshire):
            contract.refresh_from_db()
            assert (contract.offered_on, contract.answered_on) == (dt.date(2026, 11, 17),) * 2

    def test_the_paper_says_what_section_19_asks_and_nobodys_address(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            contract = offered(case, cast.officer, carer=parent(cast.pupil, "Mary West"))
        answer = signed_in(cast.lead).get(reverse("contract_pdf", args=[contract.pk]))
        words = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())
        for said in ("Mary West", "Hill Academy", "Nobody has to sign it", "Amy leaves home by eight.",
                     "We meet her at the gate.", "20 November 2026", "15 January 2027", "section 19"):  # fmt: skip
            assert said in words
        assert "Secret Lane" not in words and "960555" not in words
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="download_contract").count() == 1

    def test_who_promised_support_stays_who_promised_it_wherever_the_child_goes_next(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        """Of two schools the one that makes it is asked for; a child on no roll has support from the authority."""
        officer, where = signed_in(cast.officer), reverse("offer_contract", args=[case.pk])
        with in_scope(cast.eastshire):
            mother = parent(cast.pupil, "Mary West")
            there = Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, year_group="7", admission_on=ON)
        typed = TYPED | {"parent": str(mother.pk)}
        assert "Choose the school" in officer.post(where, typed).content.decode()
        officer.post(where, typed | {"school": str(cast.hill.pk)})
        with in_scope(cast.eastshire):
            contract = AttendanceContract.objects.get()
            Enrolment.objects.filter(pupil=cast.pupil, school=cast.hill).update(leaving_on=ON - dt.timedelta(days=1))
            for member, maker in ((cast.officer, cast.hill.name), (cast.other_lead, "The school")):
                assert contract_document(contract, member)["maker"] == maker
            there.delete()
        typed |= {"parent": "name", "parent_name": "Al West"}
        page = officer.get(where).content.decode()
        assert 'value="authority"' in page and 'value="school"' not in page
        officer.post(where, typed | {"made_by": "authority"})
        with in_scope(cast.eastshire):
            contract = AttendanceContract.objects.get(parent_name="Al West")
            assert contract_document(contract, cast.officer)["maker"] == cast.eastshire.name
            with pytest.raises(Refused, match="no school can make it"):
                offered(case, cast.officer)

    def test_a_contract_from_before_is_of_the_one_school_of_the_day_of_its_offer(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            contract = offered(case, cast.officer)
            AttendanceContract.objects.update(school=None)
            MIGRATION.name_schools(apps, "default")
            contract.refresh_from_db()
            assert contract.school == cast.hill
            AttendanceContract.objects.update(school=None)
            Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, year_group="7", admission_on=ON)
            MIGRATION.name_schools(apps, "default")
            contract.refresh_from_db()
            assert contract.school is None, "of two schools none is guessed"

    def test_none_is_offered_to_a_parent_who_must_not_know_where_the_child_is(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            father = parent(cast.pupil, "Dan West", must_not_know=True)
        client, where = signed_in(cast.officer), reverse("offer_contract", args=[case.pk])
        page = client.get(where).content.decode()
        assert "none can be offered to Dan West" in page and f'value="{father.pk}"' not in page
        client.post(where, TYPED | {"parent": str(father.pk)})
        by_name = client.post(where, TYPED | {"parent": "name", "parent_name": "dan  west"}).content.decode()
        assert "must not be told where the child is" in by_name
        with in_scope(cast.eastshire):
            assert not AttendanceContract.objects.exists()

    def test_nor_where_a_linked_record_of_the_child_says_so(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        other = cast.vale_pupils[0]
        with in_scope(cast.eastshire):
            father = parent(cast.pupil, "Dan West")
            CarerLink.objects.create(pupil=other, carer=father, relationship="Father", must_not_know=True)
            judge_records(cast.pupil, other, verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
        page = signed_in(cast.officer).get(reverse("offer_contract", args=[case.pk])).content.decode()
        assert "none can be offered to Dan West" in page and f'value="{father.pk}"' not in page

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("office", 403)]
    )
    def test_others_find_nothing(self, cast: Cast, case: Case, signed_in: SignedIn, name: str, status: int) -> None:
        with in_scope(cast.eastshire):
            contract = offered(case, cast.officer)
        for page in ("contract_page", "contract_pdf", "answer_contract", "end_contract"):
            answer = signed_in(cast.members[name]).get(reverse(page, args=[contract.pk]))
            assert answer.status_code == status and b"Jo West" not in answer.content, page

    def test_signed_out_goes_to_sign_in_and_readers_cannot_answer(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            contract = offered(case, cast.officer)
        assert Client().get(reverse("contract_page", args=[contract.pk])).status_code == 302
        assert signed_in(cast.manager).get(reverse("contract_page", args=[contract.pk])).status_code == 200
        assert signed_in(cast.manager).get(reverse("answer_contract", args=[contract.pk])).status_code == 403
