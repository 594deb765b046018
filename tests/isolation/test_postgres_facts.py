"""The facts about PostgreSQL and django-scopes that the tenancy stands on, each seen on a real server."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, connections, transaction
from django_scopes.exceptions import ScopeError

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from schools.models import Enrolment, Pupil, School
from tests.isolation.rows import row_of, two_authorities
from tests.servers import TestServer

Two = tuple[Authority, Authority]
SETTING = "SELECT current_setting('app.authority', true)"


def _asked(sql: str, *parameters: Any, alias: str = "default") -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def _by_the_owner(sql: str) -> list[tuple[Any, ...]]:
    return _asked(sql, alias="owner")


@pytest.fixture
def committed(own_database: str) -> Two:
    """Two authorities with a school of the same URN each, really stored."""
    both = two_authorities()
    for authority in both:
        with authority_scope(authority):
            row_of(School, authority, urn="100001")
    return both


# --- Who is bound -------------------------------------------------------------------------------------------


def test_the_tables_owner_sees_every_row_until_it_is_forced(committed: Two) -> None:
    assert _by_the_owner("SELECT count(*) FROM schools_school") == [(0,)]
    _by_the_owner("ALTER TABLE schools_school NO FORCE ROW LEVEL SECURITY")
    assert _by_the_owner("SELECT count(*) FROM schools_school") == [(2,)]


def test_a_superuser_and_the_backup_role_see_every_row_always(
    committed: Two, own_database: str, database_server: TestServer
) -> None:
    """With such a role, isolation tests would pass and prove nothing."""
    with database_server.admin(own_database) as admin:
        assert admin.execute("SELECT count(*) FROM schools_school").fetchone() == (2,)
        admin.execute("SET ROLE portal_backup")
        assert admin.execute("SELECT count(*) FROM schools_school").fetchone() == (2,)
        with pytest.raises(Exception, match="permission denied"):
            admin.execute("DELETE FROM schools_school")


def test_a_dump_by_the_plain_role_fails_rather_than_leaves_rows_out(committed: Two) -> None:
    """`pg_dump` begins with this setting."""
    _asked("SET row_security = off")
    with pytest.raises(ProgrammingError, match="row-level security"):
        _asked("SELECT * FROM schools_school")


@pytest.mark.django_db
def test_the_tests_run_as_a_role_that_row_security_binds() -> None:
    assert _asked(
        "SELECT rolsuper, rolbypassrls, rolcreaterole,"
        " pg_has_role(current_user, 'portal_owner', 'member'),"
        " pg_has_role(current_user, 'portal_backup', 'member')"
        " FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False, False)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE schools_school DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE schools_school NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY by_authority ON schools_school",
        "CREATE POLICY everything ON schools_school USING (true)",
        "TRUNCATE schools_school CASCADE",
        "SET ROLE portal_owner",
        "SET ROLE portal_backup",
        "ALTER ROLE portal_app BYPASSRLS",
    ],
)
def test_the_plain_role_cannot_switch_row_security_off(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        _asked(statement)


# --- The setting --------------------------------------------------------------------------------------------


def test_with_no_setting_there_are_no_rows_and_no_error(committed: Two) -> None:
    assert _asked(SETTING) == [("",)]
    connection.close()
    assert _asked(SETTING) == [(None,)], "a new connection has never heard of the setting"
    assert _asked("SELECT count(*) FROM schools_school") == [(0,)]


def test_after_a_commit_the_setting_is_empty_and_not_null(committed: Two) -> None:
    """So the policy says nullif: an empty string is no uuid."""
    north, _ = committed
    with authority_scope(north):
        assert _asked(SETTING) == [(str(north.pk),)]
    assert _asked(SETTING) == [("",)]
    assert _asked("SELECT count(*) FROM schools_school") == [(0,)]
    with pytest.raises(DataError):
        _asked("SELECT ''::uuid")


@pytest.mark.django_db
def test_a_setting_made_in_a_released_savepoint_outlives_it() -> None:
    with transaction.atomic():
        _asked("SELECT set_config('app.authority', 'left behind', true)")
    assert _asked(SETTING) == [("left behind",)]


@pytest.mark.django_db
def test_a_closed_scope_leaves_no_setting_under_a_tests_wrapping_transaction(north_and_south: Two) -> None:
    north, south = north_and_south
    with authority_scope(north):
        row_of(School, north)
    assert _asked(SETTING) == [("",)]
    with authority_scope(south):
        assert School.objects.count() == 0
    with pytest.raises(ZeroDivisionError), authority_scope(north):
        raise ZeroDivisionError
    assert _asked("SELECT count(*) FROM schools_school") == [(0,)]


@pytest.mark.django_db
def test_a_scope_entered_again_stays_open_until_the_outer_one_closes(north_and_south: Two) -> None:
    north, _ = north_and_south
    with authority_scope(north):
        with authority_scope(north):
            row_of(School, north)
        assert School.objects.count() == 1
    assert _asked(SETTING) == [("",)]


@pytest.mark.django_db
def test_a_scope_of_another_authority_is_refused_inside_one(north_and_south: Two) -> None:
    north, south = north_and_south
    with authority_scope(north):
        with pytest.raises(ScopeError, match="south may not be opened inside it"), authority_scope(south):
            pass
        assert _asked(SETTING) == [(str(north.pk),)]


@pytest.mark.django_db
def test_there_is_no_scope_of_none() -> None:
    with pytest.raises(ScopeError, match="needs an authority"), authority_scope(None):
        pass


def test_an_error_swallowed_inside_a_scope_is_not_lost_in_silence(committed: Two) -> None:
    """After an error, COMMIT is answered with a rollback and no error: the work would be gone unnoticed."""
    north, _ = committed
    with pytest.raises(transaction.TransactionManagementError, match="swallowed"), authority_scope(north):
        row_of(School, north, urn="100002")
        with pytest.raises(IntegrityError):
            row_of(School, north, urn="100001")
    with authority_scope(north):
        assert School.objects.count() == 1


# --- Keys and indexes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("composite", [False, True], ids=["a plain key", "the composite key"])
def test_only_the_composite_key_sees_that_a_row_points_into_another_authority(committed: Two, composite: bool) -> None:
    north, south = committed
    if not composite:
        _by_the_owner("ALTER TABLE schools_enrolment DROP CONSTRAINT schools_enrolment_pupil_id_within")
    with authority_scope(north):
        theirs = row_of(Pupil, north)
    try:
        with authority_scope(south):
            Enrolment.objects.create(pupil_id=theirs.pk, school=School.objects.get())
        pointed = True
    except IntegrityError:
        pointed = False
    assert pointed is not composite


def test_two_authorities_may_hold_the_same_number_and_a_plain_unique_index_would_tell(committed: Two) -> None:
    _, south = committed
    _by_the_owner("CREATE UNIQUE INDEX a_leak ON schools_school (laestab) WHERE laestab <> ''")
    with authority_scope(committed[0]):
        School.objects.update(laestab="9014001")
    with authority_scope(south), pytest.raises(IntegrityError, match="a_leak"), transaction.atomic():
        School.objects.update(laestab="9014001")


def test_a_like_index_is_not_used_under_row_security_but_equality_is(committed: Two) -> None:
    """LIKE's function is not leakproof, so it waits behind the policy: search goes by equality."""
    _by_the_owner("CREATE INDEX by_text ON schools_pupil (authority_id, sort_key text_pattern_ops)")
    with authority_scope(committed[0]):
        _asked("SET LOCAL enable_seqscan = off")
        like = _plan("sort_key LIKE 'abbott%%'")
        assert "Index Cond" not in like or "sort_key ~" not in like.split("Filter")[0]
        assert "sort_key" in _plan("sort_key = 'abbott amy'").split("Index Cond")[1].split("\n")[0]


def _plan(condition: str) -> str:
    mine = "authority_id = current_setting('app.authority')::uuid"
    plan = _asked(f"EXPLAIN SELECT id FROM schools_pupil WHERE {mine} AND {condition}")
    return "\n".join(line for (line,) in plan)


# --- Many rows at once --------------------------------------------------------------------------------------

_COLUMNS = "authority_id, urn, laestab, name, phase, area, address, email, telephone, meetings_a_year, kind, status"


@pytest.mark.django_db
def test_copy_into_a_table_under_row_security_is_refused(north_and_south: Two) -> None:
    refused = pytest.raises(Exception, match="COPY FROM not supported")
    with authority_scope(north_and_south[0]), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.copy(f"COPY schools_school ({_COLUMNS}) FROM STDIN").__enter__()


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_copy_goes_through_a_temporary_table_and_row_security_still_checks_it(north_and_south: Two, whose: str) -> None:
    north, south = north_and_south
    target = north if whose == "mine" else south
    with authority_scope(north):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE incoming (LIKE schools_school) ON COMMIT DROP")
            cursor.execute("ALTER TABLE incoming DROP COLUMN id, DROP COLUMN closed_on")
            with cursor.copy(f"COPY incoming ({_COLUMNS}) FROM STDIN") as copy:
                copy.write_row([str(target.pk), "100003", "", "Copied", "primary", "", "", "", "", 3, "", ""])
        if whose == "mine":
            _asked(f"INSERT INTO schools_school ({_COLUMNS}) SELECT {_COLUMNS} FROM incoming")
            assert School.objects.get().name == "Copied"
            return
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            _asked(f"INSERT INTO schools_school ({_COLUMNS}) SELECT {_COLUMNS} FROM incoming")


# --- Where django-scopes says nothing, row security does ----------------------------------------------------


def test_exists_is_not_refused_without_a_scope_and_finds_nothing(committed: Two) -> None:
    assert School.objects.exists() is False
    with authority_scope(committed[0]):
        assert School.objects.exists() is True


def test_bulk_create_is_not_refused_without_a_scope_but_row_security_refuses_it(committed: Two) -> None:
    school = School(authority=committed[0], urn="100004", name="Nowhere", phase="primary")
    with pytest.raises(ProgrammingError, match="row-level security"):
        School.objects.bulk_create([school])


def test_bulk_create_gives_rows_the_authority_of_the_scope(committed: Two) -> None:
    north, south = committed
    with authority_scope(north):
        School.objects.bulk_create([School(urn="100004", name="Here", phase="primary")])
        assert School.objects.get(urn="100004").authority == north
    with authority_scope(south):
        assert not School.objects.filter(urn="100004").exists()


def test_related_managers_show_nothing_of_another_authority(committed: Two) -> None:
    north, south = committed
    with authority_scope(north):
        school = School.objects.get()
        row_of(Enrolment, north, school=school, admission_on=dt.date(2026, 9, 1))
        assert school.enrolments.exists()
    with pytest.raises(ScopeError):
        school.enrolments.exists()
    with authority_scope(south):
        assert list(school.enrolments.all()) == []


def test_a_row_pointed_at_is_fetched_without_a_scope_but_row_security_hides_it(committed: Two) -> None:
    """Django follows a foreign key by the base manager, which django-scopes does not guard."""
    north, south = committed
    with authority_scope(north):
        enrolment = Enrolment.objects.get(pk=row_of(Enrolment, north).pk)
    with pytest.raises(Pupil.DoesNotExist):
        _ = enrolment.pupil
    with authority_scope(south), pytest.raises(Pupil.DoesNotExist):
        _ = enrolment.pupil
