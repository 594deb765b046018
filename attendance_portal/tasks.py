"""The second door: the Celery base task, and the tasks that run for every authority."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from attendance_portal import clock
from attendance_portal.audit import Circumstances, circumstances
from attendance_portal.messages import send_waiting
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope

logger = logging.getLogger(__name__)


class AuthorityTask(Task[Any, Any]):
    """A task called with `authority_id=…`: its body runs in that authority's scope, as one transaction."""

    typing = False  # Celery would compare what it is asked with the body's own arguments, and refuse `authority_id`

    def __call__(self, *args: Any, authority_id: str, **kwargs: Any) -> Any:
        token = circumstances.set(Circumstances(uuid.uuid4()))
        try:
            with authority_scope(Authority.objects.get(pk=authority_id)):
                return self.run(*args, **kwargs)
        finally:
            circumstances.reset(token)


def for_every_authority(work: Callable[[Authority], object]) -> None:
    """Call `work(authority)` for each authority, outside any scope: the work opens its own.

    What goes wrong in one keeps none of the others from their turn: it is logged, and the first error is raised once
    all had theirs.
    """
    _in_turn((authority.slug, partial(work, authority)) for authority in Authority.objects.order_by("slug"))


def _in_turn(calls: Iterable[tuple[str, Callable[[], object]]]) -> None:
    """Make each call, whatever becomes of those before; what each is about is for the log."""
    errors: list[Exception] = []
    for about, call in calls:
        try:
            call()
        except Exception as error:
            logger.exception("A piece of work failed: %s", about)
            errors.append(error)
    if errors:
        raise errors[0]


@shared_task
def send_waiting_messages() -> None:
    for_every_authority(send_waiting)


@shared_task
def take_up_unfinished() -> None:
    """Take up what a killed process left: each entry of `UNFINISHED` is a function of one authority."""
    _in_turn(
        (f"{name} of {authority.slug}", partial(import_string(name), authority, clock.now(authority)))
        for name in settings.UNFINISHED
        for authority in Authority.objects.order_by("slug")
    )
