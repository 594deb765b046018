"""Reading the list of persistently and severely absent pupils that a person types in."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django import forms
from django.http import QueryDict

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.reading.dates import read_date
from schools.sending.by_hand import Entry

MOST_ROWS: Final = 30
ROWS_AT_ONCE: Final = 10
_LABELS: Final = {
    "upn": "UPN",
    "local_id": "Admission number",
    "surname": "Surname",
    "forename": "Forename",
    "born_on": "Date of birth",
    "year_group": "Year group",
    "possible": "Sessions possible",
    "authorised": "Missed, authorised",
    "unauthorised": "Missed, unauthorised",
}
COLUMNS: Final = tuple(_LABELS.values())
_NUMBERS: Final = ("possible", "authorised", "unauthorised")
_ROOM: Final = {**dict.fromkeys(_LABELS, 6), "upn": 13, "surname": 10, "forename": 9, "born_on": 10} | dict.fromkeys(
    (*_NUMBERS, "year_group"), 3
)
"""How many characters wide each box is."""


class PeriodForm(GovForm):
    """The days that the counts are of."""

    first_on = GovDateField(
        label="First day",
        help_text="For example, 1 9 2026.",
        error_messages={"required": "Enter the first day of the period"},
    )
    last_on = GovDateField(
        label="Last day",
        help_text="For example, 20 11 2026.",
        error_messages={"required": "Enter the last day of the period"},
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = self.fields["last_on"]
        assert isinstance(last, GovDateField)
        last.latest = on

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first_on"), self.cleaned_data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", "The last day must not be before the first")
        if first and last and (last - first).days > 366:
            self.add_error("first_on", "The period must not be longer than a school year")
        return self.cleaned_data


class EntryForm(GovForm):
    """One row of the list; an empty one is passed over."""

    def __init__(self, *args: Any, row: int, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"row{row}", **kwargs)
        self.row, self.on = row, on
        for name, label in _LABELS.items():
            attrs = {"aria-label": f"{label}, row {row}", "size": str(_ROOM[name])}
            attrs |= {"inputmode": "numeric"} if name in _NUMBERS else {}
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=150, widget=forms.TextInput(attrs=attrs)
            )

    @property
    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in _LABELS)

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.is_empty:
            self._check_pupil()
            self._check_numbers()
            if not self.errors and not self.entry.is_persistent:
                self._say("authorised", "less than a tenth was missed, so the pupil does not belong in this list")
        return self.cleaned_data

    def _say(self, name: str, sentence: str) -> None:
        self.add_error(name, f"Row {self.row}: {sentence}")

    def _check_pupil(self) -> None:
        typed = dict(self.cleaned_data)
        if typed["born_on"] and read_date(typed["born_on"], on=self.on).day is None:
            self._say("born_on", "the date of birth must be a real date, such as 14/03/2013")
        if not (typed["upn"] or typed["local_id"] or (typed["surname"] and typed["born_on"])):
            self._say("upn", "enter the UPN, the admission number, or the name and the date of birth")

    def _check_numbers(self) -> None:
        for name in _NUMBERS:
            if not self.cleaned_data[name].isdecimal():
                self._say(name, f"{_LABELS[name].lower()} must be a number, such as 0 or 24")
        if any(name in self.errors for name in _NUMBERS):
            return
        possible, authorised, unauthorised = (int(self.cleaned_data[name]) for name in _NUMBERS)
        if possible == 0:
            self._say("possible", "at least one session must have been possible")
        elif authorised + unauthorised > possible:
            self._say("authorised", "more sessions were missed than were possible")

    @property
    def entry(self) -> Entry:
        typed = self.cleaned_data
        possible, authorised, unauthorised = (int(typed[name]) for name in _NUMBERS)
        texts = {name: typed[name].strip() for name in _LABELS if name not in _NUMBERS}
        return Entry(**texts, possible=possible, authorised=authorised, unauthorised=unauthorised)


def _typed_days(kept: QueryDict | None) -> dict[str, Any]:
    """What stands in the boxes of the two days."""
    names = ("first_on", "last_on") if kept else ()
    return {name: [kept.get(f"{name}_{part}", "") for part in ("day", "month", "year")] for name in names if kept}


def _typed_cells(kept: QueryDict | None, row: int) -> dict[str, Any]:
    return {name: kept.get(f"row{row}-{name}", "") for name in _LABELS} if kept else {}


class ListForm:
    """The period and the rows together. Where more rows are wanted (not `is_asked`), what was typed is only kept."""

    def __init__(self, data: QueryDict | None, *, rows: int, on: dt.date, is_asked: bool = True) -> None:
        judged, kept = (data, None) if is_asked else (None, data)
        self.period = PeriodForm(judged, on=on, initial=_typed_days(kept))
        numbers = range(1, rows + 1)
        self.rows = [EntryForm(judged, row=row, on=on, initial=_typed_cells(kept, row)) for row in numbers]
        self.wrong: list[GovForm] = []

    def is_valid(self) -> bool:
        """Whether all that was typed can be meant; a list without a pupil cannot."""
        self.wrong = [form for form in (self.period, *self.rows) if not form.is_valid()]
        if not self.wrong and not self.entries:
            self.rows[0].add_error("upn", "Row 1: enter at least one pupil")
            self.wrong = [self.rows[0]]
        return not self.wrong

    @property
    def errors(self) -> bool:
        return bool(self.wrong)

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [problem for form in self.wrong for problem in form.problems]

    @property
    def entries(self) -> list[Entry]:
        return [row.entry for row in self.rows if not row.is_empty]

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        return self.period.cleaned_data["first_on"], self.period.cleaned_data["last_on"]
