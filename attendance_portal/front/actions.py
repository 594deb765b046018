"""What people do on the composed pages."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.models import Membership


def see_changes(*, by: Membership, until: dt.datetime) -> None:
    """Remember that `by` has seen what changed up to `until`. It never moves back, so an old page does no harm."""
    earlier = Membership.objects.filter(Q(last_looked_at=None) | Q(last_looked_at__lt=until), pk=by.pk)
    earlier.update(last_looked_at=until)
    record("see_changes", by=by, words="Said that they have seen what changed.", subject=by, until=until.isoformat())
