"""What becomes of a leaver's place in cases: who holds them, who is asked to lead, whose the actions of plans are."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.actions.directory import add_service_member, end_service_member, put_on_duty
from casework.actions.leading import ask_to_lead, hand_over_case, lead_ends
from casework.actions.moving import take_in_hand
from casework.actions.new_owners import give, with_cases
from casework.letters import tell_holder
from casework.models import Case, PlanAction, PlanActionQuerySet, Service, ServiceMember
from casework.people import may_write
from schools.children.restrictions import holders_of


def hand_on_cases(leaver: Membership, to: Membership, *, on: dt.date, by: Membership) -> None:
    """Every open case that somebody who leaves holds, leads or is asked to lead goes on without them.

    What they held `to` holds. Their lead ends this day, and `to` is asked to lead: nobody leads without having
    accepted, and until then the holder answers for the case (architecture section 10). Who was asked before is asked
    still. Cases are taken in hand in one order, so that two who leave never wait for each other in a ring.
    """
    for case in Case.objects.open().of_somebody(leaver).select_related("pupil").order_by("pk"):
        take_in_hand(case)
        if case.stage != Case.Stage.OPEN:  # closed meanwhile
            continue
        heir = _heir(case, leaver, to, on=on)
        if case.holder_id == leaver.pk:
            hand_over_case(case, holder=heir or to, on=on, by=by)
            if heir not in (None, to):
                tell_holder(heir, count=1)
        note = lead_ends(case, leaver, on=on, by=by)
        if note and heir and case.proposed_lead is None and case.lead_practitioner_id != heir.pk:
            ask_to_lead(case, lead=heir, note=note, on=on, by=by)


def _heir(case: Case, leaver: Membership, to: Membership, *, on: dt.date) -> Membership | None:
    """`to`; of a restricted child one of the few who hold the record, `to` first, or None where none works on cases.

    Else whoever ends an account could open a restricted record by it.
    """
    if not case.pupil.is_restricted:
        return to
    able = [one for one in holders_of(case.pupil, on=on) if one.may(Permission.CASE_LEAD) and one.pk != leaver.pk]
    return to if to in able else next(iter(able), None)


def hand_on_plan_actions(leaver: Membership, to: Membership | None, *, on: dt.date, by: Membership) -> None:
    """What somebody who leaves was still to do by plans: `to` does it where they work on the case, else its holder.

    Call it once the cases are handed on: whoever leaves then holds none.
    """
    rows = PlanAction.objects.in_hand().filter(owner=leaver)
    theirs = _cases_seen(rows, to, on=on) if to else set()
    moved = []
    for one in with_cases(rows):
        case = one.plan.case
        owner = to if to and case.pk in theirs and may_write(case, to) else case.holder
        if give(one, owner, f"{leaver.name} has left", on=on, by=by):
            moved.append(case.pupil_id)
    if moved:
        said = "1 action in plans of {} is" if len(moved) == 1 else f"{len(moved):,} actions in plans of {{}} are"
        words = f"{said.format(leaver.name)} now somebody else's to do."
        record("hand_on_plan_actions", by=by, words=words, subject=leaver, pupils=moved)


def _cases_seen(actions: PlanActionQuerySet, member: Membership, *, on: dt.date) -> set[object]:
    member.on = on
    seen = Case.objects.visible_to(member).filter(plans__actions__in=actions.order_by().values("pk"))
    return set(seen.values_list("pk", flat=True))


def leave_services(leaver: Membership, to: Membership | None, *, on: dt.date, by: Membership) -> None:
    """Who leaves answers for no service any more; `to` takes their place where they were on duty or alone."""
    alone = set(ServiceMember.objects.left_alone_by(leaver).values_list("service", flat=True))
    places = ServiceMember.objects.standing().filter(membership=leaver).select_related("service")
    for row in places.order_by("service_id"):  # each is taken in hand: in one order, so that two never wait in a ring
        if to is not None and row.service_id in alone:
            _take_place(row.service, to, is_duty=row.is_duty, on=on, by=by)
        end_service_member(row.service, person=leaver, on=on, by=by)


def _take_place(service: Service, to: Membership, *, is_duty: bool, on: dt.date, by: Membership) -> None:
    if not ServiceMember.objects.standing().filter(service=service, membership=to).exists():
        add_service_member(service, person=to, is_duty=is_duty, on=on, by=by)
    elif is_duty:
        put_on_duty(service, person=to, by=by)
