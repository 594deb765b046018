"""Words of a case's pages, and the cases as lists need them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Prefetch, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework import barriers
from casework.models import Case, CaseEntry
from casework.reviews import due_on


def own_cases(member: Membership) -> QuerySet[Case]:
    """Open cases this member holds, leads, is asked to lead or is invited to, of children they may see."""
    seen: QuerySet[Case] = Case.objects.visible_to(member).worked_on_by(member)
    return seen


def with_people(cases: QuerySet[Case], on: dt.date) -> QuerySet[Case]:
    """Cases with everyone and everything that their rows show; `review_due_on` is the day of the next review, as of
    this day."""
    standing = Prefetch("barriers", barriers.standing(), to_attr="standing_barriers")
    return (
        cases.select_related(
            "pupil", "holder__user", "lead_practitioner__user", "proposed_lead__user", "closed_by__user"
        )
        .prefetch_related(standing)
        .annotate(review_due_on=due_on(on))
    )


def barrier_words(case: Case) -> list[str]:
    """The barriers that stand, as people read them; the case comes from `with_people`."""
    return barriers.said_of(case.standing_barriers)  # type: ignore[attr-defined]


def case_facts(case: Any) -> list[dict[str, Any]]:
    """The summary list of a case; it comes from `with_people`."""
    facts = [
        {"key": "Why it was opened", "value": case.reason},
        {"key": "Held by", "value": case.holder.name},
        {"key": "Lead practitioner", "value": case.lead_shown or "None yet"},
    ]
    review = f"{case.review_due_on:%-d %B %Y}" if case.review_due_on else "No date"
    facts += [
        {"key": "Barriers", "value": "; ".join(barrier_words(case)) or "None named"},
        {"key": "Review", "value": review},
        {"key": "Another multi-agency meeting", "value": case.other_meeting or "None named"},
        {"key": "Opened", "value": f"{case.opened_on:%-d %B %Y}"},
    ]
    if case.closed_on and case.closed_by:
        outcome = f"{Case.Outcome(case.outcome).label}. " if case.outcome else ""
        closed = f"{case.closed_on:%-d %B %Y}, {case.closed_by.name}: {outcome}{case.closing_reason}"
        facts.append({"key": "Closed", "value": closed})
        facts.append({"key": "What worked", "value": case.what_worked or "Nothing was written down"})
    return facts


def only_for(entry: CaseEntry) -> str:
    """Who may read a line that is kept for some: "only for Team leader and Legal officer"; else nothing."""
    labels = [Role(role).label for role in entry.restricted_to]
    return f"only for {' and '.join(filter(None, (', '.join(labels[:-1]), labels[-1])))}" if labels else ""


def history(case: Case, member: Membership) -> list[dict[str, Any]]:
    """The case's history as a timeline, latest first, as far as this member may read it."""
    lines = CaseEntry.objects.readable_by(member).filter(case=case).select_related("by__user")
    return [
        {
            "title": entry.source or "Case",
            "at": entry.happened_on,
            "when": f"{entry.happened_on:%-d %B %Y}",
            "by": "; ".join(filter(None, (entry.by.name if entry.by else "", only_for(entry)))),
            "text": entry.words,
        }
        for entry in lines.order_by("-happened_on", "-id")
    ]
