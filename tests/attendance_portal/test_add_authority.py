"""The command add_authority."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from attendance_portal.models import AuditEvent, Authority
from tests.cast import in_scope


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("add_authority", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_new_authority_is_made_and_the_next_step_is_told() -> None:
    said = run("north-shire", "North Shire", "--code", "997", "--mailbox", "attendance@north.example")
    authority = Authority.objects.get(slug="north-shire")
    assert (authority.name, authority.code, authority.mailbox) == ("North Shire", "997", "attendance@north.example")
    assert "manage.py invite --authority north-shire --role admin" in said
    with in_scope(authority):
        assert AuditEvent.objects.get().what == "add_authority"


@pytest.mark.django_db
def test_a_slug_or_a_code_is_used_once() -> None:
    run("north-shire", "North Shire", "--code", "997")
    for arguments in (("north-shire", "Other", "--code", "996"), ("other", "Other", "--code", "997")):
        with pytest.raises(CommandError, match="North Shire already has the slug"):
            run(*arguments)
    assert Authority.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("North Shire", "North Shire", "--code", "997"), "is no slug"),
        (("north", "North Shire", "--code", "97"), "write three digits"),
        (("north", "North Shire"), "--code"),
    ],
)
def test_what_is_no_slug_or_no_code_is_told_in_a_sentence(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*arguments)
