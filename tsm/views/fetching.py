"""Fetching for the pages: what the member may not see is not admitted to exist."""

from __future__ import annotations

import uuid

from django.shortcuts import get_object_or_404

from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from tsm.models import Meeting


def meeting_or_404(request: MemberRequest, pk: uuid.UUID) -> Meeting:
    """This meeting with its school, officer and authority, if the member may open its school."""
    with_people = ("school", "authority", "officer__user", "officer__covered_by__user", "began_by__user")
    meetings = Meeting.objects.visible_to(request.member).select_related(*with_people)
    meeting: Meeting = get_object_or_404(meetings, pk=pk)
    return meeting


def may(request: MemberRequest, permission: Permission) -> bool:
    """Whether the member holds a permission, for what a page offers."""
    return bool(request.member.may(permission))
