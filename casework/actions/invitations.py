"""Who works on a case beside its lead: invited, and invited no longer."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import grants, moves
from casework.actions.moving import change, take_in_hand, write
from casework.actions.new_owners import give_to_holder
from casework.letters import tell_invited
from casework.models import Case, CaseInvitation, CaseInvitationQuerySet


def invite(case: Case, *, member: Membership, why: str, on: dt.date, by: Membership) -> CaseInvitation:
    """Let somebody work on the case: see the child and write in the case, until it ends. They are told by e-mail.

    Refused for whoever leads the case or is invited already, and where the case is closed.
    """
    take_in_hand(case)
    change(case)
    if works_on(case, member):
        raise Refused(f"{member.name} works on this case already.")
    made: CaseInvitation = CaseInvitation.objects.create(
        case=case, membership=member, why=why, invited_on=on, invited_by=by
    )
    grants.grant(case, member, reason=grants.INVITED, on=on, by=by)
    write(case, f"{member.name} was invited to work on the case: {why}", on=on, by=by)
    record("invite", by=by, words=f"Invited {member.name} to the case.", subject=case, pupils=[case.pupil_id])
    tell_invited(member)
    return made


def works_on(case: Case, member: Membership) -> bool:
    """Whether the member leads the case or is invited to it: then there is nothing to invite them for."""
    invited = CaseInvitation.objects.standing().filter(case=case, membership=member)
    return case.lead_practitioner_id == member.pk or invited.exists()


def end_invitation(invitation: CaseInvitation, *, on: dt.date, by: Membership) -> None:
    """End it at once, and the sight of the child that came with it. Refused where it ended already.

    What a partner was still to do by the plan its holder does: they see it no longer, and could not do it.
    """
    case = invitation.case
    take_in_hand(case)
    if not _end(CaseInvitation.objects.filter(pk=invitation.pk), on=on, by=by):
        raise Refused(moves.END_INVITATION.refusal)
    member = invitation.membership
    grants.end(case, member, reason=grants.INVITED, on=on)
    write(case, f"{member.name} works on the case no longer.", on=on, by=by)
    give_to_holder(case, on=on, by=by)
    words = f"Ended the invitation of {member.name} to the case."
    record("end_invitation", by=by, words=words, subject=case, pupils=[case.pupil_id])


def end_invitations_of(member: Membership, *, on: dt.date, by: Membership) -> int:
    """End every invitation of somebody who leaves. Returns how many there were."""
    standing = CaseInvitation.objects.standing().filter(membership=member).select_related("case", "membership__user")
    ended = list(standing.order_by("case"))
    for invitation in ended:
        end_invitation(invitation, on=on, by=by)
    return len(ended)


def end_all_of(case: Case, *, on: dt.date, by: Membership) -> int:
    """End all of a case that closes: sight of the child ends with it. Returns how many there were."""
    return _end(CaseInvitation.objects.filter(case=case), on=on, by=by)


def end_for_lead(case: Case, lead: Membership, *, on: dt.date, by: Membership) -> None:
    """Whoever leads from now on is invited no longer: else they would still see the child after handing over."""
    _end(CaseInvitation.objects.filter(case=case, membership=lead), on=on, by=by)
    grants.end(case, lead, reason=grants.INVITED, on=on)


def _end(invitations: CaseInvitationQuerySet, *, on: dt.date, by: Membership) -> int:
    found: int = invitations.filter(ended_on=None).update(ended_on=on, ended_by=by)
    return found
