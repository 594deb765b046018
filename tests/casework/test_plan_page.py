"""A child's plan: written, agreed, approved, changed and ended; its pages, and who may see them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework import actions as of_cases
from casework import plan_pages
from casework.actions import plan_actions as acts
from casework.actions import plans
from casework.models import Case, Plan, PlanAction, PlanAgreement
from schools.models import CarerLink, Enrolment
from tests.casework.plans import DUE_ON, REVIEW_ON, add, agreed, answered, written
from tests.cast import ON, Cast, in_scope, make_cast
from tests.isolation.rows import row_of
from tests.schools.calendars import make_year
from tests.schools.stored import AT, store_autumn

SignedIn = Callable[[Membership], Client]
LATER = dt.date(2026, 12, 7)


def day(name: str, on: dt.date) -> dict[str, int]:
    """A date as its three boxes are posted."""
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return of_cases.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


@pytest.mark.usefixtures("in_eastshire")
class TestAgreeing:
    def test_a_plan_counts_once_child_parent_and_school_have_answered(self, cast: Cast, case: Case) -> None:
        plan = written(case, cast.officer)
        plans.put_plan_forward(plan, on=ON, by=cast.officer)
        said = {"says": "no", "words": "Too much at once.", "agreed_on": ON, "on": ON, "by": cast.officer}
        plans.record_agreement(plan, party="parent", who="Mary West", **said)
        with pytest.raises(Refused, match="what the child says, and that the school agrees"):
            plans.agree_plan(plan, on=ON, by=cast.officer)
        plans.record_agreement(plan, party="child", who="Amy", **said | {"says": "not-asked", "words": "Ill."})
        plans.record_agreement(plan, party="school", who="Layla Hart", **said)
        with pytest.raises(Refused, match="that the school agrees"):
            plans.agree_plan(plan, on=ON, by=cast.officer)
        plans.record_agreement(plan, party="school", who="Layla Hart", **said | {"says": "yes"})
        plans.agree_plan(plan, on=ON, by=cast.officer)
        assert list(Plan.objects.current()) == [plan]
        assert Case.objects.get().review_on == REVIEW_ON
        kept = PlanAgreement.objects.filter(party="school").values_list("says", "ended_on")
        assert set(kept) == {("no", ON), ("yes", None)}
        assert case.entries.filter(words="Mary West did not agree to version 1 of the plan: Too much at once.").exists()

    def test_a_plan_that_the_family_did_not_agree_to_counts_and_nothing_hides_their_no(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        plan = written(case, cast.officer)
        plans.put_plan_forward(plan, on=ON, by=cast.officer)
        for party, who, says in (("child", "Amy", "no"), ("parent", "Mary West", "no"), ("school", "Lee", "yes")):
            plans.record_agreement(
                plan, party=party, who=who, says=says, words="", agreed_on=ON, on=ON, by=cast.officer
            )
        plans.agree_plan(plan, on=ON, by=cast.officer)
        no = "Amy and Mary West did not agree to it."
        assert case.entries.latest("pk").words == f"Version 1 of the plan counts from today. {no}"
        assert no in signed_in(cast.officer).get(reverse("plan_page", args=[plan.pk])).content.decode()
        assert plan_pages.plan_document(plan, cast.officer)["disagreed"] == no

    def test_a_child_on_no_roll_has_no_school_to_agree(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        """As one who is missing education: that no school could be asked, and why, stands in its place."""
        plan = written(case, cast.officer)
        plans.put_plan_forward(plan, on=ON, by=cast.officer)
        said = {"words": "", "agreed_on": ON, "on": ON, "by": cast.officer, "says": "yes"}
        for party, who in (("child", "Amy"), ("parent", "Mary West")):
            plans.record_agreement(plan, party=party, who=who, **said)
        typed = {"party": "school", "says": "not-asked", "words": "On no roll.", **day("agreed_on", ON)}
        signed_in(cast.officer).post(reverse("record_agreement", args=[plan.pk]), typed)
        assert plans.answers_wanted(plan, ON) == ["that the school agrees"]
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=ON - dt.timedelta(days=1))
        assert plans.answers_wanted(plan, ON) == []
        PlanAgreement.objects.filter(party="school").update(ended_on=ON)
        with pytest.raises(Refused, match="no school could be asked"):
            plans.agree_plan(plan, on=ON, by=cast.officer)

    def test_a_plan_without_an_action_or_with_a_passed_review_is_not_put_forward(self, cast: Cast, case: Case) -> None:
        plan = written(case, cast.officer)
        with pytest.raises(Refused, match="review date has passed"):
            plans.put_plan_forward(plan, on=REVIEW_ON + dt.timedelta(days=1), by=cast.officer)
        acts.remove_plan_action(PlanAction.objects.get(), by=cast.officer)
        with pytest.raises(Refused, match="at least one action"):
            plans.put_plan_forward(plan, on=ON, by=cast.officer)

    def test_words_put_forward_do_not_change_and_taken_back_must_be_answered_anew(self, cast: Cast, case: Case) -> None:
        plan = answered(written(case, cast.officer), cast.officer)
        with pytest.raises(Refused, match="not being written"):
            add(plan, cast.officer)
        plans.take_plan_back(plan, on=ON, by=cast.officer)
        assert plans.answers_wanted(plan, ON) == ["what the child says", "what a parent or carer says",
                                              "that the school agrees"]  # fmt: skip
        assert PlanAgreement.objects.count() == 3

    def test_a_team_leader_approves_where_that_is_asked_from_its_day_on(self, cast: Cast, case: Case) -> None:
        plans.set_plan_policy(from_on=LATER, needs_approval=True, by=cast.team_leader, at=AT)
        plan = answered(written(case, cast.officer), cast.officer)
        with pytest.raises(Refused, match="A team leader approves"):
            plans.agree_plan(plan, on=LATER, by=cast.officer)
        plans.send_plan_back(plan, reason="Name who meets her.", on=LATER, by=cast.team_leader)
        assert Plan.objects.get().sent_back_why == "Name who meets her."
        answered(plan, cast.officer)
        plans.approve_plan(plan, on=LATER, by=cast.team_leader)
        held = Plan.objects.current().get()
        assert (held.approved_by, held.approved_on, held.sent_back_why) == (cast.team_leader, LATER, "")
        with pytest.raises(Refused, match="is so already"):
            plans.set_plan_policy(from_on=LATER, needs_approval=True, by=cast.team_leader, at=AT)
        with pytest.raises(Refused, match="does not wait"):
            plans.approve_plan(plan, on=LATER, by=cast.team_leader)

    def test_a_passed_review_does_not_count_and_a_later_review_of_the_case_stays(self, cast: Cast, case: Case) -> None:
        plan, later = answered(written(case, cast.officer), cast.officer), REVIEW_ON + dt.timedelta(days=30)
        with pytest.raises(Refused, match="review date of this plan has passed"):
            plans.agree_plan(plan, on=REVIEW_ON + dt.timedelta(days=1), by=cast.officer)
        with pytest.raises(Refused, match="review date has passed"):
            of_cases.change_review_date(case, review_on=ON - dt.timedelta(days=1), on=ON, by=cast.officer)
        of_cases.hold_review(
            case, outcome="go-on", words="Two calm weeks.", held_on=ON, next_review_on=later, by=cast.officer
        )
        plans.agree_plan(Plan.objects.get(), on=LATER, by=cast.officer)
        assert Case.objects.get().review_on == later
        assert Plan.objects.current().get().review_on == REVIEW_ON

    def test_the_database_keeps_one_current_plan_a_case(self, cast: Cast, case: Case) -> None:
        agreed(case, cast.officer)
        with pytest.raises(IntegrityError), transaction.atomic():
            Plan.objects.create(case=case, version=9, stage="agreed", review_on=ON, drafted_on=ON,
                                drafted_by=cast.officer, agreed_on=ON, agreed_by=cast.officer)  # fmt: skip

    def test_a_closed_case_has_no_current_plan_and_its_plan_is_not_changed(self, cast: Cast, case: Case) -> None:
        plan = agreed(case, cast.officer)
        Case.objects.update(stage="closed", closed_on=ON, closed_by=cast.officer)
        assert not Plan.objects.current().exists()
        assert not PlanAction.objects.overdue(LATER).exists()
        with pytest.raises(Refused, match="closed"):
            plans.change_plan(plan, on=ON, by=cast.officer)


@pytest.mark.usefixtures("in_eastshire")
class TestVersions:
    def test_a_change_makes_the_next_version_and_the_one_before_counts_until_it_is_agreed(
        self, cast: Cast, case: Case
    ) -> None:
        first = agreed(case, cast.officer)
        second = plans.change_plan(first, on=LATER, by=cast.officer)
        assert (second.version, list(Plan.objects.current())) == (2, [first])
        with pytest.raises(Refused, match="being written already"):
            plans.change_plan(first, on=LATER, by=cast.officer)
        acts.do_plan_action(PlanAction.objects.get(plan=first), outcome="Every day.", on=LATER, by=cast.officer)
        assert PlanAction.objects.get(plan=second).outcome == "Every day."
        answered(second, cast.officer)
        plans.agree_plan(second, on=LATER, by=cast.officer)
        assert list(Plan.objects.current()) == [second]
        first.refresh_from_db()
        assert (first.stage, first.replaced_on, first.needs) == ("replaced", LATER, "A calm start to the day.")
        assert Plan.objects.current().get().agreed_review_on == REVIEW_ON
        with pytest.raises(Refused, match="not being written"):
            plans.edit_plan(first, needs="x", change_for_child="x", review_on=LATER, target_percent=None,
                            by=cast.officer)  # fmt: skip

    def test_versions_are_compared(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        first = agreed(case, cast.officer)
        second = plans.change_plan(first, on=ON, by=cast.officer)
        plans.edit_plan(second, needs="A quiet room.", change_for_child=first.change_for_child, review_on=REVIEW_ON,
                        target_percent=None, by=cast.officer)  # fmt: skip
        add(second, cast.officer, what="Find a bus pass")
        page = signed_in(cast.lead).get(reverse("compare_plans", args=[second.pk])).content.decode()
        for words in ("A calm start to the day.", "A quiet room.", "No figure", "Find a bus pass", "Not in it"):
            assert words in page
        assert page.count("Changed</strong>") == 2
        assert signed_in(cast.lead).get(reverse("compare_plans", args=[first.pk])).status_code == 404

    def test_an_action_taken_up_again_is_in_the_version_that_was_begun_without_it(self, cast: Cast, case: Case) -> None:
        first = agreed(case, cast.officer)
        action = PlanAction.objects.get()
        with pytest.raises(Refused, match="still to be done"):
            acts.take_up_plan_action(action, on=ON, by=cast.officer)
        acts.do_plan_action(action, outcome="", on=ON, by=cast.officer)
        plans.set_plan_aside(plans.change_plan(first, on=ON, by=cast.officer), on=ON, by=cast.officer)
        third = plans.change_plan(first, on=ON, by=cast.officer)
        assert not third.actions.exists()
        add(third, cast.officer, what="Find a bus pass")
        answered(third, cast.officer)
        with pytest.raises(Refused, match="Version 3 of the plan waits to be agreed without this action"):
            acts.take_up_plan_action(action, on=ON, by=cast.officer)
        plans.take_plan_back(third, on=ON, by=cast.officer)
        acts.take_up_plan_action(action, on=ON, by=cast.officer)
        assert third.actions.get(carried_from=action).what == action.what
        acts.give_up_plan_action(action, reason="No.", on=LATER, by=cast.officer)
        acts.take_up_plan_action(action, on=LATER, by=cast.officer)
        assert third.actions.get(carried_from=action).outcome == ""
        answered(third, cast.officer)
        plans.agree_plan(third, on=LATER, by=cast.officer)
        assert {one.what for one in PlanAction.objects.to_do()} == {action.what, "Find a bus pass"}

    def test_what_was_taken_out_of_the_next_version_by_hand_stays_out(self, cast: Cast, case: Case) -> None:
        second = plans.change_plan(agreed(case, cast.officer), on=ON, by=cast.officer)
        acts.remove_plan_action(second.actions.get(), by=cast.officer)
        action = PlanAction.objects.get()
        acts.do_plan_action(action, outcome="", on=LATER, by=cast.officer)
        acts.take_up_plan_action(action, on=LATER, by=cast.officer)
        assert list(PlanAction.objects.to_do()) == [action] and not second.actions.exists()

    def test_an_ended_plan_makes_room_for_a_new_one(self, cast: Cast, case: Case) -> None:
        plan = agreed(case, cast.officer)
        with pytest.raises(Refused, match="agreed plan"):
            written(case, cast.officer)
        plans.end_plan(plan, outcome="Back in school.", on=LATER, by=cast.officer)
        plans.set_plan_aside(written(case, cast.officer), on=LATER, by=cast.officer)
        assert written(case, cast.officer).version == 3


@pytest.mark.usefixtures("in_eastshire")
class TestActions:
    def test_an_action_is_settled_once_and_may_be_taken_up_again(self, cast: Cast, case: Case) -> None:
        agreed(case, cast.officer)
        action = PlanAction.objects.get()
        assert list(PlanAction.objects.overdue(DUE_ON)) == []
        assert list(PlanAction.objects.overdue(DUE_ON + dt.timedelta(days=1))) == [action]
        acts.give_up_plan_action(action, reason="She walks with a friend.", on=LATER, by=cast.officer)
        assert not PlanAction.objects.to_do().exists()
        with pytest.raises(Refused, match="already"):
            acts.do_plan_action(action, outcome="", on=LATER, by=cast.officer)
        acts.take_up_plan_action(action, on=LATER, by=cast.officer)
        assert list(PlanAction.objects.to_do()) == [action]

    def test_an_owner_who_may_not_write_settles_their_own_alone(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        of_cases.ask_to_lead(case, lead=cast.practitioner, on=ON, by=cast.officer)
        plan = written(case, cast.officer)
        theirs = add(plan, cast.officer, what="Ring the carer", owner=cast.practitioner)
        answered(plan, cast.officer)
        plans.agree_plan(plan, on=ON, by=cast.officer)
        client, other = signed_in(cast.practitioner), PlanAction.objects.exclude(pk=theirs.pk).get()
        done = {"became": "done", "outcome": "Spoke."}
        assert client.post(reverse("plan_action_page", args=[other.pk]), done).status_code == 403
        assert client.post(reverse("plan_action_page", args=[theirs.pk]), done).status_code == 302
        assert PlanAction.objects.get(pk=theirs.pk).done_by == cast.practitioner
        assert client.get(reverse("add_plan_action", args=[plan.pk])).status_code == 403

    def test_the_list_shows_ones_own_and_everybodys_overdue(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        plan = written(case, cast.officer)
        add(plan, cast.officer, what="Bring her bag", owner=None, owner_name="Mary West")
        answered(plan, cast.officer)
        plans.agree_plan(plan, on=ON, by=cast.officer)
        PlanAction.objects.update(due_on=ON - dt.timedelta(days=1))
        mine = signed_in(cast.officer).get(reverse("plan_actions")).content.decode()
        assert "Meet Amy at the gate" in mine and "Overdue" in mine
        assert "Bring her bag" in mine, "whoever has no account is asked after by the holder of the case"
        rows = signed_in(cast.lead).get(reverse("plan_actions") + "?show=overdue&format=csv").content.decode()
        assert "Bring her bag,Amy Abbott,Mary West" in rows
        assert "Abbott" not in signed_in(cast.other_lead).get(reverse("plan_actions") + "?show=all").content.decode()
        home = signed_in(cast.officer).get("/").content.decode()
        assert "Your actions in plans" in home and "Overdue since 19 Nov" in home


class TestTarget:
    def test_the_page_says_what_the_target_asks_and_what_cannot_be_reached(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            make_year()
        form = signed_in(cast.officer).get(reverse("write_plan", args=[case.pk])).content.decode()
        assert "20 of 40 sessions" in form and "With every one of them attended it would end there at" in form
        with in_scope(cast.eastshire):
            plan = written(case, cast.officer)
        page = signed_in(cast.officer).get(reverse("plan_page", args=[plan.pk])).content.decode()
        assert "Amy had been at Hill Academy for 20 of 40 sessions this school year: 50.0%" in page
        assert "needs to be there for at least" in page and "sessions are left this school year" in page
        with in_scope(cast.eastshire):
            Plan.objects.update(target_percent=99)
        page = signed_in(cast.officer).get(reverse("plan_page", args=[plan.pk])).content.decode()
        assert "99% over the whole year at Hill Academy cannot be reached any more" in page

    def test_its_figures_are_frozen_when_the_plan_is_agreed(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        store_autumn(cast)
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            assert Plan.objects.get().arithmetic == [
                {
                    "school": "Hill Academy",
                    "as_at": "2026-10-02",
                    "attended": 20,
                    "possible": 40,
                    "left": None,
                    "urn": "999001",
                }
            ]
            make_year()
        page = signed_in(cast.officer).get(reverse("plan_page", args=[plan.pk])).content.decode()
        assert "not known until the term dates are entered" in page
        assert "As it stands now" in page and "needs to be there for at least" in page


def read_and_approve(leader: Client, plan: Plan) -> None:
    where = reverse("approve_plan", args=[plan.pk])
    page = leader.get(where).content.decode()
    for words in ("A calm day.", "92.5%", "Ring at 8: ", "Layla Hart", "Mary West", "Let us try."):
        assert words in page, "what is approved is read where it is approved"
    leader.post(where, {"answer": "approve"})


class TestPages:
    def test_the_whole_life_of_a_plan_in_the_browser(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        officer, leader = signed_in(cast.officer), signed_in(cast.team_leader)
        policy = leader.post(reverse("plan_policy"), {"needs_approval": "yes", **day("from_on", ON)}, follow=True)
        assert "Today a team leader approves each plan" in policy.content.decode()
        typed = {"needs": "Calm.", "change_for_child": "In lessons.", "target_percent": "92.5%"}
        wrong = officer.post(reverse("write_plan", args=[case.pk]), typed | {"target_percent": "120"})
        assert "Enter a percentage above 0 and up to 100" in wrong.content.decode()
        begun = officer.post(reverse("write_plan", args=[case.pk]), typed | day("review_on", REVIEW_ON))
        with in_scope(cast.eastshire):
            plan = Plan.objects.get()
        where = reverse("plan_page", args=[plan.pk])
        assert begun["Location"] == where
        action = {"what": "Ring at 8", "who": "account", "owner": str(cast.lead.pk), **day("due_on", DUE_ON)}
        adding = reverse("add_plan_action", args=[plan.pk])
        assert officer.post(adding, action | {"another": "1"})["Location"] == adding, "for the next one"
        assert officer.post(adding, action | {"what": "Wrong"})["Location"] == where
        with in_scope(cast.eastshire):
            pk = PlanAction.objects.get(what="Wrong").pk
        changed = action | {"what": "Set two alarms", "who": "name", "owner_name": "Amy"}
        officer.post(reverse("change_plan_action", args=[pk]), changed)
        assert "Set two alarms" in officer.get(where).content.decode()
        officer.post(reverse("remove_plan_action", args=[pk]))
        typed |= {"needs": "A calm day."} | day("review_on", REVIEW_ON)
        assert officer.post(reverse("edit_plan", args=[plan.pk]), typed).status_code == 302
        officer.post(reverse("put_plan_forward", args=[plan.pk]))
        said: dict[str, object] = {"says": "yes", "words": "Let us try.", **day("agreed_on", ON)}
        agreeing = reverse("record_agreement", args=[plan.pk])
        assert "Enter their name" in officer.post(agreeing, said | {"party": "parent"}).content.decode()
        for party, who in (("child", ""), ("parent", "Mary West"), ("school", "Layla Hart")):
            officer.post(agreeing, said | {"party": party, "who": who})
        with in_scope(cast.eastshire):
            assert plan.agreements.get(party="child").who == "Amy Abbott", "whose name is known"
        assert officer.post(reverse("agree_plan", args=[plan.pk])).status_code == 409
        assert "Amy Abbott" in leader.get(reverse("plans")).content.decode()
        assert "Plans to approve" in leader.get("/").content.decode()
        read_and_approve(leader, plan)
        page = officer.get(where).content.decode()
        for words in ("A calm day.", "92.5%", "Ring at 8", "Layla Hart", "Let us try.", "Approved on", "Tom Leigh"):
            assert words in page
        assert "Set two alarms" not in page
        part = signed_in(cast.lead).get(f"/cases/{case.pk}/").content.decode()
        assert "In lessons." in part and "Ring at 8" in part and "Mary West (a parent or carer): agreed" in part
        officer.post(reverse("change_plan", args=[plan.pk]))
        with in_scope(cast.eastshire):
            newer = Plan.objects.get(version=2)
        officer.post(reverse("set_plan_aside", args=[newer.pk]))
        officer.post(reverse("end_plan", args=[plan.pk]), {"outcome": "She is back."})
        assert "She is back." in officer.get(where).content.decode()
        rows = officer.get(reverse("plans") + "?show=current&format=csv").content.decode()
        assert "Abbott" not in rows

    def test_writing_one_goes_back_to_who_sent_the_person_and_where_there_is_one_to_it(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        officer, where = signed_in(cast.officer), reverse("write_plan", args=[case.pk])
        board, elsewhere = "/rule-board/severe-no-plan/", "//evil.example"
        assert f'href="{board}"' in officer.get(f"{where}?next={board}").content.decode()
        typed = {"needs": "Calm.", "change_for_child": "In lessons.", **day("review_on", REVIEW_ON)}
        assert officer.post(f"{where}?next={board}", typed)["Location"] == board
        with in_scope(cast.eastshire):
            there = reverse("plan_page", args=[Plan.objects.get().pk])
        for method in (officer.get, officer.post):
            answer = method(f"{where}?next={board}", typed)
            assert answer.status_code == 302 and answer["Location"] == there
        assert "This case has a plan already: this is it." in officer.get(there).content.decode()
        with in_scope(cast.eastshire):
            other = of_cases.open_case(cast.pupils[1], reason="Absent.", on=ON, by=cast.officer)
        begun = officer.post(f"{reverse('write_plan', args=[other.pk])}?next={elsewhere}", typed)
        assert begun["Location"].startswith("/plans/")

    def test_the_pdf_is_a_tagged_file_that_leaves_an_event(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
        answer = signed_in(cast.lead).get(reverse("plan_pdf", args=[plan.pk]))
        assert answer.content.startswith(b"%PDF-") and "attachment" in answer["Content-Disposition"]
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="download_plan").count() == 1

    def test_whom_it_may_not_be_given_to_is_said(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            plan = written(case, cast.officer)
            link = row_of(CarerLink, cast.eastshire, pupil=cast.pupil, must_not_know=True)
        page = signed_in(cast.officer).get(reverse("plan_page", args=[plan.pk])).content.decode()
        assert f"{link.carer.name} must not be told where the child is" in page

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 404), ("office", 403),
                             ("admin", 403)],
    )  # fmt: skip
    def test_others_find_nothing(self, cast: Cast, case: Case, signed_in: SignedIn, name: str, status: int) -> None:
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            action = PlanAction.objects.get()
        client = signed_in(cast.members[name])
        for page, row in (
            ("plan_page", plan),
            ("plan_pdf", plan),
            ("compare_plans", plan),
            ("plan_action_page", action),
        ):
            answer = client.get(reverse(page, args=[row.pk]))
            assert answer.status_code == status and b"Amy" not in answer.content, page
        for act in ("take_plan_back", "change_plan", "agree_plan"):
            assert client.post(reverse(act, args=[plan.pk])).status_code in (403, 404)
        assert client.get(reverse("approve_plan", args=[plan.pk])).status_code in (403, 404)

    def test_signed_out_goes_to_sign_in_and_readers_cannot_write(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
        assert Client().get(reverse("plan_page", args=[plan.pk])).status_code == 302
        page = signed_in(cast.manager).get(reverse("plan_page", args=[plan.pk]))
        assert page.status_code == 200 and b"Change the plan" not in page.content
        assert signed_in(cast.manager).post(reverse("change_plan", args=[plan.pk])).status_code == 403

    def test_queries_do_not_grow_with_actions_and_plans(
        self, cast: Cast, case: Case, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with in_scope(cast.eastshire):
            plan = written(case, cast.officer)
            for number in range(12):
                add(plan, cast.officer, what=f"Action {number}", owner=cast.lead)
            answered(plan, cast.officer)
            plans.agree_plan(plan, on=ON, by=cast.officer)
            for pupil in cast.pupils[1:]:
                agreed(of_cases.open_case(pupil, reason="Absent.", on=ON, by=cast.officer), cast.officer)
        client = signed_in(cast.officer)
        client.get("/")
        with django_assert_max_num_queries(20):
            assert client.get(reverse("plan_page", args=[plan.pk])).status_code == 200
        with django_assert_max_num_queries(14):
            assert client.get(reverse("plans") + "?show=current").content.decode().count("<tr") == 6
        with django_assert_max_num_queries(14):
            assert client.get(reverse("plan_actions") + "?show=all").content.decode().count("<tr") > 12


def test_of_two_who_make_it_count_at_once_one_does(own_database: str) -> None:
    cast = make_cast()
    with in_scope(cast.eastshire):
        case = of_cases.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        first = agreed(case, cast.officer)
        plan = answered(plans.change_plan(first, on=ON, by=cast.officer), cast.officer)
    told: list[str] = []
    begin = threading.Barrier(2)

    def act(make: Callable[..., None], by: Membership) -> None:
        try:
            with in_scope(cast.eastshire):
                held = Plan.objects.select_related("case__pupil").get(pk=plan.pk)
                begin.wait(20)
                make(held, on=ON, by=by)
            told.append("counts")
        except Refused as refused:
            told.append(refused.sentence)
        finally:
            connections.close_all()

    doers = [
        threading.Thread(target=act, args=(plans.agree_plan, cast.officer)),
        threading.Thread(target=act, args=(plans.approve_plan, cast.team_leader)),
    ]
    for one in doers:
        one.start()
    for one in doers:
        one.join(60)
    assert sorted(words[:6] for words in told) == ["This p", "counts"]
    with in_scope(cast.eastshire):
        assert Plan.objects.current().get().version == 2
        assert Plan.objects.get(version=1).stage == "replaced"
