"""What casework tells in a child's chronology beside the lines of a case: referrals, education in and out of school."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from attendance_portal.chronology import Happening, happenings
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import actions
from casework.actions.out_of_school import (
    add_enquiry_step,
    add_home_education_step,
    begin_enquiry,
    end_enquiry,
    end_home_education,
    record_home_education,
    record_missing,
    void_home_education,
)
from casework.actions.tracking import (
    put_off_end,
    record_health_plan,
    record_parents_agreement,
    record_part_time,
)
from casework.models import Referral, Service
from casework.termly_categories import MISSING_REASONS, label_of
from schools.models import Enrolment
from tests.cast import ON, Cast, in_scope

DAY = dt.timedelta(days=1)
SINCE_OCTOBER, MOVED = "Missing education since 21 October 2026.", label_of(MISSING_REASONS, "moved")
NAMES = [
    f"casework.chronology.{name}" for name in ("case_entries", "referrals", "timetables", "enquiries", "home_education")
]


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def told_to(cast: Cast, member: Membership) -> list[Happening]:
    return happenings(NAMES, [cast.pupil, cast.pupils[1]], member)[cast.pupil.pk]


def missing_education(cast: Cast) -> None:
    enquiry = begin_enquiry(cast.pupil, why="Not seen.", begun_on=ON - 9 * DAY, on=ON - 9 * DAY, by=cast.lead)
    asked = {"side": "school", "whom": "the aunt", "asked": "Where is she?", "answer": "In Kent."}
    add_enquiry_step(enquiry, **asked, asked_on=ON - 8 * DAY, on=ON - 7 * DAY, by=cast.lead)
    found = {"found_missing_on": ON - 6 * DAY, "missing_from_on": ON - 30 * DAY, "primary_reason": "moved"}
    Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON - 7 * DAY)
    record_missing(enquiry, **found, on=ON - 6 * DAY, by=cast.officer)
    end_enquiry(enquiry, outcome="place", ended_on=ON, outcome_words="At Vale.", on=ON, by=cast.officer)


@pytest.mark.usefixtures("in_eastshire")
class TestCaseworksPart:
    def test_an_enquiry_is_told_with_each_step_though_there_is_no_case(self, cast: Cast) -> None:
        missing_education(cast)
        assert [(one.on, one.title, one.words, one.by) for one in told_to(cast, cast.officer)] == [
            (ON - 9 * DAY, "Enquiry into the child’s education begun", "Not seen.", "Layla Hart"),
            (ON - 8 * DAY, "The school asked the aunt", "Where is she?\nAnswer: In Kent.", "Layla Hart"),
            (ON - 6 * DAY, "Found to be missing education", f"{SINCE_OCTOBER} {MOVED}.", "Olive Frost"),
            (ON, "Enquiry ended: Took up a school place", "At Vale.", "Olive Frost"),
        ]

    def test_what_an_open_case_repeats_is_told_once(self, cast: Cast) -> None:
        actions.open_case(cast.pupil, reason="Severely absent.", on=ON - 20 * DAY, by=cast.officer)
        missing_education(cast)
        told = told_to(cast, cast.officer)
        assert len([one for one in told if "Not seen." in one.words]) == 1
        assert [one.by for one in told if one.on == ON - 6 * DAY] == ["Olive Frost"]

    def test_a_timetable_and_a_health_plan_of_an_open_case_are_told_once_to_whoever_reads_the_record(
        self, cast: Cast
    ) -> None:
        actions.open_case(cast.pupil, reason="Severely absent.", on=ON - 20 * DAY, by=cast.officer)
        Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, admission_on=ON - 30 * DAY, year_group="7")
        record_part_time(
            cast.pupil, school=cast.hill, from_on=ON - 3 * DAY, until_on=ON + 9 * DAY, sessions_a_week=6,
            reason="Step by step.", on=ON, by=cast.lead,
        )  # fmt: skip
        record_health_plan(
            cast.pupil, provision="school", begun_on=ON - 2 * DAY, words="Work is sent home.", on=ON, by=cast.lead
        )
        for member in (cast.officer, cast.lead):
            told = [one.title for one in told_to(cast, member)][1:]
            assert told == ["Part-time timetable begins", "Health plan begins"], member.name
        told = [one.title for one in told_to(cast, cast.other_lead)][1:]
        assert sorted(told) == ["Health plan begins", "Part-time timetable"]  # of Hill's it has the case's line alone

    def test_a_second_finding_leaves_the_first_to_be_read(self, cast: Cast) -> None:
        enquiry = begin_enquiry(cast.pupil, why="Not seen.", begun_on=ON - 9 * DAY, on=ON - 9 * DAY, by=cast.lead)
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON - 8 * DAY)
        for days, by, is_correction in ((6, cast.officer, False), (2, cast.team_leader, True)):
            found = {"found_missing_on": ON - days * DAY, "missing_from_on": None, "primary_reason": "unknown"}
            record_missing(enquiry, **found, is_correction=is_correction, on=ON - days * DAY, by=by)
        told = [(one.on, one.by) for one in told_to(cast, cast.officer) if one.title.startswith("Found")]
        assert told == [(ON - 6 * DAY, "Olive Frost"), (ON - 2 * DAY, "Tom Leigh")]

    def test_referrals_timetables_health_plans_and_home_education(self, cast: Cast) -> None:
        service = Service.objects.create(name="Early help")
        Referral.objects.create(
            pupil=cast.pupil, service=service, reason="Money.", stage="declined", made_on=ON - 5 * DAY,
            made_by=cast.lead, answered_on=ON - 4 * DAY, answered_by=cast.team_leader, answer="Under 11 only.",
        )  # fmt: skip
        record_part_time(
            cast.pupil, school=cast.hill, from_on=ON - 3 * DAY, until_on=ON + 9 * DAY, sessions_a_week=6,
            reason="Illness.", agreed_with_parent_on=ON - 3 * DAY, on=ON, by=cast.lead,
        )  # fmt: skip
        record_health_plan(
            cast.pupil, provision="school", begun_on=ON - 2 * DAY, words="Work is sent home.", on=ON, by=cast.lead
        )
        home = record_home_education(
            cast.pupil, from_on=ON - DAY, primary_reason="other", school_before="secondary", on=ON, by=cast.officer
        )
        add_home_education_step(home, kind="visit", happened_on=ON, words="Met at home.", on=ON, by=cast.officer)
        told = [(one.title, one.by) for one in told_to(cast, cast.officer)]
        assert told == [
            ("Referred to Early help", "Layla Hart"),
            ("Referral to Early help: declined", "Tom Leigh"),
            ("Part-time timetable begins", "Layla Hart"),
            ("Health plan begins", "Layla Hart"),
            ("Educated at home from here on", "Olive Frost"),
            ("Visited, or met the family", "Olive Frost"),
        ]

    def test_nothing_of_home_education_that_never_was_is_told_as_a_fact(self, cast: Cast) -> None:
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        began = {"from_on": ON - 9 * DAY, "primary_reason": "other", "school_before": "secondary"}
        home = record_home_education(cast.pupil, **began, **by)
        add_home_education_step(home, kind="notice", happened_on=ON - 5 * DAY, **by)
        end_home_education(home, ended="unsuitable", ended_on=ON - 2 * DAY, ended_words="Nothing taught.", **by)
        void_home_education(home, why="Another Amy.", **by)
        assert [one.title for one in told_to(cast, cast.officer)] == [
            "Educated at home from here on (recorded in error)",
            "Notice under section 437(1) served (recorded in error)",
            "Home education ended: The education was found not to be suitable (recorded in error)",
            "Home education: recorded in error",
        ]

    def test_what_was_agreed_first_of_a_timetable_stands_beside_what_was_agreed_later(self, cast: Cast) -> None:
        first, later = ON + 9 * DAY, ON + 60 * DAY
        one = record_part_time(
            cast.pupil, school=cast.hill, from_on=ON - 3 * DAY, until_on=first, sessions_a_week=6, reason="Illness.",
            on=ON - 3 * DAY, by=cast.lead,
        )  # fmt: skip
        record_parents_agreement(one, agreed_with_parent_on=ON - 2 * DAY, on=ON - 2 * DAY, by=cast.lead)
        put_off_end(
            one, until_on=later, review_on=None, why="Mary asked for it.", agreed_with_parent_on=ON - DAY,
            on=ON, by=cast.officer,
        )  # fmt: skip
        with pytest.raises(Refused, match="recorded already"):
            record_parents_agreement(one, agreed_with_parent_on=ON, on=ON, by=cast.lead)
        begins, put_off = told_to(cast, cast.officer)
        assert one.parent_agreed_on == ON - DAY
        assert f"until {first:%-d %B %Y}. Illness. Agreed with a parent on {ON - 2 * DAY:%-d %B %Y}" in begins.words
        assert (put_off.on, put_off.by) == (ON, "Olive Frost")
        assert put_off.title == f"Part-time timetable goes on until {later:%-d %B %Y}"
        assert "Mary asked for it. Agreed with a parent" in put_off.words and f"{first:%-d %B %Y}" in put_off.words

    @pytest.mark.parametrize("name", ["office", "other_lead", "practitioner", "admin"])
    def test_nothing_of_it_is_there_for_who_may_not_see_the_case_or_the_child(self, cast: Cast, name: str) -> None:
        actions.open_case(cast.pupil, reason="Severely absent.", on=ON - 20 * DAY, by=cast.officer)
        missing_education(cast)
        Referral.objects.create(
            pupil=cast.pupil, service=Service.objects.create(name="Early help"), reason="Money.", made_on=ON,
            made_by=cast.lead,
        )  # fmt: skip
        assert told_to(cast, cast.members[name]) == []

    def test_every_part_is_among_the_settings(self) -> None:
        assert not set(NAMES) - set(settings.CHRONOLOGY)
