"""Celery's entry points for uploads, syncs and banding."""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
import uuid
from functools import partial

from celery import Task, shared_task
from django.conf import settings
from django.http import QueryDict
from kombu.exceptions import OperationalError

from attendance_portal import clock
from attendance_portal.models import Authority, Membership
from attendance_portal.tasks import AuthorityTask, for_every_authority
from attendance_portal.tenancy import authority_scope
from schools import banding
from schools.api import posting
from schools.changes import known_together
from schools.children import chronology_document
from schools.children.chronology_forms import ChronologyForm
from schools.connectors import Timing
from schools.handing import hearing
from schools.sending import kept, uploads
from schools.syncing import syncing, syncs

logger = logging.getLogger(__name__)


@shared_task
def band_every_authority() -> None:
    """The night's banding begins: a run for each authority, each in a task of its own, for as many workers as there
    are."""
    for_every_authority(begin_banding)


@shared_task
def finish_banding(authority_id: str, run_id: int) -> None:
    authority = Authority.objects.get(pk=authority_id)
    banding.finish_run(authority, run_id, on=clock.today(authority))


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


@shared_task
def throw_away_strays() -> None:
    """Files that no row holds, of processes that were killed; by the machine's own clock, as the disk has it."""
    for_every_authority(throw_away_strays_of)


def throw_away_strays_of(authority: Authority) -> None:
    with authority_scope(authority):
        kept.throw_away_strays(time.time() - kept.SURELY_OVER)


def begin_banding(authority: Authority) -> None:
    """Have an authority's banding done. Without a broker nothing is lost: beat takes up what waits."""
    run_id = banding.want_banding(authority)
    try:
        finish_banding.apply_async((str(authority.pk), run_id), retry=False)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, beat will take up the banding of %s: %s", authority.slug, reason)


def begin(task: Task[..., None], authority_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Send a task on its way. Without a broker nothing is lost: beat takes up within the minute what waits."""
    try:
        task.apply_async((str(authority_id), str(upload_id)), retry=False)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, beat will take up upload %s: %s", upload_id, reason)


@shared_task
def sync_every_authority() -> None:
    """The night's syncs begin; each authority's are worked off in a task of its own."""
    for_every_authority(lambda authority: syncs.want_all(authority, clock.now(authority)))
    for_every_authority(begin_syncs)


@shared_task
def work_off_syncs(authority_id: str) -> None:
    authority = Authority.objects.get(pk=authority_id)
    syncing.work_off(authority, timing_of(authority))


def timing_of(authority: Authority) -> Timing:
    """The clock, pause and chance that a sync works by."""
    return Timing(now=partial(clock.now, authority), sleep=time.sleep, chance=random.random)


def begin_syncs(authority: Authority) -> None:
    """Have what waits worked off. Without a broker nothing is lost: beat asks again within the minute."""
    try:
        work_off_syncs.apply_async((str(authority.pk),), retry=False, expires=55)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, beat will take up the syncs of %s: %s", authority.slug, reason)


def take_up_syncs(authority: Authority, at: dt.datetime) -> None:
    """What waits or was left by a killed process goes on, where a worker may be spared for it."""
    if syncs.waiting(authority, at) and syncs.at_work(authority, at) < settings.SYNCS_AT_ONCE:
        begin_syncs(authority)


@shared_task(base=AuthorityTask)
def work_out_known(day: str) -> None:
    known_together.work_out_known(dt.date.fromisoformat(day))


def begin_known(authority: Authority, day: dt.date) -> None:
    """Have a day's figures worked out; without a broker it is done here, while the person waits.

    No worker takes it up after the time after which another is asked: tasks of one day do not pile up.
    """
    expires, told = known_together.GIVEN_UP_AFTER, {"authority_id": str(authority.pk)}
    try:
        work_out_known.apply_async((str(day),), told, retry=False, expires=expires)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, what was known in %s is worked out at once: %s", authority.slug, reason)
        work_out_known(str(day), authority_id=str(authority.pk))


@shared_task(base=AuthorityTask)
def make_chronology(member_id: str, pupil_id: str, query: str) -> None:
    by = Membership.objects.select_related("authority", "user").get(pk=member_id)
    by.on = clock.today(by.authority)
    narrowed = ChronologyForm(QueryDict(query) or None).narrowed
    chronology_document.make_document(uuid.UUID(pupil_id), narrowed, by, at=clock.now(by.authority))


def begin_chronology(member: Membership, pupil_id: uuid.UUID, query: str) -> None:
    """Have a long chronology's document made; without a broker it is done here, while the person waits."""
    asked, told = (str(member.pk), str(pupil_id), query), {"authority_id": str(member.authority_id)}
    try:
        make_chronology.apply_async(asked, told, retry=False, expires=chronology_document.GIVEN_UP_AFTER)
    except (OperationalError, OSError) as reason:
        logger.warning("The broker is away, a chronology is made at once: %s", reason)
        try:
            make_chronology(*asked, **told)
        except Exception:  # whoever asked is told so on the page, as where a worker fails
            logger.exception("A chronology could not be made")


def hear_of_hand_overs(authority: Authority, at: dt.datetime) -> None:
    """What other authorities did with hand-overs becomes events and messages of this one."""
    with authority_scope(authority):
        hearing.hear()
