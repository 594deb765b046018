"""One child's case: why it is open, who holds it, what stands in the way, and what happened."""

from casework.models.barriers import AuthorityBarrier, OwnWords
from casework.models.cases import Case, CaseBarrier, CaseEntry, CaseQuerySet
from casework.models.contacts import Contact
from casework.models.contracts import AttendanceContract, ContractQuerySet
from casework.models.digests import CaseDigest
from casework.models.directory import Service, ServiceMember, ServiceMemberQuerySet, ServiceQuerySet
from casework.models.documents import CaseDocument
from casework.models.invitations import CaseInvitation, CaseInvitationQuerySet
from casework.models.out_of_school import (
    EducationEnquiry,
    EnquiryStep,
    HomeEducation,
    HomeEducationStep,
    MissingFinding,
)
from casework.models.plans import Plan, PlanAction, PlanActionQuerySet, PlanAgreement, PlanPolicy, PlanQuerySet
from casework.models.referrals import Referral, ReferralQuerySet
from casework.models.reviews import PastClosing, Review
from casework.models.tracking import HealthPlan, PartTimeTimetable, TimetablePutOff

__all__ = [
    "AttendanceContract",
    "AuthorityBarrier",
    "Case",
    "CaseBarrier",
    "CaseDigest",
    "CaseDocument",
    "CaseEntry",
    "CaseInvitation",
    "CaseInvitationQuerySet",
    "CaseQuerySet",
    "Contact",
    "ContractQuerySet",
    "EducationEnquiry",
    "EnquiryStep",
    "HealthPlan",
    "HomeEducation",
    "HomeEducationStep",
    "MissingFinding",
    "OwnWords",
    "PartTimeTimetable",
    "PastClosing",
    "Plan",
    "PlanAction",
    "PlanActionQuerySet",
    "PlanAgreement",
    "PlanPolicy",
    "PlanQuerySet",
    "Referral",
    "ReferralQuerySet",
    "Review",
    "Service",
    "ServiceMember",
    "ServiceMemberQuerySet",
    "ServiceQuerySet",
    "TimetablePutOff",
]
