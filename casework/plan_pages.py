"""What the pages and documents about one plan or contract are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.merging import digest
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from attendance_portal.tenancy import current_authority
from casework import plan_words, targets
from casework.actions.plans import answers_wanted, approval_is_needed
from casework.models import AttendanceContract, Plan, PlanAction, PlanAgreement
from casework.people import may_write
from casework.tracked import enrolments_known
from schools.children.families import FamilyMember, family_of, standing_links
from schools.models import CarerLink, Enrolment, Pupil, School
from schools.stored.same_child import records_of


def as_typed(plan: Plan) -> dict[str, Any]:
    """A plan as its form begins with it."""
    target = plan_words.target_shown(plan).removesuffix("%") if plan.target_percent is not None else ""
    return {
        "needs": plan.needs,
        "change_for_child": plan.change_for_child,
        "target_percent": target,
        "review_on": plan.review_on,
    }


def before_choosing(pupil: Pupil, member: Membership) -> list[str]:
    """What whoever chooses a target should know of the year so far."""
    shown, name = targets.shown_to(targets.year_so_far(pupil, member.on), member), pupil.forename
    found = [words for year in shown.years for words in targets.before_choosing(year, name)]
    return [*found, plan_words.not_shown(name)] if shown.has_others else found


def action_as_typed(action: PlanAction) -> dict[str, Any]:
    """An action as its form begins with it."""
    return {
        "what": action.what,
        "who": "account" if action.owner_id else "name",
        "owner": action.owner_id,
        "owner_name": action.owner_name,
        "agency": action.agency,
        "due_on": action.due_on,
    }


def as_it_stands(plan: Plan, *, answers: bool) -> str:
    """A digest of the words and actions of a plan, and of the answers to it where these count too. Two queries."""
    actions = PlanAction.objects.filter(plan=plan).order_by("pk")
    told = actions.values_list("what", "owner", "owner_name", "agency", "due_on")
    said = PlanAgreement.objects.filter(plan=plan, ended_on=None).order_by("pk") if answers else ()
    words = plan.needs, plan.change_for_child, plan.target_percent, plan.review_on
    whole = [str(one) for one in (*words, *told, *(one.pk for one in said))]
    return digest(whole)


def content(plan: Plan, member: Membership) -> dict[str, Any]:
    """What everybody reads of a plan: its words, actions and answers. Seven queries at most."""
    actions = PlanAction.objects.filter(plan=plan).select_related("owner__user")
    standing = list(PlanAgreement.objects.filter(plan=plan, ended_on=None))
    frozen = targets.as_kept(plan.arithmetic)
    years = frozen if plan.agreed_on else targets.year_so_far(plan.case.pupil, member.on)
    return {
        "plan": plan,
        "pupil": plan.case.pupil,
        "tag": plan_words.stage_tag(plan),
        "target": plan_words.target_shown(plan),
        "sentences": plan_words.target_sentences(plan, targets.shown_to(years, member)),
        "actions": [plan_words.action_row(one, member.on) for one in actions],
        "answers": standing,
        "disagreed": plan_words.family_disagreed(standing),
        "review": plan_words.review_words(plan),
        "next_review": plan.review_on if plan.agreed_review_on not in (None, plan.review_on) else None,
        "is_past_review": plan.is_past_review(member.on),
    }


def plan_shown(plan: Plan, member: Membership) -> dict[str, Any]:
    """Everything on a plan's page."""
    versions = list(Plan.objects.filter(case=plan.case_id).order_by("-version"))
    may = not plan.case.closed_on and may_write(plan.case, member)
    told = content(plan, member)
    if plan.is_agreed and (now := targets.year_so_far(plan.case.pupil, member.on)):
        told["now"] = plan_words.target_sentences(plan, targets.shown_to(now, member))
    return told | {
        "versions": [(one, plan_words.stage_tag(one)) for one in versions],
        "has_earlier": any(one.version == plan.version - 1 for one in versions),
        "may_write": may,
        "may_approve": plan.is_waiting and not plan.case.closed_on and member.may(Permission.PLAN_APPROVE),
        "must_move_review": plan.is_waiting and not plan.case.closed_on and plan.review_on < member.on,
        "wanted": answers_wanted(plan, member.on) if plan.is_waiting else [],
        "as_read": as_it_stands(plan, answers=True) if plan.is_waiting else "",
        "needs_approval": plan.is_waiting and approval_is_needed(member.on),
        "not_to_be_told": not_to_be_told(plan.case.pupil, member.on),
    }


def plan_document(plan: Plan, member: Membership) -> dict[str, Any]:
    """What the PDF file of a plan shows."""
    title = f"Plan for {plan.case.pupil}"
    return content(plan, member) | {"title": title, "authority": current_authority()}


def compared(before: Plan, after: Plan) -> dict[str, Any]:
    """Two versions side by side. Two queries."""
    of_each = [list(PlanAction.objects.filter(plan=plan).select_related("owner__user")) for plan in (before, after)]
    return {
        "before": before,
        "after": after,
        "pupil": after.case.pupil,
        "words": plan_words.compare_words(before, after),
        "actions": plan_words.compare_actions(*of_each),
    }


def not_to_be_told(pupil: Pupil, on: dt.date) -> list[str]:
    """The names of those who must not be told where the child is: nothing of this may be given to them.

    Whichever of the child's linked records says so: it is the child who must be safe.
    """
    return sorted({link.carer.name for link in _must_not_know(pupil, on)})


def _must_not_know(pupil: Pupil, on: dt.date) -> list[CarerLink]:
    links = standing_links(on).filter(pupil__in=records_of(pupil), must_not_know=True)
    return list(links.select_related("carer"))


def parents_offered(pupil: Pupil, member: Membership) -> list[FamilyMember]:
    """The parents and carers with whom a contract can be made: a contract tells where the child goes to school."""
    records = list(Pupil.objects.visible_to(member).filter(pk__in=records_of(pupil)))
    withheld = {link.carer_id for link in _must_not_know(pupil, member.on)}
    return [one for one in family_of(records, member) if one.link.carer_id not in withheld]


def schools_offered(pupil: Pupil, member: Membership) -> list[School]:
    """The schools that a contract can be about: where the child is on roll, as far as the member knows of them."""
    records = Pupil.objects.visible_to(member).filter(pk__in=records_of(pupil))
    known = Enrolment.objects.on_roll(member.on) & enrolments_known(member)
    enrolled = known.filter(pupil__in=records).select_related("school").order_by("-admission_on", "pk")
    return list(dict.fromkeys(one.school for one in enrolled))


def school_told(contract: AttendanceContract, member: Membership) -> str:
    """The name of the contract's school; empty for whoever works at another, who is not told where else the child
    goes or went (decision 0019)."""
    if contract.school is None:
        return ""
    own = not member.is_of_a_school or School.objects.of_or_before(member).filter(pk=contract.school_id).exists()
    return contract.school.name if own else ""


def contract_document(contract: AttendanceContract, member: Membership) -> dict[str, Any]:
    """What the printable contract shows: names and statements, nobody's address, and the school as it was when the
    contract was offered, wherever the child goes now. One query."""
    school, authority = school_told(contract, member), current_authority()
    return {
        "title": "Attendance contract",
        "contract": contract,
        "pupil": contract.case.pupil,
        "school": school,
        "maker": plan_words.maker_words(contract, school, str(authority.name)),
        "authority": authority,
    }
