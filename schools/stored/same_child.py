"""Records that people said are one child: which they are, and which of them a member reads together.

What is kept are the pairs that were judged. Linked with the same record, two are one child; a pair taken apart again
leaves what the other pairs still say. `LinkedRecord` holds what follows from them, for queries that ask by child.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from attendance_portal.models import Membership
from schools.models import LinkedRecord, Pupil, PupilLink
from schools.stored.turns import hold_linked_records

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


def records_of(pupil: Pupil | uuid.UUID) -> list[uuid.UUID]:
    """The keys of every record of this child, the one asked for first. One query."""
    key = pupil.pk if isinstance(pupil, Pupil) else pupil
    child = LinkedRecord.objects.filter(record=key).values("child")
    others = LinkedRecord.objects.filter(child__in=child).exclude(record=key)
    return [key, *others.order_by("pk").values_list("record", flat=True)]


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


# --- Asked by child, in a query -------------------------------------------------------------------------------


def regroup() -> None:
    """Write down which child each linked record is of, as the links that stand now say. After each change of them."""
    hold_linked_records()
    wanted = {record: min(group) for record, group in groups_of(open_pairs()).items()}
    held = dict(LinkedRecord.objects.values_list("record", "child"))
    LinkedRecord.objects.filter(record__in=[one for one in held if held[one] != wanted.get(one)]).delete()
    LinkedRecord.objects.bulk_create(
        LinkedRecord(record_id=one, child_id=child) for one, child in wanted.items() if held.get(one) != child
    )


def child_of(path: str = "pupil") -> Coalesce:
    """In a query: the key that all records of the child share; of a record that is not linked its own.

    path: from the row to the pupil.
    """
    linked = LinkedRecord.objects.filter(record=OuterRef(path)).values("child")
    return Coalesce(Subquery(linked), F(path), output_field=UUIDField())


def linked_with(outer: str = "pupil") -> QuerySet[Any, Any]:
    """For `pupil__in` of a subquery: the records linked with that of the row outside it, none where none is."""
    child = LinkedRecord.objects.filter(record=OuterRef(OuterRef(OuterRef(outer)))).values("child")
    found: QuerySet[Any, Any] = LinkedRecord.objects.filter(child__in=child).values("record")
    return found


def any_of_the_child(rows: QuerySet[Any, Any], outer: str = "pupil", path: str = "pupil") -> Q:
    """In a query: whether any of these rows is about the child of the outer row, under whichever record.

    outer: from the outer row to its pupil; path: from one of `rows` to its pupil. Two questions, so that each is
    answered by an index, and the second is asked only of the few who are linked: of all of a county's rows it took
    some seconds.
    """
    own = rows.filter(**{path: OuterRef(outer)})
    is_linked = Q(**{f"{outer}__in": LinkedRecord.objects.values("record")})
    return Q(Exists(own)) | is_linked & Q(Exists(rows.filter(**{f"{path}__in": linked_with(outer)})))


def first_of_the_child(rows: QuerySet[Any, Any], outer: str = "pupil", path: str = "pupil") -> Coalesce:
    """In a query: the key of one of these rows about the child of the outer row; those of its own record first."""
    own = rows.filter(**{path: OuterRef(outer)}).values("pk")[:1]
    return Coalesce(Subquery(own), Subquery(rows.filter(**{f"{path}__in": linked_with(outer)}).values("pk")[:1]))


def child_key(pupil: uuid.UUID) -> uuid.UUID:
    """The key that all records of this child share; its own while it is linked with none. One query."""
    found: uuid.UUID | None = LinkedRecord.objects.filter(record=pupil).values_list("child", flat=True).first()
    return found or pupil
