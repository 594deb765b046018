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
from schools.models import Enrolment, Pupil, School, Upload, UploadProblem
from schools.presenters import KIND_TITLES, SEVERITY_ORDER, kind_severity, use_words
from schools.sending.uploads import DATE_KINDS
from schools.sending.withheld import Withheld, withheld_from
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
    def in_question(self) -> list[ProblemGroup]:
        """What a person is asked about: what stops the file, or dates that may be read both ways."""
        return self.stopping or [group for group in self.groups if group.kind in DATE_KINDS]

    @property
    def questions(self) -> list[str]:
        """What is open, in a sentence for each kind; how another export would mend it is left out."""
        return [asking_words(group.shown[0]) for group in self.in_question if group.shown]

    @property
    def about_dates(self) -> bool:
        """Whether it is only asked which way round the dates are."""
        return bool(self.in_question) and all(group.kind in DATE_KINDS for group in self.in_question)

    @property
    def kept_for_later(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.severity in SEVERITY_ORDER[1:3]]

    @property
    def warnings(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.severity == SEVERITY_ORDER[3]]


def asking_words(problem: UploadProblem) -> str:
    """What is wrong; that another export would mend it is left out where the person is asked about it."""
    words: str = problem.message
    return words.partition(". ")[0].rstrip(".") + "." if problem.kind in {"columns-missing", *DATE_KINDS} else words


def understood_by(upload: Upload, member: Membership) -> Understood:
    """What this member may be shown of the file."""
    rows = _shown_of_each_kind(upload)
    hidden = _withheld(upload, member, rows)
    told = upload.understood
    missing = Pupil.objects.visible_to(member).filter(pk__in=told.get("missing_pupils", []))
    missing = missing.filter(pk__in=Enrolment.objects.filter(school=upload.school).values("pupil"))
    columns = told.get("columns", [])
    return Understood(
        groups=_groups(upload, rows, hidden),
        new_names=[name for name in told.get("new_names", []) if not hidden.is_named_in(name)],
        missing=list(missing.order_by("sort_key")),
        ignored=[heading for heading, used in columns if not used],
        used=[(heading, use_words(used)) for heading, used in columns if used],
    )


def as_seen_by(
    member: Membership, school: School, problems: Iterable[ProblemT], about: Sequence[Sequence[str]] = ()
) -> list[ProblemT]:
    """These problems of a school's files or syncs, without what tells of a child this member may not see.

    `about`: for each problem, in turn, what else is said of the child it is about.
    """
    found = list(problems)
    uploads = {problem.upload.pk: problem.upload for problem in found if isinstance(problem, UploadProblem)}
    texts = [*_texts(found), *(text for said in about for text in said)]
    hidden = withheld_from(member, school, texts=texts, told_as=_told_as(uploads.values()))
    for problem, said in zip(found, about, strict=False):
        if hidden.is_told_by(said):
            _withhold(problem)
    return [_without(problem, hidden) for problem in found]


def _withhold(problem: Telling) -> None:
    problem.message, problem.value = _WITHHELD, ""


def _withheld(upload: Upload, member: Membership, problems: Sequence[Telling]) -> Withheld:
    """The restricted children of whom a file may tell and whom this member may not see."""
    return withheld_from(member, upload.school, texts=_texts(problems), told_as=_told_as([upload]))


def _texts(problems: Iterable[Telling]) -> list[str]:
    return [text for problem in problems for text in (problem.message, problem.value)]


def _told_as(uploads: Iterable[Upload]) -> dict[str, list[str]]:
    """What these files call children, by their key, where it is another name than is held."""
    found: dict[str, list[str]] = {}
    for upload in uploads:
        for key, names in upload.understood.get("told_as", {}).items():
            found[key] = [*found.get(key, []), *names]
    return found


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a file as one member may see them, and the children whom they name."""

    rows: list[tuple[int, list[str]]]
    children: list[Pupil]


def first_rows_for(upload: Upload, member: Membership) -> FirstRows:
    """The rows as they stand; one that names a restricted child whom this member may not see says only that.

    The children are for the trail: whoever was on the roll in error, and is named, was read as well.
    """
    kept = [(int(line), [str(cell) for cell in cells]) for line, cells in upload.understood.get("first_rows", [])]
    of_school = Pupil.objects.filter(enrolments__school=upload.school).distinct() if kept else Pupil.objects.none()
    seen = list(Pupil.objects.visible_to(member).filter(pk__in=of_school))
    texts = [cell for _, cells in kept for cell in cells]
    withheld = withheld_from(member, upload.school, texts=texts, told_as=_told_as([upload]))
    rows, named = [], []
    for line, cells in kept:
        hidden = withheld.is_told_by(cells)
        words = normal(" ".join(cells))
        named += [pupil for pupil in seen if not hidden and _is_named(pupil, words)]
        rows.append((line, ["(not shown)"] * len(cells) if hidden else cells))
    return FirstRows(rows, list(dict.fromkeys(named)))


def _is_named(pupil: Pupil, words: str) -> bool:
    upn, names = normal(pupil.upn or ""), (normal(pupil.surname), normal(pupil.forename))
    return bool(upn and upn in words) or (any(names) and all(f" {name} " in f" {words} " for name in names if name))


def children_named(member: Membership, school: School, problems: Iterable[Telling]) -> list[Pupil]:
    """The children of the school, as far as this member may see them, whose name or UPN stands in these problems.

    For the trail: those who were on the roll in error too.
    """
    said = "\n".join(f"{problem.message}\n{problem.value}" for problem in problems)
    children = Pupil.objects.visible_to(member).filter(enrolments__school=school).distinct()
    return [child for child in children if str(child) in said or (child.upn and child.upn in said)] if said else []


def _shown_of_each_kind(upload: Upload) -> list[UploadProblem]:
    """The first problems of each kind, by kind."""
    place = Window(RowNumber(), partition_by=F("kind"), order_by=F("id").asc())
    first = UploadProblem.objects.filter(upload=upload).annotate(place=place)
    return sorted(first.filter(place__lte=SHOWN_OF_A_KIND), key=lambda problem: (problem.kind, problem.pk))


def _groups(upload: Upload, rows: Sequence[UploadProblem], hidden: Withheld) -> list[ProblemGroup]:
    """The groups, the weightiest first."""
    counts = upload.understood.get("counts", {})
    found = []
    for kind, of_kind in groupby(rows, key=lambda problem: problem.kind):
        shown = [_without(problem, hidden) for problem in of_kind]
        count = max(int(counts.get(kind, 0)), len(shown))
        found.append(ProblemGroup(kind, KIND_TITLES.get(kind, kind), kind_severity(kind), count, shown))
    return sorted(found, key=lambda group: (SEVERITY_ORDER.index(group.severity), -group.count))


def _without(problem: ProblemT, hidden: Withheld) -> ProblemT:
    if hidden.is_told_by([problem.value, problem.message]):
        _withhold(problem)
    return problem


def problems_as_rows(upload: Upload, member: Membership) -> Iterator[list[object]]:
    """Every problem kept, in the order of the file, for a CSV file."""
    problems = list(UploadProblem.objects.filter(upload=upload).order_by("row", "id"))
    hidden = _withheld(upload, member, problems)
    for problem in problems:
        shown = _without(problem, hidden)
        settled = f"{problem.settled_at:%Y-%m-%d}" if problem.settled_at else ""
        title = KIND_TITLES.get(shown.kind, shown.kind)
        yield [title, shown.severity, shown.row, shown.column, shown.value, shown.message, settled]
