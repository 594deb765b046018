"""Records that may be one child: the list of pairs, two records side by side, and taking back what was said."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.refusals import said_in
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.children import duplicate_words, duplicates, record_links
from schools.children.record_link_forms import JudgeForm, TakeBackForm
from schools.models import Pupil, PupilLink

SUSPECTED = (
    Column("name", "Record", ("surname",)),
    Column("other", "May be the same as"),
    Column("evidence", "What speaks for it"),
)
JUDGED = (
    Column("name", "Record", ("pupil__sort_key",)),
    Column("other", "And", ("other__sort_key",)),
    Column("said", "What was said", ("made_at",)),
)
SHOWN = {"linked": PupilLink.Verdict.SAME, "apart": PupilLink.Verdict.NOT_THE_SAME}


@requires(Permission.RECORD_LINK)
@require_safe
def possible_duplicates(request: MemberRequest) -> HttpResponse:
    """Pairs that the rules find, those that were linked, or those said to be two children."""
    shown = request.GET.get("show", "")
    verdict = SHOWN.get(shown)
    rows: Any = _judged(request, verdict) if verdict else duplicates.suspicions(request.member)
    columns = JUDGED if verdict else SUSPECTED
    listing = Listing(rows, columns, request.GET, noun=("pair", "pairs"), sort="name")
    pairs = list(listing.everything) if listing.wants_csv else list(listing)
    words, pupils = "records that may be one child", {key for pair in pairs for key in _keys(pair)}
    record_list("duplicates", is_file=listing.wants_csv, by=request.member, words=words, pupils=pupils)
    if listing.wants_csv:
        line = duplicate_words.judged_line if verdict else duplicate_words.suspicion_line
        return csv_response(duplicate_words.HEADINGS, [line(pair) for pair in pairs], "Possible duplicates")
    page = {
        "listing": listing,
        "pairs": pairs,
        "is_judged": bool(verdict),
        "tabs": _tabs(shown if verdict else ""),
        "shown": shown,
    }
    return render(request, "schools/possible_duplicates.html", page)


def _keys(pair: Any) -> list[uuid.UUID]:
    return [pair.pupil_id, pair.other_id] if isinstance(pair, PupilLink) else [pair.one.pupil.pk, pair.other.pupil.pk]


def _judged(request: MemberRequest, verdict: str) -> QuerySet[PupilLink]:
    seen = Pupil.objects.visible_to(request.member)
    said = PupilLink.objects.filter(verdict=verdict, undone_at=None, pupil__in=seen, other__in=seen)
    found: QuerySet[PupilLink] = said.select_related("pupil", "other", "made_by__user")
    return found


def _tabs(current: str) -> list[dict[str, Any]]:
    address = reverse("possible_duplicates")
    texts = (("", "Suspected"), ("linked", "Linked"), ("apart", "Not the same child"))
    return [
        {"text": text, "href": f"{address}?show={name}" if name else address, "current": name == current}
        for name, text in texts
    ]


@requires(Permission.RECORD_LINK)
def compare_records(request: MemberRequest, pk: uuid.UUID, other: uuid.UUID) -> HttpResponse:
    """Two records side by side, and the question whether they are one child."""
    member = request.member
    facts = duplicates.facts_of({pk, other}, member)
    if len(facts) != 2:
        raise Http404
    one, second = facts[pk], facts[other]
    evidence = duplicates.evidence_of(one, second)
    form = JudgeForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            record_links.judge_records(
                one.pupil, second.pupil, **form.cleaned_data, evidence=" ".join(evidence), by=member,
                at=clock.now(member.authority),
            )  # fmt: skip
            messages.success(request, "What you said of the two records is kept. It can be taken back.")
            return redirect("possible_duplicates")
    words = "Looked at two records side by side."
    record("see_two_records", by=member, words=words, subject=one.pupil, pupils=[pk, other])
    page = {"one": one.pupil, "other": second.pupil, "rows": duplicate_words.side_by_side(one, second)}
    page |= {"form": form, "evidence": evidence, "said": record_links.judgement_of(one.pupil, second.pupil)}
    return render(request, "schools/compare_records.html", page)


@requires(Permission.RECORD_LINK)
def undo_link(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take linked records apart, or take back that two are not the same child."""
    seen = Pupil.objects.visible_to(request.member)
    standing = PupilLink.objects.filter(undone_at=None, pupil__in=seen, other__in=seen)
    link: PupilLink = get_object_or_404(standing.select_related("pupil", "other"), pk=pk)
    form = TakeBackForm(request.POST or None)
    if form.is_valid():
        with said_in(form):
            reason, at = form.cleaned_data["reason"], clock.now(request.member.authority)
            record_links.take_back(link, reason=reason, by=request.member, at=at)
            messages.success(request, "It was taken back. Nothing of either record was changed.")
            return redirect("compare_records", pk=link.pupil_id, other=link.other_id)
    words = "Opened the page to take back what was said of two records."
    record("see_link", by=request.member, words=words, subject=link, pupils=[link.pupil_id, link.other_id])
    back = reverse("compare_records", args=[link.pupil_id, link.other_id])
    is_link = link.verdict == PupilLink.Verdict.SAME
    title = "Take the records apart" if is_link else "Take back that these are two children"
    page = {"form": form, "title": title, "back": back, "pupil": f"{link.pupil} and {link.other}"}
    return render(request, "schools/undo_link.html", page)
