"""Reading the percentages that another system shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.changes.reconciling import LIST_BYTES, TheirList, read_list
from schools.models import Reconciliation
from schools.reading.problems import UnreadableUpload


def _percentage(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(100),
        decimal_places=2,
        max_digits=5,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input govuk-input--width-5"}),
        error_messages={
            "invalid": "Enter a percentage, like 94.3",
            "max_value": "A percentage is at most 100",
            "min_value": "A percentage is at least 0",
        },
    )


class ReconcileForm(GovForm):
    """Figures for the whole school, for its pupils, or both, with the day they are for."""

    source = forms.ChoiceField(
        label="Which system shows these figures?",
        choices=Reconciliation.Source.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose which system shows these figures"},
    )
    as_at = GovDateField(
        label="Up to which day are they?",
        help_text="The last day they count, for example 13 11 2026. They are for the school year up to that day.",
        error_messages={"required": "Enter the day the figures are for"},
    )
    attendance = _percentage("Attendance of the whole school, per cent", "For example, 93.4. Leave empty if not known.")
    persistent = _percentage("Persistently absent, per cent of pupils", "For example, 18.2. Leave empty if not known.")
    pupils = forms.FileField(
        label="A list of pupils with their attendance",
        required=False,
        allow_empty_file=True,
        max_length=255,
        help_text="A CSV file or an Excel workbook with a heading line: UPN, admission number or name, and the "
        "attendance in per cent.",
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = self.fields["as_at"]
        assert isinstance(day, GovDateField)
        day.latest = on

    def clean_pupils(self) -> TheirList:
        sent = self.cleaned_data["pupils"]
        if not sent:
            return TheirList([], [])
        try:
            return read_list(sent.read(LIST_BYTES + 1))
        except UnreadableUpload as reason:
            raise forms.ValidationError(reason.problem().message) from reason
        except ValueError as reason:
            raise forms.ValidationError(str(reason)) from reason

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        theirs = typed.get("pupils")
        nothing = typed.get("attendance") is None and typed.get("persistent") is None
        if not self.errors and nothing and not (theirs and theirs.lines):
            self.add_error("attendance", "Enter a percentage of the whole school, or choose a list of pupils")
        return typed
