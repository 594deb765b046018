"""What schools send us: schools and their people, pupils and their families, registers and standings."""

from schools.models.integrations import IntegrationSchool, PostedMarks
from schools.models.links import PupilLink
from schools.models.places import School, SchoolContact, SchoolMembership
from schools.models.pupils import (
    Carer,
    CarerLink,
    Circumstance,
    Correction,
    Enrolment,
    FormerUpn,
    Pupil,
    PupilAccess,
    PupilNameKey,
)
from schools.models.registers import (
    BandingRun,
    BandMove,
    Register,
    RegisterChange,
    Standing,
    Upload,
    UploadProblem,
)
from schools.models.restrictions import BrokenGlass, Restriction
from schools.models.social_care import SocialCareLine, SocialCareList

__all__ = [
    "BandMove",
    "BandingRun",
    "BrokenGlass",
    "Carer",
    "CarerLink",
    "Circumstance",
    "Correction",
    "Enrolment",
    "FormerUpn",
    "IntegrationSchool",
    "PostedMarks",
    "Pupil",
    "PupilAccess",
    "PupilLink",
    "PupilNameKey",
    "Register",
    "RegisterChange",
    "Restriction",
    "School",
    "SchoolContact",
    "SchoolMembership",
    "SocialCareLine",
    "SocialCareList",
    "Standing",
    "Upload",
    "UploadProblem",
]
