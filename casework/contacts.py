"""Contacts in words that a family could read, and the contacts of a case's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.urls import reverse

from attendance_portal.models import Membership
from casework.models import Case, Contact
from casework.parts import Part
from casework.people import may_write

SHOWN: Final = 3
_OUTCOMES: Final[dict[tuple[str, bool], tuple[str, str]]] = {
    ("call", True): ("Call: we spoke", "Call with {whom}."),
    ("call", False): ("Call: no answer", "Tried to call {whom}, no answer."),
    ("visit", True): ("Visit: we met", "Visit, met with {whom}."),
    ("visit", False): ("Visit: nobody was in", "Visited {whom}, nobody was in."),
    ("meeting", True): ("Meeting: we met", "Meeting with {whom}."),
    ("meeting", False): ("Meeting: they could not come", "Meeting arranged with {whom}, who could not come."),
    ("letter", True): ("Letter or e-mail: they answered", "Letter or e-mail to {whom}, who answered."),
    ("letter", False): ("Letter or e-mail: sent", "Letter or e-mail sent to {whom}."),
    ("message", True): ("Text message: they answered", "Text message to {whom}, who answered."),
    ("message", False): ("Text message: sent", "Text message sent to {whom}."),
}
OUTCOME_CHOICES: Final = [
    (f"{kind} {'reached' if reached else 'tried'}", label) for (kind, reached), (label, _) in _OUTCOMES.items()
]


def code_of(contact: Contact) -> str:
    """The choice of `OUTCOME_CHOICES` that a contact is."""
    return f"{contact.kind} {'reached' if contact.reached else 'tried'}"


def outcome_of(code: str) -> tuple[str, bool]:
    """Kind, and whether somebody was reached, of a choice of `OUTCOME_CHOICES`."""
    kind, _, how = code.partition(" ")
    return kind, how == "reached"


def label_of(contact: Contact) -> str:
    """How it was, and how it went: "Call: no answer"."""
    return _OUTCOMES[contact.kind, contact.reached][0]


def sentence_of(contact: Contact) -> str:
    """The whole contact as its line in the case's history."""
    began = _OUTCOMES[contact.kind, contact.reached][1].format(whom=contact.with_whom)
    following = f"What happens next: {contact.next_step}" if contact.next_step else ""
    return " ".join(part for part in (began, contact.words, following) if part)


def since_last_contact(contacts: Sequence[Contact], *, on: dt.date) -> str:
    """How long ago somebody was last reached, and how often it was tried since; `contacts` latest first."""
    tried = next((index for index, one in enumerate(contacts) if one.reached), len(contacts))
    attempts = "1 attempt" if tried == 1 else f"{tried} attempts"
    if not contacts:
        return "No contact is written down yet."
    if tried == len(contacts):
        return f"Nobody has been reached yet, after {attempts}."
    last = f"Last contact {_ago(contacts[tried].happened_on, on)}"
    return f"{last}, and {attempts} since." if tried else f"{last}."


def _ago(day: dt.date, on: dt.date) -> str:
    days = (on - day).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def contacts_part(case: Case, member: Membership) -> Part:
    """The latest contacts of a case, and how long ago the last was."""
    contacts = list(Contact.objects.standing().filter(case=case).select_related("by__user"))
    events = [
        {
            "title": label_of(one),
            "at": one.happened_on,
            "when": f"{one.happened_on:%-d %B %Y}",
            "by": f"{one.with_whom}; written by {one.by.name}",
            "text": one.words,
        }
        for one in contacts[:SHOWN]
    ]
    links = [("All contacts", reverse("contacts", args=[case.pk]))] if contacts else []
    if may_write(case, member) and case.closed_on is None:
        links.insert(0, ("Write down a contact", reverse("add_contact", args=[case.pk])))
    shown = {"since": since_last_contact(contacts, on=member.on), "events": events}
    return Part("Contacts", "casework/parts_contacts.html", shown, links)
