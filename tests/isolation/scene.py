"""What the leak tests look for: of everything an authority holds, one thing at Hill Academy in Eastshire."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from attendance_portal.models import Authority, Invitation, Message
from attendance_portal.roles import Role
from attendance_portal.sign_in import token_hash
from attendance_portal.tenancy import authority_scope
from casework.actions.barriers import add_barrier
from casework.actions.documents import add_document
from casework.actions.referrals import refer_child
from casework.models import (
    AttendanceContract,
    Case,
    CaseEntry,
    CaseInvitation,
    Contact,
    EducationEnquiry,
    EnquiryStep,
    HealthPlan,
    HomeEducation,
    HomeEducationStep,
    OwnWords,
    PartTimeTimetable,
    Plan,
    PlanAction,
    Referral,
    Service,
    ServiceMember,
)
from schools.changes.reconciling import Line, TheirList, enter_figures
from schools.children.restrictions import restrict_record
from schools.handing.offering import offer_hand_over
from schools.handing.receiving import accept_hand_over
from schools.models import (
    CalendarEntry,
    CarerLink,
    ColumnMapping,
    Enrolment,
    HandOver,
    IntegrationSchool,
    LocalCode,
    PostedMarks,
    Pupil,
    PupilLink,
    Register,
    School,
    SchoolLink,
    Sending,
    SentFile,
    SocialCareLine,
    StatutoryReturn,
    SyncProblem,
    SyncRun,
    Upload,
    UploadProblem,
)
from schools.register.changes import Changes
from schools.register.marks import WIDTH
from schools.sending import uploads
from schools.stored.known import keep_changes
from tests.cast import ON, Cast, make_member, make_pupil
from tests.isolation.rows import MOMENT, another_authority, integration_of, member_of, row_of
from tests.schools.files import all_present, long_file, school_days
from tests.tsm.meetings import STARTS, arranged, begun, ended
from tsm.models import AgreedAction, Attendee, Discussion, Meeting

# Stands in every text of the scene, so that a page that shows any of it is found out.
CONFIDED = "Told in confidence"
TOKEN = "a-token-that-was-sent"


@dataclass
class Scene:
    """The cast, and one of each thing that pages are about; all of them Hill Academy's."""

    cast: Cast
    enrolment: Any
    upload: Any
    case: Any
    referral: Any
    barrier: Any
    part_time: Any
    health_plan: Any
    enquiry: Any
    enquiry_step: Any
    home_education: Any
    home_education_step: Any
    contact: Any
    document: Any
    arranged: Any
    under_way: Any
    to_confirm: Any
    discussion: Any
    attendee: Any
    action: Any
    invitation: Any
    case_invitation: Any
    returned: Any
    arrived: Any
    school_days: Any
    authority_days: Any
    system: Any
    restricted: Any
    link: Any
    change: Any
    reconciliation: Any
    care_line: Any
    carer_link: Any
    plan_action: Any
    contract: Any
    integration: Any
    post: Any
    mapping: Any
    local_code: Any
    sending: Any
    sent: Any
    received: Any
    accepted: Any

    def secrets_of_hill(self) -> list[str]:
        """What nobody but Hill's own people and the authority's may read."""
        pupils = [word for pupil in self.cast.pupils for word in (pupil.surname, pupil.upn)]
        return [CONFIDED, *pupils]

    def secrets_of_eastshire(self) -> list[str]:
        """What nobody of another authority may read."""
        pupils = [word for pupil in self.cast.vale_pupils for word in (pupil.surname, pupil.upn)]
        schools = [self.cast.hill.name, self.cast.vale.name, self.cast.hill.urn, self.cast.eastshire.name]
        return [*self.secrets_of_hill(), *pupils, *schools, self.cast.lead.user.name]


def found_in(secrets: list[str], body: str) -> list[str]:
    """The secrets that stand in a page, as whole words."""
    return [word for word in secrets if re.search(rf"\b{re.escape(word)}\b", body)]


def set_scene(cast: Cast) -> Scene:
    """Make one of each thing, at Hill Academy."""
    north = another_authority()
    offers = _offered_from(north, cast)
    with authority_scope(cast.eastshire):
        return _scene(cast, _meetings(cast) | _hand_overs(cast, north, offers))


def _offered_from(north: Authority, cast: Cast) -> list[HandOver]:
    """Two children that a third authority offers to Eastshire. To the stranger's authority nothing is ever offered."""
    with authority_scope(north):
        by, school = member_of(north), row_of(School, north, name=CONFIDED, laestab="6004001")
        children = [make_pupil(school, number, CONFIDED, name, "7") for number, name in ((80, "Nell"), (81, "Noel"))]
        return [
            offer_hand_over(one, to=cast.eastshire, reason="moved-home", note=CONFIDED, by=by, at=MOMENT)
            for one in children
        ]


def _hand_overs(cast: Cast, north: Authority, offers: list[HandOver]) -> dict[str, Any]:
    """A child of Hill Academy's offered to a third authority, one offered by it, and one accepted from it."""
    sent = offer_hand_over(cast.pupils[1], to=north, reason="moved-school", note=CONFIDED, by=cast.officer, at=MOMENT)
    waiting, other = offers
    accept_hand_over(other, pupil=None, by=cast.officer, at=MOMENT)
    return {"sent": sent, "received": waiting, "accepted": other}


def _meetings(cast: Cast) -> dict[str, Any]:
    """A meeting at each stage, a day apart, drawn up and begun as the portal does it."""
    meetings = {
        "to_confirm": ended(cast, starts_at=STARTS),
        "under_way": begun(cast, starts_at=STARTS + dt.timedelta(days=1)),
        "arranged": arranged(cast, starts_at=STARTS + dt.timedelta(days=2)),
    }
    Meeting.objects.update(place=CONFIDED, trends=CONFIDED)
    Discussion.objects.update(said=CONFIDED)
    return meetings


def _scene(cast: Cast, made: dict[str, Any]) -> Scene:
    east, pupil, hill = cast.eastshire, cast.pupil, cast.hill
    enrolment = Enrolment.objects.get(pupil=pupil)
    row_of(Register, east, enrolment=enrolment, school=hill, year=2026, marks=bytes(WIDTH))
    case = row_of(Case, east, pupil=pupil, reason=CONFIDED, holder=cast.lead, opened_on=ON)
    row_of(CaseEntry, east, case=case, words=CONFIDED)
    upload = _upload(cast)
    row_of(UploadProblem, east, upload=upload, message=CONFIDED, value=pupil.upn)
    row_of(Message, east, subject=CONFIDED, body=CONFIDED)
    return Scene(
        cast=cast,
        enrolment=enrolment,
        upload=upload,
        case=case,
        **_of_the_case(case, cast),
        **_tracked(cast),
        **made,
        **_of_meetings(cast, made),
        invitation=_invitation(cast),
        returned=_return(cast, enrolment, "attendance", "draft"),
        arrived=_return(cast, enrolment, "sickness", "sent"),
        school_days=row_of(
            CalendarEntry, east, school=hill, year_group="", half="", reason=CONFIDED, entered_by=cast.lead
        ),
        authority_days=row_of(CalendarEntry, east, year_group="", half="", reason=CONFIDED, entered_by=cast.admin),
        system=_system(cast),
        restricted=_restricted(cast),
        **_plans(cast, case),
        carer_link=row_of(CarerLink, east, pupil=pupil, relationship=CONFIDED),
        care_line=row_of(
            SocialCareLine, east, state="uncertain", surname="Abbott", upn=pupil.upn, kind="child-in-need", from_on=ON
        ),
        link=row_of(PupilLink, east, pupil=cast.pupils[2], other=cast.pupils[3], reason=CONFIDED, made_by=cast.officer),
        change=_change(enrolment, cast),
        reconciliation=_figures_of_others(cast),
        **_integration(cast, upload),
        **_said(cast, upload),
    )


def _of_meetings(cast: Cast, made: dict[str, Any]) -> dict[str, Any]:
    """The child at the meeting that is under way, somebody there, and what was agreed at the one to confirm."""
    east, pupil, held = cast.eastshire, cast.pupil, made["under_way"]
    agreed = {"meeting": made["to_confirm"], "pupil": pupil, "owner": cast.lead, "side": "school", "due_on": ON}
    return {
        "discussion": Discussion.objects.get(meeting=held, pupil=pupil),
        "attendee": row_of(Attendee, east, meeting=held, name=CONFIDED),
        "action": row_of(AgreedAction, east, what=CONFIDED, **agreed),
    }


def _document(case: Case, cast: Cast) -> Any:
    """A document that the lead added to the child's case."""
    content = f"{CONFIDED}, {cast.pupil}".encode()
    return add_document(case, [content], name=f"{CONFIDED}.txt", on=ON, at=MOMENT, by=cast.lead)


def _tracked(cast: Cast) -> dict[str, Any]:
    """One of each thing that is tracked of a child of Hill Academy's."""
    east, pupil, hill = cast.eastshire, cast.pupil, cast.hill
    enquiry = row_of(EducationEnquiry, east, pupil=pupil, school=hill, why=CONFIDED)
    asked = row_of(EnquiryStep, east, enquiry=enquiry, asked=CONFIDED, whom=CONFIDED)
    home = row_of(HomeEducation, east, pupil=pupil, words=CONFIDED)
    step = row_of(HomeEducationStep, east, home_education=home, words=CONFIDED)
    return {
        "part_time": row_of(PartTimeTimetable, east, pupil=pupil, school=hill, reason=CONFIDED),
        "health_plan": row_of(HealthPlan, east, pupil=pupil, provision="school", words=CONFIDED),
        "enquiry": enquiry,
        "enquiry_step": asked,
        "home_education": home,
        "home_education_step": step,
    }


def _referral(cast: Cast) -> Referral:
    """A child that the lead referred to a service, for which the officer answers."""
    service = row_of(Service, cast.eastshire, name="A service", offers="Help", takes_referrals=True)
    row_of(ServiceMember, cast.eastshire, service=service, membership=cast.officer, is_duty=True)
    return refer_child(cast.pupil, service=service, reason=CONFIDED, on=ON, by=cast.lead)


def _of_the_case(case: Case, cast: Cast) -> dict[str, Any]:
    """What the child said, a barrier of the authority's own, and one of each thing in the child's case."""
    east = cast.eastshire
    row_of(OwnWords, east, case=case, words=CONFIDED)
    return {
        "referral": _referral(cast),
        "barrier": add_barrier(label="Waiting for a school place", out_of_school=True, by=cast.admin),
        "document": _document(case, cast),
        "contact": row_of(Contact, east, case=case, with_whom=CONFIDED, words=CONFIDED, by=cast.lead),
        "case_invitation": row_of(CaseInvitation, east, case=case, why=CONFIDED),
    }


def _change(enrolment: Enrolment, cast: Cast) -> Any:
    """One mark of the child's, given and kept in a record."""
    marks, column = np.array([1], np.uint8), np.array([80], np.uint16)
    changes = Changes(np.array([enrolment.pk], np.int64), column, np.zeros(1, np.uint8), marks)
    return keep_changes(cast.hill, 2026, changes, why=CONFIDED, made_by=cast.lead)


def _figures_of_others(cast: Cast) -> Any:
    """What another system shows of the child, and of someone who fits nobody."""
    lines = [Line(2, {"upn": cast.pupil.upn or ""}, Decimal(90)), Line(3, {"name": CONFIDED}, Decimal(80))]
    moment = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
    return enter_figures(
        cast.hill, source="monitor", as_at=ON, attendance=None, persistent=None, theirs=TheirList(lines, []),
        by=cast.lead, at=moment,
    )  # fmt: skip


def _return(cast: Cast, enrolment: Enrolment, kind: str, stage: str) -> StatutoryReturn:
    days = {"first_on": ON, "arose_on": ON, "deadline_on": ON}
    child = {"pupil": cast.pupil, "school": cast.hill, "enrolment": enrolment}
    one: StatutoryReturn = row_of(StatutoryReturn, cast.eastshire, kind=kind, stage=stage, year=2026, **days, **child)
    return one


def _upload(cast: Cast) -> Upload:
    """A file of two days' marks, read and not yet confirmed."""
    marks = long_file(all_present(cast.pupils, school_days(dt.date(2026, 9, 7), 2)))
    upload = uploads.receive_upload(cast.hill, [marks], file_name=f"{CONFIDED}.csv", by=cast.lead)
    uploads.read_upload(upload, on=ON)
    return upload


def _plans(cast: Cast, case: Case) -> dict[str, Any]:
    """Two versions of a plan, with an action of the later one, and an attendance contract that waits for its answer."""
    east, words = cast.eastshire, {"needs": CONFIDED, "change_for_child": CONFIDED, "drafted_by": cast.lead}
    row_of(Plan, east, case=case, version=7, stage="replaced", **words)
    plan = row_of(Plan, east, case=case, version=8, stage="agreed", agreed_on=ON, agreed_by=cast.lead, **words)
    contract = {"case": case, "stage": "offered", "parent_name": CONFIDED, "parent_undertakes": CONFIDED}
    return {
        "plan_action": row_of(PlanAction, east, plan=plan, what=CONFIDED, owner=cast.lead, owner_name=""),
        "contract": row_of(AttendanceContract, east, **contract),
    }


def _integration(cast: Cast, upload: Upload) -> dict[str, Any]:
    """A system of Hill Academy's, and what it was told of marks that it posted."""
    integration = integration_of(cast.eastshire)
    integration.name = CONFIDED
    integration.save()
    row_of(IntegrationSchool, cast.eastshire, integration=integration, school=cast.hill)
    told = {"integration": integration, "upload": upload, "status": 422, "answer": CONFIDED}
    post = row_of(PostedMarks, cast.eastshire, **told, outcome={"message": CONFIDED}, finished_at=upload.sent_at)
    return {"integration": integration, "post": post}


def _said(cast: Cast, upload: Upload) -> dict[str, Any]:
    """What the lead said of Hill Academy's files: what a column holds, and what a code of its own stands for."""
    told = {"school": cast.hill, "upload": upload, "said_by": cast.lead}
    fields = [[CONFIDED, 0, "upn"]]
    return {
        "mapping": row_of(ColumnMapping, cast.eastshire, **told, fields=fields, days=[]),
        "local_code": row_of(LocalCode, cast.eastshire, **told, local="7", mark="I"),
        "sending": _sending(cast, upload),
    }


def _sending(cast: Cast, upload: Upload) -> Any:
    """Two files that the lead sent together: one is an upload, the other does not say whose it is."""
    sending = row_of(Sending, cast.eastshire, sent_by=cast.lead)
    row_of(SentFile, cast.eastshire, sending=sending, position=1, file_name=CONFIDED, upload=upload)
    row_of(SentFile, cast.eastshire, sending=sending, position=2, file_name=CONFIDED)
    return sending


def _restricted(cast: Cast) -> Pupil:
    """A child of Hill Academy whose record only the team leader holds."""
    pupil = make_pupil(cast.hill, 77, "Quill", "Quinn", "9")
    leader = cast.team_leader
    restrict_record(pupil, kind="other", reason=CONFIDED, holders=[leader], by=leader, on=ON)
    return pupil


def _system(cast: Cast) -> SchoolLink:
    """The school's own system, once read, with something left out of it."""
    link: SchoolLink = row_of(SchoolLink, cast.eastshire, school=cast.hill, name=CONFIDED, approval="approved")
    run = row_of(SyncRun, cast.eastshire, link=link, state="done", words=CONFIDED)
    row_of(SyncProblem, cast.eastshire, link=link, run=run, message=f"{CONFIDED} {cast.pupil}", value=cast.pupil.upn)
    return link


def _invitation(cast: Cast) -> Invitation:
    """One that nobody has followed yet, to someone who joins Hill Academy's office."""
    newcomer = make_member(cast.eastshire, "new@hill-academy.example", CONFIDED, Role.SCHOOL_OFFICE, cast.hill.name)
    return Invitation.objects.create(
        membership=newcomer,
        token_hash=token_hash(TOKEN),
        expires_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC),
    )
