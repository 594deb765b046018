"""What is written before a deletion to the social worker and to the virtual school: to each what they can follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import Membership, Message, User
from schools.children.restrictions import restrict_record
from schools.models import Circumstance, Pupil, School, StatutoryReturn
from schools.returning import returns
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import AT
from tests.schools.test_returns import leaving, now, words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def test_no_letter_says_that_the_virtual_school_was_told_where_nobody_was(cast: Cast, signed_in: SignedIn) -> None:
    one, lead = leaving(cast), signed_in(cast.lead)
    with in_scope(cast.eastshire):
        Circumstance.objects.update(social_worker="Wendy Hale", social_worker_email="wendy@social-care.example")
        assert [person.opens for person in returns.contacts(one, on=ON)] == [False, True]
    page = words_of(lead, f"/returns/{one.pk}/tell/")
    assert "With a link to this return: Vic Stone." in page
    assert "Without one, to ask the school which child it is: Wendy Hale." in page
    User.objects.filter(pk=cast.virtual_school.user_id).update(is_active=False)
    assert "With a link" not in words_of(lead, f"/returns/{one.pk}/tell/")
    lead.post(f"/returns/{one.pk}/tell/", {"otherwise": ""})
    with in_scope(cast.eastshire):
        letter = Message.objects.get()
    assert letter.to_email == "wendy@social-care.example" and "virtual school" not in letter.body
    assert now(cast, one).told_whom == "Wendy Hale"


def test_who_of_the_virtual_school_may_not_open_the_child_is_sent_to_the_school(cast: Cast) -> None:
    """A restricted child is opened by who holds a grant; a child with no social worker is not of the cohort."""
    one = leaving(cast)
    with in_scope(cast.eastshire):
        School.objects.filter(pk=cast.hill.pk).update(telephone="01632 960077")
        restrict_record(
            cast.pupil, kind="domestic-abuse", reason="So", holders=[cast.team_leader, cast.lead],
            by=cast.team_leader, on=ON,
        )  # fmt: skip
        returns.tell_contact(StatutoryReturn.objects.get(pk=one.pk), otherwise="", by=cast.lead, at=AT)
        letter = Message.objects.get(subject__startswith="A child with a social worker")
        assert letter.to_email == "virtual-school@eastshire.example"
        assert "/returns/" not in letter.body and "01632 960077" in letter.body and "Abbott" not in letter.body
        assert "told as well" not in letter.body
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=False)
        assert returns.contacts(one, on=ON)[0].opens
        Circumstance.objects.update(until_on=ON - dt.timedelta(days=1))
        assert not returns.contacts(one, on=ON)[0].opens
