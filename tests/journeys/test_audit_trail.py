"""Who has looked: each page that names a child leaves one event that names them, and each write leaves one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from attendance_portal.models import AuditEvent
from tests.cast import Cast, in_scope
from tests.isolation.permission_table import TABLE
from tests.isolation.scene import Scene, set_scene
from tests.journeys.steps import SignedIn, arrange, date_of, events_about, read, send, words_of
from tests.schools.stored import AUTUMN

pytestmark = pytest.mark.django_db
# Files that are about the child though the name does not stand in them as words.
FILES = {"minutes_pdf", "pupil_marks_csv", "chronology_pdf", "plan_pdf", "contract_pdf"}


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """The first child of Hill Academy has a case, meetings and an action."""
    return set_scene(cast)


def test_a_page_that_names_a_child_leaves_one_event_that_names_them(scene: Scene, signed_in: SignedIn) -> None:
    """Given one of each thing about a child, when every address is opened, then each that shows them is told once."""
    clients = {name: signed_in(member) for name, member in scene.cast.members.items()}
    wrong = [told for name, row in TABLE.items() if (told := _wrong(scene, clients[row.by], name))]
    assert not wrong, "\n".join(wrong)


def _wrong(scene: Scene, client: Client, name: str) -> str:
    """Open one address; answers what is wrong with the events it left about the first child."""
    row, child = TABLE[name], scene.cast.pupil
    address = reverse(name, kwargs=row.arguments(scene)) + (f"?{row.query}" if row.query else "")
    before = len(events_about(scene.cast, child))
    answer = client.get(address)
    if answer.status_code != 200:
        return ""
    page = answer.content.decode(errors="replace")
    expected = int(name in FILES or child.surname in page or (child.upn or "no UPN") in page)
    left = events_about(scene.cast, child)[before:]
    if any(event.membership_id != scene.cast.members[row.by].pk for event in left):
        return f"{name}: an event of somebody else"
    return "" if len(left) == expected else f"{name}: {len(left)} events, not {expected}"


def test_a_look_from_every_side_is_on_the_childs_page(scene: Scene, signed_in: SignedIn) -> None:
    """Given a child whom four people looked at, when the lead opens the page, then all four are told."""
    cast = scene.cast
    for member in (cast.legal, cast.manager, cast.auditor, cast.team_leader):
        read(signed_in(member), f"/pupils/{cast.pupil.pk}/")
    page = read(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")
    trail = page[page.index("Who has looked") :]
    for member in (cast.legal, cast.manager, cast.auditor, cast.team_leader):
        assert member.name in trail, member.name


def test_a_script_that_asks_in_the_background_is_no_look(scene: Scene, signed_in: SignedIn) -> None:
    cast = scene.cast
    before = len(events_about(cast, cast.pupil))
    where = f"/meetings/{scene.under_way.pk}/hold/{scene.discussion.position}/"
    assert signed_in(cast.officer).get(where, headers={"X-Background": "1"}).status_code == 200
    assert len(events_about(cast, cast.pupil)) == before


def test_every_write_leaves_an_event_of_who_did_it(scene: Scene, signed_in: SignedIn) -> None:
    """Given everyone's work of a day, when each thing is done, then the trail has it with its person."""
    cast = scene.cast
    officer, lead, leader = (signed_in(m) for m in (cast.officer, cast.lead, cast.team_leader))
    meeting, case = f"/meetings/{scene.arranged.pk}/", f"/cases/{scene.case.pk}/"
    right = {"reason": "Typed wrongly", "enrolment": str(scene.enrolment.pk)}
    child, listed = f"/pupils/{cast.pupil.pk}/", f"{meeting}list/{cast.pupil.pk}/"
    writes = [
        (lead, "correct_name", f"{child}put-right/name/", {"forename": "Amy", "surname": "Abbot", "reason": "x"}),
        (
            lead,
            "correct_mark",
            f"{child}put-right/mark/",
            {**date_of("day", AUTUMN[0]), "half": "0", "mark": "I", **right},
        ),
        (lead, "drop_from_list", f"{listed}drop/", {"reason": "In hospital"}),
        (lead, "follow_the_rule_again", f"{listed}undo/", {}),
        (leader, "take_over_meeting", f"{meeting}take-over/", {"officer": str(cast.team_leader.pk)}),
        (officer, "cancel_meeting", f"{meeting}cancel/", {"reason": "Closed"}),
        (officer, "add_entry", f"{case}entry/", {"words": "Rang home.", **date_of("happened_on", AUTUMN[0])}),
        (officer, "end_meeting", f"/meetings/{scene.under_way.pk}/end/", {}),
        (lead, "confirm_minutes", f"/meetings/{scene.to_confirm.pk}/minutes/confirm/", {}),
        (lead, "mark_done", f"/actions/{scene.action.pk}/", {"settled": "done", "outcome": "Done."}),
        (lead, "discard_upload", f"/uploads/{scene.upload.pk}/throw-away/", {}),
    ]
    for client, what, address, typed in writes:
        before = told_of(cast, what)
        send(client, address, **typed)
        assert told_of(cast, what) == before + 1, what


def told_of(cast: Cast, what: str) -> int:
    with in_scope(cast.eastshire):
        return AuditEvent.objects.filter(what=what).count()


def test_what_is_refused_is_told_too(scene: Scene, signed_in: SignedIn) -> None:
    cast = scene.cast
    answer = signed_in(cast.office).get(f"/pupils/{cast.pupil.pk}/put-right/")
    assert answer.status_code == 403 and "Abbott" not in words_of(answer)
    with in_scope(cast.eastshire):
        refused = AuditEvent.objects.filter(membership_id=cast.office.pk).latest("pk")
        assert "refuse" in refused.what, refused.what


def test_a_meeting_arranged_leaves_one_event(cast: Cast, signed_in: SignedIn) -> None:
    arrange(signed_in(cast.officer), cast, AUTUMN[-1].replace(month=11, day=24))
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="arrange_meeting", membership_id=cast.officer.pk).count() == 1
