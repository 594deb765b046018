"""Reading what people type about terms and the days that differ from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from attendance_portal.days import TERMS, Term, Window, year_window
from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.refusals import Refused
from schools.calendars.calendar_files import MOST_BYTES, TermFile, read_terms
from schools.calendars.calendar_keeping import Differing, check_terms
from schools.models import CalendarEntry
from schools.register.calendars import TermDays
from schools.standing.summaries import year_group_words
from schools.stored.school_days import Terms

_PARTS = (
    ("first", "first day of the {} term"),
    ("last", "last day of the {} term"),
    ("half_first", "first day of {} half term"),
    ("half_last", "last day of {} half term"),
)


class TermsForm(GovForm):
    """The three terms of an academic year, each with its half term; a term left empty is not known yet."""

    def __init__(self, data: Any, *, year: int, terms: Terms) -> None:
        initial = {f"{term.value}_{part}": day for term, days in terms.items() for part, day in _days(days)}
        super().__init__(data, initial=initial)
        self.year = year
        window = year_window(year)
        for term in TERMS:
            for part, label in _PARTS:
                words = label.format(term.value)
                field = GovDateField(
                    label=words[0].upper() + words[1:], required=False, earliest=window.first, latest=window.last
                )
                self.fields[f"{term.value}_{part}"] = field

    @property
    def by_term(self) -> list[tuple[str, list[BoundField]]]:
        """The dates under the name of their term."""
        return [(term.value.title(), [self[f"{term.value}_{part}"] for part, _ in _PARTS]) for term in TERMS]

    def clean(self) -> dict[str, Any]:
        found = {term: days for term in TERMS if (days := self._term(term))}
        if not self.errors:
            try:
                check_terms(self.year, found)
            except Refused as refused:
                raise ValidationError(refused.sentence) from refused
        return {"terms": found}

    def _term(self, term: Term) -> TermDays | None:
        first, last, half_first, half_last = (self.cleaned_data.get(f"{term.value}_{part}") for part, _ in _PARTS)
        for part, given, other in (("first", first, last), ("last", last, first)):
            if given is None and (other or half_first or half_last):
                self._missing(term, part)
        for part, given, other in (("half_first", half_first, half_last), ("half_last", half_last, half_first)):
            if given is None and other:
                self._missing(term, part)
        if self.errors or first is None or last is None:
            return None
        return TermDays(Window(first, last), Window(half_first, half_last) if half_first and half_last else None)

    def _missing(self, term: Term, part: str) -> None:
        name = f"{term.value}_{part}"
        if name not in self.errors:
            self.add_error(name, f"Enter the {dict(_PARTS)[part].format(term.value)}")


def _days(days: TermDays) -> Sequence[tuple[str, dt.date | None]]:
    half = days.half_term or (None, None)
    return list(zip((part for part, _ in _PARTS), (*days.days, *half), strict=True))


class TermFileForm(GovForm):
    """A file of term dates; read whole or refused whole."""

    file = forms.FileField(
        label="The file of term dates",
        help_text="A CSV file or an Excel workbook, laid out as below.",
        allow_empty_file=True,
        error_messages={"required": "Choose the file to upload"},
    )

    def clean_file(self) -> TermFile:
        sent = self.cleaned_data["file"]
        if sent.size > MOST_BYTES:
            raise ValidationError("The file is too large to be a list of term dates: choose another")
        told = read_terms(sent.read())
        for year, terms in told.terms.items():
            try:
                check_terms(year, terms)
            except Refused as refused:
                told.problems.append(refused.sentence)
        if told.problems:
            raise ValidationError(told.problems[:20])
        return told


class EntryForm(GovForm):
    """Days that differ from the terms."""

    kind = forms.ChoiceField(
        label="What is it?",
        widget=forms.RadioSelect,
        choices=CalendarEntry.Kind.choices,
        error_messages={"required": "Choose what it is"},
    )
    first_on = GovDateField(
        label="First day", help_text="For example, 1 9 2026.", error_messages={"required": "Enter the first day"}
    )
    last_on = GovDateField(label="Last day", required=False, help_text="Leave empty if it is one day.")
    half = forms.ChoiceField(
        label="How much of the day?", widget=forms.RadioSelect, choices=CalendarEntry.Half.choices, required=False
    )
    year_group = forms.ChoiceField(label="Which year group?", required=False)
    reason = forms.CharField(
        label="Reason", max_length=200, required=False, help_text="For example, no heating. Do not name a child."
    )
    option_hints = {
        "kind": {
            "inset": "The staff are in, the pupils are not.",
            "closed": "For example, year 11 on leave after examinations, or a later start for Reception.",
            "unplanned": "For example, snow. Pupils are marked with a Y code, which is not an absence.",
            "open": "On a day that would otherwise be closed, such as a Saturday. Of several days, the weekdays.",
        }
    }

    def __init__(self, data: Any, *, year_groups: Sequence[str], on: dt.date) -> None:
        super().__init__(data, initial={"half": ""})
        group = self.fields["year_group"]
        assert isinstance(group, forms.ChoiceField)
        group.choices = [("", "Every year group"), *((name, year_group_words(name)) for name in year_groups if name)]
        if not year_groups:
            del self.fields["year_group"]
        for name in ("first_on", "last_on"):
            field = self.fields[name]
            assert isinstance(field, GovDateField)
            field.earliest, field.latest = on - dt.timedelta(days=1200), on + dt.timedelta(days=1200)

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        first, last = typed.get("first_on"), typed.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", "Last day must be the first day or after it")
        if (
            typed.get("kind") == CalendarEntry.Kind.UNPLANNED
            and not typed.get("reason")
            and "reason" not in self.errors
        ):
            self.add_error("reason", "Enter why the school was closed")
        return typed

    @property
    def told(self) -> Differing:
        typed = self.cleaned_data
        days = Window(typed["first_on"], typed["last_on"] or typed["first_on"])
        return Differing(typed["kind"], days, typed["half"], typed.get("year_group", ""), typed["reason"])
