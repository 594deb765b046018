"""What a read register says, matched against the roll and stored: one way for uploads, syncs and whatever follows.

Nothing here opens a transaction or bands: whoever stores does both, and leaves the audit event.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db.models import Max

from attendance_portal.days import year_of
from schools.models import Enrolment, Register, School
from schools.reading import KINDS, STOPS_THE_FILE, WARNING, Problem, RegisterFile
from schools.register.changes import NOTHING_REPEATED, Changes, Repeated, difference, repeated
from schools.register.marks import WIDTH, day_of, mark_at
from schools.sending.earlier_marks import note_carried, without_earlier
from schools.sending.roll import Held, Match, Matches, enrol, match_pupils, match_those_just_created, names_told
from schools.sending.stays import ids_of_other_stays, outside_every_stay, places_of
from schools.sending.told_twice import without_contradictions
from schools.stored.in_error import brought_back_without_marks, told_without_marks
from schools.stored.known import keep_changes
from schools.stored.other_rolls import tell_other_schools
from schools.stored.registers import load_marks, save_rows

ToldBefore = Callable[[Collection[Held]], set[int]]
"""Of enrolments that a source names without a new mark, those of which it told before."""


@dataclass(frozen=True)
class Plan:
    """A file read and matched: what accepting it would do, and every problem."""

    file: RegisterFile
    matches: Matches
    problems: list[Problem]
    counts: Counter[str]

    @property
    def stopped(self) -> bool:
        return any(KINDS[kind].severity == STOPS_THE_FILE for kind in self.counts)

    @property
    def clean(self) -> bool:
        """No problems but warnings."""
        return all(KINDS[kind].severity == WARNING for kind in self.counts)


@dataclass(frozen=True)
class Year:
    """The marks of a file in one academic year, as rows of the registers."""

    year: int
    places: np.ndarray
    columns: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class Stored:
    """What storing a plan did: half-days whose mark differs now, every child concerned, and those who were known
    at other schools (or here before) and came onto this roll by it. `enrolments` are those of the places that
    `places_of` answers, and `touched` those with a changed mark; `told_otherwise` is how many of those held were told
    with other dates or another year group, which figures go by as by marks."""

    changed: int
    pupils: set[uuid.UUID]
    known_elsewhere: list[uuid.UUID]
    enrolments: dict[int, int]
    touched: set[int]
    told_otherwise: int


def plan_file(school: School, read: RegisterFile) -> Plan:
    """Match what was read against the school's register as it stands now, with every problem of both."""
    problems, counts = list(read.problems), Counter(dict(read.problem_counts))
    span = read.span or ((dt.date.min, dt.date.max) if read.counts else None)
    if read.stopped or span is None:
        return Plan(read, names_told(school, read.pupils), problems, counts)
    plan = Plan(read, match_pupils(school, read.pupils, first_on=span[0], last_on=span[1]), problems, counts)
    if read.counts:
        plan.matches.missing.clear()  # counts say nothing of who was left out of them
    marks, told_before = without_earlier(school, read.marks, plan.matches.matches, first_on=span[0])
    marks, contradictions = without_contradictions(marks, plan.matches.matches)
    plan = replace(plan, file=replace(read, marks=marks))
    for problem in (*told_before, *contradictions):
        plan.problems.append(problem)
        plan.counts[problem.kind] += problem.times
    if outside_every_stay(marks, plan.matches.matches).any():
        note_carried(school, plan.matches.matches, *span)
    _judge_pupils(plan)
    _judge_days(plan)
    return plan


def _judge_pupils(plan: Plan) -> None:
    """Add the problems of matching: a wrong school, pupils not known, numbers of another child."""
    marks = np.bincount(plan.file.marks.pupil, minlength=len(plan.file.pupils))
    for match, count in zip(plan.matches.matches, marks, strict=True):
        for problem in (match.problem, match.warning):
            if problem:
                _add(plan, problem, int(count))
    if plan.matches.wrong_school:
        _add(plan, plan.matches.wrong_school, 1)


def look_again(plan: Plan) -> None:
    """Add the problems of those whom another school's file created since the plan was made.

    From here to the end of the transaction nobody else creates pupils. Whoever stores a plan calls it before.
    """
    place = {id(match): at for at, match in enumerate(plan.matches.matches)}
    for match in match_those_just_created(plan.matches.matches):
        if match.problem:
            _add(plan, match.problem, int(np.count_nonzero(plan.file.marks.pupil == place[id(match)])))


def _add(plan: Plan, problem: Problem, times: int) -> None:
    details = (*problem.details, ("what", "the counts")) if plan.file.counts else problem.details
    told = Problem(problem.kind, problem.row, problem.column, problem.value, details, times)
    plan.problems.append(told)
    plan.counts[problem.kind] += 1


def _judge_days(plan: Plan) -> None:
    """Leave out marks outside an enrolment whose dates were stated here before (the file's own are read there)."""
    marks = plan.file.marks
    outside = outside_every_stay(marks, plan.matches.matches)
    for pupil in np.unique(marks.pupil[outside]):
        theirs = np.flatnonzero(outside & (marks.pupil == pupil))
        first = theirs[0]
        match = plan.matches.matches[pupil]
        day = day_of(int(marks.year[first]), int(marks.column[first]))
        mark = mark_at(marks.code[first : first + 1], 0)
        admitted = match.carried_from or (match.held.admission_on if match.held else None)
        is_before = admitted is not None and day < admitted
        why = f"before the admission on {admitted:%-d %B %Y}" if is_before else "after leaving"
        details = (("pupil", match.told.known_as), ("day", f"{day:%-d %B %Y}"), ("why", why))
        problem = Problem("outside-enrolment", int(marks.row[first]), "the date", mark, details, len(theirs))
        plan.problems.append(problem)
        plan.counts["outside-enrolment"] += len(theirs)


def store_plan(
    plan: Plan, school: School, *, on: dt.date, source: Mapping[str, Any], told_before: ToldBefore | None = None
) -> Stored:
    """Enrol who is new, write the marks that differ, and keep the record of what changed.

    `source` are the fields of `RegisterChange` that say where the marks come from. Call it after `hold_registers`
    and `look_again` in the transaction in which the plan was made: what is stored fits the register as it stands.
    told_before: of a source that names its whole roll each time, whatever is new. It keeps nobody on the roll by
    that, and brings nobody back whom an undo took off it, for no record would be left to undo.
    """
    changed, touched, told = 0, set(), set()
    if told_before:
        _leave_off(plan)
    known_elsewhere = [match.pupil for match in plan.matches.new if match.pupil]
    who_and_when = {name: source[name] for name in ("made_by", "made_at", "act") if name in source}
    is_latest = _is_latest(school, plan)
    told_otherwise = sum(_is_told_otherwise(match, is_latest) for match in plan.matches.matches)
    enrolments = enrol(school, plan.matches.matches, on=on, is_latest=is_latest, **who_and_when)
    for year, changes, said in _stored_years(school, plan, enrolments):
        record_changes(school, year, changes, source, said)
        changed += len(changes)
        touched |= set(np.unique(changes.ids).tolist())
        told |= touched | set(said.ids.tolist())
    _tell_of_the_roll(plan, told, source.get("act"), told_before)
    enrolments |= ids_of_other_stays(plan.matches.matches)
    tell_other_schools(school, known_elsewhere, on=on)
    return Stored(changed, _pupils(plan), known_elsewhere, enrolments, touched, told_otherwise)


def _is_told_otherwise(match: Match, is_latest: bool) -> bool:
    """Whether figures follow from what is told of the roll: dates, the year group of today, a child back on it."""
    held, told = match.held, match.told
    if held is None or match.problem or match.stays_off:
        return False
    dates = [(told.admitted_on, held.admission_on), (told.left_on, held.leaving_on)]
    is_of_another_group = is_latest and bool(told.year_group) and told.year_group != held.year_group
    return bool(held.in_error_at) or is_of_another_group or any(says and says != holds for says, holds in dates)


def _leave_off(plan: Plan) -> None:
    """Whom an undo took off the roll stays off it, but where there is a mark to be written."""
    written = set(np.unique(plan.file.marks.pupil[_kept(plan)]).tolist())
    for place, match in enumerate(plan.matches.matches):
        match.stays_off = bool(match.held and match.held.in_error_at) and place not in written


def _tell_of_the_roll(plan: Plan, told: set[int], act: uuid.UUID | None, told_before: ToldBefore | None) -> None:
    """Those whom another act made and this one names without a mark: no undo of a mark may take them away.

    But an undo of this act those whom it alone brought back.
    """
    named = (match.held for match in plan.matches.matches if match.held and not (match.problem or match.stays_off))
    silent = [one for one in named if one.made_by_act not in (None, act) and one.enrolment not in told]
    again = told_before(silent) if told_before and silent else set()
    stay = [one for one in silent if one.enrolment not in again]
    told_without_marks([one.enrolment for one in stay if not one.in_error_at])
    brought_back_without_marks([one.enrolment for one in stay if one.in_error_at], act)


def marks_to_change(plan: Plan) -> tuple[int, int]:
    """How many half-days storing would give a mark that have none now, and how many another than they have."""
    new = corrected = 0
    for before, after in [] if plan.stopped else _before_and_after(plan):
        differs = before != after
        first = int(np.count_nonzero(differs & (before == 0)))
        new, corrected = new + first, corrected + int(np.count_nonzero(differs)) - first
    return new, corrected


def record_changes(
    school: School, year: int, changes: Changes, source: Mapping[str, Any], said: Repeated = NOTHING_REPEATED
) -> None:
    """Keep the compact record of what changed in one year, and of what the source said as it stood already."""
    keep_changes(school, year, changes, said, **source)


def _is_latest(school: School, plan: Plan) -> bool:
    latest = Register.objects.filter(school=school).aggregate(latest=Max("year"))["latest"]
    span = plan.file.span
    return latest is None or (span is not None and year_of(span[1]) >= latest)


def _pupils(plan: Plan) -> set[uuid.UUID]:
    return {match.pupil for match in plan.matches.matches if match.pupil}


def _years(plan: Plan) -> Iterable[Year]:
    """The marks to be stored, a year at a time: those of pupils without a problem, inside their enrolment."""
    marks = plan.file.marks
    if not len(marks):
        return
    kept = _kept(plan)
    places = places_of(marks, plan.matches.matches)
    for year in np.unique(marks.year[kept]):
        chosen = kept & (marks.year == year)
        yield Year(int(year), places[chosen], marks.column[chosen], marks.code[chosen])


def _kept(plan: Plan) -> np.ndarray:
    """Which marks are those of pupils without a problem, inside their enrolment. bool[marks]"""
    marks, matches = plan.file.marks, plan.matches.matches
    good = np.array([match.problem is None for match in matches], np.bool_)
    kept: np.ndarray = good[marks.pupil] & ~outside_every_stay(marks, matches)
    return kept


def marks_to_store(plan: Plan) -> int:
    """How many marks the good rows hold."""
    return 0 if plan.stopped else sum(len(part.codes) for part in _years(plan))


def _before_and_after(plan: Plan) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """The rows of each year before and after storing, before anyone is enrolled: new pupils have rows without marks."""
    ids = {place: match.held.enrolment for place, match in enumerate(plan.matches.matches) if match.held}
    unknown = -1
    for place in range(len(plan.matches.matches)):
        if place not in ids:
            ids[place], unknown = unknown, unknown - 1
    ids |= ids_of_other_stays(plan.matches.matches)
    one = max(ids.values(), default=-1)  # all who are held are on the roll of the file's school
    schools = list(Enrolment.objects.filter(pk=one).values_list("school", flat=True))
    for part in _years(plan):
        _, before, after, _ = _rows(part, ids, schools)
        yield before, after


def _rows(part: Year, ids: dict[int, int], schools: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Enrolments (sorted ids) of a year's marks, with their rows before and after, and which half-days were told.

    A blank never erases a mark.
    """
    of_place = np.array([ids.get(place, 0) for place in range(max(ids, default=-1) + 1)], np.int64)
    is_told = np.zeros(len(of_place), np.bool_)
    is_told[part.places] = True
    enrolments = np.unique(of_place[is_told])
    before = load_marks(schools, part.year, enrolments)
    after, told = before.copy(), np.zeros(before.shape, np.bool_)
    cells = np.searchsorted(enrolments, of_place)[part.places] * WIDTH + part.columns
    after.reshape(-1)[cells], told.reshape(-1)[cells] = part.codes, True
    return enrolments, before, after, told


def _stored_years(school: School, plan: Plan, ids: dict[int, int]) -> Iterable[tuple[int, Changes, Repeated]]:
    """Write the changed rows of each year and yield what changed, and what was told as it stood."""
    groups = {pk: plan.matches.matches[place].told.year_group or "" for place, pk in ids.items()}
    ids = ids | ids_of_other_stays(plan.matches.matches)
    for part in _years(plan):
        rows, before, after, told = _rows(part, ids, [school.pk])
        changed = (before != after).any(axis=1)
        year_groups = [groups.get(int(pk), "") for pk in rows[changed]]
        save_rows(part.year, rows[changed], after[changed], year_groups)
        yield part.year, difference(rows, before, after), repeated(rows, told, before, after)
