"""Meetings that need somebody: under way, to come, not recorded, minutes to confirm, and schools due one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from attendance_portal.days import time_words
from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, day_words, section
from attendance_portal.roles import Permission
from tsm.models import Meeting, Side
from tsm.timetable import State, day_of

AHEAD = dt.timedelta(days=7)
Stage = Meeting.Stage


def meetings_of_a_school(asker: Asker) -> Iterable[Section]:
    """For a school: its meeting under way, its next one with the list, and minutes to confirm."""
    meetings = _meetings(asker, Q(school__in=asker.schools))
    to_come = {m.school_id: m for m in reversed(meetings) if m.stage == Stage.ARRANGED and day_of(m) >= asker.on}
    shown = [m for m in meetings if m.stage == Stage.UNDER_WAY] + sorted(to_come.values(), key=lambda m: m.starts_at)
    yield from section("meetings", "Next meeting", [item for m in shown for item in _items_for_school(m, asker)])
    yield from _to_confirm(asker, meetings)


def meetings_of_an_officer(asker: Asker) -> Iterable[Section]:
    """For who holds meetings, or covers: under way, in the next seven days, not recorded, minutes to confirm."""
    held = Meeting.objects.held_by_member(asker.member).values("pk")
    meetings = _meetings(asker, Q(pk__in=held) | Q(school__in=asker.schools))
    near = [m for m in meetings if m.stage == Stage.UNDER_WAY]
    near += [m for m in meetings if m.stage == Stage.ARRANGED and day_of(m) < asker.on + AHEAD]
    items = (_officer_item(m, asker) for m in near)
    yield from section("meetings", "Meetings this week", items, address("my_schools"), "All meetings")
    yield from _to_confirm(asker, meetings)


def schools_due_a_meeting(asker: Asker) -> Iterable[Section]:
    """Schools overdue a meeting this term, then those that are due one; none is arranged yet."""
    due = [row for row in asker.timetable if row.state in (State.OVERDUE, State.DUE)]
    due.sort(key=lambda row: (row.state != State.OVERDUE, not row.missed_last_term, -row.severe, row.school.name))
    items = (
        Item(
            row.school.name,
            address("arrange_meeting", row.school.urn),
            f"{row.severe} severely and {row.persistent} persistently absent."
            + (" Its meeting of last term was missed." if row.missed_last_term else ""),
            "Overdue" if row.state == State.OVERDUE else "Due this term",
            "red" if row.state == State.OVERDUE else "blue",
        )
        for row in due
    )
    yield from section("due", "Schools to arrange a meeting with", items, address("my_schools"), "Your schools")


def _meetings(asker: Asker, whose: Q) -> list[Meeting]:
    """Their meetings that have not come to an end, earliest first, with who has confirmed; two queries."""
    open_ones = Meeting.objects.visible_to(asker.member).filter(
        whose, stage__in=[Stage.ARRANGED, Stage.UNDER_WAY, Stage.TO_CONFIRM]
    )
    return list(open_ones.select_related("school", "officer__user").prefetch_related("confirmations"))


def _items_for_school(meeting: Meeting, asker: Asker) -> Iterable[Item]:
    if meeting.stage == Stage.UNDER_WAY:
        yield _under_way(meeting)
        return
    title = f"{meeting.school.name}: {_when(meeting, asker.on)}"
    hint = f"{meeting.get_mode_display()}, with {meeting.officer.name}"
    yield Item(title, address("meeting_page", meeting.pk), hint, "Arranged", "green")
    yield Item("See who is on its list", address("meeting_list", meeting.pk), "The list has drawn itself up.")


def _under_way(meeting: Meeting) -> Item:
    hint = f"Held by {meeting.officer.name}"
    return Item(meeting.school.name, address("hold_meeting", meeting.pk), hint, "Under way", "turquoise")


def _officer_item(meeting: Meeting, asker: Asker) -> Item:
    if meeting.stage == Stage.UNDER_WAY:
        return _under_way(meeting)
    title = f"{meeting.school.name}: {_when(meeting, asker.on)}"
    mine = "" if meeting.officer_id == asker.member.pk else f", held by {meeting.officer.name}"
    hint = f"{meeting.get_mode_display()}, {meeting.minutes_booked} minutes{mine}"
    href = address("meeting_page", meeting.pk)
    if day_of(meeting) < asker.on:
        return Item(title, href, "Its date has passed: say what came of it.", "Not recorded", "red")
    today = day_of(meeting) == asker.on
    return Item(title, href, hint, "Today" if today else "Arranged", "yellow" if today else "green")


def _when(meeting: Meeting, on: dt.date) -> str:
    local = timezone.localtime(meeting.starts_at)
    return f"{day_words(day_of(meeting), on)} at {time_words(local)}"


def _to_confirm(asker: Asker, meetings: list[Meeting]) -> Iterable[Section]:
    """Minutes that this person's side has not confirmed; asked of those who may."""
    if not asker.member.may(Permission.MINUTES_CONFIRM):
        return
    side = Side.SCHOOL if asker.member.is_of_a_school else Side.AUTHORITY
    waiting = [
        meeting
        for meeting in meetings
        if meeting.stage == Stage.TO_CONFIRM and side not in {one.side for one in meeting.confirmations.all()}
    ]
    items = (
        Item(
            m.school.name,
            address("minutes_page", m.pk),
            f"Meeting of {day_of(m):%-d %B %Y}, held by {m.officer.name}",
            "To confirm",
            "yellow",
        )
        for m in waiting
    )
    yield from section("minutes", "Minutes to confirm", items)
