"""The queues of casework, the caseload, and giving cases to another holder."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import actions
from casework import queues as waiting
from casework.caseload import caseload as loads_of
from casework.caseload import caseload_chart, cases_of
from casework.forms.queues import AllocateForm, QueueForm
from casework.people import may_hold

COLUMNS = (
    Column("pupil", "Child", ("pupil__sort_key",)),
    Column("lead", "Lead practitioner", ("lead_practitioner__user__name", "lead_name")),
    Column("holder", "Held by", ("holder__user__name",)),
    Column("opened", "Opened", ("opened_on",)),
    Column("contact", "Last contact", ("last_contact_on",)),
    Column("review", "Review", ("review_due_on",)),
)
CLOSED_COLUMNS = (
    *COLUMNS[:4],
    Column("outcome", "What came of it", ("outcome",)),
    Column("closed", "Closed", ("closed_on", "pk")),
)
HEADINGS = [
    "Child", "School", "Lead practitioner", "Held by", "Opened", "Last contact", "Review", "Asked to lead", "Asked on",
]  # fmt: skip
CLOSED_HEADINGS = [
    "Child", "School", "Lead practitioner", "Held by", "Opened", "What came of it", "Closed", "Closed by", "Why",
]  # fmt: skip
LOAD_COLUMNS = (
    Column("person", "Name", ("person.name",)),
    Column("organisation", "Organisation", ("person.organisation",)),
    Column("holds", "Holds", ("holds",), numeric=True),
    Column("leads", "Leads", ("leads",), numeric=True),
    Column("overdue", "Reviews overdue", ("overdue",), numeric=True),
)
MOST_AT_ONCE = 200


@requires(Permission.CASE_SEE)
@require_safe
def queues(request: MemberRequest) -> HttpResponse:
    """Open cases by what they wait for, and closed ones; a team leader ticks open ones and gives them to another."""
    member, form = request.member, QueueForm(request.GET)
    queue, days = form.wanted
    seen, found = waiting.open_cases(member), waiting.conditions(member, days=days)
    closed, is_closed = waiting.closed_cases(member), queue == waiting.CLOSED
    rows = waiting.in_queue(closed if is_closed else seen, found.get(queue.code, Q()), member)
    columns, sort = (CLOSED_COLUMNS, "-closed") if is_closed else (COLUMNS, "review")
    listing = Listing(rows, columns, request.GET, noun=("case", "cases"), sort=sort)
    shown = list(listing.everything if listing.wants_csv else listing)
    pupils = [case.pupil_id for case in shown]
    words = f"the queue “{queue.title}”"
    record_list("queue", is_file=listing.wants_csv, by=member, words=words, pupils=pupils)
    if listing.wants_csv:
        headings, cells = (CLOSED_HEADINGS, _closed_cells) if is_closed else (HEADINGS, _cells)
        return csv_response(headings, [cells(case) for case in shown], f"Cases - {queue.title}")
    page = {
        "queue": queue,
        "days": days,
        "choices": waiting.DAYS,
        "tabs": _tabs(queue, days, waiting.counts(seen, found) | {waiting.CLOSED.code: closed.count()}),
        "listing": listing,
        "shown": [(case, waiting.stands_in_for(case, member)) for case in shown],
        "may_allocate": member.may(Permission.CASE_ALLOCATE) and not is_closed,
        "is_closed": is_closed,
    }
    return render(request, "casework/queues.html", page)


def _tabs(current: waiting.Queue, days: int, counted: dict[str, int]) -> list[dict[str, Any]]:
    kept = "" if days == waiting.DEFAULT_DAYS else f"&days={days}"
    return [
        {
            "text": queue.tab,
            "href": f"?queue={queue.code}{kept}",
            "current": queue == current,
            "count": f"{counted[queue.code]:,}",
        }
        for queue in waiting.QUEUES
    ]


def _cells(case: Any) -> list[Any]:
    """A line of the file, of a case with what `in_queue` annotates."""
    asked = case.proposed_lead.name if case.proposed_lead else ""
    return [
        case.pupil, case.school_name, case.lead_shown, case.holder.name, case.opened_on, case.last_contact_on,
        case.review_due_on, asked, case.proposed_on,
    ]  # fmt: skip


def _closed_cells(case: Any) -> list[Any]:
    by = case.closed_by.name if case.closed_by else ""
    return [
        case.pupil, case.school_name, case.lead_shown, case.holder.name, case.opened_on, case.get_outcome_display(),
        case.closed_on, by, case.closing_reason,
    ]  # fmt: skip


@requires(Permission.CASE_ALLOCATE, files_for_all=("csv",))
@require_safe
def caseload(request: MemberRequest) -> HttpResponse:
    """How many open cases each person holds and leads, and how many of their reviews are overdue."""
    loads = loads_of(request.member)
    listing = Listing(loads, LOAD_COLUMNS, request.GET, noun=("person", "people"), sort="-holds", page_size=200)
    if listing.wants_csv:
        rows = [(one.person.name, one.person.organisation, one.holds, one.leads, one.overdue, one.away)
                for one in listing.everything]  # fmt: skip
        return csv_response([*(column.label for column in LOAD_COLUMNS), "Away"], rows, "Caseload")
    return render(request, "casework/caseload.html", {"listing": listing, "chart": caseload_chart(loads)})


@requires(Permission.CASE_ALLOCATE)
def allocate_cases(request: MemberRequest) -> HttpResponse:
    """Give the ticked cases to another holder, with everybody's caseload beside."""
    member = request.member
    asked = request.POST if request.method == "POST" else request.GET
    queue = waiting.BY_CODE.get(asked.get("queue", ""), waiting.MINE).code
    back = f"{reverse('queues')}?queue={queue}"
    ticked = cases_of(member, asked.getlist("case")[:MOST_AT_ONCE])
    if not ticked:
        messages.error(request, "Tick the cases to give to somebody else.")
        return redirect(back)
    form = AllocateForm(request.POST if request.method == "POST" else None, people=may_hold())
    if form.is_valid():
        with said_in(form, "holder"):
            holder = form.cleaned_data["holder"]
            given = actions.allocate_cases(ticked, holder=holder, on=member.on, by=member)
            messages.success(request, _given_words(holder, given))
            return redirect(back)
    loads = loads_of(member)
    pupils = [case.pupil_id for case in ticked]
    record("see_allocate_cases", by=member, words="Began to give cases to somebody else.", pupils=pupils)
    page = {"form": form, "ticked": ticked, "loads": loads, "chart": caseload_chart(loads)}
    page |= {"queue": queue, "back": back}
    return render(request, "casework/allocate_cases.html", page)


def _given_words(holder: Membership, given: int) -> str:
    if given:
        return f"{holder.name} holds {given} more case{'' if given == 1 else 's'}."
    return f"{holder.name} held all of these already."
