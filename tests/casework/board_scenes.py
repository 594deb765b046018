"""Days at the edges of the rules: what falls due today, what was closed, what another record or school tells.

Whoever's board is compared looks at every rule of it after each day's writes, and again when the next day begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from casework import actions, models
from casework.actions import out_of_school, plans, tracking
from schools.children.restrictions import lift_restriction, restrict_record
from schools.handing.offering import offer_hand_over, withdraw_hand_over
from schools.models import Enrolment, StatutoryReturn
from schools.returning import returns
from tests.casework import board_oracle as oracle
from tests.casework.board_facts import Case, Followed, HealthPlan, Plan, Span, Stay, Timetable
from tests.casework.board_steps_casework import held
from tests.casework.board_steps_plans import (
    WORDS,
    add_action,
    count_from_now,
    next_version,
    put_forward,
    row_of,
    written,
)
from tests.casework.board_steps_schools import WHY, link, put_right, set_leaving
from tests.casework.board_steps_tracking import find
from tests.casework.board_walk import DAY, TERM, Walk, school_days

HILL, VALE, BROOK = "Hill Academy", "Vale Primary School", "Brook Unit"
EARLY = dt.date(2026, 9, 1)
Story = Iterator[None]


class Scenes(Walk):
    """The walk's children and their first registers, with days that are written and not drawn."""

    def did(self, what: str) -> None:
        self.done.append(what)

    def look(self) -> None:
        """Everyone's whole board, now."""
        differing = []
        for viewer in self.viewers:
            world = self.world(viewer)
            for code, must in oracle.RULES.items():
                both = self.listed(code, viewer, world), self.ordered(must(world))
                differing += [self._told(viewer, code, *both)] if both[0] != both[1] else []
        assert not differing, "\n".join(differing)

    def tomorrow(self) -> None:
        """Looked at before anything is written."""
        self.on += DAY
        self._tell_everyone_the_day()
        self.look()

    def who(self, name: str) -> Any:
        return next(key for key, pupil in self.pupils.items() if str(pupil) == name)

    def stay(self, name: str, school: str) -> Stay:
        return next(one for one in self.facts.stays if one.record == self.who(name) and one.school == school)

    def link(self, one: str, other: str) -> None:
        link(self, self.who(one), self.who(other))

    def leave(self, name: str, school: str, last_on: dt.date | None, destination: str = "") -> Stay:
        stay = self.stay(name, school)
        set_leaving(self, stay, last_on, destination)
        return stay

    def case(self, name: str) -> Case:
        """A case with a lead who has no account."""
        record = self.who(name)
        made = actions.open_case(self.of(record), reason="Away.", **self.by(record))
        self.facts.cases.append(Case(made.pk, record, lead="Nia Oak"))
        case = self.facts.cases[-1]
        actions.record_lead_without_account(held(case), name="Nia Oak", agency="Housing", **self.by(record))
        return case

    def plan(self, case: Case, day: dt.date) -> Plan:
        """An agreed plan, with its review and an action of that day."""
        plan = written(self, case, day)
        add_action(self, plan, day)
        put_forward(self, case, plan)
        count_from_now(self, case, plan)
        return plan

    def enquiry(self, name: str, begun_on: dt.date, ended_on: dt.date | None = None, by: str = "on-roll") -> None:
        record = self.who(name)
        made = out_of_school.begin_enquiry(self.of(record), why="Not seen.", begun_on=begun_on, **self.by(record))
        self.facts.enquiries.append(Followed(made.pk, record, begun_on, ended_on, by))
        if ended_on:
            told = {"outcome": by, "ended_on": ended_on, "outcome_words": "Seen."}
            out_of_school.end_enquiry(made, **told, **self.by(record))

    def timetable(self, name: str, school: str, until_on: dt.date, ended_on: dt.date | None = None) -> None:
        record = self.who(name)
        told = {"from_on": EARLY, "until_on": until_on, "sessions_a_week": 6, "reason": "Step by step."}
        made = tracking.record_part_time(self.of(record), school=self.schools[school], **told, **self.by(record))
        self.facts.timetables.append(Timetable(made.pk, record, EARLY, ended_on, school, until_on))
        if ended_on:
            tracking.end_part_time(made, ended_on=ended_on, how_ended="Full time.", **self.by(record))

    def health_plan(self, name: str, begun_on: dt.date) -> HealthPlan:
        record, told = self.who(name), {"provision": "school", "begun_on": begun_on, "words": "Lessons."}
        made = tracking.record_health_plan(self.of(record), **told, **self.by(record))
        self.facts.health_plans.append(HealthPlan(made.pk, record, begun_on))
        return self.facts.health_plans[-1]

    def end_health_plan(self, plan: Span, ended_on: dt.date) -> None:
        row = models.HealthPlan.objects.get(pk=plan.key)
        tracking.end_health_plan(row, ended_on=ended_on, how_ended="Well.", **self.by(plan.record))
        plan.ended_on = ended_on

    def say_fifteen_days(self, stay: Stay) -> None:
        enrolment = Enrolment.objects.get(pk=self.enrolments[stay])
        returns.begin_return(enrolment, kind="sickness", reason=WHY, by=self.cast.lead, at=self.at, on=self.on)
        self.facts.sickness_said.append((stay, self.on))

    def place(self, name: str, school: str, from_on: dt.date) -> Stay:
        """A name entered for a later day."""
        told = {"school": self.schools[school], "admission_on": from_on, "year_group": "8"}
        return self.enrolled(Enrolment.objects.create(pupil=self.of(self.who(name)), **told))

    def send_deletion(self, stay: Stay, destination: str) -> None:
        draft = StatutoryReturn.objects.get(enrolment=self.enrolments[stay], kind="deletion", stage="draft")
        returns.send_return(draft, confirmed={"destination": destination}, by=self.cast.lead, at=self.at)
        stay.destination = destination


def play(walk: Scenes) -> None:
    """Every child's story, told side by side: a day of each is written, then looked at that day and on the next."""
    stories = [story(walk) for story in STORIES]
    while stories:
        stories = [story for story in stories if next(story, STORIES) is not STORIES]
        walk.look()
        walk.tomorrow()


# Each gives way where a night passes.


def reviewed_on_its_day_by_a_school_others_do_not_see(walk: Scenes) -> Story:
    """Gia's plan is reviewed the day after it should have been, and what was due is done."""
    case = walk.case("Gia Gill")
    plan = walk.plan(case, walk.on + DAY)
    walk.timetable("Gia Gill", VALE, walk.on, ended_on=dt.date(2026, 9, 10))  # before the days with C2
    yield
    yield
    following = walk.on + 5 * DAY
    told = {"outcome": "go-on", "words": "Looked at.", "held_on": walk.on, "next_review_on": following}
    actions.hold_review(held(case), **told, by=walk.cast.officer)
    plan.review_on = following
    walk.link("Gia Gill", "Sid Small")
    walk.timetable("Sid Small", VALE, walk.on)


def changed_when_its_review_had_passed(walk: Scenes) -> Story:
    """Hugo's plan. His illness was a session short, and of his plans of health one ended before, one begins later."""
    case = walk.case("Hugo Hale")
    plan = walk.plan(case, walk.on + DAY)
    stay = walk.stay("Hugo Hale", HILL)
    fifteenth = school_days(TERM[0], walk.on)[14], 1
    put_right(walk, stay, fifteenth, "/")
    yield
    put_right(walk, stay, fifteenth, "I")
    walk.end_health_plan(walk.health_plan("Hugo Hale", EARLY), EARLY + 9 * DAY)
    later = walk.health_plan("Hugo Hale", walk.on + DAY)
    yield
    walk.end_health_plan(later, walk.on)
    version = next_version(walk, case, plan)
    version.review_on = walk.on + 5 * DAY
    plans.edit_plan(row_of(version), review_on=version.review_on, **WORDS, by=walk.cast.officer)
    put_forward(walk, case, version)
    count_from_now(walk, case, version)
    yield
    left = walk.leave("Hugo Hale", HILL, walk.on - 3 * DAY)
    walk.send_deletion(left, "")
    walk.leave("Hugo Hale", HILL, None)
    walk.leave("Hugo Hale", HILL, walk.on - 2 * DAY)
    walk.send_deletion(left, "Fen School")


def left_open_after_it_could_be_closed(walk: Scenes) -> Story:
    """Nell's plan, of three weeks ago: a review held on its day said that the case can be closed. Today two weeks have
    gone by since, tomorrow more."""
    case = walk.case("Nell Nash")
    plan = walk.plan(case, walk.on)
    case.can_close_on = plan.review_on = walk.on - 14 * DAY
    models.Plan.objects.filter(pk=plan.key).update(review_on=plan.review_on)
    told = {"outcome": "close", "words": "Well.", "held_on": plan.review_on, "next_review_on": None}
    actions.hold_review(held(case), **told, by=walk.cast.officer)
    yield


def closed_with_a_lead_and_a_plan(walk: Scenes) -> Story:
    """Ella's case, when its review and an action were past."""
    case = walk.case("Ella Evans")
    walk.plan(case, walk.on + DAY)
    yield
    yield
    actions.close_case(held(case), outcome="improved", reason="Better.", **walk.by(case.record))
    case.close()
    yield
    actions.reopen_case(held(case), reason="Away again.", **walk.by(case.record))
    case.is_open = True


def severe_by_two_records(walk: Scenes) -> Story:
    """Ben, away at one school, is Finn, away at another; the case is of Finn, the open enquiry of the year before."""
    walk.link("Ben Brown", "Finn Ford")
    yield
    case = walk.case("Finn Ford")
    walk.enquiry("Ben Brown", walk.on - 100 * DAY)
    yield
    walk.plan(case, walk.on)


def ill_by_two_records(walk: Scenes) -> Story:
    """Cora at two schools, and what is done of one record counts for the other."""
    walk.health_plan("Cora Clark", walk.on + DAY)
    yield
    yield
    walk.say_fifteen_days(walk.stay("Cora Clarke", HILL))


def ill_and_told_then_gone(walk: Scenes) -> Story:
    """Dan is Yara, ill at two schools; one tells of it, then the child leaves both for a school that is known."""
    yara = walk.stay("Yara Young", VALE)
    walk.send(VALE, {yara: dict.fromkeys(school_days(TERM[0], walk.on)[:7], ("I", "I"))})
    walk.link("Dan Dean", "Yara Young")
    yield
    walk.say_fifteen_days(walk.stay("Dan Dean", HILL))
    yield
    walk.leave("Dan Dean", HILL, walk.on, "Fen School")
    walk.leave("Yara Young", VALE, walk.on, "Fen School")


def kept_then_seen_that_afternoon(walk: Scenes) -> Story:
    """Tom is away and restricted; then he is Tia, who was at school on the tenth day."""
    tom = walk.who("Tom Thorne")
    leader = walk.cast.team_leader
    restrict_record(walk.of(tom), kind="other", holders=[leader], reason=WHY, by=leader, on=walk.on)
    walk.facts.restricted[tom] = {leader.name}
    yield
    lift_restriction(walk.of(tom), reason=WHY, by=leader, on=walk.on)
    walk.facts.restricted.pop(tom)
    walk.link("Tom Thorne", "Tia Thorne")


def away_then_gone(walk: Scenes) -> Story:
    """Ivy was away for ten days, and leaves today for a school that is known; no: three weeks ago, and she took up a
    place, thirteen days ago. Tomorrow a roll should tell of it. She is educated at home, and sent back to school."""
    day = school_days(TERM[0], walk.on)[-10]
    for half in (0, 1):
        put_right(walk, walk.stay("Ivy Ivey", BROOK), (day, half), "O")
    yield
    walk.leave("Ivy Ivey", BROOK, walk.on, "Fen School")
    yield
    ivy = walk.who("Ivy Ivey")
    walk.leave("Ivy Ivey", BROOK, walk.on - 21 * DAY, "Fen School")
    walk.enquiry("Ivy Ivey", walk.on - 20 * DAY, walk.on - 13 * DAY, by="place")
    yield
    told = {"primary_reason": "lifestyle", "school_before": "academy", "ended": "school"}
    days = {"from_on": walk.on - 14 * DAY, "ended_on": walk.on - 13 * DAY}
    home = out_of_school.record_home_education(walk.of(ivy), **told, **days, **walk.by(ivy))
    walk.facts.home.append(Followed(home.pk, ivy, days["from_on"], days["ended_on"], "school"))


def gone_from_one_school_then_the_other(walk: Scenes) -> Story:
    """Amy's timetable is of one school and the code of the other; then she leaves them one by one, and is offered a
    place that begins the day after tomorrow."""
    put_right(walk, walk.stay("Amy Abbott", HILL), (school_days(TERM[0], walk.on)[1], 0), "C2")
    walk.timetable("Amy Abbott", BROOK, walk.on + DAY)
    yield
    yield
    walk.leave("Amy Abbott", HILL, walk.on - 6 * DAY)
    yield
    walk.leave("Amy Abbott", BROOK, walk.on)
    yield
    yield
    walk.leave("Amy Abbott", BROOK, walk.on - 2 * DAY, "Fen School")
    yield
    walk.leave("Amy Abbott", BROOK, walk.on - 2 * DAY)
    walk.place("Amy Abbott", VALE, walk.on + 2 * DAY)
    yield
    yield


def gone_for_nowhere(walk: Scenes) -> Story:
    """Nell: asked about before she left, educated at home from tomorrow, found not to be, offered, asked about, not
    found; then a school has a place for her from the day after tomorrow."""
    nell = walk.who("Nell Nash")
    walk.enquiry("Nell Nash", walk.on - 10 * DAY, ended_on=walk.on - 6 * DAY)
    told = {"primary_reason": "lifestyle", "school_before": "academy"}
    home = out_of_school.record_home_education(walk.of(nell), from_on=walk.on + DAY, **told, **walk.by(nell))
    walk.facts.home.append(Followed(home.pk, nell, walk.on + DAY))
    yield
    walk.facts.home[-1].ended_on, walk.facts.home[-1].by = walk.on, "unsuitable"
    ended = {"ended": "unsuitable", "ended_on": walk.on, "ended_words": "Nothing was taught."}
    out_of_school.end_home_education(home, **ended, **walk.by(nell))
    yield
    told_to = {"to": walk.cast.westshire, "reason": "moved-home"}
    offered = offer_hand_over(walk.of(nell), **told_to, by=walk.cast.officer, at=walk.at)
    walk.facts.hand_overs.append(Span(offered.pk, nell, walk.on))
    yield
    withdraw_hand_over(offered, because=WHY, by=walk.cast.team_leader, at=walk.at)
    walk.facts.hand_overs[-1].ended_on = walk.on
    yield
    walk.enquiry("Nell Nash", walk.on)
    yield
    find(walk, walk.facts.enquiries[-1], "not-found")
    yield
    walk.place("Nell Nash", VALE, walk.on + 2 * DAY)
    yield
    yield


STORIES: tuple[Callable[[Scenes], Story], ...] = (
    reviewed_on_its_day_by_a_school_others_do_not_see, changed_when_its_review_had_passed,
    left_open_after_it_could_be_closed, closed_with_a_lead_and_a_plan,
    severe_by_two_records, ill_by_two_records, ill_and_told_then_gone,
    kept_then_seen_that_afternoon, away_then_gone, gone_from_one_school_then_the_other, gone_for_nowhere,
)  # fmt: skip
