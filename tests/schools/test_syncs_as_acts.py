"""A sync among what changed a school's registers: one act to people, which can be undone and put back as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from attendance_portal.front.demo.wonde_school import WondeStudent
from attendance_portal.front.demo.wonde_server import Refusal
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.changes.acts import Act, acts_of
from schools.changes.undoing import undo_change, undoing_of
from schools.models import Enrolment, RegisterChange, SyncRun
from schools.register.changes import Changes, composed
from schools.register.codes import NUMBERS
from tests.cast import ON
from tests.schools.systems import AT, DAYS, LONG_AGO, Wonde, mark_of, registers_of
from tests.schools.test_school_page import words_of

EVERYTHING = " ".join(["/ \\"] * len(DAYS))
COUNT = 5 * 2 * len(DAYS)
SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def acts(wonde: Wonde) -> list[Act]:
    with authority_scope(wonde.cast.eastshire):
        return acts_of(wonde.cast.hill)


def undo(wonde: Wonde, act: Act) -> int:
    with authority_scope(wonde.cast.eastshire):
        told = sum(len(part.found.changes) for part in undoing_of(act))
        went = undo_change(wonde.cast.hill, act.key, reason="No", by=wonde.cast.lead, at=wonde.clock.at, on=ON)
    assert went == told, "what was said before is what was done"
    return went


def held(wonde: Wonde) -> set[str]:
    return set(registers_of(wonde.cast.eastshire, wonde.cast.hill).values())


def test_a_sync_of_several_months_reads_as_one_and_goes_back_as_one(wonde: Wonde, signed_in: SignedIn) -> None:
    wonde.work()
    [act] = acts(wonde)
    assert (len(act.rows), act.cells) == (2, COUNT)
    page = words_of(signed_in(wonde.cast.lead), "/schools/999001/changes/")
    assert page.count("Sync with the school's system") == 1 and "The school’s system 250" in page
    page = words_of(signed_in(wonde.cast.lead), f"/changes/{act.key}/")
    assert "New marks 250" in page and "Days 25" in page
    assert undo(wonde, act) == COUNT and held(wonde) == {""}
    assert undo(wonde, acts(wonde)[0]) == COUNT and held(wonde) == {EVERYTHING}


def test_a_sync_over_two_academic_years_reads_as_one(wonde: Wonde, signed_in: SignedIn) -> None:
    wonde.hill.days = days = [dt.date(2026, 7, 15), dt.date(2026, 9, 7)]
    wonde.hill.marks = np.zeros((5, 2 * len(days)), np.uint8)
    wonde.hill.ids, wonde.hill.changed = wonde.hill.ids[:, :4], wonde.hill.changed[:, :4]
    wonde.clock.at = dt.datetime(2026, 7, 16, 9, 0, tzinfo=dt.UTC)
    wonde.work()
    assert not acts(wonde)
    wonde.clock.at = dt.datetime(2026, 9, 8, 9, 0, tzinfo=dt.UTC)
    for column in (0, 2):
        wonde.hill.enter(0, column, NUMBERS["I"], wonde.clock.at)
    wonde.again()
    [act] = acts(wonde)
    assert sorted(row.year for row in act.rows) == [2025, 2026]
    page = words_of(signed_in(wonde.cast.lead), f"/changes/{act.key}/")
    assert "New marks 2" in page and "2025 to 2026" in page
    assert undo(wonde, act) == 2


def test_a_mark_that_changed_while_it_was_read_goes_back_to_what_stood_before_the_sync(wonde: Wonde) -> None:
    wonde.work()
    wonde.clock.at += dt.timedelta(days=1)
    last = 2 * len(DAYS) - 1
    wonde.hill.enter(0, last, NUMBERS["I"], wonde.clock.at)

    def correct_it_meanwhile(path: str, query: dict[str, str]) -> None:
        if path.endswith("session") and "updated_after" not in query:
            wonde.hill.marks[0, last] = NUMBERS["M"]

    wonde.server.before_answer = correct_it_meanwhile
    wonde.again()
    assert mark_of(wonde.cast, wonde.cast.pupil, DAYS[-1], 1) == "M"
    act = acts(wonde)[0]
    assert [row.cells for row in act.rows] == [1, 1]
    assert undo(wonde, act) == 2 and held(wonde) == {EVERYTHING}


def test_what_the_system_deleted_is_an_act_of_its_own(wonde: Wonde) -> None:
    wonde.work()
    wonde.clock.at += dt.timedelta(days=1)
    wonde.hill.enter(1, 0, NUMBERS["I"], wonde.clock.at)
    wonde.hill.delete_mark(0, 0, wonde.clock.at)
    wonde.again()
    deleted, stored, _ = acts(wonde)
    assert (deleted.first.why, deleted.cells, stored.cells) == ("Deleted in the school's own system.", 1, 1)
    undo(wonde, deleted)
    assert mark_of(wonde.cast, wonde.cast.pupil, DAYS[0], 0) == "/"


def test_a_sync_that_is_still_under_way_cannot_be_undone(wonde: Wonde) -> None:
    wonde.work()
    [act] = acts(wonde)
    with authority_scope(wonde.cast.eastshire):
        SyncRun.objects.update(state=SyncRun.State.UNDER_WAY)
        with pytest.raises(Refused, match="still under way"):
            undo_change(wonde.cast.hill, act.key, reason="No", by=wonde.cast.lead, at=wonde.clock.at, on=ON)


def test_a_sync_that_stopped_and_goes_on_the_next_day_is_another_act(wonde: Wonde) -> None:
    def stop_in_november(path: str, query: dict[str, str]) -> None:
        if query.get("attendance_date_after") == "2026-10-31":
            raise Refusal(401)

    wonde.server.before_answer = stop_in_november
    wonde.work()
    assert wonde.run().state == SyncRun.State.STOPPED
    [first] = acts(wonde)
    undo(wonde, first)
    wonde.server.before_answer = None
    wonde.set_token()
    wonde.clock.at += dt.timedelta(days=1)
    wonde.work()
    assert wonde.run().state == SyncRun.State.DONE
    second = acts(wonde)[0]
    assert second.stands and second.key != first.key and second.cells == COUNT - first.cells
    with authority_scope(wonde.cast.eastshire):
        assert set(RegisterChange.objects.exclude(sync=None).values_list("sync", flat=True)) == {wonde.run().pk}


def test_children_of_another_school_leave_with_the_sync_that_brought_them_however_often_it_ran_since(
    wonde: Wonde,
) -> None:
    """One has a mark and one none. Each night names both, and in the holidays nobody has a mark to be read again."""
    hill, born_on = wonde.hill, dt.date(2014, 3, 14)
    for number, upn in enumerate(("A207000016050", "P207000016049"), 9001):
        told = (f"A150000{number}", upn, str(number), "Zed", f"Z{number}", born_on, "7", None, None, LONG_AGO)
        hill.students.append(WondeStudent(*told))
    more = {"marks": 0 * hill.marks[:2], "ids": hill.ids[:2] + 900, "changed": hill.changed[:2]}
    for name, rows in more.items():
        setattr(hill, name, np.vstack([getattr(hill, name), rows]))
    hill.enter(5, 0, NUMBERS["I"], AT)

    def seen_after(weeks: int) -> list[str]:
        wonde.clock.at += dt.timedelta(weeks=weeks)
        wonde.again()
        return seen()

    def seen() -> list[str]:
        with authority_scope(wonde.cast.eastshire):
            held = Enrolment.objects.filter(pupil__surname="Zed").order_by("local_id")
            return list(held.values_list("local_id", flat=True))

    wonde.work()
    [first] = acts(wonde)
    assert [seen_after(1), seen_after(6)] == 2 * [["9001", "9002"]]
    undo(wonde, first)
    assert [seen(), seen_after(1)] == [[], []]
    hill.enter(5, 1, NUMBERS["I"], wonde.clock.at)
    assert seen_after(1) == ["9001"]
    undo(wonde, acts(wonde)[0])
    assert seen() == []


def test_changes_composed_have_each_cell_once_from_first_to_last() -> None:
    def changes(*cells: tuple[int, int, int, int]) -> Changes:
        columns = [np.array(column) for column in zip(*cells, strict=True)]
        return Changes(
            columns[0].astype(np.int64), columns[1].astype(np.uint16), *(c.astype(np.uint8) for c in columns[2:])
        )

    found = composed([changes((7, 4, 0, 1), (7, 5, 2, 3), (9, 4, 0, 2)), changes((7, 4, 1, 6), (7, 5, 3, 2))])
    parts = (found.ids, found.columns, found.before, found.after)
    assert sorted(zip(*(part.tolist() for part in parts), strict=True)) == [(7, 4, 0, 6), (9, 4, 0, 2)]
    assert len(composed([changes((1, 1, 0, 1)), changes((1, 1, 1, 0))])) == 0
