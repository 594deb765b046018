"""The standing rule board, and the list of each rule."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attendance_portal.audit import record, record_list
from attendance_portal.csv_export import csv_response
from attendance_portal.days import year_label, year_of
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from attendance_portal.tables import Column, Listing
from casework import rule_board as reading
from casework.forms.tracking import SchoolFilter


@requires(Permission.RULE_BOARD_SEE)
@require_safe
def rule_board(request: MemberRequest) -> HttpResponse:
    """How many children each standing rule finds now, and how the promise stands. It names no child."""
    record("see_rule_board", by=request.member, words="Looked at the rule board.")
    page = {
        "promise": reading.promise(request.member),
        "groups": reading.board(request.member),
        "without_figures": reading.without_figures(request.member),
        "year": year_label(year_of(request.member.on)),
        "on": request.member.on,
    }
    return render(request, "casework/rule_board.html", page)


@requires(Permission.RULE_BOARD_SEE)
@require_safe
def rule_list(request: MemberRequest, code: str) -> HttpResponse:
    """Whom one rule finds now, each with the way to put it right."""
    rule, member = reading.rule_of(code), request.member
    if rule is None:
        raise Http404
    form = SchoolFilter(request.GET)
    since = reading.SINCE_WORDS[code]
    columns = (
        Column("pupil", "Child", ("child_key",)),
        Column("school", "School", ("school_name", "child_key")),
        Column("since", since, ("since",)),
        Column("what", "What"),
        Column("way", "Put it right", hidden_label=True),
    )
    rows = reading.rows_of(rule, member, school=form.wanted)
    listing = Listing(rows, columns, request.GET, noun=("record", "records"), sort="since")
    found = list(listing.everything if listing.wants_csv else listing)
    lines = reading.lines(rule, found, member, back=request.get_full_path())
    words, pupils = f"the rule “{rule.title}”", {one.pupil.pk for one in lines}
    record_list("rule_list", is_file=listing.wants_csv, by=member, words=words, pupils=pupils)
    if listing.wants_csv:
        cells = ((one.pupil, one.pupil.upn, one.school, one.since, one.what) for one in lines)
        return csv_response(["Child", "UPN", "School", since, "What"], cells, rule.title)
    page = {"rule": rule, "listing": listing, "lines": lines, "form": form}
    return render(request, "casework/rule_list.html", page)
