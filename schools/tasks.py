"""Celery's entry points for uploads and banding."""

from __future__ import annotations

import logging
import uuid

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from attendance_portal import clock
from attendance_portal.models import Authority
from attendance_portal.tasks import for_every_authority
from schools import banding, uploads
from schools.api import posting

logger = logging.getLogger(__name__)


@shared_task
def band_every_authority() -> None:
    for_every_authority(lambda authority: banding.band_authority(authority, on=clock.today(authority), as_at=None))


@shared_task
def read_upload(authority_id: str, upload_id: str) -> None:
    authority = Authority.objects.get(pk=authority_id)
    uploads.read_waiting(authority, uuid.UUID(upload_id), on=clock.today(authority))


@shared_task
def store_upload(authority_id: str, upload_id: str) -> None:
    authority = Authority.objects.get(pk=authority_id)
    uploads.store_waiting(authority, uuid.UUID(upload_id), on=clock.today(authority))


@shared_task
def finish_post(authority_id: str, post_id: str) -> None:
    authority = Authority.objects.get(pk=authority_id)
    on, at = clock.today(authority), clock.now(authority)
    posting.finish_post(authority, uuid.UUID(post_id), on=on, at=at)


def begin(task: Task[..., None], authority_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Send a task on its way. Without a broker nothing is lost: beat takes up within the minute what waits."""
    try:
        task.apply_async((str(authority_id), str(upload_id)), retry=False)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, beat will take up upload %s: %s", upload_id, reason)
