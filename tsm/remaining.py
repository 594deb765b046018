"""What is still open when a meeting is about to end: said kindly, and nothing is blocked by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from attendance_portal.models import Membership
from casework.models import Case
from casework.opening import open_cases_of
from schools.models import Pupil
from tsm.models import AgreedAction, Discussion, Meeting

SEVERE = "severe"


@dataclass(frozen=True)
class Left:
    """A pupil, or an agreed action (`what`), with the words for what is missing.

    `position` is the pupil's on the list, or None where the action is about the whole school.
    """

    name: str
    position: int | None
    pupil_id: Any
    words: str
    what: str = ""


@dataclass(frozen=True)
class StillOpen:
    """Severely absent pupils on the agenda without lead practitioner or plan; actions without owner or date."""

    pupils: list[Left]
    actions: list[Left]

    @property
    def anything(self) -> bool:
        return bool(self.pupils or self.actions)

    @property
    def pupil_ids(self) -> list[Any]:
        """Every child named, once."""
        return list({left.pupil_id for left in (*self.pupils, *self.actions) if left.pupil_id})


def still_open(meeting: Meeting, member: Membership) -> StillOpen:
    """What both sides may want to settle before they part, as this member may see it; five queries at most.

    Guidance of August 2024, chapter 4: each severely absent pupil has a lead practitioner and a plan. Those of an
    open case count too; a plan is in place where there is a review date.
    """
    seen = Discussion.objects.visible_to(member).filter(meeting=meeting)
    people = seen.select_related("lead_practitioner__user")
    severe = list(people.filter(on_agenda=True, group=SEVERE).order_by("position"))
    cases = open_cases_of(discussion.pupil_id for discussion in severe if discussion.pupil_id)
    pupils = [_of_pupil(discussion, cases.get(discussion.pupil_id)) for discussion in severe]
    return StillOpen([left for left in pupils if left.words], _actions(meeting, member))


def _of_pupil(discussion: Discussion, case: Case | None) -> Left:
    lead = discussion.lead_practitioner
    named = lead.works if lead is not None else discussion.lead_name
    missing = [
        "no lead practitioner" if not named and not (case and case.has_lead) else "",
        "no plan (a review date)" if not discussion.review_on and not (case and case.review_on) else "",
    ]
    return Left(discussion.figures["name"], discussion.position, discussion.pupil_id, _said(missing))


def _actions(meeting: Meeting, member: Membership) -> list[Left]:
    unfinished = Q(owner=None, owner_name="") | Q(due_on=None)
    may_see = Q(pupil=None) | Q(pupil__in=Pupil.objects.visible_to(member))
    held = AgreedAction.objects.filter(unfinished, may_see, meeting=meeting).exclude(what__regex=r"^\s*$")
    actions = list(held.order_by("position", "id"))
    about = Discussion.objects.filter(meeting=meeting, pupil__in=[action.pupil_id for action in actions])
    by_pupil: dict[Any, Discussion] = {discussion.pupil_id: discussion for discussion in about}
    return [_of_action(action, by_pupil.get(action.pupil_id)) for action in actions]


def _of_action(action: AgreedAction, discussion: Discussion | None) -> Left:
    missing = ["no owner" if not action.owner_id and not action.owner_name else "", "" if action.due_on else "no date"]
    name, position = (discussion.figures["name"], discussion.position) if discussion else ("", None)
    return Left(name, position, action.pupil_id, _said(missing), action.what)


def _said(missing: list[str]) -> str:
    return " and ".join(filter(None, missing))
