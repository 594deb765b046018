"""Two people do something about who leads one case at one moment, each in a transaction of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django import Settings

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import actions, grants
from casework.models import Case, CaseInvitation
from schools.models import PupilAccess
from tests.cast import ON, Cast, in_scope, make_cast, make_member, open_to_the_cast

Act = Callable[[Any, Cast], object]


@dataclass
class Actor:
    """Somebody with a connection of their own: does what they do to the case they looked at before, then waits."""

    cast: Cast
    act: Act
    case: Any
    done: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    refused: str = ""
    broke: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        try:
            with in_scope(self.cast.eastshire):
                self.act(self.case, self.cast)
                self.done.set()
                self.go.wait(300)
        except Refused as refused:
            self.refused = refused.sentence
        except BaseException as error:  # told to the test, which a thread's own error would not fail
            self.broke.append(error)
        finally:
            self.done.set()
            connections.close_all()


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        here = "datname = current_database() AND wait_event_type = 'Lock'"
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")
        return bool(cursor.fetchone()[0])


def at_one_moment(
    cast: Cast, first: Act, second: Act, of: Any = Case, meanwhile: Callable[[], object] = lambda: None
) -> tuple[str, str]:
    """Both look at the one case (or `of`); the first has not committed when the second acts. Answers each refusal.

    meanwhile: what is done while the second waits for the first.
    """
    with in_scope(cast.eastshire):
        one, two = Actor(cast, first, of.objects.get()), Actor(cast, second, of.objects.get())
    threads = [threading.Thread(target=actor.run) for actor in (one, two)]
    threads[0].start()
    assert one.done.wait(120)
    two.go.set()
    threads[1].start()
    until = time.monotonic() + 120
    try:
        while not _waits_for_a_lock():
            assert time.monotonic() < until and not two.done.is_set(), "The second did not wait for the first."
            time.sleep(0.01)
        meanwhile()
    finally:
        one.go.set()
        for thread in threads:
            thread.join(120)
    assert not one.broke + two.broke
    return one.refused, two.refused


def leader(cast: Cast) -> Membership | None:
    """Who leads; and that everything else agrees with it: one lead, a holder, sight for those who work on it alone."""
    case = Case.objects.select_related("lead_practitioner", "proposed_lead").get()
    assert case.holder_id is not None
    assert not (case.lead_practitioner and case.lead_name)
    is_open = case.stage == Case.Stage.OPEN
    for reason, who in ((grants.LEADS, case.lead_practitioner), (grants.ASKED, case.proposed_lead)):
        sight = PupilAccess.objects.filter(until_on=None, reason=reason).values_list("membership", flat=True)
        assert list(sight) == ([who.pk] if who and is_open else []), reason
    if not is_open:
        assert case.proposed_lead is None
        assert not CaseInvitation.objects.standing().exists()
        assert not PupilAccess.objects.filter(until_on=None).exists()
    lead: Membership | None = case.lead_practitioner
    return lead


def accept(case: Case, cast: Cast) -> None:
    actions.accept_lead(case, on=ON, by=cast.practitioner)


def ask_the_school(case: Case, cast: Cast) -> None:
    actions.ask_to_lead(case, lead=cast.lead, on=ON, by=cast.officer)


def take_back(case: Case, cast: Cast) -> None:
    actions.take_back_asking(case, on=ON, by=cast.officer)


def name_another(case: Case, cast: Cast) -> None:
    actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)


def close(case: Case, cast: Cast) -> None:
    outcome = Case.Outcome.values[0]
    actions.close_case(case, outcome=outcome, reason="Back in school.", on=ON, by=cast.officer)


def invite_the_school(case: Case, cast: Cast) -> None:
    actions.invite(case, member=cast.lead, why="Knows Amy.", on=ON, by=cast.officer)


def give_to(name: str) -> Act:
    return lambda case, cast: actions.allocate_cases([case], holder=cast.members[name], on=ON, by=cast.team_leader)


@pytest.fixture
def cast(own_database: str, settings: Settings) -> Cast:
    """One case of Amy's, which the partner leads no longer than somebody else accepts, and is asked to lead."""
    open_to_the_cast(settings)
    cast = make_cast()
    with in_scope(cast.eastshire):
        before = make_member(cast.eastshire, "before@partner.example", "Bea Fox", "practitioner", "Family Support")
        case = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        actions.ask_to_lead(case, lead=before, on=ON, by=cast.officer)
        actions.accept_lead(case, on=ON, by=before)
        actions.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
    return cast


def test_of_two_acceptances_of_one_person_the_second_is_refused(cast: Cast) -> None:
    first, second = at_one_moment(cast, accept, accept)
    assert first == "" and "not asked" in second
    with in_scope(cast.eastshire):
        assert leader(cast) == cast.practitioner
        assert Case.objects.get().entries.filter(words="Priya Nash is the lead practitioner.").count() == 1


def test_two_people_asked_one_after_the_other_never_both_lead(cast: Cast) -> None:
    first, second = at_one_moment(cast, ask_the_school, accept)
    assert first == "" and "somebody else has been asked" in second
    with in_scope(cast.eastshire):
        assert leader(cast).name == "Bea Fox"
        actions.accept_lead(Case.objects.get(), on=ON, by=cast.lead)
        assert leader(cast) == cast.lead


@pytest.mark.parametrize(
    ("second", "refusal"),
    [(ask_the_school, ""), (take_back, "Nobody is asked"), (name_another, ""), (close, ""), (invite_the_school, "")],
    ids=["asked again", "taken back", "somebody without an account", "closed", "invited"],
)
def test_what_follows_an_acceptance_meets_the_new_lead(cast: Cast, second: Act, refusal: str) -> None:
    refused, then = at_one_moment(cast, accept, second)
    assert refused == "" and then.startswith(refusal) and bool(then) == bool(refusal)
    with in_scope(cast.eastshire):
        assert leader(cast) == (None if second is name_another else cast.practitioner)


@pytest.mark.parametrize(
    "first", [take_back, name_another, close], ids=["taken back", "somebody without an account", "closed"]
)
def test_who_accepts_too_late_is_refused_and_sees_nothing(cast: Cast, first: Act) -> None:
    refused, then = at_one_moment(cast, first, accept)
    assert refused == "" and "not asked" in then
    with in_scope(cast.eastshire):
        assert leader(cast) != cast.practitioner
        assert not Case.objects.visible_to(cast.practitioner).exists()


def test_two_team_leaders_who_give_one_case_away_leave_it_with_one_holder(cast: Cast) -> None:
    assert at_one_moment(cast, give_to("team_leader"), give_to("officer")) == ("", "")
    with in_scope(cast.eastshire):
        assert Case.objects.get().holder == cast.officer
        said = Case.objects.get().entries.filter(words__endswith="holds the case.").values_list("words", flat=True)
        assert list(said) == ["Tom Leigh holds the case.", "Olive Frost holds the case."]
