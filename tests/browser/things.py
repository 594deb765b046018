"""What there is to see in the copy of the demonstration: what it has none of is made by the portal's own actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from attendance_portal.front.mailbox import letters
from attendance_portal.models import Authority, Invitation, Membership, User
from attendance_portal.sealing import Secret
from attendance_portal.sign_in import token_hash
from casework.actions import close_case, invite, out_of_school, tracking
from casework.actions.barriers import add_own_words
from casework.actions.contacts import add_contact
from casework.actions.directory import add_service, add_service_member
from casework.actions.documents import add_document
from casework.actions.referrals import refer_child
from casework.models import Case, EducationEnquiry, HealthPlan, HomeEducation, PartTimeTimetable
from schools.api.integrations import make_for_schools
from schools.changes.reconciling import Line, TheirList, enter_figures
from schools.children.families import add_carer
from schools.children.record_links import judge_records
from schools.children.restrictions import restrict_record
from schools.children.social_care import import_care_list
from schools.handing.offering import offer_hand_over
from schools.models import Enrolment, HandOver, Pupil, School, SchoolLink, SchoolMembership, SyncProblem, SyncRun
from schools.returning.returns import begin_return
from schools.syncing.syncs import set_token as set_system_token
from tests.browser.conftest import MEMBERS
from tests.browser.register_files import files_of
from tests.browser.visits import TOKEN, Things
from tests.casework.plans import plans_of
from tsm.actions import arrange_meeting, begin_meeting, cancel_meeting, end_meeting
from tsm.models import AgreedAction, Discussion, Meeting

LONDON = ZoneInfo("Europe/London")
ON = dt.date(2026, 11, 20)
AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=LONDON)


def make_things() -> Things:
    """One thing of each kind, made in the open scope."""
    lead, officer = _member("lead"), _member("officer")
    school = School.objects.of(lead).get()
    cases = list(Case.objects.open().visible_to(officer).filter(pupil__enrolments__school=school).distinct())
    _ask_to_lead(cases[1], officer)
    close_case(cases[2], outcome="improved", reason="Back in school since half term.", on=ON, by=officer)
    meetings = _meetings(school, officer)
    discussion = Discussion.objects.filter(meeting=meetings["under_way"], on_agenda=True).order_by("position")[0]
    Invitation.objects.create(
        membership=_newcomer(officer), token_hash=token_hash(TOKEN), expires_at=AT + dt.timedelta(days=400)
    )
    action = AgreedAction.objects.agreed().undone().filter(owner=officer, pupil__isnull=False)[0]
    on_roll = Enrolment.objects.on_roll(ON).filter(school=school)
    return Things(
        school=school.urn,
        pupil=cases[0].pupil_id,
        **files_of(school, lead, at=AT, on=ON),
        case=cases[0].pk,
        case_asked=cases[1].pk,
        invited=invite(cases[0], member=_member("virtual_school"), why="Knows the family.", on=ON, by=officer).pk,
        closed_case=cases[2].pk,
        **_referred(cases[0], lead, officer),
        contact=_contact(cases[0], officer),
        **_tracked(_untracked(on_roll[6:]), school, officer),
        document=_document(cases[0], officer),
        **{name: meeting.pk for name, meeting in meetings.items()},
        listed=discussion.pupil_id,
        position=discussion.position,
        action=action.pk,
        member=lead.pk,
        long_named=_long_named(officer, school).pk,
        letter=_letter(),
        integration=_integration(_member("admin")),
        **_hand_overs(on_roll[6].pupil, officer),
        carer=_carer(cases[0].pupil),
        **plans_of(cases[0], cases[1], officer),
        **_care(on_roll[4].pupil),
        link=_link(*(one.pupil for one in on_roll[2:4])),
        restricted=_restricted(on_roll.exclude(pupil__cases__isnull=False).order_by("-pk")[0].pupil),
        reconciliation=_figures_entered(school, lead),
        held_system=_systems(school),
        caseless=on_roll.exclude(pupil__cases__isnull=False)[0].pupil_id,
        returned=_returned(on_roll[5], lead),
    )


def _contact(case: Case, officer: Membership) -> Any:
    """A call that nobody answered."""
    return add_contact(case, kind="call", with_whom="Mary West", reached=False, happened_on=ON, by=officer).pk


def _document(case: Case, officer: Membership) -> Any:
    """A note that somebody attached."""
    words = "Amy’s mother rang about the bus.".encode()
    return add_document(case, [words], name="Call about the bus.txt", on=ON, at=AT, by=officer).pk


def _untracked(rows: Iterable[Enrolment]) -> Pupil:
    """The first of these children about whom the demonstration has none of what is tracked."""
    kinds = (HealthPlan, PartTimeTimetable, EducationEnquiry, HomeEducation)
    return next(one.pupil for one in rows if not any(kind.objects.filter(pupil=one.pupil).exists() for kind in kinds))


def _tracked(pupil: Pupil, school: School, officer: Membership) -> dict[str, Any]:
    """A child with a part-time timetable, a health plan, an open enquiry and, before, education at home."""
    by: dict[str, Any] = {"on": ON, "by": officer}
    begun = ON - dt.timedelta(days=30)
    timetable = tracking.record_part_time(
        pupil, school=school, from_on=begun, until_on=ON, sessions_a_week=6, reason="Step by step", **by
    )
    plan = tracking.record_health_plan(pupil, provision="school", begun_on=begun, words="Lessons by video.", **by)
    enquiry = out_of_school.begin_enquiry(pupil, why="Not seen since half term.", begun_on=begun, **by)
    home = out_of_school.record_home_education(
        pupil, from_on=begun, primary_reason="lifestyle", school_before="academy", **by
    )
    asked = out_of_school.add_enquiry_step(
        enquiry, side="school", whom="The aunt", asked="Where is she?", asked_on=begun, **by
    )
    step = out_of_school.add_home_education_step(home, kind="visit", happened_on=begun, **by)
    return {
        "part_time": timetable.pk, "health_plan": plan.pk, "enquiry": enquiry.pk, "home_education": home.pk,
        "home_education_step": step.pk, "enquiry_step": asked.pk,
    }  # fmt: skip


def _referred(case: Case, lead: Membership, officer: Membership) -> dict[str, Any]:
    """A service for which the officer answers, a child referred to it, and what the child said."""
    told = {"name": "Warm Homes", "offers": "Advice on housing and debt.", "area": "", "takes_referrals": True}
    codes = list(case.barriers.filter(ended_on=None).values_list("barrier", flat=True))
    service = add_service(told={**told, "barriers": codes or ["housing"]}, by=_member("admin"))
    add_service_member(service, person=officer, is_duty=True, on=ON, by=_member("admin"))
    made = refer_child(case.pupil, service=service, reason="Two families in one flat.", on=ON, by=lead)
    words = "It is too loud to sleep."
    add_own_words(case, speaker="child", whose="", words=words, said_on=ON, by=officer)
    return {"service": service.pk, "referral": made.pk}


def _hand_overs(pupil: Pupil, officer: Membership) -> dict[str, Any]:
    """A child offered to Westshire; one that Westshire offers, and one accepted from it, of the demonstration."""
    west = Authority.objects.get(slug="westshire")
    sent = offer_hand_over(pupil, to=west, reason="dual", by=officer, at=AT)
    received = {stage: HandOver.received.at_stage(stage)[0].pk for stage in ("offered", "accepted")}
    return {"sent": sent.pk, "received": received["offered"], "accepted": received["accepted"]}


def _returned(enrolment: Enrolment, lead: Membership) -> Any:
    """A return that the school has begun by hand."""
    return begin_return(enrolment, kind="attendance", reason="Here on most Mondays only", by=lead, at=AT, on=ON).pk


def _carer(pupil: Pupil) -> Any:
    """A parent, put to the child by the officer."""
    person = {"name": "Mary West", "telephone": "01632 960123", "email": "", "address": "1 High Street"}
    link = {"relationship": "Mother", "lives_with": True, "must_not_know": True, "must_not_know_why": "Court order"}
    add_carer(pupil, carer=None, person=person, link=link, by=_member("officer"))
    return pupil.carer_links.get(carer__name="Mary West").carer_id


def _care(pupil: Pupil) -> dict[str, Any]:
    """A list of social care with a line that is certain, one that waits and one left out."""
    lines = [
        "UPN,Surname,Forename,Date of birth,Status,Social worker,From",
        f"{pupil.upn},,,,CP,Sue Work,01/10/2026",
        f",{pupil.surname},X,{pupil.date_of_birth:%d/%m/%Y},CiN,Sue Work,01/10/2026",
        f"{pupil.upn},,,,Unknown,Sue Work,01/10/2026",
    ]
    by = _member("virtual_school")
    made = import_care_list("\n".join(lines).encode(), file_name="care.csv", by=by, on=ON, at=AT)
    return {"care_list": made.pk, "care_line": made.lines.get(state="uncertain").pk}


def _link(one: Pupil, other: Pupil) -> Any:
    """Two records said to be two children."""
    by, verdict = _member("officer"), "not-the-same"
    return judge_records(one, other, verdict=verdict, evidence="", reason="They are cousins.", by=by, at=AT).pk


def _systems(school: School) -> Any:
    """The school's own system, read with something to put right; and one of which nobody said which school it is."""
    connection = set_system_token("wonde", Secret("of-no-use"), by=_member("admin"), at=AT)
    known, held = (
        SchoolLink.objects.create(
            connection=connection, source_id=name, name=name, mis="MIS", approval="approved", school=matched
        )
        for name, matched in ((school.name, school), ("Riverbank Free School", None))
    )
    run = SyncRun.objects.create(link=known, state="done", started_at=AT, finished_at=AT, counts={"changed": 12})
    words = "‘?!’ is not an attendance code. Enter one of the national codes."
    SyncProblem.objects.create(
        link=known, run=run, kind="unknown-code", severity="leaves out the mark", on=ON, message=words
    )
    return held.pk


def _restricted(pupil: Pupil) -> Any:
    """A record that the team leader alone holds."""
    leader = _member("team_leader")
    restrict_record(pupil, kind="adoption", reason="The former name is not told.", holders=[leader], by=leader, on=ON)
    return pupil.pk


def _member(name: str) -> Membership:
    member = Membership.objects.get(user__email=MEMBERS[name])
    member.on = ON
    return member


def _integration(admin: Membership) -> Any:
    made, _ = make_for_schools(
        name="Data hub",
        scopes=["marks:write", "schools:read"],
        schools=School.objects.all()[:3],
        every_school=False,
        expires_on=ON + dt.timedelta(days=200),
        by=admin,
        at=AT,
    )
    return made.pk


def _letter() -> str:
    """A message in the demonstration's mail; answers its key."""
    folder = settings.PORTAL_VAR / "mail"
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    message = EmailMessage("A meeting was arranged", "Sign in to see it.", to=["reader@browser.example"])
    message.attach("meeting.ics", "BEGIN:VCALENDAR", "text/calendar")
    backend.send_messages([message])
    return next(one.key for one in letters(folder) if one.to == "reader@browser.example")


def _figures_entered(school: School, lead: Membership) -> Any:
    """Figures of another system, with a line for a child and one that fits nobody."""
    child = Enrolment.objects.on_roll(ON).filter(school=school).select_related("pupil")[0].pupil
    lines = [Line(2, {"upn": child.upn or ""}, Decimal("80.00")), Line(3, {"name": "Nobody Known"}, Decimal("91.50"))]
    day = ON - dt.timedelta(days=7)
    made = enter_figures(
        school, source="monitor", as_at=day, attendance=Decimal("93.10"), persistent=Decimal("20.00"),
        theirs=TheirList(lines, ["Line 4"]), by=lead, at=AT,
    )  # fmt: skip
    return made.pk


def _newcomer(officer: Membership) -> Membership:
    user = User.objects.create(email="new@eastshire.example", name="Nell West")
    return Membership.objects.create(
        authority=officer.authority, user=user, role="officer", organisation=officer.organisation
    )


def _long_named(officer: Membership, school: School) -> Membership:
    """An officer of whom nothing that is told fits on a line of a phone."""
    name = "Wolfeschlegelsteinhausenbergerdorff"
    user = User.objects.create(email=f"{name.lower()}@attendance-and-inclusion.eastshire.example", name=f"Wil {name}")
    told = {"authority": officer.authority, "role": "officer", "organisation": f"{name}’s own team"}
    made = Membership.objects.create(user=user, **told)
    told = {"capacity": "cover", "from_on": ON, "until_on": ON + dt.timedelta(days=30), "reason": f"For {name}"}
    SchoolMembership.objects.create(membership=made, school=school, **told)
    return made


def _ask_to_lead(case: Case, officer: Membership) -> None:
    case.proposed_lead, case.proposed_on, case.proposed_by = officer, ON, officer
    case.save()


def _meetings(school: School, officer: Membership) -> dict[str, Meeting]:
    """One of each stage: last term's is confirmed, the others are made here, a day apart."""
    made = {}
    for days, name in enumerate(("past", "under_way", "to_confirm", "cancelled", "arranged")):
        made[name] = arrange_meeting(
            school,
            starts_at=AT + dt.timedelta(days=days - 3),
            minutes=60,
            mode="online",
            place="https://meet.example/hill",
            officer=officer,
            by=officer,
            at=AT - dt.timedelta(days=14),
        )
    begin_meeting(made["under_way"], by=officer, at=AT)
    begin_meeting(made["to_confirm"], by=officer, at=AT)
    end_meeting(made["to_confirm"], by=officer, at=AT)
    cancel_meeting(made["cancelled"], reason="The lead is ill.", by=officer, at=AT)
    confirmed = Meeting.objects.filter(school=school, stage=Meeting.Stage.CONFIRMED)[0]
    return {**made, "confirmed": confirmed}
