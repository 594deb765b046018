"""The commands add_school and invite, and what they refuse."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from attendance_portal.models import AuditEvent, Membership, Message
from schools.directory import staff
from schools.models import School, SchoolMembership
from tests.cast import ON, Cast, in_scope, make_cast
from tests.servers import BASE


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def invite(*arguments: str) -> str:
    return run("invite", "--authority", "eastshire", *arguments).strip()


def test_a_school_is_added_once(cast: Cast) -> None:
    said = run("add_school", "--authority", "eastshire", "999777", "New School", "--phase", "primary")
    assert "New School (URN 999777) was added to Eastshire." in said
    with pytest.raises(CommandError, match="is there already: New School"):
        run("add_school", "--authority", "eastshire", "999777", "Again", "--phase", "primary")
    with in_scope(cast.eastshire):
        assert School.objects.get(urn="999777").phase == "primary"
        assert AuditEvent.objects.filter(what="add_school").count() == 1
    with in_scope(cast.westshire):
        assert not School.objects.filter(urn="999777").exists()


def test_a_school_needs_a_real_urn_and_phase(cast: Cast) -> None:
    for urn, phase, told in (("99977", "primary", "six digits"), ("999777", "college", "invalid choice")):
        with pytest.raises(CommandError, match=told):
            run("add_school", "--authority", "eastshire", urn, "New School", "--phase", phase)


def test_an_unknown_authority_is_told_with_those_that_are_known(cast: Cast) -> None:
    with pytest.raises(CommandError, match="Known: eastshire, westshire"):
        run("invite", "--authority", "nowhere", "--role", "admin", "a@b.example")


def test_the_link_of_an_invitation_is_printed_and_sent(cast: Cast, client: Client) -> None:
    link = invite("--role", "admin", "boss@eastshire.example")
    assert "/invitation/" in link
    with in_scope(cast.eastshire):
        assert link in Message.objects.get(to_email="boss@eastshire.example").body
    assert "Join Eastshire" in client.get(link[link.index("/invitation/") :]).content.decode()


def test_school_staff_get_their_schools(cast: Cast) -> None:
    invite("--role", "school-lead", "--school", "999001", "--school", "999002", "trust@hill.example")
    member = Membership.objects.get(user__email="trust@hill.example")
    assert member.organisation == "Hill Academy, Vale Primary School"
    with in_scope(cast.eastshire):
        rows = SchoolMembership.objects.filter(membership=member)
        assert {(row.school, row.capacity, row.from_on) for row in rows} == {
            (cast.hill, "staff", ON),
            (cast.vale, "staff", ON),
        }


def test_an_officer_becomes_the_named_one_of_the_school(cast: Cast) -> None:
    invite("--role", "officer", "--school", "999001", "new@eastshire.example")
    with in_scope(cast.eastshire):
        named = SchoolMembership.objects.on(ON).get(school=cast.hill, capacity="named-officer")
        assert named.membership.user.email == "new@eastshire.example"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--role", "school-lead", "a@b.example"), "name it with --school"),
        (("--role", "school-lead", "--school", "998001", "a@b.example"), "no school with URN 998001"),
        (("--role", "legal", "--school", "999001", "a@b.example"), "not a role with schools"),
        (("--role", "wizard", "a@b.example"), "invalid choice"),
        (("--role", "legal", "not an address"), "is not an e-mail address"),
        (("--role", "officer", "officer@eastshire.example"), "already works in Eastshire"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left_behind(
    cast: Cast, arguments: tuple[str, ...], told: str
) -> None:
    before = Membership.objects.count()
    with pytest.raises(CommandError, match=told):
        invite(*arguments)
    assert Membership.objects.count() == before


def test_the_exit_status_and_the_sentence_on_standard_error(process_environment: dict[str, str]) -> None:
    make_cast()
    arguments = [sys.executable, "manage.py", "invite", "--authority", "eastshire", "--role"]
    for role, status in (("legal", 0), ("school-lead", 1)):
        done = subprocess.run(
            [*arguments, role, "a@b.example"],
            env=process_environment, cwd=BASE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        assert bool(done.stdout) is (status == 0)
    assert "works for a school" in done.stderr


def test_a_row_that_began_today_ends_today_and_is_not_lost(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        row = staff.give_school(cast.team_leader, cast.vale, by=None, on=ON)
        staff.end_school(row, by=None, on=ON)
        assert SchoolMembership.objects.get(pk=row.pk).until_on == ON
        ended = SchoolMembership.objects.get(membership=cast.officer, school=cast.vale)
        assert ended.until_on == ON - dt.timedelta(days=1)
