"""What schools send us: schools and their people, pupils and their families, registers and standings."""

from schools.models.calendars import CalendarEntry, CalendarSettlement, TermDates
from schools.models.counts import AttendanceSummary
from schools.models.coverage import RegisterCoverage, RegisterReminder, WarningTrial
from schools.models.hand_overs import HandOver, HandOverAnswer, HandOverContents
from schools.models.integrations import IntegrationSchool, PostedMarks
from schools.models.known import EnrolmentChange, ReconciledPupil, Reconciliation
from schools.models.links import LinkedRecord, PupilLink
from schools.models.mappings import ColumnMapping, LocalCode, Sending, SentFile
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
from schools.models.returns import ReturnPolicy, ReturnStep, StatutoryReturn
from schools.models.social_care import SocialCareLine, SocialCareList
from schools.models.successions import Succession
from schools.models.syncs import Connection, SchoolLink, SyncedMarks, SyncedStudent, SyncProblem, SyncRun

__all__ = [
    "AttendanceSummary",
    "BandMove",
    "BandingRun",
    "BrokenGlass",
    "CalendarEntry",
    "CalendarSettlement",
    "Carer",
    "CarerLink",
    "Circumstance",
    "ColumnMapping",
    "Connection",
    "Correction",
    "Enrolment",
    "EnrolmentChange",
    "FormerUpn",
    "HandOver",
    "HandOverAnswer",
    "HandOverContents",
    "IntegrationSchool",
    "LinkedRecord",
    "LocalCode",
    "PostedMarks",
    "Pupil",
    "PupilAccess",
    "PupilLink",
    "PupilNameKey",
    "ReconciledPupil",
    "Reconciliation",
    "Register",
    "RegisterChange",
    "RegisterCoverage",
    "RegisterReminder",
    "Restriction",
    "ReturnPolicy",
    "ReturnStep",
    "School",
    "SchoolContact",
    "SchoolLink",
    "SchoolMembership",
    "Sending",
    "SentFile",
    "SocialCareLine",
    "SocialCareList",
    "Standing",
    "StatutoryReturn",
    "Succession",
    "SyncProblem",
    "SyncRun",
    "SyncedMarks",
    "SyncedStudent",
    "TermDates",
    "Upload",
    "UploadProblem",
    "WarningTrial",
]
