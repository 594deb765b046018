"""Schools' own systems, asked by people and by night: the token, which school is which, and which syncs are to run.

The running itself is in `schools.syncing.syncing`. No token is ever told: not to a page, a log or an audit event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.models import Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.sealing import CannotBeOpened, Secret, seal, unseal
from attendance_portal.tenancy import authority_scope
from schools.changes.acts import acts_of
from schools.connectors import Connector, SchoolThere, SourceTrouble, Timing, Trouble, connector_to
from schools.models import Connection, School, SchoolLink, SyncedMarks, SyncProblem, SyncRun
from schools.stored.takeovers import takeovers

OVERLAP: Final = dt.timedelta(hours=1)
"""How far behind the last sync's beginning changes are asked for again: clocks differ, and so may zones."""
READ_AGAIN: Final = dt.timedelta(weeks=5)
"""Marks change after the day: a reason for N is due within five school days, and some systems work them out anew."""
HELD: Final = dt.timedelta(minutes=10)
"""How long a process is believed to be at its work without saying so again; and how long no other asks for the schools
after trouble that passes."""
PATIENCE: Final = dt.timedelta(hours=3)
"""How long after the schools were wanted they are asked for again and again, where the trouble is of that kind."""
Approval = SchoolLink.Approval


# --- What people do -----------------------------------------------------------------------------------------


def set_token(source: str, token: Secret, *, by: Membership | None, at: dt.datetime) -> Connection:
    """Keep the token, in place of the one before, and have the schools asked for."""
    new = {
        "sealed_token": seal(token),
        "token_set_at": at,
        "token_set_by": by,
        "state": Connection.State.UNTRIED,
        "trouble": "",
        "look_wanted_at": at,
        "held_until": None,
    }
    connection, made = Connection.objects.update_or_create(source=source, defaults=new)
    verb = "Entered" if made else "Replaced"
    record("set_token", by=by, words=f"{verb} the token for {connection.get_source_display()}.", subject=connection)
    return connection


def ask_for_all(connection: Connection, *, by: Membership | None, at: dt.datetime) -> None:
    """Have every school that approved brought up to date, once it is known which ones those are."""
    if connection.state == Connection.State.REFUSED:
        raise Refused("The token is not accepted. Enter a new one first.")
    Connection.objects.filter(pk=connection.pk).update(look_wanted_at=at)
    if by:
        words = f"Asked for all schools from {connection.get_source_display()}."
        record("ask_for_all", by=by, words=words, subject=connection)


def match_school(link: SchoolLink, school: School, *, by: Membership) -> None:
    """Say which school of the portal one of the source's is."""
    if SchoolLink.objects.filter(connection=link.connection_id, school=school).exclude(pk=link.pk).exists():
        raise Refused(f"{school} has been matched to another entry already. Choose the right school.")
    if SyncRun.objects.unfinished().filter(link=link).exists():
        raise Refused("This school is being read just now. Try again when that is done.")
    if link.school_id != school.pk:
        _refuse_if_marks_stand(link)
        _begin_anew(link, school)
    record("match_school", by=by, words=f"Matched {link.name} to {school}.", subject=link)


def _refuse_if_marks_stand(link: SchoolLink) -> None:
    """A school that was wrongly matched can be matched again once what its syncs stored there was undone."""
    if link.school is None:
        return
    of_link = (act for act in acts_of(link.school) if act.first.sync and act.first.sync.link_id == link.pk)
    if any(act.stands and act.cells for act in of_link):
        raise Refused(
            f"Marks of this entry were stored for {link.school}. Undo its syncs on that school's page first, "
            "then say which school it is."
        )


def ask_for_sync(link: SchoolLink, *, by: Membership | None, at: dt.datetime) -> SyncRun:
    """Have one school brought up to date: a new sync, or the one that stopped on its way goes on where it was."""
    _refuse_if_not_ready(link)
    if SyncRun.objects.unfinished().filter(link=link).exists():
        raise Refused("This school is being read just now. Its page shows how far it is.")
    last = link.runs.order_by("-pk").first()
    run = _reopened(last, by=by, at=at) if last and _can_go_on(last, at.date()) else _new_run(link, by=by, at=at)
    if by:
        record("ask_for_sync", by=by, words=f"Asked for {link.school} to be brought up to date.", subject=link)
    return run


def _can_go_on(run: SyncRun, on: dt.date) -> bool:
    """Whether a stopped run goes on where it was: of this academic year, and of the school that its entry is now."""
    stopped = run.state == SyncRun.State.STOPPED and not run.counts.get("of_another_school")
    return stopped and year_of(run.started_at.date()) == year_of(on)


def _refuse_if_not_ready(link: SchoolLink) -> None:
    if link.school is None:
        raise Refused("It is not settled yet which school this is. Match it first.")
    if link.approval != Approval.APPROVED:
        raise Refused(f"{link.name} does not share its data: {Approval(link.approval).label.lower()}.")
    if link.connection.state == Connection.State.REFUSED:
        raise Refused("The token is not accepted. Enter a new one first.")


def _new_run(link: SchoolLink, *, by: Membership | None, at: dt.datetime) -> SyncRun:
    since = link.synced_from_at - OVERLAP if link.synced_from_at else None
    todo = _since_opening(link.school, periods(at.date(), since))
    run: SyncRun = SyncRun.objects.create(
        link=link, changed_since=since, todo=todo, periods=len(todo), started_at=at, asked_by=by,
        counts={"read_from": _read_whole_from(todo)},
    )  # fmt: skip
    return run


def _reopened(run: SyncRun, *, by: Membership | None, at: dt.datetime) -> SyncRun:
    """The stopped run under way again; the days since it stopped are added to what it has still to read.

    It keeps the moment at which it began, so that what changed since in the part it has read is asked for next time.
    """
    missed = periods(at.date(), None, first_on=run.started_at.date())
    run.state, run.stage, run.attempts = SyncRun.State.UNDER_WAY, SyncRun.Stage.CODES, 0
    run.todo, run.periods = [*run.todo, *missed], run.periods + len(missed)
    run.try_again_at = run.held_until = run.finished_at = None
    run.trouble, run.words, run.asked_by = "", "", by
    run.counts["gone_on"] = run.counts.get("gone_on", 0) + 1
    run.save()
    return run


def periods(on: dt.date, since: dt.datetime | None, *, first_on: dt.date | None = None) -> list[dict[str, str]]:
    """The periods of marks to be read, in order. First a month at a time over the academic year; later what changed
    since the last time, then the last five weeks whole: about a month."""
    begins = dt.date(year_of(on), 8, 1)
    if since is None:
        return list(_months(first_on or begins, on))
    began = since.date()
    first = dt.date(year_of(began), 8, 1)
    told = [{**_period(first, on), "since": since.isoformat()}]
    if first < begins:  # the last sync was in the year before: this one has not been read at all
        return [*told, *_months(begins, on)]
    return [*told, _period(max(on - READ_AGAIN, begins), on)]


def _since_opening(school: School | None, todo: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without what lies before the school's first day: of a school that was another before, those are that one's."""
    opened = str(school.opened_on) if school and school.opened_on else ""
    return [{**period, "first": max(period["first"], opened)} for period in todo if period["last"] >= opened]


def _period(first: dt.date, last: dt.date) -> dict[str, str]:
    return {"first": str(first), "last": str(last)}


def _months(first: dt.date, last: dt.date) -> Iterable[dict[str, str]]:
    while first <= last:
        following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
        yield _period(first, min(following - dt.timedelta(days=1), last))
        first = following


def _read_whole_from(todo: Sequence[dict[str, str]]) -> str:
    """From which day on a run reads every mark again."""
    return min((period["first"] for period in todo if "since" not in period), default="")


# --- Which schools there are --------------------------------------------------------------------------------


def connect(connection: Connection, timing: Timing, *, domain: str = "") -> Connector:
    """The connector with this connection's token. Raises SourceTrouble."""
    try:
        token = unseal(connection.sealed_token)
    except CannotBeOpened:
        words = "The token cannot be opened, because the key of this service was changed. Enter the token again."
        raise SourceTrouble(Trouble.TOKEN, words) from None
    return connector_to(connection.source, token, timing, address=settings.WONDE_ADDRESS, domain=domain)


def look_for_schools(authority: Authority, timing: Timing) -> bool:
    """Where somebody wants it: ask which schools there are, match them, and have each that approved brought up to
    date. True where there was something to do."""
    with authority_scope(authority):
        connection = _claim(timing.now())
        if connection is None:
            return False
    try:
        connector = connect(connection, timing.holding(partial(_hold_on, authority, connection, timing)))
        try:
            found = list(connector.schools())
        finally:
            connector.close()
    except SourceTrouble as trouble:
        with authority_scope(authority):
            note_trouble(connection.pk, trouble)
            _try_again_or_leave(connection, trouble, timing.now())
        return True
    with authority_scope(authority):
        _keep(connection, found, at=timing.now())
    return True


def _try_again_or_leave(connection: Connection, trouble: SourceTrouble, now: dt.datetime) -> None:
    """What may pass is tried again by itself, later or when the source says; else the night, or a person, asks anew."""
    wait, held = dt.timedelta(seconds=trouble.wait), Connection.objects.filter(pk=connection.pk)
    if not trouble.kind.passes or connection.look_wanted_at is None or now - connection.look_wanted_at > PATIENCE:
        _looked(connection.pk)
    elif wait > HELD:
        held.update(look_wanted_at=now + wait, held_until=None)
    else:
        held.update(held_until=now + HELD)


def _wanted(now: dt.datetime) -> Q:
    """Its schools are to be asked for by now. A clock that was set back makes nobody wait for more than a day."""
    return Q(look_wanted_at__lte=now) | Q(look_wanted_at__gt=now + dt.timedelta(days=1))


def _claim(now: dt.datetime) -> Connection | None:
    """A connection whose schools are wanted and that no other process is at."""
    waiting = Connection.objects.select_for_update(skip_locked=True, of=("self",)).filter(not_held(now))
    connection: Connection | None = waiting.filter(_wanted(now)).first()
    if connection:
        connection.held_until = now + HELD
        connection.save(update_fields=["held_until"])
    return connection


def _hold_on(authority: Authority, connection: Connection, timing: Timing) -> None:
    """Say that this process is still asking which schools there are."""
    with authority_scope(authority):
        Connection.objects.filter(pk=connection.pk).update(held_until=timing.now() + HELD)


def not_held(now: dt.datetime) -> Q:
    """No process is at it: none ever was, or one was killed. A clock that was set back holds nothing for ever.

    Twice as long, since whoever holds it may have a clock that is a little ahead, or have looked at it a little later.
    """
    return Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + 2 * HELD)


def note_trouble(connection_id: int, trouble: SourceTrouble) -> None:
    """What keeps the connection from working; a refused token stays refused until there is a new one."""
    state = Connection.State.REFUSED if trouble.kind == Trouble.TOKEN else Connection.State.TROUBLE
    Connection.objects.filter(pk=connection_id).update(state=state, trouble=trouble.words)


def _looked(connection_id: int, **more: Any) -> None:
    Connection.objects.filter(pk=connection_id).update(look_wanted_at=None, held_until=None, **more)


def _keep(connection: Connection, found: Iterable[SchoolThere], *, at: dt.datetime) -> None:
    """Keep the list as it is now, and begin a sync of each school that can be read."""
    there: dict[str, SchoolThere] = {}
    for school in found:
        there.setdefault(school.source_id, school)  # the first list is that of the approved
    taken_over = {one.before.pk: one.after for one in takeovers(at.date())}
    for school in there.values():
        _keep_link(connection, school, taken_over)
    gone = SchoolLink.objects.filter(connection=connection).exclude(source_id__in=there)
    gone.update(approval=Approval.GONE)
    _looked(connection.pk, state=Connection.State.WORKING, trouble="", looked_at=at)
    ready = SchoolLink.objects.filter(connection=connection, approval=Approval.APPROVED, school__isnull=False)
    for link in ready.exclude(runs__in=SyncRun.objects.unfinished()).select_related("school", "connection"):
        ask_for_sync(link, by=None, at=at)


def _keep_link(connection: Connection, there: SchoolThere, taken_over: Mapping[int, School]) -> None:
    told = {
        "name": there.name,
        "urn": there.urn,
        "laestab": there.laestab,
        "domain": there.domain,
        "mis": there.mis,
        "approval": there.approval,
    }
    link, _ = SchoolLink.objects.update_or_create(connection=connection, source_id=there.source_id, defaults=told)
    _follow(link, taken_over)
    if link.school_id is None and (school := _the_school(connection, there)):
        link.school = school
        link.save(update_fields=["school"])


def _follow(link: SchoolLink, taken_over: Mapping[int, School]) -> None:
    """Where the entry's school was taken over whole, it is that of the school that followed, read from the beginning.

    What was told of the old school is forgotten here; its marks and the runs that brought them stay where they are.
    """
    after = taken_over.get(link.school_id) if link.school_id else None
    if after is None or SchoolLink.objects.filter(connection=link.connection_id, school=after).exists():
        return
    if SyncRun.objects.unfinished().filter(link=link).exists():
        return
    words = f"{link.name} is read for {after}, which took the place of {link.school}."
    _begin_anew(link, after)
    record("follow_school", by=None, words=words, subject=link)


def _begin_anew(link: SchoolLink, school: School) -> None:
    """The entry is another school's from now on: what was remembered of the one before says nothing of it."""
    SyncedMarks.objects.filter(link=link).delete()
    SyncProblem.objects.filter(link=link).delete()
    for run in link.runs.filter(state=SyncRun.State.STOPPED):
        run.counts["of_another_school"] = True
        run.save(update_fields=["counts"])
    link.school, link.synced_from_at = school, None
    link.save(update_fields=["school", "synced_from_at"])


def _the_school(connection: Connection, there: SchoolThere) -> School | None:
    """The one school of that URN, else of that authority and establishment number, that no other entry is of."""
    free = School.objects.filter(closed_on=None).exclude(links__connection=connection)
    by_urn = list(free.filter(urn=there.urn)) if there.urn else []
    found = by_urn or (list(free.filter(laestab=there.laestab)) if there.laestab else [])
    return found[0] if len(found) == 1 else None


def want_all(authority: Authority, at: dt.datetime) -> None:
    """The night's beginning: every connection is to be gone through, but for those whose token is refused."""
    with authority_scope(authority):
        working = Connection.objects.exclude(state=Connection.State.REFUSED)
        working.filter(look_wanted_at=None).update(look_wanted_at=at)


def waiting(authority: Authority, at: dt.datetime) -> bool:
    """Whether there is something to do that no process is at."""
    with authority_scope(authority):
        looks = Connection.objects.filter(not_held(at), _wanted(at))
        return looks.exists() or due(at).exists()


def due(at: dt.datetime) -> Any:
    """The runs that can go on now, those that began first first."""
    again = Q(try_again_at=None) | Q(try_again_at__lte=at)
    return SyncRun.objects.unfinished().filter(not_held(at), again).order_by("started_at", "pk")


def at_work(authority: Authority, at: dt.datetime) -> int:
    """How many processes are at a sync just now."""
    with authority_scope(authority):
        held: int = SyncRun.objects.unfinished().exclude(not_held(at)).count()
        return held
