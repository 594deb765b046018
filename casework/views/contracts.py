"""An attendance contract: offered, answered, ended and printed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from attendance_portal.audit import record
from attendance_portal.documents import pdf
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import plan_pages, plan_words
from casework.actions import contracts as acts
from casework.forms.contracts import ContractAnswerForm, ContractForm
from casework.forms.plans import OutcomeForm
from casework.models import AttendanceContract
from casework.people import may_take, may_write
from casework.plan_moves import ACCEPTED, CONTRACT_MOVES, OFFERED
from casework.views.found import case_to_write
from casework.views.found_plans import ask, contract_seen, contract_to_write, must_print, page_of


@requires(Permission.CASE_LEAD)
def offer_contract(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Offer a contract to one parent or carer of the child."""
    case, member = case_to_write(request, pk), request.member
    family = plan_pages.parents_offered(case.pupil, member)
    not_told = plan_pages.not_to_be_told(case.pupil, member.on)
    schools = plan_pages.schools_offered(case.pupil, member)
    form = ContractForm(request.POST or None, family=family, not_told=not_told, schools=schools, on=member.on)
    if form.is_valid():
        with said_in(form):
            made = acts.offer_contract(case, **form.contract, on=member.on, by=member)
            messages.success(request, "The offer is kept. Print it, and talk it through with them.")
            return redirect("contract_page", pk=made.pk)
    return ask(request, "casework/offer_contract.html", case, form, page_of("case_page", case), not_to_be_told=not_told)


@requires(Permission.CASE_SEE)
def contract_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What each side says it will do, for how long, and what the parent or carer answered."""
    contract, member = contract_seen(request, pk), request.member
    case = contract.case
    record("see_contract", by=member, words="Looked at a contract.", subject=contract, pupils=[case.pupil_id])
    may = not case.closed_on and may_write(case, member)
    context = {
        "contract": contract,
        "pupil": case.pupil,
        "facts": plan_words.contract_facts(contract, plan_pages.school_told(contract, member)),
        "not_to_be_told": plan_pages.not_to_be_told(case.pupil, member.on),
        "state": plan_words.contract_state(contract, member.on),
        "tag": plan_words.stage_tag(contract),
        "may_print": may_take(case, request.member),
        "may_answer": may and contract.stage == OFFERED,
        "may_end": may and contract.stage in (OFFERED, ACCEPTED),
    }
    return render(request, "casework/contract_page.html", context)


@requires(Permission.CASE_LEAD)
def answer_contract(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep what the parent or carer said."""
    contract, member = contract_to_write(request, pk), request.member
    if contract.stage != OFFERED and request.method != "POST":
        raise Refused(CONTRACT_MOVES["accept_contract"].refusal)
    form = ContractAnswerForm(
        request.POST or None, earliest=contract.offered_on, latest=member.on, initial={"answered_on": member.on}
    )
    if form.is_valid():
        with said_in(form):
            _keep_answer(contract, form.cleaned_data, by=member)
            messages.success(request, "Their answer is kept.")
            return redirect("contract_page", pk=pk)
    back = page_of("contract_page", contract)
    return ask(request, "casework/answer_contract.html", contract.case, form, back, contract=contract)


def _keep_answer(contract: AttendanceContract, typed: dict[str, Any], *, by: Membership) -> None:
    kept = {"answered_on": typed["answered_on"], "on": by.on, "by": by}
    if typed["answer"] == "yes":
        acts.accept_contract(contract, signed_for_maker=typed["signed_for_maker"], **kept)
    else:
        acts.refuse_contract(contract, why=typed["why"], **kept)


@requires(Permission.CASE_LEAD)
def end_contract(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End it with what came of it, or take back an offer."""
    contract, member = contract_to_write(request, pk), request.member
    if contract.stage not in (OFFERED, ACCEPTED) and request.method != "POST":
        raise Refused(CONTRACT_MOVES["end_contract"].refusal)
    form = OutcomeForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            acts.end_contract(contract, outcome=form.cleaned_data["outcome"], on=member.on, by=member)
            messages.success(request, "The contract has ended. What came of it is kept.")
            return redirect("contract_page", pk=pk)
    back = page_of("contract_page", contract)
    return ask(request, "casework/end_contract.html", contract.case, form, back, contract=contract)


@requires(Permission.CASE_SEE)
def contract_pdf(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The contract to print, talk through and sign."""
    contract, member = contract_seen(request, pk), request.member
    must_print(request, contract.case)
    pupils = [contract.case.pupil_id]
    record("download_contract", by=member, words="Downloaded a contract.", subject=contract, pupils=pupils)
    document = plan_pages.contract_document(contract, member)
    answer = HttpResponse(pdf("documents/contract.html", document), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="attendance-contract.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
