"""The four doors at which a scope opens: requests, tasks, commands, migrations; and what a pool hands on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from celery import current_app, shared_task
from django.apps import apps
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from attendance_portal.commands import AuthorityCommand
from attendance_portal.isolation import for_each_authority
from attendance_portal.models import AuditEvent, Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from attendance_portal.tasks import AuthorityTask
from attendance_portal.tenancy import authority_scope, current_authority
from schools.models import School
from tests.isolation.rows import member_of, row_of, two_authorities
from tests.sources import app_of

Two = tuple[Membership, Membership]


def _client(member: Membership) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _schools(authority: Authority) -> list[str]:
    with authority_scope(authority):
        return list(School.objects.order_by("name").values_list("name", flat=True))


def _events(authority: Authority) -> list[AuditEvent]:
    with authority_scope(authority):
        return list(AuditEvent.objects.order_by("id"))


def _asked(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _two_members(settings: Settings) -> Two:
    settings.ROOT_URLCONF = "tests.isolation.pages"
    settings.SECOND_FACTOR_REQUIRED = False
    north, south = two_authorities()
    for authority in (north, south):
        with authority_scope(authority):
            row_of(School, authority, name=f"{authority.name} School")
    return member_of(north), member_of(south)


@pytest.fixture
def members(db: None, settings: Settings) -> Two:
    """A person of each of two authorities, which have a school each; rolled back after the test."""
    return _two_members(settings)


@pytest.fixture
def stored_members(own_database: str, settings: Settings) -> Two:
    """The same, where commits are real."""
    return _two_members(settings)


# --- Requests -----------------------------------------------------------------------------------------------


def test_a_lazily_rendered_page_reads_inside_the_scope(members: Two) -> None:
    for member in members:
        answer = _client(member).get("/isolation/rendered_lazily")
        assert answer.content.decode() == f"{member.authority.name} School;"


def test_owned_data_are_never_streamed(members: Two) -> None:
    north, _ = members
    answer = _client(north).get("/isolation/streamed")
    assert answer.status_code == 500
    assert "Northshire School" not in answer.content.decode()
    with pytest.raises(RuntimeError, match="streams owned data"):
        client = _client(north)
        client.raise_request_exception = True
        client.get("/isolation/streamed")


def test_nothing_of_a_members_pages_is_kept_by_the_browser(members: Two) -> None:
    for page in ("rendered_lazily", "not_found", "forbidden"):
        kept = _client(members[0]).get(f"/isolation/{page}").headers["Cache-Control"]
        assert "no-store" in kept and "private" in kept, page


@pytest.mark.parametrize(("is_signed_in", "size"), [(False, 1_000_001), (True, 500_000_001)])
def test_what_is_far_too_large_is_not_even_read(members: Two, is_signed_in: bool, size: int) -> None:
    client = _client(members[0]) if is_signed_in else Client()
    sent = {"CONTENT_LENGTH": str(size), "content_type": "multipart/form-data; boundary=x"}
    answer = client.generic("POST", "/account/login/", b"", **sent)
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


@pytest.mark.parametrize(("address", "status"), [("/schools/1%00/pupils/", 404), ("/find/?q=%00", 400)])
def test_an_address_with_a_nul_is_no_error_of_the_service(members: Two, address: str, status: int) -> None:
    assert _client(members[0]).get(address).status_code == status


def test_a_request_commits_what_it_wrote(members: Two) -> None:
    assert _client(members[0]).get("/isolation/written").status_code == 200
    assert "Written School" in _schools(members[0].authority)
    assert "Written School" not in _schools(members[1].authority)


COMES_TO_NOTHING = {
    "failing": 500,
    "answering_with_an_error": 503,
    "not_found": 404,
    "forbidden": 403,
    "refusing": 409,
    "swallowing": 500,
}


def test_a_request_that_comes_to_nothing_writes_nothing(stored_members: Two) -> None:
    north, _ = stored_members
    for page, status in COMES_TO_NOTHING.items():
        assert _client(north).post(f"/isolation/{page}").status_code == status, page
        assert _schools(north.authority) == ["Northshire School"], page


def test_what_may_not_be_done_is_answered_with_its_sentence(members: Two) -> None:
    answer = _client(members[0]).post("/isolation/refusing")
    assert "The school is closed: choose another." in answer.content.decode()


def test_a_refused_attempt_is_recorded_though_its_own_transaction_was_not(stored_members: Two) -> None:
    north, south = stored_members
    for page, status in {"not_found": 404, "forbidden": 403, "for_auditors": 403}.items():
        assert _client(north).get(f"/isolation/{page}").status_code == status
        event = _events(north.authority)[-1]
        assert (event.what, event.membership_id, event.detail["status"]) == ("refused", north.pk, status)
        assert page in event.words
    assert len(_events(north.authority)) == 3
    assert _events(south.authority) == []


def test_an_address_that_does_not_exist_is_no_attempt_on_anything(members: Two) -> None:
    assert _client(members[0]).get("/isolation/nowhere").status_code == 404
    assert _events(members[0].authority) == []


def test_a_membership_that_was_ended_opens_no_scope(members: Two) -> None:
    north, _ = members
    client = _client(north)
    Membership.objects.filter(pk=north.pk).update(deactivated_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    assert "School" not in client.get("/isolation/rendered_lazily").content.decode()


def test_a_person_of_two_authorities_sees_one_at_a_time_and_never_by_naming_somebody_elses(members: Two) -> None:
    north, south = members
    second = Membership.objects.create(authority=south.authority, user=north.user, role=Role.OFFICER)
    client = _client(north)
    for chosen, shown in ((second, "Southshire"), (north, "Northshire"), (south, "Northshire")):
        session = client.session
        session["membership"] = str(chosen.pk)
        session.save()
        answer = client.get("/isolation/rendered_lazily")
        assert answer.content.decode() == f"{shown} School;"


# --- The pool -----------------------------------------------------------------------------------------------


@pytest.fixture
def one_connection(stored_members: Two) -> Iterator[None]:
    """A pool of a single connection, which every piece of work must take in turn."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    options["pool"] = {"min_size": 1, "max_size": 1, "timeout": 60}
    yield
    connection.close()
    connection.close_pool()
    options.clear()
    options.update(before)


@pytest.mark.usefixtures("one_connection")
def test_a_pooled_connection_carries_nothing_over_to_the_next_authority(stored_members: Two) -> None:
    clients = [_client(member) for member in stored_members]
    backends = set()
    for _ in range(3):
        for client, member in zip(clients, stored_members, strict=True):
            answer = client.get("/isolation/rendered_lazily")
            assert answer.content.decode() == f"{member.authority.name} School;"
            backends.add(_asked("SELECT pg_backend_pid()"))
            assert not _asked("SELECT current_setting('app.authority', true)")
            assert _asked("SELECT count(*) FROM schools_school") == 0
            connection.close()  # back into the pool, as at the end of a request
    assert len(backends) == 1


@pytest.mark.usefixtures("one_connection")
def test_a_pooled_connection_carries_nothing_over_from_a_request_that_failed(stored_members: Two) -> None:
    north, south = stored_members
    for page in (*COMES_TO_NOTHING, "streamed"):
        _client(north).get(f"/isolation/{page}")
        connection.close()
        assert _asked("SELECT count(*) FROM schools_school") == 0, page
        answer = _client(south).get("/isolation/rendered_lazily")
        assert answer.content.decode() == "Southshire School;", page
        connection.close()


# --- Tasks --------------------------------------------------------------------------------------------------


@shared_task(base=AuthorityTask, name="tests.isolation.count_schools")
def count_schools(seen: list[tuple[str, int]]) -> None:
    """Tell which authority's scope is open, and how many schools there are in it."""
    seen.append((current_authority().slug, School.objects.count()))


@shared_task(base=AuthorityTask, name="tests.isolation.write_and_fail")
def write_and_fail() -> None:
    """Write a school, and fail."""
    School.objects.create(urn="123456", name="Written School", phase="primary")
    raise ZeroDivisionError


def test_a_task_works_in_the_scope_of_the_authority_it_names(members: Two) -> None:
    seen: list[tuple[str, int]] = []
    for member in members:
        count_schools.apply(kwargs={"seen": seen, "authority_id": str(member.authority_id)}, throw=True)
    assert seen == [("north", 1), ("south", 1)]
    assert _asked("SELECT count(*) FROM schools_school") == 0


def test_a_task_that_names_no_authority_does_not_run() -> None:
    with pytest.raises(TypeError, match="authority_id"):
        count_schools(seen=[])


def test_a_task_that_fails_writes_nothing(members: Two) -> None:
    result = write_and_fail.apply(kwargs={"authority_id": str(members[0].authority_id)})
    assert isinstance(result.result, ZeroDivisionError)
    assert _schools(members[0].authority) == ["Northshire School"]


# Tasks that are not of one authority's transaction, and where their scopes open.
OPENS_ITS_OWN_SCOPES = {
    "attendance_portal.tasks.send_waiting_messages": "for every authority, a transaction a message",
    "attendance_portal.tasks.take_up_unfinished": "for every authority, a transaction a piece of work",
    "casework.tasks.remind_every_authority": "for every authority, in a scope of its own",
    "casework.tasks.scan_unscanned": "for every authority, a transaction a document",
    "casework.tasks.throw_away_strays": "for every authority, in a scope of its own",
    "schools.tasks.band_every_authority": "for every authority, a transaction that begins its run",
    "schools.tasks.finish_banding": "of one authority, a transaction a batch of schools",
    "schools.tasks.finish_post": "a transaction a post of marks, so that a killed one is taken up",
    "schools.tasks.read_upload": "a transaction an upload's stage, so that a killed one is taken up",
    "schools.tasks.store_upload": "a transaction an upload's stage, so that a killed one is taken up",
    "schools.tasks.sync_every_authority": "for every authority, in a scope of its own",
    "schools.tasks.throw_away_strays": "for every authority, in a scope of its own",
    "schools.tasks.work_off_syncs": "a transaction a period of a school, so that a killed sync goes on",
}


def test_every_task_opens_a_scope_or_is_named_here_with_its_reason() -> None:
    current_app.loader.import_default_modules()
    ours = {name: task for name, task in current_app.tasks.items() if app_of(name)}
    assert ours
    found = [
        name for name, task in ours.items() if not isinstance(task, AuthorityTask) and name not in OPENS_ITS_OWN_SCOPES
    ]
    assert not found, f"Use `@shared_task(base=AuthorityTask)` for {found}."


# --- Commands -----------------------------------------------------------------------------------------------


class CountSchools(AuthorityCommand):
    """Writes how many schools there are, on which day; refuses Southshire, having written."""

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        self.stdout.write(f"{authority.slug} {School.objects.count()} {on.year > 2000}")
        if authority.slug == "south":
            School.objects.create(urn="123456", name="Written School", phase="primary")
            raise Refused("Southshire is not counted.")


def test_a_command_works_in_the_scope_of_the_authority_it_names(members: Two) -> None:
    said = StringIO()
    call_command(CountSchools(), authority="north", stdout=said)
    assert said.getvalue() == "north 1 True\n"


def test_a_command_that_is_refused_says_why_and_writes_nothing(members: Two) -> None:
    with pytest.raises(CommandError, match=r"Southshire is not counted\."):
        call_command(CountSchools(), authority="south", stdout=StringIO())
    assert _schools(members[1].authority) == ["Southshire School"]


def test_a_command_for_an_authority_that_is_not_there_names_those_that_are(members: Two) -> None:
    with pytest.raises(CommandError, match="Known: north, south"):
        call_command(CountSchools(), authority="nowhere")


# Commands without one authority's scope around them, and why.
COMMANDS_OF_NO_AUTHORITY = {
    "add_authority": "makes one",
    "collectstatic": "copies files",
    "import_register": "a transaction a stage of the upload, so that a killed one is taken up",
    "band": "every authority, unless one is named; a transaction a school",
    "demo": "starts and stops processes",
    "migrate": "the owner's work on tables",
    "prepare_database": "makes roles and the database",
    "sync_schools": "a transaction a period of a school, so that a killed sync goes on",
    "wonde_server": "speaks for invented schools, and reads nothing of the portal",
    "seed_demo": "makes both authorities of the demonstration",
    "write_docs": "writes the generated pages of docs/, from code alone",
}


def test_every_command_opens_a_scope_or_is_named_here_with_its_reason() -> None:
    labels = {config.name: config for config in apps.get_app_configs()}
    ours = {name: app for name, app in get_commands().items() if isinstance(app, str) and app_of(app)}
    assert set(ours.values()) <= set(labels)
    found = [
        name
        for name, app in ours.items()
        if name not in COMMANDS_OF_NO_AUTHORITY and not isinstance(load_command_class(app, name), AuthorityCommand)
    ]
    assert not found, f"Derive {found} from AuthorityCommand."


# --- Migrations ---------------------------------------------------------------------------------------------


def test_a_migration_of_data_works_for_one_authority_after_the_other(stored_members: Two) -> None:
    def rename(registry: Any, alias: str) -> None:
        model = registry.get_model("schools", "School")
        for school in model.objects.using(alias).all():
            school.name = f"{current_authority().slug} renamed"
            school.save(using=alias)

    operation = for_each_authority(rename)
    with connections["owner"].schema_editor(atomic=True) as editor:
        editor.execute("ALTER TABLE schools_school ADD COLUMN new_in_this_migration integer")
        operation.code(apps, editor)
    assert [_schools(member.authority) for member in stored_members] == [["north renamed"], ["south renamed"]]
