"""Who is shut out of a case, and of what: on pages, in files and documents, by the search and by the API alike.

One case holds something in every place where a person can type. Six viewers must not have it, or part of it.
"""

from __future__ import annotations

import copy
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from pypdf import PdfReader
from pytest_django import DjangoDbBlocker, Settings

from attendance_portal.models import Membership, Message
from attendance_portal.withheld_words import NOT_TAKEN, WITHHELD
from casework import actions
from casework.actions.barriers import add_own_words
from casework.actions.contacts import add_contact
from casework.actions.documents import add_document
from casework.actions.out_of_school import add_enquiry_step, begin_enquiry, record_home_education
from casework.actions.plans import change_plan
from casework.actions.referrals import refer_child
from casework.actions.tracking import record_health_plan, record_part_time
from casework.digest import write_digests
from casework.models import Case, Contact, Service, ServiceMember
from schools.children.restrictions import restrict_record
from schools.children.withheld_homes import KeptHomes
from schools.models import Carer, CarerLink
from tests.casework.document_files import TEXT
from tests.casework.plans import add, agreed, offered
from tests.cast import ON, Cast, in_scope, make_cast, open_to_the_cast
from tests.schools.api.asking import ask, token_of
from tests.tsm.meetings import STARTS, arranged, begun
from tsm.actions import confirm_minutes, end_meeting, write_minutes
from tsm.actions.writing import Typed
from tsm.models import AgreedAction, Discussion, Meeting

SignedIn = Callable[[Membership], Client]
Address = tuple[str, list[Any]]

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
CONFIDED, LIVES = "Told in confidence", "Mill Lane"
HOME = "She sleeps at 14\nMill Lane now"  # pasted as it stands on an envelope
AGREED = (HOME, f"{'Ring the aunt. ' * 7} 01632 960001")
TOLD_OF_HOME = (LIVES, "960001", "Finn", "Ford")


@pytest.fixture(scope="module")
def scene(
    django_db_setup: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cast, Case]]:
    """Everyone, and Amy's case, set once: every test is rolled back to it."""
    files_of_their_own = override_settings(CLAMAV_URL="", MEDIA_ROOT=tmp_path_factory.mktemp("documents"))
    with files_of_their_own, django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        with in_scope(cast.eastshire):
            case = _case(cast)
        yield cast, case
        transaction.set_rollback(True)


@pytest.fixture
def copied(scene: tuple[Cast, Case], db: None, settings: Settings) -> tuple[Cast, Case]:
    """A copy of its own for each test."""
    open_to_the_cast(settings)
    return copy.deepcopy(scene)


@pytest.fixture
def cast(copied: tuple[Cast, Case]) -> Cast:
    return copied[0]


@pytest.fixture
def case(copied: tuple[Cast, Case]) -> Case:
    return copied[1]


def _case(cast: Cast) -> Case:
    """Amy's case. In every place somebody wrote that she stays with Alice, where Finn lives, whose record the team
    leader alone holds; one line is for team leaders only."""
    case = actions.open_case(cast.pupil, reason=HOME, on=ON, by=cast.officer)
    _write_everywhere(case, cast)
    _discuss(cast)
    alice = Carer.objects.create(name="Alice Abbott", telephone="01632 960001", address="14 Mill Lane, Northtown")
    for pupil in (cast.pupil, cast.vale_pupils[0]):
        CarerLink.objects.create(pupil=pupil, carer=alice, relationship="Aunt", lives_with=True)
    restricted = {"kind": "other", "reason": "Kept safe", "holders": [cast.team_leader]}
    restrict_record(cast.vale_pupils[0], **restricted, on=ON, by=cast.team_leader)
    return case


def _write_everywhere(case: Case, cast: Cast) -> None:
    pupil, by = cast.pupil, cast.officer
    actions.add_entry(case, words=HOME, happened_on=ON, by=by)
    actions.add_entry(case, words=CONFIDED, happened_on=ON, restricted_to=["team-leader"], by=cast.team_leader)
    told = {"kind": "call", "reached": True, "happened_on": ON, "with_whom": "Alice, 01632 960001"}
    actions.ask_to_lead(case, lead=cast.team_leader, on=ON, by=by)
    actions.decline_lead(case, reason=HOME, on=ON, by=cast.team_leader)
    add_contact(case, **told, words=HOME, next_step=HOME, by=by)
    add_own_words(case, speaker="child", whose="Amy", words=HOME, said_on=ON, by=by)
    add_document(case, [TEXT], name="14 Mill Lane.txt", on=ON, at=AT, by=by)
    service = Service.objects.create(name="Early help", offers=HOME, takes_referrals=True)
    ServiceMember.objects.create(service=service, membership=by, is_duty=True, from_on=ON)
    refer_child(pupil, service=service, reason=HOME, on=ON, by=by)
    plan = agreed(case, by, needs=HOME, change_for_child=HOME)
    draft = change_plan(plan, on=ON, by=by)
    add(draft, by, what=HOME)
    offered(case, by, parent_undertakes=HOME, support_given=HOME)
    actions.hold_review(case, outcome="go-on", words=HOME, held_on=ON, next_review_on=ON, by=by)
    enquiry = begin_enquiry(pupil, why=HOME, begun_on=ON, on=ON, by=by)
    add_enquiry_step(
        enquiry, side="school", whom="Alice of 14 Mill Lane", asked=HOME, answer=HOME, asked_on=ON, on=ON, by=by
    )
    record_health_plan(pupil, provision="school", begun_on=ON, words=HOME, on=ON, by=by)
    days = {"from_on": ON, "until_on": ON + dt.timedelta(days=9), "sessions_a_week": 5}
    record_part_time(pupil, school=cast.hill, **days, reason=HOME, on=ON, by=by)
    record_home_education(
        pupil, from_on=ON, primary_reason="other", school_before="secondary", words=HOME, on=ON, by=by
    )


def _discuss(cast: Cast) -> None:
    """A meeting that discussed Amy and agreed what to do for her, confirmed by both sides, and the one after it."""
    meeting = begun(cast)
    amy = Discussion.objects.get(meeting=meeting, pupil=cast.pupil)
    write_minutes(meeting, amy, {"said": Typed([HOME], [""])}, by=cast.officer, at=STARTS)
    for words in AGREED:
        AgreedAction.objects.create(meeting=meeting, pupil=cast.pupil, what=words, agreed_on=ON, owner=cast.officer)
    after = STARTS + dt.timedelta(minutes=45)
    end_meeting(meeting, by=cast.officer, at=after)
    for side in (cast.lead, cast.officer):
        confirm_minutes(meeting, by=side, at=after)
    arranged(cast, starts_at=STARTS + dt.timedelta(days=7))


# --- Where everything stands ----------------------------------------------------------------------------------


def of_the_case(case: Case) -> list[tuple[str, str]]:
    """Names and addresses about the child, and of the meetings: what is shown and printed, then taken as a file."""
    pupil, plan = case.pupil_id, case.plans.get(version=1)
    enquiry, home = case.pupil.education_enquiries.get(), case.pupil.home_educations.get()
    contract, referral = case.contracts.get(), case.pupil.referrals.get()
    held, coming = Meeting.objects.order_by("starts_at")
    lists: list[Address] = [("contacts", [case.pk]), ("documents", [case.pk]), ("family_view", [pupil]),
                            ("chronology", [pupil]), ("meeting_list", [coming.pk])]  # fmt: skip
    pages: list[Address] = [
        ("case_page", [case.pk]), ("pupil_page", [pupil]), ("plan_page", [plan.pk]),
        ("plan_page", [case.plans.get(version=2).pk]), ("compare_plans", [case.plans.get(version=2).pk]),
        ("plan_action_page", [case.plans.get(version=2).actions.last().pk]), ("contract_page", [contract.pk]),
        ("referral_page", [referral.pk]), ("enquiry_page", [enquiry.pk]), ("home_education_page", [home.pk]),
        ("correct_contact", [case.pk, Contact.objects.get().pk]), ("minutes_page", [held.pk]),
        ("meeting_page", [coming.pk]), ("did_it_help", [case.pk]),
        ("action_page", [AgreedAction.objects.get(what=HOME).pk]), *lists,
    ]  # fmt: skip
    printed: list[Address] = [("plan_pdf", [plan.pk]), ("contract_pdf", [contract.pk]), ("chronology_pdf", [pupil]),
                              ("minutes_pdf", [held.pk])]  # fmt: skip
    found = [(name, reverse(name, args=arguments)) for name, arguments in (*pages, *printed)]
    files = [(f"{name} as a file", reverse(name, args=arguments) + "?format=csv") for name, arguments in lists]
    return [*found, *files]


def of_the_directory(case: Case) -> list[tuple[str, str]]:
    """Names and addresses of the service to which the child is referred, and of what is referred to it."""
    service = case.pupil.referrals.get().service_id
    pages = [(name, reverse(name, args=[service]) + "?q=abbott") for name in SERVICE]
    queues = [f"{reverse('referrals')}?{asked}" for asked in ("service=early", "service=early&format=csv", "show=made")]
    return [*pages, *((address, address) for address in queues)]


SERVICE = ("service_page", "service_people", "refer_to_service")
LISTS = ("cases", "queues", "plans", "plan_actions", "referrals", "part_time_timetables", "health_plans", "enquiries",
         "home_educated", "rule_board", "audit", "agreed_actions", "services")  # fmt: skip
SEARCHES = ("/find/?q=abbott", "/find/?q=mill+lane", "/pupils/?q=abbott")


def said(answer: HttpResponse) -> str:
    """All that the answer tells, of a PDF what a reader reads of it."""
    if answer.get("Content-Type") != "application/pdf":
        return answer.content.decode()
    read = (page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return " ".join(" ".join(read).split())  # a narrow column breaks an address into lines


def everything(client: Client, named: Iterable[tuple[str, str]]) -> Iterable[tuple[str, HttpResponse]]:
    """Every address that is named, and every list and search where the child may turn up: pages, files, documents."""
    for name, address in named:
        yield name, client.get(address)
    for name in LISTS:
        for query in ("", "format=csv&"):
            yield name, client.get(f"{reverse(name)}?{query}show=all&all=1&state=all&queue=unallocated")
    for address in SEARCHES:
        yield address, client.get(address)


# --- Who is shut out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["partner", "other school", "other authority", "ex-lead"])
def test_whoever_has_nothing_to_do_with_the_case_finds_nothing_of_it(
    cast: Cast, case: Case, signed_in: SignedIn, who: str
) -> None:
    names = {"other school": "other_lead", "other authority": "stranger"}
    member = cast.members[names.get(who, "practitioner")]
    with in_scope(cast.eastshire):
        of_case, of_service = of_the_case(case), of_the_directory(case)
        if who == "ex-lead":
            actions.ask_to_lead(case, lead=member, on=ON, by=cast.officer)
            actions.accept_lead(case, on=ON, by=member)
            case.refresh_from_db()
            actions.ask_to_lead(case, lead=cast.officer, on=ON, by=cast.officer)
            actions.accept_lead(case, on=ON, by=cast.officer)
    for name, answer in everything(signed_in(member), [*of_case, *of_service]):
        if name in dict(of_case):
            assert answer.status_code in (403, 404), f"{name} answered {answer.status_code} to the {who}"
        found = [word for word in ("Amy", "Abbott", CONFIDED, LIVES) if word in said(answer)]
        assert not found, f"{name} shows {found} to the {who}"
    assert signed_in(member).get(reverse("api_pupils")).status_code in (401, 403)


@pytest.mark.parametrize(
    ("who", "secrets"),
    [
        ("lead", (CONFIDED, *TOLD_OF_HOME)),
        ("manager", (CONFIDED, *TOLD_OF_HOME)),
        ("officer", (CONFIDED, *TOLD_OF_HOME)),
        ("auditor", (CONFIDED, *TOLD_OF_HOME)),
    ],
)
def test_a_restricted_note_and_a_restricted_siblings_home_are_in_no_place(
    cast: Cast, case: Case, signed_in: SignedIn, who: str, secrets: tuple[str, ...]
) -> None:
    with in_scope(cast.eastshire):
        named = [*of_the_case(case), *of_the_directory(case)]
    shown = 0
    for name, answer in everything(signed_in(cast.members[who]), named):
        assert answer.status_code in (200, 403), f"{name} answered {answer.status_code}"
        found = [word for word in secrets if word in said(answer)]
        assert not found, f"{name} shows {found} to the {who}"
        shown += "Amy" in said(answer)
    assert shown > 25


def test_whoever_holds_the_record_reads_it_all_so_that_there_is_something_to_be_withheld(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        of_case, of_service = of_the_case(case), of_the_directory(case)
    answers = dict(everything(signed_in(cast.team_leader), [*of_case, *of_service]))
    named = {"meeting_list", "meeting_list as a file", "did_it_help", "refer_to_service"}
    untold = {"family_view as a file", *named, *dict(of_service), *LISTS, *SEARCHES}
    untold -= {"referrals", "agreed_actions", "services", "service_page"}
    silent = {name for name, answer in answers.items() if LIVES not in said(answer)} - untold
    assert not silent and {answer.status_code for answer in answers.values()} <= {200, 403}
    assert not {name for name in named if "Abbott" not in said(answers[name])}
    theirs = {name: signed_in(cast.officer).get(address) for name, address in of_service if name not in SERVICE}
    assert len(theirs) == 3 and not {name for name, answer in theirs.items() if "Abbott" not in said(answer)}
    assert CONFIDED in said(answers["case_page"]) and CONFIDED in said(answers["chronology_pdf"])


def test_what_was_withheld_cannot_be_written_over_and_is_found_by_no_word_of_it(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    client = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        where = reverse("correct_contact", args=[case.pk, Contact.objects.get().pk])
    assert WITHHELD in client.get(where).content.decode()
    answer = client.post(where, {"outcome": "call reached", "with_whom": WITHHELD, "words": "New."})
    assert NOT_TAKEN in answer.content.decode() and LIVES not in answer.content.decode()
    nowhere = client.post(reverse("add_entry", args=[case.pk]), {"words": WITHHELD, "happened_on": ON})
    assert nowhere.status_code == 409
    with in_scope(cast.eastshire):
        assert Contact.objects.get().words == HOME
    found = client.get(reverse("chronology", args=[case.pupil_id]) + "?words=mill").content.decode()
    assert "No entries" in found
    with in_scope(cast.eastshire):
        file = reverse("download_document", args=[case.pk, case.documents.get().pk])
    assert client.get(file)["Content-Disposition"] == "attachment"
    assert signed_in(cast.team_leader).get(file)["Content-Disposition"] == 'attachment; filename="14 Mill Lane.txt"'


def test_a_form_with_words_that_are_withheld_is_saved_with_those_words_as_they_stood(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    client = signed_in(cast.officer)
    with in_scope(cast.eastshire):
        draft = case.plans.get(version=2)
    where = reverse("edit_plan", args=[draft.pk])
    day = {"review_on_day": "15", "review_on_month": "1", "review_on_year": "2027"}
    sent = {"needs": WITHHELD, "change_for_child": WITHHELD, "target_percent": "", **day}
    over = client.post(where, sent | {"needs": "Nothing"}).content.decode()
    assert NOT_TAKEN in over and WITHHELD in over
    assert client.post(where, sent).status_code == 302
    with in_scope(cast.eastshire):
        draft.refresh_from_db()
    assert (draft.needs, draft.change_for_child, draft.review_on) == (HOME, HOME, dt.date(2027, 1, 15))


def test_what_was_agreed_at_a_meeting_tells_no_home_on_any_page_of_it(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        of_case = dict(of_the_case(case))
        long = reverse("action_page", args=[AgreedAction.objects.get(what=AGREED[1]).pk])
    pages = [of_case["meeting_page"], of_case["minutes_page"], of_case["minutes_pdf"], of_case["pupil_page"],
             f"{reverse('agreed_actions')}?all=1", long]  # fmt: skip
    for member, is_told in ((cast.officer, False), (cast.auditor, False), (cast.team_leader, True)):
        client = signed_in(member)
        answers = [(page, client.get(page)) for page in pages]
        telling = {page for page, answer in answers if LIVES in said(answer) or "960001" in said(answer)}
        assert telling == (set(pages) if is_told else set()), member.role


def test_a_home_of_which_hardly_anything_is_held_hides_no_ordinary_word(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    entry = "Told in confidential words: Hill Academy, Northtown, Eastshire"
    with in_scope(cast.eastshire):
        actions.add_entry(case, words=entry, happened_on=ON, by=cast.officer)
    client = signed_in(cast.officer)
    for address in ("Confidential\nNorthtown", "Northtown, NT1 2AB", "Hill Academy\nMill Road", "Eastshire"):
        with in_scope(cast.eastshire):
            Carer.objects.update(address=address, telephone="")
        page = client.get(reverse("case_page", args=[case.pk])).content.decode()
        assert entry in page and WITHHELD not in page, address


def test_what_a_choice_sends_is_sent_though_its_words_are_withheld(cast: Cast, case: Case) -> None:
    with in_scope(cast.eastshire):
        kept = KeptHomes(cast.officer)
        page = kept.of_page(
            '<option value="14 Mill Lane" selected>14 Mill Lane</option><input type="radio" value="14 Mill Lane">'
            '<input class="x" value="14 Mill Lane" type="hidden"><input type="text" value="14 Mill Lane"><br>'
        )
    assert page.count('value="14 Mill Lane"') == 3 and page.count(WITHHELD) == 2


def test_letters_and_tokens_tell_nothing_of_it(cast: Cast, case: Case) -> None:
    with in_scope(cast.eastshire):
        write_digests(on=ON)
        letters = " ".join(f"{one.subject} {one.body} {one.calendar}" for one in Message.objects.all())
    assert "Your cases: what is due" in letters and "BEGIN:VCALENDAR" in letters and "Abbott" not in letters
    token = token_of(cast)
    told = " ".join(ask(token, reverse(name)).content.decode() for name in ("api_pupils", "api_standings"))
    assert "Abbott" in told
    for text in (letters, told):
        assert not [word for word in (*TOLD_OF_HOME, CONFIDED) if word in text]


def test_a_plan_and_a_document_are_taken_by_whoever_works_on_the_case_and_by_no_auditor(
    cast: Cast, case: Case, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        plan, contract = case.plans.get(version=1), case.contracts.get()
        document = reverse("download_document", args=[case.pk, case.documents.get().pk])
        actions.invite(case, member=cast.practitioner, why="Knows the family.", on=ON, by=cast.officer)
    for member, is_his in ((cast.practitioner, True), (cast.auditor, False)):
        client = signed_in(member)
        for name, key in (("plan", plan.pk), ("contract", contract.pk)):
            file = reverse(f"{name}_pdf", args=[key])
            assert (file in client.get(reverse(f"{name}_page", args=[key])).content.decode()) is is_his
            assert client.get(file).status_code == (200 if is_his else 403)
        for page in ("documents", "case_page"):
            answer = client.get(reverse(page, args=[case.pk]))
            assert answer.status_code == 200 and (document in answer.content.decode()) is is_his
        assert client.get(document).status_code == (200 if is_his else 403)
