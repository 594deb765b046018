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
from casework.actions import out_of_school, tracking
from casework.forms.out_of_school import HomeEducationForm
from casework.models import CaseEntry, EducationEnquiry, HealthPlan, HomeEducation, PartTimeTimetable
from schools.models import Enrolment
from tests.cast import ON, Cast, in_scope

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
            out_of_school.record_home_education(ben, from_on=dt.date(2026, 5, 10), **home)
        typed = {"from_on_day": "2", "from_on_month": "9", "from_on_year": "2025"}
        typed |= {"primary_reason": "lifestyle", "school_before": "academy", "ended": "school"}
        form = HomeEducationForm(typed, on=ON)
        assert not form.is_valid() and list(form.errors) == ["ended_on"]
        form = HomeEducationForm(typed | {"ended_on_day": "20", "ended_on_month": "1", "ended_on_year": "2026"}, on=ON)
        assert form.is_valid() and form.cleaned_data["ended_on"] == ended

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
                cast.pupils[1], provision="not-needed", begun_on=ON, words="Back on Monday.", on=ON, by=cast.lead
            )
            assert (plan.ended_on, plan.ended_by) == (ON, cast.lead)


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
        lead.post(change, {"what": "on", "words": "Agreed with Mary.", **day("until_on", later)})
        lead.post(change, {"what": "ended", "words": "Full time.", **day("ended_on", ON)})
        with in_scope(cast.eastshire):
            one.refresh_from_db()
        assert (one.until_on, one.ended_on, one.ended_by) == (later, ON, cast.lead)

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

    def test_lists_and_panels_need_as_many_queries_for_many_children_as_for_one(
        self, cast: Cast, tracked: dict[str, Any], signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)

        def queries() -> list[int]:
            counted = []
            for name in LISTS:
                with CaptureQueriesContext(connection) as found:
                    officer.get(reverse(name))
                counted.append(len(found))
            return counted

        queries()
        before = queries()
        with in_scope(cast.eastshire):
            for child in cast.pupils[1:]:
                by: dict[str, Any] = {"on": ON, "by": cast.officer}
                tracking.record_health_plan(child, provision="school", begun_on=BEGUN, words="So", **by)
                out_of_school.begin_enquiry(child, why="Not seen.", begun_on=BEGUN, **by)
        assert queries() == before
