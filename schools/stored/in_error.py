"""Enrolments made in error by what was undone: taken off the roll, and brought back; both stand in their changes.

They are kept, since the records of changes name them; `Enrolment.objects` leaves them out, so that nobody meets them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import Enrolment, EnrolmentChange


def take_off(enrolment_ids: Collection[int], *, by: Membership | None, at: dt.datetime, why: str = "") -> None:
    """These were made in error: nothing that stands tells of them."""
    going = Enrolment.every.filter(pk__in=enrolment_ids, made_in_error_at=None)
    _note(going, is_in_error=True, by=by, at=at, why=why)
    going.update(made_in_error_at=at)


def bring_back(enrolment_ids: Collection[int], *, by: Membership | None, at: dt.datetime | None, why: str = "") -> None:
    """These are told of again. Raises Refused where a child has come onto the roll otherwise meanwhile."""
    if not enrolment_ids:
        return
    back = Enrolment.every.filter(pk__in=enrolment_ids, made_in_error_at__isnull=False)
    for one in back.filter(leaving_on=None):
        if Enrolment.objects.filter(pupil=one.pupil_id, school=one.school_id, leaving_on=None).exists():
            raise Refused(
                "A child of this change was put on the roll otherwise since, so it cannot be put back: send the file "
                "again, and its marks are stored where the child is now."
            )
    _note(back, is_in_error=False, by=by, at=at, why=why)
    back.update(made_in_error_at=None)


def told_without_marks(enrolment_ids: Collection[int]) -> None:
    """Something named these without a mark, which no undo can take back: they stay whatever is undone."""
    if enrolment_ids:
        Enrolment.every.filter(pk__in=enrolment_ids).update(made_by_act=None)


def brought_back_without_marks(enrolment_ids: Collection[int], act: uuid.UUID | None) -> None:
    """An act brought these back and wrote no mark of them: they go again with it, as those do whom it made."""
    if enrolment_ids:
        Enrolment.every.filter(pk__in=enrolment_ids).update(made_by_act=act)


def _note(
    rows: QuerySet[Enrolment], *, is_in_error: bool, by: Membership | None, at: dt.datetime | None, why: str
) -> None:
    when: dict[str, Any] = {"made_at": at} if at else {}
    EnrolmentChange.objects.bulk_create(
        [
            EnrolmentChange(
                enrolment=one, admission_before=one.admission_on, admission_after=one.admission_on,
                leaving_before=one.leaving_on, leaving_after=one.leaving_on, was_in_error=not is_in_error,
                is_in_error=is_in_error, why=why[:300], made_by=by, **when,
            )
            for one in rows
        ],
        batch_size=1000,
    )  # fmt: skip
