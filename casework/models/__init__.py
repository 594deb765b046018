"""One child's case: why it is open, who holds it, what stands in the way, and what happened."""

from casework.models.barriers import AuthorityBarrier, OwnWords
from casework.models.cases import Case, CaseBarrier, CaseEntry, CaseQuerySet
from casework.models.directory import Service, ServiceMember, ServiceMemberQuerySet, ServiceQuerySet
from casework.models.referrals import Referral, ReferralQuerySet

__all__ = [
    "AuthorityBarrier",
    "Case",
    "CaseBarrier",
    "CaseEntry",
    "CaseQuerySet",
    "OwnWords",
    "Referral",
    "ReferralQuerySet",
    "Service",
    "ServiceMember",
    "ServiceMemberQuerySet",
    "ServiceQuerySet",
]
