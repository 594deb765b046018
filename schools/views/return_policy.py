"""What the authority asks of its schools' returns: shown, and chosen anew from a day on."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from attendance_portal import clock
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.models import ReturnPolicy
from schools.returning.deadlines import policy_on
from schools.returning.policy import set_policy
from schools.returning.policy_forms import HEADINGS, PolicyForm, choice_of, words_of

COLUMNS: Final = (
    Column("from", HEADINGS[0], ("from_on", "pk")),
    *(Column(f"asked{at}", heading) for at, heading in enumerate(HEADINGS[1:-1])),
    Column("by", HEADINGS[-1]),
)


@requires(Permission.RETURN_ACKNOWLEDGE, files_for_all=("csv",))
def return_policy(request: MemberRequest) -> HttpResponse:
    """What is asked beyond the law, every choice so far, and another one."""
    held = ReturnPolicy.objects.select_related("set_by__user")
    listing = Listing(held, COLUMNS, request.GET, noun=("choice", "choices"), sort="-from")
    if listing.wants_csv:
        rows = [(one.from_on, *words_of(one), _who(one)) for one in listing.everything]
        return csv_response(HEADINGS, rows, "What is asked of returns")
    now = policy_on(request.member.on)
    form = PolicyForm(request.POST or None, initial=choice_of(now))
    if form.is_valid():
        with said_in(form, "from_on"):
            set_policy(**form.cleaned_data, by=request.member, at=clock.now(request.member.authority))
            messages.success(request, "This is asked of every school from that day on.")
            return redirect("return_policy")
    shown = [(one, words_of(one), _who(one)) for one in listing]
    asked = [{"key": key, "value": value} for key, value in zip(HEADINGS[1:-1], words_of(now), strict=True)]
    page = {"form": form, "listing": listing, "shown": shown, "asked": asked, "is_law_alone": now.pk is None}
    return render(request, "schools/return_policy.html", page)


def _who(policy: ReturnPolicy) -> str:
    return policy.set_by.name if policy.set_by else "The service"
