"""Opening a case, bringing it up to date, and what is written and changed in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission
from casework import barriers as taxonomy
from casework import grants
from casework.actions.leading import ask, lead_without_account, make_lead
from casework.actions.moving import change, open_case_of, refuse_second_case, take_turns_to_open, write
from casework.models import Case, CaseBarrier, CaseEntry, Plan
from schools.models import Pupil

HAS_CASE: Final = "This child has an open case already. Write in that one."


@dataclass(frozen=True)
class Minuted:
    """What a confirmed minute says of one child's case. `present` are members who were at the meeting."""

    reason: str
    words: str
    holder: Membership
    barriers: tuple[str, ...] = ()
    lead: Membership | None = None
    lead_name: str = ""
    lead_agency: str = ""
    review_on: dt.date | None = None
    other_meeting: str = ""
    present: frozenset[Any] = field(default_factory=frozenset)


def open_case(
    pupil: Pupil,
    *,
    reason: str,
    on: dt.date,
    by: Membership,
    holder: Membership | None = None,
    source: str = "",
) -> Case:
    """Open a child's case; the opener holds it unless another who works here is named.

    Refused while one is open, also by another record that was said to be the same child (`refuse_second_case`).
    """
    take_turns_to_open(pupil.pk)  # of two who open one at once the later finds it
    refuse_second_case(pupil, HAS_CASE, on=on, by=by)
    holds = holder if holder is not None and holder.works else by
    case: Case = Case.objects.create(
        pupil=pupil, reason=reason, holder=holds, held_from_on=on, opened_on=on, opened_by=by
    )
    grants.grant_holder(case, on=on)
    write(case, f"Case opened. {reason}", on=on, by=by, source=source)
    record("open_case", by=by, words="Opened a case.", subject=case, pupils=[pupil.pk])
    return case


def update_case_from_minutes(pupil: Pupil, minuted: Minuted, *, on: dt.date, by: Membership, source: str) -> Case:
    """Open the child's case, or update the open one, with what both sides confirmed.

    Barriers that they name are added, and none is ended: that is for somebody to say of the case itself. A lead who
    was at the meeting leads from now on; one who was not is asked, and the lead before stays. One who has left since
    the meeting neither leads nor is asked, and an officer who has left does not come to hold the case.
    """
    take_turns_to_open(pupil.pk)
    case = open_case_of(pupil.pk) or open_case(
        pupil, reason=minuted.reason, holder=minuted.holder, source=source, on=on, by=by
    )
    if minuted.barriers:
        _add_barriers(case, minuted.barriers, on=on, by=by, source=source)
    if (day := minuted.review_on) and (case.review_on is None or day >= min(on, case.review_on)):
        change(case, review_on=day)  # confirmed late, a day that has passed moves no later review back
    if minuted.other_meeting and minuted.other_meeting != case.other_meeting:
        _name_other_meeting(case, minuted.other_meeting, on=on, by=by, source=source)
    _take_up_lead(case, minuted, on=on, by=by)
    if minuted.words:
        write(case, minuted.words, on=on, by=by, source=source)
    record("update_case_from_minutes", by=by, words=f"Updated the case: {source}.", subject=case, pupils=[pupil.pk])
    return case


def _take_up_lead(case: Case, minuted: Minuted, *, on: dt.date, by: Membership) -> None:
    lead = minuted.lead
    if lead is None:
        if minuted.lead_name:
            lead_without_account(case, minuted.lead_name, minuted.lead_agency, on=on, by=by)
    elif not (lead.works and lead.may(Permission.CASE_LEAD)):
        write(case, f"{lead.name}, who was to lead the case, has left or may not lead cases.", on=on, by=by)
    elif lead.pk != case.lead_practitioner_id:
        if lead.pk in minuted.present or lead.pk == by.pk:
            make_lead(case, lead, on=on, by=by)
        else:
            ask(case, lead, on=on, by=by)


def change_review_date(case: Case, *, review_on: dt.date | None, on: dt.date, by: Membership) -> None:
    """Set the day on which the case is looked at again, or none; the plan that counts is looked at on the same day.

    Refused of a day that has passed, and of none while a plan is to be reviewed. What was agreed stays beside its day.
    """
    if review_on and review_on < on:
        raise Refused("The review date has passed. Enter today or a later day.")
    change(case)  # nobody moves its days from here on
    if review_on:
        words = f"Review on {review_on:%-d %B %Y}.{_move_plan(case, review_on)}"
    else:
        _refuse_without_a_day(case, on=on)
        words = "No review date any more."
    change(case, review_on=review_on)
    write(case, words, on=on, by=by)
    record("change_review_date", by=by, words=words, subject=case, pupils=[case.pupil_id])


def _move_plan(case: Case, review_on: dt.date) -> str:
    """What the case's history says of its plan's day, where that was another one."""
    plan = Plan.objects.current().filter(case=case).exclude(review_on=review_on).first()
    if plan is None:
        return ""
    Plan.objects.filter(pk=plan.pk).update(review_on=review_on)
    return f" The plan was to be reviewed on {plan.review_on:%-d %B %Y}, and is now reviewed on this day too."


def _refuse_without_a_day(case: Case, *, on: dt.date) -> None:
    if plan := Plan.objects.to_review(on).filter(case=case).first():
        day = f"{plan.review_on:%-d %B %Y}"
        words = f"The agreed plan is to be reviewed on {day}. Enter another day, or end the plan first."
        raise Refused(words, way=("Open the plan", "plan_page", plan.pk))


def change_other_meeting(case: Case, *, other_meeting: str, on: dt.date, by: Membership) -> None:
    """Say at which other multi-agency meeting the child is discussed (up to 200 characters), or at none any more.

    Such a child comes last of its group on a Targeting Support Meeting's list (guidance of August 2024, chapter 4).
    """
    words = _name_other_meeting(case, other_meeting, on=on, by=by)
    record("change_other_meeting", by=by, words=words, subject=case, pupils=[case.pupil_id])


def _name_other_meeting(case: Case, other_meeting: str, *, on: dt.date, by: Membership, source: str = "") -> str:
    change(case, other_meeting=other_meeting)
    words = f"Discussed at another multi-agency meeting: {other_meeting.rstrip('.')}."
    if not other_meeting:
        words = "No longer discussed at another multi-agency meeting."
    write(case, words, on=on, by=by, source=source)
    return words


def change_barriers(case: Case, *, barriers: Iterable[str], on: dt.date, by: Membership) -> None:
    """Say which barriers stand now (codes of `casework.barriers`); those gone are ended, never deleted."""
    change(case)
    standing = _set_barriers(case, barriers, on=on)
    words = f"Barriers: {', '.join(taxonomy.labels(standing)) or 'none'}."
    write(case, words, on=on, by=by)
    record("change_barriers", by=by, words=words, subject=case, pupils=[case.pupil_id])


def _set_barriers(case: Case, codes: Iterable[str], *, on: dt.date) -> list[str]:
    asked = taxonomy.known(codes)
    held = CaseBarrier.objects.filter(case=case, ended_on=None)
    held.exclude(barrier__in=asked).update(ended_on=on)
    there = set(held.values_list("barrier", flat=True))
    _note_barriers(case, (code for code in asked if code not in there), on=on)
    return asked


def _add_barriers(case: Case, codes: Iterable[str], *, on: dt.date, by: Membership, source: str) -> None:
    standing = set(CaseBarrier.objects.filter(case=case, ended_on=None).values_list("barrier", flat=True))
    if added := [code for code in taxonomy.known(codes) if code not in standing]:
        _note_barriers(case, added, on=on)
        write(case, f"Barriers added: {', '.join(taxonomy.labels(added))}.", on=on, by=by, source=source)


def _note_barriers(case: Case, codes: Iterable[str], *, on: dt.date) -> None:
    CaseBarrier.objects.bulk_create(CaseBarrier(case=case, barrier=code, noted_on=on) for code in codes)


def add_entry(
    case: Case, *, words: str, happened_on: dt.date, by: Membership, restricted_to: Sequence[str] = ()
) -> CaseEntry:
    """Write what happened into the case's history, on the day it happened.

    restricted_to: the roles that alone may read it, beside its author; nobody else learns that it exists.
    """
    change(case)
    entry = write(case, words, on=happened_on, by=by, restricted_to=restricted_to)
    record("add_entry", by=by, words="Wrote in the case.", subject=case, pupils=[case.pupil_id])
    return entry
