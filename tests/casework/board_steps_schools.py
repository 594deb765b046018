"""Steps of a walk in schools: registers sent, put right and undone, rolls, records, returns, hand-overs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from schools.banding import band_schools
from schools.changes.corrections import correct_admission, correct_leaving, correct_mark, move_school
from schools.changes.undoing import undo_change
from schools.children.record_links import judge_records, judgement_of, take_back
from schools.children.restrictions import lift_restriction, restrict_record
from schools.handing.offering import offer_hand_over, withdraw_hand_over
from schools.models import Enrolment, HandOver, StatutoryReturn
from schools.returning import returns
from tests.casework.board_facts import Sending, Session, Span, Stay
from tests.casework.board_walk import DAY, HABITS, HERE, TERM, Pair, Told, Walk, school_days, step
from tests.cast import SINCE

WHY = "Told by the school."


def begin(walk: Walk) -> None:
    """The first registers of the year, after which every rule about marks has somebody to find."""
    days = school_days(TERM[0], walk.on)
    told: dict[str, Told] = {name: {} for name in walk.schools}
    for stay in walk.facts.stays:
        told[stay.school][stay] = dict.fromkeys(days, HERE) | first_marks(walk, stay, days)
    for school, theirs in told.items():
        walk.send(school, theirs)
        walk.sent_until[school] = walk.on
        walk.uploads.clear()  # the first registers are never undone
        walk.did("a first register")
    nell = next(stay for stay in walk.facts.stays if str(walk.pupils[stay.record]) == "Nell Nash")
    set_leaving(walk, nell, walk.on - 5 * DAY, "")
    link(walk, *[key for key, pupil in walk.pupils.items() if pupil.forename == "Cora"])


def first_marks(walk: Walk, stay: Stay, days: list[dt.date]) -> dict[dt.date, Pair]:
    """What each child's year began with; whoever is not named was there."""
    pupil, at = walk.pupils[stay.record], stay.school
    away, ill, dual = ("O", "O"), ("I", "I"), ("D", "D")
    begins: dict[tuple[str, str], dict[dt.date, Pair]] = {
        ("Amy Abbott", "Hill Academy"): dict.fromkeys(days[::2], dual),
        ("Amy Abbott", "Brook Unit"): dict.fromkeys(days[::2], away) | dict.fromkeys(days[1::2], dual),
        ("Ben Brown", "Hill Academy"): dict.fromkeys(days[5:], away),
        ("Cora Clarke", "Hill Academy"): dict.fromkeys(days[:8], ill),
        ("Cora Clark", "Brook Unit"): dict.fromkeys(days[10:17], ill),
        ("Dan Dean", "Hill Academy"): dict.fromkeys(days[3:12], ill),
        ("Ella Evans", "Hill Academy"): dict.fromkeys(days, away),
        ("Finn Ford", "Vale Primary School"): dict.fromkeys(days, ("/", "O")),
        ("Gia Gill", "Vale Primary School"): dict.fromkeys(days[4:9], ("/", "C2")),
        ("Tom Thorne", "Hill Academy"): dict.fromkeys(days[-10:], away),
        ("Hugo Hale", "Hill Academy"): dict.fromkeys(days[:15], ill),
        ("Ivy Ivey", "Brook Unit"): dict.fromkeys(days[-9:], away),
        ("Sid Small", "Vale Primary School"): dict.fromkeys(days[:16], ill) | dict.fromkeys(days[16:], away),
    }
    return begins.get((str(pupil), at), {})


def on_roll(walk: Walk, school: str = "") -> list[Stay]:
    return [stay for stay in walk.facts.stays if stay.holds(walk.on) and (not school or stay.school == school)]


# --- Marks ------------------------------------------------------------------------------------------------------


@step()
def send_what_is_new(walk: Walk) -> bool:
    """The marks since the last file, of everyone on roll; some begin to come, or to stay away."""
    school = walk.chance.choice(sorted(walk.schools))
    days = school_days(walk.sent_until[school] + DAY, walk.on)
    if not days:
        return False
    told: Told = {}
    for stay in [one for one in walk.facts.stays if one.school == school]:
        if walk.chance.random() < 0.3:
            walk.habits[stay] = walk.chance.choice(list(HABITS))
        told[stay] = walk.marks(stay, days, walk.habits[stay])
    walk.send(school, {stay: marks for stay, marks in told.items() if marks})
    walk.sent_until[school] = walk.on
    walk.did("store_upload")
    return True


@step()
def send_corrected_marks(walk: Walk) -> bool:
    """A stretch of some children told anew."""
    school = walk.chance.choice(sorted(walk.schools))
    stays = [stay for stay in walk.facts.stays if stay.school == school]
    told: Told = {}
    for stay in walk.chance.sample(stays, min(3, len(stays))):
        first = walk.day(40, -1)
        days = school_days(max(first, TERM[0]), min(first + walk.chance.randint(3, 30) * DAY, walk.sent_until[school]))
        told[stay] = walk.marks(stay, days, walk.chance.choice(list(HABITS)))
    told = {stay: marks for stay, marks in told.items() if marks}
    if told:
        walk.send(school, told)
        walk.did("store_upload")
    return bool(told)


@step("send_what_is_new")
def undo_a_file(walk: Walk) -> bool:
    held = walk.one([(key, sending) for key, sending in walk.uploads if sending.stands])
    if held is None:
        return False
    key, sending = held
    school = walk.schools[sending.school]
    undo_change(school, key, reason=WHY, by=walk.cast.team_leader, at=walk.at, on=walk.on)
    sending.stands = False
    walk.did("undo_change")
    return True


@step()
def correct_one_mark(walk: Walk) -> bool:
    """One mark put right, mostly where a single session decides."""
    stay = walk.one(on_roll(walk), lambda one: one.record in walk.found_by("missing-run", "illness-no-plan"))
    held = walk.facts.registers()[stay] if stay else {}
    recent = [at for at, code in held.items() if stay and stay.holds(at[0]) and code != "#"][-12:]
    if not stay or not recent:
        return False
    (day, half), code = walk.chance.choice(recent), walk.chance.choice(["/", "O", "I", "C2", "M", "Y2", ""])
    if held[day, half] == code:
        return False
    put_right(walk, stay, (day, half), code)
    return True


def put_right(walk: Walk, stay: Stay, session: Session, code: str) -> None:
    enrolment, (day, half) = Enrolment.objects.get(pk=walk.enrolments[stay]), session
    correct_mark(enrolment, day=day, half=half, mark=code, reason=WHY, by=walk.cast.officer, at=walk.at, on=walk.on)
    walk.facts.sendings.append(Sending(stay.school, {(stay, day, half): code}))
    walk.did("correct_mark")


@step()
def band_at_night(walk: Walk) -> bool:
    """Every school banded again: a figure that was right stays."""
    band_schools([school.pk for school in walk.schools.values()], on=walk.on)
    walk.did("band_schools")
    return True


# --- Rolls ------------------------------------------------------------------------------------------------------


def leave(walk: Walk, destination: str) -> bool:
    stay = walk.one([one for one in on_roll(walk) if one.last_on is None])
    if stay is None:
        return False
    set_leaving(walk, stay, walk.day(6, 3), destination)
    return True


def set_leaving(walk: Walk, stay: Stay, last_on: dt.date | None, destination: str) -> None:
    enrolment = Enrolment.objects.get(pk=walk.enrolments[stay])
    if last_on:
        last_on = max(last_on, stay.first_on)
    correct_leaving(
        enrolment, leaving_on=last_on, destination=destination, reason=WHY, by=walk.cast.officer, at=walk.at, on=walk.on
    )
    stay.last_on, stay.set_aside = last_on, False
    stay.destination = destination or walk.told_of.get((stay, last_on), "")  # the return of that leaving stands again
    walk.did("correct_leaving")


@step()
def leave_for_nowhere(walk: Walk) -> bool:
    return leave(walk, "")


@step()
def leave_once_more(walk: Walk) -> bool:
    return leave(walk, "")


@step()
def leave_for_a_school_told(walk: Walk) -> bool:
    return leave(walk, "Fen School")


@step("leave_for_nowhere")
def put_back_on_the_roll(walk: Walk) -> bool:
    """The leaving was an error, whatever was said of it."""
    fellows = {(one.record, one.school) for one in walk.facts.stays if one.last_on is None}
    left = [one for one in walk.facts.stays if one.last_on]
    stay = walk.one([one for one in left if (one.record, one.school) not in fellows])
    if stay:
        set_leaving(walk, stay, None, "")
    return stay is not None


@step()
def move_to_another_school(walk: Walk) -> bool:
    moving = walk.one([one for one in on_roll(walk) if one.last_on is None and one.first_on < walk.on - 8 * DAY])
    if moving is None:
        return False
    there = {one.school for one in walk.facts.stays if one.record == moving.record and one.last_on is None}
    free = sorted(set(walk.schools) - there)
    if not free:
        return False
    to, last_on = walk.schools[walk.chance.choice(free)], walk.day(6, 1)
    begun = move_school(
        Enrolment.objects.get(pk=walk.enrolments[moving]), leaving_on=last_on, to=to, destination="",
        admission_on=None, reason=WHY, by=walk.cast.officer, at=walk.at, on=walk.on,
    )  # fmt: skip
    assert begun is not None
    moving.last_on, moving.destination = last_on, to.name
    walk.habits[walk.enrolled(begun)] = walk.chance.choice(["here", "away", "ill"])
    walk.did("move_school")
    return True


@step()
def correct_the_admission(walk: Walk) -> bool:
    """The child was on roll later than was thought, or since long before."""
    stay = walk.one([one for one in on_roll(walk) if one.last_on is None])
    if stay is None:
        return False
    first_on = TERM[0] + walk.chance.randint(5, 25) * DAY if stay.first_on == SINCE else SINCE
    enrolment = Enrolment.objects.get(pk=walk.enrolments[stay])
    correct_admission(enrolment, admission_on=first_on, reason=WHY, by=walk.cast.officer, at=walk.at, on=walk.on)
    stay.first_on = first_on
    walk.did("correct_admission")
    return True


# --- Records ----------------------------------------------------------------------------------------------------


@step()
def link_two_records(walk: Walk) -> bool:
    """Cora was known twice; now and then two others are said to be one child."""
    coras = [key for key, pupil in walk.pupils.items() if pupil.forename == "Cora"]
    one, other = walk.one([coras, walk.chance.sample(list(walk.pupils), 2)]) or coras
    kept = walk.facts.restricted
    linked = other in walk.facts.child_of(one)
    if linked or bool(kept.get(one)) != bool(kept.get(other)) or _are_judged(walk, one, other):
        return False
    link(walk, one, other)
    return True


def link(walk: Walk, one: Any, other: Any) -> None:
    told = {"verdict": "same", "evidence": "", "reason": WHY}
    judge_records(walk.of(one), walk.of(other), **told, by=walk.cast.officer, at=walk.at)
    walk.facts.same_child.append((one, other))
    walk.did("judge_records")


def _are_judged(walk: Walk, one: Any, other: Any) -> bool:
    return judgement_of(walk.of(one), walk.of(other)) is not None


@step("link_two_records")
def take_records_apart(walk: Walk) -> bool:
    pair = walk.one(walk.facts.same_child)
    link = judgement_of(walk.of(pair[0]), walk.of(pair[1])) if pair else None
    if pair is None or link is None:
        return False
    take_back(link, reason=WHY, by=walk.cast.officer, at=walk.at)
    walk.facts.same_child.remove(pair)
    walk.did("take_back")
    return True


@step("lift_the_restriction")
def restrict_a_record(walk: Walk) -> bool:
    record = walk.one(set(walk.pupils) - {key for key, names in walk.facts.restricted.items() if names})
    leader = walk.cast.team_leader
    if record is None or len(walk.facts.restricted) > 2:
        return False
    restrict_record(walk.of(record), kind="other", holders=[leader], reason=WHY, by=leader, on=walk.on)
    walk.facts.restricted |= {key: {leader.name} for key in walk.facts.child_of(record)}
    walk.did("restrict_record")
    return True


@step("restrict_a_record")
def lift_the_restriction(walk: Walk) -> bool:
    record = walk.one(walk.facts.restricted)
    if record is None:
        return False
    lift_restriction(walk.of(record), reason=WHY, by=walk.cast.team_leader, on=walk.on)
    for key in walk.facts.child_of(record):
        walk.facts.restricted.pop(key, None)
    walk.did("lift_restriction")
    return True


# --- Returns and hand-overs -------------------------------------------------------------------------------------


def deletion(walk: Walk, stage: str) -> tuple[Stay, StatutoryReturn] | None:
    """The deletion return, at this stage, of somebody who left without anybody telling where to."""
    made = {one.enrolment_id: one for one in StatutoryReturn.objects.filter(kind="deletion", stage=stage)}
    gone = [one for one in walk.facts.stays if one.last_on and one.last_on < walk.on and not one.destination]
    there = [one for one in gone if walk.enrolments[one] in made]
    stay = walk.one(there, lambda one: one.record in walk.found_by("missing-left"))
    return (stay, made[walk.enrolments[stay]]) if stay else None


@step("leave_for_nowhere")
def send_the_deletion_with_a_school(walk: Walk) -> bool:
    held = deletion(walk, "draft")
    if held:
        stay, one = held
        returns.send_return(one, confirmed={"destination": "Fen School"}, by=walk.cast.lead, at=walk.at)
        stay.destination = walk.told_of[stay, stay.last_on] = "Fen School"
        walk.did("send_return")
    return held is not None


@step("leave_for_nowhere")
def send_the_deletion_without_one(walk: Walk) -> bool:
    held = deletion(walk, "draft")
    if held:
        returns.send_return(held[1], confirmed={"destination": ""}, by=walk.cast.lead, at=walk.at)
        walk.did("send_return")
    return held is not None


@step("leave_for_nowhere")
def set_the_deletion_aside(walk: Walk) -> bool:
    held = deletion(walk, "draft")
    if held:
        returns.set_aside_return(held[1], reason=WHY, by=walk.cast.lead, at=walk.at)
        held[0].set_aside = True
        walk.did("set_aside_return")
    return held is not None


@step("set_the_deletion_aside")
def open_the_deletion_again(walk: Walk) -> bool:
    held = deletion(walk, "set-aside")
    if held:
        returns.reopen_return(held[1], by=walk.cast.lead, at=walk.at)
        held[0].set_aside = False
        walk.did("reopen_return")
    return held is not None


@step()
def believe_in_fifteen_days_of_illness(walk: Walk) -> bool:
    """A school need not wait until the marks say so."""
    return any(_believed(walk, stay) for stay in walk.chance.sample(on_roll(walk), len(on_roll(walk))))


def _believed(walk: Walk, stay: Stay) -> bool:
    enrolment = Enrolment.objects.get(pk=walk.enrolments[stay])
    marks = walk.facts.registers()[stay]
    there = StatutoryReturn.objects.filter(enrolment=enrolment, kind="sickness").exists()
    if there or "I" not in marks.values() or stay.record == max(walk.pupils, key=lambda key: walk.facts.born[key]):
        return False
    if str(walk.pupils[stay.record]) == "Ella Evans":
        return False
    returns.begin_return(enrolment, kind="sickness", reason=WHY, by=walk.cast.lead, at=walk.at, on=walk.on)
    walk.facts.sickness_said.append((stay, walk.on))
    walk.did("begin_return")
    return True


@step()
def offer_to_another_authority(walk: Walk) -> bool:
    free = [key for key in walk.pupils if key not in walk.facts.restricted and not _handed(walk, key)]
    record = walk.one(free, lambda key: key in walk.found_by("missing-left"))
    if record is None:
        return False
    made = offer_hand_over(
        walk.of(record), to=walk.cast.westshire, reason="moved-home", by=walk.cast.officer, at=walk.at
    )
    walk.facts.hand_overs.append(Span(made.pk, record, walk.on))
    walk.did("offer_hand_over")
    return True


def _handed(walk: Walk, record: Any) -> bool:
    theirs = walk.facts.child_of(record)  # a child is offered once, under whichever of the records
    return any(one.record in theirs and one.ended_on is None for one in walk.facts.hand_overs)


@step("offer_to_another_authority")
def withdraw_the_offer(walk: Walk) -> bool:
    one = walk.one([one for one in walk.facts.hand_overs if one.ended_on is None])
    if one:
        held = HandOver.objects.get(pk=one.key)
        withdraw_hand_over(held, because=WHY, by=walk.cast.team_leader, at=walk.at)
        one.ended_on = walk.on
        walk.did("withdraw_hand_over")
    return one is not None
