"""Reading what people say about the columns and the codes of a file that was not understood by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.presenters import mark_choices
from schools.reading import Layout, SaidCode
from schools.reading.asking import Asked, DateQuestion, Question, layout_of, wrong_with
from schools.reading.headers import DAY_FIRST, MONTH_FIRST
from schools.register.codes import BOOK_OPENS_ON, code_in_force
from schools.sending.mapping_words import DAY_CHOICES, FIELD_CHOICES, FIELD_WORDS

NO_MARK = "no mark"
CODES_AT_ONCE = 10


class ColumnsForm(GovForm):
    """One question for each column, or for several columns of days that read alike."""

    line = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Asked, order_is_open: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.fields["line"].initial = asked.line
        if asked.dates:
            self.fields["dates"] = _dates_field(asked.dates, is_open=order_is_open)
        for question in asked.questions:
            self.fields[question.key] = forms.ChoiceField(
                label=_heading_words(question),
                help_text=_examples_words(question),
                choices=DAY_CHOICES if question.is_day else FIELD_CHOICES,
                initial=question.guess,
                required=False,
            )

    @property
    def order(self) -> BoundField | None:
        """Which way round the dates are, where that is asked."""
        return self["dates"] if self.asked.dates else None

    @property
    def about_columns(self) -> list[BoundField]:
        """The questions about columns, in the order of the file."""
        return [self[question.key] for question in self.asked.questions]

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        for key, sentence in wrong_with(self.asked, typed, FIELD_WORDS):
            self.add_error(key, sentence)
        return typed

    @property
    def layout(self) -> Layout:
        return layout_of(self.asked, self.cleaned_data, self.cleaned_data.get("dates", ""))


def _dates_field(question: DateQuestion, *, is_open: bool) -> forms.ChoiceField:
    """Which way round the dates are, told by one of the file's own. `is_open`: nothing is answered beforehand."""
    both = ((DAY_FIRST, "Day first", question.day_first), (MONTH_FIRST, "Month first", question.month_first))
    return forms.ChoiceField(
        label="Which way round are the dates of this file?",
        help_text="Most school systems in England write the day first.",
        choices=[(order, f"{words}: ‘{question.text}’ {_read_as(day)}") for order, words, day in both],
        initial=question.guess or ("" if is_open else DAY_FIRST),
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the dates have the day first or the month first"},
    )


def _read_as(day: dt.date | None) -> str:
    return f"is {day:%-d %B %Y}" if day else "would not be a date"


def _heading_words(question: Question) -> str:
    first = question.headings[0].strip() or f"Column {int(question.key[1:]) + 1}, without a heading"
    more = len(question.headings) - 1
    return f"{first} and {more} more like it" if more else first


def _examples_words(question: Question) -> str:
    return f"For example {', '.join(question.examples)}" if question.examples else "Empty in the first rows"


class CodesForm(GovForm):
    """What each code of the school's own stands for, and on which days."""

    def __init__(self, *args: Any, unknown: Sequence[tuple[str, int]], on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unknown, self.on = list(unknown)[:CODES_AT_ONCE], on
        choices = [("", "Leave it out, as now"), (NO_MARK, "No mark"), *mark_choices()]
        for n, (code, times) in enumerate(self.unknown):
            cells = f"In {times:,} {'cell' if times == 1 else 'cells'} of this file."
            self.fields[f"mark{n}"] = forms.ChoiceField(
                label=f"What is ‘{code}’?", help_text=cells, choices=choices, required=False
            )
            for name, label in (("from", "First day"), ("until", "Last day")):
                self.fields[f"{name}{n}"] = GovDateField(label=f"{label} of ‘{code}’ (optional)", required=False)

    small = tuple(f"{name}{n}" for name in ("from", "until") for n in range(CODES_AT_ONCE))

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        for n in range(len(self.unknown)):
            self._check(n, typed.get(f"mark{n}"), typed.get(f"from{n}"), typed.get(f"until{n}"))
        if not self.errors and not self.codes:
            self.add_error(None, "Say what at least one of the codes stands for")
        return typed

    def _check(self, n: int, mark: str | None, first: dt.date | None, last: dt.date | None) -> None:
        if first and last and last < first:
            self.add_error(f"until{n}", "The last day must not be before the first")
        elif mark and mark != NO_MARK:
            days = [max(day or self.on, BOOK_OPENS_ON) for day in (first, last)]
            if not all(code_in_force(mark, day) for day in days):
                sentence = f"{mark} was not in force on all those days: choose another code, or give the days it is for"
                self.add_error(f"mark{n}", sentence)

    @property
    def codes(self) -> list[SaidCode]:
        """What was said, of the codes for which something was."""
        typed, found = self.cleaned_data, []
        for n, (code, _) in enumerate(self.unknown):
            if mark := typed.get(f"mark{n}"):
                stands_for = "" if mark == NO_MARK else mark
                found.append(SaidCode(code, stands_for, typed.get(f"from{n}"), typed.get(f"until{n}")))
        return found

    @property
    def rows(self) -> list[tuple[str, BoundField, list[BoundField], bool]]:
        """Each code, what it stands for, on which days, and whether those are asked about openly."""
        found = []
        for n, (code, _) in enumerate(self.unknown):
            days = [self[f"{name}{n}"] for name in ("from", "until")]
            found.append((code, self[f"mark{n}"], days, any(day.errors or any(day.value() or ()) for day in days)))
        return found
