"""Who leads a case, who is asked to, and who holds it.

Each takes the case in hand first, so that what happens to it at one moment happens one after the other, and each meets
what the one before left: of two acceptances one is refused, and sight of the child ends for whoever truly led.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import grants, moves
from casework.actions.invitations import end_all_of, end_for_lead
from casework.actions.moving import change, take_in_hand, take_up_asking, write
from casework.actions.new_owners import give_to_holder
from casework.letters import tell_asked, tell_holder, tell_lead_before
from casework.models import Case
from casework.people import may_return, why_not
from schools.models import Pupil


def ask_to_lead(case: Case, *, lead: Membership, on: dt.date, by: Membership, note: str = "") -> None:
    """Hand the lead over: the lead before stays until this person accepts, who sees the child from now on.

    `note` (up to 1,000 characters) is for whoever is asked, and stands in the history.
    """
    ask(case, lead, on=on, by=by, note=note)
    record("ask_to_lead", by=by, words=f"Asked {lead.name} to lead the case.", subject=case, pupils=[case.pupil_id])
    if lead.pk != by.pk:
        tell_asked(lead)


def ask(case: Case, lead: Membership, *, on: dt.date, by: Membership, note: str = "") -> None:
    """Somebody is asked to lead, in place of whoever was asked before."""
    take_in_hand(case)
    if lead.pk == case.lead_practitioner_id:
        raise Refused(f"{lead.name} leads this case already.")
    before = case.proposed_lead
    take_up_asking(case, moves.ASK, proposed_lead=lead, proposed_on=on, proposed_by=by, proposed_note=note)
    grants.end(case, before, reason=grants.ASKED, on=on)
    grants.grant(case, lead, reason=grants.ASKED, on=on, by=by)
    said = f"{lead.name} was asked to lead the case."
    write(case, f"{said} {note}".strip(), on=on, by=by)
    if before is not None:
        give_to_holder(case, on=on, by=by)


def accept_lead(case: Case, *, on: dt.date, by: Membership) -> None:
    """Take up the lead one was asked to take. The lead before no longer sees the child for leading alone."""
    take_in_hand(case)
    _check_asked(case, by, moves.ACCEPT)
    make_lead(case, by, on=on, by=by)
    record("accept_lead", by=by, words="Accepted the lead of the case.", subject=case, pupils=[case.pupil_id])


def decline_lead(case: Case, *, reason: str, on: dt.date, by: Membership) -> None:
    """Say no to leading, with the reason. The lead before stays, and the sight of the child ends."""
    take_in_hand(case)
    _check_asked(case, by, moves.DECLINE)
    _ask_nobody(case, moves.DECLINE, on=on)
    write(case, f"{by.name} did not accept the lead: {reason}", on=on, by=by)
    give_to_holder(case, on=on, by=by)
    record("decline_lead", by=by, words=f"Declined the lead: {reason}", subject=case, pupils=[case.pupil_id])


def take_back_asking(case: Case, *, on: dt.date, by: Membership) -> None:
    """Ask nobody any more: whoever was asked has not answered, and no longer sees the child for it."""
    take_in_hand(case)
    asked = case.proposed_lead
    _ask_nobody(case, moves.TAKE_BACK, on=on)
    name = asked.name if asked else ""
    write(case, f"{name} is no longer asked to lead the case.", on=on, by=by)
    give_to_holder(case, on=on, by=by)
    words = f"Took back asking {name} to lead the case."
    record("take_back_asking", by=by, words=words, subject=case, pupils=[case.pupil_id])


def _check_asked(case: Case, member: Membership, to: moves.Move) -> None:
    if case.proposed_lead_id != member.pk:
        raise Refused(to.refusal)


def _ask_nobody(case: Case, to: moves.Move, *, on: dt.date) -> None:
    asked = case.proposed_lead
    take_up_asking(case, to, proposed_lead=None, proposed_on=None, proposed_by=None, proposed_note="")
    grants.end(case, asked, reason=grants.ASKED, on=on)


def record_lead_without_account(
    case: Case, *, name: str, agency: str, on: dt.date, by: Membership, agreed_on: dt.date | None = None, note: str = ""
) -> None:
    """Name a lead practitioner who does not use the portal. They cannot accept here, so it stands at once.

    `agreed_on`: the day on which they said that they would. `note`, for whoever led before and for the history.
    """
    agreed = f"{name} agreed to it on {agreed_on:%-d %B %Y}." if agreed_on else ""
    lead_without_account(case, name, agency, on=on, by=by, said=f"{agreed} {note}".strip())
    record("record_lead_without_account", by=by, words=f"{name} leads the case.", subject=case, pupils=[case.pupil_id])


def lead_without_account(case: Case, name: str, agency: str, *, on: dt.date, by: Membership, said: str = "") -> None:
    """Somebody who does not use the portal leads from now on."""
    take_in_hand(case)
    if (case.lead_name, case.lead_agency, case.lead_practitioner_id) == (name, agency, None):
        return
    leave_lead(case, on=on, by=by)
    change(case, lead_practitioner=None, lead_name=name, lead_agency=agency, led_from_on=on)
    write(case, f"{case.lead_shown} is the lead practitioner. {said}".strip(), on=on, by=by)
    give_to_holder(case, on=on, by=by)


def make_lead(case: Case, lead: Membership, *, on: dt.date, by: Membership) -> None:
    """This member leads from now on; whoever led or was asked no longer does."""
    take_in_hand(case)
    leave_lead(case, on=on, by=by)
    change(case, lead_practitioner=lead, lead_name="", lead_agency="", led_from_on=on)
    grants.grant(case, lead, reason=grants.LEADS, on=on, by=by)
    end_for_lead(case, lead, on=on, by=by)
    write(case, f"{lead.name} is the lead practitioner.", on=on, by=by)
    give_to_holder(case, on=on, by=by)


def leave_lead(case: Case, *, on: dt.date, by: Membership) -> None:
    """Whoever leads or was asked sees the child for it no more; whoever led is told, where another person did it."""
    before = case.lead_practitioner
    grants.end(case, before, reason=grants.LEADS, on=on)
    if before is not None and before.works and before.pk != by.pk:
        tell_lead_before(before)
    _ask_nobody(case, moves.LEAD, on=on)


def lead_ends(case: Case, leaver: Membership, *, on: dt.date, by: Membership) -> str:
    """Whoever leaves leads the case no more and is not asked to any more, with a line in the history for either.

    Answers the note for whoever is asked in their place; empty where they neither led nor were asked.
    """
    take_in_hand(case)
    note = ""
    if case.proposed_lead_id == leaver.pk:
        note = case.proposed_note or f"{leaver.name} was asked to lead and has left."
        _ask_nobody(case, moves.TAKE_BACK, on=on)
        write(case, f"{leaver.name}, who was asked to lead the case, has left.", on=on, by=by)
    if case.lead_practitioner_id == leaver.pk:
        note = f"{leaver.name} led the case and has left."
        _nobody_leads(case, why="has left", on=on, by=by)
    return note


def _nobody_leads(case: Case, *, why: str, on: dt.date, by: Membership) -> None:
    """The lead does not go on: nobody leads until somebody accepts. Whoever is asked meanwhile is asked still."""
    lead = case.lead_practitioner
    grants.end(case, lead, reason=grants.LEADS, on=on)
    change(case, lead_practitioner=None, led_from_on=None)
    name = lead.name if lead else ""
    write(case, f"{name}, who led the case, {why}. Nobody leads it until somebody accepts.", on=on, by=by)
    record("lead_ends", by=by, words=f"{name} leads the case no more.", subject=case, pupils=[case.pupil_id])


def hand_over_case(case: Case, *, holder: Membership, on: dt.date, by: Membership) -> None:
    """Give the holding of the case to another member, as when someone leaves."""
    take_in_hand(case)
    _hold(case, holder, on=on, by=by)
    give_to_holder(case, on=on, by=by)
    record("hand_over_case", by=by, words=f"Gave the case to {holder.name}.", subject=case, pupils=[case.pupil_id])


def _hold(case: Case, holder: Membership, *, on: dt.date, by: Membership) -> None:
    grants.end(case, case.holder, reason=grants.HOLDS, on=on)
    change(case, holder=holder, held_from_on=on)
    grants.grant_holder(case, on=on)
    write(case, f"{holder.name} holds the case.", on=on, by=by)


@transaction.atomic
def allocate_cases(cases: Sequence[Case], *, holder: Membership, on: dt.date, by: Membership) -> int:
    """Give these cases to one holder, who is told by e-mail. Who leads them goes on. Returns how many changed hands.

    All or none: refused where one is closed by now, or of a child whom the new holder may not see.
    """
    holder.on = on
    pupils = [case.pupil_id for case in cases]
    if Pupil.objects.visible_to(holder).filter(pk__in=pupils).count() != len(set(pupils)):
        raise Refused(f"{holder.name} may not see every one of these children. Give those to somebody else.")
    given = 0
    for case in sorted(cases, key=lambda one: one.pk):  # in one order, so that two team leaders never wait in a ring
        take_in_hand(case)
        if case.holder_id != holder.pk:
            _hold(case, holder, on=on, by=by)
            give_to_holder(case, on=on, by=by)
            given += 1
    if given:
        words = f"Gave {given} case{'' if given == 1 else 's'} to {holder.name}."
        record("allocate_cases", by=by, words=words, subject=holder, pupils=pupils)
        if holder.pk != by.pk:
            tell_holder(holder, count=given)
    return given


def everyone_leaves(case: Case, *, on: dt.date, by: Membership) -> None:
    """The case closes: nobody is asked or invited any more, and sight of the child that came with it ends.

    Who held and who led it stays written, for when it opens again. Call it in the action that closes.
    """
    take_in_hand(case)
    end_all_of(case, on=on, by=by)
    if case.proposed_lead_id:
        _ask_nobody(case, moves.LEAD, on=on)
    grants.end_all(case, on=on)


def holder_and_lead_return(case: Case, *, on: dt.date, by: Membership) -> None:
    """The case is open again: its holder and its lead see the child for it again. Nobody is invited again.

    Neither returns who has left the portal, or is at no school of the child's any more: whoever opens it holds it
    then, as an opener does (architecture section 10), and nobody leads it. The history says which of the two it was.
    """
    take_in_hand(case)
    holder, lead = case.holder, case.lead_practitioner
    people = may_return(case, on=on).filter(pk__in=[one.pk for one in (holder, lead) if one is not None])
    there = set(people.order_by().values_list("pk", flat=True))
    if holder.pk in there:
        grants.grant_holder(case, on=on)
    else:
        write(case, f"{holder.name}, who held the case, {why_not(holder)}.", on=on, by=by)
        _hold(case, by, on=on, by=by)
    if lead is not None and lead.pk in there:
        grants.grant(case, lead, reason=grants.LEADS, on=on, by=by)
    elif lead is not None:
        _nobody_leads(case, why=why_not(lead), on=on, by=by)
