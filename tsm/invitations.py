"""Word of a meeting to both sides: messages, each with a calendar file that names no child."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from attendance_portal.days import Term, time_words, year_label
from attendance_portal.messages import write
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from schools.models import SchoolContact, SchoolMembership
from tsm.models import Meeting

LONDON = ZoneInfo("Europe/London")
REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True)
class Person:
    """Someone who is told: a name and an e-mail address."""

    name: str
    email: str


def concerned(meeting: Meeting, *, on: dt.date) -> list[Person]:
    """Both sides: the officer and who covers that day, the school's attendance leads, champion and main contact."""
    of_authority = filter(None, [meeting.officer, meeting.cover])
    people = [Person(member.name, member.user.email) for member in of_authority]
    leads = (
        SchoolMembership.objects.on(on)
        .filter(school=meeting.school_id, membership__role=Role.SCHOOL_LEAD, membership__deactivated_at=None)
        .select_related("membership__user")
    )
    people += [Person(row.membership.name, row.membership.user.email) for row in leads]
    contacts = SchoolContact.objects.filter(school=meeting.school_id, from_on__lte=on).exclude(until_on__lt=on)
    people += [Person(contact.name, contact.email) for contact in contacts if contact.email]
    return list({person.email.lower(): person for person in reversed(people)}.values())[::-1]


def tell(
    meeting: Meeting,
    *,
    subject: str,
    words: str,
    at: dt.datetime,
    calendar: str = REQUEST,
    also: Iterable[Membership] = (),
    page: str = "meeting_page",
) -> None:
    """Write to everyone concerned, and to `also`. `calendar` is a method of iCalendar, or empty for no file."""
    people = concerned(meeting, on=timezone.localdate(at))
    known = {person.email.lower() for person in people}
    people += [Person(m.name, m.user.email) for m in also if m.user.email.lower() not in known]
    attached = calendar_file(meeting, people, method=calendar, at=at) if calendar else ""
    where = f"Open it in the attendance portal (you will be asked to sign in):\n{link(meeting, page)}"
    body = f"{words}\n\n{details(meeting)}\n\n{where}\n"
    for person in people:
        write(
            to_name=person.name,
            to_email=person.email,
            subject=f"{subject}: {meeting.school.name}",
            body=f"Dear {person.name},\n\n{body}",
            calendar=attached,
        )


def link(meeting: Meeting, page: str = "meeting_page") -> str:
    """The address of a page of this meeting; whoever follows it must sign in."""
    return f"{settings.PORTAL_ADDRESS}{reverse(page, args=[meeting.pk])}"


def details(meeting: Meeting) -> str:
    """The meeting in a few lines, without the name of any child."""
    when = timezone.localtime(meeting.starts_at)
    mode = Meeting.Mode(meeting.mode).label
    return "\n".join(
        [
            f"Targeting Support Meeting, {meeting.school.name}, {term_words(meeting)}",
            f"{when:%A %-d %B %Y} at {time_words(when)}, {meeting.minutes_booked} minutes",
            f"{mode}: {meeting.place}" if meeting.place else mode,
            f"Held by {meeting.held_by}",
        ]
    )


def term_words(meeting: Meeting) -> str:
    """The meeting's term as it is written: “autumn term 2026/27”."""
    return f"{Term(meeting.term)} term {year_label(meeting.year)}"


def calendar_file(meeting: Meeting, people: Iterable[Person], *, method: str, at: dt.datetime) -> str:
    """The iCalendar file (RFC 5545, RFC 5546): always the same UID, a SEQUENCE that grows with each change."""
    calendar = Calendar()
    calendar.add("prodid", "-//Attendance portal//Targeting Support Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(meeting, people, method=method, at=at))
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())


def _event(meeting: Meeting, people: Iterable[Person], *, method: str, at: dt.datetime) -> Event:
    event = Event()
    event.add("uid", f"{meeting.pk}@{urlsplit(settings.PORTAL_ADDRESS).hostname}")
    event.add("sequence", meeting.calendar_sequence)
    event.add("dtstamp", at.astimezone(dt.UTC))
    event.add("dtstart", meeting.starts_at.astimezone(LONDON))
    event.add("dtend", meeting.ends_at.astimezone(LONDON))
    event.add("summary", f"Targeting Support Meeting: {meeting.school.name}")
    event.add("location", meeting.place or Meeting.Mode(meeting.mode).label)
    event.add("description", f"{details(meeting)}\n{link(meeting)}")
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("organizer", _address(Person(meeting.officer.name, meeting.officer.user.email)))
    for person in people:
        event.add("attendee", _address(person), encode=False)
    return event


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    address.params["CN"] = vText(person.name)
    return address
