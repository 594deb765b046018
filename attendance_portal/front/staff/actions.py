"""What those who manage staff do: invite, deactivate and hand on, mark away with cover, reactivate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.actions import Invited, invite_person
from attendance_portal.audit import record
from attendance_portal.front.staff.holdings import LED, Holdings, holdings_of
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from casework.actions import end_invitations_of, hand_on_cases, hand_on_plan_actions, leave_services
from schools.children.restrictions import hand_on_records
from schools.directory import staff
from schools.models import School
from tsm.actions import take_over_meeting
from tsm.models import AgreedAction


def _check_rank(member_role: str, by: Membership) -> None:
    """Only an administrator makes, ends or opens up an administrator's account."""
    if member_role == Role.ADMIN and by.role != Role.ADMIN:
        raise Refused("Only an authority administrator can do this for an administrator: ask one.")


@transaction.atomic
def invite_staff(
    *,
    email: str,
    name: str,
    role: str,
    organisation: str,
    schools: Iterable[School],
    by: Membership,
    on: dt.date,
    at: dt.datetime,
) -> Invited:
    """Invite a colleague and give them their schools, ready for when they take it up."""
    _check_rank(role, by)
    if email.strip().lower() == by.user.email:
        raise Refused("You cannot give yourself another role: ask a colleague who manages staff.")
    invited = invite_person(by.authority, email=email, name=name, role=role, organisation=organisation, by=by, at=at)
    for school in schools:
        staff.give_school(invited.membership, school, by=by, on=on)
    return invited


def invite_again(member: Membership, *, by: Membership, at: dt.datetime) -> Invited:
    """Send a new link to someone who has not taken up the invitation; the link before ends."""
    _check_rank(member.role, by)
    return invite_person(
        by.authority,
        email=member.user.email,
        name=member.user.name,
        role=member.role,
        organisation=member.organisation,
        by=by,
        at=at,
    )


@transaction.atomic
def deactivate_staff(
    member: Membership,
    *,
    to: Membership | None,
    holder: Membership | None = None,
    by: Membership,
    on: dt.date,
    at: dt.datetime,
) -> None:
    """End a member's access from this moment and hand all they had on to `to`, in one step.

    holder: who holds the restricted records from now on that nobody else could lift. Refuses oneself, the last
    administrator, and leaving something behind with nobody.
    """
    _check_rank(member.role, by)
    if member.pk == by.pk:
        raise Refused("You cannot deactivate yourself: ask a colleague who manages staff.")
    if member.deactivated_at is not None:
        raise Refused(f"{member.name} is deactivated already.")
    _refuse_the_last_administrator(member)
    held = holdings_of(member, on=on)
    if held.needs and (to is None or not held.needs <= to.permissions):
        raise Refused(f"{member.name} still has work in hand. Choose who takes it over.")
    # Records first: the case of a restricted child goes to whoever holds the record from now on.
    records = _hand_on_records(member, holder, by=by, on=on)
    words = _hand_on(member, held, to, by=by, on=on, at=at) + records
    end_invitations_of(member, on=on, by=by)
    if member.covered_by is not None:
        staff.end_cover(member, by=by, on=on)
    words += _end_standing_in(member)
    member.deactivated_at = at
    member.away_from = member.away_until = member.covered_by = None
    member.save(update_fields=["deactivated_at", "away_from", "away_until", "covered_by"])
    record("deactivate_staff", by=by, words=f"{member.name} was deactivated.{words}", subject=member)


def _end_standing_in(member: Membership) -> str:
    """Whom they covered for is without cover now; their rows of cover ended with their schools. Answers words."""
    without = list(member.covers.select_related("user"))
    member.covers.update(covered_by=None)
    names = ", ".join(one.name for one in without)
    return f" Nobody covers now for {names}." if names else ""


def _refuse_the_last_administrator(member: Membership) -> None:
    if member.role != Role.ADMIN:
        return
    working = Membership.objects.filter(
        authority=member.authority, role=Role.ADMIN, deactivated_at=None, user__is_active=True
    )
    joined = Membership.objects.joined().values("pk")
    # Locked, so that two administrators cannot deactivate each other at the same moment.
    others = [one.pk for one in working.select_for_update(of=("self",)) if one.pk != member.pk]
    if not Membership.objects.filter(pk__in=others).filter(pk__in=joined).exists():
        raise Refused("This is the last administrator: invite another one first.")


def _hand_on(
    member: Membership, held: Holdings, to: Membership | None, *, by: Membership, on: dt.date, at: dt.datetime
) -> str:
    """Hand everything on; each part leaves its own event under one correlation id. Answers it in words."""
    counts = {label: number for label, number in held.work.items() if number}
    staff.hand_on_schools(member, to, by=by, on=on)
    leave_services(member, to, on=on, by=by)  # services before cases, as whoever refers a child takes them in hand
    if to is not None:
        hand_on_cases(member, to, on=on, by=by)
    hand_on_plan_actions(member, to, on=on, by=by)
    if to is None:
        return ""
    for meeting in list(held.meetings):
        take_over_meeting(meeting, officer=to, by=by, at=at)
    hand_on_actions(held.actions, member, to, by=by)
    if counts:
        _tell(to, f"Work of {member.name} is now yours", _handed_on_letter(member, counts))
    handed = ", ".join(f"{label.lower()}: {number}" for label, number in counts.items())
    return f" Handed on to {to.name}: {handed}." if handed else ""


def _hand_on_records(member: Membership, holder: Membership | None, *, by: Membership, on: dt.date) -> str:
    """Restricted records that nobody else could lift go to their new holder, who is told. Answers it in words."""
    number = hand_on_records(member, holder, by=by, on=on)
    if not number or holder is None:
        return ""
    letter = f"{member.name} no longer works in the portal. You hold these from now on: restricted records: {number}."
    _tell(holder, "You hold restricted records", letter)
    return f" Restricted records handed on to {holder.name}: {number}."


def hand_on_actions(actions: Iterable[AgreedAction], before: Membership, to: Membership, *, by: Membership) -> None:
    """Give agreed actions that are not yet done to another owner."""
    rows = list(actions)
    if not rows:
        return
    AgreedAction.objects.filter(pk__in=[row.pk for row in rows]).update(owner=to)
    words = f"{len(rows)} agreed actions of {before.name} are now {to.name}'s."
    pupils = [row.pupil_id for row in rows if row.pupil_id]
    record("hand_on_actions", by=by, words=words, subject=before, pupils=pupils)


def reactivate_staff(member: Membership, *, by: Membership) -> None:
    """Give a deactivated member their access back. What was handed on stays where it is."""
    _check_rank(member.role, by)
    if member.deactivated_at is None:
        raise Refused(f"{member.name} is not deactivated.")
    member.deactivated_at = None
    member.save(update_fields=["deactivated_at"])
    record("reactivate_staff", by=by, words=f"{member.name} was reactivated.", subject=member)


@transaction.atomic
def mark_away(
    member: Membership,
    *,
    from_on: dt.date,
    until_on: dt.date | None,
    cover: Membership | None,
    by: Membership,
    on: dt.date,
) -> None:
    """Say that a member is away on these days (both inclusive), and who stands in for them.

    The cover has the member's schools on those days. What was said of an absence before no longer stands.
    """
    if until_on is not None and until_on < from_on:
        raise Refused("The last day of the absence is before its first.")
    if cover is not None and cover.is_of_a_school != member.is_of_a_school:
        raise Refused(f"{cover.name} cannot cover for {member.name}: one works for a school, the other not.")
    if member.covered_by is not None:
        staff.end_cover(member, by=by, on=on)
    if cover is not None:
        staff.cover_schools(member, cover, from_on=from_on, until_on=until_on, by=by)
    member.away_from, member.away_until, member.covered_by = from_on, until_on, cover
    member.save(update_fields=["away_from", "away_until", "covered_by"])
    until = f" to {until_on:%-d %B %Y}" if until_on else ""
    days = f"from {from_on:%-d %B %Y}{until}"
    by_whom = f", covered by {cover.name}" if cover else ""
    record("mark_away", by=by, words=f"{member.name} is away {days}{by_whom}.", subject=member)
    if cover is not None:
        _tell(cover, f"You cover for {member.name}", f"{member.name} is away {days}, and you stand in for them.")


@transaction.atomic
def mark_back(member: Membership, *, by: Membership, on: dt.date) -> None:
    """End an absence, or take one back that was still to come: the cover ends with it."""
    if member.away_from is None:
        raise Refused(f"{member.name} is not marked as away.")
    if member.covered_by is not None:
        staff.end_cover(member, by=by, on=on)
    member.away_from = member.away_until = member.covered_by = None
    member.save(update_fields=["away_from", "away_until", "covered_by"])
    record("mark_back", by=by, words=f"{member.name} is back.", subject=member)


@transaction.atomic
def reset_second_factor(member: Membership, *, by: Membership) -> None:
    """Forget a person's app, passkeys and recovery codes when they lost them; they set up new ones at sign-in."""
    if by.role != Role.ADMIN:
        raise Refused("Only an authority administrator can do this.")
    if member.pk == by.pk:
        raise Refused("Change your own second step on your account page.")
    if member.is_waiting or member.deactivated_at is not None:  # else an invitation would reach into any account
        raise Refused(f"{member.user.email} does not work here, so nothing of their sign-in can be changed here.")
    Authenticator.objects.filter(user=member.user).delete()
    words = f"The second step of signing in of {member.name} was reset."
    record("reset_second_factor", by=by, words=words, subject=member)
    _tell(member, "Your second step of signing in was reset", f"{words} If you did not ask for it, say so at once.")


def _handed_on_letter(member: Membership, counts: dict[str, int]) -> str:
    lines = "\n".join(f"- {label}: {number}" for label, number in counts.items())
    asked = "\n\nYou lead no case before you accept: the home page asks you." if LED in counts else ""
    return f"{member.name} no longer works in the portal. What they had in hand is now yours:\n\n{lines}{asked}"


def _tell(to: Membership, subject: str, words: str) -> None:
    address = f"{settings.PORTAL_ADDRESS}{reverse('home')}"
    body = f"Hello {to.name},\n\n{words}\n\n{address}\n\nAttendance portal, {to.authority}\n"
    messages.write(to_name=to.name, to_email=to.user.email, subject=subject, body=body)
