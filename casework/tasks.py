"""Celery's entry points for casework."""

from __future__ import annotations

from celery import shared_task

from attendance_portal import clock
from attendance_portal.models import Authority
from attendance_portal.tasks import for_every_authority
from attendance_portal.tenancy import authority_scope
from casework import digest


@shared_task
def remind_every_authority() -> None:
    """Everyone who has something due in a case is written to, once."""
    for_every_authority(remind)


def remind(authority: Authority) -> None:
    with authority_scope(authority):
        digest.write_digests(on=clock.today(authority))
