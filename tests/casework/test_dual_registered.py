"""A child on two rolls: what one school records and its register say, the other school is not told by any way round."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance_portal.models import Membership
from casework import actions, plan_pages, targets
from casework.actions.out_of_school import begin_enquiry
from casework.actions.plans import change_plan
from casework.actions.referrals import refer_child
from casework.actions.tracking import record_part_time
from casework.models import Case, EducationEnquiry, PartTimeTimetable, Plan, Referral, Service, ServiceMember
from casework.referrals import rows_for
from schools.models import Enrolment, Standing
from tests.casework.plans import agreed, offered
from tests.cast import ON, SINCE, Cast, in_scope
from tests.isolation.rows import row_of
from tests.schools.stored import AUTUMN, store_autumn

SignedIn = Callable[[Membership], Client]
DAY = dt.timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(cast: Cast) -> Cast:
    """Amy of Hill Academy goes to Vale Primary School too, which agreed a part-time timetable and enquires."""
    store_autumn(cast)
    with in_scope(cast.eastshire):
        there = {"pupil": cast.pupil, "school": cast.vale, "year_group": "7"}
        there["enrolment"] = Enrolment.objects.create(**there, admission_on=SINCE + DAY)
        figures = {"possible": 40, "attended": 38, "as_at": AUTUMN[-1], "year": 2026, "is_on_roll": True}
        row_of(Standing, cast.eastshire, **there, **figures)
        case = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        record_part_time(
            cast.pupil, school=cast.vale, from_on=ON - 40 * DAY, until_on=ON - DAY, sessions_a_week=7,
            reason="Mornings at Vale.", on=ON, by=cast.other_lead,
        )  # fmt: skip
        begin_enquiry(cast.pupil, why="Not seen.", school=cast.vale, is_joint=True, begun_on=ON, on=ON, by=cast.officer)
        agreed(case, cast.officer)
        offered(case, cast.officer)
    return cast


def text(client: Client, address: str, *more: Any) -> str:
    return client.get(reverse(address, args=more)).content.decode()


def test_a_part_time_timetable_is_read_by_the_school_that_agreed_it_and_by_the_authority(
    both: Cast, signed_in: SignedIn
) -> None:
    with in_scope(both.eastshire):
        one = PartTimeTimetable.objects.get()
    for member, is_told in ((both.lead, False), (both.other_lead, True), (both.officer, True)):
        client = signed_in(member)
        for address, *more in (("part_time_timetables",), ("pupil_page", both.pupil.pk), ("chronology", both.pupil.pk)):
            said = text(client, address, *more)
            assert ("7 of 10" in said or "Mornings at Vale." in said) is is_told, (member, address)
        assert client.get(reverse("change_part_time", args=[one.pk])).status_code == (200 if is_told else 404)


@pytest.mark.parametrize("address", ["part_time_timetables", "enquiries", "rule_list"])
def test_a_filter_by_school_tells_no_more_than_the_list(both: Cast, signed_in: SignedIn, address: str) -> None:
    """Else the name of any school would tell which of one's children go there."""
    more = ["severe-no-lead"] if address == "rule_list" else []
    with in_scope(both.eastshire):
        record_part_time(
            both.pupil, school=both.hill, from_on=ON, until_on=ON + DAY, sessions_a_week=5, reason="Ill.", on=ON,
            by=both.lead,
        )  # fmt: skip
    for member, school, is_found in (
        (both.lead, "Hill", True),
        (both.lead, "Vale", False),
        (both.lead, both.vale.urn, False),
        (both.officer, "Vale", True),
    ):
        page = signed_in(member).get(reverse(address, args=more), {"school": school}).content.decode()
        assert ("Amy Abbott" in page) is is_found, (member, school)


def test_a_plans_figures_of_another_school_are_not_shown_and_that_is_said(both: Cast) -> None:
    with in_scope(both.eastshire):
        plan = Plan.objects.get()
        assert [row["urn"] for row in plan.arithmetic] == [both.hill.urn, both.vale.urn]
        for member, own, other in ((both.lead, "Hill", "Vale"), (both.other_lead, "Vale", "Hill")):
            for shown in (plan_pages.plan_shown(plan, member), plan_pages.plan_document(plan, member)):
                said = " ".join([*shown["sentences"], *shown.get("now", [])])
                assert f"Amy had been at {own}" in said and other not in said
                assert "Amy is on the roll of another school too. Its figures are not shown to you." in said
            before = " ".join(plan_pages.before_choosing(both.pupil, both.lead))
            assert "Amy had been at Hill" in before and "Vale" not in before and "not shown to you" in before
        said = " ".join(plan_pages.plan_shown(plan, both.officer)["sentences"])
        assert "at Hill Academy for" in said and "at Vale Primary School for" in said and "another school" not in said
        frozen_before = [targets.SoFar(**{**row, "urn": ""}) for row in plan.arithmetic]
        assert [one.school for one in targets.shown_to(frozen_before, both.lead).years] == [both.hill.name]


def test_another_schools_name_stands_on_no_page_of_the_case(both: Cast, signed_in: SignedIn) -> None:
    with in_scope(both.eastshire):
        case, enquiry = Case.objects.get(), EducationEnquiry.objects.get()
        contract = case.contracts.get()
        for member, maker in (
            (both.lead, both.hill.name),
            (both.officer, both.hill.name),
            (both.other_lead, "The school"),
        ):
            assert plan_pages.contract_document(contract, member)["maker"] == maker, member
        service = Service.objects.create(name="Early help", offers="Help", takes_referrals=True)
        ServiceMember.objects.create(service=service, membership=both.officer, from_on=ON)
        told = [refer_child(both.pupil, service=service, reason="Money.", on=ON, by=both.lead)]
        there = {"school": both.vale, "service": Service.objects.create(name="Housing"), "made_by": both.officer}
        told.append(Referral.objects.create(pupil=both.pupil, made_on=ON, reason="Rent.", **there))
        assert [row["school"] for row in rows_for(told, both.lead)] == [both.hill.name, ""]
        assert [row["school"] for row in rows_for(told, both.officer)] == [both.hill.name, both.vale.name]
        drafted = change_plan(Plan.objects.get(), on=ON, by=both.officer)
    lead, officer = signed_in(both.lead), signed_in(both.officer)
    offers = [("hand_over_lead", case.pk), ("invite_to_case", case.pk), ("add_plan_action", drafted.pk)]
    for address, pk in offers:
        assert both.other_lead.name not in text(lead, address, pk), address
        assert both.trust_lead.name in text(lead, address, pk), "of their own school too"
        assert both.other_lead.name in text(officer, address, pk), address
    queue = reverse("queues") + "?queue=unallocated&format=csv"
    for address in (reverse("enquiry_page", args=[enquiry.pk]), reverse("case_page", args=[case.pk]), queue):
        assert "Vale" not in lead.get(address).content.decode(), address
    assert "another school together" in text(lead, "enquiry_page", enquiry.pk)
    assert "Vale Primary School together" in text(officer, "enquiry_page", enquiry.pk)
