"""The second door: the Celery base task, and the tasks that run for every authority."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from attendance_portal import clock
from attendance_portal.audit import Circumstances, circumstances
from attendance_portal.messages import send_waiting
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope


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
    """Call `work(authority)` for each authority, outside any scope: the work opens its own."""
    for authority in Authority.objects.order_by("slug"):
        work(authority)


@shared_task
def send_waiting_messages() -> None:
    for_every_authority(send_waiting)


@shared_task
def take_up_unfinished() -> None:
    """Take up what a killed process left: each entry of `UNFINISHED` is a function of one authority."""
    for name in settings.UNFINISHED:
        take_up = import_string(name)
        for authority in Authority.objects.order_by("slug"):
            take_up(authority, clock.now(authority))
