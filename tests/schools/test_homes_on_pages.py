"""Where a restricted child lives is told on no page and in no file of schools: whoever does not hold the record.

`tests/casework/test_shut_out.py` asks the same of casework and meetings.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from attendance_portal.models import Membership
from attendance_portal.withheld_words import NOT_TAKEN, WITHHELD
from schools.children.record_links import judge_records
from schools.children.restrictions import restrict_record
from schools.handing.offering import withdraw_hand_over
from schools.models import (
    Carer,
    CarerLink,
    Enrolment,
    PupilLink,
    RegisterChange,
    SocialCareLine,
    SocialCareList,
    StatutoryReturn,
    Upload,
    UploadProblem,
)
from schools.returning import returns
from tests.cast import ON, Cast, in_scope
from tests.isolation.rows import row_of
from tests.schools.hand_overs import AT, LATER, offered
from tests.schools.stored import AUTUMN, store_autumn
from tests.schools.test_change_page import undo
from tests.schools.test_put_right import put_right, typed_day

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db

LIVES = "Mill Lane"
HOME = "She sleeps at 14 Mill Lane now"
TOLD_OF_HOME = (LIVES, "960001", "Finn")


@pytest.fixture
def addresses(cast: Cast, signed_in: SignedIn, settings: Settings) -> dict[str, str]:
    """Every page and file of schools on which somebody wrote that Amy sleeps where Finn lives, whose record the team
    leader alone holds. Bob, who is no carer of Finn's, lives there too."""
    settings.CLAMAV_URL = ""
    store_autumn(cast)
    found = _changes(cast, signed_in(cast.lead)) | _uploads(cast, signed_in(cast.lead))
    handed = offered(cast, note=HOME)
    with in_scope(cast.eastshire):
        withdraw_hand_over(handed, because=HOME, by=cast.officer, at=LATER)
        found |= {"hand-over": reverse("hand_over_page", args=[handed.pk])}
        found |= _returns(cast) | _duplicates(cast) | _care_list(cast) | _family(cast)
    return found


def _changes(cast: Cast, client: Client) -> dict[str, str]:
    """A mark put right, and that undone, each for a reason."""
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        Enrolment.objects.filter(pk=enrolment.pk).update(destination=HOME)
    day = typed_day("day", AUTUMN[0])
    put_right(client, cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I", reason=HOME, **day)
    with in_scope(cast.eastshire):
        key = RegisterChange.objects.latest("pk").act
    undo(client, key, HOME)
    listed, history = f"/schools/{cast.hill.urn}/changes/", f"/pupils/{cast.pupil.pk}/marks/{AUTUMN[0]}/"
    return {
        "changes": listed, "changes as a file": f"{listed}?format=csv", "change": f"/changes/{key}/",
        "history": history, "history as a file": f"{history}?format=csv",
        "leaving": f"/pupils/{cast.pupil.pk}/put-right/leaving/", "child": f"/pupils/{cast.pupil.pk}/",
        "chronology": f"/pupils/{cast.pupil.pk}/chronology/",
    }  # fmt: skip


def _uploads(cast: Cast, client: Client) -> dict[str, str]:
    """What a file left out, and the first rows of one whose columns nobody has named."""
    file = SimpleUploadedFile("odd.csv", b"Kid,No,Where\nAbbott,1,14 Mill Lane\nBrown,2,9 Far Road\n")
    mapping = client.post(f"/schools/{cast.hill.urn}/upload/", {"file": file})["Location"] + "mapping/"
    with in_scope(cast.eastshire):
        upload = Upload.objects.filter(stage=Upload.Stage.ACCEPTED).latest("sent_at")
        row_of(UploadProblem, cast.eastshire, upload=upload, severity="serious", kind="mark-unknown", value=HOME)
    return {"mapping": mapping, "upload": f"/uploads/{upload.pk}/", "problems": f"/uploads/{upload.pk}/problems.csv"}


def _returns(cast: Cast) -> dict[str, str]:
    """One begun by hand, sent and acknowledged; one set aside; and a deletion that nobody has sent."""
    enrolment = Enrolment.objects.get(pupil=cast.pupil)
    of = {"pupil": cast.pupil, "school": cast.hill, "enrolment": enrolment, "year": 2026}
    days = {"first_on": ON, "arose_on": ON, "deadline_on": ON}
    by_hand = {"is_by_hand": True, "facts": {"marks": [], "reason": HOME}}
    done = StatutoryReturn.objects.create(kind="sickness", **by_hand, **days, **of)
    returns.send_return(done, confirmed={"full_name": "Amy", "ground": HOME}, by=cast.lead, at=AT)
    returns.acknowledge_return(done, note=HOME, by=cast.officer, at=AT)
    aside = StatutoryReturn.objects.create(kind="new-pupil", **days, **of)
    returns.set_aside_return(aside, reason=HOME, by=cast.lead, at=AT)
    draft = StatutoryReturn.objects.create(kind="deletion", **days, **of)
    pages = {"return": ("return_page", done), "set aside": ("return_page", aside), "to send": ("send_return", draft)}
    return {name: reverse(page, args=[one.pk]) for name, (page, one) in pages.items()}


def _duplicates(cast: Cast) -> dict[str, str]:
    amy, ben = cast.pupils[:2]
    told = {"verdict": PupilLink.Verdict.NOT_THE_SAME, "evidence": "", "reason": HOME}
    judge_records(amy, ben, **told, by=cast.officer, at=AT)
    listed = f"{reverse('possible_duplicates')}?show=apart"
    pages = {"apart": listed, "apart as a file": f"{listed}&format=csv"}
    return {**pages, "compared": reverse("compare_records", args=[amy.pk, ben.pk])}


def _care_list(cast: Cast) -> dict[str, str]:
    care_list = row_of(SocialCareList, cast.eastshire)
    line = {"state": "uncertain", "surname": "Abbott", "upn": cast.pupil.upn, "message": HOME}
    row_of(SocialCareLine, cast.eastshire, care_list=care_list, **line)
    page = reverse("social_care_list", args=[care_list.pk])
    return {"care list": page, "care list as a file": f"{page}?format=csv"}


def _family(cast: Cast) -> dict[str, str]:
    alice = Carer.objects.create(name="Alice Abbott", telephone="01632 960001", address="14 Mill Lane, Northtown")
    bob = Carer.objects.create(name="Bob Abbott", telephone="07700 900999", address="14 Mill Ln\nNorthtown")
    CarerLink.objects.create(pupil=cast.vale_pupils[0], carer=alice, relationship="Aunt", lives_with=True)
    CarerLink.objects.create(
        pupil=cast.pupil, carer=bob, relationship="Father", lives_with=True, must_not_know=True, must_not_know_why=HOME
    )
    finn, leader = cast.vale_pupils[0], cast.team_leader
    restrict_record(finn, kind="other", reason="Kept safe", holders=[leader], by=leader, on=ON)
    page = reverse("family", args=[cast.pupil.pk])
    changed = reverse("change_carer", args=[cast.pupil.pk, bob.pk])
    return {"family": page, "family as a file": f"{page}?format=csv", "carer": changed}


VIEWERS = ("officer", "lead", "office", "virtual_school", "auditor", "admin")


def test_a_restricted_childs_home_is_in_no_place_but_for_whoever_holds_the_record(
    cast: Cast, addresses: dict[str, str], signed_in: SignedIn
) -> None:
    opened = set()
    for who in VIEWERS:
        client = signed_in(cast.members[who])
        for name, address in addresses.items():
            answer = client.get(address)
            assert answer.status_code in (200, 403, 404), f"{name} answered {answer.status_code} to the {who}"
            opened |= {name} if answer.status_code == 200 else set()
            found = [word for word in TOLD_OF_HOME if word in answer.content.decode()]
            assert not found, f"{name} shows {found} to the {who}"
    assert opened == set(addresses)
    holder = signed_in(cast.team_leader)
    answers = {name: holder.get(address) for name, address in addresses.items()}
    silent = {name for name, one in answers.items() if one.status_code == 200 and LIVES not in one.content.decode()}
    assert not silent - {"child"}
    for name in ("family", "family as a file", "carer"):
        assert "07700 900999" in signed_in(cast.officer).get(addresses[name]).content.decode()


def test_what_was_typed_a_moment_ago_stays_in_its_box_and_what_stood_there_stays_as_it_stood(
    cast: Cast, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        _family(cast)
        send = _returns(cast)["to send"]
        Enrolment.objects.filter(pupil=cast.pupil).update(destination=HOME)
    client = signed_in(cast.lead)
    typed = {"full_name": "Amy Abbott", "address": "14 Mill Lane\r\nNorthtown", "parents": "Bob, 01632 960001"}
    page = client.post(send, typed | {"ground": "", "destination": WITHHELD}).content.decode()
    assert "Enter the ground for the deletion" in page
    assert page.count(LIVES) == 1 and page.count("960001") == 1 and page.count(WITHHELD) == 1
    over = client.post(send, typed | {"ground": "Moved", "destination": "Far Road"}).content.decode()
    assert NOT_TAKEN in over and "Far Road" not in over
    assert client.post(send, typed | {"ground": "Moved", "destination": WITHHELD}).status_code == 302
    with in_scope(cast.eastshire):
        confirmed = StatutoryReturn.objects.get(kind="deletion").facts["confirmed"]
    assert confirmed["destination"] == HOME and LIVES in confirmed["address"]
    asked = client.get("/pupils/?q=14+mill+lane&sort=name").content.decode()
    assert 'value="14 mill lane"' in asked
