"""What people do about people: invite, take up an invitation, change their account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.audit import record
from attendance_portal.models import Authority, Invitation, Membership, User
from attendance_portal.refusals import Refused
from attendance_portal.sign_in import INVITATION_LASTS, new_token, token_hash


@dataclass(frozen=True)
class Invited:
    """A membership that waits to be taken up, and the link with which that is done."""

    membership: Membership
    link: str
    is_sent_again: bool


def add_authority(authority: Authority, *, by: Membership | None) -> Authority:
    """Begin a new authority, in its own scope. Refuses a slug or a code of three digits already in use."""
    taken = Authority.objects.filter(Q(slug=authority.slug) | Q(code=authority.code)).first()
    if taken is not None:
        raise Refused(f'{taken.name} already has the slug "{taken.slug}" and the code {taken.code}: choose others.')
    authority.save()
    words = f"{authority.name} ({authority.code}) began to use the portal."
    record("add_authority", by=by, words=words, subject=authority)
    return authority


@transaction.atomic
def invite_person(
    authority: Authority,
    *,
    email: str,
    name: str,
    role: str,
    organisation: str,
    by: Membership | None,
    at: dt.datetime,
) -> Invited:
    """Invite a person to work in this authority in one role; a second time sends a new link.

    Refuses someone who already works there in that role, or did until deactivated. Call it in the
    authority's scope: the letter is the authority's.
    """
    email = email.strip().lower()
    user = User.objects.filter(email__iexact=email).first()
    user = user or User.objects.create_user(email, name=name.strip())
    membership, is_new = Membership.objects.get_or_create(
        authority=authority, user=user, role=role, defaults={"organisation": organisation}
    )
    if not is_new:
        _refuse_to_invite_again(membership)
    link = _write_invitation(membership, by=by, at=at)
    words = f"{email} was invited{'' if is_new else ' again'} as {membership.role_label}."
    record("invite_person", by=by, words=words, subject=membership)
    return Invited(membership, link, is_sent_again=not is_new)


def _refuse_to_invite_again(membership: Membership) -> None:
    if membership.deactivated_at is not None:
        raise Refused(f"{membership.name} was deactivated here: reactivate them on their staff page instead.")
    if not membership.is_waiting:
        raise Refused(f"{membership.name} already works in {membership.authority} as {membership.role_label}.")


def _write_invitation(membership: Membership, *, by: Membership | None, at: dt.datetime) -> str:
    """A new link by e-mail; earlier links end. Answers the link, whose secret is kept nowhere."""
    membership.invitations.filter(used_at=None, expires_at__gt=at).update(expires_at=at)
    token = new_token()
    Invitation.objects.create(
        membership=membership, token_hash=token_hash(token), made_by=by, expires_at=at + INVITATION_LASTS
    )
    link = f"{settings.PORTAL_ADDRESS}{reverse('accept_invitation', args=[token])}"
    messages.write(
        to_name=membership.name,
        to_email=membership.user.email,
        subject=f"Your invitation to the attendance portal of {membership.authority}",
        body=_invitation_letter(membership, by, link),
    )
    return link


def _invitation_letter(membership: Membership, by: Membership | None, link: str) -> str:
    inviter = f"{by.name} ({by.role_label})" if by else f"The attendance service of {membership.authority}"
    return (
        f"Hello,\n\n{inviter} invites you to work in the attendance portal of {membership.authority} "
        f"as: {membership.role_label}.\n\nTo begin, follow this link within {INVITATION_LASTS.days} days:\n\n"
        f"{link}\n\nThe link is for you alone. If you did not expect this letter, ignore it: nothing will "
        f"happen.\n\nAttendance portal, {membership.authority}\n"
    )


@transaction.atomic
def accept_invitation(invitation: Invitation, *, name: str, password: str, at: dt.datetime) -> Membership:
    """A new person takes up their invitation, with the name and the password they chose."""
    user = invitation.membership.user
    user.name = name
    user.set_password(password)
    user.save(update_fields=["name", "password"])
    return join(invitation, at=at)


@transaction.atomic
def join(invitation: Invitation, *, at: dt.datetime) -> Membership:
    """The invited person, signed in or just new, takes up the membership. Refuses a link used meanwhile."""
    used = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=at).update(used_at=at)
    if used != 1:
        raise Refused("This invitation was already used, or ran out. Ask for a new one.")
    membership = invitation.membership
    membership.invitations.filter(used_at=None).update(used_at=at)
    words = f"{membership.name} took up the invitation as {membership.role_label}."
    record("accept_invitation", by=membership, words=words, subject=membership)
    return membership


@transaction.atomic
def change_own_details(member: Membership, *, name: str, telephone: str, by: Membership) -> None:
    """A person puts their own name and telephone right."""
    member.user.name, member.telephone = name, telephone
    member.user.save(update_fields=["name"])
    member.save(update_fields=["telephone"])
    record("change_own_details", by=by, words="Changed their own name or telephone.", subject=member)
