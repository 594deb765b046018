"""What a pupil's page and the home page show of cases."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from casework.models import Case
from casework.presenters import barrier_words, with_people
from schools.models import Pupil
from schools.stored.same_child import groups_of, open_pairs, records_of


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's cases, the open one first, then those of records said to be the same child; nothing for those who
    may not see cases."""
    template = "casework/panels/pupil.html"
    if not member.may(Permission.CASE_SEE):
        return Panel("Casework", template)
    groups = groups_of(open_pairs())
    records = {pupil.pk: [pupil.pk, *(key for key in groups.get(pupil.pk, ()) if key != pupil.pk)] for pupil in pupils}
    rows = _rows({key for keys in records.values() for key in keys}, member)
    found = {
        pk: [{**row, "held_as": row["case"].pupil if key != pk else None} for key in keys for row in rows[key]]
        for pk, keys in records.items()
    }
    return Panel("Casework", template, {pk: theirs for pk, theirs in found.items() if theirs})


def of_other_records(pupil: Pupil, member: Membership) -> list[dict[str, Any]]:
    """Cases of other records that were said to be this child, as far as the member may see those."""
    others = records_of(pupil)[1:]
    rows = _rows(others, member) if others and member.may(Permission.CASE_SEE) else {}
    return [{**row, "held_as": row["case"].pupil} for theirs in rows.values() for row in theirs]


def _rows(records: Iterable[uuid.UUID], member: Membership) -> defaultdict[uuid.UUID, list[dict[str, Any]]]:
    """The cases of these records that the member may see, by record; the open one first. Two queries."""
    by_pk: defaultdict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    seen = Case.objects.visible_to(member).filter(pupil__in=records).select_related("pupil")
    for case in with_people(seen, member.on).order_by("-stage", "-opened_on"):
        by_pk[case.pupil_id].append({"case": case, "barriers": barrier_words(case)})
    return by_pk
