"""A sync on its way: asked page by page outside any transaction, stored a period at a time, each with how far it is.

Whatever ends a process, the run goes on after the last period that was stored. A blank never erases a mark; what the
source says it deleted does go, with the record of it, once the source has been asked for that week again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.audit import Circumstances, circumstances, record
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from schools.banding import band_schools
from schools.connectors import Connector, SourceTrouble, StudentThere, Timing, Trouble
from schools.models import Connection, School, SchoolLink, SyncedStudent, SyncRun
from schools.register.marks import WIDTH
from schools.stored.known import years_changed
from schools.stored.registers import hold_registers
from schools.syncing import syncs
from schools.syncing.gathering import Gathered
from schools.syncing.late_leavers import TOLD_LATE, told_late
from schools.syncing.sync_problems import drop_settled, keep_deleted
from schools.syncing.synced_storing import Deleted, deleted_among, store_period, take_away, weeks_held

MOST_ATTEMPTS: Final = 5
FIRST_PAUSE: Final = dt.timedelta(minutes=5)
LONGEST_STRETCH: Final = dt.timedelta(minutes=20)
"""After so long a worker lets go of the queue of syncs, that others may have it; the clock begins the next stretch."""
_FAULT: Final = "A fault of this service broke it off. If that goes on, tell the people who look after the service."
Stage = SyncRun.Stage
State = SyncRun.State
assert WIDTH < 1 << 15


class LetGo(Exception):
    """Another process has this run now, or it was ended meanwhile: nothing of this step is kept."""


@dataclass
class Work:
    """One run in the hands of this process."""

    authority: Authority
    run: SyncRun
    link: SchoolLink
    school: School
    connector: Connector
    timing: Timing

    @property
    def there(self) -> str:
        """The school's id in the source."""
        return self.link.source_id

    @property
    def on(self) -> dt.date:
        return self.timing.now().date()

    def hold_on(self) -> None:
        """Say that this process is still at it, every now and then."""
        until = self.run.held_until
        if until is None or until - self.timing.now() > syncs.HELD / 2:
            return
        with authority_scope(self.authority):
            self.store(lambda run: None)

    def store(self, write: Callable[[SyncRun], None]) -> None:
        """Within a scope: write something and how far the run is, as long as it is this process's."""
        run = SyncRun.objects.select_for_update().get(pk=self.run.pk)
        if run.state != State.UNDER_WAY or run.held_until != self.run.held_until:
            raise LetGo
        run.link = self.link  # held already, with its connection
        write(run)
        if run.state == State.UNDER_WAY:
            run.held_until = self.timing.now() + syncs.HELD
        run.save()
        self.run = run


# --- Which run, and how it ends -----------------------------------------------------------------------------


def work_off(authority: Authority, timing: Timing) -> int:
    """Do what waits to be done for an authority's schools, one after the other. Returns how many runs were gone at.

    A run that another process is at is passed over; so one school is never asked by two at once.
    """
    began, done = timing.now(), 0
    syncs.look_for_schools(authority, timing)
    while timing.now() - began < LONGEST_STRETCH:
        if not run_next(authority, timing):
            break
        done += 1
    return done


def run_next(authority: Authority, timing: Timing, *, link: uuid.UUID | None = None) -> bool:
    """Take the next run that can go on (or that of one school) and go on with it to its end or to trouble."""
    with authority_scope(authority):
        run = _claim(timing.now(), link)
    if run is None:
        return False
    token = circumstances.set(Circumstances())
    try:
        _run(authority, run, timing)
    finally:
        circumstances.reset(token)
    return True


def _claim(now: dt.datetime, link: uuid.UUID | None) -> SyncRun | None:
    runs = syncs.due(now).select_for_update(skip_locked=True, of=("self",))
    runs = runs.select_related("link__connection", "link__school", "asked_by")
    run: SyncRun | None = (runs.filter(link=link) if link else runs).first()
    if run is not None:
        run.held_until, run.try_again_at = now + syncs.HELD, None
        run.save(update_fields=["held_until", "try_again_at"])
    return run


def _run(authority: Authority, run: SyncRun, timing: Timing) -> None:
    work: Work | None = None

    def hold_on() -> None:
        if work:
            work.hold_on()

    try:
        assert run.link.school is not None, "only matched schools have runs"
        connector = syncs.connect(run.link.connection, timing.holding(hold_on), domain=run.link.domain)
        work = Work(authority, run, run.link, run.link.school, connector, timing)
        while work.run.state == State.UNDER_WAY:
            STEPS[Stage(work.run.stage)](work)
    except SourceTrouble as trouble:
        with authority_scope(authority):
            _interrupt(work.run if work else run, trouble, timing.now())
    except LetGo:
        return
    except Exception:
        with authority_scope(authority):
            _interrupt(work.run if work else run, SourceTrouble(Trouble.FAULT, _FAULT), timing.now())
        raise
    finally:
        if work:
            work.connector.close()


def _interrupt(held: SyncRun, trouble: SourceTrouble, now: dt.datetime) -> None:
    """What went wrong in words; what may pass is tried again by itself, a few times and ever later."""
    run = SyncRun.objects.select_for_update().get(pk=held.pk)
    if run.state != State.UNDER_WAY or run.held_until != held.held_until:
        return
    run.trouble, run.words, run.attempts, run.held_until = trouble.kind, trouble.words, run.attempts + 1, None
    if trouble.kind.passes and run.attempts < MOST_ATTEMPTS:
        pause = max(FIRST_PAUSE * 2 ** (run.attempts - 1), dt.timedelta(seconds=trouble.wait))
        run.try_again_at = now + pause
    else:
        run.state, run.finished_at = State.STOPPED, now
    if trouble.kind == Trouble.TOKEN:
        syncs.note_trouble(run.link.connection_id, trouble)
    if trouble.kind != Trouble.FAULT:  # what is at fault may be the banding itself
        _band(run, now.date())
    run.save()
    if run.state == State.STOPPED:
        words = f"The sync of {run.link.school} stopped: {trouble.words}"
        record("stop_sync", by=run.asked_by, words=words, subject=run)


def _band(run: SyncRun, on: dt.date) -> None:
    """Work the school's figures out anew where marks or the roll changed since the last time."""
    school = run.link.school_id
    if run.counts.pop("to_band", False) and school:
        band_schools([school], on=on, changed_years=years_changed(school, since=run.started_at, sync=run))


# --- The steps ----------------------------------------------------------------------------------------------


def _codes(work: Work) -> None:
    codes = work.connector.codes(work.there)

    def write(run: SyncRun) -> None:
        if codes != work.link.codes:
            SchoolLink.objects.filter(pk=work.link.pk).update(codes=codes)
        _next(run, Stage.STUDENTS)

    with authority_scope(work.authority):
        work.store(write)
    work.link.codes = codes


def _students(work: Work) -> None:
    pages = work.connector.students(work.there, changed_since=work.run.changed_since)
    _keep_students(work, pages, then=Stage.LEAVERS, name="pupils", is_leaver=False)


def _leavers(work: Work) -> None:
    pages = work.connector.leavers(work.there, changed_since=work.run.changed_since)
    _keep_students(work, pages, then=Stage.MARKS, name="leavers", is_leaver=True)


def _keep_students(
    work: Work, pages: Iterable[list[StudentThere]], *, then: SyncRun.Stage, name: str, is_leaver: bool
) -> None:
    """Keep each page as it comes; only with the last is the stage over."""
    seen = 0
    waiting: list[StudentThere] = []

    def write(run: SyncRun) -> None:
        run.counts[name] = seen
        _next(run, then)

    for page in pages:
        if waiting:
            _keep_page(work, waiting, lambda run: None, is_leaver=is_leaver)
        waiting, seen = page, seen + len(page)
    _keep_page(work, waiting, write, is_leaver=is_leaver)


def _keep_page(work: Work, page: list[StudentThere], write: Callable[[SyncRun], None], *, is_leaver: bool) -> None:
    """Keep a page of pupils, with how far the run is then."""

    def write_whole(run: SyncRun) -> None:
        if is_leaver and run.changed_since and (late := told_late(page, run)):
            run.counts[TOLD_LATE] = sorted(late.union(run.counts.get(TOLD_LATE, ())))
        write(run)

    with authority_scope(work.authority):
        keep_students(work.link, page, is_leaver=is_leaver)
        work.store(write_whole)


def keep_students(link: SchoolLink, page: Iterable[StudentThere], *, is_leaver: bool) -> None:
    """Keep what the source tells of these pupils, in place of what it told before."""
    rows = {one.source_id: one for one in page}
    if not rows:
        return
    SyncedStudent.objects.bulk_create(
        [SyncedStudent(link=link, source_id=key, told=one.kept(), is_leaver=is_leaver) for key, one in rows.items()],
        update_conflicts=True,
        unique_fields=["authority", "link", "source_id"],
        update_fields=["told", "is_leaver"],
    )


def _marks(work: Work) -> None:
    """One period: gathered, then stored whole with the note that it is."""
    if not work.run.todo:
        with authority_scope(work.authority):
            work.store(lambda run: _next(run, Stage.DELETIONS))
        return
    period = work.run.todo[0]
    gathered = _gather(work, period)
    vanished = _newcomers(work, gathered)

    def write(run: SyncRun) -> None:
        hold_registers([work.school.pk])
        stored = store_period(run, work.link, work.school, gathered, period, vanished=vanished, at=work.timing.now())
        for name, number in stored.items():
            run.counts[name] = run.counts.get(name, 0) + number
        moved = stored["changed"] or stored["new"] or stored["roll"]
        run.counts["to_band"] = bool(run.counts.get("to_band") or moved)
        run.todo = run.todo[1:]
        _next(run, Stage.MARKS if run.todo else Stage.DELETIONS)

    with authority_scope(work.authority):
        work.store(write)


def _gather(work: Work, period: dict[str, str]) -> Gathered:
    since = period.get("since")
    pages = work.connector.marks(
        work.there,
        first_on=dt.date.fromisoformat(period["first"]),
        last_on=dt.date.fromisoformat(period["last"]),
        changed_since=dt.datetime.fromisoformat(since) if since else None,
    )
    gathered = Gathered()
    for page in pages:
        gathered.add(page, work.link.codes)
        work.hold_on()
    return gathered


def _newcomers(work: Work, gathered: Gathered) -> list[str]:
    """Ask for pupils who have marks and were not told of: they came meanwhile. Answers those whom the source does not
    hold any more."""
    if not gathered.students:
        return []
    with authority_scope(work.authority):
        known = set(SyncedStudent.objects.filter(link=work.link).values_list("source_id", flat=True))
    vanished = []
    for source_id in sorted(set(gathered.students) - known):
        student = work.connector.student(work.there, source_id)
        if student is None:
            vanished.append(source_id)
            work.hold_on()
            continue
        has_left = student.left_on is not None and student.left_on < work.on
        _keep_page(work, [student], lambda run: None, is_leaver=has_left)
    return vanished


def _deletions(work: Work) -> None:
    """What the source deleted: marks that are gone there when asked again, and pupils; then the run is done."""
    deleted = Deleted()
    for page in work.connector.deletions(work.there, since=work.run.changed_since):
        deleted.add(page)
        work.hold_on()
    taken: list[tuple[dt.date, set[int]]] = []
    for monday in _weeks(work) if deleted.marks else []:
        with authority_scope(work.authority):
            meant = deleted_among(work.link, monday, deleted)
        if meant and (gone := meant - _still_there(work, monday)):
            taken.append((monday, gone))
    students = _gone_students(work, deleted)

    def write(run: SyncRun) -> None:
        hold_registers([work.school.pk])
        number = take_away(run, work.link, work.school, taken, at=work.timing.now())
        keep_deleted(run, work.link, students)
        run.counts["deleted"] = run.counts.get("deleted", 0) + number
        run.counts["to_band"] = bool(run.counts.get("to_band") or number)
        _finish(work, run)

    with authority_scope(work.authority):
        work.store(write)


def _weeks(work: Work) -> list[dt.date]:
    with authority_scope(work.authority):
        return weeks_held(work.link)


def _still_there(work: Work, monday: dt.date) -> set[int]:
    """The marks of one week that the source holds now, by their keys."""
    week = {"first": str(monday), "last": str(monday + dt.timedelta(days=6))}
    settled = _gather(work, week)
    return {int(key) for page in settled.pages for key in page[4]}


def _gone_students(work: Work, deleted: Deleted) -> list[str]:
    """The pupils among what was deleted whom the source does not hold any more."""
    if not deleted.students:
        return []
    with authority_scope(work.authority):
        known = SyncedStudent.objects.filter(link=work.link, source_id__in=deleted.students)
        found = sorted(known.values_list("source_id", flat=True))
    gone = []
    for source_id in found:
        if work.connector.student(work.there, source_id) is None:
            gone.append(source_id)
        work.hold_on()
    return gone


def _finish(work: Work, run: SyncRun) -> None:
    """Everything is stored: only now does the next sync ask for less."""
    drop_settled(run, work.link, work.school)
    _band(run, work.on)
    run.counts.pop(TOLD_LATE, None)
    run.state, run.finished_at, run.held_until = State.DONE, work.timing.now(), None
    run.trouble, run.words = "", ""
    SchoolLink.objects.filter(pk=work.link.pk).update(synced_from_at=run.started_at)
    Connection.objects.filter(pk=work.link.connection_id).update(state=Connection.State.WORKING, trouble="")
    words = f"Brought {work.school} up to date: {run.counts.get('changed', 0)} half-days changed."
    record("sync_school", by=run.asked_by, words=words, subject=run)


def _next(run: SyncRun, stage: SyncRun.Stage) -> None:
    run.stage = stage
    _further(run)


def _further(run: SyncRun) -> None:
    """It got further, so trouble before is no reason to give up."""
    run.attempts, run.trouble, run.words = 0, "", ""


STEPS: Final[dict[Any, Callable[[Work], None]]] = {
    Stage.CODES: _codes,
    Stage.STUDENTS: _students,
    Stage.LEAVERS: _leavers,
    Stage.MARKS: _marks,
    Stage.DELETIONS: _deletions,
}
