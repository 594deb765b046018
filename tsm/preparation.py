"""A meeting's list and agenda, drawn up from what is known at that moment; never stored until it begins."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from attendance_portal.models import Membership
from casework.barriers import Taxonomy, taxonomy
from casework.models import Case, CaseBarrier
from casework.opening import open_cases_of
from schools.models import BandMove, Circumstance, Pupil, Standing
from tsm.lists import Agenda, ByHand, ListedPupil, PupilFacts, draw_agenda, draw_up
from tsm.models import AgreedAction, ListChange, Meeting

CARRIED = "an action agreed at an earlier meeting is still undone"
_NEWLY = (BandMove.Kind.NEWLY_SEVERE, BandMove.Kind.NEWLY_PERSISTENT)


@dataclass(frozen=True)
class Prepared:
    """The list of one meeting in order, its agenda, the standing of each pupil, and undone actions before it."""

    listed: list[ListedPupil]
    agenda: Agenda
    standings: dict[str, Standing]
    changes: dict[str, ListChange]


@dataclass(frozen=True)
class _Known:
    """What several tables say of the pupils, each by pupil; barriers by case."""

    circumstances: dict[object, set[str]]
    cases: dict[uuid.UUID, Case]
    barriers: dict[object, list[str]]
    taxonomy: Taxonomy
    undone: Counter[object]
    newly: set[object]


def prepare(meeting: Meeting, members: Sequence[Membership], *, on: dt.date) -> Prepared:
    """Draw up the list as these members together may see it; the number of queries never grows.

    A child restricted to others is not on it. Agenda: what fits the minutes booked.
    """
    changes = _changes(meeting)
    undone = undone_before(meeting)
    standings = _standings(meeting, members, [*changes, *undone])
    known = _known(meeting, list(standings), undone, on=on)
    added, dropped = _by_hand(changes, undone, standings)
    listed = draw_up([_facts(s, known) for s in standings.values()], added=added, dropped=dropped)
    by_text = {str(pupil): standing for pupil, standing in standings.items()}
    agenda = draw_agenda(listed, minutes=meeting.minutes_booked)
    return Prepared(listed, agenda, by_text, {str(pupil): change for pupil, change in changes.items()})


def undone_before(meeting: Meeting) -> Counter[object]:
    """How many actions agreed at the school's earlier meetings are undone, by pupil."""
    actions = (
        AgreedAction.objects.undone()
        .agreed()
        .filter(meeting__school=meeting.school_id, meeting__starts_at__lt=meeting.starts_at, pupil__isnull=False)
    )
    return Counter(actions.order_by().values_list("pupil_id", flat=True))


def _changes(meeting: Meeting) -> dict[object, ListChange]:
    """The standing change by hand of each pupil: the latest."""
    rows = ListChange.objects.filter(meeting=meeting).select_related("made_by__user")
    return {change.pupil_id: change for change in rows}


def _standings(meeting: Meeting, members: Sequence[Membership], also: Iterable[object]) -> dict[object, Standing]:
    may_see = Q()
    for member in members:
        may_see |= Q(pupil__in=Pupil.objects.visible_to(member).values("pk"))
    concerned = Q(persistent=True) | Q(severe=True) | Q(at_risk=True) | Q(pupil__in=list(also))
    rows = (
        Standing.objects.on_roll()
        .filter(concerned, may_see, school=meeting.school_id)
        .select_related("pupil", "enrolment")
        .order_by("enrolment_id")
    )
    return {standing.pupil_id: standing for standing in rows}


def _known(meeting: Meeting, pupils: list[Any], undone: Counter[object], *, on: dt.date) -> _Known:
    circumstances: dict[object, set[str]] = defaultdict(set)
    for pupil, kind in Circumstance.objects.on(on).filter(pupil__in=pupils).values_list("pupil_id", "kind"):
        circumstances[pupil].add(kind)
    cases = open_cases_of(pupils)
    barriers: dict[object, list[str]] = defaultdict(list)
    held = CaseBarrier.objects.filter(case__in=[case.pk for case in cases.values()], ended_on=None)
    for case, barrier in held.values_list("case_id", "barrier"):
        barriers[case].append(barrier)
    return _Known(circumstances, cases, barriers, taxonomy(), undone, _newly(meeting, pupils))


def _newly(meeting: Meeting, pupils: list[Any]) -> set[object]:
    """Pupils newly severely or persistently absent since the figures of the school's last meeting."""
    last = last_held(meeting)
    if last is None or last.as_at is None:
        return set()
    moves = BandMove.objects.filter(pupil__in=pupils, school=meeting.school_id, kind__in=_NEWLY)
    return set(moves.filter(as_at__gt=last.as_at).values_list("pupil_id", flat=True))


def last_held(meeting: Meeting) -> Meeting | None:
    """The school's meeting held before this one, or None."""
    earlier = Meeting.objects.held().filter(school=meeting.school_id, starts_at__lt=meeting.starts_at)
    found: Meeting | None = earlier.exclude(pk=meeting.pk).order_by("-starts_at").first()
    return found


def _by_hand(
    changes: dict[object, ListChange], undone: Counter[object], standings: dict[object, Standing]
) -> tuple[list[ByHand], list[ByHand]]:
    """Those added and those dropped; a pupil with an undone action comes back unless taken off by hand."""
    hand: dict[str, list[ByHand]] = {kind: [] for kind in ListChange.Kind.values}
    for pupil, change in changes.items():
        hand[change.kind].append(ByHand(str(pupil), change.reason, by=change.made_by.name))
    added = hand[ListChange.Kind.ADDED]
    for pupil in undone:
        standing = standings.get(pupil)
        by_rule = standing is None or standing.persistent or standing.severe or standing.at_risk
        if not by_rule and pupil not in changes:
            added.append(ByHand(str(pupil), CARRIED))
    return added, hand[ListChange.Kind.DROPPED]


def _facts(standing: Standing, known: _Known) -> PupilFacts:
    """One pupil's facts. A plan is in place where an open case has a day on which it is reviewed."""
    pupil = standing.pupil_id
    case, held = known.cases.get(pupil), known.circumstances.get(pupil, set())
    kind = Circumstance.Kind
    return PupilFacts(
        pupil=str(pupil),
        name=str(standing.pupil),
        year_group=int(standing.year_group) if standing.year_group.isdigit() else None,
        possible=standing.possible,
        attended=standing.attended,
        absent=standing.missed,
        authorised=standing.authorised,
        unauthorised=standing.unauthorised,
        band=standing.band,
        persistent=standing.persistent,
        severe=standing.severe,
        recent_possible=standing.six_week_possible,
        recent_missed=standing.six_week_missed,
        has_lead_practitioner=bool(case and case.has_lead),
        has_plan=bool(case and case.review_on),
        at_another_meeting=bool(case and case.other_meeting),
        barriers_out_of_school=known.taxonomy.labels_out_of_school(known.barriers.get(case.pk, []) if case else []),
        undone_actions=known.undone[pupil],
        ten_week_unauthorised=standing.ten_week_unauthorised,
        ill_sessions=standing.illness,
        ehc_plan=kind.EHC_PLAN in held,
        sen_support=kind.SEN_SUPPORT in held,
        child_in_need=kind.CHILD_IN_NEED in held,
        child_protection=kind.CHILD_PROTECTION in held,
        looked_after=kind.LOOKED_AFTER in held,
        newly_since_last_meeting=pupil in known.newly,
    )
