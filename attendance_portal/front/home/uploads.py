"""Register files that wait for somebody, and schools whose data are too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from attendance_portal.front.addresses import address
from attendance_portal.front.figures import is_stale, weekdays_since
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.roles import Permission
from schools.models import School, Upload

_STATUS = {
    Upload.Stage.RECEIVED: ("Being read", "blue"),
    Upload.Stage.ASKED: ("Say what the columns are", "yellow"),
    Upload.Stage.READ: ("Waiting for you", "yellow"),
    Upload.Stage.REFUSED: ("Cannot be used", "red"),
    Upload.Stage.ACCEPTING: ("Being stored", "blue"),
}


def uploads_to_settle(asker: Asker) -> Iterable[Section]:
    """Files to confirm, in hand, or refused; a refused one goes away when its school sends another."""
    later = Upload.objects.filter(school=OuterRef("school"), sent_at__gt=OuterRef("sent_at"))
    open_ones = Q(stage__in=_STATUS) & (~Q(stage=Upload.Stage.REFUSED) | ~Exists(later))
    found = Upload.objects.filter(open_ones, school__in=asker.schools).select_related("school", "sent_by__user")
    items = [_upload_item(upload) for upload in found]
    yield from section("uploads", "Register files", items, address("uploads"), "All uploads")


def _upload_item(upload: Upload) -> Item:
    status, colour = _STATUS[Upload.Stage(upload.stage)]
    sender = f" by {upload.sent_by.name}" if upload.sent_by else ""
    hint = f"{upload.school.name}, sent {upload.sent_at:%-d %B}{sender}"
    return Item(upload.file_name, address("upload_page", upload.pk), hint, status, colour)


def stale_schools(asker: Asker) -> Iterable[Section]:
    """Schools without data for more than five weekdays, the oldest first."""
    figures = asker.figures
    stale = [school for school in asker.schools if is_stale(_as_at(asker, school), asker.on)]
    stale.sort(key=lambda school: (school.pk in figures, str(_as_at(asker, school)), school.name))
    more = address("registers_behind") if asker.member.may(Permission.OVERVIEW_SEE) else ""
    yield from section("stale", "Registers out of date", (_stale_item(asker, s) for s in stale), more, "Who is behind")


def _as_at(asker: Asker, school: School) -> dt.date | None:
    return asker.figures[school.pk].as_at if school.pk in asker.figures else None


def _stale_item(asker: Asker, school: School) -> Item:
    figures = asker.figures.get(school.pk)
    uploads = asker.member.is_of_a_school
    href = address("upload_register" if uploads else "school_page", school.urn)
    if figures is None or figures.as_at is None:
        return Item(school.name, href, "No register has been sent yet.", "No data", "red")
    days = weekdays_since(figures.as_at, asker.on)
    hint = f"Last data {figures.as_at:%-d %B %Y}, {days} weekdays ago."
    return Item(school.name, href, hint, "Out of date", "yellow")
