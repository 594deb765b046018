"""Did it help, over the authority: worked by hand, small numbers hidden, who may look, and a county's worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.front.helped import KindLine, kind_lines
from attendance_portal.models import AuditEvent, Membership
from casework import tasks
from casework.helped import of_authority
from casework.helped.kinds import KINDS
from casework.helped.matching import Compared, Held, MatchRule, Stretches, compare
from casework.models import Case
from tests.casework.helped.scene import OPENED, set_scene
from tests.cast import ON, Cast, in_scope
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

ADDRESS = "/overview/did-it-help/"
ASKED = f"{ADDRESS}?over=4"


def compared(children: int) -> Compared:
    """So many children from 50% to 80%, and six alike from 50% to 60%."""
    supported, alike = [5] * 4 + [0] + [8] * 4, [5] * 4 + [0] + [6] * 4
    sessions = np.array([supported] * children + [alike] * 6, np.uint8)
    rows, weeks = np.arange(children), np.full(children, 4)
    begun = Stretches(rows, weeks, weeks)
    held = Held(sessions, np.full_like(sessions, 10), np.zeros(len(sessions), np.int64))
    return compare(held, begun, begun, MatchRule(before=4, after=4))


def line(children: int) -> KindLine:
    return kind_lines({kind.code: compared(children) for kind in KINDS})[0]


class TestSmallNumbers:
    def test_fewer_than_five_have_no_figures_and_no_count(self) -> None:
        few = line(4)
        assert few.counts[0] == "c" and not few.figures and not few.spread and few.chart() is None

    def test_from_five_there_are_figures_from_ten_how_far_they_lie_apart(self) -> None:
        assert line(5).figures["left"] == "+20.0 points" and not line(5).spread
        assert line(10).spread == ("+20.0 points",) * 3

    def test_fewer_than_twenty_come_with_a_warning(self) -> None:
        assert line(19).few and not line(20).few


@pytest.mark.django_db
class TestPage:
    def test_by_hand_six_children_from_half_to_all(
        self, cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Seven with Zoe: from 50% to 100%, six alike to 60%."""
        set_scene(cast, more=5)
        manager = signed_in(cast.manager)
        manager.get(ASKED)
        with django_assert_max_num_queries(34):
            page = words_of(manager, ASKED)
        assert "A case 7 0 0 0 50.0% to 100.0% 50.0% to 60.0% +40.0 points Fewer than 10: not shown" in page
        assert "A plan 0 0 0 0 Fewer than 5 children compared: not shown" in page
        assert "changed by +50.0 points on average" in page and "Fewer than 20 children are compared" in page
        assert "natural recovery" in page and "They had no open case" in page
        assert not [name for name in ("Amy", "Supported No", "Zoe") if name in page]
        text = manager.get(ASKED + "&format=csv").content.decode().removeprefix("\ufeff")
        row = next(csv.DictReader(io.StringIO(text)))
        assert (row["Support"], row["Children compared"], row["What is left, mean"]) == ("A case", "7", "40.0")
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.filter(what="export_overview").exists()

    def test_too_early_and_of_another_year_are_not_compared(self, cast: Cast, signed_in: SignedIn) -> None:
        set_scene(cast)
        manager = signed_in(cast.manager)
        assert "A case c 0 0 0" in words_of(manager, ASKED)
        assert "A case 0 0 0 0" in words_of(manager, f"{ASKED}&year_begun=2025")
        with in_scope(cast.eastshire):
            Case.objects.update(opened_on=ON)
        assert "A case 0 c 0 0" in words_of(manager, ASKED)

    def test_it_is_for_those_who_see_the_overview_and_of_their_own_authority(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        set_scene(cast, more=5)
        assert Client().get(ADDRESS).status_code == 302
        for member in (cast.lead, cast.practitioner, cast.legal):
            assert signed_in(member).get(ADDRESS).status_code == 403
        assert "A case 0 0 0 0" in words_of(signed_in(cast.stranger), ASKED)
        assert ADDRESS in signed_in(cast.manager).get("/overview/").content.decode()


@pytest.mark.django_db
class TestCounty:
    @pytest.fixture(autouse=True)
    def _few_are_many(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(of_authority, "AT_ONCE", 3)
        cache.clear()
        yield
        cache.clear()

    def test_a_worker_is_asked_once_and_what_it_found_is_shown_to_its_own_authority(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        set_scene(cast, more=5)
        manager = signed_in(cast.manager)
        assert "Comparing the children of the whole authority" in words_of(manager, ASKED)
        assert manager.get(ASKED + "&format=csv").status_code == 302
        with in_scope(cast.eastshire):
            assert not of_authority.want_compared(2026, 4, on=ON)
        tasks.work_out_compared(2026, 4, str(ON), authority_id=str(cast.eastshire.pk))
        assert "A case 7 0 0 0 50.0% to 100.0%" in words_of(manager, ASKED)
        assert OPENED < ON
        assert "A case 7" not in words_of(signed_in(cast.stranger), ASKED)
