"""Arranging a meeting, and all that may happen to it before it begins. Both sides are told of each."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F
from django.utils import timezone

from attendance_portal.days import time_words, year_of
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission
from schools.models import School
from schools.stored.terms import terms_held
from tsm.actions.history import make_move, tell_history
from tsm.invitations import CANCEL, tell
from tsm.models import Meeting
from tsm.moves import MAY_BE_ARRANGED_AGAIN
from tsm.timetable import NotThen


def arrange_meeting(
    school: School,
    *,
    starts_at: dt.datetime,
    minutes: int,
    mode: str,
    place: str,
    officer: Membership,
    by: Membership,
    at: dt.datetime,
) -> Meeting:
    """Arrange a meeting and invite both sides. Refused in the past, or over another of the same school."""
    meeting = _arrange(school, starts_at=starts_at, minutes=minutes, mode=mode, place=place, officer=officer, at=at)
    words = f"Arranged for {_when(meeting)}."
    tell_history(meeting, "arrange_meeting", words, by=by, at=at)
    tell(meeting, subject="Meeting arranged", words=_thanks("A meeting has been arranged."), at=at)
    return meeting


def arrange_again(
    meeting: Meeting,
    *,
    starts_at: dt.datetime,
    minutes: int,
    mode: str,
    place: str,
    officer: Membership,
    by: Membership,
    at: dt.datetime,
) -> Meeting:
    """Arrange another in place of one that was cancelled or not attended; the old one keeps its history.

    Refused where there is another already: of two who arrange it again at once the later finds it.
    """
    _take_turns(meeting.school)
    if meeting.stage not in MAY_BE_ARRANGED_AGAIN:
        raise Refused("Only a meeting that was cancelled or not attended is arranged again. Move this one instead.")
    if Meeting.objects.filter(replaces=meeting).exists():
        raise Refused("This meeting has been arranged again already.")
    new = _arrange(
        meeting.school, starts_at=starts_at, minutes=minutes, mode=mode, place=place, officer=officer, at=at,
        replaces=meeting,
    )  # fmt: skip
    words = f"Arranged again for {_when(new)}, in place of {_when(meeting)}."
    tell_history(new, "arrange_again", words, by=by, at=at, replaces=str(meeting.pk))
    tell(new, subject="Meeting arranged again", words=_thanks("A new date has been arranged."), at=at)
    return new


def _arrange(
    school: School,
    *,
    starts_at: dt.datetime,
    minutes: int,
    mode: str,
    place: str,
    officer: Membership,
    at: dt.datetime,
    replaces: Meeting | None = None,
) -> Meeting:
    _check_officer(officer)
    _check_time(school, starts_at, minutes, at=at)
    meeting: Meeting = Meeting.objects.create(
        school=school,
        starts_at=starts_at,
        minutes_booked=minutes,
        mode=mode,
        place=place,
        officer=officer,
        replaces=replaces,
        **_term(school, starts_at),
    )
    return meeting


def move_meeting(
    meeting: Meeting,
    *,
    starts_at: dt.datetime,
    minutes: int,
    mode: str,
    place: str,
    by: Membership,
    at: dt.datetime,
) -> None:
    """Give the meeting another time, length or place; calendars are brought up to date."""
    _check_time(meeting.school, starts_at, minutes, at=at, but=meeting)
    before = _when(meeting)
    changes = {"starts_at": starts_at, "minutes_booked": minutes, "mode": mode, "place": place}
    make_move(meeting, "move_meeting", **changes, **_term(meeting.school, starts_at), **_next_sequence())
    words = f"Moved from {before} to {_when(meeting)}."
    tell_history(meeting, "move_meeting", words, by=by, at=at)
    tell(meeting, subject="Meeting moved", words=words, at=at)


def cancel_meeting(meeting: Meeting, *, reason: str, by: Membership, at: dt.datetime) -> None:
    """Call the meeting off, with the reason; it leaves the calendars."""
    make_move(meeting, "cancel_meeting", **_next_sequence())
    words = f"Cancelled: {reason}"
    tell_history(meeting, "cancel_meeting", words, by=by, at=at)
    tell(meeting, subject="Meeting cancelled", words=words, at=at, calendar=CANCEL)


def take_over_meeting(meeting: Meeting, *, officer: Membership, by: Membership, at: dt.datetime) -> None:
    """A substitute holds the meeting. The officer before is told too."""
    _check_officer(officer)
    before = meeting.officer
    if before.pk == officer.pk:
        raise Refused(f"{officer.name} holds this meeting already.")
    make_move(meeting, "take_over_meeting", officer=officer, **_next_sequence())
    meeting.officer = officer
    words = f"{officer.name} holds the meeting in place of {before.name}."
    tell_history(meeting, "take_over_meeting", words, by=by, at=at)
    tell(meeting, subject="Meeting held by a colleague", words=words, at=at, also=[before])


def mark_not_attended(meeting: Meeting, *, reason: str, by: Membership, at: dt.datetime) -> None:
    """Say that a side did not come, which, and what is known of why. Refused before the meeting's time."""
    if meeting.starts_at > at:
        raise Refused("The time of this meeting has not come. Cancel or move it instead.")
    make_move(meeting, "mark_not_attended")
    words = f"Not attended: {reason}"
    tell_history(meeting, "mark_not_attended", words, by=by, at=at)
    tell(meeting, subject="Meeting not attended", words=f"{words} It can be arranged again.", at=at, calendar="")


def _check_officer(officer: Membership) -> None:
    if not officer.may(Permission.MEETING_ARRANGE):
        raise Refused("A meeting is held by an attendance officer or a team leader of the authority.")
    if officer.deactivated_at is not None:
        raise Refused(f"{officer.name} no longer works here. Choose another officer.")


def _check_time(
    school: School, starts_at: dt.datetime, minutes: int, *, at: dt.datetime, but: Meeting | None = None
) -> None:
    if starts_at <= at:
        raise NotThen("Choose a time that is still to come.")
    _take_turns(school)
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    same_day = Meeting.objects.filter(
        school=school,
        stage=Meeting.Stage.ARRANGED,
        starts_at__lt=ends_at,
        starts_at__gt=starts_at - dt.timedelta(days=1),
    )
    if any(other.ends_at > starts_at for other in same_day if but is None or other.pk != but.pk):
        raise NotThen("This school has another meeting arranged at that time. Open that one to move it.")


def _take_turns(school: School) -> None:
    """Until this transaction ends nobody else arranges a meeting of this school. Held before any row of a meeting."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)


def _term(school: School, starts_at: dt.datetime) -> dict[str, Any]:
    """The term that the school goes by on the meeting's day."""
    day = timezone.localdate(starts_at)
    return {"year": year_of(day), "term": terms_held(school.pk, [year_of(day)]).of(day).value}


def _next_sequence() -> dict[str, Any]:
    return {"calendar_sequence": F("calendar_sequence") + 1}


def _when(meeting: Meeting) -> str:
    starts_at = timezone.localtime(meeting.starts_at)
    return f"{starts_at:%A %-d %B %Y} at {time_words(starts_at)}"


def _thanks(words: str) -> str:
    return (
        f"{words} The list of pupils draws itself up from the register: nothing needs to be prepared. "
        "The attached file puts the meeting in your calendar."
    )
