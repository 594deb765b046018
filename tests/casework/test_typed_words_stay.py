"""What a person typed stands in the form again when the act is refused: on every page where more than a choice is made.

Without a script, as every page: what a browser may not store it cannot bring back either.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from attendance_portal.models import Membership
from casework import actions as of_cases
from casework import moves
from casework.actions import contracts, out_of_school, plan_actions, plans, tracking
from casework.actions.barriers import add_barrier
from casework.actions.cases import HAS_CASE
from casework.actions.contacts import add_contact
from casework.actions.documents import add_document
from casework.actions.referrals import accept_referral, refer_child
from casework.models import Case, CaseEntry, Plan
from casework.plan_moves import CONTRACT_MOVES, PLAN_MOVES
from tests.casework.document_files import PDF
from tests.casework.plans import DUE_ON, REVIEW_ON, add, agreed, answered, current, offered, written
from tests.casework.test_directory import service
from tests.casework.test_reviews import REVIEW
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]
Typed = dict[str, Any]
Asked = tuple[list[Any], Typed]
"""What the address names, and what is typed there."""
Scene = Callable[[Cast], tuple[Membership, list[Any], Typed, str]]
"""Who types it, both of the above, and the sentence that refuses it."""

KEPT = "The aunt walks with her, and it is working well."
BEGUN = dt.date(2026, 10, 5)
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
PLAN: Typed = {"needs": KEPT, "change_for_child": "In lessons."}
ACTION: Typed = {"what": KEPT, "who": "name", "owner_name": "Amy"}


def day(name: str, on: dt.date = ON) -> Typed:
    """A date as its three boxes send it."""
    return {f"{name}_day": str(on.day), f"{name}_month": str(on.month), f"{name}_year": str(on.year)}


def opened(cast: Cast) -> Case:
    return of_cases.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


# --- The case was closed meanwhile ----------------------------------------------------------------------------------


def to_case(**typed: Any) -> Callable[[Cast, Case], Asked]:
    return lambda cast, case: ([case.pk], typed)


def to_contact(cast: Cast, case: Case) -> Asked:
    one = add_contact(case, kind="call", with_whom="Mary", reached=True, happened_on=ON, by=cast.officer)
    return [case.pk, one.pk], {"outcome": "call reached", "with_whom": "Mary", "words": KEPT, **day("happened_on")}


def to_document(cast: Cast, case: Case) -> Asked:
    one = add_document(case, [PDF], name="a.pdf", on=ON, at=AT, by=cast.officer)
    return [case.pk, one.pk], {"reason": KEPT}


def to_plan(**typed: Any) -> Callable[[Cast, Case], Asked]:
    return lambda cast, case: ([written(case, cast.officer).pk], typed)


def to_waiting_plan(**typed: Any) -> Callable[[Cast, Case], Asked]:
    return lambda cast, case: ([answered(written(case, cast.officer), cast.officer).pk], typed)


def to_draft_action(cast: Cast, case: Case) -> Asked:
    return [add(written(case, cast.officer), cast.officer).pk], {**ACTION, **day("due_on", DUE_ON)}


def to_agreed_action(cast: Cast, case: Case) -> Asked:
    return [agreed(case, cast.officer).actions.get().pk], {"became": "done", "outcome": KEPT}


def to_contract(**typed: Any) -> Callable[[Cast, Case], Asked]:
    return lambda cast, case: ([offered(case, cast.officer).pk], typed)


def inviting(cast: Cast, case: Case) -> Asked:
    return [case.pk], {"invited": str(cast.practitioner.pk), "why": KEPT}


def asking_to_lead(cast: Cast, case: Case) -> Asked:
    return [case.pk], {"who": "account", "lead": str(cast.lead.pk), "note": KEPT}


SIGNED = {"answer": "no", "why": KEPT, **day("answered_on")}
OFFER = {
    "parent": "name", "parent_name": "Jo West", "made_by": "school", "parent_undertakes": KEPT,
    "support_given": "A call.",
    **day("offered_on"), **day("from_on"), **day("until_on", REVIEW_ON),
}  # fmt: skip
CLOSED_MEANWHILE: dict[str, Callable[[Cast, Case], Asked]] = {
    "add_entry": to_case(words=KEPT, **day("happened_on")),
    "add_contact": to_case(outcome="call reached", with_whom="Mary", words=KEPT, **day("happened_on")),
    "correct_contact": to_contact,
    "add_own_words": to_case(speaker="child", words=KEPT, **day("said_on")),
    "hold_review": to_case(**REVIEW | {"words": KEPT}),
    "change_other_meeting": to_case(other_meeting=KEPT),
    "hand_over_lead": asking_to_lead,
    "invite_to_case": inviting,
    "remove_document": to_document,
    "write_plan": to_case(**PLAN, **day("review_on", REVIEW_ON)),
    "edit_plan": to_plan(**PLAN, **day("review_on", REVIEW_ON)),
    "add_plan_action": to_plan(**ACTION, **day("due_on", DUE_ON)),
    "change_plan_action": to_draft_action,
    "plan_action_page": to_agreed_action,
    "record_agreement": to_waiting_plan(party="child", says="yes", words=KEPT, **day("agreed_on")),
    "end_plan": to_waiting_plan(outcome=KEPT),
    "offer_contract": to_case(**OFFER),
    "answer_contract": to_contract(**SIGNED),
    "end_contract": to_contract(outcome=KEPT),
}


def closed(asked: Callable[[Cast, Case], Asked]) -> Scene:
    def scene(cast: Cast) -> tuple[Membership, list[Any], Typed, str]:
        case = opened(cast)
        args, typed = asked(cast, case)
        case.refresh_from_db()
        of_cases.close_case(case, outcome="other", reason="She moves.", on=ON, by=cast.officer)
        return cast.officer, args, typed, moves.CHANGE.refusal

    return scene


# --- Somebody else was quicker --------------------------------------------------------------------------------------


def close_case(cast: Cast) -> Any:
    case = opened(cast)
    of_cases.close_case(case, outcome="other", reason="She moves.", on=ON, by=cast.officer)
    return cast.officer, [case.pk], {"outcome": "other", "reason": "So.", "what_worked": KEPT}, moves.CLOSE.refusal


def reopen_case(cast: Cast) -> Any:
    return cast.officer, [opened(cast).pk], {"reason": KEPT}, moves.REOPEN.refusal


def open_case(cast: Cast) -> Any:
    opened(cast)
    return cast.officer, [cast.pupil.pk], {"reason": KEPT}, HAS_CASE


def hold_review(cast: Cast) -> Any:
    case, days = opened(cast), {"held_on": ON, "next_review_on": REVIEW_ON}
    of_cases.hold_review(case, outcome="go-on", words="She came.", **days, by=cast.lead)
    return cast.officer, [case.pk], REVIEW | {"words": KEPT}, "A review of this day is written down already."


def answer_lead(cast: Cast) -> Any:
    case = opened(cast)
    for lead in (cast.lead, cast.virtual_school):
        of_cases.ask_to_lead(case, lead=lead, on=ON, by=cast.officer)
    return cast.lead, [case.pk], {"answer": "no", "reason": KEPT}, moves.DECLINE.refusal


def write_plan(cast: Cast) -> Any:
    case = opened(cast)
    written(case, cast.officer)
    typed = {**PLAN, **day("review_on", REVIEW_ON)}
    return cast.officer, [case.pk], typed, PLAN_MOVES["write_plan"].refusal


def put_forward(typed: Typed) -> Scene:
    def scene(cast: Cast) -> Any:
        plan = answered(written(opened(cast), cast.officer), cast.officer)
        return cast.officer, [plan.pk], typed, PLAN_MOVES["edit_plan"].refusal

    return scene


def change_plan_action(cast: Cast) -> Any:
    plan = answered(written(opened(cast), cast.officer), cast.officer)
    typed = {**ACTION, **day("due_on", DUE_ON)}
    return cast.officer, [plan.actions.get().pk], typed, PLAN_MOVES["edit_plan"].refusal


def taken_back(typed: Typed, role: str) -> Scene:
    def scene(cast: Cast) -> Any:
        plan = answered(written(opened(cast), cast.officer), cast.officer)
        plans.take_plan_back(plan, on=ON, by=cast.officer)
        return cast.members[role], [plan.pk], typed, PLAN_MOVES["record_agreement"].refusal

    return scene


def end_plan(cast: Cast) -> Any:
    plan = current(opened(cast), cast.officer)
    plans.end_plan(plan, outcome="She is back.", on=ON, by=cast.officer)
    return cast.officer, [plan.pk], {"outcome": KEPT}, PLAN_MOVES["end_plan"].refusal


def plan_action_page(cast: Cast) -> Any:
    one = agreed(opened(cast), cast.officer).actions.get()
    plan_actions.do_plan_action(one, outcome="Done.", on=ON, by=cast.officer)
    return cast.officer, [one.pk], {"became": "given-up", "outcome": KEPT}, "This was marked done or given up already."


def offer_contract(cast: Cast) -> Any:
    case = opened(cast)
    offered(case, cast.officer)
    return cast.officer, [case.pk], OFFER, CONTRACT_MOVES["offer_contract"].refusal


def answer_contract(cast: Cast) -> Any:
    one = offered(opened(cast), cast.officer)
    contracts.refuse_contract(one, answered_on=ON, why="No.", on=ON, by=cast.officer)
    return cast.officer, [one.pk], SIGNED, CONTRACT_MOVES["accept_contract"].refusal


def end_contract(cast: Cast) -> Any:
    one = offered(opened(cast), cast.officer)
    contracts.refuse_contract(one, answered_on=ON, why="No.", on=ON, by=cast.officer)
    return cast.officer, [one.pk], {"outcome": KEPT}, CONTRACT_MOVES["end_contract"].refusal


def _referred(cast: Cast) -> Any:
    homes = service(cast, "Warm Homes", cast.practitioner)
    return refer_child(cast.pupil, service=homes, reason="Two families in one room.", on=ON, by=cast.lead)


def refer_child_again(cast: Cast) -> Any:
    one = _referred(cast)
    typed = {"service": str(one.service_id), "reason": KEPT}
    return cast.officer, [cast.pupil.pk], typed, "This child is referred to Warm Homes already"


def answer_referral(cast: Cast) -> Any:
    one = _referred(cast)
    accept_referral(one, answer="", on=ON, by=cast.practitioner)
    return cast.practitioner, [one.pk], {"answer": "no", "reason": KEPT}, moves.DECLINE_REFERRAL.refusal


def withdraw_referral(cast: Cast) -> Any:
    one = _referred(cast)
    accept_referral(one, answer="", on=ON, by=cast.practitioner)
    return cast.lead, [one.pk], {"reason": KEPT}, moves.WITHDRAW_REFERRAL.refusal


def add_service(cast: Cast) -> Any:
    service(cast)
    return cast.team_leader, [], {"name": "Warm Homes", "offers": KEPT}, "in the directory already"


def change_service(cast: Cast) -> Any:
    service(cast)
    other = service(cast, "Calm Minds")
    return cast.team_leader, [other.pk], {"name": "Warm Homes", "offers": KEPT}, "in the directory already"


def add_a_barrier(cast: Cast) -> Any:
    add_barrier(label=KEPT, out_of_school=False, by=cast.team_leader)
    return cast.team_leader, [], {"label": KEPT, "where": "out"}, "Another barrier is called that already."


def change_barrier(cast: Cast) -> Any:
    add_barrier(label=KEPT, out_of_school=False, by=cast.team_leader)
    return cast.team_leader, ["housing"], {"label": KEPT, "is_offered": "on"}, "Another barrier is called that already."


def _began(cast: Cast) -> Any:
    return out_of_school.begin_enquiry(cast.pupil, why="Not seen.", begun_on=BEGUN, on=ON, by=cast.officer)


def begin_enquiry(cast: Cast) -> Any:
    _began(cast)
    return cast.officer, [cast.pupil.pk], {"why": KEPT, **day("begun_on")}, "open already"


def of_an_ended_enquiry(typed: Typed) -> Scene:
    def scene(cast: Cast) -> Any:
        one = _began(cast)
        out_of_school.end_enquiry(one, outcome="place", ended_on=ON, outcome_words="Fen.", on=ON, by=cast.officer)
        return cast.officer, [one.pk], typed, "This has ended already."

    return scene


def answer_enquiry_step(cast: Cast) -> Any:
    one, by = _began(cast), {"on": ON, "by": cast.officer}
    out_of_school.add_enquiry_step(one, side="school", whom="Aunt", asked="Where?", asked_on=ON, **by)
    step = one.steps.get()
    out_of_school.answer_enquiry_step(step, answer="In Fen.", answered_on=ON, **by)
    return cast.officer, [one.pk, step.pk], {"answer": KEPT, **day("answered_on")}, "An answer is written down already."


def _at_home(cast: Cast) -> Any:
    told = {"from_on": BEGUN, "primary_reason": "lifestyle", "school_before": "academy"}
    return out_of_school.record_home_education(cast.pupil, **told, on=ON, by=cast.officer)


def record_home_education(cast: Cast) -> Any:
    _at_home(cast)
    typed = {"primary_reason": "lifestyle", "school_before": "academy", "words": KEPT, **day("from_on")}
    return cast.officer, [cast.pupil.pk], typed, "at home already"


def of_home_education_in_error(typed: Typed, sentence: str = "in error already") -> Scene:
    def scene(cast: Cast) -> Any:
        one = _at_home(cast)
        out_of_school.void_home_education(one, why="Another child.", on=ON, by=cast.officer)
        return cast.officer, [one.pk], typed, sentence

    return scene


def _part_time(cast: Cast) -> Any:
    days = {"from_on": BEGUN, "until_on": DUE_ON, "sessions_a_week": 6}
    return tracking.record_part_time(cast.pupil, school=cast.hill, **days, reason="So.", on=ON, by=cast.officer)


def record_part_time(cast: Cast) -> Any:
    _part_time(cast)
    typed = {"school": cast.hill.pk, "sessions_a_week": "5", "reason": KEPT, **day("from_on"), **day("until_on")}
    return cast.officer, [cast.pupil.pk], typed, "at this school already"


def change_part_time(cast: Cast) -> Any:
    one = _part_time(cast)
    tracking.end_part_time(one, ended_on=ON, how_ended="Full time again.", on=ON, by=cast.officer)
    return cast.officer, [one.pk], {"what": "ended", "words": KEPT, **day("ended_on")}, "ended"


def _ill(cast: Cast) -> Any:
    return tracking.record_health_plan(
        cast.pupil, provision="school", begun_on=BEGUN, words="Lessons by video.", on=ON, by=cast.officer
    )


def record_health_plan(cast: Cast) -> Any:
    _ill(cast)
    typed = {"provision": "school", "words": KEPT, **day("begun_on")}
    return cast.officer, [cast.pupil.pk], typed, "health plan already"


def end_health_plan(cast: Cast) -> Any:
    one = _ill(cast)
    tracking.end_health_plan(one, ended_on=ON, how_ended="Well again.", on=ON, by=cast.officer)
    return cast.officer, [one.pk], {"how_ended": KEPT, **day("ended_on")}, "ended"


SCENES: list[tuple[str, Scene]] = [
    *((name, closed(asked)) for name, asked in CLOSED_MEANWHILE.items()),
    ("close_case", close_case),
    ("reopen_case", reopen_case),
    ("open_case", open_case),
    ("hold_review", hold_review),
    ("answer_lead", answer_lead),
    ("write_plan", write_plan),
    ("edit_plan", put_forward({**PLAN, **day("review_on", REVIEW_ON)})),
    ("add_plan_action", put_forward({**ACTION, **day("due_on", DUE_ON)})),
    ("change_plan_action", change_plan_action),
    ("record_agreement", taken_back({"party": "child", "says": "yes", "words": KEPT, **day("agreed_on")}, "officer")),
    ("approve_plan", taken_back({"answer": "back", "reason": KEPT}, "team_leader")),
    ("end_plan", end_plan),
    ("plan_action_page", plan_action_page),
    ("offer_contract", offer_contract),
    ("answer_contract", answer_contract),
    ("end_contract", end_contract),
    ("refer_child", refer_child_again),
    ("answer_referral", answer_referral),
    ("withdraw_referral", withdraw_referral),
    ("add_service", add_service),
    ("change_service", change_service),
    ("add_barrier", add_a_barrier),
    ("change_barrier", change_barrier),
    ("begin_enquiry", begin_enquiry),
    ("add_enquiry_step", of_an_ended_enquiry({"side": "school", "whom": "Aunt", "asked": KEPT, **day("asked_on")})),
    ("answer_enquiry_step", answer_enquiry_step),
    ("end_enquiry", of_an_ended_enquiry({"outcome": "place", "outcome_words": KEPT, **day("ended_on")})),
    ("record_home_education", record_home_education),
    ("add_home_education_step", of_home_education_in_error({"kind": "visit", "words": KEPT, **day("happened_on")})),
    (
        "end_home_education",
        of_home_education_in_error({"ended": "school", "ended_words": KEPT, **day("ended_on")}, "ended already"),
    ),
    ("void_home_education", of_home_education_in_error({"why": KEPT})),
    ("record_part_time", record_part_time),
    ("change_part_time", change_part_time),
    ("record_health_plan", record_health_plan),
    ("end_health_plan", end_health_plan),
]


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.CLAMAV_URL, settings.MEDIA_ROOT = "", tmp_path


@pytest.mark.parametrize(("name", "scene"), SCENES, ids=[f"{at}-{name}" for at, (name, _) in enumerate(SCENES)])
def test_a_refusal_is_said_in_the_form_which_keeps_what_was_typed(
    cast: Cast, signed_in: SignedIn, name: str, scene: Scene
) -> None:
    with in_scope(cast.eastshire):
        who, args, typed, sentence = scene(cast)
    answer = signed_in(who).post(reverse(name, args=args), typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200 and sentence in page
    assert f"{KEPT}</textarea>" in page or f'value="{KEPT}"' in page
    with in_scope(cast.eastshire):
        assert not CaseEntry.objects.filter(words__contains=KEPT).exists()


def test_the_second_account_of_a_review_goes_into_the_history_at_a_press(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        officer, [case], typed, _ = hold_review(cast)
    client, entry = signed_in(officer), reverse("add_entry", args=[case])
    page = client.post(reverse("hold_review", args=[case]), typed).content.decode()
    assert f'formaction="{entry}"' in page
    for name, value in day("happened_on").items():
        assert f'name="{name}" value="{value}"' in page
    assert client.post(entry, typed | day("happened_on")).status_code == 302
    with in_scope(cast.eastshire):
        assert CaseEntry.objects.get(words=KEPT).happened_on == ON


def test_a_case_opened_twice_leads_to_the_one_and_another_reason_is_kept_beside_it(
    cast: Cast, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        officer, [child], typed, _ = open_case(cast)
        case = Case.objects.get()
    client, where = signed_in(officer), reverse("open_case", args=[child])
    there = reverse("case_page", args=[case.pk])
    assert client.post(where, {"reason": f"{case.reason} \r\n"})["Location"] == there
    assert f'href="{there}"' in client.post(where, typed).content.decode()


def test_a_plan_written_twice_leads_to_the_one_and_other_words_are_kept_beside_it(
    cast: Cast, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        officer, [case], typed, _ = write_plan(cast)
        held = Plan.objects.get()
    client, where = signed_in(officer), reverse("write_plan", args=[case])
    there = reverse("plan_page", args=[held.pk])
    same = typed | {"needs": held.needs, "change_for_child": held.change_for_child}
    assert client.post(where, same)["Location"] == there
    assert f'href="{there}"' in client.post(where, typed).content.decode()
