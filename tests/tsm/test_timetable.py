"""Arranging, moving, cancelling, substitutes and what was not attended, each told to both sides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from icalendar import Calendar

from attendance_portal.days import Term
from attendance_portal.models import AuditEvent, Message
from attendance_portal.refusals import Refused
from schools.models import SchoolContact
from tests.cast import ON, Cast, in_scope
from tests.schools.calendars import make_term, make_year
from tests.schools.stored import store_autumn
from tests.tsm.meetings import AT, LONDON, STARTS, arranged, stand_at_hill
from tsm.actions import (
    arrange_again,
    begin_meeting,
    cancel_meeting,
    mark_not_attended,
    move_meeting,
    take_over_meeting,
)
from tsm.models import Meeting
from tsm.snapshot import terms_of
from tsm.timetable import State, due_in, state_of, timetable

LATER = STARTS + dt.timedelta(days=2)


@pytest.fixture(autouse=True)
def _in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def events() -> list[object]:
    """The calendar files of every message, oldest first."""
    return [Calendar.from_ical(message.calendar) for message in Message.objects.order_by("pk") if message.calendar]


class TestArranging:
    def test_both_sides_get_a_message_with_a_calendar_file(self, cast: Cast) -> None:
        meeting = arranged(cast)
        told = set(Message.objects.values_list("to_email", flat=True))
        assert told == {m.user.email for m in (cast.officer, cast.lead, cast.trust_lead)}
        calendar = events()[0]
        event = calendar.walk("VEVENT")[0]
        assert calendar["METHOD"] == "REQUEST"
        assert event["DTSTART"].dt == STARTS
        assert str(event["DTSTART"].dt.tzinfo) == "Europe/London"
        assert event["UID"].startswith(str(meeting.pk))
        assert "BEGIN:VTIMEZONE" in Message.objects.first().calendar

    def test_the_champion_of_the_school_is_told_as_well(self, cast: Cast) -> None:
        SchoolContact.objects.create(
            school=cast.hill, kind="champion", name="Cher Moss", email="head@hill-academy.example", from_on=ON
        )
        arranged(cast)
        assert Message.objects.filter(to_email="head@hill-academy.example").count() == 1

    def test_neither_message_nor_calendar_file_names_a_child(self, cast: Cast) -> None:
        stand_at_hill(cast)
        arranged(cast)
        for message in Message.objects.all():
            for pupil in cast.pupils:
                assert pupil.surname not in message.body + message.subject + message.calendar

    def test_it_falls_in_the_term_of_its_day(self, cast: Cast) -> None:
        meeting = arranged(cast, starts_at=dt.datetime(2027, 1, 12, 9, 0, tzinfo=LONDON))
        assert (meeting.year, meeting.term) == (2026, "spring")

    def test_it_leaves_one_audit_event_and_one_line_of_history(self, cast: Cast) -> None:
        meeting = arranged(cast)
        assert AuditEvent.objects.filter(what="arrange_meeting").count() == 1
        assert [entry.what for entry in meeting.entries.all()] == ["arrange_meeting"]

    def test_a_time_that_has_passed_is_refused(self, cast: Cast) -> None:
        with pytest.raises(Refused, match="still to come"):
            arranged(cast, starts_at=AT - dt.timedelta(hours=1))

    def test_a_second_click_does_not_arrange_it_twice(self, cast: Cast) -> None:
        arranged(cast)
        with pytest.raises(Refused, match="another meeting arranged at that time"):
            arranged(cast)

    def test_a_person_of_the_school_cannot_be_the_officer(self, cast: Cast) -> None:
        with pytest.raises(Refused, match="attendance officer"):
            arranged(cast, officer=cast.lead)


class TestChangingIt:
    def test_moving_sends_the_same_event_with_a_higher_sequence(self, cast: Cast) -> None:
        meeting = arranged(cast)
        move_meeting(meeting, starts_at=LATER, minutes=30, mode="in-person", place="Room 2", by=cast.officer, at=AT)
        first, last = events()[0].walk("VEVENT")[0], events()[-1].walk("VEVENT")[0]
        assert last["UID"] == first["UID"]
        assert (first["SEQUENCE"], last["SEQUENCE"]) == (0, 1)
        assert last["DTSTART"].dt == LATER
        assert last["LOCATION"] == "Room 2"

    def test_cancelling_takes_it_out_of_the_calendars(self, cast: Cast) -> None:
        meeting = arranged(cast)
        cancel_meeting(meeting, reason="The school is closed.", by=cast.officer, at=AT)
        assert meeting.stage == Meeting.Stage.CANCELLED
        assert events()[-1]["METHOD"] == "CANCEL"
        assert events()[-1].walk("VEVENT")[0]["SEQUENCE"] == 1

    def test_a_substitute_and_the_officer_before_are_both_told(self, cast: Cast) -> None:
        meeting = arranged(cast)
        Message.objects.all().delete()
        take_over_meeting(meeting, officer=cast.team_leader, by=cast.team_leader, at=AT)
        told = set(Message.objects.values_list("to_email", flat=True))
        assert {cast.officer.user.email, cast.team_leader.user.email, cast.lead.user.email} <= told
        assert Meeting.objects.get().officer == cast.team_leader

    def test_not_attended_only_after_its_time(self, cast: Cast) -> None:
        meeting = arranged(cast)
        with pytest.raises(Refused, match="has not come"):
            mark_not_attended(meeting, reason="Nobody came.", by=cast.officer, at=AT)
        mark_not_attended(meeting, reason="Nobody came.", by=cast.officer, at=LATER)
        assert meeting.stage == Meeting.Stage.NOT_ATTENDED

    def test_what_was_not_attended_is_arranged_again_once(self, cast: Cast) -> None:
        meeting = arranged(cast)
        mark_not_attended(meeting, reason="Nobody came.", by=cast.officer, at=STARTS + dt.timedelta(hours=1))
        again = {"starts_at": LATER, "minutes": 45, "mode": "online", "place": "", "officer": cast.officer}
        at = STARTS + dt.timedelta(hours=2)
        new = arrange_again(meeting, **again, by=cast.officer, at=at)
        assert new.replaces == meeting
        with pytest.raises(Refused, match="arranged again already"):
            arrange_again(meeting, **again, by=cast.officer, at=at)

    def test_nothing_moves_it_once_it_is_cancelled(self, cast: Cast) -> None:
        meeting = arranged(cast)
        stale = Meeting.objects.get()
        cancel_meeting(meeting, reason="Closed.", by=cast.officer, at=AT)
        with pytest.raises(Refused, match="cannot be changed"):
            move_meeting(stale, starts_at=LATER, minutes=30, mode="online", place="", by=cast.officer, at=AT)
        with pytest.raises(Refused, match="called off"):
            begin_meeting(stale, by=cast.officer, at=STARTS)


class TestWhereASchoolStands:
    @pytest.mark.parametrize(
        ("a_year", "by_term"),
        [(3, [1, 1, 1]), (1, [0, 0, 1]), (2, [0, 1, 1]), (6, [2, 2, 2]), (0, [0, 0, 0])],
    )
    def test_meetings_of_the_year_are_spread_over_its_terms(self, a_year: int, by_term: list[int]) -> None:
        assert [due_in(a_year, term) for term in Term] == by_term

    @pytest.mark.parametrize(
        ("on", "state"),
        [
            (dt.date(2026, 9, 1), State.DUE),
            (dt.date(2026, 12, 17), State.DUE),
            (dt.date(2026, 12, 18), State.OVERDUE),
            (dt.date(2027, 1, 5), State.OVERDUE),
        ],
    )
    def test_overdue_with_fewer_than_14_days_of_the_term_left(self, on: dt.date, state: State) -> None:
        ends_on = dt.date(2026, 12, 31)
        assert state_of([], meetings_a_year=3, term=Term.AUTUMN, ends_on=ends_on, on=on) == state

    def test_arranged_then_unrecorded_then_met(self, cast: Cast) -> None:
        meeting = arranged(cast)
        rule = {"meetings_a_year": 3, "term": Term.AUTUMN, "ends_on": dt.date(2026, 12, 31)}
        assert state_of([meeting], **rule, on=ON) == State.ARRANGED
        assert state_of([meeting], **rule, on=dt.date(2026, 12, 20)) == State.UNRECORDED
        begin_meeting(meeting, by=cast.officer, at=STARTS)
        assert state_of([meeting], **rule, on=dt.date(2027, 2, 1)) == State.MET

    def test_it_goes_by_the_terms_that_were_entered_and_a_school_by_its_own(self, cast: Cast) -> None:
        """Term ends on 18 December; at Vale on 4 December, so its meeting is late two weeks before that."""
        make_year()
        make_term("autumn", (dt.date(2026, 9, 2), dt.date(2026, 12, 4)), school=cast.vale)
        for on, states in (
            (dt.date(2026, 11, 20), [State.DUE, State.DUE]),
            (dt.date(2026, 11, 21), [State.DUE, State.OVERDUE]),
            (dt.date(2026, 12, 4), [State.DUE, State.OVERDUE]),
            (dt.date(2026, 12, 5), [State.OVERDUE, State.OVERDUE]),
        ):
            assert [row.state for row in timetable([cast.hill, cast.vale], on=on)] == states, on

    def test_a_meeting_of_the_days_before_a_term_begins_is_the_term_s_before(self, cast: Cast) -> None:
        """Spring ends on 25 March and summer begins on 12 April 2027; by the census Easter parts them, 28 March."""
        make_term("spring", (dt.date(2027, 1, 4), dt.date(2027, 3, 25)))
        make_term("summer", (dt.date(2027, 4, 12), dt.date(2027, 7, 21)))
        in_holidays = arranged(cast, starts_at=dt.datetime(2027, 4, 8, 9, 0, tzinfo=LONDON))
        assert (in_holidays.year, in_holidays.term) == (2026, "spring")
        when = dt.datetime(2027, 4, 13, 9, 0, tzinfo=LONDON)
        move_meeting(in_holidays, starts_at=when, minutes=30, mode="online", place="x", by=cast.officer, at=AT)
        assert Meeting.objects.get().term == "summer"

    def test_figures_frozen_with_a_meeting_are_those_of_the_terms_that_were_entered(self, cast: Cast) -> None:
        """By the census the week of 7 September is in autumn; this school's spring was entered to begin on the 14th."""
        store_autumn(cast)
        make_term("autumn", (dt.date(2026, 9, 1), dt.date(2026, 9, 11)))
        make_term("spring", (dt.date(2026, 9, 14), dt.date(2026, 12, 18)))
        autumn, spring = terms_of(cast.hill, ON)
        assert (autumn["possible"], spring["possible"]) == (5 * 10, 5 * 30)

    def test_the_timetable_takes_three_queries_however_many_schools(
        self, cast: Cast, django_assert_num_queries: object
    ) -> None:
        stand_at_hill(cast)
        arranged(cast)
        with django_assert_num_queries(3):
            rows = timetable([cast.hill, cast.vale], on=ON)
        hill, vale = rows
        assert (hill.state, vale.state) == (State.ARRANGED, State.DUE)
        assert (hill.severe, hill.persistent, hill.as_at) == (1, 3, ON)
        assert hill.missed_last_term
