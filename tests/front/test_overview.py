"""The overview of the authority: figures and meetings by school, and the files that leave the service."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.front.figures import figures_by_school
from attendance_portal.front.known_figures import figures_as_known
from attendance_portal.models import AuditEvent, Membership
from schools.models import Pupil, School
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.stored import AUTUMN, autumn
from tests.schools.test_known_on import BETWEEN, EARLY, KNOWN, LATE, store_at
from tests.tsm.meetings import arranged, ended, stand, stand_at_hill

SignedIn = Callable[[Membership], Client]
PAGES = ("/overview/", "/overview/meetings/")


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def lines(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(client, address).removeprefix("\ufeff"))))


class TestAsKnown:
    """Hill sent its autumn on the 10th; on the 18th it turned out that Amy had been there all the time."""

    @pytest.fixture(autouse=True)
    def _stored(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            store_at(cast, autumn(cast), EARLY)
            later = autumn(cast)
            later[cast.pupil] = dict.fromkeys(AUTUMN, "/\\")
            store_at(cast, later, LATE)

    def test_the_figures_are_those_known_then(self, cast: Cast, signed_in: SignedIn) -> None:
        client = signed_in(cast.manager)
        then, now = text(client, f"/overview/?{KNOWN}"), text(client, "/overview/")
        assert "As known on 12 November 2026: later corrections are not used" in then
        # Of the four aged 5 to 15 three missed a tenth and Amy half; then it was two, and nobody half.
        assert "1 of 4 (25.0%)" in then and "3 of 4 (75.0%)" in then
        assert "As known on" not in now and "0 of 4 (0.0%)" in now and "2 of 4 (50.0%)" in now
        assert "No figures yet" in text(client, "/overview/?known_on=2026-11-09")

    def test_its_filter_its_order_and_its_files_keep_the_day(self, cast: Cast, signed_in: SignedIn) -> None:
        client = signed_in(cast.manager)
        page = text(client, f"/overview/?{KNOWN}")
        assert 'name="known_on" value="2026-11-12"' in page and "format=phases&amp;known_on=2026-11-12" in page
        by_school, by_phase = (client.get(f"/overview/?{KNOWN}&format={kind}") for kind in ("csv", "phases"))
        for answer in (by_school, by_phase):
            assert "as-known-on-12-november-2026" in answer["Content-Disposition"]

    def test_what_was_known_last_is_what_stands_now(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            schools = list(School.objects.order_by("pk"))
            assert figures_as_known(schools, ON) == figures_by_school(schools)
            assert figures_as_known(schools, BETWEEN) != figures_by_school(schools)

    def test_it_asks_as_often_for_many_schools(
        self, cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in(cast.manager)
        with django_assert_max_num_queries(45) as few:
            text(client, f"/overview/?{KNOWN}")
        with in_scope(cast.eastshire):
            for n in range(20):
                School.objects.create(urn=f"9995{n:02d}", name=f"School {n}", phase="primary")
        with django_assert_max_num_queries(len(few)):
            text(client, f"/overview/?{KNOWN}")


@pytest.mark.usefixtures("in_eastshire")
class TestFigures:
    def test_the_manager_sees_the_categories_of_all_and_of_each_school(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        html = text(signed_in(cast.manager), "/overview/")
        assert "3 of 5 (60.0%)" in html
        assert "1 of 5 (20.0%)" in html
        assert "Hill Academy" in html
        assert "Vale Primary School" in html
        assert "As at 20 November 2026" in html

    def test_official_rates_leave_out_who_is_not_aged_5_to_15(self, cast: Cast, signed_in: SignedIn) -> None:
        stand(cast.pupils[0], absent=60)
        stand(cast.pupils[1], absent=60, is_in_official_figures=False)
        html = text(signed_in(cast.manager), "/overview/")
        assert "1 of 1 (100.0%)" in html
        assert "Severe absence" in html

    def test_it_narrows_by_phase_area_and_officer(self, cast: Cast, signed_in: SignedIn) -> None:
        client = signed_in(cast.manager)
        assert "Vale Primary School" not in text(client, "/overview/?phase=secondary")
        assert "Hill Academy" in text(client, f"/overview/?officer={cast.officer.pk}&area=North")
        assert "Error: " in text(client, "/overview/?area=Nowhere")

    def test_it_sorts_by_any_column(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        stand(cast.vale_pupils[0], absent=0)
        html = text(signed_in(cast.manager), "/overview/?sort=attendance")
        table = html[html.index('id="by-school"') :]
        assert table.index("Hill Academy") < table.index("Vale Primary")

    @pytest.mark.parametrize("address", PAGES)
    def test_the_number_of_queries_does_not_grow(
        self, cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries, address: str
    ) -> None:
        client = signed_in(cast.manager)
        with django_assert_max_num_queries(20) as few:
            client.get(address)
        for number in range(5):
            school = School.objects.create(
                urn=f"99901{number}", laestab="9991000", name=f"New {number}", phase="special"
            )
            stand(make_pupil(school, 200 + number, "Young", "Una", "9"), absent=30)
        with django_assert_max_num_queries(len(few)):
            client.get(address)

    def test_restricted_children_count_and_nobody_is_named(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        Pupil.objects.update(is_restricted=True)
        html = text(signed_in(cast.manager), "/overview/")
        assert "3 of 5 (60.0%)" in html
        assert "Abbott" not in html


@pytest.mark.usefixtures("in_eastshire")
class TestMeetings:
    def test_each_school_stands_where_the_timetable_puts_it(self, cast: Cast, signed_in: SignedIn) -> None:
        ended(cast)
        html = text(signed_in(cast.manager), "/overview/meetings/")
        assert "Met this term" in html
        assert "Due, none arranged" in html
        only_met = text(signed_in(cast.manager), "/overview/meetings/?state=met")
        assert "Hill Academy" in only_met
        assert "Vale Primary School" not in only_met

    def test_they_download(self, cast: Cast, signed_in: SignedIn) -> None:
        arranged(cast)
        hill = lines(signed_in(cast.manager), "/overview/meetings/?format=csv&sort=school")[0]
        assert hill["This term"] == "Arranged"
        assert (hill["Meeting on"], hill["Held by"]) == ("2026-11-24", "Olive Frost")
        assert AuditEvent.objects.filter(what="export_overview").count() == 1


@pytest.mark.usefixtures("in_eastshire")
class TestFiles:
    def test_counts_of_one_to_four_are_hidden_with_their_shares(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        hill, vale, everything = lines(signed_in(cast.manager), "/overview/?format=csv")[:3]
        assert (hill["School"], vale["School"], everything["School"]) == (
            "Hill Academy",
            "Vale Primary School",
            "All schools",
        )
        for name in ("Severe absence", "Severe absence %", "Persistent absence", "Severely absent, ages 5 to 15"):
            assert hill[name] == "c"
            assert everything[name] == "c"

    def test_large_counts_stay_unless_they_give_a_small_one_away(self, cast: Cast, signed_in: SignedIn) -> None:
        for number in range(30):
            stand(make_pupil(cast.hill, 200 + number, "Young", f"Una{number}", "9"), absent=60 if number < 2 else 1)
        for number in range(40):
            stand(make_pupil(cast.vale, 300 + number, "Old", f"Ole{number}", "3"), absent=60 if number < 9 else 1)
        hill, vale, everything = lines(signed_in(cast.manager), "/overview/?format=csv")[:3]
        assert everything["Pupils on roll"] == "70"
        assert hill["Severe absence"] == "c"
        assert hill["As expected"] == "c"  # else 30 less the rest
        assert vale["Severe absence"] == "c"  # else 11 less 9, where the total is shown

    def test_the_file_by_phase_gives_no_more_away(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        rows = lines(signed_in(cast.manager), "/overview/?format=phases")
        assert [row["Phase"] for row in rows[:3]] == ["Primary", "Secondary", "All schools"]
        assert rows[1]["Severe absence"] == rows[2]["Severe absence"] == "c"

    def test_a_narrowed_file_has_no_total_and_the_same_cells(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        client = signed_in(cast.manager)
        narrowed = lines(client, "/overview/?format=csv&phase=secondary")
        assert [row["School"] for row in narrowed][:1] == ["Hill Academy"]
        assert "All schools" not in [row["School"] for row in narrowed]
        assert narrowed[0] == lines(client, "/overview/?format=csv")[0]

    def test_a_note_says_what_c_means(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "c: hidden" in text(signed_in(cast.manager), "/overview/?format=csv")


@pytest.mark.parametrize("address", PAGES)
class TestWhoMaySeeIt:
    def test_officers_leaders_managers_and_auditors(self, cast: Cast, signed_in: SignedIn, address: str) -> None:
        for member in (cast.manager, cast.officer, cast.team_leader, cast.auditor):
            assert signed_in(member).get(address).status_code == 200

    def test_others_are_refused(self, cast: Cast, signed_in: SignedIn, client: Client, address: str) -> None:
        for member in (cast.lead, cast.office, cast.legal, cast.virtual_school, cast.practitioner, cast.admin):
            assert signed_in(member).get(address).status_code == 403
        assert client.get(address).status_code == 302

    def test_the_stranger_sees_their_own_authority(self, cast: Cast, signed_in: SignedIn, address: str) -> None:
        for query in ("", "?format=csv", "?phase=secondary"):
            html = text(signed_in(cast.stranger), address + query)
            assert "Fen School" in html
            assert "Hill Academy" not in html
