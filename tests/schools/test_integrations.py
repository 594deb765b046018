"""The pages of integrations: a token is made and shown once, approved, listed, looked at, revoked; the API's page."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance_portal.models import AuditEvent, Integration, Membership, Message
from attendance_portal.roles import EVERY_SCHOOL_ROLES, PERMISSIONS, Permission, Role
from schools.models import IntegrationSchool
from tests.cast import ON, Cast, in_scope, make_member, sign_in
from tests.schools.api.asking import ask, made, strangers_token
from tests.schools.stored import AT

LIST, MAKE = "/integrations/", "/integrations/make/"
LONG_AGO = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
"""111 days before."""


def _typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Hilltop Trust data hub",
        "scopes": ["marks:write", "schools:read"],
        "which": "named",
        "schools": [cast.hill.pk],
        "expires_on_day": "1",
        "expires_on_month": "6",
        "expires_on_year": "2027",
        **changes,
    }


def _make(cast: Cast, **changes: Any) -> str:
    answer = sign_in(Client(), cast.admin).post(MAKE, _typed(cast, **changes))
    assert answer.status_code == 200
    return answer.content.decode()


def _token_on(page: str) -> str:
    found = re.search(r"attendance_[\w-]{43}", page)
    assert found, page
    return found[0]


# --- make_integration -----------------------------------------------------------------------------------------


def test_an_administrator_makes_a_token_which_is_shown_this_once_and_opens_what_was_chosen(cast: Cast) -> None:
    token = _token_on(_make(cast))
    assert [row["urn"] for row in ask(token, "/api/v1/schools").json()["results"]] == ["999001"]
    assert ask(token, "/api/v1/pupils").status_code == 403
    one = Integration.objects.get()
    assert (one.name, one.expires_on, one.made_by_id) == ("Hilltop Trust data hub", dt.date(2027, 6, 1), cast.admin.pk)
    for address in (LIST, f"{LIST}{one.pk}/"):
        assert token not in sign_in(Client(), cast.admin).get(address).content.decode()
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="make_integration")
        assert event.membership_id == cast.admin.pk and token not in str(event.detail) + event.words


def test_a_token_for_every_school_is_for_those_to_come_as_well(cast: Cast) -> None:
    token = _token_on(_make(cast, which="every", schools=[]))
    with in_scope(cast.eastshire):
        type(cast.hill).objects.create(urn="999009", name="New School", phase="primary")
        assert not IntegrationSchool.objects.exists()
    assert len(ask(token, "/api/v1/schools").json()["results"]) == 3


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "Enter the name of the system"),
    "no scope": ({"scopes": []}, "Choose what it may do"),
    "no choice": ({"which": ""}, "Choose which schools"),
    "no school": ({"schools": []}, "Choose at least one school"),
    "no day": ({"expires_on_day": ""}, "must include a day"),
    "a day that is past": ({"expires_on_year": "2026", "expires_on_month": "11"}, "must be after today"),
    "more than a year": ({"expires_on_year": "2028"}, "at most a year from today"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_said_on_the_form_and_nothing_is_made(cast: Cast, name: str) -> None:
    changes, words = WRONG[name]
    page = _make(cast, **changes)
    assert "There is a problem" in page
    assert words in page
    assert not Integration.objects.exists()


def test_two_systems_of_one_name_cannot_be_told_apart(cast: Cast) -> None:
    _make(cast)
    assert "There is a system of this name already" in _make(cast, name="hilltop trust DATA hub")
    assert Integration.objects.count() == 1


def test_another_authoritys_school_cannot_be_chosen(cast: Cast) -> None:
    _make(cast, schools=[cast.fen.pk])
    assert not Integration.objects.exists()


# --- integrations, integration_page and revoke_integration ----------------------------------------------------


def test_the_list_tells_what_each_may_until_when_and_when_it_was_used(cast: Cast) -> None:
    client = sign_in(Client(), cast.admin)
    assert "There are no integrations yet" in client.get(LIST).content.decode()
    one, token = made(cast, "marks:write", schools=[cast.hill])
    page = client.get(LIST).content.decode()
    for words in (one.name, "Send marks", "Hill Academy", "Not used yet", "28 February 2027"):
        assert words in page, words
    ask(token, "/api/v1/schools")
    assert "In use" in client.get(LIST).content.decode()
    file = client.get(f"{LIST}?format=csv").content.decode()
    assert one.name in file and "Works until" in file


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"expires_on": ON - dt.timedelta(days=1)}, "Expired"),
        ({"made_at": LONG_AGO, "approved_at": LONG_AGO}, "not used for 90 days"),
        ({"made_at": LONG_AGO, "approved_at": None, "approved_by": None}, "not used for 90 days"),
    ],
)
def test_a_token_that_opens_nothing_any_more_says_why(cast: Cast, values: dict[str, Any], words: str) -> None:
    one, _ = made(cast)
    Integration.objects.filter(pk=one.pk).update(**values)
    client = sign_in(Client(), cast.admin)
    for address in (LIST, f"{LIST}{one.pk}/"):
        assert words in client.get(address).content.decode()


def test_a_token_that_is_revoked_opens_nothing_from_that_moment(cast: Cast) -> None:
    one, token = made(cast)
    assert ask(token, "/api/v1/schools").status_code == 200
    client = sign_in(Client(), cast.admin)
    page = client.post(f"{LIST}{one.pk}/revoke/", follow=True).content.decode()
    assert "was revoked" in page and "Revoked" in page and "Revoke the token" not in page
    assert ask(token, "/api/v1/schools").status_code == 401
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="revoke_integration").membership_id == cast.admin.pk
    assert client.post(f"{LIST}{one.pk}/revoke/").status_code == 409


def test_the_page_of_an_integration_tells_what_was_done_with_it(cast: Cast) -> None:
    one, token = made(cast)
    ask(token, "/api/v1/pupils")
    page = sign_in(Client(), cast.admin).get(f"{LIST}{one.pk}/").content.decode()
    assert "Read the list of pupils by the API." in page and "Made a token for" in page


def test_only_the_authoritys_own_administrator_and_those_who_approve_come_to_these_pages(cast: Cast) -> None:
    one, _ = made(cast)
    strangers_token(cast)
    stranger = make_member(cast.westshire, "other@westshire.example", "Wynn Ash", "admin")
    for address in (LIST, MAKE, f"{LIST}{one.pk}/"):
        assert Client().get(address).status_code == 302
        for member in (cast.officer, cast.lead, cast.auditor, cast.legal):
            assert sign_in(Client(), member).get(address).status_code == 403, address
    for member in (cast.team_leader, cast.manager):
        assert sign_in(Client(), member).get(MAKE).status_code == 403
        assert "Make a token" not in sign_in(Client(), member).get(LIST).content.decode()
    client = sign_in(Client(), stranger)
    assert one.name not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{one.pk}/").status_code == 404
    assert client.post(f"{LIST}{one.pk}/revoke/").status_code == 404
    one.refresh_from_db()
    assert one.revoked_at is None


def test_the_list_takes_as_many_queries_whatever_is_on_it(cast: Cast) -> None:
    client, counts = sign_in(Client(), cast.admin), []
    for _ in range(2):
        made(cast, schools=[cast.hill, cast.vale])
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_who_makes_and_who_approves_tokens_finds_them_in_the_navigation_and_nobody_else_does(cast: Cast) -> None:
    for member in (cast.admin, cast.team_leader, cast.manager):
        assert f'href="{LIST}"' in sign_in(Client(), member).get("/").content.decode()
    assert f'href="{LIST}"' not in sign_in(Client(), cast.officer).get("/").content.decode()


# --- approve_integration --------------------------------------------------------------------------------------

READING = {"pupils:read": "/api/v1/pupils", "standings:read": "/api/v1/standings",
           "registers:read": "/api/v1/schools/999001/registers"}  # fmt: skip


def approve(member: Any, one: Integration) -> Any:
    return sign_in(Client(), member).post(f"{LIST}{one.pk}/approve/", follow=True)


@pytest.mark.parametrize("scope", READING)
def test_a_token_that_reads_children_opens_nothing_until_a_second_person_approves_it(cast: Cast, scope: str) -> None:
    page = _make(cast, scopes=[scope, "schools:read"])
    token, one = _token_on(page), Integration.objects.get()
    assert "must approve it first" in page
    for address in (READING[scope], "/api/v1/schools"):
        answer = ask(token, address)
        assert (
            answer.status_code == 401 and "nobody who may see them all has approved it yet" in answer.json()["message"]
        )
    assert "Waits for approval" in sign_in(Client(), cast.admin).get(LIST).content.decode()
    assert "Approve the token" in sign_in(Client(), cast.team_leader).get(f"{LIST}{one.pk}/").content.decode()
    told = approve(cast.team_leader, one).content.decode()
    assert "was approved" in told and "Approved to read children" in told and "by Tom Leigh" in told
    assert ask(token, READING[scope]).status_code == 200
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="approve_integration")
        assert event.membership_id == cast.team_leader.pk and scope in event.detail["scopes"]


def test_those_who_may_approve_are_written_to_and_find_it_on_their_home_page(cast: Cast) -> None:
    _make(cast, scopes=["pupils:read"])
    one = Integration.objects.get()
    with in_scope(cast.eastshire):
        letters = Message.objects.filter(subject="A token that reads children waits for approval")
        assert {one.to_email for one in letters} == {cast.team_leader.user.email, cast.manager.user.email}
        assert all(f"{LIST}{one.pk}/" in letter.body for letter in letters)
    for member in (cast.team_leader, cast.manager):
        assert "Tokens to approve" in sign_in(Client(), member).get("/").content.decode()
    approve(cast.manager, one)
    assert "Tokens to approve" not in sign_in(Client(), cast.team_leader).get("/").content.decode()


def test_what_reads_no_child_waits_for_nobody(cast: Cast) -> None:
    token = _token_on(_make(cast))
    assert ask(token, "/api/v1/schools").status_code == 200
    assert approve(cast.team_leader, Integration.objects.get()).status_code == 409
    with in_scope(cast.eastshire):
        assert not Message.objects.exists()


def test_who_made_a_token_never_approves_it_in_whatever_role(cast: Cast) -> None:
    """Adam is the administrator and a team leader as well."""
    one, token = made(cast, approved=False)
    both = Membership.objects.create(authority=cast.eastshire, user=cast.admin.user, role="team-leader")
    assert approve(cast.admin, one).status_code == 403
    page = sign_in(Client(), both).get(f"{LIST}{one.pk}/").content.decode()
    assert "You made it: a colleague must approve it." in page and "Approve the token" not in page
    assert approve(both, one).status_code == 409
    assert ask(token, "/api/v1/pupils").status_code == 401
    with pytest.raises(IntegrityError, match="integration_approved_by_another"), transaction.atomic():
        Integration.objects.filter(pk=one.pk).update(approved_at=AT, approved_by=one.made_by)


def test_who_may_not_see_every_child_approves_no_token(cast: Cast) -> None:
    one, token = made(cast, approved=False)
    second_admin = make_member(cast.eastshire, "second@eastshire.example", "Ann Other", "admin")
    for member in (second_admin, cast.officer, cast.lead, cast.legal, cast.auditor, cast.virtual_school):
        assert approve(member, one).status_code == 403
    leader = make_member(cast.westshire, "leader@westshire.example", "Wes Tarn", "team-leader")
    assert approve(leader, one).status_code == 404
    assert ask(token, "/api/v1/pupils").status_code == 401
    for role in (role for role in Role if Permission.INTEGRATION_APPROVE in PERMISSIONS[role]):
        assert role in EVERY_SCHOOL_ROLES and {Permission.PUPIL_SEE, Permission.PUPIL_EXPORT} <= PERMISSIONS[role]


def test_a_token_made_before_there_was_an_approval_waits_like_any_other(cast: Cast) -> None:
    one, token = made(cast)
    assert ask(token, "/api/v1/pupils").status_code == 200
    Integration.objects.filter(pk=one.pk).update(approved_at=None, approved_by=None, last_used_at=AT)
    assert ask(token, "/api/v1/pupils").status_code == 401
    approve(cast.team_leader, one)
    assert ask(token, "/api/v1/pupils").status_code == 200


def test_a_renewed_token_is_approved_anew(cast: Cast) -> None:
    one, old = made(cast)
    sign_in(Client(), cast.admin).post(f"{LIST}{one.pk}/revoke/")
    new = _token_on(_make(cast, name=one.name, scopes=["pupils:read"]))
    assert [ask(token, "/api/v1/pupils").status_code for token in (old, new)] == [401, 401]


@pytest.mark.parametrize(
    "ended",
    [
        {"expires_on": ON - dt.timedelta(days=1)},
        {"revoked_at": AT, "revoked_by": True},
        {"made_at": AT - dt.timedelta(days=91)},
    ],
)
def test_what_has_ended_is_not_approved_any_more(cast: Cast, ended: dict[str, Any]) -> None:
    one, _ = made(cast, approved=False)
    ended = {name: cast.admin if value is True else value for name, value in ended.items()}
    Integration.objects.filter(pk=one.pk).update(**ended)
    assert approve(cast.team_leader, one).status_code == 409
    page = sign_in(Client(), cast.team_leader).get(f"{LIST}{one.pk}/").content.decode()
    assert "Approve the token" not in page and "it opens nothing until" not in page
    assert "Tokens to approve" not in sign_in(Client(), cast.team_leader).get("/").content.decode()


def test_a_token_approved_on_the_last_day_works_from_then_on_as_the_page_says(cast: Cast) -> None:
    one, token = made(cast, approved=False)
    Integration.objects.filter(pk=one.pk).update(made_at=AT - dt.timedelta(days=90))
    assert "It works from now on." in approve(cast.team_leader, one).content.decode()
    assert ask(token, "/api/v1/pupils").status_code == 200


def test_who_would_not_approve_a_token_may_revoke_it(cast: Cast) -> None:
    one, _ = made(cast, approved=False)
    answer = sign_in(Client(), cast.team_leader).post(f"{LIST}{one.pk}/revoke/", follow=True)
    assert "was revoked" in answer.content.decode()
    assert approve(cast.manager, one).status_code == 409


# --- api_guide and api_description ----------------------------------------------------------------------------


def test_anybody_reads_how_a_system_uses_the_api(client: Client, db: None) -> None:
    answer = client.get("/api/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="/api/v1/openapi.json"' in page
    for words in ("curl", "Idempotency-Key", "accept_good_rows", "too-many-requests", "413"):
        assert words in page, words
    assert "script-src" in answer.headers["Content-Security-Policy"]
