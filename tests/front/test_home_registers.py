"""What registers ask of people on their home pages: gaps, calendars, systems, duplicates, social care, tokens."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from attendance_portal.models import Integration, Membership
from attendance_portal.sealing import Secret
from schools.models import (
    FormerUpn,
    RegisterCoverage,
    SchoolLink,
    SocialCareLine,
    SocialCareList,
    SyncProblem,
    SyncRun,
    TermDates,
)
from schools.syncing.syncs import set_token
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, school_days
from tests.schools.stored import store_marks

SignedIn = Callable[[Membership], Client]
AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
DAYS = school_days(dt.date(2026, 9, 7), 20)

pytestmark = pytest.mark.django_db


def home(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_a_school_sees_what_its_register_lacks_and_the_officer_how_many_schools_lack_something(
    cast: Cast, signed_in: SignedIn
) -> None:
    counts = {
        "pupils": 5,
        "expected": 200,
        "missing": 3,
        "missing_pupils": 1,
        "old_unknown": 1,
        "old_unknown_pupils": 1,
    }
    with in_scope(cast.eastshire):
        RegisterCoverage.objects.create(
            school=cast.hill, year=2026, last_data_on=ON, never_sent=["9Q"], never_sent_pupils=4, **counts
        )
    for member in (cast.lead, cast.office):
        page = home(signed_in(member))
        assert "3 sessions have no mark" in page and "1 session is still coded N" in page
        assert "Nothing sent for 9Q" in page
    assert "1 school with an incomplete register" in home(signed_in(cast.officer))
    for member in (cast.other_lead, cast.stranger, cast.virtual_school):
        assert "incomplete" not in home(signed_in(member)) and "no mark" not in home(signed_in(member))


def test_a_calendar_that_differs_from_the_register_waits_for_who_keeps_it(cast: Cast, signed_in: SignedIn) -> None:
    lead = signed_in(cast.lead)
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present(cast.pupils, DAYS))
    assert "to settle" not in home(lead)
    with in_scope(cast.eastshire):
        TermDates.objects.create(year=2026, term="autumn", first_on=DAYS[5], last_on=dt.date(2026, 12, 18))
    assert "1 difference to settle" in home(lead)
    for member in (cast.office, cast.other_lead, cast.stranger):
        assert "difference to settle" not in home(signed_in(member))


def a_stopped_sync(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        connection = set_token("wonde", Secret("of-no-use"), by=cast.admin, at=AT)
        link, _ = (
            SchoolLink.objects.create(
                connection=connection, source_id=name, name=name, approval="approved", school=school
            )
            for name, school in (("Hill", cast.hill), ("Riverbank", None))
        )
        run = SyncRun.objects.create(
            link=link, state="stopped", started_at=AT, finished_at=AT, trouble="revoked", words="The school withdrew."
        )
        SyncProblem.objects.create(
            link=link, run=run, kind="unknown-code", severity="leaves out the mark", on=ON, message="No code."
        )


def test_a_sync_that_stopped_is_told_to_the_school_its_officer_and_who_sets_systems_up(
    cast: Cast, signed_in: SignedIn
) -> None:
    a_stopped_sync(cast)
    school = home(signed_in(cast.office))
    assert "The school withdrew. Sync stopped" in school and "1 thing to put right" in school
    assert "The school withdrew. Sync stopped" in home(signed_in(cast.officer))
    for member in (cast.team_leader, cast.admin):
        page = home(signed_in(member))
        assert "Sync stopped" in page and "1 school to be matched" in page
    for member in (cast.other_lead, cast.stranger, cast.legal):
        assert "Sync stopped" not in home(signed_in(member))


def test_records_that_share_a_upn_wait_for_the_officer(cast: Cast, signed_in: SignedIn) -> None:
    officer = signed_in(cast.officer)
    assert "share" not in home(officer)
    with in_scope(cast.eastshire):
        FormerUpn.objects.create(pupil=cast.pupils[1], upn=cast.pupil.upn, until_on=ON)
    assert "1 pair of records shares a UPN" in home(officer)
    assert "shares a UPN" not in home(signed_in(cast.lead)) + home(signed_in(cast.stranger))


def test_lines_of_social_care_that_wait_are_told_to_the_virtual_school(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        sent = SocialCareList.objects.create(file_name="care.csv", sha256="0" * 64, sent_at=AT)
        for row, state in enumerate(("uncertain", "uncertain", "recorded")):
            SocialCareLine.objects.create(care_list=sent, row=row, state=state, surname="Hidden")
    page = home(signed_in(cast.virtual_school))
    assert "2 lines to look at" in page and "care.csv, sent 20 November 2026" in page and "Hidden" not in page
    assert "to look at" not in home(signed_in(cast.officer))


def test_tokens_that_end_soon_are_told_to_the_administrator(cast: Cast, signed_in: SignedIn) -> None:
    for name, days in (("Hub", 10), ("Warehouse", 200), ("Old", -1)):
        Integration.objects.create(
            authority=cast.eastshire, name=name, token_hash=name, scopes=["marks:write"], made_at=AT,
            made_by=cast.admin, expires_on=ON + dt.timedelta(days=days),
        )  # fmt: skip
    page = home(signed_in(cast.admin))
    assert "Ends 30 Nov" in page and "Ended 19 Nov" in page and "Warehouse" not in page
    assert "Ends 30 Nov" not in home(signed_in(cast.officer))
