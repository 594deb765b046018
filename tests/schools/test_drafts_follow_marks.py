"""Whatever files a school sends one after the other: each draft says what the marks say, and no absence is without."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools import banding
from schools.models import Enrolment, StatutoryReturn
from schools.register import returns as rules
from schools.register.marks import column_of, day_of, empty, look_up, number_of
from schools.returning import drafting, returns
from schools.returning.drafting import moves_for
from schools.returning.grounds import Ground
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT
from tests.schools.test_drafting import DAYS, held, send

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
YEAR, YEAR_DAYS = 2026, school_days(dt.date(2026, 9, 7), 70)
SETTLED = (Stage.SENT, Stage.ACKNOWLEDGED, Stage.SET_ASIDE)

runs = st.tuples(st.sampled_from("/IIOO"), st.integers(1, 22))
files = st.lists(runs, min_size=2, max_size=9)
BY_HAND = "by hand"  # begun by hand from that day, and set aside: it stands for no marks
steps = st.lists(st.tuples(files, st.sampled_from([None, None, *SETTLED, BY_HAND])), min_size=1, max_size=5)


def grounds_of(spells: Sequence[tuple[str, int]]) -> list[Ground]:
    """What is due by a register of these spells, one after the other from the first day; the rest is attended."""
    codes = "".join(code * days for code, days in spells)[: len(YEAR_DAYS)].ljust(len(YEAR_DAYS), "/")
    marks = empty(1)
    for day, code in zip(YEAR_DAYS, codes, strict=True):
        marks[0, [column_of(day, 0), column_of(day, 1)]] = number_of(code)
    flags, none = look_up(marks, YEAR, "flags"), np.zeros(1, np.int32)
    found = {
        Kind.ATTENDANCE: rules.attendance_episodes(flags, rules.Tails(none, none)),
        Kind.SICKNESS: rules.sickness_episodes(flags),
    }
    return [
        Ground(
            kind=kind, enrolment=1, school=1, pupil=uuid.UUID(int=1), year=YEAR, first_on=day_of(YEAR, int(first)),
            arose_on=day_of(YEAR, int(reached)), last_on=day_of(YEAR, int(last)), added_up=bool(added_up),
        )
        for kind, one in found.items()
        for first, reached, last, added_up in zip(one.first, one.reached, one.last, one.added_up, strict=True)
    ]  # fmt: skip


def follow(held: list[StatutoryReturn], grounds: Sequence[Ground]) -> int:
    """Do to the returns what is to be done, in the order in which it is written down. Returns how much that was."""
    moves = moves_for(grounds, held)
    for ground in moves.draft:
        made = {"authority_id": uuid.UUID(int=2), "enrolment_id": 1, "kind": ground.kind}
        held.append(StatutoryReturn(**made, first_on=ground.first_on))
        put(held, held[-1], ground)
    for one, ground in [*moves.draft_again, *moves.refresh]:
        one.is_by_hand = False
        put(held, one, ground)
    for one, _ in moves.withdraw:
        one.stage = Stage.WITHDRAWN
    return len(moves.draft) + len(moves.draft_again) + len(moves.refresh) + len(moves.withdraw)


def put(held: Sequence[StatutoryReturn], one: StatutoryReturn, ground: Ground) -> None:
    one.first_on, one.arose_on, one.stage = ground.first_on, ground.arose_on, Stage.DRAFT
    one.facts = {"added_up": ground.added_up}
    live = [(each.kind, each.first_on) for each in held if each.stage != Stage.WITHDRAWN]
    assert len(live) == len(set(live)), "the database would refuse it"


def is_settled(one: StatutoryReturn) -> bool:
    return one.stage in SETTLED and not one.is_by_hand


def is_answered(ground: Ground, held: Sequence[StatutoryReturn]) -> bool:
    """By a draft from its first day on, or a settled return of its episode or, of the year's total, made before.

    What was set aside was not made: it answers the year's total where it was due by that itself.
    """
    of_kind = [one for one in held if one.kind == ground.kind]
    if any(one.stage == Stage.DRAFT and one.first_on == ground.first_on for one in of_kind):
        return True
    settled = [one for one in of_kind if is_settled(one)]
    of_total = [one for one in settled if one.stage != Stage.SET_ASIDE or one.facts["added_up"]]
    of_it = [one for one in settled if one.first_on <= ground.last_on and ground.first_on <= one.arose_on]
    return bool(of_it) or (ground.added_up and any(one.arose_on <= ground.arose_on for one in of_total))


@given(steps)
def test_after_any_files_and_answers_every_draft_says_what_the_marks_say(
    sent: list[tuple[list[tuple[str, int]], str | None]],
) -> None:
    held: list[StatutoryReturn] = []
    for spells, answer in sent:
        settled = [(one, (one.stage, one.first_on, one.arose_on)) for one in held if is_settled(one)]
        grounds = grounds_of(spells)
        follow(held, grounds)
        due = {(ground.kind, ground.first_on, ground.arose_on) for ground in grounds}
        drafts = [one for one in held if one.stage == Stage.DRAFT]
        assert {(one.kind, one.first_on, one.arose_on) for one in drafts} <= due
        assert all(is_answered(ground, held) for ground in grounds)
        assert all((one.stage, one.first_on, one.arose_on) == before for one, before in settled)
        assert follow(held, grounds) == 0, "a second night finds nothing to do"
        if answer and drafts:
            drafts[0].is_by_hand = answer == BY_HAND
            drafts[0].stage = Stage.SET_ASIDE if answer == BY_HAND else answer


@pytest.mark.django_db
def test_sickness_that_reaches_back_to_a_withdrawn_return_is_due_from_its_true_day(cast: Cast) -> None:
    """Days 8 to 22 were ill, then not; 25 to 39 are; then all from 8 on: due on day 22, not on day 39."""
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 8, 15, "II"))
        send(cast)
        send(cast, (cast.pupil, 25, 15, "II"))
        assert [(one.first_on, one.stage) for one in held()] == [(DAYS[8], Stage.WITHDRAWN), (DAYS[25], Stage.DRAFT)]
        send(cast, (cast.pupil, 8, 32, "II"))
        [one] = StatutoryReturn.objects.to_make()
        assert (one.first_on, one.arose_on) == (DAYS[8], DAYS[22])
        assert one.deadline_on == DAYS[22] + dt.timedelta(days=5) and len(one.facts["marks"]) == 30


@pytest.mark.django_db
def test_a_total_that_is_reached_elsewhere_in_the_year_takes_its_draft_along(cast: Cast) -> None:
    """Eight days and seven: due on day 18. One file says that the seven were others: due on day 36."""
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 2, 8, "II"), (cast.pupil, 12, 7, "II"))
        assert [(one.first_on, one.arose_on) for one in held()] == [(DAYS[12], DAYS[18])]
        send(cast, (cast.pupil, 2, 8, "II"), (cast.pupil, 30, 7, "II"))
        [one] = held()
        assert (one.stage, one.first_on, one.arose_on) == (Stage.DRAFT, DAYS[30], DAYS[36])
        assert one.deadline_on == DAYS[36] + dt.timedelta(days=5)


@pytest.mark.django_db
def test_a_draft_that_covers_two_episodes_after_a_correction_leaves_neither_without(cast: Cast) -> None:
    """Eight days and seven add up on day 26; then 3 to 21 and 23 to 40 were ill: each is a period of its own."""
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 0, 8, "II"), (cast.pupil, 20, 7, "II"))
        send(cast, (cast.pupil, 3, 19, "II"), (cast.pupil, 23, 18, "II"))
        assert [(one.first_on, one.arose_on) for one in held()] == [(DAYS[3], DAYS[17]), (DAYS[23], DAYS[37])]


@pytest.mark.django_db
def test_a_draft_rests_on_the_codes_of_today_and_what_was_sent_on_those_of_its_day(cast: Cast) -> None:
    """Ten days of O, of which two prove to be a holiday (G): the same days, and other evidence."""
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"), (cast.pupils[1], 3, 10, "OO"))
        sent = StatutoryReturn.objects.get(pupil=cast.pupils[1])
        returns.send_return(sent, confirmed={"address": "1 Hill Road"}, by=cast.lead, at=AT)
        gone = [(pupil, *spell) for pupil in cast.pupils[:2] for spell in ((3, 10, "OO"), (5, 2, "GG"))]
        send(cast, *gone)
        send(cast, *gone)
        draft = StatutoryReturn.objects.to_make().get()
        codes = [
            "".join(code for _, _, code in one.facts["marks"])
            for one in (draft, StatutoryReturn.objects.arrived().get())
        ]
        assert codes == ["O" * 4 + "G" * 4 + "O" * 12, "O" * 20]
        assert (draft.first_on, draft.arose_on) == (DAYS[3], DAYS[12])
        told = list(draft.steps.filter(what="refresh_draft").values_list("words", flat=True))
        assert len(told) == 1 and f"{DAYS[5]:%-d %B} morning O is now G" in told[0]


@pytest.mark.django_db
def test_a_sickness_return_can_be_begun_by_hand_where_an_earlier_draft_was_withdrawn(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 20, 15, "II"))
        send(cast, (cast.pupil, 20, 3, "II"))
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        write = {"reason": "An operation", "by": cast.lead, "at": AT, "on": ON}
        one = returns.begin_return(enrolment, kind=Kind.SICKNESS, **write)
        assert one.first_on == DAYS[20] and [each.stage for each in held()].count(Stage.WITHDRAWN) == 1


@pytest.mark.django_db
def test_what_a_person_sent_while_the_night_looked_at_it_is_neither_withdrawn_nor_moved(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        [as_read], [one] = held(), held()
        returns.send_return(one, confirmed={"address": "1 Hill Road"}, by=cast.lead, at=AT)
        assert drafting._put(as_read, {"stage": Stage.WITHDRAWN}, "withdraw_draft", "Gone") == []
        one.refresh_from_db()
        assert one.stage == Stage.SENT


@pytest.mark.django_db
def test_what_was_begun_by_hand_and_set_aside_stands_for_no_marks(cast: Cast) -> None:
    """Nobody was told of them. Where the marks begin with it, it is that return: a day has one."""
    with in_scope(cast.eastshire):
        days = DAYS[:8]
        send(cast, (cast.pupil, 2, 5, "II"), (cast.pupils[1], 2, 5, "II"), days=days)
        for pupil in cast.pupils[:2]:
            enrolment = Enrolment.objects.get(pupil=pupil)
            begin = {"kind": Kind.SICKNESS, "reason": "An operation", "by": cast.lead, "at": AT, "on": days[7]}
            one = returns.begin_return(enrolment, **begin)
            returns.set_aside_return(one, reason="Back at school", by=cast.lead, at=AT)
        send(cast, (cast.pupil, 2, 5, "II"), (cast.pupil, 20, 10, "II"), (cast.pupils[1], 2, 15, "II"))
        found = [(one.pupil_id, one.first_on, one.stage, one.is_by_hand) for one in held()]
        assert sorted(found, key=lambda each: each[1:3]) == [
            (cast.pupils[1].pk, DAYS[2], Stage.DRAFT, False),
            (cast.pupil.pk, DAYS[2], Stage.SET_ASIDE, True),
            (cast.pupil.pk, DAYS[20], Stage.DRAFT, False),
        ]
        hers = StatutoryReturn.objects.get(pupil=cast.pupils[1])
        returns.set_aside_return(hers, reason="Sent on paper", by=cast.lead, at=AT)
        banding.band_schools([cast.hill.pk], on=ON)
        hers.refresh_from_db()
        assert hers.stage == Stage.SET_ASIDE
