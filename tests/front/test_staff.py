"""Staff pages: staff_list, staff_page, invite_staff, invite_again, staff_schools, mark_away, mark_back,
deactivate_staff, reactivate_staff, reset_second_factor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Invitation, Membership, Message, User
from attendance_portal.roles import Role
from casework.models import Case
from schools.models import School, SchoolMembership
from tests.cast import ON, Cast, in_scope, make_member
from tsm.models import AgreedAction, Meeting

SignedIn = Callable[[Membership], Client]
MANAGERS = ("team_leader", "manager", "admin")


def page(name: str, member: Membership | None = None) -> str:
    return reverse(name, kwargs={"pk": member.pk} if member else {})


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


@pytest.fixture
def second_officer(cast: Cast) -> Membership:
    return make_member(cast.eastshire, "second@eastshire.example", "Sally Ford", Role.OFFICER, "Eastshire")


def meeting_of(cast: Cast, *, days: int = 10) -> Meeting:
    starts = timezone.make_aware(dt.datetime.combine(ON + dt.timedelta(days=days), dt.time(10)))
    meeting: Meeting = Meeting.objects.create(
        school=cast.hill, year=2026, term="autumn", starts_at=starts, minutes_booked=60, mode="in-person",
        officer=cast.officer,
    )  # fmt: skip
    return meeting


def a_case(cast: Cast) -> Case:
    case: Case = Case.objects.create(
        pupil=cast.pupil, reason="Often ill", holder=cast.officer, opened_on=ON, opened_by=cast.officer
    )
    return case


# --- The list -------------------------------------------------------------------------------------------------


def test_signed_out_goes_to_sign_in(client: Client, cast: Cast) -> None:
    for name, member in [("staff_list", None), ("staff_page", cast.officer), ("deactivate_staff", cast.officer)]:
        response = client.get(page(name, member))
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")


@pytest.mark.parametrize("who", ["lead", "office", "officer", "legal", "virtual_school", "auditor", "practitioner"])
def test_those_who_do_not_manage_staff_are_refused(cast: Cast, signed_in: SignedIn, who: str) -> None:
    client = signed_in(cast.members[who])
    for name, member in [("staff_list", None), ("invite_staff", None), ("staff_page", cast.admin)]:
        assert client.get(page(name, member)).status_code == 403


@pytest.mark.parametrize("who", MANAGERS)
def test_those_who_manage_staff_see_their_authority_s_people_and_no_others(
    cast: Cast, signed_in: SignedIn, who: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.members[who])
    with django_assert_max_num_queries(15):
        text = client.get(page("staff_list")).content.decode()
    assert cast.officer.name in text
    assert cast.stranger.name not in text


def test_the_list_is_filtered_searched_and_downloaded(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.admin)
    text = client.get(page("staff_list"), {"q": "olive"}).content.decode()
    assert cast.officer.name in text and cast.legal.name not in text
    text = client.get(page("staff_list"), {"role": "legal"}).content.decode()
    assert cast.legal.name in text and cast.officer.name not in text
    rows = client.get(page("staff_list"), {"format": "csv"}).content.decode()
    assert "officer@eastshire.example" in rows and "westshire" not in rows


def test_the_stranger_s_people_are_not_there(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.admin)
    for name in ("staff_page", "staff_schools", "mark_away", "deactivate_staff"):
        assert client.get(page(name, cast.stranger)).status_code == 404
    for name in ("mark_back", "reactivate_staff", "invite_again", "reset_second_factor", "deactivate_staff"):
        assert client.post(page(name, cast.stranger)).status_code == 404
    cast.stranger.refresh_from_db()
    assert cast.stranger.deactivated_at is None


def test_a_staff_page_counts_what_is_in_hand_and_names_no_child(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with in_scope(cast.eastshire):
        meeting = meeting_of(cast)
        a_case(cast)
        AgreedAction.objects.create(
            meeting=meeting, pupil=cast.pupil, what=f"Visit {cast.pupil}", side="authority", owner=cast.officer,
            agreed_on=ON,
        )  # fmt: skip
    client = signed_in(cast.admin)
    with django_assert_max_num_queries(25):
        response = client.get(page("staff_page", cast.officer))
    text = response.content.decode()
    assert response.context["counts"]["Cases held"] == 1
    assert response.context["counts"]["Agreed actions not yet done"] == 1
    assert response.context["counts"]["Meetings to hold"] == 1
    assert cast.pupil.surname not in text


# --- Inviting -------------------------------------------------------------------------------------------------


def invite(client: Client, **typed: Any) -> Any:
    whole = {"email": "new@eastshire.example", "name": "Nia Webb", "role": "officer", **typed}
    return client.post(page("invite_staff"), whole, follow=True)


def test_an_invited_officer_gets_a_letter_and_waits_with_their_schools(cast: Cast, signed_in: SignedIn) -> None:
    response = invite(signed_in(cast.team_leader), schools=[cast.vale.pk])
    assert "new@eastshire.example was invited" in said(response)
    member = Membership.objects.get(user__email="new@eastshire.example")
    assert member.is_waiting
    assert not Membership.objects.working().filter(pk=member.pk).exists()
    with in_scope(cast.eastshire):
        letter = Message.objects.get(to_email="new@eastshire.example")
        assert "/invitation/" in letter.body and cast.team_leader.name in letter.body
        named = SchoolMembership.objects.on(ON).get(school=cast.vale, capacity="named-officer")
        assert named.membership == member
        assert AuditEvent.objects.filter(what="invite_person").count() == 1


def test_to_invite_again_sends_a_new_link_and_ends_the_old(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.manager)
    invite(client)
    member = Membership.objects.get(user__email="new@eastshire.example")
    assert "invited again" in said(invite(client))
    client.post(page("invite_again", member))
    at = timezone.now() + dt.timedelta(days=1)
    assert Invitation.objects.filter(membership=member).count() == 3
    with in_scope(cast.eastshire):
        assert Message.objects.filter(to_email="new@eastshire.example").count() == 3
    alive = Invitation.objects.filter(membership=member).order_by("-expires_at").first()
    assert alive is not None
    others = Invitation.objects.filter(membership=member).exclude(pk=alive.pk)
    assert all(one.expires_at < alive.expires_at - dt.timedelta(days=6) for one in others), at


def test_school_staff_cannot_be_invited_without_a_school(cast: Cast, signed_in: SignedIn) -> None:
    response = signed_in(cast.admin).post(
        page("invite_staff"), {"email": "a@hill.example", "name": "A", "role": "school-lead"}
    )
    assert response.status_code == 200
    assert "Choose the school they work for" in response.content.decode()
    assert not User.objects.filter(email="a@hill.example").exists()


def test_someone_who_works_here_in_that_role_is_not_invited(cast: Cast, signed_in: SignedIn) -> None:
    response = invite(signed_in(cast.admin), email=cast.officer.user.email)
    assert response.status_code == 409
    assert "already works in Eastshire" in response.content.decode()


@pytest.mark.parametrize("who", ["team_leader", "manager"])
def test_only_an_administrator_makes_administrators(cast: Cast, signed_in: SignedIn, who: str) -> None:
    invite(signed_in(cast.members[who]), role="admin")
    assert not User.objects.filter(email="new@eastshire.example").exists()
    invite(signed_in(cast.admin), role="admin")
    assert Membership.objects.filter(user__email="new@eastshire.example", role="admin").exists()


def test_nobody_gives_themselves_another_role(cast: Cast, signed_in: SignedIn) -> None:
    response = invite(signed_in(cast.admin), email=cast.admin.user.email)
    assert response.status_code == 409
    assert Membership.objects.filter(user=cast.admin.user).count() == 1


# --- Schools --------------------------------------------------------------------------------------------------


def test_a_school_passes_to_its_new_named_officer_and_the_old_row_ends(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    client = signed_in(cast.team_leader)
    client.post(page("staff_schools", second_officer), {"schools": [cast.vale.pk]})
    with in_scope(cast.eastshire):
        rows = SchoolMembership.objects.filter(school=cast.vale, capacity="named-officer").order_by("from_on")
        old, new = rows
        assert (old.membership, old.until_on) == (cast.officer, ON - dt.timedelta(days=1))
        assert (new.membership, new.from_on, new.until_on) == (second_officer, ON, None)
        assert set(School.objects.of(cast.officer)) == {cast.hill}


def test_to_save_the_same_schools_changes_nothing(cast: Cast, signed_in: SignedIn) -> None:
    both = {"schools": [cast.hill.pk, cast.vale.pk]}
    signed_in(cast.manager).post(page("staff_schools", cast.officer), both)
    with in_scope(cast.eastshire):
        assert SchoolMembership.objects.filter(membership=cast.officer).count() == 2
        assert set(School.objects.of(cast.officer)) == {cast.hill, cast.vale}


# --- Away and cover -------------------------------------------------------------------------------------------


def away(client: Client, member: Membership, cover: Membership | None, first: dt.date, last: dt.date) -> Any:
    parts = {
        f"{name}_{part}": getattr(day, part)
        for name, day in (("from_on", first), ("until_on", last))
        for part in ("day", "month", "year")
    }
    return client.post(page("mark_away", member), {**parts, "cover": cover.pk if cover else ""}, follow=True)


def test_a_cover_has_the_schools_on_those_days_only(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    last = ON + dt.timedelta(days=7)
    away(signed_in(cast.team_leader), cast.officer, second_officer, ON, last)
    with in_scope(cast.eastshire):
        assert set(School.objects.of(second_officer)) == {cast.hill, cast.vale}
        second_officer.on = last + dt.timedelta(days=1)
        assert not School.objects.of(second_officer).exists()
        assert Message.objects.filter(to_email=second_officer.user.email).count() == 1
    cast.officer.refresh_from_db()
    assert cast.officer.cover_on(last) == second_officer
    assert cast.officer.cover_on(last + dt.timedelta(days=1)) is None


def test_to_be_back_ends_the_cover(cast: Cast, signed_in: SignedIn, second_officer: Membership) -> None:
    client = signed_in(cast.team_leader)
    away(client, cast.officer, second_officer, ON - dt.timedelta(days=3), ON + dt.timedelta(days=7))
    client.post(page("mark_back", cast.officer))
    with in_scope(cast.eastshire):
        assert not School.objects.of(second_officer).exists()
        assert set(School.objects.of(cast.officer)) == {cast.hill, cast.vale}
    cast.officer.refresh_from_db()
    assert cast.officer.away_from is None and cast.officer.covered_by is None


def test_an_absence_that_ends_before_it_begins_is_a_mistake(cast: Cast, signed_in: SignedIn) -> None:
    response = away(signed_in(cast.manager), cast.officer, None, ON, ON - dt.timedelta(days=1))
    assert "must be on or after the first" in response.content.decode()


def test_nobody_of_another_authority_is_offered_as_cover(cast: Cast, signed_in: SignedIn) -> None:
    response = away(signed_in(cast.manager), cast.officer, cast.stranger, ON, ON)
    assert response.status_code == 200
    cast.officer.refresh_from_db()
    assert cast.officer.away_from is None


# --- Leaving --------------------------------------------------------------------------------------------------


def test_one_step_ends_access_and_hands_everything_on(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    with in_scope(cast.eastshire):
        meeting, case = meeting_of(cast), a_case(cast)
        action = AgreedAction.objects.create(
            meeting=meeting, what="Write to the family", side="authority", owner=cast.officer, agreed_on=ON
        )
    leaver = signed_in(cast.officer)
    assert leaver.get(page("account")).status_code == 200
    response = signed_in(cast.team_leader).post(
        page("deactivate_staff", cast.officer), {"to": second_officer.pk}, follow=True
    )
    assert "was deactivated" in said(response)
    assert leaver.get(page("account"))["Location"] == page("no_membership")
    with in_scope(cast.eastshire):
        assert Meeting.objects.get(pk=meeting.pk).officer == second_officer
        assert Case.objects.get(pk=case.pk).holder == second_officer
        assert AgreedAction.objects.get(pk=action.pk).owner == second_officer
        assert set(School.objects.of(second_officer)) == {cast.hill, cast.vale}
        assert SchoolMembership.objects.filter(membership=cast.officer).count() == 2
        told = AuditEvent.objects.filter(what="deactivate_staff").get()
        assert "schools: 2" in told.words
        together = AuditEvent.objects.filter(correlation_id=told.correlation_id).values_list("what", flat=True)
        assert {"hand_on_schools", "hand_over_case", "take_over_meeting", "hand_on_actions"} <= set(together)


def test_when_a_cover_leaves_the_absent_are_told_to_be_without_one(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    client = signed_in(cast.team_leader)
    away(client, cast.officer, second_officer, ON, ON + dt.timedelta(days=7))
    assert client.post(page("deactivate_staff", second_officer), {"to": ""}).status_code == 302
    cast.officer.refresh_from_db()
    assert cast.officer.covered_by is None and cast.officer.is_away(ON)
    with in_scope(cast.eastshire):
        assert "Nobody covers now for Olive Frost." in AuditEvent.objects.get(what="deactivate_staff").words
        assert SchoolMembership.objects.get(membership=second_officer, school=cast.hill).until_on == ON


def test_someone_with_work_in_hand_is_not_deactivated_without_a_successor(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    response = signed_in(cast.manager).post(page("deactivate_staff", cast.officer), {"to": ""})
    assert "Choose who takes over" in response.content.decode()
    cast.officer.refresh_from_db()
    assert cast.officer.deactivated_at is None


def test_school_staff_are_followed_only_by_staff_of_all_their_schools(cast: Cast, signed_in: SignedIn) -> None:
    response = signed_in(cast.manager).get(page("deactivate_staff", cast.lead))
    offered = {label for value, label in response.context["form"].fields["to"].choices}
    assert any(cast.trust_lead.name in label for label in offered)
    assert not any(cast.other_lead.name in label or cast.officer.name in label for label in offered)


def test_nobody_deactivates_themselves_nor_the_last_administrator(cast: Cast, signed_in: SignedIn) -> None:
    response = signed_in(cast.admin).post(page("deactivate_staff", cast.admin))
    assert response.status_code == 409
    second = make_member(cast.eastshire, "second-admin@eastshire.example", "Ann Other", Role.ADMIN)
    client = signed_in(second)
    assert client.post(page("deactivate_staff", cast.admin)).status_code == 302
    cast.admin.refresh_from_db()
    assert cast.admin.deactivated_at is not None
    response = signed_in(cast.team_leader).post(page("deactivate_staff", second))
    assert response.status_code == 409
    second.refresh_from_db()
    assert second.deactivated_at is None


def test_an_invited_administrator_does_not_count_as_another_one(cast: Cast, signed_in: SignedIn) -> None:
    second = make_member(cast.eastshire, "second-admin@eastshire.example", "Ann Other", Role.ADMIN)
    client = signed_in(second)
    Membership.objects.filter(pk=cast.admin.pk).update(deactivated_at=timezone.now())
    invite(client, role="admin")
    Membership.objects.filter(pk=cast.admin.pk).update(deactivated_at=None)
    assert client.post(page("deactivate_staff", cast.admin)).status_code == 302


def test_a_reactivated_member_comes_back_without_what_was_handed_on(
    cast: Cast, signed_in: SignedIn, second_officer: Membership
) -> None:
    client = signed_in(cast.team_leader)
    client.post(page("deactivate_staff", cast.officer), {"to": second_officer.pk})
    client.post(page("reactivate_staff", cast.officer))
    assert signed_in(cast.officer).get(page("account")).status_code == 200
    with in_scope(cast.eastshire):
        assert not School.objects.of(cast.officer).exists()


# --- Second factor --------------------------------------------------------------------------------------------


def test_only_an_administrator_resets_a_lost_second_step(cast: Cast, signed_in: SignedIn) -> None:
    Authenticator.objects.create(user=cast.officer.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert signed_in(cast.team_leader).post(page("reset_second_factor", cast.officer)).status_code == 409
    assert Authenticator.objects.filter(user=cast.officer.user).exists()
    assert signed_in(cast.admin).post(page("reset_second_factor", cast.officer)).status_code == 302
    assert not Authenticator.objects.filter(user=cast.officer.user).exists()
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="reset_second_factor").count() == 1
        assert Message.objects.filter(to_email=cast.officer.user.email).exists()


def test_an_invitation_reaches_into_nobodys_second_step(cast: Cast, signed_in: SignedIn) -> None:
    Authenticator.objects.create(user=cast.officer.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    rogue = make_member(cast.westshire, "admin@westshire.example", "Rob Gray", Role.ADMIN)
    client = signed_in(rogue)
    invite(client, email=cast.officer.user.email, role="manager")
    invited = Membership.objects.get(authority=cast.westshire, user=cast.officer.user)
    shown = client.get(page("staff_page", invited)).context
    assert not shown["has_second_factor"] and not shown["may_reset"]
    assert client.post(page("reset_second_factor", invited)).status_code == 409
    assert Authenticator.objects.filter(user=cast.officer.user).exists()
