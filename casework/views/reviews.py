"""The review of a case: what the page fetches, asks, does and answers."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import actions
from casework.forms.reviews import HoldReviewForm
from casework.models import Review
from casework.views.answers import ask, done
from casework.views.found import case_to_write


@requires(Permission.CASE_LEAD)
def hold_review(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write down what a review came to, and when the next one is."""
    case, member = case_to_write(request, pk), request.member
    form = HoldReviewForm(request.POST or None, on=member.on, initial={"held_on": member.on})
    if form.is_valid():
        with said_in(form):
            actions.hold_review(case, **form.cleaned_data, by=member)
            can_close = form.cleaned_data["outcome"] == Review.Outcome.CLOSE
            follows = " The case can now be closed, with what worked." if can_close else ""
            return done(request, case, f"The review is written down.{follows}")
    return ask(request, "casework/hold_review.html", case, form)
