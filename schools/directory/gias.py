"""DfE's register of schools taken over: an authority's schools made and brought up to date, and who followed whom.

Nothing is ever deleted, and nothing changes where the file says what is held already.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from attendance_portal.audit import record
from attendance_portal.models import Membership
from schools.directory.carrying import carry_rolls
from schools.models import School, SchoolMembership, Succession
from schools.models.places import Phase, SchoolStatus
from schools.reading.gias import Establishment, Link

# The types of establishment that "Working together to improve school attendance" speaks to: every school in England
# with children of compulsory school age, independent ones and alternative provision among them. The phase is that of
# the type, else of the school.
_BY_PHASE: Final = None
COVERED: Final[dict[str, Phase | None]] = {
    "Community school": _BY_PHASE,
    "Voluntary aided school": _BY_PHASE,
    "Voluntary controlled school": _BY_PHASE,
    "Foundation school": _BY_PHASE,
    "Academy converter": _BY_PHASE,
    "Academy sponsor led": _BY_PHASE,
    "Free schools": _BY_PHASE,
    "University technical college": _BY_PHASE,
    "Studio schools": _BY_PHASE,
    "City technology college": _BY_PHASE,
    "Other independent school": _BY_PHASE,
    "Community special school": Phase.SPECIAL,
    "Foundation special school": Phase.SPECIAL,
    "Non-maintained special school": Phase.SPECIAL,
    "Other independent special school": Phase.SPECIAL,
    "Academy special converter": Phase.SPECIAL,
    "Academy special sponsor led": Phase.SPECIAL,
    "Free schools special": Phase.SPECIAL,
    "Pupil referral unit": Phase.ALTERNATIVE,
    "Academy alternative provision converter": Phase.ALTERNATIVE,
    "Academy alternative provision sponsor led": Phase.ALTERNATIVE,
    "Free schools alternative provision": Phase.ALTERNATIVE,
}
_PHASES: Final = {
    "Primary": Phase.PRIMARY,
    "Middle deemed primary": Phase.PRIMARY,
    "Secondary": Phase.SECONDARY,
    "Middle deemed secondary": Phase.SECONDARY,
    "All-through": Phase.ALL_THROUGH,
}
# Every entry of a register is kept six years (SI 2024/208 reg 7, explanatory note): a school that closed before that
# can have left no register that anyone still holds.
REGISTERS_KEPT_YEARS: Final = 6
_FIELDS: Final = (
    "laestab", "name", "phase", "kind", "status", "address", "telephone", "opened_on", "closed_on",
)  # fmt: skip
LABELS: Final = {
    "laestab": "DfE number",
    "kind": "type",
    "opened_on": "opening date",
    "closed_on": "closing date",
}


@dataclass
class Outcome:
    """What an import did: URNs made, what changed of which URN, and what was left out and why."""

    created: list[str] = field(default_factory=list)
    updated: dict[str, list[str]] = field(default_factory=dict)
    unchanged: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    not_in_file: list[str] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.linked)


def import_schools(
    told: Sequence[Establishment], links: Sequence[Link], *, on: dt.date, by: Membership | None
) -> Outcome:
    """Make and update the open scope's schools as the extract says, and link who followed whom. One transaction."""
    outcome = Outcome()
    held = {school.urn: school for school in School.objects.select_for_update(no_key=True).order_by("pk")}
    in_order = _in_order(links, {one.urn: one for one in told})
    closings = {link.predecessor: link.dated_on for link in in_order if link.dated_on}
    for one in told:
        values = _values(one, held.get(one.urn), closings.get(one.urn), on)
        if values is None or (one.urn not in held and _too_long_ago(values["closed_on"], on)):
            why = _why(one)
            outcome.left_out[why] = outcome.left_out.get(why, 0) + 1
        elif one.urn in held:
            _update(held[one.urn], values, outcome)
        else:
            held[one.urn] = School.objects.create(urn=one.urn, **values)
            outcome.created.append(one.urn)
    outcome.not_in_file = sorted(set(held) - {one.urn for one in told})
    _link_schools(in_order, held, outcome, on)
    outcome.notes += carry_rolls(on=on, by=by)
    if outcome.changed:
        words = (
            f"Imported schools from DfE's register: {len(outcome.created)} added, {len(outcome.updated)} changed, "
            f"{len(outcome.linked)} linked."
        )
        record("import_schools", by=by, words=words, created=outcome.created, updated=outcome.updated)
    return outcome


def _values(one: Establishment, held: School | None, followed_on: dt.date | None, on: dt.date) -> dict[str, Any] | None:
    """What the school is to hold; None where the row is not for the portal."""
    if one.status == "proposed" or (held is None and one.kind not in COVERED):
        return None
    phase = _phase(one)
    closed_on = None
    if one.status == "closed":
        closed_on = one.closed_on or (held.closed_on if held else None) or _day_before(followed_on)
        if closed_on is None and held is not None:
            closed_on = on
    if phase is None or (one.status == "closed" and closed_on is None):
        return None
    return {
        "laestab": one.laestab,
        "name": one.name,
        "phase": phase.value,
        "kind": one.kind,
        "status": SchoolStatus(one.status).value,
        "address": one.address,
        "telephone": one.telephone,
        "opened_on": one.opened_on,
        "closed_on": closed_on,
    }


def _day_before(day: dt.date | None) -> dt.date | None:
    return day - dt.timedelta(days=1) if day else None


def _phase(one: Establishment) -> Phase | None:
    """The type's phase, else the school's, else what its ages tell; None for nurseries and colleges."""
    if (by_type := COVERED.get(one.kind)) is not None:
        return by_type
    if one.phase in _PHASES:
        return _PHASES[one.phase]
    if one.phase in ("Nursery", "16 plus"):
        return None
    low, high = one.low_age or 0, one.high_age or 99
    if high <= 12:
        return Phase.PRIMARY
    return Phase.SECONDARY if low >= 9 else Phase.ALL_THROUGH


def _too_long_ago(closed_on: dt.date | None, on: dt.date) -> bool:
    return closed_on is not None and closed_on < on - dt.timedelta(days=round(REGISTERS_KEPT_YEARS * 365.25))


def _why(one: Establishment) -> str:
    """Why a row was left out, as it is counted."""
    if one.status == "proposed":
        return "not open yet"
    if one.kind not in COVERED:
        return f"of a type that the attendance guidance does not cover: {one.kind}"
    if one.status == "closed":
        return f"closed more than {REGISTERS_KEPT_YEARS} years ago, or on a day the files do not give"
    return f"without children of compulsory school age: {one.phase}"


def _update(school: School, values: Mapping[str, Any], outcome: Outcome) -> None:
    changed = [name for name in _FIELDS if getattr(school, name) != values[name]]
    if not changed:
        outcome.unchanged += 1
        return
    for name in changed:
        setattr(school, name, values[name])
    school.save(update_fields=changed)
    outcome.updated[school.urn] = [LABELS.get(name, name) for name in changed]


# --- Who followed whom --------------------------------------------------------------------------------------------


def _in_order(links: Sequence[Link], told: Mapping[str, Establishment]) -> list[Link]:
    """Each pair once, with the latest date given. Where the file has both before the other, the closed one came first.

    "Result of Amalgamation" stands on both sides of its pairs in DfE's file.
    """
    pairs: dict[tuple[str, str], Link] = {}
    for link in links:
        key = (link.predecessor, link.successor)
        known = pairs.get(key)
        dates = [one.dated_on for one in (known, link) if one and one.dated_on]
        pairs[key] = Link(*key, kind=known.kind if known else link.kind, dated_on=max(dates, default=None))
    return [link for key, link in pairs.items() if key[::-1] not in pairs or _came_first(*key, told)]


def _came_first(predecessor: str, successor: str, told: Mapping[str, Establishment]) -> bool:
    states = [told[urn].status if urn in told else "" for urn in (predecessor, successor)]
    return states[0] == "closed" and states[1] in ("open", "closing")


def _link_schools(links: Sequence[Link], held: Mapping[str, School], outcome: Outcome, on: dt.date) -> None:
    """Link the pairs of which both schools are held here."""
    known = {(one.predecessor_id, one.successor_id): one for one in Succession.objects.all()}
    followed: defaultdict[School, list[School]] = defaultdict(list)
    for link in links:
        if link.predecessor not in held or link.successor not in held:
            continue
        before, after = held[link.predecessor], held[link.successor]
        if _keep(link, before, after, known.get((before.pk, after.pk))):
            outcome.linked.append((before.urn, after.urn))
            followed[before].append(after)
    for before, those_after in followed.items():
        outcome.notes += _whom_to_tell(before, those_after, on)


def _keep(link: Link, before: School, after: School, known: Succession | None) -> bool:
    """Make or correct one link; whether anything changed."""
    linked_on = after.opened_on or link.dated_on
    if known is None:
        Succession.objects.create(predecessor=before, successor=after, kind=link.kind, linked_on=linked_on)
        return True
    if (known.kind, known.linked_on) == (link.kind, linked_on):
        return False
    known.kind, known.linked_on = link.kind, linked_on
    known.save(update_fields=["kind", "linked_on"])
    return True


def _whom_to_tell(before: School, after: Sequence[School], on: dt.date) -> list[str]:
    names = " and ".join(f"{one.name} (URN {one.urn})" for one in after)
    people = (
        SchoolMembership.objects.on(on)
        .filter(school=before)
        .exclude(membership__in=SchoolMembership.objects.on(on).filter(school__in=after).values("membership"))
    )
    found = [f"{before.name} (URN {before.urn}) was followed by {names}."]
    if number := people.count():
        one = number == 1
        found.append(
            f"{number} {'person works' if one else 'people work'} for URN {before.urn} and not yet for the school "
            "that followed: give them the new school on the Staff pages."
        )
    return found
