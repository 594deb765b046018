"""What changed a school's registers: the list, one act with its half-days, and undoing it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal import clock
from attendance_portal.audit import record
from attendance_portal.csv_export import csv_response
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from schools.changes import act_words
from schools.changes.acts import Act, Cells, changed_by, pupils_seen
from schools.changes.as_seen import RollSeen, acts_seen, roll_seen, undoing_seen
from schools.changes.taking_off import roll_after
from schools.changes.undo_forms import UndoForm
from schools.changes.undoing import may_undo, undoing_of, upload_behind
from schools.changes.undoing import undo_change as undo
from schools.models import Pupil, RegisterChange, School
from schools.sending.counts import counts_of

PUPILS_SHOWN = 20
KEPT_SHOWN = 200
ACT_COLUMNS = (
    Column("when", "When"),
    Column("what", "What"),
    Column("who", "By"),
    Column("cells", "Half-days changed", numeric=True),
    Column("state", "State"),
)
CELL_COLUMNS = (
    Column("pupil", "Pupil"),
    Column("day", "Day"),
    Column("half", "Session"),
    Column("before", "Before"),
    Column("after", "After"),
)


def _trail(school: School) -> list[tuple[str, str]]:
    return [
        (school.name, reverse("school_page", args=[school.urn])),
        ("Changes to the register", reverse("register_changes", args=[school.urn])),
    ]


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def register_changes(request: MemberRequest, urn: str) -> HttpResponse:
    """Every upload, sync, correction and undo of a school's registers."""
    school = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    rows = act_words.act_rows(acts_seen(school, request.member))
    listing = Listing(rows, ACT_COLUMNS, request.GET, noun=("change", "changes"))
    if listing.wants_csv:
        return csv_response(act_words.ACT_HEADINGS, act_words.act_file(rows), f"Changes to the register of {school}")
    page = {"school": school, "listing": listing, "trail": _trail(school)[:1]}
    return render(request, "schools/register_changes.html", page)


def _act(request: MemberRequest, pk: uuid.UUID) -> tuple[School, Act]:
    """The act of that key at a school of the member's."""
    seen = RegisterChange.objects.filter(act=pk, school__in=School.objects.visible_to(request.member))
    school = School.objects.filter(pk__in=seen.values("school")).first()
    acts = acts_seen(school, request.member) if school else []
    found = next((one for one in acts if one.key == pk), None)
    if school is None or found is None:
        raise Http404
    return school, found


@requires(Permission.REGISTER_UPLOAD)
@require_safe
def change_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What one file, sync, correction or undo changed: added up, by day, by pupil, and half-day by half-day."""
    school, act = _act(request, pk)
    changed = changed_by(act.rows, request.member)
    year = next((n for n, part in enumerate(changed.parts) if str(part.year) == request.GET.get("year")), 0)
    part = changed.parts[year]
    listing = _cells(request, part)
    words = "Downloaded what a change of the register changed." if listing.wants_csv else "Looked at a change."
    what = "export_change" if listing.wants_csv else "see_change"
    record(what, by=request.member, words=words, subject=act.first, pupils=changed.pupils)
    if listing.wants_csv:
        rows = (act_words.cell_row(cell) for cell in listing.everything)
        return csv_response(act_words.CELL_HEADINGS, rows, f"What changed at {school}")
    page = _page(request, school, act) | {
        "summary": act_words.summary_rows(changed.parts),
        "years": [one.year for one in changed.parts],
        "part": part,
        "pupils_shown": PUPILS_SHOWN,
        "listing": listing,
    }
    return render(request, "schools/change_page.html", page)


def _cells(request: MemberRequest, part: Cells) -> Listing:
    """The half-days of one year, of a child or a day where the address says so."""
    chosen = part.of(pupil=request.GET.get("pupil", ""), day=request.GET.get("day", ""))
    return Listing(chosen, CELL_COLUMNS, request.GET, noun=("half-day", "half-days"))


def _page(request: MemberRequest, school: School, act: Act) -> dict[str, Any]:
    titles = {one["act"].key: one for one in act_words.act_rows(acts_seen(school, request.member))}
    return {
        "school": school,
        "act": act,
        "row": titles[act.key],
        "upload": act.first.upload,
        "may_undo": act.stands and may_undo(school, request.member),
        "trail": _trail(school),
    }


@requires(Permission.FACT_CORRECT)
def undo_change(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what will go back and what cannot, ask why, and take it back."""
    school, act = _act(request, pk)
    if not may_undo(school, request.member):
        raise PermissionDenied
    form = UndoForm(request.POST or None)
    if not form.is_valid():
        return render(request, "schools/undo_change.html", _asked(request, school, act) | {"form": form})
    at = clock.now(request.member.authority)
    undo(school, act.key, **form.cleaned_data, by=request.member, at=at, on=request.member.on)
    count = next((one.cells for one in acts_seen(school, request.member) if one.taken == act.key), 0)
    messages.success(request, act_words.undone_message(count, _counts(request, act)))
    return redirect("change_page", pk=act.key)


def _counts(request: MemberRequest, act: Act) -> int:
    """How many counts came with the file behind an act, as if a child withheld from the member were not there."""
    upload, _ = upload_behind(act)
    return counts_of(upload).filter(pupil__in=Pupil.objects.not_withheld_from(request.member)).count()


def _asked(request: MemberRequest, school: School, act: Act) -> dict[str, Any]:
    """What undoing would do, with the first of the half-days that stay."""
    parts = undoing_seen(undoing_of(act) if act.stands else [], school, request.member)
    _, puts_back = upload_behind(act)
    kept = []
    for part in parts:
        pupils = pupils_seen(part.found.kept.ids, request.member)
        kept += Cells(part.row.year, part.found.kept, pupils)[:KEPT_SHOWN]
    roll = roll_seen(roll_after(school, act), request.member) if act.stands else RollSeen([], [])
    names = {cell.pupil.pk for cell in kept} | {one.pk for one in (*roll.leaving, *roll.coming)}
    record("see_undo", by=request.member, words="Looked at what an undo would do.", subject=act.first, pupils=names)
    return _page(request, school, act) | {
        "back": reverse("change_page", args=[act.key]),
        "counts": _counts(request, act),
        "puts_back": puts_back,
        "went_back": sum(act_words.went_back(part.found) for part in parts),
        "stays": sum(len(part.found.kept) for part in parts),
        "reasons": act_words.kept_words(parts),
        "kept": kept[:KEPT_SHOWN],
        "roll": roll,
        "most_shown": KEPT_SHOWN,
    }
