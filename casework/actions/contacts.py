"""Contacts with a family and those around it: written down, and put right."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import once
from casework.actions.moving import change, write
from casework.contacts import sentence_of
from casework.models import Case, Contact

SOURCE = "Contact"
_PUT_RIGHT = "Somebody put this contact right already. Look at it again, and change the newer one."


def add_contact(
    case: Case,
    *,
    kind: str,
    with_whom: str,
    reached: bool,
    happened_on: dt.date,
    by: Membership,
    words: str = "",
    next_step: str = "",
) -> Contact:
    """Write a contact down, or an attempt (`reached` false); `kind` of `Contact.Kind`. Refused of a closed case."""
    change(case)
    contact: Contact = Contact.objects.create(
        case=case,
        kind=kind,
        with_whom=with_whom,
        reached=reached,
        happened_on=happened_on,
        words=words,
        next_step=next_step,
        by=by,
    )
    write(case, sentence_of(contact), on=happened_on, by=by, source=SOURCE)
    record("add_contact", by=by, words="Wrote down a contact.", subject=case, pupils=[case.pupil_id])
    return contact


def correct_contact(
    contact: Contact,
    *,
    kind: str,
    with_whom: str,
    reached: bool,
    happened_on: dt.date,
    by: Membership,
    words: str = "",
    next_step: str = "",
) -> Contact:
    """Add to a contact, or put it right: a new one that names it. What was written before stays to be read.

    Refused where it was put right already: of two people at once, the second is told to look again.
    """
    case = contact.case
    change(case)
    told = {"kind": kind, "with_whom": with_whom, "reached": reached, "words": words, "next_step": next_step}
    with once("contact_put_right_once", refusal=_PUT_RIGHT):
        new: Contact = Contact.objects.create(case=case, corrects=contact, happened_on=happened_on, by=by, **told)
    of_day = f"This puts right what {contact.by.name} wrote of {contact.happened_on:%-d %B %Y}."
    write(case, f"{sentence_of(new)} {of_day}", on=happened_on, by=by, source=SOURCE)
    record("correct_contact", by=by, words="Put a contact right.", subject=case, pupils=[case.pupil_id])
    return new
