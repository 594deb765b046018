"""What an upload page says of a file, as its reader may see it: groups of problems, and who is new or missing.

A file names children. A reader who may not see a restricted child is shown neither that child's name nor UPN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from attendance_portal.models import Membership
from schools.models import Pupil, School, Upload, UploadProblem
from schools.presenters import KIND_TITLES, SEVERITY_ORDER, kind_severity, use_words
from schools.stored.names import normal

SHOWN_OF_A_KIND = 25
_WITHHELD = "This concerns a child whose record is restricted, so the name is not shown here."


class Telling(Protocol):
    """A problem of a file or a sync: its sentence and the value it is about."""

    message: str
    value: str


ProblemT = TypeVar("ProblemT", bound=Telling)


@dataclass(frozen=True)
class ProblemGroup:
    """The problems of one kind: how many the file has, and the first of them."""

    kind: str
    title: str
    severity: str
    count: int
    shown: Sequence[UploadProblem]

    @property
    def more(self) -> int:
        return max(self.count - len(self.shown), 0)


@dataclass(frozen=True)
class Understood:
    """What was read: groups of problems by weight, new names, and the pupils on roll that the file does not name."""

    groups: list[ProblemGroup]
    new_names: list[str]
    missing: list[Pupil]
    ignored: list[str]
    used: list[tuple[str, str]]

    @property
    def stopping(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.severity == SEVERITY_ORDER[0]]

    @property
    def kept_for_later(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.severity in SEVERITY_ORDER[1:3]]

    @property
    def warnings(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.severity == SEVERITY_ORDER[3]]


def understood_by(upload: Upload, member: Membership) -> Understood:
    """What this member may be shown of the file."""
    hidden = _hidden_words(upload.school, member)
    told = upload.understood
    missing = Pupil.objects.visible_to(member).filter(pk__in=told.get("missing_pupils", []))
    columns = told.get("columns", [])
    return Understood(
        groups=_groups(upload, hidden),
        new_names=[name for name in told.get("new_names", []) if normal(name) not in hidden],
        missing=list(missing.order_by("sort_key")),
        ignored=[heading for heading, used in columns if not used],
        used=[(heading, use_words(used)) for heading, used in columns if used],
    )


def as_seen_by(member: Membership, school: School, problems: Iterable[ProblemT]) -> list[ProblemT]:
    """These problems of a school's files or syncs, without what tells of a child this member may not see."""
    hidden = _hidden_words(school, member)
    return [_without(problem, hidden) for problem in problems]


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a file as one member may see them, and the children whom they name."""

    rows: list[tuple[int, list[str]]]
    children: list[Pupil]


def first_rows_for(upload: Upload, member: Membership) -> FirstRows:
    """The rows as they stand; one that names a restricted child whom this member may not see says only that."""
    kept = [(int(line), [str(cell) for cell in cells]) for line, cells in upload.understood.get("first_rows", [])]
    of_school = Pupil.objects.filter(enrolments__school=upload.school).distinct() if kept else Pupil.objects.none()
    seen = {pupil.pk for pupil in Pupil.objects.visible_to(member).filter(pk__in=of_school)}
    rows, named = [], []
    for line, cells in kept:
        words = normal(" ".join(cells))
        found = [pupil for pupil in of_school if _is_named(pupil, words)]
        hidden = any(pupil.pk not in seen for pupil in found)
        named += [pupil for pupil in found if pupil.pk in seen and not hidden]
        rows.append((line, ["(not shown)"] * len(cells) if hidden else cells))
    return FirstRows(rows, list(dict.fromkeys(named)))


def _is_named(pupil: Pupil, words: str) -> bool:
    upn, names = normal(pupil.upn or ""), (normal(pupil.surname), normal(pupil.forename))
    return bool(upn and upn in words) or (any(names) and all(f" {name} " in f" {words} " for name in names if name))


def children_named(member: Membership, school: School, problems: Iterable[Telling]) -> list[Pupil]:
    """The children of the school, as far as this member may see them, whose name or UPN stands in these problems."""
    said = "\n".join(f"{problem.message}\n{problem.value}" for problem in problems)
    children = Pupil.objects.visible_to(member).filter(enrolments__school=school).distinct()
    return [child for child in children if str(child) in said or (child.upn and child.upn in said)] if said else []


def _hidden_words(school: School, member: Membership) -> set[str]:
    """Names and UPNs of the restricted children of the school whom this member may not see, normalised: a file
    may write them in capitals or without accents."""
    restricted = Pupil.objects.filter(is_restricted=True, enrolments__school=school)
    unseen = restricted.exclude(pk__in=Pupil.objects.visible_to(member).values("pk"))
    return {normal(word) for pupil in unseen.distinct() for word in (str(pupil), pupil.upn) if word}


def _groups(upload: Upload, hidden: set[str]) -> list[ProblemGroup]:
    """The groups, the weightiest first."""
    place = Window(RowNumber(), partition_by=F("kind"), order_by=F("id").asc())
    first = UploadProblem.objects.filter(upload=upload).annotate(place=place)
    rows = sorted(first.filter(place__lte=SHOWN_OF_A_KIND), key=lambda problem: (problem.kind, problem.pk))
    counts = upload.understood.get("counts", {})
    found = []
    for kind, of_kind in groupby(rows, key=lambda problem: problem.kind):
        shown = [_without(problem, hidden) for problem in of_kind]
        count = max(int(counts.get(kind, 0)), len(shown))
        found.append(ProblemGroup(kind, KIND_TITLES.get(kind, kind), kind_severity(kind), count, shown))
    return sorted(found, key=lambda group: (SEVERITY_ORDER.index(group.severity), -group.count))


def _without(problem: ProblemT, hidden: set[str]) -> ProblemT:
    message, value = normal(problem.message), normal(problem.value)
    if any(word in message or word == value for word in hidden):
        problem.message, problem.value = _WITHHELD, ""
    return problem


def problems_as_rows(upload: Upload, member: Membership) -> Iterator[list[object]]:
    """Every problem kept, in the order of the file, for a CSV file."""
    hidden = _hidden_words(upload.school, member)
    for problem in UploadProblem.objects.filter(upload=upload).order_by("row", "id"):
        shown = _without(problem, hidden)
        settled = f"{problem.settled_at:%Y-%m-%d}" if problem.settled_at else ""
        title = KIND_TITLES.get(shown.kind, shown.kind)
        yield [title, shown.severity, shown.row, shown.column, shown.value, shown.message, settled]
