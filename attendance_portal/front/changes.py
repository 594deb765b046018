"""What changed for the children a person looks after: newly severe, newly persistent, recovered, back in school."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce, FirstValue, RowNumber

from attendance_portal.models import Membership
from attendance_portal.tables import Column
from schools.models import BandMove, Pupil, School, Standing
from schools.register.runs import BACK_IN_SCHOOL

SHOWN = 5
# Who never said "I have seen these" begins with what happened in the last so many days.
FIRST_TIME = dt.timedelta(days=30)
KINDS = (
    BandMove.Kind.NEWLY_SEVERE,
    BandMove.Kind.NEWLY_PERSISTENT,
    BandMove.Kind.RECOVERED,
    BandMove.Kind.BACK,
    BandMove.Kind.ELSEWHERE,
)
OF_CATEGORIES = (
    BandMove.Kind.NEWLY_SEVERE,
    BandMove.Kind.NEWLY_PERSISTENT,
    BandMove.Kind.RECOVERED,
    BandMove.Kind.MOVED,
)

COLUMNS = (
    Column("pupil", "Pupil", ("pupil__sort_key",)),
    Column("kind", "What changed", ("kind",)),
    Column("from", "Was", ("from_band",)),
    Column("to", "Is", ("to_band",)),
    Column("school", "School", ("school__name",)),
    Column("as_at", "As at", ("as_at",)),
)
CSV_HEADERS = (
    "Pupil",
    "UPN",
    "Year group",
    "What changed",
    "Category before",
    "Category now",
    "School",
    "URN",
    "As at",
)


@dataclass(frozen=True)
class Group:
    """One kind of change: how many there are, and the latest few; `meaning` where the label does not say it."""

    kind: str
    label: str
    count: int
    moves: Sequence[BandMove]

    @property
    def meaning(self) -> str:
        days = BACK_IN_SCHOOL.days
        return f"After missing {days} school days or more in a row." if self.kind == BandMove.Kind.BACK else ""


@dataclass(frozen=True)
class Changes:
    """What changed, by kind; `until` is the moment of the latest, which "I have seen these" hands back."""

    groups: Sequence[Group]
    until: dt.datetime | None
    is_first_time: bool

    @property
    def total(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def pupil_ids(self) -> set[object]:
        return {move.pupil_id for group in self.groups for move in group.moves}


def moves_for(member: Membership, schools: Sequence[School]) -> QuerySet[BandMove]:
    """Every move that concerns a member: of children they may see, and of these schools where any are given.

    A school's own people are never shown what another school saw, even of a child they share.
    """
    moves = BandMove.objects.filter(pupil__in=Pupil.objects.visible_to(member))
    return moves.filter(school__in=schools) if schools or member.is_of_a_school else moves


def unseen_by(member: Membership, schools: Sequence[School]) -> QuerySet[BandMove]:
    """The moves since they last said that they have seen them; the first time those of the last 30 days."""
    moves = moves_for(member, schools)
    if member.last_looked_at is None:
        return moves.filter(as_at__gt=member.on - FIRST_TIME)
    return moves.filter(seen_at__gt=member.last_looked_at)


def told(moves: QuerySet[BandMove]) -> QuerySet[BandMove]:
    """What of these moves is told as a change: each once, and none that a correction or an undo took back.

    History keeps every move. Of an enrolment's categories as at one day the latest is told, unless the first of them
    left that very one; and nothing as at a day that the school's register does not reach any more.
    """
    standing = Standing.objects.filter(enrolment=OuterRef("enrolment"), as_at__lt=OuterRef("as_at"))
    is_gone = Q(kind__in=(*OF_CATEGORIES, BandMove.Kind.BACK)) & Exists(standing)
    what = Case(When(kind__in=OF_CATEGORIES, then=Value("category")), default=F("kind"))
    of_a_day: list[BaseExpression | F | str] = [F("enrolment"), F("as_at"), what]
    latest_first = [F("seen_at").desc(), F("pk").desc()]
    left = Coalesce(Case(When(kind__in=OF_CATEGORIES, then=F("from_band"))), Value(-1))
    ranked = moves.exclude(is_gone).annotate(
        place=Window(RowNumber(), partition_by=of_a_day, order_by=latest_first),
        left=Window(FirstValue(left), partition_by=of_a_day, order_by=[F("seen_at").asc(), F("pk").asc()]),
    )
    latest = ranked.filter(place=1).exclude(left=Coalesce("to_band", Value(-2)))
    found: QuerySet[BandMove] = BandMove.objects.filter(pk__in=latest.values("pk"), kind__in=KINDS)
    return found


def changes_for(member: Membership, schools: Sequence[School]) -> Changes:
    """What changed since a member last looked, the latest few of each kind; three queries.

    What is told is worked out once, for over a whole authority that takes most of a second.
    """
    unseen = unseen_by(member, schools)
    keys: dict[str, list[int]] = {}
    for kind, key in told(unseen).order_by("-seen_at", "-pk").values_list("kind", "pk"):
        keys.setdefault(kind, []).append(key)
    latest = _shown([key for of_kind in keys.values() for key in of_kind[:SHOWN]])
    groups = [
        Group(kind, kind.label, len(keys[kind]), [move for move in latest if move.kind == kind])
        for kind in KINDS
        if kind in keys
    ]
    # With what was taken back: half of it left for the next time would be told as a change.
    until = unseen.aggregate(Max("seen_at"))["seen_at__max"] if keys else None
    return Changes(groups, until, is_first_time=member.last_looked_at is None)


def _shown(keys: Sequence[int]) -> list[BandMove]:
    """These moves with whom they are about, the latest first."""
    moves = BandMove.objects.filter(pk__in=keys).select_related("pupil", "school", "enrolment")
    return list(moves.order_by("-as_at", "pupil__sort_key")) if keys else []


def narrowed(
    member: Membership, schools: Sequence[School], *, kind: str = "", urn: str = "", whole_month: bool = False
) -> QuerySet[BandMove]:
    """The changes of one kind or school, since they last looked or of the last 30 days."""
    moves = unseen_by(member, schools)
    if whole_month:
        moves = moves_for(member, schools).filter(as_at__gt=member.on - FIRST_TIME)
    moves = told(moves)
    if kind:
        moves = moves.filter(kind=kind)
    if urn:
        moves = moves.filter(school__urn=urn)
    return moves.select_related("pupil", "school", "enrolment")


def csv_row(move: BandMove) -> tuple[object, ...]:
    """One change as a line of the file, under `CSV_HEADERS`."""
    pupil, school = move.pupil, move.school
    label = move.get_kind_display()
    year_group = move.enrolment.year_group
    return pupil, pupil.upn, year_group, label, move.from_band, move.to_band, school.name, school.urn, move.as_at


def latest_seen(member: Membership, schools: Sequence[School], *, until: dt.datetime) -> dt.datetime | None:
    """The moment of the latest new change up to `until`: what can truly have been seen."""
    latest: dt.datetime | None = (
        unseen_by(member, schools).filter(seen_at__lte=until).aggregate(Max("seen_at"))["seen_at__max"]
    )
    return latest
