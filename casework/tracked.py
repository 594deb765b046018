"""Part-time timetables, health plans, enquiries and home education as lists and a pupil's page show them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, DateField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from attendance_portal.tables import Column
from casework import termly_categories as categories
from casework.models import EducationEnquiry, HealthPlan, HomeEducation, PartTimeTimetable
from schools.models import Enrolment, Pupil, School, Standing, StatutoryReturn
from schools.models.places import EVERY_SUCCESSION
from schools.stored.same_child import any_of_the_child

Cell = str | int | dt.date | None
OF_A_SCHOOL: Final = (PartTimeTimetable, Standing, StatutoryReturn)
"""What one school's register says, or that school agreed. A school's own people find only their own school's."""


@dataclass(frozen=True)
class Tracked:
    """A kind of record: its list's words and columns, the cells of a row, and where one is opened or changed.

    `began` is the path of the first day; `page`: address name of one record, and the words of its link; `prefetched`:
    what the cells ask of the record beside its own fields; `void`: address name where one that ended is said to be
    wrong, where it has no page of its own.
    """

    model: type[Any]
    began: str
    title: str
    noun: tuple[str, str]
    headings: tuple[str, ...]
    cells: Callable[[Any], tuple[Cell, ...]]
    page: tuple[str, str]
    needed: Permission
    prefetched: tuple[str, ...] = ()
    void: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        return (
            Column("pupil", "Child", ("pupil__sort_key",)),
            Column("school", "School", ("school_name",)),
            Column("began", "From", (self.began,)),
            *(Column(f"cell{at}", heading) for at, heading in enumerate(self.headings)),
            Column("ended", "Ended", ("ended_on",)),
            Column("link", "Open", hidden_label=True),
        )


def _part_time_cells(one: Any) -> tuple[Cell, ...]:
    agreed = "Yes" if one.parent_agreed_on else "Not recorded"
    agreed = "Recorded in error" if one.in_error_on else agreed
    return one.until_on, f"{one.sessions_a_week} of 10", agreed, one.review_on


def _health_cells(one: Any) -> tuple[Cell, ...]:
    wrong = " (recorded in error)" if one.in_error_on else ""
    return f"{one.get_provision_display()}{wrong}", one.looked_into_on or "Not yet", one.review_on


def _enquiry_cells(one: Any) -> tuple[Cell, ...]:
    joint = "School and authority" if one.is_joint else f"{one.side_that_began} alone"
    missing = "Not found to be missing"
    if one.is_missing:
        since = f"since {one.missing_from_on:%-d %B %Y}" if one.missing_from_on else "since when is not known"
        missing = f"Missing education {since}"
        if one.is_on_roll and one.ended_on is None:
            missing += "; on a school’s roll now, so not counted"
    reason = categories.label_of(categories.MISSING_REASONS, one.primary_reason) if one.is_missing else ""
    return joint, missing, reason, one.get_outcome_display()


def _home_cells(one: Any) -> tuple[Cell, ...]:
    return (
        categories.label_of(categories.HOME_REASONS, one.primary_reason),
        categories.label_of(categories.SCHOOLS_BEFORE, one.school_before),
        "Recorded in error" if one.in_error_on else one.get_ended_display(),
    )


PART_TIME: Final = Tracked(
    PartTimeTimetable, "from_on", "Part-time timetables", ("part-time timetable", "part-time timetables"),
    ("Agreed until", "Sessions a week", "Parent agreed", "Review"), _part_time_cells,
    ("change_part_time", "Change or end"), Permission.TRACKING_KEEP, ("put_offs",),
    "void_part_time",
)  # fmt: skip
HEALTH: Final = Tracked(
    HealthPlan, "begun_on", "Health plans", ("health plan", "health plans"),
    ("What is arranged", "Looked into by the authority", "Review"),
    _health_cells, ("end_health_plan", "End"), Permission.TRACKING_KEEP, (), "void_health_plan",
)  # fmt: skip
ENQUIRIES: Final = Tracked(
    EducationEnquiry, "begun_on", "Children who may be missing education", ("enquiry", "enquiries"),
    ("Who enquires", "Missing education", "Main reason", "Outcome"), _enquiry_cells,
    ("enquiry_page", "Open"), Permission.CASE_SEE,
)  # fmt: skip
HOME: Final = Tracked(
    HomeEducation, "from_on", "Children educated at home", ("child", "children"),
    ("Main reason", "School before", "What came after"), _home_cells,
    ("home_education_page", "Open"), Permission.CASE_SEE,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A record as its list shows it."""

    one: Any
    school: str
    began: dt.date
    cells: tuple[Cell, ...]
    href: str
    words: str

    @property
    def texts(self) -> list[str]:
        """The cells as a page shows them."""
        return [f"{cell:%-d %B %Y}" if isinstance(cell, dt.date) else str(cell or "–") for cell in self.cells]


def rows_of(kind: Tracked, member: Membership, *, state: str, school: str) -> QuerySet[Any]:
    """The records that the member may see; `state`: "" those that run, "ended", "all"."""
    found = kind.model.objects.visible_to(member).select_related("pupil").prefetch_related(*kind.prefetched)
    if state == "ended":
        found = found.exclude(pk__in=kind.model.objects.running())
    elif state != "all":
        found = found.running()
    if school:
        found = found.filter(at_school(school, kind.model, member))
    if kind is ENQUIRIES:
        there = Enrolment.objects.there(member.on) & enrolments_known(member)
        seen = there.filter(pupil__in=Pupil.objects.visible_to(member))
        found = found.select_related("pupil", "begun_by").annotate(is_on_roll=any_of_the_child(seen))
    return with_school(found, member)


def at_school(school: str, model: type[Any], member: Membership, pupil: str = "pupil") -> Q:
    """Which rows are that school's or one's before it, where rows are a school's; else whose child goes or went there.

    pupil: from the row to its child.
    """
    if model in OF_A_SCHOOL:
        there = School.objects.filter(Q(urn=school) | Q(name__icontains=school)).order_by().values("pk")
        before = School.objects.followed_by(there, EVERY_SUCCESSION, member.on).values("pk")
        return Q(school__in=there) | Q(school__in=before)
    return Q(**{f"{pupil}__in": enrolments_known(member).filter(named(school)).values("pupil")})


def enrolments_known(member: Membership) -> QuerySet[Enrolment]:
    """The enrolments of which the member may know, of children they see: a school's own people those there alone.

    What may not be shown is not to be filtered by either: else the filter tells it.
    """
    own = Q(school__in=School.objects.of(member)) if member.is_of_a_school else Q()
    found: QuerySet[Enrolment] = Enrolment.objects.filter(own)
    return found


def named(school: str) -> Q:
    """What was typed to find a school: a URN, or part of a name."""
    return Q(school__urn=school) | Q(school__name__icontains=school)


def with_school(rows: QuerySet[Any], member: Membership, pupil: str = "pupil") -> QuerySet[Any]:
    """With the name of the school that the row is of, where it is of one (`OF_A_SCHOOL`), wherever the child goes now.

    Else of that where each child is on roll, or was last, as far as the member may know it.
    """
    if rows.model in OF_A_SCHOOL:
        of_its_own: QuerySet[Any] = rows.annotate(school_name=F("school__name"))
        return of_its_own
    latest = latest_enrolment(member, pupil).values("school__name")
    found: QuerySet[Any] = rows.annotate(school_name=Subquery(latest))
    return found


def latest_enrolment(member: Membership, pupil: str = "pupil") -> QuerySet[Enrolment]:
    """For a subquery of rows of children: that where each is on roll, or was last, as far as the member may know it."""
    theirs = enrolments_known(member).filter(pupil=OuterRef(pupil))
    return theirs.order_by(F("leaving_on").desc(nulls_first=True), "-pk")[:1]


def shown(kind: Tracked, found: Sequence[Any], member: Membership) -> list[Row]:
    """Records as rows; the link only where there is something left to do that the member may do."""
    may = member.may(kind.needed)
    rows = []
    for one in found:
        opens = may and (kind.needed == Permission.CASE_SEE or one.in_error_on is None)
        name, words = _page_of(kind, member, getattr(one, "provision", ""), getattr(one, "looked_into_on", None))
        if one.ended_on and kind.void:
            name, words = ("" if member.is_of_a_school else kind.void), "It was recorded in error"
        href = reverse(name, args=[one.pk]) if opens and name else ""
        rows.append(Row(one, one.school_name or "", getattr(one, kind.began), kind.cells(one), href, words))
    return rows


def _page_of(kind: Tracked, member: Membership, provision: str, looked_into_on: dt.date | None) -> tuple[str, str]:
    """Address name and words of what is next to do; a school's health plan is looked into first (EA 1996 s.19)."""
    if kind is not HEALTH:
        return kind.page
    if looked_into_on is None and member.may(Permission.OUT_OF_SCHOOL_KEEP):
        return "look_into_health_plan", "Look into it"
    is_of_others = member.is_of_a_school and provision == HealthPlan.Provision.AUTHORITY
    return ("", "") if is_of_others else kind.page


# --- On a pupil's page --------------------------------------------------------------------------------------

_ORDER: Final = ("kind", "key", "pupil_id", "began", "last", "over_on", "found_on", "wrong_on", "said")


def _as_union(kind: str, rows: Any, began: str, until: str, words: Any) -> Any:
    """until: the path of a further day. Of an enquiry `found_on` is the day on which the child was found missing."""
    none = Cast(Value(None), output_field=DateField())
    found, wrong = (F("found_missing_on"), none) if kind == "enquiry" else (none, F("in_error_on"))
    return rows.order_by().annotate(
        kind=Value(kind, output_field=CharField()), key=F("pk"), began=F(began), last=F(until), over_on=F("ended_on"),
        found_on=found, wrong_on=wrong, said=Cast(words, output_field=CharField()),
    ).values_list(*_ORDER)  # fmt: skip


def _all_kinds(keys: Sequence[uuid.UUID], member: Membership) -> Any:
    """Every record of these children that the member may see, the latest first. One query."""

    def seen(model: type[Any]) -> Any:
        return model.objects.visible_to(member).filter(pupil__in=keys)

    parts = [
        _as_union("part-time", seen(PartTimeTimetable), "from_on", "until_on", F("sessions_a_week")),
        _as_union("health", seen(HealthPlan), "begun_on", "looked_into_on", F("provision")),
        _as_union("enquiry", seen(EducationEnquiry), "begun_on", "missing_from_on", F("outcome")),
        _as_union("home", seen(HomeEducation), "from_on", "in_error_on", F("ended")),
    ]
    return parts[0].union(*parts[1:], all=True).order_by("-began")


@dataclass(frozen=True)
class OnPage:
    """A record as a pupil's page names it."""

    title: str
    words: str
    status: str
    colour: str
    href: str = ""
    action: str = ""


def panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's part-time timetables, health plans, enquiries and home education, and what can be recorded."""
    template = "casework/panels/tracked.html"
    if not member.may(Permission.CASE_SEE):
        return Panel("Education in and out of school", template)
    keys = [pupil.pk for pupil in pupils]
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in _all_kinds(keys, member):
        told = dict(zip(_ORDER, row, strict=True))
        found[told["pupil_id"]].append({"one": _on_page(told, member)})
    for key in keys:
        if ways := _ways(key, member):
            found[key].append({"ways": ways})
    return Panel("Education in and out of school", template, dict(found))


_RECORDED: Final = (
    ("Record a part-time timetable", "record_part_time", Permission.TRACKING_KEEP),
    ("Record a health plan", "record_health_plan", Permission.TRACKING_KEEP),
    ("Begin an enquiry about missing education", "begin_enquiry", Permission.TRACKING_KEEP),
    ("Record home education", "record_home_education", Permission.OUT_OF_SCHOOL_KEEP),
)


def _ways(key: uuid.UUID, member: Membership) -> list[tuple[str, str]]:
    return [(words, reverse(name, args=[key])) for words, name, needed in _RECORDED if member.may(needed)]


def _on_page(told: dict[str, Any], member: Membership) -> OnPage:
    kind = {"part-time": PART_TIME, "health": HEALTH, "enquiry": ENQUIRIES, "home": HOME}[told["kind"]]
    name, words = _page_of(kind, member, told["said"], told["last"])
    is_over = told["over_on"] or told["wrong_on"]
    opens = member.may(kind.needed) and (kind.needed == Permission.CASE_SEE or not is_over)
    href = reverse(name, args=[told["key"]]) if opens and name else ""
    status, colour = (f"Ended {told['over_on']:%-d %b %Y}", "grey") if told["over_on"] else ("Runs", "blue")
    if told["kind"] == "part-time" and not told["over_on"] and told["last"] < member.on:
        status, colour = "Past its end", "red"
    if told["wrong_on"]:
        status, colour = "Recorded in error", "grey"
    return OnPage(_TITLES[told["kind"]], _words(told), status, colour, href, words)


_TITLES: Final = {
    "part-time": "Part-time timetable",
    "health": "Health plan",
    "enquiry": "Enquiry into missing education",
    "home": "Educated at home",
}


def _words(told: dict[str, Any]) -> str:
    since = f"From {told['began']:%-d %B %Y}"
    if told["kind"] == "part-time":
        return f"{since}, agreed until {told['last']:%-d %B %Y}, {told['said']} of 10 sessions a week"
    if told["kind"] == "enquiry":
        ended = EducationEnquiry.Outcome(told["said"]).label if told["said"] else ""
        day = f"{told['last']:%-d %B %Y}" if told["last"] else "a day that is not known"
        missing = f"missing education since {day}" if told["found_on"] else ""
        return ", ".join(filter(None, [since, missing, ended]))
    if told["kind"] == "health":
        waits = "" if told["last"] else ". The authority has not looked into it yet"
        return f"{since}. {HealthPlan.Provision(told['said']).label}{waits}"
    return f"{since}. {HomeEducation.Ended(told['said']).label if told['said'] else ''}".strip()
