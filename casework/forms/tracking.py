"""What is typed about part-time timetables and children who are ill, and what their lists are narrowed to."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.models import HealthPlan


def long_text(
    label: str, missing: str, *, hint: str = "", required: bool = True, length: int = 1000
) -> forms.CharField:
    """A box for sentences."""
    return forms.CharField(
        label=label, help_text=hint, max_length=length, required=required,
        widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": missing},
    )  # fmt: skip


class TrackedFilter(GovForm):
    """Which records a list shows."""

    state = forms.ChoiceField(
        label="Show", required=False, choices=[("", "Those that run"), ("ended", "Those that ended"), ("all", "All")]
    )
    school = forms.CharField(label="School name or URN", required=False, max_length=150)

    @property
    def wanted(self) -> dict[str, str]:
        """What was chosen; what makes no sense narrows nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "").strip() for name in self.fields}


class SchoolFilter(GovForm):
    """The school to which the list of a rule is narrowed."""

    school = forms.CharField(label="School name or URN", required=False, max_length=150)

    @property
    def wanted(self) -> str:
        self.is_valid()
        found: str = self.cleaned_data.get("school", "")
        return found.strip()


class PartTimeForm(GovForm):
    """A part-time timetable as school and parent agreed it."""

    school: Any = forms.ModelChoiceField(
        label="School", queryset=None, error_messages={"required": "Choose the school"}, empty_label=None
    )
    from_on = GovDateField(label="First day", error_messages={"required": "Enter the first day"})
    until_on = GovDateField(
        label="Last day as agreed", help_text="A part-time timetable is temporary, so it has a last day.",
        error_messages={"required": "Enter the last day as agreed"},
    )  # fmt: skip
    sessions_a_week = forms.IntegerField(
        label="Sessions a week the child attends", help_text="Of ten: each morning and each afternoon is one.",
        min_value=0, max_value=9, error_messages={"required": "Enter how many sessions a week the child attends"},
    )  # fmt: skip
    reason = long_text("Why?", "Enter why the timetable is part-time", hint="What is to be different at its end?")
    agreed_with_parent_on = GovDateField(
        label="Day on which a parent agreed", required=False,
        help_text="Leave it empty if no parent has agreed: it needs their agreement.",
    )  # fmt: skip
    review_on = GovDateField(label="Day of the next review", required=False)

    def __init__(self, *args: Any, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.queryset = schools

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("from_on") and typed.get("until_on") and typed["until_on"] < typed["from_on"]:
            self.add_error("until_on", "The last day must be on or after the first")
        return typed


class ChangePartTimeForm(GovForm):
    """Whether the timetable goes on, until when, or has ended."""

    what = forms.ChoiceField(
        label="What has been agreed?", widget=forms.RadioSelect,
        choices=[("on", "It goes on for some time"), ("ended", "It has ended")],
        error_messages={"required": "Choose whether it goes on or has ended"},
    )  # fmt: skip
    until_on = GovDateField(label="Last day as agreed now", required=False)
    review_on = GovDateField(label="Day of the next review, if any", required=False)
    ended_on = GovDateField(label="Last day on which it was followed", required=False)
    words = long_text("In a sentence or two", "Say what was agreed, or how it ended", length=500)
    reveals: ClassVar = {"what": {"on": ("until_on", "review_on"), "ended": ("ended_on",)}}
    small: ClassVar = ("until_on", "review_on", "ended_on")

    def __init__(self, *args: Any, from_on: dt.date, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.from_on, self.on = from_on, on

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        needed = {"on": "until_on", "ended": "ended_on"}.get(typed.get("what", ""))
        day = typed.get(needed) if needed else None
        if needed and needed not in self.errors and day is None:
            self.add_error(needed, "Enter the last day")
        elif needed and day and day < self.from_on:
            self.add_error(needed, f"The last day must be on or after {self.from_on:%-d %B %Y}")
        elif needed == "ended_on" and day and day > self.on:
            self.add_error(needed, "The last day must be today or in the past")
        return typed


class HealthPlanForm(GovForm):
    """What is arranged for a child who is too ill to go to school."""

    provision = forms.ChoiceField(
        label="What is arranged?", widget=forms.RadioSelect, choices=HealthPlan.Provision.choices,
        error_messages={"required": "Choose what is arranged"},
    )  # fmt: skip
    begun_on = GovDateField(label="From which day?", error_messages={"required": "Enter the day"})
    words = long_text("In a sentence or two", "Enter what is arranged, or why nothing has to be", length=2000)
    review_on = GovDateField(label="Day of the next review", required=False)


class EndForm(GovForm):
    """When something ended, and how."""

    ended_on = GovDateField(label="Last day", error_messages={"required": "Enter the last day"})
    how_ended = long_text("How did it end?", "Say how it ended", length=500)

    def __init__(self, *args: Any, began_on: dt.date, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day: Any = self.fields["ended_on"]
        day.earliest, day.latest = began_on, on
