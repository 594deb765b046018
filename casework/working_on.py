"""Who works on a case: the part of its page that names its holder, its lead, who is asked and who is invited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from attendance_portal.models import Membership
from casework.models import Case, CaseInvitation
from casework.parts import Part
from casework.people import may_decide


def who_works(case: Case, member: Membership) -> Part:
    """Everyone who works on the case, with agency and since when. One query; the case comes from `with_people`."""
    invited = CaseInvitation.objects.standing().filter(case=case).select_related("membership__user")
    decides = case.closed_on is None and may_decide(case, member)
    rows = [*_answering(case), *(_invited(case, one, member, decides) for one in invited)]
    title = "Who worked on this case" if case.closed_on else "Who works on this case"
    return Part(title, "casework/parts_people.html", {"rows": rows}, _links(case, decides))


def _links(case: Case, decides: bool) -> list[tuple[str, str]]:
    if not decides:
        return []
    links = [(asking_words(case), "hand_over_lead"), ("Invite somebody to work on it", "invite_to_case")]
    if case.proposed_lead_id:
        links.insert(1, ("Take back asking somebody to lead", "take_back_asking"))
    return [(text, reverse(name, args=[case.pk])) for text, name in links]


def asking_words(case: Case) -> str:
    """What asking somebody to lead is called: only where somebody leads is there a lead to hand over."""
    if case.has_lead:
        return "Hand over the lead"
    return "Ask somebody else to lead" if case.proposed_lead_id else "Ask somebody to lead"


def _answering(case: Case) -> Iterator[dict[str, Any]]:
    holds, leads = ("Held the case", "Led it") if case.closed_on else ("Holds the case", "Leads it")
    yield _row(holds, case.holder.name, case.holder.organisation, case.held_from_on)
    if case.lead_practitioner is not None:
        lead = case.lead_practitioner
        why = "" if lead.works else "Has left, so nobody leads the case."
        yield _row(leads, lead.name, lead.organisation, case.led_from_on, why=why)
    elif case.lead_name:
        yield _row(leads, case.lead_name, case.lead_agency, case.led_from_on, why="Does not use the portal.")
    if case.proposed_lead is not None:
        asked = case.proposed_lead
        yield _row("Is asked to lead", asked.name, asked.organisation, case.proposed_on, why=case.proposed_note)


def _invited(case: Case, one: CaseInvitation, member: Membership, decides: bool) -> dict[str, Any]:
    who = one.membership
    href = reverse("end_invitation", args=[case.pk, one.pk]) if decides or who.pk == member.pk else ""
    return _row("Is invited", who.name, who.organisation, one.invited_on, why=one.why, href=href)


def _row(does: str, name: str, agency: str, since: dt.date | None, *, why: str = "", href: str = "") -> dict[str, Any]:
    return {"does": does, "name": name, "agency": agency, "since": since, "why": why, "href": href}
