"""The journey of one child: referred by the school, led by a housing officer, planned for, visited, back in school."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.test import Client
from pypdf import PdfReader

from casework.models import Case, Plan, Referral, Service
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.journeys.steps import SignedIn, date_of, read, send, today_is
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import store_autumn

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 23)
CALLS = (dt.date(2026, 11, 24), dt.date(2026, 11, 25))
VISIT = dt.date(2026, 11, 27)
REVIEW = dt.date(2026, 12, 18)
REASON = "Absent since the family moved to a temporary flat an hour away."


settle = store_autumn


def the_directory(leader: Client, cast: Cast) -> Service:
    """A housing team that takes referrals, with the partner's officer on duty; the team leader approves plans."""
    told = {"name": "Eastshire Homes", "offers": "Repairs and moving home.", "takes_referrals": "on"}
    send(leader, "/services/add/", **told, barriers=["housing"], how_to_refer="Here.")
    with in_scope(cast.eastshire):
        service: Service = Service.objects.get()
    send(leader, f"/services/{service.pk}/people/", add="1", person=str(cast.practitioner.pk), is_duty="on")
    send(leader, "/plans/approval/", needs_approval="yes", **date_of("from_on", ON))
    return service


def referred(cast: Cast, signed_in: SignedIn, service: Service) -> Case:
    """The school refers; the partner, who saw nothing of the child before, accepts and holds the case."""
    partner, child = signed_in(cast.practitioner), f"/pupils/{cast.pupil.pk}/"
    assert partner.get(child).status_code == 404
    send(signed_in(cast.lead), f"{child}refer/", service=str(service.pk), reason=REASON)
    assert "Amy Abbott" in read(partner, "/referrals/")
    with in_scope(cast.eastshire):
        referral = Referral.objects.get()
    send(partner, f"/referrals/{referral.pk}/answer/", answer="yes", next_step="A visit this week.")
    assert "A visit this week." in read(signed_in(cast.lead), child)
    with in_scope(cast.eastshire):
        case: Case = Case.objects.get()
    assert case.holder_id == cast.practitioner.pk
    return case


def planned(cast: Cast, signed_in: SignedIn, where: str) -> None:
    """The officer writes, everyone answers, and the team leader approves; before that it does not count."""
    officer = signed_in(cast.officer)
    words = {"needs": "A home nearer to school.", "change_for_child": "Amy is in her first lesson on most days."}
    send(officer, f"{where}plan/", **words, target_percent="90", **date_of("review_on", REVIEW))
    with in_scope(cast.eastshire):
        plan = f"/plans/{Plan.objects.get().pk}/"
    action = {"what": "Ask for a date to move", "who": "account", "owner": str(cast.practitioner.pk)}
    send(officer, f"{plan}actions/add/", **action, **date_of("due_on", REVIEW))
    send(officer, f"{plan}put-forward/")
    for party, who in (("child", "Amy"), ("parent", "Mary Abbott"), ("school", "Layla Hart")):
        send(officer, f"{plan}agreement/", party=party, who=who, says="yes", **date_of("agreed_on", ON))
    assert "Agreed" not in read(officer, where).partition("Plan")[2][:40]
    assert officer.get(f"{plan}approve/").status_code == 403
    send(signed_in(cast.team_leader), f"{plan}approve/", answer="approve")
    assert "Amy is in her first lesson on most days." in read(officer, where)


def contacted(cast: Cast, signed_in: SignedIn, where: str) -> None:
    """Two calls that nobody answers, and a visit; the child's own words are kept."""
    partner = signed_in(cast.practitioner)
    for day in CALLS:
        today_is(cast, day)
        call = {"outcome": "call tried", "with_whom": "Mary Abbott"}
        send(partner, f"{where}contacts/add/", **call, **date_of("happened_on", day))
    today_is(cast, VISIT)
    visit = {"outcome": "visit reached", "with_whom": "Mary Abbott", "words": "The heating is off; forms filled in."}
    send(partner, f"{where}contacts/add/", **visit, **date_of("happened_on", VISIT))
    said = {"speaker": "child", "words": "I get up at five for the bus."}
    send(partner, f"{where}words/", **said, **date_of("said_on", VISIT))
    assert "I get up at five for the bus." in read(partner, where)


def back_in_school(cast: Cast) -> None:
    """Every session of four weeks, for everyone of Hill Academy."""
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, school_days(MONDAY, 20))
        at = dt.datetime.combine(REVIEW, dt.time(16), dt.UTC)
        upload = uploads.receive_upload(
            cast.hill, [long_file(marks)], file_name="to christmas.csv", by=cast.lead, at=at
        )
        uploads.read_upload(upload, on=REVIEW)
        uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=at), on=REVIEW)


def closed(officer: Client, where: str) -> None:
    """Reviewed, and closed with what worked."""
    held = {"outcome": "close", "words": "Moved on the 12th; no day missed since.", **date_of("held_on", REVIEW)}
    send(officer, f"{where}review/", **held)
    worked = {"outcome": "improved", "reason": "In school every day for four weeks.", "what_worked": "A home near by."}
    send(officer, f"{where}close/", **worked)


def test_a_child_who_was_half_the_time_away_is_back_in_school(cast: Cast, signed_in: SignedIn) -> None:
    officer, partner = signed_in(cast.officer), signed_in(cast.practitioner)
    child = f"/pupils/{cast.pupil.pk}/"
    assert "1 of 1 severely absent" in read(officer, "/rule-board/")
    service = the_directory(signed_in(cast.team_leader), cast)
    where = f"/cases/{referred(cast, signed_in, service).pk}/"
    assert "Amy Abbott" in read(officer, f"{child}family-view/")
    send(officer, f"{where}barriers/", out_of_school=["housing"])
    assert "Eastshire Homes" in read(officer, where)
    note = {"who": "account", "lead": str(cast.practitioner.pk), "note": "The family knows you."}
    send(officer, f"{where}lead/", **note)
    assert "The family knows you." in read(partner, f"{where}lead/answer/")
    send(partner, f"{where}lead/answer/", answer="yes")
    planned(cast, signed_in, where)
    assert "Each of the 1 severely absent child has a lead" in read(officer, "/rule-board/")
    contacted(cast, signed_in, where)
    today_is(cast, REVIEW)
    back_in_school(cast)
    helped = read(officer, f"{where}did-it-help/")
    assert "100.0%" in helped and "Fewer than 5 children were alike" in helped
    closed(officer, where)
    assert partner.get(where).status_code == partner.get(child).status_code == 404
    the_chronology_tells(officer, child)


def the_chronology_tells(officer: Client, child: str) -> None:
    """Everything in its order, on the page and in the file."""
    told = (
        REASON,
        "Referral to Eastshire Homes: accepted",
        "is the lead practitioner",
        "counts from today",
        "I get up at five",
        "Moved on the 12th",
        "A home near by.",
    )
    page = read(officer, f"{child}chronology/")
    places = [page.find(words) for words in told]
    assert -1 not in places and places == sorted(places), page
    file = officer.get(f"{child}chronology.pdf")
    text = " ".join(" ".join(part.extract_text() for part in PdfReader(io.BytesIO(file.content)).pages).split())
    assert all(words in text for words in told)
