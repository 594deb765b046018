"""The demonstration's accounts, for the sign-in page: `{% load demo %}{% demo_accounts as demo %}`."""

from __future__ import annotations

from typing import Any

from django import template

from attendance_portal.front.demo.accounts import EMAILS, PASSWORD
from attendance_portal.models import Membership

register = template.Library()


@register.simple_tag
def demo_accounts() -> dict[str, Any]:
    """The password of all, and the accounts that exist (with `user` and `authority`), in the order of the work."""
    found = Membership.objects.working().with_people().filter(user__email__in=EMAILS)
    members = sorted(found, key=lambda member: EMAILS.index(member.user.email))
    return {"password": PASSWORD, "members": members}
