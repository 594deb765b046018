"""What registers ask of people: gaps, calendars to settle, schools' own systems, lists to look at, tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet, Sum

from attendance_portal.days import year_of
from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.models import Integration
from attendance_portal.roles import Permission
from schools.api.integrations import waiting_in
from schools.calendars.calendar_differences import differences_of, promised
from schools.children.duplicates import pairs_sharing_a_upn
from schools.models import (
    CalendarSettlement,
    Connection,
    RegisterCoverage,
    School,
    SchoolLink,
    SocialCareLine,
    SyncProblem,
    SyncRun,
)
from schools.presenters import counted
from schools.stored.school_days import calendars_of
from schools.syncing import sync_words

_LACKS = Q(missing__gt=0) | Q(never_sent_pupils__gt=0) | Q(old_unknown__gt=0)
_ENDS_SOON = dt.timedelta(days=30)


def register_gaps_of_a_school(asker: Asker) -> Iterable[Section]:
    """What the registers of a school's own people lack, a line each."""
    found = RegisterCoverage.objects.filter(_LACKS, school__in=asker.schools).select_related("school")
    items = [item for one in found.order_by("school__name") for item in _gaps(one)]
    yield from section("gaps", "The register", items)


def _gaps(one: RegisterCoverage) -> Iterable[Item]:
    href, school = address("register_gaps", one.school.urn), one.school.name
    if one.missing:
        title = counted(one.missing, "session has no mark", "sessions have no mark")
        yield Item(
            title, href, f"{school}, of {counted(one.missing_pupils, 'pupil', 'pupils')}", "To complete", "yellow"
        )
    if one.old_unknown:
        title = counted(one.old_unknown, "session is still coded N", "sessions are still coded N")
        yield Item(title, href, f"{school}, after five school days: say the reason, or O", "To settle", "yellow")
    if one.never_sent:
        yield Item(f"Nothing sent for {', '.join(one.never_sent[:6])}", href, school, "Classes never sent", "red")


def register_gaps_of_an_authority(asker: Asker) -> Iterable[Section]:
    """How many of the officer's schools have an incomplete register. One query."""
    lacking = RegisterCoverage.objects.filter(_LACKS, school__in=asker.schools)
    told = lacking.aggregate(
        schools=Count("pk"), missing=Sum("missing", default=0), unknown=Sum("old_unknown", default=0)
    )
    if told["schools"]:
        title = counted(told["schools"], "school with an incomplete register", "schools with an incomplete register")
        hint = f"{counted(told['missing'], 'session', 'sessions')} without a mark, {told['unknown']:,} still coded N"
        item = Item(title, address("registers_behind"), hint, "Ask them", "yellow")
        yield from section("gaps", "Registers", [item])


def calendar_to_settle(asker: Asker) -> Iterable[Section]:
    """Days on which a school's calendar and its register differ; for who keeps the calendar of one school."""
    if len(asker.schools) != 1 or not asker.member.may(Permission.CALENDAR_KEEP):
        return
    [school], year = asker.schools, year_of(asker.on)
    calendars = calendars_of([school.pk], [year])
    if not calendars.terms and not calendars.entries:
        return
    settled = list(CalendarSettlement.objects.filter(school=school))
    waiting = [one for one in differences_of(school, year, calendars) if promised(one, settled) is None]
    if waiting:
        title = counted(len(waiting), "difference to settle", "differences to settle")
        hint = "Where the calendar and the register say different things about a day"
        item = Item(title, address("school_calendar", school.urn), hint, "Which is right?", "yellow")
        yield from section("calendar", "The calendar", [item])


def systems_of_a_school(asker: Asker) -> Iterable[Section]:
    """A school's own system: a sync that stopped, and what is to be put right there."""
    stopped = [_stopped_item(run) for run in _stopped(asker.schools) if run.link.school]
    open_ones = SyncProblem.objects.filter(link__school__in=asker.schools).order_by()
    to_do = open_ones.values("link__school__urn", "link__school__name").annotate(number=Count("pk"))
    items = stopped + [
        Item(
            counted(row["number"], "thing to put right", "things to put right"),
            address("school_sync", row["link__school__urn"]),
            f"In the own system of {row['link__school__name']}",
            "To put right",
            "yellow",
        )
        for row in to_do.order_by("link__school__name")
    ]
    yield from section("systems", "The school’s own system", items)


def systems_of_an_authority(asker: Asker) -> Iterable[Section]:
    """Syncs that stopped, a token that is refused, and schools of which nobody said which they are."""
    member, may_set_up = asker.member, asker.member.may(Permission.SYSTEM_SET_UP)
    every = School.objects.filter(closed_on=None)
    items = [_stopped_item(run, asker) for run in _stopped(every if may_set_up else asker.schools)]
    if may_set_up:
        broken = Connection.objects.filter(state__in=[Connection.State.REFUSED, Connection.State.TROUBLE])
        items += [_connection_item(one) for one in broken]
        waiting = SchoolLink.objects.filter(school=None, approval=SchoolLink.Approval.APPROVED).count()
        if waiting:
            title = counted(waiting, "school to be matched", "schools to be matched")
            items.append(Item(title, address("systems"), "Nothing of it is read until then", "Which is it?", "yellow"))
    more = address("systems") if member.may(Permission.SYSTEM_SEE) else ""
    yield from section("systems", "School systems", items, more, "All school systems")


def _stopped(schools: Iterable[School]) -> list[SyncRun]:
    """The last sync of each of these schools where it stopped. One query."""
    latest = SyncRun.objects.filter(link__school__in=schools).order_by("link_id", "-pk").distinct("link_id")
    return [run for run in latest.select_related("link__school") if run.state == SyncRun.State.STOPPED]


def _stopped_item(run: SyncRun, asker: Asker | None = None) -> Item:
    opens = asker is None or asker.member.may(Permission.REGISTER_UPLOAD)
    href = address("school_sync", run.link.school.urn) if opens and run.link.school else address("systems")
    return Item(str(run.link.school or run.link.name), href, sync_words.trouble(run), "Sync stopped", "red")


def _connection_item(one: Connection) -> Item:
    return Item(one.get_source_display(), address("systems"), one.trouble, one.get_state_display(), "red")


def duplicates_to_judge(asker: Asker) -> Iterable[Section]:
    """Records that share a UPN: the surest of the pairs that may be one child, and quickly found."""
    if not asker.member.may(Permission.RECORD_LINK):
        return
    pairs = pairs_sharing_a_upn(asker.member)
    if pairs:
        title = counted(pairs, "pair of records shares a UPN", "pairs of records share a UPN")
        item = Item(title, address("possible_duplicates"), "Say whether they are one child", "To look at", "yellow")
        yield from section("duplicates", "Possible duplicates", [item])


def care_lines_to_settle(asker: Asker) -> Iterable[Section]:
    """Lines of social care's lists that could mean several children."""
    waiting: QuerySet[SocialCareLine] = SocialCareLine.objects.filter(state=SocialCareLine.State.UNCERTAIN).order_by()
    lists = waiting.values("care_list", "care_list__file_name", "care_list__sent_at").annotate(number=Count("pk"))
    items = [
        Item(
            counted(row["number"], "line to look at", "lines to look at"),
            address("social_care_list", row["care_list"], state=SocialCareLine.State.UNCERTAIN.value),
            f"{row['care_list__file_name']}, sent {row['care_list__sent_at']:%-d %B %Y}",
            "Which child?",
            "yellow",
        )
        for row in lists.order_by("-care_list__sent_at")
    ]
    yield from section("care", "Social care lists", items, address("social_care_lists"), "All lists")


def tokens_to_approve(asker: Asker) -> Iterable[Section]:
    """Integrations that read children and open nothing until somebody who may see them all approves it."""
    waiting = waiting_in(asker.member).order_by("made_at")
    items = [
        Item(one.name, address("integration_page", one.pk), f"Made by {one.made_by.name}", "To approve", "yellow")
        for one in waiting
    ]
    yield from section("approvals", "Tokens to approve", items, address("integrations"), "All integrations")


def tokens_that_end(asker: Asker) -> Iterable[Section]:
    """Integrations whose token ends within 30 days, or ended."""
    ending = Integration.objects.filter(
        authority=asker.member.authority, revoked_at=None, expires_on__lte=asker.on + _ENDS_SOON
    )
    items = [
        Item(
            one.name,
            address("integration_page", one.pk),
            "Make another token, give it to who runs the system, and revoke this one",
            f"{'Ended' if one.expires_on < asker.on else 'Ends'} {one.expires_on:%-d %b}",
            "red" if one.expires_on < asker.on else "yellow",
        )
        for one in ending.order_by("expires_on")
    ]
    yield from section("integrations", "Tokens that end", items, address("integrations"), "All integrations")
