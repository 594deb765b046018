"""Every component of the pages on one page with invented figures: rendered by tests, never served."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import QueryDict
from django.template import engines
from django.test import RequestFactory

from attendance_portal.charts import Share, band_bar, sparkline, week_trend
from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.tables import Column, Listing

LABELS = (
    "As expected",
    "At risk of persistent absence",
    "Persistent absence",
    "At risk of severe absence",
    "Severe absence",
)
MARKS = {
    "/": ("present", "present, morning"),
    "\\": ("present", "present, afternoon"),
    "V": ("activity", "visit or trip arranged by the school"),
    "I": ("authorised", "illness"),
    "M": ("authorised", "medical or dental appointment"),
    "O": ("unauthorised", "absent, no other code applies"),
    "Y1": ("not-possible", "transport not available"),
    "-": ("missing", "no mark yet"),
    "#": ("closed", "school closed to pupils"),
}


class MinuteForm(GovForm):
    """A form with every kind of field."""

    said = forms.CharField(
        label="What was said",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In a few sentences.",
    )
    held_in = forms.ChoiceField(
        label="How is the meeting held?",
        choices=[("person", "In person"), ("online", "Online")],
        widget=forms.RadioSelect,
    )
    link = forms.URLField(label="Link to join", required=False, assume_scheme="https")
    barriers = forms.MultipleChoiceField(
        label="Barriers",
        required=False,
        choices=[("health", "Health"), ("travel", "Getting to school"), ("anxiety", "Anxiety")],
        widget=forms.CheckboxSelectMultiple,
    )
    review_on = GovDateField(label="Review date", help_text="For example, 27 3 2026")
    lead = forms.ChoiceField(label="Lead practitioner", choices=[("", "Choose"), ("school", "The school")])
    missing = forms.BooleanField(label="The child might be missing education", required=False)
    register = forms.FileField(label="Register file", required=False)

    reveals = {"held_in": {"online": ("link",)}}
    option_hints = {"held_in": {"online": "Both sides get the link by e-mail."}}


class FilterForm(GovForm):
    band = forms.ChoiceField(
        label="Category",
        required=False,
        choices=[("", "All"), *((str(i), w) for i, w in enumerate(LABELS, 1))],
    )
    year = forms.ChoiceField(label="Year group", required=False, choices=[("", "All"), ("7", "Year 7")])
    named = forms.CharField(label="Name or UPN", required=False)


def pupils(count: int = 124) -> list[SimpleNamespace]:
    names = ("Abigail Marsh", "Ben Okafor", "Chloe Wren", "Dawud Rahman", "Ella Fairweather", "Finn O’Dowd")
    return [
        SimpleNamespace(
            name=names[i % 6],
            upn=f"A9990000{i:05d}",
            year=7 + i % 5,
            band=i % 5 + 1,
            missed=3 + 37 * (i % 5),
            percent=f"{98.4 - 12.3 * (i % 5):.1f}",
            line=sparkline(f"line-{i}", f"Trend of pupil {i}", [95, 92, None, 90 - 6 * (i % 5), 88 - 9 * (i % 5), 91]),
        )
        for i in range(count)
    ]


def listing(query: str = "sort=-missed", count: int = 124) -> Listing:
    columns = (
        Column("name", "Name", ("name",)),
        Column("year", "Year group", ("year",)),
        Column("band", "Category", ("band",)),
        Column("missed", "Sessions missed", ("missed",), numeric=True),
        Column("percent", "Attendance", ("percent",), numeric=True),
        Column("trend", "Six weeks"),
    )
    return Listing(pupils(count), columns, QueryDict(query), noun=("pupil", "pupils"), page_size=8)


def mark(code: str) -> dict[str, str]:
    return {"code": code, "css": MARKS[code][0], "meaning": MARKS[code][1]}


def day(on: dt.date) -> dict[str, Any] | None:
    am, pm = {
        3: ("I", "I"),
        9: ("O", "O"),
        11: ("M", "\\"),
        17: ("V", "V"),
        23: ("Y1", "Y1"),
        29: ("-", "-"),
    }.get(on.day, ("/", "\\"))
    if on.month == 10 and on.day > 26:
        am, pm = "#", "#"
    return {"number": on.day, "words": f"{on:%A} {on.day} {on:%B}", "am": mark(am), "pm": mark(pm)}


def month(year: int, number: int) -> dict[str, Any]:
    first = dt.date(year, number, 1)
    monday = first - dt.timedelta(first.weekday())
    weeks = []
    while monday <= first or monday.month == number:
        days = [monday + dt.timedelta(i) for i in range(5)]
        if any(on.month == number for on in days):
            weeks.append([day(on) if on.month == number else None for on in days])
        monday += dt.timedelta(7)
    return {"name": f"{first:%B %Y}", "weeks": weeks}


def shares() -> list[Share]:
    return [Share(i, label, n) for i, (label, n) in enumerate(zip(LABELS, (702, 251, 168, 61, 18), strict=True), 1)]


TABS = [
    {"text": "Overview", "href": "#", "current": True},
    {"text": "Pupils", "href": "#pupils", "count": 1200},
    {"text": "Meetings", "href": "#meetings", "count": 2},
]
TILES = [
    {"number": "93.4%", "label": "Attendance", "note": "0.6 points better than last term", "trend": "up"},
    {"number": "247", "label": "Persistently absent", "note": "20.6% of pupils", "href": "#", "band": 3},
    {"number": "18", "label": "Severely absent", "note": "1.5% of pupils", "href": "#", "band": 5},
    {"number": "99.2%", "label": "Marks held", "note": "to 21 November 2025"},
]
SUMMARY = [
    {"key": "Name", "value": "Abigail Marsh", "href": "#"},
    {"key": "UPN", "value": "A999000000123"},
]
EVENTS = [
    {"title": "Meeting held", "when": "3 November 2025", "by": "Sam Hill", "text": "Three actions agreed."},
    {"title": "Became severely absent", "when": "20 October 2025"},
]
TASKS = [
    {"title": "Confirm the minutes", "href": "#", "hint": "Hill Academy", "status": "Due", "colour": "yellow"},
    {"title": "Call the family", "href": "#", "status": "Overdue", "colour": "red"},
    {"title": "Upload the register", "status": "Done"},
]


def context(form: GovForm | None = None) -> dict[str, Any]:
    weeks = [(f"{1 + i} Sep", None if i == 7 else 94.0 - i % 5 * 0.8) for i in range(20)]
    return {
        "form": form or MinuteForm(initial={"said": "Attendance is better since half term.", "held_in": "online"}),
        "filter_form": FilterForm(prefix="f"),
        "messages": [Message(constants.SUCCESS, "The register was accepted: 1,200 pupils, 45,600 marks.")],
        "trail": [("Home", "/"), ("Schools", "/schools/")],
        "tabs": TABS,
        "tiles": TILES,
        "shares": shares(),
        "bar": band_bar("bands", "Pupils by category", shares()),
        "weeks": week_trend("weeks", "Attendance by week", weeks, lines=[("90%", 90.0)]),
        "pupils": listing(),
        "may_export": True,
        "months": [month(2025, number) for number in (9, 10, 11)],
        "key": [mark(code) for code in MARKS],
        "summary": SUMMARY,
        "events": EVENTS,
        "tasks": TASKS,
    }


def member() -> SimpleNamespace:
    return SimpleNamespace(
        user="Sam Hill",
        authority=SimpleNamespace(name="Eastshire County Council"),
        role_label="Attendance officer",
        organisation="",
        permissions=frozenset(),
    )


def shell() -> dict[str, Any]:
    entries = ("Home", "Schools", "Pupils", "Meetings", "Actions", "Uploads", "Overview")
    return {
        "member": member(),
        "is_demo": True,
        "service_name": "Attendance portal",
        "navigation": [{"text": text, "href": f"/{text.lower()}/", "current": text == "Schools"} for text in entries],
        "find_child_url": "/find/",
        "sign_out_url": "/sign-out/",
        "switch_url": "/switch/",
        "accessibility_url": "/accessibility/",
        "privacy_url": "/privacy/",
        "idle_seconds": 1800,
    }


def gallery(form: GovForm | None = None) -> str:
    """The page of all components as HTML; its addresses are those of the static files."""
    template = engines["django"].from_string(Path(__file__).with_name("components.html").read_text(encoding="utf-8"))
    request = RequestFactory().get("/schools/")
    return str(template.render({**shell(), **context(form)}, request))
