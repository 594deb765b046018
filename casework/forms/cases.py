"""Reading what a person types about a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.roles import PERMISSIONS, Permission, Role
from casework.barriers import Taxonomy
from casework.forms.begun import BegunForm

READER_CHOICES = [(role.value, role.label) for role in Role if Permission.CASE_SEE in PERMISSIONS[role]]
"""The roles that a line of a case's history may be kept for."""


class MemberField(forms.ModelChoiceField):
    """A member, shown with role and organisation."""

    def __init__(self, *args: Any, empty_label: str | None = "Choose a person", **kwargs: Any) -> None:
        super().__init__(*args, empty_label=empty_label, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.described)


class ReasonForm(GovForm):
    """Why. What is asked for is said by the page."""

    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter the reason"},
    )


class EntryForm(GovForm):
    """What happened, and on which day: today or before."""

    happened_on = GovDateField(
        label="Date", help_text="When it happened", error_messages={"required": "Enter the date"}
    )
    words = forms.CharField(
        label="What happened",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter what happened"},
    )
    readers = forms.ChoiceField(
        label="Who may read it?",
        choices=[("all", "Everyone who sees the case"), ("some", "Only people in some roles, and you")],
        initial="all",
        required=False,
        widget=forms.RadioSelect,
    )
    restricted_to = forms.MultipleChoiceField(
        label="Roles",
        help_text="Nobody else learns that it was written",
        choices=READER_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reveals = {"readers": {"some": ("restricted_to",)}}
    small = ("restricted_to",)

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def clean_happened_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["happened_on"]
        if day > self.on:
            raise ValidationError("The date must be today or in the past", code="late")
        return day

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.pop("readers", "") != "some":
            typed["restricted_to"] = []
        elif not typed.get("restricted_to"):
            self.add_error("restricted_to", "Choose who may read it")
        return typed


class ReviewForm(BegunForm):
    """When the case is looked at again; nothing typed means no date."""

    review_on = GovDateField(label="Review date", help_text="Leave it empty for no date", required=False)

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["review_on"]
        field.earliest = on


class OtherMeetingForm(BegunForm):
    """At which other multi-agency meeting the child is discussed; nothing typed means at none."""

    other_meeting = forms.CharField(
        label="Which meeting?",
        help_text="For example, core group or MARAC. Leave it empty if there is none",
        max_length=200,
        required=False,
    )


class BarriersForm(BegunForm):
    """What stands in the way now."""

    in_school = forms.MultipleChoiceField(
        label="In school",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    out_of_school = forms.MultipleChoiceField(
        label="Out of school",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, known: Taxonomy, held: Collection[str], **kwargs: Any) -> None:
        sides = {"in_school": False, "out_of_school": True}
        choices = {name: known.choices(out_of_school=outside, held=held) for name, outside in sides.items()}
        first = {name: [code for code, _ in offered if code in held] for name, offered in choices.items()}
        super().__init__(*args, initial=first, **kwargs)
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    @property
    def ticked(self) -> list[str]:
        return [*self.cleaned_data["in_school"], *self.cleaned_data["out_of_school"]]


class LeadForm(GovForm):
    """Someone with an account, who is asked; or a name and agency, which stand at once, with the day they agreed.

    `hands_over`: somebody leads already, so that a note is needed. `on`: today.
    """

    who = forms.ChoiceField(
        label="Who should lead?",
        choices=[("account", "Someone who uses the portal"), ("name", "Someone else")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who should lead"},
    )
    lead = MemberField(label="Name", queryset=None, required=False)
    note = forms.CharField(
        label="A note for them",
        help_text="What they should know to take it on. It stands in the case’s history",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    lead_name = forms.CharField(label="Their name", max_length=200, required=False)
    lead_agency = forms.CharField(label="Their agency", max_length=150, required=False)
    agreed_on = GovDateField(
        label="When did they agree to lead?",
        help_text="They cannot accept in the portal, so ask them first. For example, 20 11 2026",
        required=False,
    )
    lead_note = forms.CharField(
        label="A note",
        help_text="Where somebody led before, why they take over. It stands in the case’s history",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reveals = {
        "who": {"account": ("lead", "note"), "name": ("lead_name", "lead_agency", "agreed_on", "lead_note")},
    }
    small = ("lead", "note", "lead_name", "lead_agency", "agreed_on", "lead_note")

    def __init__(self, *args: Any, people: Any, hands_over: bool, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hands_over = hands_over
        fields: Any = self.fields
        fields["agreed_on"].latest = on
        fields["lead"].queryset = people

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        needed = {"account": "lead", "name": "lead_name"}.get(typed.get("who", ""))
        if needed and not typed.get(needed):
            self.add_error(needed, "Choose who should lead" if needed == "lead" else "Enter their name")
        if self.hands_over and needed == "lead" and not typed.get("note"):
            self.add_error("note", "Enter what they should know to take the case over")
        if needed == "lead_name" and not typed.get("agreed_on") and "agreed_on" not in self.errors:
            self.add_error("agreed_on", "Enter the day on which they agreed to lead")
        if self.hands_over and needed == "lead_name" and not typed.get("lead_note"):
            self.add_error("lead_note", "Enter why they take over")
        return typed


class AnswerForm(GovForm):
    """Whether one takes the lead, and if not, why."""

    answer = forms.ChoiceField(
        label="Will you lead this case?",
        choices=[("yes", "Yes, I accept"), ("no", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you will lead"},
    )
    reason = forms.CharField(label="Why not", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    reveals = {"answer": {"no": ("reason",)}}
    small = ("reason",)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("answer") == "no" and not typed.get("reason"):
            self.add_error("reason", "Enter the reason")
        return typed
