"""What people do with a plan: write it, put it forward, say whether they agree, approve it, change it, end it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Max

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import targets
from casework.actions.moving import change, move, write
from casework.models import Case, Plan, PlanAction, PlanAgreement, PlanPolicy
from casework.plan_moves import AGREED, DRAFT, PLAN_MOVES, REPLACED, WAITING
from casework.plan_words import family_disagreed
from schools.models import Enrolment
from schools.stored.same_child import records_of

_COPIED = ("needs", "change_for_child", "target_percent")
_SAID = {"yes": "agreed to", "no": "did not agree to", "not-asked": "could not be asked about"}


def write_plan(
    case: Case,
    *,
    needs: str,
    change_for_child: str,
    review_on: dt.date,
    target_percent: Decimal | None,
    on: dt.date,
    by: Membership,
) -> Plan:
    """Begin a plan for the child. Refused while one is being written, or agreed: that one is changed."""
    change(case)
    if (held := plan_there(case)) and held.is_agreed:
        raise Refused("This case has an agreed plan. Choose “Change the plan” there to make a new version of it.")
    _refuse_second(case)
    made = _new_version(case, on=on, by=by, review_on=review_on, needs=needs, change_for_child=change_for_child,
                        target_percent=target_percent)  # fmt: skip
    told(made, "write_plan", f"Began to write {plan_words(made)}.", on=on, by=by)
    return made


def plan_there(case: Case) -> Plan | None:
    """The plan to go on with instead of beginning another: the one being written, else the agreed one."""
    standing = Plan.objects.filter(case=case, stage__in=[DRAFT, WAITING, AGREED])
    held: Plan | None = standing.order_by("-version").first()
    return held


def _refuse_second(case: Case) -> None:
    if Plan.objects.filter(case=case).under_way().exists():
        raise Refused(PLAN_MOVES["write_plan"].refusal)


def _new_version(case: Case, *, on: dt.date, by: Membership, **words: Any) -> Plan:
    latest = Plan.objects.filter(case=case).aggregate(found=Max("version"))["found"] or 0
    made: Plan = Plan.objects.create(case=case, version=latest + 1, drafted_on=on, drafted_by=by, **words)
    return made


def plan_words(plan: Plan) -> str:
    """“the plan” in a sentence, with its version."""
    return f"version {plan.version} of the plan"


def told(plan: Plan, what: str, words: str, *, on: dt.date, by: Membership) -> None:
    """A line in the case's history and one event."""
    write(plan.case, words, on=on, by=by, source="Plan")
    noted(plan, what, words, by=by)


def noted(plan: Plan, what: str, words: str, *, by: Membership) -> None:
    """One event."""
    record(what, by=by, words=words, subject=plan, pupils=[plan.case.pupil_id])


def shift(plan: Plan, what: str, **changes: Any) -> None:
    """Make this move of the open case's plan, or refuse; the case's row is held meanwhile, so that two take turns."""
    change(plan.case)
    move(plan, PLAN_MOVES[what], **changes)


def take_in_hand(plan: Plan) -> None:
    """The case's plan as it is now, which nobody changes until this transaction ends. Whether it may is the act's."""
    Case.objects.select_for_update(no_key=True).only("pk").get(pk=plan.case_id)
    plan.refresh_from_db(fields=[*_COPIED, "review_on", "stage"])


def edit_plan(
    plan: Plan,
    *,
    needs: str,
    change_for_child: str,
    review_on: dt.date,
    target_percent: Decimal | None,
    by: Membership,
) -> None:
    """Change the words of a plan that is being written. Writing is no event of the child's: the trail alone has it."""
    words = {"needs": needs, "change_for_child": change_for_child}
    shift(plan, "edit_plan", **words, review_on=review_on, target_percent=target_percent)
    noted(plan, "edit_plan", f"Went on writing {plan_words(plan)}.", by=by)


def put_plan_forward(plan: Plan, *, on: dt.date, by: Membership) -> None:
    """Close the words of the plan, so that family, child and school can say whether they agree."""
    take_in_hand(plan)
    if not PlanAction.objects.filter(plan=plan).exists():
        raise Refused("A plan needs at least one action, with who does it and by when. Add one first.")
    if plan.review_on < on:
        raise Refused("The review date has passed. Change it first.")
    shift(plan, "put_plan_forward", put_forward_on=on, put_forward_by=by, sent_back_why="")
    told(plan, "put_plan_forward", f"Put {plan_words(plan)} forward to be agreed.", on=on, by=by)


def take_plan_back(plan: Plan, *, on: dt.date, by: Membership) -> None:
    """Go on writing a plan that was put forward. What was said to its earlier words no longer stands, and is kept."""
    _back(plan, "take_plan_back", "", on=on)
    told(plan, "take_plan_back", f"Took {plan_words(plan)} back to go on writing it.", on=on, by=by)


def send_plan_back(plan: Plan, *, reason: str, on: dt.date, by: Membership) -> None:
    """As a team leader, ask for something to be written differently."""
    _back(plan, "send_plan_back", reason, on=on)
    told(plan, "send_plan_back", f"Sent {plan_words(plan)} back: {reason}", on=on, by=by)


def _back(plan: Plan, what: str, reason: str, *, on: dt.date) -> None:
    shift(plan, what, put_forward_on=None, put_forward_by=None, sent_back_why=reason)
    PlanAgreement.objects.filter(plan=plan, ended_on=None).update(ended_on=on)


def change_review_of_plan(plan: Plan, *, review_on: dt.date, on: dt.date, by: Membership) -> None:
    """Give a plan that waits to be agreed another review day. Its words stay, and so does what was said to them.

    Refused of a day that has passed.
    """
    if review_on < on:
        raise Refused("The review date has passed. Enter today or a later day.")
    take_in_hand(plan)
    was = plan.review_on
    shift(plan, "change_review_of_plan", review_on=review_on)
    if review_on == was:
        return
    days = f"{review_on:%-d %B %Y}, in place of {was:%-d %B %Y}"
    told(plan, "change_review_of_plan", f"Review of {plan_words(plan)} on {days}. The answers stand.", on=on, by=by)


def record_agreement(
    plan: Plan, *, party: str, who: str, says: str, words: str, agreed_on: dt.date, on: dt.date, by: Membership
) -> PlanAgreement:
    """Keep what one of the family or the school said to the plan, in their own words; a later answer replaces it."""
    shift(plan, "record_agreement")
    PlanAgreement.objects.filter(plan=plan, party=party, who=who, ended_on=None).update(ended_on=on)
    made: PlanAgreement = PlanAgreement.objects.create(
        plan=plan, party=party, who=who, says=says, words=words, agreed_on=agreed_on, recorded_on=on, recorded_by=by
    )
    said = f"{who} {_SAID[says]} {plan_words(plan)}"
    told(plan, "record_agreement", f"{said}{f': {words}' if words else '.'}", on=on, by=by)
    return made


def answers_wanted(plan: Plan, on: dt.date) -> list[str]:
    """Whose answer is still to be recorded before the plan can count, as a person reads it. Two queries at most.

    The child and a parent or carer answer either way, or could not be asked; the school must have agreed. Where no
    record of the child is on a roll that day, there is no school to agree: that it could not be asked is enough.
    """
    held = set(PlanAgreement.objects.filter(plan=plan, ended_on=None).values_list("party", "says"))
    answered, party = {one for one, _ in held}, PlanAgreement.Party
    school = _school_wanted(plan, {says for one, says in held if one == party.SCHOOL}, on)
    wanted = [
        (party.CHILD in answered, "what the child says"),
        (party.PARENT in answered, "what a parent or carer says"),
    ]
    return [words for there, words in (*wanted, (not school, school)) if not there]


def _school_wanted(plan: Plan, said: set[str], on: dt.date) -> str:
    if "yes" in said:
        return ""
    if Enrolment.objects.on_roll(on).filter(pupil__in=records_of(plan.case.pupil_id)).exists():
        return "that the school agrees"
    return "" if "not-asked" in said else "that no school could be asked, for the child is on no roll"


def policy_on(day: dt.date) -> PlanPolicy | None:
    """What the authority chose of plans for that day; None where nothing was chosen: no approval is asked."""
    found: PlanPolicy | None = PlanPolicy.objects.filter(from_on__lte=day).order_by("-from_on", "-pk").first()
    return found


def approval_is_needed(day: dt.date) -> bool:
    policy = policy_on(day)
    return policy is not None and policy.needs_approval


def agree_plan(plan: Plan, *, on: dt.date, by: Membership) -> None:
    """The plan counts from now on, where no approval is asked. The version before it is replaced."""
    if approval_is_needed(on):
        raise Refused("A team leader approves plans here. This plan waits on the list of plans to approve.")
    _count(plan, "agree_plan", on=on, by=by)
    words = f"{plan_words(plan).capitalize()} is agreed and counts from today."
    if disagreed := _disagreed(plan):
        words = f"{plan_words(plan).capitalize()} counts from today. {disagreed}"
    told(plan, "agree_plan", words, on=on, by=by)


def approve_plan(plan: Plan, *, on: dt.date, by: Membership) -> None:
    """As a team leader, let the plan count from now on. The version before it is replaced."""
    _count(plan, "approve_plan", on=on, by=by, approved_on=on, approved_by=by)
    words = f"Approved {plan_words(plan)}, which counts from today. {_disagreed(plan)}"
    told(plan, "approve_plan", words.strip(), on=on, by=by)


def _disagreed(plan: Plan) -> str:
    return family_disagreed(PlanAgreement.objects.filter(plan=plan, ended_on=None))


def _count(plan: Plan, what: str, *, on: dt.date, by: Membership, **approved: Any) -> None:
    """The figures behind the target are frozen beside it, and the case is reviewed when the plan is.

    Unless a review that was held meanwhile, or somebody, set a later day: the case's review never moves back.
    """
    take_in_hand(plan)
    if plan.review_on < on:
        raise Refused(
            "The review date of this plan has passed. Change the date first: what was said to the plan stands.",
            way=("Change the review date", "change_review_of_plan", plan.pk),
        )
    change(plan.case, review_on=_later(plan.case, plan.review_on))
    if wanted := answers_wanted(plan, on):
        raise Refused(f"Before the plan can count, record {', and '.join(wanted)}.")
    before = Plan.objects.filter(case=plan.case_id, stage=AGREED).exclude(pk=plan.pk)
    before.update(stage=REPLACED, replaced_on=on)
    frozen = targets.kept(targets.year_so_far(plan.case.pupil, on))
    move(
        plan,
        PLAN_MOVES[what],
        agreed_on=on,
        agreed_by=by,
        agreed_review_on=plan.review_on,
        arithmetic=frozen,
        **approved,
    )


def _later(case: Case, day: dt.date) -> dt.date:
    held = Case.objects.values_list("review_on", flat=True).get(pk=case.pk)
    return max(held, day) if held else day


def change_plan(plan: Plan, *, on: dt.date, by: Membership) -> Plan:
    """Make the next version from the agreed one, with the actions still to be done; this one counts meanwhile."""
    shift(plan, "change_plan")
    _refuse_second(plan.case)
    words = {name: getattr(plan, name) for name in _COPIED}
    made = _new_version(plan.case, on=on, by=by, review_on=plan.review_on, **words)
    copy_into(made, PlanAction.objects.filter(plan=plan).undone())
    told(made, "change_plan", f"Began {plan_words(made)}.", on=on, by=by)
    return made


def copy_into(plan: Plan, actions: Iterable[PlanAction]) -> None:
    """Put these actions of the version before into one that is being written, each with where it comes from."""
    copied = ("what", "owner_id", "owner_name", "agency", "due_on")
    PlanAction.objects.bulk_create(
        PlanAction(plan=plan, carried_from=one, **{name: getattr(one, name) for name in copied}) for one in actions
    )


def set_plan_aside(plan: Plan, *, on: dt.date, by: Membership) -> None:
    """Give up writing this version. It is kept, and counts for nothing."""
    shift(plan, "set_plan_aside")
    told(plan, "set_plan_aside", f"Set {plan_words(plan)} aside.", on=on, by=by)


def end_plan(plan: Plan, *, outcome: str, on: dt.date, by: Membership) -> None:
    """The plan has done its work, or does not help any more. Its actions are nobody's to do from now on."""
    shift(plan, "end_plan", ended_on=on, ended_by=by, outcome=outcome)
    told(plan, "end_plan", f"Ended the plan: {outcome}", on=on, by=by)


def end_with_case(case: Case, *, outcome: str, on: dt.date, by: Membership) -> None:
    """The case closes: its plan ends with what came of it, and a version that is under way is set aside.

    Else the plan of years ago would count again, unread, from the moment in which the case is opened again.
    """
    for plan in Plan.objects.filter(case=case, stage__in=[DRAFT, WAITING, AGREED]).order_by("version"):
        plan.case = case
        if plan.is_agreed:
            end_plan(plan, outcome=outcome, on=on, by=by)
        else:
            shift(plan, "close_case")
            told(plan, "set_plan_aside", f"Set {plan_words(plan)} aside.", on=on, by=by)


def set_plan_policy(*, from_on: dt.date, needs_approval: bool, by: Membership, at: dt.datetime) -> PlanPolicy:
    """Choose whether a team leader approves plans, from a day on, today or later."""
    if from_on < by.on:
        raise Refused("This cannot be asked of days that have passed. Enter today or a later day.")
    if approval_is_needed(from_on) == needs_approval:
        raise Refused("This is so already on that day. Nothing was changed.")
    made: PlanPolicy = PlanPolicy.objects.create(from_on=from_on, needs_approval=needs_approval, set_by=by, set_at=at)
    words = f"Chose whether a team leader approves plans, from {from_on:%-d %B %Y} on."
    record("set_plan_policy", by=by, words=words, subject=made, needs_approval=needs_approval)
    return made
