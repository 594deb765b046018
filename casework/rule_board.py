"""The standing rule board: how many children each rule finds, who they are, and the one click that puts it right.

Every figure is a query of this moment: nothing of the board is stored, so nothing of it can be out of date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from attendance_portal.charts import Chart, Share, band_bar, percent
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework import rule_rows
from casework import standing_rules as rules
from casework.models import Case, EducationEnquiry, HealthPlan
from casework.standing_rules import RULES, StandingRule
from casework.tracked import OF_A_SCHOOL, at_school, enrolments_known, latest_enrolment, named, with_school
from schools.models import Enrolment, Pupil, School, Standing
from schools.models.places import SchoolStatus
from schools.stored.same_child import first_of_the_child

Way = tuple[str, str]
"""Words of a link and where it goes; empty where the member may not do it."""


@dataclass(frozen=True)
class Found:
    """A rule and how many children or records it finds now."""

    rule: StandingRule
    count: int


@dataclass(frozen=True)
class Promise:
    """No severely absent child without a lead and a plan: how many there are, and how many have which."""

    severe: int
    both: int
    lead_alone: int
    plan_alone: int

    @property
    def neither(self) -> int:
        return self.severe - self.both - self.lead_alone - self.plan_alone

    @property
    def broken(self) -> int:
        """Severely absent children without a lead or without a plan."""
        return self.severe - self.both

    @property
    def shares(self) -> list[Share]:
        return [
            Share(1, "Lead practitioner and agreed plan", self.both),
            Share(2, "Lead practitioner, no plan yet", self.lead_alone),
            Share(3, "Agreed plan, no lead practitioner", self.plan_alone),
            Share(5, "Neither yet", self.neither),
        ]

    @property
    def chart(self) -> Chart:
        title = "Severely absent children, by what they have"
        return band_bar("promise", title, self.shares, headers=("What they have", "Children"))

    @property
    def kept_share(self) -> str:
        return percent(self.both, self.severe)


@dataclass(frozen=True)
class Line:
    """A child on the list of a rule: since when, what exactly, and how to put it right."""

    pupil: Pupil
    school: str
    since: dt.date | None
    what: str
    way: Way


def promise(member: Membership) -> Promise:
    """How the promise stands among the children whom the member may see. One query."""
    standing = rule_rows.severe(member).annotate(led=rule_rows.has_lead(), planned=rule_rows.has_plan())
    counted = standing.aggregate(
        severe=Count("pk"),
        both=Count("pk", filter=Q(led=True, planned=True)),
        lead_alone=Count("pk", filter=Q(led=True, planned=False)),
        plan_alone=Count("pk", filter=Q(led=False, planned=True)),
    )
    return Promise(**counted)


def without_figures(member: Membership) -> int:
    """How many schools that the member may see have children on roll, and no register of this school year yet.

    None of their children can be counted as severely absent: last year's figures are not carried over. One query.
    """
    there = Enrolment.objects.there(member.on).filter(school=OuterRef("pk"))
    figures = Standing.objects.filter(school=OuterRef("pk"), year=year_of(member.on))
    schools = School.objects.visible_to(member).exclude(status=SchoolStatus.CLOSED)
    found: int = schools.filter(Exists(there), ~Exists(figures)).count()
    return found


def board(member: Membership) -> list[tuple[str, list[Found]]]:
    """What every rule finds, under its heading. One query a rule."""
    groups: dict[str, list[Found]] = {}
    for rule in RULES:
        groups.setdefault(rule.group, []).append(Found(rule, rule_rows.ROWS[rule.code](member).count()))
    return list(groups.items())


def rule_of(code: str) -> StandingRule | None:
    """The rule of that code, if there is one."""
    return next((rule for rule in RULES if rule.code == code), None)


@dataclass(frozen=True)
class _Kind:
    """How the rows of a rule are shown: paths to the child and the day, their words, and the way to put it right."""

    since: str
    what: Callable[[Any], str]
    way: Callable[[Any], tuple[str, str, Any]]
    pupil: str = "pupil"
    related: tuple[str, ...] = ()


def rows_of(rule: StandingRule, member: Membership, *, school: str = "") -> QuerySet[Any]:
    """What the rule finds, ready to be sorted and shown.

    school: a URN, or part of a name, of the school shown beside the child, or of another where they were this year.
    """
    kind, on = _KINDS[rule.code], member.on
    rows = rule_rows.ROWS[rule.code](member)
    if school:
        there = Enrolment.objects.of_the_year(on) & enrolments_known(member).filter(named(school))
        goes = Q(**{f"{kind.pupil}__in": there.values("pupil")})
        if rows.model in OF_A_SCHOOL:
            rows = rows.filter(at_school(school, rows.model, member, kind.pupil) | goes)
        else:
            seen = Subquery(latest_enrolment(member, kind.pupil).values("pk"))
            shown = enrolments_known(member).filter(named(school)).values("pk")
            rows = rows.alias(seen=seen).filter(Q(seen__in=shown) | goes)
    case = first_of_the_child(Case.objects.open().visible_to(member), kind.pupil)
    rows = with_school(rows.select_related(kind.pupil, *kind.related), member, kind.pupil)
    if rule.code in _ILL:
        waiting = HealthPlan.objects.visible_to(member).running().filter(looked_into_on=None)
        ended = HealthPlan.objects.visible_to(member).looked_into().filter(ended_on__isnull=False)
        over = Subquery(ended.filter(pk=OuterRef("over_pk")).values("ended_on"))
        latest = first_of_the_child(ended.order_by("-ended_on"), kind.pupil)
        rows = rows.annotate(plan_pk=first_of_the_child(waiting, kind.pupil), over_pk=latest, over_on=over)
    found: QuerySet[Any] = rows.annotate(child_key=F(f"{kind.pupil}__sort_key"), since=F(kind.since), case_pk=case)
    return found


def lines(rule: StandingRule, rows: Iterable[Any], member: Membership, *, back: str) -> list[Line]:
    """Rows of `rows_of` as shown; `back`: where a way to put it right returns to."""
    kind = _KINDS[rule.code]
    return [
        Line(_child(row, kind.pupil), row.school_name or "", row.since, kind.what(row), _way(kind, row, member, back))
        for row in rows
    ]


def _child(row: Any, path: str) -> Pupil:
    for name in path.split("__"):
        row = getattr(row, name)
    found: Pupil = row
    return found


def _way(kind: _Kind, row: Any, member: Membership, back: str) -> Way:
    words, name, key = kind.way(row)
    if not member.may(_NEEDED.get(name, Permission.CASE_LEAD)):
        return ("", "")
    try:
        return words, f"{reverse(name, args=[key])}?{urlencode({'next': back})}"
    except NoReverseMatch:
        return ("", "")


def _missed(row: Any) -> str:
    return f"Missed {row.missed} of {row.possible} sessions, {percent(row.missed, row.possible)}"


def _lead_way(row: Any) -> tuple[str, str, Any]:
    if row.case_pk:
        return "Ask somebody to lead", "hand_over_lead", row.case_pk
    return "Open a case", "open_case", row.pupil_id


def _plan_way(row: Any) -> tuple[str, str, Any]:
    if row.case_pk:
        return "Write a plan", "write_plan", row.case_pk
    return "Open a case", "open_case", row.pupil_id


def _enquiry_way(row: Any) -> tuple[str, str, Any]:
    return "Begin an enquiry", "begin_enquiry", row.pupil_id


def _enquired_way(row: Any) -> tuple[str, str, Any]:
    """Home education that an enquiry found is recorded; of what else did not follow somebody asks again."""
    is_at_home = row.outcome == EducationEnquiry.Outcome.HOME
    return ("Record home education", "record_home_education", row.pupil_id) if is_at_home else _enquiry_way(row)


def _ill_way(row: Any) -> tuple[str, str, Any]:
    if row.plan_pk:
        return "Look into what the school does", "look_into_health_plan", row.plan_pk
    return "Record a health plan", "record_health_plan", row.pupil_id


def _what_there_is(row: Any) -> str:
    ended = f". A health plan ended on {row.over_on:%-d %B %Y}" if row.over_on else ""
    waits = ". The school supports the child, and the authority has not looked into it yet" if row.plan_pk else ""
    return ended + waits


_ILL: Final = (rules.ILLNESS_NO_PLAN.code, rules.ILLNESS_TOGETHER.code)
_SEVERE_LEAD: Final = _Kind("as_at", _missed, _lead_way)
_KINDS: Final[Mapping[str, _Kind]] = {
    rules.SEVERE_NO_LEAD.code: _SEVERE_LEAD,
    rules.SEVERE_NO_PLAN.code: _Kind("as_at", _missed, _plan_way),
    rules.PLAN_PAST_REVIEW.code: _Kind(
        "review_on", lambda row: f"Version {row.version} of the plan",
        lambda row: ("Hold the review", "hold_review", row.case_id), "case__pupil", ("case",),
    ),
    rules.ACTION_OVERDUE.code: _Kind(
        "due_on", lambda row: f"{row.what} ({row.owner_shown})",
        lambda row: ("Open the action", "plan_action_page", row.pk), "plan__case__pupil", ("plan__case", "owner__user"),
    ),
    rules.REFERRAL_UNANSWERED.code: _Kind(
        "made_on", lambda row: f"Asked {row.service.name}",
        lambda row: ("Open the referral", "referral_page", row.pk), related=("service",),
    ),
    rules.PART_TIME_PAST_END.code: _Kind(
        "until_on", lambda row: f"{row.sessions_a_week} sessions a week since {row.from_on:%-d %B %Y}",
        lambda row: ("Change or end it", "change_part_time", row.pk),
    ),
    rules.PART_TIME_NOT_RECORDED.code: _Kind(
        "part_time_on", lambda row: "Code C2 in the register",
        lambda row: ("Record the timetable", "record_part_time", row.pupil_id),
    ),
    rules.ILLNESS_NO_PLAN.code: _Kind(
        "first_on", lambda row: f"15 days were reached on {row.arose_on:%-d %B %Y}{_what_there_is(row)}", _ill_way
    ),
    rules.ILLNESS_TOGETHER.code: _Kind(
        "as_at", lambda row: f"{row.illness} sessions of illness at this school alone{_what_there_is(row)}", _ill_way
    ),
    rules.MISSING_SEVERE.code: _Kind("as_at", _missed, _enquiry_way),
    rules.MISSING_RUN.code: _Kind(
        "first_on", lambda row: f"Ten days were reached on {row.arose_on:%-d %B %Y}", _enquiry_way
    ),
    rules.MISSING_LEFT.code: _Kind("arose_on", lambda row: "Last day on roll; it told of no new school", _enquiry_way),
    rules.MISSING_HOME.code: _Kind("ended_on", lambda row: row.get_ended_display(), _enquiry_way),
    rules.MISSING_ENQUIRED.code: _Kind("ended_on", lambda row: row.get_outcome_display(), _enquired_way),
}  # fmt: skip
_NEEDED: Final = {
    "plan_action_page": Permission.CASE_SEE,
    "referral_page": Permission.CASE_SEE,
    "look_into_health_plan": Permission.OUT_OF_SCHOOL_KEEP,
    "record_home_education": Permission.OUT_OF_SCHOOL_KEEP,
}
SINCE_WORDS: Final = {
    rules.SEVERE_NO_LEAD.code: "Figures as at",
    rules.SEVERE_NO_PLAN.code: "Figures as at",
    rules.MISSING_SEVERE.code: "Figures as at",
    rules.PLAN_PAST_REVIEW.code: "Review was due",
    rules.ACTION_OVERDUE.code: "Was due",
    rules.REFERRAL_UNANSWERED.code: "Asked on",
    rules.PART_TIME_PAST_END.code: "Agreed until",
    rules.PART_TIME_NOT_RECORDED.code: "Latest code C2",
    rules.ILLNESS_NO_PLAN.code: "First day of illness",
    rules.ILLNESS_TOGETHER.code: "Figures as at",
    rules.MISSING_RUN.code: "First day away",
    rules.MISSING_LEFT.code: "Last day on roll",
    rules.MISSING_HOME.code: "Ended",
    rules.MISSING_ENQUIRED.code: "Ended",
}
