"""Who is behind with their registers, and the one polite e-mail that asks a school to complete them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.messages import write
from attendance_portal.models import Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from schools.models import RegisterCoverage, RegisterReminder, School, SchoolContact, SchoolMembership
from schools.presenters import counted
from schools.stored.school_days import SchoolDays, calendars_of

# A school is not asked again within so many days unless the person says so.
NOT_AGAIN_WITHIN: Final = dt.timedelta(days=5)
# Registers come in overnight: one school day without data is no cause to ask.
BEHIND_AFTER: Final = 1


@dataclass
class Line:
    """A school and what its register lacks; `days_behind` None where nothing was ever sent."""

    school: School
    coverage: RegisterCoverage | None
    days_behind: int | None
    reminded: RegisterReminder | None = None
    on: dt.date = field(default=dt.date.min)

    @property
    def last_data_on(self) -> dt.date | None:
        return self.coverage.last_data_on if self.coverage else None

    @property
    def missing(self) -> int:
        return self.coverage.missing if self.coverage else 0

    @property
    def never_sent(self) -> int:
        return len(self.coverage.never_sent) if self.coverage else 0

    @property
    def old_unknown(self) -> int:
        return self.coverage.old_unknown if self.coverage else 0

    @property
    def behind_order(self) -> int:
        """For sorting: nothing sent at all is behind everyone."""
        return 10_000 if self.days_behind is None else self.days_behind

    @property
    def is_behind(self) -> bool:
        return self.days_behind is None or self.days_behind > BEHIND_AFTER

    @property
    def is_lacking(self) -> bool:
        return bool(self.is_behind or self.missing or self.never_sent or self.old_unknown)

    @property
    def reminded_on(self) -> dt.date | None:
        return timezone.localdate(self.reminded.sent_at) if self.reminded else None

    @property
    def was_reminded_lately(self) -> bool:
        last = self.reminded_on
        return last is not None and self.on - last < NOT_AGAIN_WITHIN

    @cached_property
    def said(self) -> list[str]:
        """What is asked, a sentence each; nobody is named."""
        return _asked(self)


def _asked(line: Line) -> list[str]:
    if line.coverage is None:
        return ["No register has arrived yet."]
    found = []
    if line.is_behind:
        days = counted(line.days_behind or 0, "school day", "school days")
        found.append(f"The latest marks are of {line.coverage.last_data_on:%-d %B %Y}, {days} ago.")
    if line.missing:
        pupils = counted(line.coverage.missing_pupils, "pupil", "pupils")
        found.append(f"{counted(line.missing, 'session has', 'sessions have')} no mark, of {pupils}.")
    if line.never_sent:
        found.append(f"Nothing has arrived for {', '.join(line.coverage.never_sent[:12])}.")
    if line.old_unknown:
        found.append(
            f"{counted(line.old_unknown, 'session is', 'sessions are')} still coded N after five school days, of "
            f"{counted(line.coverage.old_unknown_pupils, 'pupil', 'pupils')}."
        )
    return found


def lines(schools: Sequence[School], *, on: dt.date) -> list[Line]:
    """These schools with what their registers lack. Five queries, however many they are."""
    keys = [school.pk for school in schools]
    coverage = {one.school_id: one for one in RegisterCoverage.objects.filter(school__in=keys)}
    latest = RegisterReminder.objects.filter(school__in=keys).order_by("school_id", "-sent_at").distinct("school_id")
    reminded = {one.school_id: one for one in latest}
    behind = days_behind({key: one.last_data_on for key, one in coverage.items()}, on=on)
    return [
        Line(school, coverage.get(school.pk), behind.get(school.pk), reminded.get(school.pk), on) for school in schools
    ]


def days_behind(last_data: Mapping[int, dt.date], *, on: dt.date) -> dict[int, int]:
    """School days after each school's latest data and before today, by its calendar. Two queries.

    Where the calendar is not known, weekdays count but for bank holidays and August.
    """
    years = {year_of(day) for day in (on, *last_data.values())}
    school_days = SchoolDays(calendars_of(sorted(last_data), range(min(years), max(years) + 1)))
    return {
        school: sum(school_days.is_open(school, day) for day in _between(latest, on))
        for school, latest in last_data.items()
    }


def _between(last: dt.date, on: dt.date) -> Iterable[dt.date]:
    return (last + dt.timedelta(days=n) for n in range(1, (on - last).days))


# --- Asking -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipient:
    """Who is written to about a school."""

    name: str
    email: str


def recipients(schools: Sequence[School], *, on: dt.date) -> dict[int, Recipient]:
    """One person for each school: its attendance lead, else its contact, else its champion, else its office.

    A school without any address is not in it. Two queries.
    """
    found = {one.pk: Recipient(one.name, one.email) for one in schools if one.email}
    kinds = (SchoolContact.Kind.CHAMPION, SchoolContact.Kind.CONTACT)
    contacts = SchoolContact.objects.filter(Q(until_on=None) | Q(until_on__gte=on), school__in=schools, from_on__lte=on)
    for contact in sorted(contacts, key=lambda one: (kinds.index(SchoolContact.Kind(one.kind)), -one.pk)):
        if contact.email:
            found[contact.school_id] = Recipient(contact.name, contact.email)
    leads = SchoolMembership.objects.on(on).filter(
        school__in=schools, capacity=SchoolMembership.Capacity.STAFF, membership__role=Role.SCHOOL_LEAD,
        membership__deactivated_at=None,
    )  # fmt: skip
    for lead in leads.select_related("membership__user").order_by("-from_on", "-pk"):
        found[lead.school_id] = Recipient(lead.membership.name, lead.membership.user.email)
    return found


def remind_schools(
    asked: Sequence[Line], *, again: bool, by: Membership, at: dt.datetime, on: dt.date
) -> list[RegisterReminder]:
    """One e-mail to each of these schools, recorded; it names no child.

    Refused where one was asked within the last days and `again` does not say that this is meant.
    """
    lately = [line.school.name for line in asked if line.was_reminded_lately]
    if lately and not again:
        raise Refused(f"Asked within the last {NOT_AGAIN_WITHIN.days} days: {', '.join(lately)}. Say that you mean it.")
    people = recipients([line.school for line in asked], on=on)
    sent = [_remind(line, people[line.school.pk], by, at) for line in asked if line.school.pk in people and line.said]
    RegisterReminder.objects.bulk_create(sent)
    names = ", ".join(one.school.name for one in sent)
    record("remind_schools", by=by, words=f"Asked {len(sent)} schools to complete their registers.", schools=names)
    return sent


def _remind(line: Line, to: Recipient, by: Membership, at: dt.datetime) -> RegisterReminder:
    said = letter(line, to, by)
    write(to_name=to.name, to_email=to.email, subject=f"The register of {line.school.name}", body=said)
    return RegisterReminder(
        school=line.school, to_name=to.name, to_email=to.email, said=said, sent_at=at, sent_by=by
    )  # fmt: skip


def letter(line: Line, to: Recipient, by: Membership) -> str:
    """The words of the e-mail."""
    authority: Authority = by.authority
    facts = "\n".join(f"- {sentence}" for sentence in line.said)
    link = f"{settings.PORTAL_ADDRESS}{reverse('register_gaps', args=[line.school.urn])}"
    return (
        f"Dear {to.name},\n\nThank you for your work on attendance. In the portal, the register of "
        f"{line.school.name} is not complete yet:\n\n{facts}\n\n"
        f"Could you send or complete it when you next can? Which classes and marks these are stands here (you will be "
        f"asked to sign in):\n{link}\n\nIf you have done so already, please forget this message.\n\n"
        f"{by.name}\n{authority.name}\n"
    )
