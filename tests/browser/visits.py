"""Which pages there are to open in the browser: by whom, of which thing; and which addresses are no page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True)
class Things:
    """The arguments of addresses, of things that a copy of the demonstration holds."""

    school: str
    pupil: Any
    waiting_file: Any
    stored_file: Any
    refused_file: Any
    asked_file: Any
    dates_file: Any
    sending: Any
    case: Any
    part_time: Any
    health_plan: Any
    enquiry: Any
    enquiry_step: Any
    home_education: Any
    home_education_step: Any
    case_asked: Any
    service: Any
    referral: Any
    invited: int
    closed_case: Any
    contact: Any
    document: Any
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
    long_named: Any
    caseless: Any
    returned: Any
    held_system: Any
    reconciliation: Any
    restricted: Any
    plan: Any
    plan_draft: Any
    plan_waiting: Any
    plan_action: Any
    draft_action: Any
    contract: Any
    link: Any
    care_list: Any
    care_line: Any
    carer: int
    letter: str
    integration: Any
    sent: Any
    received: Any
    accepted: Any


Arguments = Callable[[Things], dict[str, Any]]


def none(_: Things) -> dict[str, Any]:
    return {}


def urn(things: Things) -> dict[str, Any]:
    return {"urn": things.school}


def pk(name: str) -> Arguments:
    """The key of one of the things, by its name there."""
    return lambda things: {"pk": getattr(things, name)}


ASKED = (pk("asked_file"), pk("dates_file"))
"""Files of which a person is asked something: what the columns hold, which way round the dates are."""


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
    "return_policy": Visit("officer"),
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
    "upload_page": Visit("lead", pk("waiting_file"), also=(pk("stored_file"), pk("refused_file"), *ASKED)),
    "upload_mapping": Visit("lead", pk("waiting_file"), also=ASKED),
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
    "chronology": Visit("officer", pk("pupil")),
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
    "hand_overs": Visit("officer", query="show=sent"),
    "hand_over_page": Visit("officer", pk("sent"), also=(pk("received"), pk("accepted"))),
    "hand_over_child": Visit("officer", pk("pupil")),
    "accept_hand_over": Visit("officer", pk("received")),
    "decline_hand_over": Visit("officer", pk("received")),
    "withdraw_hand_over": Visit("officer", pk("sent")),
    "end_hand_over": Visit("officer", pk("accepted")),
    "integrations": Visit("admin"),
    "make_integration": Visit("admin"),
    "integration_page": Visit("admin", pk("integration")),
    "api_guide": Visit(NOBODY),
    "cases": Visit("officer"),
    "services": Visit("officer"),
    "service_page": Visit("team_leader", pk("service")),
    "add_service": Visit("admin"),
    "change_service": Visit("team_leader", pk("service")),
    "end_service": Visit("team_leader", pk("service")),
    "service_people": Visit("team_leader", pk("service")),
    "refer_to_service": Visit("lead", pk("service"), query="q=a"),
    "refer_child": Visit("lead", pk("caseless")),
    "referrals": Visit("officer"),
    "referral_page": Visit("officer", pk("referral")),
    "answer_referral": Visit("officer", pk("referral")),
    "withdraw_referral": Visit("lead", pk("referral")),
    "barriers": Visit("admin"),
    "add_barrier": Visit("admin"),
    "change_barrier": Visit("admin", lambda things: {"code": "housing"}),
    "add_own_words": Visit("officer", pk("case")),
    "case_page": Visit("officer", pk("case")),
    "did_it_help": Visit("officer", pk("case")),
    "family_view": Visit("officer", pk("pupil")),
    "open_case": Visit("officer", pk("caseless")),
    "add_entry": Visit("officer", pk("case")),
    "contacts": Visit("officer", pk("case")),
    "documents": Visit("officer", pk("case")),
    "add_documents": Visit("officer", pk("case")),
    "remove_document": Visit("officer", lambda things: {"pk": things.case, "document": things.document}),
    "add_contact": Visit("officer", pk("case")),
    "correct_contact": Visit("officer", lambda things: {"pk": things.case, "contact": things.contact}),
    "change_review_date": Visit("officer", pk("case")),
    "change_other_meeting": Visit("officer", pk("case")),
    "change_barriers": Visit("officer", pk("case")),
    "hand_over_lead": Visit("officer", pk("case")),
    "take_back_asking": Visit("officer", pk("case_asked")),
    "answer_lead": Visit("officer", pk("case_asked")),
    "invite_to_case": Visit("officer", pk("case")),
    "end_invitation": Visit("officer", lambda things: {"pk": things.case, "invitation": things.invited}),
    "queues": Visit("team_leader", query="queue=no-contact"),
    "caseload": Visit("team_leader"),
    "allocate_cases": Visit("team_leader", query="case={case}"),
    "hold_review": Visit("officer", pk("case")),
    "close_case": Visit("officer", pk("case")),
    "reopen_case": Visit("officer", pk("closed_case")),
    "rule_board": Visit("officer"),
    "rule_list": Visit("officer", lambda things: {"code": "severe-no-lead"}),
    "part_time_timetables": Visit("officer"),
    "change_part_time": Visit("officer", pk("part_time")),
    "record_part_time": Visit("officer", pk("caseless")),
    "void_part_time": Visit("officer", pk("part_time")),
    "health_plans": Visit("officer"),
    "end_health_plan": Visit("officer", pk("health_plan")),
    "record_health_plan": Visit("officer", pk("caseless")),
    "void_health_plan": Visit("officer", pk("health_plan")),
    "look_into_health_plan": Visit("officer", pk("health_plan")),
    "enquiries": Visit("officer"),
    "enquiry_page": Visit("officer", pk("enquiry")),
    "add_enquiry_step": Visit("officer", pk("enquiry")),
    "answer_enquiry_step": Visit("officer", lambda things: {"pk": things.enquiry, "step": things.enquiry_step}),
    "record_missing": Visit("officer", pk("enquiry")),
    "end_enquiry": Visit("officer", pk("enquiry")),
    "begin_enquiry": Visit("officer", pk("caseless")),
    "home_educated": Visit("officer"),
    "home_education_page": Visit("officer", pk("home_education")),
    "add_home_education_step": Visit("officer", pk("home_education")),
    "end_home_education": Visit("officer", pk("home_education")),
    "record_home_education": Visit("officer", pk("caseless")),
    "void_home_education": Visit("officer", pk("home_education")),
    "void_home_education_step": Visit(
        "officer", lambda things: {"pk": things.home_education, "step": things.home_education_step}
    ),
    "termly_counts": Visit("officer"),
    "counted_children": Visit("officer", lambda things: {"code": "cme"}),
    "write_plan": Visit("officer", pk("case")),
    "plans": Visit("officer", query="show=current"),
    "plan_actions": Visit("officer", query="show=all"),
    "plan_policy": Visit("team_leader"),
    "plan_page": Visit("officer", pk("plan"), also=(pk("plan_draft"), pk("plan_waiting"))),
    "edit_plan": Visit("officer", pk("plan_draft")),
    "compare_plans": Visit("officer", pk("plan_draft")),
    "end_plan": Visit("officer", pk("plan")),
    "change_review_of_plan": Visit("officer", pk("plan_waiting")),
    "record_agreement": Visit("officer", pk("plan_waiting")),
    "approve_plan": Visit("team_leader", pk("plan_waiting")),
    "add_plan_action": Visit("officer", pk("plan_draft")),
    "plan_action_page": Visit("officer", pk("plan_action")),
    "change_plan_action": Visit("officer", pk("draft_action")),
    "offer_contract": Visit("officer", pk("case")),
    "contract_page": Visit("officer", pk("contract")),
    "answer_contract": Visit("officer", pk("contract")),
    "end_contract": Visit("officer", pk("contract")),
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
    "overview_helped": Visit("manager"),
    "overview_meetings": Visit("manager"),
    "audit": Visit("auditor"),
    "demo_mail": Visit(NOBODY),
    "demo_letter": Visit(NOBODY, lambda things: {"key": things.letter}),
    "staff_list": Visit("admin"),
    "invite_staff": Visit("admin"),
    "staff_page": Visit("admin", pk("member"), also=(pk("long_named"),)),
    "staff_schools": Visit("admin", pk("member"), also=(pk("long_named"),)),
    "mark_away": Visit("admin", pk("member"), also=(pk("long_named"),)),
    "deactivate_staff": Visit("admin", pk("member"), also=(pk("long_named"),)),
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
            "approve_integration",
            "revoke_integration",
            "reopen_return",
            "put_plan_forward",
            "take_plan_back",
            "set_plan_aside",
            "change_plan",
            "agree_plan",
            "remove_plan_action",
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
            "plan_pdf",
            "contract_pdf",
            "chronology_pdf",
            "api_description",
            "api_marks",
            "api_posted",
            "api_pupils",
            "api_registers",
            "api_schools",
            "api_standings",
            "mfa_download_recovery_codes",
            "download_document",
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
