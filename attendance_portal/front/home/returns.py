"""Statutory returns that wait for somebody: a school's to confirm, an authority's to acknowledge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from schools.models import StatutoryReturn

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
_TOLD_LATELY = dt.timedelta(days=30)
_FEW = 5  # returns come in handfuls: the rest of the page is to be seen too


def returns_to_confirm(asker: Asker) -> Iterable[Section]:
    """A school's drafts, the soonest to be sent first."""
    drafts = StatutoryReturn.objects.visible_to(asker.member).to_make().select_related("pupil", "school")
    items = [_draft_item(one, asker.on) for one in drafts.order_by("deadline_on", "pk")]
    yield from section(
        "returns", "Returns to confirm", items, address("returns", state="draft"), "All returns", most=_FEW
    )


def _draft_item(one: StatutoryReturn, on: dt.date) -> Item:
    late = one.deadline_on < on
    status = f"Overdue since {one.deadline_on:%-d %b}" if late else f"Send by {one.deadline_on:%-d %b}"
    title = f"{one.get_kind_display()}: {one.pupil}"
    href = address("return_page", one.pk)
    return Item(title, href, f"{one.school.name}, due from {one.arose_on:%-d %B}", status, "red" if late else "yellow",
                one.pupil_id)  # fmt: skip


def returns_arrived(asker: Asker) -> Iterable[Section]:
    """What the officer's schools have sent and nobody has acknowledged, and how many are overdue."""
    seen = StatutoryReturn.objects.visible_to(asker.member).filter(school__in=asker.schools)
    sent = seen.filter(stage=Stage.SENT).select_related("pupil", "school").order_by("sent_at", "pk")
    items = [_arrived_item(one) for one in sent]
    overdue = seen.filter(stage=Stage.DRAFT, deadline_on__lt=asker.on).count()
    if overdue:
        words = "1 return not sent" if overdue == 1 else f"{overdue:,} returns not sent"
        items.insert(0, Item(words, address("returns", state="overdue"), "At your schools", "Overdue", "red"))
    yield from section("returns", "Statutory returns", items, address("returns"), "All returns", most=_FEW)


def deletions_told(asker: Asker) -> Iterable[Section]:
    """Deletions of children with a social worker of which the virtual school was told in the last month."""
    since = asker.on - _TOLD_LATELY
    told = StatutoryReturn.objects.visible_to(asker.member).filter(kind=Kind.DELETION, told_at__date__gte=since)
    items = [_told_item(one) for one in told.select_related("pupil", "school").order_by("-told_at")]
    yield from section("deletions", "Names to be deleted", items, address("returns"), "All returns")


def _told_item(one: StatutoryReturn) -> Item:
    title, hint = f"{one.pupil}, {one.school.name}", f"Last day on roll {one.arose_on:%-d %B %Y}"
    href = address("return_page", one.pk)
    return Item(title, href, hint, "Tell the social worker", "yellow", one.pupil_id)


def _arrived_item(one: StatutoryReturn) -> Item:
    title = f"{one.get_kind_display()}: {one.pupil}"
    status, colour = ("Marks changed since", "orange") if one.ground_gone_on else ("To acknowledge", "yellow")
    return Item(title, address("return_page", one.pk), one.school.name, status, colour, one.pupil_id)
