"""What people do with an attendance contract: offer it, keep the parent's answer, end it.

Anti-social Behaviour Act 2003, section 19: in writing and voluntary, the parent's statement and the maker's.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework.actions.moving import change, move, write
from casework.models import AttendanceContract, Case
from casework.plan_moves import ACCEPTED, CONTRACT_MOVES, OFFERED
from schools.models import Carer, School


def offer_contract(
    case: Case,
    *,
    carer: Carer | None,
    parent_name: str,
    made_by: str,
    school: School | None,
    parent_undertakes: str,
    support_given: str,
    from_on: dt.date,
    until_on: dt.date,
    offered_on: dt.date,
    on: dt.date,
    by: Membership,
) -> AttendanceContract:
    """Offer a contract to one parent or carer: what they would do, and what support they would have, for how long.

    `school`: where the child goes, and the party to it where the school makes it; whatever roll the child is on later,
    it stays the same. `offered_on`: the day on which they were asked. Refused of one still to come, and where a school
    is to make it and none is named.
    """
    if offered_on > on:
        raise Refused("The day of the offer is still to come. Enter today or an earlier day.")
    change(case)
    if made_by == AttendanceContract.Maker.SCHOOL and school is None:
        raise Refused("The child is on no school’s roll, so no school can make it. The authority can.")
    name = carer.name if carer else parent_name
    if AttendanceContract.objects.filter(case=case, parent_name=name, stage__in=[OFFERED, ACCEPTED]).exists():
        raise Refused(CONTRACT_MOVES["offer_contract"].refusal)
    made: AttendanceContract = AttendanceContract.objects.create(
        case=case, carer=carer, parent_name=name, made_by=made_by, school=school,
        parent_undertakes=parent_undertakes, support_given=support_given,
        from_on=from_on, until_on=until_on, offered_on=offered_on, offered_by=by,
    )  # fmt: skip
    _told(made, "offer_contract", f"Offered {name} an attendance contract on {offered_on:%-d %B %Y}.", on=on, by=by)
    return made


def accept_contract(
    contract: AttendanceContract, *, answered_on: dt.date, signed_for_maker: str, on: dt.date, by: Membership
) -> None:
    """The parent accepted and signed it, and so did somebody for the school or authority."""
    answer = {"answered_on": answered_on, "answer_recorded_by": by, "signed_for_maker": signed_for_maker}
    _shift(contract, "accept_contract", **answer)
    words = f"{contract.parent_name} accepted the attendance contract on {answered_on:%-d %B %Y}."
    _told(contract, "accept_contract", words, on=on, by=by)


def refuse_contract(
    contract: AttendanceContract, *, answered_on: dt.date, why: str, on: dt.date, by: Membership
) -> None:
    """The parent chose not to accept it, as anybody may, with their reason where they gave one."""
    _shift(contract, "refuse_contract", answered_on=answered_on, answer_recorded_by=by, why=why)
    words = f"{contract.parent_name} chose not to accept the attendance contract: {why}"
    _told(contract, "refuse_contract", words, on=on, by=by)


def end_contract(contract: AttendanceContract, *, outcome: str, on: dt.date, by: Membership) -> None:
    """An accepted contract ends, with what came of it; an offer that nobody answered is taken back, with the reason."""
    what = "withdraw_contract" if contract.stage == OFFERED else "end_contract"
    _shift(contract, what, ended_on=on, ended_by=by, outcome=outcome)
    ended = "Took back the offer of an attendance contract" if what == "withdraw_contract" else "Ended the contract"
    _told(contract, what, f"{ended} with {contract.parent_name}: {outcome}", on=on, by=by)


def end_with_case(case: Case, *, outcome: str, on: dt.date, by: Membership) -> None:
    """The case closes: contracts that run end with what came of it, and offers that nobody answered are taken back."""
    running = AttendanceContract.objects.filter(case=case, stage__in=[OFFERED, ACCEPTED])
    for contract in running.order_by("offered_on", "pk"):
        contract.case = case
        end_contract(contract, outcome=outcome, on=on, by=by)


def _shift(contract: AttendanceContract, what: str, **changes: Any) -> None:
    change(contract.case)
    move(contract, CONTRACT_MOVES[what], **changes)


def _told(contract: AttendanceContract, what: str, words: str, *, on: dt.date, by: Membership) -> None:
    write(contract.case, words, on=on, by=by, source="Attendance contract")
    record(what, by=by, words=words, subject=contract, pupils=[contract.case.pupil_id])
