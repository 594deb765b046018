"""How every write changes a case: one row in the stage it must be in, and a line in its history."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import Model

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import moves
from casework.models import Case, CaseEntry
from schools.models import Pupil
from schools.stored.same_child import child_key, records_of
from schools.stored.turns import hold

UNSEEN: Final = "Somebody works with this family already. Ask the attendance team to invite you."
"""The refusal of a second where whoever asks does not see the first."""
# What says how a case stands, and who works on it.
_STANDING = (
    "stage", "holder", "held_from_on", "lead_practitioner", "lead_name", "lead_agency", "led_from_on",
    "proposed_lead", "proposed_on", "proposed_by_id", "proposed_note",
)  # fmt: skip


def change(case: Case, **changes: Any) -> None:
    """Change an open case; refused where it is closed."""
    move(case, moves.CHANGE, **changes)


def move(row: Model, to: moves.Move, **changes: Any) -> None:
    """One row in the stage it must be in, or a refusal; `row` (a case, plan …) then holds what was written."""
    found = type(row)._default_manager.filter(pk=row.pk, stage__in=to.before)
    if found.update(stage=to.after, **changes) != 1:
        raise Refused(to.refusal)
    for name, value in {"stage": to.after, **changes}.items():
        setattr(row, name, value)


def take_in_hand(case: Case) -> None:
    """Let nobody else change the case until this transaction ends; `case` then says how it stands and who works on it.

    What two people do at one moment is so done one after the other. Locked alone and read afterwards: a locking query
    that waited would pair the row as it is now with the people of before.
    """
    Case.objects.select_for_update().only("pk").get(pk=case.pk)
    now = Case.objects.select_related("holder__user", "lead_practitioner__user", "proposed_lead__user").get(pk=case.pk)
    for name in _STANDING:
        setattr(case, name, getattr(now, name))


def take_turns_to_open(pupil: uuid.UUID) -> None:
    """Until this transaction ends nobody else opens a case of this child, or opens one again, by whichever record."""
    hold(f"case of {child_key(pupil)}")


def take_turns_to_update(pupils: Iterable[uuid.UUID]) -> None:
    """`take_turns_to_open` of many children, and nobody changes the open cases that they have; until the end as well.

    For whoever goes on to several cases in an order of their own: first the turns by the child's key, then the cases by
    theirs, as all do who take several in hand, so that two at one moment never wait for each other in a ring.
    """
    asked = {child_key(pupil): pupil for pupil in pupils}
    for child in sorted(asked):
        hold(f"case of {child}")
    records = [record for pupil in asked.values() for record in records_of(pupil)]
    list(Case.objects.open().select_for_update().filter(pupil__in=records).order_by("pk").values_list("pk", flat=True))


def refuse_second_case(pupil: Pupil, refusal: str, *, on: dt.date, by: Membership, but: Case | None = None) -> None:
    """Refused while a case of this child (other than `but`) is open, by whichever record.

    `refusal` is for who sees that case; nobody else is told by which record it is.
    """
    held = Case.objects.open().filter(pupil__in=records_of(pupil)).exclude(pk=but.pk if but else None)
    if held.exists():
        by.on = on
        raise Refused(refusal if held.filter(pk__in=Case.objects.visible_to(by).values("pk")).exists() else UNSEEN)


def open_case_of(pupil: uuid.UUID) -> Case | None:
    """The child's open case, which nobody closes or changes until this transaction ends; None where there is none.

    That of this record first, else of one said to be the same child.
    Locked alone and read afterwards, as `take_in_hand` does. Whoever opens one where there is none takes turns first.
    """
    locked = Case.objects.open().select_for_update(no_key=True).filter(pupil__in=records_of(pupil)).order_by("pk")
    held = sorted(locked.values_list("pupil", "pk"), key=lambda one: one[0] != pupil)
    people = Case.objects.select_related("holder__user", "lead_practitioner__user", "pupil")
    return people.get(pk=held[0][1]) if held else None


def write_if_open(pupil: uuid.UUID, words: str, *, on: dt.date, by: Membership, source: str) -> None:
    """The same line in the child's open case, where there is one: in none that was closed a moment ago."""
    if case := open_case_of(pupil):
        write(case, words, on=on, by=by, source=source)


def take_up_asking(case: Case, to: moves.Move, **changes: Any) -> None:
    """Change who is asked to lead a case that was taken in hand, or a refusal where that is not asked of it now."""
    asked = moves.ASKED if case.proposed_lead_id else moves.NOBODY_ASKED
    if asked not in to.before:
        raise Refused(to.refusal)
    change(case, **changes)


def write(
    case: Case, words: str, *, on: dt.date, by: Membership | None, source: str = "", restricted_to: Sequence[str] = ()
) -> CaseEntry:
    """A line in the case's history, of the day on which it happened; for these roles alone where any are named.

    `by`: None of what the portal does by itself.
    """
    entry: CaseEntry = CaseEntry.objects.create(
        case=case, happened_on=on, by=by, words=words, source=source, restricted_to=list(restricted_to)
    )
    return entry
