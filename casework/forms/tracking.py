"""What is typed about part-time timetables and children who are ill, and what their lists are narrowed to."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.models import HealthPlan, PartTimeTimetable

_AHEAD: Final = dt.timedelta(days=92)
"""How long ahead a part-time timetable is agreed: over the summer. A later first day is a slip of the pen."""


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

    def __init__(self, *args: Any, schools: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.queryset = schools
        for name, latest in (("from_on", on + _AHEAD), ("agreed_with_parent_on", on)):
            day: Any = self.fields[name]
            day.latest = latest

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("from_on") and typed.get("until_on") and typed["until_on"] < typed["from_on"]:
            self.add_error("until_on", "The last day must be on or after the first")
        return typed


class ChangePartTimeForm(GovForm):
    """Whether the timetable goes on, until when, or has ended; or that a parent has agreed since it was recorded."""

    what = forms.ChoiceField(
        label="What has been agreed?", widget=forms.RadioSelect,
        choices=[
            ("on", "It goes on for some time"), ("ended", "It has ended"),
            ("agreed", "A parent has agreed to it as it is"),
        ],
        error_messages={"required": "Choose what has been agreed"},
    )  # fmt: skip
    until_on = GovDateField(label="Last day as agreed now", required=False)
    agreed_with_parent_on = GovDateField(label="Day on which a parent agreed to that", required=False)
    review_on = GovDateField(label="Day of the next review, if any", required=False)
    ended_on = GovDateField(label="Last day on which it was followed", required=False)
    parent_agreed_on = GovDateField(label="Day on which a parent agreed", required=False)
    words = long_text("In a sentence or two", "", length=500, required=False)
    reveals: ClassVar = {
        "what": {
            "on": ("until_on", "agreed_with_parent_on", "review_on"),
            "ended": ("ended_on",),
            "agreed": ("parent_agreed_on",),
        }
    }
    small: ClassVar = ("until_on", "agreed_with_parent_on", "review_on", "ended_on", "parent_agreed_on")

    def __init__(self, *args: Any, one: PartTimeTimetable, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.one, self.on = one, on
        what: Any = self.fields["what"]
        if one.parent_agreed_on:
            what.choices = [choice for choice in what.choices if choice[0] != "agreed"]
        for name in ("agreed_with_parent_on", "parent_agreed_on"):
            day: Any = self.fields[name]
            day.latest = on

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("what") in ("on", "ended") and not typed.get("words") and "words" not in self.errors:
            self.add_error("words", "Say what was agreed, or how it ended")
        if typed.get("what") == "agreed":
            if not typed.get("parent_agreed_on") and "parent_agreed_on" not in self.errors:
                self.add_error("parent_agreed_on", "Enter the day on which a parent agreed")
            return typed
        needed = {"on": "until_on", "ended": "ended_on"}.get(typed.get("what", ""))
        day = typed.get(needed) if needed else None
        if needed and needed not in self.errors and day is None:
            self.add_error(needed, "Enter the last day")
        elif needed and day and day < self.one.from_on:
            self.add_error(needed, f"The last day must be on or after {self.one.from_on:%-d %B %Y}")
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

    def __init__(self, *args: Any, is_of_a_school: bool, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day: Any = self.fields["begun_on"]
        day.latest = on
        if is_of_a_school:
            provision: Any = self.fields["provision"]
            provision.choices = [one for one in provision.choices if one[0] == HealthPlan.Provision.SCHOOL]


class LookIntoForm(GovForm):
    """Why what the school does is enough for now."""

    words = long_text(
        "Why is it enough for now?", "Enter why it is enough for now", length=2000,
        hint="For example, how many hours a week, of what, and what the family and the doctors say.",
    )  # fmt: skip


class EndForm(GovForm):
    """When something ended, and how."""

    ended_on = GovDateField(label="Last day", error_messages={"required": "Enter the last day"})
    how_ended = long_text("How did it end?", "Say how it ended", length=500)

    def __init__(self, *args: Any, began_on: dt.date, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day: Any = self.fields["ended_on"]
        day.earliest, day.latest = began_on, on
