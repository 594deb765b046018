"""Signing in: password, second factor, rate limits, the idle time-out, what is recorded, where it leads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attendance_portal.middleware import ACTIVE_KEY
from attendance_portal.models import Membership, SignInEvent
from tests.cast import PASSWORD, Cast

LOGIN = "/account/login/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SignedIn = Callable[[Membership], Client]


def sign_in_by_page(client: Client, email: str, password: str = PASSWORD, **more: str) -> str:
    """Where the sign-in page leads, or an empty string when it is shown again."""
    response = client.post(LOGIN, {"login": email, "password": password, **more})
    return response.headers.get("Location", "")


def code_now(secret: str = SECRET) -> str:
    _, now, _ = yield_hotp_counters_from_time()  # the one before has only what is left of this half minute
    return str(format_hotp_value(hotp_value(secret, now)))


def page_text(client: Client, address: str) -> str:
    return str(client.get(address).content.decode())


# --- Password -------------------------------------------------------------------------------------------------


def test_the_right_password_leads_home_and_is_recorded(client: Client, cast: Cast) -> None:
    assert sign_in_by_page(client, cast.officer.user.email) == "/"
    event = SignInEvent.objects.get()
    assert (event.what, event.user_id, event.address) == ("signed in", cast.officer.user.pk, "127.0.0.1")


def test_an_address_in_capitals_is_the_same_address(client: Client, cast: Cast) -> None:
    assert sign_in_by_page(client, cast.officer.user.email.upper()) == "/"


def test_a_wrong_password_and_an_unknown_address_are_told_alike_and_recorded(client: Client, cast: Cast) -> None:
    wrong = client.post(LOGIN, {"login": cast.officer.user.email, "password": "not the password"})
    unknown = client.post(LOGIN, {"login": "nobody@eastshire.example", "password": "not the password"})
    errors = [response.context["form"].non_field_errors() for response in (wrong, unknown)]
    assert errors[0] == errors[1] and errors[0]
    assert set(SignInEvent.objects.values_list("what", "email")) == {
        ("refused at sign-in", cast.officer.user.email),
        ("refused at sign-in", "nobody@eastshire.example"),
    }


def test_guessing_is_stopped_even_when_the_sixth_guess_is_right(client: Client, cast: Cast) -> None:
    for guess in range(5):
        assert not sign_in_by_page(client, cast.officer.user.email, f"guess {guess}")
    assert not sign_in_by_page(client, cast.officer.user.email)
    assert sign_in_by_page(Client(), cast.lead.user.email) == "/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "http:///evil.example"])
def test_the_page_after_sign_in_is_never_of_another_site(client: Client, cast: Cast, elsewhere: str) -> None:
    assert sign_in_by_page(client, cast.officer.user.email, next=elsewhere) == "/"


def test_the_page_after_sign_in_is_the_one_asked_for(client: Client, cast: Cast) -> None:
    asked = client.get(reverse("account"))["Location"]
    assert asked == f"{LOGIN}?next=/your-account/"
    assert sign_in_by_page(client, cast.officer.user.email, next="/your-account/") == "/your-account/"


def test_nobody_signs_up(client: Client, db: None) -> None:
    response = client.post(
        "/account/signup/",
        {"email": "me@me.example", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert "Accounts are by invitation" in response.content.decode()
    assert sign_in_by_page(client, "me@me.example") == ""


def test_a_deactivated_membership_is_not_used_and_another_one_is(client: Client, cast: Cast) -> None:
    Membership.objects.filter(pk=cast.officer.pk).update(deactivated_at=timezone.now())
    sign_in_by_page(client, cast.officer.user.email)
    assert client.get(reverse("account"))["Location"] == reverse("no_membership")
    assert "You are not a member of any authority" in page_text(client, reverse("no_membership"))
    Membership.objects.create(authority=cast.westshire, user=cast.officer.user, role="legal")
    assert "Westshire" in page_text(client, reverse("account"))


def test_signing_out_is_recorded_and_asks_first(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.lead)
    assert "Do you want to sign out?" in page_text(client, "/account/logout/")
    assert client.post("/account/logout/").status_code == 302
    assert SignInEvent.objects.get().what == "signed out"
    assert client.get(reverse("account"))["Location"].startswith(LOGIN)


def test_the_demonstration_lists_its_accounts_and_another_installation_does_not(
    client: Client, cast: Cast, settings: LazySettings
) -> None:
    assert "team-leader@eastshire.example" in page_text(client, LOGIN)
    settings.PORTAL_DEMO = False
    assert "team-leader@eastshire.example" not in page_text(client, LOGIN)


# --- A new password -------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_letter_s_link(client: Client, cast: Cast) -> None:
    response = client.post("/account/password/reset/", {"email": cast.officer.user.email}, follow=True)
    assert "If that address has an account here" in response.content.decode()
    link = next(line for line in mail.outbox[0].body.splitlines() if "/account/password/reset/key/" in line)
    form = client.get(link[link.index("/account/") :], follow=True)
    assert "Choose a new password" in form.content.decode()
    new = "seventeen green bottles"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert sign_in_by_page(Client(), cast.officer.user.email, new) == "/"


def test_an_unknown_address_is_told_the_same_and_gets_no_letter(client: Client, cast: Cast) -> None:
    response = client.post("/account/password/reset/", {"email": "nobody@x.example"}, follow=True)
    assert "If that address has an account here" in response.content.decode()
    assert mail.outbox == []


def test_a_link_that_was_made_up_does_not_work(client: Client, db: None) -> None:
    assert "This link does not work" in page_text(client, "/account/password/reset/key/1-set-password/")


def test_a_password_that_is_too_simple_is_refused(signed_in: SignedIn, cast: Cast) -> None:
    client = Client()
    sign_in_by_page(client, cast.officer.user.email)
    typed = {"oldpassword": PASSWORD, "password1": "password1234", "password2": "password1234"}
    response = client.post("/account/password/change/", typed)
    assert "too common" in response.content.decode()
    better = {**typed, "password1": "seventeen green bottles", "password2": "seventeen green bottles"}
    assert client.post("/account/password/change/", better).status_code == 302


# --- The second factor ----------------------------------------------------------------------------------------


@pytest.fixture
def compulsory(cast: Cast, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def with_app(member: Membership) -> list[str]:
    """Give the member an authenticator app; answers their recovery codes."""
    TOTP.activate(member.user, SECRET)
    codes: list[str] = RecoveryCodes.activate(member.user).get_unused_codes()
    return codes


@pytest.mark.usefixtures("compulsory")
def test_whoever_has_no_second_factor_can_do_nothing_but_set_it_up(client: Client, cast: Cast) -> None:
    sign_in_by_page(client, cast.officer.user.email)
    for address in ("/your-account/", "/switch/", "/staff/", "/no-membership/"):
        assert client.get(address)["Location"] == "/account/2fa/totp/activate/"
    assert client.get("/privacy/").status_code == 200


@pytest.mark.usefixtures("compulsory")
def test_setting_up_shows_picture_and_key_then_recovery_codes(client: Client, cast: Cast) -> None:
    sign_in_by_page(client, cast.officer.user.email)
    page = client.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    text = page.content.decode()
    assert "data:image/svg+xml" in text and secret in text
    done = client.post("/account/2fa/totp/activate/", {"code": code_now(secret)}, follow=True)
    assert "Your recovery codes" in done.content.decode()
    assert client.get("/your-account/").status_code == 200
    kept = Authenticator.objects.get(user=cast.officer.user, type="totp")
    assert secret not in str(kept.data)


def test_the_second_step_is_asked_for_and_a_wrong_code_recorded(client: Client, cast: Cast) -> None:
    with_app(cast.officer)
    assert sign_in_by_page(client, cast.officer.user.email) == "/account/2fa/authenticate/"
    assert client.get("/your-account/")["Location"].startswith(LOGIN)
    wrong = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert SignInEvent.objects.filter(what="wrong second factor", user_id=cast.officer.user.pk).count() == 1
    assert not SignInEvent.objects.filter(what="signed in").exists()
    assert client.post("/account/2fa/authenticate/", {"code": code_now()})["Location"] == "/"
    assert client.get("/your-account/").status_code == 200


def test_a_recovery_code_works_once(cast: Cast) -> None:
    code = with_app(cast.officer)[0]
    for works in (True, False):
        client = Client()
        sign_in_by_page(client, cast.officer.user.email)
        response = client.post("/account/2fa/authenticate/", {"code": code})
        assert (response.status_code == 302) is works


def test_what_changes_the_sign_in_asks_for_the_password_again_after_a_while(cast: Cast) -> None:
    client = Client()
    sign_in_by_page(client, cast.officer.user.email)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**one, "at": one["at"] - 301} for one in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    session.save()
    asked = client.get("/account/2fa/totp/activate/")["Location"]
    assert asked == "/account/reauthenticate/?next=%2Faccount%2F2fa%2Ftotp%2Factivate%2F"
    assert client.post(asked, {"password": "wrong"}).status_code == 200
    assert client.post(asked, {"password": PASSWORD})["Location"] == "/account/2fa/totp/activate/"
    assert client.get("/account/2fa/totp/activate/").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/account/2fa/",
        "/account/2fa/recovery-codes/",
        "/account/2fa/recovery-codes/generate/",
        "/account/2fa/totp/deactivate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
        "/account/reauthenticate/",
        "/account/2fa/reauthenticate/",
        "/account/password/change/",
        "/account/email/",
    ],
)
def test_every_page_of_one_s_own_sign_in_stands_in_our_shell_without_inline_script(cast: Cast, address: str) -> None:
    with_app(cast.officer)
    client = Client()
    sign_in_by_page(client, cast.officer.user.email)
    client.post("/account/2fa/authenticate/", {"code": code_now()})
    response = client.get(address)
    assert response.status_code == 200
    text = response.content.decode()
    assert 'class="govuk-template' in text and "<h1" in text
    for script in text.split("<script")[1:]:
        opening = script.split(">")[0]
        assert "src=" in opening or "application/json" in opening, opening
    assert "style=" not in text and "onclick" not in text


def test_an_address_cannot_be_changed_by_oneself(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.officer)
    client.post(reverse("email_address"), {"email": "other@x.example", "action_add": ""})
    cast.officer.user.refresh_from_db()
    assert cast.officer.user.email == "officer@eastshire.example"
    assert "It cannot be changed here" in page_text(client, reverse("email_address"))


# --- Idle -----------------------------------------------------------------------------------------------------


def idle(client: Client, minutes: float) -> None:
    """As if nothing had been asked for in these minutes."""
    session = client.session
    session[ACTIVE_KEY] = (timezone.now() - dt.timedelta(minutes=minutes)).timestamp()
    session.save()


def test_whoever_does_nothing_is_signed_out_and_told_why(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.lead)
    client.get("/your-account/")
    idle(client, 31)
    response = client.get("/your-account/", follow=True)
    assert response.redirect_chain[0][0] == f"{LOGIN}?next=/your-account/"
    assert "signed out because nothing was done for 30 minutes" in response.content.decode()


def test_a_session_that_is_gone_is_told_in_the_same_words(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.lead)
    client.session.delete()
    response = client.get("/your-account/", follow=True)
    assert "signed out because nothing was done for 30 minutes" in response.content.decode()
    assert "nothing was done" not in page_text(Client(), LOGIN)


def test_what_a_page_asks_for_by_itself_does_not_keep_one_signed_in(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.lead)
    client.get("/your-account/")
    idle(client, 29)
    before = client.session[ACTIVE_KEY]
    assert client.get("/your-account/", headers={"X-Background": "1"}).status_code == 200
    assert client.session[ACTIVE_KEY] == before
    idle(client, 31)
    assert client.get("/your-account/", headers={"X-Background": "1"}).status_code == 302


def test_to_keep_alive_starts_the_clock_anew(signed_in: SignedIn, cast: Cast) -> None:
    client = signed_in(cast.lead)
    client.get("/your-account/")
    idle(client, 29)
    before = client.session[ACTIVE_KEY]
    assert client.get(reverse("keep_alive")).status_code == 204
    assert client.session[ACTIVE_KEY] > before
