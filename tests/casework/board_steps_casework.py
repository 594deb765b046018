"""Steps of a walk in casework: cases, and who leads them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from attendance_portal.front.staff.actions import deactivate_staff, reactivate_staff
from attendance_portal.models import Membership
from casework import actions, models
from tests.casework.board_facts import Case
from tests.casework.board_walk import Walk, step

WORDS: dict[str, Any] = {"needs": "Calm.", "change_for_child": "In school.", "target_percent": Decimal(90)}
SEVERE = ("severe-no-lead", "severe-no-plan")


def open_cases(walk: Walk) -> list[Case]:
    return [case for case in walk.facts.cases if case.is_open]


def kin(walk: Walk, records: Iterable[Any]) -> set[Any]:
    """These records and all that are said to be the same children."""
    return {key for record in records for key in walk.facts.child_of(record)}


def held(case: Case) -> models.Case:
    return models.Case.objects.get(pk=case.key)


# --- Cases ------------------------------------------------------------------------------------------------------


def without_a_case(walk: Walk) -> Any:
    busy = kin(walk, (case.record for case in open_cases(walk)))
    return walk.one(set(walk.pupils) - busy, lambda key: key in walk.found_by(*SEVERE))


@step("close_a_case")
def open_a_case(walk: Walk) -> bool:
    record = without_a_case(walk)
    if record:
        made = actions.open_case(walk.of(record), reason="Away.", **walk.by(record))
        walk.facts.cases.append(Case(made.pk, record))
        walk.did("open_case")
    return record is not None


@step("close_a_case")
def open_one_more(walk: Walk) -> bool:
    return open_a_case(walk)


@step("open_a_case")
def close_a_case(walk: Walk) -> bool:
    case = walk.one(open_cases(walk), lambda one: one.lead or one.agreed)
    if case:
        actions.close_case(held(case), outcome="improved", reason="Better.", **walk.by(case.record))
        case.close()
        walk.did("close_case")
    return case is not None


@step("close_a_case")
def open_a_case_again(walk: Walk) -> bool:
    busy = kin(walk, (case.record for case in open_cases(walk)))
    case = walk.one([one for one in walk.facts.cases if not one.is_open and one.record not in busy])
    if case:
        actions.reopen_case(held(case), reason="Away again.", **walk.by(case.record))
        case.is_open, case.lead = True, "" if case.lead in walk.facts.gone else case.lead
        walk.did("reopen_case")
    return case is not None


@step("open_a_case")
def give_the_case_to_another_holder(walk: Walk) -> bool:
    case = walk.one(open_cases(walk))
    if case:
        actions.hand_over_case(held(case), holder=walk.cast.team_leader, **walk.by(case.record))
        walk.did("hand_over_case")
    return case is not None


@step()
def minute_a_lead(walk: Walk) -> bool:
    """What both sides confirmed of a meeting opens the case, and names who leads."""
    record = walk.one(walk.pupils, lambda key: key in walk.found_by("severe-no-lead"))
    priya = walk.cast.practitioner
    told: dict[str, Any] = walk.chance.choice([
        {"lead_name": "Nia Oak", "lead_agency": "Housing"}, {"lead": priya, "present": frozenset([priya.pk])},
    ])  # fmt: skip
    minuted = actions.Minuted(reason="Away.", words="Agreed.", holder=walk.cast.officer, **told)
    row = actions.update_case_from_minutes(walk.of(record), minuted, source="Meeting", **walk.by(record))
    case = known(walk, row)
    case.lead, case.asked = str(told.get("lead_name") or priya.name), ""
    walk.did("update_case_from_minutes")
    return True


def known(walk: Walk, row: models.Case) -> Case:
    """The case of the log, or a new one."""
    case = next((one for one in walk.facts.cases if one.key == row.pk), None)
    if case is None:
        case = Case(row.pk, row.pupil_id)
        walk.facts.cases.append(case)
    return case


# --- Leads ------------------------------------------------------------------------------------------------------


def working(walk: Walk, case: Case) -> list[str]:
    """Who can be asked. Asking gives sight, of a restricted child too: then nobody whose board is looked at."""
    people = {"Priya Nash"} if case.record in walk.facts.restricted else set(walk.people)
    return sorted(people - walk.facts.gone - {case.lead})


@step("open_a_case")
def ask_somebody_to_lead(walk: Walk) -> bool:
    case = walk.one([case for case in open_cases(walk) if working(walk, case)], lambda one: not one.asked)
    if case:
        case.asked = walk.chance.choice(working(walk, case))
        actions.ask_to_lead(held(case), lead=walk.people[case.asked], **walk.by(case.record))
        walk.did("ask_to_lead")
    return case is not None


@step("open_a_case")
def ask_one_more(walk: Walk) -> bool:
    return ask_somebody_to_lead(walk)


def asked(walk: Walk) -> Case | None:
    return walk.one([case for case in open_cases(walk) if case.asked and case.asked not in walk.facts.gone])


@step("ask_somebody_to_lead")
def accept_the_lead(walk: Walk) -> bool:
    case = asked(walk)
    if case:
        actions.accept_lead(held(case), on=walk.on, by=walk.people[case.asked])
        case.lead, case.asked = case.asked, ""
        walk.did("accept_lead")
    return case is not None


@step("ask_somebody_to_lead")
def decline_the_lead(walk: Walk) -> bool:
    case = asked(walk)
    if case:
        actions.decline_lead(held(case), reason="No time.", on=walk.on, by=walk.people[case.asked])
        case.asked = ""
        walk.did("decline_lead")
    return case is not None


@step("ask_somebody_to_lead")
def ask_nobody_any_more(walk: Walk) -> bool:
    case = asked(walk)
    if case:
        actions.take_back_asking(held(case), **walk.by(case.record))
        case.asked = ""
        walk.did("take_back_asking")
    return case is not None


@step("open_a_case")
def name_a_lead_without_account(walk: Walk) -> bool:
    case = walk.one(open_cases(walk), lambda one: not one.lead)
    if case:
        who = {"name": "Nia Oak", "agency": "Housing"}
        actions.record_lead_without_account(held(case), **who, **walk.by(case.record))
        if case.lead != "Nia Oak":
            case.lead, case.asked = "Nia Oak", ""
        walk.did("record_lead_without_account")
    return case is not None


@step("open_a_case", "somebody_comes_back")
def let_the_leaver_lead(walk: Walk) -> bool:
    """Somebody leads a case, leaves the service, and perhaps comes back later."""
    leo = walk.leaver
    case = walk.one(open_cases(walk), lambda one: one.record in walk.found_by("severe-no-lead"))
    if case is None or leo.name in walk.facts.gone or case.lead == leo.name:
        return False
    actions.ask_to_lead(held(case), lead=leo, **walk.by(case.record))
    case.asked = leo.name
    walk.did("ask_to_lead")
    actions.accept_lead(held(case), on=walk.on, by=leo)
    case.lead, case.asked = leo.name, ""
    walk.did("accept_lead")
    return True


@step("let_the_leaver_lead")
def somebody_leaves(walk: Walk) -> bool:
    leo = Membership.objects.get(pk=walk.leaver.pk)
    if leo.name in walk.facts.gone or not any(case.lead == leo.name for case in open_cases(walk)):
        return False
    deactivate_staff(leo, to=walk.cast.officer, by=walk.cast.admin, on=walk.on, at=walk.at)
    walk.facts.gone.add(leo.name)
    for case in open_cases(walk):
        if leo.name in (case.lead, case.asked):  # the officer who takes over is asked, unless it is theirs or another's
            case.lead = "" if case.lead == leo.name else case.lead
            proposed = held(case).proposed_lead
            case.asked = proposed.name if proposed else ""
    walk.did("deactivate_staff")
    return True


@step("somebody_leaves")
def somebody_comes_back(walk: Walk) -> bool:
    leo = Membership.objects.get(pk=walk.leaver.pk)
    if leo.name not in walk.facts.gone:
        return False
    reactivate_staff(leo, by=walk.cast.admin)
    walk.facts.gone.remove(leo.name)
    walk.did("reactivate_staff")
    return True
