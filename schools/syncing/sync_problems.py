"""What a sync could not store: told as a file's problems are, and gone by itself when the source says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Q

from attendance_portal.models import Membership
from schools.models import Enrolment, School, SchoolLink, SyncedStudent, SyncProblem, SyncRun
from schools.reading import KINDS, LEAVES_OUT_THE_ROW, WARNING, Problem
from schools.sending.storing import Plan
from schools.sending.understood import as_seen_by
from schools.syncing.gathering import Read

KEPT_OF_A_KIND: Final = 200
"""Problems kept of one kind in one period; the rest are counted."""
VANISHED, DELETED = "vanished-pupil", "deleted-pupil"
TITLES: Final = {
    VANISHED: "Marks of a pupil who is no longer there",
    DELETED: "A pupil deleted in the school's system",
}
_TOLD: Final = frozenset({"upn-differs", "upn-not-used", "bad-year-group", "told-by-earlier-school"})
_PLACE = re.compile(r"^Row [^:]*: ")
_OTHER_PLACE = re.compile(r"but row [^:]*? gives")
_OF_FILES: Final = (
    ("Decide which is right and correct the file", "Both are left out until it is put right in the school's system"),
    ("the file must give a UPN", "the school's system must share a UPN"),
    ("Upload it when the day is over, or correct the date", "It is read when the day is over"),
)


def keep_problems(run: SyncRun, link: SchoolLink, read: Read, plan: Plan) -> int:
    """Keep what was left out, and what should be known of pupils. Returns how many marks were left out."""
    counted: dict[str, int] = {}
    rows = []
    for problem in plan.problems:
        if problem.severity == WARNING and problem.kind not in _TOLD:
            continue
        counted[problem.kind] = counted.get(problem.kind, 0) + 1
        if counted[problem.kind] <= KEPT_OF_A_KIND:
            rows.append(_problem(run, link, read, problem))
    _keep(rows)
    return sum(number for kind, number in plan.counts.items() if KINDS[kind].severity != WARNING)


def _problem(run: SyncRun, link: SchoolLink, read: Read, problem: Problem) -> SyncProblem:
    return SyncProblem(
        link=link, run=run, kind=problem.kind, severity=problem.severity,
        student=read.student_on(problem.row), on=read.day_on(problem.row),
        value=str(problem.as_dict()["value"] or "")[:200], message=_words(read, problem),
    )  # fmt: skip


def _words(read: Read, problem: Problem) -> str:
    """The problem's sentence without a place in a file, and with the pupil's name."""
    words = _OTHER_PLACE.sub("but another entry there gives", _PLACE.sub("", problem.message))
    for of_a_file, of_a_system in _OF_FILES:
        words = words.replace(of_a_file, of_a_system)
    source_id = read.student_on(problem.row)
    name = read.file.pupils[read.students.index(source_id)].known_as if source_id in read.students else ""
    return (words if not name or name in words else f"{name}: {words}")[:600]


def problems_seen(member: Membership, school: School, most: int | None) -> list[SyncProblem]:
    """What could not be stored, without what tells of a child this member may not see, whatever it is called there."""
    problems = list(SyncProblem.objects.filter(link__school=school)[:most])
    students = SyncedStudent.objects.filter(link__school=school, source_id__in={one.student for one in problems})
    told = dict(students.values_list("source_id", "told"))
    about = [[str(value) for value in told.get(one.student, {}).values() if value] for one in problems]
    return as_seen_by(member, school, problems, about)


def keep_vanished(run: SyncRun, link: SchoolLink, vanished: Sequence[str]) -> None:
    """Marks came of pupils whom the source does not hold any more: nobody can tell whose they are."""
    words = (
        "There are marks of a pupil whom the school's system no longer holds (its number for the pupil: {}). Nothing "
        "that is held here was changed. Ask the school whose they are."
    )
    _keep(_own(run, link, VANISHED, source_id, words=words.format(source_id)) for source_id in vanished)


def keep_deleted(run: SyncRun, link: SchoolLink, source_ids: Sequence[str]) -> None:
    """Pupils were deleted in the school's system: told, for only a person knows whether the child left."""
    rows = []
    for student in SyncedStudent.objects.filter(link=link, source_id__in=source_ids):
        told = student.told
        words = (
            f"{told['forename']} {told['surname']} was deleted in the school's system. The child stays on the roll "
            "here with every mark: if the child left, put the leaving date right on the pupil's page."
        )
        row = _own(run, link, DELETED, student.source_id, words=words)
        row.value = told["upn"] or told["local_id"]
        rows.append(row)
        student.delete()
    _keep(rows)


def _own(run: SyncRun, link: SchoolLink, kind: str, student: str, *, words: str) -> SyncProblem:
    return SyncProblem(link=link, run=run, kind=kind, severity=LEAVES_OUT_THE_ROW, student=student, message=words[:600])


def _keep(rows: Iterable[SyncProblem]) -> None:
    """Each problem once, however often it is met; `run` is the last that met it."""
    known = {(row.kind, row.student, row.on, row.message): row for row in rows}
    SyncProblem.objects.bulk_create(
        known.values(),
        update_conflicts=True,
        unique_fields=["authority", "link", "kind", "student", "on", "message"],
        update_fields=["run"],
    )


def drop_settled(run: SyncRun, link: SchoolLink, school: School) -> None:
    """At a run's end: what was read again and not met again is settled."""
    not_met = SyncProblem.objects.filter(link=link).exclude(run=run)
    read_from = run.counts.get("read_from")
    again = Q(on=None) | Q(on__gte=read_from) if read_from else Q(on=None)
    not_met.exclude(kind=DELETED).filter(again).delete()
    for problem in not_met.filter(kind=DELETED):
        if _is_settled(problem, link, school):
            problem.delete()


def _is_settled(problem: SyncProblem, link: SchoolLink, school: School) -> bool:
    """The pupil is in the school's system again, or on its roll no longer."""
    back = SyncedStudent.objects.filter(link=link, source_id=problem.student).exists()
    theirs = Q(pupil__upn=problem.value) | Q(local_id=problem.value)
    return back or not Enrolment.objects.filter(theirs, school=school, leaving_on=None).exists()
