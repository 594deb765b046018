"""What every page knows: who is signed in, where they may go, and what the script needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from attendance_portal.roles import Permission

SERVICE_NAME = "Attendance portal"


@dataclass(frozen=True)
class Entry:
    """An entry of the service navigation: shown to those who hold its permission.

    `of_a_school` is the part of the address under which one school's page of the same matter stands.
    """

    text: str
    url_name: str
    permission: Permission
    of_a_school: str = ""

    def is_of(self, path: str) -> bool:
        """Whether the path is one school's page of what this entry is about."""
        return bool(self.of_a_school) and re.match(rf"/schools/[^/]+/{self.of_a_school}/", path) is not None


NAVIGATION = (
    Entry("Home", "home", Permission.HOME_SEE),
    Entry("Schools", "schools", Permission.SCHOOL_SEE),
    Entry("Pupils", "pupils", Permission.PUPIL_SEE),
    Entry("Meetings", "my_schools", Permission.MEETING_SEE),
    Entry("Actions", "agreed_actions", Permission.ACTION_DO),
    Entry("Cases", "cases", Permission.CASE_SEE),
    Entry("Services", "services", Permission.HOME_SEE),
    Entry("Rule board", "rule_board", Permission.RULE_BOARD_SEE),
    Entry("Uploads", "uploads", Permission.REGISTER_UPLOAD, of_a_school="uploads"),
    Entry("Registers", "registers_behind", Permission.OVERVIEW_SEE),
    Entry("Returns", "returns", Permission.RETURN_SEE),
    Entry("Overview", "overview", Permission.OVERVIEW_SEE),
    Entry("Term dates", "term_dates", Permission.TERM_DATES_KEEP),
    Entry("Staff", "staff_list", Permission.STAFF_MANAGE),
    Entry("Integrations", "integrations", Permission.INTEGRATION_SEE),
    Entry("Restricted", "restricted_records", Permission.RECORD_RESTRICT),
    Entry("School systems", "systems", Permission.SYSTEM_SET_UP),
    Entry("Audit", "audit", Permission.AUDIT_SEE),
)


def address_of(url_name: str) -> str:
    """The address of the page of this name; empty when this installation has no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def navigation(
    permissions: Collection[str], path: str, address: Callable[[str], str | None] = address_of
) -> list[dict[str, Any]]:
    """The entries these permissions open.

    The current one is that of one school's page of its matter, else the longest address the path begins with.
    """
    found = [(one, address(one.url_name)) for one in NAVIGATION if one.permission in permissions]
    entries = [(one, href) for one, href in found if href]
    begun = max((href for _, href in entries if path.startswith(href)), key=len, default="")
    here = next((href for one, href in entries if one.is_of(path)), begun)
    return [
        {"text": one.text, "href": href, "current": href == here and (here != "/" or path == "/")}
        for one, href in entries
    ]


def portal(request: HttpRequest) -> dict[str, Any]:
    """The context of every page. Signed out, or signed in without a membership, there is no navigation."""
    member = getattr(request, "member", None)
    return {
        "service_name": SERVICE_NAME,
        "member": member,
        "may_export": getattr(request, "may_export", False),
        "navigation": navigation(member.permissions, request.path) if member else [],
        "is_demo": getattr(settings, "PORTAL_DEMO", False),
        "idle_seconds": 60 * getattr(settings, "IDLE_MINUTES", 0),
        "find_child_url": address_of("find_child") if may(member, Permission.PUPIL_SEE) else "",
        "home_url": address_of("home") or "/",
        "keep_alive_url": address_of("keep_alive"),
        "sign_out_url": address_of("sign_out") or address_of("account_logout"),
        "switch_url": address_of("switch_membership"),
        "account_url": address_of("account"),
        "accessibility_url": address_of("accessibility"),
        "privacy_url": address_of("privacy"),
    }


def may(member: Any, permission: Permission) -> bool:
    """Whether this member, who may be nobody, holds the permission."""
    return member is not None and permission in member.permissions
