"""Every page of the portal in Chromium at two widths: axe, the policy, the console, its width, title and heading.

Each address is visited once at each width, as the account that has most to see on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import get_resolver, reverse
from playwright.sync_api import Page

from attendance_portal.front.mailbox import letters
from attendance_portal.models import Invitation, Membership, User
from attendance_portal.sign_in import token_hash
from casework.actions import close_case
from casework.models import Case
from schools import uploads
from schools.models import Enrolment, School, Upload
from tests.addresses import patterns
from tests.browser.conftest import MEMBERS, Demo, People
from tests.servers import BASE
from tsm.actions import arrange_meeting, begin_meeting, cancel_meeting, end_meeting
from tsm.models import AgreedAction, Discussion, Meeting

AXE = Path(BASE) / "node_modules/axe-core/axe.min.js"
LONDON = ZoneInfo("Europe/London")
ON = dt.date(2026, 11, 20)
AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=LONDON)
TOKEN = "a-token-of-the-tests"
WIDTHS = (1280, 375)
# To read styles ahead, axe would write some into the page, which our policy refuses.
RUN_AXE = """async () => (await axe.run({preload: false})).violations
    .map(violation => violation.id + ': ' + violation.nodes.map(node => node.target).join(' '))"""
WIDEST = "document.documentElement.scrollWidth"


@dataclass(frozen=True)
class Things:
    """The arguments of addresses, of things that a copy of the demonstration holds."""

    school: str
    pupil: Any
    waiting_file: Any
    stored_file: Any
    refused_file: Any
    case: Any
    case_asked: Any
    closed_case: Any
    arranged: Any
    past: Any
    listed: Any
    under_way: Any
    position: int
    to_confirm: Any
    confirmed: Any
    cancelled: Any
    action: Any
    member: Any
    caseless: Any
    letter: str


Arguments = Callable[[Things], dict[str, Any]]


def none(_: Things) -> dict[str, Any]:
    return {}


def urn(things: Things) -> dict[str, Any]:
    return {"urn": things.school}


def pk(name: str) -> Arguments:
    """The key of one of the things, by its name there."""
    return lambda things: {"pk": getattr(things, name)}


@dataclass(frozen=True)
class Visit:
    """Who opens the page, of which thing, and with which query; `also` names more things to open it of."""

    by: str
    arguments: Arguments = none
    query: str = ""
    also: tuple[Arguments, ...] = field(default=())


NOBODY = ""
PAGES: dict[str, Visit] = {
    "accept_invitation": Visit(NOBODY, lambda things: {"token": TOKEN}),
    "switch_membership": Visit("officer"),
    "no_membership": Visit(NOBODY),
    "account": Visit("lead"),
    "email_address": Visit("lead"),
    "privacy": Visit(NOBODY),
    "accessibility": Visit(NOBODY),
    "cookies": Visit(NOBODY),
    "schools": Visit("manager"),
    "school_page": Visit("lead", urn),
    "pupil_list": Visit("lead", urn),
    "upload_register": Visit("lead", urn),
    "upload_list": Visit("office", urn),
    "uploads": Visit("officer"),
    "upload_page": Visit("lead", pk("waiting_file"), also=(pk("stored_file"), pk("refused_file"))),
    "pupils": Visit("team_leader"),
    "pupil_page": Visit("officer", pk("pupil")),
    "put_right": Visit("lead", pk("pupil")),
    "put_right_name": Visit("lead", pk("pupil")),
    "put_right_admission": Visit("lead", pk("pupil")),
    "put_right_leaving": Visit("lead", pk("pupil")),
    "put_right_school": Visit("lead", pk("pupil")),
    "put_right_mark": Visit("lead", pk("pupil")),
    "cases": Visit("officer"),
    "case_page": Visit("officer", pk("case")),
    "open_case": Visit("officer", pk("caseless")),
    "add_entry": Visit("officer", pk("case")),
    "change_review_date": Visit("officer", pk("case")),
    "change_other_meeting": Visit("officer", pk("case")),
    "change_barriers": Visit("officer", pk("case")),
    "hand_over_lead": Visit("officer", pk("case")),
    "answer_lead": Visit("officer", pk("case_asked")),
    "close_case": Visit("officer", pk("case")),
    "reopen_case": Visit("officer", pk("closed_case")),
    "my_schools": Visit("officer"),
    "arrange_meeting": Visit("officer", urn),
    "meeting_page": Visit("officer", pk("past"), also=(pk("confirmed"),)),
    "move_meeting": Visit("officer", pk("arranged")),
    "cancel_meeting": Visit("officer", pk("arranged")),
    "take_over_meeting": Visit("team_leader", pk("arranged")),
    "mark_not_attended": Visit("officer", pk("past")),
    "arrange_again": Visit("officer", pk("cancelled")),
    "meeting_list": Visit("lead", pk("arranged")),
    "add_to_list": Visit("lead", pk("arranged"), query="find=a"),
    "drop_from_list": Visit("lead", lambda things: {"pk": things.arranged, "pupil": things.listed}),
    "hold_meeting": Visit("officer", pk("under_way")),
    "hold_discussion": Visit("officer", lambda things: {"pk": things.under_way, "position": things.position}),
    "kept_pupils": Visit("officer", pk("under_way")),
    "begin_meeting": Visit("officer", pk("arranged")),
    "end_meeting": Visit("officer", pk("under_way")),
    "minutes_page": Visit("lead", pk("confirmed"), also=(pk("to_confirm"),)),
    "reopen_minutes": Visit("lead", pk("to_confirm")),
    "agreed_actions": Visit("officer", query="all=1"),
    "action_page": Visit("officer", pk("action")),
    "home": Visit("officer"),
    "changes": Visit("officer"),
    "find_child": Visit("officer", query="q=a"),
    "overview": Visit("manager"),
    "overview_meetings": Visit("manager"),
    "audit": Visit("auditor"),
    "demo_mail": Visit(NOBODY),
    "demo_letter": Visit(NOBODY, lambda things: {"key": things.letter}),
    "staff_list": Visit("admin"),
    "invite_staff": Visit("admin"),
    "staff_page": Visit("admin", pk("member")),
    "staff_schools": Visit("admin", pk("member")),
    "mark_away": Visit("admin", pk("member")),
    "deactivate_staff": Visit("admin", pk("member")),
    "account_login": Visit(NOBODY),
    "account_logout": Visit("auditor"),
    "account_inactive": Visit(NOBODY),
    "account_signup": Visit(NOBODY),
    "account_reauthenticate": Visit("auditor"),
    "account_change_password": Visit("auditor"),
    "account_reset_password": Visit(NOBODY),
    "account_reset_password_done": Visit(NOBODY),
    "account_reset_password_from_key": Visit(NOBODY, lambda things: {"uidb36": "1", "key": "a-b"}),
    "account_reset_password_from_key_done": Visit(NOBODY),
    "mfa_index": Visit("auditor"),
    "mfa_reauthenticate": Visit("auditor"),
    "mfa_activate_totp": Visit("auditor"),
    "mfa_list_webauthn": Visit("auditor"),
    "mfa_add_webauthn": Visit("auditor"),
}
# The home page is another one for each role.
HOMES = ("lead", "office", "team_leader", "legal", "virtual_school", "manager", "auditor", "admin", "practitioner")
ONLY_POSTED = "it is an act, sent by a button of another page"
NOT_A_PAGE = "it answers with a file or with nothing, not with a page"
ELSEWHERE = "it sends on to another page unless one is in its midst; tried in test_passkeys.py and test_sign_in.py"
NOT_VISITED = {
    **dict.fromkeys(
        (
            "confirm_upload",
            "discard_upload",
            "settle_problems",
            "undo_list_change",
            "confirm_minutes",
            "changes_seen",
            "invite_again",
            "mark_back",
            "reactivate_staff",
            "reset_second_factor",
        ),
        ONLY_POSTED,
    ),
    **dict.fromkeys(
        (
            "demo_calendar",
            "keep_alive",
            "pupil_marks_csv",
            "upload_problems_csv",
            "minutes_pdf",
            "mfa_download_recovery_codes",
        ),
        NOT_A_PAGE,
    ),
    **dict.fromkeys(
        (
            "account_email",
            "account_email_verification_sent",
            "account_confirm_email",
            "account_confirm_login_code",
            "account_set_password",
            "mfa_authenticate",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_reauthenticate_webauthn",
            "mfa_remove_webauthn",
            "mfa_edit_webauthn",
            "mfa_login_webauthn",
        ),
        ELSEWHERE,
    ),
}


def test_every_address_is_visited_or_left_out_for_a_reason() -> None:
    names = {str(pattern.name) for _, pattern in patterns(get_resolver())}
    listed = set(PAGES) | set(NOT_VISITED)
    assert not names - listed, f"Neither in PAGES nor in NOT_VISITED of this file: {sorted(names - listed)}"
    assert not listed - names, f"No such address: {sorted(listed - names)}"


@pytest.fixture(scope="module")
def things(demo: Demo) -> Things:
    """What there is to see; what the demonstration has none of is made by the portal's own actions."""
    with demo.rows():
        return _things()


def _things() -> Things:
    lead, officer = _member("lead"), _member("officer")
    school = School.objects.of(lead).get()
    cases = list(Case.objects.open().visible_to(officer).filter(pupil__enrolments__school=school).distinct())
    _ask_to_lead(cases[1], officer)
    close_case(cases[2], reason="Back in school since half term.", on=ON, by=officer)
    meetings = _meetings(school, officer)
    discussion = Discussion.objects.filter(meeting=meetings["under_way"], on_agenda=True).order_by("position")[0]
    Invitation.objects.create(
        membership=_newcomer(officer), token_hash=token_hash(TOKEN), expires_at=AT + dt.timedelta(days=400)
    )
    action = AgreedAction.objects.agreed().undone().filter(owner=officer, pupil__isnull=False)[0]
    on_roll = Enrolment.objects.on_roll(ON).filter(school=school)
    return Things(
        school=school.urn,
        pupil=cases[0].pupil_id,
        **_files(school, lead),
        case=cases[0].pk,
        case_asked=cases[1].pk,
        closed_case=cases[2].pk,
        **{name: meeting.pk for name, meeting in meetings.items()},
        listed=discussion.pupil_id,
        position=discussion.position,
        action=action.pk,
        member=lead.pk,
        letter=_letter(),
        caseless=on_roll.exclude(pupil__cases__isnull=False)[0].pupil_id,
    )


def _member(name: str) -> Membership:
    member = Membership.objects.get(user__email=MEMBERS[name])
    member.on = ON
    return member


def _letter() -> str:
    """A message in the demonstration's mail; answers its key."""
    folder = settings.PORTAL_VAR / "mail"
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    message = EmailMessage("A meeting was arranged", "Sign in to see it.", to=["reader@browser.example"])
    message.attach("meeting.ics", "BEGIN:VCALENDAR", "text/calendar")
    backend.send_messages([message])
    return next(one.key for one in letters(folder) if one.to == "reader@browser.example")


def _newcomer(officer: Membership) -> Membership:
    user = User.objects.create(email="new@eastshire.example", name="Nell West")
    return Membership.objects.create(
        authority=officer.authority, user=user, role="officer", organisation=officer.organisation
    )


def _ask_to_lead(case: Case, officer: Membership) -> None:
    case.proposed_lead, case.proposed_on, case.proposed_by = officer, ON, officer
    case.save()


def _meetings(school: School, officer: Membership) -> dict[str, Meeting]:
    """One of each stage: last term's is confirmed, the others are made here, a day apart."""
    made = {}
    for days, name in enumerate(("past", "under_way", "to_confirm", "cancelled", "arranged")):
        made[name] = arrange_meeting(
            school,
            starts_at=AT + dt.timedelta(days=days - 3),
            minutes=60,
            mode="online",
            place="https://meet.example/hill",
            officer=officer,
            by=officer,
            at=AT - dt.timedelta(days=14),
        )
    begin_meeting(made["under_way"], by=officer, at=AT)
    begin_meeting(made["to_confirm"], by=officer, at=AT)
    end_meeting(made["to_confirm"], by=officer, at=AT)
    cancel_meeting(made["cancelled"], reason="The lead is ill.", by=officer, at=AT)
    confirmed = Meeting.objects.filter(school=school, stage=Meeting.Stage.CONFIRMED)[0]
    return {**made, "confirmed": confirmed}


def _files(school: School, lead: Membership) -> dict[str, Any]:
    """A file that waits with problems of several kinds, the demonstration's own, and one that cannot be used."""
    enrolment = Enrolment.objects.on_roll(ON).filter(school=school).select_related("pupil")[0]
    rows = [
        "UPN,Adm No,Surname,Forename,DOB,Year,Date,Session,Mark",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,16/11/2026,AM,/",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,17/11/2026,AM,ZZ",
        f"{enrolment.pupil.upn},{enrolment.local_id},A,B,01/01/2015,7,21/11/2026,AM,/",
        "A123456789012,99999,New,Nina,01/01/2015,7,16/11/2026,AM,/",
    ]
    made = {}
    for name, content in (("waiting_file", "\r\n".join(rows).encode()), ("refused_file", b"%PDF-1.7")):
        upload = uploads.receive_upload(school, [content], file_name=f"{name}.csv", by=lead)
        uploads.read_upload(upload, on=ON)
        made[name] = upload.pk
    stored = Upload.objects.filter(school=school, stage=Upload.Stage.ACCEPTED)[0]
    return {**made, "stored_file": stored.pk}


def look(page: Page, address: str, said: list[str]) -> list[str]:
    """Open an address, and answer all that is wrong with the page, wide and then narrow."""
    del said[:]
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    answer = page.goto(address)
    page.wait_for_selector(".govuk-frontend-supported")
    wrong = []
    if answer is None or answer.status != 200:
        wrong.append(f"answers with {answer and answer.status}")
    if page.locator("h1").count() != 1:
        wrong.append(f"has {page.locator('h1').count()} headings of the first level")
    page.evaluate(AXE.read_text())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(WIDEST) > width:
            wrong.append(f"is {page.evaluate(WIDEST)} pixels wide at {width}")
        wrong += page.evaluate(RUN_AXE)
    return wrong + said


TITLES: dict[str, str] = {}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_wrong_at_either_width(things: Things, people: People, name: str) -> None:
    visit = PAGES[name]
    page = people.page(visit.by) if visit.by else people.nobody()
    for arguments in (visit.arguments, *visit.also):
        address = reverse(name, kwargs=arguments(things)) + (f"?{visit.query}" if visit.query else "")
        assert look(page, address, people.complaints) == [], address
    TITLES[name] = page.title()
    page.close()


@pytest.mark.parametrize("name", HOMES)
def test_each_roles_home_page_has_nothing_wrong(things: Things, people: People, name: str) -> None:
    page = people.page(name)
    assert look(page, "/", people.complaints) == []
    page.close()


@pytest.mark.parametrize("lost", ["govuk-frontend.min.css", "portal.css"])
def test_gds_transport_is_never_asked_for_even_while_a_stylesheet_is_not_there(people: People, lost: str) -> None:
    # It is not ours to use, and GOV.UK Frontend's stylesheet names it: laid out by that alone, a page asks for it.
    page = people.nobody()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(f"**/{lost}", lambda route: route.abort())
    page.goto("/account/login/")
    page.evaluate("document.body.offsetHeight")
    page.wait_for_load_state("networkidle")
    assert any(lost in address for address in asked)
    assert not [address for address in asked if "fonts" in address]
    page.close()


def test_pages_of_our_own_are_told_apart_by_their_titles(things: Things) -> None:
    ours = {name: title for name, title in TITLES.items() if not name.startswith(("account_", "mfa_"))}
    twice = {title: [n for n, t in ours.items() if t == title] for title in ours.values()}
    assert not {title: names for title, names in twice.items() if len(names) > 1}


def test_what_is_left_out_as_an_act_answers_no_get(things: Things, people: People) -> None:
    page = people.page("officer")
    acts = [name for name, why in NOT_VISITED.items() if why == ONLY_POSTED]
    for name in acts:
        (pattern,) = [entry for _, entry in patterns(get_resolver()) if entry.name == name]
        given = {"pk": things.arranged, "pupil": things.listed}
        wanted = {key: given[key] for key in pattern.pattern.converters}
        assert page.request.get(reverse(name, kwargs=wanted)).status in (403, 405), name
    page.close()
