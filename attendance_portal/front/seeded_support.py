"""What the demonstration's cases are made of: reasons, barriers, words, contacts and plans."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from attendance_portal.models import Membership
from casework.actions.contacts import add_contact
from casework.actions.plan_actions import add_plan_action, do_plan_action
from casework.actions.plans import agree_plan, change_plan, put_plan_forward, record_agreement, write_plan
from casework.models import Case, Plan, PlanAction
from schools.models import Pupil, School

_REASONS: Final = (
    "Severely absent since October; school has called and written without an answer.",
    "Absent most mornings since the family moved to a temporary flat.",
    "Has not come since a friendship ended; will talk to one teacher.",
    "Mum is ill and there is nobody else for the little ones in the mornings.",
    "Panic at the gate; waiting for the mental health support team since summer.",
)
_BARRIERS: Final = (
    ("relationship", "routine"), ("housing", "transport"), ("bullying", "anxiety"), ("carer-health", "young-carer"),
    ("anxiety", "mental-health"),
)  # fmt: skip
_OWN_WORDS: Final = (
    "I would come if I could start after the others are in.",
    "The flat is an hour away, I have to get up at five.",
    "Nobody sits with me any more.",
    "If I go, who takes my brother to nursery?",
    "My legs stop working at the gate. I do want to go.",
)
_CHANGES: Final = (
    "Comes in by the side door at 9.15 and is met by the same person each day.",
    "Has a bus pass, and the family a date for a home nearer to school.",
    "Has a place to go at lunch and one friend in the tutor group.",
    "The little ones are taken to nursery, so that mornings are free.",
    "Three lessons a day in the quiet room at first, then the timetable again by half term.",
)


@dataclass(frozen=True)
class Story:
    """One child of the demonstration, its school and people; `place` chooses what is told of it."""

    pupil: Pupil
    school: School
    lead: Membership
    officer: Membership
    place: int

    def _of(self, told: tuple[str, ...]) -> str:
        return told[self.place % len(told)]

    def turn(self, stages: int) -> int:
        """Which of three endings its stage has, 0 to 2, where stages follow each other in so many."""
        return self.place // stages % 3

    @property
    def reason(self) -> str:
        return self._of(_REASONS)

    @property
    def barriers(self) -> tuple[str, ...]:
        return _BARRIERS[self.place % len(_BARRIERS)]

    @property
    def own_words(self) -> str:
        return self._of(_OWN_WORDS)

    @property
    def change_for_child(self) -> str:
        return self._of(_CHANGES)


def write_contacts(case: Case, story: Story, *, first_on: dt.date, latest_on: dt.date, by: Membership) -> None:
    """Two calls that nobody answered, a visit at which somebody was met, and for most families a call since."""
    whom = f"Parent of {story.pupil}"
    for days in (0, 2):
        on = first_on + dt.timedelta(days=days)
        add_contact(case, kind="call", with_whom=whom, reached=False, happened_on=on, by=by)
    words = "Talked at the kitchen table for half an hour. They would like help and a person to call."
    on = first_on + dt.timedelta(days=6)
    add_contact(case, kind="visit", with_whom=whom, reached=True, happened_on=on, words=words, by=by)
    if story.place % 4:
        words = "Came on three days. Fridays are still hard."
        add_contact(case, kind="call", with_whom=whom, reached=True, happened_on=latest_on, words=words, by=by)


def plan_for(case: Case, story: Story, *, on: dt.date, review_on: dt.date, until: int) -> Plan:
    """A plan with three actions. `until`: 0 being written, 1 put forward, 2 with everyone's answer."""
    plan = write_plan(
        case, needs=story.reason, change_for_child=story.change_for_child, review_on=max(review_on, on),
        target_percent=Decimal("85.0"), on=on, by=story.officer,
    )  # fmt: skip
    for what, owner, name, agency, due_on in _actions(story, on):
        add_plan_action(plan, what=what, owner=owner, owner_name=name, agency=agency, due_on=due_on, by=story.officer)
    if until:
        put_plan_forward(plan, on=on, by=story.officer)
    if until > 1:
        _answers(plan, story, on=on)
    return plan


def _actions(story: Story, on: dt.date) -> list[tuple[str, Membership | None, str, str, dt.date]]:
    return [
        ("Agree a start time and who is at the door", story.lead, "", story.school.name, on + dt.timedelta(days=7)),
        ("Ask the service that fits the barrier for a first date", story.officer, "", "", on + dt.timedelta(days=14)),
        ("Call the family every Monday", None, "Rosa Whelan", "Eastshire Homes", on + dt.timedelta(days=42)),
    ]


def _answers(plan: Plan, story: Story, *, on: dt.date) -> None:
    for party, who, words in (
        ("child", str(story.pupil), story.own_words),
        ("parent", f"Parent of {story.pupil}", "Yes, if somebody calls us back."),
        ("school", story.lead.name, ""),
    ):
        record_agreement(plan, party=party, who=who, says="yes", words=words, agreed_on=on, on=on, by=story.officer)


def replace_plan(plan: Plan, story: Story, *, on: dt.date) -> None:
    """The next version of an agreed plan is agreed, and replaces it."""
    made = change_plan(plan, on=on, by=story.officer)
    put_plan_forward(made, on=on, by=story.officer)
    _answers(made, story, on=on)
    agree_plan(made, on=on, by=story.officer)


def do_first_action(plan: Plan, story: Story, *, on: dt.date) -> None:
    """The first action of an agreed plan is done."""
    first = PlanAction.objects.filter(plan=plan).order_by("due_on", "pk").select_related("plan__case")[0]
    do_plan_action(first, outcome="Starts at 9.15 from Monday, by the side door.", on=on, by=story.lead)
