"""Records that may be one child, found by rule, with the evidence for and against it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from django.db import connection

from attendance_portal.models import Membership
from attendance_portal.tenancy import current_authority_id
from schools.models import Enrolment, FormerUpn, Pupil, PupilLink
from schools.stored.names import normal
from schools.stored.same_child import groups_of, open_pairs

NEAR: Final = 0.75  # how alike two forenames must be, 0 to 1, where the surname is the same

# Born on one day and alike in name: two parts of the name begin the same, or the surname is one and the first letter.
_ALIKE = """
    WITH p AS MATERIALIZED (
        SELECT id, date_of_birth AS born, lower(surname) AS surname, lower(left(forename, 1)) AS letter
        FROM schools_pupil WHERE authority_id = %(authority)s AND date_of_birth IS NOT NULL
    ), k AS MATERIALIZED (
        SELECT p.id, p.born, n.key FROM p
        JOIN schools_pupilnamekey n ON n.pupil_id = p.id AND n.authority_id = %(authority)s
    )
    SELECT a.id, b.id FROM k a JOIN k b ON a.born = b.born AND a.key = b.key AND a.id < b.id
    GROUP BY 1, 2 HAVING count(*) > 1
    UNION
    SELECT a.id, b.id FROM p a JOIN p b
    ON a.born = b.born AND a.surname = b.surname AND a.letter = b.letter AND a.id < b.id
"""
# A former UPN of one is the UPN of the other, or a former one of both.
_UPN = """
    SELECT least(f.pupil_id, p.id), greatest(f.pupil_id, p.id) FROM schools_formerupn f
    JOIN schools_pupil p ON p.upn = f.upn AND p.id <> f.pupil_id AND p.authority_id = %(authority)s
    WHERE f.authority_id = %(authority)s
    UNION
    SELECT f.pupil_id, g.pupil_id FROM schools_formerupn f
    JOIN schools_formerupn g ON g.upn = f.upn AND f.pupil_id < g.pupil_id AND g.authority_id = %(authority)s
    WHERE f.authority_id = %(authority)s
"""

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class Facts:
    """What is held of one record that speaks for or against its being another."""

    pupil: Pupil
    enrolments: Sequence[Enrolment] = field(default_factory=tuple)
    former_upns: Sequence[str] = field(default_factory=tuple)

    @property
    def has_permanent_upn(self) -> bool:
        return (self.pupil.upn or "")[-1:].isdigit()


@dataclass(frozen=True)
class Suspicion:
    """Two records that may be one child, and why: sentences of evidence, those for it first."""

    one: Facts
    other: Facts
    evidence: Sequence[str]
    surname: str

    @property
    def said(self) -> str:
        return " ".join(self.evidence)


def suspicions(member: Membership) -> list[Suspicion]:
    """Every pair that the rules find among children this member may see, and that nobody has judged, by name."""
    pairs = _asked(_ALIKE) | _asked(_UPN)
    pairs -= _judged(pairs)
    facts = facts_of({key for pair in pairs for key in pair}, member)
    found = [suspicion_of(facts[one], facts[other]) for one, other in pairs if one in facts and other in facts]
    return sorted((one for one in found if one is not None), key=lambda one: (one.surname, str(one.one.pupil.pk)))


def pairs_sharing_a_upn(member: Membership) -> int:
    """How many pairs share a UPN and wait for somebody to judge them, of children this member may see. Quick."""
    pairs = _asked(_UPN)
    if not pairs:
        return 0
    seen = set(
        Pupil.objects.visible_to(member)
        .filter(pk__in={key for pair in pairs for key in pair})
        .values_list("pk", flat=True)
    )
    return sum(one in seen and other in seen for one, other in pairs - _judged(pairs))


def _asked(sql: str) -> set[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"authority": current_authority_id()})
        return {(one, other) for one, other in cursor.fetchall()}


def _judged(pairs: Iterable[Pair]) -> set[Pair]:
    """Of these pairs those that a person judged, or that are linked through another record."""
    said = PupilLink.objects.filter(undone_at=None).values_list("pupil", "other")
    judged = {(min(pair), max(pair)) for pair in said}
    groups = groups_of(open_pairs())
    return {pair for pair in pairs if pair in judged or pair[1] in groups.get(pair[0], ())}


def facts_of(keys: Iterable[uuid.UUID], member: Membership) -> dict[uuid.UUID, Facts]:
    """What is held of these records, of those this member may see. Three queries."""
    seen = {pupil.pk: pupil for pupil in Pupil.objects.visible_to(member).filter(pk__in=list(keys))}
    stays: defaultdict[uuid.UUID, list[Enrolment]] = defaultdict(list)
    for stay in Enrolment.objects.filter(pupil__in=list(seen)).select_related("school").order_by("admission_on", "pk"):
        stays[stay.pupil_id].append(stay)
    upns: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    for former in FormerUpn.objects.filter(pupil__in=list(seen)).order_by("-until_on", "pk"):
        upns[former.pupil_id].append(former.upn)
    return {key: Facts(pupil, stays[key], upns[key]) for key, pupil in seen.items()}


def suspicion_of(one: Facts, other: Facts) -> Suspicion | None:
    """The pair with its evidence; None where what is held speaks against it, as of twins on one roll."""
    evidence = evidence_of(one, other)
    if not evidence:
        return None
    head, second = sorted((one, other), key=_standing)
    return Suspicion(head, second, evidence, head.pupil.sort_key)


def _standing(facts: Facts) -> tuple[bool, bool, str]:
    """The record that stands for both comes first: with a permanent UPN, on a roll now."""
    is_open = any(stay.leaving_on is None for stay in facts.enrolments)
    return not facts.has_permanent_upn, not is_open, str(facts.pupil.pk)


def evidence_of(one: Facts, other: Facts) -> list[str]:
    """Sentences of what speaks for their being one child; none where nothing does."""
    shared = _shared_upns(one, other)
    alike = _alike(one.pupil, other.pupil)
    if not shared and (not alike or _are_two(one, other)):
        return []
    said = [f"The UPN {upn} is or was held by both." for upn in shared]
    if one.pupil.date_of_birth and one.pupil.date_of_birth == other.pupil.date_of_birth:
        said.append(f"Both were born on {one.pupil.date_of_birth:%-d %B %Y}.")
    said += [alike] if alike else []
    if not (one.has_permanent_upn and other.has_permanent_upn):
        said.append("At least one of them has no permanent UPN.")
    together = _together(one, other)
    said.append(
        f"Both are on a roll at the same time: {together}." if together else "Never on a roll at the same time."
    )
    return said


def _shared_upns(one: Facts, other: Facts) -> list[str]:
    mine = {one.pupil.upn, *one.former_upns} - {None}
    theirs = {other.pupil.upn, *other.former_upns} - {None}
    return sorted(str(upn) for upn in mine & theirs)


def _alike(one: Pupil, other: Pupil) -> str:
    """In what way the names are alike; empty where they are not, or the birthdays differ."""
    if one.date_of_birth is None or one.date_of_birth != other.date_of_birth:
        return ""
    if one.sort_key == other.sort_key:
        return "The names are the same."
    if sorted(one.sort_key.split()) == sorted(other.sort_key.split()):
        return "The names are the same in another order."
    forenames = SequenceMatcher(None, normal(one.forename), normal(other.forename)).ratio()
    surnames = SequenceMatcher(None, normal(one.surname), normal(other.surname)).ratio()
    return "The names are almost the same." if min(forenames, surnames) >= NEAR else ""


def _are_two(one: Facts, other: Facts) -> bool:
    """Two permanent UPNs on one roll at once: two children, such as twins with names that are alike."""
    if not (one.has_permanent_upn and other.has_permanent_upn):
        return False
    return any(a.school_id == b.school_id and _overlap(a, b) for a in one.enrolments for b in other.enrolments)


def _overlap(one: Enrolment, other: Enrolment) -> bool:
    ends_before = one.leaving_on and other.admission_on and one.leaving_on < other.admission_on
    begins_after = other.leaving_on and one.admission_on and other.leaving_on < one.admission_on
    return not (ends_before or begins_after)


def _together(one: Facts, other: Facts) -> str:
    pairs = [(a, b) for a in one.enrolments for b in other.enrolments if _overlap(a, b)]
    schools = sorted({str(stay.school) for pair in pairs for stay in pair})
    return " and ".join(schools)
