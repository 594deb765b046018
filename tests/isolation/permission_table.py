"""The permission table: every address, what one must be allowed to do to open it, and an example of it.

Each row is driven by `test_urls.py` as everyone who may not and as someone who may, by GET and by POST.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from attendance_portal.models import Scope
from attendance_portal.roles import Permission
from tests.isolation.arguments import (
    Arguments,
    of_accepted_hand_over,
    of_action,
    of_authority_days,
    of_barrier,
    of_care_line,
    of_care_list,
    of_carer,
    of_case,
    of_case_invitation,
    of_change,
    of_contact,
    of_contract,
    of_discussion,
    of_document,
    of_enquiry,
    of_enquiry_step,
    of_health_plan,
    of_held_meeting,
    of_home_education,
    of_home_education_step,
    of_integration,
    of_invitation,
    of_letter,
    of_link,
    of_listed_pupil,
    of_local_code,
    of_mapping,
    of_marked_day,
    of_meeting,
    of_member,
    of_minutes,
    of_no_invitation,
    of_nothing,
    of_number,
    of_part_time,
    of_plan,
    of_plan_action,
    of_post,
    of_pupil,
    of_received_hand_over,
    of_reconciliation,
    of_referral,
    of_restricted_pupil,
    of_return,
    of_rule,
    of_school,
    of_school_days,
    of_sending,
    of_sent_hand_over,
    of_sent_return,
    of_service,
    of_system,
    of_two_records,
    of_upload,
)

P = Permission


@dataclass(frozen=True)
class Row:
    """One address: `permission` (None: open to all), its arguments, and `by`, who in the cast may open it.

    `data` is what is posted and `query` what is asked; `shared_in_authority` says that another school of the
    authority may open it too (never another authority). `guessed` are the arguments of whoever is shut out,
    where the true ones are a secret. `is_a_kind`: the arguments name a kind of list, of which everyone who may open
    it has their own.
    """

    permission: Permission | None
    arguments: Arguments = of_nothing
    by: str = "officer"
    data: dict[str, str] = field(default_factory=dict)
    query: str = ""
    shared_in_authority: bool = False
    guessed: Arguments | None = None
    is_a_kind: bool = False

    @property
    def is_about_a_thing(self) -> bool:
        """The address has arguments: it is about one school, child, meeting …, and shut to who may not see it."""
        return self.arguments is not of_nothing and not self.is_a_kind


@dataclass(frozen=True)
class ApiRow:
    """One address of the API: the scope that its token needs, its method, its arguments. See `test_api_urls.py`."""

    scope: Scope
    arguments: Arguments = of_nothing
    method: str = "GET"


# The people app: invitations, memberships, one's own account.
_PEOPLE = {
    "accept_invitation": Row(None, of_invitation, guessed=of_no_invitation),
    "switch_membership": Row(None),
    "no_membership": Row(None),
    "account": Row(P.HOME_SEE),
    "keep_alive": Row(P.HOME_SEE),
    "email_address": Row(P.HOME_SEE),
    "privacy": Row(None),
    "accessibility": Row(None),
    "cookies": Row(None),
}
# What schools sends: schools, pupils, registers.
_SCHOOLS = {
    "systems": Row(P.SYSTEM_SEE, by="admin"),
    "set_token": Row(P.SYSTEM_SET_UP, by="admin"),
    "sync_all": Row(P.SYSTEM_SYNC),
    "sync_school": Row(P.SYSTEM_SYNC, of_system, shared_in_authority=True),
    "match_school": Row(P.SYSTEM_SET_UP, of_system, by="admin", shared_in_authority=True),
    "school_sync": Row(P.REGISTER_UPLOAD, of_school, by="lead"),
    "sync_problems_csv": Row(P.REGISTER_UPLOAD, of_school, by="lead"),
    "hand_overs": Row(P.HAND_OVER),
    "hand_over_page": Row(P.HAND_OVER, of_sent_hand_over),
    "hand_over_child": Row(P.HAND_OVER, of_pupil),
    "accept_hand_over": Row(P.HAND_OVER, of_received_hand_over),
    "decline_hand_over": Row(P.HAND_OVER, of_received_hand_over, data={"because": "Not known here"}),
    "withdraw_hand_over": Row(P.HAND_OVER, of_sent_hand_over, data={"because": "A mistake"}),
    "end_hand_over": Row(P.HAND_OVER, of_accepted_hand_over, data={"because": "Moved back"}),
    "schools": Row(P.SCHOOL_SEE),
    "school_page": Row(P.SCHOOL_SEE, of_school, by="lead"),
    "pupils": Row(P.PUPIL_SEE),
    "pupil_list": Row(P.PUPIL_SEE, of_school, by="lead"),
    "school_calendar": Row(P.SCHOOL_SEE, of_school, by="lead"),
    "add_school_days": Row(P.CALENDAR_KEEP, of_school, by="lead"),
    "remove_school_days": Row(P.CALENDAR_KEEP, of_school_days, by="lead"),
    "school_terms": Row(P.CALENDAR_KEEP, of_school, by="lead"),
    "settle_difference": Row(P.CALENDAR_KEEP, of_school, by="lead"),
    "term_dates": Row(P.TERM_DATES_KEEP, by="admin"),
    "upload_term_dates": Row(P.TERM_DATES_KEEP, by="admin"),
    "add_authority_days": Row(P.TERM_DATES_KEEP, by="team_leader"),
    "remove_authority_days": Row(P.TERM_DATES_KEEP, of_authority_days, by="team_leader", shared_in_authority=True),
    "upload_register": Row(P.REGISTER_UPLOAD, of_school, by="office"),
    "upload_list": Row(P.REGISTER_UPLOAD, of_school, by="office"),
    "uploads": Row(P.REGISTER_UPLOAD, by="lead"),
    "upload_page": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "upload_problems_csv": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "confirm_upload": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "discard_upload": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "upload_mapping": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "enter_list": Row(P.REGISTER_UPLOAD, of_school, by="office"),
    "upload_files": Row(P.REGISTER_UPLOAD),
    "sent_files": Row(P.REGISTER_UPLOAD, of_sending, by="lead"),
    "store_sent_files": Row(P.REGISTER_UPLOAD, of_sending, by="lead"),
    "forget_columns": Row(P.REGISTER_UPLOAD, of_mapping, by="lead"),
    "forget_code": Row(P.REGISTER_UPLOAD, of_local_code, by="office"),
    "said_csv": Row(P.REGISTER_UPLOAD, of_school, by="office"),
    "settle_problems": Row(P.REGISTER_UPLOAD, of_upload, by="lead"),
    "register_changes": Row(P.REGISTER_UPLOAD, of_school, by="lead"),
    "change_page": Row(P.REGISTER_UPLOAD, of_change, by="lead"),
    "undo_change": Row(P.FACT_CORRECT, of_change, by="lead"),
    "reconciliations": Row(P.FACT_CORRECT, of_school, by="lead"),
    "reconcile": Row(P.FACT_CORRECT, of_school, by="lead"),
    "reconciliation_page": Row(P.FACT_CORRECT, of_reconciliation, by="lead"),
    "mark_history": Row(P.PUPIL_SEE, of_marked_day, by="lead"),
    "pupil_page": Row(P.PUPIL_SEE, of_pupil, by="lead"),
    "registers_behind": Row(P.OVERVIEW_SEE),
    "chase_registers": Row(P.REGISTER_CHASE, query="school=999001"),
    "register_gaps": Row(P.SCHOOL_SEE, of_school, by="lead"),
    "returns": Row(P.RETURN_SEE),
    "return_policy": Row(P.RETURN_ACKNOWLEDGE),
    "return_page": Row(P.RETURN_SEE, of_return, by="lead"),
    "send_return": Row(P.RETURN_MAKE, of_return, by="lead"),
    "set_aside_return": Row(P.RETURN_MAKE, of_return, by="lead"),
    "reopen_return": Row(P.RETURN_MAKE, of_return, by="lead"),
    "tell_contact": Row(P.RETURN_MAKE, of_return, by="lead"),
    "acknowledge_return": Row(P.RETURN_ACKNOWLEDGE, of_sent_return),
    "begin_return": Row(P.RETURN_MAKE, of_pupil, by="office"),
    "chronology": Row(P.PUPIL_SEE, of_pupil, by="lead"),
    "chronology_pdf": Row(P.PUPIL_EXPORT, of_pupil, by="lead"),
    "pupil_marks_csv": Row(P.PUPIL_EXPORT, of_pupil, by="lead"),
    "put_right": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "put_right_name": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "put_right_admission": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "put_right_leaving": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "put_right_school": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "put_right_mark": Row(P.FACT_CORRECT, of_pupil, by="lead"),
    "restricted_records": Row(P.RECORD_RESTRICT, by="team_leader"),
    "restrict_record": Row(P.RECORD_RESTRICT, of_pupil, by="team_leader"),
    "change_holders": Row(P.RECORD_RESTRICT, of_restricted_pupil, by="team_leader"),
    "lift_restriction": Row(P.RECORD_RESTRICT, of_restricted_pupil, by="team_leader"),
    "family": Row(P.FAMILY_CHANGE, of_pupil, by="lead"),
    "add_carer": Row(P.FAMILY_CHANGE, of_pupil, by="lead"),
    "change_carer": Row(P.FAMILY_CHANGE, of_carer, by="lead"),
    "end_carer": Row(P.FAMILY_CHANGE, of_carer, by="lead"),
    "social_care_lists": Row(P.SOCIAL_CARE_LIST, by="virtual_school"),
    "social_care_list": Row(P.SOCIAL_CARE_LIST, of_care_list, by="virtual_school"),
    "settle_care_line": Row(P.SOCIAL_CARE_LIST, of_care_line, by="virtual_school"),
    "possible_duplicates": Row(P.RECORD_LINK),
    "compare_records": Row(P.RECORD_LINK, of_two_records),
    "undo_link": Row(P.RECORD_LINK, of_link),
    "break_glass": Row(P.GLASS_BREAK, of_restricted_pupil),
    "integrations": Row(P.INTEGRATION_SEE, by="admin"),
    "make_integration": Row(P.INTEGRATION_MANAGE, by="admin"),
    "integration_page": Row(P.INTEGRATION_SEE, of_integration, by="admin"),
    "approve_integration": Row(P.INTEGRATION_APPROVE, of_integration, by="team_leader"),
    "revoke_integration": Row(P.INTEGRATION_SEE, of_integration, by="admin"),
    "api_guide": Row(None),
    "api_description": Row(None),
}
# Cases.
_CASEWORK = {
    "services": Row(P.HOME_SEE, by="lead"),
    "service_page": Row(P.HOME_SEE, of_service, by="lead", shared_in_authority=True),
    "add_service": Row(P.SERVICE_KEEP, by="admin"),
    "change_service": Row(P.SERVICE_KEEP, of_service, by="team_leader"),
    "end_service": Row(P.SERVICE_KEEP, of_service, by="team_leader"),
    "service_people": Row(P.SERVICE_KEEP, of_service, by="team_leader"),
    "refer_to_service": Row(P.CASE_LEAD, of_service, by="lead", query="q=abbott", shared_in_authority=True),
    "refer_child": Row(P.CASE_LEAD, of_pupil, by="lead"),
    "referrals": Row(P.CASE_SEE, by="lead", query="show=all"),
    "referral_page": Row(P.CASE_SEE, of_referral, by="lead"),
    "answer_referral": Row(P.CASE_LEAD, of_referral),
    "withdraw_referral": Row(P.CASE_LEAD, of_referral, by="lead"),
    "barriers": Row(P.SERVICE_KEEP, by="admin"),
    "add_barrier": Row(P.SERVICE_KEEP, by="admin"),
    "change_barrier": Row(P.SERVICE_KEEP, of_barrier, by="admin"),
    "add_own_words": Row(P.CASE_LEAD, of_case, by="lead"),
    "cases": Row(P.CASE_SEE, by="lead"),
    "case_page": Row(P.CASE_SEE, of_case, by="lead"),
    "did_it_help": Row(P.CASE_SEE, of_case, by="lead"),
    "family_view": Row(P.CASE_SEE, of_pupil, by="lead"),
    "open_case": Row(P.CASE_LEAD, of_pupil, by="lead"),
    "add_entry": Row(P.CASE_LEAD, of_case, by="lead"),
    "documents": Row(P.CASE_SEE, of_case, by="lead"),
    "add_documents": Row(P.CASE_LEAD, of_case, by="lead"),
    "download_document": Row(P.CASE_SEE, of_document, by="lead"),
    "remove_document": Row(P.CASE_LEAD, of_document, by="lead"),
    "contacts": Row(P.CASE_SEE, of_case, by="lead"),
    "add_contact": Row(P.CASE_LEAD, of_case, by="lead"),
    "correct_contact": Row(P.CASE_LEAD, of_contact, by="lead"),
    "change_review_date": Row(P.CASE_LEAD, of_case, by="lead"),
    "change_other_meeting": Row(P.CASE_LEAD, of_case, by="lead"),
    "change_barriers": Row(P.CASE_LEAD, of_case, by="lead"),
    "hand_over_lead": Row(P.CASE_LEAD, of_case, by="lead"),
    "take_back_asking": Row(P.CASE_LEAD, of_case, by="lead"),
    "answer_lead": Row(P.CASE_LEAD, of_case, by="lead"),
    "invite_to_case": Row(P.CASE_LEAD, of_case, by="lead"),
    "end_invitation": Row(P.CASE_LEAD, of_case_invitation, by="lead"),
    "queues": Row(P.CASE_SEE, by="lead"),
    "caseload": Row(P.CASE_ALLOCATE, by="team_leader"),
    "allocate_cases": Row(P.CASE_ALLOCATE, by="team_leader"),
    "hold_review": Row(P.CASE_LEAD, of_case, by="lead"),
    "close_case": Row(P.CASE_LEAD, of_case, by="lead"),
    "reopen_case": Row(P.CASE_LEAD, of_case, by="lead"),
    "plans": Row(P.CASE_SEE, query="show=current"),
    "plan_actions": Row(P.CASE_SEE, query="show=all"),
    "plan_policy": Row(P.PLAN_APPROVE, by="team_leader"),
    "approve_plan": Row(P.PLAN_APPROVE, of_plan, by="team_leader"),
    "write_plan": Row(P.CASE_LEAD, of_case, by="lead"),
    "offer_contract": Row(P.CASE_LEAD, of_case, by="lead"),
    **dict.fromkeys(("plan_page", "plan_pdf", "compare_plans"), Row(P.CASE_SEE, of_plan, by="lead", query="with=7")),
    **dict.fromkeys(
        (
            "edit_plan",
            "add_plan_action",
            "put_plan_forward",
            "change_review_of_plan",
            "take_plan_back",
            "set_plan_aside",
            "record_agreement",
            "agree_plan",
            "change_plan",
            "end_plan",
        ),
        Row(P.CASE_LEAD, of_plan, by="lead"),
    ),
    "plan_action_page": Row(P.CASE_SEE, of_plan_action, by="lead"),
    "change_plan_action": Row(P.CASE_LEAD, of_plan_action, by="lead"),
    "remove_plan_action": Row(P.CASE_LEAD, of_plan_action, by="lead"),
    **dict.fromkeys(("contract_page", "contract_pdf"), Row(P.CASE_SEE, of_contract, by="lead")),
    **dict.fromkeys(("answer_contract", "end_contract"), Row(P.CASE_LEAD, of_contract, by="lead")),
    "rule_board": Row(P.RULE_BOARD_SEE, by="manager"),
    "rule_list": Row(P.RULE_BOARD_SEE, of_rule, by="manager", is_a_kind=True),
    "part_time_timetables": Row(P.CASE_SEE, by="lead"),
    "change_part_time": Row(P.TRACKING_KEEP, of_part_time, by="lead"),
    "record_part_time": Row(P.TRACKING_KEEP, of_pupil, by="lead"),
    "void_part_time": Row(P.TRACKING_KEEP, of_part_time, by="lead"),
    "health_plans": Row(P.CASE_SEE, by="lead"),
    "end_health_plan": Row(P.TRACKING_KEEP, of_health_plan, by="lead"),
    "record_health_plan": Row(P.TRACKING_KEEP, of_pupil, by="lead"),
    "void_health_plan": Row(P.TRACKING_KEEP, of_health_plan, by="lead"),
    "look_into_health_plan": Row(P.OUT_OF_SCHOOL_KEEP, of_health_plan),
    "enquiries": Row(P.CASE_SEE, by="lead"),
    "enquiry_page": Row(P.CASE_SEE, of_enquiry, by="lead"),
    "add_enquiry_step": Row(P.TRACKING_KEEP, of_enquiry, by="lead"),
    "answer_enquiry_step": Row(P.TRACKING_KEEP, of_enquiry_step, by="lead"),
    "record_missing": Row(P.OUT_OF_SCHOOL_KEEP, of_enquiry),
    "end_enquiry": Row(P.OUT_OF_SCHOOL_KEEP, of_enquiry),
    "begin_enquiry": Row(P.TRACKING_KEEP, of_pupil, by="lead"),
    "home_educated": Row(P.CASE_SEE, by="lead"),
    "home_education_page": Row(P.CASE_SEE, of_home_education, by="lead"),
    "add_home_education_step": Row(P.OUT_OF_SCHOOL_KEEP, of_home_education),
    "end_home_education": Row(P.OUT_OF_SCHOOL_KEEP, of_home_education),
    "record_home_education": Row(P.OUT_OF_SCHOOL_KEEP, of_pupil),
    "void_home_education": Row(P.OUT_OF_SCHOOL_KEEP, of_home_education),
    "void_home_education_step": Row(P.OUT_OF_SCHOOL_KEEP, of_home_education_step),
    "termly_counts": Row(P.OVERVIEW_SEE, by="manager"),
    "counted_children": Row(P.OVERVIEW_SEE, of_number, by="manager", is_a_kind=True),
}
# Targeting Support Meetings.
_TSM = {
    "my_schools": Row(P.MEETING_SEE),
    "arrange_meeting": Row(P.MEETING_ARRANGE, of_school),
    "meeting_page": Row(P.MEETING_SEE, of_meeting, by="lead"),
    "move_meeting": Row(P.MEETING_ARRANGE, of_meeting),
    "cancel_meeting": Row(P.MEETING_ARRANGE, of_meeting),
    "take_over_meeting": Row(P.MEETING_ARRANGE, of_meeting, by="team_leader"),
    "mark_not_attended": Row(P.MEETING_ARRANGE, of_meeting),
    "arrange_again": Row(P.MEETING_ARRANGE, of_meeting),
    "meeting_list": Row(P.MEETING_SEE, of_meeting, by="lead"),
    "add_to_list": Row(P.MEETING_LIST_CHANGE, of_meeting, by="lead"),
    "drop_from_list": Row(P.MEETING_LIST_CHANGE, of_listed_pupil),
    "undo_list_change": Row(P.MEETING_LIST_CHANGE, of_listed_pupil),
    "begin_meeting": Row(P.MEETING_MINUTE, of_meeting),
    "hold_meeting": Row(P.MEETING_MINUTE, of_held_meeting),
    "hold_discussion": Row(P.MEETING_MINUTE, of_discussion),
    "kept_pupils": Row(P.MEETING_MINUTE, of_held_meeting),
    "end_meeting": Row(P.MEETING_MINUTE, of_held_meeting),
    "minutes_page": Row(P.MEETING_SEE, of_minutes, by="lead"),
    "minutes_pdf": Row(P.MEETING_SEE, of_minutes, by="lead"),
    "confirm_minutes": Row(P.MINUTES_CONFIRM, of_minutes, by="lead"),
    "reopen_minutes": Row(P.MINUTES_CONFIRM, of_minutes),
    "agreed_actions": Row(P.ACTION_DO, by="lead"),
    "action_page": Row(P.ACTION_DO, of_action, by="lead"),
}
# What is composed of all apps: home, search, overview.
_FRONT = {
    "home": Row(P.HOME_SEE),
    "changes": Row(P.PUPIL_SEE),
    "changes_seen": Row(P.PUPIL_SEE),
    "find_child": Row(P.PUPIL_SEE, query="q=abbott"),
    "overview": Row(P.OVERVIEW_SEE, by="manager"),
    "overview_helped": Row(P.OVERVIEW_SEE, by="manager"),
    "overview_meetings": Row(P.OVERVIEW_SEE, by="manager"),
    "audit": Row(P.AUDIT_SEE, by="auditor"),
    "demo_mail": Row(None),
    "demo_letter": Row(None, of_letter),
    "demo_calendar": Row(None, of_letter),
    "staff_list": Row(P.STAFF_MANAGE, by="admin"),
    "invite_staff": Row(P.STAFF_MANAGE, by="admin"),
    "staff_page": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "invite_again": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "staff_schools": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "mark_away": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "mark_back": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "deactivate_staff": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "reactivate_staff": Row(P.STAFF_MANAGE, of_member, by="admin"),
    "reset_second_factor": Row(P.STAFF_MANAGE, of_member, by="admin"),
}

TABLE: dict[str, Row] = {**_PEOPLE, **_SCHOOLS, **_CASEWORK, **_TSM, **_FRONT}

# The API: no session opens it, a token with the scope does.
API: dict[str, ApiRow] = {
    "api_schools": ApiRow(Scope.SCHOOLS_READ),
    "api_pupils": ApiRow(Scope.PUPILS_READ),
    "api_standings": ApiRow(Scope.STANDINGS_READ),
    "api_registers": ApiRow(Scope.REGISTERS_READ, of_school),
    "api_marks": ApiRow(Scope.MARKS_WRITE, of_school, method="POST"),
    "api_posted": ApiRow(Scope.MARKS_WRITE, of_post),
}

# Addresses of libraries, by how their names begin, and what they are for. None of them reads an owned row.
LIBRARY_PAGES = {
    "account_": "allauth: signing in and out, and one's own password",
    "mfa_": "allauth: one's own second factors",
    "openid_connect_": "allauth: signing in by OpenID Connect",
    "socialaccount_": "allauth: signing in by OpenID Connect",
}
