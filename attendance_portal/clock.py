"""The day and the moment, for the doors (views, tasks, commands) only. In the demo, today is kept with its data."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from attendance_portal.models import Authority


def today(authority: Authority) -> dt.date:
    """Today in Europe/London, or the demo's today."""
    if settings.PORTAL_DEMO and authority.demo_today is not None:
        return authority.demo_today
    return timezone.localdate()


def now(authority: Authority) -> dt.datetime:
    """This moment, on the demo's today where there is one."""
    day = today(authority)
    return timezone.localtime().replace(year=day.year, month=day.month, day=day.day)
