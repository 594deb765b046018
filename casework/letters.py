"""What people are told by e-mail of cases: a link that needs sign-in, and no child's name."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from attendance_portal import messages
from attendance_portal.models import Membership
from attendance_portal.tenancy import current_authority
from casework.file_kinds import BY_CODE
from casework.models import CaseDocument, Service


def tell_asked(to: Membership) -> None:
    """Somebody is asked to lead: the home page shows which case, and asks for the answer."""
    _tell(
        to, "You are asked to lead a case", "You are asked to lead a child’s case. Sign in to read why and to answer:"
    )


def tell_lead_before(to: Membership) -> None:
    """Somebody else leads in place of whoever led: they may not see the case any more."""
    _tell(
        to,
        "Somebody else leads a case of yours",
        "From now on somebody else leads a child’s case that you led. If it should still be yours, speak with whoever "
        "holds the case. Sign in to see the cases that you work on:",
        "cases",
    )


def tell_invited(to: Membership) -> None:
    """Somebody is invited to work on a case."""
    _tell(to, "You are invited to a case", "You are invited to work on a child’s case. Sign in to see it:")


def tell_holder(to: Membership, *, count: int) -> None:
    """This many cases came into somebody's hands: a team leader gave them, or a service took a child on."""
    cases = "a case" if count == 1 else f"{count} cases"
    _tell(to, f"You hold {cases} from now on", f"You were given {cases} to hold. Sign in to see which:", "queues")


def tell_service(service: Service, people: Iterable[Membership]) -> None:
    """A child is referred to a service: to these people who answer for it, and to its own address in the directory,
    where there is one that is none of theirs."""
    words = f"A child is referred to {service}. Those who answer for it sign in to read why and to answer:"
    subject, told = "A child is referred to you", set()
    for person in people:
        _tell(person, subject, words, "referrals")
        told.add(person.user.email.lower())
    if service.email.lower() in told:
        return
    address = f"{settings.PORTAL_ADDRESS}{reverse('referrals')}"
    name = service.contact_name or service.name
    body = f"Hello {name},\n\n{words}\n\n{address}\n\nAttendance portal, {current_authority()}\n"
    messages.write(to_name=name, to_email=service.email, subject=subject, body=body)


def tell_referrer(to: Membership) -> None:
    """A service answered a referral that this member made. Whoever works here no longer is not written to."""
    if Membership.objects.working().filter(pk=to.pk).exists():
        words = "A service answered a referral that you made. Sign in to read what it said:"
        _tell(to, "Your referral is answered", words, "referrals", "?show=made")


def tell_of_harmful(to: Membership, document: CaseDocument) -> None:
    """A document that this member has, or had in hand, was found harmful by a later scan.

    It is named as it was called, but where its name holds the child's: then it is told by its kind and day alone.
    """
    words = (
        f"{_called(document)} was found to be harmful by the virus scanner, so the portal gives it out no more. If you "
        "opened it or kept a copy, please delete the copy and tell whoever looks after your computer. If you added it, "
        "please ask whoever sent it to you for a clean one. Sign in to see the document’s case:"
    )
    _tell(to, "A document was found to be harmful", words, "cases")


def _called(document: CaseDocument) -> str:
    added = f"{timezone.localtime(document.added_at):%-d %B %Y}"
    kind, pupil = BY_CODE[document.kind].label, document.case.pupil
    names = {part for name in (pupil.forename, pupil.surname, pupil.upn or "") for part in name.casefold().split()}
    if any(name in document.name.casefold() for name in names):
        return f"A document of a case ({kind}, added on {added})"
    return f"The document “{document.name}” of a case ({kind}, added on {added})"


def _tell(to: Membership, subject: str, words: str, url_name: str = "home", query: str = "") -> None:
    address = f"{settings.PORTAL_ADDRESS}{reverse(url_name)}{query}"
    body = f"Hello {to.name},\n\n{words}\n\n{address}\n\nAttendance portal, {to.authority}\n"
    messages.write(to_name=to.name, to_email=to.user.email, subject=subject, body=body)
