"""What was gathered of one period, put into the registers by the way of every file; and marks taken away again.

Everything here runs in the transaction of the run's step, after `hold_registers`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.audit import record
from attendance_portal.days import year_of
from schools.connectors import DeletionThere, SourceTrouble, StudentThere, Trouble
from schools.models import Enrolment, RegisterChange, School, SchoolLink, SyncedMarks, SyncedStudent, SyncRun
from schools.register.changes import difference
from schools.register.marks import column_of
from schools.sending.roll import Held, fictional_codes
from schools.sending.stays import ids_of_other_stays, outside_every_stay, places_of
from schools.sending.storing import Plan, Stored, look_again, plan_file, record_changes, store_plan
from schools.stored.registers import load_marks, save_rows
from schools.syncing.gathering import Gathered, Read, Settled, read_gathered, turns
from schools.syncing.late_leavers import TOLD_LATE, held_otherwise
from schools.syncing.sync_problems import keep_problems, keep_vanished
from schools.syncing.synced_marks import Said, day_and_half, key_of, monday_of, pack, unpack

Ints = npt.NDArray[Any]
_OTHER_SCHOOL: Final = (
    "Most of the pupils there are not on this school's roll but on another's, so nothing was stored. Check which "
    "school this is."
)


def store_period(
    run: SyncRun,
    link: SchoolLink,
    school: School,
    gathered: Gathered,
    period: dict[str, str],
    *,
    vanished: Sequence[str],
    at: dt.datetime,
) -> dict[str, int]:
    """Store one period's marks. Returns what it brought, by name. Raises SourceTrouble where it is another school's."""
    settled = gathered.settled()
    keep_vanished(run, link, vanished)
    settled = settled.without(vanished)
    counts = {"marks": gathered.rows, "unreadable": gathered.unreadable}
    counts |= dict.fromkeys(("changed", "new", "roll", "blanks", "left_out"), 0)
    first_on, last_on = dt.date.fromisoformat(period["first"]), dt.date.fromisoformat(period["last"])
    for students in turns(_concerned(run, link, school, settled, first_on)):
        read = read_gathered(
            settled, students, first_on=first_on, last_on=last_on, on=at.date(), known_codes=fictional_codes()
        )
        plan = plan_file(school, read.file)
        if plan.matches.wrong_school:
            raise SourceTrouble(Trouble.OTHER_SCHOOL, _OTHER_SCHOOL)
        look_again(plan)
        counts["left_out"] += keep_problems(run, link, read, plan)
        stored = _store(run, link, school, read, plan, at=at)
        counts["changed"] += stored.changed
        counts["new"] += len(plan.matches.new)
        counts["roll"] += stored.told_otherwise
        counts["blanks"] += read.file.blanks
        _tell(run, school, plan, stored)
    return counts


def _concerned(
    run: SyncRun, link: SchoolLink, school: School, settled: Settled, first_on: dt.date
) -> list[StudentThere]:
    """Those on roll, those who left in the academic year, whoever has marks, and whose leaving before was told late."""
    marked, begins = set(settled.students), dt.date(year_of(first_on), 8, 1)
    found, gone = [], []
    for told, is_leaver in SyncedStudent.objects.filter(link=link).values_list("told", "is_leaver"):
        student = StudentThere.of(told)
        has_left = is_leaver and (student.left_on is None or student.left_on < begins)
        if not has_left or student.source_id in marked:
            found.append(student)
        else:
            gone.append(student)
    return [*found, *held_otherwise(school, gone, found, told_late=run.counts.get(TOLD_LATE, ()))]


def _store(run: SyncRun, link: SchoolLink, school: School, read: Read, plan: Plan, *, at: dt.datetime) -> Stored:
    """Store the marks that say something new since the source last told them, and remember all of them."""
    marks = plan.file.marks
    halves = read.settled.half[read.marks_of(marks.row)]
    keys = read.settled.key[read.marks_of(marks.row)]
    places = places_of(marks, plan.matches.matches)
    held = _held(link, halves)
    known = {at: match.held.enrolment for at, match in enumerate(plan.matches.matches) if match.held}
    before = Said(keys, _at_places(known | ids_of_other_stays(plan.matches.matches), places), halves, marks.code)
    new = ~_whole(held).said_already(before)
    news = replace(plan, file=replace(plan.file, marks=_only(plan, new)))
    source = {"sync": run, "act": act_of_run(run), "made_by": run.asked_by, "made_at": at}
    stored = store_plan(news, school, on=at.date(), source=source, told_before=partial(_told_before, link))
    enrolments = _at_places(stored.enrolments, places)
    good = (enrolments > 0) & ~outside_every_stay(marks, plan.matches.matches)
    _remember(link, held, Said(keys, enrolments, halves, marks.code).where(good))
    return stored


def _told_before(link: SchoolLink, named: Collection[Held]) -> set[int]:
    """Of these enrolments those that the source's own syncs made, or of which it told a mark before."""
    acts = RegisterChange.objects.filter(sync__link=link, act__in={one.made_by_act for one in named})
    own = set(acts.values_list("act", flat=True))
    found = {one.enrolment for one in named if one.made_by_act in own}
    others = {one.enrolment for one in named} - found
    for monday in reversed(weeks_held(link) if others else []):
        found |= others.intersection(np.unique(_week(link, monday).enrolments).tolist())
    return found


def act_of_run(run: SyncRun, what: str = "stored") -> uuid.UUID:
    """The one act that a run is to people, whatever periods and years it stores; what it takes away is another.

    A run that stopped and went on later is a new act: what it had stored may have been undone meanwhile.
    """
    return uuid.uuid5(uuid.NAMESPACE_OID, f"sync {run.pk} {run.counts.get('gone_on', 0)} {what}")


def _only(plan: Plan, chosen: npt.NDArray[np.bool_]) -> Any:
    """The marks for which `chosen` is true."""
    marks = plan.file.marks
    columns = ("pupil", "year", "column", "code", "row")
    return replace(marks, **{name: getattr(marks, name)[chosen] for name in columns})


def _at_places(ids: dict[int, int], places: Ints) -> Ints:
    """The enrolment at each place, 0 where there is none. int64[places]"""
    table = np.zeros(max([*ids, *places[-1:], int(places.max(initial=0))], default=0) + 1, np.int64)
    for place, enrolment in ids.items():
        table[place] = enrolment
    found: Ints = table[places]
    return found


def _tell(run: SyncRun, school: School, plan: Plan, stored: Stored) -> None:
    """One event for what was stored at once: every child whose marks changed or who is new on the roll."""
    new = {match.pupil for match in plan.matches.new if match.pupil}
    if not (stored.touched or new):
        return
    changed = set(Enrolment.objects.filter(pk__in=stored.touched).values_list("pupil", flat=True))
    source = run.link.connection.get_source_display()
    words = f"Stored marks of {school} from {source}: {stored.changed} half-days changed."
    record("store_sync", by=run.asked_by, words=words, subject=run, pupils=changed | new)
    if stored.known_elsewhere:  # by its system alone a school gained sight of them, as by a file
        words = f"{source} put children known at other schools, or back again, on the roll of {school}."
        record("enrol_known_pupils", by=run.asked_by, words=words, subject=run, pupils=stored.known_elsewhere)


# --- What the source last said ------------------------------------------------------------------------------


def _held(link: SchoolLink, halves: Ints) -> dict[dt.date, Said]:
    """What is remembered of each week that has one of these half-days."""
    mondays = {monday_of(int(number)) for number in np.unique(halves)}
    held = dict.fromkeys(mondays, Said.none())
    for week, packed in SyncedMarks.objects.filter(link=link, week__in=mondays).values_list("week", "record"):
        held[week] = unpack(packed, week)
    return held


def _whole(held: dict[dt.date, Said]) -> Said:
    """All weeks in one."""
    if not held:
        return Said.none()
    columns = ((said.keys, said.enrolments, said.half_days, said.codes) for said in held.values())
    return Said(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _remember(link: SchoolLink, held: dict[dt.date, Said], said: Said) -> None:
    """Remember what was said now, week by week; a week that says nothing new is left alone."""
    for monday, before in held.items():
        first = 2 * monday.toordinal()
        after = before.with_later(said.where((said.half_days >= first) & (said.half_days < first + 14)))
        if not after.is_as(before):
            SyncedMarks.objects.update_or_create(link=link, week=monday, defaults={"record": pack(after, monday)})


# --- Deletions ----------------------------------------------------------------------------------------------


@dataclass
class Deleted:
    """Ids that the source deleted. Where it does not say of what kind, an id may be a mark's or a pupil's."""

    marks: set[int] = field(default_factory=set)
    students: set[str] = field(default_factory=set)

    def add(self, page: Iterable[DeletionThere]) -> None:
        for one in page:
            what = one.what.lower()
            if not what or "attendance" in what or "session" in what:
                self.marks.add(key_of(one.source_id))
            if not what or "student" in what:
                self.students.add(one.source_id)


def weeks_held(link: SchoolLink) -> list[dt.date]:
    """The weeks of which marks are remembered."""
    return list(SyncedMarks.objects.filter(link=link).order_by("week").values_list("week", flat=True))


def _week(link: SchoolLink, monday: dt.date) -> Said:
    return unpack(SyncedMarks.objects.get(link=link, week=monday).record, monday)


def deleted_among(link: SchoolLink, monday: dt.date, deleted: Deleted) -> set[int]:
    """The remembered marks of one week that may be meant."""
    return deleted.marks & {int(key) for key in _week(link, monday).keys}


def take_away(
    run: SyncRun, link: SchoolLink, school: School, weeks: Iterable[tuple[dt.date, set[int]]], *, at: dt.datetime
) -> int:
    """Take marks away that the source deleted, with the record of it, unless something else was stored there since.

    Returns how many half-days have no mark now that had one.
    """
    number = 0
    pupils: set[uuid.UUID] = set()
    for monday, keys in weeks:
        said = _week(link, monday)
        gone = np.isin(said.keys, np.array(sorted(keys), np.uint64))
        changed = _blank(run, school, said.where(gone), at)
        number, pupils = number + len(changed), pupils | _pupils(changed)
        kept = pack(said.where(~gone), monday)
        SyncedMarks.objects.filter(link=link, week=monday).update(record=kept)
    if number:
        words = f"Took away {number} marks of {school} that were deleted in its own system."
        record("take_away_marks", by=run.asked_by, words=words, subject=run, pupils=pupils)
    return number


def _blank(run: SyncRun, school: School, said: Said, made_at: dt.datetime) -> list[int]:
    """Take these marks out of the registers where they still stand; the enrolments, one for each half-day."""
    found: list[int] = []
    days = [day_and_half(int(number)) for number in said.half_days]
    years = np.array([year_of(day) for day, _ in days], np.int64)
    columns = np.array([column_of(day, half) for day, half in days], np.int64)
    for year in np.unique(years):
        these = years == year
        ids = np.unique(said.enrolments[these])
        before = load_marks([school.pk], int(year), ids)
        rows = np.searchsorted(ids, said.enrolments[these])
        after = before.copy()
        stands = before[rows, columns[these]] == said.codes[these]
        after[rows[stands], columns[these][stands]] = 0
        changes = difference(ids, before, after)
        altered = (before != after).any(axis=1)
        save_rows(int(year), ids[altered], after[altered], [""] * int(altered.sum()))
        why = "Deleted in the school's own system."
        act = act_of_run(run, "deleted")
        source = {"sync": run, "act": act, "made_by": run.asked_by, "made_at": made_at, "why": why}
        record_changes(school, int(year), changes, source)
        found += changes.ids.tolist()
    return found


def _pupils(enrolments: Iterable[int]) -> set[uuid.UUID]:
    return set(Enrolment.objects.filter(pk__in=set(enrolments)).values_list("pupil", flat=True))
