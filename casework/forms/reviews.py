"""Reading what a person types of a review."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.models import Review


class HoldReviewForm(GovForm):
    """What the review came to, on which day, and when the next one is."""

    outcome = forms.ChoiceField(
        label="What did the review come to?",
        choices=Review.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the review came to"},
    )
    words = forms.CharField(
        label="What was said and agreed",
        help_text="What has changed for the child since, what each person will do, what the family says",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter what was said and agreed"},
    )
    held_on = GovDateField(label="Date of the review", error_messages={"required": "Enter the date of the review"})
    next_review_on = GovDateField(
        label="Next review", help_text="Leave it empty only if the case can be closed", required=False
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def clean_held_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["held_on"]
        if day > self.on:
            raise ValidationError("The date of the review must be today or in the past", code="late")
        return day

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        after, closes = typed.get("next_review_on"), typed.get("outcome") == Review.Outcome.CLOSE
        if after and after <= self.on:
            self.add_error("next_review_on", "The next review must be after today")
        elif after is None and not closes and "next_review_on" not in self.errors:
            self.add_error("next_review_on", "Enter the date of the next review")
        return typed
