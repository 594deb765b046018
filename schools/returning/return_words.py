"""Statutory returns in words: what each is, why it is due, where it stands, and the facts that it sends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.utils import timezone

from attendance_portal.charts import Share
from attendance_portal.days import moment_words
from schools.models import Carer, CarerLink, Pupil, ReturnStep, StatutoryReturn
from schools.presenters import Tag, counted

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage

_COLOURS: Final = {
    Stage.DRAFT: "yellow",
    Stage.SENT: "blue",
    Stage.ACKNOWLEDGED: "green",
    Stage.SET_ASIDE: "grey",
    Stage.WITHDRAWN: "grey",
}
EXPLAINED: Final = {
    Kind.ATTENDANCE: "A child of compulsory school age was absent without authority (codes G, N, O or U) for ten "
    "school days without a break. Days without school neither add to the ten nor break them.",
    Kind.SICKNESS: "A child of compulsory school age was ill (code I) for 15 school days, without a break or added up "
    "over the school year. The authority uses it to see whether education must be arranged.",
    Kind.NEW_PUPIL: "A name was entered in the admission register. The authority is told by the end of the fifth day "
    "after, but for those who join the youngest class on the first day of the school year.",
    Kind.DELETION: "A name is taken from the admission register. The authority is told as soon as the ground is met, "
    "and no later than the deletion, but for those who have finished the school's final year. A social worker of the "
    "child is told before any deletion.",
}
_FINISHED: Final = "; the final year is finished, so that only the social worker is told unless the authority asks"
LAW: Final = "School Attendance (Pupil Registration) (England) Regulations 2024 (SI 2024/208), regulation 13"
CONFIRMED: Final = {
    "full_name": "Full name",
    "date_of_birth": "Date of birth",
    "sex": "Sex",
    "address": "Address",
    "parents": "Parents the child normally lives with",
    "admitted_on": "Date of admission",
    "last_school": "School before",
    "ground": "Ground for the deletion",
    "destination": "New school or address",
    "note": "What the school adds",
}


def stage_tag(one: StatutoryReturn, *, on: dt.date) -> Tag:
    """Where it stands; a draft past its day is late, which follows from dates and is no stage."""
    stage = Stage(one.stage)
    if is_overdue(one, on=on):
        return Tag(f"Overdue since {one.deadline_on:%-d %b}", "red")
    if stage in StatutoryReturn.ARRIVED and one.ground_gone_on:
        return Tag("Marks changed since", "orange")
    return Tag(stage.label, _COLOURS[stage])


def shares_of_states(counts: Mapping[str, int]) -> list[Share]:
    """What of the returns is done, and what waits for whom, for a bar; counts as `StatutoryReturn.objects.states`."""
    return [
        Share(1, "Acknowledged", counts["acknowledged"]),
        Share(2, "Sent, not yet acknowledged", counts["sent"]),
        Share(3, "To be confirmed, in time", counts["drafts"] - counts["overdue"]),
        Share(5, "Overdue", counts["overdue"]),
    ]


def is_overdue(one: StatutoryReturn, *, on: dt.date) -> bool:
    return bool(one.stage == Stage.DRAFT and one.deadline_on < on)


def was_late(one: StatutoryReturn) -> bool:
    """Whether it was sent after its last day."""
    return bool(one.sent_at and timezone.localdate(one.sent_at) > one.deadline_on)


def why_due(one: StatutoryReturn) -> str:
    """The ground in a sentence, with its days."""
    first, arose = f"{one.first_on:%-d %B %Y}", f"{one.arose_on:%-d %B %Y}"
    if one.is_by_hand:
        return f"Begun by hand on {arose}: {one.facts.get('reason', '')}"
    if one.kind == Kind.ATTENDANCE:
        return f"Ten school days without authority, from {first} to {arose}"
    if one.kind == Kind.SICKNESS:
        added = "added up over the year, the last of them " if one.facts.get("added_up") else ""
        return f"15 school days of illness, {added}from {first} to {arose}"
    if one.kind == Kind.DELETION:
        return f"Last day on roll {arose}{_FINISHED if one.is_finished else ''}"
    if one.enrolment.admission_on is None:
        return f"First mark in the register on {arose}; no date of admission has been stated"
    return f"Admitted on {arose}"


_TELLS_A_HOME: Final = ("address", "parents", "destination", "note")
NOT_SHOWN: Final = "Contact details are not shown to you"


def home_texts(one: StatutoryReturn) -> list[str]:
    """What was confirmed that can tell where somebody lives."""
    told = one.facts.get("confirmed", {})
    return [told[name] for name in _TELLS_A_HOME if told.get(name)]


def fact_rows(one: StatutoryReturn, *, is_withheld: bool) -> list[dict[str, str]]:
    """What was confirmed when it was sent; `is_withheld`: what can tell where somebody lives is kept, and not shown."""
    told = {**one.facts.get("confirmed", {})}
    if is_withheld:
        told |= {name: NOT_SHOWN for name in _TELLS_A_HOME if told.get(name)}
    return [{"key": CONFIRMED[name], "value": told[name]} for name in CONFIRMED if told.get(name)]


@dataclass(frozen=True)
class EvidenceDay:
    """A day of the marks that a return rests on."""

    on: dt.date
    morning: str
    afternoon: str


def evidence(one: StatutoryReturn) -> list[EvidenceDay]:
    days: dict[dt.date, dict[int, str]] = {}
    for day, half, code in one.facts.get("marks", []):
        days.setdefault(dt.date.fromisoformat(day), {})[half] = code
    return [EvidenceDay(day, halves.get(0, "–"), halves.get(1, "–")) for day, halves in sorted(days.items())]


def evidence_total(one: StatutoryReturn) -> str:
    words = counted(len(one.facts.get("marks", [])), "session", "sessions")
    if one.stage == Stage.DRAFT:
        return f"{words}, as the register has them now"
    return f"{words}, frozen when the return was sent" if one.sent_at else words


def steps(found: Iterable[ReturnStep]) -> list[dict[str, Any]]:
    """The history, newest first, for `parts/timeline.html`."""
    return [
        {
            "title": step.words or step.what.replace("_", " ").capitalize(),
            "when": moment_words(timezone.localtime(step.made_at)),
            "at": step.made_at,
            "by": str(step.made_by.user) if step.made_by else "The service",
        }
        for step in found
    ]


class Parent(Protocol):
    """A parent or carer as a reader may know them: `schools.children.families`, which stands above, tells of them."""

    @property
    def link(self) -> CarerLink: ...
    @property
    def carer(self) -> Carer: ...
    @property
    def contact(self) -> dict[str, str]: ...


def parents_words(family: Sequence[Parent]) -> str:
    """Each parent the child normally lives with: name, address and emergency telephone, one a line.

    Of a contact that is withheld from the reader only the name: the school enters what it knows itself.
    """
    lines = []
    for one in family:
        known = (one.carer.name, one.contact["address"].replace("\n", ", "), one.contact["telephone"])
        lines.append(", ".join(part for part in known if part))
    return "\n".join(lines)


def initial_facts(one: StatutoryReturn, pupil: Pupil, family: Sequence[Parent]) -> dict[str, Any]:
    """What the portal knows already, to be checked by the school."""
    with_child = [each for each in family if each.link.lives_with]
    address = next((each.contact["address"] for each in with_child if each.contact["address"]), "")
    return {
        "full_name": str(pupil),
        "date_of_birth": pupil.date_of_birth,
        "sex": pupil.sex,
        "address": address,
        "parents": parents_words(with_child),
        "admitted_on": one.enrolment.admission_on,
        "destination": one.enrolment.destination,
    }


HEADINGS: Final = [
    "Return", "School", "URN", "Surname", "Forename", "UPN", "First day", "Became due", "To be sent by", "State",
    "Sent", "Sent late", "Acknowledged",
]  # fmt: skip


def file_rows(found: Iterable[StatutoryReturn], *, on: dt.date) -> list[list[Any]]:
    """Rows under `HEADINGS`."""
    return [
        [
            one.get_kind_display(), one.school.name, one.school.urn, one.pupil.surname, one.pupil.forename,
            one.pupil.upn, one.first_on, one.arose_on, one.deadline_on, stage_tag(one, on=on).words,
            _day(one.sent_at), was_late(one), _day(one.acknowledged_at),
        ]
        for one in found
    ]  # fmt: skip


def _day(at: dt.datetime | None) -> dt.date | None:
    return timezone.localdate(at) if at else None
