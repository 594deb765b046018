"""A plan and a contract as pages and documents show them: answers, actions, versions compared, words of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from casework import targets
from casework.models import AttendanceContract, Plan, PlanAction, PlanAgreement
from casework.plan_moves import ACCEPTED, AGREED, CONTRACT_STAGES, DRAFT, ENDED, PLAN_STAGES, WAITING

_COLOURS = {DRAFT: "blue", WAITING: "yellow", AGREED: "green", ACCEPTED: "green"}


def stage_tag(row: Plan | AttendanceContract) -> dict[str, str]:
    """The stage in words, with the colour of its tag."""
    words = PLAN_STAGES if isinstance(row, Plan) else CONTRACT_STAGES
    return {"words": words[row.stage], "colour": _COLOURS.get(row.stage, "grey")}


def day_words(day: dt.date | None) -> str:
    return f"{day:%-d %B %Y}" if day else "No date"


def review_words(plan: Plan) -> str:
    """The review as it was agreed, or as it stands in what is not agreed yet."""
    return day_words(plan.agreed_review_on or plan.review_on)


@dataclass(frozen=True)
class ActionRow:
    """One action of a plan with what became of it."""

    action: PlanAction
    state: str
    colour: str


def action_row(action: PlanAction, on: dt.date) -> ActionRow:
    """Overdue is said only while something is still to be done."""
    if action.done_on:
        return ActionRow(action, f"Done on {day_words(action.done_on)}", "green")
    if action.given_up_on:
        return ActionRow(action, "No longer to be done", "grey")
    if action.due_on < on:
        return ActionRow(action, "Overdue", "red")
    return ActionRow(action, "To do", "blue")


def answer_words(party: str, who: str, says: str) -> str:
    """“Mary West (a parent or carer): agreed”."""
    labels = dict(PlanAgreement.Party.choices), dict(PlanAgreement.Says.choices)
    return f"{who} ({labels[0][party].lower()}): {labels[1][says].lower()}"


def family_disagreed(answers: Iterable[PlanAgreement]) -> str:
    """“Amy Abbott and Mary West did not agree to it.” of these answers; empty where none of the family said no.

    A family's no does not stop a plan from counting (decision 0017); that the plan is called agreed must not hide it.
    """
    party, says = PlanAgreement.Party, PlanAgreement.Says
    said_no = [one.who for one in answers if one.says == says.NO and one.party in (party.CHILD, party.PARENT)]
    return f"{' and '.join(said_no)} did not agree to it." if said_no else ""


def target_sentences(plan: Plan, shown: targets.Shown) -> list[str]:
    """What the target asks of these years, in words; said where no attendance is held yet, or more than is shown."""
    name = plan.case.pupil.forename
    found = [words for year in shown.years for words in targets.sentences(year, plan.target_percent, name)]
    if shown.has_others:
        return [*found, not_shown(name)]
    return found or ["No attendance is held for this school year yet."]


def not_shown(name: str) -> str:
    """What is said in place of another school's figures."""
    return f"{name} is on the roll of another school too. Its figures are not shown to you."


def target_shown(plan: Plan) -> str:
    return targets.target_words(plan.target_percent) if plan.target_percent is not None else "No figure"


@dataclass(frozen=True)
class Difference:
    """What two versions say of one thing."""

    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def compare_words(before: Plan, after: Plan) -> list[Difference]:
    """The words, the target and the review date of two versions, side by side."""
    return [
        Difference("What is needed", before.needs, after.needs),
        Difference("What is to change for the child", before.change_for_child, after.change_for_child),
        Difference("Attendance to reach", target_shown(before), target_shown(after)),
        Difference("Review", review_words(before), review_words(after)),
    ]


def compare_actions(before: Iterable[PlanAction], after: Iterable[PlanAction]) -> list[Difference]:
    """Each action of either version: carried on, changed, new, left out, or settled before the change."""
    after = list(after)
    copies = {one.carried_from_id: one for one in after if one.carried_from_id}
    there = [
        Difference("Action", _action_words(one), _action_words(copies[one.pk]) if one.pk in copies else _gone(one))
        for one in before
    ]
    return there + [Difference("New action", "", _action_words(one)) for one in after if one.carried_from_id is None]


def _action_words(one: PlanAction) -> str:
    return f"{one.what} ({one.owner_shown}, by {day_words(one.due_on)})"


def _gone(one: PlanAction) -> str:
    if one.done_on:
        return "Done before"
    return "Given up before" if one.given_up_on else "Left out"


def maker_words(contract: AttendanceContract, school: str, authority: str) -> str:
    """Who makes a contract with the parent: by name where the reader is told the school's, else “The school”."""
    if contract.made_by == AttendanceContract.Maker.SCHOOL:
        return school or contract.get_made_by_display()
    return authority


def contract_facts(contract: AttendanceContract, school: str) -> list[dict[str, Any]]:
    """The summary list of a contract. school: the name of its school, empty for whoever is not told it."""
    facts = [
        {"key": "With", "value": contract.parent_name},
        {"key": "Made by", "value": maker_words(contract, school, contract.get_made_by_display())},
        {"key": "What the parent or carer says they will do", "value": contract.parent_undertakes},
        {"key": "The support they will have", "value": contract.support_given},
        {"key": "For how long", "value": f"{day_words(contract.from_on)} to {day_words(contract.until_on)}"},
        {"key": "Offered", "value": f"{day_words(contract.offered_on)}, {contract.offered_by.name}"},
    ]
    return facts + _answered(contract)


def _answered(contract: AttendanceContract) -> list[dict[str, Any]]:
    said = []
    if contract.answered_on and contract.why:
        said.append({"key": "Not accepted", "value": f"{day_words(contract.answered_on)}: {contract.why}"})
    elif contract.answered_on:
        signed = f"{day_words(contract.answered_on)}. Signed for {contract.get_made_by_display().lower()} by"
        said.append({"key": "Accepted", "value": f"{signed} {contract.signed_for_maker}"})
    if contract.ended_on and contract.ended_by:
        ended = f"{day_words(contract.ended_on)}, {contract.ended_by.name}: {contract.outcome}"
        said.append({"key": "Ended", "value": ended})
    return said


def contract_state(contract: AttendanceContract, on: dt.date) -> str:
    """Where a contract stands on a day, in a few words."""
    if contract.stage == ACCEPTED:
        return "Accepted, its time has passed" if contract.until_on < on else "Accepted"
    if contract.stage == ENDED and not contract.answered_on:
        return "Offer taken back"
    return CONTRACT_STAGES[contract.stage]
