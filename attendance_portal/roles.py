"""Roles, and what each may do (architecture section 5). `attendance_portal.permissions` asks."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    SCHOOL_LEAD = "school-lead", "School attendance lead"
    SCHOOL_OFFICE = "school-office", "School administrator"
    OFFICER = "officer", "Attendance officer"
    TEAM_LEADER = "team-leader", "Team leader"
    LEGAL = "legal", "Legal officer"
    VIRTUAL_SCHOOL = "virtual-school", "Virtual school"
    PRACTITIONER = "practitioner", "Lead practitioner from a partner agency"
    MANAGER = "manager", "Service manager"
    AUDITOR = "auditor", "Auditor"
    ADMIN = "admin", "Authority administrator"


class Permission(StrEnum):
    HOME_SEE = "home-see"
    SCHOOL_SEE = "school-see"
    PUPIL_SEE = "pupil-see"
    PUPIL_EXPORT = "pupil-export"
    REGISTER_UPLOAD = "register-upload"
    FACT_CORRECT = "fact-correct"
    MEETING_SEE = "meeting-see"
    MEETING_ARRANGE = "meeting-arrange"
    MEETING_LIST_CHANGE = "meeting-list-change"
    MEETING_MINUTE = "meeting-minute"
    MINUTES_CONFIRM = "minutes-confirm"
    ACTION_DO = "action-do"
    CASE_SEE = "case-see"
    CASE_LEAD = "case-lead"
    SERVICE_KEEP = "service-keep"
    CASE_ALLOCATE = "case-allocate"
    OVERVIEW_SEE = "overview-see"
    STAFF_MANAGE = "staff-manage"
    INTEGRATION_SEE = "integration-see"
    INTEGRATION_MANAGE = "integration-manage"
    INTEGRATION_APPROVE = "integration-approve"
    AUDIT_SEE = "audit-see"
    RETURN_SEE = "return-see"
    RETURN_MAKE = "return-make"
    RETURN_ACKNOWLEDGE = "return-acknowledge"
    REGISTER_CHASE = "register-chase"
    CALENDAR_KEEP = "calendar-keep"
    TERM_DATES_KEEP = "term-dates-keep"
    FAMILY_CHANGE = "family-change"
    RECORD_LINK = "record-link"
    RECORD_RESTRICT = "record-restrict"
    GLASS_BREAK = "glass-break"
    HAND_OVER = "hand-over"
    SOCIAL_CARE_LIST = "social-care-list"
    SYSTEM_SEE = "system-see"
    SYSTEM_SYNC = "system-sync"
    SYSTEM_SET_UP = "system-set-up"
    RULE_BOARD_SEE = "rule-board-see"
    TRACKING_KEEP = "tracking-keep"
    OUT_OF_SCHOOL_KEEP = "out-of-school-keep"
    PLAN_APPROVE = "plan-approve"


P = Permission
_SCHOOL_OFFICE = {
    P.HOME_SEE,
    P.SCHOOL_SEE,
    P.PUPIL_SEE,
    P.PUPIL_EXPORT,
    P.REGISTER_UPLOAD,
    P.MEETING_SEE,
    P.ACTION_DO,
    P.RETURN_SEE,
}
_SCHOOL_LEAD = _SCHOOL_OFFICE | {
    P.CALENDAR_KEEP,
    P.FACT_CORRECT,
    P.FAMILY_CHANGE,
    P.MEETING_LIST_CHANGE,
    P.MEETING_MINUTE,
    P.MINUTES_CONFIRM,
    P.CASE_SEE,
    P.CASE_LEAD,
    P.RULE_BOARD_SEE,
    P.TRACKING_KEEP,
}
_OFFICER = _SCHOOL_LEAD | {
    P.OUT_OF_SCHOOL_KEEP,
    P.TERM_DATES_KEEP,
    P.MEETING_ARRANGE,
    P.OVERVIEW_SEE,
    P.RECORD_LINK,
    P.GLASS_BREAK,
    P.HAND_OVER,
    P.SYSTEM_SEE,
    P.SYSTEM_SYNC,
}
_OF_AUTHORITY = {P.RETURN_ACKNOWLEDGE, P.REGISTER_CHASE}
# A token that reads children is let in by somebody who may read and download every child (decision 0013).
_APPROVES = {P.INTEGRATION_SEE, P.INTEGRATION_APPROVE}
_READER = {P.HOME_SEE, P.SCHOOL_SEE, P.PUPIL_SEE, P.MEETING_SEE, P.CASE_SEE, P.RETURN_SEE}

PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.SCHOOL_LEAD: frozenset(_SCHOOL_LEAD | {P.RETURN_MAKE}),
    Role.SCHOOL_OFFICE: frozenset(_SCHOOL_OFFICE | {P.RETURN_MAKE}),
    Role.OFFICER: frozenset(_OFFICER | _OF_AUTHORITY),
    Role.TEAM_LEADER: frozenset(
        _OFFICER
        | _OF_AUTHORITY
        | _APPROVES
        | {P.CASE_ALLOCATE, P.SYSTEM_SET_UP, P.SERVICE_KEEP, P.STAFF_MANAGE, P.PLAN_APPROVE, P.RECORD_RESTRICT}
    ),
    Role.LEGAL: frozenset(_READER | {P.PUPIL_EXPORT, P.ACTION_DO}),
    Role.VIRTUAL_SCHOOL: frozenset(
        {
            P.HOME_SEE,
            P.PUPIL_SEE,
            P.PUPIL_EXPORT,
            P.CASE_SEE,
            P.CASE_LEAD,
            P.ACTION_DO,
            P.SOCIAL_CARE_LIST,
            P.RETURN_SEE,
        }
    ),
    Role.PRACTITIONER: frozenset({P.HOME_SEE, P.PUPIL_SEE, P.CASE_SEE, P.CASE_LEAD, P.ACTION_DO}),
    Role.MANAGER: frozenset(
        _READER | _APPROVES | {P.SYSTEM_SEE, P.PUPIL_EXPORT, P.OVERVIEW_SEE, P.RULE_BOARD_SEE, P.STAFF_MANAGE}
    ),
    Role.AUDITOR: frozenset(_READER | {P.SYSTEM_SEE, P.OVERVIEW_SEE, P.RULE_BOARD_SEE, P.AUDIT_SEE}),
    Role.ADMIN: frozenset(
        {
            P.SYSTEM_SEE,
            P.SYSTEM_SYNC,
            P.SYSTEM_SET_UP,
            P.HOME_SEE,
            P.TERM_DATES_KEEP,
            P.SERVICE_KEEP,
            P.STAFF_MANAGE,
            P.RECORD_RESTRICT,
            P.INTEGRATION_SEE,
            P.INTEGRATION_MANAGE,
        }
    ),
}

SCHOOL_ROLES = frozenset({Role.SCHOOL_LEAD, Role.SCHOOL_OFFICE})
EVERY_SCHOOL_ROLES = frozenset({Role.OFFICER, Role.TEAM_LEADER, Role.LEGAL, Role.MANAGER, Role.AUDITOR})
