"""What people are told by e-mail of cases: a link that needs sign-in, and no child's name."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.models import Membership
from attendance_portal.tenancy import current_authority
from casework.models import Service


def tell_asked(to: Membership) -> None:
    """Somebody is asked to lead: the home page shows which case, and asks for the answer."""
    _tell(
        to, "You are asked to lead a case", "You are asked to lead a child’s case. Sign in to read why and to answer:"
    )


def tell_invited(to: Membership) -> None:
    """Somebody is invited to work on a case."""
    _tell(to, "You are invited to a case", "You are invited to work on a child’s case. Sign in to see it:")


def tell_holder(to: Membership, *, count: int) -> None:
    """A team leader gave this many cases into somebody's hands."""
    cases = "a case" if count == 1 else f"{count} cases"
    _tell(to, f"You hold {cases} from now on", f"You were given {cases} to hold. Sign in to see which:", "queues")


def tell_service(service: Service) -> None:
    """A child is referred to a service: to its own address, where the directory has one."""
    words = f"A child is referred to {service}. Those who answer for it sign in to read why and to answer:"
    address = f"{settings.PORTAL_ADDRESS}{reverse('referrals')}"
    name = service.contact_name or service.name
    body = f"Hello {name},\n\n{words}\n\n{address}\n\nAttendance portal, {current_authority()}\n"
    messages.write(to_name=name, to_email=service.email, subject="A child is referred to you", body=body)


def tell_referrer(to: Membership) -> None:
    """A service answered a referral that this member made. Whoever works here no longer is not written to."""
    if Membership.objects.working().filter(pk=to.pk).exists():
        words = "A service answered a referral that you made. Sign in to read what it said:"
        _tell(to, "Your referral is answered", words, "referrals", "?show=made")


def _tell(to: Membership, subject: str, words: str, url_name: str = "home", query: str = "") -> None:
    address = f"{settings.PORTAL_ADDRESS}{reverse(url_name)}{query}"
    body = f"Hello {to.name},\n\n{words}\n\n{address}\n\nAttendance portal, {to.authority}\n"
    messages.write(to_name=to.name, to_email=to.user.email, subject=subject, body=body)
