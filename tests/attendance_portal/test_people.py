"""Pages about people themselves: accept_invitation, switch_membership, no_membership, account, email_address,
keep_alive, and the pages open to all: privacy, accessibility, cookies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attendance_portal import actions, clock
from attendance_portal.models import AuditEvent, Authority, Invitation, Membership, Message, User
from tests.cast import PASSWORD, Cast, in_scope

SignedIn = Callable[[Membership], Client]
NEW = {"name": "Nia Webb", "password": "seventeen green bottles", "again": "seventeen green bottles"}


def invited(authority: Authority, by: Membership | None, email: str = "nia@eastshire.example") -> str:
    """The path of a new invitation as legal officer."""
    with in_scope(authority):
        whole = actions.invite_person(
            authority, email=email, name="Nia", role="legal", organisation="Legal team", by=by,
            at=clock.now(authority),
        )  # fmt: skip
    return whole.link[whole.link.index("/invitation/") :]


def text_of(response: Any) -> str:
    return str(response.content.decode())


# --- Taking up an invitation ----------------------------------------------------------------------------------


def test_the_page_says_who_invites_to_what_and_looking_uses_nothing_up(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    for _ in range(2):
        text = text_of(client.get(address))
    assert all(part in text for part in (cast.manager.name, "Eastshire", "Legal officer", "nia@eastshire.example"))


def test_a_new_person_chooses_name_and_password_and_is_in(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    assert client.post(address, NEW)["Location"] == "/"
    user = User.objects.get(email="nia@eastshire.example")
    assert user.name == "Nia Webb" and user.check_password(NEW["password"])
    assert "Legal officer" in text_of(client.get(reverse("account")))
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="accept_invitation")
        assert event.by_name == "Nia Webb, Legal officer"


def test_where_it_is_compulsory_the_second_step_is_set_up_next_without_the_password_again(
    client: Client, cast: Cast, settings: LazySettings
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client.post(invited(cast.eastshire, None), NEW)
    response = client.get(reverse("account"), follow=True)
    assert response.redirect_chain == [("/account/2fa/totp/activate/", 302)]
    assert "Set up an authenticator app" in text_of(response)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": ""}, "Enter your name"),
        ({"again": "another thing"}, "The two passwords are not the same"),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "nia@eastshire", "again": "nia@eastshire"}, "too similar"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_nothing_is_taken_up(
    client: Client, cast: Cast, typed: dict[str, str], told: str
) -> None:
    address = invited(cast.eastshire, cast.manager)
    response = client.post(address, {**NEW, **typed})
    assert response.status_code == 200 and told in text_of(response)
    assert Membership.objects.get(user__email="nia@eastshire.example").is_waiting


def test_a_link_works_once_and_then_says_so(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    client.post(address, NEW)
    for response in (Client().get(address), Client().post(address, {**NEW, "name": "Mallory"})):
        assert response.status_code == 410
        assert "has already been used" in text_of(response)
    assert User.objects.get(email="nia@eastshire.example").name == "Nia Webb"


def test_a_link_runs_out_after_seven_days_and_says_what_to_do(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    Invitation.objects.update(expires_at=clock.now(cast.eastshire) - dt.timedelta(seconds=1))
    response = client.get(address)
    assert response.status_code == 410
    assert "ran out on" in text_of(response) and cast.manager.name in text_of(response)
    assert client.post(address, NEW).status_code == 410


def test_an_unknown_link_says_so_kindly(client: Client, cast: Cast) -> None:
    response = client.get(reverse("accept_invitation", args=["made-up"]))
    assert response.status_code == 410
    assert "This link is not complete" in text_of(response)


def test_the_older_of_two_links_ends_when_the_newer_is_sent(client: Client, cast: Cast) -> None:
    first, second = invited(cast.eastshire, cast.manager), invited(cast.eastshire, cast.manager)
    assert client.get(first).status_code == 410
    assert client.post(second, NEW)["Location"] == "/"
    assert Membership.objects.working().filter(user__email="nia@eastshire.example").exists()


def test_an_invitation_to_someone_deactivated_meanwhile_is_taken_back(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    Membership.objects.filter(user__email="nia@eastshire.example").update(deactivated_at=timezone.now())
    assert "taken back" in text_of(client.post(address, NEW))


def test_only_the_hash_of_a_link_is_kept(cast: Cast) -> None:
    token = invited(cast.eastshire, cast.manager).split("/")[2]
    assert token not in Invitation.objects.get().token_hash


def test_the_letter_names_who_invites_and_belongs_to_the_authority(cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager)
    with in_scope(cast.eastshire):
        assert address in Message.objects.get().body
    with in_scope(cast.westshire):
        assert not Message.objects.exists()


# --- Someone who has an account already ------------------------------------------------------------------------


def test_an_invitation_gives_nothing_until_it_is_taken_up(signed_in: SignedIn, cast: Cast) -> None:
    invited(cast.eastshire, cast.manager, cast.stranger.user.email)
    assert "Eastshire" not in text_of(signed_in(cast.stranger).get(reverse("switch_membership")))


def test_a_person_with_a_password_signs_in_and_joins(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager, cast.stranger.user.email)
    text = text_of(client.get(address))
    assert "Sign in to accept" in text and 'name="password"' not in text
    client.post("/account/login/", {"login": cast.stranger.user.email, "password": PASSWORD, "next": address})
    assert "Accept the invitation" in text_of(client.get(address))
    assert client.post(address)["Location"] == "/"
    text = text_of(client.get(reverse("account")))
    assert "Legal officer" in text and "Eastshire" in text


def test_a_password_cannot_be_set_by_the_link_of_someone_who_has_one(client: Client, cast: Cast) -> None:
    address = invited(cast.eastshire, cast.manager, cast.stranger.user.email)
    assert client.post(address, NEW)["Location"].startswith("/account/login/")
    cast.stranger.user.refresh_from_db()
    assert cast.stranger.user.check_password(PASSWORD)


def test_somebody_else_who_is_signed_in_cannot_take_it_up(signed_in: SignedIn, cast: Cast) -> None:
    for email in ("nia@eastshire.example", cast.stranger.user.email):
        address = invited(cast.eastshire, cast.manager, email)
        response = signed_in(cast.lead).post(address, NEW)
        assert response.status_code == 409
        assert "this invitation is for" in text_of(response)
        assert Membership.objects.get(user__email=email, role="legal").is_waiting


# --- Switching ------------------------------------------------------------------------------------------------


@pytest.fixture
def second(cast: Cast) -> Membership:
    return Membership.objects.create(authority=cast.westshire, user=cast.lead.user, role="legal")


def test_a_person_switches_between_their_own_memberships(signed_in: SignedIn, cast: Cast, second: Membership) -> None:
    client = signed_in(cast.lead)
    assert "Westshire" in text_of(client.get(reverse("switch_membership")))
    assert client.post(reverse("switch_membership"), {"membership": second.pk})["Location"] == "/"
    text = text_of(client.get(reverse("account")))
    assert "Westshire" in text and "Eastshire" not in text


@pytest.mark.parametrize("chosen", ["stranger", "nonsense", ""])
def test_nobody_switches_to_what_is_not_theirs(signed_in: SignedIn, cast: Cast, chosen: str) -> None:
    client = signed_in(cast.lead)
    pk = str(cast.stranger.pk) if chosen == "stranger" else chosen
    assert client.post(reverse("switch_membership"), {"membership": pk}).status_code == 404
    assert "Eastshire" in text_of(client.get(reverse("account")))


def test_a_deactivated_membership_is_not_offered(signed_in: SignedIn, cast: Cast, second: Membership) -> None:
    Membership.objects.filter(pk=second.pk).update(deactivated_at=timezone.now())
    client = signed_in(cast.lead)
    assert client.post(reverse("switch_membership"), {"membership": second.pk}).status_code == 404


def test_switching_never_leads_off_the_site(signed_in: SignedIn, cast: Cast) -> None:
    sent = {"membership": cast.lead.pk, "next": "https://evil.example/"}
    assert signed_in(cast.lead).post(reverse("switch_membership"), sent)["Location"] == "/"


def test_signed_out_nothing_is_switched(client: Client, cast: Cast) -> None:
    for name in ("switch_membership", "no_membership", "account", "email_address", "keep_alive"):
        assert client.get(reverse(name))["Location"].startswith("/account/login/")


# --- One's own account, and the pages open to all --------------------------------------------------------------


def test_a_person_puts_their_own_details_right(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.officer)
    client.post(reverse("account"), {"name": "Olive Frost-Hill", "telephone": "01234 567890"})
    cast.officer.refresh_from_db()
    assert (cast.officer.user.name, cast.officer.telephone) == ("Olive Frost-Hill", "01234 567890")
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="change_own_details").count() == 1


def test_a_name_is_needed(signed_in: SignedIn, cast: Cast) -> None:
    assert "Enter your name" in text_of(signed_in(cast.officer).post(reverse("account"), {"name": " "}))


@pytest.mark.parametrize("name", ["privacy", "accessibility", "cookies"])
def test_some_pages_are_open_to_all(client: Client, db: None, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 200 and "<h1" in text_of(response)
