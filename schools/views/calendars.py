"""Term dates of the authority, and each school's calendar: its months, its own days, and what the register says."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from attendance_portal import clock
from attendance_portal.csv_export import csv_response
from attendance_portal.days import year_label, year_of
from attendance_portal.permissions import requires
from attendance_portal.refusals import Refused
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from schools.calendars import calendar_files, calendar_keeping, calendar_words
from schools.calendars.calendar_differences import Found, differences_of, promised
from schools.calendars.calendar_forms import EntryForm, TermFileForm, TermsForm
from schools.models import CalendarEntry, CalendarSettlement, Enrolment, School
from schools.presenters import counted
from schools.standing.summaries import year_group_order, year_group_words
from schools.stored.school_days import Calendars, calendars_of, sessions_left

TONIGHT = "The figures that depend on them are worked out anew tonight."


def _school(request: MemberRequest, urn: str) -> School:
    school: School = get_object_or_404(School.objects.visible_to(request.member), urn=urn)
    return school


def _year(request: MemberRequest) -> int:
    """The academic year asked for, one of those around today; nonsense is this year."""
    now = year_of(request.member.on)
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and asked in {str(now + n) for n in (-2, -1, 0, 1, 2)} else now


def _tabs(request: MemberRequest, year: int, **more: str) -> list[dict[str, Any]]:
    now = year_of(request.member.on)
    return [
        {"text": year_label(one), "href": f"?{urlencode({'year': one, **more})}", "current": one == year}
        for one in (now - 1, now, now + 1)
    ]


def _posted(request: MemberRequest) -> Any:
    """What was typed, be it nothing at all; None where the page is only opened."""
    return request.POST if request.method == "POST" else None


def _write(request: MemberRequest) -> dict[str, Any]:
    return {"by": request.member, "at": clock.now(request.member.authority), "on": request.member.on}


# --- The authority's terms ------------------------------------------------------------------------------------------


@requires(Permission.TERM_DATES_KEEP, files_for_all=("csv",))
def term_dates(request: MemberRequest) -> HttpResponse:
    """The authority's terms of a year: shown, typed in, and as a file."""
    year = _year(request)
    calendars = calendars_of([], [year])
    terms = calendars.terms_of(None, year)
    entries = sorted(calendars.entries.get(None, ()), key=lambda one: one.first_on)
    if request.GET.get("format") == "csv":
        return csv_response(calendar_files.HEADINGS, calendar_files.rows_of(terms, entries), f"Term dates {year}")
    form = TermsForm(_posted(request), year=year, terms=terms)
    if not form.is_valid():
        page = {"form": form, "year": year, "entries": entries, "tabs": _tabs(request, year), "label": year_label(year)}
        return render(request, "schools/term_dates.html", page)
    write = _write(request)
    calendar_keeping.enter_terms(None, year=year, terms=form.cleaned_data["terms"], by=write["by"], on=write["on"])
    messages.success(request, f"The terms of {year_label(year)} were saved. {TONIGHT}")
    return redirect(f"{reverse('term_dates')}?year={year}")


@requires(Permission.TERM_DATES_KEEP)
def upload_term_dates(request: MemberRequest) -> HttpResponse:
    """The authority's terms and closed days as a file."""
    form = TermFileForm(request.POST, request.FILES) if request.method == "POST" else TermFileForm()
    if not form.is_valid():
        return render(request, "schools/upload_term_dates.html", {"form": form})
    told, write = form.cleaned_data["file"], _write(request)
    held = calendars_of([], sorted(told.terms)).terms
    whole = {
        year: calendar_keeping.among_held(held.get((None, year), {}), told.terms[year], year) for year in told.terms
    }
    for year, terms in whole.items():
        calendar_keeping.enter_terms(None, year=year, terms=terms, by=write["by"], on=write["on"])
    made = calendar_keeping.add_entries(None, told.entries, **write)
    years = ", ".join(year_label(year) for year in sorted(told.terms)) or "no year"
    days = counted(len(made), "day that differs was", "days that differ were")
    messages.success(request, f"Terms of {years} were saved, and {days} put in. {TONIGHT}")
    return redirect("term_dates")


@requires(Permission.TERM_DATES_KEEP)
def add_authority_days(request: MemberRequest) -> HttpResponse:
    """Days on which every school of the authority differs from the terms."""
    form = EntryForm(_posted(request), year_groups=[], on=request.member.on)
    if not form.is_valid():
        page = {"form": form, "back": reverse("term_dates"), "whose": "Every school"}
        return render(request, "schools/add_authority_days.html", page)
    calendar_keeping.add_entries(None, [form.told], **_write(request))
    messages.success(request, f"Put into the calendar of every school. {TONIGHT}")
    return redirect("term_dates")


@requires(Permission.TERM_DATES_KEEP)
@require_POST
def remove_authority_days(request: MemberRequest, pk: int) -> HttpResponse:
    """Take days of every school out again."""
    entry = get_object_or_404(CalendarEntry, pk=pk, school=None)
    calendar_keeping.remove_entry(entry, by=request.member, on=request.member.on)
    messages.success(request, f"Taken out of the calendar of every school. {TONIGHT}")
    return redirect("term_dates")


# --- A school's calendar --------------------------------------------------------------------------------------------


def _year_groups(school: School) -> list[str]:
    held = Enrolment.objects.filter(school=school, leaving_on=None).values_list("year_group", flat=True).distinct()
    return sorted(set(held) - {""}, key=year_group_order)


@requires(Permission.SCHOOL_SEE, files_for_all=("csv",))
@require_safe
def school_calendar(request: MemberRequest, urn: str) -> HttpResponse:
    """A school's year: open and closed days, its own entries, and where the register says something else."""
    school, year = _school(request, urn), _year(request)
    calendars = calendars_of([school.pk], [year])
    year_groups = _year_groups(school)
    asked = request.GET.get("year_group", "")
    year_group = asked if asked in year_groups else ""
    shown = calendar_words.school_year(calendars, school.pk, year_group, year)
    if request.GET.get("format") == "csv" and shown:
        headings = ["Date", "Weekday", "Morning", "Afternoon", "State", "Reason"]
        return csv_response(headings, calendar_words.day_rows(shown), f"Calendar of {school} {year}")
    page = _context(request, school, year, year_group, calendars)
    if shown:
        page |= {"months": calendar_words.months(shown, request.member.on), "counts": calendar_words.counts(shown)}
        if year == year_of(request.member.on):
            page["left"] = sessions_left(school, year_group, request.member.on)
    page["groups"] = [
        {"text": year_group_words(one) if one else "Whole school", "current": one == year_group,
         "href": f"?{urlencode({'year': year, 'year_group': one})}"}
        for one in ["", *year_groups]
    ]  # fmt: skip
    return render(request, "schools/school_calendar.html", page)


def _context(
    request: MemberRequest, school: School, year: int, year_group: str, calendars: Calendars
) -> dict[str, Any]:
    terms = calendars.terms_of(school.pk, year)
    own = calendars.terms.get((school.pk, year), {})
    settled = list(CalendarSettlement.objects.filter(school=school).select_related("settled_by__user"))
    differences = [_difference(one, settled) for one in differences_of(school, year, calendars)]
    entries = [*calendars.entries.get(None, ()), *calendars.entries.get(school.pk, ())]
    return {
        "school": school,
        "year": year,
        "label": year_label(year),
        "year_group": year_group,
        "group_name": year_group_words(year_group),
        "key": calendar_words.KEY,
        "tabs": _tabs(request, year, **({"year_group": year_group} if year_group else {})),
        "terms": calendar_words.term_rows(terms, own),
        "entries": [_entry(one) for one in sorted(entries, key=lambda one: (one.first_on, one.pk))],
        "to_settle": [one for one in differences if one["promised"] is None],
        "to_correct": [one for one in differences if one["promised"] is not None],
        "may_keep": request.member.may(Permission.CALENDAR_KEEP),
        "may_keep_terms": request.member.may(Permission.TERM_DATES_KEEP),
    }


def _entry(one: CalendarEntry) -> dict[str, Any]:
    return {"entry": one, "words": calendar_keeping.words_of(one), "own": one.school_id is not None}


def _difference(one: Found, settled: list[CalendarSettlement]) -> dict[str, Any]:
    return {
        "key": one.key,
        "days": calendar_keeping.days_words(one.days, one.half),
        "who": year_group_words(one.year_group) if one.year_group else "Every year group",
        "says": CalendarSettlement.Found(one.found).label,
        "promised": promised(one, settled),
    }


def _to_calendar(school: School, day: dt.date | None = None, year: int | None = None) -> HttpResponse:
    shown = year if year is not None else year_of(day) if day else None
    query = f"?year={shown}" if shown is not None else ""
    return redirect(f"{reverse('school_calendar', args=[school.urn])}{query}")


@requires(Permission.CALENDAR_KEEP)
def add_school_days(request: MemberRequest, urn: str) -> HttpResponse:
    """Days on which a school, or one of its year groups, differs from the terms."""
    school = _school(request, urn)
    form = EntryForm(_posted(request), year_groups=_year_groups(school), on=request.member.on)
    if not form.is_valid():
        back = reverse("school_calendar", args=[school.urn])
        return render(request, "schools/add_school_days.html", {"form": form, "back": back, "whose": school})
    calendar_keeping.add_entries(school, [form.told], **_write(request))
    messages.success(request, "Put into the calendar.")
    return _to_calendar(school, form.told.days.first)


@requires(Permission.CALENDAR_KEEP)
@require_POST
def remove_school_days(request: MemberRequest, urn: str, pk: int) -> HttpResponse:
    """Take one of the school's own entries out again."""
    school = _school(request, urn)
    entry = get_object_or_404(CalendarEntry, pk=pk, school=school)
    first = entry.first_on
    calendar_keeping.remove_entry(entry, by=request.member, on=request.member.on)
    messages.success(request, "Taken out of the calendar.")
    return _to_calendar(school, first)


@requires(Permission.CALENDAR_KEEP)
def school_terms(request: MemberRequest, urn: str) -> HttpResponse:
    """A school's own terms of a year, where they differ from the authority's."""
    school, year = _school(request, urn), _year(request)
    own = calendars_of([school.pk], [year]).terms.get((school.pk, year), {})
    form = TermsForm(_posted(request), year=year, terms=own)
    if not form.is_valid():
        back = reverse("school_calendar", args=[school.urn])
        page = {"form": form, "school": school, "tabs": _tabs(request, year), "back": back, "label": year_label(year)}
        return render(request, "schools/school_terms.html", page)
    terms = form.cleaned_data["terms"]
    calendar_keeping.enter_terms(school, year=year, terms=terms, by=request.member, on=request.member.on)
    messages.success(request, f"The school's own terms of {year_label(year)} were saved.")
    return _to_calendar(school, year=year)


@requires(Permission.CALENDAR_KEEP)
@require_POST
def settle_difference(request: MemberRequest, urn: str) -> HttpResponse:
    """Which is wrong for these days, the calendar or the register?"""
    school, year = _school(request, urn), _year(request)
    choice = request.POST.get("choice", "")
    found = differences_of(school, year, calendars_of([school.pk], [year]))
    one = next((each for each in found if each.key == request.POST.get("difference")), None)
    if one is None or choice not in CalendarSettlement.Choice.values:
        raise Refused("This difference is no longer there: look at the calendar again.")
    calendar_keeping.settle_difference(
        school, found=one.found, days=one.days, half=one.half, year_group=one.year_group, choice=choice,
        **_write(request),
    )  # fmt: skip
    label = CalendarSettlement.Choice(choice).label
    messages.success(request, f"{calendar_keeping.days_words(one.days, one.half)}: {label[0].lower()}{label[1:]}.")
    return _to_calendar(school, year=year)
