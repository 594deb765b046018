"""Contacts: written down in four answers, never overwritten, attempts told kindly; and notes for named roles alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from casework import actions as case_actions
from casework.actions.contacts import add_contact, correct_contact
from casework.contacts import OUTCOME_CHOICES, outcome_of, sentence_of, since_last_contact
from casework.forms.contacts import ContactForm
from casework.models import Case, CaseEntry, Contact
from casework.presenters import history
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]
EARLIER = ON - dt.timedelta(days=5)
TYPED = {
    "outcome": "call tried",
    "with_whom": "Amy's father",
    "happened_on_day": "20",
    "happened_on_month": "11",
    "happened_on_year": "2026",
}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return case_actions.open_case(cast.pupil, reason="Severely absent.", on=EARLIER, by=cast.officer)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def contact(case: Case, by: Membership, **told: Any) -> Contact:
    usual = {"kind": "call", "with_whom": "Mr Abbott", "reached": True, "happened_on": ON}
    return add_contact(case, by=by, **(usual | told))


def test_the_first_save_asks_four_things_and_needs_three() -> None:
    form = ContactForm(TYPED, on=ON)
    assert list(form.fields) == ["outcome", "with_whom", "happened_on", "words"]
    assert form.is_valid() and form.told["kind"] == "call" and form.told["reached"] is False
    assert [name for name, field in form.fields.items() if not field.required] == ["words"]


@pytest.mark.usefixtures("in_eastshire")
def test_each_outcome_is_told_in_a_sentence_of_its_own() -> None:
    ways = [outcome_of(code) for code, _ in OUTCOME_CHOICES]
    told = [sentence_of(Contact(kind=kind, reached=so, with_whom="Mr Abbott", words="More.")) for kind, so in ways]
    assert len(set(told)) == len(Contact.Kind.choices) * 2
    assert all("Mr Abbott" in one and one.endswith(". More.") for one in told)


@pytest.mark.usefixtures("in_eastshire")
class TestWriting:
    def test_an_attempt_counts_and_is_told_kindly(self, cast: Cast, case: Case) -> None:
        contact(case, cast.officer, happened_on=EARLIER)
        contact(case, cast.officer, reached=False, kind="visit")
        line = case.entries.get(source="Contact", happened_on=ON)
        assert line.words == "Visited Mr Abbott, nobody was in."
        standing = list(case.contacts.standing())
        assert since_last_contact(standing, on=ON) == "Last contact 5 days ago, and 1 attempt since."
        assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="add_contact").count() == 2

    def test_what_was_written_stays_and_the_new_line_names_it(self, cast: Cast, case: Case) -> None:
        first = contact(case, cast.officer, words="He said yes.", happened_on=EARLIER)
        told = {"kind": "visit", "with_whom": "Mrs Abbott", "reached": True, "happened_on": EARLIER}
        new = correct_contact(first, **told, words="She said yes.", next_step="Olive calls.", by=cast.lead)
        assert new.corrects == first and list(case.contacts.standing()) == [new]
        assert Contact.objects.get(pk=first.pk).words == "He said yes."
        assert case.entries.filter(words__contains="puts right what Olive Frost wrote of 15 November 2026").exists()

    def test_of_two_who_put_one_contact_right_the_second_is_told(self, cast: Cast, case: Case) -> None:
        first = contact(case, cast.officer)
        told = {"kind": "call", "with_whom": "Mr Abbott", "reached": False, "happened_on": ON}
        correct_contact(first, **told, by=cast.lead)
        with pytest.raises(Refused, match="already"):
            correct_contact(first, **told, by=cast.officer)

    def test_a_closed_case_takes_none(self, cast: Cast, case: Case) -> None:
        Case.objects.update(stage="closed", closed_on=ON, closed_by=cast.officer)
        with pytest.raises(Refused, match="closed"):
            contact(case, cast.officer)
        assert not Contact.objects.exists()

    def test_the_last_contact_of_many_cases_counts_neither_attempts_nor_what_was_put_right(
        self, cast: Cast, case: Case
    ) -> None:
        other = case_actions.open_case(cast.pupils[1], reason="Absent.", on=EARLIER, by=cast.officer)
        contact(case, cast.officer, happened_on=EARLIER)
        wrong = contact(case, cast.officer, happened_on=ON)
        told = {"kind": "call", "with_whom": "Mr Abbott", "reached": False, "happened_on": ON}
        correct_contact(wrong, **told, by=cast.officer)
        contact(other, cast.officer, reached=False)
        assert Contact.objects.latest_of([case, other]) == {case.pk: EARLIER}
        found = Case.objects.annotate(last=Contact.objects.last_reached_on()).values_list("pk", "last")
        assert dict(found) == {case.pk: EARLIER, other.pk: None}


class TestRestrictedNotes:
    SECRET = "A neighbour told us in confidence."

    @pytest.fixture
    def note(self, cast: Cast, case: Case) -> CaseEntry:
        with in_scope(cast.eastshire):
            return case_actions.add_entry(
                case, words=self.SECRET, happened_on=ON, restricted_to=[Role.TEAM_LEADER], by=cast.officer
            )

    @pytest.mark.parametrize(
        ("name", "reads"), [("officer", True), ("team_leader", True), ("lead", False), ("manager", False)]
    )
    @pytest.mark.usefixtures("note")
    def test_the_named_roles_and_the_author_read_it(
        self, cast: Cast, case: Case, signed_in: SignedIn, name: str, reads: bool
    ) -> None:
        page = signed_in(cast.members[name]).get(f"/cases/{case.pk}/").content.decode()
        assert (self.SECRET in page) is reads
        assert ("only for team leader" in page.lower()) is reads

    def test_to_others_it_is_as_if_it_were_not_there(self, cast: Cast, case: Case, note: CaseEntry) -> None:
        with in_scope(cast.eastshire):
            with_it = history(case, cast.lead)
            note.delete()
            assert history(case, cast.lead) == with_it

    def test_it_is_written_with_four_answers(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        typed = {"words": self.SECRET, "readers": "some", "restricted_to": [Role.LEGAL, Role.OFFICER]}
        date = {name: value for name, value in TYPED.items() if name.startswith("happened_on")}
        client = signed_in(cast.officer)
        assert client.post(f"/cases/{case.pk}/entry/", typed | date).status_code == 302
        assert "Choose who may read it" in (
            client.post(f"/cases/{case.pk}/entry/", {"words": "x", "readers": "some", **date}).content.decode()
        )
        with in_scope(cast.eastshire):
            entry = case.entries.get(words=self.SECRET)
            assert set(entry.restricted_to) == {Role.OFFICER, Role.LEGAL}


class TestThePages:
    """`contacts`, `add_contact` and `correct_contact`."""

    @pytest.fixture
    def written(self, cast: Cast, case: Case) -> Contact:
        with in_scope(cast.eastshire):
            return contact(case, cast.officer, words="He is worried about PE.", happened_on=EARLIER)

    def test_writing_one_down_and_adding_to_it(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.lead), f"/cases/{case.pk}/contacts/"
        assert client.post(f"{where}add/", TYPED)["Location"] == f"/cases/{case.pk}/"
        page = client.get(f"/cases/{case.pk}/").content.decode()
        assert "Nobody has been reached yet, after 1 attempt." in page and "Call: no answer" in page
        with in_scope(cast.eastshire):
            pk = Contact.objects.get().pk
        client.post(f"{where}{pk}/correct/", {**TYPED, "outcome": "call reached", "words": "He rang back."})
        page = client.get(where).content.decode()
        assert "Last contact today." in page and "He rang back." in page and "Put right later" in page
        assert client.get(f"{where}{pk}/correct/").status_code == 404
        rows = client.get(f"{where}?format=csv").content.decode()
        assert rows.count("Amy's father") == 2 and "Put right" in rows

    def test_a_day_to_come_is_refused(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        page = signed_in(cast.lead).post(f"/cases/{case.pk}/contacts/add/", {**TYPED, "happened_on_day": "21"})
        assert "today or in the past" in page.content.decode()

    @pytest.mark.parametrize(
        "who",
        [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("office", 403), ("admin", 403)],
    )
    def test_others_find_nothing(
        self, cast: Cast, case: Case, written: Contact, signed_in: SignedIn, who: tuple[str, int]
    ) -> None:
        name, status = who
        client = signed_in(cast.members[name])
        for page in ("", "?format=csv", "add/", f"{written.pk}/correct/"):
            answer = client.get(f"/cases/{case.pk}/contacts/{page}")
            assert answer.status_code == status, page
            assert b"Abbott" not in answer.content

    def test_readers_read_and_do_not_write(self, cast: Cast, case: Case, written: Contact, signed_in: SignedIn) -> None:
        client = signed_in(cast.manager)
        page = client.get(f"/cases/{case.pk}/contacts/").content.decode()
        assert "He is worried about PE." in page and "Add to it" not in page
        assert client.post(f"/cases/{case.pk}/contacts/add/", TYPED).status_code == 403
        assert Client().get(f"/cases/{case.pk}/contacts/").status_code == 302

    def test_the_contact_of_another_case_is_not_found(
        self, cast: Cast, case: Case, written: Contact, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            other = case_actions.open_case(cast.pupils[1], reason="Absent.", on=ON, by=cast.officer)
        answer = signed_in(cast.officer).get(f"/cases/{other.pk}/contacts/{written.pk}/correct/")
        assert answer.status_code == 404

    def test_many_contacts_take_no_more_queries(
        self,
        cast: Cast,
        case: Case,
        signed_in: SignedIn,
        django_assert_max_num_queries: Callable[..., object],
    ) -> None:
        with in_scope(cast.eastshire):
            for _ in range(8):
                contact(case, cast.officer)
        client = signed_in(cast.officer)
        with django_assert_max_num_queries(18):
            page = client.get(f"/cases/{case.pk}/contacts/")
        assert page.content.decode().count("<tr") == 9
