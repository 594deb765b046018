"""The page a pupil, saved as one types: what is stored, by whom it may be read, and two people at once."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.children.restrictions import restrict_record
from schools.models import Carer, CarerLink, PupilAccess
from tests.cast import ON, Cast, in_scope, make_cast
from tests.tsm.meetings import AT, STARTS, arranged, begun, ended, stand_at_hill
from tsm.actions import add_to_list, begin_meeting, write_minutes
from tsm.actions.writing import Typed
from tsm.models import AgreedAction, Discussion, Meeting

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    with in_scope(cast.eastshire):
        return begun(cast)


def address(meeting: Meeting, position: int = 1) -> str:
    return f"/meetings/{meeting.pk}/hold/{position}/"


def first(cast: Cast, meeting: Meeting) -> Discussion:
    with in_scope(cast.eastshire):
        return Discussion.objects.get(meeting=meeting, position=1)


def autosave(client: Client, where: str, **fields: tuple[str, str]) -> dict[str, dict[str, object]]:
    data: dict[str, object] = {"autosave": "1", "changed": list(fields)}
    for name, (began, now) in fields.items():
        data |= {name: now, f"began__{name}": began}
    answer = client.post(where, data)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["fields"])


class TestReading:
    def test_the_lead_and_the_officer_see_the_frozen_figures_beside_the_form(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        for member in (cast.lead, cast.trust_lead, cast.officer, cast.team_leader):
            page = signed_in(member).get(address(meeting)).content.decode()
            assert "Amy Abbott" in page
            assert "60 of 100 sessions" in page
            assert 'data-autosave="' in page

    def test_only_the_boxes_tell_where_a_restricted_child_lives(self, cast: Cast, signed_in: SignedIn) -> None:
        home = "She sleeps at 14 Mill Lane"
        with in_scope(cast.eastshire):
            finn, aunt = cast.vale_pupils[0], Carer.objects.create(name="Alice", address="14 Mill Lane")
            CarerLink.objects.create(pupil=finn, carer=aunt, relationship="Aunt", lives_with=True)
            holders = [cast.team_leader]
            restrict_record(finn, kind="other", reason="Safe", holders=holders, by=cast.team_leader, on=ON)
            stand_at_hill(cast)
            coming = arranged(cast)
            add_to_list(coming, cast.pupil, reason=home, by=cast.lead, at=AT)
            begin_meeting(coming, by=cast.officer, at=STARTS)
            Discussion.objects.filter(meeting=coming, position=1).update(said=home)
        for member, told in ((cast.officer, 1), (cast.team_leader, 2)):
            page = signed_in(member).get(address(coming)).content.decode()
            visible = re.sub(r'<input type="hidden"[^>]*>', "", page)
            assert visible.count(home) == told and f">\n{home}</textarea>" in page

    @pytest.mark.parametrize("name", ["stranger", "other_lead", "virtual_school", "practitioner"])
    def test_others_find_nothing(self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str) -> None:
        answer = signed_in(cast.members[name]).get(address(meeting))
        assert answer.status_code in (403, 404)
        if name in ("stranger", "other_lead"):
            assert answer.status_code == 404
        assert b"Abbott" not in answer.content

    @pytest.mark.parametrize("name", ["office", "manager", "auditor", "legal"])
    def test_those_who_only_read_may_not_type(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str
    ) -> None:
        assert signed_in(cast.members[name]).get(address(meeting)).status_code == 403

    def test_signed_out_goes_to_sign_in(self, meeting: Meeting) -> None:
        answer = Client().get(address(meeting))
        assert answer.status_code == 302
        assert "login" in answer["Location"]

    def test_a_position_that_is_not_there_is_not_found(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        assert signed_in(cast.officer).get(address(meeting, 99)).status_code == 404

    def test_looking_leaves_an_event_that_names_the_child(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        signed_in(cast.lead).get(address(meeting))
        with in_scope(cast.eastshire):
            seen = AuditEvent.objects.about_pupil(cast.pupil.pk)
            assert seen.filter(what="see_hold_discussion", membership_id=cast.lead.pk).count() == 1

    def test_a_child_restricted_since_then_is_gone_for_those_without_the_grant(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.is_restricted = True
            cast.pupil.save()
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
        assert signed_in(cast.lead).get(address(meeting)).status_code == 404
        assert b"Abbott" not in signed_in(cast.lead).get(f"/meetings/{meeting.pk}/hold/").content
        assert signed_in(cast.officer).get(address(meeting)).status_code == 200


class TestSaving:
    def test_typing_is_stored_and_comes_back(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        fields = autosave(signed_in(cast.lead), address(meeting), said=("", "Gran is ill."))
        assert fields["said"] == {"value": "Gran is ill.", "began": "Gran is ill.", "note": ""}
        stored = first(cast, meeting)
        assert stored.said == "Gran is ill."
        assert stored.was_discussed

    def test_every_kind_of_field_is_stored(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        autosave(
            signed_in(cast.officer),
            address(meeting),
            barriers=("", "housing"),
            lead_practitioner=("", str(cast.practitioner.pk)),
            joint_action=("not-yet", "yes"),
            may_be_missing_education=("not-yet", "no"),
            legal_route=("", "attendance-contract"),
            review_on=("", "2026-12-15"),
        )
        stored = first(cast, meeting)
        assert stored.barriers == ["housing"]
        assert stored.lead_practitioner == cast.practitioner
        assert (stored.joint_action, stored.may_be_missing_education) == (True, False)
        assert stored.legal_route == "attendance-contract"
        assert str(stored.review_on) == "2026-12-15"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("review_on", "31/12"),
            ("legal_route", "gallows"),
            ("lead_practitioner", "nobody"),
            ("joint_action", "perhaps"),
        ],
    )
    def test_what_cannot_be_read_changes_nothing_and_is_told(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, field: str, value: str
    ) -> None:
        told = autosave(signed_in(cast.officer), address(meeting), **{field: ("", value)})
        assert "could not be read" in str(told[field]["note"])

    def test_a_person_of_another_authority_or_school_or_who_only_reads_cases_cannot_be_named(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        for outsider in (cast.stranger, cast.other_lead, cast.legal, cast.office):
            told = autosave(signed_in(cast.officer), address(meeting), lead_practitioner=("", str(outsider.pk)))
            assert "cannot be named" in str(told["lead_practitioner"]["note"])
        assert first(cast, meeting).lead_practitioner is None

    def test_the_last_tick_can_be_cleared(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client = signed_in(cast.officer)
        autosave(client, address(meeting), barriers=("", "housing"))
        client.post(address(meeting), {"autosave": "1", "changed": "barriers", "began__barriers": "housing"})
        assert first(cast, meeting).barriers == []

    def test_an_action_is_one_row_however_often_it_is_saved(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        name = f"action-{uuid.uuid4()}"
        client = signed_in(cast.officer)
        autosave(client, address(meeting), **{f"{name}-what": ("", "Visit home")})
        autosave(
            client,
            address(meeting),
            **{f"{name}-what": ("", "Visit home"), f"{name}-due_on": ("", "2026-12-01")},
        )
        with in_scope(cast.eastshire):
            action = AgreedAction.objects.get()
            assert (action.what, str(action.due_on), action.pupil) == ("Visit home", "2026-12-01", cast.pupil)

    def test_a_row_of_another_pupil_cannot_be_written_from_here(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            other = AgreedAction.objects.create(meeting=meeting, pupil=cast.pupils[1], what="Call", agreed_on=ON)
        name = f"action-{other.pk}-what"
        data = {"autosave": "1", "changed": name, name: "Changed", f"began__{name}": "Call"}
        assert signed_in(cast.officer).post(address(meeting), data).status_code == 409
        with in_scope(cast.eastshire):
            assert AgreedAction.objects.get().what == "Call"

    def test_the_button_saves_without_scripts_and_goes_to_the_next_pupil(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        data = {
            "said": "Line one\r\nLine two",
            "began__said": "",
            "began__barriers": "",
            "barriers": ["money", "routine"],
            "joint_action": "yes",
            "began__joint_action": "not-yet",
            "then": "next",
        }
        answer = signed_in(cast.lead).post(address(meeting), data)
        assert answer.status_code == 302
        assert answer["Location"] == address(meeting, 2)
        stored = first(cast, meeting)
        assert stored.said == "Line one\nLine two"
        assert stored.barriers == ["money", "routine"]
        assert stored.joint_action is True

    def test_an_empty_save_marks_nothing_as_discussed(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        name = f"action-{uuid.uuid4()}"
        data = {"said": "", "began__said": "", f"{name}-what": "", f"began__{name}-what": ""}
        signed_in(cast.lead).post(address(meeting), data)
        assert not first(cast, meeting).was_discussed
        with in_scope(cast.eastshire):
            assert not AgreedAction.objects.exists()

    def test_many_saves_leave_one_event(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client = signed_in(cast.lead)
        texts = ["", "A", "A b", "A b c"]
        for began, now in pairwise(texts):
            autosave(client, address(meeting), said=(began, now))
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.filter(what="write_minutes").count() == 1

    def test_once_the_meeting_has_ended_nothing_is_typed(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = ended(cast)
        data = {"autosave": "1", "changed": "said", "said": "Late", "began__said": ""}
        assert signed_in(cast.lead).post(address(meeting), data).status_code == 409
        with in_scope(cast.eastshire):
            sent = {"said": Typed(["Late"], [""])}
            with pytest.raises(Refused, match="has ended"):
                write_minutes(
                    meeting, Discussion.objects.get(meeting=meeting, position=1), sent, by=cast.lead, at=STARTS
                )


class TestTwoPeople:
    def test_words_in_different_places_are_both_kept(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        lead, officer = signed_in(cast.lead), signed_in(cast.officer)
        autosave(lead, address(meeting), said=("", "Gran is ill."))
        autosave(officer, address(meeting), said=("Gran is ill.", "Gran is ill. Mum works nights."))
        both = autosave(lead, address(meeting), said=("Gran is ill.", "Her gran is ill."))
        assert both["said"]["value"] == "Her gran is ill. Mum works nights."

    def test_words_in_the_same_place_are_both_kept_and_named(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        autosave(signed_in(cast.lead), address(meeting), said=("", "Gran is ill."))
        told = autosave(signed_in(cast.officer), address(meeting), said=("", "Bus was cut."))
        value = str(told["said"]["value"])
        assert "Gran is ill." in value and "Bus was cut." in value
        assert "Layla Hart" in str(told["said"]["note"])
        page = signed_in(cast.lead).get(address(meeting)).content.decode()
        assert "both are kept" in page

    def test_two_choices_are_told_to_both(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        autosave(signed_in(cast.lead), address(meeting), review_on=("", "2026-12-01"))
        told = autosave(signed_in(cast.officer), address(meeting), review_on=("", "2026-12-08"))
        assert "Layla Hart chose 1 December 2026" in str(told["review_on"]["note"])
        poll = signed_in(cast.lead).get(address(meeting), headers={"X-Background": "1"}).json()
        assert poll["fields"]["review_on"]["value"] == "2026-12-08"
        assert "Layla Hart chose" in poll["fields"]["review_on"]["note"]

    def test_an_answer_given_while_the_other_gave_another_is_told_in_words(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        first_answer = autosave(signed_in(cast.lead), address(meeting), joint_action=("not-yet", "yes"))
        assert first_answer["joint_action"]["note"] == ""
        told = autosave(signed_in(cast.officer), address(meeting), joint_action=("not-yet", "no"))
        words = "Layla Hart chose Yes and Olive Frost chose No. No is kept until you agree."
        assert told["joint_action"]["note"] == words

    def test_ticks_of_both_stay(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        autosave(signed_in(cast.lead), address(meeting), barriers=("", "housing"))
        both = autosave(signed_in(cast.officer), address(meeting), barriers=("", "money"))
        assert set(both["barriers"]["value"]) == {"housing", "money"}  # type: ignore[call-overload]

    def test_the_poll_shows_what_the_other_typed_and_leaves_no_event(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        autosave(signed_in(cast.lead), address(meeting), said=("", "Gran is ill."))
        poll = signed_in(cast.officer).get(address(meeting), headers={"X-Background": "1"}).json()
        assert poll["fields"]["said"]["value"] == "Gran is ill."
        with in_scope(cast.eastshire):
            assert not AuditEvent.objects.filter(what="see_hold_discussion").exists()


def _types(cast: Cast, meeting: Meeting, by: Membership, line: int, words: list[str]) -> None:
    """One person at one line of the same text, word by word, each save from what came back before."""
    try:
        began = "first:\n\nsecond:"
        for word in words:
            lines = began.split("\n")
            lines[line] += f" {word}"
            with authority_scope(cast.eastshire):
                discussion = Discussion.objects.get(meeting=meeting, position=1)
                sent = {"said": Typed(["\n".join(lines)], [began])}
                began = write_minutes(meeting, discussion, sent, by=by, at=STARTS)["said"].texts[0]
    finally:
        connection.close()


@pytest.fixture
def committed(own_database: str) -> Iterator[tuple[Cast, Meeting]]:
    cast = make_cast()
    with in_scope(cast.eastshire):
        meeting = begun(cast)
        Discussion.objects.filter(meeting=meeting, position=1).update(said="first:\n\nsecond:")
    yield cast, meeting


def test_two_people_typing_at_the_same_moment_lose_nothing(committed: tuple[Cast, Meeting]) -> None:
    cast, meeting = committed
    words = [f"word{number}" for number in range(25)]
    typists = [
        threading.Thread(target=_types, args=(cast, meeting, cast.lead, 0, words)),
        threading.Thread(target=_types, args=(cast, meeting, cast.officer, 2, [w.upper() for w in words])),
    ]
    for typist in typists:
        typist.start()
    for typist in typists:
        typist.join(60)
    with in_scope(cast.eastshire):
        said = Discussion.objects.get(meeting=meeting, position=1).said
    assert said == f"first: {' '.join(words)}\n\nsecond: {' '.join(words).upper()}"
