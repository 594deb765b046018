"""The demonstration's data, put in as people would: files through the upload path, meetings through their actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from attendance_portal.days import year_of
from attendance_portal.front.demo.accounts import PASSWORD
from attendance_portal.front.demo.building import build_demo
from attendance_portal.front.demo.staff import Appointment, staff_of
from attendance_portal.front.demo.world import DemoAuthority, DemoCarer, DemoFile, DemoPupil, DemoRegister
from attendance_portal.front.seeded_calendars import enter_calendars
from attendance_portal.front.seeded_cases import open_cases
from attendance_portal.front.seeded_children import follow_children
from attendance_portal.front.seeded_counts import send_counts
from attendance_portal.front.seeded_files import leave_a_file_to_explain
from attendance_portal.front.seeded_hand_overs import hand_children_over
from attendance_portal.front.seeded_history import (
    enter_list_by_hand,
    enter_other_figures,
    follow_conversion,
    undo_wrong_file,
)
from attendance_portal.front.seeded_integrations import make_integrations
from attendance_portal.front.seeded_meetings import hold_last_terms_meetings, hold_this_terms_meetings
from attendance_portal.front.seeded_returns import settle_returns
from attendance_portal.front.seeded_systems import sync_one_school
from attendance_portal.models import Authority, Membership, Message, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from schools import banding
from schools.models import (
    BandMove,
    Carer,
    CarerLink,
    Circumstance,
    Enrolment,
    Pupil,
    School,
    SchoolContact,
    SchoolMembership,
    Standing,
)
from schools.sending import uploads

LONDON = ZoneInfo("Europe/London")
Say = Callable[[str], object]
# What changed is seen against the standings of so long ago.
LOOKED_BEFORE = dt.timedelta(days=11)
MADE_BEFORE = dt.timedelta(days=60)
BY_HAND = 3  # place of the school whose office entered a list


@dataclass
class Seeded:
    """An authority that has been begun: its staff by e-mail address and its schools by URN."""

    authority: Authority
    invented: DemoAuthority
    people: dict[str, Membership]
    schools: dict[str, School]
    at_school: dict[int, tuple[Membership, Membership]] = field(default_factory=dict)


def seed_demo(*, schools: int, pupils: int, seed: int, as_of: dt.date, say: Say) -> None:
    """Make both authorities. Refuses nothing and deletes nothing: call it on an empty database."""
    made = []
    for invented in build_demo(seed=seed, as_of=as_of, schools=schools, pupils=pupils):
        say(f"{invented.name}: {len(invented.schools)} schools, {len(invented.pupils)} pupils …")
        made.append(seed_authority(invented, say))
    hand_children_over(made[0], made[-1], on=as_of)


def seed_authority(invented: DemoAuthority, say: Say) -> Authority:
    """One authority, in the order in which it would have happened."""
    authority, _ = Authority.objects.get_or_create(
        slug=invented.slug,
        defaults={
            "name": invented.name,
            "code": invented.code,
            "mailbox": f"attendance@{invented.slug}.example",
            "demo_today": invented.as_of,
        },
    )
    with authority_scope(authority):
        seeded = Seeded(authority, invented, {}, _schools(invented))
        seeded.people = _staff(seeded)
        make_integrations(seeded.people.values(), seeded.schools, at=_at(invented.as_of - MADE_BEFORE, 8))
        by, at = _of_role(seeded, Role.OFFICER), _at(invented.as_of - MADE_BEFORE, 9)
        enter_calendars(invented.registers, seeded.schools, by=by, on=invented.as_of, at=at)
    _send_all(seeded, say)
    _complete(seeded)
    with authority_scope(authority):
        schools = list(seeded.schools.values())
        follow_children(schools, seeded.people.values(), on=invented.as_of, at=_early(seeded))
        send_counts(next(iter(seeded.schools.values())), seeded.people.values(), on=invented.as_of)
    _read_a_system(seeded)
    _leave_files(seeded)
    hold_last_terms_meetings(seeded.authority, seeded.people, on=invented.as_of, say=say)
    hold_this_terms_meetings(seeded.authority, seeded.people, on=invented.as_of, say=say)
    _look_back(seeded)
    with authority_scope(authority):
        open_cases(seeded.people.values(), partial(_lead_and_officer, seeded), on=invented.as_of)
        _enter_by_hand(seeded)
        settle_returns(partial(_lead_and_officer, seeded), on=invented.as_of)
        Message.objects.filter(sent_at=None).update(sent_at=_at(invented.as_of, 8))
    return authority


def _schools(invented: DemoAuthority) -> dict[str, School]:
    return {
        told.urn: School.objects.create(
            urn=told.urn,
            laestab=told.laestab,
            name=told.name,
            phase=told.phase,
            area=told.area,
            address=told.address,
            email=told.email,
            telephone=told.telephone,
        )
        for told in invented.schools
    }


# --- People -------------------------------------------------------------------------------------------------


def _staff(seeded: Seeded) -> dict[str, Membership]:
    """Everyone who works there, with one password made once."""
    password = make_password(PASSWORD)
    since = dt.date(year_of(seeded.invented.as_of) - 1, 9, 1)
    people = {}
    for appointment in staff_of(seeded.invented):
        member = _appoint(seeded.authority, appointment, password)
        member.on = seeded.invented.as_of
        people[appointment.email] = member
        for urn in appointment.schools:
            capacity = "staff" if member.is_of_a_school else "named-officer"
            SchoolMembership.objects.create(
                membership=member, school=seeded.schools[urn], capacity=capacity, from_on=since
            )
        if appointment.is_champion:
            _champion(seeded.schools[appointment.schools[0]], appointment, since)
    return people


def _appoint(authority: Authority, told: Appointment, password: str) -> Membership:
    user, _ = User.objects.get_or_create(email=told.email, defaults={"name": told.name, "password": password})
    return Membership.objects.create(
        authority=authority, user=user, role=told.role, organisation=told.organisation, telephone=told.telephone
    )


def _champion(school: School, told: Appointment, since: dt.date) -> None:
    SchoolContact.objects.create(
        school=school, kind="champion", name=told.name, job_title=told.job_title, email=told.email, from_on=since
    )


# --- Registers and families ---------------------------------------------------------------------------------


def _send_all(seeded: Seeded, say: Say) -> None:
    """Each school's office sends its files, last year's first, reads what was understood, and confirms."""
    for register in seeded.invented.registers:
        latest = DemoFile(register.file_name, register.content, register.days[-1])
        for file in (*register.sent_before, latest):
            with authority_scope(seeded.authority):
                changed = _send(seeded, register, file)
                if file is not latest and register.urn == next(iter(seeded.schools)):
                    _send_the_wrong_one(seeded, seeded.schools[register.urn], after=file.sent_on)
        say(f"  {register.file_name}: {changed:,} marks")


def _send(seeded: Seeded, register: DemoRegister, file: DemoFile) -> int:
    """Today's come in the small hours, so that whatever is done in the demonstration comes after them."""
    school, on = seeded.schools[register.urn], seeded.invented.as_of
    sender = _someone_of(seeded, school)
    at = _early(seeded) if file.sent_on >= on else _at(file.sent_on, 15)
    upload = uploads.receive_upload(school, [file.content], file_name=file.file_name, by=sender, at=at)
    plan = uploads.read_upload(upload, on=on)
    uploads.accept_upload(upload, by=sender, at=at + dt.timedelta(minutes=4))
    return uploads.store_upload(upload, on=on, plan=plan)


def _early(seeded: Seeded) -> dt.datetime:
    return _at(seeded.invented.as_of, 0, 10)


def _send_the_wrong_one(seeded: Seeded, school: School, *, after: dt.date) -> None:
    lead, _ = _lead_and_officer(seeded, school)
    at, on = _at(after + dt.timedelta(days=12), 10), seeded.invented.as_of
    if at.date() < on:
        undo_wrong_file(school, office=_office_of(seeded, school), lead=lead, at=at, on=on)
        enter_other_figures(school, as_at=after, by=lead, at=at + dt.timedelta(hours=3))


def _read_a_system(seeded: Seeded) -> None:
    admin = next((member for member in seeded.people.values() if member.role == Role.ADMIN), None)
    if admin is not None:
        sync_one_school(seeded.authority, seeded.invented, by=admin, at=_at(seeded.invented.as_of, 1))


def _enter_by_hand(seeded: Seeded) -> None:
    """A list of a school's own, and the school that an academy was before."""
    schools = list(seeded.schools.values())
    if len(schools) > BY_HAND:
        school = schools[BY_HAND]
        enter_list_by_hand(school, by=_office_of(seeded, school), on=seeded.invented.as_of, at=_early(seeded))
    for school in schools[1:]:
        if school.name.endswith("Academy"):
            follow_conversion(school, on=seeded.invented.as_of)


def _leave_files(seeded: Seeded) -> None:
    """A file of the first school waits for someone to say what its columns are."""
    school = next(iter(seeded.schools.values()))
    with authority_scope(seeded.authority):
        sender = _someone_of(seeded, school)
        if sender:
            leave_a_file_to_explain(school, by=sender, at=_early(seeded))


def _someone_of(seeded: Seeded, school: School) -> Membership | None:
    theirs = {row.membership_id for row in SchoolMembership.objects.filter(school=school, capacity="staff")}
    return next((member for member in seeded.people.values() if member.pk in theirs), None)


def _of_role(seeded: Seeded, role: Role) -> Membership:
    return next(member for member in seeded.people.values() if member.role == role)


def _lead_and_officer(seeded: Seeded, school: School) -> tuple[Membership, Membership]:
    """Who confirms for the school, and who for the authority."""
    for_school = seeded.at_school.get(school.pk)
    if for_school is None:
        theirs = SchoolMembership.objects.filter(school=school).values_list("membership", flat=True)
        here = [member for member in seeded.people.values() if member.pk in set(theirs)]
        lead = next(member for member in here if member.role == Role.SCHOOL_LEAD)
        officer = next(member for member in here if member.role == Role.OFFICER)
        for_school = seeded.at_school[school.pk] = (lead, officer)
    return for_school


def _office_of(seeded: Seeded, school: School) -> Membership:
    """The school's administrator."""
    theirs = set(SchoolMembership.objects.filter(school=school).values_list("membership", flat=True))
    return next(m for m in seeded.people.values() if m.pk in theirs and m.role == Role.SCHOOL_OFFICE)


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), LONDON)


def _complete(seeded: Seeded) -> None:
    """What a register does not say, from the schools' admission systems: families, circumstances, leaving days."""
    with authority_scope(seeded.authority):
        known = _pupils_by_key(seeded)
        _families(seeded, known)
        _leavings(seeded, known)


def _leavings(seeded: Seeded, known: dict[str, Pupil]) -> None:
    """Leaving days that a school's file has no column for."""
    told = {
        (known[child.key].pk, enrolment.urn): enrolment.leaving_on
        for child in seeded.invented.pupils
        if child.key in known
        for enrolment in child.enrolments
        if enrolment.leaving_on
    }
    open_ones = Enrolment.objects.filter(leaving_on=None).select_related("school")
    closing = [row for row in open_ones if (row.pupil_id, row.school.urn) in told]
    for row in closing:
        row.leaving_on = told[row.pupil_id, row.school.urn]
    Enrolment.objects.bulk_update(closing, ["leaving_on"], batch_size=1000)


def _families(seeded: Seeded, known: dict[str, Pupil]) -> None:
    """Families and circumstances of the children that the files brought and that have none yet."""
    fresh = [child for child in seeded.invented.pupils if child.key in known and not known[child.key].sex]
    for child in fresh:
        known[child.key].sex = child.sex
    Pupil.objects.bulk_update([known[child.key] for child in fresh], ["sex"], batch_size=1000)
    Circumstance.objects.bulk_create(
        [
            Circumstance(
                pupil=known[child.key], kind=told.kind, from_on=told.from_on, until_on=told.until_on, source=told.source
            )
            for child in fresh
            for told in child.circumstances
        ]
    )
    _carers(fresh, known)


def _carers(children: list[DemoPupil], known: dict[str, Pupil]) -> None:
    """One person for each carer, however many of the children are theirs."""
    told: dict[str, DemoCarer] = {carer.key: carer for child in children for carer in child.carers}
    made = Carer.objects.bulk_create(
        [Carer(name=c.name, email=c.email, telephone=c.telephone, address=c.address) for c in told.values()]
    )
    carers = dict(zip(told, made, strict=True))
    CarerLink.objects.bulk_create(
        [
            CarerLink(
                pupil=known[child.key],
                carer=carers[carer.key],
                relationship=carer.relationship,
                parental_responsibility=carer.parental_responsibility,
                lives_with=carer.lives_with,
            )
            for child in children
            for carer in child.carers
        ]
    )


def _pupils_by_key(seeded: Seeded) -> dict[str, Pupil]:
    """The children held, by the key of the invented child: found by UPN, else by a school's own number."""
    enrolments = Enrolment.objects.select_related("pupil", "school")
    by_upn = {row.pupil.upn: row.pupil for row in enrolments if row.pupil.upn}
    by_number = {(row.school.urn, row.local_id): row.pupil for row in enrolments}
    found = {}
    for child in seeded.invented.pupils:
        numbers = [(enrolment.urn, enrolment.local_id) for enrolment in child.enrolments]
        held = by_upn.get(child.upn) or next((by_number[n] for n in numbers if n in by_number), None)
        if held is not None:
            found[child.key] = held
    return found


def _look_back(seeded: Seeded) -> None:
    """Band as the nights did: some days ago, and up to each school's latest data, so that what changed can be seen.

    What was noted of the days between when the files came is forgotten first: no night before had noted it.
    """
    on = seeded.invented.as_of
    before = on - LOOKED_BEFORE
    schools = [school.pk for school in seeded.schools.values()]
    with authority_scope(seeded.authority):
        BandMove.objects.filter(as_at__gt=before).exclude(kind=BandMove.Kind.ELSEWHERE).delete()
        Standing.objects.filter(noted_on__gt=before).update(noted_on=None)
        banding.band_schools(schools, on=before, as_at=before, is_history=True)
    with authority_scope(seeded.authority):
        banding.band_schools(schools, on=on)
