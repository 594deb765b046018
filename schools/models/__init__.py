"""What schools send us: schools and their people, pupils and their families, registers and standings."""

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

__all__ = [
    "BandMove",
    "BandingRun",
    "Carer",
    "CarerLink",
    "Circumstance",
    "Correction",
    "Enrolment",
    "FormerUpn",
    "Pupil",
    "PupilAccess",
    "PupilNameKey",
    "Register",
    "RegisterChange",
    "School",
    "SchoolContact",
    "SchoolMembership",
    "Standing",
    "Upload",
    "UploadProblem",
]
