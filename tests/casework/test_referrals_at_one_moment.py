"""Two people answer one referral at one moment, or one accepts while another opens the child's case."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from casework import actions
from casework.actions import referrals as referring
from casework.models import Case, Referral
from tests.casework.test_directory import service
from tests.casework.test_leading_at_one_moment import Act, at_one_moment
from tests.cast import ON, Cast, in_scope, make_cast, open_to_the_cast


def accept(referral: Referral, cast: Cast) -> None:
    referring.accept_referral(referral, answer="", on=ON, by=cast.practitioner)


def accept_too(referral: Referral, cast: Cast) -> None:
    referring.accept_referral(referral, answer="", on=ON, by=cast.officer)


def decline(referral: Referral, cast: Cast) -> None:
    referring.decline_referral(referral, answer="Full.", on=ON, by=cast.officer)


def open_a_case(referral: Referral, cast: Cast) -> None:
    actions.open_case(referral.pupil, reason="Severely absent.", on=ON, by=cast.lead)


@pytest.fixture
def cast(own_database: str, settings: Settings) -> Cast:
    """Amy is referred to a service for which the partner, on duty, and the officer answer; she has no case."""
    open_to_the_cast(settings)
    cast = make_cast()
    with in_scope(cast.eastshire):
        homes = service(cast, "Warm Homes", cast.practitioner, cast.officer)
        referring.refer_child(cast.pupil, service=homes, reason="Two families.", on=ON, by=cast.lead)
    return cast


@pytest.mark.parametrize(
    ("later", "refusal"),
    [(accept_too, "answered or withdrawn already"), (decline, "answered or withdrawn already"),
     (open_a_case, "open case already")],
)  # fmt: skip
def test_what_comes_after_an_acceptance_is_refused_and_there_is_one_case(cast: Cast, later: Act, refusal: str) -> None:
    first, second = at_one_moment(cast, accept, later, Referral)
    assert first == "" and refusal in second
    with in_scope(cast.eastshire):
        assert Case.objects.get().holder == cast.practitioner
        assert Referral.objects.get().answered_by == cast.practitioner


def test_a_case_that_was_opened_meanwhile_is_the_one_that_is_accepted_into(cast: Cast) -> None:
    first, second = at_one_moment(cast, open_a_case, accept, Referral)
    assert (first, second) == ("", "")
    with in_scope(cast.eastshire):
        assert Referral.objects.get().case == Case.objects.get()
        assert Case.objects.get().holder == cast.lead
