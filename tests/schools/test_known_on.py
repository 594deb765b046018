"""As known on a day: the school's page, its list of pupils, the pupil's page, their files, and export_bands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from attendance_portal.celery import app
from attendance_portal.models import AuditEvent, Membership
from schools import tasks
from schools.banding import standings_of
from schools.changes import as_known, known_together
from schools.changes.corrections import correct_admission, correct_leaving, correct_mark, move_school
from schools.models import Enrolment, EnrolmentChange, Pupil, Standing
from schools.sending import uploads
from schools.standing.figures import Figures, as_held
from schools.standing.packing import pack, unpack
from tests.cast import ON, Cast, in_scope
from tests.schools.files import long_file
from tests.schools.stored import AUTUMN, autumn
from tests.schools.test_put_right import enrolment_of
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
EARLY = dt.datetime(2026, 11, 10, 9, 30, tzinfo=dt.UTC)
LATE = dt.datetime(2026, 11, 18, 9, 30, tzinfo=dt.UTC)
BETWEEN = dt.date(2026, 11, 12)
KNOWN = "known_on=2026-11-12"
TOKEN = re.compile(r'value="[A-Za-z0-9]{64}"')

pytestmark = pytest.mark.django_db


def store_at(cast: Cast, marks: dict[Pupil, dict[dt.date, str]], at: dt.datetime) -> None:
    store_file(cast, long_file(marks), at)


def store_file(cast: Cast, content: bytes, at: dt.datetime) -> None:
    upload = uploads.receive_upload(cast.hill, [content], file_name=f"{at:%-d %B}.csv", by=cast.lead, at=at)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=at), on=ON)


def settle(cast: Cast) -> None:
    """The autumn on the 10th; on the 18th it turns out that the first child was there, and the last left long ago."""
    with in_scope(cast.eastshire):
        store_at(cast, autumn(cast), EARLY)
        later = autumn(cast)
        later[cast.pupil] = dict.fromkeys(AUTUMN, "/\\")
        store_at(cast, later, LATE)
        last = Enrolment.objects.get(pupil=cast.pupils[4])
        correct_leaving(last, leaving_on=AUTUMN[4], destination="", reason="Moved", by=cast.lead, at=LATE, on=ON)


def test_the_school_is_shown_as_it_was_known_with_a_banner(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), f"/schools/999001/?{KNOWN}")
    assert "As known on 12 November 2026: later corrections are not used" in page
    assert "1 Severely absent missed 50% or more: 20.0% of 5" in page and "5 on roll" in page
    now = words_of(signed_in(cast.lead), "/schools/999001/")
    assert "As known on" not in now and "0 Severely absent" in now and "4 on roll" in now
    assert "Last file stored" in now and "Last file stored" not in page


def test_before_the_first_file_nothing_was_known(cast: Cast, signed_in: SignedIn) -> None:
    assert "Nothing was known yet" in words_of(signed_in(cast.lead), "/schools/999001/?known_on=2026-11-09")
    assert "No pupils" in words_of(signed_in(cast.lead), "/schools/999001/pupils/?known_on=2026-11-09")


def test_the_list_of_pupils_and_its_file_hold_the_figures_of_then(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    page = words_of(client, f"/schools/999001/pupils/?{KNOWN}")
    assert "5 pupils" in page and "50.0% 20 of 40" in page
    assert "4 pupils" in words_of(client, "/schools/999001/pupils/")
    assert "1 pupil" in words_of(client, f"/schools/999001/pupils/?{KNOWN}&band=5")
    assert "1 pupil" in words_of(client, f"/schools/999001/pupils/?{KNOWN}&q=evans&year_group=11")
    assert "No pupils" in words_of(client, f"/schools/999001/pupils/?{KNOWN}&roll=leavers")
    assert 'name="known_on" value="2026-11-12"' in client.get(f"/schools/999001/pupils/?{KNOWN}").content.decode()
    answer = client.get(f"/schools/999001/pupils/?{KNOWN}&format=csv")
    assert "as-known-on-12-november-2026" in answer["Content-Disposition"]
    assert ",Abbott,Amy,Hill Academy,7,7A,2026-10-02,40,20," in answer.content.decode()


def test_the_list_of_every_school_s_pupils_takes_the_day_too(cast: Cast, signed_in: SignedIn) -> None:
    officer = signed_in(cast.officer)
    page = words_of(officer, f"/pupils/?{KNOWN}")
    assert "As known on 12 November 2026" in page and "5 pupils" in page and "50.0% 20 of 40" in page
    assert "4 pupils" in words_of(officer, "/pupils/")
    assert "1 pupil" in words_of(officer, f"/pupils/?{KNOWN}&band=5&absence=severe")
    assert "1 pupil" in words_of(officer, f"/pupils/?{KNOWN}&q=evans")
    assert "No pupils" in words_of(officer, f"/pupils/?{KNOWN}&roll=leavers")
    assert "No pupils" in words_of(officer, "/pupils/?known_on=2026-11-09")
    answer = officer.get(f"/pupils/?{KNOWN}&format=csv")
    assert "as-known-on-12-november-2026" in answer["Content-Disposition"]
    assert ",Abbott,Amy,Hill Academy,7,7A,2026-10-02,40,20," in answer.content.decode()
    assert "5 pupils" in words_of(signed_in(cast.trust_lead), f"/pupils/?{KNOWN}")
    for member in (cast.other_lead, cast.stranger):
        assert "Abbott" not in words_of(signed_in(member), f"/pupils/?{KNOWN}")


def downloads(cast: Cast) -> int:
    with in_scope(cast.eastshire):
        found: int = AuditEvent.objects.filter(what__in=("export_pupils", "export_overview")).count()
    return found


def vars_of(standing: Standing) -> dict[str, object]:
    return {name: value for name, value in vars(standing).items() if name != "_state"}


class TestOfACounty:
    """So many schools that a worker works out what was known, and the page shows how far it is."""

    @pytest.fixture(autouse=True)
    def _many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(known_together, "AT_ONCE", 0)
        cache.clear()

    @pytest.mark.parametrize("address", [f"/pupils/?{KNOWN}", f"/overview/?{KNOWN}", f"/pupils/?{KNOWN}&band=5"])
    def test_the_page_says_how_far_it_is_and_then_shows_what_it_shows_at_once(
        self, cast: Cast, signed_in: SignedIn, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = signed_in(cast.team_leader)
        waiting = client.get(address).content.decode()
        assert "Working out what was known then" in waiting and "Abbott" not in waiting
        assert f'data-poll="{escape(address)}"' in waiting and 'http-equiv="refresh"' in waiting
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))
        then = TOKEN.sub("", client.get(address).content.decode())
        monkeypatch.setattr(known_together, "AT_ONCE", 1_000)
        assert then == TOKEN.sub("", client.get(address).content.decode())

    @pytest.mark.parametrize("file", [f"/pupils/?{KNOWN}&format=csv", f"/overview/?{KNOWN}&format=phases"])
    def test_whoever_asks_for_the_file_waits_on_the_page_that_links_to_it(
        self, cast: Cast, signed_in: SignedIn, file: str
    ) -> None:
        client, page = signed_in(cast.team_leader), file.partition("&format")[0]
        assert client.get(file).headers["Location"] == page
        waiting = client.get(page).content.decode()
        assert "Take the file from this page" in waiting and f'data-poll="{escape(page)}"' in waiting
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))
        shown = client.get(page)
        assert shown["Content-Type"].startswith("text/html") and "format=" in shown.content.decode()
        assert downloads(cast) == 0
        assert client.get(file)["Content-Type"].startswith("text/csv") and downloads(cast) == 1

    def test_one_worker_is_asked_and_another_only_when_nothing_is_heard_of_it(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            assert known_together.want_known(BETWEEN, 3) and not known_together.want_known(BETWEEN, 3)
            assert known_together.want_known(BETWEEN + dt.timedelta(days=1), 3)
            cache.clear()  # as time does
            assert known_together.want_known(BETWEEN, 3)
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))
        with in_scope(cast.eastshire):
            assert not known_together.want_known(BETWEEN, 3)

    def test_tasks_of_a_day_that_no_worker_took_up_expire_and_those_that_come_late_do_nothing(
        self, cast: Cast, redis_server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with app.connection_for_read() as connection, connection.SimpleQueue(app.conf.task_default_queue) as queue:
            queue.clear()
            tasks.begin_known(cast.eastshire, BETWEEN)
            message = queue.get(block=False)
            message.ack()
        arguments, named, _ = message.payload
        life = dt.datetime.fromisoformat(message.headers["expires"]) - dt.datetime.now(dt.UTC)
        assert dt.timedelta(seconds=60) < life <= dt.timedelta(seconds=90), "when the next is asked for"
        assert message.headers["task"] == tasks.work_out_known.name
        tasks.work_out_known(*arguments, **named)
        with in_scope(cast.eastshire):
            assert not known_together.want_known(BETWEEN, 3)
        monkeypatch.setattr(known_together, "known_in_turn", None)  # to be called no more
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))

    def test_whoever_begins_says_so_before_the_first_schools_are_done(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked_anew: list[bool] = []

        def slow(schools: list[int], day: dt.date) -> Iterator[Figures]:
            asked_anew.append(known_together.want_known(day, len(schools)))
            return iter(())

        monkeypatch.setattr(known_together, "known_in_turn", slow)
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))
        assert asked_anew == [False]

    def test_the_last_three_days_of_an_authority_are_kept(self, cast: Cast) -> None:
        days = [BETWEEN + dt.timedelta(days=at) for at in (0, 1, 2, 0, 3)]
        for day in days:
            tasks.work_out_known(str(day), authority_id=str(cast.eastshire.pk))
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.westshire.pk))
        with in_scope(cast.eastshire):
            assert [known_together.want_known(day, 3) for day in days] == [True, False, False, False, False]

    def test_what_is_kept_is_packed_and_makes_the_same_standings(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            figures = as_held(cast.hill.pk, on=ON, known_on=BETWEEN)
            assert figures is not None
            again = unpack(pack(figures))
            assert list(map(vars_of, standings_of(again))) == list(map(vars_of, standings_of(figures)))
        assert again.totals.possible.dtype == figures.totals.possible.dtype and len(again.counted_here) == 0

    def test_what_is_kept_is_one_authority_s(self, cast: Cast, signed_in: SignedIn) -> None:
        tasks.work_out_known(str(BETWEEN), authority_id=str(cast.eastshire.pk))
        assert "Working out what was known then" in words_of(signed_in(cast.stranger), f"/overview/?{KNOWN}")

    def test_without_a_broker_it_is_worked_out_at_once(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*arguments: object, **options: object) -> None:
            raise OSError("Connection refused")

        monkeypatch.setattr(tasks.work_out_known, "apply_async", away)
        tasks.begin_known(cast.eastshire, BETWEEN)
        with in_scope(cast.eastshire):
            [found] = known_together.known_of_many([cast.hill.pk], BETWEEN)
        assert len(found.roll) == 5


def test_more_pupils_than_anybody_reads_are_not_worked_out_again(
    cast: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_known, "MOST_LISTED", 4)
    officer = signed_in(cast.officer)
    page = words_of(officer, f"/pupils/?{KNOWN}")
    assert "at most 4 pupils are listed at once" in page and "Abbott" not in page
    assert officer.get(f"/pupils/?{KNOWN}&format=csv")["Content-Type"].startswith("text/html")
    assert "1 pupil" in words_of(officer, f"/pupils/?{KNOWN}&q=abbott")


def test_a_restricted_child_is_in_no_list_of_then(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    for address in (f"/pupils/?{KNOWN}", f"/schools/999001/pupils/?{KNOWN}"):
        page = words_of(signed_in(cast.officer), address)
        assert "4 pupils" in page and "Abbott" not in page


def test_the_pupil_s_page_and_marks_are_those_of_then(cast: Cast, signed_in: SignedIn) -> None:
    client, address = signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/"
    page = words_of(client, f"{address}?{KNOWN}")
    assert "As known on 12 November 2026" in page and "50.0% Attendance 20 of 40 possible" in page
    assert "Severely absent" in page
    assert "Severely absent" not in words_of(client, address).split("Changes of category")[0]
    marks = client.get(f"{address}marks.csv?{KNOWN}").content.decode()
    assert "2026-09-07,AM,O," in marks
    assert "2026-09-07,AM,O," not in client.get(f"{address}marks.csv").content.decode()
    left = f"/pupils/{cast.pupils[4].pk}/"
    assert "left 11 September 2026" in words_of(client, left)
    assert "left 11 September 2026" not in words_of(client, f"{left}?{KNOWN}").split("Put right by hand")[0]


def test_today_days_to_come_and_nonsense_show_what_is_known_now(cast: Cast, signed_in: SignedIn) -> None:
    for asked in ("2026-11-20", "2030-01-01", "yesterday", "0001-01-01"):
        for address in ("/schools/999001/", "/schools/999001/pupils/", f"/pupils/{cast.pupil.pk}/"):
            page = words_of(signed_in(cast.lead), f"{address}?known_on={asked}")
            assert "later corrections are not used" not in page


def test_export_bands_prints_what_was_known(cast: Cast) -> None:
    told = {}
    for known_on in ("2026-11-09", "2026-11-12", "2026-11-18"):
        out = StringIO()
        call_command("export_bands", "--authority", "eastshire", "--known-on", known_on, stdout=out)
        told[known_on] = [line.split(",")[2:5] for line in out.getvalue().splitlines()[1:]]
    assert told["2026-11-09"] == []
    assert told["2026-11-12"][0] == ["0001", "40", "20"] and told["2026-11-12"][4] == ["0005", "40", "40"]
    assert told["2026-11-18"][0] == ["0001", "40", "40"] and told["2026-11-18"][4] == ["0005", "10", "10"]


def test_what_was_known_last_is_what_stands_now(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        figures = as_held(cast.hill.pk, on=ON, known_on=ON)
        assert figures is not None
        kept = {one.enrolment_id: one for one in Standing.objects.filter(school=cast.hill)}
        for one in standings_of(figures):
            held = kept.pop(one.enrolment_id)
            names = {f.attname for f in Standing._meta.concrete_fields} - {"id", "noted_on", "noted_band", "changed_at"}
            assert {n: getattr(one, n) for n in names} == {n: getattr(held, n) for n in names}
        assert not kept


def test_every_change_of_dates_by_hand_is_kept_with_what_was_before(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        EnrolmentChange.objects.all().delete()
        write = {"reason": "Told by the office", "by": cast.lead, "at": LATE, "on": ON}
        first = enrolment_of(cast, cast.pupil)
        correct_admission(first, admission_on=AUTUMN[2], **write)
        move_school(first, leaving_on=AUTUMN[9], to=cast.vale, destination="", admission_on=None, **write)
        kept = EnrolmentChange.objects.order_by("pk").values_list(
            "admission_before", "admission_after", "leaving_before", "leaving_after", "made_at"
        )
        since = dt.date(2025, 9, 1)
        assert list(kept) == [
            (since, AUTUMN[2], None, None, LATE),
            (AUTUMN[2], AUTUMN[2], None, AUTUMN[9], LATE),
        ]
        assert Enrolment.objects.get(pupil=cast.pupil, school=cast.vale).known_at == LATE


def test_dates_that_a_file_states_are_kept_too(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        EnrolmentChange.objects.all().delete()
        lines = long_file({cast.pupils[1]: {AUTUMN[0]: "/\\"}}).decode().splitlines()
        told = [f"{lines[0]},Leaving date", *(f"{line},02/10/2026" for line in lines[1:])]
        upload = uploads.receive_upload(cast.hill, ["\n".join(told).encode()], file_name="left.csv", by=cast.lead)
        uploads.read_upload(upload, on=ON)
        uploads.store_upload(uploads.accept_upload(upload, by=cast.office, at=LATE), on=ON)
        one = EnrolmentChange.objects.get()
        assert (one.leaving_before, one.leaving_after, one.made_by, one.made_at) == (
            None, dt.date(2026, 10, 2), cast.office, LATE
        )  # fmt: skip


def test_the_end_of_a_day_is_midnight_in_england(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        enrolment = enrolment_of(cast, cast.pupils[1])
        half_past_midnight = dt.datetime(2026, 11, 18, 23, 59, tzinfo=dt.UTC)
        correct_mark(
            enrolment, day=AUTUMN[5], half=0, mark="O", reason="Late news", by=cast.lead, at=half_past_midnight, on=ON
        )
        before, after = (as_held(cast.hill.pk, on=ON, known_on=dt.date(2026, 11, day)) for day in (17, 18))
        assert before and after
        row = before.roll.enrolments.tolist().index(enrolment.pk)
        assert (before.totals.unauthorised[row], after.totals.unauthorised[row]) == (0, 1)


def test_the_pages_as_known_ask_the_database_a_bounded_number_of_times(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    for address, budget in (
        ("/schools/999001/", 40), ("/schools/999001/pupils/", 40), (f"/pupils/{cast.pupil.pk}/", 60)
    ):  # fmt: skip
        with django_assert_max_num_queries(budget) as few:
            client.get(f"{address}?{KNOWN}")
        with in_scope(cast.eastshire):
            store_at(cast, {cast.pupils[1]: {AUTUMN[6]: "II"}}, LATE)
            store_at(cast, {cast.pupils[1]: {AUTUMN[6]: "/\\"}}, LATE)
        with django_assert_max_num_queries(len(few)):
            client.get(f"{address}?{KNOWN}")
