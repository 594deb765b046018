"""Restricted records of those who leave: who comes to hold what nobody else could lift."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance_portal.front.staff.actions import deactivate_staff
from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from schools.children.restrictions import holders_of, restrict_record
from schools.models import Pupil
from tests.cast import ON, Cast, in_scope, make_member
from tests.front.test_staff import SignedIn, page, said
from tests.schools.stored import AT


@pytest.fixture
def second_leader(cast: Cast) -> Membership:
    return make_member(cast.eastshire, "second-leader@eastshire.example", "Lea Marsh", Role.TEAM_LEADER, "Eastshire")


def restricted(cast: Cast, *holders: Membership) -> Pupil:
    """Amy's record, held by these and by her school's lead, who could not lift it."""
    typed = {"kind": "adoption", "reason": "The former name must not be told", "by": cast.team_leader, "on": ON}
    with in_scope(cast.eastshire):
        restrict_record(cast.pupil, holders=[*holders, cast.lead], **typed)
    return cast.pupil


def leave(client: Client, member: Membership, holder: Membership | None = None) -> Any:
    return client.post(page("deactivate_staff", member), {"to": "", "holder": holder.pk if holder else ""}, follow=True)


def holders(cast: Cast, pupil: Pupil) -> set[str]:
    with in_scope(cast.eastshire):
        return {one.name for one in holders_of(pupil, on=ON)}


def test_who_alone_could_lift_a_restriction_does_not_leave_without_a_successor(
    cast: Cast, signed_in: SignedIn, second_leader: Membership
) -> None:
    pupil = restricted(cast, cast.team_leader)
    client = signed_in(cast.admin)
    answer = leave(client, cast.team_leader)
    text = answer.content.decode()
    assert "Choose who holds the restricted records" in text
    assert answer.context["counts"]["Restricted records that nobody else could lift"] == 1
    assert "Abbott" not in text and str(pupil.upn) not in text
    cast.team_leader.refresh_from_db()
    assert cast.team_leader.deactivated_at is None and holders(cast, pupil) == {"Tom Leigh", "Layla Hart"}


def test_the_successor_holds_the_record_in_one_step_and_who_left_no_longer_does(
    cast: Cast, signed_in: SignedIn, second_leader: Membership
) -> None:
    pupil = restricted(cast, cast.team_leader)
    client = signed_in(cast.admin)
    assert "was deactivated" in said(leave(client, cast.team_leader, second_leader))
    assert holders(cast, pupil) == {"Lea Marsh", "Layla Hart"}
    with in_scope(cast.eastshire):
        told = AuditEvent.objects.get(what="deactivate_staff")
        assert "Restricted records handed on to Lea Marsh: 1." in told.words
        event = AuditEvent.objects.get(what="hand_on_records", correlation_id=told.correlation_id)
        assert event.pupil_ids == [pupil.pk]
        letter = Message.objects.get(to_email=second_leader.user.email)
        assert "restricted records: 1" in letter.body and "Amy" not in letter.body + letter.subject
        assert not Pupil.objects.visible_to(cast.admin).filter(pk=pupil.pk).exists()
    assert signed_in(second_leader).get(reverse("pupil_page", args=[pupil.pk])).status_code == 200
    client.post(page("reactivate_staff", cast.team_leader))
    assert signed_in(cast.team_leader).get(reverse("pupil_page", args=[pupil.pk])).status_code == 404


def test_what_another_could_lift_is_left_to_them_and_nobody_else_comes_to_see_it(
    cast: Cast, signed_in: SignedIn, second_leader: Membership
) -> None:
    pupil = restricted(cast, cast.team_leader, cast.admin)
    answer = signed_in(cast.manager).get(page("deactivate_staff", cast.team_leader))
    assert "holder" not in answer.context["form"].fields
    assert "was deactivated" in said(leave(signed_in(cast.manager), cast.team_leader, second_leader))
    assert holders(cast, pupil) == {"Adam Dunn", "Layla Hart"}


def test_those_who_may_hold_restricted_records_are_offered_and_who_asks_only_where_nobody_else_is(
    cast: Cast, signed_in: SignedIn
) -> None:
    restricted(cast, cast.team_leader)
    client = signed_in(cast.admin)

    def offered() -> list[str]:
        form = client.get(page("deactivate_staff", cast.team_leader)).context["form"]
        return [label for value, label in form.fields["holder"].choices if value]

    assert offered() == ["Adam Dunn, Authority administrator"]
    gone = make_member(cast.eastshire, "c@eastshire.example", "Cy Dale", Role.TEAM_LEADER)
    Membership.objects.filter(pk=gone.pk).update(deactivated_at=AT)
    assert offered() == ["Adam Dunn, Authority administrator"]
    make_member(cast.eastshire, "b@eastshire.example", "Bea Cole", Role.TEAM_LEADER)
    assert offered() == ["Bea Cole, Team leader"]
    assert "Select a valid choice" in leave(client, cast.team_leader, cast.admin).content.decode()


def test_nobody_comes_to_hold_a_record_by_marking_the_other_one_who_could_as_away(
    cast: Cast, signed_in: SignedIn, second_leader: Membership
) -> None:
    pupil = restricted(cast, cast.team_leader)
    client = signed_in(cast.admin)
    day = {f"{end}_on_{part}": getattr(ON, part) for end in ("from", "until") for part in ("day", "month", "year")}
    assert client.post(page("mark_away", second_leader), day | {"cover": ""}).status_code == 302
    second_leader.refresh_from_db()
    assert second_leader.is_away(ON)
    form = client.get(page("deactivate_staff", cast.team_leader)).context["form"]
    assert [label for value, label in form.fields["holder"].choices if value] == ["Lea Marsh, Team leader"]
    assert "Select a valid choice" in leave(client, cast.team_leader, cast.admin).content.decode()
    assert "was deactivated" in said(leave(client, cast.team_leader, second_leader))
    assert holders(cast, pupil) == {"Lea Marsh", "Layla Hart"}


def test_an_administrator_who_comes_to_hold_a_record_sees_what_the_form_says(cast: Cast, signed_in: SignedIn) -> None:
    pupil = restricted(cast, cast.team_leader)
    client = signed_in(cast.admin)
    assert (
        "an administrator their names and why"
        in client.get(page("deactivate_staff", cast.team_leader)).content.decode()
    )
    leave(client, cast.team_leader, cast.admin)
    assert client.get(reverse("pupil_page", args=[pupil.pk])).status_code == 403
    told = client.get(reverse("restricted_records")).content.decode()
    assert "Abbott" in told and "The former name must not be told" in told
    assert client.get(reverse("lift_restriction", args=[pupil.pk])).status_code == 200


def test_where_nobody_could_hold_them_the_page_says_what_to_do(cast: Cast, signed_in: SignedIn) -> None:
    pupil = restricted(cast, cast.team_leader)
    Membership.objects.filter(pk=cast.admin.pk).update(deactivated_at=AT)
    answer = leave(signed_in(cast.manager), cast.team_leader)
    assert "Invite another team leader or administrator first" in answer.content.decode()
    assert holders(cast, pupil) == {"Tom Leigh", "Layla Hart"}


def test_a_form_sent_without_the_question_leaves_nothing_behind_either(cast: Cast) -> None:
    pupil = restricted(cast, cast.team_leader)
    with in_scope(cast.eastshire), pytest.raises(Refused, match="Choose who holds them"):
        deactivate_staff(cast.team_leader, to=None, holder=cast.officer, by=cast.admin, on=ON, at=AT)
    cast.team_leader.refresh_from_db()
    assert cast.team_leader.deactivated_at is None and holders(cast, pupil) == {"Tom Leigh", "Layla Hart"}
