"""What people do with statutory returns: confirm and send, set aside, acknowledge, begin one by hand, tell a contact.

Drafting them from the marks is `schools.returning.drafting`. Each function is one transaction with its request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.urls import reverse

from attendance_portal.audit import record
from attendance_portal.days import compulsory_school_age_starts_on, is_of_compulsory_school_age, year_of
from attendance_portal.messages import write
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from attendance_portal.roles import Role
from schools.models import Circumstance, Enrolment, Pupil, Register, ReturnStep, StatutoryReturn
from schools.models.pupils import CircumstanceQuerySet
from schools.moves import RETURN_MOVES
from schools.register import marks as rows
from schools.register.returns import latest_sickness
from schools.returning.deadlines import deadline_of, policy_on
from schools.stored.registers import hold_registers
from schools.stored.same_child import records_of

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
BY_HAND: Final = (Kind.SICKNESS, Kind.ATTENDANCE)
_THERE_ALREADY: Final = "There is a return for this absence already. Open it instead."


def _move(one: StatutoryReturn, what: str, *, words: str, by: Membership, at: dt.datetime, **values: Any) -> None:
    """The return from a stage of the table to the next, with its step and its event; refuses from any other stage."""
    move = RETURN_MOVES[what]
    (after,) = move.after
    done = StatutoryReturn.objects.filter(pk=one.pk, stage__in=move.before).update(stage=after, **values)
    if not done:
        raise Refused("This return has been sent, set aside or withdrawn in the meantime. Open it again to see.")
    for name, value in {"stage": after, **values}.items():
        setattr(one, name, value)
    _note(one, what, words=words, by=by, at=at)


def _note(one: StatutoryReturn, what: str, *, words: str, by: Membership, at: dt.datetime) -> None:
    ReturnStep.objects.create(of=one, what=what, words=words, made_at=at, made_by=by)
    told = f"{one.get_kind_display()}: {words}"
    record(what, by=by, words=told[:300], subject=one, pupils=[one.pupil_id])


def send_return(one: StatutoryReturn, *, confirmed: Mapping[str, str], by: Membership, at: dt.datetime) -> None:
    """The school confirms the facts and sends the return to the authority; they are frozen with it."""
    if must_tell_first(one, on=by.on):
        raise Refused("This child has a social worker. Tell the social worker's contact first, then delete the name.")
    facts = {**one.facts, "confirmed": dict(confirmed)}
    words = "Confirmed and sent to the authority."
    _move(one, "send_return", words=words, by=by, at=at, facts=facts, sent_at=at, sent_by=by)


def set_aside_return(one: StatutoryReturn, *, reason: str, by: Membership, at: dt.datetime) -> None:
    """No return is made, for a reason that the authority can read.

    Refused while a social worker is to be told: the name goes from the register whether a return is made or not.
    """
    if must_tell_first(one, on=by.on):
        raise Refused(
            "This child has a social worker. Tell the social worker's contact first. If the name is not to be deleted, "
            "put the leaving date right: the draft then goes away by itself."
        )
    _move(one, "set_aside_return", words=f"Set aside: {reason}", by=by, at=at)


def reopen_return(one: StatutoryReturn, *, by: Membership, at: dt.datetime) -> None:
    """What was set aside is to be made after all."""
    _move(one, "reopen_return", words="Opened again.", by=by, at=at)


def acknowledge_return(one: StatutoryReturn, *, note: str, by: Membership, at: dt.datetime) -> None:
    """The authority has read the return, and says so."""
    words = f"Acknowledged: {note}" if note else "Acknowledged."
    _move(one, "acknowledge_return", words=words, by=by, at=at, acknowledged_at=at, acknowledged_by=by)


# --- The social worker's contact ----------------------------------------------------------------------------


def _social_workers(one: StatutoryReturn, on: dt.date) -> CircumstanceQuerySet:
    """What says on a day that the child has a social worker, whichever of the child's records it is held of."""
    found: CircumstanceQuerySet = Circumstance.objects.with_a_social_worker(on).filter(pupil__in=records_of(one.pupil))
    return found


def has_a_social_worker(one: StatutoryReturn, *, on: dt.date) -> bool:
    return bool(_social_workers(one, on).exists())


def must_tell_first(one: StatutoryReturn, *, on: dt.date) -> bool:
    """Whether a deletion waits for the contact of the child's social worker to be told (domain.md 1.7 and 7)."""
    is_open = one.kind == Kind.DELETION and one.told_at is None and one.stage == Stage.DRAFT
    return is_open and has_a_social_worker(one, on=on)


@dataclass(frozen=True)
class Contact:
    """Who is written to before a deletion. opens: they can sign in, and will see the return once they were told."""

    name: str
    email: str
    is_social_worker: bool = False
    opens: bool = False


def contacts(one: StatutoryReturn, *, on: dt.date) -> list[Contact]:
    """The child's social worker of that day, where social care's list has an address, then the virtual school."""
    workers = _social_workers(one, on).exclude(social_worker_email="").order_by("-from_on", "-pk")
    found = {row.social_worker_email: row.social_worker or row.social_worker_email for row in workers}
    social = [Contact(name, email, is_social_worker=True) for email, name in found.items()]
    return social + _virtual_school(one, on)


def _virtual_school(one: StatutoryReturn, on: dt.date) -> list[Contact]:
    """Its people who can be written to. A restricted child, or one not of its cohort, they may not be able to open."""
    people = Membership.objects.working().filter(authority=one.authority, role=Role.VIRTUAL_SCHOOL)
    found = []
    for row in people.select_related("user").order_by("pk"):
        row.on = on
        opens = Pupil.objects.visible_to(row).filter(pk=one.pupil_id).exists()
        found.append(Contact(row.name, row.user.email, opens=opens))
    return found


def tell_contact(one: StatutoryReturn, *, otherwise: str, by: Membership, at: dt.datetime) -> None:
    """Write to the social worker's contact that a name is to be deleted; the message names no child.

    otherwise: whom the person told in another way, empty where the message is enough. Refused of what is no deletion,
    a second time, of a child without a social worker unless somebody was told, and where nobody can be written to.
    With it is done what was only drafted for it: where the final year is finished no return is needed.
    """
    _check_may_be_told(one, otherwise, on=by.on)
    people = contacts(one, on=by.on)
    if not people and not otherwise:
        raise Refused("The authority has nobody here to write to. Tell its virtual school, and enter whom you told.")
    for person in people:
        write(
            to_name=person.name,
            to_email=person.email,
            subject="A child with a social worker is to be deleted from a school's register",
            body=_letter(person, one, people),
        )
    whom = ", ".join([*(person.name for person in people), *([otherwise] if otherwise else [])])[:300]
    words = f"Told of the deletion: {whom}."
    _move(one, "tell_contact", words=words, by=by, at=at, told_at=at, told_by=by, told_whom=whom)
    if one.is_finished and not policy_on(one.arose_on).asks_for_final_year:
        set_aside_return(one, reason="the final year is finished, so that no return is needed", by=by, at=at)


def _check_may_be_told(one: StatutoryReturn, otherwise: str, *, on: dt.date) -> None:
    """The message says that a child has a social worker, and opens the draft to the virtual school."""
    if one.kind != Kind.DELETION:
        raise Refused("Only of a deletion is a social worker's contact told. Confirm this return and send it.")
    if StatutoryReturn.objects.filter(pk=one.pk, told_at__isnull=False).exists():
        raise Refused("The contact was told of this deletion already. You can confirm the return and send it.")
    if not otherwise and not has_a_social_worker(one, on=on):
        raise Refused("The portal knows of no social worker of this child. Where there is one, tell them and say whom.")


def _letter(to: Contact, one: StatutoryReturn, told: Sequence[Contact]) -> str:
    """With the way to the return for who can open it, to all others with the way to the school; no child is named."""
    school = one.school
    whose, please = "with a social worker", " Please tell the social worker."
    if to.is_social_worker:
        whose, please = "whose social worker you are, as social care's list has it,", ""
    begins = (
        f"Dear {to.name},\n\n{school.name} is about to delete the name of a child {whose} from its admission register."
        f"{please}\n\n"
    )
    if to.opens:
        link = f"{settings.PORTAL_ADDRESS}{reverse('return_page', args=[one.pk])}"
        return (
            f"{begins}The child and the ground are in the attendance portal (you will be asked to sign in):\n{link}\n"
        )
    ways = " or ".join(way for way in (school.telephone, school.email) if way)
    ends = f"The school tells you which child it is{ways and f': {ways}'}.\n"
    if to.is_social_worker and not all(person.is_social_worker for person in told):
        ends += "The authority's virtual school has been told as well.\n"
    return f"{begins}For the child's sake this e-mail gives no name. {ends}"


# --- By hand ------------------------------------------------------------------------------------------------


def begin_return(
    enrolment: Enrolment, *, kind: str, reason: str, by: Membership, at: dt.datetime, on: dt.date
) -> StatutoryReturn:
    """A return that the marks do not ask for yet: sickness that is believed to last, or irregular attendance.

    Its episode is the continuous period of sickness of these days (else the day itself). Refused where one is there.
    """
    born = enrolment.pupil.date_of_birth
    if born and not is_of_compulsory_school_age(born, on):
        raise Refused("This return is about children of compulsory school age. This child is not.")
    hold_registers([enrolment.school_id])  # whoever bands the school drafts returns in the same turn
    first_on = _sick_since(enrolment, on) if kind == Kind.SICKNESS else on
    there = StatutoryReturn.objects.filter(enrolment=enrolment, kind=kind).exclude(stage=Stage.WITHDRAWN)
    if there.filter(arose_on__gte=first_on).exists() or there.filter(stage=Stage.DRAFT).exists():
        raise Refused(_THERE_ALREADY)
    one = _made(enrolment, kind, first_on, reason, on)
    _note(one, "begin_return", words=f"Begun by hand: {reason}", by=by, at=at)
    return one


def _made(enrolment: Enrolment, kind: str, first_on: dt.date, reason: str, on: dt.date) -> StatutoryReturn:
    with once("return_once_an_episode", refusal=_THERE_ALREADY):
        one: StatutoryReturn = StatutoryReturn.objects.create(
            kind=kind, school=enrolment.school, pupil=enrolment.pupil, enrolment=enrolment, year=year_of(on),
            first_on=first_on, arose_on=on, deadline_on=deadline_of(kind, on, policy_on(on)), is_by_hand=True,
            facts={"marks": [], "reason": reason},
        )  # fmt: skip
    return one


def _sick_since(enrolment: Enrolment, on: dt.date) -> dt.date:
    """First day of the latest continuous period of sickness of the year that counts; refuses where there was none.

    As of what the marks ask for: of compulsory school age and on the roll on the day of each session (domain.md 3.3).
    """
    year, born = year_of(on), enrolment.pupil.date_of_birth
    held = list(Register.objects.filter(enrolment=enrolment, year=year).values_list("marks", flat=True))
    if held:
        flags = rows.look_up(np.frombuffer(bytes(held[0]), np.uint8).reshape(1, rows.WIDTH), year, "flags")
        begins = [enrolment.admission_on, born and compulsory_school_age_starts_on(born)]
        flags[:, : max([0, *(rows.admission_column(year, day) for day in begins if day)])] = 0
        column = latest_sickness(flags[:, : rows.last_column_on(year, on) + 1])
        if column is not None:
            return rows.day_of(year, column)
    raise Refused(
        "The register has no session coded I this year while the child was on roll and of compulsory school age. "
        "A sickness return is about a child recorded with code I."
    )
