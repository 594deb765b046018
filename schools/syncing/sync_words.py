"""Words and colours for schools' systems and their syncs, as shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils import timezone

from schools.models import Connection, SchoolLink, SyncProblem, SyncRun
from schools.presenters import KIND_TITLES, Tag, counted
from schools.syncing.sync_problems import TITLES

Approval, State = SchoolLink.Approval, SyncRun.State
_APPROVAL_COLOURS: Final = {
    Approval.PENDING: "yellow",
    Approval.DECLINED: "red",
    Approval.REVOKED: "red",
    Approval.GONE: "grey",
}
_CONNECTION_COLOURS: Final = {
    Connection.State.UNTRIED: "blue",
    Connection.State.WORKING: "green",
    Connection.State.REFUSED: "red",
    Connection.State.TROUBLE: "orange",
}
_BROUGHT: Final = (
    ("changed", "half-day changed", "half-days changed"),
    ("new", "pupil put on the roll", "pupils put on the roll"),
    ("roll", "entry of the roll changed", "entries of the roll changed"),
    ("deleted", "mark taken away", "marks taken away"),
    ("left_out", "mark left out", "marks left out"),
)


def connection_state(connection: Connection) -> Tag:
    state = Connection.State(connection.state)
    return Tag(state.label, _CONNECTION_COLOURS[state])


def link_state(link: SchoolLink, run: SyncRun | None) -> Tag:
    """Where one school stands: what keeps it from being read first, then how its last sync went."""
    if link.approval != Approval.APPROVED:
        return Tag(Approval(link.approval).label, _APPROVAL_COLOURS[Approval(link.approval)])
    if link.school_id is None:
        return Tag("School not settled", "yellow")
    if run is None:
        return Tag("Not read yet", "grey")
    return run_state(run)


def run_state(run: SyncRun) -> Tag:
    if run.state == State.UNDER_WAY:
        return Tag("Tried again later", "orange") if run.try_again_at else Tag("Being read", "blue")
    return Tag(State(run.state).label, "green" if run.state == State.DONE else "red")


def brought(run: SyncRun | None) -> str:
    """What a sync brought, in a line."""
    if run is None:
        return "–"
    told = [
        counted(number, one, several) for name, one, several in _BROUGHT if (number := int(run.counts.get(name, 0)))
    ]
    return ", ".join(told) or ("Nothing new" if run.state == State.DONE else "Nothing yet")


def trouble(run: SyncRun | None) -> str:
    """What went wrong last, and when it is tried again."""
    if run is None or not run.words:
        return ""
    return f"{run.words} It is tried again after {_time(run.try_again_at)}." if run.try_again_at else run.words


def _time(at: dt.datetime) -> str:
    return timezone.localtime(at).strftime("%-I:%M%p").lower()


def progress(run: SyncRun) -> dict[str, Any]:
    """How far a sync is: the stage in words, and the periods read of those there are."""
    stage = SyncRun.Stage(run.stage)
    done = run.periods - len(run.todo)
    total = run.periods + 2
    reached = {SyncRun.Stage.MARKS: 1 + done, SyncRun.Stage.DELETIONS: 1 + run.periods}.get(stage, 0)
    text = f"{stage.label}: period {min(done + 1, run.periods)} of {run.periods}" if reached else stage.label
    return {"done": reached, "total": total, "text": text}


def title(problem: SyncProblem) -> str:
    return TITLES.get(problem.kind) or KIND_TITLES.get(problem.kind, problem.kind)


HEADINGS: Final = ["School", "URN", "System", "State", "Last read", "What it brought", "Trouble", "To put right"]


def systems_rows(links: Iterable[Any], runs: dict[int, SyncRun]) -> Iterable[list[object]]:
    """The list of schools as a file."""
    for link in links:
        run = runs.get(link.last_run)
        at = link.last_read_at
        yield [
            link.school or link.name, link.school.urn if link.school else link.urn, link.mis,
            link_state(link, run).words, f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "",
            brought(run), trouble(run), link.open_problems,
        ]  # fmt: skip


def problem_rows(problems: Sequence[SyncProblem]) -> Iterable[list[object]]:
    """What could not be stored, as a file."""
    for problem in problems:
        yield [title(problem), problem.on, problem.value, problem.message, f"{problem.first_seen_at:%Y-%m-%d}"]


PROBLEM_HEADINGS: Final = ["What it is", "Day", "Value", "What to do", "First seen"]


def facts(link: SchoolLink, run: SyncRun) -> list[dict[str, object]]:
    """The last sync as a summary list."""
    counts = run.counts
    at = run.finished_at
    rows = {
        "School's system": link.mis or link.connection.get_source_display(),
        "Began": _moment(run.started_at) + (f", asked for by {run.asked_by.user}" if run.asked_by else ""),
        "Ended": _moment(at) if at else "Not yet",
        "What it brought": brought(run),
        "Marks read": f"{int(counts.get('marks', 0)):,}",
        "Blanks": f"{int(counts.get('blanks', 0)):,}; a blank never erases a mark",
    }
    return [{"key": key, "value": value} for key, value in rows.items()]


def _moment(at: dt.datetime) -> str:
    local = timezone.localtime(at)
    return f"{local:%-d %B %Y} at {_time(local)}"
