"""Hand-overs of children between authorities: their list, the page of one, offering, answering, withdrawing, ending."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.gov_forms import GovForm
from attendance_portal.models import Membership
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused, said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.handing import hand_over_words as words
from schools.handing import offering, receiving
from schools.handing.hand_over_forms import AcceptForm, DeclineForm, EndForm, OfferForm, WithdrawForm
from schools.models import HandOver, HandOverAnswer, Pupil
from schools.models.hand_overs import HandOverQuerySet

Stage = HandOver.Stage
COLUMNS = (
    Column("child", "Child"),
    Column("other", "Authority", ("to_authority__name",)),
    Column("why", "Why", ("reason",)),
    Column("offered", "Offered", ("offered_at",)),
    Column("state", "State", ("stage",)),
)


def _sent(member: Membership) -> HandOverQuerySet:
    found: HandOverQuerySet = HandOver.objects.sent_as_seen_by(member)
    return found.with_stage().select_related("authority", "to_authority", "pupil", "offered_by__user")


def _received(member: Membership) -> HandOverQuerySet:
    found: HandOverQuerySet = HandOver.received.received_as_seen_by(member)
    return found.with_stage().select_related("authority", "to_authority", "offered_by__user")


@requires(Permission.HAND_OVER)
@require_safe
def hand_overs(request: MemberRequest) -> HttpResponse:
    """Those received, those that wait for an answer first by day, or those sent; all of them as a file."""
    member, is_sent = request.member, request.GET.get("show") == "sent"
    found = _sent(member) if is_sent else _received(member)
    noun = ("hand-over", "hand-overs")
    listing = Listing(found, _columns(is_sent), request.GET, noun=noun, sort="-offered")
    shown = list(listing.everything) if listing.wants_csv else list(listing)
    children = _children(shown, is_sent)
    told = f"the hand-overs {'sent' if is_sent else 'received'}"
    pupils = {key for *_, key in children if key}
    record_list("hand_overs", is_file=listing.wants_csv, by=member, words=told, pupils=pupils)
    if listing.wants_csv:
        lines = [
            words.line(one, name, upn, is_sent=is_sent) for one, (name, upn, _) in zip(shown, children, strict=True)
        ]
        return csv_response(words.HEADINGS, lines, "Hand-overs sent" if is_sent else "Hand-overs received")
    rows = [
        (one, *child, words.why(one, is_sent=is_sent), words.stage_tag(one))
        for one, child in zip(shown, children, strict=True)
    ]
    waiting = _received(member).at_stage(Stage.OFFERED).count()
    page = {
        "listing": listing,
        "rows": rows,
        "is_sent": is_sent,
        "tabs": words.tabs("sent" if is_sent else "", waiting),
    }
    return render(request, "schools/hand_overs.html", page)


def _columns(is_sent: bool) -> Sequence[Column]:
    """The other authority is the addressee of those sent, and the sender of those received."""
    if is_sent:
        return COLUMNS
    return [Column("other", "Authority", ("authority__name",)) if one.name == "other" else one for one in COLUMNS]


def _children(shown: Sequence[HandOver], is_sent: bool) -> list[tuple[str, str, Any]]:
    """Name, UPN and own record (None: there is none here) of the child of each. Two queries at most."""
    if is_sent:
        return [(str(one.pupil), one.pupil.upn or "", one.pupil_id) for one in shown]
    keys = [one.pk for one in shown]
    parcels = receiving.parcels_received(keys)
    answers = HandOverAnswer.objects.filter(hand_over__in=keys, pupil__isnull=False).select_related("pupil")
    ours = {one.hand_over_id: one.pupil for one in answers}
    return [_received_child(ours.get(key), parcels.get(key)) for key in keys]


def _received_child(ours: Pupil | None, parcel: Any) -> tuple[str, str, Any]:
    if ours is not None:
        return str(ours), ours.upn or "", ours.pk
    return (str(parcel), parcel.upn, None) if parcel else (words.NOT_TOLD, "", None)


def _one(request: MemberRequest, pk: uuid.UUID) -> tuple[HandOver, bool]:
    """The hand-over, and whether this authority sent it; 404 for what this member may not see."""
    sent = _sent(request.member).filter(pk=pk).first()
    return (sent, True) if sent else (get_object_or_404(_received(request.member), pk=pk), False)


@requires(Permission.HAND_OVER)
@require_safe
def hand_over_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One hand-over: what it holds, what was done with it, and what can be done now."""
    one, is_sent = _one(request, pk)
    answers = HandOverAnswer.told_to_us if is_sent else HandOverAnswer.objects
    people = ("answered_by__user", "ended_by__user", "pupil")
    answer = answers.filter(hand_over=one).select_related(*(people[:2] if is_sent else people)).first()
    ours = one.pupil if is_sent else answer and answer.pupil
    parcels = receiving.parcels_sent([pk]) if is_sent else receiving.parcels_received([pk])
    _looked(request, one, [ours.pk] if ours else [])
    page = _contents(parcels.get(pk)) | _told(one, answer, is_sent) | {"one": one, "is_sent": is_sent, "ours": ours}
    return render(request, "schools/hand_over_page.html", page)


def _told(one: HandOver, answer: HandOverAnswer | None, is_sent: bool) -> dict[str, Any]:
    """Where it stands, what was done, and what this side may do now."""
    is_offered = one.stage == Stage.OFFERED
    return {
        "tag": words.stage_tag(one),
        "why": words.why(one, is_sent=is_sent),
        "steps": words.steps(one, answer, is_sent=is_sent),
        "may_answer": is_offered and not is_sent,
        "may_withdraw": is_offered and is_sent,
        "may_end": one.stage == Stage.ACCEPTED,
    }


def _looked(request: MemberRequest, one: HandOver, pupils: Sequence[uuid.UUID]) -> None:
    record("see_hand_over", by=request.member, words="Looked at a hand-over.", subject=one, pupils=pupils)


def _contents(parcel: Any) -> dict[str, Any]:
    if parcel is None:
        return {"rows": [], "years": []}
    return {"rows": words.parcel_rows(parcel), "years": words.year_rows(parcel)}


@requires(Permission.HAND_OVER)
def hand_over_child(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Offer a child's record to another authority; the page shows all that would be handed over."""
    member = request.member
    pupil: Pupil = get_object_or_404(Pupil.objects.visible_to(member), pk=pk)
    offering.check_may_offer(pupil, by=member)
    held = list(offering.may_be_told(pupil, member, on=member.on))
    form = OfferForm(request.POST or None, authorities=list(offering.other_authorities()), held=held)
    if form.is_valid():
        with said_in(form):
            one = offering.offer_hand_over(pupil, **form.offer, by=member, at=clock.now(member.authority))
            messages.success(request, f"The record was offered to {one.to_authority}. Nobody there has answered yet.")
            return redirect("hand_over_page", pk=one.pk)
    record("see_pupil", by=member, words="Opened the page to hand a record over.", subject=pupil, pupils=[pupil])
    page = {"pupil": pupil, "form": form, "title": "Hand over to another authority"}
    page |= _contents(offering.parcel_of(pupil, member)) | {"back": reverse("pupil_page", args=[pupil.pk])}
    return render(request, "schools/hand_over_child.html", page)


@requires(Permission.HAND_OVER)
def accept_hand_over(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept a hand-over: say which record the child is, or that it is a new one."""
    one: HandOver = get_object_or_404(_received(request.member), pk=pk)
    parcel = receiving.parcels_received([pk]).get(pk)
    if parcel is None or one.stage != Stage.OFFERED:
        raise Refused("This hand-over no longer waits for an answer. Open it again to see.")
    found = receiving.candidates(parcel, request.member)
    form = AcceptForm(request.POST or None, upn=parcel.upn, candidates=found)
    if form.is_valid():
        at = clock.now(request.member.authority)
        child = receiving.accept_hand_over(one, pupil=form.pupil, by=request.member, at=at)
        messages.success(request, f"Accepted. What {one.authority} handed over is on the child’s page.")
        return redirect("pupil_page", pk=child.pk)
    _looked(request, one, [])
    page = {"one": one, "form": form, "title": "Accept a hand-over", "back": _back(one), **_contents(parcel)}
    return render(request, "schools/accept_hand_over.html", page)


def _back(one: HandOver) -> str:
    return reverse("hand_over_page", args=[one.pk])


@dataclass(frozen=True)
class _Closing:
    """An act that asks why: what does it, what is said when it is done, its page and the page's title."""

    act: Callable[..., None]
    said: str
    template: str
    title: str

    def answer(self, request: MemberRequest, one: HandOver, form: GovForm) -> HttpResponse:
        if form.is_valid():
            with said_in(form):
                why, at = form.cleaned_data["because"], clock.now(request.member.authority)
                self.act(one, because=why, by=request.member, at=at)
                messages.success(request, self.said)
                return redirect("hand_over_page", pk=one.pk)
        _looked(request, one, [])
        return render(request, self.template, {"one": one, "form": form, "title": self.title, "back": _back(one)})


@requires(Permission.HAND_OVER)
def decline_hand_over(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Decline a hand-over, and say why."""
    one: HandOver = get_object_or_404(_received(request.member), pk=pk)
    said, template = f"Declined. {one.authority} can read why.", "schools/decline_hand_over.html"
    closing = _Closing(receiving.decline_hand_over, said, template, "Decline a hand-over")
    return closing.answer(request, one, DeclineForm(request.POST or None))


@requires(Permission.HAND_OVER)
def withdraw_hand_over(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back an offer that nobody has answered."""
    one: HandOver = get_object_or_404(_sent(request.member), pk=pk)
    said, template = f"Withdrawn. {one.to_authority} can no longer read it.", "schools/withdraw_hand_over.html"
    closing = _Closing(offering.withdraw_hand_over, said, template, "Withdraw an offer")
    return closing.answer(request, one, WithdrawForm(request.POST or None))


@requires(Permission.HAND_OVER)
def end_hand_over(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End what was accepted, from either side."""
    one, is_sent = _one(request, pk)
    act = offering.end_hand_over if is_sent else receiving.give_back_hand_over
    said = f"Ended. {one.to_authority if is_sent else 'This authority'} can no longer read what was handed over."
    closing = _Closing(act, said, "schools/end_hand_over.html", "End a hand-over")
    return closing.answer(request, one, EndForm(request.POST or None))
