"""Records that people said are one child: which they are, and which of them a member reads together.

A link joins the heads of two groups, so that every record but the head has one record above it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q

from attendance_portal.models import Membership
from schools.models import Pupil, PupilLink

Above = dict[uuid.UUID, uuid.UUID]


def open_links() -> Above:
    """The record above each linked one, of the whole authority."""
    same = PupilLink.objects.filter(verdict=PupilLink.Verdict.SAME, undone_at=None)
    return dict(same.values_list("other", "pupil"))


def head_of(record: uuid.UUID, above: Above) -> uuid.UUID:
    """The record that stands for the child; the record itself where it is not linked."""
    while record in above:
        record = above[record]
    return record


def group_of(record: uuid.UUID, above: Above) -> set[uuid.UUID]:
    """Every record of the child, this one among them."""
    head = head_of(record, above)
    return {head} | {other for other in above if head_of(other, above) == head}


def records_seen(pupil: Pupil, member: Membership) -> list[Pupil]:
    """The child's records that this member may see, the one asked for first."""
    touches = Q(pupil=pupil) | Q(other=pupil)
    same = PupilLink.objects.filter(touches, verdict=PupilLink.Verdict.SAME, undone_at=None)
    if not same.exists():
        return [pupil]
    others = group_of(pupil.pk, open_links()) - {pupil.pk}
    return [pupil, *Pupil.objects.visible_to(member).filter(pk__in=others).order_by("sort_key", "pk")]


def hidden_and_shown(
    found: Iterable[uuid.UUID], seen: set[uuid.UUID], above: Above
) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Of a search's linked records: those a head stands for, and the heads to show for them.

    seen: the linked records the member may see; where the head is none of these, the highest that is stands for it.
    """
    hidden, shown = set(), set()
    for record in found:
        top = record
        passed = record
        while passed in above:
            passed = above[passed]
            top = passed if passed in seen else top
        shown.add(top)
        if top != record:
            hidden.add(record)
    return hidden, shown
