"""Children that other authorities offer to hand over, which wait for an answer. They are told of without names."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from schools.handing.hand_over_words import why
from schools.models import HandOver


def hand_overs_to_answer(asker: Asker) -> Iterable[Section]:
    """Those that this member may answer, the longest waiting first. One query."""
    waiting = HandOver.received.received_as_seen_by(asker.member).at_stage(HandOver.Stage.OFFERED)
    items = [_item(one) for one in waiting.select_related("authority").order_by("offered_at", "pk")]
    yield from section("hand-overs", "Children handed over to you", items, address("hand_overs"), "All hand-overs")


def _item(one: HandOver) -> Item:
    when = f"Offered {timezone.localtime(one.offered_at):%-d %B %Y}"
    title = f"{'A restricted record' if one.is_restricted else 'A child'} from {one.authority}"
    return Item(title, address("hand_over_page", one.pk), f"{when}. {why(one, is_sent=False)}", "To answer", "yellow")
