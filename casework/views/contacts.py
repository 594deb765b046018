"""The contacts of a case: all of them, a new one, one put right."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from attendance_portal.audit import record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework.actions import contacts as actions
from casework.contacts import code_of, label_of, since_last_contact
from casework.forms.contacts import ContactForm, CorrectContactForm
from casework.models import Case, Contact
from casework.people import may_write
from casework.views.answers import ask, done
from casework.views.found import case_seen, case_to_write

COLUMNS: Final = (
    Column("date", "Date", ("happened_on", "written_at")),
    Column("how", "How it went", ("kind",)),
    Column("whom", "With whom", ("with_whom",)),
    Column("words", "What came of it"),
    Column("by", "Written by", ("by__user__name",)),
)
_IN_A_FILE: Final = ("Date", "How it went", "With whom", "What came of it", "What happens next", "Written by", "Stands")


@requires(Permission.CASE_SEE)
def contacts(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Every contact and attempt; those that were put right later are shown as such."""
    case = case_seen(request, pk)
    written = case.contacts.select_related("by__user").prefetch_related("corrected_by")
    listing = Listing(written, COLUMNS, request.GET, noun=("contact", "contacts"), sort="-date")
    _note(request, listing, case)
    shown = [(one, label_of(one), not one.corrected_by.all()) for one in _rows(listing)]
    if listing.wants_csv:
        cells = [
            (
                one.happened_on,
                how,
                one.with_whom,
                one.words,
                one.next_step,
                one.by.name,
                "Yes" if stands else "Put right",
            )
            for one, how, stands in shown
        ]
        return csv_response(_IN_A_FILE, cells, "Contacts")
    context = {
        "case": case,
        "contacts": listing,
        "shown": shown,
        "since": since_last_contact(list(Contact.objects.standing().filter(case=case)), on=request.member.on),
        "may_write": case.closed_on is None and may_write(case, request.member),
    }
    return render(request, "casework/contacts.html", context)


def _note(request: MemberRequest, listing: Listing, case: Case) -> None:
    told: dict[str, Any] = {"words": "the contacts of a case", "subject": case, "pupils": [case.pupil_id]}
    record_list("contacts", is_file=listing.wants_csv, by=request.member, **told)


def _rows(listing: Listing) -> list[Contact]:
    return list(listing.everything if listing.wants_csv else listing)


@requires(Permission.CASE_LEAD)
def add_contact(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write down a contact or an attempt."""
    case, member = case_to_write(request, pk), request.member
    form = ContactForm(request.POST or None, on=member.on, initial={"happened_on": member.on})
    if form.is_valid():
        with said_in(form):
            actions.add_contact(case, **form.told, by=member)
            return done(request, case, "The contact is written into the case.")
    return ask(request, "casework/add_contact.html", case, form)


@requires(Permission.CASE_LEAD)
def correct_contact(request: MemberRequest, pk: uuid.UUID, contact: uuid.UUID) -> HttpResponse:
    """Add to a contact, or put it right; what was written before stays."""
    case, member = case_to_write(request, pk), request.member
    before = get_object_or_404(
        Contact.objects.standing().filter(case=case).select_related("case", "by__user"), pk=contact
    )
    told = {name: getattr(before, name) for name in ("with_whom", "happened_on", "words", "next_step")}
    form = CorrectContactForm(request.POST or None, on=member.on, initial={"outcome": code_of(before), **told})
    if form.is_valid():
        with said_in(form):
            actions.correct_contact(before, **form.told, by=member)
            return done(request, case, "The contact is put right. What was written before stays in the history.")
    back = reverse("contacts", args=[case.pk])
    return ask(request, "casework/correct_contact.html", case, form, back=back)
