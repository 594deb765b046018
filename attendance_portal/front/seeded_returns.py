"""Returns in the demonstration at every stage: most sent and acknowledged, the latest on their way, few overdue."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.children.families import FamilyMember
from schools.models import CarerLink, ReturnStep, School, StatutoryReturn
from schools.returning import return_words
from schools.returning import returns as actions
from schools.returning.return_forms import FactsForm

LONDON = ZoneInfo("Europe/London")
Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
OVERDUE_AT_A_SCHOOL = 2
SCHOOLS_WITH_OVERDUE = 3
ACKNOWLEDGED_AFTER = dt.timedelta(days=9)
EVERY_SO_MANY_SET_ASIDE = 24
_GROUND = "Registered at another school (regulation 9)."
_SET_ASIDE = "The absence was authorised afterwards: the appointment letter came late."
People = Callable[[School], tuple[Membership, Membership]]


@dataclass
class _Settling:
    """What is due is settled in the order in which it became due, at each school by its lead and its officer."""

    on: dt.date
    people: People
    overdue: Counter[int] = field(default_factory=Counter)

    def leaves(self, one: StatutoryReturn) -> bool:
        """Whether a draft stays one: it is in time still, or one of the few that a school has forgotten."""
        if one.deadline_on >= self.on:
            return True
        is_new = (self.on - one.deadline_on).days < 60
        room = one.school_id in self.overdue or len(self.overdue) < SCHOOLS_WITH_OVERDUE
        if is_new and room and self.overdue[one.school_id] < OVERDUE_AT_A_SCHOOL:
            self.overdue[one.school_id] += 1
            return True
        return False


def settle_returns(people: People, *, on: dt.date) -> None:
    """Send, acknowledge or set aside what the bandings drafted; last year's at once, this year's one by one."""
    _draft_in_their_nights(on)
    drafts = StatutoryReturn.objects.to_make().select_related("school", "pupil", "enrolment")
    found = list(drafts.order_by("-arose_on", "pk"))
    settling = _Settling(on, people)
    due = [one for one in found if not settling.leaves(one)]
    families = _families(due)
    for number, one in enumerate(one for one in due if one.year == year_of(on)):
        _settle(one, families.get(one.pupil_id, []), settling, is_set_aside=number % EVERY_SO_MANY_SET_ASIDE == 7)
    _file_away([one for one in due if one.year < year_of(on)], families, settling)


def _draft_in_their_nights(on: dt.date) -> None:
    """Each was drafted in the night after it became due; that the past was banded over and over leaves no trace."""
    ReturnStep.objects.exclude(what="draft_return").delete()
    first = list(ReturnStep.objects.select_related("of"))
    for step in first:
        night = min(step.of.arose_on + dt.timedelta(days=1), on)
        step.made_at = dt.datetime.combine(night, dt.time(0, 20), LONDON)
        step.words = f"Drafted by the service: it became due on {step.of.arose_on:%-d %B %Y}."
    ReturnStep.objects.bulk_update(first, ["made_at", "words"], batch_size=500)


def _families(due: Iterable[StatutoryReturn]) -> dict[object, list[FamilyMember]]:
    found: dict[object, list[FamilyMember]] = {}
    held = CarerLink.objects.filter(pupil__in={one.pupil_id for one in due}, until_on=None)
    for link in held.select_related("carer").order_by("pk"):
        found.setdefault(link.pupil_id, []).append(FamilyMember(link))
    return found


def _settle(one: StatutoryReturn, family: Sequence[FamilyMember], settling: _Settling, *, is_set_aside: bool) -> None:
    lead, officer = settling.people(one.school)
    at = _sent_at(one, settling.on)
    if actions.must_tell_first(one, on=settling.on):
        actions.tell_contact(one, otherwise="", by=lead, at=at - dt.timedelta(hours=1))
    if one.stage == Stage.SET_ASIDE:  # with the telling all is done
        return
    if is_set_aside:
        actions.set_aside_return(one, reason=_SET_ASIDE, by=lead, at=at)
        return
    actions.send_return(one, confirmed=_confirmed(one, family), by=lead, at=at)
    if at.date() + ACKNOWLEDGED_AFTER < settling.on:
        actions.acknowledge_return(one, note="", by=officer, at=at + dt.timedelta(days=3))


def _sent_at(one: StatutoryReturn, on: dt.date) -> dt.datetime:
    """In the afternoon, two days after it became due, on a weekday before the demonstration's today."""
    day = one.arose_on + dt.timedelta(days=2)
    day += dt.timedelta(days=max(7 - day.weekday(), 0) if day.weekday() > 4 else 0)
    return dt.datetime.combine(min(day, on - dt.timedelta(days=1)), dt.time(15, 20), LONDON)


def _confirmed(one: StatutoryReturn, family: Sequence[FamilyMember]) -> dict[str, str]:
    """What the school's lead confirms: what the portal knew, and the ground of a deletion."""
    known = {**return_words.initial_facts(one, one.pupil, family), "ground": _GROUND}
    asked = ((name, known.get(name)) for name in FactsForm.ASKED[Kind(one.kind)])
    return {name: f"{value:%-d %B %Y}" if isinstance(value, dt.date) else str(value) for name, value in asked if value}


def _file_away(due: Sequence[StatutoryReturn], families: dict[object, list[FamilyMember]], settling: _Settling) -> None:
    """Last year's, too many to be done one by one: sent and acknowledged, with the steps but without the events."""
    steps = []
    for one in due:
        lead, officer = settling.people(one.school)
        one.sent_at, one.sent_by = _sent_at(one, settling.on), lead
        one.acknowledged_at, one.acknowledged_by = one.sent_at + dt.timedelta(days=3), officer
        one.stage, one.facts = (
            Stage.ACKNOWLEDGED,
            {**one.facts, "confirmed": _confirmed(one, families.get(one.pupil_id, []))},
        )
        told = (
            ("send_return", "Confirmed and sent to the authority.", one.sent_at, lead),
            ("acknowledge_return", "Acknowledged.", one.acknowledged_at, officer),
        )
        steps += [ReturnStep(of=one, what=what, words=words, made_at=at, made_by=by) for what, words, at, by in told]
    fields = ["sent_at", "sent_by", "acknowledged_at", "acknowledged_by", "stage", "facts"]
    StatutoryReturn.objects.bulk_update(due, fields, batch_size=500)
    ReturnStep.objects.bulk_create(steps, batch_size=1000)
