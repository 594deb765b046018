"""Records that people said are one child: which they are, and which of them a member reads together.

What is kept are the pairs that were judged. Linked with the same record, two are one child; a pair taken apart again
leaves what the other pairs still say.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from attendance_portal.models import Membership
from schools.models import Pupil, PupilLink

Pair = tuple[uuid.UUID, uuid.UUID]
Groups = Mapping[uuid.UUID, Sequence[uuid.UUID]]


def open_pairs() -> list[Pair]:
    """The pairs said to be the same child and not taken apart since, in the order in which it was said."""
    same = PupilLink.objects.filter(verdict=PupilLink.Verdict.SAME, undone_at=None)
    return list(same.order_by("made_at", "pk").values_list("pupil", "other"))


def groups_of(pairs: Iterable[Pair]) -> Groups:
    """For each linked record all records of the child, itself among them, the first of the first pair at the head."""
    groups: dict[uuid.UUID, list[uuid.UUID]] = {}
    for one, other in pairs:
        mine, theirs = groups.get(one, [one]), groups.get(other, [other])
        if mine is theirs:
            continue
        both = [*mine, *theirs]
        groups |= dict.fromkeys(both, both)
    return groups


def records_of(pupil: Pupil) -> list[uuid.UUID]:
    """The keys of every record of this child, the one asked for first."""
    touches = Q(pupil=pupil) | Q(other=pupil)
    same = PupilLink.objects.filter(touches, verdict=PupilLink.Verdict.SAME, undone_at=None)
    if not same.exists():
        return [pupil.pk]
    group = groups_of(open_pairs())[pupil.pk]
    return [pupil.pk, *(key for key in group if key != pupil.pk)]


def records_seen(pupil: Pupil, member: Membership) -> list[Pupil]:
    """The child's records that this member may see, the one asked for first."""
    keys = records_of(pupil)
    if len(keys) == 1:
        return [pupil]
    return [pupil, *Pupil.objects.visible_to(member).filter(pk__in=keys[1:]).order_by("sort_key", "pk")]


def hidden_and_shown(
    found: Iterable[uuid.UUID], seen: set[uuid.UUID], groups: Groups
) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Of the linked records that a search found: those to leave out, and those that stand for them.

    seen: the linked records this member may see. The first of a group that they see stands for the child.
    """
    hidden, shown = set(), set()
    for record in found:
        stands = next(key for key in groups[record] if key in seen)
        shown.add(stands)
        hidden |= {record} - {stands}
    return hidden, shown
