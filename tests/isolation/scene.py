"""What the leak tests look for: of everything an authority holds, one thing at Hill Academy in Eastshire."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from attendance_portal.models import Invitation, Message
from attendance_portal.sign_in import token_hash
from attendance_portal.tenancy import authority_scope
from casework.models import Case, CaseEntry
from schools.models import Enrolment, Register, Standing, Upload, UploadProblem
from tests.cast import ON, Cast
from tests.isolation.rows import row_of
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
    arranged: Any
    under_way: Any
    to_confirm: Any
    discussion: Any
    attendee: Any
    action: Any
    invitation: Any

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
    with authority_scope(cast.eastshire):
        return _scene(cast, _meetings(cast))


def _meetings(cast: Cast) -> dict[str, Any]:
    stages = {
        "arranged": Meeting.Stage.ARRANGED,
        "under_way": Meeting.Stage.UNDER_WAY,
        "to_confirm": Meeting.Stage.TO_CONFIRM,
    }
    return {name: _meeting(cast, stage) for name, stage in stages.items()}


def _meeting(cast: Cast, stage: str) -> Any:
    began = stage != Meeting.Stage.ARRANGED
    return row_of(
        Meeting,
        cast.eastshire,
        school=cast.hill,
        officer=cast.officer,
        stage=stage,
        year=2026,
        term="autumn",
        starts_at=dt.datetime.combine(ON, dt.time(10), dt.UTC),
        minutes_booked=60,
        mode="in-person",
        place=CONFIDED,
        trends=CONFIDED,
        **({"as_at": ON, "began_by": cast.officer, "began_at": _MORNING} if began else {}),
    )


_MORNING = dt.datetime.combine(ON, dt.time(10), dt.UTC)


def _scene(cast: Cast, meetings: dict[str, Any]) -> Scene:
    east, pupil, hill = cast.eastshire, cast.pupil, cast.hill
    enrolment = Enrolment.objects.get(pupil=pupil)
    of_child = {"pupil": pupil, "enrolment": enrolment, "school": hill, "year": 2026}
    row_of(Standing, east, **of_child, as_at=ON, band=5, severe=True, persistent=True, is_on_roll=True)
    row_of(Register, east, enrolment=enrolment, school=hill, year=2026, marks=bytes(730))
    case = row_of(Case, east, pupil=pupil, reason=CONFIDED, holder=cast.officer, opened_on=ON)
    row_of(CaseEntry, east, case=case, words=CONFIDED)
    upload = row_of(Upload, east, school=hill, stage=Upload.Stage.READ, sent_by=cast.lead, file_name=CONFIDED)
    row_of(UploadProblem, east, upload=upload, message=CONFIDED, value=pupil.upn)
    row_of(Message, east, subject=CONFIDED, body=CONFIDED)
    held = meetings["under_way"]
    discussion = row_of(
        Discussion,
        east,
        meeting=held,
        pupil=pupil,
        enrolment=enrolment,
        reasons=CONFIDED,
        said=CONFIDED,
        on_agenda=True,
        group="severe",
        case=case,
    )
    action = row_of(
        AgreedAction, east, meeting=held, pupil=pupil, what=CONFIDED, owner=cast.lead, side="school", due_on=ON
    )
    invitation = Invitation.objects.create(
        membership=cast.lead,
        token_hash=token_hash(TOKEN),
        expires_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
    )
    attendee = row_of(Attendee, east, meeting=held, name=CONFIDED)
    return Scene(
        cast=cast,
        enrolment=enrolment,
        upload=upload,
        case=case,
        **meetings,
        discussion=discussion,
        attendee=attendee,
        action=action,
        invitation=invitation,
    )
