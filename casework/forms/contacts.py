"""Reading what a person types about a contact."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.contacts import OUTCOME_CHOICES, outcome_of


class ContactForm(GovForm):
    """How it went, with whom, when, and what came of it: no more is asked at first."""

    outcome = forms.ChoiceField(
        label="What was it, and how did it go?",
        choices=OUTCOME_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it was"},
    )
    with_whom = forms.CharField(
        label="With whom?",
        help_text="For example, Amy’s father, or the school nurse",
        max_length=200,
        error_messages={"required": "Enter with whom, or whom you tried to reach"},
    )
    happened_on = GovDateField(label="Date", error_messages={"required": "Enter the date"})
    words = forms.CharField(
        label="What came of it?",
        help_text="You can add to it later",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def clean_happened_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["happened_on"]
        if day > self.on:
            raise ValidationError("The date must be today or in the past", code="late")
        return day

    @property
    def told(self) -> dict[str, Any]:
        """What was typed, as the actions take it."""
        typed = dict(self.cleaned_data)
        kind, reached = outcome_of(typed.pop("outcome"))
        return {**typed, "kind": kind, "reached": reached}


class CorrectContactForm(ContactForm):
    """The same again, with what happens next."""

    next_step = forms.CharField(
        label="What happens next?",
        help_text="For example, Olive Frost calls again on Monday",
        max_length=500,
        required=False,
    )
