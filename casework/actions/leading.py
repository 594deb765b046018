"""Who leads a case, who is asked to, and who holds it."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import grants
from casework.actions.moving import change, write
from casework.models import Case


def ask_to_lead(case: Case, *, lead: Membership, on: dt.date, by: Membership) -> None:
    """Hand the lead over: the lead before stays until this person accepts, who sees the child from now on."""
    if lead.pk == case.lead_practitioner_id:
        raise Refused(f"{lead.name} leads this case already.")
    ask(case, lead, on=on, by=by)
    record("ask_to_lead", by=by, words=f"Asked {lead.name} to lead the case.", subject=case, pupils=[case.pupil_id])


def ask(case: Case, lead: Membership, *, on: dt.date, by: Membership) -> None:
    """Somebody is asked to lead, in place of whoever was asked before."""
    grants.end(case, case.proposed_lead, reason=grants.ASKED, on=on)
    change(case, proposed_lead=lead, proposed_on=on, proposed_by=by)
    grants.grant(case, lead, reason=grants.ASKED, on=on)
    write(case, f"{lead.name} was asked to lead the case.", on=on, by=by)


def accept_lead(case: Case, *, on: dt.date, by: Membership) -> None:
    """Take up the lead one was asked to take. The lead before no longer sees the child for leading alone."""
    if case.proposed_lead_id != by.pk:
        raise Refused("You were not asked to lead this case, or somebody else has been asked since.")
    make_lead(case, by, on=on, by=by)
    record("accept_lead", by=by, words="Accepted the lead of the case.", subject=case, pupils=[case.pupil_id])


def decline_lead(case: Case, *, reason: str, on: dt.date, by: Membership) -> None:
    """Say no to leading, with the reason. The lead before stays, and the sight of the child ends."""
    if case.proposed_lead_id != by.pk:
        raise Refused("You were not asked to lead this case, or somebody else has been asked since.")
    write(case, f"{by.name} did not accept the lead: {reason}", on=on, by=by)
    record("decline_lead", by=by, words=f"Declined the lead: {reason}", subject=case, pupils=[case.pupil_id])
    change(case, proposed_lead=None, proposed_on=None, proposed_by=None)
    grants.end(case, by, reason=grants.ASKED, on=on)


def record_lead_without_account(case: Case, *, name: str, agency: str, on: dt.date, by: Membership) -> None:
    """Name a lead practitioner who does not use the portal. Nobody can accept, so it stands at once."""
    lead_without_account(case, name, agency, on=on, by=by)
    record("record_lead_without_account", by=by, words=f"{name} leads the case.", subject=case, pupils=[case.pupil_id])


def lead_without_account(case: Case, name: str, agency: str, *, on: dt.date, by: Membership) -> None:
    """Somebody who does not use the portal leads from now on."""
    if (case.lead_name, case.lead_agency, case.lead_practitioner_id) == (name, agency, None):
        return
    leave_lead(case, on=on)
    change(case, lead_practitioner=None, lead_name=name, lead_agency=agency)
    write(case, f"{case.lead_shown} is the lead practitioner.", on=on, by=by)


def make_lead(case: Case, lead: Membership, *, on: dt.date, by: Membership) -> None:
    """This member leads from now on; whoever led or was asked no longer does."""
    leave_lead(case, on=on)
    change(case, lead_practitioner=lead, lead_name="", lead_agency="")
    grants.grant(case, lead, reason=grants.LEADS, on=on)
    write(case, f"{lead.name} is the lead practitioner.", on=on, by=by)


def leave_lead(case: Case, *, on: dt.date) -> None:
    """Whoever leads or was asked sees the child for it no more."""
    grants.end(case, case.lead_practitioner, reason=grants.LEADS, on=on)
    grants.end(case, case.proposed_lead, reason=grants.ASKED, on=on)
    change(case, proposed_lead=None, proposed_on=None, proposed_by=None)


def hand_over_case(case: Case, *, holder: Membership, on: dt.date, by: Membership) -> None:
    """Give the holding of the case to another member, as when someone leaves."""
    change(case, holder=holder)
    write(case, f"{holder.name} holds the case.", on=on, by=by)
    record("hand_over_case", by=by, words=f"Gave the case to {holder.name}.", subject=case, pupils=[case.pupil_id])
