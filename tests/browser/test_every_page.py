"""Every page of the portal in Chromium at two widths: axe, the policy, the console, its width, title and heading.

Each address is visited once at each width, as the account that has most to see on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import get_resolver, reverse
from django.urls.converters import IntConverter
from playwright.sync_api import Page

from attendance_portal.front.mailbox import letters
from attendance_portal.models import Invitation, Membership, User
from attendance_portal.sealing import Secret
from attendance_portal.sign_in import token_hash
from casework.actions import close_case
from casework.models import Case
from schools.families import add_carer
from schools.integrations import make_for_schools
from schools.models import Enrolment, Pupil, School, SchoolLink, SyncProblem, SyncRun
from schools.reconciling import Line, TheirList, enter_figures
from schools.record_links import judge_records
from schools.restrictions import restrict_record
from schools.returns import begin_return
from schools.social_care import import_care_list
from schools.syncs import set_token as set_system_token
from tests.addresses import patterns
from tests.browser.conftest import MEMBERS, Demo, People
from tests.browser.register_files import files_of
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
    asked_file: Any
    sending: Any
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
    returned: Any
    held_system: Any
    reconciliation: Any
    restricted: Any
    link: Any
    care_list: Any
    care_line: Any
    carer: int
    letter: str
    integration: Any


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
    "school_calendar": Visit("lead", urn),
    "registers_behind": Visit("officer", query="which=all&state=all"),
    "chase_registers": Visit("officer", query="school=999001&school=999002&school=999003"),
    "register_gaps": Visit("lead", urn),
    "returns": Visit("lead"),
    "return_page": Visit("lead", pk("returned")),
    "send_return": Visit("lead", pk("returned")),
    "set_aside_return": Visit("lead", pk("returned")),
    "tell_contact": Visit("lead", pk("returned")),
    "begin_return": Visit("lead", pk("caseless")),
    "add_school_days": Visit("lead", urn),
    "school_terms": Visit("lead", urn),
    "term_dates": Visit("admin"),
    "upload_term_dates": Visit("officer"),
    "add_authority_days": Visit("team_leader"),
    "systems": Visit("admin"),
    "set_token": Visit("admin"),
    "match_school": Visit("admin", pk("held_system")),
    "school_sync": Visit("lead", urn),
    "upload_list": Visit("office", urn),
    "uploads": Visit("officer"),
    "upload_page": Visit("lead", pk("waiting_file"), also=(pk("stored_file"), pk("refused_file"), pk("asked_file"))),
    "upload_mapping": Visit("lead", pk("asked_file"), also=(pk("waiting_file"),)),
    "upload_files": Visit("officer"),
    "sent_files": Visit("lead", pk("sending")),
    "enter_list": Visit("office", urn),
    "register_changes": Visit("lead", urn),
    "change_page": Visit("lead", pk("stored_file")),
    "undo_change": Visit("lead", pk("stored_file")),
    "reconciliations": Visit("lead", urn),
    "reconcile": Visit("lead", urn),
    "reconciliation_page": Visit("lead", pk("reconciliation")),
    "mark_history": Visit("lead", lambda things: {"pk": things.pupil, "day": "2026-11-16"}),
    "pupils": Visit("team_leader"),
    "pupil_page": Visit("officer", pk("pupil")),
    "put_right": Visit("lead", pk("pupil")),
    "put_right_name": Visit("lead", pk("pupil")),
    "put_right_admission": Visit("lead", pk("pupil")),
    "put_right_leaving": Visit("lead", pk("pupil")),
    "put_right_school": Visit("lead", pk("pupil")),
    "put_right_mark": Visit("lead", pk("pupil")),
    "restricted_records": Visit("team_leader"),
    "restrict_record": Visit("team_leader", pk("pupil")),
    "change_holders": Visit("team_leader", pk("restricted")),
    "lift_restriction": Visit("team_leader", pk("restricted")),
    "family": Visit("officer", pk("pupil")),
    "add_carer": Visit("officer", pk("pupil")),
    "change_carer": Visit("officer", lambda things: {"pk": things.pupil, "carer": things.carer}),
    "end_carer": Visit("officer", lambda things: {"pk": things.pupil, "carer": things.carer}),
    "social_care_lists": Visit("virtual_school"),
    "social_care_list": Visit("virtual_school", pk("care_list")),
    "settle_care_line": Visit("virtual_school", pk("care_line")),
    "possible_duplicates": Visit("officer"),
    "compare_records": Visit("officer", lambda things: {"pk": things.pupil, "other": things.caseless}),
    "undo_link": Visit("officer", pk("link")),
    "break_glass": Visit("officer", pk("restricted")),
    "integrations": Visit("admin"),
    "make_integration": Visit("admin"),
    "integration_page": Visit("admin", pk("integration")),
    "api_guide": Visit(NOBODY),
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
            "sync_all",
            "sync_school",
            "discard_upload",
            "settle_problems",
            "forget_columns",
            "forget_code",
            "store_sent_files",
            "undo_list_change",
            "confirm_minutes",
            "changes_seen",
            "invite_again",
            "mark_back",
            "reactivate_staff",
            "reset_second_factor",
            "remove_school_days",
            "remove_authority_days",
            "settle_difference",
            "revoke_integration",
            "reopen_return",
            "acknowledge_return",
        ),
        ONLY_POSTED,
    ),
    **dict.fromkeys(
        (
            "demo_calendar",
            "keep_alive",
            "pupil_marks_csv",
            "upload_problems_csv",
            "sync_problems_csv",
            "said_csv",
            "minutes_pdf",
            "api_description",
            "api_marks",
            "api_posted",
            "api_pupils",
            "api_registers",
            "api_schools",
            "api_standings",
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
        **files_of(school, lead, at=AT, on=ON),
        case=cases[0].pk,
        case_asked=cases[1].pk,
        closed_case=cases[2].pk,
        **{name: meeting.pk for name, meeting in meetings.items()},
        listed=discussion.pupil_id,
        position=discussion.position,
        action=action.pk,
        member=lead.pk,
        letter=_letter(),
        integration=_integration(_member("admin")),
        carer=_carer(cases[0].pupil),
        **_care(on_roll[4].pupil),
        link=_link(*(one.pupil for one in on_roll[2:4])),
        restricted=_restricted(on_roll.exclude(pupil__cases__isnull=False)[1].pupil),
        reconciliation=_figures_entered(school, lead),
        held_system=_systems(school),
        caseless=on_roll.exclude(pupil__cases__isnull=False)[0].pupil_id,
        returned=_returned(on_roll[5], lead),
    )


def _returned(enrolment: Enrolment, lead: Membership) -> Any:
    """A return that the school has begun by hand."""
    return begin_return(enrolment, kind="attendance", reason="Here on most Mondays only", by=lead, at=AT, on=ON).pk


def _carer(pupil: Pupil) -> Any:
    """A parent, put to the child by the officer."""
    person = {"name": "Mary West", "telephone": "01632 960123", "email": "", "address": "1 High Street"}
    link = {"relationship": "Mother", "lives_with": True, "must_not_know": True, "must_not_know_why": "Court order"}
    add_carer(pupil, carer=None, person=person, link=link, by=_member("officer"))
    return pupil.carer_links.get(carer__name="Mary West").carer_id


def _care(pupil: Pupil) -> dict[str, Any]:
    """A list of social care with a line that is certain, one that waits and one left out."""
    lines = [
        "UPN,Surname,Forename,Date of birth,Status,Social worker,From",
        f"{pupil.upn},,,,CP,Sue Work,01/10/2026",
        f",{pupil.surname},X,{pupil.date_of_birth:%d/%m/%Y},CiN,Sue Work,01/10/2026",
        f"{pupil.upn},,,,Unknown,Sue Work,01/10/2026",
    ]
    by = _member("virtual_school")
    made = import_care_list("\n".join(lines).encode(), file_name="care.csv", by=by, on=ON, at=AT)
    return {"care_list": made.pk, "care_line": made.lines.get(state="uncertain").pk}


def _link(one: Pupil, other: Pupil) -> Any:
    """Two records said to be two children."""
    by, verdict = _member("officer"), "not-the-same"
    return judge_records(one, other, verdict=verdict, evidence="", reason="They are cousins.", by=by, at=AT).pk


def _systems(school: School) -> Any:
    """The school's own system, read with something to put right; and one of which nobody said which school it is."""
    connection = set_system_token("wonde", Secret("of-no-use"), by=_member("admin"), at=AT)
    known, held = (
        SchoolLink.objects.create(
            connection=connection, source_id=name, name=name, mis="MIS", approval="approved", school=matched
        )
        for name, matched in ((school.name, school), ("Riverbank Free School", None))
    )
    run = SyncRun.objects.create(link=known, state="done", started_at=AT, finished_at=AT, counts={"changed": 12})
    words = "‘?!’ is not an attendance code. Enter one of the national codes."
    SyncProblem.objects.create(
        link=known, run=run, kind="unknown-code", severity="leaves out the mark", on=ON, message=words
    )
    return held.pk


def _restricted(pupil: Pupil) -> Any:
    """A record that the team leader alone holds."""
    leader = _member("team_leader")
    restrict_record(pupil, kind="adoption", reason="The former name is not told.", holders=[leader], by=leader, on=ON)
    return pupil.pk


def _member(name: str) -> Membership:
    member = Membership.objects.get(user__email=MEMBERS[name])
    member.on = ON
    return member


def _integration(admin: Membership) -> Any:
    made, _ = make_for_schools(
        name="Data hub",
        scopes=["marks:write", "schools:read"],
        schools=School.objects.all()[:3],
        every_school=False,
        expires_on=ON + dt.timedelta(days=200),
        by=admin,
        at=AT,
    )
    return made.pk


def _letter() -> str:
    """A message in the demonstration's mail; answers its key."""
    folder = settings.PORTAL_VAR / "mail"
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    message = EmailMessage("A meeting was arranged", "Sign in to see it.", to=["reader@browser.example"])
    message.attach("meeting.ics", "BEGIN:VCALENDAR", "text/calendar")
    backend.send_messages([message])
    return next(one.key for one in letters(folder) if one.to == "reader@browser.example")


def _figures_entered(school: School, lead: Membership) -> Any:
    """Figures of another system, with a line for a child and one that fits nobody."""
    child = Enrolment.objects.on_roll(ON).filter(school=school).select_related("pupil")[0].pupil
    lines = [Line(2, {"upn": child.upn or ""}, Decimal("80.00")), Line(3, {"name": "Nobody Known"}, Decimal("91.50"))]
    day = ON - dt.timedelta(days=7)
    made = enter_figures(
        school, source="monitor", as_at=day, attendance=Decimal("93.10"), persistent=Decimal("20.00"),
        theirs=TheirList(lines, ["Line 4"]), by=lead, at=AT,
    )  # fmt: skip
    return made.pk


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
        given = {"pk": things.arranged, "pupil": things.listed, "urn": things.school}
        converters = pattern.pattern.converters.items()
        wanted = {key: 1 if isinstance(converter, IntConverter) else given[key] for key, converter in converters}
        assert page.request.get(reverse(name, kwargs=wanted)).status in (403, 405), name
    page.close()
