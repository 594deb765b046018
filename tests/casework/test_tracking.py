"""Part-time timetables, health plans, enquiries and home education: recorded, ended, listed, and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions as case_actions
from casework import chronology
from casework.actions import out_of_school, tracking
from casework.chronology import timetables
from casework.forms.out_of_school import HomeEducationForm
from casework.models import CaseEntry, EducationEnquiry, HealthPlan, HomeEducation, PartTimeTimetable
from schools.models import Enrolment, SchoolMembership
from tests.cast import ON, Cast, in_scope
from tests.schools.takeovers import take_over

SignedIn = Callable[[Membership], Client]
BEGUN = dt.date(2026, 10, 5)
LISTS = ("part_time_timetables", "health_plans", "enquiries", "home_educated")


def day(name: str, on: dt.date) -> dict[str, str]:
    """A date as its three boxes send it."""
    return {f"{name}_day": str(on.day), f"{name}_month": str(on.month), f"{name}_year": str(on.year)}


@pytest.fixture
def tracked(cast: Cast) -> dict[str, Any]:
    """Amy with one of each; she has left every roll since."""
    by: dict[str, Any] = {"on": ON, "by": cast.officer}
    with in_scope(cast.eastshire):
        case_actions.open_case(cast.pupil, reason="Away.", **by)
        made = {
            "part_time": tracking.record_part_time(
                cast.pupil, school=cast.hill, from_on=BEGUN, until_on=dt.date(2026, 11, 6), sessions_a_week=6,
                reason="Step by step.", **by,
            ),
            "health": tracking.record_health_plan(
                cast.pupil, provision="school", begun_on=BEGUN, words="Lessons by video.", **by
            ),
            "enquiry": out_of_school.begin_enquiry(cast.pupil, why="Not seen.", begun_on=BEGUN, **by),
            "home": out_of_school.record_home_education(
                cast.pupil, from_on=BEGUN, primary_reason="lifestyle", school_before="academy", **by
            ),
        }  # fmt: skip
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=dt.date(2026, 11, 13))
    return made


class TestActs:
    def test_each_is_written_into_the_open_case_and_the_trail(self, cast: Cast, tracked: dict[str, Any]) -> None:
        with in_scope(cast.eastshire):
            sources = set(CaseEntry.objects.exclude(source="").values_list("source", flat=True))
            assert sources == {"Part-time timetable", "Health plan", "Missing education", "Home education"}
            for what in ("record_part_time", "record_health_plan", "begin_enquiry", "record_home_education"):
                assert AuditEvent.objects.get(what=what).pupil_ids == [cast.pupil.pk]

    def test_there_is_one_of_each_at_a_time(self, cast: Cast, tracked: dict[str, Any]) -> None:
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="at this school already"):
                tracking.record_part_time(
                    cast.pupil, school=cast.hill, from_on=ON, until_on=ON, sessions_a_week=5, reason="So", **by
                )
            with pytest.raises(Refused, match="health plan already"):
                tracking.record_health_plan(cast.pupil, provision="school", begun_on=ON, words="So", **by)
            with pytest.raises(Refused, match="open already"):
                out_of_school.begin_enquiry(cast.pupil, why="So", begun_on=ON, **by)
            with pytest.raises(Refused, match="at home already"):
                out_of_school.record_home_education(
                    cast.pupil, from_on=ON, primary_reason="lifestyle", school_before="none", **by
                )

    def test_what_has_ended_takes_nothing_more(self, cast: Cast, tracked: dict[str, Any]) -> None:
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        one = tracked["enquiry"]
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="before it began"):
                out_of_school.end_enquiry(
                    one, outcome="place", ended_on=BEGUN - dt.timedelta(days=1), outcome_words="", **by
                )
            out_of_school.end_enquiry(one, outcome="place", ended_on=ON, outcome_words="Fen School.", **by)
            with pytest.raises(Refused, match="ended already"):
                out_of_school.end_enquiry(one, outcome="place", ended_on=ON, outcome_words="", **by)
            with pytest.raises(Refused, match="ended already"):
                out_of_school.add_enquiry_step(one, side="school", whom="Aunt", asked="Where?", asked_on=ON, **by)
            with pytest.raises(Refused, match="ended already"):
                out_of_school.record_missing(
                    one, found_missing_on=ON, missing_from_on=None, primary_reason="unknown", **by
                )

    def test_nobody_is_missing_education_who_is_on_a_roll_or_educated_at_home(
        self, cast: Cast, tracked: dict[str, Any]
    ) -> None:
        one, home, last = tracked["enquiry"], tracked["home"], dt.date(2026, 11, 13)
        by: dict[str, Any] = {"missing_from_on": None, "on": ON, "by": cast.officer}
        with in_scope(cast.eastshire):
            with pytest.raises(Refused, match="on the roll of Hill Academy on 13 November 2026"):
                out_of_school.record_missing(one, found_missing_on=last, primary_reason="unknown", **by)
            with pytest.raises(Refused, match="educated at home from 5 October 2026"):
                out_of_school.record_missing(one, found_missing_on=ON, primary_reason="unknown", **by)
            assert not EducationEnquiry.objects.get().is_missing
            out_of_school.record_missing(one, found_missing_on=ON, primary_reason="unsuitable", **by)
            home.refresh_from_db()
            assert (home.ended, home.ended_on, home.ended_by) == ("unsuitable", ON, cast.officer)
            assert EducationEnquiry.objects.get().found_missing_on == ON
            with pytest.raises(Refused, match="counts as missing education"):
                out_of_school.record_home_education(
                    cast.pupil, from_on=ON, primary_reason="other", school_before="none", on=ON, by=cast.officer
                )

    def test_home_education_that_ended_before_the_child_was_found_missing_is_entered_late(self, cast: Cast) -> None:
        """Missing from 1 March to 10 May; at home from 1 September to 20 January."""
        ben, began, ended = cast.pupils[1], dt.date(2025, 9, 2), dt.date(2026, 1, 20)
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        home: dict[str, Any] = {"primary_reason": "lifestyle", "school_before": "academy", **by}
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=ben).update(leaving_on=began)
            one = out_of_school.begin_enquiry(ben, why="Not seen.", begun_on=dt.date(2026, 3, 1), **by)
            out_of_school.record_missing(
                one, found_missing_on=dt.date(2026, 3, 1), missing_from_on=None, primary_reason="unknown", **by
            )
            out_of_school.end_enquiry(
                one, outcome="place", ended_on=dt.date(2026, 5, 10), outcome_words="Fen.", **by
            )  # fmt: skip
            until_march = {"from_on": began, "ended": "school", "ended_on": dt.date(2026, 3, 2)}
            for days in ({"from_on": began}, until_march):
                with pytest.raises(Refused, match="to 10 May 2026"):
                    out_of_school.record_home_education(ben, **days, **home)
            made = out_of_school.record_home_education(ben, from_on=began, ended="school", ended_on=ended, **home)
            assert (made.ended_on, made.ended_by) == (ended, cast.officer)
            with pytest.raises(Refused, match="on some of these days already"):
                out_of_school.record_home_education(
                    ben, from_on=dt.date(2026, 1, 19), ended="school", ended_on=dt.date(2026, 2, 1), **home
                )
            with pytest.raises(Refused, match="from 2 September 2025 to 20 January 2026"):
                out_of_school.record_home_education(ben, from_on=dt.date(2026, 1, 19), **home)
            out_of_school.record_home_education(ben, from_on=dt.date(2026, 5, 10), **home)
        typed = {"from_on_day": "2", "from_on_month": "9", "from_on_year": "2025"}
        typed |= {"primary_reason": "lifestyle", "school_before": "academy", "ended": "school"}
        form = HomeEducationForm(typed, on=ON)
        assert not form.is_valid() and list(form.errors) == ["ended_on"]
        form = HomeEducationForm(typed | {"ended_on_day": "20", "ended_on_month": "1", "ended_on_year": "2026"}, on=ON)
        assert form.is_valid() and form.cleaned_data["ended_on"] == ended

    def test_an_enquiry_ends_on_no_day_before_the_child_was_found_missing_and_leads_on_to_home_education(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        ben, found_on = cast.pupils[1], dt.date(2026, 10, 10)
        by: dict[str, Any] = {"on": ON, "by": cast.officer}
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=ben).update(leaving_on=BEGUN)
            one = out_of_school.begin_enquiry(ben, why="Not seen.", begun_on=BEGUN, **by)
            stale = EducationEnquiry.objects.get(pk=one.pk)
            out_of_school.record_missing(
                one, found_missing_on=found_on, missing_from_on=None, primary_reason="unknown", **by
            )
            with pytest.raises(Refused, match="from 10 October 2026"):
                out_of_school.end_enquiry(
                    stale, outcome="home", ended_on=found_on - dt.timedelta(days=1), outcome_words="x", **by
                )
        officer, address = signed_in(cast.officer), reverse("end_enquiry", args=[one.pk])
        typed = {"outcome": "home", "outcome_words": "With her aunt."}
        early = officer.post(address, typed | day("ended_on", found_on - dt.timedelta(days=1)))
        assert early.status_code == 200 and "10 October 2026" in early.content.decode()
        page = officer.post(address, typed | day("ended_on", found_on), follow=True).content.decode()
        assert "in neither count" in page and reverse("record_home_education", args=[ben.pk]) in page

    def test_nobody_past_compulsory_school_age_is_missing_education(self, cast: Cast) -> None:
        ella = cast.pupils[4]  # 16 in March, so of that age to 26 June
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=ella).update(leaving_on=dt.date(2026, 6, 1))
            one = out_of_school.begin_enquiry(ella, why="Not seen.", begun_on=BEGUN, on=ON, by=cast.officer)
            with pytest.raises(Refused, match="not of compulsory school age"):
                out_of_school.record_missing(
                    one, found_missing_on=BEGUN, missing_from_on=None, primary_reason="unknown", on=ON, by=cast.officer
                )

    def test_that_nothing_has_to_be_arranged_ends_as_it_begins(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            plan = tracking.record_health_plan(
                cast.pupils[1], provision="not-needed", begun_on=ON, words="Back on Monday.", on=ON, by=cast.officer
            )
            assert (plan.ended_on, plan.ended_by) == (ON, cast.officer)
            with pytest.raises(Refused, match="recorded for that day already"):
                tracking.record_health_plan(
                    cast.pupils[1], provision="not-needed", begun_on=ON, words="Again.", on=ON, by=cast.officer
                )

    def test_a_parent_agrees_to_a_timetable_as_it_is_now(self, cast: Cast, tracked: dict[str, Any]) -> None:
        """To the last day of now, not to one of before: each time it was put off they are asked anew."""
        one, later, by = tracked["part_time"], dt.date(2026, 12, 18), {"on": ON, "by": cast.officer}
        with in_scope(cast.eastshire):
            tracking.record_parents_agreement(one, agreed_with_parent_on=BEGUN, **by)
            tracking.put_off_end(one, until_on=later, review_on=None, why="Not yet.", **by)
            assert one.parent_agreed_on is None
            with pytest.raises(Refused, match="until that day already"):
                tracking.put_off_end(one, until_on=later, review_on=None, why="So", agreed_with_parent_on=ON, **by)
            tracking.record_parents_agreement(one, agreed_with_parent_on=ON, **by)
            with pytest.raises(Refused, match="recorded already"):
                tracking.record_parents_agreement(one, agreed_with_parent_on=ON, **by)
            tracking.put_off_end(one, until_on=later, review_on=ON, why="Review on Friday.", **by)
            now = PartTimeTimetable.objects.get()
            assert (now.parent_agreed_on, now.agreed_with_parent_on) == (ON, BEGUN)
            titles = [told.title for told in timetables([cast.pupil], cast.officer)[cast.pupil.pk]]
        assert titles[1:4] == [
            "Part-time timetable goes on until 18 December 2026",
            "A parent agreed to the part-time timetable until 18 December 2026",
            "Part-time timetable stays agreed until 18 December 2026",
        ]


class TestPages:
    def test_an_enquiry_goes_from_the_child_to_its_outcome(self, cast: Cast, signed_in: SignedIn) -> None:
        lead, officer = signed_in(cast.lead), signed_in(cast.officer)
        typed = {"why": "Not seen.", "is_joint": "on", "school": str(cast.hill.pk), **day("begun_on", BEGUN)}
        answer = lead.post(reverse("begin_enquiry", args=[cast.pupil.pk]), typed)
        assert answer.headers["Location"] == reverse("pupil_page", args=[cast.pupil.pk])
        with in_scope(cast.eastshire):
            one = EducationEnquiry.objects.get()
            assert (one.is_joint, one.school, one.begun_by) == (True, cast.hill, cast.lead)
        asked = {"side": "school", "whom": "Her aunt", "asked": "Where is Amy?", **day("asked_on", ON)}
        lead.post(reverse("add_enquiry_step", args=[one.pk]), asked)
        page = reverse("enquiry_page", args=[one.pk])
        assert "No answer yet." in lead.get(page).content.decode()
        with in_scope(cast.eastshire):
            way = reverse("answer_enquiry_step", args=[one.pk, one.steps.get().pk])
        assert way in lead.get(page).content.decode()
        officer.post(way, {"answer": "In Kent.", **day("answered_on", ON)})
        shown = lead.post(way, {"answer": "In Essex.", **day("answered_on", ON)}).content.decode()
        assert "An answer is written down already" in shown and "In Essex." in shown
        shown = lead.get(page).content.decode()
        assert way not in shown and "In Essex." not in shown
        assert f"Answer of {ON:%-d %B %Y}, written down by Olive Frost: In Kent." in shown
        found = {"primary_reason": "application", **day("found_missing_on", ON), **day("missing_from_on", BEGUN)}
        assert lead.post(reverse("record_missing", args=[one.pk]), found).status_code == 403
        on_roll = officer.post(reverse("record_missing", args=[one.pk]), found, follow=True).content.decode()
        assert "on the roll of Hill Academy" in on_roll
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON - dt.timedelta(days=1))
        officer.post(reverse("record_missing", args=[one.pk]), found)
        page = officer.get(reverse("enquiry_page", args=[one.pk])).content.decode()
        assert "Her aunt" in page and "School application awaiting outcome" in page and "5 October 2026" in page
        ended = {"outcome": "place", "outcome_words": "At Fen School.", **day("ended_on", ON)}
        officer.post(reverse("end_enquiry", args=[one.pk]), ended)
        page = officer.get(reverse("enquiry_page", args=[one.pk])).content.decode()
        assert "Took up a school place" in page and reverse("end_enquiry", args=[one.pk]) not in page

    def test_the_other_side_joins_an_enquiry_that_one_began_alone_also_after_the_child_has_left(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        officer, began = signed_in(cast.officer), reverse("begin_enquiry", args=[cast.pupil.pk])
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=BEGUN - dt.timedelta(days=70))
        assert "Hill Academy" in officer.get(began).content.decode()
        officer.post(began, {"why": "Not seen.", **day("begun_on", BEGUN)})
        with in_scope(cast.eastshire):
            one = EducationEnquiry.objects.get()
        page, step = reverse("enquiry_page", args=[one.pk]), reverse("add_enquiry_step", args=[one.pk])
        assert "The authority alone" in officer.get(page).content.decode()
        asked = {
            "side": "school",
            "whom": "Her aunt",
            "asked": "Where is Amy?",
            "is_joint": "on",
            **day("asked_on", ON),
        }
        assert "Choose the school that enquires" in officer.post(step, asked).content.decode()
        too_early = asked | {"school": str(cast.hill.pk), **day("asked_on", BEGUN - dt.timedelta(days=1))}
        assert "before the enquiry was begun" in officer.post(step, too_early, follow=True).content.decode()
        officer.post(step, asked | {"school": str(cast.hill.pk)})
        shown = officer.get(page).content.decode()
        assert f"The authority and Hill Academy together, from {ON:%-d %B %Y}; the authority began it alone" in shown
        assert "From here on the school and the authority enquire together." in shown
        assert "is_joint" not in officer.get(step).content.decode()
        with in_scope(cast.eastshire):
            told = chronology.enquiries([cast.pupil], cast.officer)[cast.pupil.pk]
        assert [one.title for one in told] == ["Enquiry into the child’s education begun", "The school asked Her aunt"]

    def test_a_part_time_timetable_is_recorded_put_off_and_ended(self, cast: Cast, signed_in: SignedIn) -> None:
        lead = signed_in(cast.lead)
        typed = {"school": str(cast.hill.pk), "sessions_a_week": "6", "reason": "Step by step."}
        address = reverse("record_part_time", args=[cast.pupil.pk])
        backwards = typed | day("from_on", ON) | day("until_on", BEGUN)
        assert "must be on or after the first" in lead.post(address, backwards).content.decode()
        answer = lead.post(address + "?next=/pupils/", typed | day("from_on", BEGUN) | day("until_on", ON))
        assert answer.headers["Location"] == "/pupils/"
        with in_scope(cast.eastshire):
            one = PartTimeTimetable.objects.get()
        change = reverse("change_part_time", args=[one.pk])
        later = ON + dt.timedelta(days=20)
        assert "A parent has agreed to it as it is" in lead.get(change).content.decode()
        lead.post(change, {"what": "agreed", **day("parent_agreed_on", BEGUN)})
        assert "A parent has agreed to it as it is" not in lead.get(change).content.decode()
        assert ">Yes<" in lead.get(reverse("part_time_timetables")).content.decode()
        lead.post(change, {"what": "on", "words": "Agreed with Mary.", **day("until_on", later)})
        page = lead.get(change).content.decode()
        assert f"from {ON:%-d %B %Y} put off to {later:%-d %B %Y}. Agreed with Mary." in page
        assert "A parent has agreed to it as it is" in page
        assert "Not recorded" in lead.get(reverse("part_time_timetables")).content.decode()
        lead.post(change, {"what": "agreed", **day("parent_agreed_on", ON)})
        assert f"A parent agreed to that on {ON:%-d %B %Y}." in lead.get(change).content.decode()
        lead.post(change, {"what": "ended", "words": "Full time.", **day("ended_on", ON)})
        with in_scope(cast.eastshire):
            one.refresh_from_db()
        assert (one.until_on, one.ended_on, one.ended_by) == (later, ON, cast.lead)
        assert one.agreed_with_parent_on == BEGUN

    def test_a_first_day_that_was_mistyped_is_not_taken(self, cast: Cast, signed_in: SignedIn) -> None:
        """A health plan begins today or before, a timetable within three months; no parent agreed tomorrow."""
        lead, tomorrow = signed_in(cast.lead), ON + dt.timedelta(days=1)
        typed = {"provision": "school", "words": "Lessons."} | day("begun_on", tomorrow)
        page = lead.post(reverse("record_health_plan", args=[cast.pupil.pk]), typed).content.decode()
        assert f"must be on or before {ON:%-d %B %Y}" in page
        typed = {"school": str(cast.hill.pk), "sessions_a_week": "6", "reason": "So."}
        typed |= day("from_on", dt.date(2072, 1, 8)) | day("until_on", dt.date(2072, 2, 8))
        typed |= day("agreed_with_parent_on", tomorrow)
        page = lead.post(reverse("record_part_time", args=[cast.pupil.pk]), typed).content.decode()
        assert "First day must be on or before" in page and "Day on which a parent agreed must be on or before" in page
        with in_scope(cast.eastshire):
            assert not HealthPlan.objects.exists() and not PartTimeTimetable.objects.exists()

    def test_what_never_was_is_marked_as_recorded_in_error(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        """It stays to be read, with the reason, and another one is taken in its place."""
        officer, typed = signed_in(cast.officer), {"why": "It was Ben."}
        ways = (
            ("void_part_time", "part_time", "change_part_time", "part_time_timetables"),
            ("void_health_plan", "health", "end_health_plan", "health_plans"),
        )
        for name, key, page, listed in ways:
            way = reverse(name, args=[tracked[key].pk])
            assert way in officer.get(reverse(page, args=[tracked[key].pk])).content.decode()
            assert "Enter what was wrong" in officer.post(way, {"why": ""}).content.decode()
            assert signed_in(cast.lead).post(way, typed, follow=True).content.decode().count("so the attendance team")
            officer.post(way, typed)
            assert "Amy Abbott" not in officer.get(reverse(listed)).content.decode()
            assert "ecorded in error" in officer.get(reverse(listed) + "?state=all").content.decode()
            assert "marked as recorded in error already" in officer.post(way, typed, follow=True).content.decode()
        page = officer.get(reverse("pupil_page", args=[cast.pupil.pk])).content.decode()
        assert page.count("Recorded in error") == 2 and "Past its end" not in page
        by: dict[str, Any] = {"begun_on": ON, "words": "x", "on": ON, "by": cast.officer}
        with in_scope(cast.eastshire):
            told = [one.title for one in timetables([cast.pupil], cast.officer)[cast.pupil.pk]]
            again = tracking.record_health_plan(cast.pupil, provision="not-needed", **by)
        assert told == [
            "Part-time timetable begins (recorded in error)", "Part-time timetable: recorded in error",
            "Health plan begins (recorded in error)", "Health plan: recorded in error",
        ]  # fmt: skip
        ended = officer.get(reverse("health_plans") + "?state=ended").content.decode()
        assert reverse("void_health_plan", args=[again.pk]) in ended

    def test_the_school_that_took_another_over_ends_its_timetables(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        """Until 6 November, at Hill; of Hilltop's lead, who never worked at Hill."""
        with in_scope(cast.eastshire):
            school = take_over(cast, cast.hill, "999050", dt.date(2026, 11, 14))
            Enrolment.objects.create(pupil=cast.pupil, school=school, admission_on=dt.date(2026, 11, 14))
            SchoolMembership.objects.filter(membership=cast.other_lead).update(school=school)
        lead, one = signed_in(cast.other_lead), tracked["part_time"]
        change = reverse("change_part_time", args=[one.pk])
        assert "Amy Abbott" in lead.get(reverse("rule_list", args=["part-time-past-end"])).content.decode()
        lead.post(change, {"what": "ended", "words": "Full time.", **day("ended_on", ON)})
        with in_scope(cast.eastshire):
            assert PartTimeTimetable.objects.get().ended_by == cast.other_lead

    def test_a_health_plan_ends_and_home_education_takes_notes(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        end = reverse("end_health_plan", args=[tracked["health"].pk])
        assert (
            "must be on or after"
            in officer.post(
                end, {"how_ended": "Well", **day("ended_on", BEGUN - dt.timedelta(days=3))}
            ).content.decode()
        )
        officer.post(end, {"how_ended": "Well again.", **day("ended_on", ON)})
        home = tracked["home"].pk
        officer.post(
            reverse("add_home_education_step", args=[home]), {"kind": "notice", "words": "", **day("happened_on", ON)}
        )
        ended = {"ended": "unsuitable", "ended_words": "Told so.", **day("ended_on", ON)}
        officer.post(reverse("end_home_education", args=[home]), ended)
        page = officer.get(reverse("home_education_page", args=[home])).content.decode()
        assert "Notice under section 437(1) served" in page and reverse("begin_enquiry", args=[cast.pupil.pk]) in page
        with in_scope(cast.eastshire):
            assert HealthPlan.objects.get().ended_on == HomeEducation.objects.get().ended_on == ON

    def test_what_was_typed_stays_in_the_form_where_it_is_refused(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        officer, words = signed_in(cast.officer), "Lessons by video, twice a week, with a tutor."
        reasons = {"primary_reason": "lifestyle", "school_before": "academy"}
        for name, typed, sentence in (
            ("record_health_plan", {"provision": "authority", **day("begun_on", ON)}, "has a health plan already"),
            ("record_home_education", {**reasons, **day("from_on", ON)}, "at home already"),
            ("begin_enquiry", {"why": words, **day("begun_on", ON)}, "open already"),
        ):
            page = officer.post(reverse(name, args=[cast.pupil.pk]), {"words": words, **typed})
            assert page.status_code == 200 and sentence in page.content.decode(), name
            assert "There is a problem" in page.content.decode() and words in page.content.decode(), name
        with in_scope(cast.eastshire):
            assert not HealthPlan.objects.filter(words=words).exists()

    def test_a_child_who_left_every_roll_stays_on_the_lists_of_officers_with_every_column_in_the_file(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        for name in LISTS:
            assert "Amy Abbott" in officer.get(reverse(name)).content.decode(), name
            assert "Amy Abbott" not in officer.get(reverse(name) + "?state=ended").content.decode(), name
            assert "Amy Abbott" not in officer.get(reverse(name) + "?school=Vale").content.decode(), name
            file = officer.get(reverse(name) + "?format=csv").content.decode()
            assert "Amy Abbott" in file and cast.hill.name in file
        page = officer.get(reverse("pupil_page", args=[cast.pupil.pk])).content.decode()
        assert "Past its end" in page and reverse("enquiry_page", args=[tracked["enquiry"].pk]) in page

    def test_a_timetable_is_its_own_schools_wherever_the_child_goes_now(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, admission_on=ON, year_group="7")
        officer, (timetables, *others) = signed_in(cast.officer), [reverse(name) for name in LISTS]
        for address in (timetables, reverse("rule_list", args=["part-time-past-end"])):
            page = officer.get(address).content.decode()
            assert "Amy Abbott" in page and cast.hill.name in page and cast.vale.name not in page
        for address in others:
            assert cast.vale.name in officer.get(address).content.decode()
        assert "Amy Abbott" in officer.get(f"{timetables}?school=Hill&sort=-school").content.decode()
        assert "Amy Abbott" not in officer.get(f"{timetables}?school=Vale").content.decode()

    @pytest.mark.parametrize("name", ["lead", "legal", "virtual_school", "practitioner", "officer", "manager"])
    def test_whoever_may_see_the_lists_finds_them_on_the_page_of_cases(
        self, cast: Cast, signed_in: SignedIn, name: str
    ) -> None:
        page = signed_in(cast.members[name]).get(reverse("cases")).content.decode()
        assert all(f'href="{reverse(one)}"' in page for one in LISTS)
        assert (f'href="{reverse("termly_counts")}"' in page) is (name in ("officer", "manager"))

    @pytest.mark.parametrize("name", [*LISTS, "enquiry_page", "home_education_page", "change_part_time"])
    def test_who_sees_nothing_of_it(self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn, name: str) -> None:
        keys = {"enquiry_page": "enquiry", "home_education_page": "home", "change_part_time": "part_time"}
        address = reverse(name, args=[tracked[keys[name]].pk] if name in keys else [])
        assert Client().get(address).status_code == 302
        assert signed_in(cast.office).get(address).status_code == 403
        for member in (cast.other_lead, cast.stranger, cast.practitioner):
            answer = signed_in(member).get(address)
            assert "Abbott" not in answer.content.decode()
            assert answer.status_code in ((404, 403) if name in keys else (200,))

    def test_lists_panels_pages_and_counts_need_as_many_queries_for_much_as_for_one(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        officer, asked, at_home = signed_in(cast.officer), tracked["enquiry"], tracked["home"]
        addresses = [*map(reverse, LISTS), reverse("termly_counts"), reverse("counted_children", args=["ehe"])]
        for name, one in (("pupil_page", cast.pupil), ("enquiry_page", asked), ("home_education_page", at_home)):
            addresses.append(reverse(name, args=[one.pk]))

        def queries() -> dict[str, int]:
            counted = {}
            for address in addresses:
                with CaptureQueriesContext(connection) as found:
                    assert officer.get(address).status_code == 200
                counted[address] = len(found)
            return counted

        queries()
        before = queries()
        with in_scope(cast.eastshire):
            by: dict[str, Any] = {"on": ON, "by": cast.officer}
            part_time = {"until_on": ON, "sessions_a_week": 6, "reason": "So"}
            home = {"from_on": BEGUN, "primary_reason": "lifestyle", "school_before": "academy"}
            for child in cast.pupils[1:]:
                tracking.record_part_time(child, school=cast.hill, from_on=BEGUN, **part_time, **by)
                tracking.record_health_plan(child, provision="school", begun_on=BEGUN, words="So", **by)
                out_of_school.begin_enquiry(child, why="Not seen.", begun_on=BEGUN, **by)
                out_of_school.record_home_education(child, **home, **by)
                Enrolment.objects.filter(pupil=child).update(leaving_on=BEGUN - dt.timedelta(days=1))
            tracking.record_part_time(cast.pupil, school=cast.vale, from_on=BEGUN, **part_time, **by)
            for whom in ("Her aunt", "Her uncle"):
                step = {"side": "school", "whom": whom, "asked": "Where?", "asked_on": ON}
                out_of_school.add_enquiry_step(asked, **step, **by)
                out_of_school.add_home_education_step(at_home, kind="visit", happened_on=ON, **by)
        after = queries()
        assert all(after[address] <= before[address] for address in addresses), (before, after)
