"""What the rule board must show, said once more in plain Python from the law, over the plain facts of what was done.

Nothing of the portal is imported: no rule, no row, no figure. "1.5" and the like are the sections of the domain
reference in which the law and the guidance are told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar

from tests.casework.board_facts import Case, Facts, Followed, HealthPlan, Key, Plan, Session, Span, Stay

Child = frozenset[Key]
T = TypeVar("T", bound=Span)
Found = set[Any]

# 2.1: the codes of 2024 and what each counts as. A session with any other code, or none, was not possible.
ATTENDING = {"/", "\\", "L", "K", "V", "P", "W", "B"}
AUTHORISED = {"C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"}
UNAUTHORISED = {"G", "N", "O", "U"}
POSSIBLE = ATTENDING | AUTHORISED | UNAUTHORISED
YEAR_BEGAN = dt.date(2026, 8, 1)


@dataclass
class World:
    """The facts on a day, as somebody sees them: these records, and what happened at these schools (None: at all)."""

    facts: Facts
    on: dt.date
    records: set[Key]
    schools: set[str] | None = None

    @cached_property
    def registers(self) -> dict[Stay, dict[Session, str]]:
        return self.facts.registers()

    @cached_property
    def children(self) -> set[Child]:
        return {self.facts.child_of(record) for record in self.records}

    def stays(self, child: Child) -> list[Stay]:
        """The child's names in admission registers, of the schools that this person is told of."""
        theirs = [stay for stay in self.facts.stays if stay.record in child & self.records]
        return [stay for stay in theirs if self.schools is None or stay.school in self.schools]

    def everywhere(self, child: Child) -> list[Stay]:
        """All of them, whoever asks."""
        return [stay for stay in self.facts.stays if stay.record in child]

    def is_on_a_roll(self, child: Child) -> bool:
        return any(stay.holds(self.on) for stay in self.everywhere(child))

    def on_roll(self, child: Child) -> list[Stay]:
        """The stays of this person's schools that hold the child today."""
        return [stay for stay in self.stays(child) if stay.holds(self.on)]

    def of_the_year(self, child: Child) -> list[Stay]:
        """For those of a school what is there now; for the authority all of the year of a child on any roll."""
        if self.schools is not None:
            return self.on_roll(child)
        return self.stays(child) if self.is_on_a_roll(child) else []

    @cached_property
    def possible(self) -> dict[Stay, list[tuple[Session, str]]]:
        """2.3: the possible sessions of the school year while on roll there."""
        return {
            stay: [(at, code) for at, code in marks.items() if code in POSSIBLE and stay.holds(at[0])]
            for stay, marks in self.registers.items()
        }

    def sessions(self, stay: Stay) -> list[tuple[Session, str]]:
        return self.possible[stay]

    @cached_property
    def severe(self) -> set[Child]:
        return {child for child in self.children if is_severe_child(self, child)}

    def of_age(self, stay: Stay) -> Iterator[tuple[Session, str]]:
        """3.3: returns need compulsory school age on the date of each session."""
        born = self.facts.born[stay.record]
        return ((at, code) for at, code in self.sessions(stay) if is_of_compulsory_school_age(born, at[0]))

    def cases(self, child: Child) -> list[Case]:
        return [case for case in self.facts.cases if case.is_open and case.record in child]

    def of(self, spans: Sequence[T], child: Child) -> list[T]:
        return [span for span in spans if span.record in child]


@cache
def compulsory_school_age(born: dt.date) -> tuple[dt.date, dt.date]:
    """3.3: from the prescribed day on or next after the fifth birthday to the last Friday in June of the school year
    of the sixteenth."""
    five = born.replace(year=born.year + 5)
    prescribed = [dt.date(five.year, 3, 31), dt.date(five.year, 8, 31), dt.date(five.year, 12, 31)]
    june = born.year + 16 + (born.month >= 9)
    fridays = [one for n in range(1, 31) if (one := dt.date(june, 6, n)).weekday() == 4]
    return min(one for one in prescribed if one >= five), fridays[-1]


def is_of_compulsory_school_age(born: dt.date, day: dt.date) -> bool:
    first, last = compulsory_school_age(born)
    return first <= day <= last


# --- Severely absent children ---------------------------------------------------------------------------------


def is_severe(world: World, stays: Iterable[Stay]) -> bool:
    """3.1: half or more of the child's own possible sessions were missed; exactly half is severe, none is nothing."""
    codes = [code for stay in stays for _, code in world.sessions(stay)]
    missed = [code for code in codes if code not in ATTENDING]
    return bool(codes) and 2 * len(missed) >= len(codes)


def is_severe_child(world: World, child: Child) -> bool:
    """On roll today, and severely absent at a school that holds the child now (3.1 counts each enrolment), or in the
    year over all schools together (11, T8: a casework list looks at the child). One child, however many records."""
    one_by_one = any(is_severe(world, [stay]) for stay in world.on_roll(child))
    return one_by_one or is_severe(world, world.of_the_year(child))


def led(world: World) -> set[Child]:
    """1.2: one lead practitioner, who accepted and works here still, or is named and has no account."""
    return {
        child
        for child in world.children
        if any(case.lead and case.lead not in world.facts.gone for case in world.cases(child))
    }


def planned(world: World) -> set[Child]:
    """1.2: an agreed joint approach; a plan that is written or waits is not agreed yet."""
    return {child for child in world.children if any(case.agreed for case in world.cases(child))}


def severe_without_a_lead(world: World) -> Found:
    return world.severe - led(world)


def severe_without_a_plan(world: World) -> Found:
    return world.severe - planned(world)


def severe_to_check(world: World) -> Found:
    """1.2, 1.7: a severely absent child is checked for being in truth missing education, each school year anew."""
    return {child for child in world.severe if not asked_about(world, child, since=YEAR_BEGAN)}


# --- Plans, actions, referrals ------------------------------------------------------------------------------------


def plans_that_count(world: World) -> Iterator[Plan]:
    for case in world.facts.cases:
        if case.record in world.records and case.agreed:
            yield case.agreed


def plans_past_review(world: World) -> Found:
    """Issue 4, item 10: the day agreed for the review has gone by. One held then or since that said that the case can
    be closed suffices for two weeks: a case that is open after them is one that nobody closed."""
    cases = [case for case in world.facts.cases if case.record in world.records and case.agreed]
    plans = [(case.agreed, case.can_close_on) for case in cases if case.agreed]
    return {
        plan.key
        for plan, said_on in plans
        if plan.review_on < world.on and not (said_on and said_on >= plan.review_on and (world.on - said_on).days <= 14)
    }


def actions_overdue(world: World) -> Found:
    """Issue 4, item 10: due on a day that has gone by, neither done nor given up."""
    return {
        action.key
        for plan in plans_that_count(world)
        for action in plan.actions
        if action.due_on < world.on and not action.is_settled
    }


def referrals_unanswered(world: World) -> Found:
    """A family that was told of help hears of it within a week: asked seven days ago or more."""
    return {
        one.key
        for one in world.facts.referrals
        if one.waits and one.record in world.records and (world.on - one.made_on).days >= 7
    }


# --- Part-time timetables and illness ---------------------------------------------------------------------------


def part_time_past_end(world: World) -> Found:
    """2.1: C2 is temporary. Its last day has gone by, and nobody said that it ended or agreed another."""
    return {
        one.key
        for one in world.facts.timetables
        if one.ended_on is None and one.until_on < world.on and one.record in world.records
        if world.schools is None or one.school in world.schools
    }


def part_time_not_recorded(world: World) -> Found:
    """2.1: C2 stands for an agreed timetable. On the latest day with it at a school none was recorded as running."""
    found = set()
    for child in world.children:
        for stay in world.on_roll(child):
            days = [day for (day, _), code in world.sessions(stay) if code == "C2"]
            theirs = [one for one in world.facts.timetables if one.record in child and one.school == stay.school]
            if days and not any(ran_on(one, max(days)) for one in theirs):
                found.add(child)
    return found


def ran_on(span: Span, day: dt.date) -> bool:
    return span.begun_on <= day and (span.ended_on is None or day <= span.ended_on)


def fifteen_days_of_illness(world: World, stay: Stay) -> Iterator[dt.date]:
    """1.5: the days on which a school had to tell of 15 school days, 30 sessions of code I and of no other: added up in
    the year, and for each continuous period that is so long by itself. Or it told before, when it believed so."""
    said = [day for one, day in world.facts.sickness_said if one is stay]
    yield from said
    ill = [day for (day, _), code in world.of_age(stay) if code == "I"]
    if len(ill) >= 30 and not any(day <= ill[29] for day in said):
        yield ill[29]
    in_a_row: list[dt.date] = []
    for (day, _), code in world.of_age(stay):
        in_a_row = [*in_a_row, day] if code == "I" else []
        if len(in_a_row) == 30 and not any(in_a_row[0] <= one for one in said):
            yield day


def had_a_plan(world: World, child: Child, since: dt.date) -> bool:
    """Something was arranged for the child who is ill, or looked into, at any time since: by the authority, whose duty
    it is, or by a school as far as the authority has looked into that."""
    plans = [one for one in world.facts.health_plans if one.record in child and one.looked_into]
    ran = [one for one in plans if one.begun_on <= world.on]
    return any(plan.ended_on is None or (plan.ended_on >= since and answers(world, child, plan)) for plan in ran)


def answers(world: World, child: Child, plan: HealthPlan) -> bool:
    """EA 1996 s.19 has no count of days and no end; 1.5: the authority is to act at 15 days. So what it decided answers
    until 15 more are reached; that a school does no more what was found enough, the authority did not decide."""
    ended_on = plan.ended_on or dt.date.max
    stays = [one for one in world.everywhere(child) if world.schools is None or one.school in world.schools]
    since = [day for stay in stays for (day, _), code in world.sessions(stay) if code == "I" and day > ended_on]
    return not plan.ended_by_a_school and len(since) < 30


def ill_without_a_plan(world: World) -> Found:
    """EA 1996 s.19 (1.5): since 15 days of illness were reached, nothing was arranged or looked into for the child."""
    return {
        child
        for child in world.children
        for stay in world.of_the_year(child)
        for day in fifteen_days_of_illness(world, stay)
        if not had_a_plan(world, child, since=day)
    }


def ill_at_schools_together(world: World) -> Found:
    """The same where only the child's days together are 15: no school has to tell of it, but the child is as ill."""
    found = set()
    for child in world.children:
        stays = world.stays(child)
        ill = {stay: [at for at, code in world.sessions(stay) if code == "I"] for stay in stays}
        many = [days for days in ill.values() if days]
        told = any(True for stay in world.everywhere(child) for _ in fifteen_days_of_illness(world, stay))
        is_due = len(many) > 1 and sum(map(len, many)) >= 30 and world.on_roll(child) and not told
        if is_due and of_age_today(world, world.on_roll(child)) and not had_a_plan(world, child, since=YEAR_BEGAN):
            found.add(child)
    return found


# --- Possibly missing education ---------------------------------------------------------------------------------


def asked_about(world: World, child: Child, *, since: dt.date) -> bool:
    """Whether an enquiry is open, or was begun since."""
    return any(one.ended_on is None or one.begun_on >= since for one in world.of(world.facts.enquiries, child))


def ten_days_away(world: World, stay: Stay) -> Iterator[tuple[dt.date, dt.date]]:
    """1.5: 20 possible sessions in a row, all of G, N, O or U: the first day, and the day on which ten were reached.
    What was not possible neither adds nor breaks."""
    away: list[dt.date] = []
    for (day, _), code in world.of_age(stay):
        away = [*away, day] if code in UNAUTHORISED else []
        if len(away) == 20:
            yield away[0], day


def away_without_leave(world: World) -> Found:
    """1.7: after ten school days away school and authority begin to enquire; whoever any school saw since is not lost,
    and whoever has moved meanwhile and is not seen there is."""
    found = set()
    for child in world.children:
        stays = world.everywhere(child)
        seen = {day for stay in stays for (day, _), code in world.sessions(stay) if code in ATTENDING}
        for stay in world.of_the_year(child):
            for first, reached in ten_days_away(world, stay):
                if not any(day >= reached for day in seen) and not asked_about(world, child, since=first):
                    found.add(child)
    return found


def left_for_nowhere(world: World) -> Found:
    """1.7, EA 1996 s.436A: of compulsory school age, on no roll, and of the roll that was left last nobody told where
    to, or of education otherwise. A roll whose return was set aside says nothing, unless it has a destination; nor does
    a place that begins on a later day."""
    found = set()
    for child in world.children:
        stays = world.everywhere(child)
        if not stays or world.is_on_a_roll(child):
            continue
        telling = [one for one in stays if one.first_on <= world.on and (one.destination or not one.set_aside)]
        last_on = max((stay.last_on for stay in telling if stay.last_on), default=dt.date.min)
        latest = [stay for stay in telling if stay.last_on == last_on]
        told_of = [stay for stay in latest if stay in world.stays(child) and not stay.set_aside]
        is_lost = of_age_today(world, told_of) and not any(stay.destination for stay in latest)
        if is_lost and not known_otherwise(world, child, last_on):
            found.add(child)
    return found


def of_age_today(world: World, stays: Iterable[Stay]) -> bool:
    return any(is_of_compulsory_school_age(world.facts.born[stay.record], world.on) for stay in stays)


def known_otherwise(world: World, child: Child, left_on: dt.date) -> bool:
    """Educated at home, told to another authority, or asked about since the child left."""
    at_home = any(one.begun_on <= world.on and one.ended_on is None for one in world.of(world.facts.home, child))
    told = any(one.ended_on is None for one in world.of(world.facts.hand_overs, child))
    return at_home or told or asked_about(world, child, since=left_on)


def ended_last(world: World, child: Child) -> list[tuple[Followed, bool]]:
    """The home education or (True) enquiry that ended last; on one day the enquiry looked into what had ended."""
    of_child = [(one, False) for one in world.of(world.facts.home, child)]
    of_child += [(one, True) for one in world.of(world.facts.enquiries, child)]
    days = [((one.ended_on, asked, one.begun_on), one, asked) for one, asked in of_child if one.ended_on]
    return [(one, asked) for place, one, asked in days if place == max(days, key=lambda each: each[0])[0]]


def nothing_followed(world: World, *, asked: bool) -> Found:
    """1.7: home education found unsuitable is missing education from that day; what was found otherwise is a roll, or
    education at home, and shows as such: a roll once a school has had two weeks to tell of it. Until then nobody
    knows that the child, of compulsory school age, is in education at all; of who was not found nobody ever did."""
    days = {"home": 0, "unsuitable": 0, "not-found": 0, "school": 14, "place": 14, "on-roll": 14}
    found = set()
    for child in world.children:
        for one, by_enquiry in ended_last(world, child):
            assert one.ended_on
            in_time = one.by in days and (world.on - one.ended_on).days >= days[one.by]
            begun = [stay for stay in world.everywhere(child) if stay.first_on <= world.on]
            there_since = any(stay.last_on is None or stay.last_on >= one.ended_on for stay in begun)
            is_of_age = is_of_compulsory_school_age(world.facts.born[one.record], world.on)
            is_lost = in_time and not there_since and is_of_age and one.record in world.records
            if by_enquiry is asked and is_lost and not known_otherwise(world, child, dt.date.max):
                found.add(child)
    return found


def home_ended_for_nothing(world: World) -> Found:
    return nothing_followed(world, asked=False)


def enquiry_ended_for_nothing(world: World) -> Found:
    return nothing_followed(world, asked=True)


RULES: dict[str, Callable[[World], Found]] = {
    "severe-no-lead": severe_without_a_lead,
    "severe-no-plan": severe_without_a_plan,
    "plan-past-review": plans_past_review,
    "action-overdue": actions_overdue,
    "referral-unanswered": referrals_unanswered,
    "part-time-past-end": part_time_past_end,
    "part-time-not-recorded": part_time_not_recorded,
    "illness-no-plan": ill_without_a_plan,
    "illness-together": ill_at_schools_together,
    "missing-severe": severe_to_check,
    "missing-run": away_without_leave,
    "missing-left": left_for_nowhere,
    "missing-home": home_ended_for_nothing,
    "missing-enquired": enquiry_ended_for_nothing,
}
ABOUT_RECORDS = {"plan-past-review", "action-overdue", "referral-unanswered", "part-time-past-end"}
"""Rules that list plans, actions, referrals, timetables; the others list each child once."""


def promise(world: World) -> tuple[int, int, int, int]:
    """How many are severely absent; of them with lead and plan, with a lead alone, with a plan alone."""
    all_of, with_lead, with_plan = world.severe, led(world), planned(world)
    both = all_of & with_lead & with_plan
    return len(all_of), len(both), len(all_of & with_lead - both), len(all_of & with_plan - both)
