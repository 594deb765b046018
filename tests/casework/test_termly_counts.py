"""The termly counts: who is counted on a census date, under what, and that every number opens its own list."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import rule_rows, termly_counts
from casework import termly_categories as categories
from casework.actions import out_of_school
from casework.models import EducationEnquiry, HomeEducation
from schools.children.record_links import judge_records
from schools.children.restrictions import restrict_record
from schools.models import Enrolment, Pupil
from schools.stored.beginnings import joined_on
from tests.cast import ON, Cast, in_scope
from tests.schools.files import school_days
from tests.schools.stored import AT, store_marks
from tests.schools.takeovers import take_over

SignedIn = Callable[[Membership], Client]
CENSUS = dt.date(2026, 10, 1)
LONG_AGO = dt.date(2026, 6, 1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def counted(cast: Cast) -> Cast:
    """Missing on 1 October: Amy for long, Ben since when is not known. Educated at home: Cora; Dan was until June."""
    amy, ben, cora, dan, ella = cast.pupils
    by: dict[str, Any] = {"on": ON, "by": cast.officer}
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=amy.pk).update(sex="F")
        _missing(amy, LONG_AGO, LONG_AGO, cast)
        _missing(ben, dt.date(2026, 9, 10), None, cast)
        _missing(ella, LONG_AGO, LONG_AGO, cast)  # 16 in March: no longer of compulsory school age
        out_of_school.begin_enquiry(cast.vale_pupils[0], why="Severely absent.", begun_on=LONG_AGO, **by)
        home = {"primary_reason": "lifestyle", "school_before": "academy"}
        for child, from_on in ((cora, dt.date(2026, 3, 2)), (dan, dt.date(2025, 10, 1))):
            Enrolment.objects.filter(pupil=child).update(leaving_on=from_on - DAY)
        out_of_school.record_home_education(cora, from_on=dt.date(2026, 3, 2), **home, **by)
        was = out_of_school.record_home_education(dan, from_on=dt.date(2025, 10, 1), **home, **by)
        out_of_school.add_home_education_step(was, kind="notice", happened_on=dt.date(2026, 5, 5), **by)
        out_of_school.end_home_education(was, ended="school", ended_on=dt.date(2026, 6, 1), ended_words="", **by)
    return cast


def _missing(pupil: Pupil, found_on: dt.date, since: dt.date | None, cast: Cast) -> EducationEnquiry:
    by: dict[str, Any] = {"on": ON, "by": cast.officer}
    Enrolment.objects.filter(pupil=pupil).update(leaving_on=found_on - dt.timedelta(days=1))
    one = out_of_school.begin_enquiry(pupil, why="Not seen.", begun_on=found_on, **by)
    out_of_school.record_missing(
        one, found_missing_on=found_on, missing_from_on=since, primary_reason="application", **by
    )
    return one


def numbers(cast: Cast, census_on: dt.date = CENSUS) -> dict[str, int]:
    """Every number that is not nought, by its code."""
    with in_scope(cast.eastshire):
        found = termly_counts.tables(census_on)
    return {one.code: one.count for table in found for one in table.numbers if one.count}


def test_each_child_is_counted_once_in_each_table_under_its_category(counted: Cast) -> None:
    assert numbers(counted) == {
        "cme": 2, "cme-sex-F": 1, "cme-sex-none": 1, "cme-year-8": 1, "cme-year-9": 1,
        "cme-length-long": 1, "cme-length-unknown": 1, "cme-reason-application": 2,
        "cme-any": 2,
        "ehe": 1, "ehe-sex-none": 1, "ehe-year-10": 1, "ehe-reason-lifestyle": 1,
        "ehe-any": 2, "ehe-start-academy": 2, "ehe-returned": 1, "ehe-notice": 1,
        "not-followed": 1,  # Dan returned to school in June, and is on no roll
    }  # fmt: skip


def test_who_is_in_neither_count_since_what_was_said_to_follow_did_not_is_named_to_be_put_right(counted: Cast) -> None:
    by: dict[str, Any] = {"on": ON, "by": counted.officer}
    _, ben, _, dan, _ = counted.pupils
    with in_scope(counted.eastshire):
        one = EducationEnquiry.objects.get(pupil=ben)
        out_of_school.end_enquiry(one, outcome="place", ended_on=CENSUS - 14 * DAY, outcome_words="Fen.", **by)
    assert [numbers(counted, day).get("not-followed") for day in (CENSUS, CENSUS - DAY)] == [2, 1]
    with in_scope(counted.eastshire):
        Enrolment.objects.create(pupil=ben, school=counted.vale, admission_on=CENSUS, year_group="8")
        out_of_school.begin_enquiry(dan, why="Not seen.", begun_on=CENSUS, **by)
    assert [numbers(counted, day).get("not-followed") for day in (CENSUS, CENSUS - DAY)] == [None, 1]


def test_a_child_found_in_education_before_the_census_date_is_not_counted(counted: Cast) -> None:
    with in_scope(counted.eastshire):
        one = EducationEnquiry.objects.get(pupil=counted.pupil)
        out_of_school.end_enquiry(
            one, outcome="place", ended_on=CENSUS, outcome_words="Fen.", on=ON, by=counted.officer
        )
    assert numbers(counted)["cme"] == 1
    assert numbers(counted, CENSUS - dt.timedelta(days=1))["cme"] == 2


def test_a_missing_child_whom_nobody_finds_stays_counted_and_where_it_had_ended_so_is_asked_about_again(
    counted: Cast,
) -> None:
    by: dict[str, Any] = {"on": ON, "by": counted.officer}
    ben = counted.pupils[1]
    with in_scope(counted.eastshire):
        one = EducationEnquiry.objects.get(pupil=ben)
        with pytest.raises(Refused, match="stays open"):
            out_of_school.end_enquiry(one, outcome="not-found", ended_on=CENSUS - DAY, outcome_words="Asked all.", **by)
        assert numbers(counted)["cme"] == 2
        EducationEnquiry.objects.filter(pk=one.pk).update(
            outcome="not-found", ended_on=CENSUS - DAY, ended_by=counted.officer
        )
        found = numbers(counted)
        assert (found["cme"], found["not-followed"]) == (1, 2)  # Dan, and Ben
        listed = rule_rows.ROWS["missing-enquired"]
        assert [row.pupil_id for row in listed(counted.officer)] == [ben.pk]
        again = out_of_school.begin_enquiry(ben, why="Still not seen.", begun_on=CENSUS - DAY, **by)
        out_of_school.record_missing(
            again, found_missing_on=CENSUS - DAY, missing_from_on=None, primary_reason="whereabouts", **by
        )
        assert not listed(counted.officer).exists()
    assert numbers(counted)["cme"] == 2


def test_a_child_on_a_roll_is_not_counted_though_the_enquiry_is_still_open(counted: Cast, signed_in: SignedIn) -> None:
    ben, joined = counted.pupils[1], dt.date(2026, 9, 21)
    with in_scope(counted.eastshire):
        Enrolment.objects.create(pupil=ben, school=counted.vale, admission_on=joined, year_group="8")
    found = numbers(counted)
    assert (found["cme"], found["cme-on-roll"]) == (1, 1)
    assert numbers(counted, joined - dt.timedelta(days=1))["cme"] == 2
    assert numbers(counted, CENSUS.replace(year=2027))["cme-any"] == 2  # Amy, and Ben from 10 to 20 September
    with in_scope(counted.eastshire):
        one = EducationEnquiry.objects.get(pupil=ben)
    officer = signed_in(counted.officer)
    page, file, panel = (
        officer.get(address).content.decode()
        for address in (
            reverse("enquiry_page", args=[one.pk]),
            reverse("enquiries") + "?format=csv",
            reverse("pupil_page", args=[ben.pk]),
        )
    )
    assert "Vale Primary School. No day on a roll" in page
    (line,) = (row for row in file.splitlines() if "Ben" in row)
    assert "since when is not known; on a school’s roll now, so not counted" in line
    assert "missing education since a day that is not known" in panel


def test_a_stay_without_a_stated_admission_begins_with_its_first_mark(counted: Cast) -> None:
    """Ben is in Vale's file from 20 October on, which states no admission; a school takes Vale over on 2 November."""
    ben, sent_on, opened = counted.pupils[1], dt.date(2026, 10, 20), dt.date(2026, 11, 2)
    with in_scope(counted.eastshire):
        store_marks(counted, counted.vale, {ben: dict.fromkeys(school_days(sent_on, 3), "/\\")})
        there = Enrolment.objects.get(pupil=ben, school=counted.vale)
        assert there.admission_on is None
    assert (numbers(counted)["cme"], numbers(counted, sent_on - DAY)["cme"], numbers(counted, sent_on)["cme"]) == (
        2,
        2,
        1,
    )
    with in_scope(counted.eastshire):
        again: dict[str, Any] = {"missing_from_on": None, "primary_reason": "application", "on": ON}
        again |= {"is_correction": True}
        one = EducationEnquiry.objects.get(pupil=ben)
        with pytest.raises(Refused, match="is on the roll of Vale"):
            out_of_school.record_missing(one, found_missing_on=sent_on, by=counted.officer, **again)
        out_of_school.record_missing(one, found_missing_on=sent_on - 8 * DAY, by=counted.officer, **again)
        Enrolment.objects.filter(pk=there.pk).update(leaving_on=opened - DAY)
        assert numbers(counted, opened)["cme"] == 2
    with in_scope(counted.eastshire):
        school = take_over(counted, counted.vale, "999050", opened)
        on_its_roll = Enrolment.objects.create(pupil=ben, school=school, year_group="8", known_at=AT)
        assert joined_on([on_its_roll]) == {on_its_roll.pk: sent_on}


def test_a_stay_without_any_mark_begins_when_it_became_known(counted: Cast) -> None:
    with in_scope(counted.eastshire):
        Enrolment.objects.create(pupil=counted.pupil, school=counted.vale, year_group="7", known_at=AT)
    assert [numbers(counted, day)["cme"] for day in (CENSUS, AT.date() - DAY, AT.date())] == [2, 2, 1]


def test_two_linked_records_are_one_child(counted: Cast) -> None:
    amy, ben, cora, dan, _ = counted.pupils
    with in_scope(counted.eastshire):
        for one, other in ((amy, ben), (cora, dan)):
            judge_records(one, other, verdict="same", evidence="", reason="One", by=counted.officer, at=AT)
    found = numbers(counted)
    assert (found["cme"], found["ehe"], found["ehe-any"]) == (1, 1, 1)
    assert found["cme-any"] == 1  # Ella: until September the child was on Hill's roll by the other record
    assert found["ehe-start-academy"] == 2  # begun in October, ended in June, begun in March by the other record


def test_a_notice_or_an_order_after_home_education_has_ended_is_counted(counted: Cast) -> None:
    by: dict[str, Any] = {"on": ON, "by": counted.officer}
    with in_scope(counted.eastshire):
        was = HomeEducation.objects.get(pupil=counted.pupils[3])
        for kind, month in (("order", 6), ("revoked", 7)):
            out_of_school.add_home_education_step(was, kind=kind, happened_on=dt.date(2026, month, 20), **by)
        with pytest.raises(Refused, match="ended on 1 June 2026"):
            out_of_school.add_home_education_step(was, kind="suitable", happened_on=dt.date(2026, 6, 2), **by)
    found = numbers(counted)
    assert (found["ehe-notice"], found["ehe-order"], found["ehe-revoked"]) == (1, 1, 1)


def test_a_child_on_a_roll_is_not_counted_as_educated_at_home_though_nobody_has_said_that_it_ended(
    counted: Cast, signed_in: SignedIn
) -> None:
    cora, joined = counted.pupils[2], dt.date(2026, 9, 21)
    with in_scope(counted.eastshire):
        Enrolment.objects.create(pupil=cora, school=counted.vale, admission_on=joined, year_group="9")
    assert numbers(counted, joined - DAY)["ehe"] == 1
    found = numbers(counted)
    assert ("ehe" in found, found["ehe-on-roll"], found["ehe-any"], found["ehe-start-academy"]) == (False, 1, 2, 2)
    with in_scope(counted.eastshire):
        there_all_along = Enrolment.objects.filter(pupil=cora, school=counted.hill)
        there_all_along.update(leaving_on=joined)
    found = numbers(counted)
    assert (found["ehe-any"], found["ehe-start-academy"]) == (1, 1)
    officer = signed_in(counted.officer)
    with in_scope(counted.eastshire):
        home = HomeEducation.objects.get(pupil=cora)
    assert "Vale Primary School. No day on a roll" in officer.get(f"/home-education/{home.pk}/").content.decode()
    assert "not counted" not in officer.get("/termly-counts/?format=csv").content.decode()
    with in_scope(counted.eastshire):
        Pupil.objects.filter(pk=cora.pk).update(date_of_birth=None)
    last_day_of_all = "/termly-counts/?census_day=31&census_month=12&census_year=9999"
    assert "31 December 9999" in officer.get(last_day_of_all).content.decode()


@pytest.mark.parametrize(
    ("born", "are_counted"),
    [((2021, 9, 15), False), ((2009, 1, 20), False), ((2020, 11, 15), True)],  # the last of age from 31 December 2025
)
def test_only_of_children_of_compulsory_school_age_are_beginnings_returns_and_notices_counted(
    counted: Cast, born: tuple[int, int, int], are_counted: bool
) -> None:
    """Dan was educated at home from October to June, and a notice was served in May."""
    with in_scope(counted.eastshire):
        Pupil.objects.filter(pk=counted.pupils[3].pk).update(date_of_birth=dt.date(*born))
    found = numbers(counted)
    assert (found["ehe-any"], found["ehe-start-academy"]) == ((2, 2) if are_counted else (1, 1))
    assert ("ehe-returned" in found, "ehe-notice" in found) == (are_counted, are_counted)


def test_what_is_sent_twice_is_written_once_and_what_was_recorded_in_error_counts_nowhere(
    counted: Cast, signed_in: SignedIn
) -> None:
    by: dict[str, Any] = {"on": ON, "by": counted.officer}
    with in_scope(counted.eastshire):
        was, cora = (HomeEducation.objects.get(pupil=counted.pupils[place]) for place in (3, 2))
        notice = was.steps.get()
        with pytest.raises(Refused, match="for that day already"):
            out_of_school.add_home_education_step(was, kind="notice", happened_on=notice.happened_on, **by)
        out_of_school.void_home_education_step(notice, why="It was never sent.", **by)
        out_of_school.add_home_education_step(was, kind="notice", happened_on=notice.happened_on, **by)
        out_of_school.void_home_education(was, why="Another Dan.", **by)
        for refused in (out_of_school.void_home_education, out_of_school.void_home_education_step):
            with pytest.raises(Refused, match="in error already"):
                refused(was if refused is out_of_school.void_home_education else notice, why="Again.", **by)
    found = numbers(counted)
    assert {code: count for code, count in found.items() if code in ("ehe-any", "ehe-start-academy", "ehe-notice")} == {
        "ehe-any": 1, "ehe-start-academy": 1,
    }  # fmt: skip
    assert "ehe-returned" not in found
    officer = signed_in(counted.officer)
    page = officer.get(f"/home-education/{was.pk}/").content.decode()
    assert "Another Dan." in page and "It was never sent." in page and "in-error" not in page
    officer.post(f"/home-education/{cora.pk}/in-error/", {"why": "Another Cora."})
    with in_scope(counted.eastshire):
        again = {"from_on": cora.from_on, "primary_reason": "other", "school_before": "academy"}
        out_of_school.record_home_education(counted.pupils[2], **again, **by)
    assert numbers(counted)["ehe-reason-other"] == 1


def test_twelve_weeks_and_a_day_are_more_than_twelve_weeks() -> None:
    for days, length in ((84, "short"), (85, "long")):
        assert categories.length_missing(CENSUS - dt.timedelta(days=days), CENSUS) == length
    assert categories.length_missing(None, CENSUS) == "unknown"


def test_the_latest_census_day_is_a_thursday_as_in_2022_23() -> None:
    for census in ((2022, 10, 6), (2023, 1, 19), (2023, 5, 18)):
        assert categories.latest_census(dt.date(*census)) == dt.date(*census)
    assert categories.latest_census(dt.date(2023, 1, 18)) == dt.date(2022, 10, 6)


def test_every_number_opens_as_many_children_and_the_file_has_them_all(counted: Cast, signed_in: SignedIn) -> None:
    officer = signed_in(counted.officer)
    page = officer.get("/termly-counts/").content.decode()
    assert "1 October 2026" in page and "could not be confirmed" in page
    links = re.findall(r'href="(/termly-counts/[^"]+)">(\d+)', page)
    assert len(links) > 60
    for href, count in links:
        if count != "0":
            shown = officer.get(href.replace("&amp;", "&")).content.decode()
            assert f"{count} child" in shown, href
    file = officer.get("/termly-counts/?format=csv").content.decode()
    assert "Missing education by main reason,School application awaiting outcome,2" in file


def test_a_restricted_child_is_counted_and_shown_to_its_holders_alone(counted: Cast, signed_in: SignedIn) -> None:
    leader = counted.team_leader
    with in_scope(counted.eastshire):
        restrict_record(counted.pupil, kind="other", holders=[leader], reason="Safety.", by=leader, on=ON)
    page = signed_in(counted.officer).get("/termly-counts/cme/").content.decode()
    assert "Abbott" not in page and "1 of the children counted is not shown to you" in page
    assert "Amy Abbott" in signed_in(leader).get("/termly-counts/cme/").content.decode()


def test_who_may_open_them(counted: Cast, signed_in: SignedIn) -> None:
    for address in ("/termly-counts/", "/termly-counts/cme/"):
        assert Client().get(address).status_code == 302
        for member in (counted.lead, counted.office, counted.practitioner, counted.legal):
            assert signed_in(member).get(address).status_code == 403
        stranger = signed_in(counted.stranger).get(address).content.decode()
        assert "Abbott" not in stranger
    assert signed_in(counted.officer).get("/termly-counts/no-such/").status_code == 404
    assert "Amy Abbott" in signed_in(counted.manager).get("/termly-counts/cme/").content.decode()
