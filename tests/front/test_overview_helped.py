"""Did it help, over the authority: worked by hand, small numbers hidden, who may look, and a county's worker."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.front.helped import KindLine, file_rows, kind_lines
from attendance_portal.models import AuditEvent, Membership
from casework import tasks
from casework.helped import of_authority
from casework.helped.kinds import KINDS
from casework.helped.matching import Compared, Held, MatchRule, Stretches, compare
from casework.helped.words import SPANS
from casework.models import Case
from tests.casework.helped.scene import OPENED, set_scene
from tests.cast import ON, Cast, in_scope
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

ADDRESS = "/overview/did-it-help/"
ASKED = f"{ADDRESS}?over=4"
NONE = " Fewer than 5" * 3


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
        assert few.counts[0] == "Fewer than 5" and not few.figures and not few.spread and few.chart() is None

    def test_from_five_there_are_figures_from_ten_how_far_they_lie_apart(self) -> None:
        assert line(5).figures["left"] == "+20.0 points" and not line(5).spread
        assert line(10).spread == ("+20.0 points",) * 3

    def test_fewer_than_twenty_come_with_a_warning(self) -> None:
        assert line(19).few and not line(20).few


class TestSubtraction:
    """The same children asked over 4, 6, 8 and 12 weeks, on the page and in the file, and everything taken together."""

    @pytest.mark.parametrize("seed", range(12))
    def test_no_count_can_be_worked_out_from_all_that_is_shown(self, seed: int) -> None:
        shown = [line_of(counts) for counts in told_over_four_spans(np.random.default_rng(seed))]
        for row in possible_counts(shown):
            assert all(len(values) > 1 for values in row)

    def test_the_attack_finds_what_hiding_small_numbers_alone_left_open(self) -> None:
        """30 of 30 compared over four weeks; 27 and one hidden count over six: it is 3."""
        [_, six] = possible_counts([[(30, 30), (0, 0), (0, 0), (0, 0)], [(27, 27), (1, 4), (0, 0), (0, 0)]])
        assert six[1] == {3}


def told_over_four_spans(draw: np.random.Generator) -> list[tuple[int, ...]]:
    """Counts of one kind: as many children each time, more of them too early the longer; at the edges of the steps."""
    children = int(draw.integers(1, 8)) * 5 + int(draw.choice([0, 1, 3, 4]))
    early = sorted(int(draw.integers(0, children + 1)) for _ in SPANS)
    found = []
    for one in early:
        few = int(draw.integers(0, children - one + 1))
        unmatched = min(int(draw.choice([0, 1, 4, 5, 9])), children - one - few)
        found.append((children - one - few - unmatched, one, few, unmatched))
    return found


def line_of(counts: tuple[int, ...]) -> list[tuple[int, int]]:
    """What a reader learns of each count: the least and the most it can be, from the words and what is shown beside."""
    one = compared(max(counts[0], 1))
    rows = slice(0, counts[0])
    names = ("rows", "before", "after", "matched", "theirs_before", "theirs_after")
    one = replace(one, **{name: getattr(one, name)[rows] for name in names})
    one = replace(one, too_early=counts[1], too_few_sessions=counts[2], unmatched=counts[3])
    shown = kind_lines({kind.code: one for kind in KINDS})[0]
    [row, *_] = file_rows([shown], [])
    assert row[1:5] == list(shown.counts)
    first, *rest = (read(words) for words in shown.counts)
    beside = (0, 4) if not shown.figures else (5, 9) if not shown.spread else (10, 19) if shown.few else (20, 999)
    return [(max(first[0], beside[0]), min(first[1], beside[1])), *rest]


def read(words: str) -> tuple[int, int]:
    if words.startswith("Fewer than "):
        return 0, int(words.removeprefix("Fewer than ")) - 1
    least, _, most = words.partition(" to ")
    return int(least.replace(",", "")), int((most or least).replace(",", ""))


def possible_counts(spans: list[list[tuple[int, int]]]) -> list[list[set[int]]]:
    """By trying everything: what each count may be, when all spans are of the same children and nobody who was too
    early over fewer weeks is in time over more."""
    found: list[list[set[int]]] = [[set() for _ in row] for row in spans]
    totals = [range(sum(low for low, _ in row), sum(high for _, high in row) + 1) for row in spans]
    for total in range(max(one.start for one in totals), min(one.stop for one in totals)):
        rows = [_rows_of(row, total) for row in spans]
        lowest, kept = 0, []
        for row in rows:
            kept.append([one for one in row if one[1] >= lowest])
            lowest = min((one[1] for one in kept[-1]), default=total + 1)
        highest = total
        for at in reversed(range(len(spans))):
            kept[at] = [one for one in kept[at] if one[1] <= highest]
            highest = max((one[1] for one in kept[at]), default=-1)
        if all(kept):
            for at, row in enumerate(kept):
                for one in row:
                    for place, count in enumerate(one):
                        found[at][place].add(count)
    return found


def _rows_of(row: list[tuple[int, int]], total: int) -> list[tuple[int, ...]]:
    first, *others = (range(low, high + 1) for low, high in row)
    rows = itertools.product(*others)
    return [(total - sum(rest), *rest) for rest in rows if total - sum(rest) in first]


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
        assert f"A case 5 to 9{NONE} 50.0% to 100.0% 50.0% to 60.0% +40.0 points Fewer than 10: not shown" in page
        assert f"A plan Fewer than 5{NONE} Fewer than 5 children compared: not shown" in page
        assert "changed by +50.0 points on average" in page and "Fewer than 20 children are compared" in page
        assert "natural recovery" in page and "They had no open case" in page
        assert not [name for name in ("Amy", "Supported No", "Zoe") if name in page]
        text = manager.get(ASKED + "&format=csv").content.decode().removeprefix("\ufeff")
        row = next(csv.DictReader(io.StringIO(text)))
        assert (row["Support"], row["Children compared"], row["What is left, mean"]) == ("A case", "5 to 9", "40.0")
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.filter(what="export_overview").exists()

    def test_too_early_and_of_another_year_are_not_compared(self, cast: Cast, signed_in: SignedIn) -> None:
        set_scene(cast, more=5)
        manager = signed_in(cast.manager)
        assert f"A case Fewer than 5{NONE}" in words_of(manager, f"{ASKED}&year_begun=2025")
        with in_scope(cast.eastshire):
            Case.objects.update(opened_on=ON)
        assert "A case Fewer than 5 5 to 9 Fewer than 5" in words_of(manager, ASKED)

    def test_it_is_for_those_who_see_the_overview_and_of_their_own_authority(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        set_scene(cast, more=5)
        assert Client().get(ADDRESS).status_code == 302
        for member in (cast.lead, cast.practitioner, cast.legal):
            assert signed_in(member).get(ADDRESS).status_code == 403
        assert f"A case Fewer than 5{NONE}" in words_of(signed_in(cast.stranger), ASKED)
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
        assert f"A case 5 to 9{NONE} 50.0% to 100.0%" in words_of(manager, ASKED)
        assert OPENED < ON
        assert "A case 5 to 9" not in words_of(signed_in(cast.stranger), ASKED)
