"""The trail of audit events, searched by person, child, kind and day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attendance_portal.front.find import children_found
from attendance_portal.models import AuditEvent, AuditQuerySet, Membership
from attendance_portal.tables import Column
from schools.models import Pupil

COLUMNS = (
    Column("at", "When", ("at",)),
    Column("by", "Who", ("by_name",)),
    Column("what", "What", ("what",)),
    Column("pupils", "Children"),
)
HEADERS = ("When", "Who", "Action", "What was done", "About", "Key", "Children", "Address")
# A file holds this many events at most; a narrower search gives the rest.
MOST_IN_A_FILE = 20_000


@dataclass(frozen=True)
class Search:
    """What events are looked for; empty means all. Days are inclusive, in local time."""

    who: str = ""
    pupil: str = ""
    what: str = ""
    from_on: dt.date | None = None
    until_on: dt.date | None = None


def events_found(member: Membership, search: Search) -> AuditQuerySet:
    """The events of the authority that a search asks for."""
    events: AuditQuerySet = AuditEvent.objects.with_children()
    if search.who:
        events = events.filter(by_name__icontains=search.who)
    if search.what:
        events = events.filter(what=search.what)
    if search.from_on:
        events = events.filter(at__date__gte=search.from_on)
    if search.until_on:
        events = events.filter(at__date__lte=search.until_on)
    if search.pupil:
        events = events.naming_any(children_meant(member, search.pupil))
    return events


def children_meant(member: Membership, typed: str) -> list[uuid.UUID]:
    """The children a UPN, a name or a key stands for, of those this member may see."""
    if (key := _as_key(typed)) is not None:
        return list(Pupil.objects.visible_to(member).filter(pk=key).values_list("pk", flat=True))
    return list(children_found(member, typed).values_list("pk", flat=True))


def _as_key(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def kinds() -> list[str]:
    """Every kind of event there is, and refusals even where there are none, in alphabetical order."""
    return sorted({"refused", *AuditEvent.objects.order_by("what").values_list("what", flat=True).distinct()})


def names_by_key(member: Membership, events: Sequence[AuditEvent]) -> dict[uuid.UUID, str]:
    """Names of the children in these events, of those this member may see; one query."""
    keys = {key for event in events for key in event.children}
    return {pupil.pk: str(pupil) for pupil in Pupil.objects.visible_to(member).filter(pk__in=keys)}


def withhold_words(events: Sequence[AuditEvent], names: Mapping[uuid.UUID, str]) -> None:
    """Where an event concerns a child without a name here, say its kind alone: reasons and searches name children."""
    for event in events:
        if not names.keys() >= set(event.children):
            event.words, event.detail = kind_words(event.what), {}


def kind_words(what: str) -> str:
    """The name of an action as words: `confirm_minutes` is "Confirm minutes"."""
    return what.replace("_", " ").capitalize()


def event_row(event: AuditEvent) -> tuple[object, ...]:
    """One event as a line of the file, under `HEADERS`; children stand by their keys."""
    children = " ".join(str(key) for key in event.children)
    about = (event.subject_type, event.subject_id, children, event.address or "")
    return (event.at.isoformat(timespec="seconds"), event.by_name, event.what, event.words, *about)
