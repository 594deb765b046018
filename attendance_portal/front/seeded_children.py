"""Children followed in the demonstration: a restricted record that was opened once, and a list of social care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework.actions import open_case
from schools.children.duplicates import suspicions
from schools.children.record_links import judge_records
from schools.children.restrictions import break_glass, restrict_record
from schools.children.social_care import import_care_list
from schools.models import Circumstance, Enrolment, Pupil, PupilLink, School

_WORKERS = (("Wendy Hale", "wendy.hale"), ("Imran Shah", "imran.shah"), ("Gwen Pryce", "gwen.pryce"))
_STATUS = {
    Circumstance.Kind.CHILD_IN_NEED: "CiN",
    Circumstance.Kind.CHILD_PROTECTION: "CP",
    Circumstance.Kind.LOOKED_AFTER: "Looked after",
    Circumstance.Kind.PREVIOUSLY_LOOKED_AFTER: "Previously",
}
LINES = 12


def follow_children(schools: Sequence[School], people: Iterable[Membership], *, on: dt.date, at: dt.datetime) -> None:
    """Restrict a record of the last school, open it once, and send a list of social care."""
    by_role = {person.role: person for person in people}
    leader, officer = by_role.get(Role.TEAM_LEADER), by_role.get(Role.OFFICER)
    if leader and officer and schools:
        _restrict(schools[-1], leader, officer, on=on, at=at)
    if sender := by_role.get(Role.VIRTUAL_SCHOOL):
        _send_care_list(sender, on=on, at=at)
    if officer:
        judge_a_pair(officer, at=at)


def judge_a_pair(officer: Membership, *, at: dt.datetime) -> None:
    """A pair of which one has no UPN of its own yet was looked at and said to be one child; it can be taken apart.

    Each of the two had a case by then, of which one is to be closed.
    """
    found = (one for one in suspicions(officer) if not (one.one.has_permanent_upn and one.other.has_permanent_upn))
    pair = next(found, None)
    if pair is not None:
        for facts in (pair.one, pair.other):
            open_case(facts.pupil, reason="Nobody could be reached by telephone.", on=at.date(), by=officer)
        judge_records(
            pair.one.pupil, pair.other.pupil, verdict=PupilLink.Verdict.SAME, evidence=pair.said,
            reason="The parent confirmed it by telephone.", by=officer, at=at,
        )  # fmt: skip


def _restrict(school: School, leader: Membership, officer: Membership, *, on: dt.date, at: dt.datetime) -> None:
    pupils = Pupil.objects.filter(enrolments__in=Enrolment.objects.on_roll(on).filter(school=school), upn__isnull=False)
    pupil = pupils.order_by("sort_key", "pk").last()
    if pupil is None:
        return
    reason = "Placed for adoption: the former name must not be told."
    restrict_record(pupil, kind="adoption", reason=reason, holders=[leader], by=leader, on=on - dt.timedelta(days=40))
    pupil.refresh_from_db()
    day = on - dt.timedelta(days=3)
    why = "The child came to a school with a new name, which asked for the record."
    break_glass(pupil, reason=why, by=officer, on=day, at=at - dt.timedelta(days=3))


def _send_care_list(sender: Membership, *, on: dt.date, at: dt.datetime) -> None:
    """A line for each of some children who have a social worker: a name and a birthday are wrong, a status unknown."""
    held = Circumstance.objects.on(on).filter(kind__in=_STATUS, pupil__is_restricted=False).select_related("pupil")
    lines = ["UPN,Surname,Forename,Date of birth,Status,Social worker,Social worker e-mail,From,To"]
    for place, one in enumerate(held.order_by("pupil__sort_key", "pk")[:LINES]):
        name, email = _WORKERS[place % len(_WORKERS)]
        forename = one.pupil.forename if place else f"{one.pupil.forename}e"
        status = _STATUS[Circumstance.Kind(one.kind)] if place != 1 else "EH"
        upn = one.pupil.upn if place not in (0, 2) else ""
        born = (one.pupil.date_of_birth or on) - dt.timedelta(days=place == 2)
        lines.append(
            f"{upn},{one.pupil.surname},{forename},{born:%d/%m/%Y},{status},{name},"
            f"{email}@social-care.example,{one.from_on:%d/%m/%Y},"
        )
    if len(lines) > 1:
        content = "\r\n".join(lines).encode()
        import_care_list(content, file_name="children-with-a-social-worker.csv", by=sender, on=on, at=at)
