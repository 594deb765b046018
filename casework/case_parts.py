"""Which parts a case's page has, in their order."""

from __future__ import annotations

from typing import Final

from attendance_portal.models import Membership
from casework.contacts import contacts_part
from casework.directory import suggested_part
from casework.documents import documents_part
from casework.family import family_part
from casework.helped.words import helped_part
from casework.models import Case
from casework.own_words import own_words_part
from casework.parts import Part, PartMaker
from casework.plan_parts import contract_part, plan_part
from casework.referrals import referrals_part
from casework.reviews import reviews_part
from casework.working_on import who_works

_MAKERS: Final[tuple[PartMaker, ...]] = (
    who_works,
    own_words_part,
    suggested_part,
    referrals_part,
    plan_part,
    contract_part,
    contacts_part,
    documents_part,
    reviews_part,
    family_part,
    helped_part,
)


def parts_of_case(case: Case, member: Membership) -> list[Part]:
    """What this member sees of the case, part by part."""
    made = (make(case, member) for make in _MAKERS)
    return [part for part in made if part]
