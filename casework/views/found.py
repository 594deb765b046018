"""The case that a page is about, as far as this member may see it or write in it."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from attendance_portal.requests import MemberRequest
from casework.models import Case
from casework.people import may_decide, may_write
from casework.presenters import with_people


def case_seen(request: MemberRequest, pk: uuid.UUID) -> Case:
    """The case, with its people; a 404 for whoever may not see it."""
    case: Case = get_object_or_404(with_people(Case.objects.visible_to(request.member), request.member.on), pk=pk)
    return case


def case_to_write(request: MemberRequest, pk: uuid.UUID) -> Case:
    """As `case_seen`; a 403 for whoever sees the case and may not write in it."""
    case = case_seen(request, pk)
    if not may_write(case, request.member):
        raise PermissionDenied
    return case


def case_to_decide(request: MemberRequest, pk: uuid.UUID) -> Case:
    """As `case_to_write`; a 403 for a partner who is only invited too: closing and handing over are not theirs."""
    case = case_seen(request, pk)
    if not may_decide(case, request.member):
        raise PermissionDenied
    return case
