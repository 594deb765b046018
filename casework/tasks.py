"""Celery's entry points for casework."""

from __future__ import annotations

import time

from celery import shared_task

from attendance_portal import clock
from attendance_portal.kept_files import SURELY_OVER
from attendance_portal.models import Authority
from attendance_portal.tasks import for_every_authority
from attendance_portal.tenancy import authority_scope
from casework import digest, kept_documents


@shared_task
def remind_every_authority() -> None:
    """Everyone who has something due in a case is written to, once."""
    for_every_authority(remind)


def remind(authority: Authority) -> None:
    with authority_scope(authority):
        digest.write_digests(on=clock.today(authority))


@shared_task
def throw_away_strays() -> None:
    """Documents that no row holds, of processes that were killed; by the machine's own clock, as the disk has it."""
    for_every_authority(throw_away_strays_of)


def throw_away_strays_of(authority: Authority) -> None:
    with authority_scope(authority):
        kept_documents.throw_away_strays(time.time() - SURELY_OVER)
