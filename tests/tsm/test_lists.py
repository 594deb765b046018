"""The list draws itself up: everyone whom the guidance names, once, in order, and an agenda that fits."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsm.lists import (
    ByHand,
    Group,
    ListedPupil,
    PupilFacts,
    draw_agenda,
    draw_up,
    group_of,
    percent,
    reasons,
)


def pupil(key: str, missed: int = 0, possible: int = 200, **more: Any) -> PupilFacts:
    """A pupil's facts with persistent and severe worked out as the national definition says."""
    facts = PupilFacts(
        pupil=key,
        name=f"Pupil {key}",
        year_group=8,
        possible=possible,
        attended=possible - missed,
        absent=missed,
        authorised=0,
        unauthorised=missed,
        band=None,
        persistent=possible > 0 and 10 * missed >= possible,
        severe=possible > 0 and 2 * missed >= possible,
    )
    return replace(facts, **more)


SUPPORT: dict[str, Any] = {"has_lead_practitioner": True, "has_plan": True}


@st.composite
def facts_of_a_school(draw: st.DrawFn) -> list[PupilFacts]:
    pupils = []
    for key in draw(st.lists(st.integers(0, 10_000), unique=True, max_size=25)):
        possible = draw(st.integers(0, 380))
        recent = draw(st.integers(0, min(possible, 60)))
        pupils.append(
            pupil(
                str(key),
                draw(st.integers(0, possible)),
                possible,
                recent_possible=recent,
                recent_missed=draw(st.integers(0, recent)),
                has_lead_practitioner=draw(st.booleans()),
                has_plan=draw(st.booleans()),
                at_another_meeting=draw(st.booleans()),
                barriers_out_of_school=draw(st.sampled_from([(), ("housing",), ("transport", "health")])),
                undone_actions=draw(st.integers(0, 3)),
                ten_week_unauthorised=draw(st.integers(0, 30)),
                newly_since_last_meeting=draw(st.booleans()),
                looked_after=draw(st.booleans()),
            )
        )
    return pupils


def keys(listed: Iterable[ListedPupil]) -> list[str]:
    return [each.pupil for each in listed]


# -- who is listed


@given(facts_of_a_school())
def test_everyone_the_guidance_names_is_listed_exactly_once(facts: list[PupilFacts]) -> None:
    named = {
        f.pupil
        for f in facts
        if f.possible
        and (
            Fraction(f.absent, f.possible) >= Fraction(1, 10)
            or (f.recent_possible and Fraction(f.recent_missed, f.recent_possible) >= Fraction(1, 10))
        )
    }
    listed = keys(draw_up(facts))
    assert set(listed) == named
    assert len(listed) == len(named)


@given(facts_of_a_school(), st.randoms(use_true_random=False))
def test_the_order_does_not_hang_on_how_the_facts_came(facts: list[PupilFacts], random: Random) -> None:
    shuffled = random.sample(facts, len(facts))
    assert draw_up(shuffled) == draw_up(facts)


@given(facts_of_a_school())
def test_groups_follow_one_another_and_positions_count_from_one(facts: list[PupilFacts]) -> None:
    listed = draw_up(facts)
    assert [each.group for each in listed] == sorted(each.group for each in listed)
    assert [each.position for each in listed] == list(range(1, len(listed) + 1))


def test_pupils_shown_with_the_same_percentage_may_stand_on_either_side() -> None:
    """Trap case T1: 260/289 and 253/281 both show 90.0%; only the first is persistently absent."""
    missed_29, missed_28 = pupil("a", 29, 289), pupil("b", 28, 281)
    assert percent(260, 289) == percent(253, 281) == "90.0%"
    assert keys(draw_up([missed_29, missed_28])) == ["a"]


def test_exactly_half_and_exactly_a_tenth_are_in() -> None:
    assert group_of(pupil("a", 100)) == Group.SEVERE
    assert group_of(pupil("b", 20)) == Group.PERSISTENT
    assert group_of(pupil("c", 19)) is None


def test_a_pupil_with_nothing_possible_is_not_listed() -> None:
    assert draw_up([pupil("a", 0, 0)]) == []


def test_at_risk_is_a_tenth_missed_of_the_last_six_school_weeks() -> None:
    at_risk = pupil("a", 10, recent_possible=60, recent_missed=6)
    assert [each.group for each in draw_up([at_risk])] == [Group.AT_RISK]
    assert draw_up([replace(at_risk, recent_missed=5)]) == []


def test_a_pupil_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="comes twice"):
        draw_up([pupil("a"), pupil("a")])


# -- in what order


def test_among_the_severely_absent_whoever_has_nobody_yet_comes_first() -> None:
    facts = [
        pupil("elsewhere", 190, at_another_meeting=True),
        pupil("supported", 190, **SUPPORT),
        pupil("lead only", 150, has_lead_practitioner=True),
        pupil("nobody", 110),
        pupil("nobody, housing", 101, barriers_out_of_school=("housing",)),
    ]
    assert keys(draw_up(facts)) == ["nobody, housing", "nobody", "lead only", "supported", "elsewhere"]


def test_among_the_persistently_absent_barriers_out_of_school_come_first() -> None:
    facts = [
        pupil("more", 80),
        pupil("housing", 30, barriers_out_of_school=("housing",), has_plan=True),
        pupil("less", 40),
    ]
    assert keys(draw_up(facts)) == ["housing", "more", "less"]


def test_support_whose_actions_are_undone_does_not_count_as_in_place() -> None:
    facts = [pupil("in place", 80, **SUPPORT), pupil("undone", 30, undone_actions=1, **SUPPORT)]
    assert keys(draw_up(facts)) == ["undone", "in place"]


def test_with_equal_need_whoever_has_missed_most_comes_first() -> None:
    facts = [
        pupil("new, half", 100, newly_since_last_meeting=True),
        pupil("undone, more", 120, undone_actions=1, has_plan=True),
        pupil("most, plan", 186, has_plan=True),
        pupil("most", 186),
    ]
    assert keys(draw_up(facts)) == ["most", "new, half", "most, plan", "undone, more"]


def test_one_week_of_absence_does_not_outrank_half_a_year() -> None:
    facts = [pupil("first fortnight", 10, 18), pupil("half the year", 110, 200)]
    assert keys(draw_up(facts)) == ["half the year", "first fortnight"]


# -- why, in sentences


def test_the_reasons_say_what_was_missed_and_who_helps() -> None:
    assert reasons(pupil("a", 112, 208)) == (
        "Has missed 112 of 208 sessions (53.8%), more than half: severely absent. No lead practitioner is recorded."
    )


def test_the_reasons_of_a_persistently_absent_pupil_with_much_behind() -> None:
    facts = pupil(
        "a",
        20,
        200,
        has_lead_practitioner=True,
        ill_sessions=15,
        ten_week_unauthorised=12,
        undone_actions=2,
        barriers_out_of_school=("housing", "transport"),
        newly_since_last_meeting=True,
        looked_after=True,
        ehc_plan=True,
        sen_support=True,
        at_another_meeting=True,
    )
    assert reasons(facts) == (
        "Has missed 20 of 200 sessions (10.0%), a tenth: newly persistently absent since the last meeting. "
        "Illness is 75.0% of the absence. 12 sessions were unauthorised within ten school weeks. "
        "A lead practitioner is in place, but no plan is recorded. "
        "Barriers out of school: housing and transport. 2 actions are undone from the last meeting. "
        "Is already discussed at another multi-agency meeting. Is looked after and has an EHC plan."
    )


def test_the_reasons_of_a_pupil_at_risk_next_term() -> None:
    assert reasons(pupil("a", 10, recent_possible=60, recent_missed=8)) == (
        "Has missed 10 of 200 sessions (5.0%) this year. In the last six school weeks has missed 8 of "
        "60 sessions (13.3%): at risk of persistent absence next term."
    )


def test_few_sessions_are_said_to_be_few() -> None:
    assert "Few sessions have been possible so far" in reasons(pupil("a", 1, 10))


@given(st.integers(1, 800), st.data())
def test_percentages_round_half_up_exactly(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    tenths = Fraction(1000 * part, whole) + Fraction(1, 2)
    assert percent(part, whole) == f"{int(tenths) // 10}.{int(tenths) % 10}%"


# -- the agenda


@settings(max_examples=200)
@given(facts_of_a_school(), st.integers(1, 120), st.integers(0, 30))
def test_the_agenda_never_exceeds_the_time_and_nobody_disappears(
    facts: list[PupilFacts], minutes: int, whole_school: int
) -> None:
    listed = draw_up(facts)
    agenda = draw_agenda(listed, minutes=minutes, minutes_for_whole_school=whole_school)
    assert agenda.minutes_used <= minutes
    on_agenda = [item.listed.pupil for item in agenda.items]
    assert sorted(on_agenda + [each.listed.pupil for each in agenda.kept]) == sorted(keys(listed))
    assert [item.listed.position for item in agenda.items] == sorted(item.listed.position for item in agenda.items)
    assert all(each.reason.endswith(".") for each in agenda.kept)


def test_the_rest_is_kept_with_the_reason() -> None:
    listed = draw_up([pupil(str(number), 110 + number) for number in range(8)])
    agenda = draw_agenda(listed, minutes=45)
    assert keys(item.listed for item in agenda.items) == ["7", "6", "5", "4", "3"]
    assert [item.starts_after for item in agenda.items] == [0, 6, 12, 18, 24]
    assert {each.reason for each in agenda.kept} == {"Kept for another time: the 45 minutes booked allow 5 pupils."}


def test_cases_at_another_meeting_or_with_support_come_only_if_time_is_left() -> None:
    facts = [
        pupil("elsewhere", 110, at_another_meeting=True),
        pupil("supported", 60, **SUPPORT),
        pupil("persistent", 30),
    ]
    short = draw_agenda(draw_up(facts), minutes=15)
    assert keys(item.listed for item in short.items) == ["persistent"]
    assert {each.listed.pupil: each.reason for each in short.kept} == {
        "elsewhere": "Kept for another time: already discussed at another multi-agency meeting.",
        "supported": "Kept for another time: support is already in place.",
    }
    long = draw_agenda(draw_up(facts), minutes=60)
    assert not long.kept


def test_the_whole_school_part_never_takes_more_than_is_booked() -> None:
    assert draw_agenda([], minutes=5).minutes_used == 5


def test_a_meeting_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one minute"):
        draw_agenda([], minutes=0)


# -- by hand


def test_a_pupil_added_by_hand_is_listed_and_given_a_place() -> None:
    facts = [pupil(str(number), 110 + number) for number in range(8)] + [pupil("asked for", 3)]
    listed = draw_up(facts, added=[ByHand("asked for", "A new baby at home.", by="Ann Lee")])
    assert listed[-1].group == Group.ASKED_FOR
    assert listed[-1].added_because == "A new baby at home."
    agenda = draw_agenda(listed, minutes=20)
    assert keys(item.listed for item in agenda.items) == ["7", "asked for"]


def test_a_pupil_dropped_by_hand_stays_in_sight_with_the_reason() -> None:
    facts = [pupil("a", 120), pupil("b", 110)]
    listed = draw_up(facts, dropped=[ByHand("a", "Moving school on Monday.")])
    assert keys(listed) == ["b", "a"]
    assert listed[-1].group == Group.SEVERE
    agenda = draw_agenda(listed, minutes=60)
    assert keys(item.listed for item in agenda.items) == ["b"]
    assert agenda.kept[0].reason == "Taken off this agenda: Moving school on Monday."
