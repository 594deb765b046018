"""Pages of statutory returns: returns, return_page, send_return, set_aside_return, reopen_return, tell_contact,
acknowledge_return, begin_return."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import Membership, Message
from attendance_portal.refusals import Refused
from schools import banding
from schools.children.record_links import judge_records
from schools.children.restrictions import lift_restriction, restrict_record
from schools.models import Carer, CarerLink, Circumstance, Enrolment, Pupil, StatutoryReturn
from schools.moves import RETURN_MOVES, Returned
from schools.returning import returns
from tests.cast import ON, SINCE, Cast, in_scope, make_pupil
from tests.schools.files import all_present, school_days
from tests.schools.stored import AT, store_marks

SignedIn = Callable[[Membership], Client]
Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
DAYS = school_days(dt.date(2026, 9, 7), 54)
FACTS = {"full_name": "Amy Abbott", "address": "1 Hill Road, Eastshire"}
DELETION = {**FACTS, "parents": "Ann Abbott, 1 Hill Road, 01632 960001", "ground": "Registered at another school"}

pytestmark = pytest.mark.django_db


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def absent(cast: Cast) -> StatutoryReturn:
    """Amy missed ten days without authority: a draft."""
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS)
        marks[cast.pupil] |= dict.fromkeys(DAYS[44:54], "OO")
        store_marks(cast, cast.hill, marks)
        one: StatutoryReturn = StatutoryReturn.objects.get(kind=Kind.ATTENDANCE)
    return one


def leaving(cast: Cast, *, with_a_social_worker: bool = True) -> StatutoryReturn:
    """Amy is to leave on the last day of November."""
    with in_scope(cast.eastshire):
        if with_a_social_worker:
            Circumstance.objects.create(pupil=cast.pupil, kind="child-in-need", from_on=SINCE, source="Test")
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=dt.date(2026, 11, 30))
        store_marks(cast, cast.hill, all_present(cast.pupils, DAYS))
        one: StatutoryReturn = StatutoryReturn.objects.get(kind=Kind.DELETION)
    return one


def now(cast: Cast, one: StatutoryReturn) -> StatutoryReturn:
    with in_scope(cast.eastshire):
        one.refresh_from_db()
    return one


def test_the_school_finds_its_draft_at_home_in_the_list_and_on_the_pupils_page(cast: Cast, signed_in: SignedIn) -> None:
    one = absent(cast)
    office = signed_in(cast.office)
    assert "Attendance return: Amy Abbott" in words_of(office, "/")
    assert "1 return" in words_of(office, "/returns/")
    assert "Attendance return To be confirmed" in words_of(office, f"/pupils/{cast.pupil.pk}/")
    assert "1 to be confirmed" in words_of(office, "/schools/999001/")
    page = words_of(office, f"/returns/{one.pk}/")
    assert "Ten school days without authority" in page and "20 sessions" in page
    assert f"{DAYS[44]:%A %-d %B %Y} O O" in page


def test_the_school_checks_the_facts_and_sends_them_and_the_authority_acknowledges(
    cast: Cast, signed_in: SignedIn
) -> None:
    one = absent(cast)
    with in_scope(cast.eastshire):
        carer = Carer.objects.create(name="Ann Abbott", address="1 Hill Road", telephone="01632 960001")
        CarerLink.objects.create(pupil=cast.pupil, carer=carer, relationship="Mother", lives_with=True)
    lead, officer = signed_in(cast.lead), signed_in(cast.officer)
    assert "1 Hill Road" in lead.get(f"/returns/{one.pk}/send/").content.decode()
    assert "Enter the address" in words_of_post(lead, f"/returns/{one.pk}/send/", {"full_name": "Amy Abbott"})
    lead.post(f"/returns/{one.pk}/send/", FACTS)
    sent = now(cast, one)
    assert (sent.stage, sent.sent_by, sent.facts["confirmed"]) == (Stage.SENT, cast.lead, FACTS)
    assert len(sent.facts["marks"]) == 20
    assert "Attendance return: Amy Abbott" in words_of(officer, "/")
    assert "1 Hill Road, Eastshire" in words_of(officer, f"/returns/{one.pk}/")
    officer.post(f"/returns/{one.pk}/acknowledge/", {"note": "Thank you"})
    done = now(cast, one)
    assert (done.stage, done.acknowledged_by) == (Stage.ACKNOWLEDGED, cast.officer)
    assert "Acknowledged: Thank you" in words_of(lead, f"/returns/{one.pk}/")


def test_what_a_family_page_withholds_is_not_filled_in_to_be_sent(cast: Cast, signed_in: SignedIn) -> None:
    one = absent(cast)
    with in_scope(cast.eastshire):
        carer = Carer.objects.create(name="Ann Abbott", address="1 Secret Road", telephone="01632 960001")
        for pupil in cast.pupils[:2]:
            CarerLink.objects.create(pupil=pupil, carer=carer, relationship="Mother", lives_with=True)
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(is_restricted=True)
        StatutoryReturn.objects.update(kind=Kind.NEW_PUPIL)
    page = signed_in(cast.office).get(f"/returns/{one.pk}/send/").content.decode()
    assert "Ann Abbott" in page and "Secret Road" not in page and "960001" not in page


def sent_with(cast: Cast, signed_in: SignedIn, **facts: str) -> StatutoryReturn:
    """Amy's attendance return, sent while nobody was restricted."""
    one = absent(cast)
    with in_scope(cast.eastshire):
        returns.send_return(one, confirmed=DELETION | facts, by=cast.lead, at=AT)
    assert "1 Hill Road" in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")
    return one


def her_mother(cast: Cast, pupil: Pupil, **link: object) -> CarerLink:
    person = {"name": "Ann Abbott", "address": "1 Hill Road\nEastshire", "telephone": "01632 960001"}
    carer, _ = Carer.objects.get_or_create(**person)
    made: CarerLink = CarerLink.objects.create(
        pupil=pupil, carer=carer, **{"relationship": "Mother", "lives_with": True} | link
    )
    return made


def all_that_is_told(client: Client, one: StatutoryReturn) -> str:
    """The page of a return, and wherever else it is told."""
    addresses = ("/", "/returns/", "/returns/?format=csv", f"/pupils/{one.pupil_id}/", "/schools/999001/")
    return words_of(client, f"/returns/{one.pk}/") + " ".join(words_of(client, address) for address in addresses)


def test_a_home_that_is_withheld_since_is_not_told_by_a_return_that_was_sent_before(
    cast: Cast, signed_in: SignedIn
) -> None:
    one = sent_with(cast, signed_in, note="They live at 1 Hill Road", destination="1 Hill Road")
    with in_scope(cast.eastshire):
        for pupil in cast.pupils[:2]:
            her_mother(cast, pupil)
        restrict_record(
            cast.pupils[1], kind="domestic-abuse", reason="So", holders=[cast.team_leader, cast.trust_lead],
            by=cast.team_leader, on=ON,
        )  # fmt: skip
    for member in (cast.officer, cast.lead, cast.office, cast.manager, cast.legal):
        told = all_that_is_told(signed_in(member), one)
        assert "Hill Road" not in told and "960001" not in told, member
        assert "Contact details are not shown to you" in told and "Registered at another school" in told
    for member in (cast.team_leader, cast.trust_lead):
        assert "1 Hill Road" in words_of(signed_in(member), f"/returns/{one.pk}/")
    assert now(cast, one).facts["confirmed"]["address"] == "1 Hill Road, Eastshire", "the copy stays for the record"
    with in_scope(cast.eastshire):
        lift_restriction(Pupil.objects.get(pk=cast.pupils[1].pk), reason="Safe", by=cast.team_leader, on=ON)
    assert "1 Hill Road" in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")


def test_a_parent_of_before_tells_the_home_as_well(cast: Cast, signed_in: SignedIn) -> None:
    """The mother is no carer of Amy's any more; her other child lives with her, and is restricted."""
    one = sent_with(cast, signed_in)
    with in_scope(cast.eastshire):
        her_mother(cast, cast.pupil, until_on=SINCE)
        Carer.objects.update(address="", telephone="")
        CarerLink.objects.create(pupil=cast.pupils[1], carer=Carer.objects.get(), relationship="Mother")
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(is_restricted=True)
    assert "Hill Road" not in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")


@pytest.mark.parametrize(
    ("told", "is_shown"),
    [
        ({"address": "1 HILL ROAD"}, False),
        ({"telephone": "(01632) 960 001"}, False),
        ({"telephone": "+44 1632 960001"}, False),
        ({"address": "Flat 2\n1 Hill Rd\nEastshire"}, False),
        ({"address": "12 Vale Lane\nEastshire", "telephone": "01632 960002"}, True),
        ({"address": "Hill"}, True),
    ],
)
def test_a_home_that_a_school_typed_itself_is_known_by_its_contact_details(
    cast: Cast, signed_in: SignedIn, told: dict[str, str], is_shown: bool
) -> None:
    """No parent of Amy's is held, and the restricted child is of another school."""
    one = sent_with(cast, signed_in)
    with in_scope(cast.eastshire):
        carer = Carer.objects.create(name="Ann Abbott", **told)
        CarerLink.objects.create(pupil=cast.vale_pupils[0], carer=carer, relationship="Mother", lives_with=True)
        Pupil.objects.filter(pk=cast.vale_pupils[0].pk).update(is_restricted=True)
    assert ("1 Hill Road" in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")) is is_shown


def test_a_parent_with_whom_the_restricted_child_does_not_live_tells_nothing(cast: Cast, signed_in: SignedIn) -> None:
    one = sent_with(cast, signed_in)
    with in_scope(cast.eastshire):
        her_mother(cast, cast.pupil)
        her_mother(cast, cast.pupils[1], lives_with=False)
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(is_restricted=True)
    assert "1 Hill Road" in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")


def words_of_post(client: Client, address: str, typed: dict[str, str]) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.post(address, typed).content.decode())))


def test_the_authority_sees_a_draft_only_once_it_is_overdue(cast: Cast, signed_in: SignedIn) -> None:
    one = absent(cast)
    officer = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        StatutoryReturn.objects.update(deadline_on=ON)
    assert officer.get(f"/returns/{one.pk}/").status_code == 404
    with in_scope(cast.eastshire):
        StatutoryReturn.objects.update(deadline_on=ON - dt.timedelta(days=1))
    assert "Overdue since 19 Nov" in words_of(officer, "/returns/?state=overdue")
    assert "1 return not sent" in words_of(officer, "/")
    assert officer.get(f"/returns/{one.pk}/send/").status_code == 403


def test_what_is_set_aside_says_why_and_can_be_made_after_all(cast: Cast, signed_in: SignedIn) -> None:
    one, lead = absent(cast), signed_in(cast.lead)
    assert "Say why no return is made" in words_of_post(lead, f"/returns/{one.pk}/set-aside/", {"reason": ""})
    lead.post(f"/returns/{one.pk}/set-aside/", {"reason": "Sent on paper"})
    assert now(cast, one).stage == Stage.SET_ASIDE
    assert "Set aside: Sent on paper" in words_of(signed_in(cast.officer), f"/returns/{one.pk}/")
    lead.post(f"/returns/{one.pk}/reopen/")
    assert now(cast, one).stage == Stage.DRAFT


def test_a_deletion_of_a_child_with_a_social_worker_waits_until_the_contact_is_told(
    cast: Cast, signed_in: SignedIn
) -> None:
    one, lead = leaving(cast), signed_in(cast.lead)
    assert "must be told before the name is deleted" in words_of(lead, f"/returns/{one.pk}/")
    for what, typed in (("send", DELETION), ("set-aside", {"reason": "On paper"})):
        assert lead.get(f"/returns/{one.pk}/{what}/").url == f"/returns/{one.pk}/tell/"
        assert b"contact first" in lead.post(f"/returns/{one.pk}/{what}/", typed).content
    with in_scope(cast.eastshire):
        with pytest.raises(Refused):
            returns.send_return(one, confirmed=DELETION, by=cast.lead, at=AT)
        with pytest.raises(Refused, match="If the name is not to be deleted"):
            returns.set_aside_return(one, reason="On paper", by=cast.lead, at=AT)
    assert "Vic Stone" in words_of(lead, f"/returns/{one.pk}/tell/")
    lead.post(f"/returns/{one.pk}/tell/", {"otherwise": "Jo Bird, by telephone"})
    told = now(cast, one)
    assert (told.told_by, told.told_whom) == (cast.lead, "Vic Stone, Jo Bird, by telephone")
    with in_scope(cast.eastshire):
        [letter] = Message.objects.filter(to_email="virtual-school@eastshire.example")
    assert "Abbott" not in letter.subject + letter.body and str(one.pk) in letter.body
    lead.post(f"/returns/{one.pk}/send/", DELETION)
    assert now(cast, one).stage == Stage.SENT
    assert "Amy Abbott" in words_of(signed_in(cast.virtual_school), f"/returns/{one.pk}/")


def test_a_child_who_was_looked_after_before_has_no_social_worker_for_it(cast: Cast, signed_in: SignedIn) -> None:
    """An adopted child: the duty is advice (domain.md 7), and nobody is told that there is a social worker."""
    one, lead = leaving(cast, with_a_social_worker=False), signed_in(cast.lead)
    with in_scope(cast.eastshire):
        Circumstance.objects.create(
            pupil=cast.pupil, kind="previously-looked-after", from_on=SINCE, source="Test",
            social_worker_email="before@social-care.example",
        )  # fmt: skip
        assert not returns.contacts(one, on=ON)[0].email.startswith("before@")
    assert "has a social worker" not in words_of(lead, f"/returns/{one.pk}/")
    lead.post(f"/returns/{one.pk}/send/", DELETION)
    assert now(cast, one).stage == Stage.SENT
    assert "Amy Abbott" in words_of(signed_in(cast.virtual_school), f"/pupils/{cast.pupil.pk}/")


def test_the_virtual_school_is_told_at_home_before_the_deletion_is_sent(cast: Cast, signed_in: SignedIn) -> None:
    one, lead, theirs = leaving(cast), signed_in(cast.lead), signed_in(cast.virtual_school)
    assert theirs.get(f"/returns/{one.pk}/").status_code == 404
    lead.post(f"/returns/{one.pk}/tell/", {"otherwise": ""})
    assert "Tell the social worker" in words_of(theirs, "/")
    assert theirs.get(f"/returns/{one.pk}/").status_code == 200


def test_the_social_worker_of_social_cares_list_is_written_to_without_the_childs_name(
    cast: Cast, signed_in: SignedIn
) -> None:
    one, lead = leaving(cast), signed_in(cast.lead)
    with in_scope(cast.eastshire):
        Circumstance.objects.update(social_worker="Wendy Hale", social_worker_email="wendy@social-care.example")
        cast.hill.telephone = "01632 960077"
        cast.hill.save(update_fields=["telephone"])
    assert "Wendy Hale" in words_of(lead, f"/returns/{one.pk}/tell/")
    lead.post(f"/returns/{one.pk}/tell/", {"otherwise": ""})
    with in_scope(cast.eastshire):
        letter = Message.objects.get(to_email="wendy@social-care.example")
        assert "Hill Academy" in letter.body and "01632 960077" in letter.body
        assert "Abbott" not in letter.body and "/returns/" not in letter.body
        assert Message.objects.count() == 2
    assert now(cast, one).told_whom.startswith("Wendy Hale, ")


def test_where_the_authority_has_nobody_to_write_to_the_school_says_whom_it_told(cast: Cast) -> None:
    one = leaving(cast)
    Membership.objects.filter(pk=cast.virtual_school.pk).update(deactivated_at=AT)
    with in_scope(cast.eastshire):
        with pytest.raises(Refused, match="nobody here"):
            returns.tell_contact(one, otherwise="", by=cast.lead, at=AT)
        returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)
        assert Message.objects.count() == 0


def test_a_social_worker_of_another_record_of_the_child_is_told_too(cast: Cast) -> None:
    one = leaving(cast, with_a_social_worker=False)
    with in_scope(cast.eastshire):
        other = make_pupil(cast.vale, 78, "Abbott", "Amie", "7")
        judge_records(cast.pupil, other, verdict="same", evidence="", reason="Test", by=cast.officer, at=AT)
        plan = Circumstance.objects.create(pupil=other, kind="child-protection", from_on=SINCE, source="Test")
        assert returns.must_tell_first(one, on=ON)
        Circumstance.objects.filter(pk=plan.pk).update(social_worker_email="wendy@social-care.example")
        assert returns.contacts(one, on=ON)[0].email == "wendy@social-care.example"


def test_a_social_worker_whom_the_child_has_been_given_since_is_written_to(cast: Cast) -> None:
    one = leaving(cast, with_a_social_worker=False)
    with in_scope(cast.eastshire):
        StatutoryReturn.objects.update(arose_on=ON - dt.timedelta(days=9))
        Circumstance.objects.create(
            pupil=cast.pupil, kind="child-in-need", from_on=ON, source="Test", social_worker_email="wendy@care.example"
        )
        returns.tell_contact(StatutoryReturn.objects.get(pk=one.pk), otherwise="", by=cast.lead, at=AT)
        assert Message.objects.filter(to_email="wendy@care.example").exists()


def test_nobody_is_told_of_a_social_worker_where_no_name_is_deleted(cast: Cast, signed_in: SignedIn) -> None:
    one, office = absent(cast), signed_in(cast.office)
    page = office.post(f"/returns/{one.pk}/tell/", {"otherwise": "Jo Bird"}).content.decode()
    assert "Only of a deletion" in page and 'value="Jo Bird"' in page
    assert now(cast, one).told_at is None
    with in_scope(cast.eastshire):
        assert not Message.objects.filter(subject__contains="social worker").exists()


def test_the_contact_is_told_once_and_of_an_unknown_social_worker_only_with_their_name(cast: Cast) -> None:
    one = leaving(cast, with_a_social_worker=False)
    with in_scope(cast.eastshire):
        with pytest.raises(Refused, match="knows of no social worker"):
            returns.tell_contact(one, otherwise="", by=cast.lead, at=AT)
        assert Message.objects.count() == 0
        returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)
        with pytest.raises(Refused, match="told of this deletion already"):
            returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)
        assert Message.objects.count() == 1


def test_other_deletions_wait_for_nobody(cast: Cast, signed_in: SignedIn) -> None:
    one, lead = leaving(cast, with_a_social_worker=False), signed_in(cast.lead)
    lead.post(f"/returns/{one.pk}/send/", DELETION)
    assert now(cast, one).stage == Stage.SENT


def test_a_school_begins_a_sickness_return_before_the_fifteen_days(cast: Cast, signed_in: SignedIn) -> None:
    lead, address = signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/return/"
    typed = {"enrolment": enrolment_of(cast), "kind": "sickness", "reason": "An operation on Monday"}
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present(cast.pupils, DAYS))
    assert "no session coded I" in words_of_post(lead, address, typed)
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, {cast.pupil: dict.fromkeys(DAYS[40:44], "II")})
    assert "Begin a return by hand" in words_of(lead, f"/pupils/{cast.pupil.pk}/")
    lead.post(address, typed)
    with in_scope(cast.eastshire):
        one = StatutoryReturn.objects.get()
        assert (one.is_by_hand, one.first_on, one.arose_on) == (True, DAYS[40], ON)
        banding.band_schools([cast.hill.pk], on=ON)
        assert StatutoryReturn.objects.get().stage == Stage.DRAFT
    assert "There is a return for this absence already" in words_of_post(lead, address, typed)


def enrolment_of(cast: Cast) -> str:
    with in_scope(cast.eastshire):
        return str(Enrolment.objects.get(pupil=cast.pupil).pk)


@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("name", ["send_return", "set_aside_return", "reopen_return", "acknowledge_return"])
def test_a_person_moves_a_return_from_the_stages_of_the_table_and_no_others(cast: Cast, name: str, stage: str) -> None:
    typed = {
        "send_return": {"confirmed": FACTS},
        "set_aside_return": {"reason": "x"},
        "acknowledge_return": {"note": ""},
    }
    with in_scope(cast.eastshire):
        one = made(cast, stage)
        act = getattr(returns, name)
        if Returned(stage) in RETURN_MOVES[name].before:
            act(one, **typed.get(name, {}), by=cast.lead, at=AT)
            assert StatutoryReturn.objects.get().stage in RETURN_MOVES[name].after
        else:
            with pytest.raises(Refused):
                act(one, **typed.get(name, {}), by=cast.lead, at=AT)
            assert StatutoryReturn.objects.get().stage == stage


def made(cast: Cast, stage: str, **more: object) -> StatutoryReturn:
    enrolment = Enrolment.objects.get(pupil=cast.pupil)
    one: StatutoryReturn = StatutoryReturn.objects.create(
        kind=Kind.ATTENDANCE, stage=stage, school=cast.hill, pupil=cast.pupil, enrolment=enrolment, year=2026,
        **{"first_on": DAYS[0], "arose_on": DAYS[9], "deadline_on": DAYS[12], **more},
    )  # fmt: skip
    return one


def test_the_list_is_narrowed_and_downloaded(cast: Cast, signed_in: SignedIn) -> None:
    absent(cast)
    lead = signed_in(cast.lead)
    assert "No returns" in words_of(lead, "/returns/?kind=sickness")
    assert "1 return" in words_of(lead, "/returns/?kind=attendance&state=draft")
    assert "No returns" in words_of(lead, "/returns/?state=changed")
    file = lead.get("/returns/?format=csv").content.decode()
    assert "Attendance return,Hill Academy,999001,Abbott,Amy" in file
    assert signed_in(cast.manager).get("/returns/?school=Hill&state=nonsense").status_code == 200


def test_the_list_asks_the_database_as_often_for_one_return_as_for_forty(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    one, lead = absent(cast), signed_in(cast.lead)
    with django_assert_max_num_queries(16) as few:
        lead.get("/returns/")
    with in_scope(cast.eastshire):
        for days in range(40):
            made(cast, Stage.SENT, first_on=SINCE + dt.timedelta(days=days))
    with django_assert_max_num_queries(len(few)):
        lead.get("/returns/")
    with django_assert_max_num_queries(16):
        lead.get(f"/returns/{one.pk}/")


def test_who_may_not_see_a_return_finds_nothing(cast: Cast, signed_in: SignedIn) -> None:
    one = absent(cast)
    assert Client().get("/returns/").status_code == 302
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(f"/returns/{one.pk}/").status_code == 404
        assert signed_in(member).post(f"/returns/{one.pk}/set-aside/", {"reason": "x"}).status_code in (403, 404)
    for member in (cast.practitioner, cast.admin):
        assert signed_in(member).get("/returns/").status_code == 403
    for member in (cast.officer, cast.manager, cast.auditor, cast.legal):
        assert signed_in(member).get("/returns/").status_code == 200
        assert signed_in(member).get(f"/returns/{one.pk}/send/").status_code == 403
    assert now(cast, one).stage == Stage.DRAFT


def left_in_july(cast: Cast) -> StatutoryReturn:
    """Amy has a social worker and left with the school year before this one; her deletion is still to be sent."""
    with in_scope(cast.eastshire):
        Circumstance.objects.create(pupil=cast.pupil, kind="child-in-need", from_on=SINCE, source="Test")
        her_mother(cast, cast.pupil)
        Enrolment.objects.update(admission_on=dt.date(2024, 9, 2))
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=dt.date(2026, 7, 17))
        store_marks(cast, cast.hill, all_present(cast.pupils, school_days(dt.date(2026, 7, 6), 10)))
        one: StatutoryReturn = StatutoryReturn.objects.get()
    return one


def test_a_school_makes_the_returns_of_who_left_before_the_first_of_august(cast: Cast, signed_in: SignedIn) -> None:
    """Nobody else can send them. The child's page, and what became known since of the family, are not theirs to see."""
    one, lead = left_in_july(cast), signed_in(cast.lead)
    page = f"/returns/{one.pk}/"
    assert lead.get(f"/pupils/{cast.pupil.pk}/").status_code == 404
    assert f"/pupils/{cast.pupil.pk}/" not in lead.get(page).content.decode()
    shown = [words_of(lead, address) for address in ("/", "/returns/?state=overdue", "/returns/?format=csv")]
    assert all("Abbott" in words for words in shown) and "1 to be confirmed" in words_of(lead, "/schools/999001/")
    lead.post(f"{page}tell/", {"otherwise": ""})
    assert "1 Hill Road" not in lead.get(f"{page}send/").content.decode()
    lead.post(f"{page}send/", DELETION)
    assert now(cast, one).stage == Stage.SENT and "Sent" in words_of(lead, page)
    with in_scope(cast.eastshire):
        StatutoryReturn.objects.update(year=2024)
    assert lead.get(page).status_code == 404, "settled, and of the year before the last"


def test_a_return_of_who_left_in_july_is_no_other_schools_and_restricted_with_the_child(
    cast: Cast, signed_in: SignedIn
) -> None:
    one, lead = left_in_july(cast), signed_in(cast.lead)
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(f"/returns/{one.pk}/").status_code == 404
        assert "Abbott" not in words_of(signed_in(member), "/returns/?format=csv")
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    for act in ("", "send/", "set-aside/", "tell/"):
        assert lead.get(f"/returns/{one.pk}/{act}").status_code == 404
    shown = [words_of(lead, address) for address in ("/", "/returns/", "/returns/?format=csv", "/schools/999001/")]
    assert not any("Abbott" in words or "1 to be confirmed" in words for words in shown)


def test_a_restricted_childs_return_is_shown_to_nobody_without_a_grant(cast: Cast, signed_in: SignedIn) -> None:
    one = absent(cast)
    with in_scope(cast.eastshire):
        cast.pupil.is_restricted = True
        cast.pupil.save()
    for member in (cast.lead, cast.officer, cast.manager):
        assert signed_in(member).get(f"/returns/{one.pk}/").status_code == 404
        assert "Abbott" not in words_of(signed_in(member), "/returns/?state=")
