"""Celery's entry points for casework."""

from __future__ import annotations

import datetime as dt
import logging
import time

from celery import shared_task
from kombu.exceptions import OperationalError

from attendance_portal import clock
from attendance_portal.kept_files import SURELY_OVER
from attendance_portal.models import Authority
from attendance_portal.tasks import AuthorityTask, for_every_authority
from attendance_portal.tenancy import authority_scope
from casework import digest, kept_documents, scanning
from casework.actions import documents
from casework.helped import of_authority
from casework.models import CaseDocument

logger = logging.getLogger(__name__)


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


@shared_task
def scan_unscanned() -> None:
    """Documents that came in while there was no virus scanner are scanned once there is one."""
    for_every_authority(scan_unscanned_of)


def scan_unscanned_of(authority: Authority) -> None:
    """Each in a transaction of its own; given up for the night where the scanner is away."""
    with authority_scope(authority):
        waiting = list(CaseDocument.objects.unscanned().order_by("added_at")) if scanning.is_there() else []
    for document in waiting:
        with authority_scope(authority):
            was_told = documents.scan_kept_document(document, on=clock.today(authority))
        if not was_told and not scanning.is_there():
            break


@shared_task(base=AuthorityTask)
def work_out_compared(year: int, weeks: int, on: str) -> None:
    of_authority.work_out_compared(year, weeks, on=dt.date.fromisoformat(on))


def begin_compared(authority: Authority, year: int, weeks: int, on: dt.date) -> None:
    """Have a year's support compared; without a broker it is done here, while the person waits."""
    expires, told = of_authority.GIVEN_UP_AFTER, {"authority_id": str(authority.pk)}
    try:
        work_out_compared.apply_async((year, weeks, str(on)), told, retry=False, expires=expires)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, %s is compared at once: %s", authority.slug, reason)
        work_out_compared(year, weeks, str(on), authority_id=str(authority.pk))
