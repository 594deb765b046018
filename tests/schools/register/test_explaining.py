"""Which ways of counting lead from our percentage to theirs, worked by hand."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.register.explaining import Counts, agrees, explain, hundredths

WAYS = ("outside", "both", "missing")
CHILD = Counts(attended=30, possible=40, both=10, missing=5, outside_attended=2, outside_possible=10)


def test_hundredths_are_rounded_half_up_and_nothing_is_none() -> None:
    assert hundredths((1, 3)) == 3333 and hundredths((2, 3)) == 6667 and hundredths((1, 8)) == 1250
    assert hundredths((0, 0)) is None


def test_a_figure_agrees_with_the_decimals_it_was_shown_with() -> None:
    assert agrees(3333, (1, 3)) and agrees(3330, (1, 3)) and agrees(3300, (1, 3))
    assert not agrees(3334, (1, 3)) and not agrees(3340, (1, 3)) and not agrees(3400, (1, 3))
    assert not agrees(0, (0, 0))


def test_the_fewest_ways_that_lead_there_are_named_with_their_steps() -> None:
    assert explain(7500, CHILD.counted, WAYS) == explain(7500, CHILD.counted, ())
    both = explain(8000, CHILD.counted, WAYS)  # 40 of 50
    assert (both.ours, both.parts, both.remainder) == (7500, [("both", 500)], 0)
    two = explain(7270, CHILD.counted, WAYS)  # 40 of 55 is 72.73
    assert two.parts == [("both", 500), ("missing", -727)] and two.remainder == -3


def test_one_that_counts_from_the_day_of_a_takeover_is_explained_by_it() -> None:
    """Ours: 30 of 50; of them 20 of 40 at the school before, so theirs is 10 of 10."""
    child = Counts(attended=30, possible=50, before_attended=20, before_possible=40)
    found = explain(10_000, child.counted, (*WAYS, "before"))
    assert (found.ours, found.parts, found.remainder) == (6000, [("before", 4000)], 0)


def test_what_no_way_leads_to_is_left_as_not_explained() -> None:
    found = explain(9900, Counts(30, 40).counted, WAYS)
    assert (found.ours, found.parts, found.remainder) == (7500, [], 2400)
    assert explain(9900, Counts().counted, WAYS).ours is None


counts = st.builds(Counts, *[st.integers(0, 60)] * 6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(child=counts, theirs=st.integers(0, 10_000))
def test_ours_the_steps_and_what_is_left_add_up_to_theirs(child: Counts, theirs: int) -> None:
    found = explain(theirs, child.counted, WAYS)
    if found.ours is not None:
        assert found.ours + sum(step for _, step in found.parts) + found.remainder == theirs
        assert abs(found.remainder) <= max(abs(theirs - found.ours), 50)
