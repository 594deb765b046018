"""That a child is missing education, as it is found, corrected and changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from attendance_portal.models import AuditEvent, Membership
from casework.actions import out_of_school
from casework.models import EducationEnquiry
from schools.models import Enrolment
from tests.casework.test_tracking import BEGUN, day
from tests.cast import ON, Cast, in_scope

SignedIn = Callable[[Membership], Client]


def test_what_was_found_is_changed_in_a_form_that_opens_with_it_and_a_later_day_only_as_a_correction(
    cast: Cast, signed_in: SignedIn
) -> None:
    officer = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=BEGUN - dt.timedelta(days=1))
        one = out_of_school.begin_enquiry(cast.pupil, why="Not seen.", begun_on=BEGUN, on=ON, by=cast.officer)
    page, address = (reverse(name, args=[one.pk]) for name in ("enquiry_page", "record_missing"))
    assert "is_correction" not in officer.get(address).content.decode()
    assert "Say that the child is missing education" in officer.get(page).content.decode()
    officer.post(address, {"primary_reason": "application", **day("found_missing_on", BEGUN)})
    assert "Correct or change what was found" in officer.get(page).content.decode()
    form = officer.get(address).content.decode()
    assert '<option value="application" selected' in form and 'value="10"' in form and "is_correction" in form
    for typed, taken in (
        (day("found_missing_on", ON), None),
        (day("found_missing_on", BEGUN), ("offered", BEGUN)),
        ({"is_correction": "on", **day("found_missing_on", ON)}, ("offered", ON)),
    ):
        shown = officer.post(address, {"primary_reason": "offered", **typed})
        assert shown.status_code == (302 if taken else 200)
        assert taken or "from 5 October 2026 already" in shown.content.decode()
        with in_scope(cast.eastshire):
            now = EducationEnquiry.objects.get()
        assert (now.primary_reason, now.found_missing_on) == (taken or ("application", BEGUN))
    with in_scope(cast.eastshire):
        moved = AuditEvent.objects.filter(what="record_missing").latest("pk").words
    assert f"It counts from {ON:%-d %B %Y}, no longer from 5 October 2026." in moved
