"""The demonstration's casework: a directory, referrals, and cases at every stage, put in by the real actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet

from attendance_portal.front.seeded_documents import attach_document, remove_one_again
from attendance_portal.front.seeded_plans import freeze_as_agreed
from attendance_portal.front.seeded_support import Story, do_first_action, plan_for, replace_plan, write_contacts
from attendance_portal.front.staff.actions import mark_away
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework import actions
from casework.actions.barriers import add_own_words
from casework.actions.closing import close_case, reopen_case
from casework.actions.contracts import accept_contract, end_contract, offer_contract, refuse_contract
from casework.actions.directory import add_service, add_service_member
from casework.actions.invitations import invite
from casework.actions.out_of_school import (
    add_enquiry_step,
    begin_enquiry,
    end_enquiry,
    end_home_education,
    record_home_education,
    record_missing,
)
from casework.actions.plans import agree_plan, end_plan, set_plan_policy
from casework.actions.referrals import accept_referral, decline_referral, refer_child, withdraw_referral
from casework.actions.reviewing import hold_review
from casework.actions.tracking import record_health_plan, record_part_time
from casework.models import AttendanceContract, Case, Plan, Service
from casework.rule_rows import birthdays_of_compulsory_age
from schools.changes.corrections import correct_leaving
from schools.models import Enrolment, LinkedRecord, Pupil, School, Standing

LONDON = ZoneInfo("Europe/London")
MOST: Final = 150
"""Cases and referrals of a demonstration of the usual size; a smaller one has fewer, but each stage three times."""
_PUPILS_A_CASE: Final = 50
_LEFT_ALONE: Final = 12  # every so manieth is left to the rule board

Staff = Callable[[School], tuple[Membership, Membership]]
"""A school's attendance lead and its named officer."""

_SERVICES: Final = (
    ("Harbour Family Support", "Practical help for the whole family at home, for up to six months", "",
     ["family", "routine", "relationship", "carer-health", "money"]),
    ("Eastshire Homes tenancy team", "Repairs, overcrowding, arrears and moving home", "", ["housing", "transport"]),
    ("Mental health support team", "Short courses for worry and low mood, in school", "",
     ["anxiety", "mental-health", "bullying"]),
    ("Young carers’ circle", "Time off from caring, and someone to talk to", "", ["young-carer", "carer-health"]),
    ("School nursing", "Health plans, sleep, and illness that comes back", "", ["physical-health", "routine"]),
    ("SEND advice", "What school can adjust, before and beside an EHC plan", "", ["learning", "school-place"]),
    ("Youth justice prevention", "A mentor for young people who are drawn into offending", "secondary",
     ["exploitation", "behaviour", "exclusion"]),
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """Who and what the cases are made of, on the demonstration's day."""

    on: dt.date
    staff: Staff
    partners: Sequence[Membership]
    leader: Membership
    services: Mapping[str, Service]

    def ago(self, days: int) -> dt.date:
        return self.on - dt.timedelta(days=days)

    def ahead(self, days: int) -> dt.date:
        return self.on + dt.timedelta(days=days)


def open_cases(people: Iterable[Membership], staff: Staff, *, on: dt.date) -> None:
    """The directory, and a case or referral for each of the most absent children who have none yet."""
    everyone = list(people)
    leader = next((one for one in everyone if one.role == Role.TEAM_LEADER), None)
    partners = [one for one in everyone if one.role == Role.PRACTITIONER]
    if leader is None or not partners:
        return
    scene = Scene(on, staff, partners, leader, _directory(leader, partners, on=on - dt.timedelta(days=200)))
    for place, (pupil, school) in enumerate(_children(on)):
        lead, officer = staff(school)
        _STAGES[place % len(_STAGES)](scene, Story(pupil, school, lead, officer, place))
    freeze_as_agreed(on)
    _track(scene)
    at = dt.datetime.combine(on, dt.time(7), LONDON)
    set_plan_policy(from_on=on, needs_approval=True, by=leader, at=at)
    officers = [one for one in everyone if one.role == Role.OFFICER]
    if len(officers) > 1:
        first_on, last_on = on - dt.timedelta(days=1), on + dt.timedelta(days=5)
        mark_away(officers[1], from_on=first_on, until_on=last_on, cover=officers[0], by=leader, on=on)


def _directory(leader: Membership, partners: Sequence[Membership], *, on: dt.date) -> dict[str, Service]:
    made = {}
    for place, (name, offers, phase, helps_with) in enumerate(_SERVICES):
        told = {
            "name": name, "offers": offers, "for_whom": "Children of school age and their families",
            "phases": [phase] if phase else [], "barriers": helps_with, "takes_referrals": True,
            "how_to_refer": "With the family’s agreement, here or by telephone.",
            "telephone": f"01632 9602{place:02d}", "email": f"referrals{place}@partner.example",
        }  # fmt: skip
        made[name] = service = add_service(told=told, by=leader)
        person = partners[place % len(partners)] if place < 2 else leader
        add_service_member(service, person=person, is_duty=True, on=on, by=leader)
    return made


def _children(on: dt.date) -> list[tuple[Pupil, School]]:
    """The most absent on roll without an open case, some left out, each with a school; restricted records never."""
    on_roll = Enrolment.objects.on_roll(on).values("pk")
    standings = Standing.objects.filter(enrolment__in=on_roll, persistent=True, pupil__is_restricted=False)
    free = standings.exclude(pupil__in=Case.objects.open().values("pupil")).exclude(pupil__in=_second_records())
    rows = free.select_related("pupil", "school")
    found: dict[object, tuple[Pupil, School]] = {}
    for row in rows.order_by("-severe", "-unauthorised", "pk"):
        found.setdefault(row.pupil_id, (row.pupil, row.school))
    wanted = max(3 * len(_STAGES), min(MOST, len(Standing.objects.values("pk")) // _PUPILS_A_CASE))
    kept = [one for place, one in enumerate(found.values()) if place % _LEFT_ALONE != _LEFT_ALONE - 1]
    return kept[:wanted]


def _second_records() -> QuerySet[LinkedRecord, Any]:
    """Of the records that are linked all but one of each child: a child has one case."""
    found: QuerySet[LinkedRecord, Any] = LinkedRecord.objects.exclude(record=F("child")).values("record")
    return found


# --- Stages ---------------------------------------------------------------------------------------------------


def _referred(scene: Scene, story: Story) -> None:
    """A referral: one in three waits (some too long), is declined, or is accepted and becomes a case.

    Before the accepted one, another service was asked, and the school took that back.
    """
    turn, services = story.turn(len(_STAGES)), list(scene.services.values())
    place = story.place // len(_STAGES) % 2
    made_on = scene.ago(5 + 9 * ((story.place + 1) % 5))
    person = scene.partners[place % len(scene.partners)]
    if turn == 2:
        before = refer_child(story.pupil, service=services[1 - place], reason=story.reason, on=made_on, by=story.lead)
        why = "The family asked for somebody whom they know."
        withdraw_referral(before, reason=why, on=made_on, by=story.lead)
    referral = refer_child(story.pupil, service=services[place], reason=story.reason, on=made_on, by=story.lead)
    if turn == 1:
        why = "The family is with another worker of ours already, who will call the school this week."
        decline_referral(referral, answer=why, on=made_on + dt.timedelta(days=3), by=person)
    elif turn == 2:
        accept_referral(referral, answer="First visit next week.", on=made_on + dt.timedelta(days=2), by=person)


def _opened(scene: Scene, story: Story, days: int = 34) -> Case:
    """Opened by the officer, who holds it; nobody leads yet."""
    case = actions.open_case(story.pupil, reason=story.reason, on=scene.ago(days), by=story.officer)
    actions.change_barriers(case, barriers=story.barriers, on=scene.ago(days - 1), by=story.officer)
    return case


def _unallocated(scene: Scene, story: Story) -> None:
    _opened(scene, story, days=9 + 6 * (story.place % 8))


def _asked(scene: Scene, story: Story) -> None:
    """Somebody of a partner or of the school is asked to lead, and has not answered; one in three takes over."""
    is_taken_over = story.turn(len(_STAGES)) == 1
    case = _led(scene, story, days=40) if is_taken_over else _opened(scene, story)
    asked = _lead_of(scene, story)
    if is_taken_over:
        asked = scene.partners[-1] if asked == story.lead else story.lead
    actions.ask_to_lead(case, lead=asked, note="The family knows you already.", on=scene.ago(4), by=story.officer)


def _lead_of(scene: Scene, story: Story) -> Membership:
    """The school's lead for most, as the guidance expects; else one of the partners, who take turns in every stage."""
    return story.lead if story.place % 4 else scene.partners[story.place // 4 % len(scene.partners)]


def _led(scene: Scene, story: Story, days: int = 60) -> Case:
    """Led, with the child's own words, two calls that nobody answered, a visit and a document."""
    case = _opened(scene, story, days=days)
    lead = _lead_of(scene, story)
    actions.ask_to_lead(case, lead=lead, on=scene.ago(days - 2), by=story.officer)
    actions.accept_lead(case, on=scene.ago(days - 3), by=lead)
    write_contacts(case, story, first_on=scene.ago(days - 6), latest_on=scene.ago(19 + story.place % 8), by=lead)
    words, said_on = story.own_words, scene.ago(days - 12)
    add_own_words(case, speaker="child", whose="", words=words, said_on=said_on, by=lead)
    attach_document(case, story, on=scene.ago(days - 14), by=lead)
    return case


def _led_without_plan(scene: Scene, story: Story) -> None:
    case = _led(scene, story, days=40)
    if story.place % 2:
        invite(case, member=scene.leader, why="For advice on the next step", on=scene.ago(20), by=story.officer)


def _planning(scene: Scene, story: Story) -> None:
    """A plan is being written; or it has been put forward, and waits for answers or for the team leader."""
    case = _led(scene, story, days=45)
    plan_for(case, story, on=scene.ago(6), review_on=scene.ahead(36), until=story.turn(len(_STAGES)))


def _planned(scene: Scene, story: Story, *, days: int = 75, review_in: int = 20) -> Case:
    """An agreed plan; some of its actions done, some overdue."""
    case = _led(scene, story, days=days)
    agreed_on = scene.ago(days - 21)
    plan = plan_for(case, story, on=agreed_on, review_on=scene.ahead(review_in), until=2)
    agree_plan(plan, on=agreed_on, by=story.officer)
    do_first_action(plan, story, on=agreed_on + dt.timedelta(days=6))
    return case


def _planned_anew(scene: Scene, story: Story) -> None:
    """An agreed plan; one in three is its second version."""
    case = _planned(scene, story)
    if story.turn(len(_STAGES)) == 1:
        replace_plan(Plan.objects.get(case=case, stage="agreed"), story, on=scene.ago(12))


def _past_review(scene: Scene, story: Story) -> None:
    case = _planned(scene, story, review_in=-(3 + story.place % 9))
    if story.turn(len(_STAGES)) == 1:
        remove_one_again(case, on=scene.ago(20), by=story.officer)


def _with_contract(scene: Scene, story: Story) -> None:
    """A plan that was reviewed, and an attendance contract: accepted, ended, or not wanted and offered once more."""
    case, turn = _planned(scene, story), story.turn(len(_STAGES))
    contract, answered_on = _offer(scene, story, case, days=30), scene.ago(26)
    if turn == 2:
        why = "Would rather go on by word of mouth."
        refuse_contract(contract, answered_on=answered_on, why=why, on=answered_on, by=story.lead)
        _offer(scene, story, case, days=3)
    else:
        signed = story.lead.name
        accept_contract(contract, answered_on=answered_on, signed_for_maker=signed, on=answered_on, by=story.lead)
    if turn == 1:
        end_contract(contract, outcome="Kept for three weeks by both sides.", on=scene.ago(5), by=story.lead)
    words = "Mornings are easier since the later start; Fridays are still missed."
    next_on = scene.ahead(18)
    hold_review(case, outcome="go-on", words=words, held_on=scene.ago(10), next_review_on=next_on, by=story.officer)


def _offer(scene: Scene, story: Story, case: Case, *, days: int) -> AttendanceContract:
    offered_on = scene.ago(days)
    return offer_contract(
        case, carer=None, parent_name=f"Parent of {story.pupil}", made_by="school", school=story.school,
        parent_undertakes="Bring the child to the gate on time for eight weeks, and call before 9am when that fails.",
        support_given="A later start twice a week, breakfast club, and a weekly call from the same person.",
        from_on=offered_on, until_on=scene.ahead(26), offered_on=offered_on, on=offered_on,
        by=story.lead,
    )  # fmt: skip


def _closed(scene: Scene, story: Story) -> None:
    """Closed with what worked; one in three is open again."""
    case = _planned(scene, story, days=82)
    reason = "In school for six weeks in a row; the family feels it can go on by itself."
    closed_on = scene.ago(18)
    worked = "One person who called every Monday, and a quiet entrance."
    if story.turn(len(_STAGES)) == 0:
        plan = Plan.objects.select_related("case").get(case=case, stage="agreed")
        end_plan(plan, outcome="What was to change has changed.", on=closed_on, by=story.officer)
    close_case(case, outcome="improved", reason=reason, what_worked=worked, on=closed_on, by=story.officer)
    if story.turn(len(_STAGES)) == 1:
        case.refresh_from_db()
        reopen_case(case, reason="Missed four days in a row after moving home.", on=scene.ago(4), by=story.officer)


_STAGES: Final[tuple[Callable[[Scene, Story], object], ...]] = (
    _referred, _unallocated, _asked, _led_without_plan, _planning, _planned_anew, _past_review, _with_contract, _closed,
)  # fmt: skip


# --- Children out of school, on part-time timetables, and ill ---------------------------------------------------


def _track(scene: Scene) -> None:
    """A few part-time timetables (one past its end), health plans, enquiries, and children educated at home."""
    born = birthdays_of_compulsory_age(scene.on)
    here = Enrolment.objects.on_roll(scene.on).filter(pupil__is_restricted=False, pupil__date_of_birth__range=born)
    twice = Enrolment.objects.on_roll(scene.on).values("pupil").annotate(rolls=Count("pk")).filter(rolls__gt=1)
    one_roll = here.exclude(pupil__in=twice.values("pupil")).exclude(pupil__in=LinkedRecord.objects.values("record"))
    rows = list(one_roll.select_related("pupil", "school").order_by("pupil__sort_key", "pk")[20:48:2])
    for place, row in enumerate(rows[:4]):
        lead, _ = scene.staff(row.school)
        record_part_time(
            row.pupil, school=row.school, from_on=scene.ago(40), until_on=scene.ahead(14 - 9 * place),
            sessions_a_week=6, reason="Coming back step by step after illness.", review_on=scene.ahead(3 - 2 * place),
            agreed_with_parent_on=scene.ago(42), on=scene.ago(40), by=lead,
        )  # fmt: skip
    for row in rows[4:6]:
        words = "Online lessons for ten hours a week, and work from school."
        begun_on, by = scene.ago(21), scene.staff(row.school)[1]
        record_health_plan(row.pupil, provision="authority", begun_on=begun_on, words=words, on=begun_on, by=by)
    _enquire(scene, rows[6:9])
    _end_half(scene, rows[11:13])
    for row, is_deleted in zip(rows[9:11], (True, False), strict=False):
        from_on, by = scene.ago(70), scene.staff(row.school)[1]
        record_home_education(
            row.pupil, from_on=from_on, primary_reason="not-given", school_before="academy", on=from_on, by=by
        )
        if is_deleted:  # the other is still on the roll: named beside the return as to be put right
            at = dt.datetime.combine(from_on, dt.time(9), LONDON)
            correct_leaving(
                row, leaving_on=from_on, destination="Educated at home", reason="The parents wrote to the school.",
                by=by, at=at, on=scene.on,
            )  # fmt: skip


def _end_half(scene: Scene, rows: Sequence[Enrolment]) -> None:
    """Home education found not to be suitable, and a place found, but no school with the child on its roll."""
    for row, is_at_home in zip(rows, (True, False), strict=False):
        left_on, officer = scene.ago(60), scene.staff(row.school)[1]
        where, why = ("Educated at home", "The parents wrote so.") if is_at_home else ("", "They moved.")
        at = dt.datetime.combine(left_on, dt.time(9), LONDON)
        correct_leaving(row, leaving_on=left_on, destination=where, reason=why, by=officer, at=at, on=scene.on)
        if is_at_home:
            home = record_home_education(
                row.pupil, from_on=left_on, primary_reason="lifestyle", school_before="academy", on=left_on, by=officer
            )
            words = "Two visits, and nothing of what was taught could be shown."
            end_home_education(
                home, ended="unsuitable", ended_on=scene.ago(5), ended_words=words, on=scene.ago(5), by=officer
            )
        else:
            asked = begin_enquiry(row.pupil, why="The new school asked for nothing.", begun_on=scene.ago(50),
                                  on=scene.ago(50), by=officer)  # fmt: skip
            words = "An aunt says that the child begins at a school near her on Monday."
            end_enquiry(
                asked, outcome="place", ended_on=scene.ago(20), outcome_words=words, on=scene.ago(20), by=officer
            )


def _enquire(scene: Scene, rows: Sequence[Enrolment]) -> None:
    for place, row in enumerate(rows):
        lead, officer = scene.staff(row.school)
        begun_on = scene.ago(25 - place)
        why = "Nobody at home since half term, and a neighbour says that the family has moved."
        enquiry = begin_enquiry(
            row.pupil, why=why, begun_on=begun_on, is_joint=True, school=row.school, on=begun_on, by=officer
        )
        asked_on = scene.ago(20 - place)
        add_enquiry_step(
            enquiry, side="school", whom="The two emergency contacts", asked="Where the family is now.",
            asked_on=asked_on, answer="One had moved too, the other did not answer.", on=asked_on, by=lead,
        )  # fmt: skip
        if place == 2:
            at = dt.datetime.combine(scene.ago(8), dt.time(9), LONDON)
            correct_leaving(
                row, leaving_on=scene.ago(8), destination="", reason="Deleted after both had enquired.", by=officer,
                at=at, on=scene.on,
            )  # fmt: skip
            record_missing(
                enquiry, found_missing_on=scene.ago(6), missing_from_on=scene.ago(34), primary_reason="application",
                on=scene.ago(6), by=officer,
            )  # fmt: skip
