"""Beginning a meeting, when its figures freeze, and ending it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from schools.models import SchoolContact, SchoolMembership, Standing
from tsm import snapshot
from tsm.actions.history import make_move, tell_history
from tsm.invitations import tell
from tsm.lists import Group, ListedPupil
from tsm.models import AgreedAction, Attendee, Discussion, Meeting
from tsm.preparation import Prepared, prepare

GROUPS = {Group.SEVERE: "severe", Group.PERSISTENT: "persistent", Group.AT_RISK: "at-risk", Group.ASKED_FOR: "added"}

# Name, role, organisation, and the member where there is one.
_Person = tuple[str, str, str, Membership | None]


def begin_meeting(meeting: Meeting, *, by: Membership, at: dt.datetime) -> None:
    """Begin: the school's figures and each listed pupil's freeze now, and later registers change neither."""
    on = timezone.localdate(at)
    figures = snapshot.school_figures(meeting.school)
    as_at = dt.date.fromisoformat(figures["as_at"]) if figures["as_at"] else None
    make_move(meeting, "begin_meeting", began_at=at, began_by=by, as_at=as_at, figures=figures)
    holding = [meeting.officer, *filter(None, [meeting.cover])]
    for member in holding:
        member.on = on
    prepared = prepare(meeting, [by, *holding], on=on)
    discussions = _discussions(meeting, prepared, as_at)
    Discussion.objects.bulk_create(discussions)
    Attendee.objects.bulk_create(_expected(meeting, on=on))
    pupils = [str(discussion.pupil_id) for discussion in discussions]
    tell_history(meeting, "begin_meeting", "Began; the figures are frozen.", by=by, at=at, pupils=pupils)


def _discussions(meeting: Meeting, prepared: Prepared, as_at: dt.date | None) -> list[Discussion]:
    """One row for each listed pupil. Restricted children come last, so that no number is missing for others."""
    kept = {each.listed.pupil: each.reason for each in prepared.agenda.kept}
    weeks = snapshot.weeks_by_enrolment(meeting.school, as_at) if prepared.listed else {}
    in_order = sorted(prepared.listed, key=lambda each: prepared.standings[each.pupil].pupil.is_restricted)
    rows = []
    for position, listed in enumerate(in_order, start=1):
        standing = prepared.standings[listed.pupil]
        row = _discussion(listed, standing, weeks.get(standing.enrolment_id, []))
        row.meeting, row.position = meeting, position
        row.kept_because = kept.get(listed.pupil, "")[:300]
        row.on_agenda = listed.pupil not in kept
        rows.append(row)
    return rows


def _discussion(listed: ListedPupil, standing: Standing, by_week: list[list[Any]]) -> Discussion:
    asked_for = f" Asked for: {listed.added_because}." if listed.added_because else ""
    return Discussion(
        pupil_id=standing.pupil_id,
        enrolment_id=standing.enrolment_id,
        group=GROUPS[listed.group],
        reasons=listed.reasons + asked_for,
        figures=snapshot.pupil_figures(listed, standing, by_week),
    )


def _expected(meeting: Meeting, *, on: dt.date) -> list[Attendee]:
    """Those who are expected, as the form begins: the officer or their cover, the school's champion, contact, leads."""
    school, officer = meeting.school, meeting.cover or meeting.officer
    people: list[_Person] = [
        (officer.name, officer.role_label, officer.organisation or meeting.authority.name, officer)
    ]
    contacts = SchoolContact.objects.filter(school=school, from_on__lte=on).exclude(until_on__lt=on)
    people += [(c.name, c.job_title or c.get_kind_display(), school.name, None) for c in contacts]
    leads = (
        SchoolMembership.objects.on(on)
        .filter(school=school, membership__role=Role.SCHOOL_LEAD, membership__deactivated_at=None)
        .select_related("membership__user")
    )
    people += [(m.name, m.role_label, m.organisation or school.name, m) for m in (row.membership for row in leads)]
    first_with_name = {name.casefold(): each for each in reversed(people) for name in [each[0]]}
    return [
        Attendee(meeting=meeting, name=name, job_title=title, organisation=place, membership=member, position=number)
        for number, (name, title, place, member) in enumerate(reversed(first_with_name.values()), start=1)
    ]


def end_meeting(meeting: Meeting, *, by: Membership, at: dt.datetime) -> None:
    """End: the minutes go to both sides to confirm. Rows left empty go; the text stays as it was typed."""
    make_move(meeting, "end_meeting", ended_at=at)
    AgreedAction.objects.filter(meeting=meeting, what__regex=r"^\s*$").delete()
    Attendee.objects.filter(meeting=meeting, name="").delete()
    tell_history(meeting, "end_meeting", "Ended; the minutes are ready to confirm.", by=by, at=at)
    words = "The meeting has ended. Please read the minutes and confirm them for your side."
    tell(meeting, subject="Minutes to confirm", words=words, at=at, calendar="", page="minutes_page")
