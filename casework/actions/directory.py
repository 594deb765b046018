"""What is done with the directory: services are added, changed and ended, and people answer for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.models import Referral, Service, ServiceMember

_THERE_ALREADY = "A service of that name is in the directory already. Change that one, or choose another name."


def add_service(*, told: dict[str, Any], by: Membership) -> Service:
    """Add a service: `told` holds the fields of `Service`. Refused where one of that name is offered."""
    with once("service_name_once", refusal=_THERE_ALREADY):
        service: Service = Service.objects.create(**told)
    record("add_service", by=by, words=f"Added {service} to the directory.", subject=service)
    return service


def change_service(service: Service, *, told: dict[str, Any], by: Membership) -> None:
    """Say anew what a service offers. Refused once it has ended."""
    with once("service_name_once", refusal=_THERE_ALREADY):
        changed = Service.objects.offered().filter(pk=service.pk).update(**told)
    if changed != 1:
        raise Refused("This service has ended. Add it to the directory again instead.")
    record("change_service", by=by, words=f"Changed what the directory says of {told['name']}.", subject=service)


def end_service(service: Service, *, on: dt.date, by: Membership) -> None:
    """Take a service out of the directory. Refused while a referral to it waits for an answer."""
    take_service_in_hand(service)
    if _waits(service):
        raise Refused("Referrals to this service wait for an answer. They must be answered or withdrawn first.")
    if Service.objects.offered().filter(pk=service.pk).update(ended_on=on, ended_by=by) != 1:
        raise Refused("This service has ended already.")
    record("end_service", by=by, words=f"Took {service} out of the directory.", subject=service)


def take_service_in_hand(service: Service) -> None:
    """Until this transaction ends nobody else refers to the service, ends it or changes who answers for it."""
    Service.objects.select_for_update(no_key=True).only("pk").get(pk=service.pk)


def _waits(service: Service) -> bool:
    """Whether a referral to it waits for an answer."""
    found: bool = Referral.objects.waiting().filter(service=service).exists()
    return found


def add_service_member(service: Service, *, person: Membership, is_duty: bool, on: dt.date, by: Membership) -> None:
    """Let this person read and answer the service's referrals, from this day; perhaps as the one on duty."""
    take_service_in_hand(service)
    with once("service_member_once", refusal=f"{person.name} answers for {service} already."):
        ServiceMember.objects.create(service=service, membership=person, from_on=on)
    record("add_service_member", by=by, words=f"{person.name} answers for {service}.", subject=service)
    if is_duty:
        put_on_duty(service, person=person, by=by)


def put_on_duty(service: Service, *, person: Membership, by: Membership) -> None:
    """From now on this person holds the cases that come of the service's referrals."""
    take_service_in_hand(service)
    people = ServiceMember.objects.standing().filter(service=service)
    people.update(is_duty=False)
    if people.filter(membership=person).update(is_duty=True) != 1:
        raise Refused(f"{person.name} does not answer for {service}.")
    record("put_on_duty", by=by, words=f"{person.name} is on duty for {service}.", subject=service)


def end_service_member(service: Service, *, person: Membership, on: dt.date, by: Membership) -> None:
    """This person no longer reads the service's referrals. Refused for the last one while referrals wait."""
    take_service_in_hand(service)
    people = ServiceMember.objects.standing().filter(service=service)
    alone = not ServiceMember.objects.reading().filter(service=service).exclude(membership=person).exists()
    if alone and _waits(service):
        raise Refused("Referrals wait, and nobody else here could answer them. Add somebody first.")
    if people.filter(membership=person).update(until_on=on, is_duty=False) != 1:
        raise Refused(f"{person.name} does not answer for {service}.")
    record("end_service_member", by=by, words=f"{person.name} no longer answers for {service}.", subject=service)
