"""Whatever files a school sends one after the other: each draft says what the marks say, and no absence is without."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schools.models import StatutoryReturn
from schools.register import returns as rules
from schools.register.marks import column_of, day_of, empty, look_up, number_of
from schools.returning.drafting import moves_for
from schools.returning.grounds import Ground
from tests.schools.files import school_days

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
YEAR, DAYS = 2026, school_days(dt.date(2026, 9, 7), 70)
SETTLED = (Stage.SENT, Stage.ACKNOWLEDGED, Stage.SET_ASIDE)

runs = st.tuples(st.sampled_from("/IIOO"), st.integers(1, 22))
files = st.lists(runs, min_size=2, max_size=9)
steps = st.lists(st.tuples(files, st.sampled_from([None, None, *SETTLED])), min_size=1, max_size=5)


def grounds_of(spells: Sequence[tuple[str, int]]) -> list[Ground]:
    """What is due by a register of these spells, one after the other from the first day; the rest is attended."""
    codes = "".join(code * days for code, days in spells)[: len(DAYS)].ljust(len(DAYS), "/")
    marks = empty(1)
    for day, code in zip(DAYS, codes, strict=True):
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
        put(held, one, ground)
    for one, _ in moves.withdraw:
        one.stage = Stage.WITHDRAWN
    return len(moves.draft) + len(moves.draft_again) + len(moves.refresh) + len(moves.withdraw)


def put(held: Sequence[StatutoryReturn], one: StatutoryReturn, ground: Ground) -> None:
    one.first_on, one.arose_on, one.stage = ground.first_on, ground.arose_on, Stage.DRAFT
    live = [(each.kind, each.first_on) for each in held if each.stage != Stage.WITHDRAWN]
    assert len(live) == len(set(live)), "the database would refuse it"


def is_answered(ground: Ground, held: Sequence[StatutoryReturn]) -> bool:
    """By a draft from its first day on, or a settled return of its episode or, of the year's total, made before."""
    of_kind = [one for one in held if one.kind == ground.kind]
    if any(one.stage == Stage.DRAFT and one.first_on == ground.first_on for one in of_kind):
        return True
    settled = [one for one in of_kind if one.stage in SETTLED]
    of_it = [one for one in settled if one.first_on <= ground.last_on and ground.first_on <= one.arose_on]
    return bool(of_it) or (ground.added_up and any(one.arose_on <= ground.arose_on for one in settled))


@given(steps)
def test_after_any_files_and_answers_every_draft_says_what_the_marks_say(
    sent: list[tuple[list[tuple[str, int]], str | None]],
) -> None:
    held: list[StatutoryReturn] = []
    for spells, answer in sent:
        settled = [(one, (one.stage, one.first_on, one.arose_on)) for one in held if one.stage in SETTLED]
        grounds = grounds_of(spells)
        follow(held, grounds)
        due = {(ground.kind, ground.first_on, ground.arose_on) for ground in grounds}
        drafts = [one for one in held if one.stage == Stage.DRAFT]
        assert {(one.kind, one.first_on, one.arose_on) for one in drafts} <= due
        assert all(is_answered(ground, held) for ground in grounds)
        assert all((one.stage, one.first_on, one.arose_on) == before for one, before in settled)
        assert follow(held, grounds) == 0, "a second night finds nothing to do"
        if answer and drafts:
            drafts[0].stage = answer
