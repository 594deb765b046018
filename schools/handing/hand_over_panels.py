"""What a child's page shows of hand-overs."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import F

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from schools.handing.hand_over_words import stage_tag, why
from schools.models import HandOver, Pupil


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each child's hand-overs, sent and received, for those who may make and answer them. Two queries."""
    template = "schools/panels/hand_overs.html"
    if not member.may(Permission.HAND_OVER):
        return Panel("Hand-overs", template)
    sent = HandOver.objects.filter(pupil__in=pupils).annotate(ours=F("pupil"))
    seen = HandOver.received.received_as_seen_by(member)
    received = seen.filter(answers__pupil__in=pupils).annotate(ours=F("answers__pupil"))
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for rows, is_sent in ((sent, True), (received, False)):
        for one in rows.with_stage().select_related("authority", "to_authority").order_by("-offered_at", "-pk"):
            shown = {"one": one, "is_sent": is_sent, "tag": stage_tag(one), "why": why(one, is_sent=is_sent)}
            found[one.ours].append(shown)
    return Panel("Hand-overs", template, dict(found))
